//! The gate of the loopback port. Whoever can open a connection to this machine is not yet the
//! officer: a page is shown to the browser that was opened with this launch's key, to no other
//! host name (DNS rebinding), and a write comes from our own pages (`security.md`, mobile notes).

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use itgel_device::{Entropy, EntropyError};

use crate::app::FieldApp;

/// What a launch knows and nobody else does.
#[derive(Clone)]
pub struct Gate(Arc<Secrets>);

struct Secrets {
    app: FieldApp,
    host: String,
    key: String,
    /// Cookies ignore ports: the name differs from launch to launch.
    cookie: String,
}

impl Gate {
    /// A gate before `app` at `host`, `127.0.0.1:40123`.
    ///
    /// # Errors
    /// [`EntropyError`] if there is no key to be had.
    pub fn new(app: FieldApp, host: &str, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = [0; 40];
        entropy.fill(&mut random)?;
        let (key, rest) = random.split_at(16);
        let (value, name) = rest.split_at(16);
        Ok(Self(Arc::new(Secrets {
            app,
            host: host.to_owned(),
            key: HEXLOWER.encode(key),
            cookie: format!("itgel-{}={}", HEXLOWER.encode(name), HEXLOWER.encode(value)),
        })))
    }

    /// The address that opens the program, with the key. It is a secret.
    #[must_use]
    pub fn launch_url(&self) -> String {
        format!("http://{}/launch?key={}", self.0.host, self.0.key)
    }

    /// `router` behind this gate.
    pub fn before(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), pass))
    }

    fn is_opened_by(&self, request: &Request) -> bool {
        let given = request.headers().get_all(header::COOKIE).into_iter();
        given
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .any(|cookie| is_same(cookie.trim(), &self.0.cookie))
    }

    fn opens(&self) -> Response {
        let cookie = format!("{}; HttpOnly; SameSite=Strict; Path=/", self.0.cookie);
        let Ok(cookie) = HeaderValue::from_str(&cookie) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        // A page that refreshes itself, not a redirect: after one the browser still counts the
        // launch file as the origin of the request and keeps a strict cookie back.
        let page = "<!doctype html><link rel=\"icon\" href=\"data:,\">\
                    <meta http-equiv=\"refresh\" content=\"0;url=/\">";
        let headers = [
            (header::SET_COOKIE, cookie),
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
        ];
        (headers, page).into_response()
    }

    fn refuses(&self, status: StatusCode) -> Response {
        let words = itgel_text::app_gate_refused(self.0.app.lang());
        (status, words).into_response()
    }
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.answers_itself(&request) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

impl Gate {
    /// The answer of the gate, where it does not let a request through.
    fn answers_itself(&self, request: &Request) -> Option<Response> {
        let text = |name: header::HeaderName| request.headers().get(name)?.to_str().ok();
        if text(header::HOST) != Some(self.0.host.as_str()) {
            return Some(self.refuses(StatusCode::MISDIRECTED_REQUEST));
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if is_read && request.uri().path() == "/launch" {
            let asked = request.uri().query().unwrap_or_default();
            return Some(match is_same(asked, &format!("key={}", self.0.key)) {
                true => self.opens(),
                false => self.refuses(StatusCode::UNAUTHORIZED),
            });
        }
        if !self.is_opened_by(request) {
            return Some(self.refuses(StatusCode::UNAUTHORIZED));
        }
        let ours = format!("http://{}", self.0.host);
        let is_ours = is_read || text(header::ORIGIN) == Some(ours.as_str());
        (!is_ours).then(|| self.refuses(StatusCode::FORBIDDEN))
    }
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
fn is_same(given: &str, secret: &str) -> bool {
    let differing = given
        .bytes()
        .zip(secret.bytes())
        .fold(0, |sum, (a, b)| sum | (a ^ b));
    given.len() == secret.len() && differing == 0
}
