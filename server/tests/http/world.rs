//! A running server, its clock and its clients.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::sync::challenge_message;
use itgel_domain::time::AtMs;
use itgel_domain::trust::proof::{self, Asked};
use itgel_fixtures::{Banner, SampleSize};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::store::lender::LenderRecord;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, auth, routes, setup};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use ureq::http::{HeaderMap, Request};

/// The day on which the tests begin.
pub(crate) const TODAY: Date = date(2026, 6, 10);

/// The lender that has a contract, and the seed of its key.
pub(crate) const LENDER: &str = "rcc-1";
const LENDER_SEED: [u8; 32] = [0x4c; 32];

/// Another lender with the same contract.
pub(crate) const OTHER_LENDER: &str = "rcc-2";

/// A server; it stops when this is dropped.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) banner: Banner,
    pub(crate) base: String,
    clock: Arc<AtomicI64>,
    agent: ureq::Agent,
    /// The key of every device token that was given here: writes carry a proof of it.
    keys: Mutex<HashMap<String, [u8; 32]>>,
    nonce: Mutex<String>,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    listener: Option<std::net::TcpListener>,
    pub(crate) dir: TempDir,
}

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
    /// A server with a banner, officers and two lenders, and no data yet.
    pub(crate) fn new() -> Self {
        let mut world = Self::prepared();
        world.start();
        world
    }

    /// The same, not yet serving: what tests prepare in the service itself is not disturbed by
    /// its job loop.
    pub(crate) fn prepared() -> Self {
        Self::with_quota(20)
    }

    /// The same with contracts that allow so many queries a day.
    pub(crate) fn with_quota(quota: u32) -> Self {
        let dir = TempDir::new().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://{address}");
        let config = Config {
            listen: address,
            public_url: base.clone(),
            database: dir.path().join("itgel.db"),
            keys: dir.path().join("keys.toml"),
            readers: 2,
            metrics_listen: None,
            retired_key_days: RetiredKeyDays::default(),
            limits: itgel_server::limits::LimitsConfig::default(),
            sample: SampleConfig::default(),
        };
        let clock = Arc::new(AtomicI64::new(
            AtMs::start_of(TODAY).plus_ms(9 * 3_600_000).0,
        ));
        let reading = Arc::clone(&clock);
        let now = Arc::new(move || AtMs(reading.load(Ordering::SeqCst)));
        let service = Service::open(config, keys(), now).unwrap();
        let banner = Banner::draw(SampleSize {
            households: 60,
            seed: 7,
        })
        .unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A refusal may come before the body was read, and the connection ends with it.
            .max_idle_connections(0)
            .build()
            .into();
        let world = Self {
            service,
            banner,
            base,
            clock,
            agent,
            keys: Mutex::default(),
            nonce: Mutex::default(),
            running: None,
            listener: Some(listener),
            dir,
        };
        world.furnish(quota);
        world
    }

    /// Begins to serve.
    pub(crate) fn start(&mut self) {
        let listener = self.listener.take().unwrap();
        listener.set_nonblocking(true).unwrap();
        let service = self.service.clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let told = async { drop(stopped.await) };
                routes::serve(listener, service, told).await.unwrap();
            });
        });
        self.running = Some((stop, thread));
    }

    fn furnish(&self, quota: u32) {
        let divisions = self.banner.divisions.clone();
        let cycle = self.banner.cycle(TODAY);
        let now = self.service.now();
        let lenders = [(LENDER, LENDER_SEED), (OTHER_LENDER, [0x4d; 32])].map(|(id, seed)| {
            let key = SoftwareSigner::from_secret(&seed).public_key();
            LenderRecord {
                id: id.parse().unwrap(),
                name: "示例农村信用合作联社".into(),
                name_mn: String::new(),
                valid_from: date(2020, 1, 1),
                valid_to: None,
                division: self.banner.code,
                purposes: vec![Purpose::LoanDecision, Purpose::LoanReview],
                public_key: auth::key::to_pem(key.as_slice().try_into().unwrap()),
                daily_quota: quota,
            }
        });
        self.service
            .transact("test.furnish", move |service, tx| {
                for division in &divisions {
                    itgel_server::registers::put_division(service, tx, division)?;
                }
                itgel_server::rules::seed(service, tx, now)?;
                setup::add_cycle(tx, &cycle)?;
                lenders
                    .iter()
                    .try_for_each(|lender| setup::add_lender(tx, lender))
            })
            .unwrap();
        let (gacha, township) = (self.gacha(), self.township());
        for (officer, role, division) in [
            ("collector", Role::Collector, gacha),
            ("second", Role::Collector, gacha),
            ("group", Role::VillageGroup, gacha),
            ("reviewer", Role::Reviewer, township),
            ("approver", Role::Approver, self.banner.code),
            ("administrator", Role::Administrator, self.banner.code),
            ("objections", Role::ObjectionOfficer, self.banner.code),
            ("other-approver", Role::Approver, self.banner.code),
            ("stranger", Role::Collector, self.other_gacha()),
        ] {
            self.add_officer(officer, role, division);
        }
        for number in 0..6 {
            self.add_officer(&format!("evaluator-{number}"), Role::Evaluator, gacha);
        }
    }

    fn add_officer(&self, id: &str, role: Role, division: DivisionCode) {
        let record = OfficerRecord {
            id: id.parse().unwrap(),
            name: format!("示例 {id}"),
            division,
        };
        self.service
            .transact("test.officer", move |_, tx| {
                setup::add_officer(tx, &record, &[(role, division)])
            })
            .unwrap();
    }

    /// The gacha in which the tests' household lives.
    pub(crate) fn gacha(&self) -> DivisionCode {
        self.banner.gachas[0].code
    }

    /// Its township.
    pub(crate) fn township(&self) -> DivisionCode {
        self.gacha().ancestor(DivisionLevel::Township).unwrap()
    }

    /// A gacha of another township.
    pub(crate) fn other_gacha(&self) -> DivisionCode {
        let mut gachas = self.banner.gachas.iter().map(|gacha| gacha.code);
        gachas
            .find(|code| !self.township().contains(*code))
            .unwrap()
    }

    /// Moves the clock.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// A code for a new device of an officer.
    pub(crate) fn code_for(&self, officer: &str) -> String {
        let operator = setup::operator(self.banner.code);
        let officer = officer.parse().unwrap();
        let confirmation = auth::Confirmation::AtTheMachine;
        let now = self.service.now();
        let invitation =
            auth::issue_enrolment(&self.service, &operator, &officer, confirmation, now);
        invitation.unwrap().code
    }

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
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            if thread.join().is_err() && !std::thread::panicking() {
                panic!("the server ended with a panic");
            }
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

/// The keys of the server.
pub(crate) fn keys() -> ServerKeys {
    let seeds = std::array::from_fn(|n| [u8::try_from(n).unwrap() + 1; 32]);
    ServerKeys::from_random(&zeroize::Zeroizing::new(seeds))
}

/// A JWT with this header and these claims.
pub(crate) fn jwt(header: &Value, claims: &Value, seed: &[u8; 32]) -> String {
    let encode = |v: &Value| BASE64URL_NOPAD.encode(v.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = SoftwareSigner::from_secret(seed).sign(message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// The seed of the lender's key.
pub(crate) const fn lender_seed() -> [u8; 32] {
    LENDER_SEED
}

/// A text that was never used before in this process.
pub(crate) fn fresh() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    format!("fresh-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}
