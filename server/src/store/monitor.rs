//! Quarterly checks, and the ratings that they look at.

use std::collections::BTreeMap;

use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId, SubjectId};
use itgel_domain::monitoring::Quarter;
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// A check of a banner.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MonitorRun {
    /// The banner.
    pub banner: DivisionCode,
    /// The quarter.
    pub quarter: Quarter,
    /// The day on which the registers are read.
    pub as_of: Date,
    /// SHA-256 of the rules of monitoring.
    pub rules: Hash,
    /// The last rating that is done.
    #[serde(skip)]
    pub place: Option<RatingPlace>,
    /// What was checked and found so far.
    pub counts: RunCounts,
    /// An officer, or `rule`.
    pub started_by: String,
    /// When it began.
    pub started_at: AtMs,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<AtMs>,
}

/// What a check looked at and found.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunCounts {
    /// Ratings looked at.
    pub checked: u64,
    /// Of these, with a finding.
    pub found: u64,
    /// Ratings that came under watch.
    pub watched: u64,
    /// Ratings looked at by grade.
    pub grades: BTreeMap<Grade, u64>,
    /// Findings by trigger.
    pub triggers: BTreeMap<String, u64>,
    /// Ratings by the strongest reaction that is called for.
    pub reactions: BTreeMap<String, u64>,
    /// By gacha.
    pub villages: BTreeMap<DivisionCode, VillageCounts>,
}

/// The same of a gacha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VillageCounts {
    /// Ratings looked at.
    pub checked: u64,
    /// Of these, with a finding.
    pub found: u64,
    /// With a finding that calls for a talk.
    pub talk: u64,
}

/// The place of a rating among all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatingPlace {
    /// The home of its subject when it came into effect.
    pub division: DivisionCode,
    /// Its case.
    pub case: CaseId,
}

/// A rating in effect as a check reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitoredRow {
    /// Where it stands.
    pub place: RatingPlace,
    /// Whose.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// The grade.
    pub grade: Grade,
    /// First day.
    pub effective_on: Date,
    /// Last day.
    pub valid_to: Date,
    /// The stored assessment, canonical JSON.
    pub result: String,
    /// Whether a newer case of the subject is on its way.
    pub is_being_rated: bool,
}

/// The check of a banner in a quarter.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    banner: DivisionCode,
    quarter: Quarter,
) -> Result<Option<MonitorRun>, StoreError> {
    let sql = format!("{SELECT} where banner = ?1 and quarter = ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let key = params![banner.filled_text(), quarter.to_string()];
    let found = query.query_row(key, |row| Ok(read(row)));
    found.optional()?.transpose()
}

/// The checks of a banner, the newest first.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list(
    connection: &Connection,
    banner: DivisionCode,
    limit: u32,
) -> Result<Vec<MonitorRun>, StoreError> {
    let sql = format!("{SELECT} where banner = ?1 order by quarter desc limit ?2");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![banner.filled_text(), limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Writes a check, new or moved on.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, run: &MonitorRun) -> Result<(), StoreError> {
    let sql = "insert into monitor_run (banner, quarter, as_of, rules, place, counts, started_by,
                   started_at, finished_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               on conflict (banner, quarter) do update set place = excluded.place,
                   counts = excluded.counts, finished_at = excluded.finished_at";
    let place = run.place.as_ref().map_or_else(String::new, |place| {
        format!("{}~{}", place.division, place.case)
    });
    tx.prepare_cached(sql)?.execute(params![
        run.banner.filled_text(),
        run.quarter.to_string(),
        run.as_of.to_string(),
        run.rules.to_string(),
        place,
        column::to_json(&run.counts, "monitor_run.counts")?,
        run.started_by,
        run.started_at.0,
        run.finished_at.map(|at| at.0),
    ])?;
    Ok(())
}

/// The banners in which a rating came into effect by `day`.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_banners(connection: &Connection, day: Date) -> Result<Vec<DivisionCode>, StoreError> {
    let sql = "select distinct substr(division, 1, 6) || '000000' as banner from rating
               where effective_on <= ?1 order by 1";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map(params![day.to_string()], |row| {
        Ok(column::division(row, "banner", "rating.division"))
    })?;
    rows.map(|row| row?).collect()
}

/// The ratings in effect on `day` in a division, after a place: gacha after gacha.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_ratings(
    connection: &Connection,
    within: DivisionCode,
    day: Date,
    after: Option<&RatingPlace>,
    limit: usize,
) -> Result<Vec<MonitoredRow>, StoreError> {
    let sql = "select r.division, r.case_id, r.subject, r.cycle, r.grade, r.effective_on,
                   r.valid_to, a.result, exists (
                       select 1 from rating_case c
                       where c.subject = r.subject and c.cycle <> r.cycle
                           and c.state in ('submitted', 'conflict', 'returned', 'pre_rated',
                               'reviewed', 'in_publicity', 'in_notice', 'disputed', 'approved')
                   ) as rated_again
               from rating r join assessment a on a.inputs_hash = r.inputs_hash
               where (r.division, r.case_id) > (?1, ?2) and r.division < ?3
                   and r.status in ('effective', 'watch')
                   and r.effective_on <= ?4 and r.valid_to >= ?4
               order by r.division, r.case_id limit ?5";
    let (low, high) = within.text_range();
    let (division, case) = match after {
        None => (low, ""),
        Some(place) => (place.division.filled_text(), place.case.as_str()),
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division, case, high, day.to_string(), limit];
    let rows = query.query_map(key, |row| Ok(read_rating(row)))?;
    rows.map(|row| row?).collect()
}

const SELECT: &str = "select banner, quarter, as_of, rules, place, counts, started_by, started_at,
    finished_at from monitor_run";

fn read(row: &Row<'_>) -> Result<MonitorRun, StoreError> {
    let place: String = row.get("place")?;
    let corrupt = || StoreError::Corrupt {
        what: "monitor_run.place",
    };
    let place = match place.split_once('~') {
        None => None,
        Some((division, case)) => Some(RatingPlace {
            division: division.parse().map_err(|_| corrupt())?,
            case: case.parse().map_err(|_| corrupt())?,
        }),
    };
    Ok(MonitorRun {
        banner: column::division(row, "banner", "monitor_run.banner")?,
        quarter: column::word(row, "quarter", "monitor_run.quarter")?,
        as_of: column::word(row, "as_of", "monitor_run.as_of")?,
        rules: column::word(row, "rules", "monitor_run.rules")?,
        place,
        counts: column::json(row, "counts", "monitor_run.counts")?,
        started_by: row.get("started_by")?,
        started_at: AtMs(row.get("started_at")?),
        finished_at: row.get::<_, Option<i64>>("finished_at")?.map(AtMs),
    })
}

fn read_rating(row: &Row<'_>) -> Result<MonitoredRow, StoreError> {
    Ok(MonitoredRow {
        place: RatingPlace {
            division: column::division(row, "division", "rating.division")?,
            case: column::word(row, "case_id", "rating.case_id")?,
        },
        subject: column::word(row, "subject", "rating.subject")?,
        cycle: column::word(row, "cycle", "rating.cycle")?,
        grade: column::word(row, "grade", "rating.grade")?,
        effective_on: column::word(row, "effective_on", "rating.effective_on")?,
        valid_to: column::word(row, "valid_to", "rating.valid_to")?,
        result: row.get("result")?,
        is_being_rated: row.get("rated_again")?,
    })
}
