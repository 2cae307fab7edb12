//! What was set aside on its way in, for the people who decide about it (`design.md` 6, 8): they
//! look at it, release it or reject it with a reason that reaches its officer. Nothing of it is
//! lost either way, and nothing waits for it.
//!
//! What only lacked something (the subject, a right, another envelope) counts by itself once that
//! arrives: a job asked for in the same transaction judges it again.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DecisionId, DeviceId, OfficerId, SubjectId};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::sync::pull::{PullItem, TaskItem};
use itgel_domain::sync::quarantine::{Outcome, remedy};
use itgel_domain::time::AtMs;
use itgel_text::Lang;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::process::note_text;
use crate::service::{Service, random};
use crate::store::decision::Decision;
use crate::store::job::{self, JobRow};
use crate::store::quarantine::{Decided, Filter, Order, QuarantineRow, Whose};
use crate::store::{self, Tx};
use crate::{contents, ingest};

/// Envelopes that one transaction of the job judges.
const PAGE: u32 = 100;

/// Which rows to list.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineQuery {
    /// Whose reviewers decide: the division and everything in it.
    pub division: DivisionCode,
    /// Also what was decided.
    #[serde(default)]
    pub all: bool,
    /// Only for this reason.
    #[serde(default)]
    pub reason: Option<ErrorCode>,
    /// Only of this device.
    #[serde(default)]
    pub device: Option<DeviceId>,
    /// Only of this officer.
    #[serde(default)]
    pub officer: Option<OfficerId>,
    /// Only about this subject.
    #[serde(default)]
    pub subject: Option<SubjectId>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// The cursor of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
    /// Most lines.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuarantineLine {
    /// Its name in addresses: device, incarnation and place.
    pub id: String,
    /// What is known of it.
    #[serde(flatten)]
    pub row: QuarantineRow,
    /// How long it waits, or waited.
    pub waits_ms: i64,
    /// Whether a reviewer may let it count.
    pub can_be_released: bool,
}

/// What it says, for the reviewer who decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Opened {
    /// The line of the list.
    #[serde(flatten)]
    pub line: QuarantineLine,
    /// When it was written, by the clock of its device.
    pub entered_at: AtMs,
    /// The entries of a file; a ballot shows nothing to anybody.
    pub entries: Vec<Entry>,
    /// The record of an identity, if it came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityRecord>,
}

/// What a reviewer decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// Why, in words: the officer reads them.
    pub reason: String,
}

/// What the job judges, and where it goes on.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    officer: Option<OfficerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<ChainRef>,
}

/// What was set aside in a division, and the cursor of the next page.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ErrorCode::RequestMalformed`] for a
/// cursor that is none; [`ServiceError`] of the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    query: &QuarantineQuery,
    (now, limit): (AtMs, u32),
) -> Result<(Vec<QuarantineLine>, Option<String>), ServiceError> {
    policy::may(actor, Action::ReadQuarantine, &Resource::at(query.division))
        .map_err(|denial| denial.code())?;
    let after = match &query.cursor {
        Some(text) => Some(text.parse().map_err(|_| ErrorCode::RequestMalformed)?),
        None => None,
    };
    let filter = Filter {
        division: query.division,
        is_all: query.all,
        reason: query.reason,
        device: query.device.as_ref(),
        officer: query.officer.as_ref(),
        subject: query.subject.as_ref(),
        order: query.order,
        after: after.as_ref(),
        limit: limit.saturating_add(1),
    };
    let mut rows = store::quarantine::list(connection, &filter)?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let lines: Vec<_> = rows.into_iter().map(|row| line(row, now)).collect();
    let next = lines.last().filter(|_| has_more).map(|l| l.id.clone());
    Ok((lines, next))
}

/// Opens one for the person who decides; that it was opened is on record.
///
/// # Errors
/// As for [`release`], but one that was decided can still be read.
pub fn open(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &ChainRef,
    now: AtMs,
) -> Result<Opened, ServiceError> {
    let (row, envelope) = find(service, tx, actor, id)?;
    let (mut entries, mut identity) = (Vec::new(), None);
    match &envelope.body {
        Body::File(body) => entries.clone_from(&body.entries),
        Body::Identity(stated) => {
            let kept = store::identity::get(tx, &stated.subject, &stated.commitment)?;
            if let Some(kept) = kept {
                identity = contents::read_identity(service, tx, &kept)?;
            }
        }
        Body::Ballot(_) => {}
    }
    let resource = format!("envelope/{id}");
    let detail = serde_json::json!({ "reason": row.reason });
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "quarantine.opened", &resource, &detail)?;
    Ok(Opened {
        line: line(row, now),
        entered_at: envelope.entered_at,
        entries,
        identity,
    })
}

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

