//! The tables of the migrations, and what the register of fields says of them.

use std::collections::{BTreeMap, BTreeSet};

/// A table or column with its place.
pub(crate) struct Column {
    /// The table.
    pub(crate) table: String,
    /// The column; empty for the table itself.
    pub(crate) name: String,
    /// File and line.
    pub(crate) place: String,
    /// The table whose rows it names, as the database enforces.
    pub(crate) references: Option<String>,
}

/// Words with which a line of a table begins that is no column.
const NO_COLUMN: [&str; 5] = ["primary", "unique", "foreign", "check", "constraint"];

/// Reads the tables and columns that a migration makes.
pub(crate) fn read(file: &str, sql: &str, into: &mut Vec<Column>) {
    let mut table: Option<String> = None;
    for (number, line) in (1..).zip(sql.lines()) {
        let code = line.split("--").next().unwrap_or_default().trim();
        let words: Vec<&str> = code.split_whitespace().collect();
        let mut after = words.iter().skip_while(|word| **word != "references");
        let references = after.nth(1).map(|table| (*table).to_owned());
        let mut add = |table: &str, name: &str| {
            into.push(Column {
                table: table.to_owned(),
                name: name.to_owned(),
                place: format!("{file}:{number}"),
                references: references.clone(),
            });
        };
        match (words.as_slice(), &table) {
            (["create", "table", name, ..], _) => {
                add(name, "");
                table = Some((*name).to_owned());
            }
            (["alter", "table", altered, "add", "column", name, ..], _) => add(altered, name),
            ([first, ..], Some(_)) if first.starts_with(')') => table = None,
            ([first, ..], Some(inside)) if !NO_COLUMN.contains(first) => {
                let name = first.trim_matches('"');
                if is_name(name) {
                    add(inside, name);
                }
            }
            _ => {}
        }
    }
}

fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What the database has and the register does not describe, and the other way round.
pub(crate) fn compare(tables: &[Column], file: &str, text: &str) -> Vec<String> {
    let register = match text.parse::<toml::Table>() {
        Ok(register) => register,
        Err(error) => return vec![format!("{file}: {error}")],
    };
    let (described, left_out) = (described(&register), left_out(&register));
    let mut problems = Vec::new();
    let mut known: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for column in tables {
        let names = known.entry(&column.table).or_default();
        names.insert(&column.name);
        let Column {
            table, name, place, ..
        } = column;
        let is_left_out = left_out.contains(table.as_str());
        match (described.get(table.as_str()), name.is_empty()) {
            (None, true) if !is_left_out => {
                problems.push(format!("{place}: the table {table} stands neither in a [[table]] nor in a [[left_out]] of {file}"));
            }
            (Some(columns), false) if !columns.contains(name.as_str()) => {
                problems.push(format!(
                    "{place}: the column {table}.{name} is not described in {file}"
                ));
            }
            _ => {}
        }
    }
    for (table, columns) in &described {
        let line = line_of(text, &format!("key = \"{table}\""), 0);
        match known.get(table) {
            None => problems.push(format!("{file}:{line}: there is no table {table}")),
            Some(names) => {
                for column in columns.iter().filter(|column| !names.contains(*column)) {
                    let line = line_of(text, &format!("{{ key = \"{column}\""), line);
                    problems.push(format!(
                        "{file}:{line}: the table {table} has no column {column}"
                    ));
                }
            }
        }
    }
    for table in left_out.iter().filter(|table| !known.contains_key(*table)) {
        let line = line_of(text, &format!("table = \"{table}\""), 0);
        problems.push(format!("{file}:{line}: there is no table {table}"));
    }
    problems
}

/// The columns of every table of the register that the database holds; views are computed.
fn described(register: &toml::Table) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found = BTreeMap::new();
    for table in list(register, "table") {
        if word(table, "group") == "view" {
            continue;
        }
        let columns = list(table, "columns").map(|column| word(column, "key"));
        found.insert(word(table, "key"), columns.collect());
    }
    found
}

fn left_out(register: &toml::Table) -> BTreeSet<&str> {
    list(register, "left_out")
        .map(|row| word(row, "table"))
        .collect()
}

pub(crate) fn list<'a>(table: &'a toml::Table, key: &str) -> impl Iterator<Item = &'a toml::Table> {
    let rows = table.get(key).and_then(toml::Value::as_array);
    rows.into_iter().flatten().filter_map(toml::Value::as_table)
}

pub(crate) fn word<'a>(table: &'a toml::Table, key: &str) -> &'a str {
    table
        .get(key)
        .and_then(toml::Value::as_str)
        .unwrap_or_default()
}

/// The line of the first place of `wanted` after line `after`.
pub(crate) fn line_of(text: &str, wanted: &str, after: usize) -> usize {
    let mut lines = (1..).zip(text.lines()).skip(after);
    lines
        .find(|(_, line)| line.contains(wanted))
        .map_or(1, |(line, _)| line)
}
