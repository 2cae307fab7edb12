//! Cases: a row that lists read, and the events that the case is the sum of.

use itgel_domain::case::{Case, CaseEvent, CaseState, Role};
use itgel_domain::division::DivisionCode;
use itgel_domain::file::entry::EntryId;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId, OfficerId, SubjectId};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column};

mod listed;

pub use listed::{
    CaseFilter, CaseListed, CasePlace, count_approved, list, list_due, list_with_due, set_due,
};

/// A case with what the server keeps beside its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub case: Case,
    /// The day on which the windows of its rules end.
    pub as_of: Date,
    /// The stored assessment that it rests on.
    pub inputs: Option<Hash>,
    /// The seals that the case took in.
    pub seals: Vec<EntryId>,
    /// In its state since.
    pub since: AtMs,
    /// How soon it needs a person: 0 first, 9 not at all.
    pub attention: u8,
}

/// Where a case stands, without its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseAt {
    /// Its state.
    pub state: CaseState,
    /// The seals that it took in.
    pub seals: Vec<EntryId>,
}

const SELECT: &str = "select id, subject, cycle, division, as_of, inputs_hash, since, attention,
    seals from rating_case";

/// The case with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &CaseId) -> Result<Option<CaseRow>, StoreError> {
    let mut query = connection.prepare_cached(&format!("{SELECT} where id = ?1"))?;
    let found = query.query_row(params![id.as_str()], |row| Ok(read(connection, row)));
    found.optional()?.transpose()
}

/// The case of a subject in a campaign; one that is void, or closed because consent was
/// withdrawn, makes room for another.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_of(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Option<CaseRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 and cycle = ?2 and is_current = 1");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![subject.as_str(), cycle.as_str()];
    let found = query.query_row(key, |row| Ok(read(connection, row)));
    found.optional()?.transpose()
}

/// The seals of the cases of a subject in a campaign that have made room for another: that one
/// begins with a new visit.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_used_seals(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Vec<EntryId>, StoreError> {
    let sql = "select seals from rating_case
               where subject = ?1 and cycle = ?2 and is_current = 0";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![subject.as_str(), cycle.as_str()], |row| {
        Ok(column::json::<Vec<EntryId>>(
            row,
            "seals",
            "rating_case.seals",
        ))
    })?;
    let mut seals = Vec::new();
    for row in rows {
        seals.extend(row??);
    }
    Ok(seals)
}

/// Where the case of a subject in a campaign stands.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_place_of(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Option<CaseAt>, StoreError> {
    let sql = "select state, seals from rating_case
               where subject = ?1 and cycle = ?2 and is_current = 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![subject.as_str(), cycle.as_str()], |row| {
        Ok(read_at(row))
    });
    found.optional()?.transpose()
}

