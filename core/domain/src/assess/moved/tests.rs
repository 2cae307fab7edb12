use super::*;
use crate::assess::{Facts, Worksheet};
use crate::pack::shipped;
use crate::register::{
    Centi, CreditRecord, CreditStatus, Honour, HonourLevel, PeerEvaluation, Quota, RegisterContent,
    Season, Spell, VetoFact,
};
use crate::subject::SubjectKind;
use jiff::civil::date;

const H_01: &str = include_str!("../../../../../fixtures/cases/h-01.toml");

fn subject() -> Subject {
    Subject {
        id: "H-01".parse().unwrap(),
        kind: SubjectKind::Household,
        division: "150623200201".parse().unwrap(),
        local_code: "1".into(),
    }
}

fn row(id: &str, key: &str, content: RegisterContent) -> RegisterRow {
    RegisterRow {
        id: id.parse().unwrap(),
        division: "150623200201".parse().unwrap(),
        subject: Some("H-01".parse().unwrap()),
        key: key.into(),
        revision: 1,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        source: format!("示例 {id}"),
        content,
    }
}

fn veto(id: &str, code: &str) -> RegisterRow {
    let fact = VetoFact {
        code: code.into(),
        source: "示例名单".into(),
        ended_on: None,
        objection_accepted: false,
    };
    row(id, id, RegisterContent::Veto(fact))
}

fn credit(id: &str, overdue: bool) -> RegisterRow {
    let spell = Spell {
        began_on: date(2026, 9, 1),
        ended_on: None,
        days_past_due: 40,
        disaster_rescheduled: false,
    };
    let record = CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(date(2018, 10, 20)),
        spells: overdue.then_some(spell).into_iter().collect(),
        ..CreditRecord::default()
    };
    row(id, "", RegisterContent::Credit(record))
}

/// What H-01 rests on, as rows.
fn basics() -> Vec<RegisterRow> {
    let quota = Quota {
        plot: None,
        season: Season::Year,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        mu_per_su: Centi(2_000),
        before_disaster: None,
    };
    let banner = RegisterRow {
        division: "150623".parse().unwrap(),
        subject: None,
        ..row("quota", "", RegisterContent::Quota(quota))
    };
    let peer = PeerEvaluation::from_means(&[400, 450, 450, 450, 475]);
    vec![
        banner,
        credit("credit-1", false),
        row("peer", "", RegisterContent::Peer(peer)),
    ]
}

fn present(rows: &[RegisterRow]) -> Inputs {
    let sheets = Worksheet::read_all("h-01.toml", H_01, shipped::rules()).unwrap();
    let inputs = sheets.into_iter().next().unwrap().inputs;
    let context = Context {
        identity_verified: true,
        consent_signed: true,
        ..Context::from_rows(rows, &subject(), inputs.as_of)
    };
    Inputs { context, ..inputs }
}

fn of(before: &[RegisterRow], now: &[RegisterRow]) -> Movement {
    let found = moved(&present(now), &subject(), before, now);
    let backwards: Vec<RegisterRow> = now.iter().rev().cloned().collect();
    let again = moved(&present(now), &subject(), before, &backwards);
    assert_eq!(found, again, "the order of rows changed the answer");
    found
}

fn ids(movement: &Movement) -> Vec<&str> {
    movement.rows.iter().map(|row| row.row.as_str()).collect()
}

#[test]
fn a_row_that_changed_nothing_is_not_blamed() {
    let mut now = basics();
    // A tip is shown and never scored, and a neighbour is somebody else.
    now.push(row(
        "tip",
        "x",
        RegisterContent::Tip("TIP_MULTI_LENDER".into()),
    ));
    now.push(RegisterRow {
        subject: Some("H-02".parse().unwrap()),
        ..veto("veto-other", "V1")
    });
    assert_eq!(of(&basics(), &now), Movement::default());
    let same_words = RegisterRow {
        revision: 2,
        ..credit("credit-2", false)
    };
    now.push(same_words);
    assert_eq!(of(&basics(), &now), Movement::default());
}

#[test]
fn a_loan_that_was_repaid_is_named_with_what_it_moved() {
    let mut before = basics();
    before[1] = credit("credit-0", true);
    let mut now = basics();
    now[1].revision = 2;
    let movement = of(&before, &now);
    assert_eq!(ids(&movement), ["credit-1"]);
    let row = &movement.rows[0];
    assert_eq!(
        (row.register.as_str(), row.change),
        ("credit", Change::Replaced)
    );
    assert_eq!(row.source, "示例 credit-1");
    let all: Vec<_> = row.parts.iter().map(|p| p.as_str()).collect();
    assert_eq!(all, ["score", "caps", "grade"]);
    assert_eq!(row.without.caps, ["CAP_CURRENT_OVERDUE"]);
    assert_eq!(
        (row.without.low, row.with.low),
        (Some(Grade::B), Some(Grade::Aaa))
    );
    assert_eq!(row.with.low_score, Points(9_700));
}

#[test]
fn two_vetoes_that_hide_each_other_are_both_named() {
    let mut now = basics();
    now.extend([veto("veto-1", "V1"), veto("veto-2", "V1")]);
    let movement = of(&basics(), &now);
    assert_eq!(ids(&movement), ["veto-1", "veto-2"]);
    for row in &movement.rows {
        assert_eq!(row.change, Change::Entered);
        assert!(row.parts.contains(&MovedPart::Vetoes), "{row:?}");
        assert_eq!(row.with.low, Some(Grade::V));
    }
}

#[test]
fn a_row_whose_validity_ended_is_named_though_nothing_took_its_place() {
    let mut before = basics();
    before.push(veto("veto-1", "V1"));
    let mut now = basics();
    now.push(RegisterRow {
        valid_to: Some(date(2026, 10, 31)),
        revision: 2,
        id: "veto-2".parse().unwrap(),
        ..veto("veto-1", "V1")
    });
    let movement = of(&before, &now);
    assert_eq!(ids(&movement), ["veto-1"]);
    assert_eq!(movement.rows[0].change, Change::Ended);
    assert_eq!(movement.rows[0].with.vetoes, Vec::<String>::new());
}

#[test]
fn rows_that_outweigh_each_other_are_each_named() {
    let honour = Honour::plain(HonourLevel::Region, date(2026, 5, 1));
    let mut now = basics();
    now.push(row("honour", "", RegisterContent::Honour(honour)));
    let RegisterContent::Quota(quota) = now[0].content.clone() else {
        unreachable!("the first row is the quota");
    };
    let quota = Quota {
        mu_per_su: Centi(2_300),
        ..quota
    };
    now[0] = RegisterRow {
        id: "quota-2".parse().unwrap(),
        revision: 2,
        content: RegisterContent::Quota(quota),
        ..now[0].clone()
    };
    let movement = of(&basics(), &now);
    assert_eq!(ids(&movement), ["honour", "quota-2"]);
    assert!(movement.rows[0].with.low_score > movement.rows[0].without.low_score);
    assert!(movement.rows[1].with.low_score < movement.rows[1].without.low_score);
}

#[test]
fn a_flood_of_rows_is_cut_off_and_says_so() {
    let mut now = basics();
    now.extend((0..70).map(|n| veto(&format!("veto-{n:02}"), "V1")));
    let inputs = Inputs {
        facts: Facts::default(),
        ..present(&now)
    };
    let movement = moved(&inputs, &subject(), &basics(), &now);
    assert_eq!(movement.rows.len(), MAX_CHANGED);
    assert_eq!(movement.unexamined, 70 - MAX_CHANGED);
}
