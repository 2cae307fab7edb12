//! What a run says, for staff who decide about a file: the matrix, the reasons, the divisions.
//! Subjects are named by their division and the number of the household book, never by a person.

use std::collections::BTreeMap;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::migration::{CauseCount, CauseKind, Local, Matrix, Migration, Place};
use itgel_domain::pack::decimal;
use itgel_domain::policy::Actor;
use itgel_domain::time::AtMs;
use itgel_domain::validation::Stability;
use rusqlite::Connection;

use super::get;
use crate::error::ServiceError;
use crate::rules;
use crate::store;

/// A run as staff see it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ShadowView {
    /// The file.
    pub file: Hash,
    /// Its name.
    pub name: String,
    /// Whether the run is over.
    pub is_finished: bool,
    /// Whether the rules in force are still those that it was compared with.
    pub is_current: bool,
    /// Who asked for it.
    pub asked_by: OfficerId,
    /// When.
    pub asked_at_ms: AtMs,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at_ms: Option<AtMs>,
    /// Standings when it began.
    pub expected: u64,
    /// How many are done.
    pub done: u64,
    /// Of these, measured again from their inputs.
    pub measured: u64,
    /// What would change.
    pub migration: MigrationView,
}

/// A migration with examples that a township office can look up.
#[derive(Debug, Clone, serde::Serialize)]
pub struct MigrationView {
    /// All subjects.
    pub subjects: u64,
    /// Those whose grade, or range of grades, changes.
    pub moved: u64,
    /// Their share, a percentage with two places.
    pub moved_percent: String,
    /// To a better one.
    pub up: u64,
    /// To a worse one.
    pub down: u64,
    /// Those whose grade is still open now.
    pub open_before: u64,
    /// Those whose grade would be open.
    pub open_after: u64,
    /// PSI of the grades.
    pub grade_stability: Stability,
    /// PSI of the bands of the score.
    pub score_stability: Stability,
    /// CSI of each indicator.
    pub indicators: Vec<IndicatorView>,
    /// From where to where.
    pub cells: Vec<CellView>,
    /// Why, what led most moves first.
    pub causes: Vec<CauseView>,
}

/// An indicator with its CSI.
#[derive(Debug, Clone, serde::Serialize)]
pub struct IndicatorView {
    /// Its code.
    pub code: String,
    /// Whether its points are distributed as before.
    pub stability: Stability,
}

/// A cell of the matrix.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CellView {
    /// Now.
    pub from: Place,
    /// Under the candidate.
    pub to: Place,
    /// How many.
    pub subjects: u64,
    /// Some who move.
    pub examples: Vec<String>,
}

/// A reason for moves.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CauseView {
    /// What kind of thing.
    pub kind: CauseKind,
    /// Its code.
    pub code: String,
    /// Movers for whom it changed.
    pub subjects: u64,
    /// Movers for whom it weighed most.
    pub led: u64,
    /// Movers whose score it raised.
    pub raised: u64,
    /// Movers whose score it lowered.
    pub lowered: u64,
    /// By how much it moved the score of a mover on average, with two places.
    pub mean_points: String,
    /// Some for whom it weighed most.
    pub examples: Vec<String>,
}

/// A division with what would change in it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DivisionLine {
    /// Its code.
    pub division: DivisionCode,
    /// Its name, if the register has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its matrix.
    pub matrix: Matrix,
    /// The share that moves, a percentage with two places.
    pub moved_percent: String,
    /// Why, what led most moves first; examples stand with the whole run.
    pub causes: Vec<CauseView>,
}

/// The run of a file.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::PackUnknown`],
/// [`itgel_domain::error::ErrorCode::RulesShadow`] if there is none;
/// [`itgel_domain::error::ErrorCode::NotAllowed`].
pub fn view(
    connection: &Connection,
    actor: &Actor,
    file: &Hash,
) -> Result<ShadowView, ServiceError> {
    let row = rules::get(connection, file)?;
    readable(connection, actor, &row)?;
    let run = get(connection, file)?;
    Ok(ShadowView {
        file: run.file,
        name: row.name,
        is_finished: run.finished_at.is_some(),
        is_current: run.rules == rules::in_force_digest(connection)?,
        asked_by: run.asked_by,
        asked_at_ms: run.asked_at,
        finished_at_ms: run.finished_at,
        expected: run.expected,
        done: run.done,
        measured: run.measured,
        migration: migration_view(&run.migration, &|id| named_in(connection, id))?,
    })
}

