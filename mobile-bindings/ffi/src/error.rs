//! What can go wrong, in the few ways that a caller can act on (`design.md` 10). Each has the code of
//! the one list and its words in the language of the program.

use itgel_device::http::HttpError;
use itgel_device::sync::SyncError;
use itgel_device::vault::VaultError;
use itgel_domain::error::{ErrorCode, Kind, Violation};
use itgel_field::EnrolError;
use itgel_field::native::{self, OpenError};
use itgel_text::{self as text, Lang};

/// A rule that is broken, or something to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Fault {
    /// The item or part of the visit: `herd.sheep`, `people.head`.
    pub item: String,
    /// The dotted word.
    pub code: String,
    /// What is wrong and the way out.
    pub text: String,
}

/// Why a call did not do what it was asked for. Nothing that was entered is lost by any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum FieldError {
    /// Sign in again: enrol anew, or let an administrator look; the queue pauses.
    #[error("{code}")]
    SignInRequired {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
    },
    /// Not allowed.
    #[error("{code}")]
    NotAllowed {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
    },
    /// Something has moved on; read again.
    #[error("{code}")]
    Conflict {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
    },
    /// Against a rule; all that is wrong at once.
    #[error("{code}")]
    Invalid {
        /// The dotted word of the first.
        code: String,
        /// What is wrong and the way out.
        text: String,
        /// Everything that is wrong.
        faults: Vec<Fault>,
    },
    /// No way to the server, or not now.
    #[error("{code}")]
    Offline {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
        /// When to come again, if the server said so.
        retry_after_ms: Option<i64>,
    },
    /// The disk of the device is full.
    #[error("{code}")]
    StorageFull {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
    },
    /// Unlock first, or another PIN.
    #[error("{code}")]
    Locked {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
        /// Tries until the store is destroyed, after a wrong PIN.
        tries_left: Option<u32>,
    },
    /// A fault of the program, or a call that means nothing.
    #[error("{code}")]
    Unexpected {
        /// The dotted word.
        code: String,
        /// What is wrong and the way out.
        text: String,
    },
}

/// Errors on their way out, in the language of the program.
#[derive(Clone, Copy)]
pub(crate) struct Errors(pub(crate) Lang);

impl Errors {
    /// The error of a code.
    pub(crate) fn of(self, code: ErrorCode) -> FieldError {
        self.told(code, text::error(self.0, code, &[]))
    }

    /// An argument that is none of its kind.
    pub(crate) fn malformed(self) -> FieldError {
        self.of(ErrorCode::RequestMalformed)
    }

    pub(crate) fn violation(self, violation: &Violation) -> Fault {
        Fault {
            item: violation.field.clone(),
            code: violation.code.as_str().to_owned(),
            text: text::violation(self.0, violation),
        }
    }

    pub(crate) fn device(self, error: &itgel_device::Error) -> FieldError {
        let words = native::told(self.0, error);
        match error {
            itgel_device::Error::Invalid(violations) => FieldError::Invalid {
                code: error.code().as_str().to_owned(),
                text: violations
                    .first()
                    .map_or(words, |one| text::violation(self.0, one)),
                faults: violations.iter().map(|one| self.violation(one)).collect(),
            },
            itgel_device::Error::Vault(VaultError::WrongPin { left }) => FieldError::Locked {
                code: error.code().as_str().to_owned(),
                text: words,
                tries_left: Some(*left),
            },
            other => self.told(other.code(), words),
        }
    }

    pub(crate) fn open(self, error: &OpenError) -> FieldError {
        match error {
            OpenError::Unknown => self.of(ErrorCode::NotFound),
            OpenError::Device(error) => self.device(error),
        }
    }

    pub(crate) fn enrol(self, error: &EnrolError) -> FieldError {
        match error {
            EnrolError::Device(error) => self.device(error),
            EnrolError::Io(_) => self.of(ErrorCode::Internal),
            EnrolError::Http(HttpError::Invitation(_)) => self.of(ErrorCode::InvitationMalformed),
            EnrolError::Http(error) => {
                let code = error.code().unwrap_or(ErrorCode::Unavailable);
                self.waiting(code, error.retry_after_ms())
            }
        }
    }

    pub(crate) fn sync(self, error: &SyncError) -> FieldError {
        match error {
            SyncError::Device(error) => self.device(error),
            SyncError::NotTheServers(_) => self.of(ErrorCode::AnswerUnsigned),
            SyncError::Version(_) => self.malformed(),
            SyncError::Protocol { source, .. } => {
                let code = error.code().unwrap_or(ErrorCode::Unavailable);
                let http = source.downcast_ref::<HttpError>();
                self.waiting(code, http.and_then(HttpError::retry_after_ms))
            }
        }
    }

    fn waiting(self, code: ErrorCode, retry_after_ms: Option<i64>) -> FieldError {
        match self.of(code) {
            FieldError::Offline { code, text, .. } => FieldError::Offline {
                code,
                text,
                retry_after_ms,
            },
            other => other,
        }
    }

    fn told(self, code: ErrorCode, text: String) -> FieldError {
        let kind = code.kind();
        let code = code.as_str().to_owned();
        match kind {
            Kind::Unauthenticated => FieldError::SignInRequired { code, text },
            Kind::Forbidden => FieldError::NotAllowed { code, text },
            Kind::Conflict => FieldError::Conflict { code, text },
            Kind::TooLarge | Kind::Invalid => FieldError::Invalid {
                code,
                text,
                faults: Vec::new(),
            },
            Kind::TooMany | Kind::Unavailable => FieldError::Offline {
                code,
                text,
                retry_after_ms: None,
            },
            Kind::StorageFull => FieldError::StorageFull { code, text },
            Kind::Locked => FieldError::Locked {
                code,
                text,
                tries_left: None,
            },
            Kind::Malformed | Kind::NotFound | Kind::Internal => {
                FieldError::Unexpected { code, text }
            }
        }
    }
}
