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
    let free = app.at_work.available_permits();
    let text = text(&status, &app.refusals.all(), free)?;
    Ok(([(CONTENT_TYPE, TEXT)], text))
}

fn text(
    status: &Status,
    refused: &BTreeMap<ErrorCode, u64>,
    free: usize,
) -> Result<String, ServiceError> {
    let mut registry = Registry::with_prefix("itgel");
    let family = |rows: Vec<(Labels, u64)>| {
        let family = Family::<Labels, Gauge>::default();
        for (labels, n) in rows {
            family
                .get_or_create(&labels)
                .set(i64::try_from(n).unwrap_or(i64::MAX));
        }
        family
    };
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let intake = status.intake.iter().map(|count| {
        let labels = vec![
            label("verdict", &count.verdict),
            label("reason", &count.reason),
        ];
        (labels, count.n)
    });
    registry.register(
        "intake_verdicts",
        "Verdicts about envelopes since the database was made",
        family(intake.collect()),
    );
    let waiting = status.quarantine.iter();
    let waiting = waiting.map(|(reason, n)| (vec![label("reason", reason)], *n));
    registry.register(
        "quarantine_waiting",
        "Envelopes in quarantine that wait",
        family(waiting.collect()),
    );
    let refused = refused.iter();
    let refused = refused.map(|(code, n)| (vec![label("code", code.as_str())], *n));
    registry.register(
        "requests_refused",
        "Requests refused since the start, by code",
        family(refused.collect()),
    );
    let devices = status.devices.iter();
    let devices = devices.map(|(state, n)| (vec![label("status", state)], *n));
    registry.register("devices", "Devices by status", family(devices.collect()));
    let jobs = status.jobs.iter();
    let jobs = jobs.map(|(kind, n)| (vec![label("kind", kind)], *n));
    registry.register(
        "jobs_waiting",
        "Jobs that wait or run",
        family(jobs.collect()),
    );
    let level = |n: u64| ConstGauge::new(i64::try_from(n).unwrap_or(i64::MAX));
    registry.register("log_leaves", "Leaves of the log", level(status.leaves));
    registry.register(
        "held_pages",
        "Pages that wait for a gap",
        level(status.held),
    );
    registry.register(
        "workers_free",
        "Requests that could work on the database besides those that do",
        level(u64::try_from(free).unwrap_or(u64::MAX)),
    );
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|e| ServiceError::caused("metrics", e))?;
    Ok(text)
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
        let text = text(&status, &refusals.all(), 256).unwrap();
        for line in [
            "itgel_intake_verdicts{verdict=\"quarantined\",reason=\"scope.outside\"} 7",
            "itgel_quarantine_waiting{reason=\"scope.outside\"} 3",
            "itgel_requests_refused{code=\"request.too_many\"} 2",
            "itgel_devices{status=\"active\"} 12",
            "itgel_held_pages 1",
            "itgel_log_leaves 99",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }
}
