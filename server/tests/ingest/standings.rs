//! From envelopes to standings, conflicts and boards.

use itgel_domain::file::entry::{Entry, Picked, Resolution};
use itgel_domain::id::{DecisionId, RowId};
use itgel_domain::item::Observation;
use itgel_domain::register::{
    Centi, CreditRecord, CreditStatus, Quota, RegisterContent, RegisterRow, Season,
};
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_server::store::board::Counts;
use itgel_server::{fold, ingest, jobs, registers, store};
use jiff::civil::date;

use super::phone::{NUMBER, int, observation, observed};
use super::pulls::pull_all;
use super::world::{BANNER, GACHA, NEIGHBOUR, TOWNSHIP, World, code, cycle, household, subject};

fn row(id: u8, content: RegisterContent, about: Option<&str>) -> RegisterRow {
    RegisterRow {
        id: RowId::from_random([id; 16]),
        division: code(if about.is_some() { GACHA } else { BANNER }),
        subject: about.map(subject),
        key: String::new(),
        revision: 1,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        source: "示例".into(),
        content,
    }
}

fn quota() -> RegisterContent {
    RegisterContent::Quota(Quota {
        plot: None,
        season: Season::Year,
        valid_from: date(2026, 1, 1),
        valid_to: None,
        mu_per_su: Centi(2_000),
        before_disaster: None,
    })
}

fn credit() -> RegisterContent {
    RegisterContent::Credit(CreditRecord {
        status: CreditStatus::Known,
        first_loan_on: Some(date(2018, 10, 20)),
        ..CreditRecord::default()
    })
}

/// The rows without which a household is not rated.
pub(crate) fn put_basics(world: &World, subjects: &[&str]) {
    put(world, row(1, quota(), None));
    for (n, id) in (2..).zip(subjects) {
        put(world, row(n, credit(), Some(id)));
    }
}

fn put(world: &World, row: RegisterRow) {
    world.write(move |service, tx| registers::put(service, tx, &row, "o9", service.now()));
}

#[test]
fn device_and_server_compute_the_same_from_the_same_rows() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let mut phone = world.phone("o1");
    pull_all(&world, &mut phone);
    assert_eq!(phone.rows.len(), 2);
    phone.identify("hh-1", NUMBER, Vec::new());
    let visit = phone.visit("hh-1", &[], None);
    world.push_all(&phone, 1..=1);
    // A row that comes after the device's last pull changes nothing for the comparison.
    let gone = RegisterRow {
        valid_to: Some(date(2026, 6, 30)),
        ..row(3, credit(), Some("hh-1"))
    };
    put(&world, gone);
    let verdicts = world.push_all(&phone, visit..=visit);
    assert_eq!(
        verdicts,
        [Verdict::AcceptedFlagged(vec![Flag::DrawnSignature])]
    );
    assert!(world.audited("alarm.assessment_differs").is_empty());
}

#[test]
fn a_seal_that_computed_something_else_raises_an_alarm() {
    let world = World::new();
    put(&world, row(1, quota(), None));
    let mut phone = world.phone("o1");
    pull_all(&world, &mut phone);
    phone.rows.clear();
    let visit = phone.visit("hh-1", &[], None);
    let verdicts = world.push_all(&phone, visit..=visit);
    let flags = vec![Flag::DrawnSignature, Flag::AssessmentDiffers];
    assert_eq!(
        verdicts,
        [Verdict::AcceptedFlagged(flags)],
        "received all the same"
    );
    assert_eq!(world.audited("alarm.assessment_differs").len(), 1);
}

#[test]
fn what_was_set_aside_before_its_device_heard_of_it_raises_no_alarm() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let mut phone = world.phone("o1");
    pull_all(&world, &mut phone);
    phone.identify("hh-1", NUMBER, Vec::new());
    // Its clock is years ahead, and so is the day on which the camels were counted.
    let early = Observation {
        observed_on: date(2031, 6, 1),
        ..int("herd.camel", 40)
    };
    let aside = phone.write("hh-1", vec![observation(early)]);
    let visit = phone.visit("hh-1", &[], None);
    let verdicts = world.push_all(&phone, 1..=visit);
    let drawn = Verdict::AcceptedFlagged(vec![Flag::DrawnSignature]);
    let aside = &verdicts[usize::try_from(aside).unwrap() - 1];
    assert!(matches!(aside, Verdict::Quarantined(_)), "{aside:?}");
    assert_eq!(verdicts.last(), Some(&drawn));
    assert!(world.audited("alarm.assessment_differs").is_empty());
}

