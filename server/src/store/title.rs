//! Titles of villages and townships.

use std::collections::BTreeMap;

use itgel_domain::case::TitleState;
use itgel_domain::case::title::{Computed, TitleCase, TitleEvent, TitleStep};
use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::register::TitleHeld;
use itgel_domain::time::AtMs;
use itgel_domain::title::{TitleHolder, TitleLevel};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A title with the snapshot that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleRow {
    /// Whose it is.
    pub holder: TitleHolder,
    /// The title and its history.
    pub title: TitleCase,
    /// The campaign.
    pub cycle: CycleId,
    /// The level that it has or is to get.
    pub level: Option<TitleLevel>,
    /// The day of the snapshot.
    pub as_of: Date,
    /// The title that the division held when the snapshot was taken.
    pub held: Option<TitleHeld>,
    /// The snapshot that it rests on.
    pub snapshot: Hash,
    /// The inputs of the snapshot in canonical bytes.
    pub inputs: Vec<u8>,
    /// What the engine said, as JSON.
    pub result: String,
    /// The code under which it was awarded, if the place had another then.
    pub carried_from: Option<DivisionCode>,
}

/// What a title consists of beside its columns.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    computed: Computed,
    held: Option<TitleHeld>,
    events: Vec<TitleEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carried_from: Option<DivisionCode>,
}

const SELECT: &str = "select division, cycle, formed_on, jointly_with, level, as_of, snapshot,
    inputs, result, body from title";

/// The word of a title that is not reached.
const NONE: &str = "none";

/// The title that a division has or shares in a campaign: the one that goes on before one that
/// has ended, and a joint one before one of its own that nobody has done anything with.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Option<TitleRow>, StoreError> {
    let sql = format!(
        "{SELECT} where cycle = ?2 and (division = ?1 or jointly_with = ?1)
         order by case when state = ?3 then 1 else 0 end,
             case when version = 0 and jointly_with = '' then 1 else 0 end,
             formed_on desc, as_of desc limit 1"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let ended = TitleState::Ended.as_str();
    let key = params![division.filled_text(), cycle.as_str(), ended];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The title of a holder by its latest snapshot.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest(
    connection: &Connection,
    holder: &TitleHolder,
) -> Result<Option<TitleRow>, StoreError> {
    let sql = format!(
        "{SELECT} where division = ?1 and formed_on = ?2 and jointly_with = ?3
         order by as_of desc, cycle desc limit 1"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let [division, formed_on, jointly_with] = key(holder);
    let found = query.query_row(params![division, formed_on, jointly_with], |row| {
        Ok(read(row))
    });
    found.optional()?.transpose()
}

/// The titles in a division that are not over, by their latest snapshot, whatever campaign they
/// are of; with those that it shares.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_going_on(
    connection: &Connection,
    within: DivisionCode,
) -> Result<Vec<TitleRow>, StoreError> {
    let sql = format!(
        "{SELECT} where ((division >= ?1 and division < ?2)
                 or (jointly_with >= ?1 and jointly_with < ?2))
             and state not in (?3, ?4) and {NEWEST}
         order by division, jointly_with, formed_on"
    );
    let (low, high) = within.text_range();
    let [cancelled, ended] = [TitleState::Cancelled, TitleState::Ended].map(TitleState::as_str);
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![low, high, cancelled, ended], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Of the rows of a holder only the latest.
const NEWEST: &str = "not exists (
    select 1 from title later where later.division = title.division
        and later.formed_on = title.formed_on and later.jointly_with = title.jointly_with
        and (later.as_of, later.cycle) > (title.as_of, title.cycle))";

/// The titles of a campaign in a division, by code: a township before its villages. One of a
/// village alone that was computed before it was assessed jointly is left out.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<TitleRow>, StoreError> {
    let sql = format!(
        "{SELECT} where cycle = ?1 and division >= ?2 and division < ?3
             and not (jointly_with = '' and version = 0 and exists (
                 select 1 from title_joint j where j.ended_at is null
                     and (j.division = title.division or j.jointly_with = title.division)))
         order by division, formed_on, jointly_with"
    );
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The titles that are held in a division now, whatever campaign they were awarded in. Who shares
/// one has it.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_held(
    connection: &Connection,
    within: DivisionCode,
) -> Result<BTreeMap<DivisionCode, TitleLevel>, StoreError> {
    let sql = format!(
        "select division, jointly_with, state, level from title
         where ((division >= ?1 and division < ?2) or (jointly_with >= ?1 and jointly_with < ?2))
             and {NEWEST}"
    );
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = query.query(params![low, high])?;
    let mut held = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let state: TitleState = column::word(row, "state", "title.state")?;
        let Some(level) = level(row)?.filter(|_| state.is_held()) else {
            continue;
        };
        let first = column::division(row, "division", "title.division")?;
        for member in std::iter::once(first).chain(neighbour(row)?) {
            if within.contains(member) {
                held.insert(member, level);
            }
        }
    }
    Ok(held)
}

/// The level of the title that a division has or shares now.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get_held(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Option<TitleLevel>, StoreError> {
    Ok(list_held(connection, division)?.get(&division).copied())
}

