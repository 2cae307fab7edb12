//! Credit records: entered, imported, amended, read.

use itgel_domain::credit::{Amendment, amended, begun_on};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, RowId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::pack::Parameters;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::{
    Commitment, CreditClass, Honour, ListEntry, ListEntryFields, PublicRecord, PublicityKind,
    RegisterContent, RegisterRow, SubjectForm,
};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::{allow_about, measures, parameters, refuse};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::credit_record::{self, Listed, Order, Place};
use crate::store::decision::Decision;
use crate::store::{self, Tx};
use crate::{fold, process, registers};

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

/// Which records to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFilter {
    /// Of subjects in this division.
    pub division: DivisionCode,
    /// Only of this class.
    pub class: Option<CreditClass>,
    /// Only of this register.
    pub register: Option<String>,
    /// Only of this publicity kind.
    pub kind: Option<PublicityKind>,
    /// Also what is repaired, withdrawn, exonerated, suspended or over.
    pub with_closed: bool,
    /// Only of this subject, reference, body, or of a household code that begins so.
    pub search: Option<String>,
    /// In which order.
    pub order: Order,
    /// [`RecordPage::next`] of the page before.
    pub after: Option<String>,
    /// Most lines.
    pub limit: u32,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RecordPage {
    /// The records.
    pub records: Vec<RecordView>,
    /// Where the next page begins; absent at the end.
    pub next: Option<String>,
}

/// A record as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RecordView {
    /// The register row in force.
    pub id: RowId,
    /// Whose.
    pub subject: SubjectId,
    /// What the subject is.
    pub subject_kind: SubjectKind,
    /// The household's number.
    pub local_code: String,
    /// Where it lives.
    pub division: DivisionCode,
    /// Counts what was said of this.
    pub revision: u32,
    /// Who keeps the register.
    pub source: String,
    /// The first day of what it says.
    pub began_on: Date,
    /// Whether it is displayed and used today.
    pub stands: bool,
    /// The day on which it is deleted, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on: Option<Date>,
    /// The register and what the row says.
    #[serde(flatten)]
    pub content: RegisterContent,
}

/// A record with all that was said before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RecordDetail {
    /// As it stands.
    pub record: RecordView,
    /// Its revisions, the newest first.
    pub history: Vec<RegisterContent>,
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
    put(
        service,
        tx,
        &subject,
        &request.content,
        &request.source,
        officer,
        now,
    )
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
    source: &str,
    entered_by: &str,
    now: AtMs,
) -> Result<Entered, ServiceError> {
    let today = now.on();
    let (faults, content) = match content {
        NewCredit::Record(record) => {
            let table = parameters(service, tx, subject, today)?;
            let faults = record.faults(subject.kind, &table.list_versions, today);
            (faults, RegisterContent::PublicRecord(record.clone()))
        }
        NewCredit::Honour(honour) => (
            honour.faults(today),
            RegisterContent::Honour(honour.clone()),
        ),
        NewCredit::Commitment(made) => (
            made.faults(today),
            RegisterContent::Commitment(made.clone()),
        ),
    };
    if !faults.is_empty() {
        return Err(refuse(faults));
    }
    write(service, tx, subject, content, source, entered_by, now)
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
    source: &str,
    entered_by: &str,
    now: AtMs,
) -> Result<Entered, ServiceError> {
    let today = now.on();
    let table = parameters(service, tx, subject, today)?;
    let of_person = SubjectForm::NaturalPerson.fits(subject.kind);
    let mut faults = Vec::new();
    if fields.of_person != of_person {
        faults.push(Violation::new("of_person", ErrorCode::RecordForm));
    }
    if fields.listed_on > today {
        faults.push(Violation::new("listed_on", ErrorCode::RecordDates));
    }
    let entry = match ListEntry::new(fields, &table.list_versions) {
        Ok(entry) if faults.is_empty() => entry,
        Ok(_) => return Err(refuse(faults)),
        Err(error) => return Err(refuse(faults.into_iter().chain(error.faults).collect())),
    };
    for other in credit_record::list_of(tx, &subject.id)? {
        if let RegisterContent::ListEntry(other) = &other.row.content
            && entry.overlaps(other)
        {
            let fault = Violation::new("listed_on", ErrorCode::RecordOverlap);
            return Err(refuse(vec![fault]));
        }
    }
    let content = RegisterContent::ListEntry(entry);
    write(service, tx, subject, content, source, entered_by, now)
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
    let officer = actor.officer.as_str();
    let source = &listed.row.source;
    let entered = write(service, tx, &subject, content, source, officer, now)?;
    if let Some(place) = Place::of(&listed.row) {
        measures::end_on(service, tx, &place, amendment.end_reason(), now)?;
    }
    note_amendment(tx, actor, (&subject, &entered.id), amendment, now)?;
    Ok(entered)
}

