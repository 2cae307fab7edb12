//! What settles values that disagree: decisions, official corrections, and what opens them again.

use super::{SHEEP, disagreement, fold, held, live, numbers};
use crate::file::entry::Picked;
use crate::file::facts::value::Source;
use crate::file::sample::*;
use crate::item::State;

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
