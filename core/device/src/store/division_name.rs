//! What the divisions of the lists are called, as the server last said.

use itgel_domain::sync::hello::DivisionName;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, division};

/// All names, by code.
pub(crate) fn list(db: &Connection) -> Result<Vec<DivisionName>, StoreError> {
    let mut query = db.prepare_cached("select * from division_name order by division")?;
    column::all(query.query([])?, |row| {
        Ok(DivisionName {
            division: division(row, "division", "division_name.division")?,
            name: row.get("name")?,
            name_mn: row.get("name_mn")?,
        })
    })
}

/// From here on these are the names, and no others.
pub(crate) fn set_all(tx: &Transaction<'_>, names: &[DivisionName]) -> Result<(), StoreError> {
    tx.execute("delete from division_name", [])?;
    let mut query =
        tx.prepare_cached("insert or replace into division_name values (?1, ?2, ?3)")?;
    for one in names {
        query.execute(params![one.division.filled_text(), one.name, one.name_mn])?;
    }
    Ok(())
}
