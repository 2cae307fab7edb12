//! The sync protocol over HTTP, and enrolment.
//!
//! There is no password and no refresh token: the device signs a challenge and gets an access
//! token for ten minutes (`design.md` 9). A 401 means signing in once more; if that is refused
//! too, the queue pauses and keeps everything.

mod carrier;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::file::chain::{DeviceSigner, Suite};
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire::{pack, unpack};
use itgel_domain::sync::{SyncProtocol, challenge_message};
use itgel_domain::trust::{Invitation, InvitationError};
use serde::Serialize;

pub use self::carrier::{Call, Carrier, CarrierError, Network, Reply};

use self::wire::{Shown, Wire};
use crate::Enrolment;
use crate::wipe::WipedWord;

/// Where the server is.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Its address, `https://xinyong.example.cn`, without a slash at the end.
    pub base_url: String,
    /// The address that the server calls itself by, where the way to it leads over another one, as
    /// a relay or a tunnel does: the proofs of this device name it.
    pub public_url: Option<String>,
    /// The certificate in PEM that its own must rest on, where it is not one of the public ones.
    pub root_pem: Option<Vec<u8>>,
    /// The longest time of a request, slow links included.
    pub timeout_ms: u64,
    /// What carries the requests instead of the network of this machine.
    pub carrier: Option<Arc<dyn Carrier>>,
}

/// The sync protocol over HTTP.
pub struct HttpProtocol {
    wire: Wire,
    device: DeviceId,
    signer: Arc<dyn DeviceSigner>,
    token: Mutex<Option<String>>,
}

/// Why a request did not go through.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No way to the server.
    #[error("the server cannot be reached")]
    Offline(#[source] CarrierError),
    /// The server refused.
    #[error("the server refused: {code}")]
    Refused {
        /// Why.
        code: ErrorCode,
        /// When to come again, if it said so.
        retry_after_ms: Option<i64>,
    },
    /// An answer that is none of ours: a captive portal, or another server.
    #[error("the answer is not one of the interface")]
    Malformed,
    /// A text that is no invitation.
    #[error(transparent)]
    Invitation(#[from] InvitationError),
    /// The address or the certificate cannot be used.
    #[error("the address or the certificate of the server cannot be used")]
    Config,
}

#[derive(Serialize)]
struct ChallengeRequest<'a> {
    device: &'a DeviceId,
}

#[derive(serde::Deserialize)]
struct Challenge {
    nonce: String,
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    device: &'a DeviceId,
    nonce: &'a str,
    signature: String,
}

#[derive(serde::Deserialize)]
struct AccessToken {
    access_token: String,
}

#[derive(Serialize)]
struct EnrolRequest<'a> {
    code: &'a str,
    public_key: String,
    suite: Suite,
}

#[derive(serde::Deserialize)]
struct EnrolAnswer {
    device: DeviceId,
    officer: OfficerId,
    server_key: String,
    scope: Vec<DivisionCode>,
    number: u32,
}

impl HttpConfig {
    /// A server under a certificate of a public authority, with a minute for each request.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            base_url,
            public_url: None,
            root_pem: None,
            timeout_ms: 60_000,
            carrier: None,
        }
    }
}

