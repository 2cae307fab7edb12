//! Cases: a row that lists read, and the events that the case is the sum of.

use itgel_domain::case::{Case, CaseEvent, CaseState, Role};
use itgel_domain::division::DivisionCode;
use itgel_domain::file::entry::EntryId;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId, OfficerId, SubjectId};
use itgel_domain::subject::{Grade, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

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

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CaseListed {
    /// The case.
    pub id: CaseId,
    /// Whose.
    pub subject: SubjectId,
    /// What kind of subject.
    pub kind: SubjectKind,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The home division.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// Where it stands.
    pub state: CaseState,
    /// What the next actor must have seen.
    pub version: u64,
    /// The grade as it stands.
    pub grade: Option<Grade>,
    /// In this state since.
    pub since: AtMs,
    /// When publicity or notice began.
    pub period_from: Option<AtMs>,
    /// How soon it needs a person: 0 first, 9 not at all.
    pub attention: u8,
}

/// Which cases to list.
#[derive(Debug, Clone)]
pub struct CaseFilter {
    /// The campaign.
    pub cycle: CycleId,
    /// Where: the division and everything in it.
    pub division: DivisionCode,
    /// Who reads: cases of subjects toward whom they have declared an interest are left out.
    pub reader: OfficerId,
    /// Only in this state.
    pub state: Option<CaseState>,
    /// Only of a household code that begins so, or of this case or subject.
    pub search: Option<String>,
    /// After this place of the list.
    pub after: Option<CasePlace>,
    /// Most cases.
    pub limit: usize,
}

/// A place in a list of cases: what needs a person first comes first, then what waits longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePlace {
    /// Its [`CaseListed::attention`].
    pub attention: u8,
    /// Its [`CaseListed::since`].
    pub since: AtMs,
    /// The case.
    pub id: CaseId,
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

/// The cases that a filter lets through, in the order of [`CasePlace`].
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(connection: &Connection, filter: &CaseFilter) -> Result<Vec<CaseListed>, StoreError> {
    let sql = "select c.id, c.subject, s.kind, s.local_code, c.division, c.cycle, c.state,
                   c.version, c.grade, c.since, c.period_from, c.attention
               from rating_case c join subject s on s.id = c.subject
               where c.cycle = ?1 and c.division >= ?2 and c.division < ?3
                   and (?4 is null or c.state = ?4)
                   and (?5 is null or c.id = ?5 or c.subject = ?5
                        or substr(s.local_code, 1, length(?5)) = ?5)
                   and (?6 is null or (c.attention, c.since, c.id) > (?6, ?7, ?8))
                   and not exists (select 1 from interest i
                                   where i.subject = c.subject and i.officer = ?10)
               order by c.attention, c.since, c.id limit ?9";
    let (low, high) = filter.division.text_range();
    let after = filter.after.as_ref();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(
        params![
            filter.cycle.as_str(),
            low,
            high,
            filter.state.map(CaseState::as_str),
            filter.search,
            after.map(|place| place.attention),
            after.map(|place| place.since.0),
            after.map(|place| place.id.as_str()),
            i64::try_from(filter.limit).unwrap_or(i64::MAX),
            filter.reader.as_str(),
        ],
        |row| Ok(read_listed(row)),
    )?;
    rows.map(|row| row?).collect()
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

/// Writes the earliest deadline that runs for a case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn set_due(tx: &Tx<'_>, case: &CaseId, due_on: Option<Date>) -> Result<(), StoreError> {
    tx.prepare_cached("update rating_case set due_on = ?2 where id = ?1")?
        .execute(params![case.as_str(), due_on.map(|day| day.to_string())])?;
    Ok(())
}

/// The cases of a campaign in a division with a deadline that runs, the earliest first, after a
/// day and a case.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_due(
    connection: &Connection,
    (cycle, division): (&CycleId, DivisionCode),
    after: (&str, &str),
    limit: usize,
) -> Result<Vec<CaseRow>, StoreError> {
    let sql = format!(
        "{SELECT} where cycle = ?1 and division >= ?2 and division < ?3
             and due_on is not null and (due_on, id) > (?4, ?5)
         order by due_on, id limit ?6"
    );
    let (low, high) = division.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let key = params![cycle.as_str(), low, high, after.0, after.1, limit];
    let rows = query.query_map(key, |row| Ok(read(connection, row)))?;
    rows.map(|row| row?).collect()
}

/// The cases with a deadline that runs, after a case, by id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_with_due(
    connection: &Connection,
    after: Option<&CaseId>,
    limit: usize,
) -> Result<Vec<CaseId>, StoreError> {
    let sql = "select id from rating_case where due_on is not null and id > ?1
               order by id limit ?2";
    let mut query = connection.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![after.map_or("", CaseId::as_str), limit], |row| {
        Ok(column::word(row, "id", "rating_case.id"))
    })?;
    rows.map(|row| row?).collect()
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
    let mut update = tx.prepare_cached(sql)?;
    for event in case.history() {
        let mut event = event.clone();
        event.reason.text.clear();
        let json = column::to_json(&event, "case_event.event")?;
        update.execute(params![case.id.as_str(), column::signed(event.n), json])?;
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
    tx.prepare_cached(sql)?.execute(params![
        case.as_str(),
        column::signed(event.n),
        event.step.kind().as_str(),
        actor,
        event.at.0,
        salt,
        column::to_json(event, "case_event.event")?,
    ])?;
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

fn read_listed(row: &Row<'_>) -> Result<CaseListed, StoreError> {
    Ok(CaseListed {
        id: column::word(row, "id", "rating_case.id")?,
        subject: column::word(row, "subject", "rating_case.subject")?,
        kind: column::word(row, "kind", "subject.kind")?,
        local_code: row.get("local_code")?,
        division: column::division(row, "division", "rating_case.division")?,
        cycle: column::word(row, "cycle", "rating_case.cycle")?,
        state: column::word(row, "state", "rating_case.state")?,
        version: column::unsigned(row, "version", "rating_case.version")?,
        grade: column::optional_word(row, "grade", "rating_case.grade")?,
        since: AtMs(row.get("since")?),
        period_from: row.get::<_, Option<i64>>("period_from")?.map(AtMs),
        attention: row.get("attention")?,
    })
}

/// A list of states for a condition; states are words of our own, never input.
fn quoted(states: &[CaseState]) -> String {
    let words: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    words.join(", ")
}
