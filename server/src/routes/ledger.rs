//! The loan ledger: lenders report, registrars enter for them, another person decides.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::LedgerId;

use super::App;
use super::extract::{Json, Officer, OfficerOrLender, Page, PageQuery, limit_of, with_service};
use super::problem::{Problem, Refusal};
use crate::error::ServiceError;
use crate::ledger::{self, Entered, LedgerView, NewLedger, NumberedForm};
use crate::store::ledger_fault::{FaultRow, UnmatchedRow};

/// A banner.
#[derive(serde::Deserialize)]
pub(super) struct OfBanner {
    division: DivisionCode,
    limit: Option<u32>,
}

/// Rows of a ledger.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows {
    /// At most 500.
    rows: Vec<NumberedForm>,
}

/// Opens the ledger of a month. One of the same month that is not in force yet is given up.
#[utoipa::path(
    post,
    path = "/v1/loan-ledgers",
    tag = "loan ledgers",
    request_body = NewLedger,
    responses(
        (status = 201, description = "Opened: send its rows", body = LedgerView),
        (status = 422, description = "The month has not ended, or no contract for the banner",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn open(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Json(new): Json<NewLedger>,
) -> Result<Response, Refusal> {
    let view = with_service(&app, move |s| {
        s.transact("ledger.open", move |service, tx| {
            let id = ledger::open(tx, &actor, &new, service.now())?;
            ledger::ledger(tx, &actor, &id)
        })
    })
    .await?;
    let place = format!("/v1/loan-ledgers/{}", view.id);
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(view)).into_response())
}