/// The divisions whose title is in publicity since `began_by` or before, with the campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_by_period(
    connection: &Connection,
    began_by: AtMs,
) -> Result<Vec<(DivisionCode, CycleId)>, StoreError> {
    let sql = "select division, cycle from title where state = ?1 and period_from <= ?2
               order by division, cycle";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![TitleState::InPublicity.as_str(), began_by.0];
    let rows = query.query_map(key, |row| {
        Ok((|| {
            let division = column::division(row, "division", "title.division")?;
            Ok((division, column::word(row, "cycle", "title.cycle")?))
        })())
    })?;
    rows.map(|row| row?).collect()
}

/// Whether there is a file of a household: a sealed visit in the campaign, or a rating in effect
/// on `day` from one before.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn is_filed(
    connection: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
    day: Date,
) -> Result<bool, StoreError> {
    let sql = "select exists (select 1 from standing
                              where subject = ?1 and cycle = ?2 and filed = 1)
                   or exists (select 1 from rating
                              where subject = ?1 and status in ('effective', 'watch')
                                  and effective_on <= ?3 and valid_to >= ?3)";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![subject.as_str(), cycle.as_str(), day.to_string()];
    Ok(query.query_row(key, |row| row.get(0))?)
}

/// Subjects that belong to a division.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_subjects(connection: &Connection, within: DivisionCode) -> Result<u64, StoreError> {
    let sql = "select count(*) as many from subject
               where division >= ?1 and division < ?2 and erased_at is null";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    query.query_row(params![low, high], |row| {
        Ok(column::unsigned(row, "many", "subject.many"))
    })?
}

/// Writes a title.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &TitleRow) -> Result<(), StoreError> {
    let title = &row.title;
    let body = Body {
        computed: title.computed().clone(),
        held: row.held.clone(),
        events: title.history().to_vec(),
        carried_from: row.carried_from,
    };
    let sql = "insert into title (division, cycle, formed_on, jointly_with, state, level, version,
                   as_of, period_from, snapshot, inputs, result, body)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
               on conflict (division, cycle, formed_on, jointly_with) do update set
                   state = excluded.state, level = excluded.level, version = excluded.version,
                   as_of = excluded.as_of, period_from = excluded.period_from,
                   snapshot = excluded.snapshot, inputs = excluded.inputs,
                   result = excluded.result, body = excluded.body";
    let [division, formed_on, jointly_with] = key(&row.holder);
    tx.prepare_cached(sql)?.execute(params![
        division,
        row.cycle.as_str(),
        formed_on,
        jointly_with,
        title.state().as_str(),
        row.level.map_or(NONE, |level| level.as_str()),
        column::signed(title.version()),
        row.as_of.to_string(),
        published_at(title).map(|at| at.0),
        row.snapshot.to_string(),
        row.inputs,
        row.result,
        column::to_json(&body, "title.body")?,
    ])?;
    Ok(())
}

/// A holder as its columns: division, day of its forming, neighbour.
pub(super) fn key(holder: &TitleHolder) -> [String; 3] {
    let text = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
    [
        holder.division.filled_text(),
        text(holder.formed_on),
        holder
            .jointly_with
            .map_or_else(String::new, DivisionCode::filled_text),
    ]
}

/// Reads a holder back from its columns.
pub(super) fn read_holder(row: &Row<'_>) -> Result<TitleHolder, StoreError> {
    let formed_on: String = row.get("formed_on")?;
    let formed_on = match formed_on.is_empty() {
        true => None,
        false => Some(column::word(row, "formed_on", "title.formed_on")?),
    };
    Ok(TitleHolder {
        division: column::division(row, "division", "title.division")?,
        formed_on,
        jointly_with: neighbour(row)?,
    })
}

fn neighbour(row: &Row<'_>) -> Result<Option<DivisionCode>, StoreError> {
    let text: String = row.get("jointly_with")?;
    if text.is_empty() {
        return Ok(None);
    }
    column::division(row, "jointly_with", "title.jointly_with").map(Some)
}

fn published_at(title: &TitleCase) -> Option<AtMs> {
    let published = |event: &&TitleEvent| event.step == TitleStep::Publish;
    title
        .history()
        .iter()
        .rev()
        .find(published)
        .map(|event| event.at)
}

fn read(row: &Row<'_>) -> Result<TitleRow, StoreError> {
    let holder = read_holder(row)?;
    let body: Body = column::json(row, "body", "title.body")?;
    Ok(TitleRow {
        title: TitleCase::new(holder.division, body.computed).replayed(body.events),
        holder,
        cycle: column::word(row, "cycle", "title.cycle")?,
        level: level(row)?,
        as_of: column::word(row, "as_of", "title.as_of")?,
        held: body.held,
        snapshot: column::word(row, "snapshot", "title.snapshot")?,
        inputs: row.get("inputs")?,
        result: row.get("result")?,
        carried_from: body.carried_from,
    })
}

fn level(row: &Row<'_>) -> Result<Option<TitleLevel>, StoreError> {
    let word: String = row.get("level")?;
    if word == NONE {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| StoreError::Corrupt {
        what: "title.level",
    })
}
