//! Access tokens: JWTs of one algorithm, one key, one type, one audience (RFC 9068, RFC 8725).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use itgel_domain::division::DivisionCode;
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

/// A token that was found good.
#[derive(Clone)]
pub struct Token {
    /// As it was shown.
    pub text: String,
    /// What it says.
    pub claims: Claims,
}

/// What an access token says. Every claim but the township is required, and each has one type.
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
    /// Absent for whoever belongs to no township.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    twn: Option<DivisionCode>,
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

    /// A token for `principal`, who belongs to `township`, bound to the public key that it proved
    /// to hold.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] if it cannot be signed.
    pub fn issue(
        &self,
        principal: &Principal,
        township: Option<DivisionCode>,
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
            twn: township,
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
        let issued = self.issue(&Principal::Device(device), None, &[0; 32], AtMs(0))?;
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

    /// The township when the token was given: in whose queue its requests wait. It says nothing of
    /// what they may do.
    #[must_use]
    pub const fn township(&self) -> Option<DivisionCode> {
        self.twn
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
mod tests;
