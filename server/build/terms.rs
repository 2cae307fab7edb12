//! Whether the register of fields says of every table what ends its rows, and whether a row could
//! be left that refers to one that is gone (`domain.md` L-15, L-21).

use std::collections::BTreeMap;

use crate::schema::{Column, line_of, list, word};

/// What has no term, and what would dangle.
pub(crate) fn faults(columns: &[Column], file: &str, text: &str) -> Vec<String> {
    let Ok(register) = text.parse::<toml::Table>() else {
        // Said by the comparison of the tables.
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut terms: BTreeMap<&str, &toml::Table> = BTreeMap::new();
    let groups = [
        ("table", "key"),
        ("left_out", "table"),
        ("register", "word"),
    ];
    for (group, key) in groups {
        for row in list(&register, group).filter(|row| word(row, "group") != "view") {
            let name = word(row, key);
            match row.get("ends").and_then(toml::Value::as_table) {
                Some(ends) if group != "register" => drop(terms.insert(name, ends)),
                Some(_) => {}
                None => {
                    let line = line_of(text, &format!("{key} = \"{name}\""), 0);
                    problems.push(format!(
                        "{file}:{line}: {name} has no `ends`: no job would end its rows"
                    ));
                }
            }
        }
    }
    for column in columns {
        if let Some(parent) = &column.references
            && dangles(&terms, &column.table, parent)
        {
            let Column {
                table, name, place, ..
            } = column;
            problems.push(format!(
                "{place}: {table}.{name} would refer to rows of {parent} that have ended; let it end with them in {file}"
            ));
        }
    }
    problems
}

/// Whether rows of `parent` are deleted while those of `child` stay.
fn dangles(terms: &BTreeMap<&str, &toml::Table>, child: &str, parent: &str) -> bool {
    let (Some(own), Some(other)) = (terms.get(child), terms.get(parent)) else {
        return false;
    };
    let is_deleted = !other.contains_key("clears");
    match word(other, "by") {
        "rows" if is_deleted => word(own, "of") != parent,
        by @ ("year" | "device" | "officer") if is_deleted => word(own, "by") != by,
        _ => false,
    }
}
