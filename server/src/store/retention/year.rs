//! The years of a subject (档案年度): its file of the year and the campaigns that closed in it, with
//! everything that the register of fields lets end with them. A year ends as one, so that nothing
//! is left that refers to what is gone.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::exchange::{EndsBy, Schema, Term};
use itgel_domain::file::FileId;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::time::AtMs;
use jiff::civil::{Date, date};
use rusqlite::{Connection, Params, named_params, params};

use super::super::{StoreError, Tx, column, log_row};
use super::open_states;
use super::register::words_of_year;

/// A year of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Whose.
    pub subject: SubjectId,
    /// Which.
    pub year: i16,
    /// The campaigns that closed in it.
    pub cycles: Vec<CycleId>,
    /// The day from which its term counts: its last one, or the last one of a campaign or rating
    /// that reaches farther.
    pub ends_on: Date,
}

/// A campaign in which something is known of a subject.
struct Campaign {
    id: CycleId,
    opens_on: Date,
    closes_on: Date,
    /// The last day of a rating of it.
    rated_to: Option<Date>,
}

/// The first subjects after `after`, by id, and the last of them.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_subjects(
    connection: &Connection,
    after: &str,
    limit: u32,
) -> Result<Vec<SubjectId>, StoreError> {
    let sql = "select id from subject where id > ?1 order by id limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![after, limit], |row| {
        Ok(column::word(row, "id", "subject.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// The years of which anything of a subject is kept that ends with them, the earliest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, subject: &SubjectId) -> Result<Vec<Year>, StoreError> {
    let campaigns = list_campaigns(connection, subject)?;
    let mut years: BTreeMap<i16, Vec<CycleId>> = BTreeMap::new();
    for year in list_filed(connection, subject)? {
        years.entry(year).or_default();
    }
    for campaign in &campaigns {
        let cycles = years.entry(campaign.closes_on.year()).or_default();
        cycles.push(campaign.id.clone());
    }
    let year = |(year, cycles)| Year {
        subject: subject.clone(),
        year,
        cycles,
        ends_on: last_day(year, &campaigns),
    };
    Ok(years.into_iter().map(year).collect())
}

/// The last day of a year, or of a campaign or rating that was running in it.
fn last_day(year: i16, campaigns: &[Campaign]) -> Date {
    let (first, last) = (date(year, 1, 1), date(year, 12, 31));
    let ends = campaigns.iter().filter_map(|campaign| {
        let closed = date(campaign.closes_on.year(), 12, 31);
        let end = campaign.rated_to.map_or(closed, |day| day.max(closed));
        (campaign.opens_on <= last && first <= end).then_some(end)
    });
    ends.fold(last, Date::max)
}

/// Whether something is still to be done for which a year is needed: the law orders to keep it, a
/// case, an objection or a request is open, a rating of it in effect or suspended, a report may
/// be asked for or a loan is running that began while it counted (`domain.md` D.2, L-08, L-10,
/// L-20, L-21).
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_bound(connection: &Connection, year: &Year, today: Date) -> Result<bool, StoreError> {
    let sql = format!(
        "select exists (select 1 from legal_hold where subject = :s and lifted_at is null)
         or exists (select 1 from rating_case where subject = :s and (state in ({open})
                or (state = 'effective' and cycle in (select value from json_each(:c)))))
         or exists (select 1 from rights_request where subject = :s
                and state in ('open', 'granted'))
         or exists (select 1 from quarantine where subject = :s and outcome is null)
         or exists (select 1 from authorisation where subject = :s and revoked_at is null
                and valid_to >= :today and valid_from <= :last)
         or exists (select 1 from party p join loan_line l on l.borrower = p.blind
                join ledger g on g.id = l.ledger
                where p.subject = :s and p.borrows = 1 and g.state = 'active'
                and l.closed_on is null and l.opened_on <= :last
                and not exists (select 1 from ledger newer where newer.lender = g.lender
                    and newer.division = g.division and newer.state = 'active'
                    and newer.month > g.month))",
        open = open_states()
    );
    let mut query = connection.prepare_cached(&sql)?;
    let given = named_params! {
        ":s": year.subject.as_str(),
        ":c": column::to_json(&year.cycles, "cycles")?,
        ":today": today.to_string(),
        ":last": year.ends_on.to_string(),
    };
    Ok(query.query_row(given, |row| row.get(0))?)
}

/// Deletes or empties what the register of fields lets end with a year; how many rows.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, year: &Year) -> Result<usize, StoreError> {
    let (from, until) = year.days();
    let file = FileId {
        subject: year.subject.clone(),
        year: year.year,
    };
    let cycles = column::to_json(&year.cycles, "cycles")?;
    let mut ended = forget_statements(tx, year)?;
    for (table, term) in in_order() {
        let sql = statement(tx, table, term)?;
        let values = params![
            year.subject.as_str(),
            file.to_string(),
            cycles,
            from.to_string(),
            until.to_string(),
            AtMs::start_of(from).0,
            AtMs::start_of(until.tomorrow().unwrap_or(until)).0,
        ];
        ended += log_row::run(tx, table, &sql, values, term.clears.is_empty())?;
    }
    Ok(ended)
}

impl Year {
    /// Its first and last day.
    #[must_use]
    pub fn days(&self) -> (Date, Date) {
        (date(self.year, 1, 1), date(self.year, 12, 31))
    }
}

/// What is found by way of another table goes before that table.
fn in_order() -> Vec<(&'static str, &'static Term)> {
    let terms = Schema::builtin().terms();
    let mut of_year: Vec<_> = terms.filter(|(_, t)| t.by == EndsBy::Year).collect();
    let by_another = |key: &String| matches!(key.as_str(), "case_id" | "content");
    of_year.sort_by_key(|(_, term)| !term.key.iter().any(by_another));
    of_year
}

/// What ends the rows of a table that belong to a year: ?1 the subject, ?2 the file, ?3 the
/// campaigns, ?4 and ?5 first and last day, ?6 and ?7 the same as instants.
fn statement(tx: &Tx<'_>, table: &str, term: &Term) -> Result<String, StoreError> {
    let found = match table {
        // Ballots and objections stand in no file; who somebody is ends with the subject.
        "envelope" => "sealed <> x'' and (file = ?2 or (file is null and subject = ?1
                and kind in ('ballot', 'objection') and received_at >= ?6 and received_at < ?7))"
            .to_owned(),
        _ => {
            let parts: Vec<String> = term.key.iter().map(|key| finds(key)).collect();
            parts.join(" and ")
        }
    };
    // Every statement has all seven values.
    let all = (1..=7).map(|n| format!("?{n} is not null"));
    let all = all.collect::<Vec<_>>().join(" and ");
    Ok(match term.clears.is_empty() {
        true => format!("delete from {table} where {found} and {all}"),
        false => {
            let set = super::people::emptied(tx, table, &term.clears)?;
            format!("update {table} set {set} where {found} and {all}")
        }
    })
}

