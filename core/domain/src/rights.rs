//! The rights of those who are rated (`domain.md` L-06, L-07, L-20 to L-23): what a person can ask
//! for, who may ask in whose name, how soon the office answers and why it may refuse.
//!
//! Terms and grounds are data, `fixtures/rights/rights.toml`; the process of a request is here.

pub mod consent;
pub mod scan;

use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::error::{ErrorCode, Violation};
use crate::hash::Hash;
use crate::id::OfficerId;
use crate::pack::error::PackError;
use crate::pack::read::{self, Fields};
use crate::pack::vocabulary;
use crate::time::AtMs;

const BUILTIN: &str = include_str!("../../../fixtures/rights/rights.toml");

vocabulary! {
    /// What a person asks for.
    RightKind {
        /// 查阅: to see everything that is held.
        Access => "access",
        /// 复制: a copy of it.
        Copy => "copy",
        /// 转移: the same in a form that machines read.
        Transfer => "transfer",
        /// 更正、补充.
        Correct => "correct",
        /// 删除.
        Delete => "delete",
        /// 限制或者拒绝处理.
        Restrict => "restrict",
        /// 解释说明 how a grade came about.
        Explain => "explain",
        /// 拒绝仅通过自动化决策: that a person decides.
        HumanDecision => "human_decision",
    }
}

vocabulary! {
    /// In whose name somebody asks.
    Relation {
        /// The person.
        Own => "self",
        /// Somebody with a power of attorney.
        Agent => "agent",
        /// The guardian of a person without full civil capacity.
        Guardian => "guardian",
        /// A near relative of a person who has died (PIPL art. 49).
        NearRelative => "near_relative",
    }
}

vocabulary! {
    /// How the officer made sure who stands at the counter.
    IdentityCheck {
        /// The resident ID card was seen and compared with the face.
        IdCard => "id_card",
        /// The household booklet was seen.
        HouseholdBooklet => "household_booklet",
        /// Another document with a picture.
        OtherDocument => "other_document",
    }
}

vocabulary! {
    /// Where a request stands.
    RequestState {
        /// Taken, not answered.
        Open => "open",
        /// Granted, and still to be carried out by a second person.
        Granted => "granted",
        /// Answered and carried out.
        Done => "done",
        /// Refused with a ground.
        Refused => "refused",
    }
}

/// What can be asked for and how soon it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// What.
    pub kind: RightKind,
    /// Calendar days from the day on which it was taken.
    pub days: u16,
    /// Whether near relatives of a person who has died may ask for it.
    pub is_for_relatives: bool,
    /// The law.
    pub basis: String,
}

/// A ground on which a request can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its code.
    pub code: String,
    /// What can be refused on it.
    pub kinds: Vec<RightKind>,
    /// The law.
    pub basis: String,
}

/// All rights and all grounds of refusal.
#[derive(Debug, Clone)]
pub struct Rights {
    rights: Vec<Right>,
    grounds: Vec<Ground>,
}

/// What somebody asks for at the counter.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// What.
    pub kind: RightKind,
    /// Whose data, by the role in the identity record: `head`, `spouse` …
    pub person: String,
    /// In whose name.
    pub relation: Relation,
    /// Hash of the document that shows it; needed unless the person asks in their own name.
    #[serde(default)]
    pub proof: Option<Hash>,
    /// How it was made sure who asks.
    pub checked: IdentityCheck,
    /// What was said, in words.
    #[serde(default)]
    pub words: String,
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Request {
    /// What was asked for.
    pub asking: Asking,
    /// Where it stands.
    pub state: RequestState,
    /// Who took it.
    pub taken_by: OfficerId,
    /// When.
    pub taken_at: AtMs,
    /// The last day for an answer.
    pub due_on: Date,
    /// The answer.
    pub answer: Option<Answer>,
    /// Who carried it out after the answer, where that needs a second person.
    pub done_by: Option<OfficerId>,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// Who gave it.
    pub by: OfficerId,
    /// When.
    pub at: AtMs,
    /// The ground of a refusal; absent if it was granted.
    pub ground: Option<String>,
    /// What was answered, in words; never empty in a refusal.
    pub words: String,
}

/// The most characters of what is said or answered.
pub const MAX_WORDS: usize = 2_000;

