//! What staff read and do: boards, the queue, cases, conflicts, publicity.

use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use itgel_domain::case::CaseState;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId, DecisionId, DeviceId, SubjectId};
use itgel_domain::policy::Action;

use super::App;
use super::extract::{Json, Officer, Page, limit_of, with_service};
use super::problem::{self, Refusal};
use crate::error::ServiceError;
use crate::process::{self, QueueFilter, ResolveRequest, StepRequest, Stepped};
use crate::store::publicity::PublicityRow;
use crate::titles;
use crate::{auth, divisions, store};

/// A campaign, and a place in a list of it.
#[derive(serde::Deserialize)]
pub(super) struct InCycle {
    cycle: CycleId,
    division: Option<DivisionCode>,
    state: Option<CaseState>,
    search: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A banner.
#[derive(serde::Deserialize)]
pub(super) struct InBanner {
    banner: DivisionCode,
}

/// What became of one case of a batch.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum BatchResult {
    Done(Stepped),
    Refused {
        case: CaseId,
        code: ErrorCode,
        title: String,
    },
}

/// The number of a decision.
#[derive(serde::Serialize)]
struct Decided {
    decision: DecisionId,
}

/// Ends a peer evaluation to which too few evaluators came.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvaluationEnd {
    subject: SubjectId,
    cycle: CycleId,
}

/// A signed state of the log.
#[derive(serde::Serialize)]
struct Checkpoint {
    size: u64,
    root: Hash,
    at_ms: i64,
    signature: String,
}

impl InCycle {
    fn division(&self) -> Result<DivisionCode, ServiceError> {
        self.division
            .ok_or_else(|| ErrorCode::DivisionInvalid.into())
    }

    fn limit(&self) -> u32 {
        limit_of(self.limit)
    }
}

pub(super) async fn board(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Query(query): Query<InCycle>,
) -> Result<impl IntoResponse, Refusal> {
    let board = with_service(&app, move |s| {
        s.store
            .read(|c| titles::board(c, &actor, division, &query.cycle, s.now().on()))
    });
    Ok(axum::Json(board.await?))
}

pub(super) async fn division(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
) -> Result<impl IntoResponse, Refusal> {
    let history = with_service(&app, move |s| {
        s.store
            .read(|c| divisions::history(c, &actor, division, s.now().on()))
    });
    Ok(axum::Json(history.await?))
}

pub(super) async fn cycles(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InBanner>,
) -> Result<Page<Cycle>, Refusal> {
    let items = with_service(&app, move |s| {
        process::allow(&actor, Action::ReadBoard, query.banner)?;
        Ok(s.store.read(|c| store::cycle::list(c, query.banner))?)
    });
    Ok(Page {
        items: items.await?,
        next: None,
    })
}

pub(super) async fn queue(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InCycle>,
) -> Result<impl IntoResponse, Refusal> {
    let filter = QueueFilter {
        division: query.division()?,
        limit: usize::try_from(query.limit()).ok(),
        cycle: query.cycle,
        state: query.state,
        search: query.search,
        after: query.cursor,
    };
    let page = with_service(&app, move |s| {
        s.store.read(|c| process::queue(c, &actor, &filter))
    });
    let page = page.await?;
    Ok(Page {
        items: page.cases,
        next: page.next,
    })
}

pub(super) async fn case(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<CaseId>,
) -> Result<impl IntoResponse, Refusal> {
    let case = with_service(&app, move |s| {
        s.store.read(|c| process::case(s, c, &actor, &id))
    });
    Ok(axum::Json(case.await?))
}

pub(super) async fn picture(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((id, content)): Path<(CaseId, String)>,
) -> Result<impl IntoResponse, Refusal> {
    let content: Hash = content.parse().map_err(|_| ErrorCode::MediaUnknown)?;
    let shown = with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.picture", move |s, tx| {
            process::show_picture(s, tx, &actor, (&id, &content), now)
        })
    })
    .await?;
    Ok(([(CONTENT_TYPE, shown.kind.as_str())], shown.bytes))
}

