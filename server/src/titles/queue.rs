//! The titles that wait for a person, what for and until when: hearings, corrections within their
//! 90 days (整改), objections, approvals.

use itgel_domain::case::TitleState;
use itgel_domain::case::deadline::Due;
use itgel_domain::case::title::TitleTask as Task;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::CycleId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::title::{GateState, TitleLevel};
use rusqlite::Connection;

use super::result_of;
use crate::error::ServiceError;
use crate::process::{self, allow};
use crate::service::Service;
use crate::store;
use crate::store::title::TitleRow;

/// A title that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TitleTask {
    /// The village or township; of two the first.
    pub division: DivisionCode,
    /// The gacha that is assessed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jointly_with: Option<DivisionCode>,
    /// The campaign.
    pub cycle: CycleId,
    /// Where it stands.
    pub state: TitleState,
    /// The level that it has or is to get.
    pub level: Option<TitleLevel>,
    /// What the next actor must have seen.
    pub version: u64,
    /// What for.
    pub task: Task,
    /// The last day, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The gates below the entry threshold.
    pub failing: Vec<String>,
}

/// The titles in a division that wait for a person: what has a last day first, the earliest first.
///
/// # Errors
/// [`ErrorCode::NotAllowed`](itgel_domain::error::ErrorCode) or `ScopeOutside` for the person;
/// [`ServiceError`] of the database.
pub fn queue(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    within: DivisionCode,
) -> Result<Vec<TitleTask>, ServiceError> {
    allow(actor, Action::ReadBoard, within)?;
    let mut tasks = Vec::new();
    for row in store::title::list_going_on(connection, within)? {
        let result = result_of(&row)?;
        let outcome = result.assessment.title.as_ref();
        let Some(task) = Task::of(&row.title, outcome) else {
            continue;
        };
        let failing = result.assessment.gates.iter();
        let failing = failing.filter(|gate| gate.entry != GateState::Pass);
        let failing = failing.map(|gate| gate.code.clone()).collect();
        let due = due(service, connection, &row)?;
        tasks.push(of(&row, task, due, failing));
    }
    tasks.sort_by_cached_key(TitleTask::place);
    Ok(tasks)
}

impl TitleTask {
    /// Its place in the queue, as a text that sorts: by the last day, what has none after what has
    /// one, then what is graver.
    #[must_use]
    pub fn place(&self) -> String {
        let day = |due: Due| due.on.to_string();
        let due = self.due.map_or_else(|| "none".to_owned(), day);
        let neighbour = self.jointly_with.map(DivisionCode::filled_text);
        format!(
            "{due} {} {} {}",
            self.task.rank(),
            self.division.filled_text(),
            neighbour.unwrap_or_default()
        )
    }
}

/// The last day of a publicity, or of the correction.
fn due(
    service: &Service,
    connection: &Connection,
    row: &TitleRow,
) -> Result<Option<Due>, ServiceError> {
    let timetable = || process::timetable(service, connection, row.holder.division);
    Ok(match row.title.state() {
        TitleState::InPublicity => row.title.period_due(&timetable()?),
        TitleState::Warning => row.title.correction_due(&timetable()?),
        _ => None,
    })
}

fn of(row: &TitleRow, task: Task, due: Option<Due>, failing: Vec<String>) -> TitleTask {
    TitleTask {
        division: row.holder.division,
        jointly_with: row.holder.jointly_with,
        cycle: row.cycle.clone(),
        state: row.title.state(),
        level: row.level,
        version: row.title.version(),
        task,
        due,
        failing,
    }
}
