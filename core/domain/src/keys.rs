//! Keys of contents, and erasure (`design.md` 4.7).
//!
//! Each file and each identity has a key of its own. It is stored wrapped by a [`Kek`] that lies
//! outside the database, so a stolen database or backup opens nothing (`security.md` T21), and
//! deleting the wrapped key erases the content wherever its bytes still lie.
//!
//! Nothing here is random: keys and nonces are arguments, 24 random bytes for each nonce. With
//! XChaCha20 such nonces never meet, so no counter has to be kept.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;

/// Bytes that sealing adds: the nonce and the tag.
pub const OVERHEAD: usize = NONCE_BYTES + 16;

/// 24 fresh random bytes, for one sealing only.
pub type Nonce = [u8; NONCE_BYTES];

/// What sealed bytes are, bound to them: bytes moved to another row do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// The kind of content: `file`, `identity`, `envelope` …
    pub kind: &'a str,
    /// Which one of its kind.
    pub id: &'a str,
}

/// The key that wraps the keys of contents; it is kept outside the database.
pub struct Kek(Zeroizing<[u8; KEY_BYTES]>);

/// The key of one file or one identity.
pub struct ContentKey(Zeroizing<[u8; KEY_BYTES]>);

/// A content key as the database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey([u8; KEY_BYTES + OVERHEAD]);

/// The key of a blind index: equal values are found without being stored. ID numbers and phone
/// numbers have a key each, so the two indexes tell nothing about each other.
pub struct BlindIndexKey(Zeroizing<[u8; KEY_BYTES]>);

/// The bytes were not sealed with this key under this label, or were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not open with this key")]
pub struct KeyError;

impl Kek {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Wraps the key of the content that `label` names.
    #[must_use]
    #[expect(clippy::expect_used, reason = "32 bytes seal to a fixed length")]
    pub fn wrap(&self, key: &ContentKey, label: Label<'_>, nonce: Nonce) -> WrappedKey {
        let sealed = seal(&self.0, key.0.as_slice(), "wrap", label, nonce);
        WrappedKey(sealed.try_into().expect("a fixed length"))
    }

    /// The key of the content that `label` names.
    ///
    /// # Errors
    /// [`KeyError`] if it was wrapped by another key or for another content.
    pub fn unwrap(&self, wrapped: &WrappedKey, label: Label<'_>) -> Result<ContentKey, KeyError> {
        let plain = Zeroizing::new(open(&self.0, &wrapped.0, "wrap", label)?);
        let bytes: &[u8; KEY_BYTES] = plain.as_slice().try_into().map_err(|_| KeyError)?;
        Ok(ContentKey(Zeroizing::new(*bytes)))
    }
}

impl ContentKey {
    /// The key with these bytes: fresh random ones for each file and each identity.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals `plain` under its label: nonce, ciphertext and tag in one.
    #[must_use]
    pub fn seal(&self, plain: &[u8], label: Label<'_>, nonce: Nonce) -> Vec<u8> {
        seal(&self.0, plain, "content", label, nonce)
    }

    /// Opens what [`ContentKey::seal`] made.
    ///
    /// # Errors
    /// [`KeyError`] for another key, another label or changed bytes.
    pub fn open(&self, sealed: &[u8], label: Label<'_>) -> Result<Vec<u8>, KeyError> {
        open(&self.0, sealed, "content", label)
    }
}

impl WrappedKey {
    /// The bytes for the database.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the database's bytes.
    ///
    /// # Errors
    /// [`KeyError`] for a wrong length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError)
    }
}

impl BlindIndexKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The index of a value: HMAC-SHA256 cut to 128 bits, as 32 hexadecimal digits. The caller
    /// normalises first ([`crate::person`]); equal texts give equal indexes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    pub fn index(&self, normalised: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("any length");
        mac.update(normalised.as_bytes());
        data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()[..16])
    }
}

/// Secrets show nothing of themselves.
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )+};
}

redacted!(Kek, ContentKey, BlindIndexKey);

