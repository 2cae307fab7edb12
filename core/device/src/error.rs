//! What can go wrong in the field half: rich inside, one code for every edge.

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::picture::PictureError;

use crate::entropy::EntropyError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// An error of the device library. Nothing in it holds a value that an officer entered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Rules that are broken, all of them at once.
    #[error("{} rules are broken", .0.len())]
    Invalid(Vec<Violation>),
    /// No such subject on this device.
    #[error("no subject {0} on this device")]
    SubjectUnknown(SubjectId),
    /// The subject was erased; nothing more is kept of it.
    #[error("subject {0} was erased")]
    SubjectErased(SubjectId),
    /// No such cycle on this device.
    #[error("no cycle {0} on this device")]
    CycleUnknown(CycleId),
    /// No rule pack for the subject on the day has been pulled yet.
    #[error("no rule pack for this subject and day on this device")]
    PackMissing,
    /// No parameter table for the subject and the day has been pulled yet.
    #[error("no parameter table for this subject and day on this device")]
    ParametersMissing,
    /// The device that signs is not the one of the store.
    #[error("the signing key is not the one of this store")]
    ForeignKey,
    /// The whole file of a subject is larger than one envelope can extend.
    #[error("an entry is larger than an envelope")]
    TooLarge,
    /// The grant and its days of grace are over; reading and sending go on.
    #[error("the grant has ended")]
    GrantEnded,
    /// The store is about to be deleted.
    #[error("the store is about to be deleted")]
    Wiping,
    /// The store was deleted by order of the server.
    #[error("the store was deleted by order of the server")]
    Wiped,
    /// Nobody ordered that the store be deleted.
    #[error("no order to delete the store")]
    NoOrder,
    /// Something has no receipt yet, so nothing is deleted.
    #[error("{0} records have no receipt yet")]
    Unreceipted(u64),
    /// Not a picture, or a too large one.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Not an answer to a bundle of this device.
    #[error("the bundle is refused: {0}")]
    Bundle(ErrorCode),
    /// A store for practice is never sent, and a real one takes nothing invented.
    #[error("practice and real data are kept apart")]
    Practice,
    /// Another synchronisation is going on.
    #[error("another synchronisation is going on")]
    Busy,
    /// The synchronisation was ended from here, because the store is being closed.
    #[error("the synchronisation was ended from here")]
    Ended,
}

impl Error {
    /// Its place in the one list of codes.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Vault(VaultError::Io(cause))
                if cause.kind() == std::io::ErrorKind::StorageFull =>
            {
                ErrorCode::StorageFull
            }
            Self::Vault(_) => ErrorCode::StoreLocked,
            Self::Store(StoreError::Full) => ErrorCode::StorageFull,
            Self::Store(_) | Self::Entropy(_) | Self::ForeignKey => ErrorCode::Internal,
            Self::Invalid(violations) => violations
                .first()
                .map_or(ErrorCode::RequestMalformed, |v| v.code),
            Self::SubjectUnknown(_) => ErrorCode::NotFound,
            Self::SubjectErased(_) => ErrorCode::SubjectErased,
            Self::CycleUnknown(_) => ErrorCode::CycleClosed,
            Self::PackMissing => ErrorCode::PackUnknown,
            Self::ParametersMissing => ErrorCode::ParametersUnknown,
            Self::TooLarge => ErrorCode::EnvelopeTooLarge,
            Self::Unreceipted(_) => ErrorCode::CaseStale,
            Self::Picture(error) => error.code(),
            Self::Bundle(code) => *code,
            Self::GrantEnded => ErrorCode::GrantEnded,
            Self::Wiping | Self::Wiped => ErrorCode::DeviceWiping,
            Self::Practice => ErrorCode::DevicePractice,
            Self::NoOrder => ErrorCode::NotAllowed,
            Self::Busy => ErrorCode::Unavailable,
            Self::Ended => ErrorCode::SyncStopped,
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
