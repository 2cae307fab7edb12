//! The lender of the demo: registers its right from the household's consent and pulls one report.

use itgel_domain::id::SubjectId;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::DemoError;
use crate::client::{ClientError, Session};

/// A consent that names the lender: whose, and its entry id as on the slip.
#[derive(Debug, Clone)]
pub(super) struct Slip {
    /// The household.
    pub(super) subject: SubjectId,
    /// The entry.
    pub(super) consent: String,
}

/// A report that was pulled.
pub(super) struct Pulled {
    /// The report.
    pub(super) report: Value,
    /// Under which authorisation.
    pub(super) authorisation: String,
}

/// Pulls the report of the first household on the slips that has one.
///
/// # Errors
/// [`DemoError::Lender`] if none has one, or the interface refuses.
pub(super) fn pull(lender: &Session, slips: &[Slip], today: Date) -> Result<Pulled, DemoError> {
    for slip in slips {
        let request = json!({
            "subject": slip.subject,
            "purpose": "loan_decision",
            "from": today,
            "until": today.saturating_add(6.months()),
            "ground": { "consent": slip.consent },
        });
        let given = lender
            .post("/v1/authorisations", &request)
            .map_err(DemoError::Lender)?;
        let authorisation = given["id"].as_str().unwrap_or_default().to_owned();
        let request = json!({ "authorisation": authorisation, "purpose": "loan_decision" });
        match lender.post("/v1/credit-reports", &request) {
            Ok(report) => {
                return Ok(Pulled {
                    report,
                    authorisation,
                });
            }
            // No rating in effect: the same answer as for a household that does not exist.
            Err(ClientError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(DemoError::Lender(error)),
        }
    }
    Err(DemoError::Lender(ClientError::Unreadable(
        "no household of the slips is rated",
    )))
}
