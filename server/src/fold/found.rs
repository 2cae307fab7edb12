//! What the engine found for a subject, and what of it is kept.

use std::collections::BTreeMap;

use itgel_domain::assess::{Assessment, Columns, Inputs, assess, assess_measured};
use itgel_domain::file::facts::conflict::Conflict;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::register::PeerEvaluation;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;

use super::Assessed;
use crate::error::ServiceError;
use crate::store::assessment::AssessmentRow;
use crate::store::board::Counts;
use crate::store::columns::ColumnsRow;
use crate::store::standing::StandingRow;
use crate::store::{self, Tx};

/// What the engine found.
pub(super) struct Found {
    pub(super) inputs: Inputs,
    /// The inputs in canonical bytes: hashed here and kept as they are.
    bytes: Vec<u8>,
    hash: Hash,
    pub(super) assessment: Assessment,
    columns: Columns,
    /// Whether open conflicts change the grade.
    conflict_matters: bool,
}

impl Found {
    /// Assesses; `assessed` holds what was assessed in the same transaction already, and gives it
    /// away.
    pub(super) fn of(inputs: Inputs, assessed: &mut BTreeMap<Hash, Assessed>) -> Self {
        let bytes = inputs.canonical_bytes();
        let hash = Inputs::hash_of(&bytes);
        let made = assessed.remove(&hash);
        let made = made.unwrap_or_else(|| assess_measured(&inputs, hash));
        let (assessment, columns) = made;
        Self {
            conflict_matters: conflict_matters(&inputs, &assessment),
            inputs,
            bytes,
            hash,
            assessment,
            columns,
        }
    }
}

/// Whether the grade depends on how the open conflicts are settled. While the peer evaluation is
/// pending the grade is a range anyway; then its worst and its best result are looked at apart.
fn conflict_matters(inputs: &Inputs, assessment: &Assessment) -> bool {
    if inputs.facts.conflicts.is_empty() {
        return false;
    }
    if inputs.context.peer != PeerEvaluation::Pending || assessment.pending.is_empty() {
        return !assessment.range.is_settled();
    }
    let with_peer = |mean_centi: u32| {
        let mut held = inputs.clone();
        held.context.peer = PeerEvaluation::from_means(&[mean_centi; 5]);
        assess(&held).range
    };
    [100, 500]
        .into_iter()
        .any(|mean| !with_peer(mean).is_settled())
}

/// Writes the new assessment, and deletes the one before if nothing rests on it.
pub(super) fn keep(
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    before: Option<&StandingRow>,
    found: Option<&mut Found>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (old, new) = (
        before.and_then(|row| row.inputs_hash),
        found.as_ref().map(|found| found.hash),
    );
    if old == new {
        return Ok(());
    }
    if let Some(found) = found {
        let row = AssessmentRow {
            inputs_hash: found.hash,
            subject: subject.id.clone(),
            cycle: cycle.clone(),
            as_of: found.inputs.as_of,
            inputs: std::mem::take(&mut found.bytes),
            result: found.assessment.to_json(),
            made_at: now,
            shortened_at: None,
        };
        store::assessment::put(tx, &row)?;
    }
    if let Some(old) = old {
        store::assessment::delete_unused(tx, &subject.id, &old)?;
    }
    Ok(())
}

/// Keeps what was measured beside the standing, so that a candidate pack is scored without the
/// inputs being read; the columns go with the standing when the subject moves.
pub(super) fn keep_columns(
    tx: &Tx<'_>,
    before: Option<&StandingRow>,
    row: &StandingRow,
    found: Option<&Found>,
) -> Result<(), ServiceError> {
    let kept = before.filter(|before| before.inputs_hash.is_some());
    let is_kept = |before: &StandingRow| {
        (before.division, before.inputs_hash) == (row.division, row.inputs_hash)
    };
    if kept.is_some_and(is_kept) {
        return Ok(());
    }
    let leaves = |before: &&StandingRow| before.division != row.division || found.is_none();
    if let Some(before) = kept.filter(leaves) {
        store::columns::delete_one(tx, &row.cycle, before.division, &row.subject)?;
    }
    if let Some(found) = found {
        let columns = ColumnsRow {
            division: row.division,
            subject: row.subject.clone(),
            kind: found.inputs.subject_kind,
            inputs: found.hash,
            pack: found.assessment.pack,
            parameters: found.assessment.parameters,
            columns: found.columns.to_bytes(),
        };
        store::columns::put(tx, &row.cycle, &columns)?;
    }
    Ok(())
}

/// Where the subject stands by what was found; the day of an assessment that did not change is
/// for the caller to keep.
pub(super) fn standing(
    subject: &Subject,
    cycle: &CycleId,
    is_filed: bool,
    conflicts: &[Conflict],
    found: Option<&Found>,
    now: AtMs,
) -> StandingRow {
    let assessment = found.map(|found| &found.assessment);
    StandingRow {
        subject: subject.id.clone(),
        cycle: cycle.clone(),
        division: subject.division,
        is_filed,
        conflicts: u32::try_from(conflicts.len()).unwrap_or(u32::MAX),
        conflict_matters: found.is_some_and(|found| found.conflict_matters),
        grade_low: assessment.and_then(|a| a.range.low),
        grade_high: assessment.and_then(|a| a.range.high),
        score: assessment.map(|a| a.range.low_score.0),
        completeness: assessment.map(|a| a.completeness.0),
        inputs_hash: found.map(|found| found.hash),
        assessed_at: found.map(|_| now),
        contribution: contribution(is_filed, conflicts, found),
    }
}

/// What the boards count of a standing.
fn contribution(is_filed: bool, conflicts: &[Conflict], found: Option<&Found>) -> Counts {
    if !is_filed {
        return Counts::default();
    }
    let grade = found.and_then(|found| found.assessment.grade);
    Counts {
        filed: 1,
        in_conflict: i64::from(!conflicts.is_empty()),
        conflict_matters: i64::from(found.is_some_and(|found| found.conflict_matters)),
        open: i64::from(grade.is_none()),
        provisional: grade.map(|grade| (grade, 1)).into_iter().collect(),
        effective: BTreeMap::new(),
    }
}
