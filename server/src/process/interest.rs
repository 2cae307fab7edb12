//! Declared conflicts of interest: who has one acts in no step, and one that is found later makes
//! the case void (`domain.md` D.1, G 31): its data do not count any more, its ballots are struck,
//! the household is visited again by others, and the officer has to explain himself.

use data_encoding::HEXLOWER;
use itgel_domain::case::doubt::DoubtKind;
use itgel_domain::case::interest::InterestKind;
use itgel_domain::case::step::Cause;
use itgel_domain::case::{Case, CaseState, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::FileId;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::{CaseId, OfficerId, RowId, SubjectId};
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::register::{BarredOfficers, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;
use itgel_domain::time::AtMs;
use jiff::civil::{Date, date};
use rusqlite::Connection;

use super::advance::{Doing, advance};
use super::desk::allow;
use super::{doubt, evaluation};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::interest::InterestRow;
use crate::store::{self, Tx};
use crate::{auth, contents, fold, ingest, registers};

/// Before every campaign.
const SINCE: Date = date(2000, 1, 1);

/// Most rows of one answer.
const MOST: usize = 1_000;

/// What somebody declares.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Toward whom.
    pub subject: SubjectId,
    /// Whose interest it is.
    pub officer: OfficerId,
    /// How they are bound.
    pub kind: InterestKind,
    /// On what paper.
    #[serde(default)]
    pub source: String,
}

/// What followed from a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Declared {
    /// Whether it was new.
    pub is_new: bool,
    /// The cases that are void because the officer had a part in them.
    pub voided: Vec<CaseId>,
}

/// Declares a conflict of interest: of the actor, or found by somebody who may say so of others.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::OfficerUnknown`]; [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the database.
pub fn declare(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    declaration: &Declaration,
    now: AtMs,
) -> Result<Declared, ServiceError> {
    let subject = fold::subject(tx, &declaration.subject)?;
    let action = match declaration.officer == actor.officer {
        true => Action::DeclareInterest,
        false => Action::RecordInterest,
    };
    allow(actor, action, subject.division)?;
    enter(service, tx, &actor.officer, declaration, now)
}

/// The same after the permission was checked: a table of declarations comes here, too.
///
/// # Errors
/// As [`declare`], without those about the person.
pub(crate) fn enter(
    service: &Service,
    tx: &Tx<'_>,
    declared_by: &OfficerId,
    declaration: &Declaration,
    now: AtMs,
) -> Result<Declared, ServiceError> {
    let subject = fold::subject(tx, &declaration.subject)?;
    let officer = &declaration.officer;
    store::officer::get(tx, officer)?.ok_or(ErrorCode::OfficerUnknown)?;
    let row = InterestRow {
        subject: subject.id.clone(),
        officer: officer.clone(),
        kind: declaration.kind,
        declared_by: declared_by.clone(),
        declared_at: now,
        source: declaration.source.chars().take(200).collect(),
        ended_by: None,
        ended_at: None,
    };
    if !store::interest::put(tx, &row)? {
        return Ok(Declared::default());
    }
    note(tx, declared_by, "interest.declared", &row, now)?;
    tell_devices(service, tx, &subject, declared_by, now)?;
    let mut declared = Declared {
        is_new: true,
        voided: Vec::new(),
    };
    for id in store::case::list_of(tx, &subject.id)? {
        if void(service, tx, &subject, &id, officer, now)? {
            declared.voided.push(id);
        }
    }
    Ok(declared)
}

/// Says that an interest has ended, or was declared by mistake. Never the officer himself.
///
/// # Errors
/// [`ErrorCode::InterestUnknown`] if none stands; [`ErrorCode::SecondPerson`] for the officer;
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn end(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (subject, officer, kind): (&SubjectId, &OfficerId, InterestKind),
    now: AtMs,
) -> Result<(), ServiceError> {
    let home = fold::subject(tx, subject)?;
    let resource = Resource {
        first_person: Some(officer),
        ..Resource::at(home.division)
    };
    policy::may(actor, Action::EndInterest, &resource).map_err(|denial| denial.code())?;
    let key = (subject, officer, kind);
    if !store::interest::end(tx, key, &actor.officer, now)? {
        return Err(ErrorCode::InterestUnknown.into());
    }
    let detail = serde_json::json!({ "officer": officer, "kind": kind });
    let resource = format!("subject/{subject}");
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "interest.ended", &resource, &detail)?;
    tell_devices(service, tx, &home, &actor.officer, now)
}

/// Puts who must not act for a subject into its register, which the devices of its gacha pull: no
/// name and no number of an officer, a digest under a salt of the row.
fn tell_devices(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    by: &OfficerId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let officers = store::interest::list(tx, &subject.id)?;
    let salt: [u8; 16] = random()?;
    let salt = HEXLOWER.encode(&salt);
    let row = RegisterRow {
        id: RowId::from_random(random()?),
        division: subject.division,
        subject: Some(subject.id.clone()),
        key: "interests".into(),
        revision: 1,
        // It holds whatever day a visit is dated on.
        valid_from: SINCE,
        valid_to: None,
        source: "interests".into(),
        content: RegisterContent::Barred(BarredOfficers::of(salt, &officers)),
    };
    registers::put(service, tx, &row, by.as_str(), now)?;
    Ok(())
}

