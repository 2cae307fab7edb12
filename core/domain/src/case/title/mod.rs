//! The process of a title (信用嘎查, 信用苏木), `domain.md` D.2: computed from effective ratings at
//! a frozen snapshot, reviewed, published, approved, awarded, and watched from then on.
//!
//! It walks by the same discipline as a case: one [`table`], one role for each person, a reason
//! and the rules in force for every step. What the gates say is decided in [`crate::title`]; here
//! is only who makes it true, and when.

mod state;
pub mod table;
mod task;

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use super::deadline::{Deadline, Due, publicity};
use super::event::{By, CaseError, Event, Now, Reason, steps};
use super::progress::{Progress, Request, follow};
use super::record::Period;
use super::terms::Timetable;
use crate::division::DivisionCode;
use crate::error::ErrorCode;
use crate::hash::Hash;
use crate::time::AtMs;

pub use state::TitleState;
pub use task::TitleTask;

steps! {
    /// A step of a title, with what it needs.
    TitleStep, TitleStepKind:

    /// The sumu or the banner agrees with what was computed.
    Review => "review",
    /// The title goes on the board, in full (`domain.md` D.4).
    Publish => "publish",
    /// An objection, of anybody.
    Object {
        /// The receipt number.
        receipt: String,
    } => "object",
    /// An objection is answered.
    DecideObjection {
        /// Its receipt number.
        receipt: String,
        /// What comes out after the correction, if numbers were corrected.
        corrected: Option<Computed>,
    } => "decide_objection",
    /// The period of publicity is over.
    ClosePeriod => "close_period",
    /// The banner approves (审定).
    Approve => "approve",
    /// The plate is given (授牌).
    Award => "award",
    /// Below an entry gate: 预警.
    Warn => "warn",
    /// At or above the entry gates at a review.
    Keep => "keep",
    /// The title is taken back (摘牌).
    Cancel {
        /// On what ground.
        ground: CancelGround,
        /// The day on which the division was heard.
        heard_on: Date,
    } => "cancel",
    /// Whose title it was is there no more as it was (`domain.md` G 52, 59).
    End {
        /// Why.
        ground: EndGround,
    } => "end",
}

/// What the engine said of a division.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Computed {
    /// Hash of the assessment.
    pub assessment: Hash,
    /// The word of the level (`domain.md` B.6, B.7): `ordinary`, `good`, `excellent`; `None` if a
    /// correction has shown that the title is not reached.
    pub level: Option<crate::title::TitleLevel>,
    /// The day of the frozen snapshot.
    pub snapshot_on: Date,
}

/// Why a title is taken back (`domain.md` B.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CancelGround {
    /// Below an exit gate at any check.
    BelowExit,
    /// Warned, and still below an entry gate when the time for correction is over.
    NotCorrected,
}

/// Why a title ends without anybody's fault (`domain.md` G 52, 53, 59).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndGround {
    /// The division became part of another, or another part of it.
    Merged,
    /// The division was divided.
    Split,
    /// The place has another code: the title goes on there.
    Recoded,
    /// Two villages are no longer assessed jointly.
    Separated,
}

/// One step of a title that was done.
pub type TitleEvent = Event<TitleStep, TitleState>;

/// A title on its way, and afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleCase {
    /// The village or township.
    pub division: DivisionCode,
    computed: Computed,
    progress: Progress<TitleStep, TitleState>,
    period: Option<Period>,
    open: Vec<String>,
    warned_at: Option<AtMs>,
}

impl TitleCase {
    /// A title as computed, in [`TitleState::Computed`].
    #[must_use]
    pub const fn new(division: DivisionCode, computed: Computed) -> Self {
        Self {
            division,
            computed,
            progress: Progress::new(TitleState::Computed),
            period: None,
            open: Vec::new(),
            warned_at: None,
        }
    }

    /// This title with its stored events done again, in their order.
    #[must_use]
    pub fn replayed(mut self, events: impl IntoIterator<Item = TitleEvent>) -> Self {
        for event in events {
            self.absorb(event);
        }
        self
    }

    /// Does `step`, if the table, the roles and the rules allow it.
    ///
    /// # Errors
    /// [`CaseError`] with the first rule that is broken; the title is unchanged then.
    pub fn apply(
        &mut self,
        step: TitleStep,
        by: &By,
        reason: Reason,
        now: &Now<'_>,
    ) -> Result<TitleEvent, CaseError> {
        let request = Request {
            table: table::TRANSITIONS,
            step: step.kind(),
            named: Vec::new(),
            by,
            reason: &reason,
            needs_text: step.kind().needs_text(),
        };
        let targets = self.progress.admit(&request, now);
        let to = targets
            .and_then(|targets| {
                self.check(&step, now)?;
                follow(&targets, self.target(&step))
            })
            .map_err(|error| error.with("state", self.state()).with("step", step.kind()))?;
        let event = self.progress.event(step, to, (by, reason), now);
        self.absorb(event.clone());
        Ok(event)
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> TitleState {
        self.progress.state
    }

    /// How many events it has: what the next actor must have seen.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.progress.version()
    }

