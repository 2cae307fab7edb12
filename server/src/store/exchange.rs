//! Tables as the schema of the special-topic database describes them, row by row and cell by
//! cell. Names of tables and columns come from the schema that is part of the program, never from
//! a file or a request.

use itgel_domain::exchange::{Scalar, Table};
use itgel_domain::file::FileId;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};

use super::{StoreError, Tx};

/// The tables of the database with their columns, but for those of SQLite and the migrations.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_tables(connection: &Connection) -> Result<Vec<(String, Vec<String>)>, StoreError> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'
                   and name <> 'refinery_schema_history' order by name";
    let mut query = connection.prepare_cached(sql)?;
    let names = query.query_map([], |row| row.get(0))?;
    let names = names.collect::<Result<Vec<String>, _>>()?;
    let mut query = connection.prepare_cached("select name from pragma_table_info(?1)")?;
    let mut tables = Vec::new();
    for name in names {
        let columns = query.query_map(params![name], |row| row.get(0))?;
        let columns = columns.collect::<Result<Vec<String>, _>>()?;
        tables.push((name, columns));
    }
    Ok(tables)
}

/// The first of all tables that has a row; a database that was just made has none.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn find_filled(connection: &Connection) -> Result<Option<String>, StoreError> {
    for (name, _) in list_tables(connection)? {
        let sql = format!("select exists (select 1 from {})", quoted(&name));
        let is_filled: bool = connection
            .prepare_cached(&sql)?
            .query_row([], |row| row.get(0))?;
        if is_filled {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Gives every row of a table that leaves the server to `take`, in the order of the schema.
///
/// # Errors
/// The error of `take`, or [`StoreError`] of the database.
pub fn each_row<E: From<StoreError>>(
    connection: &Connection,
    table: &Table,
    with_persons: bool,
    mut take: impl FnMut(Vec<Scalar>) -> Result<(), E>,
) -> Result<(), E> {
    let (sql, words) = selected(table, with_persons);
    let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
    let mut query = connection.prepare(&sql).map_err(failed)?;
    let mut rows = query.query(params_from_iter(words)).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        take(scalars(row, table.columns.len()).map_err(E::from)?)?;
    }
    Ok(())
}

/// Writes a row.
///
/// # Errors
/// [`StoreError`] of the database, also if a row with the same key is there.
pub fn put_row(tx: &Tx<'_>, table: &Table, cells: &[Scalar]) -> Result<(), StoreError> {
    let places = (1..=cells.len()).map(|place| format!("?{place}"));
    let sql = format!(
        "insert into {} ({}) values ({})",
        quoted(&table.key),
        columns(table),
        places.collect::<Vec<_>>().join(", ")
    );
    tx.prepare_cached(&sql)?
        .execute(params_from_iter(cells.iter().map(Cell)))?;
    Ok(())
}

/// The files that envelopes were written to, after `after`, at most `limit`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_files(
    connection: &Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<FileId>, StoreError> {
    let sql = "select distinct file from envelope where file > ?1 order by file limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after, limit], |row| {
        Ok(super::column::word(row, "file", "envelope.file"))
    })?;
    rows.map(|row| row?).collect()
}

fn selected(table: &Table, with_persons: bool) -> (String, Vec<String>) {
    let mut sql = format!("select {} from {}", columns(table), quoted(&table.key));
    let mut words = Vec::new();
    if let Some(only) = &table.only {
        words.extend(only.values.iter().cloned());
        if with_persons {
            words.extend(only.person_values.iter().cloned());
        }
        let places = (1..=words.len()).map(|place| format!("?{place}"));
        let places = places.collect::<Vec<_>>().join(", ");
        sql += &format!(" where {} in ({places})", quoted(&only.column));
    }
    let order: Vec<_> = table.order.iter().map(|column| quoted(column)).collect();
    sql += &format!(" order by {}", order.join(", "));
    (sql, words)
}

fn columns(table: &Table) -> String {
    let names: Vec<_> = table
        .columns
        .iter()
        .map(|column| quoted(&column.key))
        .collect();
    names.join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn scalars(row: &Row<'_>, count: usize) -> Result<Vec<Scalar>, StoreError> {
    let scalar = |place| match row.get_ref(place)? {
        ValueRef::Null => Ok(Scalar::Null),
        ValueRef::Integer(n) => Ok(Scalar::Int(n)),
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map(str::to_owned);
            text.map(Scalar::Text).map_err(|_| CORRUPT)
        }
        ValueRef::Blob(bytes) => Ok(Scalar::Bytes(bytes.to_vec())),
        ValueRef::Real(_) => Err(CORRUPT),
    };
    (0..count).map(scalar).collect()
}

const CORRUPT: StoreError = StoreError::Corrupt {
    what: "a row to be exported",
};

/// A value on its way into the database.
struct Cell<'a>(&'a Scalar);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Scalar::Null => ToSqlOutput::Owned(Value::Null),
            Scalar::Int(n) => ToSqlOutput::Owned(Value::Integer(*n)),
            Scalar::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Scalar::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}
