//! Sign-in of lenders' machines: OAuth 2 client credentials with a signed assertion
//! (`private_key_jwt`, RFC 7523).

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::LenderId;
use itgel_domain::time::AtMs;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use rusqlite::Connection;

use super::key;
use super::token::{AccessToken, LEEWAY_S, MAX_BYTES, Principal, Tokens, seconds};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::lender_key::LenderKey;

/// The path of the token endpoint: with the server's address, the audience of an assertion.
pub const TOKEN_PATH: &str = "/v1/oauth/token";

/// Longest life of an assertion.
const ASSERTION_LIFE_S: i64 = 300;

/// Most characters of an assertion's id.
const MAX_ID: usize = 128;

const GRANT_TYPE: &str = "client_credentials";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The form that a client sends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
pub struct ClientCredentials {
    /// Always `client_credentials`.
    pub grant_type: String,
    /// Always `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    pub client_assertion_type: String,
    /// A JWT signed with the client's Ed25519 key (`alg` EdDSA): `iss` and `sub` the client id,
    /// `aud` the address of this endpoint, `exp` at most five minutes ahead, `jti` used once.
    pub client_assertion: String,
}

/// What an assertion says.
#[derive(serde::Deserialize)]
struct Assertion {
    iss: LenderId,
    sub: LenderId,
    #[expect(dead_code, reason = "read so that a list of audiences is refused")]
    aud: String,
    exp: i64,
    jti: String,
}

/// Gives a token for a client assertion.
///
/// # Errors
/// [`ErrorCode::RequestMalformed`] for another grant; [`ErrorCode::TokenInvalid`] for an unknown
/// client, one without a contract in force, a wrong or ended assertion, and for one that was used before.
pub fn token(
    service: &Service,
    tokens: &Tokens,
    request: &ClientCredentials,
    now: AtMs,
) -> Result<AccessToken, ServiceError> {
    if request.grant_type != GRANT_TYPE || request.client_assertion_type != ASSERTION_TYPE {
        return Err(ErrorCode::RequestMalformed.into());
    }
    let invalid = || ServiceError::refused(ErrorCode::TokenInvalid);
    let claimed = claimed_client(&request.client_assertion).ok_or_else(invalid)?;
    let keys = service.store.read(|c| {
        let lender = store::lender::get(c, &claimed, now.on())?;
        match lender.is_some_and(|lender| lender.is_in_force(now.on())) {
            true => keys(c, &claimed, now),
            false => Ok(Vec::new()),
        }
    })?;
    let audience = format!("{}{TOKEN_PATH}", service.config.public_url);
    let signed = keys.into_iter().find_map(|public_key| {
        let assertion = verify(&request.client_assertion, &public_key, &audience, now)?;
        Some((public_key, assertion))
    });
    let (public_key, assertion) = signed.ok_or_else(invalid)?;
    let principal = Principal::Lender(assertion.sub);
    let used = Hash::of(
        "itgel.assertion.v1",
        &[principal.to_string().as_bytes(), assertion.jti.as_bytes()],
    );
    let (name, ends) = (
        principal.to_string(),
        AtMs((assertion.exp + LEEWAY_S) * 1000),
    );
    let is_first = service.transact("auth.client", move |_, tx| {
        Ok(store::challenge::use_once(
            tx,
            &used.to_string(),
            &name,
            ends,
            now,
        )?)
    })?;
    if !is_first {
        return Err(invalid());
    }
    tokens.issue(&principal, None, &public_key, now)
}

/// The keys that a lender's machine may sign in with now.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn keys(
    connection: &Connection,
    lender: &LenderId,
    now: AtMs,
) -> Result<Vec<[u8; key::KEY_BYTES]>, ServiceError> {
    let serving = store::lender_key::list_serving(connection, lender, now)?;
    let read = |one: LenderKey| key::from_pem(&one.public_key);
    let broken = ServiceError::internal("public key of a lender");
    serving
        .into_iter()
        .map(read)
        .collect::<Option<_>>()
        .ok_or(broken)
}

/// Whose key to check the assertion with; nothing of it is believed before that.
fn claimed_client(assertion: &str) -> Option<LenderId> {
    if assertion.len() > MAX_BYTES {
        return None;
    }
    let claims: Assertion = jsonwebtoken::dangerous::insecure_decode_claims(assertion).ok()?;
    Some(claims.sub)
}

fn verify(assertion: &str, public_key: &[u8], audience: &str, now: AtMs) -> Option<Assertion> {
    let header = jsonwebtoken::decode_header(assertion).ok()?;
    if !is_plain(&header) {
        return None;
    }
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    rules.set_audience(&[audience]);
    // Time is an argument here.
    rules.validate_exp = false;
    let checking = DecodingKey::from_ed_components(&key::jwk_x(public_key)).ok()?;
    let claims = jsonwebtoken::decode::<Assertion>(assertion, &checking, &rules)
        .ok()?
        .claims;
    let now = seconds(now);
    let is_current = claims.exp + LEEWAY_S > now && claims.exp <= now + ASSERTION_LIFE_S + LEEWAY_S;
    let has_id = (1..=MAX_ID).contains(&claims.jti.len());
    (claims.iss == claims.sub && is_current && has_id).then_some(claims)
}

/// Algorithm, type and key id, and nothing that would point to another key or change the meaning.
fn is_plain(header: &Header) -> bool {
    let known_type = match header.typ.as_deref() {
        None => true,
        Some(word) => {
            word.eq_ignore_ascii_case("JWT")
                || word.eq_ignore_ascii_case("client-authentication+jwt")
        }
    };
    let mut plain = Header::new(Algorithm::EdDSA);
    plain.typ.clone_from(&header.typ);
    plain.kid.clone_from(&header.kid);
    known_type && *header == plain
}