pub(super) async fn step(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<CaseId>,
    Json(mut body): Json<serde_json::Map<String, serde_json::Value>>,
) -> Result<axum::Json<Stepped>, Refusal> {
    body.insert("case".into(), id.as_str().into());
    let request: StepRequest =
        serde_json::from_value(body.into()).map_err(|_| ErrorCode::RequestMalformed)?;
    let stepped = with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.step", move |s, tx| {
            process::step(s, tx, &actor, &request, now)
        })
    });
    Ok(axum::Json(stepped.await?))
}

pub(super) async fn steps(
    State(app): State<App>,
    Officer(actor): Officer,
    headers: HeaderMap,
    Json(requests): Json<Vec<StepRequest>>,
) -> Result<impl IntoResponse, Refusal> {
    let lang = problem::lang_of(&headers);
    let cases: Vec<CaseId> = requests
        .iter()
        .map(|request| request.case.clone())
        .collect();
    let done = with_service(&app, move |s| {
        process::step_batch(s, &actor, requests, s.now())
    })
    .await?;
    let result = |(case, result): (CaseId, Result<Stepped, ServiceError>)| match result {
        Ok(stepped) => BatchResult::Done(stepped),
        Err(error) => {
            let code = error.code();
            let title = itgel_text::error(lang, code, &[]);
            BatchResult::Refused { case, code, title }
        }
    };
    let items = cases.into_iter().zip(done).map(result).collect();
    Ok(Page { items, next: None })
}

pub(super) async fn conflicts(
    State(app): State<App>,
    Officer(actor): Officer,
    Query(query): Query<InCycle>,
) -> Result<impl IntoResponse, Refusal> {
    let (division, limit) = (query.division()?, query.limit());
    let (items, next) = with_service(&app, move |s| {
        let cursor = query.cursor.as_deref().unwrap_or_default();
        let after = cursor.split_once(' ').unwrap_or_default();
        let place = (division, &query.cycle);
        let rows = s
            .store
            .read(|c| process::open_conflicts(c, &actor, place, after, limit))?;
        let is_full = u32::try_from(rows.len()).is_ok_and(|n| n == limit);
        let last = rows.last().filter(|_| is_full);
        let next = last.map(|row| format!("{} {}", row.subject, row.item));
        Ok((rows, next))
    })
    .await?;
    Ok(Page { items, next })
}

pub(super) async fn resolve(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<ResolveRequest>,
) -> Result<impl IntoResponse, Refusal> {
    let decision = with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.resolve", move |s, tx| {
            process::resolve_conflict(s, tx, &actor, &request, now)
        })
    });
    Ok(axum::Json(Decided {
        decision: decision.await?,
    }))
}

pub(super) async fn end_evaluation(
    State(app): State<App>,
    Officer(actor): Officer,
    Json(request): Json<EvaluationEnd>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.end_evaluation", move |s, tx| {
            process::end_evaluation(s, tx, &actor, &request.subject, &request.cycle, now)
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn publicity(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Query(query): Query<InCycle>,
) -> Result<impl IntoResponse, Refusal> {
    let (cursor, limit) = (query.cursor.clone(), query.limit());
    let all = with_service(&app, move |s| {
        s.store
            .read(|c| process::publicity_list(c, &actor, division, &query.cycle))
    });
    let place = |line: &PublicityRow| {
        let gacha = line.division.filled_text();
        format!("{gacha} {} {}", line.local_code, line.case)
    };
    Ok(Page::of(all.await?, place, cursor, limit))
}

pub(super) async fn publish(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(division): Path<DivisionCode>,
    Query(query): Query<InCycle>,
) -> Result<impl IntoResponse, Refusal> {
    let published = with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.publish", move |s, tx| {
            process::publish_gacha(s, tx, &actor, division, &query.cycle, now)
        })
    });
    Ok(axum::Json(published.await?))
}

pub(super) async fn revoke(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<DeviceId>,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| auth::revoke(s, &actor, &id, s.now())).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn checkpoint(State(app): State<App>) -> Result<impl IntoResponse, Refusal> {
    let newest = with_service(&app, |s| Ok(s.store.read(store::log::newest_checkpoint)?)).await?;
    let signed = newest.ok_or(ErrorCode::NotFound)?;
    Ok(axum::Json(Checkpoint {
        size: signed.checkpoint.size,
        root: signed.checkpoint.root,
        at_ms: signed.checkpoint.at.0,
        signature: signed.signature,
    }))
}