/// What was declared about a subject, or of an officer: everybody may read the own declarations.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn interests(
    connection: &Connection,
    actor: &Actor,
    subject: Option<&SubjectId>,
    officer: Option<&OfficerId>,
) -> Result<Vec<InterestRow>, ServiceError> {
    let is_own = officer == Some(&actor.officer);
    let mut rows = store::interest::history(connection, subject, officer)?;
    if !is_own {
        let mut kept = Vec::new();
        for row in rows {
            if let Some(home) = store::subject::get(connection, &row.subject)?
                && allow(actor, Action::ReadInterests, home.division).is_ok()
            {
                kept.push(row);
            }
        }
        if kept.is_empty() {
            let grants = actor.grants.first().map(|grant| grant.division);
            let division = grants.ok_or(ErrorCode::NotAllowed)?;
            allow(actor, Action::ReadInterests, division)?;
        }
        rows = kept;
    }
    rows.truncate(MOST);
    Ok(rows)
}

/// Makes a case void in which the officer had a part; `false` if nothing was to be done.
fn void(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    id: &CaseId,
    officer: &OfficerId,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let Some(mut row) = store::case::get(tx, id)? else {
        return Ok(false);
    };
    let Some(role) = row.case.role_of(officer) else {
        return Ok(false);
    };
    let detail = serde_json::json!({ "case": id, "role": role, "state": row.case.state() });
    let about = doubt::About::of_case(&row.case, officer);
    doubt::raise(
        tx,
        DoubtKind::InterestFound,
        &about,
        id.as_str(),
        detail,
        now,
    )?;
    if row.case.state().is_terminal() || row.case.state() == CaseState::Draft {
        return Ok(false);
    }
    let step = Step::Close { cause: Cause::Void };
    let doing = Doing::by_rule(step, "interest_found", now);
    advance(service, tx, &mut row, doing)?;
    strike(service, tx, subject, &row.case, (officer, role), now)?;
    super::advance::ask_for_visit(tx, &row.case)?;
    fold::refresh(service, tx, subject, &row.case.cycle, now)?;
    Ok(true)
}

/// Takes what the officer brought into the case out of what counts; nothing is deleted.
fn strike(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    case: &Case,
    (officer, role): (&OfficerId, Role),
    now: AtMs,
) -> Result<(), ServiceError> {
    match role {
        Role::Collector => {
            let cycle = store::cycle::get(tx, &case.cycle)?.ok_or(ErrorCode::CycleClosed)?;
            let since = AtMs::start_of(cycle.opens_on);
            for file in store::projection::list_files_of(tx, &subject.id)? {
                strike_entries(service, tx, subject, &file, officer, since)?;
            }
            Ok(())
        }
        Role::Evaluator => {
            evaluation::strike(service, tx, subject, &case.cycle, officer, now).map(drop)
        }
        _ => Ok(()),
    }
}

/// Puts the officer's envelopes of a file since an instant into quarantine, and tells the devices.
fn strike_entries(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    file: &FileId,
    officer: &OfficerId,
    since: AtMs,
) -> Result<(), ServiceError> {
    let verdict = Verdict::Quarantined(ErrorCode::ConflictOfInterest);
    let sender = auth::officer_actor(tx, officer)?;
    let mut facts = FileFacts::default();
    for stored in store::envelope::list_file(tx, file)? {
        if stored.row.document.is_none() {
            continue;
        }
        let Some(envelope) = contents::read_envelope(service, tx, &stored)? else {
            return Ok(());
        };
        let is_out = matches!(stored.row.verdict, Verdict::Quarantined(_));
        let is_struck = !is_out && envelope.officer == *officer && envelope.entered_at >= since;
        if is_out || is_struck {
            facts.apply_quarantined(&envelope);
        } else {
            facts.apply(&envelope);
        }
        if is_struck {
            store::envelope::set_verdict(tx, &envelope.at, &verdict)?;
            let bytes = envelope.to_bytes();
            store::list::append_envelope(tx, subject.division, &envelope.at, bytes, true)?;
            let told = (&envelope.at, &stored.row.id, &verdict);
            ingest::tell_sender(tx, &sender, Some(subject), told)?;
        }
    }
    Ok(store::projection::put(tx, file, &facts)?)
}

fn note(
    tx: &Tx<'_>,
    by: &OfficerId,
    action: &str,
    row: &InterestRow,
    now: AtMs,
) -> Result<(), ServiceError> {
    let detail = serde_json::json!({ "officer": row.officer, "kind": row.kind });
    let resource = format!("subject/{}", row.subject);
    store::log::audit(tx, now, by.as_str(), action, &resource, &detail)?;
    Ok(())
}
