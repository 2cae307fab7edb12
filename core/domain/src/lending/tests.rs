use std::collections::BTreeSet;

use super::*;
use crate::assess::{Inputs, Worksheet};
use crate::authorisation::Purpose;
use crate::catalogue::Restricted;
use crate::pack::{PackErrorCode as Code, shipped as rules};
use crate::register::{CreditRecord, CreditStatus};
use crate::subject::{Grade, SubjectKind};
use crate::title::TitleLevel;
use jiff::civil::date;

const H_01: &str = include_str!("../../../../fixtures/cases/h-01.toml");

fn h_01() -> Inputs {
    let sheets = Worksheet::read_all("h-01.toml", H_01, rules::rules()).unwrap();
    sheets.into_iter().next().unwrap().inputs
}

fn all_agreed() -> BTreeSet<Restricted> {
    Restricted::ALL.iter().copied().collect()
}

fn line_of(inputs: &Inputs, credit: &CreditRecord, agreed: &BTreeSet<Restricted>) -> ReferenceLine {
    let basis = Basis {
        rated: inputs,
        grade: Grade::Aaa,
        credit,
        village_title: Some(TitleLevel::Good),
        township_title: None,
        agreed,
    };
    let parameters = shipped().example();
    let inputs = LineInputs::of(&basis, parameters, date(2026, 11, 20));
    reference_line(&inputs, parameters)
}

#[test]
fn the_worked_case_comes_out_of_the_stored_inputs_of_the_rating() {
    let inputs = h_01();
    let line = line_of(&inputs, &inputs.context.credit, &all_agreed());
    assert_eq!((line.line_fen, line.discount_bp), (Some(8_800_000), 70));
    assert_eq!(line.notice, NOTICE);
    assert!(line.blocks.is_empty(), "542 of 550 sheep units");
    let terms: Vec<_> = line.terms.iter().map(|t| t.code.as_str()).collect();
    assert_eq!(terms, ["TERM_CASHMERE_WOOL", "TERM_LAMB", "TERM_CATTLE"]);
}

#[test]
fn a_figure_outside_the_consent_never_enters_a_line() {
    let inputs = h_01();
    let mut agreed = all_agreed();
    agreed.remove(&Restricted::Income);
    let line = line_of(&inputs, &inputs.context.credit, &agreed);
    assert_eq!(line.line_fen, None);
    assert!(line.steps.is_empty(), "no step tells the income either");
    let figures: Vec<_> = line.none_for.iter().map(|n| (n.why, n.figure)).collect();
    assert_eq!(
        figures,
        [
            (Why::NoConsent, Some(FigureName::OperatingIncome)),
            (Why::NoConsent, Some(FigureName::ComprehensiveIncome)),
        ]
    );
}

#[test]
fn a_ledger_that_was_not_searched_gives_no_line() {
    let inputs = h_01();
    let unknown = CreditRecord::default();
    let line = line_of(&inputs, &unknown, &all_agreed());
    let only = NoLine {
        why: Why::Unknown,
        figure: Some(FigureName::UnsecuredBalance),
    };
    assert_eq!((line.line_fen, line.none_for), (None, vec![only]));
    let never = CreditRecord {
        status: CreditStatus::Never,
        ..CreditRecord::default()
    };
    assert_eq!(
        line_of(&inputs, &never, &all_agreed()).line_fen,
        Some(8_800_000)
    );
}

#[test]
fn single_debts_are_summed_where_no_total_was_asked() {
    let mut inputs = h_01();
    let total = inputs
        .facts
        .values
        .remove("finance.debt_service_fen")
        .unwrap();
    for (key, fen) in [("a", 3_000_000), ("b", 2_400_000)] {
        let path = format!("loan/{key}/due_12m_fen").parse().unwrap();
        let mut fact = total.clone();
        fact.state = crate::item::State::Known(crate::item::Value::Int(fen));
        inputs.facts.values.insert(path, fact);
    }
    let line = line_of(&inputs, &inputs.context.credit, &all_agreed());
    assert_eq!(line.line_fen, Some(8_800_000));
    let path = "loan/b/due_12m_fen".parse().unwrap();
    inputs
        .facts
        .values
        .get_mut(&path as &crate::item::ItemPath)
        .unwrap()
        .state = crate::item::State::Refused;
    let line = line_of(&inputs, &inputs.context.credit, &all_agreed());
    assert_eq!(line.none_for[0].why, Why::Refused, "a part is not the sum");
}