/// What would change in each gacha, and together in each sumu and banner, in the order of codes.
///
/// # Errors
/// As for [`view`].
pub fn divisions(
    connection: &Connection,
    actor: &Actor,
    file: &Hash,
    within: Option<DivisionCode>,
) -> Result<Vec<DivisionLine>, ServiceError> {
    let row = rules::get(connection, file)?;
    readable(connection, actor, &row)?;
    let run = get(connection, file)?;
    let counted = store::shadow::list_divisions(connection, file, within)?;
    let lines = lines(counted.into_iter().collect());
    lines
        .into_iter()
        .map(|(division, local)| {
            let top = local.top_causes().into_iter();
            let top = top.map(|cause| cause_view(cause, Vec::new())).collect();
            let matrix = local.matrix;
            let known = store::division::get(connection, division, run.asked_at.on())?;
            Ok(DivisionLine {
                division,
                name: known.map(|division| division.name),
                moved_percent: decimal::write(column(matrix.moved_share()), 2),
                causes: top,
                matrix,
            })
        })
        .collect()
}

/// The counts of gachas with those of the sumus and banners around them.
pub(super) fn lines(counted: BTreeMap<DivisionCode, Local>) -> BTreeMap<DivisionCode, Local> {
    let mut all = BTreeMap::new();
    for (division, local) in counted {
        for level in [DivisionLevel::County, DivisionLevel::Township] {
            if let Some(around) = division.ancestor(level).filter(|a| *a != division) {
                let sum: &mut Local = all.entry(around).or_default();
                sum.join(&local);
            }
        }
        all.entry(division).or_default().join(&local);
    }
    all
}

/// A migration with its examples named by `name`.
///
/// # Errors
/// Those of `name`.
pub fn migration_view<E>(
    migration: &Migration,
    name: &dyn Fn(&SubjectId) -> Result<String, E>,
) -> Result<MigrationView, E> {
    let matrix = &migration.matrix;
    let named = |examples: &[SubjectId]| examples.iter().map(name).collect::<Result<_, E>>();
    let cells = matrix.cells.iter().map(|cell| {
        Ok(CellView {
            from: cell.from,
            to: cell.to,
            subjects: cell.subjects,
            examples: named(&cell.examples)?,
        })
    });
    let causes = migration.top_causes().into_iter();
    let causes = causes.map(|cause| Ok(cause_view(cause, named(&cause.examples)?)));
    let indicators = migration.indicators.iter().map(|count| IndicatorView {
        code: count.code.clone(),
        stability: count.stability(),
    });
    Ok(MigrationView {
        subjects: matrix.subjects,
        moved: matrix.moved,
        moved_percent: decimal::write(column(matrix.moved_share()), 2),
        up: matrix.up,
        down: matrix.down,
        open_before: matrix.open_before,
        open_after: matrix.open_after,
        grade_stability: migration.grade_stability(),
        score_stability: migration.score_stability(),
        indicators: indicators.collect(),
        cells: cells.collect::<Result<_, E>>()?,
        causes: causes.collect::<Result<_, E>>()?,
    })
}

fn cause_view(cause: &CauseCount, examples: Vec<String>) -> CauseView {
    CauseView {
        kind: cause.kind,
        code: cause.code.clone(),
        subjects: cause.subjects,
        led: cause.led,
        raised: cause.raised,
        lowered: cause.lowered,
        mean_points: decimal::write(mean(cause), 2),
        examples,
    }
}

/// Mean points of the movers for whom it changed, half up in hundredths.
fn mean(cause: &CauseCount) -> i64 {
    let mean = decimal::half_up(cause.points.into(), i128::from(cause.subjects.max(1)));
    i64::try_from(mean).unwrap_or(0)
}

/// Division and number of the household book; a subject that is gone is named by its id alone.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn named_in(connection: &Connection, id: &SubjectId) -> Result<String, ServiceError> {
    let known = store::subject::get(connection, id)?;
    Ok(known.map_or_else(
        || id.to_string(),
        |subject| format!("{} {}", subject.division, subject.local_code),
    ))
}

fn readable(
    connection: &Connection,
    actor: &Actor,
    row: &store::rule_file::RuleRow,
) -> Result<(), ServiceError> {
    let reach = rules::reach(connection, row, row.valid_from)?;
    let home = actor.grants.first().map(|grant| grant.division);
    match reach.is_empty() {
        true => rules::allow_read(actor, &home.into_iter().collect::<Vec<_>>()),
        false => rules::allow_read(actor, &reach),
    }
}

fn column(share: u64) -> i64 {
    i64::try_from(share).unwrap_or(i64::MAX)
}
