//! Texts of random bytes, written shorter before compression: hashes, salts and signatures are
//! hexadecimal in a message, identifiers base32, and a compressor of bytes finds nothing in either.
//! Written as the bytes that they stand for they take two thirds to half of the room, which is most
//! of what a small change costs on a slow link.
//!
//! It is a step of the frame alone: what comes out is to the byte what went in, whatever it was, so
//! nothing that is signed or hashed knows of it.
//!
//! | in the squeezed form | stands for |
//! |---|---|
//! | `C1 00` | the byte `C1`: no UTF-8, and no initial byte of our CBOR |
//! | `C1 01`, 16 bytes | the 26 characters of an identifier |
//! | `C1 n`, n ≥ 8, n bytes | 2n digits, hexadecimal, small letters |
//! | any other byte | itself |

use data_encoding::{BASE32_NOPAD, HEXLOWER};

use super::wire::WireError;

const ESCAPE: u8 = 0xc1;

/// What follows the escape for the escape itself.
const LITERAL: u8 = 0;

/// What follows the escape for an identifier.
const IDENTIFIER: u8 = 1;

/// Bytes of an identifier, and the characters that they are written as.
const ID_BYTES: usize = 16;
const ID_CHARS: usize = 26;

/// Digits from which on the escape is worth its room, and the most that one escape stands for.
const FEWEST_DIGITS: usize = 16;
const MOST_DIGITS: usize = 510;

/// The shorter form of `plain`.
pub(super) fn squeeze(plain: &[u8]) -> Vec<u8> {
    let mut squeezed = Vec::with_capacity(plain.len());
    let mut rest = plain;
    while let [first, behind @ ..] = rest {
        let taken = hexadecimal(rest, &mut squeezed).or_else(|| identifier(rest, &mut squeezed));
        match taken {
            Some(taken) => rest = rest.get(taken..).unwrap_or_default(),
            None => {
                squeezed.push(*first);
                if *first == ESCAPE {
                    squeezed.push(LITERAL);
                }
                rest = behind;
            }
        }
    }
    squeezed
}

/// What was squeezed, at most `limit` bytes of it.
///
/// # Errors
/// [`WireError`]: cut in an escape, an escape that is none, or more than `limit` bytes.
pub(super) fn expand(squeezed: &[u8], limit: usize) -> Result<Vec<u8>, WireError> {
    let mut plain = Vec::with_capacity(squeezed.len().min(limit));
    let mut rest = squeezed;
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == ESCAPE {
            rest = escaped(behind, &mut plain).ok_or(WireError::Malformed)?;
        } else {
            plain.push(*first);
        }
        if plain.len() > limit {
            return Err(WireError::TooLarge);
        }
    }
    Ok(plain)
}

/// Writes the digits that stand at the start; how many.
fn hexadecimal(text: &[u8], squeezed: &mut Vec<u8>) -> Option<usize> {
    let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let run = text.iter().take(MOST_DIGITS).take_while(is_digit).count();
    let digits = run - run % 2;
    if digits < FEWEST_DIGITS {
        return None;
    }
    let bytes = HEXLOWER.decode(text.get(..digits)?).ok()?;
    squeezed.extend([ESCAPE, u8::try_from(bytes.len()).ok()?]);
    squeezed.extend(bytes);
    Some(digits)
}

/// Writes the identifier that stands at the start, if nothing of its alphabet follows it.
fn identifier(text: &[u8], squeezed: &mut Vec<u8>) -> Option<usize> {
    let is_of_it = |byte: &&u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    let run = text.iter().take(ID_CHARS + 1).take_while(is_of_it).count();
    if run != ID_CHARS {
        return None;
    }
    let upper = text.get(..ID_CHARS)?.to_ascii_uppercase();
    // A text whose last bits are in use is no identifier and stays as it is.
    let bytes = BASE32_NOPAD.decode(&upper).ok()?;
    squeezed.extend([ESCAPE, IDENTIFIER]);
    squeezed.extend(bytes);
    Some(ID_CHARS)
}

/// Writes what an escape stands for; what follows it.
fn escaped<'a>(squeezed: &'a [u8], plain: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (kind, rest) = squeezed.split_first()?;
    let length = match *kind {
        LITERAL => {
            plain.push(ESCAPE);
            return Some(rest);
        }
        IDENTIFIER => ID_BYTES,
        digits if usize::from(digits) * 2 >= FEWEST_DIGITS => usize::from(digits),
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(length)?;
    if *kind == IDENTIFIER {
        let text = BASE32_NOPAD.encode(bytes);
        plain.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
    } else {
        plain.extend(HEXLOWER.encode(bytes).bytes());
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(plain: &[u8]) -> usize {
        let squeezed = squeeze(plain);
        assert_eq!(expand(&squeezed, plain.len()).as_deref(), Ok(plain));
        squeezed.len()
    }

    #[test]
    fn hashes_and_identifiers_take_the_room_of_their_bytes() {
        let hash = "6ebc543c39898a276c5540737efc264f28d718dfa0a20a7fc8ecacde7228e05e";
        assert_eq!(round(hash.as_bytes()), 34);
        assert_eq!(round(hash.repeat(9).as_bytes()), 9 * 32 + 2 * 2);
        assert_eq!(round(b"y43vk52s3jstdorg3d4khl5j6a"), 18);
        assert_eq!(round(b"y43vk52s3jstdorg3d4khl5j6a/2026"), 23);
    }

    #[test]
    fn what_only_looks_like_one_comes_out_as_it_was() {
        // Too short, an odd digit, capitals, a letter too much, bits behind the end.
        for text in [
            "6ebc543c39898a2",
            "6ebc543c39898a276",
            "6EBC543C39898A276C5540737EFC264F",
            "y43vk52s3jstdorg3d4khl5j6ab",
            "y43vk52s3jstdorg3d4khl5j6b",
        ] {
            round(text.as_bytes());
        }
        assert_eq!(round(&[ESCAPE; 3]), 6);
        round("牧信 ᠮᠠᠯᠴᠢᠨ".as_bytes());
    }

    #[test]
    fn sec_t10_a_squeezed_message_never_becomes_longer_than_allowed() {
        let long = squeeze(&[b'a'; 510]);
        assert_eq!(
            expand(&long.repeat(9), 9 * 510 - 1),
            Err(WireError::TooLarge)
        );
        for cut in [
            &[ESCAPE] as &[u8],
            &[ESCAPE, 2],
            &[ESCAPE, 7, 0, 0, 0, 0, 0, 0, 0],
            &[ESCAPE, 8, 0],
            &[ESCAPE, IDENTIFIER, 0],
        ] {
            assert_eq!(expand(cut, 1_000), Err(WireError::Malformed), "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_goes_in_comes_out(
            parts in prop::collection::vec(
                prop_oneof![
                    "[0-9a-f]{1,600}".prop_map(String::into_bytes),
                    "[a-z2-7]{20,30}".prop_map(String::into_bytes),
                    prop::collection::vec(any::<u8>(), 0..40),
                    prop::collection::vec(Just(ESCAPE), 0..4),
                ],
                0..12,
            )
        ) {
            round(&parts.concat());
        }
    }
}