#[test]
fn a_visit_becomes_a_standing_with_its_range() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 1);
    world.push_all(&phone, 1..=1);
    assert!(
        !world.standing("hh-1").unwrap().is_filed,
        "a value alone is no visit"
    );
    phone.identify("hh-1", NUMBER, Vec::new());
    phone.visit("hh-1", &[], None);
    world.push_all(&phone, 2..=3);
    let standing = world.standing("hh-1").unwrap();
    assert!(standing.is_filed && standing.conflicts == 0);
    assert!(
        standing.grade_low > standing.grade_high,
        "worse is greater; the range is open"
    );
    let hash = standing.inputs_hash.unwrap();
    let kept = world.read(|c| store::assessment::get(c, &hash)).unwrap();
    let again = world
        .service
        .store
        .read(|c| {
            let rules = world.service.rules.stored(c);
            let inputs = itgel_domain::assess::Inputs::decode(&kept.inputs, &rules).unwrap();
            Ok::<_, store::StoreError>(itgel_domain::assess::assess(&inputs).to_json())
        })
        .unwrap();
    assert_eq!(
        again, kept.result,
        "recomputed from what is stored, byte for byte"
    );
}

#[test]
fn two_officers_who_disagree_are_both_kept_and_the_grade_becomes_a_range() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    mine.identify("hh-1", NUMBER, Vec::new());
    mine.visit("hh-1", &[], None);
    world.push_all(&mine, 1..=2);
    theirs.visit("hh-1", &[("finance.debt_fen", 100_000_000)], None);
    world.push_all(&theirs, 1..=1);
    let standing = world.standing("hh-1").unwrap();
    assert_eq!(standing.conflicts, 1);
    assert!(standing.conflict_matters, "{standing:?}");
    let rows = world.read(|c| store::conflict::list(c, &subject("hh-1"), &cycle()));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].item.as_str(), "finance.debt_fen");
    assert_eq!(rows[0].values.len(), 2, "both values stand");
    let board = world.board(GACHA);
    assert_eq!(
        (board.filed, board.in_conflict, board.conflict_matters),
        (1, 1, 1)
    );
    let picked = rows[0]
        .values
        .iter()
        .find(|v| v.officer.as_str() == "o1")
        .unwrap()
        .entry
        .clone();
    let resolution = Resolution {
        cycle: cycle(),
        item: rows[0].item.clone(),
        settles: rows[0].values.iter().map(|v| v.entry.clone()).collect(),
        picked: Picked::Entry(picked),
        decision: DecisionId::from_random([1; 16]),
        reviewer: "o8".parse().unwrap(),
        reason: "合同".into(),
    };
    world.write(move |service, tx| {
        let now = service.now();
        let entries = vec![Entry::Resolution(resolution)];
        ingest::append_official(service, tx, &subject("hh-1"), entries, now)?;
        fold::refresh(service, tx, &household("hh-1", GACHA), &cycle(), now)
    });
    let settled = world.standing("hh-1").unwrap();
    assert_eq!((settled.conflicts, settled.conflict_matters), (0, false));
    let mut phone = world.phone("o3");
    pull_all(&world, &mut phone);
    let file = phone.files.values().next().unwrap();
    assert_eq!(
        file.digest(),
        world.facts("hh-1").digest(),
        "devices receive the resolution"
    );
}

#[test]
fn equal_values_of_two_officers_are_no_conflict() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    mine.visit("hh-1", &[], None);
    theirs.visit("hh-1", &[], None);
    world.push_all(&mine, 1..=1);
    world.push_all(&theirs, 1..=1);
    let standing = world.standing("hh-1").unwrap();
    assert_eq!((standing.conflicts, standing.conflict_matters), (0, false));
}

