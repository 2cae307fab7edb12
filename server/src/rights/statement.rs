//! What a subject says to a record (`domain.md` L-06), and that it was told of an adverse one of
//! ours before a lender is (L-05).

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::{DecisionId, RowId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::{RegisterContent, RegisterRow, SubjectForm};
use itgel_domain::report::Statement;
use itgel_domain::rights::MAX_WORDS;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::{note, served};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::fold;
use crate::service::{Service, random};
use crate::store::rights::StatementRow;
use crate::store::{self, Tx};

/// What the subject says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementRequest {
    /// Who says it.
    pub subject: SubjectId,
    /// What it speaks of: a register with the key of its row (`public_record/示例罚1号`), or an
    /// item.
    pub about: String,
    /// The words.
    pub words: String,
}

/// That the subject was told of an adverse record.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRequest {
    /// Who was told.
    pub subject: SubjectId,
    /// The number of the record in force.
    pub record: RowId,
    /// How.
    pub channel: Channel,
    /// When.
    pub told_on: Date,
}

/// How somebody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// At the counter or at home.
    InPerson,
    /// By letter.
    Letter,
    /// By phone.
    Phone,
    /// By message.
    Message,
}

impl Channel {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InPerson => "in_person",
            Self::Letter => "letter",
            Self::Phone => "phone",
            Self::Message => "message",
        }
    }
}

/// Takes a statement down; from now on it stands beside what it speaks of.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`], [`ErrorCode::StatementAbout`], or a violation for words that are
/// missing or too long; [`ServiceError`] of the database.
pub fn make(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &StatementRequest,
    now: AtMs,
) -> Result<DecisionId, ServiceError> {
    let right = (Action::ServeSubject, ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, &request.subject)?;
    let words = request.words.trim();
    if words.is_empty() || words.chars().count() > MAX_WORDS {
        return Err(fault("words", ErrorCode::ValueMissing));
    }
    if !exists(tx, &subject.id, &request.about)? {
        return Err(fault("about", ErrorCode::StatementAbout));
    }
    let id = DecisionId::from_random(random()?);
    let key = contents::key(service, tx, Scope::Identity, subject.id.as_str())?;
    let row = StatementRow {
        sealed: contents::seal(&key, "statement", id.as_str(), words.as_bytes())?,
        id: id.clone(),
        subject: subject.id,
        about: request.about.clone(),
        made_on: now.on(),
        taken_by: actor.officer.clone(),
        taken_at: now,
    };
    store::rights::put_statement(tx, &row)?;
    note(tx, actor, ("statement", "made"), &id, now)?;
    Ok(id)
}

/// Takes a statement back; its words go.
///
/// # Errors
/// [`ErrorCode::StatementAbout`] if it does not stand; [`ServiceError`] of the database.
pub fn withdraw(
    tx: &Tx<'_>,
    actor: &Actor,
    (subject, id): (&SubjectId, &DecisionId),
    now: AtMs,
) -> Result<(), ServiceError> {
    let right = (Action::ServeSubject, ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, subject)?;
    if !store::rights::withdraw_statement(tx, &subject.id, id, now)? {
        return Err(ErrorCode::StatementAbout.into());
    }
    note(tx, actor, ("statement", "withdrawn"), id, now)
}

/// The statements of a subject that stand, as they are shown to it and to lenders.
///
/// # Errors
/// [`ServiceError`] of the database, or if the words do not open.
pub fn list(
    service: &Service,
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<Statement>, ServiceError> {
    let rows = store::rights::list_statements(connection, subject)?;
    let Some(key) = contents::find_key(service, connection, Scope::Identity, subject.as_str())?
    else {
        return Ok(Vec::new());
    };
    let shown = |row: StatementRow| {
        let words = contents::open(&key, "statement", row.id.as_str(), &row.sealed)?;
        let text = String::from_utf8(words).map_err(|e| ServiceError::caused("a statement", e))?;
        Ok(Statement {
            made_on: row.made_on,
            about: Some(row.about),
            text,
        })
    };
    rows.into_iter().map(shown).collect()
}

/// Notes that a subject was told of an adverse record; the first time counts.
///
/// # Errors
/// [`ErrorCode::RecordUnknown`] for a record that is not there or needs no notice; a violation for
/// a day that has not come; [`ServiceError`] of the database.
pub fn tell(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &NoticeRequest,
    now: AtMs,
) -> Result<(), ServiceError> {
    let right = (Action::ServeSubject, ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, &request.subject)?;
    if request.told_on > now.on() {
        return Err(fault("told_on", ErrorCode::ObservedOutOfTime));
    }
    let rows = store::register::list_of(tx, &subject.id, RECORDS)?;
    let row = rows.iter().find(|row| row.id == request.record);
    let row = row
        .filter(|row| needs_notice(row))
        .ok_or(ErrorCode::RecordUnknown)?;
    let told = (request.channel.as_str(), request.told_on);
    let place = (&subject.id, RECORDS, row.key.as_str());
    store::rights::put_notice(tx, place, told, &actor.officer, now)?;
    let resource = format!("record/{}", row.id);
    let detail = serde_json::json!({ "channel": request.channel.as_str() });
    store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "record.told",
        &resource,
        &detail,
    )?;
    Ok(())
}

const RECORDS: &str = "public_record";

/// Whether an adverse record of a person among these rows was not told to it yet: then nothing of
/// it leaves the system. What an authority published lawfully is exempt.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn is_untold(
    connection: &Connection,
    subject: &SubjectId,
    rows: &[RegisterRow],
) -> Result<bool, ServiceError> {
    for row in rows.iter().filter(|row| needs_notice(row)) {
        if store::rights::told_on(connection, subject, RECORDS, &row.key)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn needs_notice(row: &RegisterRow) -> bool {
    match &row.content {
        RegisterContent::PublicRecord(record) => {
            record.class.is_adverse()
                && record.form == SubjectForm::NaturalPerson
                && record.kind.is_none()
                && record.published_from.is_none()
        }
        _ => false,
    }
}

/// Whether the subject has such a row of a register, or such a value in its files.
fn exists(connection: &Connection, subject: &SubjectId, about: &str) -> Result<bool, ServiceError> {
    if let Some((register, key)) = about.split_once('/')
        && store::register::list_of(connection, subject, register)?
            .iter()
            .any(|row| row.key == key)
    {
        return Ok(true);
    }
    let Ok(item) = about.parse::<ItemPath>() else {
        return Ok(false);
    };
    let facts = fold::facts(connection, subject)?;
    let mut values = facts.entries().filter_map(|r| r.entry.observed());
    Ok(values.any(|(_, observation)| observation.item == item))
}

fn fault(field: &str, code: ErrorCode) -> ServiceError {
    ServiceError::Refused {
        code,
        violations: vec![Violation::new(field, code)],
    }
}
