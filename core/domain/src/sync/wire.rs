//! How messages are framed: canonical CBOR, as it is or squeezed, in one zstd frame, with a hard
//! limit on what comes out of it (`security.md` T10).
//!
//! The first byte in the frame says which of the two: hashes and identifiers get shorter by it,
//! pictures would not.

use std::io::Read as _;

use super::squeeze::{expand, squeeze};
use crate::error::ErrorCode;

/// Media type of a message.
pub const MEDIA_TYPE: &str = "application/vnd.itgel.sync.v1+cbor-zstd";

/// Most bytes of a message before decompression.
pub const MAX_COMPRESSED: usize = 1 << 20;

/// Most bytes of a message after decompression.
pub const MAX_MESSAGE: usize = 4 << 20;

/// Compression level: small bodies on slow links, phones with time.
const LEVEL: i32 = 9;

/// The first byte in a frame: the message as it is.
const PLAIN: u8 = 0;

/// The first byte in a frame: the message squeezed.
const SQUEEZED: u8 = 1;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// More bytes than a message may have, before or after decompression.
    #[error("the message is larger than allowed")]
    TooLarge,
    /// No zstd frame, or no such message in it.
    #[error("the bytes are no message")]
    Malformed,
}

impl WireError {
    /// Its place in the one list of codes.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TooLarge => ErrorCode::RequestTooLarge,
            Self::Malformed => ErrorCode::RequestMalformed,
        }
    }
}

/// The bytes of a message on the wire.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "memory in, memory out: neither step can fail"
)]
pub fn pack<T: minicbor::Encode<()>>(message: &T) -> Vec<u8> {
    let plain = minicbor::to_vec(message).expect("writing to a Vec");
    let squeezed = squeeze(&plain);
    let (form, shorter) = if squeezed.len() < plain.len() {
        (SQUEEZED, squeezed)
    } else {
        (PLAIN, plain)
    };
    let framed = [&[form], &*shorter].concat();
    zstd::bulk::compress(&framed, LEVEL).expect("compressing memory")
}

/// Reads a message from the wire.
///
/// # Errors
/// [`WireError`]; nothing beyond the limits is ever held in memory.
pub fn unpack<T>(bytes: &[u8]) -> Result<T, WireError>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    if bytes.len() > MAX_COMPRESSED {
        return Err(WireError::TooLarge);
    }
    let framed = inflate(bytes, MAX_MESSAGE + 1)?;
    let decoded = match framed.split_first() {
        Some((&PLAIN, plain)) => minicbor::decode(plain),
        Some((&SQUEEZED, squeezed)) => minicbor::decode(&expand(squeezed, MAX_MESSAGE)?),
        _ => return Err(WireError::Malformed),
    };
    decoded.map_err(|_| WireError::Malformed)
}

/// Opens a zstd frame; more than `limit` bytes are never held in memory.
pub(crate) fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, WireError> {
    let decoder = zstd::stream::read::Decoder::new(bytes).map_err(|_| WireError::Malformed)?;
    let mut plain = Vec::new();
    decoder
        .take(limit as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| WireError::Malformed)?;
    if plain.len() > limit {
        return Err(WireError::TooLarge);
    }
    Ok(plain)
}

/// A list of byte strings.
pub mod byte_lists {
    use minicbor::bytes::ByteSlice;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes an array of byte strings.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        list: &[Vec<u8>],
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.array(list.len() as u64)?;
        for bytes in list {
            e.bytes(bytes)?;
        }
        Ok(())
    }

    /// Reads an array of byte strings.
    ///
    /// # Errors
    /// When it is something else.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<Vec<u8>>, DecodeError> {
        let items = d.array_iter::<&ByteSlice>()?;
        items.map(|bytes| bytes.map(|b| b.to_vec())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;
    use crate::sync::media::{CHUNK_BYTES, Chunk};

    #[test]
    fn both_forms_are_read_and_no_third() {
        let hash = "6ebc543c39898a276c5540737efc264f".to_owned();
        assert!(pack(&hash).len() < 40);
        assert_eq!(unpack(&pack(&hash)), Ok(hash.clone()));
        let cbor = minicbor::to_vec(&hash).unwrap();
        let framed = |form: u8| zstd::bulk::compress(&[&[form], &*cbor].concat(), 3).unwrap();
        assert_eq!(unpack(&framed(PLAIN)), Ok(hash));
        assert_eq!(unpack::<String>(&framed(2)), Err(WireError::Malformed));
        let empty = zstd::bulk::compress(&[], 3).unwrap();
        assert_eq!(unpack::<String>(&empty), Err(WireError::Malformed));
    }

    #[test]
    fn sec_t10_a_compression_bomb_is_refused_before_it_opens() {
        let bomb = zstd::bulk::compress(&vec![0; MAX_MESSAGE + 2], 3).unwrap();
        assert!(bomb.len() < 1_000);
        assert_eq!(unpack::<u64>(&bomb), Err(WireError::TooLarge));
        assert_eq!(
            unpack::<u64>(&vec![0; MAX_COMPRESSED + 1]),
            Err(WireError::TooLarge)
        );
        assert_eq!(unpack::<u64>(b"plain text"), Err(WireError::Malformed));
        let fortyfold = [&[SQUEEZED], &*squeeze(&vec![b'a'; MAX_MESSAGE + 2])].concat();
        let bomb = zstd::bulk::compress(&fortyfold, 3).unwrap();
        assert!(fortyfold.len() < MAX_MESSAGE, "it opens in two steps");
        assert_eq!(unpack::<u64>(&bomb), Err(WireError::TooLarge));
        assert_eq!(unpack::<u64>(&pack(&7_u64)), Ok(7));
    }

    /// A scan of a white page is a picture like any other: a bound on how far a message may shrink
    /// would keep it on the device for ever. What it opens to is bounded all the same.
    #[test]
    fn sec_t10_an_honest_message_that_shrinks_more_than_a_hundredfold_is_read() {
        let white = Chunk {
            subject: "hh-1".parse().unwrap(),
            content: Hash::of_file(b"white"),
            offset: 0,
            length: CHUNK_BYTES as u64,
            // As a JPEG of it repeats itself.
            bytes: b"\x28\xa2\x8a"
                .iter()
                .copied()
                .cycle()
                .take(CHUNK_BYTES)
                .collect(),
        };
        let packed = pack(&white);
        assert!(packed.len() * 100 < CHUNK_BYTES, "{} bytes", packed.len());
        assert_eq!(unpack(&packed), Ok(white));
    }
}
