//! What devices can offer at the door and in the gacha: the lenders that a consent can name
//! (`domain.md` L-19), in the list of their banner, and the roll of evaluators and group, in the list
//! of each gacha (ADR 28).

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::LenderId;
use itgel_domain::sync::pull::{LenderItem, PullItem};
use itgel_domain::sync::roll::Roll;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::service::{Service, random};
use crate::store::job::{self, JobRow};
use crate::store::{self, Tx};

/// What devices are told of a lender on a day: the contract in force, or the next to come, as long as
/// it goes on under the same terms. A device that was not in reach when one contract followed another
/// goes on offering the lender.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn of_lender(
    connection: &Connection,
    id: &LenderId,
    on: Date,
) -> Result<Option<LenderItem>, ServiceError> {
    let Some(present) = store::lender::get(connection, id, on)? else {
        return Ok(None);
    };
    let mut item = present.item();
    for next in store::lender::list_contracts(connection, id)? {
        let follows = item.valid_to.and_then(|to| to.tomorrow().ok()) == Some(next.valid_from);
        let is_same = next.division == item.division && next.purposes == item.purposes;
        if follows && is_same {
            item.valid_to = next.valid_to;
        }
    }
    Ok(Some(item))
}

/// Tells the banners where a lender's contract holds, and those where it held before, of a change
/// that concerns them, and sees that they are told again when the next contract begins.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn lender_changed(
    tx: &Tx<'_>,
    lender: &LenderId,
    told: Option<&LenderItem>,
    today: Date,
) -> Result<(), ServiceError> {
    if let Some(item) = of_lender(tx, lender, today)?
        && told != Some(&item)
    {
        let places = told.iter().map(|told| told.division);
        tell(tx, &item, places.chain([item.division]))?;
    }
    tell_later(tx, lender, today)
}

/// A contract of a lender begins: the devices learn its terms.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let lender: LenderId = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a job that tells of a lender", e))?;
    let job = job.clone();
    service.transact("offers.tell_lender", move |service, tx| {
        if !job::finish(tx, &job)? {
            return Ok(());
        }
        let today = service.now().on();
        let contracts = store::lender::list_contracts(tx, &lender)?;
        if let Some(item) = of_lender(tx, &lender, today)? {
            tell(tx, &item, contracts.iter().map(|one| one.division))?;
        }
        tell_later(tx, &lender, today)
    })
}

/// Puts the lenders of a banner into its list, which is new.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn list_lenders(
    tx: &Tx<'_>,
    banner: DivisionCode,
    today: Date,
) -> Result<(), ServiceError> {
    for id in store::lender::list(tx)? {
        if let Some(item) = of_lender(tx, &id, today)?
            && (item.division.contains(banner) || banner.contains(item.division))
        {
            store::list::append(tx, banner, &PullItem::Lender(item))?;
            tell_later(tx, &id, today)?;
        }
    }
    Ok(())
}

fn tell(
    tx: &Tx<'_>,
    item: &LenderItem,
    places: impl Iterator<Item = DivisionCode>,
) -> Result<(), ServiceError> {
    let mut banners = BTreeSet::new();
    for division in places {
        banners.extend(banners_of(tx, division)?);
    }
    for banner in banners {
        store::list::append(tx, banner, &PullItem::Lender(item.clone()))?;
    }
    Ok(())
}

/// Asks for a job on the first day of the next contract.
fn tell_later(tx: &Tx<'_>, lender: &LenderId, today: Date) -> Result<(), ServiceError> {
    let contracts = store::lender::list_contracts(tx, lender)?;
    let Some(next) = contracts.iter().find(|one| one.valid_from > today) else {
        return Ok(());
    };
    let run_at = AtMs::start_of(next.valid_from);
    jobs::enqueue(
        tx,
        JobKind::TellLender,
        lender.as_str(),
        &serde_json::json!(lender),
        run_at,
    )
}

/// Whether a role stands on the roll of a gacha.
pub(crate) const fn is_on_roll(role: Role) -> bool {
    matches!(role, Role::Evaluator | Role::VillageGroup)
}

/// Tells every gacha of a division who evaluates and reviews there now.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn tell_roll(tx: &Tx<'_>, division: DivisionCode) -> Result<(), ServiceError> {
    let mut gachas: BTreeSet<_> =
        store::division::list_any_day(tx, division, DivisionLevel::Village)?
            .into_iter()
            .collect();
    if division.level() == DivisionLevel::Village {
        gachas.insert(division);
    }
    for gacha in gachas {
        let roll = roll(tx, gacha)?;
        store::list::append(tx, gacha, &PullItem::Roll(roll))?;
    }
    Ok(())
}

/// Puts the roll of a gacha into its list, which is new, if there is anybody on it.
///
/// # Errors
/// As for [`tell_roll`].
pub(crate) fn list_roll(tx: &Tx<'_>, gacha: DivisionCode) -> Result<(), ServiceError> {
    let roll = roll(tx, gacha)?;
    if !(roll.evaluators.is_empty() && roll.group.is_empty()) {
        store::list::append(tx, gacha, &PullItem::Roll(roll))?;
    }
    Ok(())
}

fn roll(tx: &Tx<'_>, gacha: DivisionCode) -> Result<Roll, ServiceError> {
    let with = |role| store::officer::list_with_role(tx, role, gacha);
    let (evaluators, group) = (with(Role::Evaluator)?, with(Role::VillageGroup)?);
    let salt: [u8; 16] = random()?;
    Ok(Roll::of(gacha, HEXLOWER.encode(&salt), &evaluators, &group))
}

/// The banners that lie in a division, or that it lies in.
fn banners_of(tx: &Tx<'_>, division: DivisionCode) -> Result<Vec<DivisionCode>, ServiceError> {
    Ok(match division.ancestor(DivisionLevel::County) {
        Some(banner) => vec![banner],
        None => store::division::list_any_day(tx, division, DivisionLevel::County)?,
    })
}