fn finds(column: &str) -> String {
    const CYCLES: &str = "(select value from json_each(?3))";
    match column {
        "subject" => "subject = ?1".to_owned(),
        "file" | "id" => format!("{column} = ?2"),
        "cycle" => format!("cycle in {CYCLES}"),
        "case_id" => format!(
            "case_id in (select c.id from rating_case c where c.subject = ?1 and c.cycle in {CYCLES})"
        ),
        "snapshot" => {
            format!("snapshot in (select s.id from title_snapshot s where s.cycle in {CYCLES})")
        }
        "content" => {
            "content in (select m.content from media m where m.subject = ?1 and m.file = ?2)"
                .to_owned()
        }
        "valid_from" => "valid_from between ?4 and ?5".to_owned(),
        instant => format!("{instant} >= ?6 and {instant} < ?7"),
    }
}

/// Statements about a value of the file; those about a record go with the record.
fn forget_statements(tx: &Tx<'_>, year: &Year) -> Result<usize, StoreError> {
    let kinds = Schema::builtin().registers.iter();
    let registers: Vec<&str> = kinds.map(|kind| kind.word.as_str()).collect();
    let sql = "delete from statement where subject = ?1 and taken_at >= ?2 and taken_at < ?3
                   and substr(about, 1, instr(about || '/', '/') - 1)
                       not in (select value from json_each(?4))";
    let (from, until) = year.days();
    Ok(tx.prepare_cached(sql)?.execute(params![
        year.subject.as_str(),
        AtMs::start_of(from).0,
        AtMs::start_of(until.tomorrow().unwrap_or(until)).0,
        column::to_json(&registers, "registers")?,
    ])?)
}

fn list_campaigns(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<Campaign>, StoreError> {
    let sql = "select c.id, c.opens_on, c.closes_on,
                   (select max(r.valid_to) from rating r
                    where r.subject = ?1 and r.cycle = c.id) as rated_to
               from cycle c where c.id in (
                   select cycle from standing where subject = ?1
                   union select cycle from rating_case where subject = ?1
                   union select cycle from rating where subject = ?1
                   union select cycle from ballot where subject = ?1)
               order by c.id";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok((|| {
            Ok(Campaign {
                id: column::word(row, "id", "cycle.id")?,
                opens_on: column::word(row, "opens_on", "cycle.opens_on")?,
                closes_on: column::word(row, "closes_on", "cycle.closes_on")?,
                rated_to: column::optional_word(row, "rated_to", "rating.valid_to")?,
            })
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The years in which something was written down that belongs to no campaign.
fn list_filed(connection: &Connection, subject: &SubjectId) -> Result<BTreeSet<i16>, StoreError> {
    // The name of a file begins with the subject; '0' is the character after '/'.
    let (from, to) = (format!("{subject}/"), format!("{subject}0"));
    let mut years = BTreeSet::new();
    let files = "select id from content_key where scope = 'file' and id > ?1 and id < ?2
                 union select file from envelope where file > ?1 and file < ?2 and sealed <> x''";
    for id in texts(connection, files, params![from, to])? {
        let file = id.parse::<FileId>();
        let file = file.map_err(|_| StoreError::Corrupt {
            what: "content_key.id",
        })?;
        years.insert(file.year);
    }
    let sql = format!(
        "select valid_from from register_row where subject = ?1 and register in ({})",
        words_of_year()
    );
    for day in texts(connection, &sql, params![subject.as_str()])? {
        let day = day.parse::<Date>();
        let day = day.map_err(|_| StoreError::Corrupt {
            what: "register_row.valid_from",
        })?;
        years.insert(day.year());
    }
    let sql = "select at from decision where subject = ?1
               union select taken_at from statement where subject = ?1 and instr(about, '/') = 0
               union select received_at from envelope where subject = ?1 and file is null
                   and kind in ('ballot', 'objection') and sealed <> x''";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| row.get::<_, i64>(0))?;
    for at in rows {
        years.insert(AtMs(at?).on().year());
    }
    Ok(years)
}

fn texts(
    connection: &Connection,
    sql: &str,
    given: impl Params,
) -> Result<Vec<String>, StoreError> {
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(given, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