/// How many cases of a campaign in a division stand in each state.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_by_state(
    connection: &Connection,
    cycle: &CycleId,
    division: DivisionCode,
) -> Result<Vec<(CaseState, u64)>, StoreError> {
    let sql = "select state, count(*) as many from rating_case
               where cycle = ?1 and division >= ?2 and division < ?3 group by state";
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| {
        Ok((|| {
            let many = column::unsigned(row, "many", "rating_case.many")?;
            Ok((column::word(row, "state", "rating_case.state")?, many))
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// The cases of a campaign in a division that stand in one of `states`, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_in(
    connection: &Connection,
    cycle: &CycleId,
    division: DivisionCode,
    states: &[CaseState],
) -> Result<Vec<CaseId>, StoreError> {
    let sql = format!(
        "select id from rating_case where cycle = ?1 and division >= ?2 and division < ?3
             and state in ({}) order by id",
        quoted(states)
    );
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| {
        Ok(column::word(row, "id", "rating_case.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// The cases in one of `states` whose period began at `began_by` or before, after `after`, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_by_period(
    connection: &Connection,
    states: &[CaseState],
    began_by: AtMs,
    after: Option<&CaseId>,
    limit: usize,
) -> Result<Vec<CaseId>, StoreError> {
    let sql = format!(
        "select id from rating_case where state in ({}) and period_from <= ?1 and id > ?2
         order by id limit ?3",
        quoted(states)
    );
    let mut query = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let after = after.map_or("", CaseId::as_str);
    let rows = query.query_map(params![began_by.0, after, limit], |row| {
        Ok(column::word(row, "id", "rating_case.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// Writes the row of a case and those of its events that are new.
///
/// # Errors
/// [`StoreError`] of the database; [`StoreError::Corrupt`] if somebody else has moved the case
/// since it was read.
pub fn put(tx: &Tx<'_>, row: &CaseRow, known: u64, salts: &[String]) -> Result<(), StoreError> {
    let case = &row.case;
    let sql = "insert into rating_case (id, subject, cycle, division, state, version, as_of,
                   inputs_hash, grade, period_from, since, attention, seals, is_current)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15)
               on conflict (id) do update set division = excluded.division,
                   state = excluded.state, version = excluded.version, as_of = excluded.as_of,
                   inputs_hash = excluded.inputs_hash, grade = excluded.grade,
                   period_from = excluded.period_from, since = excluded.since,
                   attention = excluded.attention, seals = excluded.seals,
                   is_current = excluded.is_current
               where version = ?14";
    let written = tx.prepare_cached(sql)?.execute(params![
        case.id.as_str(),
        case.subject.as_str(),
        case.cycle.as_str(),
        case.division.filled_text(),
        case.state().as_str(),
        column::signed(case.version()),
        row.as_of.to_string(),
        row.inputs.map(|hash| hash.to_string()),
        case.grade().map(Grade::as_str),
        case.period().map(|period| period.began_at.0),
        row.since.0,
        row.attention,
        column::to_json(&row.seals, "rating_case.seals")?,
        column::signed(known),
        i64::from(!case.makes_room()),
    ])?;
    if written != 1 {
        return Err(StoreError::Corrupt {
            what: "rating_case.version",
        });
    }
    let fresh = case.history().iter().filter(|event| event.n > known);
    for (event, salt) in fresh.zip(salts) {
        put_event(tx, &case.id, event, salt)?;
    }
    put_persons(tx, case)
}

/// Whether an officer has collected for any case of a division in a campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn has_collected(
    connection: &Connection,
    officer: &OfficerId,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from case_person p join rating_case c on c.id = p.case_id
                   where p.officer = ?1 and p.role = ?2 and c.cycle = ?3 and c.division = ?4)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![
        officer.as_str(),
        Role::Collector.as_str(),
        cycle.as_str(),
        division.filled_text(),
    ];
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// Writes which seals a case took in, where none of them moved it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put_seals(tx: &Tx<'_>, row: &CaseRow) -> Result<(), StoreError> {
    tx.prepare_cached("update rating_case set seals = ?2 where id = ?1")?
        .execute(params![
            row.case.id.as_str(),
            column::to_json(&row.seals, "rating_case.seals")?,
        ])?;
    Ok(())
}

/// The cases of a subject, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(connection: &Connection, subject: &SubjectId) -> Result<Vec<CaseId>, StoreError> {
    let mut query =
        connection.prepare_cached("select id from rating_case where subject = ?1 order by id")?;
    let rows = query.query_map(params![subject.as_str()], |row| {
        Ok(column::word(row, "id", "rating_case.id"))
    })?;
    rows.map(|row| row?).collect()
}

/// Takes every word out of the events of a case, and the salts with which their leaves could be
/// told from others.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn redact(tx: &Tx<'_>, case: &Case) -> Result<(), StoreError> {
    let sql = "update case_event set event = ?3, salt = '' where case_id = ?1 and n = ?2";
    for event in case.history() {
        let mut event = event.clone();
        event.reason.text.clear();
        let json = column::to_json(&event, "case_event.event")?;
        let key = (case.id.as_str(), column::signed(event.n));
        log_row::put(
            tx,
            Vouched::CaseEvent,
            sql,
            params![key.0, key.1, json],
            key,
        )?;
    }
    Ok(())
}

fn put_event(tx: &Tx<'_>, case: &CaseId, event: &CaseEvent, salt: &str) -> Result<(), StoreError> {
    let sql = "insert into case_event (case_id, n, step, actor, at, salt, event)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let actor = match event.by.officer() {
        Some(officer) => officer.as_str(),
        None => event.by.capacity().as_str(),
    };
    let key = (case.as_str(), column::signed(event.n));
    let values = params![
        key.0,
        key.1,
        event.step.kind().as_str(),
        actor,
        event.at.0,
        salt,
        column::to_json(event, "case_event.event")?,
    ];
    log_row::put(tx, Vouched::CaseEvent, sql, values, key)?;
    Ok(())
}

fn put_persons(tx: &Tx<'_>, case: &Case) -> Result<(), StoreError> {
    let sql = "insert into case_person (case_id, officer, role) values (?1, ?2, ?3)
               on conflict (case_id, officer) do nothing";
    let mut put = tx.prepare_cached(sql)?;
    for (officer, role) in case.participants() {
        put.execute(params![case.id.as_str(), officer.as_str(), role.as_str()])?;
    }
    Ok(())
}

fn list_events(connection: &Connection, case: &CaseId) -> Result<Vec<CaseEvent>, StoreError> {
    let sql = "select event from case_event where case_id = ?1 order by n";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![case.as_str()], |row| {
        Ok(column::json(row, "event", "case_event.event"))
    })?;
    rows.map(|row| row?).collect()
}

fn read(connection: &Connection, row: &Row<'_>) -> Result<CaseRow, StoreError> {
    let id: CaseId = column::word(row, "id", "rating_case.id")?;
    let events = list_events(connection, &id)?;
    let case = Case::new(
        id,
        column::word(row, "subject", "rating_case.subject")?,
        column::word(row, "cycle", "rating_case.cycle")?,
        column::division(row, "division", "rating_case.division")?,
    );
    Ok(CaseRow {
        case: case.replayed(events),
        as_of: column::word(row, "as_of", "rating_case.as_of")?,
        inputs: column::optional_word(row, "inputs_hash", "rating_case.inputs_hash")?,
        seals: column::json(row, "seals", "rating_case.seals")?,
        since: AtMs(row.get("since")?),
        attention: row.get("attention")?,
    })
}

fn read_at(row: &Row<'_>) -> Result<CaseAt, StoreError> {
    Ok(CaseAt {
        state: column::word(row, "state", "rating_case.state")?,
        seals: column::json(row, "seals", "rating_case.seals")?,
    })
}

/// A list of states for a condition; states are words of our own, never input.
fn quoted(states: &[CaseState]) -> String {
    let words: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    words.join(", ")
}
