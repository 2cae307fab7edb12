//! A row of a ledger as it is written: texts, in a sheet or over the interface, read into a
//! [`LoanEntry`] or refused with every fault at once.

use jiff::civil::Date;

use super::{AmountUnit, LoanClass, LoanEntry, LoanPurpose, LoanState, PartyNumber};
use crate::error::{ErrorCode, Violation};
use crate::pack::decimal;

/// The cells of a row; an empty one is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoanForm {
    /// 借据编号: the lender's reference of the loan.
    pub loan: String,
    /// 借款人证件号码: resident ID number or unified social credit code.
    pub borrower: String,
    /// 担保人证件号码, several of them with a comma between.
    pub guarantors: String,
    /// 放款日.
    pub opened_on: String,
    /// 到期日.
    pub due_on: String,
    /// 结清日.
    pub closed_on: String,
    /// 贷款金额, in the unit of the ledger.
    pub amount: String,
    /// 余额, in the unit of the ledger.
    pub balance: String,
    /// 年利率, per cent.
    pub rate: String,
    /// 用途.
    pub purpose: String,
    /// 月末逾期天数.
    pub days_past_due: String,
    /// 当月最高逾期天数.
    pub worst_days_past_due: String,
    /// 五级分类.
    pub class: String,
    /// 受灾展期, 是 or 否.
    pub disaster_rescheduled: String,
    /// 无还本续贷 or 借新还旧, 是 or 否.
    pub refinanced: String,
    /// 已核销, 是 or 否.
    pub written_off: String,
    /// 担保人代偿未追回, 是 or 否.
    pub guarantee_paid: String,
}

/// What stands between two guarantors.
const BETWEEN: [char; 7] = [',', '，', '、', ';', '；', ' ', '\n'];

impl LoanForm {
    /// Reads the row, its amounts in `unit`.
    ///
    /// # Errors
    /// Every cell that cannot be read, by its column.
    pub fn read(&self, unit: AmountUnit) -> Result<LoanEntry, Vec<Violation>> {
        let mut cells = Cells { faults: Vec::new() };
        let borrower = cells.party("borrower", &self.borrower);
        let numbers = self.guarantors.split(BETWEEN).filter(|n| !n.is_empty());
        let guarantors: Vec<_> = numbers.map(|n| cells.party("guarantors", n)).collect();
        let opened_on = cells.needed("opened_on", &self.opened_on, day);
        let due_on = cells.needed("due_on", &self.due_on, day);
        let closed_on = cells.optional("closed_on", &self.closed_on, day);
        let money = |text: &str| unit.to_fen(text).ok_or(ErrorCode::ValueWrongUnit);
        let amount_fen = cells.needed("amount", &self.amount, money);
        let balance_fen = cells.needed("balance", &self.balance, money);
        let rate_centi = cells.optional("rate", &self.rate, rate);
        let now = cells.optional("days_past_due", &self.days_past_due, days);
        let worst = cells.optional("worst_days_past_due", &self.worst_days_past_due, days);
        let class = cells.needed("class", &self.class, class);
        let mut yes = |name: &str, text: &str| cells.optional(name, text, yes_or_no);
        let disaster_rescheduled = yes("disaster_rescheduled", &self.disaster_rescheduled);
        let refinanced = yes("refinanced", &self.refinanced);
        let written_off = yes("written_off", &self.written_off);
        let guarantee_paid = yes("guarantee_paid", &self.guarantee_paid);
        let read = (|| {
            let days_past_due = now.unwrap_or(0);
            Some(LoanEntry {
                loan: self.loan.trim().to_owned(),
                borrower: borrower?,
                guarantors: guarantors.into_iter().collect::<Option<_>>()?,
                state: LoanState {
                    opened_on: opened_on?,
                    due_on: due_on?,
                    closed_on,
                    amount_fen: amount_fen?,
                    balance_fen: balance_fen?,
                    rate_centi,
                    purpose: LoanPurpose::from_title(&self.purpose),
                    days_past_due,
                    // A lender that counts at month ends alone knows of nothing worse.
                    worst_days_past_due: worst.unwrap_or(days_past_due),
                    class: class?,
                    disaster_rescheduled: disaster_rescheduled.unwrap_or(false),
                    refinanced: refinanced.unwrap_or(false),
                    written_off: written_off.unwrap_or(false),
                    guarantee_paid: guarantee_paid.unwrap_or(false),
                },
            })
        })();
        match read {
            Some(entry) if cells.faults.is_empty() => Ok(entry),
            _ => Err(cells.faults),
        }
    }
}

/// The faults of the cells so far.
struct Cells {
    faults: Vec<Violation>,
}

impl Cells {
    fn needed<T>(
        &mut self,
        name: &str,
        text: &str,
        read: impl Fn(&str) -> Result<T, ErrorCode>,
    ) -> Option<T> {
        if text.trim().is_empty() {
            self.faults
                .push(Violation::new(name, ErrorCode::ValueMissing));
            return None;
        }
        self.optional(name, text, read)
    }

    fn optional<T>(
        &mut self,
        name: &str,
        text: &str,
        read: impl Fn(&str) -> Result<T, ErrorCode>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let read = read(text);
        read.map_err(|code| self.faults.push(Violation::new(name, code)))
            .ok()
    }

    fn party(&mut self, name: &str, text: &str) -> Option<PartyNumber> {
        self.needed(name, text, str::parse)
    }
}

fn day(text: &str) -> Result<Date, ErrorCode> {
    text.parse().map_err(|_| ErrorCode::ValueWrongType)
}

fn rate(text: &str) -> Result<i64, ErrorCode> {
    decimal::parse(text.trim_end_matches('%'), 2).ok_or(ErrorCode::ValueWrongType)
}

fn days(text: &str) -> Result<i64, ErrorCode> {
    decimal::parse(text, 0).ok_or(ErrorCode::ValueWrongType)
}

fn class(text: &str) -> Result<LoanClass, ErrorCode> {
    let by_word = || text.parse().ok();
    LoanClass::from_title(text)
        .or_else(by_word)
        .ok_or(ErrorCode::ValueNotAChoice)
}

fn yes_or_no(text: &str) -> Result<bool, ErrorCode> {
    match text {
        "是" | "1" | "true" => Ok(true),
        "否" | "0" | "false" => Ok(false),
        _ => Err(ErrorCode::ValueNotAChoice),
    }
}
