//! What was set aside: people decide about it, or what it lacked arrives; nothing of it is lost and
//! nothing waits for it.

use itgel_domain::case::{CaseState, Role};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::{Correction, Entry, EntryId};
use itgel_domain::file::envelope::{Ballot, Body, GroupReview};
use itgel_domain::hash::Hash;
use itgel_domain::item::Observation;
use itgel_domain::policy::Actor;
use itgel_domain::sync::pull::PullItem;
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::quarantine::Outcome;
use itgel_server::jobs;
use itgel_server::quarantine::{self, DecideRequest, QuarantineLine, QuarantineQuery};
use itgel_server::store::device::DeviceStatus;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::quarantine::Order;
use itgel_server::{ServiceError, auth, ingest, registers, setup, store};
use jiff::civil::date;

use super::bad_input::{append_changed, quarantined};
use super::phone::{NUMBER, Phone, int, observation, observed};
use super::pulls::pull_all;
use super::world::{GACHA, NEIGHBOUR, TOWNSHIP, World, code, cycle, household, subject};

/// A reviewer of the sumu.
pub(crate) fn reviewer(world: &World, name: &str) -> Actor {
    world.phone_of(name, name, TOWNSHIP, Role::Reviewer);
    actor(world, name)
}

fn actor(world: &World, name: &str) -> Actor {
    let officer = name.parse().unwrap();
    let read = world
        .service
        .store
        .read(|c| auth::officer_actor(c, &officer));
    read.unwrap()
}

fn at(phone: &Phone, seq: u64) -> ChainRef {
    ChainRef {
        seq,
        ..phone.next_place()
    }
}

fn words(reason: &str) -> DecideRequest {
    DecideRequest {
        reason: reason.to_owned(),
    }
}

pub(crate) fn release(
    world: &World,
    by: &Actor,
    id: &ChainRef,
) -> Result<QuarantineLine, ServiceError> {
    let (by, id) = (by.clone(), id.clone());
    world.service.transact("test", move |s, tx| {
        quarantine::release(s, tx, &by, (&id, &words("核对过原始记录")), s.now())
    })
}

pub(crate) fn reject(
    world: &World,
    by: &Actor,
    id: &ChainRef,
) -> Result<QuarantineLine, ServiceError> {
    let (by, id) = (by.clone(), id.clone());
    world.service.transact("test", move |s, tx| {
        quarantine::reject(s, tx, &by, (&id, &words("日期写错了，请更正")), s.now())
    })
}

