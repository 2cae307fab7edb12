//! Whom the device can offer: lenders to be ticked in a consent, evaluators and the group of the gacha
//! by its roll.

use itgel_domain::authorisation::Purpose;
use itgel_domain::file::entry::{Consent, Entry};
use itgel_domain::id::OfficerId;
use itgel_domain::sync::pull::{LenderItem, PullItem};
use itgel_domain::sync::roll::Roll;
use jiff::civil::{Date, date};

use crate::officer::{DRAWN, Officer, words};
use crate::server::{BANNER, GACHA};
use crate::world::AS_OF;

/// The box of a lender for a purpose.
const TICK: &str = "name=\"lender\" value=\"rcc-1 loan_decision\"";

fn tell_lender(officer: &Officer, id: &str, division: &str, valid_to: Option<Date>) {
    let item = LenderItem {
        lender: id.parse().unwrap(),
        name_zh: format!("示例信用社 {id}"),
        name_mn: "ᠵᠢᠱᠢᠶ᠎ᠡ".into(),
        division: division.parse().unwrap(),
        purposes: vec![Purpose::LoanDecision, Purpose::LoanReview],
        valid_from: date(2026, 1, 1),
        valid_to,
    };
    officer.server.list(BANNER, &PullItem::Lender(item));
}

fn synchronise(officer: &Officer) {
    officer.post("/sync", &[]);
    officer.wait();
}

fn agree(officer: &Officer, n: u32, lenders: &[&str]) -> String {
    let mut form = vec![
        ("person", "head"),
        ("purpose", "credit_rating"),
        ("class", "income"),
        ("class", "insurance"),
        ("class", "real_estate"),
        ("until", "2028-10-31"),
        ("signature", DRAWN),
        ("go", "next"),
    ];
    form.extend(lenders.iter().map(|lender| ("lender", *lender)));
    words(&officer.post(&format!("/visit/hh-{n}/consent"), &form))
}

/// The consents that have arrived.
fn arrived(officer: &Officer) -> Vec<Consent> {
    synchronise(officer);
    let kept = officer.server.kept();
    let entries = kept.envelopes.values().flat_map(|e| e.entries().to_vec());
    let consents = entries.filter_map(|entry| match entry {
        Entry::Consent(consent) => Some(consent),
        _ => None,
    });
    consents.collect()
}

fn tell_roll(officer: &Officer, evaluators: &[&str], group: &[&str]) {
    let ids =
        |ids: &[&str]| -> Vec<OfficerId> { ids.iter().map(|id| id.parse().unwrap()).collect() };
    let roll = Roll::of(
        GACHA.parse().unwrap(),
        "aa".into(),
        &ids(evaluators),
        &ids(group),
    );
    officer.server.list(GACHA, &PullItem::Roll(roll));
    synchronise(officer);
}

#[test]
fn no_lender_is_ticked_before_and_what_a_tick_means_is_told() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例", "");
    let before = officer.get("/visit/hh-1/consent");
    assert!(before.contains("没有可以勾选的金融机构"), "{before}");
    tell_lender(&officer, "rcc-1", BANNER, None);
    synchronise(&officer);
    let page = officer.get("/visit/hh-1/consent");
    assert!(page.contains("示例信用社 rcc-1：贷款审批"), "{page}");
    assert!(page.contains("示例信用社 rcc-1：贷后管理"), "{page}");
    assert!(!page.contains(&format!("{TICK} checked")), "{page}");
    assert!(
        page.contains("不勾选，任何金融机构都不能凭本同意查询"),
        "{page}"
    );
    // What was ticked stays where something else is wrong.
    let unsigned = [
        ("person", "head"),
        ("purpose", "credit_rating"),
        ("lender", "rcc-1 loan_decision"),
        ("go", "next"),
    ];
    let again = words(&officer.post("/visit/hh-1/consent", &unsigned));
    assert!(again.contains(&format!("{TICK} checked")), "{again}");
    assert!(
        !again.contains("value=\"rcc-1 loan_review\" checked"),
        "{again}"
    );
}

