//! The same messages as a file: a cable or an SD card in place of a network (`design.md` 6).
//!
//! A bundle is sealed to one key, so whoever finds the card reads nothing: from a device to the
//! key of the server that it pinned, from the server to a key that the device made for the answer.
//! It is a header and frames; each frame is one message of the protocol under its own seal, so
//! that what was read before a cut is whole. The last frame says that it is the last.
//!
//! Sealing says nothing about who wrote a bundle. A device signs its [`Opening`], which names the
//! header and the key for the answer; everything that the server says is signed by itself.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::hello::{Hello, HelloAnswer};
use super::media::{Chunk, ChunkAnswer};
use super::pull::PullPage;
use super::push::{Push, PushAnswer};
use super::wire::{self, MAX_COMPRESSED};
use crate::error::ErrorCode;
use crate::file::chain::{
    DeviceSigner, SignatureError, SoftwareSigner, Suite, verify, verify_text,
};
use crate::hash::Hash;

/// Most bytes of a bundle.
pub const MAX_BYTES: usize = 64 << 20;

/// Most bytes of content that is written into one: the rest follows in the next.
pub const FULL_BYTES: usize = 32 << 20;

const MAGIC: &[u8; 16] = b"itgel.bundle.v1\n";

/// Magic, the reader's key by its hash, the writer's key for this bundle.
const HEADER: usize = 16 + 32 + 32;

/// What a frame adds to its message.
const TAG: usize = 16;

/// A message in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A device opens its bundle.
    Opening(Box<Opening>),
    /// A page of its chain.
    Push(Box<Push>),
    /// A chunk of a picture.
    Chunk(Box<Chunk>),
    /// The server answers an opening.
    Welcome(Box<HelloAnswer>),
    /// The server answers a page.
    Receipt(Box<PushAnswer>),
    /// A page of a list.
    Page(Box<PullPage>),
    /// The server answers a chunk.
    ChunkAnswer(Box<ChunkAnswer>),
    /// Nothing more follows.
    End,
    /// A message of a later version: skipped.
    Unknown(u8),
}

/// Who writes a bundle, where he stands, and for whom the answer is to be sealed.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Opening {
    /// Where the device stands.
    #[n(0)]
    pub hello: Hello,
    /// The key for the answer, hexadecimal.
    #[n(1)]
    pub reply_key: String,
    /// Signature of the device over the file's header, the hello and the key for the answer,
    /// hexadecimal.
    #[n(2)]
    pub signature: String,
}

/// Why bytes are no bundle for this reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not a bundle, or cut, or changed.
    #[error("the bundle cannot be read to its end")]
    Malformed,
    /// Sealed to another key, or written by somebody else.
    #[error("the bundle is not for this reader")]
    Foreign,
    /// Sealed to a key that this reader had and keeps no more.
    #[error("the key that the bundle is sealed to is not kept any more")]
    KeyGone,
}

impl BundleError {
    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Malformed => ErrorCode::BundleMalformed,
            Self::Foreign => ErrorCode::BundleForeign,
            Self::KeyGone => ErrorCode::BundleKeyGone,
        }
    }
}

/// Writes a bundle.
pub struct Writer {
    key: Zeroizing<[u8; 32]>,
    frames: u64,
    bytes: Vec<u8>,
}

/// Reads a bundle, a message after the other.
pub struct Reader<'a> {
    key: Zeroizing<[u8; 32]>,
    frames: u64,
    header: &'a [u8],
    rest: &'a [u8],
    is_over: bool,
}

impl Writer {
    /// A bundle for the owner of `reader`; `secret` is random and used for it alone.
    ///
    /// # Errors
    /// [`BundleError::Foreign`] if the key is none.
    pub fn new(reader: &[u8], secret: &[u8; 32]) -> Result<Self, BundleError> {
        let own = SoftwareSigner::from_secret(secret);
        let shared = own.shared(reader).ok_or(BundleError::Foreign)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(Hash::of_file(reader).as_bytes());
        bytes.extend_from_slice(&own.public_key());
        let key = content_key(&shared, &bytes);
        Ok(Self {
            key,
            frames: 0,
            bytes,
        })
    }

    /// What an opening has to name.
    #[must_use]
    pub fn header(&self) -> Hash {
        Hash::of_file(&self.bytes[..HEADER])
    }

    /// How large it is so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.frames == 0
    }

    /// Writes a message.
    #[expect(
        clippy::expect_used,
        reason = "the cipher refuses only more than 256 GiB"
    )]
    pub fn put(&mut self, part: &Part) {
        let mut plain = vec![part.kind()];
        plain.extend(part.packed());
        let payload = Payload {
            msg: &plain,
            aad: &self.bytes[..HEADER],
        };
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        let sealed = cipher
            .encrypt(&nonce(self.frames), payload)
            .expect("short enough");
        self.frames += 1;
        let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend(sealed);
    }

    /// Ends the bundle.
    #[must_use]
    pub fn end(mut self) -> Vec<u8> {
        self.put(&Part::End);
        self.bytes
    }
}

