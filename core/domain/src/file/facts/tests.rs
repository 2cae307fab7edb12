mod envelopes;
mod settled;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::conflict::SecondSeal;
use super::value::LiveValue;
use super::*;
use crate::file::entry::{ConsentWithdrawal, ObservationEntry};
use crate::file::sample::*;
use crate::item::{Evidence, Observation, State, Value};

const SHEEP: &str = "herd.sheep";

/// Facts of envelopes, applied in every direction that matters: as given, reversed, and doubled.
fn fold(envelopes: &[&Envelope]) -> FileFacts {
    let mut facts = FileFacts::default();
    envelopes.iter().for_each(|e| facts.apply(e));
    let mut reversed = FileFacts::default();
    envelopes
        .iter()
        .rev()
        .chain(envelopes)
        .for_each(|e| reversed.apply(e));
    assert_eq!(facts.digest(), reversed.digest());
    assert_eq!(facts, FileFacts::from_bytes(&reversed.to_bytes()).unwrap());
    facts
}

/// The numbers that stand for an item.
fn numbers(values: Option<&Vec<LiveValue>>) -> Vec<i64> {
    let states = values.into_iter().flatten().map(|v| &v.observation.state);
    states
        .map(|s| s.value().and_then(Value::as_int).unwrap_or(-1))
        .collect()
}

fn live(facts: &FileFacts) -> Vec<i64> {
    numbers(facts.live(&cycle()).get(SHEEP))
}

fn held(facts: &FileFacts) -> Vec<i64> {
    numbers(facts.held(&cycle()).get(SHEEP))
}

/// Two officers who found different numbers, and the server.
struct Disagreement {
    o1: Writer,
    o2: Writer,
    server: Writer,
    a: Envelope,
    b: Envelope,
}

fn disagreement(a: i64, b: i64) -> Disagreement {
    let (mut o1, mut o2) = (Writer::new("d1", "o1"), Writer::new("d2", "o2"));
    let mut server = Writer::new("server", "system");
    let (a, b) = (
        o1.write(vec![observe(SHEEP, a)]),
        o2.write(vec![observe(SHEEP, b)]),
    );
    server.hear(&a);
    server.hear(&b);
    Disagreement {
        o1,
        o2,
        server,
        a,
        b,
    }
}

#[test]
fn an_own_correction_holds_whichever_arrives_first() {
    let mut o1 = Writer::new("d1", "o1");
    let (a, wrong) = o1.say(observe(SHEEP, 320));
    let (b, again) = o1.say(correct(&wrong, SHEEP, 32));
    let (c, _) = o1.say(correct(&again, SHEEP, 33));
    assert_eq!(live(&fold(&[&a, &b, &c])), [33]);
    assert_eq!(live(&fold(&[&b])), [32], "its target has not arrived yet");
    assert_eq!(
        fold(&[&a, &b, &c]).superseded().len(),
        2,
        "both stay in the file"
    );
}

#[test]
fn nobody_corrects_or_retracts_a_colleagues_entry() {
    let mut d = disagreement(100, 120);
    let (theirs, own) = (d.b.entry_id(0), d.a.entry_id(0));
    let (c, _) = d.o1.say(correct(&theirs, SHEEP, 1));
    let (r, _) = d.o1.say(retract(&theirs));
    assert_eq!(live(&fold(&[&d.a, &d.b, &c, &r])), [100, 120]);
    // On another device it is still the same officer.
    let mut tablet = Writer::new("d9", "o1");
    let (own_c, _) = tablet.say(correct(&own, SHEEP, 101));
    assert_eq!(live(&fold(&[&d.a, &d.b, &own_c])), [120, 101]);
    // Nor does an officer take back what the server wrote, even in his own name.
    let mut server = Writer::new("server", "o1");
    let (imported, register) = server.say(import(SHEEP, 90));
    let (r, _) = d.o1.say(retract(&register));
    assert_eq!(live(&fold(&[&imported, &r])), [90]);
}

#[test]
fn a_correction_of_another_item_takes_nothing_away() {
    let mut o1 = Writer::new("d1", "o1");
    let (a, sheep) = o1.say(observe(SHEEP, 100));
    let (b, _) = o1.say(correct(&sheep, "herd.goat", 7));
    let facts = fold(&[&a, &b]);
    assert_eq!(live(&facts), [100]);
    assert_eq!(numbers(facts.live(&cycle()).get("herd.goat")), [7]);
    assert!(
        facts.live(&id("c-2025")).is_empty(),
        "another year's campaign is another matter"
    );
}

