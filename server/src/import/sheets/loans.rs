//! 贷款台账: what a lender reports of its loans for a month, entered by a registrar from the
//! lender's table (`domain.md` H1.1, G 60, F.4). The rows become a ledger like one that the lender
//! sends itself; it comes into force with the table.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::LenderId;
use itgel_domain::ledger::{AmountUnit, LoanEntry, LoanForm, Month};
use itgel_domain::pack::decimal;

use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::ledger::{self, TableLedger};
use crate::store;

/// Loans of a month.
pub(super) struct Loans;

const COLUMNS: &[Column] = &[
    Column::text("lender", "金融机构编号", "登记合同时的机构编号", "rcc-1").required(),
    Column::text(
        "banner",
        "旗县代码",
        "借款人所在旗县的 6 位代码；机构只在一个旗县有合同的可不填",
        "150623",
    ),
    Column::text("month", "台账月份", "台账所说的月份，须已结束", "2026-09")
        .required()
        .also(&["月份", "报送月份"]),
    Column::text("loan", "借据编号", "机构自己的贷款编号", "JJ-2026-0001")
        .required()
        .also(&["合同编号", "借据号", "贷款编号"]),
    Column::text(
        "borrower",
        "借款人证件号码",
        "居民身份证号码，或统一社会信用代码",
        "11010519491231002X",
    )
    .required()
    .also(&["身份证号", "证件号码", "借款人身份证号"]),
    Column::text(
        "guarantors",
        "担保人证件号码",
        "多人之间用顿号分开",
        "44052418800101001X",
    )
    .also(&["担保人身份证号"]),
    Column::text("opened_on", "放款日期", "贷款发放的日期", "2025-03-01")
        .required()
        .also(&["发放日期", "借款日期"]),
    Column::text(
        "due_on",
        "到期日期",
        "最后一笔到期的日期，展期后的填展期",
        "2027-02-28",
    )
    .required()
    .also(&["到期日"]),
    Column::text("closed_on", "结清日期", "已结清的填写", "2026-09-10").also(&["结清日"]),
    Column::amount("amount", "贷款金额", Column::YUAN, "发放的金额", "50000")
        .required()
        .also(&["发放金额"]),
    Column::amount(
        "balance",
        "贷款余额",
        Column::YUAN,
        "尚欠本金；已核销的填未收回的",
        "42000",
    )
    .required()
    .also(&["余额"]),
    Column::text("rate", "年利率", "百分数，最多两位小数", "6.55").also(&["利率", "执行利率"]),
    Column::text(
        "purpose",
        "用途",
        "购畜、饲草料、农资、农机设备、草场土地、经营周转、住房、消费；其他的不保存原文",
        "饲草料",
    )
    .also(&["贷款用途"]),
    Column::text(
        "days_past_due",
        "月末逾期天数",
        "月末那一天已逾期的天数，没有的填 0",
        "0",
    )
    .also(&["逾期天数"]),
    Column::text(
        "worst_days_past_due",
        "当月最高逾期天数",
        "当月任一天的最高逾期天数；不填的按月末计",
        "0",
    ),
    Column::text("class", "五级分类", "正常、关注、次级、可疑或损失", "正常").required(),
    Column::text(
        "disaster_rescheduled",
        "受灾展期",
        "因受灾展期、续贷或重组的填是",
        "否",
    ),
    Column::text(
        "refinanced",
        "无还本续贷",
        "借新还旧或无还本续贷的填是",
        "否",
    )
    .also(&["借新还旧"]),
    Column::text("written_off", "已核销", "已核销而未收回的填是", "否"),
    Column::text(
        "guarantee_paid",
        "担保代偿",
        "由担保人代偿而未追回的填是",
        "否",
    ),
];

/// A row as it is staged: its amounts in yuan.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    lender: LenderId,
    banner: DivisionCode,
    month: Month,
    n: u32,
    form: LoanForm,
}

