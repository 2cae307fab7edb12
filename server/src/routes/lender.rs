//! The lender API: authorisations and reports (`security.md` 8).

use axum::extract::{Path, Query, State};
use axum::http::header::{ETAG, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::{AuthorisationId, ReportId};

use super::App;
use super::extract::{Json, Lender, Page, PageQuery, tagged_json, with_service};
use super::problem::{Problem, Refusal};
use crate::error::ServiceError;
use crate::lending::{self, AuthorisationView, NewAuthorisation, Once, ReportRequest};

/// The header that makes a repeated request harmless.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Most characters of such a key.
const MAX_KEY: usize = 64;

/// Registers the right to query one subject for one purpose: from a consent on file that names
/// the lender, or from written consent that the lender holds. The answer is the same whether
/// there is such a subject or not.
#[utoipa::path(
    post,
    path = "/v1/authorisations",
    tag = "authorisations",
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 64 characters, kept for 7 days")),
    request_body = NewAuthorisation,
    responses(
        (status = 201, description = "Registered", body = AuthorisationView),
        (status = 404, description = "No consent on file that names this lender and purpose",
            body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Against a rule; `violations` say which",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn authorise(
    State(app): State<App>,
    Lender(actor): Lender,
    headers: HeaderMap,
    Json(request): Json<NewAuthorisation>,
) -> Result<Response, Refusal> {
    let once = once(&headers)?;
    let made = with_service(&app, move |s| {
        lending::authorise(s, &actor, &request, once.as_ref(), s.now())
    })
    .await?;
    let place = location(&format!("/v1/authorisations/{}", made.id))?;
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(made)).into_response())
}

/// The lender's own authorisations, in the order of their ids.
#[utoipa::path(
    get,
    path = "/v1/authorisations",
    tag = "authorisations",
    params(PageQuery),
    responses((status = 200, description = "A page", body = Page<AuthorisationView>)),
)]
pub(super) async fn authorisations(
    State(app): State<App>,
    Lender(actor): Lender,
    Query(query): Query<PageQuery>,
) -> Result<Response, Refusal> {
    let limit = query.limit();
    let after = query.cursor.unwrap_or_default();
    let items = with_service(&app, move |s| {
        lending::authorisations(s, &actor, &after, limit)
    })
    .await?;
    let is_full = u32::try_from(items.len()).is_ok_and(|n| n == limit);
    let next = items
        .last()
        .filter(|_| is_full)
        .map(|last| last.id.to_string());
    let link = next
        .as_ref()
        .map(|next| format!("</v1/authorisations?cursor={next}&limit={limit}>; rel=\"next\""));
    let mut response = Page { items, next }.into_response();
    if let Some(link) = link {
        response.headers_mut().insert(LINK, location(&link)?);
    }
    Ok(response)
}

/// One of the lender's own authorisations.
#[utoipa::path(
    get,
    path = "/v1/authorisations/{id}",
    tag = "authorisations",
    params(("id" = String, Path, description = "The authorisation")),
    responses(
        (status = 200, description = "The authorisation", body = AuthorisationView),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn authorisation(
    State(app): State<App>,
    Lender(actor): Lender,
    Path(id): Path<String>,
) -> Result<axum::Json<AuthorisationView>, Refusal> {
    let id: AuthorisationId = identifier(&id)?;
    let found = with_service(&app, move |s| lending::authorisation(s, &actor, &id));
    Ok(axum::Json(found.await?))
}

/// Takes an authorisation back. It takes effect at once; doing it twice is harmless.
#[utoipa::path(
    delete,
    path = "/v1/authorisations/{id}",
    tag = "authorisations",
    params(("id" = String, Path, description = "The authorisation")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn withdraw(
    State(app): State<App>,
    Lender(actor): Lender,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id: AuthorisationId = identifier(&id)?;
    with_service(&app, move |s| lending::withdraw(s, &actor, &id, s.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A report on one subject, under one authorisation, for its purpose. The query and the answer
/// are recorded, and the subject can see them. *Absent* and *not authorised* have one answer.
#[utoipa::path(
    post,
    path = "/v1/credit-reports",
    tag = "credit reports",
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 64 characters, kept for 7 days: the same key gives the same report")),
    request_body = ReportRequest,
    responses(
        (status = 201, description = "The report", body = super::openapi::Report,
            headers(("ETag" = String), ("Location" = String))),
        (status = 404, description = "Absent, or not authorised", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "Against a rule, or the key was used for another request",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The day's quota is used up", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn request_report(
    State(app): State<App>,
    Lender(actor): Lender,
    headers: HeaderMap,
    Json(request): Json<ReportRequest>,
) -> Result<Response, Refusal> {
    let once = once(&headers)?;
    let given = with_service(&app, move |s| {
        lending::report(s, &actor, &request, once.as_ref(), s.now())
    })
    .await?;
    let place = location(&format!("/v1/credit-reports/{}", given.id))?;
    let mut response = tagged_json(&HeaderMap::new(), given.json);
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(LOCATION, place);
    debug_assert!(response.headers().contains_key(ETAG));
    Ok(response)
}

/// A report that this lender was given, as it was given, while its authorisation holds.
#[utoipa::path(
    get,
    path = "/v1/credit-reports/{id}",
    tag = "credit reports",
    params(
        ("id" = String, Path, description = "The report number"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag that the caller holds"),
    ),
    responses(
        (status = 200, description = "The report", body = super::openapi::Report,
            headers(("ETag" = String))),
        (status = 304, description = "The caller holds it already"),
        (status = 404, description = "Absent, or not authorised", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn report(
    State(app): State<App>,
    Lender(actor): Lender,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: ReportId = identifier(&id)?;
    let given = with_service(&app, move |s| {
        lending::given_report(s, &actor, &id, s.now())
    })
    .await?;
    Ok(tagged_json(&headers, given.json))
}

/// An identifier in an address: one that cannot be is absent like any other.
fn identifier<T: std::str::FromStr>(text: &str) -> Result<T, ServiceError> {
    text.parse().map_err(|_| ErrorCode::ReportNotFound.into())
}

fn location(address: &str) -> Result<HeaderValue, ServiceError> {
    HeaderValue::from_str(address).map_err(|e| ServiceError::caused("header", e))
}

fn once(headers: &HeaderMap) -> Result<Option<Once>, ServiceError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=MAX_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| ServiceError::Refused {
        code: ErrorCode::RequestMalformed,
        violations: vec![
            Violation::new("Idempotency-Key", ErrorCode::ValueOutOfRange)
                .with("min", 1)
                .with("max", MAX_KEY),
        ],
    })?;
    Ok(Some(Once(key.to_owned())))
}