/// Every board, counted again from the standings.
fn recounted(world: &World, division: &str) -> Counts {
    let standings = world.read(|c| store::standing::list(c, code(division), &cycle()));
    let mut counts = Counts::default();
    for standing in standings {
        let is_open = standing.is_filed && standing.grade_low != standing.grade_high;
        let mut one = Counts {
            filed: i64::from(standing.is_filed),
            in_conflict: i64::from(standing.is_filed && standing.conflicts > 0),
            conflict_matters: i64::from(standing.conflict_matters),
            open: i64::from(is_open),
            ..Counts::default()
        };
        if let (true, false, Some(grade)) = (standing.is_filed, is_open, standing.grade_low) {
            one.provisional.insert(grade, 1);
        }
        counts.add(&one);
    }
    counts
}

#[test]
fn board_counters_equal_a_full_recount() {
    let world = World::new();
    put(&world, row(1, quota(), None));
    let mut mine = world.phone("o1");
    let mut theirs = world.phone("o2");
    let mut next = world.phone_of("o3", "o3", NEIGHBOUR, itgel_domain::case::Role::Collector);
    mine.visit("hh-1", &[], None);
    mine.visit("hh-2", &[("herd.sheep", 0)], None);
    mine.write_sheep("hh-3", 10);
    world.push_all(&mine, 1..=3);
    theirs.visit("hh-1", &[("herd.sheep", 20)], None);
    theirs.write_sheep("hh-2", 17);
    world.push_all(&theirs, 1..=2);
    next.visit("hh-9", &[], None);
    world.push_all(&next, 1..=1);
    put(&world, row(2, credit(), Some("hh-1")));
    let check = || {
        for division in [GACHA, NEIGHBOUR, TOWNSHIP, BANNER] {
            assert_eq!(
                world.board(division),
                recounted(&world, division),
                "{division}"
            );
        }
    };
    check();
    assert_eq!(world.board(BANNER).filed, 3);
    world.write(|service, tx| {
        let moved = household("hh-1", NEIGHBOUR);
        registers::move_subject(service, tx, &moved, date(2026, 11, 1), service.now())
    });
    check();
    assert_eq!(
        (world.board(GACHA).filed, world.board(NEIGHBOUR).filed),
        (1, 2)
    );
    world.write(|service, tx| ingest::erase(service, tx, &subject("hh-2"), "o9", service.now()));
    check();
    assert_eq!(world.board(BANNER).filed, 2);
}

#[test]
fn a_register_row_moves_the_standings_that_it_reaches() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    phone.visit("hh-2", &[], None);
    world.push_all(&phone, 1..=2);
    let hashes = || ["hh-1", "hh-2"].map(|id| world.standing(id).unwrap().inputs_hash.unwrap());
    let before = hashes();
    put(&world, row(2, credit(), Some("hh-1")));
    let after = hashes();
    assert!(
        before[0] != after[0] && before[1] == after[1],
        "about one subject"
    );
    put(&world, row(1, quota(), None));
    let all = hashes();
    assert!(
        after[0] != all[0] && after[1] != all[1],
        "about a whole banner"
    );
    let old = world.read(|c| store::assessment::get(c, &before[1]));
    assert!(old.is_none(), "what nothing rests on is not kept");
}

#[test]
fn sec_t06_a_later_correction_of_the_same_officer_ends_a_conflict() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    mine.visit("hh-1", &[], None);
    theirs.visit("hh-1", &[("herd.sheep", 100)], None);
    world.push_all(&mine, 1..=1);
    world.push_all(&theirs, 1..=1);
    assert_eq!(world.standing("hh-1").unwrap().conflicts, 1);
    theirs.write("hh-1", vec![observed("herd.sheep", 300)]);
    world.push_all(&theirs, 2..=2);
    assert_eq!(world.standing("hh-1").unwrap().conflicts, 0);
    assert!(
        world
            .read(|c| store::conflict::list(c, &subject("hh-1"), &cycle()))
            .is_empty()
    );
}