fn code_of<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> ErrorCode {
    match result {
        Err(ServiceError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

fn query(division: &str) -> QuarantineQuery {
    QuarantineQuery {
        division: code(division),
        all: false,
        reason: None,
        device: None,
        officer: None,
        subject: None,
        order: Order::Oldest,
        cursor: None,
        limit: None,
    }
}

fn listed(world: &World, by: &Actor, query: &QuarantineQuery) -> Vec<QuarantineLine> {
    let bounds = (world.now(), 100);
    let read = world
        .service
        .store
        .read(|c| quarantine::list(c, by, query, bounds));
    read.unwrap().0
}

/// Writes sheep that were counted on a day which has not come, and a correction of it.
fn future_and_correction(phone: &mut Phone) {
    let future = Observation {
        observed_on: date(2026, 11, 9),
        ..int("herd.sheep", 5)
    };
    append_changed(phone, vec![observation(future)], |_| {});
    let corrects = EntryId {
        at: at(phone, 1),
        index: 0,
    };
    let correction = Entry::Correction(Correction {
        corrects,
        cycle: cycle(),
        observation: int("herd.sheep", 6),
        reason: "typo".into(),
    });
    append_changed(phone, vec![correction], |_| {});
}

fn value(world: &World, id: &str) -> Vec<Observation> {
    let facts = world.facts(id);
    let live = facts.live(&cycle());
    live.into_values()
        .flatten()
        .map(|v| v.observation)
        .collect()
}

#[test]
fn what_was_released_counts_and_what_waited_for_it_follows() {
    let world = World::new();
    let (mut phone, mut other) = (world.phone("o1"), world.phone("o2"));
    let by = reviewer(&world, "r1");
    future_and_correction(&mut phone);
    phone.write_sheep("hh-2", 9);
    let verdicts = world.push_all(&phone, 1..=3);
    assert_eq!(
        verdicts,
        [
            quarantined(ErrorCode::ObservedOutOfTime),
            quarantined(ErrorCode::EnvelopeBlocked),
            Verdict::Accepted
        ]
    );
    pull_all(&world, &mut other);
    other.write_sheep("hh-1", 7);
    assert!(
        world.push_all(&other, 1..=1)[0].is_received(),
        "no peer waits"
    );
    let lines = listed(&world, &by, &query(TOWNSHIP));
    let ids: Vec<_> = lines.iter().map(|line| line.row.at.seq).collect();
    assert_eq!(ids, [1, 2]);
    assert!(lines[0].can_be_released && !lines[1].can_be_released);

    let line = release(&world, &by, &at(&phone, 1)).unwrap();
    assert_eq!(line.row.outcome, Some(Outcome::Released));
    assert!(listed(&world, &by, &query(TOWNSHIP)).is_empty());
    let again = world.push_all(&phone, 1..=3);
    assert!(
        again.iter().all(Verdict::is_received),
        "the receipt is green now: {again:?}"
    );
    let values = value(&world, "hh-1");
    assert!(
        values.contains(&int("herd.sheep", 6)),
        "the correction: {values:?}"
    );
    assert_eq!(world.audited("quarantine.released").len(), 1);
    // The devices of the gacha learn that both count now.
    pull_all(&world, &mut other);
    let file = super::phone::file("hh-1");
    assert_eq!(other.files[&file].digest(), world.facts("hh-1").digest());
}

#[test]
fn what_was_rejected_stays_as_evidence_and_its_officer_alone_is_told_why() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let by = reviewer(&world, "r1");
    future_and_correction(&mut phone);
    let before = world.push_all(&phone, 1..=2);
    let line = reject(&world, &by, &at(&phone, 1)).unwrap();
    assert_eq!(line.row.outcome, Some(Outcome::Rejected));
    assert_eq!(world.push_all(&phone, 1..=2), before, "the verdicts stay");
    assert!(value(&world, "hh-1").is_empty());
    assert_eq!(
        code_of(release(&world, &by, &at(&phone, 1))),
        ErrorCode::QuarantineDecided
    );
    let items = world.read(|c| store::list::list(c, code(GACHA), 0, 1_000));
    let tasks: Vec<_> = items
        .into_iter()
        .filter_map(|row| match row.content {
            store::list::Content::Item(bytes) => minicbor::decode::<PullItem>(&bytes).ok(),
            _ => None,
        })
        .filter_map(|item| match item {
            PullItem::Task(task) => Some(task),
            _ => None,
        })
        .collect();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].officer, Some("o1".parse().unwrap()));
    assert!(
        tasks[0].text.contains("日期写错了，请更正"),
        "{}",
        tasks[0].text
    );
    // He writes it again as it should be; nothing stands in the way.
    phone.write_sheep("hh-1", 8);
    assert!(world.push_all(&phone, 3..=3)[0].is_received());
    assert_eq!(value(&world, "hh-1"), [int("herd.sheep", 8)]);
}

#[test]
fn nobody_decides_about_the_own_work_elsewhere_or_twice() {
    let world = World::new();
    let mut phone = world.phone_of("o1", "o1", GACHA, Role::Collector);
    future_and_correction(&mut phone);
    world.push_all(&phone, 1..=2);
    let first = at(&phone, 1);
    // The author has become a reviewer.
    world.phone_of("desk", "o1", TOWNSHIP, Role::Reviewer);
    let author = actor(&world, "o1");
    assert_eq!(
        code_of(release(&world, &author, &first)),
        ErrorCode::ActedBefore
    );
    world.phone_of("r2", "r2", NEIGHBOUR, Role::Reviewer);
    let elsewhere = actor(&world, "r2");
    assert_eq!(
        code_of(release(&world, &elsewhere, &first)),
        ErrorCode::QuarantineUnknown
    );
    let collector = {
        world.phone("o3");
        actor(&world, "o3")
    };
    assert_eq!(
        code_of(reject(&world, &collector, &first)),
        ErrorCode::NotAllowed
    );
    let by = reviewer(&world, "r1");
    let nameless = by.clone();
    let id = first.clone();
    let wordless = world.service.transact("test", move |s, tx| {
        quarantine::reject(s, tx, &nameless, (&id, &words(" ")), s.now())
    });
    assert_eq!(code_of(wordless), ErrorCode::CaseReason);
    assert_eq!(
        code_of(release(&world, &by, &at(&phone, 2))),
        ErrorCode::QuarantineFirm,
        "it waits for the first"
    );
    release(&world, &by, &first).unwrap();
    assert_eq!(
        code_of(reject(&world, &by, &first)),
        ErrorCode::QuarantineDecided
    );
    assert_eq!(
        code_of(reject(&world, &by, &at(&phone, 9))),
        ErrorCode::QuarantineUnknown
    );
}

