//! What handlers take from a request: callers, bodies, pages, conditions.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::policy::Actor;
use itgel_domain::sync::wire;
use itgel_domain::trust::proof;
use serde::de::DeserializeOwned;

use super::problem::Refusal;
use super::{App, arrival};
use crate::auth::{self, Caller, Shown};
use crate::error::ServiceError;
use crate::lane;
use crate::service::Service;
use crate::store::device::DeviceRecord;

/// The longest list that one answer holds.
pub(super) const MAX_LIMIT: u32 = 200;

/// Most bytes of any body that is read to its end.
pub(super) const MAX_BODY: usize = 2 * wire::MAX_COMPRESSED;

/// Most bytes of a body of JSON or of a form.
pub(super) const MAX_JSON: usize = 256 * 1024;

/// How long a list is if nobody says.
const USUAL_LIMIT: u32 = 50;

/// An officer at a device that may work.
pub(super) struct Officer(pub(super) Actor);

/// A device, also a revoked one.
pub(super) struct Device(pub(super) DeviceRecord);

/// A lender's machine.
pub(super) struct Lender(pub(super) Actor);

/// A lender's machine, or an officer at a device that may work.
pub(super) struct OfficerOrLender(pub(super) Actor);

/// A lender's machine, or a person who works for a lender.
pub(super) struct AtLender(pub(super) Actor);

/// A body of JSON.
pub(super) struct Json<T>(pub(super) T);

/// A body that says nothing: read to its end, so that the connection serves the next request.
pub(super) struct NoBody;

/// A body, or an answer, of the sync protocol.
pub(super) struct Wire<T>(pub(super) T);

/// Runs `work`, which waits for the database, on a thread that may wait, in the lane of the
/// request and at one of its places.
pub(super) async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&App) -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, Refusal> {
    let lane = arrival::lane();
    let place = app.places.take(lane).ok_or(ErrorCode::Unavailable)?;
    let app = app.clone();
    let span = tracing::Span::current();
    let joined = tokio::task::spawn_blocking(move || {
        let _place = place;
        span.in_scope(|| lane::scoped(lane, || work(&app)))
    });
    let done = joined
        .await
        .map_err(|e| ServiceError::caused("a handler", e))?;
    Ok(done?)
}

/// The same for work that needs the service alone.
pub(super) async fn with_service<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Service) -> Result<T, ServiceError> + Send + 'static,
) -> Result<T, Refusal> {
    blocking(app, move |app| work(&app.service)).await
}

async fn caller(parts: &Parts, app: &App) -> Result<Caller, Refusal> {
    let arrived = parts.extensions.get::<arrival::Bearer>().cloned();
    let token = arrived.ok_or(ErrorCode::TokenMissing)?.0?;
    let shown = shown(parts);
    blocking(app, move |app| {
        let now = app.service.now();
        auth::authenticate(&app.service, &app.proofs, &token, &shown, now)
    })
    .await
}

/// What the proof of a request speaks of; two proofs are none.
fn shown(parts: &Parts) -> Shown {
    let mut proofs = parts.headers.get_all(proof::HEADER).iter();
    let proof = match (proofs.next(), proofs.next()) {
        (Some(proof), None) => proof.to_str().ok().map(str::to_owned),
        _ => None,
    };
    Shown {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        proof,
    }
}

impl FromRequestParts<App> for Officer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(caller(parts, app).await?.officer()?))
    }
}

impl FromRequestParts<App> for Device {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let device = caller(parts, app).await?.device()?;
        // What it has is not lost by waiting: it stays on the device.
        app.limits
            .take(&device.id)
            .map_err(|_| ErrorCode::TooMany)?;
        Ok(Self(device))
    }
}

impl FromRequestParts<App> for Lender {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(caller(parts, app).await?.lender()?))
    }
}

impl FromRequestParts<App> for OfficerOrLender {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(match caller(parts, app).await? {
            Caller::Lender { actor, .. } => actor,
            officer => officer.officer()?,
        }))
    }
}

impl FromRequestParts<App> for AtLender {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        Ok(Self(caller(parts, app).await?.of_lender()?))
    }
}

