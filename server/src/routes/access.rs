//! Sign-in and enrolment.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{DeviceId, OfficerId};

use super::extract::{Json, NoBody, Officer, Page, blocking, with_service};
use super::problem::Refusal;
use super::{App, arrival};
use crate::auth::client::{self, ClientCredentials};
use crate::auth::device::{self, ChallengeRequest, TokenRequest};
use crate::auth::trust::{self, Wiped};
use crate::auth::{self, AccessToken, Confirmation, EnrolRequest, LiftRequest};

/// Tokens are not for caches (RFC 6749, 5.1).
const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Who is to get a code.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentRequest {
    officer: OfficerId,
}

/// A code, shown once: as it is typed, as a text for a QR code, and as its picture.
#[derive(serde::Serialize)]
struct EnrolmentCode {
    code: String,
    invitation: String,
    svg: String,
    expires_in: i64,
}

/// The words on the screen of a device.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fingerprint {
    fingerprint: String,
}

pub(super) async fn challenge(
    State(app): State<App>,
    Json(request): Json<ChallengeRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let township = township_of(&app, &request.device).await?;
    let work = with_service(&app, move |s| device::challenge(s, &request, s.now()));
    let given = arrival::signing_in(township, work).await?;
    Ok((NO_STORE, axum::Json(given)))
}

pub(super) async fn device_token(
    State(app): State<App>,
    Json(request): Json<TokenRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let township = township_of(&app, &request.device).await?;
    let work = blocking(&app, move |app| {
        device::token(&app.service, &app.tokens, &request, app.service.now())
    });
    let given = arrival::signing_in(township, work).await?;
    Ok((NO_STORE, axum::Json(given)))
}

/// The township of a device that signs in: a look that is short, before the work that waits.
async fn township_of(app: &App, device: &DeviceId) -> Result<Option<DivisionCode>, Refusal> {
    let device = device.clone();
    with_service(app, move |s| s.store.read(|c| device::township(c, &device))).await
}

/// An access token for a lender's machine: OAuth 2 client credentials with `private_key_jwt`.
#[utoipa::path(
    post,
    path = "/v1/oauth/token",
    tag = "token",
    request_body(content = ClientCredentials, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token for ten minutes", body = AccessToken),
        (status = 400, description = "Another grant", body = super::problem::Problem,
            content_type = "application/problem+json"),
        (status = 401, description = "Unknown client, or a wrong, ended or used assertion",
            body = super::problem::Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub(super) async fn client_token(
    State(app): State<App>,
    form: Result<Form<ClientCredentials>, axum::extract::rejection::FormRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let Form(request) = form.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::RequestTooLarge,
        _ => ErrorCode::RequestMalformed,
    })?;
    let given: AccessToken = blocking(&app, move |app| {
        client::token(&app.service, &app.tokens, &request, app.service.now())
    })
    .await?;
    Ok((NO_STORE, axum::Json(given)))
}

pub(super) async fn issue_enrolment(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<EnrolmentRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let invitation = with_service(&app, move |s| {
        let confirmation = Confirmation::Needed;
        auth::issue_enrolment(s, &actor, &request.officer, confirmation, s.now())
    })
    .await?;
    let text = invitation.to_string();
    let answer = EnrolmentCode {
        svg: auth::qr::svg(&text)?,
        invitation: text,
        code: invitation.code,
        expires_in: auth::enrol::CODE_LIFE_S,
    };
    Ok((StatusCode::CREATED, NO_STORE, axum::Json(answer)))
}

pub(super) async fn enrol(
    State(app): State<App>,
    Json(request): Json<EnrolRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let admitted = with_service(&app, move |s| auth::enrol(s, &request, s.now())).await?;
    Ok((StatusCode::CREATED, axum::Json(admitted)))
}

/// The devices that wait for an administrator to compare their fingerprint.
pub(super) async fn waiting(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let lang = super::problem::lang_of(&headers);
    let items = with_service(&app, move |s| {
        s.store.read(|c| auth::waiting(c, &actor, lang))
    });
    Ok(Page {
        items: items.await?,
        next: None,
    })
}

pub(super) async fn confirm(
    State(app): State<App>,
    Path(device): Path<DeviceId>,
    Officer(actor): Officer,
    Json(request): Json<Fingerprint>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        auth::confirm(s, &actor, &device, &request.fingerprint, s.now())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The devices whose chains part, with both branches.
pub(super) async fn frozen(
    State(app): State<App>,
    Officer(actor): Officer,
) -> Result<impl IntoResponse, Refusal> {
    let items = with_service(&app, move |s| auth::frozen(s, &actor)).await?;
    Ok(Page { items, next: None })
}

pub(super) async fn unfreeze(
    State(app): State<App>,
    Path(device): Path<DeviceId>,
    Officer(actor): Officer,
    Json(request): Json<LiftRequest>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        auth::lift_freeze(s, &actor, (&device, &request), s.now())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn wipe(
    State(app): State<App>,
    Path(device): Path<DeviceId>,
    Officer(actor): Officer,
    _: NoBody,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        trust::order_wipe(s, &actor, &device, s.now())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn wiped(
    State(app): State<App>,
    Json(told): Json<Wiped>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| trust::wiped(s, &told, s.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn jwks(State(app): State<App>) -> axum::Json<serde_json::Value> {
    axum::Json(app.tokens.jwks())
}
