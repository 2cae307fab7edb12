//! Screening of applicants for a project (SR-48, SR-55): for each named subject whether it is
//! lawfully excluded, preferred or eligible, with the ground that a refusal must name, and nothing
//! else about anybody. Every question is an audit row with whom it was about.

use itgel_domain::credit::screening::{Outcome, Reason, screen};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::ledger::PartyNumber;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::RegisterRow;
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use serde_json::json;

use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::{self, Tx};

/// Most applicants of one question.
const MAX_ASKED: usize = 200;

/// Most characters of a project's code.
const MAX_PURPOSE: usize = 64;

/// Who applied for what.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreeningRequest {
    /// Where the project is.
    pub division: DivisionCode,
    /// The code of the project, or of its tender.
    pub purpose: String,
    /// The applicants, in the order of the answer.
    pub applicants: Vec<Applicant>,
}

/// An applicant, by its identifier or by credit code or ID number.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applicant {
    /// A subject of the register.
    Subject(SubjectId),
    /// A unified social credit code, or a resident ID number.
    Number(String),
}

/// What a screening says of one applicant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ScreeningLine {
    /// The place of the applicant in the question.
    pub n: usize,
    /// Excluded, preferred, eligible, or not known here.
    pub outcome: Outcome,
    /// Why it is excluded or preferred.
    pub reasons: Vec<Reason>,
}

/// Screens applicants.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person; violations for a
/// question without a project, without applicants or with too many; [`ServiceError`] of the
/// database.
pub fn screening(
    service: &Service,
    actor: &Actor,
    request: &ScreeningRequest,
    now: AtMs,
) -> Result<Vec<ScreeningLine>, ServiceError> {
    process::allow(actor, Action::ScreenApplicants, request.division)?;
    check(request)?;
    let (actor, request) = (actor.clone(), request.clone());
    service.transact("credit.screening", move |service, tx| {
        let (mut lines, mut asked) = (Vec::new(), Vec::new());
        for (n, applicant) in request.applicants.iter().enumerate() {
            let found = find(service, tx, request.division, applicant)?;
            let (outcome, reasons) = match &found {
                Some(subject) => screened(tx, subject, now)?,
                None => (Outcome::Unknown, Vec::new()),
            };
            asked.extend(found.map(|subject| subject.id));
            lines.push(ScreeningLine {
                n,
                outcome,
                reasons,
            });
        }
        record(tx, &actor, &request, &asked, now)?;
        Ok(lines)
    })
}

fn check(request: &ScreeningRequest) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    let length = request.purpose.trim().chars().count();
    if !(1..=MAX_PURPOSE).contains(&length) {
        violations.push(Violation::new("purpose", ErrorCode::ValueMissing));
    }
    if !(1..=MAX_ASKED).contains(&request.applicants.len()) {
        let range = Violation::new("applicants", ErrorCode::ValueOutOfRange);
        violations.push(range.with("min", 1).with("max", MAX_ASKED));
    }
    match violations.first().map(|violation| violation.code) {
        None => Ok(()),
        Some(code) => Err(ServiceError::Refused { code, violations }),
    }
}

/// The applicant, if it lives where the project is; of several subjects with one number the
/// first, as each stands for the same person.
fn find(
    service: &Service,
    tx: &Tx<'_>,
    division: DivisionCode,
    applicant: &Applicant,
) -> Result<Option<Subject>, ServiceError> {
    let ids = match applicant {
        Applicant::Subject(id) => vec![id.clone()],
        Applicant::Number(text) => match text.parse::<PartyNumber>() {
            Ok(number) => {
                let blind = service.keys.blind_id.index(&number.index_text());
                store::party::list_subjects(tx, &blind)?
            }
            Err(_) => Vec::new(),
        },
    };
    for id in ids {
        let subject = store::subject::get(tx, &id)?;
        let here = subject.filter(|subject| division.contains(subject.division));
        if here.is_some() && store::subject::erased_at(tx, &id)?.is_none() {
            return Ok(here);
        }
    }
    Ok(None)
}

fn screened(
    tx: &Tx<'_>,
    subject: &Subject,
    now: AtMs,
) -> Result<(Outcome, Vec<Reason>), ServiceError> {
    let today = now.on();
    let rows = store::register::list_reaching(tx, subject, false)?;
    let in_force = RegisterRow::in_force(&rows, subject, today);
    let measures = store::measure::list_of(tx, &subject.id)?;
    let measures: Vec<_> = measures.into_iter().map(|row| row.measure).collect();
    let rating = store::rating::get_current(tx, &subject.id)?;
    let has_credit_rating = rating.is_some_and(|rating| {
        rating.status.is_in_effect()
            && rating.grade.is_credit()
            && (rating.effective_on..=rating.valid_to).contains(&today)
    });
    let contents = in_force.into_iter().map(|row| &row.content);
    Ok(screen(contents, &measures, has_credit_rating, today))
}

fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &ScreeningRequest,
    asked: &[SubjectId],
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("screening:{}", request.division);
    let detail = json!({ "purpose": request.purpose.trim(), "subjects": asked });
    let who = actor.officer.as_str();
    let n = store::log::audit(tx, now, who, "applicants.screened", &resource, &detail)?;
    let leaf = Hash::of("itgel.query.v1", &[resource.as_bytes(), &n.to_be_bytes()]);
    store::log::leaf(tx, LeafKind::Query, &leaf)?;
    Ok(())
}
