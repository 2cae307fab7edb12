//! The proof that a caller holds the key that its token is bound to, in the shape of RFC 9449
//! (`security.md` T22).
//!
//! A proof is a JWS of type `dpop+jwt` with the public key in its header. It names the method and
//! the address of the request, the token by its hash, a nonce that the server gave, and an id that
//! is used once. Clocks of devices are not trusted anywhere, so `iat` is written as the standard
//! wants it and never judged: the server's nonce says how old a proof can be.

use data_encoding::BASE64URL_NOPAD;

use super::jws::{self, JwsError, jwk_x};
use crate::file::chain::DeviceSigner;
use crate::hash::Hash;
use crate::time::AtMs;

/// The header that carries a proof.
pub const HEADER: &str = "dpop";

/// The header in which the server gives a nonce.
pub const NONCE_HEADER: &str = "dpop-nonce";

const TYPE: &str = "dpop+jwt";

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Used once.
    pub jti: String,
    /// The method.
    pub htm: String,
    /// The address, without query.
    pub htu: String,
    /// When, by the caller's clock, in seconds.
    pub iat: i64,
    /// The hash of the token.
    pub ath: String,
    /// What the server gave.
    pub nonce: String,
}

/// What a request is, for its proof.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method.
    pub method: &'a str,
    /// The address, without query.
    pub address: &'a str,
    /// The token that goes with it.
    pub token: &'a str,
    /// The server's nonce.
    pub nonce: &'a str,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
}

/// A proof for a request; `id` is random and used for this one.
#[must_use]
pub fn sign(asked: Asked<'_>, id: [u8; 16], now: AtMs, key: &dyn DeviceSigner) -> String {
    let x = jwk_x(&key.public_key());
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    let header = format!(r#"{{"typ":"{TYPE}","alg":"EdDSA","jwk":{jwk}}}"#);
    let claims = Proof {
        jti: BASE64URL_NOPAD.encode(&id),
        htm: asked.method.to_owned(),
        htu: asked.address.to_owned(),
        iat: now.0.div_euclid(1000),
        ath: token_hash(asked.token),
        nonce: asked.nonce.to_owned(),
    };
    jws::sign_under(&header, &claims, key)
}

/// Reads a proof for a request by the holder of `public_key`. Whether its nonce is a present one
/// and its id was not used before is the server's to say.
///
/// # Errors
/// [`JwsError`] for a proof of another key, request or token.
pub fn verify(
    text: &str,
    method: &str,
    address: &str,
    token: &str,
    public_key: &[u8],
) -> Result<Proof, JwsError> {
    let parts = jws::split(text)?;
    let header: Header = serde_json::from_slice(&parts.header).map_err(|_| JwsError)?;
    let is_plain = header.typ == TYPE
        && header.alg == "EdDSA"
        && header.jwk.kty == "OKP"
        && header.jwk.crv == "Ed25519"
        && header.jwk.x == jwk_x(public_key);
    if !is_plain {
        return Err(JwsError);
    }
    let proof: Proof = jws::check(text, &parts, public_key)?;
    let fits = proof.htm == method
        && proof.htu == address
        && proof.ath == token_hash(token)
        && (1..=128).contains(&proof.jti.len());
    fits.then_some(proof).ok_or(JwsError)
}

fn token_hash(token: &str) -> String {
    BASE64URL_NOPAD.encode(Hash::of_file(token.as_bytes()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::chain::SoftwareSigner;

    #[test]
    fn a_proof_is_good_for_its_request_token_and_key_alone() {
        let key = SoftwareSigner::from_secret(&[1; 32]);
        let asked = Asked {
            method: "POST",
            address: "https://a.example/v1/x",
            token: "token",
            nonce: "n",
        };
        let text = sign(asked, [3; 16], AtMs(5_000), &key);
        let public = key.public_key();
        let read = |method, address, token, key: &[u8]| verify(&text, method, address, token, key);
        let good = read("POST", asked.address, "token", &public).unwrap();
        assert_eq!((good.nonce.as_str(), good.iat), ("n", 5));
        assert!(read("GET", asked.address, "token", &public).is_err());
        assert!(read("POST", "https://a.example/v1/y", "token", &public).is_err());
        assert!(read("POST", asked.address, "tokem", &public).is_err());
        let other = SoftwareSigner::from_secret(&[2; 32]).public_key();
        assert!(read("POST", asked.address, "token", &other).is_err());
    }
}
