//! What can go wrong inside the service. The one conversion to what a client sees is in
//! [`crate::routes::problem`].

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::policy::Denial;

use crate::store::StoreError;

/// An error of the service.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Refused by a rule that the caller can act on.
    #[error("{code}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// All broken rules at once, if the request was understood.
        violations: Vec<Violation>,
    },
    /// The store.
    #[error(transparent)]
    Store(StoreError),
    /// The settings do not fit.
    #[error("configuration: {0}")]
    Config(String),
    /// A fault of the program or its data; `what` names the place, never a value.
    #[error("internal: {what}")]
    Internal {
        /// The place.
        what: &'static str,
        /// The cause.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl ServiceError {
    /// Refused with this code.
    #[must_use]
    pub const fn refused(code: ErrorCode) -> Self {
        Self::Refused {
            code,
            violations: Vec::new(),
        }
    }

    /// A fault at `what`.
    #[must_use]
    pub const fn internal(what: &'static str) -> Self {
        Self::Internal { what, source: None }
    }

    /// A fault at `what` with its cause.
    pub fn caused(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Internal {
            what,
            source: Some(source.into()),
        }
    }

    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused { code, .. } => *code,
            Self::Store(StoreError::Closed | StoreError::Busy) => ErrorCode::Unavailable,
            Self::Store(StoreError::Full) => ErrorCode::StorageFull,
            Self::Store(_) | Self::Config(_) | Self::Internal { .. } => ErrorCode::Internal,
        }
    }
}

impl From<ErrorCode> for ServiceError {
    fn from(code: ErrorCode) -> Self {
        Self::refused(code)
    }
}

impl From<rusqlite::Error> for ServiceError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<Denial> for ServiceError {
    fn from(denial: Denial) -> Self {
        Self::refused(denial.code())
    }
}
