//! The clients of the server of these tests: devices, browsers, lenders' machines, and what they are
//! answered.

use std::sync::atomic::{AtomicI64, Ordering};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SoftwareSigner};
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::sync::hello::Hello;
use itgel_domain::sync::{VERSION, challenge_message};
use itgel_domain::trust::proof::{self, Asked};
use itgel_server::auth;
use serde_json::{Value, json};
use ureq::http::{HeaderMap, Request};

use super::{LENDER, LENDER_SEED, World};

/// An enrolled device with its key.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) device: DeviceId,
    pub(crate) officer: OfficerId,
    pub(crate) secret: [u8; 32],
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl World {
    /// A device of an officer, enrolled through the service.
    pub(crate) fn seat(&self, officer: &str, seed: u8) -> Seat {
        let secret = [seed; 32];
        let request = auth::EnrolRequest {
            code: self.code_for(officer),
            public_key: HEXLOWER.encode(&SoftwareSigner::from_secret(&secret).public_key()),
            suite: itgel_domain::file::chain::Suite::Ed25519,
        };
        let admitted = auth::enrol(&self.service, &request, self.service.now()).unwrap();
        Seat {
            device: admitted.device,
            officer: admitted.officer,
            secret,
        }
    }

    /// An access token of a device, by challenge over HTTP.
    pub(crate) fn sign_in(&self, seat: &Seat) -> String {
        let asked = self.post(
            "/v1/auth/challenge",
            None,
            &json!({ "device": seat.device }),
        );
        let nonce = asked.json()["nonce"].as_str().unwrap().to_owned();
        let given = self.post("/v1/auth/token", None, &seat.signed(&nonce));
        let given = given.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned();
        let mut keys = self.keys.lock().unwrap();
        keys.insert(given.clone(), seat.secret);
        given
    }

    /// The claims of a good client assertion of the lender.
    pub(crate) fn assertion_claims(&self, jti: &str) -> Value {
        json!({
            "iss": LENDER,
            "sub": LENDER,
            "aud": format!("{}/v1/oauth/token", self.base),
            "exp": self.service.now().0 / 1000 + 120,
            "jti": jti,
        })
    }

    /// Asks for a token with a client assertion.
    pub(crate) fn present(&self, assertion: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ];
        let url = format!("{}/v1/oauth/token", self.base);
        Answer::of(self.agent.post(url).send_form(form).unwrap())
    }

    /// An access token of a lender, by client credentials over HTTP.
    pub(crate) fn lender_token(&self, lender: &str) -> String {
        let mut claims = self.assertion_claims(&fresh());
        (claims["iss"], claims["sub"]) = (json!(lender), json!(lender));
        let seed = if lender == LENDER {
            LENDER_SEED
        } else {
            [0x4d; 32]
        };
        let given = self.present(&jwt(
            &json!({ "alg": "EdDSA", "typ": "JWT" }),
            &claims,
            &seed,
        ));
        given.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Sends a request; a write with a device's token gets a proof of its key, as any client gives
    /// one, once more if the nonce was an old one.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let Some(proof) = self.proof(method, path, headers) else {
            return self.send_bare(method, path, headers, body);
        };
        let with = |proof: &str| {
            let mut headers = headers.to_vec();
            headers.push((proof::HEADER, proof));
            self.send_bare(method, path, &headers, body.clone())
        };
        let answer = with(&proof);
        let is_old = answer.status == 401 && answer.json()["code"] == "token.proof";
        if is_old {
            with(&self.proof(method, path, headers).unwrap())
        } else {
            answer
        }
    }

    /// The proof for a write, if the token is one of a device.
    pub(crate) fn proof(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Option<String> {
        let (_, bearer) = headers.iter().find(|(name, _)| *name == "authorization")?;
        let token = bearer.strip_prefix("Bearer ")?;
        let secret = *self.keys.lock().unwrap().get(token)?;
        if method == "GET" {
            return None;
        }
        let address = format!("{}{}", self.base, path.split('?').next()?);
        let asked = Asked {
            method,
            address: &address,
            token,
            nonce: &self.nonce.lock().unwrap().clone(),
        };
        let id = itgel_domain::hash::Hash::of_file(fresh().as_bytes());
        let id: [u8; 16] = id.as_bytes()[..16].try_into().unwrap();
        let key = SoftwareSigner::from_secret(&secret);
        Some(proof::sign(asked, id, self.service.now(), &key))
    }

    /// Sends a request as it is.
    pub(crate) fn send_bare(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = match method {
            "GET" | "DELETE" => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.body(body).unwrap()),
        };
        let answer = Answer::of(sent.unwrap());
        let nonce = answer.header(proof::NONCE_HEADER);
        if !nonce.is_empty() {
            *self.nonce.lock().unwrap() = nonce.to_owned();
        }
        answer
    }

    /// Reads.
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|b| ("authorization", b.as_str()))
            .collect();
        self.send("GET", path, &headers, Vec::new())
    }

    /// Acts.
    pub(crate) fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Answer {
        self.post_with(path, token, &[], body)
    }

    /// Acts, with more headers.
    pub(crate) fn post_with(
        &self,
        path: &str,
        token: Option<&str>,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.iter().map(|b| ("authorization", b.as_str())));
        headers.extend(more);
        self.send("POST", path, &headers, body.to_string().into_bytes())
    }

    /// The text of the figures.
    pub(crate) fn metrics(&self) -> Answer {
        let address = self.service.config.metrics_listen.unwrap();
        let request = Request::get(format!("http://{address}/metrics"));
        Answer::of(self.agent.run(request.body(()).unwrap()).unwrap())
    }

    /// How a device says hello that has nothing yet.
    pub(crate) fn hello(&self, seat: &Seat) -> Hello {
        Hello {
            protocol: VERSION,
            device: seat.device.clone(),
            incarnation: 0,
            head: ChainHead::start(&seat.device, 0),
            epoch: 0,
            cursors: Vec::new(),
            clock: self.service.now(),
            trust: None,
            checkpoint: None,
            names: None,
            nonce: [0; 16],
        }
    }
}

impl Seat {
    /// The body that answers a challenge.
    pub(crate) fn signed(&self, nonce: &str) -> Value {
        let message = challenge_message(nonce, &self.device);
        let signature = SoftwareSigner::from_secret(&self.secret).sign(&message);
        json!({ "device": self.device, "nonce": nonce, "signature": HEXLOWER.encode(&signature) })
    }
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.body_mut().read_to_vec().unwrap();
        Self {
            status,
            headers,
            bytes,
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{e}: {} {text}", self.status))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a problem document with this code, complete and without values.
    pub(crate) fn assert_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(
            (self.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["type"], format!("urn:itgel:problem:{code}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["trace_id"].as_str().map(str::len), Some(16));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        problem
    }

    /// The body with its trace id taken out: what two refusals must have in common to the byte.
    pub(crate) fn without_trace_id(&self) -> String {
        let text = String::from_utf8(self.bytes.clone()).unwrap();
        let problem: Value = serde_json::from_str(&text).unwrap();
        let trace_id = problem["trace_id"].as_str().unwrap();
        text.replace(trace_id, "")
    }
}

/// A JWT with this header and these claims.
pub(crate) fn jwt(header: &Value, claims: &Value, seed: &[u8; 32]) -> String {
    let encode = |v: &Value| BASE64URL_NOPAD.encode(v.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = SoftwareSigner::from_secret(seed).sign(message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// A text that was never used before in this process.
pub(crate) fn fresh() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    format!("fresh-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}