impl HttpError {
    /// What can be done about it.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Offline(_) => Kind::Unavailable,
            Self::Refused { code, .. } => code.kind(),
            Self::Malformed | Self::Config | Self::Invitation(_) => Kind::Malformed,
        }
    }

    /// The code of a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// When the server wants to be asked again.
    #[must_use]
    pub const fn retry_after_ms(&self) -> Option<i64> {
        match self {
            Self::Refused { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }
}

/// Enrols by an invitation, as it was scanned or typed: the server that answers must be the one that
/// the invitation names. `config` says how its address is reached.
///
/// # Errors
/// [`HttpError::Invitation`] for a text that is none; [`HttpError::Refused`] with
/// `enrolment.server` for another server, and what [`enrol`] refuses.
pub fn enrol_invited(
    invitation: &str,
    config: &dyn Fn(&str) -> HttpConfig,
    signer: &dyn DeviceSigner,
) -> Result<(Enrolment, Vec<DivisionCode>), HttpError> {
    let invitation: Invitation = invitation.parse()?;
    let config = config(&invitation.address);
    let (enrolment, scope) = enrol(&config, &invitation.code, signer)?;
    if !invitation.is_of(&enrolment.server_key) {
        return Err(HttpError::Refused {
            code: ErrorCode::InvitationServer,
            retry_after_ms: None,
        });
    }
    Ok((enrolment, scope))
}

/// Tells the server that the store is deleted, from the word that was signed before; see
/// [`crate::wipe`].
///
/// # Errors
/// [`HttpError`]; then the word is kept and told again.
pub fn tell_wiped(config: &HttpConfig, word: &WipedWord) -> Result<(), HttpError> {
    let wire = Wire::new(config)?;
    wire.send_json("/v1/devices/wiped", word).map(drop)
}

/// Shows a one-time code and the device's public key; the answer says who the device is and
/// which server key to pin.
///
/// # Errors
/// [`HttpError::Refused`] with `enrolment.code` for a code that is not good any more.
pub fn enrol(
    config: &HttpConfig,
    code: &str,
    signer: &dyn DeviceSigner,
) -> Result<(Enrolment, Vec<DivisionCode>), HttpError> {
    let public_key = HEXLOWER.encode(&signer.public_key());
    let request = EnrolRequest {
        code,
        public_key,
        suite: signer.suite(),
    };
    let answer: EnrolAnswer = Wire::new(config)?.json("/v1/devices/enrol", &request)?;
    let server_key = HEXLOWER
        .decode(answer.server_key.as_bytes())
        .map_err(|_| HttpError::Malformed)?;
    let enrolment = Enrolment {
        device: answer.device,
        officer: answer.officer,
        server_key,
        number: answer.number,
    };
    Ok((enrolment, answer.scope))
}

impl HttpProtocol {
    /// Speaks for `device`, whose key is `signer`'s.
    ///
    /// # Errors
    /// [`HttpError::Config`] for an address or a certificate that is none.
    pub fn new(
        config: &HttpConfig,
        device: DeviceId,
        signer: Arc<dyn DeviceSigner>,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            wire: Wire::new(config)?,
            device,
            signer,
            token: Mutex::new(None),
        })
    }

    fn call<Q, A>(&self, path: &str, request: &Q) -> Result<A, HttpError>
    where
        Q: minicbor::Encode<()>,
        A: for<'b> minicbor::Decode<'b, ()>,
    {
        let body = pack(request);
        let remembered = self.remembered();
        let was_fresh = remembered.is_none();
        let token = remembered.map_or_else(|| self.sign_in(), Ok)?;
        let shown = |token| Shown {
            token,
            signer: self.signer.as_ref(),
        };
        let answer = match self.wire.cbor(path, &body, shown(&token)) {
            // The token's time is over; a fresh one that is refused is refused for good.
            Err(error) if error.kind() == Kind::Unauthenticated && !was_fresh => {
                self.wire.cbor(path, &body, shown(&self.sign_in()?))
            }
            other => other,
        };
        if answer
            .as_ref()
            .is_err_and(|error| error.kind() == Kind::Unauthenticated)
        {
            self.forget();
        }
        unpack(&answer?).map_err(|_| HttpError::Malformed)
    }

    /// Signs a challenge and remembers the token for it.
    fn sign_in(&self) -> Result<String, HttpError> {
        self.forget();
        let ask = ChallengeRequest {
            device: &self.device,
        };
        let challenge: Challenge = self.wire.json("/v1/auth/challenge", &ask)?;
        let nonce = challenge.nonce.as_str();
        let message = challenge_message(nonce, &self.device);
        let signature = HEXLOWER.encode(&self.signer.sign(&message));
        let answer = TokenRequest {
            device: &self.device,
            nonce,
            signature,
        };
        let given: AccessToken = self.wire.json("/v1/auth/token", &answer)?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(given.access_token.clone());
        Ok(given.access_token)
    }

    fn remembered(&self) -> Option<String> {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn forget(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl SyncProtocol for HttpProtocol {
    type Error = HttpError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, HttpError> {
        self.call("/v1/sync/hello", request)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, HttpError> {
        self.call("/v1/sync/push", request)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, HttpError> {
        self.call("/v1/sync/pull", request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, HttpError> {
        self.call("/v1/sync/fetch", request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, HttpError> {
        self.call("/v1/sync/media", request)
    }
}
