//! Setting a server up: what an administrator enters before the
//! first campaign. Each function is one step of a transaction; devices learn of what concerns
//! them through their lists.

use itgel_domain::case::Role;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::policy::{Actor, Grant};
use itgel_domain::sync::pull::PullItem;

use crate::error::ServiceError;
use crate::offers;
use crate::quarantine;
use crate::store::lender::LenderRecord;
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

/// Enters a lender with a contract, or writes what has changed of it, its end too. The devices
/// learn whom a consent can name.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn add_lender(tx: &Tx<'_>, lender: &LenderRecord) -> Result<(), ServiceError> {
    let before = store::lender::get(tx, &lender.id)?;
    store::lender::put(tx, lender)?;
    offers::lender_changed(tx, before.as_ref(), lender)
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

/// The operator at the machine itself, who holds the key file: an administrator of `division`.
/// Used by `itgel init`, which gives the first administrator a code; every later one is given by
/// an administrator through the interface.
#[must_use]
#[expect(clippy::expect_used, reason = "a constant identifier")]
pub fn operator(division: DivisionCode) -> Actor {
    Actor {
        officer: "operator".parse().expect("a valid identifier"),
        lender: None,
        grants: vec![Grant {
            role: Role::Administrator,
            division,
            purpose: None,
        }],
    }
}
