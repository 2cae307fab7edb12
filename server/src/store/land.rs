//! Records of the registers of land and animals: rights to plots, leases, joint-herd groups,
//! entrusted animals. None is edited; one with the same register, number and first day takes its
//! place, and what is replaced or withdrawn stays as history.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::land::LandRecord;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandRow {
    /// Its identifier.
    pub id: RowId,
    /// The banner within which its number is unique.
    pub banner: DivisionCode,
    /// Whose registrar keeps it.
    pub division: DivisionCode,
    /// Counts the rows with the same register, number and first day, from 1.
    pub revision: u32,
    /// What it says.
    pub record: LandRecord,
    /// Who keeps the register, with its reference.
    pub source: String,
    /// Who entered it.
    pub entered_by: String,
    /// When.
    pub entered_at: AtMs,
    /// When it was replaced or withdrawn.
    pub ended_at: Option<AtMs>,
}

const SELECT: &str = "select id, banner, division, revision, content, source, entered_by,
                          entered_at, ended_at from land_row";

/// Writes a row that is in force from now on.
///
/// # Errors
/// [`StoreError`] of the database, also if the id is taken.
pub fn put(tx: &Tx<'_>, row: &LandRow) -> Result<(), StoreError> {
    let (from, to) = row.record.days();
    let sql = "insert into land_row (id, register, banner, number, valid_from, valid_to, division,
                   revision, content, source, entered_by, entered_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let banner = row.banner.filled_text();
    tx.prepare_cached(sql)?.execute(params![
        row.id.as_str(),
        row.record.register(),
        banner,
        row.record.number(),
        from.to_string(),
        to.map(|day| day.to_string()),
        row.division.filled_text(),
        row.revision,
        column::to_json(&row.record, "land_row.content")?,
        row.source,
        row.entered_by,
        row.entered_at.0,
    ])?;
    let link = "insert into land_link (kind, banner, about, row) values (?1, ?2, ?3, ?4)";
    let mut insert = tx.prepare_cached(link)?;
    let is_group = matches!(row.record, LandRecord::Joint(_));
    for subject in row.record.subjects() {
        insert.execute(params!["subject", "", subject.as_str(), row.id.as_str()])?;
        if is_group {
            insert.execute(params!["member", "", subject.as_str(), row.id.as_str()])?;
        }
    }
    if let Some(plot) = row.record.plot() {
        insert.execute(params!["plot", banner, plot, row.id.as_str()])?;
    }
    Ok(())
}

/// Takes a row out of force; it stays as history.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn end(tx: &Tx<'_>, id: &RowId, by: &str, at: AtMs) -> Result<(), StoreError> {
    tx.prepare_cached("update land_row set ended_at = ?2, ended_by = ?3 where id = ?1")?
        .execute(params![id.as_str(), at.0, by])?;
    tx.prepare_cached("delete from land_link where row = ?1")?
        .execute(params![id.as_str()])?;
    Ok(())
}

/// The rows in force with a number, in the order of their first days: a contract may have been
/// renewed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_numbered(
    connection: &Connection,
    register: &str,
    banner: DivisionCode,
    number: &str,
) -> Result<Vec<LandRow>, StoreError> {
    let sql = format!(
        "{SELECT} where register = ?1 and banner = ?2 and number = ?3 and ended_at is null
             order by valid_from"
    );
    list(
        connection,
        &sql,
        params![register, banner.filled_text(), number],
    )
}

/// All rows with a number and a first day, the newest revision first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_history(
    connection: &Connection,
    register: &str,
    banner: DivisionCode,
    number: &str,
    from: Date,
) -> Result<Vec<LandRow>, StoreError> {
    let sql = format!(
        "{SELECT} where register = ?1 and banner = ?2 and number = ?3 and valid_from = ?4
             order by revision desc"
    );
    let key = params![register, banner.filled_text(), number, from.to_string()];
    list(connection, &sql, key)
}

/// The rows in force that name a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_subject(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<LandRow>, StoreError> {
    let sql = format!(
        "{SELECT} where id in (select row from land_link
             where kind = 'subject' and banner = '' and about = ?1) order by id"
    );
    list(connection, &sql, params![subject.as_str()])
}

/// The rows in force about a plot.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_plot(
    connection: &Connection,
    banner: DivisionCode,
    plot: &str,
) -> Result<Vec<LandRow>, StoreError> {
    let sql = format!(
        "{SELECT} where id in (select row from land_link
             where kind = 'plot' and banner = ?1 and about = ?2) order by id"
    );
    list(connection, &sql, params![banner.filled_text(), plot])
}

/// Up to `limit` rows in force that a division keeps, after the row `after`, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of_division(
    connection: &Connection,
    division: DivisionCode,
    after: &str,
    limit: u32,
) -> Result<Vec<LandRow>, StoreError> {
    let sql = format!(
        "{SELECT} where division = ?1 and ended_at is null and id > ?2 order by id limit ?3"
    );
    list(
        connection,
        &sql,
        params![division.filled_text(), after, limit],
    )
}

/// Whether a subject is a member of a joint-herd group.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_member(connection: &Connection, subject: &SubjectId) -> Result<bool, StoreError> {
    let sql = "select 1 from land_link where kind = 'member' and banner = '' and about = ?1
               limit 1";
    let found = connection
        .prepare_cached(sql)?
        .query_row(params![subject.as_str()], |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn list(
    connection: &Connection,
    sql: &str,
    key: &[&dyn rusqlite::ToSql],
) -> Result<Vec<LandRow>, StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(key, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<LandRow, StoreError> {
    let ended_at: Option<i64> = row.get("ended_at")?;
    Ok(LandRow {
        id: column::word(row, "id", "land_row.id")?,
        banner: column::division(row, "banner", "land_row.banner")?,
        division: column::division(row, "division", "land_row.division")?,
        revision: row.get("revision")?,
        record: column::json(row, "content", "land_row.content")?,
        source: row.get("source")?,
        entered_by: row.get("entered_by")?,
        entered_at: AtMs(row.get("entered_at")?),
        ended_at: ended_at.map(AtMs),
    })
}

/// Deletes the rights of a subject to plots that nobody else leases, with every revision. A
/// contract with somebody else is that one's too and stays, under the subject's id alone.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn erase(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let own = "select id from land_row where register = 'plot' and instr(content, ?1) > 0
                   and not exists (select 1 from land_link other join land_link plot
                       on plot.about = other.about and plot.banner = other.banner
                       where other.kind = 'plot' and plot.kind = 'plot'
                           and plot.row = land_row.id and other.row <> land_row.id)";
    let holder = format!("\"holder\":\"{subject}\"");
    let unlink = format!("delete from land_link where row in ({own})");
    let delete = "delete from land_row where register = 'plot' and instr(content, ?1) > 0
                      and not exists (select 1 from land_link where row = land_row.id)";
    for sql in [unlink.as_str(), delete] {
        tx.prepare_cached(sql)?.execute(params![holder])?;
    }
    Ok(())
}
