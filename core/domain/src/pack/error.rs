//! What is wrong with a rule pack, a parameter table, the catalogue or a worksheet: always with
//! file, line and key, so that the person who wrote the file finds the place.

use std::fmt;

/// The kind of a fault in a file of rules or inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackErrorCode {
    /// Not TOML or JSON at all.
    Syntax,
    /// A number with a fraction that is not written as text.
    Float,
    /// A key that means nothing here.
    UnknownKey,
    /// A key that is needed.
    MissingKey,
    /// A value of the wrong type, or one that is out of its range.
    BadValue,
    /// A word that the domain does not define: a measure, condition, item, grade.
    UnknownName,
    /// A code that occurs twice.
    Duplicate,
    /// Weights that do not sum to 100.
    WeightSum,
    /// Bands that leave a value without points.
    BandGap,
    /// Bands of which one can never be reached.
    BandOverlap,
    /// A field that no scorecard may use (`domain.md` B.2).
    ForbiddenField,
    /// A reason without a text in every language.
    MissingText,
}

/// A fault in a file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
pub struct PackError {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1; 0 where the file has no lines (JSON).
    pub line: usize,
    /// The key from the top of the file: `indicators[3].bands[0].points`.
    pub key: String,
    /// What kind of fault it is.
    pub code: PackErrorCode,
    /// What is wrong and how to put it right.
    pub message: String,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.file, self.line, self.key, self.message
        )
    }
}
