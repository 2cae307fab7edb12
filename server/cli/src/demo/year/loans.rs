//! The lender's ledger of a month: everybody who has a loan, in one page after another.

use itgel_domain::division::DivisionCode;
use itgel_fixtures::Household;
use itgel_text as text;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use super::super::DemoError;
use super::super::office::office;
use super::{FIRST_DAY, LANG, Story, expect};

/// Rows in a page.
const PAGE: usize = 400;

/// How the loans of a gacha do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrears {
    /// Where.
    pub(super) gacha: DivisionCode,
    /// How many borrowers are overdue.
    pub(super) borrowers: usize,
    /// Since how many days.
    pub(super) days: u32,
}

impl Story<'_> {
    /// The lender reports a month, and the banner lets it count.
    pub(super) fn report_loans(
        &mut self,
        month: &str,
        arrears: &[Arrears],
    ) -> Result<(), DemoError> {
        let sample = &self.sample;
        let lender = self
            .server
            .lender(sample.lender.clone(), &sample.lender_key)
            .map_err(DemoError::Lender)?;
        let rows = self.rows(arrears);
        let request = json!({
            "division": self.people.banner.to_string(), "month": month, "unit": "yuan",
        });
        let opened = lender
            .post("/v1/loan-ledgers", &request)
            .map_err(DemoError::Lender)?;
        let path = format!(
            "/v1/loan-ledgers/{}",
            opened["id"].as_str().unwrap_or_default()
        );
        for page in rows.chunks(PAGE) {
            let taken = lender
                .post(&format!("{path}/rows"), &json!({ "rows": page }))
                .map_err(DemoError::Lender)?;
            expect(taken["faults"] == json!([]), "loans were refused", &taken)?;
        }
        lender
            .post(&format!("{path}/proposal"), &json!({}))
            .map_err(DemoError::Lender)?;
        self.people
            .approver
            .post(&format!("{path}/activation"), &json!({}))
            .map_err(office("ledger"))?;
        self.hosted.settle()?;
        let ledger = lender.get(&path).map_err(DemoError::Lender)?;
        let is_applied = ledger["waiting"] == 0 && ledger["unmatched"] == 0;
        expect(is_applied, "loans without a household", &ledger)?;
        self.say(&text::year_ledger(LANG, month, rows.len()));
        Ok(())
    }

    fn rows(&self, arrears: &[Arrears]) -> Vec<Value> {
        let mut rows = Vec::new();
        for gacha in &self.sample.banner.gachas {
            let overdue = arrears.iter().find(|a| a.gacha == gacha.code);
            for (household, number) in self.borrowers(gacha.code).into_iter().zip(0..) {
                let days = overdue
                    .filter(|a| number < a.borrowers)
                    .map_or(0, |a| a.days);
                let n = rows.len() + 1;
                rows.push(json!({ "n": n, "row": loan(household, days) }));
            }
        }
        rows
    }

    /// The households of a gacha that have a loan.
    pub(super) fn borrowers(&self, gacha: DivisionCode) -> Vec<&Household> {
        let mut gachas = self.sample.banner.gachas.iter();
        let Some(gacha) = gachas.find(|g| g.code == gacha) else {
            return Vec::new();
        };
        let numbers = gacha.first..gacha.first + gacha.households;
        let all = self.sample.households.iter();
        all.filter(|h| numbers.contains(&h.number) && h.records.first_loan_years.is_some())
            .collect()
    }
}

fn loan(household: &Household, days: u32) -> Value {
    let records = &household.records;
    let years = records.first_loan_years.unwrap_or(0);
    let opened_on = FIRST_DAY.saturating_sub(years.years().months(4));
    let fen = records.balance_fen;
    let balance = format!("{}.{:02}", fen / 100, fen % 100);
    let class = match days {
        0 => "正常",
        1..=90 => "关注",
        _ => "次级",
    };
    let mut people = household.identity.people.iter();
    let head = people.find(|person| person.role == "head");
    json!({
        "loan": format!("示例-{}", household.local_code),
        "borrower": head.map(|head| head.id_number.clone()),
        "opened_on": opened_on,
        "due_on": "2029-12-31",
        "amount": balance.clone(),
        "balance": balance,
        "purpose": "饲草料",
        "days_past_due": days.to_string(),
        "class": class,
    })
}
