//! What was set aside, for the people who decide about it.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::policy::Actor;
use itgel_domain::time::AtMs;
use itgel_text::Lang;

use super::App;
use super::extract::{Json, Officer, Page, limit_of, with_service};
use super::problem::{self, Refusal};
use crate::error::ServiceError;
use crate::quarantine::{self, DecideRequest, Opened, QuarantineLine, QuarantineQuery};
use crate::service::Service;
use crate::store::Tx;

/// A line in the caller's language.
#[derive(serde::Serialize)]
struct Shown<T> {
    #[serde(flatten)]
    what: T,
    title: String,
}

pub(super) async fn list(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Query(query): Query<QuarantineQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let lang = problem::lang_of(&headers);
    let limit = limit_of(query.limit);
    let (lines, next) = with_service(&app, move |s| {
        let bounds = (s.now(), limit);
        s.store
            .read(|c| quarantine::list(c, &actor, &query, bounds))
    })
    .await?;
    let items: Vec<_> = lines.into_iter().map(|line| shown(lang, line)).collect();
    Ok(Page { items, next })
}

pub(super) async fn open(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let (lang, id) = (problem::lang_of(&headers), named(&id)?);
    let opened: Opened = with_service(&app, move |s| {
        let now = s.now();
        s.transact("quarantine.open", move |s, tx| {
            quarantine::open(s, tx, &actor, &id, now)
        })
    })
    .await?;
    let title = itgel_text::error(lang, opened.line.row.reason, &[]);
    Ok(axum::Json(Shown {
        what: opened,
        title,
    }))
}

pub(super) async fn release(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(request): Json<DecideRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let asked = (actor, named(&id)?, request);
    decide(&app, &headers, asked, quarantine::release).await
}

pub(super) async fn reject(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Path(id): Path<String>,
    Json(request): Json<DecideRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let asked = (actor, named(&id)?, request);
    decide(&app, &headers, asked, quarantine::reject).await
}

/// What a person decides about an envelope.
type Decision = fn(
    &Service,
    &Tx<'_>,
    &Actor,
    (&ChainRef, &DecideRequest),
    AtMs,
) -> Result<QuarantineLine, ServiceError>;

async fn decide(
    app: &App,
    headers: &HeaderMap,
    (actor, id, request): (Actor, ChainRef, DecideRequest),
    decision: Decision,
) -> Result<axum::Json<Shown<QuarantineLine>>, Refusal> {
    let line = with_service(app, move |s| {
        let now = s.now();
        s.transact("quarantine.decide", move |s, tx| {
            decision(s, tx, &actor, (&id, &request), now)
        })
    });
    Ok(axum::Json(shown(problem::lang_of(headers), line.await?)))
}

/// The place that an address names; what names none is unknown like any other.
fn named(text: &str) -> Result<ChainRef, Refusal> {
    Ok(text.parse().map_err(|_| ErrorCode::QuarantineUnknown)?)
}

fn shown(lang: Lang, line: QuarantineLine) -> Shown<QuarantineLine> {
    Shown {
        title: itgel_text::error(lang, line.row.reason, &[]),
        what: line,
    }
}
