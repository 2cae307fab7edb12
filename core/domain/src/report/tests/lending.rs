//! What of a reference line and of moved register rows a lender sees.

use std::collections::BTreeSet;

use super::*;
use crate::assess::{Change, Figures, Moved, MovedPart};
use crate::lending::{self, Figure, LineInputs, reference_line};
use crate::register::CreditRecord;

fn line() -> ReferenceLine {
    let known = Figure::Known(100_000_000);
    let inputs = LineInputs {
        on: date(2026, 4, 2),
        grade: Some(Grade::A),
        total_assets: known,
        operating_income: known,
        comprehensive_income: known,
        other_debt_due: Figure::Known(0),
        unsecured_balance: Figure::Known(0),
        overstock: None,
        village_title: None,
        township_title: None,
        stock: BTreeSet::new(),
    };
    reference_line(&inputs, lending::shipped().example())
}

fn moved(row: &RegisterRow, world: &World) -> Moved {
    let figures = Figures::of(&world.assessment);
    Moved {
        register: row.content.register().into(),
        subject: row.subject.clone(),
        division: row.division,
        key: row.key.clone(),
        change: Change::Replaced,
        row: row.id.clone(),
        source: row.source.clone(),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        parts: BTreeSet::from([MovedPart::Score]),
        without: figures.clone(),
        with: figures,
    }
}

#[test]
fn a_line_is_marked_advisory_and_stands_beside_the_rating() {
    let mut world = World::new();
    assert_eq!(world.compose().unwrap().reference_line, None);
    world.line = Some(line());
    let report = world.compose().unwrap();
    assert_eq!(report.reference_line, world.line);
    assert!(
        report
            .notices
            .iter()
            .any(|notice| notice == lending::NOTICE)
    );
    let rating = serde_json::to_string(&report.rating).unwrap();
    assert!(
        !rating.contains("line_fen"),
        "a line is no part of a rating"
    );
}

#[test]
fn a_rating_that_is_not_available_has_no_line_either() {
    let mut world = World::new();
    world.line = Some(line());
    world.done(Step::Suspend, &By::Rule);
    let report = world.compose().unwrap();
    assert_eq!(
        (report.rating.is_none(), report.reference_line),
        (true, None)
    );
    assert!(
        !report
            .notices
            .iter()
            .any(|notice| notice == lending::NOTICE)
    );
}

#[test]
fn a_lender_learns_which_row_moved_the_rating_and_not_what_was_before() {
    let mut world = World::new();
    let credit = row("r-1", RegisterContent::Credit(CreditRecord::default()));
    let movement = moved(&credit, &world);
    world.rows.push(credit);
    world.moved.rows.push(movement);
    let lines = world.rating().moved;
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].register.as_str(), lines[0].key.as_str()),
        ("credit", "r-1")
    );
    assert_eq!(lines[0].recorded_by, "示例旗农牧局 1号");
    let text = serde_json::to_string(&lines).unwrap();
    assert!(!text.contains("without"), "{text}");
}

#[test]
fn an_entry_that_was_taken_off_its_list_is_told_to_no_lender() {
    let mut world = World::new();
    let ended = VetoFact {
        code: "V1".into(),
        source: "示例法院".into(),
        ended_on: Some(date(2020, 3, 15)),
        objection_accepted: false,
    };
    let entry = row("r-1", RegisterContent::Veto(ended));
    let gone = row("r-2", RegisterContent::HerdRegister(true));
    world.moved.rows.push(moved(&entry, &world));
    world.moved.rows.push(moved(&gone, &world));
    // The second row is not there any more; nothing is told from memory.
    world.rows.push(entry);
    assert_eq!(world.rating().moved, []);
}