/// The records of a division.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::RequestMalformed`] for a cursor that was not given here; [`ServiceError`] of the
/// database.
pub fn list(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    filter: &RecordFilter,
) -> Result<RecordPage, ServiceError> {
    process::allow(actor, Action::ReadRecords, filter.division)?;
    let today = service.now().on();
    let table = service
        .rules
        .parameters_for(connection, filter.division, today)?;
    let found = credit_record::list(
        connection,
        &credit_record::Filter {
            division: filter.division,
            reader: &actor.officer,
            class: filter.class,
            register: filter.register.as_deref(),
            kind: filter.kind,
            open_on: (!filter.with_closed).then_some(today),
            search: filter.search.as_deref().filter(|text| !text.is_empty()),
            order: filter.order,
            after: filter.after.as_deref().map(place).transpose()?,
            limit: filter.limit.saturating_add(1),
        },
    )?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let last = found
        .get(limit.saturating_sub(1))
        .filter(|_| found.len() > limit);
    let next = last.map(|listed| format!("{} {}", listed.began_on, listed.row.id));
    let views = found.into_iter().take(limit);
    let views = views.map(|listed| view(listed, today, &table));
    let records: Result<Vec<RecordView>, ServiceError> = views.collect();
    let mut records = records?;
    // A term of the law may end a publicity that its source still keeps open.
    records.retain(|record| filter.with_closed || record.stands);
    Ok(RecordPage { records, next })
}

/// One record with its history.
///
/// # Errors
/// [`ErrorCode::RecordUnknown`] or [`ErrorCode::NotAllowed`] for the person; [`ServiceError`] of
/// the database.
pub fn get(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &RowId,
) -> Result<RecordDetail, ServiceError> {
    let listed = credit_record::get(connection, id)?.ok_or(ErrorCode::RecordUnknown)?;
    let subject = fold::subject(connection, &subject_of(&listed)?)?;
    let absent = ErrorCode::RecordUnknown;
    allow_about(connection, actor, Action::ReadRecords, &subject, absent)?;
    let place = Place::of(&listed.row).ok_or(ErrorCode::RecordUnknown)?;
    let history = credit_record::list_revisions(connection, &place)?;
    let today = service.now().on();
    let table = parameters(service, connection, &subject, today)?;
    Ok(RecordDetail {
        record: view(listed, today, &table)?,
        history: history.into_iter().map(|row| row.content).collect(),
    })
}

/// Whether a row is displayed and used on a day.
pub(crate) fn stands(content: &RegisterContent, day: Date, table: &Parameters) -> bool {
    match content {
        RegisterContent::PublicRecord(record) => record.stands_on(day, table),
        RegisterContent::ListEntry(entry) => entry.is_shown_on(day),
        RegisterContent::Honour(honour) => honour.holds_on(day),
        _ => true,
    }
}

fn view(listed: Listed, today: Date, table: &Parameters) -> Result<RecordView, ServiceError> {
    Ok(RecordView {
        subject: subject_of(&listed)?,
        stands: stands(&listed.row.content, today, table),
        delete_on: listed.row.content.delete_on(),
        id: listed.row.id,
        subject_kind: listed.subject_kind,
        local_code: listed.local_code,
        division: listed.home,
        revision: listed.row.revision,
        source: listed.row.source,
        began_on: listed.began_on,
        content: listed.row.content,
    })
}

fn subject_of(listed: &Listed) -> Result<SubjectId, ServiceError> {
    let subject = listed.row.subject.clone();
    subject.ok_or(ServiceError::internal("a credit record about nobody"))
}

/// Brings a row into force at its place, unless it says what stands there already.
fn write(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    content: RegisterContent,
    source: &str,
    entered_by: &str,
    now: AtMs,
) -> Result<Entered, ServiceError> {
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
        source: source.to_owned(),
        content,
    };
    registers::put(service, tx, &row, entered_by, now)?;
    measures::end_lapsed(service, tx, subject, now)?;
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

fn place(cursor: &str) -> Result<(Date, RowId), ServiceError> {
    let parsed = cursor.split_once(' ').and_then(|(day, row)| {
        let (day, row) = (day.parse().ok()?, row.parse().ok()?);
        Some((day, row))
    });
    parsed.ok_or_else(|| ErrorCode::RequestMalformed.into())
}
