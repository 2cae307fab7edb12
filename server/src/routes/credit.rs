//! What staff read and do about credit records, measures and reporting in time.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use itgel_domain::credit::{Amendment, MeasureKind, MeasureState};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{MeasureId, RowId};
use itgel_domain::register::{CreditClass, PublicityKind};
use jiff::civil::Date;

use super::App;
use super::extract::{Json, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::credit::measures::{self, InitiateRequest, MeasureFilter, MeasureRequest};
use crate::credit::reading::{self, RecordFilter};
use crate::credit::records::{self, EnterRequest};
use crate::credit::screening::{self, ScreeningLine, ScreeningRequest};
use crate::credit::{publicity, repeats};
use crate::store::credit_record::Order;

/// Which records.
#[derive(serde::Deserialize)]
pub(super) struct RecordQuery {
    division: DivisionCode,
    class: Option<CreditClass>,
    register: Option<String>,
    kind: Option<PublicityKind>,
    #[serde(default)]
    closed: bool,
    search: Option<String>,
    #[serde(default)]
    order: Order,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Which measures.
#[derive(serde::Deserialize)]
pub(super) struct MeasureQuery {
    division: DivisionCode,
    state: Option<MeasureState>,
    kind: Option<MeasureKind>,
    search: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A division, a page of it.
#[derive(serde::Deserialize)]
pub(super) struct InDivision {
    division: DivisionCode,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A division and the days of decision.
#[derive(serde::Deserialize)]
pub(super) struct Period {
    division: DivisionCode,
    from: Date,
    to: Date,
}

fn limit_of(limit: Option<u32>) -> u32 {
    let cursor = None;
    PageQuery { cursor, limit }.limit()
}

pub(super) async fn records(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<RecordQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let filter = RecordFilter {
        division: query.division,
        class: query.class,
        register: query.register,
        kind: query.kind,
        with_closed: query.closed,
        search: query.search,
        order: query.order,
        after: query.cursor,
        limit: limit_of(query.limit),
    };
    let page = with_service(&app, move |s| {
        s.store.read(|c| reading::list(s, c, &actor, &filter))
    });
    let page = page.await?;
    Ok(Page {
        items: page.records,
        next: page.next,
    })
}

pub(super) async fn enter(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<EnterRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let entered = with_service(&app, move |s| {
        let now = s.now();
        s.transact("credit.enter", move |s, tx| {
            records::enter(s, tx, &actor, &request, now)
        })
    });
    Ok((StatusCode::CREATED, axum::Json(entered.await?)))
}

pub(super) async fn record(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<RowId>,
) -> Result<impl IntoResponse, Refusal> {
    let record = with_service(&app, move |s| {
        s.store.read(|c| reading::get(s, c, &actor, &id))
    });
    Ok(axum::Json(record.await?))
}

pub(super) async fn amend(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<RowId>,
    Json(amendment): Json<Amendment>,
) -> Result<impl IntoResponse, Refusal> {
    let amended = with_service(&app, move |s| {
        let now = s.now();
        s.transact("credit.amend", move |s, tx| {
            records::amend(s, tx, &actor, &id, &amendment, now)
        })
    });
    Ok(axum::Json(amended.await?))
}

pub(super) async fn measures(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<MeasureQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let filter = MeasureFilter {
        division: query.division,
        state: query.state,
        kind: query.kind,
        search: query.search,
        after: query.cursor,
        limit: limit_of(query.limit),
    };
    let page = with_service(&app, move |s| {
        s.store.read(|c| measures::list(c, &actor, &filter))
    });
    let (items, next) = page.await?;
    Ok(Page { items, next })
}

pub(super) async fn initiate(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<InitiateRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let made = with_service(&app, move |s| {
        let now = s.now();
        s.transact("credit.initiate", move |s, tx| {
            measures::initiate(s, tx, &actor, &request, now)
        })
    });
    Ok((StatusCode::CREATED, axum::Json(made.await?)))
}

pub(super) async fn measure(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<MeasureId>,
) -> Result<impl IntoResponse, Refusal> {
    let measure = with_service(&app, move |s| {
        s.store.read(|c| measures::get(c, &actor, &id))
    });
    Ok(axum::Json(measure.await?))
}

pub(super) async fn measure_step(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<MeasureId>,
    Json(request): Json<MeasureRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let stepped = with_service(&app, move |s| {
        let now = s.now();
        s.transact("credit.measure_step", move |s, tx| {
            measures::step(s, tx, &actor, &id, &request, now)
        })
    });
    Ok(axum::Json(stepped.await?))
}

pub(super) async fn publicity_report(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<Period>,
) -> Result<impl IntoResponse, Refusal> {
    let period = (query.from, query.to);
    let report = with_service(&app, move |s| {
        s.store
            .read(|c| publicity::report(s, c, &actor, query.division, period))
    });
    Ok(axum::Json(report.await?))
}

pub(super) async fn repeat_ledger(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InDivision>,
) -> Result<impl IntoResponse, Refusal> {
    let limit = limit_of(query.limit);
    let page = with_service(&app, move |s| {
        let after = query.cursor.as_deref().unwrap_or_default();
        s.store
            .read(|c| repeats::ledger(s, c, &actor, query.division, after, limit))
    });
    let (items, next) = page.await?;
    let next = next.map(|id| id.to_string());
    Ok(Page { items, next })
}

pub(super) async fn screen(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<ScreeningRequest>,
) -> Result<Page<ScreeningLine>, Refusal> {
    let items = with_service(&app, move |s| {
        screening::screening(s, &actor, &request, s.now())
    });
    Ok(Page {
        items: items.await?,
        next: None,
    })
}
