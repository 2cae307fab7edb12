//! The machine of a lender (农信社).

use itgel::client::Session;
use itgel_domain::id::LenderId;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Refusal, refusals};
use crate::world::World;

/// The machine of a lender (农信社).
pub struct Lender {
    session: Session,
}

impl Lender {
    pub(crate) fn sign_in(world: &World) -> Self {
        let sample = &world.sample;
        Self::sign_in_as(world, &sample.lender, &sample.lender_key)
    }

    /// The machine of a lender with this private key.
    pub(crate) fn sign_in_as(world: &World, lender: &LenderId, key: &str) -> Self {
        let session = world.server().lender(lender.clone(), key);
        Self {
            session: session.unwrap(),
        }
    }

    /// What the lender has the right to ask for.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn authorisations(&self) -> Result<Vec<Value>, Refusal> {
        let listed = refusals(self.session.get("/v1/authorisations"))?;
        Ok(listed["items"].as_array().unwrap().clone())
    }

    /// Registers the right to query a household for a loan; its number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn register(
        &self,
        subject: &str,
        (from, until): (Date, Date),
        ground: &Value,
    ) -> Result<String, Refusal> {
        let request = json!({
            "subject": subject,
            "purpose": "loan_decision",
            "from": from,
            "until": until,
            "ground": ground,
        });
        let made = refusals(self.session.post("/v1/authorisations", &request))?;
        Ok(made["id"].as_str().unwrap().to_owned())
    }

    /// Asks for a report; `person` is needed where the right rests on the lender's own evidence.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn report(
        &self,
        authorisation: &str,
        person: Option<(&str, &str)>,
    ) -> Result<Value, Refusal> {
        let mut request = json!({ "authorisation": authorisation, "purpose": "loan_decision" });
        if let Some((name, id_number)) = person {
            (request["name"], request["id_number"]) = (name.into(), id_number.into());
        }
        refusals(self.session.post("/v1/credit-reports", &request))
    }

    /// Opens the ledger of a month; its number.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open_ledger(&self, banner: &str, month: &str) -> Result<String, Refusal> {
        let request = json!({ "division": banner, "month": month, "unit": "yuan" });
        let opened = refusals(self.session.post("/v1/loan-ledgers", &request))?;
        Ok(opened["id"].as_str().unwrap().to_owned())
    }

    /// Sends rows into a ledger, numbered from 1.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_rows(&self, ledger: &str, rows: &[Value]) -> Result<Value, Refusal> {
        let numbered = (1..).zip(rows);
        let rows: Vec<Value> = numbered
            .map(|(n, row)| json!({ "n": n, "row": row }))
            .collect();
        let path = format!("/v1/loan-ledgers/{ledger}/rows");
        refusals(self.session.post(&path, &json!({ "rows": rows })))
    }

    /// Says that a ledger is complete.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn complete_ledger(&self, ledger: &str) -> Result<Value, Refusal> {
        let path = format!("/v1/loan-ledgers/{ledger}/proposal");
        refusals(self.session.post(&path, &json!({})))
    }

    /// A ledger with its counts.
    #[must_use]
    pub fn ledger(&self, ledger: &str) -> Value {
        self.session
            .get(&format!("/v1/loan-ledgers/{ledger}"))
            .unwrap()
    }
}
