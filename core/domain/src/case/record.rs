//! A case as the sum of its events.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::deadline::{Due, publicity};
use super::event::{By, CaseError, Event, Now, Reason};
use super::progress::{Progress, Request, follow};
use super::rules;
use super::step::{Assessed, Cause, Objection, Outcome};
use super::table::TRANSITIONS;
use super::terms::Timetable;
use super::{CaseState, Role, Step};
use crate::division::DivisionCode;
use crate::id::{CaseId, CycleId, OfficerId, SubjectId};
use crate::subject::Grade;
use crate::time::AtMs;

/// One step of a case that was done.
pub type CaseEvent = Event<Step, CaseState>;

/// A subject in a cycle, on its way to a rating (评定个案).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its identifier.
    pub id: CaseId,
    /// Whose rating.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// The subject's home division.
    pub division: DivisionCode,
    progress: Progress<Step, CaseState>,
    pub(super) assessed: Option<Assessed>,
    pub(super) overridden: Option<Grade>,
    pub(super) period: Option<Period>,
    pub(super) objections: Vec<Objection>,
    pub(super) validity: Option<Validity>,
}

/// Publicity or notice of a grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// When it began.
    pub began_at: AtMs,
    /// Whether it was closed: over in full, with no objection open.
    pub is_closed: bool,
}

/// From when until when a rating is in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First day.
    pub effective_on: Date,
    /// Last day.
    pub valid_to: Date,
}

impl Case {
    /// A case before its first step, in [`CaseState::Draft`].
    #[must_use]
    pub const fn new(
        id: CaseId,
        subject: SubjectId,
        cycle: CycleId,
        division: DivisionCode,
    ) -> Self {
        Self {
            id,
            subject,
            cycle,
            division,
            progress: Progress::new(CaseState::Draft),
            assessed: None,
            overridden: None,
            period: None,
            objections: Vec::new(),
            validity: None,
        }
    }

    /// This case with its stored events done again, in their order.
    #[must_use]
    pub fn replayed(mut self, events: impl IntoIterator<Item = CaseEvent>) -> Self {
        for event in events {
            self.absorb(event);
        }
        self
    }

    /// Does `step`, if the table, the roles and the rules of `domain.md` D allow it.
    ///
    /// # Errors
    /// [`CaseError`] with the first rule that is broken; the case is unchanged then.
    pub fn apply(
        &mut self,
        step: Step,
        by: &By,
        reason: Reason,
        now: &Now<'_>,
    ) -> Result<CaseEvent, CaseError> {
        let to = self
            .check(&step, by, &reason, now)
            .map_err(|error| error.with("state", self.state()).with("step", step.kind()))?;
        let event = self.progress.event(step, to, (by, reason), now);
        self.absorb(event.clone());
        Ok(event)
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> CaseState {
        self.progress.state
    }

    /// How many events it has: what the next actor must have seen.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.progress.version()
    }

    /// Its events, oldest first.
    #[must_use]
    pub fn history(&self) -> &[CaseEvent] {
        &self.progress.history
    }

    /// Everybody who has a part in it, one role each.
    #[must_use]
    pub const fn participants(&self) -> &BTreeMap<OfficerId, Role> {
        &self.progress.participants
    }

    /// The role in which `officer` has acted, if at all.
    #[must_use]
    pub fn role_of(&self, officer: &OfficerId) -> Option<Role> {
        self.progress.participants.get(officer).copied()
    }

    /// What the engine said last.
    #[must_use]
    pub const fn assessed(&self) -> Option<&Assessed> {
        self.assessed.as_ref()
    }

    /// The grade as it stands: the computed one, or that of an override.
    #[must_use]
    pub fn grade(&self) -> Option<Grade> {
        self.overridden.or(self.assessed.as_ref().map(|a| a.grade))
    }

    /// Whether the grade is an override, for monitoring (`domain.md` G 41).
    #[must_use]
    pub const fn is_overridden(&self) -> bool {
        self.overridden.is_some()
    }

    /// The publicity or notice that runs or has run.
    #[must_use]
    pub const fn period(&self) -> Option<Period> {
        self.period
    }

