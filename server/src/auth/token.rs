//! Access tokens: JWTs of one algorithm, one key, one type, one audience (RFC 9068, RFC 8725).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, LenderId};
use itgel_domain::time::AtMs;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};

use super::key;
use crate::error::ServiceError;
use crate::keys::ServerKeys;

/// How long an access token lives.
pub const LIFE_S: i64 = 600;

/// How far the clocks of two machines may be apart.
pub const LEEWAY_S: i64 = 30;

/// Most bytes of a token.
pub const MAX_BYTES: usize = 8 * 1024;

/// The type of an access token: no other token of this server passes for one.
const TYPE: &str = "at+jwt";

/// Most verified tokens that are remembered.
const REMEMBERED: usize = 4096;

/// Who a token was given to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A device or workstation.
    Device(DeviceId),
    /// A lender's machine.
    Lender(LenderId),
}

/// The answer of a token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AccessToken {
    /// The token, for `Authorization`.
    pub access_token: String,
    /// `Bearer` for a lender's machine; `DPoP` for a device, whose writes carry a proof.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: i64,
}

/// What an access token says. Every claim is required and has one type.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    cnf: Confirmation,
}

/// The key that the token is bound to (RFC 7800).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    jkt: String,
}

/// Signs and checks the server's access tokens.
pub struct Tokens {
    signing: EncodingKey,
    /// The present key first, then those that are announced or have just retired.
    keys: Vec<TokenKey>,
    rules: Validation,
    address: String,
    /// What was found good, until it ends.
    verified: Mutex<HashMap<Hash, Claims>>,
}

/// A key that tokens may be signed with.
struct TokenKey {
    checking: DecodingKey,
    /// The header of every token that it signs.
    header: Header,
    public_key: Vec<u8>,
}

impl TokenKey {
    fn of(seed: &[u8; 32]) -> Result<Self, ServiceError> {
        let public_key = SoftwareSigner::from_secret(seed).public_key();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.into());
        header.kid = Some(key::thumbprint(&public_key));
        let checking = DecodingKey::from_ed_components(&key::jwk_x(&public_key))
            .map_err(|e| ServiceError::caused("token key", e))?;
        Ok(Self {
            checking,
            header,
            public_key,
        })
    }

    fn jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": key::jwk_x(&self.public_key),
            "alg": "EdDSA",
            "use": "sig",
            "kid": self.header.kid,
        })
    }
}

impl Tokens {
    /// The tokens of the server at `public_url`, after a test that the cryptography works: a
    /// wrong build would otherwise show itself at the first sign-in.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] if a token that was just signed does not verify, or a changed
    /// one does.
    pub fn new(keys: &ServerKeys, public_url: &str) -> Result<Self, ServiceError> {
        let seed = keys.token_seed();
        let others = keys.other_token_seeds().iter().map(|seed| &**seed);
        let token_keys = std::iter::once(seed).chain(others);
        let token_keys = token_keys.map(TokenKey::of).collect::<Result<_, _>>()?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.set_audience(&[public_url]);
        rules.set_issuer(&[public_url]);
        // Time is an argument here: checked below against the service's clock.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let tokens = Self {
            signing: EncodingKey::from_ed_der(&key::pkcs8(seed)),
            keys: token_keys,
            rules,
            address: public_url.to_owned(),
            verified: Mutex::new(HashMap::new()),
        };
        tokens.test()?;
        Ok(tokens)
    }

    /// A token for `principal`, bound to the public key that it proved to hold.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] if it cannot be signed.
    pub fn issue(
        &self,
        principal: &Principal,
        public_key: &[u8],
        now: AtMs,
    ) -> Result<AccessToken, ServiceError> {
        let iat = seconds(now);
        let token_type = match principal {
            Principal::Device(_) => "DPoP",
            Principal::Lender(_) => "Bearer",
        };
        let claims = Claims {
            iss: self.address.clone(),
            sub: principal.to_string(),
            aud: self.address.clone(),
            exp: iat + LIFE_S,
            nbf: iat,
            iat,
            jti: data_encoding::HEXLOWER.encode(&crate::service::random::<16>()?),
            cnf: Confirmation {
                jkt: key::thumbprint(public_key),
            },
        };
        Ok(AccessToken {
            access_token: self.sign(&claims)?,
            token_type: token_type.into(),
            expires_in: LIFE_S,
        })
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`ErrorCode::TokenExpired`] for a good token whose time is over,
    /// [`ErrorCode::TokenInvalid`] for everything else that is wrong with it.
    pub fn verify(&self, token: &str, now: AtMs) -> Result<Claims, ErrorCode> {
        if token.len() > MAX_BYTES {
            return Err(ErrorCode::TokenInvalid);
        }
        let digest = Hash::of_file(token.as_bytes());
        let known = self.remembered().get(&digest).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => self.check(token)?,
        };
        claims.check_time(now)?;
        self.remember(digest, &claims, now);
        Ok(claims)
    }

    /// The key set that others verify with.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        let keys: Vec<_> = self.keys.iter().map(TokenKey::jwk).collect();
        serde_json::json!({ "keys": keys })
    }

    fn sign(&self, claims: &Claims) -> Result<String, ServiceError> {
        let present = self.keys.first();
        let present = present.ok_or(ServiceError::internal("token key"))?;
        jsonwebtoken::encode(&present.header, claims, &self.signing)
            .map_err(|e| ServiceError::caused("token", e))
    }

    /// Everything but the time. The header must be ours to the letter: no other algorithm, key,
    /// type or extension is even looked at.
    fn check(&self, token: &str) -> Result<Claims, ErrorCode> {
        let invalid = |_| ErrorCode::TokenInvalid;
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        let key = self.keys.iter().find(|key| key.header == header);
        let key = key.ok_or(ErrorCode::TokenInvalid)?;
        let data = jsonwebtoken::decode::<Claims>(token, &key.checking, &self.rules);
        Ok(data.map_err(invalid)?.claims)
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Hash, Claims>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, digest: Hash, claims: &Claims, now: AtMs) {
        let mut verified = self.remembered();
        if verified.len() >= REMEMBERED {
            verified.retain(|_, claims| claims.check_time(now).is_ok());
        }
        if verified.len() < REMEMBERED {
            verified.entry(digest).or_insert_with(|| claims.clone());
        }
    }

    fn test(&self) -> Result<(), ServiceError> {
        let device = "self-test"
            .parse()
            .map_err(|e| ServiceError::caused("self-test", e))?;
        let issued = self.issue(&Principal::Device(device), &[0; 32], AtMs(0))?;
        let token = issued.access_token;
        let mut changed = token.clone();
        let last = if changed.pop() == Some('A') { 'Q' } else { 'A' };
        changed.push(last);
        if self.check(&token).is_err() || self.check(&changed).is_ok() {
            return Err(ServiceError::internal("self-test of access tokens"));
        }
        Ok(())
    }
}

