//! The self-view (`domain.md` L-07): everything that is held about a subject, with who recorded
//! it, when, and what stood there before. Its JSON is also the copy that machines read (L-20).
//!
//! What is about others is not in it: no ballot, no words of another person's objection, no
//! figures of a group.

use std::collections::BTreeMap;

use itgel_domain::assess::{Assessment, Rules as _};
use itgel_domain::authorisation::{Authorisation, Purpose};
use itgel_domain::case::{Case, CaseState, StepKind};
use itgel_domain::credit::Measure;
use itgel_domain::exchange::{Group, Schema};
use itgel_domain::file::entry::Entry;
use itgel_domain::file::facts::{FileFacts, Recorded};
use itgel_domain::id::{CaseId, CycleId, DecisionId, LenderId, OfficerId, ReportId};
use itgel_domain::identity::Person;
use itgel_domain::policy::Actor;
use itgel_domain::register::RegisterRow;
use itgel_domain::report::{ReasonLine, Statement, reason_line};
use itgel_domain::subject::{Grade, Subject};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::desk::{self, RequestView};
use super::{queue, statement};
use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::rights::HoldRow;
use crate::store::{self, Tx};
use crate::{contents, fold};

/// Everything that is held about a subject.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SelfView {
    /// The version of this format, 1.
    pub format: u32,
    /// When it was made.
    pub made_at_ms: AtMs,
    /// Whose.
    pub subject: Subject,
    /// Names, numbers and phones as they stand and as they stood.
    pub identity: Vec<IdentityVersion>,
    /// All entries of its files in the order of their places, taken back ones too.
    pub entries: Vec<EntryLine>,
    /// Rows of the registers about it, replaced ones too.
    pub registers: Vec<RegisterRow>,
    /// The numbers of the rows in force.
    pub registers_in_force: Vec<String>,
    /// Its cases with their steps.
    pub cases: Vec<CaseLine>,
    /// Measures and incentives.
    pub measures: Vec<Measure>,
    /// Who was given a report, when and what for.
    pub queries: Vec<QueryLine>,
    /// Who may ask.
    pub authorisations: Vec<Authorisation>,
    /// What it said itself.
    pub statements: Vec<Statement>,
    /// What it asked for.
    pub requests: Vec<RequestView>,
    /// Orders to keep its data.
    pub holds: Vec<HoldRow>,
    /// The names of the lenders, officers and campaigns that stand in it by their numbers.
    pub names: Names,
    /// Why each kind of it is kept, on which law and how long (L-15, L-27).
    pub processing: Vec<ProcessingLine>,
}

/// Names by number, for whoever reads and not computes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Names {
    /// Of lenders.
    pub lenders: BTreeMap<LenderId, String>,
    /// Of officers.
    pub officers: BTreeMap<OfficerId, String>,
    /// Of campaigns.
    pub cycles: BTreeMap<CycleId, String>,
}

/// A version of the identity.
#[derive(Debug, Clone, serde::Serialize)]
pub struct IdentityVersion {
    /// Its number.
    pub version: u32,
    /// Who wrote it.
    pub author: OfficerId,
    /// The people.
    pub people: Vec<Person>,
}

/// An entry of a file.
#[derive(Debug, Clone, serde::Serialize)]
pub struct EntryLine {
    /// Its place; the device is in it.
    pub id: String,
    /// Who made it.
    pub officer: OfficerId,
    /// When, by the clock of the device.
    pub entered_at_ms: AtMs,
    /// Whether its author has replaced it or taken it back.
    pub is_superseded: bool,
    /// What it says.
    pub entry: Entry,
}

/// A case.
#[derive(Debug, Clone, serde::Serialize)]
pub struct CaseLine {
    /// Its number.
    pub id: CaseId,
    /// The campaign.
    pub cycle: CycleId,
    /// Where it stands.
    pub state: CaseState,
    /// The grade as it stands.
    pub grade: Option<Grade>,
    /// How the grade was computed, step by step.
    pub assessment: Option<Assessment>,
    /// Why this grade, in the words of the rule pack.
    pub reasons: Vec<ReasonLine>,
    /// What was done.
    pub steps: Vec<StepLine>,
}

