//! Clients of the HTTP interface: an officer's workstation and a lender's machine.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::id::{DeviceId, LenderId};
use itgel_domain::trust::proof::{self, Asked};
use itgel_server::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use ureq::http::request::Builder;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

use crate::{clock, refusal};

/// Why a request was not answered as hoped.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No answer.
    #[error("the server cannot be reached")]
    Unreachable(#[from] ureq::Error),
    /// Refused; the problem document says why.
    #[error("refused: {status} {}", refusal::of_answer(code))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code.
        code: String,
        /// The whole problem document.
        problem: Value,
    },
    /// An answer that is not what the interface says.
    #[error("the answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// No key or no randomness.
    #[error("no key")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A connection to a server, without any right.
#[derive(Clone)]
pub struct Server {
    agent: Agent,
    base: String,
    clock: Clock,
    /// The server's nonce for the next proof.
    nonce: Arc<Mutex<String>>,
}

/// What opens a request.
#[derive(Clone, Copy)]
struct Shown<'a> {
    token: &'a str,
    /// The key of a device, whose writes carry a proof.
    key: Option<&'a SoftwareSigner>,
}

/// Somebody who is signed in and stays so.
pub struct Session {
    server: Server,
    credential: Credential,
    token: Mutex<Option<String>>,
}

/// How to prove who one is.
enum Credential {
    Device {
        device: DeviceId,
        key: SoftwareSigner,
    },
    Lender {
        lender: LenderId,
        key: EncodingKey,
    },
}

/// What enrolment answers.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Enrolled {
    /// The new device.
    pub device: DeviceId,
    /// Whose it is.
    pub officer: itgel_domain::id::OfficerId,
    /// The server's public key to pin, hexadecimal.
    pub server_key: String,
}

impl Server {
    /// The server at this address.
    #[must_use]
    pub fn at(base: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A POST is not sent twice, so it must not meet a connection that was just closed.
            .max_idle_connections(0)
            .timeout_global(Some(std::time::Duration::from_secs(30)))
            .build();
        Self {
            agent: config.into(),
            base: base.trim_end_matches('/').to_owned(),
            clock: clock::system(),
            nonce: Arc::default(),
        }
    }

    /// The same server under another clock, by which clients date what they sign.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Enrols a key with a one-time code.
    ///
    /// # Errors
    /// [`ClientError`], for a used code with the code `enrolment.code`.
    pub fn enrol(&self, code: &str, secret: &[u8; 32]) -> Result<Enrolled, ClientError> {
        let key = SoftwareSigner::from_secret(secret);
        let request = json!({
            "code": code,
            "public_key": HEXLOWER.encode(&key.public_key()),
            "suite": "ed25519",
        });
        let answer = self.send("POST", "/v1/devices/enrol", None, Some(&request))?;
        serde_json::from_value(answer).map_err(|_| ClientError::Unreadable("enrolment"))
    }

    /// A workstation with an enrolled key.
    #[must_use]
    pub fn workstation(&self, device: DeviceId, secret: &[u8; 32]) -> Session {
        let key = SoftwareSigner::from_secret(secret);
        self.session(Credential::Device { device, key })
    }

    /// A lender's machine with its registered key, PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`ClientError::Key`] if the text is no such key.
    pub fn lender(&self, lender: LenderId, key: &str) -> Result<Session, ClientError> {
        let key =
            EncodingKey::from_ed_pem(key.as_bytes()).map_err(|e| ClientError::Key(e.into()))?;
        Ok(self.session(Credential::Lender { lender, key }))
    }

    /// A request without a token.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send("GET", path, None, None)
    }

    fn session(&self, credential: Credential) -> Session {
        Session {
            server: self.clone(),
            credential,
            token: Mutex::new(None),
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        shown: Option<Shown<'_>>,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        let request = self.opened(method, path, shown)?;
        let unbuildable = |_| ClientError::Unreadable("request");
        let mut response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                let request = request.body(body.to_string()).map_err(unbuildable)?;
                self.agent.run(request)?
            }
            None => self.agent.run(request.body(()).map_err(unbuildable)?)?,
        };
        self.answered(&mut response)
    }

    fn send_file(
        &self,
        path: &str,
        shown: Shown<'_>,
        kind: &str,
        bytes: &[u8],
    ) -> Result<Value, ClientError> {
        let request = self
            .opened("POST", path, Some(shown))?
            .header("content-type", kind)
            .body(bytes.to_vec())
            .map_err(|_| ClientError::Unreadable("request"))?;
        let mut response = self.agent.run(request)?;
        self.answered(&mut response)
    }

    /// A request with its token, and with a proof where it writes.
    fn opened(
        &self,
        method: &str,
        path: &str,
        shown: Option<Shown<'_>>,
    ) -> Result<Builder, ClientError> {
        let address = format!("{}{path}", self.base);
        let mut request = ureq::http::Request::builder().method(method).uri(&address);
        let Some(Shown { token, key }) = shown else {
            return Ok(request);
        };
        let scheme = key.map_or("Bearer", |_| "DPoP");
        request = request.header("authorization", format!("{scheme} {token}"));
        if let Some(key) = key.filter(|_| method != "GET") {
            let id = clock::random().map_err(|e| ClientError::Key(e.into()))?;
            let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner);
            let asked = Asked {
                method,
                address: address.split('?').next().unwrap_or_default(),
                token,
                nonce: &nonce,
            };
            let proof = proof::sign(asked, id, (self.clock)(), key);
            request = request.header(proof::HEADER, proof);
        }
        Ok(request)
    }

    /// Reads an answer, and the nonce for the next proof.
    fn answered(&self, response: &mut Response<Body>) -> Result<Value, ClientError> {
        let nonce = response.headers().get(proof::NONCE_HEADER);
        if let Some(nonce) = nonce.and_then(|value| value.to_str().ok()) {
            *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = nonce.to_owned();
        }
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        answer(status, &text)
    }

    fn send_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, ClientError> {
        let url = format!("{}{path}", self.base);
        let mut response = self.agent.post(url).send_form(form.iter().copied())?;
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        answer(status, &text)
    }
}

