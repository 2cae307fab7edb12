//! What somebody with the database in their hands can do to a row: for the tests of the ingest and
//! for the battery.

use rusqlite::Connection;

/// A table as it was before anything was changed.
pub(crate) struct Kept {
    pub(crate) table: &'static str,
    columns: Vec<Column>,
    /// What names each of its rows.
    pub(crate) rows: Vec<String>,
}

/// A column: its name, its type, its place in the key or 0.
type Column = (String, String, u32);

impl Kept {
    /// Remembers a table.
    pub(crate) fn of(raw: &Connection, table: &'static str) -> Self {
        let copy = format!("create temp table kept_{table} as select * from {table}");
        raw.execute_batch(&copy).unwrap();
        let sql = "select name, type, pk from pragma_table_info(?1)";
        let mut query = raw.prepare(sql).unwrap();
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let columns = query.query_map([table], read).unwrap();
        let columns: Vec<Column> = columns.map(Result::unwrap).collect();
        let key = columns.iter().filter(|(.., pk)| *pk > 0);
        let named = key.map(|(name, ..)| format!("'{name} = ' || quote({name})"));
        let named = named.collect::<Vec<_>>().join(" || ' and ' || ");
        let sql = format!("select {named} from {table}");
        let mut query = raw.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        let rows: Vec<String> = rows.map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "{table} has no row");
        Self {
            table,
            columns,
            rows,
        }
    }

    /// Every way to change one row: the row gone, each of its columns, the row once more.
    pub(crate) fn deeds(&self, row: &str) -> Vec<String> {
        let Self { table, columns, .. } = self;
        let mut deeds = vec![format!("delete from {table} where {row}")];
        for column in columns {
            let (name, change) = (&column.0, other(column));
            deeds.push(format!("update {table} set {name} = {change} where {row}"));
        }
        let last = columns.iter().map(|(.., pk)| *pk).max();
        let copied = columns.iter().map(|column| match Some(column.2) == last {
            true => other(column),
            false => column.0.clone(),
        });
        let copied = copied.collect::<Vec<_>>().join(", ");
        deeds.push(format!(
            "insert into {table} select {copied} from {table} where {row}"
        ));
        deeds
    }

    /// Puts the table back as it was.
    pub(crate) fn put_back(&self, raw: &Connection) {
        let table = self.table;
        let put_back =
            format!("delete from {table}; insert into {table} select * from kept_{table}");
        raw.execute_batch(&put_back).unwrap();
    }
}

/// Another value than that of the column.
fn other((name, kind, _): &Column) -> String {
    match kind.to_lowercase().as_str() {
        "integer" => format!("coalesce({name}, 0) + 1000000"),
        "blob" => format!("randomblob(max(length({name}), 1))"),
        _ => format!("coalesce({name}, '') || 'x'"),
    }
}
