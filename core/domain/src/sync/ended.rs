//! The end of a year of a subject, as devices hear of it (`domain.md` L-15, L-21): what a device
//! holds of a file whose term is over goes as well.

use crate::file::chain::{SignatureError, verify_text};
use crate::id::{CycleId, SubjectId};

/// The file of a year of a subject was ended, with the campaigns that closed in the year: delete
/// what is here of them, as soon as nothing of it waits for its receipt.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct EndedYear {
    /// Whose.
    #[n(0)]
    pub subject: SubjectId,
    /// Which.
    #[n(1)]
    pub year: i16,
    /// The campaigns that closed in it.
    #[n(2)]
    pub cycles: Vec<CycleId>,
    /// Signature of the server over [`EndedYear::message`], hexadecimal.
    #[n(3)]
    pub signature: String,
}

impl EndedYear {
    /// What the server signs.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let mut message = format!("itgel.ended.v1\n{}\n{}", self.subject, self.year);
        for cycle in &self.cycles {
            message.push('\n');
            message.push_str(cycle.as_str());
        }
        message.into_bytes()
    }

    /// Checks the server's signature: nobody else can make a device delete anything.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this year.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &self.message(), &self.signature)
    }
}
