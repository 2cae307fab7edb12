//! Registering, reading and taking back the right to query.

use itgel_domain::authorisation::Authorisation;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{AuthorisationId, LenderId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use serde_json::json;

use super::once::{answered, keep_answer, request_hash};
use super::{AuthorisationView, NewAuthorisation, Once, allow, lender_of, right};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::{self, Tx};

/// Longest authorisation.
const MAX_DAYS: i32 = 366;

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
        record(tx, &actor.officer, "authorisation.registered", &given, now)?;
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
            record(tx, &actor.officer, "authorisation.withdrawn", &given, now)?;
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

/// Notes what was done with an authorisation, and by whom.
pub(super) fn record(
    tx: &Tx<'_>,
    by: &OfficerId,
    action: &str,
    given: &Authorisation,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("authorisation:{}", given.id);
    let detail = json!({ "subject": given.subject, "purpose": given.purpose });
    store::log::audit(tx, now, by.as_str(), action, &resource, &detail)?;
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