#[test]
fn a_lender_is_named_in_the_consent_only_for_the_purpose_that_was_ticked() {
    let officer = Officer::at_work(2);
    tell_lender(&officer, "rcc-1", BANNER, None);
    synchronise(&officer);
    for n in 1..=2 {
        officer.draft_h01(n);
    }
    agree(&officer, 1, &["rcc-1 loan_review"]);
    let visit = officer.get("/visit/hh-1/consent");
    assert!(visit.contains("示例信用社 rcc-1：贷后管理"), "{visit}");
    for n in 1..=2 {
        let seal = [("by", "drawing"), ("signature", DRAWN)];
        officer.post(&format!("/visit/hh-{n}/seal"), &seal);
    }
    let mut consents = arrived(&officer);
    consents.sort_by_key(|consent| consent.recipients.len());
    let named: Vec<_> = consents
        .iter()
        .map(|consent| {
            let recipients = consent.recipients.iter();
            let named = recipients.map(|r| (r.lender.to_string(), r.purpose));
            named.collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        named,
        [vec![], vec![("rcc-1".into(), Purpose::LoanReview)]],
        "nobody is named without a tick"
    );
}

#[test]
fn a_lender_of_elsewhere_or_whose_contract_has_ended_cannot_be_named() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例", "");
    tell_lender(&officer, "rcc-1", BANNER, None);
    tell_lender(&officer, "rcc-2", "150624", None);
    tell_lender(&officer, "rcc-3", BANNER, Some(AS_OF.yesterday().unwrap()));
    synchronise(&officer);
    let page = officer.get("/visit/hh-1/consent");
    assert!(page.contains(TICK), "{page}");
    assert!(!page.contains("rcc-2") && !page.contains("rcc-3"), "{page}");
    // It ended after the page was shown.
    tell_lender(&officer, "rcc-1", BANNER, Some(AS_OF.yesterday().unwrap()));
    synchronise(&officer);
    for gone in [
        "rcc-1 loan_decision",
        "rcc-2 loan_decision",
        "rcc-1 guarantee_review",
        "x",
    ] {
        let refused = agree(&officer, 1, &[gone]);
        assert!(refused.contains("现在已经不提供"), "{gone}: {refused}");
    }
    assert!(!officer.get("/visit/hh-1/consent").contains("已同意"));
}

#[test]
fn a_number_that_may_not_vote_is_refused_before_a_ballot_is_written() {
    let officer = Officer::at_work(1);
    officer.visit(1);
    tell_roll(&officer, &["e1", "e2"], &[]);
    officer.post("/visit/hh-1/evaluation", &[]);
    let start = |evaluator: &str| {
        let form = [("evaluator", evaluator), ("go", "start")];
        words(&officer.post("/round", &form))
    };
    let refused = start("e9");
    assert!(refused.contains("不在本嘎查评议员名册上"), "{refused}");
    assert!(!refused.contains("name=\"promises\""), "{refused}");
    let forced = [
        ("evaluator", "e9"),
        ("household", "hh-1"),
        ("go", "cast"),
        ("promises", "5"),
        ("diligence", "5"),
        ("loans", "5"),
        ("rules", "5"),
    ];
    let forced = words(&officer.post("/round", &forced));
    assert!(forced.contains("不在本嘎查评议员名册上"), "{forced}");
    assert!(start("e2").contains("name=\"promises\""));
    assert!(!start("e9").contains("e2\">"), "no page lists who may vote");
    officer.unlock();
    let count = officer.get("/visit/hh-1/evaluation");
    assert!(count.contains("本机已收 0 位"), "{count}");
    // Who was taken off the roll votes no more.
    tell_roll(&officer, &["e1"], &[]);
    officer.post("/visit/hh-1/evaluation", &[]);
    assert!(start("e2").contains("不在本嘎查评议员名册上"));
    assert!(start("e1").contains("name=\"promises\""));
}

#[test]
fn the_review_list_is_offered_to_the_group_alone() {
    let officer = Officer::at_work(1);
    let link = format!("/review?gacha={GACHA}");
    assert!(
        officer.get("/").contains(&link),
        "before a roll came nobody can tell here"
    );
    tell_roll(&officer, &["o1"], &["o9"]);
    assert!(!officer.get("/").contains(&link));
    let page = officer.get(&link);
    assert!(page.contains("不在本嘎查初评组名册上"), "{page}");
    let form = [("gacha", GACHA), ("household", "hh-1"), ("go", "confirm")];
    let said = words(&officer.post("/review", &form));
    assert!(said.contains("不在本嘎查初评组名册上"), "{said}");
    tell_roll(&officer, &[], &["o9", "o1"]);
    assert!(officer.get("/").contains(&link));
    assert!(!officer.get(&link).contains("不在本嘎查初评组名册上"));
}
