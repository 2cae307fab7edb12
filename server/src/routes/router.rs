//! Every address, grouped by who calls it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{delete, get, post};
use itgel_domain::trust::proof;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::extract::{MAX_BODY, MAX_JSON};
use super::{
    App, access, arrival, contract, credit, health, imports, land, ledger, lender, letter, line,
    monitoring, office, openapi, page, problem, quarantine, rights, rules, staff, sync, titles,
};
use crate::error::ServiceError;
use crate::import;
use crate::service::Service;

/// Longest time for a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest time for a request that brings a table of a hundred thousand rows.
const PATIENCE_WITH_FILES: Duration = Duration::from_secs(600);

/// Nothing is loaded from elsewhere and nothing runs; the board has one style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The whole interface.
///
/// # Errors
/// [`ServiceError`] if access tokens cannot be signed.
pub fn router(service: Service) -> Result<Router, ServiceError> {
    Ok(table(App::new(service)?))
}

/// The whole interface over what its handlers share.
#[rustfmt::skip]
pub(super) fn table(app: App) -> Router {
    let anybody = Router::new()
        .route("/", get(page::board))
        .route("/assets/board.css", get(page::style))
        .route("/assets/letter.css", get(letter::style))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/.well-known/jwks.json", get(access::jwks))
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/log/checkpoint", get(staff::checkpoint));
    let sign_in = Router::new()
        .route("/v1/devices/enrol", post(access::enrol))
        .route("/v1/devices/wiped", post(access::wiped))
        .route("/v1/auth/challenge", post(access::challenge))
        .route("/v1/auth/token", post(access::device_token))
        .route("/v1/oauth/token", post(access::client_token));
    let devices = Router::new()
        .route("/v1/sync/hello", post(sync::hello))
        .route("/v1/sync/push", post(sync::push))
        .route("/v1/sync/pull", post(sync::pull))
        .route("/v1/sync/fetch", post(sync::fetch))
        .route("/v1/sync/media", post(sync::send_chunk));
    let staff = Router::new()
        .route("/v1/enrolments", post(access::issue_enrolment))
        .route("/v1/devices/waiting", get(access::waiting))
        .route("/v1/devices/{id}/confirm", post(access::confirm))
        .route("/v1/devices/frozen", get(access::frozen))
        .route("/v1/devices/{id}/unfreeze", post(access::unfreeze))
        .route("/v1/devices/{id}/revoke", post(staff::revoke))
        .route("/v1/devices/{id}/wipe", post(access::wipe))
        .route("/v1/board/{division}", get(staff::board))
        .route("/v1/divisions/{division}", get(staff::division))
        .route("/v1/cycles", get(staff::cycles))
        .route("/v1/cases", get(staff::queue))
        .route("/v1/cases/steps", post(staff::steps))
        .route("/v1/cases/{id}", get(staff::case))
        .route("/v1/cases/{id}/steps", post(staff::step))
        .route("/v1/cases/{id}/pictures/{hash}", get(staff::picture))
        .route("/v1/land-contradictions", get(land::contradictions))
        .route("/v1/conflicts", get(staff::conflicts))
        .route("/v1/conflicts/resolve", post(staff::resolve))
        .route("/v1/evaluations/end", post(staff::end_evaluation))
        .route("/v1/publicity/{division}", get(staff::publicity).post(staff::publish))
        .route("/v1/cases/{id}/objections/{receipt}/letters", post(letter::letter))
        .route("/v1/household-changes", post(office::change_household))
        .route("/v1/duties", get(office::duties))
        .route("/v1/absences", post(office::enter_absence))
        .route("/v1/interests", get(office::interests).post(office::declare))
        .route("/v1/interests/end", post(office::end_interest))
        .route("/v1/doubts", get(office::doubts))
        .route("/v1/doubts/{id}/settle", post(office::settle_doubt))
        .route("/v1/quarantine", get(quarantine::list))
        .route("/v1/quarantine/{id}", get(quarantine::open))
        .route("/v1/quarantine/{id}/release", post(quarantine::release))
        .route("/v1/quarantine/{id}/rejection", post(quarantine::reject))
        .route("/v1/titles", get(titles::titles))
        .route("/v1/titles/{division}/steps", post(titles::step))
        .route("/v1/title-tasks", get(titles::tasks))
        .route("/v1/lenders", get(contract::lenders))
        .route("/v1/lenders/{id}/keys", post(contract::enter_key))
        .route("/v1/lenders/{id}/keys/confirm", post(contract::confirm_key))
        .route("/v1/lenders/{id}/keys/{hash}", delete(contract::end_key))
        .route("/v1/title-pairs", post(titles::join))
        .route("/v1/title-pairs/{division}", delete(titles::separate))
        .route("/v1/title-snapshots", get(titles::snapshots))
        .route("/v1/title-snapshots/{id}", get(titles::proof))
        .route("/v1/jobs/snapshot", post(titles::snapshot))
        .route("/v1/credit-records", get(credit::records).post(credit::enter))
        .route("/v1/credit-records/{id}", get(credit::record))
        .route("/v1/credit-records/{id}/steps", post(credit::amend))
        .route("/v1/measures", get(credit::measures).post(credit::initiate))
        .route("/v1/measures/{id}", get(credit::measure))
        .route("/v1/measures/{id}/steps", post(credit::measure_step))
        .route("/v1/publicity-report", get(credit::publicity_report))
        .route("/v1/warnings", get(monitoring::warnings))
        .route("/v1/warnings/{id}", get(monitoring::warning))
        .route("/v1/warnings/{id}/steps", post(monitoring::warning_step))
        .route("/v1/monitoring/checks", get(monitoring::checks).post(monitoring::start))
        .route("/v1/monitoring/checks/{banner}/{quarter}/report.xlsx", get(monitoring::check_table))
        .route("/v1/monitoring/annual/{banner}/{year}", get(monitoring::annual))
        .route("/v1/monitoring/annual/{banner}/{year}/report.xlsx", get(monitoring::annual_table))
        .route("/v1/monitoring/validation/{division}", get(monitoring::validation))
        .route("/v1/monitoring/work-quality/{division}", get(monitoring::work_quality))
        .route("/v1/screenings", post(credit::screen))
        .route("/v1/repeat-ledger", get(credit::repeat_ledger));
    let rights = Router::new()
        .route("/v1/notices/{kind}/{banner}", get(rights::notice))
        .route("/v1/rights-requests", get(rights::requests).post(rights::take))
        .route("/v1/rights-requests/{id}/answer", post(rights::answer))
        .route("/v1/rights-requests/{id}/erasure", post(rights::erase))
        .route("/v1/rights-requests/{id}/self-view", get(rights::self_view))
        .route("/v1/rights-requests/{id}/self-view/page", get(rights::self_view_page))
        .route("/v1/legal-holds", post(rights::hold))
        .route("/v1/legal-holds/{id}", delete(rights::lift))
        .route("/v1/slips", post(rights::slip))
        .route("/v1/statements", post(rights::state))
        .route("/v1/statements/{subject}/{id}", delete(rights::unstate))
        .route("/v1/adverse-notices", post(rights::tell))
        .route("/v1/devices/{id}/subjects", get(rights::lost))
        .route("/v1/devices/{id}/letters", get(rights::letters));
    let lenders = Router::new()
        .route("/v1/authorisations", get(lender::authorisations).post(lender::authorise))
        .route("/v1/authorisations/{id}", get(lender::authorisation))
        .route("/v1/authorisations/{id}", delete(lender::withdraw))
        .route("/v1/credit-reports", post(lender::request_report))
        .route("/v1/credit-reports/{id}", get(lender::report))
        .route("/v1/lines", get(line::files).post(line::propose))
        .route("/v1/lines/{hash}", get(line::file).delete(line::withdraw))
        .route("/v1/lines/{hash}/activate", post(line::activate))
        .route("/v1/pre-credit/{division}", get(line::pre_credit))
        .route("/v1/pre-credit/{division}/table", get(line::pre_credit_table));
    let ledgers = Router::new()
        .route("/v1/loan-ledgers", get(ledger::ledgers).post(ledger::open))
        .route("/v1/loan-ledgers/{id}", get(ledger::ledger))
        .route("/v1/loan-ledgers/{id}/rows", post(ledger::enter))
        .route("/v1/loan-ledgers/{id}/proposal", post(ledger::propose))
        .route("/v1/loan-ledgers/{id}/faults", get(ledger::faults))
        .route("/v1/loan-ledgers/{id}/unmatched", get(ledger::unmatched))
        .route("/v1/loan-ledgers/{id}/activation", post(ledger::activate))
        .route("/v1/loan-ledgers/{id}/rejection", post(ledger::reject));
    let files = Router::new()
        .route("/v1/imports", get(imports::list))
        .route("/v1/imports/kinds", get(imports::kinds))
        .route("/v1/imports/templates/{kind}", get(imports::template))
        .route("/v1/imports/{id}", get(imports::view).post(imports::enter))
        .route("/v1/imports/{id}/faults", get(imports::faults))
        .route("/v1/imports/{id}/report.xlsx", get(imports::report))
        .route("/v1/imports/{id}/report.csv", get(imports::report_csv))
        .route("/v1/imports/{id}/activate", post(imports::activate))
        .route("/v1/imports/{id}/reject", post(imports::reject))
        .layer(DefaultBodyLimit::max(import::MAX_BYTES))
        .method_not_allowed_fallback(problem::no_such_address);
    let table = Router::new()
        .merge(anybody).merge(sign_in).merge(devices).merge(staff).merge(rights).merge(lenders).merge(ledgers)
        .merge(rule_files())
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .fallback(problem::no_such_address)
        .method_not_allowed_fallback(problem::no_such_address);
    let files = guarded(&app, files, PATIENCE_WITH_FILES, import::MAX_BYTES);
    let nonces = SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(proof::NONCE_HEADER),
        nonce(&app),
    );
    guarded(&app, table, PATIENCE, MAX_BODY)
        .merge(files)
        .layer(nonces)
        .with_state(app)
}