    /// The last day of that publicity or notice.
    #[must_use]
    pub fn period_due(&self, timetable: &Timetable) -> Option<Due> {
        self.period.map(|p| publicity(p.began_at.on(), timetable))
    }

    /// The objections without an answer, oldest first.
    #[must_use]
    pub fn open_objections(&self) -> &[Objection] {
        &self.objections
    }

    /// From when until when it is in effect, once approved.
    #[must_use]
    pub const fn validity(&self) -> Option<Validity> {
        self.validity
    }

    /// Forgets who acted before: a broken process, for tests of the check.
    #[cfg(test)]
    pub(super) fn forget_people(&mut self) {
        self.progress.participants.clear();
    }

    /// Whether it was closed in a way that lets another case of the cycle take its place: void
    /// (`domain.md` G 31), or without consent, which may be given again.
    #[must_use]
    pub fn makes_room(&self) -> bool {
        let last = self.history().last().map(|event| &event.step);
        matches!(
            last,
            Some(Step::Close {
                cause: Cause::Void | Cause::ConsentWithdrawn
            })
        )
    }

    /// Table, people, reason and rules, in this order; the state after.
    fn check(
        &self,
        step: &Step,
        by: &By,
        reason: &Reason,
        now: &Now<'_>,
    ) -> Result<CaseState, CaseError> {
        let request = Request {
            table: TRANSITIONS,
            step: step.kind(),
            named: named_in(step),
            by,
            reason,
            needs_text: step.kind().needs_text(),
        };
        let targets = self.progress.admit(&request, now)?;
        rules::check(self, step, by, now)?;
        follow(&targets, rules::target(self, step, now))
    }

    /// Takes in an event that was checked when it was made.
    fn absorb(&mut self, event: CaseEvent) {
        match &event.step {
            Step::PreRate { assessed, .. } => {
                self.assessed = Some(assessed.clone());
                self.overridden = None;
            }
            Step::Override { grade, .. } => self.overridden = Some(*grade),
            Step::Publish | Step::GiveNotice => {
                self.period = Some(Period {
                    began_at: event.at,
                    is_closed: false,
                });
            }
            Step::FindConflict { .. } | Step::Return => self.period = None,
            Step::ClosePeriod => self.close_period(true),
            Step::Object { objection } => {
                self.objections.push(objection.clone());
                if event.to == CaseState::Disputed {
                    self.close_period(false);
                }
            }
            Step::DecideObjection { receipt, outcome } => {
                self.objections.retain(|o| o.receipt != *receipt);
                if event.from == CaseState::Disputed {
                    self.correct(outcome);
                }
            }
            Step::Approve {
                effective_on,
                valid_to,
            } => {
                self.validity = Some(Validity {
                    effective_on: *effective_on,
                    valid_to: *valid_to,
                });
            }
            _ => {}
        }
        let named = named_in(&event.step);
        self.progress.absorb(event, named);
    }

    fn close_period(&mut self, is_closed: bool) {
        if let Some(period) = &mut self.period {
            period.is_closed = is_closed;
        }
    }

    /// Takes over a corrected grade, and drops the period if the correction needs a new one.
    fn correct(&mut self, outcome: &Outcome) {
        let Outcome::Upheld {
            assessed: Some(corrected),
        } = outcome
        else {
            return;
        };
        if let Some(before) = self.grade()
            && rules::needs_new_period(before, corrected.grade)
        {
            self.period = None;
        }
        self.assessed = Some(corrected.clone());
        self.overridden = None;
    }
}

/// The persons whom a step names beside its actor, with their role in it.
fn named_in(step: &Step) -> Vec<(OfficerId, Role)> {
    let (officers, role): (&[OfficerId], Role) = match step {
        Step::Seal { second } | Step::Fix { second } => (second.as_slice(), Role::Collector),
        Step::FindConflict { collectors } | Step::ConfirmSeal { collectors } => {
            (collectors, Role::Collector)
        }
        Step::Override { second, .. } => (std::slice::from_ref(second), Role::Reviewer),
        _ => return Vec::new(),
    };
    officers
        .iter()
        .map(|officer| (officer.clone(), role))
        .collect()
}
