//! What waits as a file, and the answer to it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::answer::{blocking, opened, respond};
use crate::app::FieldApp;
use crate::page::{card, door};
use crate::request::Form;

/// A file of what waits. Nothing on the device changes by it but that a key for the answer is kept,
/// so a link may ask for it.
pub(super) async fn bundle(State(app): State<FieldApp>) -> Response {
    let Some(session) = app.session() else {
        return respond(&app, &door::door(&app, None, "/"));
    };
    match blocking(&app, move |app| card::bundle(app, &session)).await {
        Ok(Ok((name, bytes))) => {
            let kind = (header::CONTENT_TYPE, "application/octet-stream".to_owned());
            let attachment = format!("attachment; filename=\"{name}\"");
            let disposition = (header::CONTENT_DISPOSITION, attachment);
            ([kind, disposition], bytes).into_response()
        }
        Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
        Err(response) => response,
    }
}

pub(super) async fn take(State(app): State<FieldApp>, form: Form) -> Response {
    opened(app, move |app, session| card::take(app, session, &form)).await
}