/// The nonce for the next proof goes with every answer.
fn nonce(app: &App) -> impl Fn(&Response) -> Option<HeaderValue> + Clone + use<> {
    let app = app.clone();
    move |_: &Response| HeaderValue::from_str(&app.proofs.nonce(app.service.now())).ok()
}

/// Rule packs and parameter tables on their way into force.
#[rustfmt::skip]
fn rule_files() -> Router<App> {
    Router::new()
        .route("/v1/rules", get(rules::list).post(rules::propose))
        .route("/v1/rules/{hash}", get(rules::file).delete(rules::withdraw))
        .route("/v1/rules/{hash}/activate", post(rules::activate))
        .route("/v1/rules/{hash}/shadow", get(rules::shadow).post(rules::begin_shadow))
        .route("/v1/rules/{hash}/shadow/divisions", get(rules::shadow_divisions))
        .route("/v1/rules/{hash}/shadow/table", get(rules::shadow_table))
}

/// What holds for every address: limits, headers, and one form of error.
fn guarded(app: &App, table: Router<App>, patience: Duration, most_bytes: usize) -> Router<App> {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    table.layer(
        ServiceBuilder::new()
            .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(header(CONTENT_SECURITY_POLICY, POLICY))
            .layer(header(REFERRER_POLICY, "no-referrer"))
            .layer(header(CACHE_CONTROL, "no-store"))
            .layer(from_fn_with_state(
                Arc::clone(&app.refusals),
                problem::answer,
            ))
            .layer(CatchPanicLayer::new())
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                patience,
            ))
            .layer(from_fn_with_state(app.clone(), arrival::arrive))
            .layer(RequestBodyLimitLayer::new(most_bytes)),
    )
}
