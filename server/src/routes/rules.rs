//! Rule packs and parameter tables: handed in, run in shadow, put into force by another person.

use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;

use super::App;
use super::extract::{Json, NoBody, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::error::ServiceError;
use crate::rules::{self, ActivateRequest, NewRuleFile, RuleFileView};
use crate::shadow::{self, DivisionLine};

/// Which divisions of a run.
#[derive(serde::Deserialize)]
pub(super) struct DivisionQuery {
    division: Option<DivisionCode>,
    cursor: Option<DivisionCode>,
    limit: Option<u32>,
}

pub(super) async fn list(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<PageQuery>,
) -> Result<Page<RuleFileView>, Refusal> {
    let limit = query.limit();
    let after = query.cursor.unwrap_or_default();
    let items = with_service(&app, move |s| {
        s.store.read(|c| rules::list(c, &actor, &after, limit))
    });
    let items = items.await?;
    let is_full = items.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let last = items.last().map(|file| file.hash.to_string());
    Ok(Page {
        next: last.filter(|_| is_full),
        items,
    })
}

pub(super) async fn propose(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(file): Json<NewRuleFile>,
) -> Result<impl IntoResponse, Refusal> {
    let made = with_service(&app, move |s| rules::propose(s, &actor, &file, s.now()));
    Ok((StatusCode::CREATED, axum::Json(made.await?)))
}

pub(super) async fn file(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let hash = named(&hash)?;
    let text = with_service(&app, move |s| {
        s.store.read(|c| rules::text(c, &actor, &hash))
    });
    let kind = HeaderValue::from_static("application/toml");
    Ok(([(CONTENT_TYPE, kind)], text.await?))
}

pub(super) async fn withdraw(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
) -> Result<axum::Json<RuleFileView>, Refusal> {
    let hash = named(&hash)?;
    let work = move |s: &crate::Service| rules::withdraw(s, &actor, &hash, s.now());
    Ok(axum::Json(with_service(&app, work).await?))
}

pub(super) async fn activate(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
    Json(request): Json<ActivateRequest>,
) -> Result<axum::Json<RuleFileView>, Refusal> {
    let hash = named(&hash)?;
    let work = move |s: &crate::Service| rules::activate(s, &actor, &hash, &request, s.now());
    Ok(axum::Json(with_service(&app, work).await?))
}

pub(super) async fn begin_shadow(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
    _: NoBody,
) -> Result<impl IntoResponse, Refusal> {
    let hash = named(&hash)?;
    let begun = with_service(&app, move |s| shadow::begin(s, &actor, &hash));
    Ok((StatusCode::ACCEPTED, axum::Json(begun.await?)))
}

pub(super) async fn shadow(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let hash = named(&hash)?;
    let view = with_service(&app, move |s| {
        s.store.read(|c| shadow::view(c, &actor, &hash))
    });
    Ok(axum::Json(view.await?))
}

pub(super) async fn shadow_divisions(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
    Query(query): Query<DivisionQuery>,
) -> Result<Page<DivisionLine>, Refusal> {
    let hash = named(&hash)?;
    let (cursor, limit) = (None, query.limit);
    let limit = usize::try_from(PageQuery { cursor, limit }.limit()).unwrap_or(usize::MAX);
    let lines = with_service(&app, move |s| {
        s.store
            .read(|c| shadow::divisions(c, &actor, &hash, query.division))
    });
    let behind = lines.await?.into_iter();
    let behind = behind.filter(|line| {
        let code = line.division.filled_text();
        query.cursor.is_none_or(|after| code > after.filled_text())
    });
    let mut items: Vec<DivisionLine> = behind.take(limit + 1).collect();
    let goes_on = items.len() > limit;
    items.truncate(limit);
    let last = items.last().map(|line| line.division.to_string());
    Ok(Page {
        next: last.filter(|_| goes_on),
        items,
    })
}

pub(super) async fn shadow_table(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(hash): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let hash = named(&hash)?;
    let bytes = with_service(&app, move |s| shadow::workbook(s, &actor, &hash)).await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let name = "attachment; filename=\"migration.xlsx\"";
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    Ok((headers, bytes))
}

/// What cannot be a hash is no file.
fn named(hash: &str) -> Result<Hash, ServiceError> {
    hash.parse().map_err(|_| ErrorCode::PackUnknown.into())
}
