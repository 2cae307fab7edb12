//! From envelopes to standings: what the files of a subject say, with the present context, under
//! the rules in force, and what follows for the boards and for the case (`design.md` 4).
//!
//! No Automerge document is loaded here: entries are self-contained, and a projection holds what
//! they mean. A job rebuilds files from envelopes and compares.

mod recompute;

use std::collections::BTreeMap;

use itgel_domain::assess::{Assessment, Facts, Inputs, assess};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::conflict::Conflict;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::register::PeerEvaluation;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

pub(crate) use self::recompute::{Recomputed, recompute};
use crate::context;

use crate::error::ServiceError;
use crate::process::{self, Refreshed};
use crate::service::Service;
use crate::store::assessment::AssessmentRow;
use crate::store::board::Counts;
use crate::store::standing::StandingRow;
use crate::store::{self, Tx};

/// Where a subject stands in a campaign.
#[derive(Debug, Clone)]
pub struct Standing {
    /// As it is stored.
    pub row: StandingRow,
    /// The open conflicts.
    pub conflicts: Vec<Conflict>,
    /// What the engine says now; `None` before a sealed visit arrived, and while no rules for
    /// such a subject are in force.
    pub assessment: Option<Assessment>,
}

/// Assessments that were just made, by their inputs: a refresh that comes to the same inputs has
/// nothing left to compute.
pub(crate) type Assessed = BTreeMap<Hash, Assessment>;

/// What all files of a subject say.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn facts(connection: &Connection, subject: &SubjectId) -> Result<FileFacts, ServiceError> {
    let mut files = store::projection::list(connection, subject)?.into_iter();
    let mut all = files.next().map(|(_, facts)| facts).unwrap_or_default();
    for (_, facts) in files {
        all.join(&facts);
    }
    Ok(all)
}

/// Brings the standing of a subject in a campaign up to date: assessment, conflicts, boards, and
/// what its case does about it. The same again changes nothing.
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub fn refresh(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    now: AtMs,
) -> Result<Standing, ServiceError> {
    refresh_after(service, tx, subject, cycle, now, &Assessed::new())
}

/// [`refresh`] after something was assessed already.
pub(crate) fn refresh_after(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    now: AtMs,
    assessed: &Assessed,
) -> Result<Standing, ServiceError> {
    let facts = facts(tx, &subject.id)?;
    let sealed = facts.seals(cycle).iter().map(|view| view.seal.as_of).max();
    let found = match sealed {
        Some(as_of) => {
            let inputs = present_inputs(service, tx, subject, facts.facts(cycle), &facts, as_of)?;
            inputs.map(|inputs| Found::of(inputs, assessed))
        }
        None => None,
    };
    let before = store::standing::get(tx, &subject.id, cycle)?;
    let conflicts = facts.conflicts(cycle);
    store::conflict::replace(tx, &subject.id, cycle, &conflicts, now)?;
    keep_assessment(tx, subject, cycle, before.as_ref(), found.as_ref(), now)?;
    let row = StandingRow {
        contribution: contribution(sealed.is_some(), &conflicts, found.as_ref()),
        conflicts: u32::try_from(conflicts.len()).unwrap_or(u32::MAX),
        ..standing_row(subject, cycle, sealed.is_some(), found.as_ref(), now)
    };
    move_boards(tx, before.as_ref(), &row)?;
    if before.as_ref().is_none_or(|before| !is_same(before, &row)) {
        store::standing::put(tx, &row)?;
    }
    if let Some(found) = &found {
        let refreshed = Refreshed {
            subject,
            cycle,
            facts: &facts,
            assessment: &found.assessment,
            conflict_matters: row.conflict_matters,
            peer_is_held: found.inputs.context.peer != PeerEvaluation::Pending,
            has_consent: has_consent_now(&facts, now.on()),
        };
        process::after_refresh(service, tx, &refreshed, now)?;
    }
    Ok(Standing {
        row,
        conflicts,
        assessment: found.map(|found| found.assessment),
    })
}

/// Brings every standing in a division up to date, as after a new register row for it.
///
/// # Errors
/// [`ServiceError`] of the database or of the rules.
pub fn refresh_division(
    service: &Service,
    tx: &Tx<'_>,
    within: DivisionCode,
    cycle: &CycleId,
    now: AtMs,
) -> Result<usize, ServiceError> {
    let standings = store::standing::list(tx, within, cycle)?;
    for standing in &standings {
        if let Some(subject) = store::subject::get(tx, &standing.subject)? {
            refresh(service, tx, &subject, cycle, now)?;
        }
    }
    Ok(standings.len())
}

/// What the engine found.
struct Found {
    inputs: Inputs,
    hash: Hash,
    assessment: Assessment,
    /// Whether open conflicts change the grade.
    conflict_matters: bool,
}

