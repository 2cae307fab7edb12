//! Figures for a monitoring system, on a listener of their own (`design.md` 8): counts by verdict
//! and code, never a name, a number or an address of anybody.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use itgel_domain::error::ErrorCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::App;
use super::extract::with_service;
use super::problem::Refusal;
use crate::error::ServiceError;
use crate::status::{self, Status};

/// The media type of the text format.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How often requests were refused since the start, by code.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<BTreeMap<ErrorCode, u64>>);

/// How much there is to do at this moment.
#[derive(Clone, Copy)]
struct Load {
    /// Places in common that are free.
    free: usize,
    /// Transactions that wait.
    waiting: usize,
}

type Labels = Vec<(String, String)>;

impl Refusals {
    /// Counts one.
    pub(super) fn count(&self, code: ErrorCode) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(code).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<ErrorCode, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The listener's one address.
pub(super) fn router(app: App) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(app)
}

async fn metrics(State(app): State<App>) -> Result<impl IntoResponse, Refusal> {
    let status = with_service(&app, status::read).await?;
    let load = Load {
        free: app.places.free(),
        waiting: app.service.store.waiting(),
    };
    let text = text(&status, &app.refusals.all(), load)?;
    Ok(([(CONTENT_TYPE, TEXT)], text))
}

fn text(
    status: &Status,
    refused: &BTreeMap<ErrorCode, u64>,
    load: Load,
) -> Result<String, ServiceError> {
    let mut registry = Registry::with_prefix("itgel");
    registry.register(
        "intake_verdicts",
        "Verdicts about envelopes since the database was made",
        family(status.intake.iter().map(|count| {
            let verdict = ("verdict".to_owned(), count.verdict.clone());
            let reason = ("reason".to_owned(), count.reason.clone());
            (vec![verdict, reason], count.n)
        })),
    );
    registry.register(
        "quarantine_waiting",
        "Envelopes in quarantine that wait",
        counted_by("reason", &status.quarantine),
    );
    let refused = refused
        .iter()
        .map(|(code, n)| (code.as_str().to_owned(), *n));
    registry.register(
        "requests_refused",
        "Requests refused since the start, by code",
        counted_by("code", &refused.collect::<Vec<_>>()),
    );
    registry.register(
        "devices",
        "Devices by status",
        counted_by("status", &status.devices),
    );
    registry.register(
        "jobs_waiting",
        "Jobs that wait or run",
        counted_by("kind", &status.jobs),
    );
    registry.register("log_leaves", "Leaves of the log", level(status.leaves));
    registry.register(
        "held_pages",
        "Pages that wait for a gap",
        level(status.held),
    );
    registry.register(
        "workers_free",
        "Free places in common for requests that work on the database",
        level_of(load.free),
    );
    registry.register(
        "writes_waiting",
        "Transactions that wait for the writer",
        level_of(load.waiting),
    );
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|e| ServiceError::caused("metrics", e))?;
    Ok(text)
}

/// A figure for each set of labels.
fn family(rows: impl Iterator<Item = (Labels, u64)>) -> Family<Labels, Gauge> {
    let family = Family::<Labels, Gauge>::default();
    for (labels, n) in rows {
        family.get_or_create(&labels).set(gauged(n));
    }
    family
}

/// A figure for each value of one label.
fn counted_by(label: &str, rows: &[(String, u64)]) -> Family<Labels, Gauge> {
    let rows = rows.iter();
    family(rows.map(|(value, n)| (vec![(label.to_owned(), value.clone())], *n)))
}

fn level(n: u64) -> ConstGauge<i64> {
    ConstGauge::new(gauged(n))
}

fn level_of(n: usize) -> ConstGauge<i64> {
    level(u64::try_from(n).unwrap_or(u64::MAX))
}

fn gauged(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::intake_count::IntakeCount;

    #[test]
    fn each_stage_and_code_has_its_figure() {
        let status = Status {
            intake: vec![IntakeCount {
                verdict: "quarantined".into(),
                reason: "scope.outside".into(),
                n: 7,
            }],
            quarantine: vec![("scope.outside".into(), 3)],
            held: 1,
            devices: vec![("active".into(), 12)],
            jobs: Vec::new(),
            leaves: 99,
        };
        let refusals = Refusals::default();
        refusals.count(ErrorCode::TooMany);
        refusals.count(ErrorCode::TooMany);
        let load = Load {
            free: 17,
            waiting: 5,
        };
        let text = text(&status, &refusals.all(), load).unwrap();
        for line in [
            "itgel_intake_verdicts{verdict=\"quarantined\",reason=\"scope.outside\"} 7",
            "itgel_quarantine_waiting{reason=\"scope.outside\"} 3",
            "itgel_requests_refused{code=\"request.too_many\"} 2",
            "itgel_devices{status=\"active\"} 12",
            "itgel_held_pages 1",
            "itgel_workers_free 17",
            "itgel_writes_waiting 5",
            "itgel_log_leaves 99",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }
}
