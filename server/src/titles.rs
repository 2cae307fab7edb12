//! Titles of gachas and sumus (信用嘎查, 信用苏木): computed from ratings in effect at a frozen
//! snapshot, then led through the same discipline as a case (`domain.md` B.6, B.7, D.2).
//!
//! `count` counts every village, `compute` lets the one scorer judge them and then every township;
//! `snapshot` writes the result, [`proof`] makes it again; [`desk`] is what staff do, [`mod@queue`] what
//! waits for them, [`joint`] which small gachas are assessed together, `succession` what becomes of
//! titles when divisions change, `board` what staff read of the live counters.

pub mod board;
mod compute;
mod count;
pub mod desk;
pub mod joint;
pub mod proof;
pub mod queue;
pub mod snapshot;
pub(crate) mod succession;

use itgel_domain::assess::Assessment;
use itgel_domain::case::TitleState;
use itgel_domain::case::title::TitleEvent;
use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::register::{DivisionFacts, TitleHeld};
use itgel_domain::title::{GateResult, TitleLevel, TitleOutcome};
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::store::title::TitleRow;

pub use board::{Board, BoardLine, board};
pub use desk::{TitleRequest, list, request_snapshot, run_periods, step, title};
pub use joint::{JointRequest, assess_jointly, separate};
pub(crate) use proof::comes_out_again;
pub use proof::{Proof, list_snapshots, prove};
pub use queue::{TitleTask, queue};
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

impl WithoutOverrides {
    /// Whether the level, or a gate at either threshold, depends on the overrides.
    #[must_use]
    pub fn differs_from(&self, official: &Assessment) -> bool {
        let states = |gates: &[GateResult]| -> Vec<_> {
            gates.iter().map(|gate| (gate.entry, gate.exit)).collect()
        };
        self.level != official.level || states(&self.gates) != states(&official.gates)
    }
}

/// A title as staff read it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TitleView {
    /// The village or township; of two the first.
    pub division: DivisionCode,
    /// The gacha that is assessed with it (`domain.md` G 59).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jointly_with: Option<DivisionCode>,
    /// The day of the last merger or division, since which the title is of those who live there
    /// now (`domain.md` G 52).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formed_on: Option<Date>,
    /// The code under which it was awarded, if the place had another then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<DivisionCode>,
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
    /// The snapshot, which holds exactly what was counted.
    pub snapshot: Hash,
    /// The title that the division held then.
    pub held: Option<TitleHeld>,
    /// What the engine said, with the gates that fail.
    pub result: TitleResult,
    /// Everything that was done.
    pub history: Vec<TitleEvent>,
}

impl TitleView {
    /// Its place in a list, as a text that sorts.
    #[must_use]
    pub fn place(&self) -> String {
        let day = self.formed_on.map(|day| day.to_string());
        let neighbour = self.jointly_with.map(DivisionCode::filled_text);
        let [day, neighbour] = [day, neighbour].map(Option::unwrap_or_default);
        format!("{} {day} {neighbour}", self.division.filled_text())
    }

    fn of(row: &TitleRow) -> Result<Self, ServiceError> {
        Ok(Self {
            division: row.holder.division,
            jointly_with: row.holder.jointly_with,
            formed_on: row.holder.formed_on,
            carried_from: row.carried_from,
            cycle: row.cycle.clone(),
            state: row.title.state(),
            level: row.level,
            version: row.title.version(),
            as_of: row.as_of,
            snapshot: row.snapshot,
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
