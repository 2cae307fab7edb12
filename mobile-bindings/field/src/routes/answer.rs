//! How a handler answers: beside the threads that answer, as a page in its frame, never by a
//! redirect.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form as FormBody, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;

use super::router;
use crate::app::{FieldApp, Session};
use crate::page::visit::Visit;
use crate::page::{door, framed};
use crate::request::{Form, Page, Trouble};

/// Runs what reads or writes a store beside the threads that answer.
pub(super) async fn blocking<T: Send + 'static>(
    app: &FieldApp,
    work: impl FnOnce(&FieldApp) -> T + Send + 'static,
) -> Result<T, Response> {
    let of = app.clone();
    let done = tokio::task::spawn_blocking(move || work(&of)).await;
    done.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A page of an open store, or the door.
pub(super) async fn opened(
    app: FieldApp,
    work: impl FnOnce(&FieldApp, &Arc<Session>) -> Result<Page, Trouble> + Send + 'static,
) -> Response {
    let Some(session) = app.session() else {
        return respond(&app, &door::door(&app, None, "/"));
    };
    match blocking(&app, move |app| work(app, &session)).await {
        Ok(Ok(page)) => respond(&app, &page),
        Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
        Err(response) => response,
    }
}

/// The visit that an address names.
pub(super) struct Asked {
    pub(super) app: FieldApp,
    pub(super) subject: String,
    /// The section of the visit, where the address names one.
    pub(super) section: String,
}

impl FromRequestParts<FieldApp> for Asked {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, app: &FieldApp) -> Result<Self, PathRejection> {
        let Path(mut named) =
            Path::<BTreeMap<String, String>>::from_request_parts(parts, app).await?;
        let mut take = |name| named.remove(name).unwrap_or_default();
        Ok(Self {
            app: app.clone(),
            subject: take("subject"),
            section: take("section"),
        })
    }
}

impl Asked {
    /// A page of the visit.
    pub(super) async fn page(
        self,
        work: impl FnOnce(&FieldApp, &Visit<'_>) -> Result<Page, Trouble> + Send + 'static,
    ) -> Response {
        opened(self.app, move |app, session| {
            let visit = Visit::of(app, session, &self.subject)?;
            work(app, &visit)
        })
        .await
    }

    /// The page that follows a form: the one that `save` gives, for something is wrong; else the
    /// next part of the visit, or the visit itself.
    pub(super) async fn after(
        self,
        part: &str,
        form: Form,
        save: impl FnOnce(&FieldApp, &Visit<'_>, &Form) -> Result<Option<Page>, Trouble>
        + Send
        + 'static,
    ) -> Response {
        let Self { app, subject, .. } = self;
        let Some(session) = app.session() else {
            return respond(&app, &door::door(&app, None, "/"));
        };
        let part = part.to_owned();
        let saved = blocking(&app, move |app| {
            let visit = Visit::of(app, &session, &subject)?;
            let kept = save(app, &visit, &form)?;
            let follows = match form.get("go") {
                "back" => visit.at(""),
                _ => Visit::of(app, &session, &subject)?.next(&part),
            };
            Ok::<_, Trouble>((kept, follows))
        });
        match saved.await {
            Ok(Ok((Some(page), _))) => respond(&app, &page),
            Ok(Ok((None, follows))) => show(app, &follows).await,
            Ok(Err(trouble)) => respond(&app, &trouble.page(app.lang())),
            Err(response) => response,
        }
    }
}

/// What a form sends.
impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = FormRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormRejection> {
        let FormBody(pairs) =
            FormBody::<Vec<(String, String)>>::from_request(request, state).await?;
        Ok(Self(pairs))
    }
}

/// The page at an address of our own, answered in the same request.
pub(super) async fn show(app: FieldApp, address: &str) -> Response {
    let is_ours = address.starts_with('/') && !address.starts_with("//");
    let address = if is_ours { address } else { "/" };
    let request = axum::http::Request::builder()
        .method(Method::GET)
        .uri(address);
    let Ok(request) = request.body(Body::empty()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // Boxed: the router that answers is the one that this handler is part of.
    let answered = Box::pin(router(app).oneshot(request)).await;
    answered.unwrap_or_else(|never| match never {})
}

pub(super) fn respond(app: &FieldApp, page: &Page) -> Response {
    let at = HeaderValue::from_str(&page.at).unwrap_or(HeaderValue::from_static("/"));
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_LOCATION, at)];
    (page.status, headers, framed(app, page)).into_response()
}

/// For a file of the program that never changes under its address.
pub(super) const KEPT: &str = "private, max-age=31536000, immutable";

/// For everything else: what a page shows is somebody's.
pub(super) const NOT_KEPT: &str = "no-store";

/// What every answer says of itself: nothing from elsewhere, and nothing kept by the browser unless
/// the answer says that it may be.
pub(super) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; \
                  form-action 'self'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With "no-referrer" a browser sends "null" as the origin of our own forms.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static(NOT_KEPT));
    response
}
