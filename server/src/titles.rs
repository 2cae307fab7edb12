//! Titles of gachas and sumus (信用嘎查, 信用苏木): computed from ratings in effect at a frozen
//! snapshot, then led through the same discipline as a case (`domain.md` B.6, B.7, D.2).
//!
//! `compute` forms the facts of every village and then of every township and lets the one scorer
//! judge them; `snapshot` writes the result, [`desk`] is what staff do, `board` is what staff
//! read of the live counters.

pub mod board;
mod compute;
pub mod desk;
pub mod snapshot;

use itgel_domain::assess::Assessment;
use itgel_domain::case::TitleState;
use itgel_domain::case::title::TitleEvent;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::CycleId;
use itgel_domain::register::{DivisionFacts, TitleHeld};
use itgel_domain::title::{GateResult, TitleLevel, TitleOutcome};
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::store::title::TitleRow;

pub use board::{Board, BoardLine, board};
pub use desk::{TitleRequest, list, request_snapshot, run_periods, step, title};
pub use snapshot::{SnapshotRun, snapshot, snapshot_apart};

/// What the engine said of a division at a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TitleResult {
    /// The counts and facts that were judged.
    pub facts: DivisionFacts,
    /// Points, gates, level and outcome, with their trace.
    pub assessment: Assessment,
    /// The same with the computed grade of every rating whose grade a reviewer moved; absent if
    /// none did (`domain.md` G 41).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_overrides: Option<WithoutOverrides>,
}

/// What would follow if no reviewer had moved a grade.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WithoutOverrides {
    /// The ratings that are overrides.
    pub overrides: i64,
    /// The gates.
    pub gates: Vec<GateResult>,
    /// The level.
    pub level: Option<TitleLevel>,
    /// What would follow for the title.
    pub outcome: Option<TitleOutcome>,
}

/// A title as staff read it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TitleView {
    /// The village or township.
    pub division: DivisionCode,
    /// The campaign.
    pub cycle: CycleId,
    /// Where it stands.
    pub state: TitleState,
    /// The level that it has or is to get.
    pub level: Option<TitleLevel>,
    /// What the next actor must have seen.
    pub version: u64,
    /// The day of the snapshot.
    pub as_of: Date,
    /// The title that the division held then.
    pub held: Option<TitleHeld>,
    /// What the engine said, with the gates that fail.
    pub result: TitleResult,
    /// Everything that was done.
    pub history: Vec<TitleEvent>,
}

impl TitleView {
    fn of(row: &TitleRow) -> Result<Self, ServiceError> {
        Ok(Self {
            division: row.title.division,
            cycle: row.cycle.clone(),
            state: row.title.state(),
            level: row.level,
            version: row.title.version(),
            as_of: row.as_of,
            held: row.held.clone(),
            result: result_of(row)?,
            history: row.title.history().to_vec(),
        })
    }
}

/// What the engine said at the snapshot of a title.
fn result_of(row: &TitleRow) -> Result<TitleResult, ServiceError> {
    serde_json::from_str(&row.result).map_err(|e| ServiceError::caused("a stored title", e))
}
