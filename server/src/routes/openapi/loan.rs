//! A row of a loan ledger as the description shows it: [`itgel_domain::ledger::LoanForm`].

use utoipa::ToSchema;

/// The cells of a row; an empty one is absent.
#[derive(ToSchema)]
pub struct LoanRow {
    /// 借据编号: the lender's reference of the loan, kept as a blind index alone.
    pub loan: String,
    /// 借款人证件号码: resident ID number or unified social credit code, kept as a blind index.
    pub borrower: String,
    /// 担保人证件号码, with commas between.
    pub guarantors: Option<String>,
    /// 放款日, `2026-01-31`.
    pub opened_on: String,
    /// 到期日, extensions included.
    pub due_on: String,
    /// 结清日.
    pub closed_on: Option<String>,
    /// 贷款金额, in the unit of the ledger: `"50000"`, `"5.5"`.
    pub amount: String,
    /// 余额, in the unit of the ledger; of a loan written off, what is still owed.
    pub balance: String,
    /// 年利率, per cent: `"6.55"`.
    pub rate: Option<String>,
    /// 用途: 购畜, 饲草料, 农资, 农机设备, 草场土地, 经营周转, 住房, 消费; any other word is kept as 其他.
    pub purpose: Option<String>,
    /// 月末逾期天数.
    pub days_past_due: Option<String>,
    /// 当月最高逾期天数.
    pub worst_days_past_due: Option<String>,
    /// 五级分类: 正常, 关注, 次级, 可疑 or 损失.
    pub class: String,
    /// 受灾展期: extended, refinanced or rescheduled under the disaster policy; 是 or 否.
    pub disaster_rescheduled: Option<String>,
    /// 无还本续贷 or 借新还旧; 是 or 否.
    pub refinanced: Option<String>,
    /// 已核销 unpaid; 是 or 否.
    pub written_off: Option<String>,
    /// 担保人代偿未追回; 是 or 否.
    pub guarantee_paid: Option<String>,
}