impl Session {
    /// Reads.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.request("GET", path, None)
    }

    /// Acts.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.request("POST", path, Some(body))
    }

    /// Hands in a file.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn upload(&self, path: &str, kind: &str, bytes: &[u8]) -> Result<Value, ClientError> {
        self.signed_in(|shown| self.server.send_file(path, shown, kind, bytes))
    }

    /// Takes back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn delete(&self, path: &str) -> Result<Value, ClientError> {
        self.request("DELETE", path, None)
    }

    /// A token that is good now, for use elsewhere.
    ///
    /// # Errors
    /// [`ClientError`] if the server refuses the key.
    pub fn token(&self) -> Result<String, ClientError> {
        let held = self.held();
        match held {
            Some(token) => Ok(token),
            None => self.sign_in(),
        }
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        self.signed_in(|shown| self.server.send(method, path, Some(shown), body))
    }

    /// Sends with the token at hand, and once more with a new one if that has ended.
    fn signed_in(
        &self,
        send: impl Fn(Shown<'_>) -> Result<Value, ClientError>,
    ) -> Result<Value, ClientError> {
        let key = match &self.credential {
            Credential::Device { key, .. } => Some(key),
            Credential::Lender { .. } => None,
        };
        let token = self.token()?;
        match send(Shown { token: &token, key }) {
            Err(ClientError::Refused { status: 401, .. }) => {
                let token = self.sign_in()?;
                send(Shown { token: &token, key })
            }
            answered => answered,
        }
    }

    fn sign_in(&self) -> Result<String, ClientError> {
        let answer = match &self.credential {
            Credential::Device { device, key } => self.sign_in_device(device, key)?,
            Credential::Lender { lender, key } => self.sign_in_lender(lender, key)?,
        };
        let token = answer["access_token"]
            .as_str()
            .ok_or(ClientError::Unreadable("token"))?;
        let mut held = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Some(token.to_owned());
        Ok(token.to_owned())
    }

    fn sign_in_device(
        &self,
        device: &DeviceId,
        key: &SoftwareSigner,
    ) -> Result<Value, ClientError> {
        let request = json!({ "device": device });
        let challenge = self
            .server
            .send("POST", "/v1/auth/challenge", None, Some(&request))?;
        let nonce = challenge["nonce"]
            .as_str()
            .ok_or(ClientError::Unreadable("challenge"))?;
        let message = itgel_domain::sync::challenge_message(nonce, device);
        let signature = HEXLOWER.encode(&key.sign(&message));
        let request = json!({ "device": device, "nonce": nonce, "signature": signature });
        self.server
            .send("POST", "/v1/auth/token", None, Some(&request))
    }

    fn sign_in_lender(&self, lender: &LenderId, key: &EncodingKey) -> Result<Value, ClientError> {
        let path = itgel_server::auth::client::TOKEN_PATH;
        let random = clock::random::<16>().map_err(|e| ClientError::Key(e.into()))?;
        let claims = json!({
            "iss": lender,
            "sub": lender,
            "aud": format!("{}{path}", self.server.base),
            "exp": (self.server.clock)().0 / 1000 + 120,
            "jti": HEXLOWER.encode(&random),
        });
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, key)
            .map_err(|e| ClientError::Key(e.into()))?;
        self.server.send_form(
            path,
            &[
                ("grant_type", "client_credentials"),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("client_assertion", &assertion),
            ],
        )
    }

    fn held(&self) -> Option<String> {
        self.token
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn answer(status: StatusCode, text: &str) -> Result<Value, ClientError> {
    let read = |text: &str| match text {
        "" => Ok(Value::Null),
        text => serde_json::from_str(text).map_err(|_| ClientError::Unreadable("body")),
    };
    if status.is_success() {
        return read(text);
    }
    let problem = read(text).unwrap_or_default();
    Err(ClientError::Refused {
        status: status.as_u16(),
        code: problem["code"].as_str().unwrap_or("").to_owned(),
        problem,
    })
}

/// An Ed25519 key pair in the form in which lenders register it: the private key in PKCS#8, the
/// public key in SPKI, both PEM (RFC 8410).
#[must_use]
pub fn key_pair(seed: &[u8; 32]) -> (String, String) {
    const PRIVATE: [u8; 16] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    const PUBLIC: [u8; 12] = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    let pem = |label: &str, prefix: &[u8], key: &[u8]| {
        let der = [prefix, key].concat();
        let body = data_encoding::BASE64.encode(&der);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    };
    let public = SoftwareSigner::from_secret(seed).public_key();
    (
        pem("PRIVATE KEY", &PRIVATE, seed),
        pem("PUBLIC KEY", &PUBLIC, &public),
    )
}
