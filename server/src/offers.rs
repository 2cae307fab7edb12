//! What devices can offer at the door and in the gacha: the lenders that a consent can name
//! (`domain.md` L-19), in the list of their banner, and the roll of evaluators and group, in the list
//! of each gacha (ADR 28).

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use itgel_domain::case::Role;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::sync::pull::PullItem;
use itgel_domain::sync::roll::Roll;

use crate::error::ServiceError;
use crate::service::random;
use crate::store::lender::LenderRecord;
use crate::store::{self, Tx};

/// Tells the banners where a lender's contract holds, and those where it held before, of a change
/// that concerns them.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn lender_changed(
    tx: &Tx<'_>,
    before: Option<&LenderRecord>,
    now: &LenderRecord,
) -> Result<(), ServiceError> {
    let item = now.item();
    let told = before.map(LenderRecord::item);
    if told.as_ref() == Some(&item) {
        return Ok(());
    }
    let places = told.iter().map(|told| told.division);
    let mut banners = BTreeSet::new();
    for division in places.chain([now.division]) {
        banners.extend(banners_of(tx, division)?);
    }
    for banner in banners {
        store::list::append(tx, banner, &PullItem::Lender(item.clone()))?;
    }
    Ok(())
}

/// Puts the lenders of a banner into its list, which is new.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn list_lenders(tx: &Tx<'_>, banner: DivisionCode) -> Result<(), ServiceError> {
    for lender in store::lender::list(tx)? {
        if lender.division.contains(banner) || banner.contains(lender.division) {
            store::list::append(tx, banner, &PullItem::Lender(lender.item()))?;
        }
    }
    Ok(())
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