/// Takes rows in. Each bad one is refused with all its faults and takes no other with it; the
/// same rows again change nothing, and a refused row can be sent again under its number.
#[utoipa::path(
    post,
    path = "/v1/loan-ledgers/{id}/rows",
    tag = "loan ledgers",
    params(("id" = String, Path, description = "The ledger")),
    request_body = Rows,
    responses(
        (status = 200, description = "What was taken and what was refused", body = Entered),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "It takes no more rows", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn enter(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Path(id): Path<String>,
    Json(page): Json<Rows>,
) -> Result<axum::Json<Entered>, Refusal> {
    let id = identifier(&id)?;
    let entered = with_service(&app, move |s| {
        s.transact("ledger.enter", move |service, tx| {
            ledger::enter_forms(service, tx, &actor, &id, &page.rows)
        })
    });
    Ok(axum::Json(entered.await?))
}

/// Says that the ledger is complete; another person at the banner puts it into force.
#[utoipa::path(
    post,
    path = "/v1/loan-ledgers/{id}/proposal",
    tag = "loan ledgers",
    params(("id" = String, Path, description = "The ledger")),
    responses(
        (status = 200, description = "It waits for the second person, or says what is in force already",
            body = LedgerView),
        (status = 422, description = "Most amounts do not fit the unit: 万元 for 元",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn propose(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Path(id): Path<String>,
) -> Result<axum::Json<LedgerView>, Refusal> {
    let id = identifier(&id)?;
    let view = with_service(&app, move |s| {
        s.transact("ledger.propose", move |service, tx| {
            ledger::propose(tx, &actor, &id, service.now())?;
            ledger::ledger(tx, &actor, &id)
        })
    });
    Ok(axum::Json(view.await?))
}

/// A ledger with its counts.
#[utoipa::path(
    get,
    path = "/v1/loan-ledgers/{id}",
    tag = "loan ledgers",
    params(("id" = String, Path, description = "The ledger")),
    responses(
        (status = 200, description = "The ledger", body = LedgerView),
        (status = 404, description = "None of this lender's", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn ledger(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Path(id): Path<String>,
) -> Result<axum::Json<LedgerView>, Refusal> {
    let id = identifier(&id)?;
    let view = with_service(&app, move |s| {
        s.store.read(|c| ledger::ledger(c, &actor, &id))
    });
    Ok(axum::Json(view.await?))
}

/// The ledgers for a banner, the newest month first: a lender sees its own.
#[utoipa::path(
    get,
    path = "/v1/loan-ledgers",
    tag = "loan ledgers",
    params(("division" = String, Query, description = "The banner")),
    responses((status = 200, description = "The ledgers", body = Page<LedgerView>)),
)]
pub(super) async fn ledgers(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Query(query): Query<OfBanner>,
) -> Result<Page<LedgerView>, Refusal> {
    let limit = limit_of(query.limit);
    let items = with_service(&app, move |s| {
        s.store
            .read(|c| ledger::list(c, &actor, query.division, limit))
    })
    .await?;
    Ok(Page { items, next: None })
}

/// Rows that were refused, with all their faults.
#[utoipa::path(
    get,
    path = "/v1/loan-ledgers/{id}/faults",
    tag = "loan ledgers",
    params(("id" = String, Path, description = "The ledger"), PageQuery),
    responses((status = 200, description = "A page", body = Page<FaultRow>)),
)]
pub(super) async fn faults(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Page<FaultRow>, Refusal> {
    let (id, limit, after) = (identifier(&id)?, query.limit(), after(&query)?);
    let items = with_service(&app, move |s| {
        s.store
            .read(|c| ledger::list_faults(c, &actor, &id, after, limit))
    })
    .await?;
    let next = next(&items, limit, |row| row.n);
    Ok(Page { items, next })
}

/// Rows in whose borrower no subject is known: they count as soon as one is.
#[utoipa::path(
    get,
    path = "/v1/loan-ledgers/{id}/unmatched",
    tag = "loan ledgers",
    params(("id" = String, Path, description = "The ledger"), PageQuery),
    responses((status = 200, description = "A page", body = Page<UnmatchedRow>)),
)]
pub(super) async fn unmatched(
    State(app): State<App>,
    OfficerOrLender(actor): OfficerOrLender,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Page<UnmatchedRow>, Refusal> {
    let (id, limit, after) = (identifier(&id)?, query.limit(), after(&query)?);
    let items = with_service(&app, move |s| {
        s.store
            .read(|c| ledger::list_unmatched(c, &actor, &id, after, limit))
    })
    .await?;
    let next = next(&items, limit, |row| row.n);
    Ok(Page { items, next })
}

/// The second person puts a ledger into force.
pub(super) async fn activate(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<String>,
) -> Result<axum::Json<LedgerView>, Refusal> {
    let id = identifier(&id)?;
    let view = with_service(&app, move |s| {
        s.transact("ledger.activate", move |service, tx| {
            ledger::activate(tx, &actor, &id, service.now())?;
            ledger::ledger(tx, &actor, &id)
        })
    });
    Ok(axum::Json(view.await?))
}

/// The second person refuses a ledger.
pub(super) async fn reject(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(id): Path<String>,
) -> Result<axum::Json<LedgerView>, Refusal> {
    let id = identifier(&id)?;
    let view = with_service(&app, move |s| {
        s.transact("ledger.reject", move |service, tx| {
            ledger::reject(tx, &actor, &id, service.now())?;
            ledger::ledger(tx, &actor, &id)
        })
    });
    Ok(axum::Json(view.await?))
}

/// An identifier in an address: one that cannot be is absent like any other.
fn identifier(text: &str) -> Result<LedgerId, ServiceError> {
    text.parse().map_err(|_| ErrorCode::LedgerUnknown.into())
}

fn after(query: &PageQuery) -> Result<u32, ServiceError> {
    let cursor = query.cursor.as_deref().unwrap_or("0");
    cursor
        .parse()
        .map_err(|_| ErrorCode::RequestMalformed.into())
}

/// The row to go on behind; a page has so many rows, each with all that is said of it.
fn next<T>(items: &[T], limit: u32, n: impl Fn(&T) -> u32) -> Option<String> {
    let mut rows: Vec<u32> = items.iter().map(n).collect();
    rows.dedup();
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    rows.last().filter(|_| is_full).map(u32::to_string)
}
