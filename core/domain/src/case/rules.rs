//! What must hold for a step besides the table: the figures, the calendar and the order of
//! things (`domain.md` B.1.10, D.2, D.3).

use super::event::{By, CaseError, Now};
use super::record::Case;
use super::step::{Assessed, Objection, Peer};
use super::{CaseState, Step};
use crate::error::ErrorCode;
use crate::id::OfficerId;
use crate::subject::Grade;

/// Whether `step` may be done now.
pub(super) fn check(case: &Case, step: &Step, by: &By, now: &Now<'_>) -> Result<(), CaseError> {
    match step {
        Step::Seal { second } | Step::Fix { second } => {
            consent(now)?;
            two_officers(by, second.as_ref(), ErrorCode::SealSameOfficer)
        }
        Step::Submit => consent(now),
        Step::PreRate { peer, .. } => match peer {
            Peer::Held | Peer::NotNeeded => Ok(()),
            Peer::Pending => Err(CaseError::new(ErrorCode::CasePeerPending)),
        },
        Step::Override { grade, second } => {
            two_officers(by, Some(second), ErrorCode::CaseOverride)?;
            one_notch(case.assessed.as_ref(), *grade)
        }
        Step::Publish => begin_period(case, true),
        Step::GiveNotice => begin_period(case, false),
        Step::Resume => match case.period {
            Some(_) => Ok(()),
            None => Err(CaseError::new(ErrorCode::CasePath)),
        },
        Step::Object { objection } => new_objection(case, objection, now),
        Step::DecideObjection { receipt, .. } => {
            match case.objections.iter().any(|o| o.receipt == *receipt) {
                true => Ok(()),
                false => Err(CaseError::new(ErrorCode::ObjectionUnknown)),
            }
        }
        Step::ClosePeriod => {
            no_objection(case)?;
            period_over(case, now)
        }
        Step::Approve {
            effective_on,
            valid_to,
        } => {
            closed(case)?;
            if effective_on <= valid_to && *effective_on >= now.at.on() {
                Ok(())
            } else {
                Err(CaseError::new(ErrorCode::CaseDates))
            }
        }
        Step::MakeEffective => {
            closed(case)?;
            in_effect_today(case, now)
        }
        Step::Clear | Step::Reinstate => {
            no_objection(case)?;
            in_effect_today(case, now)
        }
        Step::ConfirmCancel { heard_on } => match *heard_on <= now.at.on() {
            true => Ok(()),
            false => Err(CaseError::new(ErrorCode::CaseDates)),
        },
        Step::Supersede { successor } => match *successor != case.id {
            true => Ok(()),
            false => Err(CaseError::new(ErrorCode::CaseStep)),
        },
        Step::Expire => expired(case, now),
        Step::FindConflict { .. }
        | Step::ConfirmSeal { .. }
        | Step::ResolveConflict
        | Step::Return
        | Step::Evaluate
        | Step::Review
        | Step::Watch
        | Step::Suspend
        | Step::Close { .. } => Ok(()),
    }
}

/// Which of several rows of the table the step takes.
pub(super) fn target(case: &Case, step: &Step, now: &Now<'_>) -> CaseState {
    match step {
        Step::Resume => match case.grade().is_some_and(Grade::is_credit) {
            true => CaseState::InPublicity,
            false => CaseState::InNotice,
        },
        Step::Object { objection } if case.state() == CaseState::Effective => {
            let due = case.period_due(now.timetable);
            match due.is_some_and(|due| objection.filed_at < due.passes_at()) {
                true => CaseState::Disputed,
                false => case.state(),
            }
        }
        Step::DecideObjection { .. } if case.objections.len() == 1 => CaseState::Reviewed,
        _ => case.state(),
    }
}

/// Whether a corrected grade must be published or told anew.
///
/// Of `domain.md` D.2, "new publicity only if grade rises or list changes": a rise, or entering
/// the list, needs publicity; leaving it, or any change beside it, needs notice to the subject.
/// A fall inside the list needs neither: the written answer tells the subject.
pub(super) fn needs_new_period(before: Grade, after: Grade) -> bool {
    match after.is_credit() {
        true => !before.is_credit() || after < before,
        false => after != before,
    }
}