impl<'a> Reader<'a> {
    /// Opens a bundle that is sealed to the key of `own`.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn new(bytes: &'a [u8], own: &SoftwareSigner) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BYTES {
            return Err(BundleError::Malformed);
        }
        let (header, rest) = bytes
            .split_at_checked(HEADER)
            .ok_or(BundleError::Malformed)?;
        let (magic, keys) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(BundleError::Malformed);
        }
        let (reader, writer) = keys.split_at(32);
        if reader != Hash::of_file(&own.public_key()).as_bytes() {
            return Err(BundleError::Foreign);
        }
        let shared = own.shared(writer).ok_or(BundleError::Malformed)?;
        Ok(Self {
            key: content_key(&shared, header),
            frames: 0,
            header,
            rest,
            is_over: false,
        })
    }

    /// The hash of the key that a bundle is sealed to; `None` if it is none.
    #[must_use]
    pub fn addressee(bytes: &[u8]) -> Option<Hash> {
        let hash = bytes.strip_prefix(MAGIC)?.first_chunk::<32>()?;
        Some(Hash::from_bytes(*hash))
    }

    /// What an opening has to name.
    #[must_use]
    pub fn header(&self) -> Hash {
        Hash::of_file(self.header)
    }

    /// The next message; `None` after the last one.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where it was cut or changed: nothing follows then.
    pub fn next_part(&mut self) -> Result<Option<Part>, BundleError> {
        if self.is_over {
            return Ok(None);
        }
        self.is_over = true;
        let part = self.read()?;
        match part {
            Part::End if self.rest.is_empty() => Ok(None),
            Part::End => Err(BundleError::Malformed),
            part => {
                self.is_over = false;
                Ok(Some(part))
            }
        }
    }

    fn read(&mut self) -> Result<Part, BundleError> {
        let (length, rest) = self
            .rest
            .split_first_chunk::<4>()
            .ok_or(BundleError::Malformed)?;
        let length = u32::from_be_bytes(*length) as usize;
        if length > MAX_COMPRESSED + TAG + 1 {
            return Err(BundleError::Malformed);
        }
        let (sealed, rest) = rest
            .split_at_checked(length)
            .ok_or(BundleError::Malformed)?;
        let payload = Payload {
            msg: sealed,
            aad: self.header,
        };
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        let plain = cipher
            .decrypt(&nonce(self.frames), payload)
            .map_err(|_| BundleError::Malformed)?;
        self.frames += 1;
        self.rest = rest;
        let (kind, message) = plain.split_first().ok_or(BundleError::Malformed)?;
        Part::unpack(*kind, message)
    }
}

impl Opening {
    /// An opening under the signature of its device.
    #[must_use]
    pub fn sign(hello: Hello, reply_key: &[u8], header: &Hash, signer: &dyn DeviceSigner) -> Self {
        let mut opening = Self {
            hello,
            reply_key: data_encoding::HEXLOWER.encode(reply_key),
            signature: String::new(),
        };
        let signature = signer.sign(&opening.message(header));
        opening.signature = data_encoding::HEXLOWER.encode(&signature);
        opening
    }

    /// Checks that the device wrote this very bundle.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(
        &self,
        suite: Suite,
        device_key: &[u8],
        header: &Hash,
    ) -> Result<(), SignatureError> {
        let message = self.message(header);
        if suite == Suite::Ed25519 {
            return verify_text(device_key, &message, &self.signature);
        }
        let signature = data_encoding::HEXLOWER.decode(self.signature.as_bytes());
        verify(
            suite,
            device_key,
            &message,
            &signature.map_err(|_| SignatureError)?,
        )
    }

    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    fn message(&self, header: &Hash) -> Vec<u8> {
        let hello = minicbor::to_vec(&self.hello).expect("writing to a Vec");
        let parts: [&[u8]; 3] = [header.as_bytes(), &hello, self.reply_key.as_bytes()];
        Hash::of("itgel.opening.v1", &parts)
            .to_string()
            .into_bytes()
    }
}

impl Part {
    const fn kind(&self) -> u8 {
        match self {
            Self::Opening(_) => 0,
            Self::Push(_) => 1,
            Self::Chunk(_) => 2,
            Self::Welcome(_) => 3,
            Self::Receipt(_) => 4,
            Self::Page(_) => 5,
            Self::ChunkAnswer(_) => 6,
            Self::End => 7,
            Self::Unknown(kind) => *kind,
        }
    }

    fn packed(&self) -> Vec<u8> {
        match self {
            Self::Opening(message) => wire::pack(&**message),
            Self::Push(message) => wire::pack(&**message),
            Self::Chunk(message) => wire::pack(&**message),
            Self::Welcome(message) => wire::pack(&**message),
            Self::Receipt(message) => wire::pack(&**message),
            Self::Page(message) => wire::pack(&**message),
            Self::ChunkAnswer(message) => wire::pack(&**message),
            Self::End | Self::Unknown(_) => Vec::new(),
        }
    }

    fn unpack(kind: u8, bytes: &[u8]) -> Result<Self, BundleError> {
        fn read<T>(bytes: &[u8]) -> Result<Box<T>, BundleError>
        where
            T: for<'b> minicbor::Decode<'b, ()>,
        {
            wire::unpack(bytes)
                .map(Box::new)
                .map_err(|_| BundleError::Malformed)
        }
        Ok(match kind {
            0 => Self::Opening(read(bytes)?),
            1 => Self::Push(read(bytes)?),
            2 => Self::Chunk(read(bytes)?),
            3 => Self::Welcome(read(bytes)?),
            4 => Self::Receipt(read(bytes)?),
            5 => Self::Page(read(bytes)?),
            6 => Self::ChunkAnswer(read(bytes)?),
            7 => Self::End,
            other => Self::Unknown(other),
        })
    }
}

fn content_key(shared: &[u8; 32], header: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(*Hash::of("itgel.bundle.key.v1", &[shared, header]).as_bytes())
}

/// The key is of this bundle alone, so its frames are counted.
fn nonce(frame: u64) -> XNonce {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&frame.to_be_bytes());
    XNonce::from(nonce)
}

#[cfg(test)]
mod tests;
