//! Credit records: entered, imported, amended, read.

use itgel_domain::credit::{Amendment, amended, begun_on, end_reason};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, RowId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::{
    Commitment, Honour, ListEntry, ListEntryFields, PublicRecord, RegisterContent, RegisterRow,
    SubjectForm,
};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::{allow_about, measures, parameters, refuse, subject_of};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::credit_record::{self, Listed, Place};
use crate::store::decision::Decision;
use crate::store::{self, Tx};
use crate::{fold, registers};

/// What a person may enter. An entry of an official list is not among it: it is imported.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewCredit {
    /// A public record of any class but serious dishonesty.
    Record(PublicRecord),
    /// An honour or honesty model.
    Honour(Honour),
    /// A commitment.
    Commitment(Commitment),
}

/// Enters something about a subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnterRequest {
    /// About whom.
    pub subject: SubjectId,
    /// Who keeps the register, with its reference.
    pub source: String,
    /// What.
    pub content: NewCredit,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Entered {
    /// The register row in force.
    pub id: RowId,
    /// Whether it was there already, so that nothing changed.
    pub is_unchanged: bool,
}

/// Where a record comes from, who entered it and when.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Who keeps the register, with its reference.
    pub source: &'a str,
    /// The person.
    pub entered_by: &'a str,
    /// When.
    pub at: AtMs,
}

/// Enters a record, an honour or a commitment for a person.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::SubjectUnknown`] for the person; violations for what
/// keeps it from being entered; [`ServiceError`] of the database.
pub fn enter(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &EnterRequest,
    now: AtMs,
) -> Result<Entered, ServiceError> {
    let subject = fold::subject(tx, &request.subject)?;
    let absent = ErrorCode::SubjectUnknown;
    allow_about(tx, actor, Action::ManageRegisters, &subject, absent)?;
    let officer = actor.officer.as_str();
    let origin = Origin {
        source: &request.source,
        entered_by: officer,
        at: now,
    };
    put(service, tx, &subject, &request.content, &origin)
}

/// Brings a record, an honour or a commitment into force; the same again changes nothing.
///
/// # Errors
/// Violations for what keeps it from being entered; [`ServiceError`] of the database.
pub fn put(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    content: &NewCredit,
    origin: &Origin<'_>,
) -> Result<Entered, ServiceError> {
    let faults = faults(service, tx, subject, content, origin.at.on())?;
    if !faults.is_empty() {
        return Err(refuse(faults));
    }
    let content = match content.clone() {
        NewCredit::Record(record) => RegisterContent::PublicRecord(record),
        NewCredit::Honour(honour) => RegisterContent::Honour(honour),
        NewCredit::Commitment(made) => RegisterContent::Commitment(made),
    };
    write(service, tx, subject, content, origin)
}

/// Everything that keeps a record, an honour or a commitment from being entered.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn faults(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    content: &NewCredit,
    today: Date,
) -> Result<Vec<Violation>, ServiceError> {
    Ok(match content {
        NewCredit::Record(record) => {
            let table = parameters(service, connection, subject, today)?;
            record.faults(subject.kind, &table.list_versions, today)
        }
        NewCredit::Honour(honour) => honour.faults(today),
        NewCredit::Commitment(made) => made.faults(today),
    })
}

/// Takes an entry of an official list as its keeper delivered it: the only way to one, for
/// imports alone (SR-44). The same again changes nothing; a delivery that says when it ended
/// takes the place of the one before.
///
/// # Errors
/// [`ErrorCode::ListVersion`], [`ErrorCode::ListItem`], [`ErrorCode::ListBasis`],
/// [`ErrorCode::ListBodyLevel`], [`ErrorCode::RecordBody`] or [`ErrorCode::RecordDates`] with all
/// faults; [`ErrorCode::RecordForm`] for an organisation listed as a person;
/// [`ErrorCode::RecordOverlap`] if the listing stands under another reference;
/// [`ServiceError`] of the database.
pub fn import_entry(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    fields: ListEntryFields,
    origin: &Origin<'_>,
) -> Result<Entered, ServiceError> {
    let entry = checked_entry(service, tx, subject, fields, origin.at.on())?.map_err(refuse)?;
    let content = RegisterContent::ListEntry(entry);
    write(service, tx, subject, content, origin)
}

