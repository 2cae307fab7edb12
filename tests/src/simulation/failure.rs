//! Why a run fails.

use std::fmt;

/// What does not hold, or what went wrong that never may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

/// What comes out of a step of a run.
pub type Outcome<T> = Result<T, Failure>;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut told = error.to_string();
        let mut cause = error.source();
        while let Some(source) = cause {
            told = format!("{told}: {source}");
            cause = source.source();
        }
        Self(told)
    }
}

/// A failure of its own.
pub(super) fn fails<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure(what.into()))
}