fn consent(now: &Now<'_>) -> Result<(), CaseError> {
    match now.has_consent {
        true => Ok(()),
        false => Err(CaseError::new(ErrorCode::ConsentMissing)),
    }
}

/// A second signature that is drawn has no officer and is flagged elsewhere (`domain.md` G 32).
fn two_officers(by: &By, second: Option<&OfficerId>, code: ErrorCode) -> Result<(), CaseError> {
    match second.is_some() && by.officer() == second {
        true => Err(CaseError::new(code)),
        false => Ok(()),
    }
}

/// One notch from the computed grade, so that two overrides cannot add up; never over a veto or
/// an N, never above a cap.
fn one_notch(assessed: Option<&Assessed>, grade: Grade) -> Result<(), CaseError> {
    let refused = Err(CaseError::new(ErrorCode::CaseOverride));
    let Some(assessed) = assessed else {
        return refused;
    };
    let place = |grade| Grade::SCORED.iter().position(|g| *g == grade);
    let (Some(computed), Some(wanted)) = (place(assessed.grade), place(grade)) else {
        return refused;
    };
    let above_cap = assessed.cap.is_some_and(|cap| grade < cap);
    if computed.abs_diff(wanted) == 1 && !above_cap {
        Ok(())
    } else {
        refused
    }
}

/// A credit grade is published, any other is told; a period that was kept is resumed instead.
fn begin_period(case: &Case, in_public: bool) -> Result<(), CaseError> {
    let fits = case.grade().is_some_and(|g| g.is_credit() == in_public);
    match fits && case.period.is_none() {
        true => Ok(()),
        false => Err(CaseError::new(ErrorCode::CasePath)),
    }
}

fn new_objection(case: &Case, objection: &Objection, now: &Now<'_>) -> Result<(), CaseError> {
    if objection.receipt.is_empty() || objection.receipt.len() > 64 {
        return Err(CaseError::new(ErrorCode::ObjectionUnknown));
    }
    let known = case.history().iter().any(|event| {
        matches!(&event.step, Step::Object { objection: o } if o.receipt == objection.receipt)
    });
    if known {
        return Err(CaseError::new(ErrorCode::ObjectionKnown));
    }
    match objection.filed_at <= now.at {
        true => Ok(()),
        false => Err(CaseError::new(ErrorCode::CaseDates)),
    }
}

fn no_objection(case: &Case) -> Result<(), CaseError> {
    match case.objections.first() {
        None => Ok(()),
        Some(open) => Err(CaseError::new(ErrorCode::CaseObjection).with("receipt", &open.receipt)),
    }
}

fn period_over(case: &Case, now: &Now<'_>) -> Result<(), CaseError> {
    let open = CaseError::new(ErrorCode::CasePeriodOpen);
    match case.period_due(now.timetable) {
        Some(due) if now.at >= due.passes_at() => Ok(()),
        Some(due) => Err(open.with("until", due.on)),
        None => Err(open),
    }
}

fn closed(case: &Case) -> Result<(), CaseError> {
    no_objection(case)?;
    match case.period.is_some_and(|p| p.is_closed) {
        true => Ok(()),
        false => Err(CaseError::new(ErrorCode::CasePeriodOpen)),
    }
}

fn in_effect_today(case: &Case, now: &Now<'_>) -> Result<(), CaseError> {
    let today = now.at.on();
    match case.validity {
        Some(v) if (v.effective_on..=v.valid_to).contains(&today) => Ok(()),
        _ => Err(CaseError::new(ErrorCode::CaseDates)),
    }
}

fn expired(case: &Case, now: &Now<'_>) -> Result<(), CaseError> {
    match case.validity {
        Some(v) if now.at.on() > v.valid_to => Ok(()),
        _ => Err(CaseError::new(ErrorCode::CaseDates)),
    }
}