impl Rights {
    /// The rights of this program, parsed once.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the embedded file is parsed by the tests of every build"
    )]
    pub fn builtin() -> &'static Self {
        static RIGHTS: LazyLock<Rights> =
            LazyLock::new(|| Rights::parse("rights.toml", BUILTIN).expect("the file parses"));
        &RIGHTS
    }

    /// Parses a file.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, PackError> {
        let node = read::toml(file, text)?;
        let mut fields = Fields::of(file, "", &node)?;
        fields.find_int("version")?;
        let rights = fields.tables("right")?.into_iter().map(Right::read);
        let rights = rights.collect::<Result<_, _>>()?;
        let grounds = fields.tables("refusal")?.into_iter().map(Ground::read);
        let grounds = grounds.collect::<Result<_, _>>()?;
        fields.finish()?;
        Ok(Self { rights, grounds })
    }

    /// The terms of what somebody asks for.
    #[must_use]
    pub fn get(&self, kind: RightKind) -> Option<&Right> {
        self.rights.iter().find(|right| right.kind == kind)
    }

    /// The grounds on which a request can be refused.
    pub fn grounds(&self, kind: RightKind) -> impl Iterator<Item = &Ground> {
        self.grounds
            .iter()
            .filter(move |ground| ground.kinds.contains(&kind))
    }
}

impl Request {
    /// Takes a request.
    ///
    /// # Errors
    /// Everything that is missing or may not be asked for by this relation.
    pub fn take(asking: Asking, by: OfficerId, at: AtMs) -> Result<Self, Vec<Violation>> {
        let right = Rights::builtin().get(asking.kind);
        let faults = asking.faults(right);
        match right.filter(|_| faults.is_empty()) {
            Some(right) => Ok(Self {
                state: RequestState::Open,
                due_on: at.on().saturating_add(i32::from(right.days).days()),
                asking,
                taken_by: by,
                taken_at: at,
                answer: None,
                done_by: None,
            }),
            None => Err(faults),
        }
    }

    /// Answers it: granted, or refused on a ground of the list and in words.
    ///
    /// # Errors
    /// [`ErrorCode::RequestAnswered`] if it was answered before; [`ErrorCode::RefusalGround`] for
    /// a ground that does not allow it, or without words.
    pub fn answer(&mut self, answer: Answer) -> Result<(), ErrorCode> {
        if self.state != RequestState::Open {
            return Err(ErrorCode::RequestAnswered);
        }
        let is_short = answer.words.chars().count() <= MAX_WORDS;
        let is_known = |code: &str| {
            let mut grounds = Rights::builtin().grounds(self.asking.kind);
            grounds.any(|ground| ground.code == code)
        };
        self.state = match &answer.ground {
            Some(code) if is_known(code) && !answer.words.trim().is_empty() && is_short => {
                RequestState::Refused
            }
            None if is_short && self.asking.kind.needs_second() => RequestState::Granted,
            None if is_short => RequestState::Done,
            _ => return Err(ErrorCode::RefusalGround),
        };
        self.answer = Some(answer);
        Ok(())
    }

    /// Notes that a second person carried out what was granted.
    ///
    /// # Errors
    /// [`ErrorCode::RequestAnswered`] unless it was granted and is still to be done.
    pub fn carry_out(&mut self, by: OfficerId) -> Result<(), ErrorCode> {
        if self.state != RequestState::Granted {
            return Err(ErrorCode::RequestAnswered);
        }
        self.state = RequestState::Done;
        self.done_by = Some(by);
        Ok(())
    }

    /// Whether it is not answered and its last day has passed.
    #[must_use]
    pub fn is_late(&self, today: Date) -> bool {
        self.state == RequestState::Open && today > self.due_on
    }
}

impl RightKind {
    /// Whether granting it is not enough: a second person carries it out.
    #[must_use]
    pub const fn needs_second(self) -> bool {
        matches!(self, Self::Delete)
    }
}

impl Asking {
    fn faults(&self, right: Option<&Right>) -> Vec<Violation> {
        let mut found = Vec::new();
        let is_relative = self.relation == Relation::NearRelative;
        if right.is_none_or(|right| is_relative && !right.is_for_relatives) {
            found.push(Violation::new("relation", ErrorCode::RightNotOfRelatives));
        }
        if self.relation != Relation::Own && self.proof.is_none() {
            found.push(Violation::new("proof", ErrorCode::ValueMissing));
        }
        if self.person.trim().is_empty() {
            found.push(Violation::new("person", ErrorCode::ValueMissing));
        }
        if self.words.chars().count() > MAX_WORDS {
            let long = Violation::new("words", ErrorCode::ValueOutOfRange)
                .with("min", 0)
                .with("max", MAX_WORDS);
            found.push(long);
        }
        found
    }
}

impl Right {
    fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let days = row.find_int("days")?.and_then(|n| u16::try_from(n).ok());
        let right = Self {
            kind: row.word("kind")?,
            days: days.unwrap_or(1),
            is_for_relatives: row.flag("by_relatives")?,
            basis: row.text("basis")?.to_owned(),
        };
        row.finish()?;
        Ok(right)
    }
}

impl Ground {
    fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let ground = Self {
            code: row.text("code")?.to_owned(),
            kinds: row.words("kinds")?,
            basis: row.text("basis")?.to_owned(),
        };
        row.finish()?;
        Ok(ground)
    }
}

#[cfg(test)]
mod tests;