#[test]
fn letting_one_thing_pass_lets_no_other_pass_with_it() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let by = reviewer(&world, "r1");
    // Outside the own gacha, and a kind of entry that only the server may write.
    let forged = match observed("herd.sheep", 1) {
        Entry::Observation(entry) => Entry::Import(entry),
        other => other,
    };
    let envelope = phone.envelope(Body::File(phone.body("hh-9", vec![forged])));
    phone.append(&envelope);
    assert_eq!(
        world.push_all(&phone, 1..=1),
        [quarantined(ErrorCode::ScopeOutside)]
    );
    let line = release(&world, &by, &at(&phone, 1)).unwrap();
    assert_eq!(
        (line.row.outcome, line.row.reason),
        (None, ErrorCode::EntryForbidden)
    );
    assert_eq!(
        code_of(release(&world, &by, &at(&phone, 1))),
        ErrorCode::QuarantineFirm
    );
    assert!(value(&world, "hh-9").is_empty());
    assert_eq!(
        world.push_all(&phone, 1..=1),
        [quarantined(ErrorCode::EntryForbidden)]
    );
}

#[test]
fn what_a_revoked_device_still_sent_can_be_released() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let by = reviewer(&world, "r1");
    let device = phone.device.id.clone();
    world.write(move |_, tx| {
        Ok(store::device::set_status(
            tx,
            &device,
            DeviceStatus::Revoked,
        )?)
    });
    phone.identify("hh-1", NUMBER, Vec::new());
    phone.write_sheep("hh-1", 10);
    world.push_all(&phone, 1..=2);
    for seq in 1..=2 {
        let line = release(&world, &by, &at(&phone, seq)).unwrap();
        assert_eq!(line.row.outcome, Some(Outcome::Released), "{seq}");
    }
    assert_eq!(value(&world, "hh-1"), [int("herd.sheep", 10)]);
    let current = world.read(|c| store::identity::list_current(c, &"hh-1".parse().unwrap()));
    assert_eq!(current.len(), 1, "the identity counts as well");
}

#[test]
fn what_came_before_its_subject_counts_when_the_subject_comes() {
    let world = World::new();
    let (mut phone, mut other) = (world.phone("o1"), world.phone("o2"));
    phone.write_sheep("hh-7", 10);
    phone.identify("hh-7", NUMBER, Vec::new());
    phone.write("hh-7", vec![observed("herd.goat", 3)]);
    let unknown = quarantined(ErrorCode::SubjectUnknown);
    assert_eq!(
        world.push_all(&phone, 1..=3),
        [unknown.clone(), unknown.clone(), unknown]
    );
    world.write(|service, tx| registers::put_subject(service, tx, &household("hh-7", GACHA)));
    assert!(value(&world, "hh-7").is_empty(), "the job has not run");
    assert_eq!(jobs::run_due(&world.service).unwrap(), 1);
    assert_eq!(value(&world, "hh-7").len(), 2);
    assert!(
        world
            .push_all(&phone, 1..=3)
            .iter()
            .all(Verdict::is_received)
    );
    let by = reviewer(&world, "r1");
    let mut all = query(TOWNSHIP);
    all.all = true;
    let outcomes: Vec<_> = listed(&world, &by, &all)
        .iter()
        .map(|l| l.row.outcome)
        .collect();
    assert_eq!(outcomes, [Some(Outcome::Arrived); 3]);
    pull_all(&world, &mut other);
    let file = super::phone::file("hh-7");
    assert_eq!(other.files[&file].digest(), world.facts("hh-7").digest());
}

