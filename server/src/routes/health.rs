//! Whether the server lives and is ready, for a supervisor or a gateway.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::extract::blocking;
use super::problem::Refusal;
use crate::store;

/// How long an answer holds: anybody may ask, and each real check is a commit.
const HOLDS_MS: i64 = 1000;

/// The name of the row that the check writes.
const ROW: &str = "ready_at";

/// When the server was last found ready.
pub(super) struct LastReady(AtomicI64);

impl Default for LastReady {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

/// The process answers.
pub(super) async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The database has the schema of this program and takes a write.
pub(super) async fn ready(State(app): State<App>) -> Result<StatusCode, Refusal> {
    blocking(&app, |app| {
        let now = app.service.now();
        let last = app.ready.0.load(Ordering::Relaxed);
        if (last..last.saturating_add(HOLDS_MS)).contains(&now.0) {
            return Ok(());
        }
        app.service.transact("health.ready", move |_, tx| {
            store::check_schema(tx)?;
            Ok(store::meta::put(tx, ROW, &now.0.to_string())?)
        })?;
        app.ready.0.store(now.0, Ordering::Relaxed);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