/// The entry that fields make for a subject, or everything that keeps them from being one.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn checked_entry(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    fields: ListEntryFields,
    today: Date,
) -> Result<Result<ListEntry, Vec<Violation>>, ServiceError> {
    let table = parameters(service, connection, subject, today)?;
    let of_person = SubjectForm::NaturalPerson.fits(subject.kind);
    let mut faults = Vec::new();
    if fields.of_person != of_person {
        faults.push(Violation::new("of_person", ErrorCode::RecordForm));
    }
    let days = [
        ("listed_on", Some(fields.listed_on)),
        ("removed_on", fields.removed_on),
        ("repaired_on", fields.repaired_on),
    ];
    for (field, day) in days {
        if day.is_some_and(|day| day > today) {
            faults.push(Violation::new(field, ErrorCode::RecordDates));
        }
    }
    let entry = match ListEntry::new(fields, &table.list_versions) {
        Ok(entry) => entry,
        Err(error) => {
            faults.extend(error.faults);
            return Ok(Err(faults));
        }
    };
    let overlaps = |other: &Listed| match &other.row.content {
        RegisterContent::ListEntry(other) => entry.overlaps(other),
        _ => false,
    };
    let standing = credit_record::list_of(connection, &subject.id)?;
    if standing.iter().any(overlaps) {
        faults.push(Violation::new("listed_on", ErrorCode::RecordOverlap));
    }
    Ok(if faults.is_empty() {
        Ok(entry)
    } else {
        Err(faults)
    })
}

/// Repairs, withdraws, exonerates, suspends or settles what stands; standings, measures and
/// devices follow at once (SR-36, L-12).
///
/// # Errors
/// [`ErrorCode::RecordUnknown`] or [`ErrorCode::NotAllowed`] for the person;
/// [`ErrorCode::RecordStep`], [`ErrorCode::RecordDates`] or [`ErrorCode::CaseReason`] for the
/// step; [`ServiceError`] of the database.
pub fn amend(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &RowId,
    amendment: &Amendment,
    now: AtMs,
) -> Result<Entered, ServiceError> {
    let listed = credit_record::get(tx, id)?.ok_or(ErrorCode::RecordUnknown)?;
    let subject = fold::subject(tx, &subject_of(&listed)?)?;
    let absent = ErrorCode::RecordUnknown;
    allow_about(tx, actor, amendment.action(), &subject, absent)?;
    let content = amended(&listed.row.content, amendment, now.on())?;
    let origin = Origin {
        source: &listed.row.source,
        entered_by: actor.officer.as_str(),
        at: now,
    };
    let entered = write(service, tx, &subject, content, &origin)?;
    note_amendment(tx, actor, (&subject, &entered.id), amendment, now)?;
    Ok(entered)
}

/// Brings a row into force at its place, unless it says what stands there already.
fn write(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    content: RegisterContent,
    origin: &Origin<'_>,
) -> Result<Entered, ServiceError> {
    let now = origin.at;
    let place = Place {
        subject: subject.id.clone(),
        register: content.register().to_owned(),
        key: key_of(&content),
    };
    let before = credit_record::get_at(tx, &place)?;
    if let Some(before) = before.filter(|before| before.row.content == content) {
        return Ok(Entered {
            id: before.row.id,
            is_unchanged: true,
        });
    }
    let row = RegisterRow {
        id: RowId::from_random(random()?),
        division: subject.division,
        subject: Some(place.subject.clone()),
        key: place.key.clone(),
        revision: 1,
        valid_from: begun_on(&content).unwrap_or_else(|| now.on()),
        valid_to: None,
        source: origin.source.to_owned(),
        content,
    };
    registers::put(service, tx, &row, origin.entered_by, now)?;
    measures::end_on(service, tx, &place, end_reason(&row.content), now)?;
    Ok(Entered {
        id: row.id,
        is_unchanged: false,
    })
}

/// What a later delivery of the same thing has in common with an earlier one.
fn key_of(content: &RegisterContent) -> String {
    match content {
        RegisterContent::PublicRecord(r) => format!("{} {}", r.recorded_by, r.reference),
        RegisterContent::ListEntry(entry) => {
            let fields = entry.fields();
            format!("{} {} {}", fields.list, fields.issued_by, fields.reference)
        }
        RegisterContent::Honour(h) => format!("{} {} {}", h.awarded_by, h.title, h.awarded_on),
        RegisterContent::Commitment(made) => {
            let kind = made.kind.map_or("", |kind| kind.as_str());
            format!("{kind} {} {}", made.made_to, made.signed_on)
        }
        _ => String::new(),
    }
}

/// Audit row, decision and leaf of an amendment; its evidence stays in the decision.
fn note_amendment(
    tx: &Tx<'_>,
    actor: &Actor,
    (subject, row): (&Subject, &RowId),
    amendment: &Amendment,
    now: AtMs,
) -> Result<(), ServiceError> {
    let decision = DecisionId::from_random(random()?);
    let content = serde_json::json!({ "record": row, "amendment": amendment });
    store::decision::put(
        tx,
        &Decision {
            id: decision.clone(),
            kind: "record".into(),
            actor: actor.officer.clone(),
            subject: subject.id.to_string(),
            at: now,
            content,
        },
    )?;
    let leaf = Hash::of("itgel.decision.v1", &[decision.as_str().as_bytes()]);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({ "step": amendment.as_str(), "decision": decision });
    let (who, resource) = (actor.officer.as_str(), format!("record/{row}"));
    store::log::audit(tx, now, who, "record.amended", &resource, &detail)?;
    Ok(())
}
