//! Setting a server up: what an administrator enters before the
//! first campaign. Each function is one step of a transaction; devices learn of what concerns
//! them through their lists.

use itgel_domain::case::Role;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::sync::pull::PullItem;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use crate::auth::key;
use crate::error::ServiceError;
use crate::offers;
use crate::quarantine;
use crate::store::lender::LenderRecord;
use crate::store::lender_key::LenderKey;
use crate::store::officer::OfficerRecord;
use crate::store::{self, Tx};

/// Marks a database that holds no data yet as a sample, for ever.
///
/// # Errors
/// [`ServiceError::Config`] if it holds officers already.
pub fn mark_sample(tx: &Tx<'_>) -> Result<(), ServiceError> {
    if store::officer::is_any(tx)? {
        return Err(ServiceError::Config(
            "a database that is in use cannot become a sample".into(),
        ));
    }
    Ok(store::meta::put(tx, store::meta::IS_SAMPLE, "1")?)
}

/// Enters an officer with the roles granted to them.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn add_officer(
    tx: &Tx<'_>,
    officer: &OfficerRecord,
    grants: &[(Role, DivisionCode)],
) -> Result<(), ServiceError> {
    store::officer::put(tx, officer)?;
    let known = store::officer::grants(tx, &officer.id)?;
    for (role, division) in grants {
        store::officer::grant(tx, &officer.id, *role, *division)?;
        let is_known = known
            .iter()
            .any(|grant| grant.role == *role && grant.division == *division);
        if !is_known && offers::is_on_roll(*role) {
            offers::tell_roll(tx, *division)?;
        }
        if !is_known && *role == Role::Evaluator {
            quarantine::evaluator_arrived(tx, *division)?;
        }
    }
    quarantine::right_arrived(tx, &officer.id)
}

/// Opens a campaign and tells the devices of the banner.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn add_cycle(tx: &Tx<'_>, cycle: &Cycle) -> Result<(), ServiceError> {
    store::cycle::put(tx, cycle)?;
    store::list::append(tx, cycle.banner, &PullItem::Cycle(cycle.clone()))?;
    Ok(())
}

/// Enters a contract with a lender, or writes what has changed of the one that begins on the same
/// day, its end too. A contract that is still open ends where the new one begins. The devices learn
/// on `today` whom a consent can name, and again on the day on which a later contract begins.
///
/// # Errors
/// [`ErrorCode::ImportOverlap`] if a later contract begins within this one; [`ServiceError`] of the
/// store.
pub fn add_lender(tx: &Tx<'_>, lender: &LenderRecord, today: Date) -> Result<(), ServiceError> {
    let before = offers::of_lender(tx, &lender.id, today)?;
    for mut other in store::lender::list_contracts(tx, &lender.id)? {
        if other.valid_from > lender.valid_from && !is_over(lender, other.valid_from) {
            return Err(ErrorCode::ImportOverlap.into());
        }
        if other.valid_from < lender.valid_from && !is_over(&other, lender.valid_from) {
            other.valid_to = lender.valid_from.yesterday().ok();
            store::lender::put(tx, &other)?;
        }
    }
    store::lender::put(tx, lender)?;
    offers::lender_changed(tx, &lender.id, before.as_ref(), today)
}

/// Whether a contract has ended before a day.
fn is_over(lender: &LenderRecord, on: Date) -> bool {
    lender.valid_to.is_some_and(|to| to < on)
}

/// Enters a person of a lender: an officer with the role of a lender where its contract holds.
///
/// # Errors
/// [`ServiceError`] of the store, also if there is no such lender.
pub fn add_lender_officer(
    tx: &Tx<'_>,
    lender: &LenderRecord,
    officer: &OfficerRecord,
) -> Result<(), ServiceError> {
    add_officer(tx, officer, &[(Role::Lender, lender.division)])?;
    Ok(store::lender::put_officer(tx, &lender.id, &officer.id)?)
}

/// Lets the machine of a lender sign in with a key at once, as the operator at the machine.
///
/// # Errors
/// [`ErrorCode::LenderKeyInvalid`] for what is no key; [`ServiceError`] of the store, also if there
/// is no such lender.
pub fn add_lender_key(
    tx: &Tx<'_>,
    lender: &LenderId,
    public_key: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let key = key::from_pem(public_key).ok_or(ErrorCode::LenderKeyInvalid)?;
    let key = LenderKey {
        fingerprint: key::fingerprint(&key),
        lender: lender.clone(),
        public_key: key::to_pem(&key),
        entered_by: operator_id(),
        entered_at: now,
        confirmed_by: Some(operator_id()),
        confirmed_at: Some(now),
        ends_at: None,
    };
    Ok(store::lender_key::put(tx, &key)?)
}

/// The operator at the machine itself, who holds the key file: an administrator of `division`.
/// Used by `itgel init`, which gives the first administrator a code; every later one is given by
/// an administrator through the interface.
#[must_use]
pub fn operator(division: DivisionCode) -> Actor {
    Actor {
        officer: operator_id(),
        lender: None,
        grants: vec![Grant {
            role: Role::Administrator,
            division,
            purpose: None,
        }],
    }
}

#[expect(clippy::expect_used, reason = "a constant identifier")]
fn operator_id() -> OfficerId {
    "operator".parse().expect("a valid identifier")
}