#[test]
fn what_was_taken_back_stays_taken_back() {
    let mut o1 = Writer::new("d1", "o1");
    let (a, first) = o1.say(observe(SHEEP, 100));
    let (b, second) = o1.say(correct(&first, SHEEP, 90));
    let (c, _) = o1.say(retract(&second));
    assert_eq!(live(&fold(&[&a, &b, &c])), [] as [i64; 0]);
    let (d, _) = o1.say(observe(SHEEP, 95));
    assert_eq!(live(&fold(&[&a, &b, &c, &d])), [95]);
}

#[test]
fn an_officers_newer_value_replaces_the_older_without_a_correction() {
    let mut phone = Writer::new("d1", "o1");
    let (first, second) = (
        phone.write(vec![observe(SHEEP, 5)]),
        phone.write(vec![observe(SHEEP, 6)]),
    );
    assert_eq!(live(&fold(&[&first, &second])), [6]);
    phone.at.incarnation = 1;
    phone.at.seq = 0;
    let restored = phone.write(vec![observe(SHEEP, 7), observe(SHEEP, 8)]);
    assert_eq!(
        live(&fold(&[&second, &restored])),
        [8],
        "incarnation, then seq, then index"
    );
    let tablet = Writer::new("d0", "o1").write(vec![observe(SHEEP, 9)]);
    assert_eq!(
        live(&fold(&[&tablet, &restored])),
        [8],
        "the greater device id, on every side"
    );
}

#[test]
fn different_values_of_two_officers_are_both_kept() {
    let d = disagreement(100, 120);
    let conflicts = fold(&[&d.a, &d.b]).conflicts(&cycle());
    assert_eq!(conflicts.len(), 1);
    assert_eq!(numbers(Some(&conflicts[0].values)), [100, 120]);
    let facts = fold(&[&d.a, &d.b]).facts(&cycle());
    assert!(facts.values.is_empty(), "an open item has no single value");
    assert_eq!(facts.conflicts[SHEEP].len(), 2);
}

#[test]
fn dates_and_evidence_do_not_decide_between_values() {
    let newer_and_better = Observation {
        evidence: Evidence::A,
        observed_on: day(30),
        ..value(SHEEP, 120)
    };
    let a = Writer::new("d1", "o1").write(vec![observe(SHEEP, 100)]);
    let b = Writer::new("d2", "o2").write(vec![observed(newer_and_better)]);
    assert_eq!(fold(&[&a, &b]).conflicts(&cycle()).len(), 1);
    let unknown = Observation {
        state: State::Unknown,
        ..value(SHEEP, 0)
    };
    let c = Writer::new("d3", "o3").write(vec![observed(unknown)]);
    assert_eq!(
        fold(&[&a, &c]).conflicts(&cycle()).len(),
        1,
        "not knowing is another finding"
    );
}

#[test]
fn equal_values_are_one_fact_with_the_best_evidence() {
    let told = Observation {
        evidence: Evidence::C,
        observed_on: day(9),
        ..value(SHEEP, 100)
    };
    let a = Writer::new("d1", "o1").write(vec![observed(told.clone())]);
    let b = Writer::new("d2", "o2").write(vec![observe(SHEEP, 100)]);
    let c = Writer::new("d3", "o3").write(vec![observed(Observation {
        evidence: Evidence::B,
        ..told
    })]);
    let facts = fold(&[&a, &b, &c]);
    assert!(facts.conflicts(&cycle()).is_empty());
    let fact = &facts.facts(&cycle()).values[SHEEP];
    assert_eq!((fact.evidence, fact.observed_on), (Evidence::B, day(9)));
    let other = Writer::new("d4", "o4").write(vec![observe(SHEEP, 101)]);
    let conflict = &fold(&[&a, &b, &c, &other]).conflicts(&cycle())[0];
    assert_eq!(conflict.values.len(), 4, "a reviewer sees everybody");
    assert_eq!(
        conflict.alternatives().len(),
        2,
        "an assessment sees two numbers"
    );
}