/// The body, if it has at most `most` bytes. One that is somewhat larger is read to its end all
/// the same: a client that still writes would otherwise see a broken connection and no reason.
async fn bytes(request: Request, most: usize) -> Result<Bytes, Refusal> {
    match axum::body::to_bytes(request.into_body(), MAX_BODY).await {
        Ok(bytes) if bytes.len() <= most => Ok(bytes),
        // Too long even for that, or the client went away and reads no answer.
        _ => Err(ErrorCode::RequestTooLarge.into()),
    }
}

impl FromRequest<App> for NoBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        bytes(request, MAX_JSON).await?;
        Ok(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/json"));
        if !is_json {
            return Err(ErrorCode::RequestMalformed.into());
        }
        let body = bytes(request, MAX_JSON).await?;
        Ok(Self(
            serde_json::from_slice(&body).map_err(|e| malformed(&e))?,
        ))
    }
}

/// Where a body stopped being what the interface says. The parser's own message is not passed
/// on: it may hold a value.
fn malformed(error: &serde_json::Error) -> ServiceError {
    let place = Violation::new("body", ErrorCode::RequestMalformed)
        .with("line", error.line())
        .with("column", error.column());
    ServiceError::Refused {
        code: ErrorCode::RequestMalformed,
        violations: vec![place],
    }
}

impl<T> FromRequest<App> for Wire<T>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &App) -> Result<Self, Refusal> {
        let body = bytes(request, wire::MAX_COMPRESSED).await?;
        Ok(Self(wire::unpack(&body).map_err(wire::WireError::code)?))
    }
}

impl<T: minicbor::Encode<()>> IntoResponse for Wire<T> {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(wire::MEDIA_TYPE))];
        (headers, wire::pack(&self.0)).into_response()
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// Where the last answer ended: its `next`.
    pub(super) cursor: Option<String>,
    /// Most lines of the answer, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
}

impl PageQuery {
    /// The number of lines.
    pub(super) fn limit(&self) -> u32 {
        limit_of(self.limit)
    }
}

/// The number of lines of a list whose own query has a limit.
pub(super) fn limit_of(asked: Option<u32>) -> u32 {
    asked.unwrap_or(USUAL_LIMIT).clamp(1, MAX_LIMIT)
}

/// A page of a list.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(super) struct Page<T> {
    /// The lines.
    pub(super) items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// The page after `cursor` of a list that stands in the order of `place`.
    pub(super) fn of(
        all: Vec<T>,
        place: impl Fn(&T) -> String,
        cursor: Option<String>,
        limit: u32,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let after = cursor.unwrap_or_default();
        let mut items: Vec<T> = all
            .into_iter()
            .skip_while(|line| place(line) <= after)
            .take(limit.saturating_add(1))
            .collect();
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| has_more).map(place);
        Self { items, next }
    }
}

impl<T: serde::Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        axum::Json(self).into_response()
    }
}

/// An answer of JSON bytes with a strong `ETag`, or 304 if the caller holds them already.
pub(super) fn tagged_json(headers: &HeaderMap, json: Vec<u8>) -> Response {
    let hash = itgel_domain::hash::Hash::of_file(&json);
    let tag = format!("\"{hash}\"");
    let held = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|v| v.to_str().ok());
    let is_held = held
        .flat_map(|line| line.split(','))
        .any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag);
    let Ok(value) = HeaderValue::from_str(&tag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if is_held {
        return (StatusCode::NOT_MODIFIED, [(ETAG, value)]).into_response();
    }
    let kind = HeaderValue::from_static("application/json");
    ([(ETAG, value), (CONTENT_TYPE, kind)], Body::from(json)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_list_hold_every_line_once() {
        let all = || vec!["a", "b", "c", "d", "e"];
        let place = |line: &&str| (*line).to_owned();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = Page::of(all(), place, cursor, 2);
            assert!(page.items.len() <= 2);
            seen.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all());
        assert_eq!(
            Page::of(all(), place, None, 5).next,
            None,
            "no empty last page"
        );
        assert!(Page::of(all(), place, Some("e".into()), 2).items.is_empty());
    }
}
