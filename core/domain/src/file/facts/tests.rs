use std::collections::BTreeMap;

use jiff::civil::Date;

use super::conflict::SecondSeal;
use super::value::{LiveValue, Source};
use super::*;
use crate::file::entry::{ConsentWithdrawal, ObservationEntry, Picked};
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
fn a_resolution_settles_what_it_names_and_nothing_else() {
    let mut d = disagreement(100, 120);
    let (a, b) = (d.a.entry_id(0), d.b.entry_id(0));
    let (r, _) = d
        .server
        .say(resolve(SHEEP, &[&a, &b], Picked::Entry(b.clone()), "dec-1"));
    let facts = fold(&[&d.a, &d.b, &r]);
    assert_eq!(
        (held(&facts), facts.conflicts(&cycle()).len()),
        (vec![120], 0)
    );
    assert_eq!(live(&facts), [100, 120], "both findings stay readable");
    assert_eq!(
        held(&fold(&[&d.a, &r])),
        [100],
        "until the picked value is here"
    );
    let third = Writer::new("d3", "o3").write(vec![observe(SHEEP, 99)]);
    assert_eq!(
        held(&fold(&[&d.a, &d.b, &r, &third])),
        [120, 99],
        "a newcomer disagrees anew"
    );
}

#[test]
fn a_picked_value_that_its_author_changes_opens_the_conflict_again() {
    let mut d = disagreement(100, 120);
    let (a, b) = (d.a.entry_id(0), d.b.entry_id(0));
    let (r, _) = d
        .server
        .say(resolve(SHEEP, &[&a, &b], Picked::Entry(b.clone()), "dec-1"));
    let (picked_changed, _) = d.o2.say(correct(&b, SHEEP, 150));
    let facts = fold(&[&d.a, &d.b, &r, &picked_changed]);
    assert_eq!(held(&facts), [100, 150]);
    let resolutions = facts.resolutions(&cycle());
    assert!(!resolutions[SHEEP][0].in_force);
    let (other_changed, _) = d.o1.say(correct(&a, SHEEP, 110));
    assert_eq!(
        held(&fold(&[&d.a, &d.b, &r, &other_changed])),
        [110, 120],
        "nor is the other silenced"
    );
}

#[test]
fn the_later_of_two_resolutions_wins_and_the_earlier_stays_visible() {
    let mut d = disagreement(100, 120);
    let (a, b) = (d.a.entry_id(0), d.b.entry_id(0));
    let both = [&a, &b];
    let (r1, _) = d.server.say(resolve(
        SHEEP,
        &both,
        Picked::Entry(a.clone()),
        "zz-greatest-id",
    ));
    let (r2, _) = d.server.say(resolve(
        SHEEP,
        &both,
        Picked::Value(value(SHEEP, 110)),
        "aa-1",
    ));
    let facts = fold(&[&d.a, &d.b, &r1, &r2]);
    assert_eq!(
        held(&facts),
        [110],
        "by the place in the server's chain, not by decision id"
    );
    let resolutions = facts.resolutions(&cycle());
    let in_force: Vec<bool> = resolutions[SHEEP].iter().map(|r| r.in_force).collect();
    assert_eq!(in_force, [false, true]);
    let (r3, _) = d
        .server
        .say(resolve(SHEEP, &both, Picked::Entry(b.clone()), "aa-2"));
    assert_eq!(
        held(&fold(&[&d.a, &d.b, &r1, &r2, &r3])),
        [120],
        "the third visit's value falls too"
    );
    let found = &facts.held(&cycle())[SHEEP][0];
    assert_eq!(
        (found.source, found.officer.as_str()),
        (Source::Decision, "reviewer-1")
    );
}

#[test]
fn an_official_correction_ends_a_dispute_and_brings_no_other_value_back() {
    let mut d = disagreement(100, 120);
    let (a, b) = (d.a.entry_id(0), d.b.entry_id(0));
    let (r, _) = d
        .server
        .say(resolve(SHEEP, &[&a, &b], Picked::Entry(b.clone()), "dec-1"));
    let (c, _) = d.server.say(correct_officially(SHEEP, &[&b], Some(80)));
    let facts = fold(&[&d.a, &d.b, &r, &c]);
    assert_eq!(held(&facts), [80]);
    assert!(facts.conflicts(&cycle()).is_empty());
    let (erased, _) = d.server.say(correct_officially(SHEEP, &[&a, &b], None));
    let values = fold(&[&d.a, &d.b, &erased]).facts(&cycle()).values;
    assert_eq!(values[SHEEP].state, State::Unknown);
    let late = Writer::new("d3", "o3").write(vec![observe(SHEEP, 130)]);
    assert_eq!(
        held(&fold(&[&d.a, &d.b, &r, &c, &late])),
        [130, 80],
        "a late finding is not hidden"
    );
}

