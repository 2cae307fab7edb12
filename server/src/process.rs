//! The process of a rating: from the first seal that arrives to the rating that a lender sees
//! (`domain.md` D).
//!
//! [`itgel_domain::case::Case::apply`] is the only transition logic; here its steps meet the
//! database. [`arrival`] opens cases and moves them when a file changes, [`evaluation`] is who
//! takes part in the peer evaluation, [`interest`] who must not take part, [`objection`] opens what devices took down, [`doubt`] what looks
//! wrong and asks for a person, [`conflict`] settles what officers disagree on, [`desk`] is
//! what staff do, one case or many at once, [`duty`] is until when, [`mod@letter`] is what goes to a
//! subject ([`crate::rights`] what it asks for), [`publicity`] posts a gacha's list, [`period`] does
//! what a clock decides, `queue` is what staff read. Every step goes through `advance`, which
//! writes the case, its event, the audit row, the leaf of the log and what devices pull, in the
//! caller's transaction.

mod advance;
pub mod arrival;
pub mod conflict;
pub mod desk;
pub mod doubt;
pub mod duty;
pub mod evaluation;
pub mod household;
pub mod interest;
pub mod letter;
mod moved;
pub mod objection;
pub mod period;
pub mod picture;
mod platform;
pub mod publicity;
pub mod queue;
mod review;

use itgel_domain::assess::Assessment;
use itgel_domain::case::calendar::{HolidayCalendar, SHIPPED};
use itgel_domain::case::terms::Timetable;
use itgel_domain::division::DivisionCode;
use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::rights;
use crate::service::Service;
use crate::store::{self, Tx};

pub use arrival::{Refreshed, after_refresh, erase, moved};
pub use conflict::{ResolveRequest, open_conflicts, resolve_conflict};
pub use desk::{Countersigned, StepRequest, Stepped, override_message, step, step_batch};
pub(crate) use desk::{allow, allow_about_case};
pub(crate) use doubt::look_at_ballots;
pub use doubt::{SettleRequest, doubts, settle};
pub(crate) use duty::deputised;
pub use duty::{AbsenceRequest, Duty, DutyPage, duties, enter_absence};
pub(crate) use evaluation::peer_row;
pub use evaluation::{ballot_cast, end_evaluation};
pub(crate) use household::close_all;
pub use interest::{Declaration, Declared, declare, interests};
pub use letter::{Letter, LetterKind, letter};
pub use moved::CaseMovement;
pub use objection::{Arriving, open_objection};
pub(crate) use period::watch;
pub use period::{PeriodRun, run_periods};
pub use picture::{PictureLine, show_picture};
pub use publicity::{Publication, publicity_list, publish_gacha};
pub use queue::{CaseDetail, DueView, QueueFilter, QueuePage, case, queue};
pub(crate) use review::action_of_review;
pub use review::group_review;

/// The most that one list or batch holds.
pub const MAX_BATCH: usize = 200;

/// What days are reckoned with in a division today: the working days of the years that were
/// entered, and the terms of the parameter table in force.
///
/// # Errors
/// [`ErrorCode::ParametersUnknown`](itgel_domain::error::ErrorCode::ParametersUnknown) without a
/// table; [`ServiceError`] of the database.
pub fn timetable(
    service: &Service,
    connection: &Connection,
    division: DivisionCode,
) -> Result<Timetable, ServiceError> {
    let on = service.now().on();
    let table = service.rules.parameters_for(connection, division, on)?;
    let calendar = store::calendar::get(connection)?;
    Ok(Timetable::new(calendar, table.terms.clone()))
}

/// Enters a calendar file; a year that is there already is replaced, and deadlines that were
/// provisional are reckoned with it from now on (`domain.md` G 62).
///
/// # Errors
/// [`ErrorCode::RulesSyntax`](itgel_domain::error::ErrorCode::RulesSyntax) if the text is no
/// calendar; [`ServiceError`] of the database.
pub fn enter_calendar(
    service: &Service,
    tx: &Tx<'_>,
    text: &str,
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut calendar = HolidayCalendar::default();
    let refused = |_| ServiceError::from(itgel_domain::error::ErrorCode::RulesSyntax);
    calendar.add_toml(text).map_err(refused)?;
    put_calendar(service, tx, &calendar, &Hash::of_file(text.as_bytes()), now)
}

/// Writes the years of a calendar, and reckons again until when lists stand that are up.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn put_calendar(
    service: &Service,
    tx: &Tx<'_>,
    calendar: &HolidayCalendar,
    source: &Hash,
    now: AtMs,
) -> Result<(), ServiceError> {
    store::calendar::put(tx, calendar, source, now)?;
    publicity::reckon_again(service, tx)?;
    rights::queue::reckon_again(service, tx)
}

/// Enters the calendars that ship with the program, as in a new database.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn seed_calendars(service: &Service, tx: &Tx<'_>, now: AtMs) -> Result<(), ServiceError> {
    SHIPPED
        .iter()
        .try_for_each(|(_, text)| enter_calendar(service, tx, text, now))
}

/// Words of a person that are kept with a decision.
pub(crate) fn note_text(words: &str) -> Result<String, ServiceError> {
    let words = words.trim();
    match words.is_empty() || words.chars().count() > 2_000 {
        true => Err(itgel_domain::error::ErrorCode::CaseReason.into()),
        false => Ok(words.to_owned()),
    }
}

/// A stored assessment by the hash of its inputs.
pub(crate) fn assessment(
    connection: &Connection,
    inputs: &Hash,
) -> Result<Assessment, ServiceError> {
    let stored = store::assessment::get(connection, inputs)?;
    let stored = stored.ok_or(ServiceError::internal("a case without its assessment"))?;
    serde_json::from_str(&stored.result).map_err(|e| ServiceError::caused("a stored assessment", e))
}
