//! Gathers what a report is made of. What of it a lender sees is decided by
//! [`itgel_domain::report`].

use itgel_domain::authorisation::{Authorisation, Ground, Purpose};
use itgel_domain::division::{Division, DivisionCode};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::{CaseId, ReportId, SubjectId};
use itgel_domain::lending::ReferenceLine;
use itgel_domain::policy::Actor;
use itgel_domain::register::RegisterRow;
use itgel_domain::report::{Asked, PastGrade, Report, ReportError, ShownPerson, Sources};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::line::Held;
use super::right::{Miss, Right, is_named};
use super::{ReportRequest, line, parameters};
use crate::credit::reading;
use crate::error::ServiceError;
use crate::rights::statement;
use crate::service::Service;
use crate::{contents, fold, process, store};

/// The report that answers a request, or why there is none after all.
pub(super) fn report(
    service: &Service,
    connection: &Connection,
    (actor, request): (&Actor, &ReportRequest),
    (right, id): (&Right, ReportId),
    now: AtMs,
) -> Result<Result<Report, Miss>, ServiceError> {
    let Right {
        authorisation,
        subject,
        rating,
    } = right;
    let row = store::case::get(connection, &rating.case)?
        .ok_or(ServiceError::internal("a rating without its case"))?;
    let assessment = process::assessment(connection, &rating.inputs)?;
    let pack = service.rules.pack(connection, &assessment.pack)?;
    let file = fold::facts(connection, &subject.id)?;
    let people = people(
        service,
        connection,
        (authorisation, request),
        &file,
        now.on(),
    )?;
    let asked = Asked {
        report: id,
        lender: authorisation.lender.clone(),
        requester: actor.officer.clone(),
        purpose: request.purpose,
        authorisation,
        at: now,
    };
    let rows = shown_rows(service, connection, subject, now.on())?;
    if statement::is_untold(connection, &subject.id, &rows)? {
        return Ok(Err(Miss::Untold));
    }
    let line = reference_line(
        service,
        connection,
        (right, request.purpose),
        (&file, &rows),
        now.on(),
    )?;
    let sources = Sources {
        case: &row.case,
        assessment: &assessment,
        pack: &pack,
        subject,
        divisions: &path(connection, subject.division, assessment.as_of)?,
        people: &people,
        file: &file,
        rows: &rows,
        statements: &statement::list(service, connection, &subject.id)?,
        history: &history(connection, &subject.id, &rating.case)?,
        moved: &store::moved::get(connection, &rating.case)?.unwrap_or_default(),
        line: line.as_ref(),
    };
    match Report::compose(&asked, &sources) {
        Ok(report) => Ok(Ok(report)),
        Err(ReportError::Absent) => Ok(Err(Miss::Rating)),
        Err(error) => Err(ServiceError::caused("the parts of a report", error)),
    }
}

/// What the lender's own parameters make of the rating, if it has some in force.
fn reference_line(
    service: &Service,
    connection: &Connection,
    (right, purpose): (&Right, Purpose),
    (file, rows): (&FileFacts, &[RegisterRow]),
    today: Date,
) -> Result<Option<ReferenceLine>, ServiceError> {
    let (lender, subject) = (&right.authorisation.lender, &right.subject);
    let asked = (subject.kind, purpose);
    let Some(parameters) = parameters::in_force(connection, lender, asked, today)? else {
        return Ok(None);
    };
    let held = Held::of(connection, subject.division)?;
    let basis = (file, rows, &held);
    line::of(service, connection, (right, &parameters), basis, today).map(Some)
}

/// The adults who agreed to be shown to this lender, the head first: by a consent on file that
/// names it, or because the lender named them from the consent that it holds.
fn people(
    service: &Service,
    connection: &Connection,
    (authorisation, request): (&Authorisation, &ReportRequest),
    file: &FileFacts,
    today: Date,
) -> Result<Vec<ShownPerson>, ServiceError> {
    let identity = contents::identity(service, connection, &authorisation.subject)?;
    let mut people = identity.map(|record| record.people).unwrap_or_default();
    match &authorisation.ground {
        Ground::Consent(_) => {
            let consents = file.consents_valid_on(today);
            let for_lender = consents.iter().filter(|view| {
                let mut recipients = view.consent.recipients.iter();
                view.withdrawn_on.is_none()
                    && recipients.any(|r| {
                        r.lender == authorisation.lender && r.purpose == authorisation.purpose
                    })
            });
            let agreed: Vec<&str> = for_lender
                .map(|view| view.consent.person.as_str())
                .collect();
            people.retain(|person| agreed.contains(&person.role.as_str()));
        }
        Ground::LenderEvidence(_) => people.retain(|person| is_named(person, request)),
    }
    people.sort_by_key(|person| person.role != "head");
    Ok(people.iter().map(ShownPerson::of).collect())
}

/// The rows of the registers, without records that the law does not let anybody show any more.
fn shown_rows(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    today: Date,
) -> Result<Vec<RegisterRow>, ServiceError> {
    let table = service
        .rules
        .parameters_for(connection, subject.division, today)?;
    let mut rows = store::register::list_reaching(connection, subject, false)?;
    rows.retain(|row| reading::stands(&row.content, today, &table));
    Ok(rows)
}

/// The divisions that the subject lies in, as they were called on `as_of`.
fn path(
    connection: &Connection,
    division: DivisionCode,
    as_of: Date,
) -> Result<Vec<Division>, ServiceError> {
    let upward = std::iter::successors(Some(division), |code| code.parent());
    let found = upward.map(|code| store::division::get(connection, code, as_of));
    let found: Vec<Option<Division>> = found.collect::<Result<_, _>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The earlier ratings, the newest first.
fn history(
    connection: &Connection,
    subject: &SubjectId,
    present: &CaseId,
) -> Result<Vec<PastGrade>, ServiceError> {
    let ratings = store::rating::list(connection, subject)?;
    let earlier = ratings.into_iter().filter(|rating| rating.case != *present);
    Ok(earlier
        .map(|rating| PastGrade {
            cycle: rating.cycle,
            grade: rating.grade,
            effective_on: rating.effective_on,
            state: rating.status,
        })
        .collect())
}
