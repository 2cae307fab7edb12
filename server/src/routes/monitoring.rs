//! What staff read and do about monitoring: early warnings, checks, validation, work quality.

use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CycleId, WarningId};
use itgel_domain::monitoring::{Quarter, Reaction, WarningState};
use itgel_domain::subject::SubjectKind;

use super::App;
use super::extract::{Json, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::monitoring::desk::{self, WarningDetail, WarningFilter, WarningRequest};
use crate::monitoring::report::{self, AnnualReport};
use crate::monitoring::validate::{self, ValidationRequest};
use crate::monitoring::{run, work};
use crate::store::monitor::MonitorRun;
use crate::store::warning::Order;

/// A workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Which warnings.
#[derive(serde::Deserialize)]
pub(super) struct WarningQuery {
    division: DivisionCode,
    state: Option<WarningState>,
    reaction: Option<Reaction>,
    search: Option<String>,
    #[serde(default)]
    order: Order,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A banner.
#[derive(serde::Deserialize)]
pub(super) struct InBanner {
    banner: DivisionCode,
    limit: Option<u32>,
}

/// Asks for a check.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    banner: DivisionCode,
    quarter: Quarter,
}

/// A campaign in a division, beside the one that it is compared with.
#[derive(serde::Deserialize)]
pub(super) struct InCampaign {
    cycle: CycleId,
    before: Option<CycleId>,
    kind: Option<SubjectKind>,
}

pub(super) async fn warnings(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<WarningQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let filter = WarningFilter {
        division: query.division,
        state: query.state,
        reaction: query.reaction,
        search: query.search,
        order: query.order,
        after: query.cursor,
        limit: limit_of(query.limit),
    };
    let page = with_service(&app, move |s| {
        s.store.read(|c| desk::list(c, &actor, &filter))
    });
    let page = page.await?;
    Ok(Page {
        items: page.warnings,
        next: page.next,
    })
}

pub(super) async fn warning(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<WarningId>,
) -> Result<axum::Json<WarningDetail>, Refusal> {
    let detail = with_service(&app, move |s| s.store.read(|c| desk::get(c, &actor, &id)));
    Ok(axum::Json(detail.await?))
}

pub(super) async fn warning_step(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<WarningId>,
    Json(request): Json<serde_json::Value>,
) -> Result<axum::Json<WarningDetail>, Refusal> {
    let request: WarningRequest =
        serde_json::from_value(request).map_err(|_| ErrorCode::RequestMalformed)?;
    let detail = with_service(&app, move |s| {
        let now = s.now();
        s.transact("monitoring.step", move |s, tx| {
            desk::step(s, tx, &actor, &id, &request, now)
        })
    });
    Ok(axum::Json(detail.await?))
}

pub(super) async fn checks(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InBanner>,
) -> Result<Page<MonitorRun>, Refusal> {
    let limit = limit_of(query.limit);
    let items = with_service(&app, move |s| {
        s.store.read(|c| desk::runs(c, &actor, query.banner, limit))
    });
    Ok(Page {
        items: items.await?,
        next: None,
    })
}

pub(super) async fn start(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<CheckRequest>,
) -> Result<axum::Json<MonitorRun>, Refusal> {
    let run = with_service(&app, move |s| {
        let now = s.now();
        s.transact("monitoring.start", move |_, tx| {
            run::start(tx, &actor, request.banner, request.quarter, now)
        })
    });
    Ok(axum::Json(run.await?))
}

pub(super) async fn check_table(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((banner, quarter)): Path<(DivisionCode, Quarter)>,
) -> Result<impl IntoResponse, Refusal> {
    let bytes = with_service(&app, move |s| {
        let found = s.store.read(|c| desk::run(c, &actor, banner, quarter))?;
        report::workbook(&report::check_sheets(&found), &report::notes(None))
    });
    Ok(workbook(bytes.await?, &format!("{banner}-{quarter}")))
}

pub(super) async fn annual(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((banner, year)): Path<(DivisionCode, i16)>,
) -> Result<axum::Json<AnnualReport>, Refusal> {
    let found = with_service(&app, move |s| {
        s.store.read(|c| report::annual(s, c, &actor, banner, year))
    });
    Ok(axum::Json(found.await?))
}

pub(super) async fn annual_table(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((banner, year)): Path<(DivisionCode, i16)>,
) -> Result<impl IntoResponse, Refusal> {
    let bytes = with_service(&app, move |s| {
        let found = s
            .store
            .read(|c| report::annual(s, c, &actor, banner, year))?;
        let notes = report::notes(found.validation.as_ref());
        report::workbook(&report::annual_sheets(&found), &notes)
    });
    Ok(workbook(bytes.await?, &format!("{banner}-{year}")))
}

pub(super) async fn validation(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Query(query): Query<InCampaign>,
) -> Result<impl IntoResponse, Refusal> {
    let request = ValidationRequest {
        division,
        cycle: query.cycle,
        before: query.before,
        kind: query.kind.unwrap_or(SubjectKind::Household),
    };
    let found = with_service(&app, move |s| {
        s.store.read(|c| validate::validate(s, c, &actor, &request))
    });
    Ok(axum::Json(found.await?))
}

pub(super) async fn work_quality(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Query(query): Query<InCampaign>,
) -> Result<Page<work::WorkLine>, Refusal> {
    let lines = with_service(&app, move |s| {
        s.store
            .read(|c| work::quality(s, c, &actor, division, &query.cycle))
    });
    Ok(Page {
        items: lines.await?,
        next: None,
    })
}

fn limit_of(limit: Option<u32>) -> u32 {
    let cursor = None;
    PageQuery { cursor, limit }.limit()
}

fn workbook(bytes: Vec<u8>, name: &str) -> impl IntoResponse + use<> {
    let attachment = format!("attachment; filename=\"itgel-{name}.xlsx\"");
    let headers = [
        (CONTENT_TYPE, XLSX.to_owned()),
        (CONTENT_DISPOSITION, attachment),
    ];
    (headers, bytes)
}
