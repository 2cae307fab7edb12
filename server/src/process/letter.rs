//! Letters about an objection: the receipt note and the written answer (`domain.md` L-10). Who
//! objects to a neighbour's grade has made a report, and learns nothing of the neighbour (G 40).

use itgel_domain::case::step::{Objection, Outcome};
use itgel_domain::case::{Case, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::CaseId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::desk::allow_case;
use super::duty;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

/// What a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// 受理回执.
    Note,
    /// 答复书.
    Answer,
}

/// What stands in a letter, before its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is.
    pub kind: LetterKind,
    /// The objection.
    pub objection: Objection,
    /// The last day for the answer.
    pub until: Date,
    /// The answer, of the objector's own matter.
    pub answer: Option<Answered>,
    /// The day of the letter.
    pub on: Date,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// How.
    pub outcome: Outcome,
    /// Why; empty in a letter to anybody but the subject.
    pub reason: String,
    /// The corrected grade; to the subject alone.
    pub grade: Option<Grade>,
    /// When.
    pub on: Date,
}

impl LetterKind {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Answer => "answer",
        }
    }
}

/// Gives a letter about an objection out, and notes that it was given.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`], [`ErrorCode::NotAllowed`] or [`ErrorCode::ConflictOfInterest`];
/// [`ErrorCode::ObjectionUnknown`] if there is no such objection; [`ErrorCode::CaseObjection`] for
/// an answer that nobody has decided; [`ServiceError`] of the database.
pub fn letter(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (case, receipt): (&CaseId, &str),
    kind: LetterKind,
    (lang, now): (&str, AtMs),
) -> Result<Letter, ServiceError> {
    let row = store::case::get(tx, case)?.ok_or(ErrorCode::CaseUnknown)?;
    allow_case(tx, actor, Action::TakeObjection, &row.case)?;
    let objection = objection_of(&row.case, receipt).ok_or(ErrorCode::ObjectionUnknown)?;
    let answer = match kind {
        LetterKind::Note => None,
        LetterKind::Answer => {
            let open = || ServiceError::from(ErrorCode::CaseObjection);
            Some(answered(&row.case, objection).ok_or_else(open)?)
        }
    };
    let timetable = super::timetable(service, tx, row.case.division)?;
    let answer_by = itgel_domain::case::deadline::Deadline::ObjectionAnswer;
    let letter = Letter {
        kind,
        until: answer_by.due(objection.filed_at.on(), &timetable).on,
        objection: objection.clone(),
        answer,
        on: now.on(),
    };
    let key = (case, receipt, kind.as_str());
    store::letter::put(tx, key, lang, &actor.officer, now)?;
    duty::reckon(service, tx, &row.case)?;
    let detail = serde_json::json!({ "letter": kind, "lang": lang });
    let resource = format!("case/{case}");
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "objection.letter", &resource, &detail)?;
    Ok(letter)
}

fn objection_of<'a>(case: &'a Case, receipt: &str) -> Option<&'a Objection> {
    case.history().iter().find_map(|event| match &event.step {
        Step::Object { objection } if objection.receipt == receipt => Some(objection),
        _ => None,
    })
}

fn answered(case: &Case, objection: &Objection) -> Option<Answered> {
    case.history().iter().find_map(|event| match &event.step {
        Step::DecideObjection { receipt, outcome } if *receipt == objection.receipt => {
            let own = objection.of_subject;
            let grade = match outcome {
                Outcome::Upheld { assessed: Some(a) } if own => Some(a.grade),
                _ => None,
            };
            let reason = match own {
                true => event.reason.text.clone(),
                false => String::new(),
            };
            Some(Answered {
                outcome: outcome.clone(),
                reason,
                grade,
                on: event.at.on(),
            })
        }
        _ => None,
    })
}
