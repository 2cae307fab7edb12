//! What a line, a month and the amounts of a ledger must not say.

use jiff::civil::date;

use super::*;
use crate::error::ErrorCode;

#[test]
fn wan_yuan_for_yuan_is_seen_in_the_ledger_as_a_whole() {
    let tally = |amounts: &[i64]| {
        let mut tally = UnitTally::default();
        amounts.iter().for_each(|amount| tally.add(*amount));
        tally.doubt()
    };
    let fen = |text| AmountUnit::Yuan.to_fen(text).unwrap();
    assert_eq!(
        tally(&[fen("5"), fen("8.5"), fen("50000")]),
        Some(UnitDoubt::TooSmall)
    );
    assert_eq!(tally(&[fen("50000"), fen("80000"), fen("900")]), None);
    let wan = |text| AmountUnit::TenThousandYuan.to_fen(text).unwrap();
    assert_eq!(tally(&[wan("50000")]), Some(UnitDoubt::TooLarge));
    assert_eq!(wan("8.5"), 8_500_000);
    assert_eq!(
        AmountUnit::TenThousandYuan.to_fen("0.0000001"),
        None,
        "finer than a fen"
    );
    assert_eq!(tally(&[]), None);
}

fn entry(change: impl FnOnce(&mut LoanEntry)) -> Vec<(String, ErrorCode)> {
    let mut entry = LoanEntry {
        loan: "借2026-001".into(),
        borrower: "11010519491231002X".parse().unwrap(),
        guarantors: Vec::new(),
        state: state(date(2026, 1, 10), 5_000_000),
    };
    change(&mut entry);
    let faults = entry.faults("2026-06".parse().unwrap());
    faults.into_iter().map(|f| (f.field, f.code)).collect()
}

#[test]
fn each_fault_of_a_line_names_its_column() {
    assert_eq!(entry(|_| ()), []);
    let one = |column: &str, code| vec![(column.to_owned(), code)];
    assert_eq!(
        entry(|e| e.state.opened_on = date(2026, 7, 1)),
        one("opened_on", ErrorCode::LedgerDates)
    );
    assert_eq!(
        entry(|e| e.state.closed_on = Some(date(2026, 6, 2))),
        one("balance", ErrorCode::LedgerBalance)
    );
    assert_eq!(
        entry(|e| e.state.balance_fen = 5_000_001),
        one("balance", ErrorCode::LedgerBalance)
    );
    assert_eq!(
        entry(|e| e.state.days_past_due = 5),
        one("worst_days_past_due", ErrorCode::LedgerOverdue)
    );
    assert_eq!(
        entry(|e| (e.state.days_past_due, e.state.worst_days_past_due) = (172, 172)),
        [
            ("days_past_due".to_owned(), ErrorCode::LedgerOverdue),
            ("worst_days_past_due".to_owned(), ErrorCode::LedgerOverdue)
        ],
        "the loan is 171 days old"
    );
    assert_eq!(
        entry(|e| e.guarantors = vec![e.borrower.clone()]),
        one("guarantors", ErrorCode::LedgerOwnGuarantor)
    );
}

#[test]
fn a_number_is_read_in_each_of_its_forms_and_a_wrong_digit_is_told_for_what_it_is() {
    let index = |text: &str| text.parse::<PartyNumber>().map(|n| n.index_text());
    assert_eq!(index("11010519491231002x").unwrap(), "11010519491231002X");
    assert_eq!(
        index("110105491231002").unwrap(),
        "11010519491231002X",
        "15 digits"
    );
    assert_eq!(
        index("91350100M000100Y43").unwrap(),
        "uscc:91350100M000100Y43"
    );
    assert_eq!(index("110105194912310021"), Err(ErrorCode::PersonIdInvalid));
    assert_eq!(
        index("91350100M000100Y44"),
        Err(ErrorCode::CreditCodeInvalid)
    );
    assert_eq!(index(""), Err(ErrorCode::PersonIdInvalid));
}

#[test]
fn a_month_is_written_one_way() {
    let month: Month = "2024-02".parse().unwrap();
    assert_eq!(month.last_day(), date(2024, 2, 29));
    assert_eq!(
        (month.before().to_string(), month.next().to_string()),
        ("2024-01".into(), "2024-03".into())
    );
    for wrong in [
        "2024-13",
        "2024-2",
        "24-02",
        "2024/02",
        "+024-02",
        "2024-02-01",
    ] {
        assert!(wrong.parse::<Month>().is_err(), "{wrong}");
    }
}

#[test]
fn a_row_as_lenders_write_it_is_read_exactly_and_all_its_faults_are_told_together() {
    let form = LoanForm {
        loan: "借2026-001".into(),
        borrower: "110105491231002".into(),
        guarantors: "44052418800101001４、91350100M000100Y43".into(),
        opened_on: "2026-01-10".into(),
        due_on: "2027-01-09".into(),
        amount: "8.5".into(),
        balance: "8.5".into(),
        rate: "6.55".into(),
        purpose: "治病".into(),
        class: "关注".into(),
        refinanced: "是".into(),
        ..LoanForm::default()
    };
    let entry = form.read(AmountUnit::TenThousandYuan).unwrap();
    assert_eq!(entry.state.amount_fen, 8_500_000);
    assert_eq!(
        (entry.state.rate_centi, entry.guarantors.len()),
        (Some(655), 2)
    );
    assert_eq!(
        entry.state.purpose,
        LoanPurpose::Other,
        "words are not kept"
    );
    assert!(entry.state.refinanced && !entry.state.written_off);
    let wrong = LoanForm {
        borrower: "11010519491231002Y".into(),
        amount: String::new(),
        class: "良好".into(),
        written_off: "也许".into(),
        days_past_due: "三".into(),
        ..form
    };
    let faults = wrong.read(AmountUnit::Yuan).unwrap_err();
    let told: Vec<_> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
    assert_eq!(
        told,
        [
            ("borrower", ErrorCode::PersonIdInvalid),
            ("amount", ErrorCode::ValueMissing),
            ("days_past_due", ErrorCode::ValueWrongType),
            ("class", ErrorCode::ValueNotAChoice),
            ("written_off", ErrorCode::ValueNotAChoice),
        ]
    );
}
