//! What staff read and do with titles of gachas and sumus.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use jiff::civil::Date;

use super::App;
use super::extract::{Json, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::store::title_joint::JointRow;
use crate::store::title_snapshot::SnapshotListed;
use crate::titles::{self, JointRequest, Proof, TitleRequest, TitleTask, TitleView};

/// A place in the titles of a campaign.
#[derive(serde::Deserialize)]
pub(super) struct InCycle {
    cycle: CycleId,
    division: DivisionCode,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A place in a list of a division.
#[derive(serde::Deserialize)]
pub(super) struct InDivision {
    division: DivisionCode,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Asks for a snapshot of titles.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SnapshotRequest {
    cycle: CycleId,
    as_of: Date,
}

const fn limit(limit: Option<u32>) -> PageQuery {
    PageQuery {
        cursor: None,
        limit,
    }
}

pub(super) async fn titles(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InCycle>,
) -> Result<Page<TitleView>, Refusal> {
    let (division, cursor, limit) = (
        query.division,
        query.cursor.clone(),
        limit(query.limit).limit(),
    );
    let all = with_service(&app, move |s| {
        s.store
            .read(|c| titles::list(c, &actor, division, &query.cycle))
    });
    let place = |line: &TitleView| line.place();
    Ok(Page::of(all.await?, place, cursor, limit))
}

pub(super) async fn step(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Json(mut body): Json<serde_json::Map<String, serde_json::Value>>,
) -> Result<axum::Json<TitleView>, Refusal> {
    body.insert("division".into(), division.to_string().into());
    let request: TitleRequest =
        serde_json::from_value(body.into()).map_err(|_| ErrorCode::RequestMalformed)?;
    let stepped = with_service(&app, move |s| {
        let now = s.now();
        s.transact("titles.step", move |s, tx| {
            titles::step(s, tx, &actor, &request, now)
        })
    });
    Ok(axum::Json(stepped.await?))
}

pub(super) async fn tasks(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InDivision>,
) -> Result<Page<TitleTask>, Refusal> {
    let (division, limit) = (query.division, limit(query.limit).limit());
    let all = with_service(&app, move |s| {
        s.store.read(|c| titles::queue(s, c, &actor, division))
    });
    Ok(Page::of(all.await?, TitleTask::place, query.cursor, limit))
}

pub(super) async fn snapshots(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InDivision>,
) -> Result<Page<SnapshotListed>, Refusal> {
    let (division, cursor, limit) = (query.division, query.cursor, limit(query.limit).limit());
    let page = with_service(&app, move |s| {
        s.store
            .read(|c| titles::list_snapshots(c, &actor, division, cursor.as_deref(), limit))
    });
    let (items, next) = page.await?;
    Ok(Page { items, next })
}

pub(super) async fn proof(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<Hash>,
) -> Result<axum::Json<Proof>, Refusal> {
    let proof = with_service(&app, move |s| {
        s.store.read(|c| titles::prove(s, c, &actor, &id))
    });
    Ok(axum::Json(proof.await?))
}

pub(super) async fn join(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<JointRequest>,
) -> Result<axum::Json<JointRow>, Refusal> {
    let pair = with_service(&app, move |s| {
        let now = s.now();
        s.transact("titles.join", move |s, tx| {
            titles::assess_jointly(s, tx, &actor, &request, now)
        })
    });
    Ok(axum::Json(pair.await?))
}

pub(super) async fn separate(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        let now = s.now();
        s.transact("titles.separate", move |s, tx| {
            titles::separate(s, tx, &actor, division, now)
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn snapshot(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<SnapshotRequest>,
) -> Result<impl IntoResponse, Refusal> {
    with_service(&app, move |s| {
        let now = s.now();
        s.transact("titles.request_snapshot", move |s, tx| {
            titles::request_snapshot(s, tx, &actor, &request.cycle, request.as_of, now)
        })
    })
    .await?;
    Ok(StatusCode::ACCEPTED)
}
