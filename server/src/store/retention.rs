//! Rows whose term is over, as the register of fields says (`domain.md` L-15, L-21). Names of tables
//! and columns come from that register, which is part of the program, and never from outside.

pub mod people;
pub mod register;
pub mod year;

use itgel_domain::case::CaseState;
use itgel_domain::exchange::{EndsBy, Only, Schema, Term};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::{StoreError, Tx, log_row};

/// A row that is over: the values of its key.
pub type Key = Vec<Value>;

/// A table whose rows end one by one.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The table.
    pub table: &'static str,
    /// Its key.
    pub key: Vec<String>,
    /// How its rows end.
    pub term: &'static Term,
}

/// The last day of what is not over yet on the day of `now`, if it is kept so many years.
#[must_use]
pub fn first_kept(now: AtMs, years: i16) -> Date {
    now.on().saturating_sub(jiff::Span::new().years(years))
}

/// The tables whose rows end one by one, in the order of the register.
#[must_use]
pub fn list_endings() -> Vec<Ending> {
    let schema = Schema::builtin();
    let of_rows = schema.terms().filter(|(_, term)| term.by == EndsBy::Rows);
    let ending = |(table, term): (&'static str, &'static Term)| Ending {
        table,
        key: match schema.table(table) {
            Some(described) => described.order.clone(),
            None => term.key.clone(),
        },
        term,
    };
    of_rows.map(ending).collect()
}

/// The keys of rows of a table that are over at `now`, the first ones by their order. Those of
/// subjects whose data the law orders to keep are not among them, and none of a campaign in which
/// something about the subject is still open.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_over(
    connection: &Connection,
    ending: &Ending,
    now: AtMs,
    limit: u32,
) -> Result<Vec<Key>, StoreError> {
    let after: Vec<String> = ending.term.after.iter().map(|name| over(name)).collect();
    let sql = format!(
        "select {key} from {table} where ({after}){only}{free} order by {key} limit ?3",
        key = ending.key.join(", "),
        table = ending.table,
        after = after.join(" or "),
        only = among(ending.term.only.as_ref()),
        free = free(connection, ending.table)?,
    );
    let kept = first_kept(now, ending.term.years);
    let mut query = connection.prepare_cached(&sql)?;
    let given = params![kept.to_string(), AtMs::start_of(kept).0, limit];
    let columns = ending.key.len();
    let rows = query.query_map(given, |row| {
        (0..columns).map(|n| row.get(n)).collect::<Result<Key, _>>()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes the row with this key, and before it those of other tables that go with it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, ending: &Ending, key: &Key) -> Result<(), StoreError> {
    let row = equals(&ending.key);
    for (child, term) in list_children(ending.table) {
        let sql = format!(
            "delete from {child} where ({own}) in (select {named} from {parent} where {row})",
            own = term.key.join(", "),
            named = term.named.join(", "),
            parent = ending.table,
        );
        log_row::run(tx, child, &sql, params_from_iter(key), true)?;
    }
    let sql = format!("delete from {} where {row}", ending.table);
    log_row::run(tx, ending.table, &sql, params_from_iter(key), true)?;
    Ok(())
}

/// The tables whose rows go with those of another.
#[must_use]
pub fn list_children(parent: &str) -> Vec<(&'static str, &'static Term)> {
    let terms = Schema::builtin().terms();
    terms
        .filter(|(_, term)| term.of.as_deref() == Some(parent))
        .collect()
}

/// That the term has passed by one column. Every column that begins a term is a day as text or an
/// instant as a number; a month has passed with its last day. ?1 is the first day that is kept, ?2
/// the same as an instant.
fn over(column: &str) -> String {
    let value = match column {
        "cycle" => return "cycle in (select c.id from cycle c where c.closes_on < ?1)".to_owned(),
        "case_id" => {
            return "case_id in (select c.id from rating_case c join cycle y on y.id = c.cycle
                        where y.closes_on < ?1)"
                .to_owned();
        }
        "month" => "month || '-99'".to_owned(),
        own => match own.split_once(':') {
            Some((json, path)) => format!("json_extract({json}, '{path}')"),
            None => own.to_owned(),
        },
    };
    // Both numbers stand in every statement, whichever column it has.
    format!(
        "(case typeof({value}) when 'text' then {value} < ?1 when 'integer' then {value} < ?2 else 0 end)"
    )
}

fn among(only: Option<&Only>) -> String {
    let Some(only) = only else {
        return String::new();
    };
    let words: Vec<String> = only.values.iter().map(|word| format!("'{word}'")).collect();
    format!(" and {} in ({})", only.column, words.join(", "))
}

/// What keeps a row of a table beyond its term.
fn free(connection: &Connection, table: &str) -> Result<String, StoreError> {
    let has = |name: &str| -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from pragma_table_info(?1) where name = ?2)";
        let mut query = connection.prepare_cached(sql)?;
        Ok(query.query_row(params![table, name], |row| row.get(0))?)
    };
    if table == "household_change" {
        // A debt from before a split stays with every part until it is paid (`domain.md` G 11).
        return Ok(
            " and not exists (select 1 from joint_debtor j join loan_line l
                on l.borrower = j.blind join ledger g on g.id = l.ledger
            where j.change_id = household_change.id and g.state = 'active'
                and l.closed_on is null)"
                .to_owned(),
        );
    }
    let (has_subject, has_case) = (has("subject")?, has("case_id")?);
    if table == "legal_hold" || !(has_subject || has_case) {
        return Ok(String::new());
    }
    let open = match has_case || has("cycle")? {
        true => format!(
            " or s.id in (select c.subject from rating_case c where c.state in ({}))",
            open_states()
        ),
        false => String::new(),
    };
    let whose = match has_subject {
        true => "subject".to_owned(),
        false => format!("(select k.subject from rating_case k where k.id = {table}.case_id)"),
    };
    Ok(format!(
        " and not exists (select 1 from subject s where s.id = {table_whose} and (s.id in
              (select h.subject from legal_hold h where h.lifted_at is null){open}))",
        table_whose = match has_subject {
            true => format!("{table}.{whose}"),
            false => whose,
        }
    ))
}

/// The states in which something about a case is still to be done (`domain.md` D.2), as words of a
/// list: neither ended, nor a rating in effect that nothing is said against, nor a draft that was
/// never sealed.
fn open_states() -> String {
    let is_open = |state: &CaseState| {
        let is_quiet = matches!(state, CaseState::Draft | CaseState::Effective);
        !state.is_terminal() && !is_quiet
    };
    let open = CaseState::ALL.into_iter().filter(is_open);
    let words: Vec<String> = open.map(|state| format!("'{}'", state.as_str())).collect();
    words.join(", ")
}

fn equals(key: &[String]) -> String {
    let named = (1..).zip(key).map(|(n, column)| format!("{column} = ?{n}"));
    named.collect::<Vec<_>>().join(" and ")
}
