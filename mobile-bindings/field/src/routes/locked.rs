//! Before a store is open: every address leads to the door, which leads back to it. A form that
//! comes too late is kept in memory and goes on after the PIN.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Json, Response};
use tower::ServiceExt as _;

use super::answer::{blocking, respond, show};
use super::{MAX_BODY, router};
use crate::app::FieldApp;
use crate::lock::HeldForm;
use crate::page::door;
use crate::request::Form;

/// What needs no open store, or asks for one itself.
const WITHOUT_STORE: [&str; 8] = [
    "/assets/",
    "/api/",
    "/enrol",
    "/language",
    "/lock",
    "/practice",
    "/round",
    "/unlock",
];

/// What the script sends while one writes: it is told that nothing was kept, and brings the whole
/// form to the door. A picture in a page is not answered by a page either.
const BY_SCRIPT: [&str; 2] = ["/field", "/people/draft"];

/// Locks what was left alone, and lets nobody past the door.
pub(super) async fn door(State(app): State<FieldApp>, request: Request, next: Next) -> Response {
    app.lock_if_idle();
    let path = request.uri().path();
    let is_free = WITHOUT_STORE.iter().any(|free| path.starts_with(free));
    if let Some(session) = app.session() {
        if !is_free {
            app.touch(&session);
        }
        return next.run(request).await;
    }
    let is_get = *request.method() == Method::GET;
    let is_part_of_page = match is_get {
        true => path.contains("/photos/"),
        false => BY_SCRIPT.iter().any(|end| path.ends_with(end)),
    };
    if is_free || is_part_of_page {
        return next.run(request).await;
    }
    let whole = request.uri().path_and_query();
    let address = whole.map_or("/", |whole| whole.as_str()).to_owned();
    let (held, at) = match is_get {
        // Where others go with the device is no way of its officer.
        true if app.handed().is_some() => (false, "/"),
        true => (false, address.as_str()),
        false => (hold(&app, &address, request.into_body()).await, "/"),
    };
    let page = door::door(&app, None, at);
    let status = match held {
        true => StatusCode::UNAUTHORIZED,
        false => page.status,
    };
    respond(&app, &page.with_status(status))
}

async fn hold(app: &FieldApp, address: &str, body: Body) -> bool {
    match to_bytes(body, MAX_BODY).await {
        Ok(body) => app.hold(address, body.to_vec()),
        Err(_) => false,
    }
}

/// Opens a store: the page where its officer was, or the one that answers what waited for the PIN.
pub(super) async fn unlock(State(app): State<FieldApp>, form: Form) -> Response {
    let (at, enters) = (form.get("at").to_owned(), form.get("held") == "1");
    match blocking(&app, move |app| door::unlock(app, &form)).await {
        Ok(Ok(())) => {}
        Ok(Err(wrong)) => return respond(&app, &door::door(&app, Some(&wrong), &at)),
        Err(response) => return response,
    }
    let mut answered = None;
    for held in app.take_held() {
        if enters {
            answered = Some(send(&app, held).await);
        }
    }
    if let Some(answered) = answered {
        return answered;
    }
    let shown = show(app.clone(), &at).await;
    match shown.status().is_success() {
        true => shown,
        // Another officer than the one who was there.
        false => show(app, "/").await,
    }
}

/// Sends a form that waited.
async fn send(app: &FieldApp, mut held: HeldForm) -> Response {
    let request = axum::http::Request::post(&held.address)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(std::mem::take(&mut *held.body)));
    let Ok(request) = request else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // Boxed: the router that answers is the one that this handler is part of.
    let answered = Box::pin(router(app.clone()).oneshot(request)).await;
    answered.unwrap_or_else(|never| match never {})
}

/// What a page asks from time to time, to leave the screen when the store is locked. It is no use of
/// the store.
pub(super) async fn told(State(app): State<FieldApp>) -> Response {
    let is_locked = app.session().is_none();
    Json(serde_json::json!({ "locked": is_locked })).into_response()
}