#[test]
fn the_score_of_a_standing_is_that_of_its_own_visit() {
    let world = World::new();
    put_basics(&world, &["hh-1", "hh-2"]);
    let mut phone = world.phone("o1");
    phone.visit("hh-1", &[], None);
    phone.visit(
        "hh-2",
        &[("insurance.livestock_milli_su", 0), ("fodder.hay_kg", 0)],
        None,
    );
    world.push_all(&phone, 1..=2);
    let score = |id: &str| world.standing(id).unwrap().score.unwrap();
    assert!(score("hh-1") > score("hh-2"));
}

/// So many households more in the gacha, visited and sealed by one officer.
fn visited(world: &World, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|n| format!("many-{n:03}")).collect();
    let homes: Vec<_> = names.iter().map(|name| household(name, GACHA)).collect();
    world.write(move |service, tx| {
        homes
            .iter()
            .try_for_each(|home| registers::put_subject(service, tx, home))
    });
    let mut phone = world.phone("o7");
    for name in &names {
        phone.visit(name, &[], None);
    }
    let mut first = 1;
    while first <= count as u64 {
        let last = (count as u64).min(first + 127);
        world.push_all(&phone, first..=last);
        first = last + 1;
    }
    names
}

fn inputs_of(world: &World, names: &[String]) -> Vec<Option<itgel_domain::hash::Hash>> {
    let hash = |name: &String| world.standing(name).unwrap().inputs_hash;
    names.iter().map(hash).collect()
}

#[test]
fn a_row_for_a_banner_reaches_every_standing_also_when_they_are_too_many_for_one_transaction() {
    let world = World::new();
    let names = visited(&world, fold::PAGE_STANDINGS + 40);
    let before = inputs_of(&world, &names);
    put(&world, row(1, quota(), None));
    assert_eq!(
        inputs_of(&world, &names),
        before,
        "the writer is not held up: the standings follow"
    );
    let pages = std::iter::repeat_with(|| jobs::run_due(&world.service).unwrap());
    assert_eq!(pages.take_while(|n| *n > 0).sum::<usize>(), 2, "two pages");
    let after = inputs_of(&world, &names);
    let unmoved = before.iter().zip(&after).filter(|(a, b)| a == b).count();
    assert_eq!(unmoved, 0);
    assert_eq!(world.board(BANNER), recounted(&world, BANNER));
}

#[test]
fn a_job_that_a_newer_row_overtook_begins_again() {
    let world = World::new();
    let names = visited(&world, fold::PAGE_STANDINGS + 1);
    put(&world, row(1, quota(), None));
    assert_eq!(jobs::run_due(&world.service).unwrap(), 2);
    let with_one = inputs_of(&world, &names);
    put(&world, row(1, quota(), None));
    assert_eq!(
        jobs::run_due(&world.service).unwrap(),
        0,
        "the same row again"
    );
    put(&world, row(2, quota(), None));
    let newer = RegisterRow {
        valid_to: Some(date(2026, 6, 30)),
        ..row(3, quota(), None)
    };
    put(&world, newer);
    assert_eq!(
        jobs::run_due(&world.service).unwrap(),
        2,
        "one job for both rows"
    );
    let after = inputs_of(&world, &names);
    let unmoved = with_one.iter().zip(&after).filter(|(a, b)| a == b).count();
    assert_eq!(unmoved, 0, "all stand as without a quota");
}

#[test]
fn many_subjects_at_once_come_to_what_each_alone_comes_to() {
    let world = World::new();
    let names = visited(&world, 5);
    let ids: Vec<_> = names.iter().map(|name| subject(name)).collect();
    world.write(move |service, tx| {
        let row = row(1, quota(), None);
        registers::put(service, tx, &row, "o9", service.now())
    });
    let alone = inputs_of(&world, &names);
    let mut heard = Vec::new();
    let unknown = subject("nobody");
    let listed: Vec<_> = ids.iter().chain([&unknown, &ids[0]]).cloned().collect();
    let refreshed = fold::refresh_all(&world.service, &listed, |done| heard.push(done)).unwrap();
    assert_eq!(
        (refreshed, heard),
        (5, vec![5]),
        "each once, nobody not at all"
    );
    assert_eq!(inputs_of(&world, &names), alone);
    assert_eq!(world.board(TOWNSHIP), recounted(&world, TOWNSHIP));
}
