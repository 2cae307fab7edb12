//! Changes of divisions (`domain.md` G 52, 53): gachas merge and split, codes change. What was
//! entered under the old code stays there; subjects move on with their files, and with another
//! number where theirs is taken; titles end or go on as [`crate::titles`] says.

use itgel_domain::division::succession::{self, Succession, SuccessionKind};
use itgel_domain::division::{Division, DivisionCode, DivisionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::offers;
use crate::process::allow;
use crate::registers;
use crate::service::Service;
use crate::store::subject::Renumbered;
use crate::store::{self, Tx};
use crate::titles;

/// One line of an approved change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionChange {
    /// From where, into what, on which day, how.
    pub edge: Succession,
    /// The name of the successor, if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The successor's code in the system of the civil affairs, where that is another one (G 54).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub civil_code: Option<DivisionCode>,
    /// What the successor is called where it lies; like the old one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DivisionKind>,
    /// The old division ends although only parts of it go on as this successor.
    #[serde(default)]
    pub ends: bool,
    /// The approval (批准文号).
    pub source: String,
}

/// A household that goes to a successor of its divided gacha.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionMove {
    /// The gacha that was divided.
    pub from: DivisionCode,
    /// The household's number in it.
    pub local_code: String,
    /// The gacha in which it lives from then on.
    pub into: DivisionCode,
    /// The first day there.
    pub on: Date,
}

/// A division with its history.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DivisionHistory {
    /// Its names, one after another.
    pub rows: Vec<Division>,
    /// What it came from and what it became, by day.
    pub edges: Vec<Succession>,
    /// Who came into it and has another number since, because theirs was taken here.
    pub renumbered: Vec<Renumbered>,
    /// Where it goes on today.
    pub today: Vec<DivisionCode>,
}

/// Carries out one line of an approved change; `false` if it was carried out before.
///
/// # Errors
/// [`ErrorCode::DivisionUnknown`] or [`ErrorCode::DivisionEnded`] for the old division on the day
/// before, or a successor that is neither known nor named; [`ErrorCode::DivisionSuccession`] as
/// for [`succession::check`]; [`ErrorCode::DivisionNotYet`] for a day to come; [`ServiceError`] of
/// the database.
pub fn change(
    service: &Service,
    tx: &Tx<'_>,
    change: &DivisionChange,
    entered_by: &str,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let edge = &change.edge;
    let Some(before) = checked(tx, change, now.on())? else {
        return Ok(false);
    };
    let until = edge.on.yesterday().map_err(|_| ErrorCode::DivisionEnded)?;
    match store::division::get(tx, edge.into, edge.on)? {
        None => registers::put_division(service, tx, &successor(change, &before)?)?,
        Some(known) => put_civil_code(service, tx, change, known)?,
    }
    if edge.kind.takes_all() || change.ends {
        let ended = Division {
            valid_to: Some(until),
            ..before
        };
        store::division::put(tx, &ended)?;
    }
    store::division::put_succession(tx, edge, &change.source, entered_by, now)?;
    titles::succession::follow(service, tx, edge, now)?;
    let (mut moved, mut renumbered) = (0_u64, 0_u64);
    if edge.kind.takes_all() {
        // Who works in the old gacha works in the new one from its first day; what was granted
        // for the old one stays, for what is still read and corrected there.
        store::officer::copy_grants(tx, edge.from, edge.into)?;
        offers::tell_roll(tx, edge.into)?;
        for subject in living_in(tx, edge.from)? {
            let before = subject.local_code.clone();
            let arrived = with_free_number(tx, subject, edge.into)?;
            registers::move_subject(service, tx, &arrived, until, now)?;
            moved += 1;
            renumbered += u64::from(arrived.local_code != before);
        }
    }
    record(tx, edge, entered_by, (moved, renumbered), now)?;
    Ok(true)
}

/// The subject as it arrives in a division: with its number, or if somebody has that number there
/// already, with the last three digits of its old division before it. The old number stays with
/// its old home (`subject_move`).
fn with_free_number(
    connection: &Connection,
    subject: Subject,
    into: DivisionCode,
) -> Result<Subject, ServiceError> {
    let old = subject.division.to_string();
    let segment = old.get(old.len().saturating_sub(3)..).unwrap_or_default();
    let mut number = subject.local_code.clone();
    let mut round = 0_u32;
    while let Some(other) = store::subject::find_by_code(connection, into, subject.kind, &number)? {
        if other.id == subject.id {
            break;
        }
        number = match round {
            0 => format!("{segment}-{}", subject.local_code),
            n => format!("{segment}-{}-{n}", subject.local_code),
        };
        round += 1;
    }
    Ok(Subject {
        division: into,
        local_code: number,
        ..subject
    })
}

/// Moves one household of a divided gacha to a successor; `false` if it lives there already.
///
/// # Errors
/// [`ErrorCode::DivisionSuccession`] if no such division was entered for the day;
/// [`ErrorCode::SubjectUnknown`] without such a household; [`ServiceError`] of the database.
pub fn move_household(
    service: &Service,
    tx: &Tx<'_>,
    request: &DivisionMove,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let edges = store::division::list_successions(tx, request.from)?;
    let is_divided = edges.iter().any(|edge| {
        edge.from == request.from && edge.into == request.into && edge.on <= request.on
    });
    if !is_divided {
        return Err(ErrorCode::DivisionSuccession.into());
    }
    let mut living = living_in(tx, request.from)?.into_iter();
    let numbered = living.find(|subject| subject.local_code == request.local_code);
    let Some(subject) = numbered else {
        let old = (request.from, request.local_code.as_str());
        return match store::subject::has_come(tx, old, request.into)? {
            true => Ok(false),
            false => Err(ErrorCode::SubjectUnknown.into()),
        };
    };
    let until = request
        .on
        .yesterday()
        .map_err(|_| ErrorCode::DivisionEnded)?;
    let moved = with_free_number(tx, subject, request.into)?;
    registers::move_subject(service, tx, &moved, until, now)?;
    Ok(true)
}

