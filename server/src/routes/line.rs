//! The lender API: parameters of reference lines, and the pre-credit list of a gacha.

use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use itgel_domain::authorisation::Purpose;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;

use super::App;
use super::extract::{AtLender, Json, Lender, NoBody, Page, PageQuery, with_service};
use super::problem::{Problem, Refusal};
use crate::error::ServiceError;
use crate::lending::{
    self, LineFile, NewLineFile, PreCreditPage, PreCreditRequest, PreCreditSort, TableFormat,
};

/// Which list, and in which order.
#[derive(Debug, Clone, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PreCreditQuery {
    /// What for: a purpose of the contract.
    #[param(value_type = String)]
    purpose: Purpose,
    /// `code` (usual) or `line`, the largest first.
    #[serde(default)]
    #[param(inline, required = false)]
    sort: PreCreditSort,
    /// Where the last answer ended: its `next`.
    cursor: Option<String>,
    /// Most households of the answer, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Of a file: `xlsx` (usual) or `csv`.
    #[serde(default)]
    #[param(inline, required = false)]
    format: TableFormat,
}

/// Hands in the lender's own parameters of its reference line. They are in force once they are
/// activated; the same file again changes nothing.
#[utoipa::path(
    post,
    path = "/v1/lines",
    tag = "reference lines",
    request_body = NewLineFile,
    responses(
        (status = 201, description = "Handed in", body = LineFile),
        (status = 422, description = "The first fault of the file, with line and key",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn propose(
    State(app): State<App>,
    AtLender(actor): AtLender,
    Json(file): Json<NewLineFile>,
) -> Result<impl IntoResponse, Refusal> {
    let made = with_service(&app, move |s| {
        lending::propose_line(s, &actor, &file, s.now())
    });
    Ok((StatusCode::CREATED, axum::Json(made.await?)))
}

/// The lender's own parameter files, the latest first.
#[utoipa::path(
    get,
    path = "/v1/lines",
    tag = "reference lines",
    responses((status = 200, description = "All of them", body = Page<LineFile>)),
)]
pub(super) async fn files(
    State(app): State<App>,
    AtLender(actor): AtLender,
) -> Result<Page<LineFile>, Refusal> {
    let items = with_service(&app, move |s| lending::line_files(s, &actor)).await?;
    Ok(Page { items, next: None })
}

/// One of them as it was handed in.
#[utoipa::path(
    get,
    path = "/v1/lines/{hash}",
    tag = "reference lines",
    params(("hash" = String, Path, description = "SHA-256 of the file")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "application/toml"),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn file(
    State(app): State<App>,
    AtLender(actor): AtLender,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let hash = named(&hash)?;
    let text = with_service(&app, move |s| lending::line_text(s, &actor, &hash)).await?;
    let kind = HeaderValue::from_static("application/toml");
    Ok(([(CONTENT_TYPE, kind)], text))
}

/// Puts a file into force. Where the lender has two people it takes another than the one who
/// handed it in.
#[utoipa::path(
    post,
    path = "/v1/lines/{hash}/activate",
    tag = "reference lines",
    params(("hash" = String, Path, description = "SHA-256 of the file")),
    responses(
        (status = 200, description = "In force from its first day", body = LineFile),
        (status = 403, description = "It takes a second person", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn activate(
    State(app): State<App>,
    AtLender(actor): AtLender,
    Path(hash): Path<String>,
    _: NoBody,
) -> Result<axum::Json<LineFile>, Refusal> {
    let hash = named(&hash)?;
    let work = move |s: &crate::service::Service| lending::activate_line(s, &actor, &hash, s.now());
    Ok(axum::Json(with_service(&app, work).await?))
}

/// Takes a file out of force, at once; doing it twice is harmless.
#[utoipa::path(
    delete,
    path = "/v1/lines/{hash}",
    tag = "reference lines",
    params(("hash" = String, Path, description = "SHA-256 of the file")),
    responses(
        (status = 200, description = "Out of force", body = LineFile),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn withdraw(
    State(app): State<App>,
    AtLender(actor): AtLender,
    Path(hash): Path<String>,
) -> Result<axum::Json<LineFile>, Refusal> {
    let hash = named(&hash)?;
    let work = move |s: &crate::service::Service| lending::withdraw_line(s, &actor, &hash, s.now());
    Ok(axum::Json(with_service(&app, work).await?))
}

/// The credit households of a gacha that authorised the lender for the purpose, with reference
/// lines, and of all others the count alone. Each household of a page counts against the day's
/// quota; a page ends where the quota does.
#[utoipa::path(
    get,
    path = "/v1/pre-credit/{division}",
    tag = "pre-credit",
    params(("division" = String, Path, description = "The gacha"), PreCreditQuery),
    responses(
        (status = 200, description = "A page", body = PreCreditPage),
        (status = 403, description = "Outside the contract", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "No gacha", body = Problem,
            content_type = "application/problem+json"),
        (status = 429, description = "The day's quota is used up", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pre_credit(
    State(app): State<App>,
    Lender(actor): Lender,
    Path(division): Path<DivisionCode>,
    Query(query): Query<PreCreditQuery>,
) -> Result<axum::Json<PreCreditPage>, Refusal> {
    let request = query.request(division);
    let page = with_service(&app, move |s| {
        lending::pre_credit(s, &actor, &request, s.now())
    });
    Ok(axum::Json(page.await?))
}

/// The same list as a file, whole or not at all.
#[utoipa::path(
    get,
    path = "/v1/pre-credit/{division}/table",
    tag = "pre-credit",
    params(("division" = String, Path, description = "The gacha"), PreCreditQuery),
    responses(
        (status = 200, description = "The file, with Chinese heads", body = Vec<u8>,
            content_type = "application/octet-stream"),
        (status = 429, description = "The day's quota does not reach for the whole list",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pre_credit_table(
    State(app): State<App>,
    Lender(actor): Lender,
    Path(division): Path<DivisionCode>,
    Query(query): Query<PreCreditQuery>,
) -> Result<Response, Refusal> {
    let format = query.format;
    let request = query.request(division);
    let bytes = with_service(&app, move |s| {
        lending::pre_credit_table(s, &actor, &request, format, s.now())
    })
    .await?;
    let (kind, name) = match format {
        TableFormat::Xlsx => (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment; filename=\"pre-credit.xlsx\"",
        ),
        TableFormat::Csv => (
            "text/csv; charset=utf-8",
            "attachment; filename=\"pre-credit.csv\"",
        ),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    Ok((headers, bytes).into_response())
}

impl PreCreditQuery {
    fn request(self, division: DivisionCode) -> PreCreditRequest {
        let page = PageQuery {
            cursor: self.cursor,
            limit: self.limit,
        };
        PreCreditRequest {
            division,
            purpose: self.purpose,
            sort: self.sort,
            limit: Some(page.limit()),
            after: page.cursor,
        }
    }
}

/// What cannot be a hash is no file of anybody's.
fn named(hash: &str) -> Result<Hash, ServiceError> {
    hash.parse().map_err(|_| ErrorCode::LineUnknown.into())
}
