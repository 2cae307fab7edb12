//! The rights of those who are rated (`domain.md` L-06, L-07, L-12, L-17, L-20 to L-23): what a
//! person can ask for, who may ask in whose name, how soon the office answers and why it may refuse.
//!
//! Whatever somebody asks for by right is one [`Request`]: to see the own file, that a person
//! decides instead of the engine alone, that a record of ours is repaired. Terms and grounds are
//! data ([`law`], `fixtures/rights/rights.toml`); the process of a request is here.

pub mod consent;
pub mod law;
pub mod scan;

use jiff::civil::Date;

use crate::case::Role;
use crate::error::{ErrorCode, Violation};
use crate::hash::Hash;
use crate::id::{CaseId, OfficerId, RowId};
use crate::pack::vocabulary;
use crate::policy::Action;
use crate::time::AtMs;

pub use law::{Ground, Right, Rights, Term};

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
        /// 拒绝仅通过自动化决策: that a person decides (L-17).
        HumanDecision => "human_decision",
        /// 信用修复: that a record of ours is repaired (L-12).
        Repair => "repair",
    }
}

vocabulary! {
    /// What a person decided instead of the engine alone.
    HandDecision {
        /// A person looked at everything and decides the same.
        Confirmed => "confirmed",
        /// A person decided otherwise, and the case has moved by it.
        Changed => "changed",
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
    /// The case that a person is to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The record that is to be repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RowId>,
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
    /// How many events the case had that a person is to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_version: Option<u64>,
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
    /// What was decided by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<HandDecision>,
    /// What was answered, in words; never empty in a refusal or a decision by hand.
    pub words: String,
}

/// The most characters of what is said or answered.
pub const MAX_WORDS: usize = 2_000;

impl Request {
    /// Takes a request.
    ///
    /// # Errors
    /// Everything that is missing or may not be asked for by this relation.
    pub fn take(asking: Asking, by: OfficerId, at: AtMs) -> Result<Self, Vec<Violation>> {
        let right = Rights::builtin().get(asking.kind);
        let faults = asking.faults(right);
        match faults.is_empty() {
            true => Ok(Self {
                state: RequestState::Open,
                asking,
                taken_by: by,
                taken_at: at,
                case_version: None,
                answer: None,
                done_by: None,
            }),
            false => Err(faults),
        }
    }

    /// Answers it: granted, or refused on a ground of the list and in words.
    ///
    /// # Errors
    /// [`ErrorCode::RequestAnswered`] if it was answered before; [`ErrorCode::RefusalGround`] for
    /// a ground that does not allow it, or without words; [`ErrorCode::RequestOutcome`] for a
    /// decision by hand that was not asked for, is missing or says nothing in words.
    pub fn answer(&mut self, answer: Answer) -> Result<(), ErrorCode> {
        if self.state != RequestState::Open {
            return Err(ErrorCode::RequestAnswered);
        }
        if !self.asking.kind.allows(&answer) {
            return Err(ErrorCode::RequestOutcome);
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
}

impl RequestState {
    /// Whether it waits although its last day has passed.
    #[must_use]
    pub fn is_late(self, due_on: Date, today: Date) -> bool {
        self == Self::Open && today > due_on
    }
}

impl RightKind {
    /// Whether granting it is not enough: a second person carries it out.
    #[must_use]
    pub const fn needs_second(self) -> bool {
        matches!(self, Self::Delete)
    }

    /// Whether it gives the file to read.
    #[must_use]
    pub const fn is_reading(self) -> bool {
        matches!(self, Self::Access | Self::Copy | Self::Transfer)
    }

    /// Whether it belongs to the process of a rating: it is about a case or about one record.
    #[must_use]
    pub const fn is_of_process(self) -> bool {
        matches!(self, Self::HumanDecision | Self::Repair)
    }

    /// What lets somebody take it down.
    #[must_use]
    pub const fn taken_under(self) -> Action {
        match self.is_of_process() {
            true => Action::TakeObjection,
            false => Action::ServeSubject,
        }
    }

    /// What lets somebody answer it.
    #[must_use]
    pub const fn answered_under(self) -> Action {
        match self {
            Self::HumanDecision => Action::DecideByHand,
            Self::Repair => Action::AmendRecord,
            _ => Action::AnswerRequest,
        }
    }

    /// Who has to answer it.
    #[must_use]
    pub const fn duty(self) -> Role {
        match self {
            Self::HumanDecision => Role::Reviewer,
            _ => Role::ObjectionOfficer,
        }
    }

    /// Whether it can be answered so, apart from the grounds: what a person decided by hand, and
    /// why, is said of that alone.
    fn allows(self, answer: &Answer) -> bool {
        let is_by_hand = self == Self::HumanDecision && answer.ground.is_none();
        answer.decision.is_some() == is_by_hand && !(is_by_hand && answer.words.trim().is_empty())
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
        if self.kind.is_of_process() && self.words.trim().is_empty() {
            found.push(Violation::new("words", ErrorCode::CaseReason));
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

#[cfg(test)]
mod tests;
