use super::*;
use crate::assess::assess_measured;
use crate::assess::tests::worked;
use crate::pack::shipped;

#[test]
fn columns_score_to_what_the_facts_give_in_every_worked_case() {
    let inputs = worked();
    assert!(inputs.len() > 200, "{}", inputs.len());
    for inputs in &inputs {
        let columns = Columns::of(inputs);
        let read = Columns::from_bytes(&columns.to_bytes()).unwrap();
        assert_eq!(read, columns, "{}", inputs.subject);
        let surveyed = read.survey(&inputs.pack).unwrap();
        let (assessment, kept) = assess_measured(inputs, inputs.hash());
        assert_eq!(kept, columns);
        assert_eq!(surveyed.low.totals, assessment.totals);
        assert_eq!(surveyed.high.totals.score, assessment.range.high_score);
        if let (Some(low), Some(high)) = (assessment.range.low, assessment.range.high) {
            assert_eq!((surveyed.low.grade, surveyed.high.grade), (low, high));
        }
    }
}

#[test]
fn bytes_that_are_no_columns_are_refused_and_never_panic() {
    let inputs = worked();
    let bytes = Columns::of(inputs.first().unwrap()).to_bytes();
    assert!(bytes.len() < 400, "{}", bytes.len());
    for end in 0..bytes.len() {
        assert_eq!(Columns::from_bytes(&bytes[..end]), Err(ColumnsError));
    }
    for place in 0..bytes.len() {
        for flipped in [1, 0x10, 0x40, 0x80, 0xff] {
            let mut broken = bytes.clone();
            broken[place] ^= flipped;
            let _ = Columns::from_bytes(&broken);
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(Columns::from_bytes(&longer), Err(ColumnsError));
}

#[test]
fn another_weight_measures_alike_and_another_window_does_not() {
    let (name, text) = shipped::PACKS[0];
    let parse = |text: &str| RulePack::parse(name, text.as_bytes()).unwrap();
    let base = parse(text);
    let lower = text.replacen(
        "{ grade = \"AAA\", ge = \"90\" }",
        "{ grade = \"AAA\", ge = \"92\" }",
        1,
    );
    assert_ne!(lower, text);
    assert!(base.measures_like(&parse(&lower)));
    let window = text.replacen("loan_record_months = 24", "loan_record_months = 12", 1);
    assert_ne!(window, text);
    assert!(!base.measures_like(&parse(&window)));
}