/// A step of a case.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StepLine {
    /// What.
    pub step: StepKind,
    /// When.
    pub at_ms: AtMs,
    /// The state after it.
    pub to: CaseState,
    /// The code of the reason.
    pub reason: String,
    /// The reason in words, unless they are another person's.
    pub words: String,
}

/// A report that was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QueryLine {
    /// Its number.
    pub report: ReportId,
    /// To whom.
    pub lender: LenderId,
    /// The lender's name.
    pub lender_name: String,
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub given_at_ms: AtMs,
}

/// Why a kind of data is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProcessingLine {
    /// What.
    pub what: String,
    /// Why.
    pub purpose: String,
    /// The legal basis: consent or a statutory duty.
    pub basis: String,
    /// Where it comes from.
    pub origin: String,
    /// How long.
    pub kept: String,
}

/// What a granted request gives to read; that it was read is on record.
///
/// # Errors
/// [`ErrorCode::RightRequestUnknown`](itgel_domain::error::ErrorCode::RightRequestUnknown) unless
/// reading was granted within thirty days; [`ServiceError`] of the database.
pub fn read(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    request: &DecisionId,
    now: AtMs,
) -> Result<SelfView, ServiceError> {
    let subject = desk::granted_reading(service, tx, actor, request, now)?;
    let resource = format!("rights/{request}");
    let nothing = serde_json::json!({});
    store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "rights.read",
        &resource,
        &nothing,
    )?;
    of(service, tx, subject, now)
}

fn of(
    service: &Service,
    connection: &Connection,
    subject: Subject,
    now: AtMs,
) -> Result<SelfView, ServiceError> {
    let id = &subject.id;
    let facts = fold::facts(connection, id)?;
    let registers = store::register::list_reaching(connection, &subject, true)?;
    let registers = registers
        .into_iter()
        .filter(|row| row.subject.as_ref() == Some(id));
    let in_force = store::register::list_about(connection, subject.division, Some(id))?;
    let measures = store::measure::list_of(connection, id)?.into_iter();
    let mut seen = SelfView {
        format: 1,
        made_at_ms: now,
        identity: identity(service, connection, &subject)?,
        entries: entries(&facts),
        registers: registers.collect(),
        registers_in_force: in_force.into_iter().map(|row| row.id.to_string()).collect(),
        cases: cases(service, connection, &subject)?,
        measures: measures.map(|row| row.measure).collect(),
        queries: queries(connection, &subject)?,
        authorisations: store::authorisation::list_about(connection, id)?,
        statements: statement::list(service, connection, id)?,
        requests: queue::list_of(service, connection, id, now)?,
        holds: store::rights::list_holds(connection, id)?,
        names: Names::default(),
        processing: processing(),
        subject,
    };
    seen.names = names(connection, &seen)?;
    Ok(seen)
}

/// The names of everybody who stands in it by a number.
fn names(connection: &Connection, view: &SelfView) -> Result<Names, ServiceError> {
    let mut names = Names::default();
    let entries = view.entries.iter().map(|line| &line.officer);
    let authors = view.identity.iter().map(|version| &version.author);
    for id in entries.chain(authors) {
        if let Some(officer) = store::officer::get(connection, id)? {
            names.officers.insert(id.clone(), officer.name);
        }
    }
    let named = view.entries.iter().filter_map(|line| match &line.entry {
        Entry::Consent(consent) => Some(consent.recipients.iter().map(|r| &r.lender)),
        _ => None,
    });
    let given = view.authorisations.iter().map(|given| &given.lender);
    for id in named.flatten().chain(given) {
        if let Some(lender) = store::lender::get_name(connection, id)? {
            names.lenders.insert(id.clone(), lender);
        }
    }
    for case in &view.cases {
        if let Some(cycle) = store::cycle::get(connection, &case.cycle)? {
            names.cycles.insert(case.cycle.clone(), cycle.name);
        }
    }
    Ok(names)
}

