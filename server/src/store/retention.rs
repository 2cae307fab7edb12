//! Rows whose term is over, as the register of fields says (`domain.md` L-15, L-21). Names of tables
//! and columns come from that register, which is part of the program, and never from outside.

use itgel_domain::exchange::{CellKind, Ends, Table};
use itgel_domain::time::AtMs;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{StoreError, Tx};

/// A row that is over: the values of its key, in the order of the register.
pub type Key = Vec<Value>;

/// The keys of rows of a table that are over at `now`, the first ones by their order. Those of
/// subjects whose data the law orders to keep are not among them.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_over(
    connection: &Connection,
    table: &Table,
    ends: &Ends,
    now: AtMs,
    limit: u32,
) -> Result<Vec<Key>, StoreError> {
    let first_kept = now.on().saturating_sub(jiff::Span::new().years(ends.years));
    let day = Value::Text(first_kept.to_string());
    let instant = Value::Integer(AtMs::start_of(first_kept).0);
    let mut given = Vec::new();
    let mut over = Vec::new();
    for column in &ends.after {
        over.push(condition(table, column));
        given.push(match is_instant(table, column) {
            true => instant.clone(),
            false => day.clone(),
        });
    }
    let order = table.order.join(", ");
    let sql = format!(
        "select {order} from {} where ({}){} order by {order} limit {limit}",
        table.key,
        over.join(" or "),
        not_held(table)
    );
    let mut query = connection.prepare_cached(&sql)?;
    let columns = table.order.len();
    let rows = query.query_map(params_from_iter(given), |row| {
        (0..columns).map(|n| row.get(n)).collect::<Result<Key, _>>()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes the row with this key.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, table: &Table, key: &Key) -> Result<(), StoreError> {
    let named: Vec<String> = (1..)
        .zip(&table.order)
        .map(|(n, column)| format!("{column} = ?{n}"))
        .collect();
    let sql = format!("delete from {} where {}", table.key, named.join(" and "));
    tx.prepare_cached(&sql)?.execute(params_from_iter(key))?;
    Ok(())
}

/// That the term of a row has passed by one of its columns.
fn condition(table: &Table, column: &str) -> String {
    match column {
        "cycle" => "cycle in (select id from cycle where closes_on < ?)".to_owned(),
        "case_id" => format!(
            "{}.case_id in (select rating_case.id from rating_case
                 join cycle on cycle.id = rating_case.cycle where cycle.closes_on < ?)",
            table.key
        ),
        own => format!("({own} is not null and {own} < ?)"),
    }
}

fn is_instant(table: &Table, column: &str) -> bool {
    let mut columns = table.columns.iter();
    columns.any(|known| known.key == column && known.kind == CellKind::Instant)
}

fn not_held(table: &Table) -> &'static str {
    let has = |column| table.place(column).is_some();
    match (has("subject"), has("case_id")) {
        _ if table.key == "legal_hold" => "",
        (true, _) => {
            " and (subject is null or subject not in
                 (select h.subject from legal_hold h where h.lifted_at is null))"
        }
        (false, true) => {
            " and case_id not in (select c.id from rating_case c join legal_hold h
                 on h.subject = c.subject where h.lifted_at is null)"
        }
        (false, false) => "",
    }
}
