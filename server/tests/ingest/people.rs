//! Identities and ballots.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Ballot, Body};
use itgel_domain::identity::Registration;
use itgel_domain::sync::push::Verdict;
use itgel_server::{contents, store};

use super::phone::{NUMBER, Phone};
use super::world::{GACHA, World, code, cycle, subject};

#[test]
fn an_identity_is_kept_sealed_and_found_by_its_number() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.identify("hh-1", NUMBER, Vec::new());
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    let known = world
        .service
        .store
        .read(|c| contents::identity(&world.service, c, &subject("hh-1")));
    assert_eq!(known.unwrap().unwrap(), phone.identities[0].record);
    let rows = world.read(|c| store::identity::list_current(c, &subject("hh-1")));
    let sealed = &rows[0].sealed;
    assert!(
        !sealed.windows(9).any(|w| w == "巴特尔".as_bytes()),
        "the name is not in clear"
    );
    let index = world.service.keys.blind_id.index(NUMBER);
    let found = world.read(|c| store::identity::list_by_blind_id(c, &index));
    assert_eq!(found, [subject("hh-1")]);
}

#[test]
fn concurrent_versions_are_both_kept_and_a_newer_one_replaces_what_it_knew() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    let a = mine.identify("hh-1", NUMBER, Vec::new());
    let b = theirs.identify("hh-1", NUMBER, Vec::new());
    world.push_all(&mine, 1..=1);
    world.push_all(&theirs, 1..=1);
    let current = || {
        let rows = world.read(|c| store::identity::list_current(c, &subject("hh-1")));
        rows.into_iter()
            .map(|row| row.commitment)
            .collect::<Vec<_>>()
    };
    let mut both = vec![a, b];
    both.sort();
    assert_eq!(current(), both);
    let merged = mine.identify("hh-1", NUMBER, vec![a, b]);
    world.push_all(&mine, 2..=2);
    assert_eq!(current(), [merged]);
}

#[test]
fn the_same_number_under_two_subjects_is_for_a_person_to_look_at() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.identify("hh-1", NUMBER, Vec::new());
    phone.identify("hh-2", NUMBER, Vec::new());
    let verdicts = world.push_all(&phone, 1..=2);
    assert_eq!(
        verdicts,
        [Verdict::Accepted, Verdict::Accepted],
        "never merged, never refused"
    );
    let noted = world.audited("identity.duplicate_candidate");
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].resource, "subject/hh-2");
    assert!(!noted[0].detail.to_string().contains(NUMBER));
}

fn registration(gacha: &str) -> Registration {
    Registration {
        division: code(gacha),
        local_code: "新-01".into(),
        unlike: vec![subject("hh-1")],
        reason: "同名，不是一家（示例）".into(),
    }
}

#[test]
fn a_household_that_an_officer_registered_at_the_door_is_known_with_everything_behind_it() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let commitment = phone.register("hh-new", NUMBER, registration(GACHA));
    phone.write_sheep("hh-new", 300);
    let accepted = [Verdict::Accepted, Verdict::Accepted];
    assert_eq!(world.push_all(&phone, 1..=2), accepted);
    let known = world.read(|c| store::subject::get(c, &subject("hh-new")));
    let known = known.unwrap();
    assert_eq!(
        (known.division, known.local_code.as_str()),
        (code(GACHA), "新-01")
    );
    let current = world.read(|c| store::identity::list_current(c, &subject("hh-new")));
    assert_eq!(current[0].commitment, commitment);
    let noted = world.audited("subject.registered");
    assert_eq!(noted[0].detail["unlike"][0], "hh-1");
    assert!(
        !noted[0].detail.to_string().contains("同名"),
        "the reason stays with the people"
    );
    assert_eq!(
        world.push_all(&phone, 1..=2),
        accepted,
        "sent twice, registered once"
    );
    assert_eq!(world.audited("subject.registered").len(), 1);
}

#[test]
fn nobody_registers_a_household_where_they_do_not_work_or_without_saying_why_it_is_another() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.register("hh-far", NUMBER, registration("150623200299"));
    let silent = Registration {
        reason: " ".into(),
        ..registration(GACHA)
    };
    phone.register("hh-silent", NUMBER, silent);
    let verdicts = world.push_all(&phone, 1..=2);
    assert!(
        verdicts.iter().all(|verdict| !verdict.counts()),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[1], Verdict::Quarantined(ErrorCode::ValueMissing));
    for id in ["hh-far", "hh-silent"] {
        assert!(
            world
                .read(|c| store::subject::get(c, &subject(id)))
                .is_none()
        );
    }
}

