//! Contracts with lenders and the keys of their machines, for those who administer them.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::LenderId;

use super::App;
use super::extract::{Json, NoBody, Officer, Page, with_service};
use super::problem::Refusal;
use crate::lending::{self, ComparedKey, LenderView, NewLenderKey};

pub(super) async fn lenders(
    State(app): State<App>,
    Officer(actor): Officer,
) -> Result<Page<LenderView>, Refusal> {
    let read = move |s: &crate::Service| s.store.read(|c| lending::lenders(c, &actor));
    Ok(Page {
        items: with_service(&app, read).await?,
        next: None,
    })
}

pub(super) async fn enter_key(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(lender): Path<LenderId>,
    Json(new): Json<NewLenderKey>,
) -> Result<impl IntoResponse, Refusal> {
    let entered = with_service(&app, move |s| {
        s.transact("lender.key_entered", move |s, tx| {
            lending::enter_key(tx, &actor, &lender, &new, s.now())
        })
    });
    Ok((StatusCode::CREATED, axum::Json(entered.await?)))
}

pub(super) async fn confirm_key(
    State(app): State<App>,
    Officer(actor): Officer,
    Path(lender): Path<LenderId>,
    Json(compared): Json<ComparedKey>,
) -> Result<StatusCode, Refusal> {
    let serves = with_service(&app, move |s| {
        s.transact("lender.key_confirmed", move |s, tx| {
            lending::confirm_key(tx, &actor, &lender, &compared, s.now())
        })
    });
    match serves.await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ErrorCode::LenderKeyUnknown.into()),
    }
}

pub(super) async fn end_key(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((lender, fingerprint)): Path<(LenderId, String)>,
    NoBody: NoBody,
) -> Result<StatusCode, Refusal> {
    with_service(&app, move |s| {
        s.transact("lender.key_ended", move |s, tx| {
            lending::end_key(tx, &actor, &lender, &fingerprint, s.now())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
