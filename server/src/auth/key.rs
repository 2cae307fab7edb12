//! Ed25519 public keys in the forms that others write them: PEM, JWK, thumbprint.

use data_encoding::BASE64;
use itgel_domain::hash::Hash;
pub use itgel_domain::trust::jws::{jwk_x, thumbprint};

/// Length of an Ed25519 public key.
pub const KEY_BYTES: usize = 32;

/// What stands before the key in a `SubjectPublicKeyInfo` of Ed25519 (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0,
];

/// What stands before the seed in a PKCS #8 private key of Ed25519 (RFC 8410).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const PEM_END: &str = "-----END PUBLIC KEY-----";

/// The key in a PEM text, as `openssl pkey -pubout` writes it; `None` if it holds no Ed25519 key.
#[must_use]
pub fn from_pem(pem: &str) -> Option<[u8; KEY_BYTES]> {
    let body = pem.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let packed: String = body.split_ascii_whitespace().collect();
    let der = BASE64.decode(packed.as_bytes()).ok()?;
    der.strip_prefix(&SPKI_PREFIX)?.try_into().ok()
}

/// The PEM text of a key.
#[must_use]
pub fn to_pem(key: &[u8; KEY_BYTES]) -> String {
    let der = [SPKI_PREFIX.as_slice(), key].concat();
    format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", BASE64.encode(&der))
}

/// The fingerprint of a key, as `openssl pkey -pubin -outform DER | openssl dgst -sha256` gives it.
#[must_use]
pub fn fingerprint(key: &[u8; KEY_BYTES]) -> String {
    Hash::of_file(&[SPKI_PREFIX.as_slice(), key].concat()).to_string()
}

/// The private key with this seed in PKCS #8, DER.
#[must_use]
pub(super) fn pkcs8(seed: &[u8; 32]) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new([PKCS8_PREFIX.as_slice(), seed].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pem_of_another_algorithm_is_no_key() {
        let pem = to_pem(&[7; 32]);
        assert_eq!(from_pem(&pem), Some([7; 32]));
        let rsa = pem.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu");
        assert_ne!(rsa, pem);
        assert_eq!(from_pem(&rsa), None);
        assert_eq!(from_pem(""), None);
        assert_eq!(from_pem(&pem.replace("PUBLIC", "PRIVATE")), None);
    }
}