#[test]
fn a_number_that_does_not_check_waits_for_a_person() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.identify("hh-1", "110105194912310021", Vec::new());
    let verdict = Verdict::Quarantined(ErrorCode::PersonIdInvalid);
    assert_eq!(world.push_all(&phone, 1..=1), [verdict]);
    assert!(
        world
            .read(|c| store::identity::list_current(c, &subject("hh-1")))
            .is_empty()
    );
    let commitment = match itgel_domain::file::envelope::Envelope::from_bytes(&phone.chain[0])
        .unwrap()
        .body
    {
        Body::Identity(commitment) => commitment.commitment,
        _ => unreachable!("an identity"),
    };
    let kept = world.read(|c| store::identity::get(c, &subject("hh-1"), &commitment));
    assert!(kept.is_some(), "the record is not lost");
}

#[test]
fn a_record_that_comes_later_than_its_commitment_still_counts() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.identify("hh-1", NUMBER, Vec::new());
    let mut without = phone.page(1..=1);
    without.identities.clear();
    let answer = world.push(&phone, without);
    assert_eq!(
        answer.verdict(1),
        Some(Verdict::Quarantined(ErrorCode::EntryUnknown))
    );
    let mut other = phone.page(1..=1);
    other.identities[0].record.people[0].full_name = "别人".into();
    let answer = world.push(&phone, other);
    assert_eq!(
        answer.verdict(1),
        Some(Verdict::Quarantined(ErrorCode::EntryUnknown)),
        "not what was committed to"
    );
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
}

pub(crate) fn ballot(phone: &mut Phone, scores: [u8; 4]) -> u64 {
    let evaluator = phone.device.officer.clone();
    let ballot = Ballot {
        subject: subject("hh-1"),
        cycle: cycle(),
        evaluator,
        scores,
    };
    phone.append(&phone.envelope(Body::Ballot(ballot)))
}

#[test]
fn five_ballots_make_a_result_and_none_of_them_is_shown() {
    let world = World::new();
    super::standings::put_basics(&world, &["hh-1"]);
    let mut collector = world.phone("o1");
    collector.identify("hh-1", NUMBER, Vec::new());
    collector.visit("hh-1", &[], None);
    world.push_all(&collector, 1..=2);
    let pending = world.standing("hh-1").unwrap();
    assert_ne!(
        pending.grade_low, pending.grade_high,
        "the evaluation is still to come"
    );
    assert_eq!(world.board(GACHA).open, 1);
    for n in 1..=5 {
        let name = format!("e{n}");
        let mut evaluator = world.phone_of(&name, &name, GACHA, Role::Evaluator);
        ballot(&mut evaluator, [4, 5, 4, 5]);
        assert_eq!(
            world.push_all(&evaluator, 1..=1),
            [Verdict::Accepted],
            "{name}"
        );
        let again = ballot(&mut evaluator, [1, 1, 1, 1]);
        let verdict = Verdict::Quarantined(ErrorCode::ActedBefore);
        assert_eq!(
            world.push_all(&evaluator, again..=again),
            [verdict],
            "one vote each"
        );
    }
    let standing = world.standing("hh-1").unwrap();
    assert!(standing.grade_low.is_some());
    assert_eq!(standing.grade_low, standing.grade_high, "no range any more");
    assert_eq!(world.board(GACHA).open, 0);
    let end = world.read(|c| store::list::end(c, GACHA.parse().unwrap()));
    let rows = world.read(|c| store::list::list(c, GACHA.parse().unwrap(), 0, 1_000));
    assert_eq!(rows.len() as u64, end.position);
    let envelopes = rows.iter().filter(|row| row.kind == 0).count();
    assert_eq!(envelopes, 1, "the visit, and no ballot");
}

#[test]
fn a_ballot_that_a_phone_sends_again_after_it_was_put_back_is_no_second_vote() {
    let world = World::new();
    super::standings::put_basics(&world, &["hh-1"]);
    let mut phone = world.phone_of("e1", "e1", GACHA, Role::Evaluator);
    ballot(&mut phone, [4, 5, 4, 5]);
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    let means = || world.read(|c| store::ballot::list_means(c, &subject("hh-1"), &cycle()));
    let counted = means();
    (phone.incarnation, phone.chain) = (1, Vec::new());
    ballot(&mut phone, [4, 5, 4, 5]);
    assert_eq!(world.push_all(&phone, 1..=1), [Verdict::Accepted]);
    assert_eq!(means(), counted, "it counts once");
    // Other scores are another vote, and so is the same from another device.
    let acted = [Verdict::Quarantined(ErrorCode::ActedBefore)];
    ballot(&mut phone, [4, 5, 4, 4]);
    assert_eq!(world.push_all(&phone, 2..=2), acted);
    let mut other = world.phone_of("e1-2", "e1", GACHA, Role::Evaluator);
    ballot(&mut other, [4, 5, 4, 5]);
    assert_eq!(world.push_all(&other, 1..=1), acted);
    assert_eq!(means(), counted);
}

#[test]
fn a_collector_does_not_evaluate() {
    let world = World::new();
    let mut phone = world.phone("o1");
    ballot(&mut phone, [5, 5, 5, 5]);
    let verdict = Verdict::Quarantined(ErrorCode::NotAllowed);
    assert_eq!(world.push_all(&phone, 1..=1), [verdict]);
}
