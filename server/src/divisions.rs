//! Changes of divisions (`domain.md` G 52, 53): gachas merge and split, codes change. What was
//! entered under the old code stays there; subjects move on with their files.

use itgel_domain::division::succession::{self, Succession};
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
use crate::process::allow;
use crate::registers;
use crate::service::Service;
use crate::store::{self, Tx};

/// One line of an approved change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionChange {
    /// From where, into what, on which day, how.
    pub edge: Succession,
    /// The name of the successor, if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
    if store::division::get(tx, edge.into, edge.on)?.is_none() {
        let division = successor(change, &before)?;
        registers::put_division(service, tx, &division)?;
    }
    if edge.kind.takes_all() || change.ends {
        let ended = Division {
            valid_to: Some(until),
            ..before
        };
        store::division::put(tx, &ended)?;
    }
    store::division::put_succession(tx, edge, &change.source, entered_by, now)?;
    record(tx, edge, entered_by, now)?;
    if edge.kind.takes_all() {
        for subject in living_in(tx, edge.from)? {
            let moved = Subject {
                division: edge.into,
                ..subject
            };
            registers::move_subject(service, tx, &moved, until, now)?;
        }
    }
    Ok(true)
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
    let numbered = |code| -> Result<Option<Subject>, ServiceError> {
        let mut living = living_in(tx, code)?.into_iter();
        Ok(living.find(|subject| subject.local_code == request.local_code))
    };
    let Some(subject) = numbered(request.from)? else {
        return match numbered(request.into)? {
            Some(_) => Ok(false),
            None => Err(ErrorCode::SubjectUnknown.into()),
        };
    };
    let until = request
        .on
        .yesterday()
        .map_err(|_| ErrorCode::DivisionEnded)?;
    let moved = Subject {
        division: request.into,
        ..subject
    };
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
    Ok(Division {
        code: change.edge.into,
        kind: change.kind.unwrap_or(before.kind),
        name,
        name_mn: None,
        valid_from: change.edge.on,
        valid_to: None,
    })
}

/// Those who live in exactly this division: nobody in a township, everybody in a gacha.
fn living_in(connection: &Connection, code: DivisionCode) -> Result<Vec<Subject>, ServiceError> {
    let mut subjects = store::subject::list(connection, code, None)?;
    subjects.retain(|subject| subject.division == code);
    Ok(subjects)
}

fn record(tx: &Tx<'_>, edge: &Succession, entered_by: &str, now: AtMs) -> Result<(), ServiceError> {
    let detail = serde_json::to_value(edge).map_err(|e| ServiceError::caused("an edge", e))?;
    let text = detail.to_string();
    let leaf = Hash::of("itgel.division_change.v1", &[text.as_bytes()]);
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    let resource = format!("division/{}", edge.from);
    store::log::audit(tx, now, entered_by, "division.changed", &resource, &detail)?;
    Ok(())
}