#[expect(
    clippy::expect_used,
    reason = "the cipher refuses only more than 256 GiB"
)]
fn seal(
    key: &[u8; KEY_BYTES],
    plain: &[u8],
    use_: &str,
    label: Label<'_>,
    nonce: Nonce,
) -> Vec<u8> {
    let aad = associated(use_, label);
    let payload = Payload {
        msg: plain,
        aad: &aad,
    };
    let cipher = XChaCha20Poly1305::new(key.into());
    let text = cipher
        .encrypt(&XNonce::from(nonce), payload)
        .expect("short enough");
    let mut sealed = Vec::with_capacity(NONCE_BYTES + text.len());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    sealed
}

fn open(
    key: &[u8; KEY_BYTES],
    sealed: &[u8],
    use_: &str,
    label: Label<'_>,
) -> Result<Vec<u8>, KeyError> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(KeyError)?;
    let aad = associated(use_, label);
    let payload = Payload {
        msg: text,
        aad: &aad,
    };
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| KeyError)
}

/// The associated data: no two labels write the same bytes, since lengths are mixed in.
fn associated(use_: &str, label: Label<'_>) -> [u8; 32] {
    let parts = [use_.as_bytes(), label.kind.as_bytes(), label.id.as_bytes()];
    *crate::hash::Hash::of("itgel.label.v1", &parts).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Label<'_> = Label {
        kind: "file",
        id: "hh-1/2026",
    };

    fn key() -> ContentKey {
        ContentKey::from_bytes([3; 32])
    }

    #[test]
    fn a_wrapped_key_opens_only_with_its_kek_and_for_its_content() {
        let kek = Kek::from_bytes([1; 32]);
        let wrapped = kek.wrap(&key(), FILE, [9; 24]);
        let stored = WrappedKey::from_bytes(wrapped.as_bytes()).unwrap();
        let opened = kek.unwrap(&stored, FILE).unwrap();
        assert_eq!(*opened.0, *key().0);
        let other = Label {
            id: "hh-2/2026",
            ..FILE
        };
        assert!(kek.unwrap(&stored, other).is_err());
        assert!(Kek::from_bytes([2; 32]).unwrap(&stored, FILE).is_err());
        assert!(WrappedKey::from_bytes(&wrapped.as_bytes()[1..]).is_err());
    }

    #[test]
    fn sealed_bytes_that_were_moved_cut_or_flipped_do_not_open() {
        let label = Label {
            kind: "envelope",
            id: "d1~0~1",
        };
        let sealed = key().seal("巴特尔".as_bytes(), label, [5; 24]);
        assert_eq!(key().open(&sealed, label).unwrap(), "巴特尔".as_bytes());
        assert_eq!(sealed.len(), "巴特尔".len() + OVERHEAD);
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().open(&flipped, label), Err(KeyError), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(
                key().open(&sealed[..length], label),
                Err(KeyError),
                "length {length}"
            );
        }
        let moved = Label {
            id: "d1~0~2",
            ..label
        };
        assert_eq!(key().open(&sealed, moved), Err(KeyError));
        let shifted = Label {
            kind: "enveloped",
            id: "1~0~1",
        };
        assert_eq!(key().open(&sealed, shifted), Err(KeyError));
    }

    #[test]
    fn content_that_says_it_is_a_wrapped_key_is_not_taken_for_one() {
        let kek = Kek::from_bytes([3; 32]);
        let content = key().seal(&[7; 32], FILE, [0; 24]);
        let posing = WrappedKey::from_bytes(&content).unwrap();
        assert!(
            kek.unwrap(&posing, FILE).is_err(),
            "the same key bytes for another use"
        );
    }

    #[test]
    fn the_index_is_hmac_sha256_and_differs_by_key() {
        // RFC 4231, test case 1, has a key of 20 bytes; HMAC pads with zeros to the block.
        let mut rfc = [0; 32];
        rfc[..20].fill(0x0b);
        let index = BlindIndexKey::from_bytes(rfc).index("Hi There");
        assert_eq!(index, "b0344c61d8db38535ca8afceaf0bf12b");
        let (id, phone) = (
            BlindIndexKey::from_bytes([1; 32]),
            BlindIndexKey::from_bytes([2; 32]),
        );
        assert_ne!(id.index("13900000000"), phone.index("13900000000"));
    }

    #[test]
    fn debug_output_holds_no_key() {
        let shown = format!("{:?} {:?}", Kek::from_bytes([7; 32]), key());
        assert_eq!(shown, "Kek(redacted) ContentKey(redacted)");
    }
}