fn identity(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
) -> Result<Vec<IdentityVersion>, ServiceError> {
    let mut versions = Vec::new();
    for row in store::identity::list_all(connection, &subject.id)? {
        if let Some(record) = contents::read_identity(service, connection, &row)? {
            versions.push(IdentityVersion {
                version: record.version,
                author: record.author,
                people: record.people,
            });
        }
    }
    Ok(versions)
}

fn entries(facts: &FileFacts) -> Vec<EntryLine> {
    let superseded = facts.superseded();
    let line = |recorded: Recorded<'_>| EntryLine {
        is_superseded: superseded.contains(&recorded.id),
        id: recorded.id.to_string(),
        officer: recorded.officer.clone(),
        entered_at_ms: recorded.entered_at,
        entry: recorded.entry.clone(),
    };
    facts.entries().map(line).collect()
}

fn cases(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
) -> Result<Vec<CaseLine>, ServiceError> {
    let rules = service.rules.stored(connection);
    let mut lines = Vec::new();
    for id in store::case::list_of(connection, &subject.id)? {
        let Some(row) = store::case::get(connection, &id)? else {
            continue;
        };
        let assessment = row
            .inputs
            .map(|inputs| process::assessment(connection, &inputs));
        let assessment = assessment.transpose()?;
        let reasons = assessment.as_ref().and_then(|assessment| {
            let pack = rules.pack(&assessment.pack)?;
            let told = assessment.reasons.iter().map(|r| reason_line(r, &pack));
            Some(told.collect())
        });
        lines.push(CaseLine {
            cycle: row.case.cycle.clone(),
            state: row.case.state(),
            grade: row.case.grade(),
            assessment,
            reasons: reasons.unwrap_or_default(),
            steps: steps(&row.case),
            id,
        });
    }
    Ok(lines)
}

fn steps(case: &Case) -> Vec<StepLine> {
    let line = |event: &itgel_domain::case::CaseEvent| {
        let step = event.step.kind();
        let is_of_others = step == StepKind::Object;
        StepLine {
            step,
            at_ms: event.at,
            to: event.to,
            reason: event.reason.code.clone(),
            words: match is_of_others {
                true => String::new(),
                false => event.reason.text.clone(),
            },
        }
    };
    case.history().iter().map(line).collect()
}

fn queries(connection: &Connection, subject: &Subject) -> Result<Vec<QueryLine>, ServiceError> {
    let mut lines = Vec::new();
    for report in store::report::list_of(connection, &subject.id)? {
        let lender = store::lender::get_name(connection, &report.lender)?;
        lines.push(QueryLine {
            report: report.id,
            lender_name: lender.unwrap_or_default(),
            lender: report.lender,
            purpose: report.purpose,
            given_at_ms: report.made_at,
        });
    }
    Ok(lines)
}

/// What the register of fields says of everything that speaks of persons.
fn processing() -> Vec<ProcessingLine> {
    let schema = Schema::builtin();
    let is_of_persons = |table: &&itgel_domain::exchange::Table| {
        table.group != Group::View && table.columns.iter().any(|c| c.key == "subject")
    };
    let tables = schema.tables.iter().filter(is_of_persons);
    let registers = schema.registers.iter();
    tables
        .map(|table| ProcessingLine {
            what: table.zh.clone(),
            purpose: table.purpose.clone(),
            basis: table.basis.clone(),
            origin: table.origin.clone(),
            kept: table.kept.clone(),
        })
        .chain(registers.map(|register| ProcessingLine {
            what: register.zh.clone(),
            purpose: register.purpose.clone(),
            basis: register.basis.clone(),
            origin: register.origin.clone(),
            kept: register.kept.clone(),
        }))
        .collect()
}
