//! What the office keeps about its own work: declared interests, doubts, deadlines and
//! who stands in for whom.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use itgel_domain::case::household::HouseholdChange;
use itgel_domain::case::interest::InterestKind;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, DoubtId, OfficerId, SubjectId};

use super::App;
use super::extract::{Json, Officer, Page, PageQuery, with_service};
use super::problem::Refusal;
use crate::process::{self, AbsenceRequest, Declaration, SettleRequest};
use crate::store::doubt::DoubtRow;
use crate::store::interest::InterestRow;

/// Whose declarations to read.
#[derive(serde::Deserialize)]
pub(super) struct AboutWhom {
    subject: Option<SubjectId>,
    officer: Option<OfficerId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// An interest that has ended.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    subject: SubjectId,
    officer: OfficerId,
    kind: InterestKind,
}

/// A campaign in a division.
#[derive(serde::Deserialize)]
pub(super) struct Where {
    cycle: CycleId,
    division: DivisionCode,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The number of lines that were asked for.
fn most(limit: Option<u32>) -> u32 {
    let cursor = None;
    PageQuery { cursor, limit }.limit()
}

pub(super) async fn interests(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<AboutWhom>,
) -> Result<Page<InterestRow>, Refusal> {
    let (cursor, limit) = (query.cursor.clone(), most(query.limit));
    let all = with_service(&app, move |s| {
        let (subject, officer) = (query.subject.as_ref(), query.officer.as_ref());
        s.store
            .read(|c| process::interests(c, &actor, subject, officer))
    });
    let place = |row: &InterestRow| {
        let at = row.declared_at.0;
        format!("{at:020} {} {} {}", row.subject, row.officer, row.kind)
    };
    Ok(Page::of(all.await?, place, cursor, limit))
}

pub(super) async fn declare(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(declaration): Json<Declaration>,
) -> Result<impl IntoResponse, Refusal> {
    let declared = with_service(&app, move |s| {
        let now = s.now();
        s.transact("interest.declare", move |s, tx| {
            process::declare(s, tx, &actor, &declaration, now)
        })
    });
    Ok(axum::Json(declared.await?))
}

pub(super) async fn end_interest(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(ended): Json<Ended>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        let now = s.now();
        s.transact("interest.end", move |s, tx| {
            let key = (&ended.subject, &ended.officer, ended.kind);
            process::interest::end(s, tx, &actor, key, now)
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn doubts(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<Where>,
) -> Result<Page<DoubtRow>, Refusal> {
    let (cursor, limit) = (query.cursor.clone(), most(query.limit));
    let all = with_service(&app, move |s| {
        s.store
            .read(|c| process::doubts(c, &actor, query.division, &query.cycle))
    });
    let place = |row: &DoubtRow| {
        let is_settled = u8::from(row.settled.is_some());
        format!("{is_settled} {:020} {}", row.raised_at.0, row.id)
    };
    Ok(Page::of(all.await?, place, cursor, limit))
}

pub(super) async fn settle_doubt(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DoubtId>,
    Json(request): Json<SettleRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let row = with_service(&app, move |s| {
        let now = s.now();
        s.transact("doubt.settle", move |s, tx| {
            process::settle(s, tx, &actor, &id, &request, now)
        })
    });
    Ok(axum::Json(row.await?))
}

pub(super) async fn duties(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<Where>,
) -> Result<impl IntoResponse, Refusal> {
    let limit = usize::try_from(most(query.limit)).unwrap_or(usize::MAX);
    let page = with_service(&app, move |s| {
        let place = (&query.cycle, query.division);
        s.store
            .read(|c| process::duties(s, c, &actor, place, query.cursor.as_deref(), limit))
    });
    Ok(axum::Json(page.await?))
}

pub(super) async fn enter_absence(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<AbsenceRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let row = with_service(&app, move |s| {
        let now = s.now();
        s.transact("absence.enter", move |_, tx| {
            process::enter_absence(tx, &actor, &request, now)
        })
    });
    Ok((StatusCode::CREATED, axum::Json(row.await?)))
}

pub(super) async fn change_household(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(change): Json<HouseholdChange>,
) -> Result<impl IntoResponse, Refusal> {
    let id = with_service(&app, move |s| {
        let now = s.now();
        s.transact("household.change", move |s, tx| {
            process::household::change(s, tx, &actor, &change, now)
        })
    });
    let body = serde_json::json!({ "id": id.await? });
    Ok((StatusCode::CREATED, axum::Json(body)))
}
