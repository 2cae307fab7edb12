//! How messages are framed: canonical CBOR in one zstd frame, with a hard limit on what comes
//! out of it (`security.md` T10).

use std::io::Read as _;

use crate::error::ErrorCode;

/// Media type of a message.
pub const MEDIA_TYPE: &str = "application/vnd.itgel.sync.v1+cbor-zstd";

/// Most bytes of a message before decompression.
pub const MAX_COMPRESSED: usize = 1 << 20;

/// Most bytes of a message after decompression.
pub const MAX_MESSAGE: usize = 4 << 20;

/// Compression level: small bodies on slow links, phones with time.
const LEVEL: i32 = 9;

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
    zstd::bulk::compress(&plain, LEVEL).expect("compressing memory")
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
    let plain = inflate(bytes, MAX_MESSAGE)?;
    minicbor::decode(&plain).map_err(|_| WireError::Malformed)
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

    #[test]
    fn sec_t10_a_compression_bomb_is_refused_before_it_opens() {
        let bomb = zstd::bulk::compress(&vec![0; MAX_MESSAGE + 1], 3).unwrap();
        assert!(bomb.len() < 1_000);
        assert_eq!(unpack::<u64>(&bomb), Err(WireError::TooLarge));
        assert_eq!(
            unpack::<u64>(&vec![0; MAX_COMPRESSED + 1]),
            Err(WireError::TooLarge)
        );
        assert_eq!(unpack::<u64>(b"plain text"), Err(WireError::Malformed));
        assert_eq!(unpack::<u64>(&pack(&7_u64)), Ok(7));
    }
}
