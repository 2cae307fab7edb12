//! Watching over ratings in effect (`domain.md` D.2, F.4, I.2; SR-57 to SR-62): the quarterly
//! check, the early warnings that come of it, the outcomes that lenders report, the figures of
//! validation and the quality of the work.
//!
//! [`run`] checks a banner's ratings for a quarter, a page of them a transaction; `present` is
//! what the engine says of a subject on the day; [`desk`] is what staff read and do about a
//! warning; [`validate`] counts a campaign's ratings against what became of them; [`work`] is how
//! far gachas and sumus have come; [`report`] puts it into tables. Nothing here changes a rating:
//! a check may put it under watch, and a person clears it or suspends it.

pub mod desk;
mod present;
pub mod report;
pub mod run;
pub mod validate;
pub mod work;

use itgel_domain::case::{Case, CaseEvent, CaseState};
use itgel_domain::id::OfficerId;
use itgel_domain::monitoring::{WarningState, WarningStepKind};

use crate::error::ServiceError;
use crate::store::warning::WarningEvent;
use crate::store::{self, Tx};

/// Brings the open warning about a rating to where its case went, by whatever way it went there.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn follow(tx: &Tx<'_>, case: &Case, event: &CaseEvent) -> Result<(), ServiceError> {
    let (state, step) = match (event.from, event.to) {
        (CaseState::Watch, CaseState::Effective) => (WarningState::Cleared, WarningStepKind::Clear),
        (_, CaseState::Suspended) => (WarningState::Suspended, WarningStepKind::Suspend),
        (_, to) if to.is_terminal() => (WarningState::Ended, WarningStepKind::End),
        _ => return Ok(()),
    };
    let Some(mut warning) = store::warning::get_open_of(tx, &case.id)? else {
        return Ok(());
    };
    let actor = event.by.officer();
    let actor = actor.map_or(event.by.capacity().as_str(), OfficerId::as_str);
    let reason = match event.reason.text.as_str() {
        "" => &event.reason.code,
        words => words,
    };
    warning.state = state;
    warning.version += 1;
    let event = WarningEvent {
        n: warning.version,
        step,
        reaction: None,
        actor: actor.to_owned(),
        at: event.at,
        reason: reason.to_owned(),
        findings: Vec::new(),
    };
    Ok(store::warning::put(tx, &warning, &event)?)
}
