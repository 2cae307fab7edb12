//! A case as the sum of its events.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::calendar::HolidayCalendar;
use super::deadline::{Due, publicity};
use super::event::{By, CaseError, Event, Now, Participants, Reason, check_person, rows};
use super::rules;
use super::step::{Assessed, Objection, Outcome};
use super::table::TRANSITIONS;
use super::{CaseState, Role, Step};
use crate::division::DivisionCode;
use crate::error::ErrorCode;
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
    pub(super) state: CaseState,
    pub(super) participants: Participants,
    pub(super) assessed: Option<Assessed>,
    pub(super) overridden: Option<Grade>,
    pub(super) period: Option<Period>,
    pub(super) objections: Vec<Objection>,
    pub(super) validity: Option<Validity>,
    history: Vec<CaseEvent>,
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
            state: CaseState::Draft,
            participants: Participants::new(),
            assessed: None,
            overridden: None,
            period: None,
            objections: Vec::new(),
            validity: None,
            history: Vec::new(),
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
            .map_err(|error| error.with("state", self.state).with("step", step.kind()))?;
        let event = Event {
            n: self.version() + 1,
            step,
            from: self.state,
            to,
            by: by.clone(),
            reason,
            at: now.at,
            device_at: now.device_at,
            pack: now.pack,
        };
        self.absorb(event.clone());
        Ok(event)
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> CaseState {
        self.state
    }

    /// How many events it has: what the next actor must have seen.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.history.len() as u64
    }

    /// Its events, oldest first.
    #[must_use]
    pub fn history(&self) -> &[CaseEvent] {
        &self.history
    }

    /// The role in which `officer` has acted, if at all.
    #[must_use]
    pub fn role_of(&self, officer: &OfficerId) -> Option<Role> {
        self.participants.get(officer).copied()
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
    pub fn period_due(&self, calendar: &HolidayCalendar) -> Option<Due> {
        self.period.map(|p| publicity(p.began_at.on(), calendar))
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

    /// Table, people, reason and rules, in this order; the state after.
    fn check(
        &self,
        step: &Step,
        by: &By,
        reason: &Reason,
        now: &Now<'_>,
    ) -> Result<CaseState, CaseError> {
        if now.version != self.version() {
            return Err(CaseError::new(ErrorCode::CaseStale).with("version", self.version()));
        }
        let kind = step.kind();
        let rows = rows(TRANSITIONS, self.state, kind, by.capacity())?;
        for (officer, role) in named_by(step, by) {
            check_person(officer, role, &self.participants, now)?;
        }
        reason.check(kind.needs_text() && by.officer().is_some())?;
        rules::check(self, step, by, now)?;
        let to = rules::target(self, step, now);
        let found = rows.iter().map(|row| row.to.unwrap_or(self.state));
        match found.collect::<BTreeSet<_>>() {
            only if only.len() == 1 => only.first().copied(),
            several => several.get(&to).copied(),
        }
        .ok_or_else(|| CaseError::new(ErrorCode::CaseStep))
    }

    /// Takes in an event that was checked when it was made.
    fn absorb(&mut self, event: CaseEvent) {
        let named: Vec<_> = named_by(&event.step, &event.by)
            .map(|(officer, role)| (officer.clone(), role))
            .collect();
        self.participants.extend(named);
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
        self.state = event.to;
        self.history.push(event);
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

/// Everybody whom a step names, and in which role: the actor first.
fn named_by<'a>(step: &'a Step, by: &'a By) -> impl Iterator<Item = (&'a OfficerId, Role)> {
    let actor = match by {
        By::Officer { officer, role } => Some((officer, *role)),
        By::Subject | By::Rule => None,
    };
    let (others, role): (&[OfficerId], Role) = match step {
        Step::Seal { second } | Step::Fix { second } => (second.as_slice(), Role::Collector),
        Step::FindConflict { collectors } | Step::ConfirmSeal { collectors } => {
            (collectors, Role::Collector)
        }
        Step::Override { second, .. } => (std::slice::from_ref(second), Role::Reviewer),
        _ => (&[], Role::Collector),
    };
    actor
        .into_iter()
        .chain(others.iter().map(move |o| (o, role)))
}