#[test]
fn what_came_before_its_officer_was_assigned_counts_when_he_is() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-9", 10);
    assert_eq!(
        world.push_all(&phone, 1..=1),
        [quarantined(ErrorCode::ScopeOutside)]
    );
    world.write(|_, tx| {
        let officer = store::officer::get(tx, &"o1".parse().unwrap())?.unwrap();
        setup::add_officer(tx, &officer, &[(Role::Collector, code(NEIGHBOUR))])
    });
    assert_eq!(jobs::run_due(&world.service).unwrap(), 1);
    assert_eq!(value(&world, "hh-9"), [int("herd.sheep", 10)]);
}

#[test]
fn a_ballot_that_came_before_its_evaluator_was_entered_counts_when_he_is() {
    let world = World::new();
    let mut collector = world.phone("o1");
    collector.visit("hh-1", &[], None);
    // On a device that is handed round: nobody but the service knows whose ballot it is.
    let ballot = Ballot {
        subject: subject("hh-1"),
        cycle: cycle(),
        evaluator: "e1".parse().unwrap(),
        scores: [4, 5, 4, 5],
    };
    collector.append(&collector.envelope(Body::Ballot(ballot.clone())));
    let verdicts = world.push_all(&collector, 1..=2);
    assert_eq!(verdicts[1], quarantined(ErrorCode::EvaluatorUnlisted));
    let has_voted = || world.read(|c| store::ballot::has_voted(c, &ballot));
    let enter = |id: &str, place: &str| {
        let (id, place) = (id.to_owned(), code(place));
        world.write(move |_, tx| {
            let person = OfficerRecord {
                id: id.parse().unwrap(),
                name: id,
                division: place,
            };
            setup::add_officer(tx, &person, &[(Role::Evaluator, place)])
        });
        while jobs::run_due(&world.service).unwrap() > 0 {}
    };
    // Somebody else on the roll, and the same person elsewhere, change nothing.
    enter("e2", GACHA);
    enter("e1", NEIGHBOUR);
    assert!(!has_voted());
    enter("e1", GACHA);
    assert!(has_voted());
    let verdict = world.push_all(&collector, 2..=2);
    assert!(verdict[0].is_received(), "{verdict:?}");
    let by = reviewer(&world, "r1");
    assert!(listed(&world, &by, &query(TOWNSHIP)).is_empty());
}

#[test]
fn a_review_that_came_before_its_author_was_of_the_group_counts_when_he_is() {
    let world = World::new();
    let mut collector = world.phone("o1");
    collector.visit("hh-1", &[], None);
    world.push_all(&collector, 1..=1);
    let mut group = world.phone("g1");
    let review = GroupReview {
        subject: subject("hh-1"),
        cycle: cycle(),
        assessment: Hash::of_file(b"what the group saw"),
        returned_for: Some("羊数与实际不符（示例）".into()),
    };
    group.append(&group.envelope(Body::Review(review)));
    let verdicts = world.push_all(&group, 1..=1);
    assert_eq!(verdicts, [quarantined(ErrorCode::GroupUnlisted)]);
    let state = || {
        let case = world.read(|c| store::case::get_of(c, &subject("hh-1"), &cycle()));
        case.unwrap().case.state()
    };
    assert_eq!(state(), CaseState::Submitted);
    world.write(|_, tx| {
        let officer = store::officer::get(tx, &"g1".parse().unwrap())?.unwrap();
        setup::add_officer(tx, &officer, &[(Role::VillageGroup, code(GACHA))])
    });
    while jobs::run_due(&world.service).unwrap() > 0 {}
    assert_eq!(state(), CaseState::Returned);
    assert!(world.push_all(&group, 1..=1)[0].is_received());
}

