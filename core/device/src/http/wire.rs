//! Requests and answers: what the head of each says, and what a refusal means.

use std::sync::{Arc, Mutex, PoisonError};

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::DeviceSigner;
use itgel_domain::sync::wire;
use itgel_domain::time::AtMs;
use itgel_domain::trust::proof::{self, Asked};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::carrier::{Call, Carrier, Network, Reply};
use super::{HttpConfig, HttpError};
use crate::entropy::{SystemEntropy, bytes};

/// The way to the server, with what has to be remembered between two requests.
pub(super) struct Wire {
    carrier: Arc<dyn Carrier>,
    base_url: String,
    /// What the proofs call the server.
    public_url: String,
    /// The server's nonce for the next proof.
    nonce: Mutex<String>,
}

/// What opens a request: the token, and the key that it is bound to.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) token: &'a str,
    pub(super) signer: &'a dyn DeviceSigner,
}

#[derive(serde::Deserialize)]
struct Problem {
    code: ErrorCode,
}

/// Most bytes of an answer in JSON.
const MAX_JSON: u64 = 64 * 1024;

const JSON: &str = "application/json";

impl Wire {
    pub(super) fn new(config: &HttpConfig) -> Result<Self, HttpError> {
        let carrier = match &config.carrier {
            Some(carrier) => Arc::clone(carrier),
            None => Arc::new(Network::new(config)?),
        };
        let public_url = config.public_url.as_ref().unwrap_or(&config.base_url);
        Ok(Self {
            carrier,
            base_url: config.base_url.clone(),
            public_url: public_url.clone(),
            nonce: Mutex::default(),
        })
    }

    pub(super) fn json<A: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<A, HttpError> {
        let answer = self.send_json(path, request)?;
        serde_json::from_slice(&answer).map_err(|_| HttpError::Malformed)
    }

    pub(super) fn send_json(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<Vec<u8>, HttpError> {
        let body = serde_json::to_vec(request).map_err(|_| HttpError::Malformed)?;
        self.post(path, JSON, None, &body, MAX_JSON)
    }

    pub(super) fn cbor(
        &self,
        path: &str,
        body: &[u8],
        shown: Shown<'_>,
    ) -> Result<Vec<u8>, HttpError> {
        let most = wire::MAX_COMPRESSED as u64;
        self.post(path, wire::MEDIA_TYPE, Some(shown), body, most)
    }

    fn post(
        &self,
        path: &str,
        media_type: &str,
        shown: Option<Shown<'_>>,
        body: &[u8],
        limit: u64,
    ) -> Result<Vec<u8>, HttpError> {
        let mut headers = vec![("content-type", media_type.to_owned())];
        if let Some(shown) = shown {
            headers.push(("authorization", format!("DPoP {}", shown.token)));
            headers.push((proof::HEADER, self.proof(path, shown)?));
        }
        let call = Call {
            url: &format!("{}{path}", self.base_url),
            headers,
            body,
            limit,
        };
        let reply = self.carrier.post(&call).map_err(HttpError::Offline)?;
        if reply.body.len() as u64 > limit {
            return Err(HttpError::Malformed);
        }
        if let Some(nonce) = header(&reply, proof::NONCE_HEADER) {
            nonce.clone_into(&mut self.nonce.lock().unwrap_or_else(PoisonError::into_inner));
        }
        match reply.status {
            200..=299 => Ok(reply.body),
            _ => Err(refusal(&reply)),
        }
    }

    /// The proof that this device holds the token's key. It bears no time: no clock of a device is
    /// trusted, and the server judges by its nonce.
    fn proof(&self, path: &str, shown: Shown<'_>) -> Result<String, HttpError> {
        let address = format!("{}{path}", self.public_url);
        let id = bytes(&SystemEntropy).map_err(|_| HttpError::Config)?;
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Asked {
            method: "POST",
            address: &address,
            token: shown.token,
            nonce: &nonce,
        };
        Ok(proof::sign(asked, id, AtMs(0), shown.signer))
    }
}

fn header<'a>(reply: &'a Reply, asked: &str) -> Option<&'a str> {
    let mut named = reply.headers.iter();
    let found = named.find(|(name, _)| name.eq_ignore_ascii_case(asked));
    found.map(|(_, value)| value.as_str())
}

fn refusal(reply: &Reply) -> HttpError {
    let retry_after_ms = header(reply, "retry-after")
        .and_then(|value| value.parse::<i64>().ok())
        .map(|seconds| seconds.saturating_mul(1000));
    let code = match serde_json::from_slice::<Problem>(&reply.body) {
        Ok(problem) => problem.code,
        // A refusal without our problem document comes from something on the way.
        Err(_) => match reply.status {
            429 => ErrorCode::TooMany,
            502..=504 => ErrorCode::Unavailable,
            _ => return HttpError::Malformed,
        },
    };
    HttpError::Refused {
        code,
        retry_after_ms,
    }
}
