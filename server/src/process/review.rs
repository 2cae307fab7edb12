//! The review of the gacha's group (嘎查初评组, `domain.md` D.1) as it comes from a device: a case goes
//! back to who visited, or its computed grade is confirmed. It changes no value and no grade.

use itgel_domain::case::{CaseState, Reason, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::GroupReview;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;

use super::desk::{StepRequest, allow_case, step};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

/// What of the policy a review asks for.
pub(crate) fn action_of_review(review: &GroupReview) -> Action {
    match review.returned_for {
        Some(_) => Action::Return,
        None => Action::PreRate,
    }
}

/// Does what the group says. A case that the rule has pre-rated already is confirmed in the log
/// alone: the reviewer sees it there, and nothing waits for it.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] without such a case; [`ErrorCode::NotAllowed`],
/// [`ErrorCode::ActedBefore`] or [`ErrorCode::ConflictOfInterest`] for the person;
/// [`ErrorCode::CaseStep`] if it cannot be confirmed yet or any more; [`ServiceError`] of the database.
pub fn group_review(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    review: &GroupReview,
    now: AtMs,
) -> Result<(), ServiceError> {
    let case = store::case::get_of(tx, &review.subject, &review.cycle)?;
    let row = case.ok_or(ErrorCode::CaseUnknown)?;
    allow_case(tx, actor, action_of_review(review), &row.case)?;
    let request = |step: Step, text: &str| StepRequest {
        case: row.case.id.clone(),
        version: row.case.version(),
        step,
        reason: Reason {
            code: "group".into(),
            text: text.to_owned(),
        },
        item: None,
        countersignature: None,
    };
    if let Some(reason) = &review.returned_for {
        return step(service, tx, actor, &request(Step::Return, reason), now).map(drop);
    }
    if row.case.state() != CaseState::PreRated {
        return Err(ErrorCode::CaseStep.into());
    }
    let is_same = row.case.assessed().map(|a| a.assessment) == Some(review.assessment);
    let detail = serde_json::json!({ "saw_this_assessment": is_same });
    let resource = format!("case/{}", row.case.id);
    let officer = actor.officer.as_str();
    let action = "case.group_confirmed";
    store::log::audit(tx, now, officer, action, &resource, &detail)?;
    Ok(())
}
