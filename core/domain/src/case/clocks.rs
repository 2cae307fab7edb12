//! Which deadlines run for a case now, for queues and escalation (`domain.md` D.3, G 44).

use super::CaseState;
use super::deadline::{Deadline, Due};
use super::record::Case;
use super::terms::Timetable;

/// A deadline that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What for.
    pub deadline: Deadline,
    /// The last day.
    pub due: Due,
    /// The objection that it belongs to, by its receipt number.
    pub receipt: Option<String>,
}

impl Case {
    /// The deadlines that run, those of the state first, then those of each open objection.
    #[must_use]
    pub fn clocks(&self, timetable: &Timetable) -> Vec<Clock> {
        let of_state = self.deadlines_of_state().iter().filter_map(|deadline| {
            let from = match deadline {
                Deadline::Publicity => self.period()?.began_at,
                _ => self.entered_at()?,
            };
            let due = deadline.due(from.on(), timetable);
            let receipt = None;
            Some(Clock {
                deadline: *deadline,
                due,
                receipt,
            })
        });
        let of_objections = self.open_objections().iter().flat_map(|objection| {
            let filed_on = objection.filed_at.on();
            let deadlines = [
                Deadline::ObjectionReceipt,
                Deadline::ObjectionTarget,
                Deadline::ObjectionEscalation,
                Deadline::ObjectionAnswer,
            ];
            deadlines.map(|deadline| Clock {
                deadline,
                due: deadline.due(filed_on, timetable),
                receipt: Some(objection.receipt.clone()),
            })
        });
        of_state.chain(of_objections).collect()
    }

    fn deadlines_of_state(&self) -> &'static [Deadline] {
        match self.state() {
            CaseState::Sealed => &[
                Deadline::SyncWarning,
                Deadline::Sync,
                Deadline::ProvisionalResult,
            ],
            CaseState::Submitted => &[Deadline::PeerEvaluation, Deadline::Review],
            CaseState::Conflict | CaseState::PreRated => &[Deadline::Review],
            CaseState::InPublicity | CaseState::InNotice => match self.period() {
                Some(period) if period.is_closed => &[Deadline::Approval],
                _ => &[Deadline::Publicity],
            },
            CaseState::Approved | CaseState::Effective => &[Deadline::Push],
            _ => &[],
        }
    }

    /// When the clock of the state began: the event that led to it, the submission for the
    /// review, the approval for the platforms.
    fn entered_at(&self) -> Option<crate::time::AtMs> {
        let led_here = |to: CaseState| {
            let entered = |e: &&super::CaseEvent| e.to == to && e.from != to;
            self.history().iter().rev().find(entered).map(|e| e.at)
        };
        match self.state() {
            CaseState::PreRated | CaseState::Conflict => led_here(CaseState::Submitted),
            CaseState::Effective => led_here(CaseState::Approved),
            CaseState::InPublicity | CaseState::InNotice => self.history().last().map(|e| e.at),
            state => led_here(state),
        }
    }
}
