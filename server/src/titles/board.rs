//! The board that staff read: live counters of a division and of what lies directly in it. The
//! counters feed screens alone; titles come from snapshots.

use itgel_domain::case::{CaseState, TitleState};
use itgel_domain::division::{Division, DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CycleId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::title::{GateResult, GateState, TitleLevel};
use jiff::civil::Date;
use rusqlite::Connection;

use super::result_of;
use crate::error::ServiceError;
use crate::process::allow;
use crate::store;
use crate::store::board::Counts;

/// A division with what lies directly in it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Board {
    /// The campaign.
    pub cycle: CycleId,
    /// The division.
    pub of: BoardLine,
    /// What lies directly in it, by code.
    pub parts: Vec<BoardLine>,
}

/// What a board says of one division.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BoardLine {
    /// Its code, kind and name.
    pub division: Division,
    /// Subjects that belong to it.
    pub subjects: u64,
    /// Entities that operate or are registered in it, each once (`domain.md` G 45).
    pub entities: u64,
    /// Its live counters.
    pub counts: Counts,
    /// Its cases by state.
    pub cases: Vec<(CaseState, u64)>,
    /// Where its title stands, after the first snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<BoardTitle>,
}

/// A title on a board.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BoardTitle {
    /// Where it stands.
    pub state: TitleState,
    /// The level that it has or is to get.
    pub level: Option<TitleLevel>,
    /// The day of the snapshot.
    pub as_of: Date,
    /// The gates that are not passed at the entry threshold.
    pub failing: Vec<GateResult>,
    /// The gacha that is assessed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jointly_with: Option<DivisionCode>,
    /// The same as if no reviewer had moved a grade, where one did (`domain.md` G 41).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_overrides: Option<BoardWithoutOverrides>,
}

/// A title on a board, without overrides.
#[derive(Debug, Clone, serde::Serialize)]
pub struct BoardWithoutOverrides {
    /// The ratings that are overrides.
    pub overrides: i64,
    /// The level that it would get.
    pub level: Option<TitleLevel>,
    /// The gates that would not be passed at the entry threshold.
    pub failing: Vec<GateResult>,
    /// Whether level or gates depend on the overrides: who approves looks at them.
    pub differs: bool,
}

/// The board of a division in a campaign.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::DivisionUnknown`]; [`ServiceError`] of the database.
pub fn board(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
    today: Date,
) -> Result<Board, ServiceError> {
    allow(actor, Action::ReadBoard, division)?;
    let found = store::division::get(connection, division, today)?;
    let of = line(connection, found.ok_or(ErrorCode::DivisionUnknown)?, cycle)?;
    let below = match division.level() {
        DivisionLevel::Region | DivisionLevel::Prefecture => Some(DivisionLevel::County),
        DivisionLevel::County => Some(DivisionLevel::Township),
        DivisionLevel::Township => Some(DivisionLevel::Village),
        DivisionLevel::Village => None,
    };
    let parts = match below {
        Some(level) => store::division::list(connection, division, level, today)?,
        None => Vec::new(),
    };
    let parts = parts.into_iter().map(|part| line(connection, part, cycle));
    Ok(Board {
        cycle: cycle.clone(),
        of,
        parts: parts.collect::<Result<_, _>>()?,
    })
}

fn line(
    connection: &Connection,
    division: Division,
    cycle: &CycleId,
) -> Result<BoardLine, ServiceError> {
    let code = division.code;
    let title = store::title::get(connection, code, cycle)?;
    let title = title.map(|row| -> Result<BoardTitle, ServiceError> {
        let result = result_of(&row)?;
        let without_overrides = result.without_overrides.as_ref();
        let without_overrides = without_overrides.map(|plain| BoardWithoutOverrides {
            overrides: plain.overrides,
            level: plain.level,
            failing: failing(&plain.gates),
            differs: plain.differs_from(&result.assessment),
        });
        let (one, other) = (row.holder.division, row.holder.jointly_with);
        Ok(BoardTitle {
            state: row.title.state(),
            level: row.level,
            as_of: row.as_of,
            failing: failing(&result.assessment.gates),
            jointly_with: other.map(|other| if other == code { one } else { other }),
            without_overrides,
        })
    });
    Ok(BoardLine {
        subjects: store::title::count_subjects(connection, code)?,
        entities: store::entity::count(connection, code)?,
        counts: store::board::get(connection, code, cycle)?,
        cases: store::case::count_by_state(connection, cycle, code)?,
        title: title.transpose()?,
        division,
    })
}

fn failing(gates: &[GateResult]) -> Vec<GateResult> {
    let failing = gates.iter().filter(|gate| gate.entry != GateState::Pass);
    failing.cloned().collect()
}
