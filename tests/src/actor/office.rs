//! Somebody at a desk: a reviewer (苏木审核员) or an approver (旗审定员).

use itgel::client::Session;
use itgel::sample::Seat;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::{CycleId, LenderId, OfficerId};
use itgel_fixtures::Household;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Refusal, refusals};
use crate::world::World;

/// Somebody at a desk: a reviewer (苏木审核员) or an approver (旗审定员).
pub struct Office {
    session: Session,
    cycle: CycleId,
}

impl Office {
    pub(super) const fn with(session: Session, cycle: CycleId) -> Self {
        Self { session, cycle }
    }

    pub(crate) fn enrol(world: &World, seat: &Seat) -> Self {
        let secret = world.new_secret();
        let enrolled = world.server().enrol(&seat.code, &secret).unwrap();
        let session = world.server().workstation(enrolled.device, &secret);
        Self::with(session, world.cycle().clone())
    }

    /// The case of a household, in full.
    #[must_use]
    pub fn case_of(&self, household: &Household, gacha: DivisionCode) -> Value {
        let subject = &household.subject;
        let path = format!(
            "/v1/cases?cycle={}&division={gacha}&search={subject}",
            self.cycle
        );
        let found = self.read(&path);
        let id = found["items"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no case: {found}"));
        self.read(&format!("/v1/cases/{id}"))
    }

    /// What officers of a division disagree on.
    #[must_use]
    pub fn conflicts(&self, division: DivisionCode) -> Vec<Value> {
        self.items(&format!(
            "/v1/conflicts?cycle={}&division={division}",
            self.cycle
        ))
    }

    /// Decides a conflict for one of its values; the number of the decision.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn resolve(&self, conflict: &Value, picked: &Value) -> Result<String, Refusal> {
        let request = json!({
            "subject": conflict["subject"],
            "cycle": self.cycle,
            "item": conflict["item"],
            "picked": { "entry": picked["entry"] },
            "reason": "电话复核，以首次入户为准（示例）",
        });
        let decided = refusals(self.session.post("/v1/conflicts/resolve", &request))?;
        Ok(decided["decision"].as_str().unwrap().to_owned())
    }

    /// Takes a step of a case as it was last read.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn step(&self, case: &Value, step: &Value) -> Result<Value, Refusal> {
        let id = case["id"].as_str().unwrap();
        let request = json!({
            "version": case["version"],
            "step": step,
            "reason": { "code": "complete", "text": "材料齐全（示例）" },
        });
        refusals(
            self.session
                .post(&format!("/v1/cases/{id}/steps"), &request),
        )
    }

    /// Declares that an officer is a relative of the household; what followed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn declare_relative(
        &self,
        household: &Household,
        officer: &OfficerId,
    ) -> Result<Value, Refusal> {
        let request = json!({
            "subject": household.subject,
            "officer": officer,
            "kind": "relative",
            "source": "示例申报1号",
        });
        refusals(self.session.post("/v1/interests", &request))
    }

    /// Sends a case as it was last read back to its collectors, because of an item.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn send_back(&self, case: &Value, item: &str, words: &str) -> Result<Value, Refusal> {
        let id = case["id"].as_str().unwrap();
        let request = json!({
            "version": case["version"],
            "step": { "step": "return" },
            "reason": { "code": "COUNT", "text": words },
            "item": item,
        });
        refusals(
            self.session
                .post(&format!("/v1/cases/{id}/steps"), &request),
        )
    }

    /// Approves the grade of a household for a year from today.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn approve(&self, world: &World, household: &Household) -> Result<Value, Refusal> {
        let case = self.case_of(household, world.gacha().code);
        let today = world.today();
        let step = json!({
            "step": "approve",
            "effective_on": today,
            "valid_to": today.saturating_add(1.year()),
        });
        self.step(&case, &step)
    }

    /// Publishes what was reviewed in a gacha.
    pub fn publish(&self, gacha: DivisionCode) -> Value {
        let path = format!("/v1/publicity/{gacha}?cycle={}", self.cycle);
        self.session.post(&path, &json!({})).unwrap()
    }

    /// The list on the gacha's board.
    #[must_use]
    pub fn publicity(&self, gacha: DivisionCode) -> Vec<Value> {
        self.items(&format!("/v1/publicity/{gacha}?cycle={}", self.cycle))
    }

    /// Asks for the titles as of a day.
    pub fn request_snapshot(&self, as_of: Date) {
        let request = json!({ "cycle": self.cycle, "as_of": as_of });
        self.session.post("/v1/jobs/snapshot", &request).unwrap();
    }

    /// The titles in a division.
    #[must_use]
    pub fn titles(&self, division: DivisionCode) -> Vec<Value> {
        self.items(&format!(
            "/v1/titles?cycle={}&division={division}",
            self.cycle
        ))
    }

    /// Puts a lender's ledger into force.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn activate_ledger(&self, ledger: &str) -> Result<Value, Refusal> {
        let path = format!("/v1/loan-ledgers/{ledger}/activation");
        refusals(self.session.post(&path, &json!({})))
    }

    /// Enters a table of officials that goes in whole; its number.
    #[must_use]
    pub fn enter_table(&self, kind: &str, lines: &[&str]) -> String {
        let path = format!("/v1/imports/{kind}?source=example");
        let bytes = lines.join("\n").into_bytes();
        let entered = self.session.upload(&path, "text/csv", &bytes).unwrap();
        assert_eq!(entered["batch"]["refused"], 0, "{entered}");
        entered["batch"]["id"].as_str().unwrap().to_owned()
    }

    /// Orders a table that was entered into force.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn activate_table(&self, id: &str) -> Result<Value, Refusal> {
        let path = format!("/v1/imports/{id}/activate");
        refusals(self.session.post(&path, &json!({})))
    }

    /// Whether every row of a table has been brought into force, and none failed.
    #[must_use]
    pub fn is_in_force(&self, id: &str) -> bool {
        let batch = self.read(&format!("/v1/imports/{id}"));
        assert_eq!(batch["failed"], 0, "{batch}");
        batch["state"] == "active"
    }

    /// Hands in the public key of a lender's machine; its fingerprint.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn hand_in_key(&self, lender: &LenderId, public_key: &str) -> Result<String, Refusal> {
        let path = format!("/v1/lenders/{lender}/keys");
        let request = json!({ "public_key": public_key });
        let entered = refusals(self.session.post(&path, &request))?;
        Ok(entered["fingerprint"].as_str().unwrap().to_owned())
    }

    /// Lets a key serve, by the fingerprint that the lender told.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn confirm_key(&self, lender: &LenderId, fingerprint: &str) -> Result<(), Refusal> {
        let path = format!("/v1/lenders/{lender}/keys/confirm");
        let request = json!({ "fingerprint": fingerprint });
        refusals(self.session.post(&path, &request)).map(drop)
    }

    fn items(&self, path: &str) -> Vec<Value> {
        self.read(path)["items"].as_array().unwrap().clone()
    }

    fn read(&self, path: &str) -> Value {
        self.session.get(path).unwrap()
    }
}