#[test]
fn what_came_before_what_it_builds_on_counts_when_that_comes() {
    let world = World::new();
    let (mut first, mut second) = (world.phone("o1"), world.phone("o2"));
    first.write_sheep("hh-1", 10);
    // The second phone knows the first one's envelope before the server does: by cable.
    second.files = first.files.clone();
    second.write("hh-1", vec![observed("herd.goat", 3)]);
    second.write("hh-1", vec![observed("herd.goat", 4)]);
    let verdicts = world.push_all(&second, 1..=2);
    assert_eq!(verdicts[0], quarantined(ErrorCode::EnvelopeUnknownDep));
    assert_eq!(verdicts[1], quarantined(ErrorCode::EnvelopeBlocked));
    assert_eq!(world.push_all(&first, 1..=1), [Verdict::Accepted]);
    assert!(
        world
            .push_all(&second, 1..=2)
            .iter()
            .all(Verdict::is_received)
    );
    assert_eq!(
        world.facts("hh-1").digest(),
        second.files[&super::phone::file("hh-1")].digest()
    );
}

#[test]
fn the_list_is_searched_ordered_and_paged() {
    let world = World::new();
    let by = reviewer(&world, "r1");
    let mut phone = world.phone("o1");
    for heads in 0..5 {
        phone.write_sheep("hh-9", heads);
        world.pass_ms(1_000);
        let last = phone.chain.len() as u64;
        world.push_all(&phone, last..=last);
    }
    let mut asked = query(NEIGHBOUR);
    asked.order = Order::Newest;
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let bounds = (world.now(), 2);
        let read = world
            .service
            .store
            .read(|c| quarantine::list(c, &by, &asked, bounds));
        let (lines, next) = read.unwrap();
        pages += 1;
        seen.extend(lines.into_iter().map(|line| line.row.at.seq));
        asked.cursor = next;
        if asked.cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen, pages), (vec![5, 4, 3, 2, 1], 3));
    asked.order = Order::Oldest;
    asked.reason = Some(ErrorCode::DeviceRevoked);
    assert!(listed(&world, &by, &asked).is_empty());
    asked.reason = Some(ErrorCode::ScopeOutside);
    asked.officer = Some("o1".parse().unwrap());
    assert_eq!(listed(&world, &by, &asked).len(), 5);
    assert!(listed(&world, &by, &query(GACHA)).is_empty());
    let line = &listed(&world, &by, &asked)[0];
    assert_eq!(line.waits_ms, 4_000);
}

#[test]
fn sec_t35_a_full_quarantine_refuses_its_own_device_alone_and_loses_nothing() {
    let world = World::new();
    let (mut flooder, mut honest) = (world.phone("o1"), world.phone("o2"));
    // As many as may wait, noted as if they had come before.
    let device = flooder.device.id.clone();
    world.write(move |_, tx| {
        for seq in 1..=ingest::MAX_ASIDE {
            let row = store::quarantine::QuarantineRow {
                at: ChainRef {
                    device: device.clone(),
                    incarnation: 9,
                    seq,
                },
                subject: "hh-9".parse().unwrap(),
                file: None,
                division: code(NEIGHBOUR),
                officer: "o1".parse().unwrap(),
                reason: ErrorCode::ScopeOutside,
                waived: Vec::new(),
                bytes: 200,
                since: itgel_domain::time::AtMs(0),
                outcome: None,
                decided_by: None,
                decided_at: None,
                words: None,
            };
            store::quarantine::put(tx, &row)?;
        }
        Ok(())
    });
    flooder.write_sheep("hh-9", 1);
    let refused = ingest::push(&world.service, &flooder.device, flooder.page(1..=1));
    assert_eq!(code_of(refused), ErrorCode::QuarantineFull);
    let kept = world.read(|c| store::envelope::get(c, &at(&flooder, 1)));
    assert!(kept.is_none(), "without a receipt it stays on the device");
    honest.write_sheep("hh-1", 1);
    assert_eq!(world.push_all(&honest, 1..=1), [Verdict::Accepted]);
    // A decision makes room.
    let by = reviewer(&world, "r1");
    let device = flooder.device.id.clone();
    world.write(move |_, tx| {
        let at = ChainRef {
            device,
            incarnation: 9,
            seq: 1,
        };
        let decided = store::quarantine::Decided {
            outcome: Outcome::Rejected,
            by: Some(&by.officer),
            at: itgel_domain::time::AtMs(1),
            words: None,
        };
        Ok(store::quarantine::decide(tx, &at, &decided)?)
    });
    assert_eq!(
        world.push_all(&flooder, 1..=1),
        [quarantined(ErrorCode::ScopeOutside)]
    );
}
