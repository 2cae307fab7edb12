//! What lenders may learn: authorisations, and one report for one authorisation and one purpose
//! (`domain.md` L-08, L-19, F.1; `design.md` 4.13, 4.14).
//!
//! *Absent* and *not authorised* are one answer, and both take the same way through the database:
//! a query that misses is counted and recorded like one that hits (`security.md` T16, T17). The
//! row of the report, the audit row and the leaf of the log stand in the same commit as the answer.

mod compose;
mod right;

use itgel_domain::authorisation::{Authorisation, Ground, Purpose};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{AuthorisationId, LenderId, ReportId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::report::Report;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use serde_json::json;

use self::right::{Miss, Right};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::idempotency::Answered;
use crate::store::report::ReportRecord;
use crate::store::{self, Tx};

/// So many misses on one day leave an alarm (`security.md` T16).
const ALARMING_MISSES: u32 = 5;

/// Longest authorisation.
const MAX_DAYS: i32 = 366;

/// A key under which a request is done once, however often it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once(pub String);

/// A lender registers its right to query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAuthorisation {
    /// Whose rating, as printed on the consent.
    #[schema(value_type = String)]
    pub subject: SubjectId,
    /// `loan_decision`, `loan_review` or `guarantee_review`.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day; at most a year after the first.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// `{"consent": "…"}`: a consent on file that names the lender, by its entry id; or
    /// `{"lender_evidence": "…"}`: written consent that the lender holds, by the SHA-256 of its scan.
    #[schema(value_type = Object)]
    pub ground: Ground,
}

/// An authorisation as its lender sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct AuthorisationView {
    /// Its identifier, to be named in every query.
    #[schema(value_type = String)]
    pub id: AuthorisationId,
    /// Whose rating.
    #[schema(value_type = String)]
    pub subject: SubjectId,
    /// What for.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// First day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// What it rests on.
    #[schema(value_type = Object)]
    pub ground: Ground,
    /// Taken back.
    pub revoked: bool,
}

/// A lender asks for a report.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// By which right.
    #[schema(value_type = String)]
    pub authorisation: AuthorisationId,
    /// What for: the purpose of the authorisation.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// Name as on the ID card; needed if the authorisation rests on the lender's own evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Resident ID number; needed if the authorisation rests on the lender's own evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
}

/// A report as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Given {
    /// Its number.
    pub id: ReportId,
    /// Its JSON: the same bytes whenever it is read again.
    pub json: Vec<u8>,
}

/// What a query comes to; only a fault undoes its transaction.
enum Outcome {
    Given(Given),
    Missed,
    QuotaUsed,
}

/// Registers the right of the actor's lender to query one subject for one purpose.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless the actor works for a lender, whose contract allows the
/// purpose; violations for days that cannot be; [`ErrorCode::ReportNotFound`] if the ground is a
/// consent on file, and there is none that names this lender, purpose and time.
pub fn authorise(
    service: &Service,
    actor: &Actor,
    request: &NewAuthorisation,
    once: Option<&Once>,
    now: AtMs,
) -> Result<AuthorisationView, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::RegisterAuthorisation)?;
    check(actor, request, now)?;
    let given = Authorisation {
        id: AuthorisationId::from_random(random()?),
        lender,
        subject: request.subject.clone(),
        purpose: request.purpose,
        from: request.from,
        until: request.until,
        ground: request.ground.clone(),
        revoked: false,
    };
    let (actor, once, hash) = (
        actor.clone(),
        once.cloned(),
        request_hash("authorise", request)?,
    );
    let made = service.transact("lending.authorise", move |_, tx| {
        if let Some(before) = answered(tx, &given.lender, once.as_ref(), &hash, now)? {
            let id = before
                .parse()
                .map_err(|_| ServiceError::internal("idempotency.response"))?;
            return Ok(store::authorisation::get(tx, &id)?);
        }
        if !right::ground_holds(tx, &given, now)? {
            return Ok(None);
        }
        store::authorisation::put(tx, &given)?;
        record(tx, &actor, "authorisation.registered", &given, now)?;
        keep_answer(
            tx,
            &given.lender,
            once.as_ref(),
            &hash,
            given.id.as_str(),
            now,
        )?;
        Ok(Some(given))
    })?;
    made.map(AuthorisationView::from)
        .ok_or_else(|| ErrorCode::ReportNotFound.into())
}

/// Takes an authorisation of the actor's lender back, at once; a second time changes nothing.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`] if it is none of this lender's.
pub fn withdraw(
    service: &Service,
    actor: &Actor,
    id: &AuthorisationId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let lender = lender_of(actor)?;
    let (actor, id) = (actor.clone(), id.clone());
    service.transact("lending.withdraw", move |_, tx| {
        let given = own(store::authorisation::get(tx, &id)?, &lender)?;
        if !given.revoked {
            store::authorisation::revoke(tx, &id, now)?;
            record(tx, &actor, "authorisation.withdrawn", &given, now)?;
        }
        Ok(())
    })
}