/// A subject has come into the register: what waited for it is judged again.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn subject_arrived(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), ServiceError> {
    if !store::quarantine::is_waiting(tx, Whose::Subject(subject))? {
        return Ok(());
    }
    let content = serde_json::json!({ "subject": subject });
    let key = format!("subject/{subject}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// An officer was assigned anew: what waits of him is judged again.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn right_arrived(tx: &Tx<'_>, officer: &OfficerId) -> Result<(), ServiceError> {
    if !store::quarantine::is_waiting(tx, Whose::Officer(officer))? {
        return Ok(());
    }
    let content = serde_json::json!({ "officer": officer });
    let key = format!("officer/{officer}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// Judges a page of what waits again, in the order of the chains.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a job that judges again", e))?;
    let mut after = content.after.clone();
    loop {
        let (job, content, from) = (job.clone(), content.clone(), after.clone());
        after = service.transact("quarantine.judge_again", move |service, tx| {
            let whose = match (&content.subject, &content.officer) {
                (Some(subject), _) => Whose::Subject(subject),
                (None, Some(officer)) => Whose::Officer(officer),
                (None, None) => {
                    job::finish(tx, &job)?;
                    return Ok(None);
                }
            };
            let rows = store::quarantine::list_waiting(tx, whose, from.as_ref(), PAGE)?;
            let last = rows.last().map(|row| row.at.clone());
            let rows: Vec<_> = rows.into_iter().filter(lacks_arrival).collect();
            ingest::judge_again(service, tx, &rows, service.now())?;
            if last.is_none() {
                job::finish(tx, &job)?;
            }
            Ok::<_, ServiceError>(last)
        })?;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn lacks_arrival(row: &QuarantineRow) -> bool {
    remedy(row.reason).is_arrival()
}

fn line(row: QuarantineRow, now: AtMs) -> QuarantineLine {
    let until = row.decided_at.unwrap_or(now);
    QuarantineLine {
        id: row.at.to_string(),
        waits_ms: until.0.saturating_sub(row.since.0),
        can_be_released: row.outcome.is_none() && remedy(row.reason).is_a_persons(),
        row,
    }
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

/// What was set aside at a place, for a person who may decide about it: in his divisions, not his
/// own, not where he collects, without an interest.
fn find(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &ChainRef,
) -> Result<(QuarantineRow, Envelope), ServiceError> {
    let unknown = ErrorCode::QuarantineUnknown;
    let row = store::quarantine::get(connection, id)?.ok_or(unknown)?;
    if row.outcome == Some(Outcome::Erased) {
        return Err(unknown.into());
    }
    let envelope = ingest::read_aside(service, connection, &row)?.ok_or(unknown)?;
    let officer = &actor.officer;
    let mut resource = Resource {
        has_interest: store::interest::list(connection, &row.subject)?.contains(officer),
        ..Resource::at(row.division)
    };
    if let Some(cycle) = cycle_of(&envelope) {
        let division = row.division;
        resource.collected_here =
            store::case::has_collected(connection, officer, division, &cycle)?;
        let case = store::case::get_of(connection, &row.subject, &cycle)?;
        resource.acted_as = case.and_then(|row| row.case.role_of(officer));
    }
    policy::may(actor, Action::DecideEntry, &resource).map_err(|denial| match denial {
        Denial::Division => unknown,
        other => other.code(),
    })?;
    if row.officer == *officer || envelope.officer == *officer {
        return Err(ErrorCode::ActedBefore.into());
    }
    Ok((row, envelope))
}

/// The campaign that an envelope speaks of, if it does.
fn cycle_of(envelope: &Envelope) -> Option<CycleId> {
    if let Body::Ballot(ballot) = &envelope.body {
        return Some(ballot.cycle.clone());
    }
    let named = envelope.entries().iter().find_map(|entry| match entry {
        Entry::Seal(seal) => Some(&seal.cycle),
        other => other.observed().map(|(cycle, _)| cycle),
    });
    named.cloned()
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
    let Some(banner) = division.ancestor(itgel_domain::division::DivisionLevel::County) else {
        return Ok(None);
    };
    let all = store::cycle::list(connection, banner)?;
    let newest = all.into_iter().max_by_key(|cycle| cycle.opens_on);
    Ok(newest.map(|cycle| cycle.id))
}
