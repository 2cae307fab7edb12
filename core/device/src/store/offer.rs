//! Who can be offered to somebody at the door or in the gacha: the lenders that a consent can name, and
//! the rolls of evaluators and groups.

use itgel_domain::division::DivisionCode;
use itgel_domain::sync::pull::LenderItem;
use itgel_domain::sync::roll::Roll;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor};

pub(crate) fn put_lender(tx: &Transaction<'_>, lender: &LenderItem) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into lender (id, item) values (?1, ?2)")?
        .execute(params![
            lender.lender.as_str(),
            column::to_cbor(lender, "lender.item")?
        ])?;
    Ok(())
}

/// Every lender that was ever listed, by its number.
pub(crate) fn lenders(db: &Connection) -> Result<Vec<LenderItem>, StoreError> {
    let mut query = db.prepare_cached("select item from lender order by id")?;
    column::all(query.query([])?, |row| cbor(row, "item", "lender.item"))
}

pub(crate) fn put_roll(tx: &Transaction<'_>, roll: &Roll) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into roll (division, roll) values (?1, ?2)")?
        .execute(params![
            roll.division.filled_text(),
            column::to_cbor(roll, "roll.roll")?
        ])?;
    Ok(())
}

/// The roll of a gacha; `None` before one came.
pub(crate) fn roll(db: &Connection, division: DivisionCode) -> Result<Option<Roll>, StoreError> {
    let mut query = db.prepare_cached("select roll from roll where division = ?1")?;
    let rows = query.query([division.filled_text()])?;
    column::first(rows, |row| cbor(row, "roll", "roll.roll"))
}
