//! Credit records as staff read them: lists with search, order and pages, and one with its
//! history.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::pack::Parameters;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::{CreditClass, PublicityKind, RegisterContent};
use itgel_domain::subject::SubjectKind;
use jiff::civil::Date;
use rusqlite::Connection;

use super::{allow_about, parameters, subject_of};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::credit_record::{self, Listed, Order, Place};
use crate::{fold, process};

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

fn place(cursor: &str) -> Result<(Date, RowId), ServiceError> {
    let parsed = cursor.split_once(' ').and_then(|(day, row)| {
        let (day, row) = (day.parse().ok()?, row.parse().ok()?);
        Some((day, row))
    });
    parsed.ok_or_else(|| ErrorCode::RequestMalformed.into())
}