impl Claims {
    /// Who the token was given to.
    #[must_use]
    pub fn principal(&self) -> Option<Principal> {
        match self.sub.split_once(':')? {
            ("device", id) => id.parse().ok().map(Principal::Device),
            ("lender", id) => id.parse().ok().map(Principal::Lender),
            _ => None,
        }
    }

    /// Whether the token is bound to this key.
    #[must_use]
    pub fn is_bound_to(&self, public_key: &[u8]) -> bool {
        self.cnf.jkt == key::thumbprint(public_key)
    }

    fn check_time(&self, now: AtMs) -> Result<(), ErrorCode> {
        let now = seconds(now);
        if self.nbf > now + LEEWAY_S || self.exp - self.nbf > LIFE_S {
            return Err(ErrorCode::TokenInvalid);
        }
        if self.exp + LEEWAY_S <= now {
            return Err(ErrorCode::TokenExpired);
        }
        Ok(())
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => write!(f, "device:{id}"),
            Self::Lender(id) => write!(f, "lender:{id}"),
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(redacted)")
    }
}

/// Whole seconds, as JWTs count.
pub(super) const fn seconds(at: AtMs) -> i64 {
    at.0.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64URL_NOPAD;

    const NOW: AtMs = AtMs(1_800_000_000_000);

    fn tokens() -> Tokens {
        let keys = ServerKeys::from_random(&zeroize::Zeroizing::new([[7; 32]; 5]));
        Tokens::new(&keys, "https://itgel.example").unwrap()
    }

    fn good(tokens: &Tokens) -> String {
        let device = Principal::Device("d1".parse().unwrap());
        tokens.issue(&device, &[1; 32], NOW).unwrap().access_token
    }

    fn part(token: &str, index: usize) -> serde_json::Value {
        let text = token.split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
    }

    /// A token with this header and these claims, signed with the real key over them.
    fn resigned(tokens: &Tokens, header: &serde_json::Value, claims: &serde_json::Value) -> String {
        let encode = |v: &serde_json::Value| BASE64URL_NOPAD.encode(v.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = SoftwareSigner::from_secret(&[7; 32]).sign(message.as_bytes());
        assert_eq!(
            tokens.keys[0].public_key,
            SoftwareSigner::from_secret(&[7; 32]).public_key()
        );
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// The frozen bytes of a token; see `core/domain/tests/frozen.rs` for what to do when they change.
    #[test]
    fn a_token_of_version_1_is_still_read_and_written_to_the_byte() {
        let frozen = include_str!("../../../fixtures/wire/v1/token.jws");
        let tokens = tokens();
        let iat = seconds(NOW);
        let claims = Claims {
            iss: "https://itgel.example".into(),
            sub: "device:d1".into(),
            aud: "https://itgel.example".into(),
            exp: iat + LIFE_S,
            nbf: iat,
            iat,
            jti: "00112233445566778899aabbccddeeff".into(),
            cnf: Confirmation {
                jkt: key::thumbprint(&[1; 32]),
            },
        };
        assert_eq!(tokens.verify(frozen, NOW), Ok(claims.clone()));
        assert_eq!(tokens.sign(&claims).unwrap(), frozen);
    }

    #[test]
    fn sec_t22_a_token_is_good_for_ten_minutes_and_remembering_it_does_not_prolong_it() {
        let tokens = tokens();
        let token = good(&tokens);
        let claims = tokens.verify(&token, NOW).unwrap();
        assert_eq!(
            claims.principal(),
            Some(Principal::Device("d1".parse().unwrap()))
        );
        assert!(claims.is_bound_to(&[1; 32]) && !claims.is_bound_to(&[2; 32]));
        assert!(tokens.verify(&token, NOW.plus_ms(599_000)).is_ok());
        let late = NOW.plus_ms((LIFE_S + LEEWAY_S) * 1000);
        assert_eq!(tokens.verify(&token, late), Err(ErrorCode::TokenExpired));
        let early = NOW.plus_ms(-(LEEWAY_S + 1) * 1000);
        assert_eq!(tokens.verify(&token, early), Err(ErrorCode::TokenInvalid));
    }

    #[test]
    fn sec_t24_a_header_that_is_not_ours_to_the_letter_is_refused_even_with_a_good_signature() {
        let tokens = tokens();
        let token = good(&tokens);
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert!(
            tokens
                .verify(&resigned(&tokens, &header, &claims), NOW)
                .is_ok()
        );
        for (member, value) in [
            ("alg", serde_json::json!("none")),
            ("alg", serde_json::json!("HS256")),
            ("alg", serde_json::json!("ES256")),
            ("alg", serde_json::json!("eddsa")),
            ("typ", serde_json::json!("JWT")),
            ("typ", serde_json::json!("grant+jwt")),
            ("typ", serde_json::Value::Null),
            ("kid", serde_json::json!("../../etc/keys")),
            ("kid", serde_json::Value::Null),
            ("crit", serde_json::json!(["exp"])),
            ("jku", serde_json::json!("https://evil.example/jwks.json")),
            ("x5u", serde_json::json!("https://evil.example/x5u")),
            ("x5c", serde_json::json!(["AA"])),
            ("zip", serde_json::json!("DEF")),
            ("b64", serde_json::json!(false)),
        ] {
            let mut changed = header.clone();
            changed[member] = value.clone();
            let token = resigned(&tokens, &changed, &claims);
            assert_eq!(
                tokens.verify(&token, NOW),
                Err(ErrorCode::TokenInvalid),
                "{member} {value}"
            );
        }
    }

    #[test]
    fn sec_t24_a_claim_that_is_missing_of_another_type_or_for_another_place_is_refused() {
        let tokens = tokens();
        let token = good(&tokens);
        let (header, claims) = (part(&token, 0), part(&token, 1));
        for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"] {
            let mut without = claims.clone();
            without.as_object_mut().unwrap().remove(name);
            let token = resigned(&tokens, &header, &without);
            assert_eq!(
                tokens.verify(&token, NOW),
                Err(ErrorCode::TokenInvalid),
                "no {name}"
            );
        }
        let far = claims["exp"].as_i64().unwrap() + 86_400;
        for (name, value) in [
            ("exp", serde_json::json!(claims["exp"].to_string())),
            ("nbf", serde_json::json!(claims["nbf"].to_string())),
            ("exp", serde_json::json!(1.8e9)),
            ("exp", serde_json::json!(far)),
            ("aud", serde_json::json!("https://other.example")),
            (
                "aud",
                serde_json::json!(["https://itgel.example", "https://other.example"]),
            ),
            ("iss", serde_json::json!("https://other.example")),
            ("cnf", serde_json::json!({})),
            ("admin", serde_json::json!(true)),
        ] {
            let mut changed = claims.clone();
            changed[name] = value.clone();
            let token = resigned(&tokens, &header, &changed);
            assert_eq!(
                tokens.verify(&token, NOW),
                Err(ErrorCode::TokenInvalid),
                "{name} {value}"
            );
        }
    }

    #[test]
    fn sec_t24_an_hmac_with_the_public_key_as_secret_is_no_signature() {
        let tokens = tokens();
        let claims = part(&good(&tokens), 1);
        let mut header = tokens.keys[0].header.clone();
        header.alg = Algorithm::HS256;
        let secret = EncodingKey::from_secret(&tokens.keys[0].public_key);
        let forged = jsonwebtoken::encode(&header, &claims, &secret).unwrap();
        assert_eq!(tokens.verify(&forged, NOW), Err(ErrorCode::TokenInvalid));
    }

    #[test]
    fn sec_t24_every_changed_character_of_a_token_is_noticed() {
        let tokens = tokens();
        let token = good(&tokens);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(tokens.verify(&changed, NOW).is_err(), "character {at}");
        }
        assert!(tokens.verify("", NOW).is_err());
        assert!(tokens.verify(&"a".repeat(MAX_BYTES + 1), NOW).is_err());
    }
}
