//! Titles of villages and townships, and what their roll-ups count.

use std::collections::BTreeMap;

use itgel_domain::case::TitleState;
use itgel_domain::case::title::{Computed, TitleCase, TitleEvent, TitleStep};
use itgel_domain::division::DivisionCode;
use itgel_domain::id::CycleId;
use itgel_domain::register::TitleHeld;
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleLevel;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A title with the snapshot that it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleRow {
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
    /// The inputs of the snapshot in canonical bytes.
    pub inputs: Vec<u8>,
    /// What the engine said, as JSON.
    pub result: String,
}

/// What a title consists of beside its columns.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    computed: Computed,
    held: Option<TitleHeld>,
    events: Vec<TitleEvent>,
}

const SELECT: &str = "select division, cycle, level, as_of, inputs, result, body from title";

/// The word of a title that is not reached.
const NONE: &str = "none";

/// The title of a division in a campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Option<TitleRow>, StoreError> {
    let sql = format!("{SELECT} where division = ?1 and cycle = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![division.filled_text(), cycle.as_str()];
    query
        .query_row(key, |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// The title of a division by its latest snapshot.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn newest(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Option<TitleRow>, StoreError> {
    let sql = format!("{SELECT} where division = ?1 order by as_of desc, cycle desc limit 1");
    let mut query = connection.prepare_cached(&sql)?;
    let found = query.query_row(params![division.filled_text()], |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The titles of a campaign in a division, by code: a township before its villages.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    within: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<TitleRow>, StoreError> {
    let sql =
        format!("{SELECT} where cycle = ?1 and division >= ?2 and division < ?3 order by division");
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![cycle.as_str(), low, high], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Titles of everywhere behind a place, by division and campaign.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_after(
    connection: &Connection,
    after: Option<&(DivisionCode, CycleId)>,
    limit: usize,
) -> Result<Vec<TitleRow>, StoreError> {
    let sql =
        format!("{SELECT} where (division, cycle) > (?1, ?2) order by division, cycle limit ?3");
    let (division, cycle) = match after {
        Some((division, cycle)) => (division.filled_text(), cycle.as_str()),
        None => (String::new(), ""),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![division, cycle, limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// The titles that are held in a division now, whatever campaign they were awarded in.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_held(
    connection: &Connection,
    within: DivisionCode,
) -> Result<BTreeMap<DivisionCode, TitleLevel>, StoreError> {
    let sql = "select t.division, t.state, t.level from title t
               where t.division >= ?1 and t.division < ?2 and not exists (
                   select 1 from title later where later.division = t.division
                       and (later.as_of, later.cycle) > (t.as_of, t.cycle))";
    let (low, high) = within.text_range();
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![low, high], |row| {
        Ok((|| {
            let state: TitleState = column::word(row, "state", "title.state")?;
            let division = column::division(row, "division", "title.division")?;
            Ok(level(row)?
                .filter(|_| state.is_held())
                .map(|level| (division, level)))
        })())
    })?;
    let held: Result<Vec<Option<_>>, StoreError> = rows.map(|row| row?).collect();
    Ok(held?.into_iter().flatten().collect())
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

/// Households that live in a village, and those of them with a file: a sealed visit in the
/// campaign, or a rating in effect on `day` from one before.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn count_households(
    connection: &Connection,
    village: DivisionCode,
    cycle: &CycleId,
    day: Date,
) -> Result<(i64, i64), StoreError> {
    let sql = "select count(*), coalesce(sum(
                   exists (select 1 from standing t
                           where t.subject = s.id and t.cycle = ?2 and t.filed = 1)
                   or exists (select 1 from rating r
                              where r.subject = s.id and r.status in ('effective', 'watch')
                                  and r.effective_on <= ?4 and r.valid_to >= ?4)), 0)
               from subject s
               where s.division = ?1 and s.kind = ?3 and s.erased_at is null";
    let mut query = connection.prepare_cached(sql)?;
    let household = SubjectKind::Household.as_str();
    let key = params![
        village.filled_text(),
        cycle.as_str(),
        household,
        day.to_string()
    ];
    Ok(query.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))?)
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
    };
    let sql = "insert into title (division, cycle, state, level, version, as_of, period_from,
                   inputs, result, body)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               on conflict (division, cycle) do update set state = excluded.state,
                   level = excluded.level, version = excluded.version, as_of = excluded.as_of,
                   period_from = excluded.period_from, inputs = excluded.inputs,
                   result = excluded.result, body = excluded.body";
    tx.prepare_cached(sql)?.execute(params![
        title.division.filled_text(),
        row.cycle.as_str(),
        title.state().as_str(),
        row.level.map_or(NONE, |level| level.as_str()),
        column::signed(title.version()),
        row.as_of.to_string(),
        published_at(title).map(|at| at.0),
        row.inputs,
        row.result,
        column::to_json(&body, "title.body")?,
    ])?;
    Ok(())
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
    let division = column::division(row, "division", "title.division")?;
    let body: Body = column::json(row, "body", "title.body")?;
    Ok(TitleRow {
        title: TitleCase::new(division, body.computed).replayed(body.events),
        cycle: column::word(row, "cycle", "title.cycle")?,
        level: level(row)?,
        as_of: column::word(row, "as_of", "title.as_of")?,
        held: body.held,
        inputs: row.get("inputs")?,
        result: row.get("result")?,
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
