//! The rights as data: what can be asked for, by which law and until when, and on which grounds it
//! can be refused (`fixtures/rights/rights.toml`).

use std::sync::LazyLock;

use jiff::civil::Date;

use super::RightKind;
use crate::case::deadline::{Deadline, Due, counted};
use crate::case::terms::Timetable;
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{self, Fields};

const NO_TERM: &str = "either days or a deadline of the process";

const BUILTIN: &str = include_str!("../../../../fixtures/rights/rights.toml");

/// How long the office may take for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// Calendar days from the day on which it was taken.
    Days(u16),
    /// A deadline of the process, as long as the parameter table in force says.
    Process(Deadline),
}

/// What can be asked for and how soon it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// What.
    pub kind: RightKind,
    /// How soon.
    pub term: Term,
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

impl Term {
    /// The last day for an answer to what was taken on `from`.
    #[must_use]
    pub fn due(self, from: Date, timetable: &Timetable) -> Due {
        match self {
            Self::Days(days) => counted(from, days),
            Self::Process(deadline) => deadline.due(from, timetable),
        }
    }
}

impl Right {
    fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let days = row.find_int("days")?.and_then(|n| u16::try_from(n).ok());
        let right = Self {
            kind: row.word("kind")?,
            term: match (days, row.find_word("deadline")?) {
                (Some(days), None) => Term::Days(days),
                (None, Some(deadline)) => Term::Process(deadline),
                _ => return Err(row.fault("days", PackErrorCode::BadValue, NO_TERM)),
            },
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