    /// Its events, oldest first.
    #[must_use]
    pub fn history(&self) -> &[TitleEvent] {
        &self.progress.history
    }

    /// What it rests on.
    #[must_use]
    pub const fn computed(&self) -> &Computed {
        &self.computed
    }

    /// The receipt numbers of the objections that are open.
    #[must_use]
    pub fn open_objections(&self) -> &[String] {
        &self.open
    }

    /// The last day of the publicity.
    #[must_use]
    pub fn period_due(&self, timetable: &Timetable) -> Option<Due> {
        self.period.map(|p| publicity(p.began_at.on(), timetable))
    }

    /// Whether the publicity was closed: over in full, with no objection open.
    #[must_use]
    pub fn is_period_closed(&self) -> bool {
        self.period.is_some_and(|period| period.is_closed)
    }

    /// The last day for correction, while a warning stands.
    #[must_use]
    pub fn correction_due(&self, timetable: &Timetable) -> Option<Due> {
        let warned_on = self.warned_at?.on();
        Some(Deadline::TitleCorrection.due(warned_on, timetable))
    }

    fn check(&self, step: &TitleStep, now: &Now<'_>) -> Result<(), CaseError> {
        let is_open = |receipt: &String| self.open.contains(receipt);
        let error = match step {
            TitleStep::Review | TitleStep::Publish if self.computed.level.is_none() => {
                Some(ErrorCode::CasePath)
            }
            TitleStep::Object { receipt } if !(1..=64).contains(&receipt.len()) => {
                Some(ErrorCode::ObjectionUnknown)
            }
            TitleStep::Object { receipt } if is_open(receipt) => Some(ErrorCode::ObjectionKnown),
            TitleStep::DecideObjection { receipt, .. } if !is_open(receipt) => {
                Some(ErrorCode::ObjectionUnknown)
            }
            TitleStep::ClosePeriod | TitleStep::Approve | TitleStep::Award
                if !self.open.is_empty() =>
            {
                Some(ErrorCode::CaseObjection)
            }
            TitleStep::ClosePeriod if !has_passed(self.period_due(now.timetable), now) => {
                Some(ErrorCode::CasePeriodOpen)
            }
            TitleStep::Approve if !self.period.is_some_and(|p| p.is_closed) => {
                Some(ErrorCode::CasePeriodOpen)
            }
            TitleStep::Cancel { ground, heard_on } => {
                let in_time = match ground {
                    CancelGround::BelowExit => true,
                    CancelGround::NotCorrected => {
                        has_passed(self.correction_due(now.timetable), now)
                    }
                };
                (!in_time || *heard_on > now.at.on()).then_some(ErrorCode::CaseDates)
            }
            _ => None,
        };
        error.map_or(Ok(()), |code| Err(CaseError::new(code)))
    }

    /// Which of several rows of the table the step takes.
    const fn target(&self, step: &TitleStep) -> TitleState {
        match step {
            TitleStep::DecideObjection {
                corrected: Some(_), ..
            } => TitleState::Computed,
            _ => self.state(),
        }
    }

    fn absorb(&mut self, event: TitleEvent) {
        match &event.step {
            TitleStep::Publish => {
                self.period = Some(Period {
                    began_at: event.at,
                    is_closed: false,
                });
            }
            TitleStep::ClosePeriod => self.close_period(true),
            TitleStep::Object { receipt } => {
                self.open.push(receipt.clone());
                self.close_period(false);
            }
            TitleStep::DecideObjection { receipt, corrected } => {
                self.open.retain(|open| open != receipt);
                if let Some(corrected) = corrected {
                    self.computed = corrected.clone();
                    self.period = None;
                }
            }
            TitleStep::Warn => self.warned_at = Some(event.at),
            TitleStep::Keep => self.warned_at = None,
            _ => {}
        }
        self.progress.absorb(event, Vec::new());
    }

    fn close_period(&mut self, is_closed: bool) {
        if let Some(period) = &mut self.period {
            period.is_closed = is_closed;
        }
    }
}

impl TitleStepKind {
    /// Whether the reason must be given in words, not by a code alone.
    #[must_use]
    pub const fn needs_text(self) -> bool {
        matches!(self, Self::DecideObjection | Self::Keep | Self::Cancel)
    }
}

fn has_passed(due: Option<Due>, now: &Now<'_>) -> bool {
    due.is_some_and(|due| now.at >= due.passes_at())
}

crate::subject::words!(EndGround {
    Self::Merged => Self::Merged => "merged",
    Self::Split => Self::Split => "split",
    Self::Recoded => Self::Recoded => "recoded",
    Self::Separated => Self::Separated => "separated",
});

crate::subject::words!(CancelGround {
    Self::BelowExit => Self::BelowExit => "below_exit",
    Self::NotCorrected => Self::NotCorrected => "not_corrected",
});
