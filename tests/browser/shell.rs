//! A shell without a port, as an Android app is one: every GET is answered from
//! `FieldApp::handle`, everything that writes goes over `FieldBridge` (`docs/field.md`).
//!
//! The browser cannot be handed its answers, so a port stands in for the interceptor, and a request
//! that waits for its answer for the bridge. What passes through is what the shell passes on.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::routing::post;
use itgel_field::FieldApp;

/// What a page finds as `FieldBridge` before its first script runs.
pub(crate) const BRIDGE: &str = "
    window.FieldBridge = {
        post(path, form) {
            const request = new XMLHttpRequest();
            request.open('POST', '/bridge?' + encodeURIComponent(path), false);
            request.send(form);
            return request.responseText;
        },
        print() { window.printed = (window.printed || 0) + 1; },
    };";

/// The pages as a shell shows them.
pub(crate) fn shell(app: FieldApp) -> Router {
    Router::new()
        .route("/bridge", post(bridge))
        .fallback(intercepted)
        .with_state(app)
}

async fn intercepted(State(app): State<FieldApp>, request: Request) -> Response<Body> {
    let mut response = Response::builder();
    if request.method() != Method::GET {
        // An interceptor never gets the body of a write.
        return response
            .status(StatusCode::NOT_FOUND)
            .body(Body::empty())
            .unwrap();
    }
    let path = request.uri().path_and_query().unwrap().to_string();
    let answered = tokio::task::spawn_blocking(move || app.handle("GET", &path, b""));
    let answered = answered.await.unwrap();
    assert!(
        !(300..400).contains(&answered.status),
        "a redirect ends a WebView"
    );
    response = response
        .status(answered.status)
        .header("content-type", answered.content_type);
    for (name, value) in answered.headers {
        if name != "content-length" {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answered.body)).unwrap()
}

async fn bridge(State(app): State<FieldApp>, request: Request) -> String {
    let path = request.uri().query().unwrap().to_owned();
    let path = percent_decoded(&path);
    let form = axum::body::to_bytes(request.into_body(), 16 << 20).await;
    let form = form.unwrap();
    let answered = tokio::task::spawn_blocking(move || app.handle("POST", &path, &form));
    answered.await.unwrap().to_bridge()
}

fn percent_decoded(text: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        let coded = after.get(..2).filter(|_| first == b'%');
        let byte = coded.and_then(|hex| data_encoding::HEXUPPER.decode(hex).ok());
        match byte {
            Some(byte) => {
                out.extend(byte);
                rest = &after[2..];
            }
            None => {
                out.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(out).unwrap()
}
