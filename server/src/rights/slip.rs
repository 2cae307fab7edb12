//! The slip that a household was given at the door (`security.md` T07): the first eight digits of a
//! record's id, on paper before anything was sent. Whoever brings it can be told whether that
//! record arrived; what was deleted on a phone before it was uploaded shows here and nowhere else.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::id::SubjectId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;

use super::served;
use crate::error::ServiceError;
use crate::store::{self, Tx};

/// What stands on a slip, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipRequest {
    /// The household.
    pub subject: SubjectId,
    /// The eight digits.
    pub code: String,
}

/// The records of the household that begin so.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SlipAnswer {
    /// Those that arrived; none: what the slip was given for is not here.
    pub arrived: Vec<ArrivedRecord>,
}

/// A record that arrived.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ArrivedRecord {
    /// Its place in its device's chain.
    pub at: ChainRef,
    /// When it came, by the server's clock.
    pub received_at: AtMs,
    /// Whether it counts, or waits for a decision.
    pub counts: bool,
}

/// Digits of a slip.
const DIGITS: usize = 8;

/// Looks for the record of a slip. That it was asked for, and was not there, is on record.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] for a household that is not the actor's to serve,
/// [`ErrorCode::NotAllowed`]; [`ErrorCode::RequestMalformed`] for a code of another form;
/// [`ServiceError`] of the database.
pub fn check(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &SlipRequest,
    now: AtMs,
) -> Result<SlipAnswer, ServiceError> {
    let right = (Action::ServeSubject, ErrorCode::SubjectUnknown);
    let subject = served(tx, actor, right, &request.subject)?;
    let code = request.code.trim().to_ascii_lowercase();
    if code.len() != DIGITS || !code.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(ErrorCode::RequestMalformed.into());
    }
    let rows = store::envelope::list_of_subject(tx, &subject.id)?;
    let arrived: Vec<ArrivedRecord> = rows
        .into_iter()
        .filter(|(row, _)| row.id.short() == code)
        .map(|(row, received_at)| ArrivedRecord {
            counts: row.verdict.counts(),
            at: row.at,
            received_at,
        })
        .collect();
    let action = match arrived.is_empty() {
        true => "slip.missing",
        false => "slip.found",
    };
    let resource = format!("subject/{}", subject.id);
    let detail = serde_json::json!({ "code": code });
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, &detail)?;
    Ok(SlipAnswer { arrived })
}
