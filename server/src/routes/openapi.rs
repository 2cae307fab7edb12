//! The description of the lender API, made from the handlers themselves (OpenAPI 3.1).
//!
//! `docs/openapi.json` is the checked-in copy; a test compares it, so that a change of the
//! interface is always a visible change.

mod line;
mod loan;
mod report;

use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::{Modify, OpenApi};

pub use self::loan::LoanRow;
pub(super) use self::report::Report;
use super::{access, ledger, lender, line as reference};
use crate::auth::client::TOKEN_PATH;

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Itgel 牧信: lender API",
        description = "Consent-bound credit reports for rural credit cooperatives. \
                       A report is 辅助参考，不替代贷款人尽职调查, and 不是征信报告.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        access::client_token,
        lender::authorise,
        lender::authorisations,
        lender::authorisation,
        lender::withdraw,
        lender::request_report,
        lender::report,
        ledger::open,
        ledger::enter,
        ledger::propose,
        ledger::ledger,
        ledger::ledgers,
        ledger::faults,
        ledger::unmatched,
        reference::propose,
        reference::files,
        reference::file,
        reference::activate,
        reference::withdraw,
        reference::pre_credit,
        reference::pre_credit_table,
    ),
    security(("client" = [])),
    modifiers(&ClientSecurity),
)]
struct Document;

/// How clients sign in.
struct ClientSecurity;

impl Modify for ClientSecurity {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let flow = Flow::ClientCredentials(ClientCredentials::new(TOKEN_PATH, Scopes::new()));
        let scheme = SecurityScheme::OAuth2(OAuth2::with_description(
            [flow],
            "Client credentials with private_key_jwt (RFC 7523), EdDSA",
        ));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("client", scheme);
    }
}

/// The document as JSON.
///
/// # Errors
/// If it cannot be written, which a test rules out.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Document::openapi())?;
    text.push('\n');
    Ok(text)
}

pub(super) async fn document() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(Document::openapi())
}
