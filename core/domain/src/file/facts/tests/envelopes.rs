//! Envelopes in the facts: their places, what they build on, and how the whole is kept.

use super::{SHEEP, disagreement, fold, live};
use crate::file::facts::*;
use crate::file::sample::*;

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
