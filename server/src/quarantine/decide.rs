//! What a reviewer decides about an envelope that was set aside.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DecisionId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::Actor;
use itgel_domain::sync::pull::{PullItem, TaskItem};
use itgel_domain::sync::quarantine::{Outcome, remedy};
use itgel_domain::time::AtMs;
use itgel_text::Lang;
use rusqlite::Connection;

use super::{DecideRequest, QuarantineLine, cycle_of, find, line};
use crate::error::ServiceError;
use crate::ingest;
use crate::process::note_text;
use crate::service::{Service, random};
use crate::store::decision::Decision;
use crate::store::quarantine::{Decided, QuarantineRow};
use crate::store::{self, Tx};

/// Lets an envelope count in spite of what is against it, and with it, in order, what waited for
/// it. If something else is against it as well, it stays set aside for that.
///
/// # Errors
/// [`ErrorCode::QuarantineUnknown`] if there is none, or not in the person's divisions;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ConflictOfInterest`]; [`ErrorCode::ActedBefore`] for its
/// author and for who collected there; [`ErrorCode::QuarantineDecided`];
/// [`ErrorCode::QuarantineFirm`] for what no person may let pass; [`ErrorCode::CaseReason`] without
/// words; [`ServiceError`] of the database.
pub fn release(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (id, request): (&ChainRef, &DecideRequest),
    now: AtMs,
) -> Result<QuarantineLine, ServiceError> {
    let words = note_text(&request.reason)?;
    let (mut row, _) = find_open(service, tx, actor, id)?;
    if !remedy(row.reason).is_a_persons() {
        return Err(ErrorCode::QuarantineFirm.into());
    }
    let passed = row.reason;
    row.waived.push(passed);
    store::quarantine::set_reason(tx, id, row.reason, &row.waived)?;
    store::quarantine::sign(tx, id, &actor.officer, &words)?;
    note(tx, actor, &row, (Outcome::Released, passed, &words), now)?;
    ingest::judge_again(service, tx, std::slice::from_ref(&row), now)?;
    let row = store::quarantine::get(tx, id)?.ok_or(ErrorCode::QuarantineUnknown)?;
    Ok(line(row, now))
}

/// Refuses an envelope: it stays as evidence, and its officer gets the reason as a task.
///
/// # Errors
/// As for [`release`], without [`ErrorCode::QuarantineFirm`].
pub fn reject(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (id, request): (&ChainRef, &DecideRequest),
    now: AtMs,
) -> Result<QuarantineLine, ServiceError> {
    let words = note_text(&request.reason)?;
    let (row, envelope) = find_open(service, tx, actor, id)?;
    let decided = Decided {
        outcome: Outcome::Rejected,
        by: Some(&actor.officer),
        at: now,
        words: Some(&words),
    };
    if !store::quarantine::decide(tx, id, &decided)? {
        return Err(ErrorCode::QuarantineDecided.into());
    }
    note(
        tx,
        actor,
        &row,
        (Outcome::Rejected, row.reason, &words),
        now,
    )?;
    tell_officer(tx, &row, &envelope, &words)?;
    let row = store::quarantine::get(tx, id)?.ok_or(ErrorCode::QuarantineUnknown)?;
    Ok(line(row, now))
}

/// One that still waits, for a person who may decide about it.
fn find_open(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &ChainRef,
) -> Result<(QuarantineRow, Envelope), ServiceError> {
    let (row, envelope) = find(service, connection, actor, id)?;
    match row.outcome {
        None => Ok((row, envelope)),
        Some(_) => Err(ErrorCode::QuarantineDecided.into()),
    }
}

/// The decision, its leaf in the log and its audit row.
fn note(
    tx: &Tx<'_>,
    actor: &Actor,
    row: &QuarantineRow,
    (outcome, code, words): (Outcome, ErrorCode, &str),
    now: AtMs,
) -> Result<(), ServiceError> {
    let id = DecisionId::from_random(random()?);
    let content = serde_json::json!({
        "envelope": row.at.to_string(),
        "outcome": outcome,
        "code": code,
        "reason": words,
    });
    let decision = Decision {
        id: id.clone(),
        kind: "quarantine".into(),
        actor: actor.officer.clone(),
        subject: row.subject.to_string(),
        at: now,
        content,
    };
    store::decision::put(tx, &decision)?;
    // The words may tell of a person: the log holds them under the random name of the decision.
    let text = decision.content.to_string();
    let parts: [&[u8]; 3] = [
        id.as_str().as_bytes(),
        row.subject.as_str().as_bytes(),
        text.as_bytes(),
    ];
    let leaf = Hash::of("itgel.quarantine.v1", &parts);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({ "code": code, "decision": id, "leaf": leaf });
    let resource = format!("envelope/{}", row.at);
    let action = format!("quarantine.{outcome}");
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, &action, &resource, &detail)?;
    Ok(())
}

/// The officer learns why, and what to do; the others of the gacha do not.
fn tell_officer(
    tx: &Tx<'_>,
    row: &QuarantineRow,
    envelope: &Envelope,
    words: &str,
) -> Result<(), ServiceError> {
    let cycle = match cycle_of(envelope) {
        Some(cycle) => Some(cycle),
        None => newest_cycle(tx, row.division)?,
    };
    let Some(cycle) = cycle else {
        // Without any campaign there is no visit that a task could belong to.
        return Ok(());
    };
    let reason = itgel_text::error(Lang::ZhCn, row.reason, &[]);
    let on = envelope.entered_at.on();
    let mut observed = envelope.entries().iter().filter_map(Entry::observed);
    let task = PullItem::Task(TaskItem {
        subject: row.subject.clone(),
        cycle,
        item: observed.next().map(|(_, o)| o.item.clone()),
        text: itgel_text::task_entry_rejected(Lang::ZhCn, on, reason, words),
        officer: Some(row.officer.clone()),
    });
    store::list::append(tx, row.division, &task)?;
    Ok(())
}

fn newest_cycle(
    connection: &Connection,
    division: DivisionCode,
) -> Result<Option<CycleId>, ServiceError> {
    let Some(banner) = division.ancestor(DivisionLevel::County) else {
        return Ok(None);
    };
    let all = store::cycle::list(connection, banner)?;
    let newest = all.into_iter().max_by_key(|cycle| cycle.opens_on);
    Ok(newest.map(|cycle| cycle.id))
}
