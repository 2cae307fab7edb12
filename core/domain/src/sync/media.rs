//! After data: photos and scans go up in chunks, each of which may be cut or repeated.
//!
//! A picture is named by the SHA-256 of its bytes, and the server takes only what an entry of
//! the subject's file announced. A chunk of no bytes asks how far the server is.

use crate::file::chain::{SignatureError, verify_text};
use crate::hash::Hash;
use crate::id::SubjectId;
use crate::time::AtMs;

/// Most bytes of a chunk: two seconds on a link of 128 kbit/s, so that a cut costs little.
pub const CHUNK_BYTES: usize = 32 * 1024;

/// A chunk of a picture.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Chunk {
    /// Whose file announced it.
    #[n(0)]
    pub subject: SubjectId,
    /// SHA-256 of the whole.
    #[n(1)]
    pub content: Hash,
    /// Length of the whole.
    #[n(2)]
    pub length: u64,
    /// Where the chunk begins.
    #[n(3)]
    pub offset: u64,
    /// Its bytes; none to ask how far the server is.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// How far the server is with a picture.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ChunkAnswer {
    /// SHA-256 of the whole.
    #[n(0)]
    pub content: Hash,
    /// Bytes that are on the server's disk: the next chunk begins here.
    #[n(1)]
    pub received: u64,
    /// The receipt, once the whole is there and its hash came out.
    #[n(2)]
    pub receipt: Option<MediaReceipt>,
}

/// That a picture arrived.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct MediaReceipt {
    /// Whose file announced it.
    #[n(0)]
    pub subject: SubjectId,
    /// SHA-256 of the whole.
    #[n(1)]
    pub content: Hash,
    /// When it was complete, by the server's clock.
    #[n(2)]
    pub received_at: AtMs,
    /// Signature of the server over [`MediaReceipt::message`], hexadecimal.
    #[n(3)]
    pub signature: String,
}

impl MediaReceipt {
    /// What the server signs.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let Self {
            subject,
            content,
            received_at,
            ..
        } = self;
        format!("itgel.media.v1\n{subject}\n{content}\n{}", received_at.0).into_bytes()
    }

    /// Checks the server's signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this picture.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &self.message(), &self.signature)
    }
}
