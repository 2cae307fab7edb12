//! Signed statements: JWS in compact form (RFC 7515) of one algorithm, EdDSA over Ed25519.
//!
//! A statement is checked against keys that the reader knows already. Its header must be, byte for
//! byte, the one that such a key writes for such a statement: another algorithm, a key that the
//! statement brings along, an extension or a second member of one name is not even looked at
//! (RFC 8725; `security.md` T24).

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::file::chain::{DeviceSigner, Suite, verify as verify_signature};
use crate::hash::Hash;

/// Most bytes of a statement.
pub const MAX_BYTES: usize = 8 * 1024;

/// The statement is not what its reader expects, or nobody whom the reader trusts signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a statement of a known key")]
pub struct JwsError;

/// What a compact JWS holds, its signature not yet checked.
pub(crate) struct Parts {
    pub(crate) header: Vec<u8>,
    pub(crate) claims: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// The `x` member of an Ed25519 key as a JWK (RFC 8037).
#[must_use]
pub fn jwk_x(public_key: &[u8]) -> String {
    BASE64URL_NOPAD.encode(public_key)
}

/// The thumbprint of an Ed25519 key as a JWK (RFC 7638): what `kid` and `cnf` name.
#[must_use]
pub fn thumbprint(public_key: &[u8]) -> String {
    let canonical = format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
        jwk_x(public_key)
    );
    BASE64URL_NOPAD.encode(Hash::of_file(canonical.as_bytes()).as_bytes())
}

/// Signs a statement of type `typ`.
#[must_use]
pub fn sign(typ: &str, claims: &impl Serialize, key: &dyn DeviceSigner) -> String {
    sign_under(&header(typ, &key.public_key()), claims, key)
}

/// Reads a statement of type `typ` that one of `keys` signed.
///
/// # Errors
/// [`JwsError`] for anything else; it does not say what.
pub fn verify<T: DeserializeOwned>(typ: &str, text: &str, keys: &[&[u8]]) -> Result<T, JwsError> {
    let parts = split(text)?;
    let key = keys
        .iter()
        .find(|key| parts.header == header(typ, key).as_bytes())
        .ok_or(JwsError)?;
    check(text, &parts, key)
}

/// The claims, if `key` signed the whole.
pub(crate) fn check<T: DeserializeOwned>(
    text: &str,
    parts: &Parts,
    key: &[u8],
) -> Result<T, JwsError> {
    let (signed, _) = text.rsplit_once('.').ok_or(JwsError)?;
    verify_signature(Suite::Ed25519, key, signed.as_bytes(), &parts.signature)
        .map_err(|_| JwsError)?;
    serde_json::from_slice(&parts.claims).map_err(|_| JwsError)
}

/// Signs under a header of the caller's.
#[expect(
    clippy::expect_used,
    reason = "claims are plain records, which JSON can hold"
)]
pub(crate) fn sign_under(header: &str, claims: &impl Serialize, key: &dyn DeviceSigner) -> String {
    let claims = serde_json::to_vec(claims).expect("claims as JSON");
    let head = BASE64URL_NOPAD.encode(header.as_bytes());
    let signed = format!("{head}.{}", BASE64URL_NOPAD.encode(&claims));
    let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Takes a statement apart.
pub(crate) fn split(text: &str) -> Result<Parts, JwsError> {
    if text.len() > MAX_BYTES {
        return Err(JwsError);
    }
    let mut parts = text.split('.').map(|part| {
        BASE64URL_NOPAD
            .decode(part.as_bytes())
            .map_err(|_| JwsError)
    });
    let mut next = || parts.next().ok_or(JwsError)?;
    let found = Parts {
        header: next()?,
        claims: next()?,
        signature: next()?,
    };
    match parts.next() {
        None => Ok(found),
        Some(_) => Err(JwsError),
    }
}

fn header(typ: &str, public_key: &[u8]) -> String {
    let kid = thumbprint(public_key);
    format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{kid}"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::chain::SoftwareSigner;

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        // RFC 8037, appendix A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = BASE64URL_NOPAD.decode(x.as_bytes()).unwrap();
        let expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(thumbprint(&key), expected);
    }

    #[test]
    fn a_statement_of_one_type_or_key_does_not_pass_for_another() {
        let (ours, other) = (
            SoftwareSigner::from_secret(&[1; 32]),
            SoftwareSigner::from_secret(&[2; 32]),
        );
        let text = sign("a+jwt", &7_u32, &ours);
        let (key, foreign) = (ours.public_key(), other.public_key());
        assert_eq!(verify::<u32>("a+jwt", &text, &[&foreign, &key]), Ok(7));
        assert_eq!(verify::<u32>("b+jwt", &text, &[&key]), Err(JwsError));
        assert_eq!(verify::<u32>("a+jwt", &text, &[&foreign]), Err(JwsError));
        assert_eq!(verify::<u32>("a+jwt", &text, &[]), Err(JwsError));
        let posing = sign_under(&header("a+jwt", &key), &7_u32, &other);
        assert_eq!(verify::<u32>("a+jwt", &posing, &[&key]), Err(JwsError));
    }

    #[test]
    fn every_changed_character_of_a_statement_is_noticed() {
        let key = SoftwareSigner::from_secret(&[1; 32]);
        let text = sign("a+jwt", &"claims", &key);
        let public = key.public_key();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let read = verify::<String>("a+jwt", &changed, &[&public]);
            assert_eq!(read, Err(JwsError), "character {at}");
        }
    }
}