impl Sheet for Loans {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "loan-ledger"
    }

    fn title(&self) -> &'static str {
        "贷款台账"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let month = month(cells, desk);
        let lender = lender(cells, desk)?;
        let form = form(cells);
        if cells.is_faulty() {
            return Ok(None);
        }
        let (Some(month), Some((lender, banner))) = (month, lender) else {
            return Ok(None);
        };
        let faults = match form.read(AmountUnit::Yuan) {
            Ok(entry) => entry.faults(month),
            Err(faults) => faults,
        };
        for fault in faults {
            let figures = fault.args.iter();
            let args: Vec<_> = figures
                .map(|(name, text)| (name.as_str(), text.as_str()))
                .collect();
            cells.fault_with(&fault.field, fault.code, &args);
        }
        let n = cells.row();
        Ok(Some(Row {
            lender,
            banner,
            month,
            n,
            form,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let (lender, month) = (row.lender.as_str(), row.month.to_string());
        Some(Span::once(&["loan", lender, &month, row.form.loan.trim()]))
    }

    fn amount_fen(&self, row: &Row) -> Option<i64> {
        AmountUnit::Yuan.to_fen(&row.form.amount)
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let entry: LoanEntry = row.form.read(AmountUnit::Yuan).map_err(|faults| {
            let code = faults
                .first()
                .map_or(ErrorCode::RegisterRow, |fault| fault.code);
            ServiceError::refused(code)
        })?;
        let table = TableLedger {
            batch: force.batch,
            lender: row.lender,
            division: row.banner,
            month: row.month,
            source: force.source,
            entered_by: force.entered_by,
        };
        let is_new =
            ledger::enter_of_table(force.service, force.tx, &table, row.n, &entry, force.now)?;
        Ok(if is_new {
            Applied::Changed
        } else {
            Applied::Same
        })
    }

    fn finish(&self, force: &Force<'_>) -> Result<(), ServiceError> {
        ledger::activate_of_table(force.tx, force.batch, force.decided_by, force.now)
    }
}

fn month(cells: &mut Cells<'_>, desk: &Desk<'_>) -> Option<Month> {
    let text = cells.text("month")?.replace(['年', '/', '.'], "-");
    let text = text.trim_end_matches('月');
    let text = match text.split_once('-') {
        Some((year, month)) if month.len() == 1 => format!("{year}-0{month}"),
        _ => text.to_owned(),
    };
    let Ok(month) = text.parse::<Month>() else {
        cells.fault("month", ErrorCode::ValueBadDay);
        return None;
    };
    if month.last_day() >= desk.today {
        cells.fault("month", ErrorCode::LedgerMonth);
        return None;
    }
    Some(month)
}

/// The lender, and the banner that the row belongs to by its contract.
fn lender(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
) -> Result<Option<(LenderId, DivisionCode)>, ServiceError> {
    let Some(text) = cells.text("lender") else {
        return Ok(None);
    };
    let contract = match text.parse::<LenderId>() {
        Ok(id) => store::lender::get(desk.connection, &id, desk.today)?,
        Err(_) => None,
    };
    let Some(contract) = contract else {
        cells.fault("lender", ErrorCode::LenderUnknown);
        return Ok(None);
    };
    let banner = match cells.text("banner") {
        Some(_) => cells.division_code("banner", &[DivisionLevel::County]),
        None => Some(contract.division),
    };
    let Some(banner) = banner else {
        return Ok(None);
    };
    if banner.level() != DivisionLevel::County || !contract.division.contains(banner) {
        cells.fault("banner", ErrorCode::DivisionInvalid);
        return Ok(None);
    }
    let known = desk.division(cells, "banner", banner)?;
    Ok(known.map(|_| (contract.id, banner)))
}

fn form(cells: &mut Cells<'_>) -> LoanForm {
    let text = |key: &str| cells.text(key).unwrap_or_default().to_owned();
    let form = LoanForm {
        loan: text("loan"),
        borrower: text("borrower"),
        guarantors: text("guarantors"),
        rate: text("rate"),
        purpose: text("purpose"),
        days_past_due: text("days_past_due"),
        worst_days_past_due: text("worst_days_past_due"),
        class: text("class"),
        disaster_rescheduled: text("disaster_rescheduled"),
        refinanced: text("refinanced"),
        written_off: text("written_off"),
        guarantee_paid: text("guarantee_paid"),
        ..LoanForm::default()
    };
    let mut day = |key: &str| {
        cells
            .day(key)
            .map(|day| day.to_string())
            .unwrap_or_default()
    };
    let (opened_on, due_on) = (day("opened_on"), day("due_on"));
    let closed_on = day("closed_on");
    let mut yuan = |key: &str| {
        cells
            .count(key)
            .map(|fen| decimal::write(fen, 2))
            .unwrap_or_default()
    };
    LoanForm {
        opened_on,
        due_on,
        closed_on,
        amount: yuan("amount"),
        balance: yuan("balance"),
        ..form
    }
}