/// A division with its history.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::DivisionUnknown`]; [`ServiceError`] of the database.
pub fn history(
    connection: &Connection,
    actor: &Actor,
    code: DivisionCode,
    today: Date,
) -> Result<DivisionHistory, ServiceError> {
    allow(actor, Action::ReadBoard, code)?;
    let rows = store::division::list_history(connection, code)?;
    if rows.is_empty() {
        return Err(ErrorCode::DivisionUnknown.into());
    }
    let edges = store::division::list_successions(connection, code)?;
    let all = store::division::list_all_successions(connection)?;
    Ok(DivisionHistory {
        today: succession::successors(&all, code, today),
        renumbered: store::subject::list_renumbered(connection, code)?,
        rows,
        edges,
    })
}

/// Checks one line of an approved change: the old division as it was on the day before, or `None`
/// if the line was carried out before.
///
/// # Errors
/// As [`change`].
pub(crate) fn checked(
    connection: &Connection,
    change: &DivisionChange,
    today: Date,
) -> Result<Option<Division>, ServiceError> {
    let edge = &change.edge;
    let mut known = store::division::list_successions(connection, edge.from)?;
    if known.contains(edge) {
        return Ok(None);
    }
    if edge.on > today {
        return Err(ErrorCode::DivisionNotYet.into());
    }
    known.extend(store::division::list_successions(connection, edge.into)?);
    succession::check(&known, edge)?;
    let until = edge.on.yesterday().map_err(|_| ErrorCode::DivisionEnded)?;
    let before = valid_on(connection, edge.from, until)?;
    // Another code for the same place is nobody else's; what joins others is merged with them.
    let is_taken = store::division::get(connection, edge.into, until)?.is_some();
    if edge.kind == SuccessionKind::Recoded && is_taken {
        return Err(ErrorCode::DivisionSuccession.into());
    }
    let is_known = store::division::get(connection, edge.into, edge.on)?.is_some();
    if !is_known && change.name.is_none() {
        return Err(ErrorCode::DivisionUnknown.into());
    }
    Ok(Some(before))
}

/// The division as it was on a day, if it was one.
fn valid_on(
    connection: &Connection,
    code: DivisionCode,
    day: Date,
) -> Result<Division, ServiceError> {
    if let Some(division) = store::division::get(connection, code, day)? {
        return Ok(division);
    }
    let was_ever = !store::division::list_history(connection, code)?.is_empty();
    Err(match was_ever {
        true => ErrorCode::DivisionEnded.into(),
        false => ErrorCode::DivisionUnknown.into(),
    })
}

fn successor(change: &DivisionChange, before: &Division) -> Result<Division, ServiceError> {
    let name = change.name.clone().ok_or(ErrorCode::DivisionUnknown)?;
    // A sumu that becomes a town has a town's code (domain.md G 52, 53).
    let (old, new) = (change.edge.from.usual_kind(), change.edge.into.usual_kind());
    let by_code = match old == new {
        true => before.kind,
        false => new,
    };
    Ok(Division {
        code: change.edge.into,
        kind: change.kind.unwrap_or(by_code),
        name,
        name_mn: None,
        civil_code: change.civil_code,
        valid_from: change.edge.on,
        valid_to: None,
    })
}

/// A successor that is known has its other code from the day of the change on; what it was called
/// before stays with its days.
fn put_civil_code(
    service: &Service,
    tx: &Tx<'_>,
    change: &DivisionChange,
    known: Division,
) -> Result<(), ServiceError> {
    if change.civil_code.is_none() || known.civil_code == change.civil_code {
        return Ok(());
    }
    let (valid_from, valid_to) = (change.edge.on, known.valid_to);
    if known.valid_from < valid_from {
        let until = valid_from.yesterday();
        let before = Division {
            valid_to: Some(until.map_err(|_| ErrorCode::DivisionEnded)?),
            ..known.clone()
        };
        store::division::put(tx, &before)?;
    }
    let coded = Division {
        civil_code: change.civil_code,
        valid_from,
        valid_to,
        ..known
    };
    registers::put_division(service, tx, &coded)
}

/// Those who live in exactly this division: nobody in a township, everybody in a gacha.
fn living_in(connection: &Connection, code: DivisionCode) -> Result<Vec<Subject>, ServiceError> {
    let mut subjects = store::subject::list(connection, code, None)?;
    subjects.retain(|subject| subject.division == code);
    Ok(subjects)
}

fn record(
    tx: &Tx<'_>,
    edge: &Succession,
    entered_by: &str,
    (moved, renumbered): (u64, u64),
    now: AtMs,
) -> Result<(), ServiceError> {
    let detail = serde_json::json!({
        "from": edge.from,
        "into": edge.into,
        "on": edge.on,
        "kind": edge.kind,
        "moved": moved,
        "renumbered": renumbered,
    });
    let text = detail.to_string();
    let leaf = Hash::of("itgel.division_change.v1", &[text.as_bytes()]);
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    let resource = format!("division/{}", edge.from);
    store::log::audit(tx, now, entered_by, "division.changed", &resource, &detail)?;
    Ok(())
}
