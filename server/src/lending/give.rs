//! Giving a report, or the one answer for *absent* and *not authorised*.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{LenderId, ReportId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::Actor;
use itgel_domain::report::Report;
use itgel_domain::time::AtMs;
use serde_json::json;

use super::once::{answered, keep_answer, request_hash};
use super::right::{Miss, Right};
use super::{Given, Once, ReportRequest, compose, lender_of, right};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::report::ReportRecord;
use crate::store::{self, Tx};

/// So many misses on one day leave an alarm (`security.md` T16).
const ALARMING_MISSES: u32 = 5;

/// What a query comes to; only a fault undoes its transaction.
enum Outcome {
    Given(Given),
    Missed,
    QuotaUsed,
}

/// Gives a report, or the one answer for *absent* and *not authorised*.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`]; [`ErrorCode::TooMany`] once the day's quota is used up;
/// violations if name and ID number are needed and missing;
/// [`ErrorCode::RequestKeyReused`] for a key that another request used.
pub fn report(
    service: &Service,
    actor: &Actor,
    request: &ReportRequest,
    once: Option<&Once>,
    now: AtMs,
) -> Result<Given, ServiceError> {
    let lender = lender_of(actor)?;
    let hash = request_hash("report", request)?;
    let (actor, request, once) = (actor.clone(), request.clone(), once.cloned());
    let outcome = service.transact("lending.report", move |service, tx| {
        if let Some(before) = answered(tx, &lender, once.as_ref(), &hash, now)? {
            let id = before
                .parse()
                .map_err(|_| ServiceError::internal("idempotency.response"))?;
            return Ok(
                again(service, tx, &actor, &id, now)?.map_or(Outcome::Missed, Outcome::Given)
            );
        }
        let outcome = query(service, tx, &actor, &request, now)?;
        if let Outcome::Given(given) = &outcome {
            keep_answer(tx, &lender, once.as_ref(), &hash, given.id.as_str(), now)?;
        }
        Ok(outcome)
    })?;
    match outcome {
        Outcome::Given(given) => Ok(given),
        Outcome::Missed => Err(ErrorCode::ReportNotFound.into()),
        Outcome::QuotaUsed => Err(ErrorCode::TooMany.into()),
    }
}

/// A report that the actor's lender was given before, as it was given, while the authorisation
/// that it was given under still holds.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`].
pub fn given_report(
    service: &Service,
    actor: &Actor,
    id: &ReportId,
    now: AtMs,
) -> Result<Given, ServiceError> {
    lender_of(actor)?;
    let (actor, id) = (actor.clone(), id.clone());
    let found = service.transact("lending.given_report", move |service, tx| {
        again(service, tx, &actor, &id, now)
    })?;
    found.ok_or_else(|| ErrorCode::ReportNotFound.into())
}

fn query(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &ReportRequest,
    now: AtMs,
) -> Result<Outcome, ServiceError> {
    let lender = lender_of(actor)?;
    let contract = store::lender::get(tx, &lender, now.on())?.ok_or(ErrorCode::NotAllowed)?;
    let used = store::lender::day_use(tx, &lender, now.on())?;
    if used.queries >= contract.daily_quota {
        return Ok(Outcome::QuotaUsed);
    }
    let id = ReportId::from_random(random()?);
    let answer = match right::find(service, tx, actor, request, now)? {
        Ok(right) => {
            let report = compose::report(service, tx, (actor, request), (&right, id), now)?;
            report.map(|report| (right, report))
        }
        Err(miss) => Err(miss),
    };
    store::lender::count_query(tx, &lender, now.on(), answer.is_err())?;
    match answer {
        Ok((right, report)) => give(service, tx, actor, &right, &report, now).map(Outcome::Given),
        Err(miss) => {
            record_miss(tx, actor, request, miss, now)?;
            if used.misses + 1 == ALARMING_MISSES {
                raise_alarm(tx, actor, &lender, now)?;
            }
            Ok(Outcome::Missed)
        }
    }
}

/// Writes the report, its audit row and its leaf.
fn give(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    right: &Right,
    report: &Report,
    now: AtMs,
) -> Result<Given, ServiceError> {
    let id = report.issue.report.clone();
    let json = report.to_json().into_bytes();
    let key = contents::key(service, tx, Scope::Identity, right.subject.id.as_str())?;
    let record = ReportRecord {
        sealed: contents::seal(&key, "report", id.as_str(), &json)?,
        id: id.clone(),
        authorisation: right.authorisation.id.clone(),
        lender: right.authorisation.lender.clone(),
        subject: right.subject.id.clone(),
        purpose: right.authorisation.purpose,
        made_at: now,
    };
    store::report::put(tx, &record)?;
    let detail = json!({
        "authorisation": record.authorisation,
        "subject": record.subject,
        "purpose": record.purpose,
    });
    let resource = format!("report:{id}");
    store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "report.given",
        &resource,
        &detail,
    )?;
    let content = Hash::of_file(&json);
    let leaf = Hash::of("itgel.query.v1", &[resource.as_bytes(), content.as_bytes()]);
    store::log::leaf(tx, LeafKind::Query, &leaf)?;
    Ok(Given { id, json })
}

/// A given report once more; recorded, since it is a query (`domain.md` L-08).
fn again(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &ReportId,
    now: AtMs,
) -> Result<Option<Given>, ServiceError> {
    let lender = lender_of(actor)?;
    let Some(record) = store::report::get(tx, id, &lender)? else {
        return Ok(None);
    };
    let given = store::authorisation::get(tx, &record.authorisation)?;
    let holds = match &given {
        Some(given) => {
            given.allows(&lender, record.purpose, now.on()) && right::ground_holds(tx, given, now)?
        }
        None => false,
    };
    let key = contents::find_key(service, tx, Scope::Identity, record.subject.as_str())?;
    let Some(key) = key.filter(|_| holds) else {
        return Ok(None);
    };
    let json = contents::open(&key, "report", id.as_str(), &record.sealed)?;
    let resource = format!("report:{id}");
    store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "report.read_again",
        &resource,
        &json!({}),
    )?;
    Ok(Some(Given {
        id: id.clone(),
        json,
    }))
}

/// Why it missed is for the auditor alone.
fn record_miss(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &ReportRequest,
    miss: Miss,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("authorisation:{}", request.authorisation);
    let detail = json!({ "purpose": request.purpose, "why": miss.as_str() });
    let n = store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "report.missed",
        &resource,
        &detail,
    )?;
    let leaf = Hash::of("itgel.query.v1", &[resource.as_bytes(), &n.to_be_bytes()]);
    store::log::leaf(tx, LeafKind::Query, &leaf)?;
    Ok(())
}

/// Somebody may be trying numbers.
fn raise_alarm(
    tx: &Tx<'_>,
    actor: &Actor,
    lender: &LenderId,
    now: AtMs,
) -> Result<(), ServiceError> {
    tracing::warn!(%lender, "many queries of a lender miss");
    let (who, resource) = (actor.officer.as_str(), format!("lender:{lender}"));
    store::log::audit(tx, now, who, "lender.many_misses", &resource, &json!({}))?;
    Ok(())
}