/// One authorisation of the actor's lender.
///
/// # Errors
/// [`ErrorCode::ReportNotFound`] if it is none of this lender's.
pub fn authorisation(
    service: &Service,
    actor: &Actor,
    id: &AuthorisationId,
) -> Result<AuthorisationView, ServiceError> {
    let lender = lender_of(actor)?;
    let found = service.store.read(|c| store::authorisation::get(c, id))?;
    own(found, &lender).map(AuthorisationView::from)
}

/// The authorisations of the actor's lender after the one called `after`, by id.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless the actor works for a lender.
pub fn authorisations(
    service: &Service,
    actor: &Actor,
    after: &str,
    limit: u32,
) -> Result<Vec<AuthorisationView>, ServiceError> {
    let lender = lender_of(actor)?;
    let found = service
        .store
        .read(|c| store::authorisation::list(c, &lender, after, limit))?;
    Ok(found.into_iter().map(AuthorisationView::from).collect())
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
    let contract = store::lender::get(tx, &lender)?.ok_or(ErrorCode::NotAllowed)?;
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

fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    action: &str,
    given: &Authorisation,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("authorisation:{}", given.id);
    let detail = json!({ "subject": given.subject, "purpose": given.purpose });
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, &detail)?;
    let leaf = Hash::of(
        "itgel.authorisation.v1",
        &[resource.as_bytes(), action.as_bytes()],
    );
    store::log::leaf(tx, LeafKind::Access, &leaf)?;
    Ok(())
}

/// All that is wrong with a new authorisation by itself, before any subject is looked for.
fn check(actor: &Actor, request: &NewAuthorisation, now: AtMs) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    if actor
        .grants
        .iter()
        .all(|grant| grant.purpose != Some(request.purpose))
    {
        violations.push(Violation::new("purpose", ErrorCode::ValueNotAChoice));
    }
    let last = request
        .from
        .saturating_add(jiff::Span::new().days(MAX_DAYS));
    if request.until < request.from || request.until > last || request.until < now.on() {
        let range = Violation::new("until", ErrorCode::ValueOutOfRange);
        violations.push(
            range
                .with("min", request.from.max(now.on()))
                .with("max", last),
        );
    }
    match violations.first().map(|violation| violation.code) {
        None => Ok(()),
        Some(code) => Err(ServiceError::Refused { code, violations }),
    }
}

/// What `key` was used for: the identifier that was made then.
fn answered(
    tx: &Tx<'_>,
    lender: &LenderId,
    once: Option<&Once>,
    hash: &Hash,
    now: AtMs,
) -> Result<Option<String>, ServiceError> {
    let Some(Once(key)) = once else {
        return Ok(None);
    };
    match store::idempotency::get(tx, lender.as_str(), key, now)? {
        None => Ok(None),
        Some(before) if before.request == *hash => Ok(Some(before.made)),
        Some(_) => Err(ErrorCode::RequestKeyReused.into()),
    }
}

fn keep_answer(
    tx: &Tx<'_>,
    lender: &LenderId,
    once: Option<&Once>,
    hash: &Hash,
    made: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    if let Some(Once(key)) = once {
        let answered = Answered {
            request: *hash,
            made: made.to_owned(),
        };
        store::idempotency::put(tx, lender.as_str(), key, &answered, now)?;
    }
    Ok(())
}

fn request_hash(what: &str, request: &impl serde::Serialize) -> Result<Hash, ServiceError> {
    let bytes = serde_json::to_vec(request).map_err(|e| ServiceError::caused("request", e))?;
    Ok(Hash::of("itgel.request.v1", &[what.as_bytes(), &bytes]))
}

fn lender_of(actor: &Actor) -> Result<LenderId, ServiceError> {
    actor
        .lender
        .clone()
        .ok_or_else(|| ErrorCode::NotAllowed.into())
}

/// Whether the policy allows it where the lender's contract holds.
fn allow(actor: &Actor, action: Action) -> Result<(), ServiceError> {
    let grant = actor.grants.first().ok_or(ErrorCode::NotAllowed)?;
    policy::may(actor, action, &Resource::at(grant.division))?;
    Ok(())
}

fn own(found: Option<Authorisation>, lender: &LenderId) -> Result<Authorisation, ServiceError> {
    found
        .filter(|given| given.lender == *lender)
        .ok_or_else(|| ErrorCode::ReportNotFound.into())
}

impl From<Authorisation> for AuthorisationView {
    fn from(given: Authorisation) -> Self {
        Self {
            id: given.id,
            subject: given.subject,
            purpose: given.purpose,
            from: given.from,
            until: given.until,
            ground: given.ground,
            revoked: given.revoked,
        }
    }
}

impl std::fmt::Debug for ReportRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "ReportRequest({}, {}, redacted)",
            self.authorisation, self.purpose
        )
    }
}
