//! Whether every stored rating still comes out of its stored inputs and rule pack, and every
//! snapshot of a title out of the households that it counted, byte for byte (`domain.md` B.8 b): the audit that an old pack has to pass for ever.
//!
//! It only reads, a page at a time, and reports; nothing is repaired behind anybody's back.

use itgel_domain::assess::{Assessment, Inputs, InputsError, assess_hashed};
use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CaseId, CycleId};
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::rules::Stored;
use crate::service::Service;
use crate::store;
use crate::store::assessment::AssessmentRow;
use crate::store::rating::RatingRow;
use crate::store::title_snapshot::SnapshotRow;
use crate::titles::{self, TitleResult};

/// Ratings, or titles, that are read in one snapshot of the database.
const PAGE: usize = 500;

/// Most differences that are named; all of them are counted.
pub const NAMED: usize = 1_000;

/// What a run found.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Recomputed {
    /// Ratings that were looked at.
    pub ratings: u64,
    /// Snapshots of titles that were looked at.
    pub titles: u64,
    /// Ratings whose inputs no longer hold a record that had to be deleted (`domain.md` L-06):
    /// their grade stays and cannot be computed with that record any more.
    pub shortened: u64,
    /// Ratings of subjects that were erased.
    pub erased: u64,
    /// How many differ.
    pub different: u64,
    /// The first [`NAMED`] of them.
    pub differences: Vec<StoredDifference>,
}

/// A stored result that does not come out again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct StoredDifference {
    /// Which.
    pub stored: StoredResult,
    /// What is wrong.
    pub fault: RecomputeFault,
}

/// A stored result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredResult {
    /// The rating of a case.
    Rating(CaseId),
    /// The title of a division in a campaign, by one of its snapshots.
    Title(DivisionCode, CycleId, Hash),
}

/// Why a stored result does not come out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecomputeFault {
    /// There are no stored inputs.
    InputsMissing,
    /// The stored inputs cannot be read, or are not in canonical form.
    InputsUnreadable,
    /// The stored inputs are not those that their hash names.
    InputsHash,
    /// The rule pack or parameter table that they name is not here.
    RulesMissing,
    /// The scorer says something else.
    Result,
    /// The rating has another grade or score than its assessment, and nobody moved it.
    Grade,
}

/// Recomputes every stored rating and title; `progress` hears after each page how many are done.
///
/// # Errors
/// [`ServiceError`] of the database; a difference is no error but a finding.
pub fn recompute(
    service: &Service,
    progress: &mut dyn FnMut(u64),
) -> Result<Recomputed, ServiceError> {
    let mut found = Recomputed::default();
    let mut after = String::new();
    while let Some(last) = service
        .store
        .read(|c| ratings_page(service, c, &after, &mut found))?
    {
        after = last;
        progress(found.ratings);
    }
    let mut after = String::new();
    while let Some(last) = service
        .store
        .read(|c| titles_page(service, c, &after, &mut found))?
    {
        after = last;
        progress(found.ratings + found.titles);
    }
    Ok(found)
}

/// The last case of the page; `None` behind the last one.
fn ratings_page(
    service: &Service,
    connection: &Connection,
    after: &str,
    found: &mut Recomputed,
) -> Result<Option<String>, ServiceError> {
    let rows = store::rating::list_after(connection, after, PAGE)?;
    for row in &rows {
        found.ratings += 1;
        let fault = match store::assessment::get(connection, &row.inputs)? {
            Some(stored) if stored.shortened_at.is_some() => {
                found.shortened += 1;
                None
            }
            Some(stored) => check_rating(service, connection, row, &stored)?,
            None if store::subject::erased_at(connection, &row.subject)?.is_some() => {
                found.erased += 1;
                None
            }
            None => Some(RecomputeFault::InputsMissing),
        };
        found.note(fault, || StoredResult::Rating(row.case.clone()));
    }
    Ok(rows.last().map(|row| row.case.to_string()))
}

fn titles_page(
    service: &Service,
    connection: &Connection,
    after: &str,
    found: &mut Recomputed,
) -> Result<Option<String>, ServiceError> {
    let ids = store::title_snapshot::list_after(connection, after, PAGE)?;
    for id in &ids {
        let Some(row) = store::title_snapshot::get(connection, id)? else {
            continue;
        };
        found.titles += 1;
        let fault = check_title(service, connection, &row)?;
        found.note(fault, || {
            StoredResult::Title(row.holder.division, row.cycle.clone(), *id)
        });
    }
    Ok(ids.last().map(Hash::to_string))
}

fn check_rating(
    service: &Service,
    connection: &Connection,
    rating: &RatingRow,
    stored: &AssessmentRow,
) -> Result<Option<RecomputeFault>, ServiceError> {
    if Inputs::hash_of(&stored.inputs) != rating.inputs {
        return Ok(Some(RecomputeFault::InputsHash));
    }
    let assessment = match again(&service.rules.stored(connection), &stored.inputs) {
        Ok(assessment) => assessment,
        Err(fault) => return Ok(Some(fault)),
    };
    if assessment.to_json() != stored.result {
        return Ok(Some(RecomputeFault::Result));
    }
    let is_moved =
        store::case::get(connection, &rating.case)?.is_some_and(|row| row.case.is_overridden());
    let is_same = assessment.totals.score.0 == rating.score
        && (is_moved || assessment.grade == Some(rating.grade));
    Ok((!is_same).then_some(RecomputeFault::Grade))
}

/// A title is made again from the households or villages that were counted, not from their sums.
fn check_title(
    service: &Service,
    connection: &Connection,
    row: &SnapshotRow,
) -> Result<Option<RecomputeFault>, ServiceError> {
    let result: TitleResult =
        serde_json::from_str(&row.result).map_err(|e| ServiceError::caused("a stored title", e))?;
    if Inputs::hash_of(&row.inputs) != result.assessment.inputs {
        return Ok(Some(RecomputeFault::InputsHash));
    }
    let inputs = match decoded(&service.rules.stored(connection), &row.inputs) {
        Ok(inputs) => inputs,
        Err(fault) => return Ok(Some(fault)),
    };
    Ok(match titles::comes_out_again(inputs, row)? {
        (true, true) => None,
        (false, _) => Some(RecomputeFault::InputsHash),
        (true, false) => Some(RecomputeFault::Result),
    })
}

fn again(rules: &Stored<'_>, bytes: &[u8]) -> Result<Assessment, RecomputeFault> {
    let inputs = decoded(rules, bytes)?;
    Ok(assess_hashed(&inputs, Inputs::hash_of(bytes)))
}

fn decoded(rules: &Stored<'_>, bytes: &[u8]) -> Result<Inputs, RecomputeFault> {
    Inputs::decode(bytes, rules).map_err(|error| match error {
        InputsError::PackMissing(_) | InputsError::ParametersMissing(_) => {
            RecomputeFault::RulesMissing
        }
        _ => RecomputeFault::InputsUnreadable,
    })
}

impl Recomputed {
    fn note(&mut self, fault: Option<RecomputeFault>, stored: impl FnOnce() -> StoredResult) {
        let Some(fault) = fault else {
            return;
        };
        self.different += 1;
        if self.differences.len() < NAMED {
            let stored = stored();
            self.differences.push(StoredDifference { stored, fault });
        }
    }
}
