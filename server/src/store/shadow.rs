//! Runs of proposed rules beside the rules in force: how far each is, and what it counted.

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::migration::{Local, Migration};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// The run of a proposed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowRow {
    /// The file.
    pub file: Hash,
    /// Digest of the rules in force when it began.
    pub rules: Hash,
    /// Who asked for it.
    pub asked_by: OfficerId,
    /// When.
    pub asked_at: AtMs,
    /// When it ended; none while it goes on.
    pub finished_at: Option<AtMs>,
    /// Where it goes on.
    pub place: ShadowPlace,
    /// Standings when it began.
    pub expected: u64,
    /// How many are done.
    pub done: u64,
    /// Of these, measured again from their inputs.
    pub measured: u64,
    /// What was counted so far.
    pub migration: Migration,
}

/// Where a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShadowPlace {
    /// Campaigns whose standings are still to be walked, the present one first.
    pub cycles: Vec<CycleId>,
    /// The last standing of the present campaign that is done.
    pub after: Option<(DivisionCode, SubjectId)>,
    /// Campaigns whose titles are still to be walked.
    pub titles: Vec<CycleId>,
}

impl ShadowPlace {
    /// Whether nothing is left.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        self.cycles.is_empty() && self.titles.is_empty()
    }
}

/// The run of a file.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, file: &Hash) -> Result<Option<ShadowRow>, StoreError> {
    let sql = "select file, rules, asked_by, asked_at, finished_at, place, expected, done,
                   measured, migration from shadow_run where file = ?1";
    let mut query = connection.prepare_cached(sql)?;
    query
        .query_row(params![file.to_string()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Writes a run that begins, or how far it is.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, run: &ShadowRow) -> Result<(), StoreError> {
    let sql = "insert into shadow_run (file, rules, asked_by, asked_at, finished_at, place,
                   expected, done, measured, migration)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               on conflict (file) do update set rules = excluded.rules,
                   asked_by = excluded.asked_by, asked_at = excluded.asked_at,
                   finished_at = excluded.finished_at, place = excluded.place,
                   expected = excluded.expected, done = excluded.done,
                   measured = excluded.measured, migration = excluded.migration";
    tx.prepare_cached(sql)?.execute(params![
        run.file.to_string(),
        run.rules.to_string(),
        run.asked_by.as_str(),
        run.asked_at.0,
        run.finished_at.map(|at| at.0),
        column::to_json(&run.place, "shadow_run.place")?,
        column::signed(run.expected),
        column::signed(run.done),
        column::signed(run.measured),
        column::to_json(&run.migration, "shadow_run.migration")?,
    ])?;
    Ok(())
}

/// Forgets what a run counted of divisions, as when it begins again.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn clear_divisions(tx: &Tx<'_>, file: &Hash) -> Result<(), StoreError> {
    tx.prepare_cached("delete from shadow_division where file = ?1")?
        .execute(params![file.to_string()])?;
    Ok(())
}

/// Adds what a page counted of a division.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn add_division(
    tx: &Tx<'_>,
    file: &Hash,
    division: DivisionCode,
    counted: &Local,
) -> Result<(), StoreError> {
    let code = division.filled_text();
    let sql = "select counted from shadow_division where file = ?1 and division = ?2";
    let mut query = tx.prepare_cached(sql)?;
    let known = query.query_row(params![file.to_string(), code], |row| {
        Ok(column::json::<Local>(
            row,
            "counted",
            "shadow_division.counted",
        ))
    });
    let mut local = known.optional()?.transpose()?.unwrap_or_default();
    local.join(counted);
    let sql = "insert into shadow_division (file, division, counted) values (?1, ?2, ?3)
               on conflict (file, division) do update set counted = excluded.counted";
    let json = column::to_json(&local, "shadow_division.counted")?;
    tx.prepare_cached(sql)?
        .execute(params![file.to_string(), code, json])?;
    Ok(())
}

/// What a run counted of the divisions in `within`, or of all, by code.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_divisions(
    connection: &Connection,
    file: &Hash,
    within: Option<DivisionCode>,
) -> Result<Vec<(DivisionCode, Local)>, StoreError> {
    let sql = "select division, counted from shadow_division
               where file = ?1 and division >= ?2 and division < ?3 order by division";
    let (low, high) = column::range(within);
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![file.to_string(), low, high], |row| {
        Ok((|| {
            let division = column::division(row, "division", "shadow_division.division")?;
            Ok((
                division,
                column::json(row, "counted", "shadow_division.counted")?,
            ))
        })())
    })?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<ShadowRow, StoreError> {
    Ok(ShadowRow {
        file: column::word(row, "file", "shadow_run.file")?,
        rules: column::word(row, "rules", "shadow_run.rules")?,
        asked_by: column::word(row, "asked_by", "shadow_run.asked_by")?,
        asked_at: AtMs(row.get("asked_at")?),
        finished_at: row.get::<_, Option<i64>>("finished_at")?.map(AtMs),
        place: column::json(row, "place", "shadow_run.place")?,
        expected: column::unsigned(row, "expected", "shadow_run.expected")?,
        done: column::unsigned(row, "done", "shadow_run.done")?,
        measured: column::unsigned(row, "measured", "shadow_run.measured")?,
        migration: column::json(row, "migration", "shadow_run.migration")?,
    })
}
