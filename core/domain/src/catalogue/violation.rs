//! What is wrong with an observation: a code and typed arguments, never a sentence and never the
//! value (`design.md` 10).

use super::Unit;
use crate::error::ErrorCode;
use crate::item::ItemPath;
use crate::subject::SubjectKind;

/// One thing that is wrong with one item.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// The item.
    pub item: ItemPath,
    /// What is wrong with it.
    #[serde(flatten)]
    pub code: ViolationCode,
}

/// The kinds of violation, with the arguments that a message needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ViolationCode {
    /// The catalogue has no such item.
    #[error("the catalogue has no such item")]
    UnknownItem,
    /// The item is not asked of this kind of subject.
    #[error("not asked of a {subject}")]
    NotForSubject {
        /// The kind of subject.
        subject: SubjectKind,
    },
    /// "Not applicable" is no answer here; say unknown or refused.
    #[error("always applies; answer unknown or refused")]
    AlwaysApplies,
    /// A value of another kind is needed.
    #[error("a {expected} is needed")]
    WrongKind {
        /// The kind that is needed.
        expected: String,
    },
    /// Outside the plausible range.
    #[error("from {min} to {max}")]
    OutOfRange {
        /// The smallest plausible value.
        min: i64,
        /// The largest plausible value.
        max: i64,
    },
    /// Not one of the words.
    #[error("one of {options:?}")]
    NotAChoice {
        /// The words.
        options: Vec<String>,
    },
    /// Longer than allowed.
    #[error("at most {max} characters")]
    TooLong {
        /// The largest number of characters.
        max: usize,
    },
    /// A unit that does not measure this item.
    #[error("no unit of this item; write one of {accepted:?}")]
    WrongUnit {
        /// The unit that was given, shortened.
        unit: String,
        /// The units that are accepted.
        accepted: Vec<String>,
    },
    /// Not a plain decimal number.
    #[error("a plain decimal number is needed")]
    NotANumber,
    /// No whole number of the stored unit.
    #[error("no whole number of {unit}")]
    NotWhole {
        /// The stored unit.
        unit: Unit,
    },
    /// More than another item of the same subject allows.
    #[error("more than {other}")]
    Exceeds {
        /// The item that limits it.
        other: String,
    },
}

impl ViolationCode {
    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownItem => ErrorCode::ItemUnknown,
            Self::NotForSubject { .. } => ErrorCode::ItemWrongSubject,
            Self::AlwaysApplies | Self::NotAChoice { .. } => ErrorCode::ValueNotAChoice,
            Self::WrongKind { .. } | Self::NotANumber => ErrorCode::ValueWrongType,
            Self::OutOfRange { .. } | Self::TooLong { .. } | Self::Exceeds { .. } => {
                ErrorCode::ValueOutOfRange
            }
            Self::WrongUnit { .. } | Self::NotWhole { .. } => ErrorCode::ValueWrongUnit,
        }
    }
}

impl From<Violation> for crate::error::Violation {
    /// The same in the one form that every edge shows, with the figures its text names.
    fn from(violation: Violation) -> Self {
        let shown = Self::new(violation.item.as_str(), violation.code.code());
        match violation.code {
            ViolationCode::UnknownItem | ViolationCode::NotANumber => shown,
            ViolationCode::NotForSubject { subject } => shown.with("subject", subject),
            ViolationCode::AlwaysApplies => shown.with("choices", "known unknown refused"),
            ViolationCode::WrongKind { expected } => shown.with("expected", expected),
            ViolationCode::OutOfRange { min, max } => shown.with("min", min).with("max", max),
            ViolationCode::NotAChoice { options } => shown.with("choices", options.join(" ")),
            ViolationCode::TooLong { max } => shown.with("min", 0).with("max", max),
            ViolationCode::WrongUnit { accepted, .. } => shown.with("unit", accepted.join(" ")),
            ViolationCode::NotWhole { unit } => shown.with("unit", unit),
            ViolationCode::Exceeds { other } => shown.with("min", 0).with("max", other),
        }
    }
}
