//! What people of the office do again and again: read a case, take a step, put a table into force.

use itgel_domain::id::SubjectId;
use itgel_domain::subject::Grade;
use itgel_fixtures::Household;
use itgel_text as text;
use serde_json::{Value, json};

use super::super::DemoError;
use super::super::office::office;
use super::{LANG, Story, expect};
use crate::client::{ClientError, Session};

/// Where the tables of the story come from.
const SOURCE: &str = "示例旗人民政府 示例〔2026〕1号";

impl Story<'_> {
    /// The newest case of a household, in full.
    pub(super) fn case_of(&self, subject: &SubjectId) -> Result<Value, DemoError> {
        let path = format!(
            "/v1/cases?cycle={}&division={}&search={subject}",
            self.cycle.id, self.people.banner
        );
        let found = self.people.approver.get(&path).map_err(office("case"))?;
        let id = found["items"][0]["id"].as_str().unwrap_or_default();
        let path = format!("/v1/cases/{id}");
        self.people.approver.get(&path).map_err(office("case"))
    }

    /// Takes a step of a case as it stands now.
    pub(super) fn step(
        &self,
        who: &Session,
        case: &Value,
        step: &Value,
        words: &str,
    ) -> Result<Value, ClientError> {
        let id = case["id"].as_str().unwrap_or_default();
        let request = json!({
            "version": case["version"],
            "step": step,
            "reason": { "code": "year", "text": words },
        });
        who.post(&format!("/v1/cases/{id}/steps"), &request)
    }

    /// A person looks at everything that a rule found doubtful, and says why it is not.
    pub(super) fn settle_doubts(&mut self) -> Result<(), DemoError> {
        let within = format!("division={}", self.people.banner);
        let request = json!({ "outcome": "explained", "reason": "已向采集员和本户核实（示例）" });
        let mut settled = 0_u64;
        loop {
            let approver = &self.people.approver;
            let page = self.office().page(approver, "doubts", &within)?;
            let open: Vec<&Value> = page.iter().filter(|d| d["settled"].is_null()).collect();
            if open.is_empty() {
                break;
            }
            for doubt in open {
                let id = doubt["id"].as_str().unwrap_or_default();
                let path = format!("/v1/doubts/{id}/settle");
                approver.post(&path, &request).map_err(office("doubt"))?;
                settled += 1;
            }
        }
        self.year.doubts += settled;
        self.say(&text::year_doubts(LANG, settled));
        Ok(())
    }

    /// Enters a table and has another person put it into force; the lines are its heads and rows.
    pub(super) fn import(&self, kind: &str, lines: &[String]) -> Result<Value, DemoError> {
        self.import_by(kind, lines, &self.people.administrator)
    }

    /// The same, entered by somebody else than the administrator.
    pub(super) fn import_by(
        &self,
        kind: &str,
        lines: &[String],
        who: &Session,
    ) -> Result<Value, DemoError> {
        let path = format!(
            "/v1/imports/{kind}?source={}",
            super::super::office::encoded(SOURCE)
        );
        let table = lines.join("\n") + "\n";
        let entered = who.upload(&path, "text/csv", table.as_bytes());
        let entered = entered.map_err(office("import"))?;
        let batch = &entered["batch"];
        expect(batch["refused"] == 0, "rows of a table were refused", batch)?;
        let id = batch["id"].as_str().unwrap_or_default().to_owned();
        if batch["state"] == "proposed" {
            let path = format!("/v1/imports/{id}/activate");
            let approver = &self.people.approver;
            approver.post(&path, &json!({})).map_err(office("import"))?;
        }
        self.hosted.settle()?;
        let path = format!("/v1/imports/{id}");
        let batch = self
            .people
            .administrator
            .get(&path)
            .map_err(office("import"))?;
        let is_whole = batch["state"] == "active" && batch["failed"] == 0;
        expect(is_whole, "a table is not in force", &batch)?;
        Ok(batch)
    }

    /// The household with this identifier.
    pub(super) fn household(&self, subject: &str) -> Result<&Household, DemoError> {
        let mut all = self.sample.households.iter();
        let found = all.find(|household| household.subject.as_str() == subject);
        found.ok_or_else(|| DemoError::Story("no such household", subject.to_owned()))
    }
}

/// The grade of a case.
pub(super) fn grade_of(case: &Value) -> Result<Grade, DemoError> {
    let grade = case["grade"].as_str().and_then(|grade| grade.parse().ok());
    grade.ok_or_else(|| DemoError::Story("a case without a grade", case["state"].to_string()))
}

/// The score of an assessment, in hundredths of a point.
pub(super) fn score_of(assessment: &Value) -> Result<i64, DemoError> {
    let score = &assessment["score"];
    let found = score.as_i64().or_else(|| hundredths(score.as_str()?));
    found.ok_or_else(|| DemoError::Story("an assessment without a score", score.to_string()))
}

/// A decimal with two places.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<2}").parse().ok()?;
    Some(whole * 100 + part)
}