#[test]
fn a_disputed_figure_is_not_picked_from() {
    let mut inputs = h_01();
    let fact = inputs.facts.values.remove("finance.assets_fen").unwrap();
    let path = "finance.assets_fen".parse().unwrap();
    inputs
        .facts
        .conflicts
        .insert(path, vec![fact.clone(), fact]);
    let line = line_of(&inputs, &inputs.context.credit, &all_agreed());
    assert_eq!(line.none_for[0].why, Why::Disputed);
}

#[test]
fn a_line_serves_its_kinds_purposes_and_days_only() {
    let example = shipped().example();
    let serves = |kind, purpose, on| example.serves(kind, purpose, on);
    let on = date(2026, 1, 1);
    assert!(serves(SubjectKind::Household, Purpose::LoanDecision, on));
    assert!(!serves(
        SubjectKind::Household,
        Purpose::GuaranteeReview,
        on
    ));
    assert!(!serves(SubjectKind::Collective, Purpose::LoanDecision, on));
    assert!(!serves(
        SubjectKind::Household,
        Purpose::LoanDecision,
        date(2025, 12, 31)
    ));
}

/// The fault of the example with one text in another's place.
fn fault(from: &str, to: &str) -> (String, Code) {
    let text = shipped().example_text();
    assert!(text.contains(from), "{from}");
    let broken = text.replacen(from, to, 1);
    let error = LineParameters::parse("ln.toml", broken.as_bytes()).unwrap_err();
    assert!(error.line > 0, "{error}");
    (error.key, error.code)
}

#[test]
fn a_file_that_is_not_sound_is_refused_with_its_place() {
    let expect = |from, to, key: &str, code| {
        assert_eq!(fault(from, to), (key.to_owned(), code), "{from} → {to}");
    };
    expect(
        "asset_percent = \"10\"",
        "asset_percent = 10.0",
        "asset_percent",
        Code::Float,
    );
    expect(
        "asset_percent = \"10\"",
        "asset_percent = \"101\"",
        "asset_percent",
        Code::BadValue,
    );
    expect("cap_yuan", "cap_wan", "cap_yuan", Code::MissingKey);
    expect(
        "version = \"1\"",
        "version = \"1\"\nfee = \"5\"",
        "fee",
        Code::UnknownKey,
    );
    expect(
        "grade = \"A\"\n",
        "grade = \"V\"\n",
        "grade[2].grade",
        Code::BadValue,
    );
    expect(
        "grade = \"AA\"\n",
        "grade = \"AAA\"\n",
        "grade[1].grade",
        Code::Duplicate,
    );
    expect(
        "base_yuan = \"50000\"",
        "base_yuan = \"90000\"",
        "grade[2].base_yuan",
        Code::BadValue,
    );
    expect(
        "discount_bp = 60",
        "discount_bp = 6000",
        "grade[0].discount_bp",
        Code::BadValue,
    );
    expect(
        "\"finance.assets_fen\"",
        "\"finance.gold\"",
        "figures.total_assets",
        Code::UnknownName,
    );
    expect(
        "\"finance.assets_fen\"",
        "\"herd.sheep\"",
        "figures.total_assets",
        Code::BadValue,
    );
    expect(
        "level = \"village\"",
        "level = \"county\"",
        "title[0].level",
        Code::UnknownName,
    );
    expect(
        "uses = [\"grazing_animals\"]",
        "uses = []",
        "block[0].uses",
        Code::MissingKey,
    );
    expect(
        "from_month = 4",
        "from_month = 13",
        "term[0].from_month",
        Code::BadValue,
    );
    expect("blocks = \"OWN\"", "", "origin.blocks", Code::MissingKey);
    expect(
        "subject_kinds = [\"household\"]",
        "subject_kinds = [\"village\"]",
        "figures.total_assets",
        Code::BadValue,
    );
    expect(
        "valid_from = 2026-01-01",
        "valid_from = 2026-01-01\nvalid_to = 2025-12-31",
        "valid_to",
        Code::BadValue,
    );
}