#[test]
fn a_second_seal_is_confirmed_only_by_exactly_the_same_findings() {
    let (mut o1, mut o2) = (Writer::new("d1", "o1"), Writer::new("d2", "o2"));
    let first = o1.write(vec![observe(SHEEP, 100), observe("herd.goat", 5), seal()]);
    let again = o1.write(vec![seal()]);
    assert_eq!(
        fold(&[&first, &again]).second_seal_outcome(&cycle()),
        SecondSeal::Absent
    );
    let second = o2.write(vec![observe(SHEEP, 100), seal()]);
    let partial = SecondSeal::Differs {
        items: vec![id("herd.goat")],
    };
    assert_eq!(
        fold(&[&first, &second]).second_seal_outcome(&cycle()),
        partial
    );
    let rest = o2.write(vec![observe("herd.goat", 5)]);
    let same = fold(&[&first, &second, &rest]);
    assert_eq!(
        same.second_seal_outcome(&cycle()),
        SecondSeal::ConfirmedByRule
    );
    assert_eq!(same.seals(&cycle()).len(), 2);
    let other = o2.write(vec![observe(SHEEP, 101)]);
    let differs = SecondSeal::Differs {
        items: vec![id(SHEEP)],
    };
    assert_eq!(
        fold(&[&first, &second, &rest, &other]).second_seal_outcome(&cycle()),
        differs
    );
    let (taken_back, _) = o2.say(retract(&second.entry_id(1)));
    assert_eq!(
        fold(&[&first, &second, &other, &taken_back]).second_seal_outcome(&cycle()),
        SecondSeal::Absent
    );
}

#[test]
fn a_withdrawn_consent_does_not_hold_whatever_day_the_withdrawal_names() {
    let (mut o1, mut o2) = (Writer::new("d1", "o1"), Writer::new("d2", "o2"));
    let (given, consent_id) = o1.say(consent(day(2), day(20)));
    let withdrawal = |withdrawn_on| {
        let consent = consent_id.clone();
        Entry::ConsentWithdrawal(ConsentWithdrawal {
            consent,
            withdrawn_on,
        })
    };
    let valid = |facts: &FileFacts, n| facts.consents_valid_on(day(n)).len();
    let facts = fold(&[&given]);
    assert_eq!([1, 2, 20, 21].map(|n| valid(&facts, n)), [0, 1, 1, 0]);
    // Entered on the 5th by another officer.
    let (future, _) = o2.say(withdrawal(day(30)));
    let facts = fold(&[&given, &future]);
    assert_eq!([4, 5].map(|n| valid(&facts, n)), [1, 0]);
    let (earlier, _) = o2.say(withdrawal(day(3)));
    let facts = fold(&[&given, &future, &earlier]);
    assert_eq!([2, 3].map(|n| valid(&facts, n)), [1, 0]);
    assert_eq!(facts.consents()[0].withdrawn_on, Some(day(3)));
}

#[test]
fn the_servers_view_of_a_seal_is_what_the_device_knew() {
    let mut d = disagreement(1, 2);
    let unseen = d.o2.write(vec![observe(SHEEP, 5)]);
    d.o1.hear(&d.b);
    let sealed = d.o1.write(vec![seal()]);
    let later = d.o1.write(vec![observe(SHEEP, 9)]);
    let facts = fold(&[&d.a, &d.b, &unseen, &sealed, &later]);
    assert_eq!(facts.known_at(&sealed.at), fold(&[&d.a, &d.b, &sealed]));
    assert_eq!(
        facts.known_at(&later.at),
        fold(&[&d.a, &d.b, &sealed, &later])
    );
    assert_eq!(facts.known_at(&d.b.at), fold(&[&d.b]));
}

#[test]
fn the_count_before_the_newest_is_of_another_campaign_and_at_most_half_a_year_older() {
    let mut o1 = Writer::new("d1", "o1");
    let mut visit = |cycle: &str, on: &str, heads: i64| {
        let observed = Entry::Observation(ObservationEntry {
            cycle: id(cycle),
            observation: value(SHEEP, heads),
        });
        let sealed = match seal() {
            Entry::Seal(mut seal) => {
                seal.cycle = id(cycle);
                seal.as_of = id(on);
                Entry::Seal(seal)
            }
            other => other,
        };
        o1.write(vec![observed, sealed])
    };
    let (spring, summer) = (
        visit("c-1", "2026-03-01", 900),
        visit("c-2", "2026-07-01", 500),
    );
    let (autumn, again) = (
        visit("c-3", "2026-12-31", 300),
        visit("c-3", "2026-12-31", 290),
    );
    let facts = fold(&[&spring, &summer, &autumn, &again]);
    let earlier = |on: &str| facts.earlier_count(id(on)).map(|e| (e.counted_on, e.heads));
    let heads = |n: i64| BTreeMap::from([(id("sheep"), n)]);
    let (summer, spring): (Date, Date) = (id("2026-07-01"), id("2026-03-01"));
    assert_eq!(earlier("2027-02-01"), Some((summer, heads(500))));
    assert_eq!(earlier("2026-12-30"), Some((spring, heads(900))));
    assert_eq!(earlier("2026-06-30"), None, "one count alone");
    let late = visit("c-4", "2027-07-01", 100);
    let facts = fold(&[&autumn, &late]);
    assert_eq!(
        facts.earlier_count(id("2027-08-01")),
        None,
        "half a year and a day apart"
    );
}
