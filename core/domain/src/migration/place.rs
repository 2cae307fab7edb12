//! A row or column of the matrix.

use std::fmt;
use std::str::FromStr;

use crate::pack::NotInVocabulary;
use crate::subject::Grade;
use crate::title::TitleLevel;

/// Where a subject can stand, best first within grades and within levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A grade.
    Grade(Grade),
    /// Too many values disagree for a grade.
    Review,
    /// The level of a village or township.
    Level(TitleLevel),
    /// A village or township that reaches no level.
    NotReached,
}

impl Place {
    /// The word in tables and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Grade(grade) => grade.as_str(),
            Self::Review => "review",
            Self::Level(level) => level.as_str(),
            Self::NotReached => "not_reached",
        }
    }

    /// How far from the best place, for the direction of a move; `None` where none is told.
    pub(super) const fn rank(self) -> Option<u8> {
        match self {
            Self::Grade(Grade::Aaa) | Self::Level(TitleLevel::Excellent) => Some(0),
            Self::Grade(Grade::Aa) | Self::Level(TitleLevel::Good) => Some(1),
            Self::Grade(Grade::A) | Self::Level(TitleLevel::Ordinary) => Some(2),
            Self::Grade(Grade::B) | Self::NotReached => Some(3),
            Self::Grade(Grade::C) => Some(4),
            Self::Grade(Grade::N) => Some(5),
            Self::Grade(Grade::V) => Some(6),
            Self::Review => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Place {
    type Err = NotInVocabulary;

    fn from_str(text: &str) -> Result<Self, NotInVocabulary> {
        match text {
            "review" => Ok(Self::Review),
            "not_reached" => Ok(Self::NotReached),
            _ => {
                let grade = text.parse().map(Self::Grade);
                grade.or_else(|_| text.parse().map(Self::Level))
            }
        }
    }
}

crate::id::text_codec!(Place);