#[test]
fn a_register_disagrees_with_an_officer_like_anybody_else() {
    let mut server = Writer::new("server", "system");
    let (old, new) = (
        server.write(vec![import(SHEEP, 80)]),
        server.write(vec![import(SHEEP, 90)]),
    );
    let officer = Writer::new("d1", "o1").write(vec![observe(SHEEP, 100)]);
    let facts = fold(&[&old, &new, &officer]);
    assert_eq!(
        numbers(Some(&facts.conflicts(&cycle())[0].values)),
        [100, 90]
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
fn a_quarantined_envelope_keeps_its_place_but_says_nothing() {
    let mut o1 = Writer::new("d1", "o1");
    let (a, b) = (
        o1.write(vec![observe(SHEEP, 1)]),
        o1.write(vec![observe(SHEEP, 2)]),
    );
    let mut facts = FileFacts::default();
    facts.apply(&a);
    facts.apply_quarantined(&b);
    assert_eq!(live(&facts), [1]);
    let links = facts.links(&id("d1"), 0);
    assert_eq!(
        (links.deps, links.start_op),
        (vec![b.at.clone()], 5),
        "the next one builds on it"
    );
    facts.apply(&b);
    facts.apply_quarantined(&b);
    assert_eq!(live(&facts), [2], "a decision let it count");
    assert_eq!(facts, fold(&[&a, &b]));
}

#[test]
fn of_two_claims_to_one_place_the_same_wins_in_every_order() {
    let mut copied = Writer::new("d1", "o1");
    let a = copied.clone().write(vec![observe(SHEEP, 1)]);
    let b = copied.write(vec![observe(SHEEP, 2)]);
    assert_eq!(fold(&[&a, &b]), fold(&[&b, &a]));
    assert_eq!(live(&fold(&[&a, &b])).len(), 1);
}

#[test]
fn the_next_envelope_depends_on_every_head_it_knows_and_on_nothing_older() {
    let mut d = disagreement(1, 2);
    let own = d.o1.known.links(&id("d1"), 0);
    assert_eq!((own.deps, own.start_op), (vec![d.a.at.clone()], 4));
    d.o1.hear(&d.b);
    let merged = d.o1.write(vec![observe(SHEEP, 3), observe(SHEEP, 4)]);
    let body = body_of(&merged);
    assert_eq!(
        (&body.deps, body.start_op),
        (&vec![d.a.at.clone(), d.b.at.clone()], 4)
    );
    d.o2.hear(&d.a);
    d.o2.hear(&merged);
    let links = d.o2.known.links(&id("d3"), 0);
    assert_eq!((links.deps, links.start_op), (vec![merged.at.clone()], 6));
    let links = d.o2.known.links(&id("d2"), 0);
    assert_eq!(
        links.deps,
        [merged.at.clone(), d.b.at.clone()],
        "and always on its own newest"
    );
    assert_eq!(causality::check_start(body, Some(3), [3, 3]), Ok(()));
    assert!(
        causality::check_start(body, Some(4), [3, 3]).is_err(),
        "an operation twice"
    );
    assert!(causality::check_start(body, None, [4, 3]).is_err());
    assert_eq!(causality::start_op([]), 3, "after the first change");
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
fn two_files_of_one_campaign_are_read_as_one() {
    let d = disagreement(1, 2);
    let (mut old, new) = (fold(&[&d.a]), fold(&[&d.b]));
    old.join(&new);
    old.join(&new);
    assert_eq!(old, fold(&[&d.a, &d.b]));
}

#[test]
fn a_projection_survives_the_database_and_the_screen() {
    let d = disagreement(1, 2);
    let facts = fold(&[&d.a, &d.b]);
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<FileFacts>(&json).unwrap(), facts);
    assert_ne!(facts.digest(), fold(&[&d.a]).digest());
    assert_eq!(
        facts.entry(&d.a.entry_id(0)).unwrap().officer.as_str(),
        "o1"
    );
    assert!(facts.entry(&d.a.entry_id(1)).is_none());
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