impl Found {
    fn of(inputs: Inputs, assessed: &Assessed) -> Self {
        let made = if assessed.is_empty() {
            None
        } else {
            assessed.get(&inputs.hash()).cloned()
        };
        let assessment = made.unwrap_or_else(|| assess(&inputs));
        Self {
            hash: assessment.inputs,
            conflict_matters: conflict_matters(&inputs, &assessment),
            inputs,
            assessment,
        }
    }
}

/// What is known of a subject now, under the rules in force on `as_of`; `None` while there are
/// none for such a subject.
fn present_inputs(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    facts: Facts,
    files: &FileFacts,
    as_of: Date,
) -> Result<Option<Inputs>, ServiceError> {
    let rules = &service.rules;
    let pack = known(rules.pack_for(tx, subject.kind, as_of))?;
    let parameters = known(rules.parameters_for(tx, subject.division, as_of))?;
    let (Some(pack), Some(parameters)) = (pack, parameters) else {
        return Ok(None);
    };
    Ok(Some(Inputs {
        subject: subject.id.clone(),
        subject_kind: subject.kind,
        as_of,
        facts,
        context: context::of(tx, subject, files, as_of)?,
        parameters,
        pack,
    }))
}

/// Rules that nobody has brought into force yet are no fault of what a device sends.
fn known<T>(found: Result<T, ServiceError>) -> Result<Option<T>, ServiceError> {
    match found {
        Ok(rules) => Ok(Some(rules)),
        Err(ServiceError::Refused {
            code: ErrorCode::PackUnknown | ErrorCode::ParametersUnknown,
            ..
        }) => Ok(None),
        Err(error) => Err(error),
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
fn keep_assessment(
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    before: Option<&StandingRow>,
    found: Option<&Found>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let (old, new) = (
        before.and_then(|row| row.inputs_hash),
        found.map(|found| found.hash),
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
            inputs: found.inputs.canonical_bytes(),
            result: found.assessment.to_json(),
            made_at: now,
        };
        store::assessment::put(tx, &row)?;
    }
    if let Some(old) = old {
        store::assessment::delete_unused(tx, &subject.id, &old)?;
    }
    Ok(())
}

/// What the engine says of a standing; conflicts and counters are added by the caller.
fn standing_row(
    subject: &Subject,
    cycle: &CycleId,
    is_filed: bool,
    found: Option<&Found>,
    now: AtMs,
) -> StandingRow {
    let assessment = found.map(|found| &found.assessment);
    StandingRow {
        subject: subject.id.clone(),
        cycle: cycle.clone(),
        division: subject.division,
        is_filed,
        conflicts: 0,
        conflict_matters: found.is_some_and(|found| found.conflict_matters),
        grade_low: assessment.and_then(|a| a.range.low),
        grade_high: assessment.and_then(|a| a.range.high),
        score: assessment.map(|a| a.range.low_score.0),
        completeness: assessment.map(|a| a.completeness.0),
        inputs_hash: found.map(|found| found.hash),
        assessed_at: found.map(|_| now),
        contribution: Counts::default(),
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

/// Moves the boards by the difference, also from one division to another.
fn move_boards(
    tx: &Tx<'_>,
    before: Option<&StandingRow>,
    row: &StandingRow,
) -> Result<(), ServiceError> {
    let mut difference = row.contribution.clone();
    if let Some(before) = before {
        let taken = before.contribution.clone().negated();
        if before.division == row.division {
            difference.add(&taken);
        } else {
            store::board::add(tx, before.division, &row.cycle, &taken)?;
        }
    }
    Ok(store::board::add(
        tx,
        row.division,
        &row.cycle,
        &difference,
    )?)
}

fn is_same(before: &StandingRow, row: &StandingRow) -> bool {
    let assessed_at = before.assessed_at;
    *before
        == StandingRow {
            assessed_at,
            ..row.clone()
        }
}

/// A withdrawal takes effect on receipt, whatever day it names.
fn has_consent_now(facts: &FileFacts, today: Date) -> bool {
    let holds = |view: &itgel_domain::file::facts::consent::ConsentView<'_>| {
        view.withdrawn_on.is_none() && view.consent.given_on <= today && today <= view.consent.until
    };
    facts.consents().iter().any(holds)
}

/// The subject with this id, if it is known and not erased.
///
/// # Errors
/// [`ErrorCode::ScopeOutside`] otherwise.
pub(crate) fn subject(connection: &Connection, id: &SubjectId) -> Result<Subject, ServiceError> {
    if store::subject::erased_at(connection, id)?.is_some() {
        return Err(ErrorCode::SubjectErased.into());
    }
    Ok(store::subject::get(connection, id)?.ok_or(ErrorCode::SubjectUnknown)?)
}
