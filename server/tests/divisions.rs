//! Changes of divisions: nobody is lost when gachas merge and split.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;

use actors::{TODAY, World, refusal};
use itgel_domain::division::DivisionCode;
use itgel_domain::division::succession::{Succession, SuccessionKind};
use itgel_domain::error::ErrorCode;
use itgel_domain::policy::Actor;
use itgel_server::divisions::{self, DivisionChange, DivisionHistory, DivisionMove};
use itgel_server::import::{self, Entering};
use itgel_server::table::Options;
use itgel_server::{ServiceError, setup, store};
use jiff::civil::Date;

fn change(from: DivisionCode, into: &str, kind: SuccessionKind, on: Date) -> DivisionChange {
    DivisionChange {
        edge: Succession {
            from,
            into: into.parse().unwrap(),
            on,
            kind,
        },
        name: Some("新合并嘎查（示例）".into()),
        civil_code: None,
        kind: None,
        ends: false,
        source: "示例批复〔2026〕1号".into(),
    }
}

fn carry_out(world: &World, change: DivisionChange) -> Result<bool, ServiceError> {
    world.transact(move |service, tx| {
        let now = service.now();
        divisions::change(service, tx, &change, "admin", now)
    })
}

fn living_in(world: &World, code: DivisionCode) -> usize {
    let found = world
        .service
        .store
        .read(|c| store::subject::list(c, code, None));
    found.unwrap().len()
}

fn history(world: &World, code: DivisionCode) -> DivisionHistory {
    let approver = world.officer("a-1");
    let found = world
        .service
        .store
        .read(|c| divisions::history(c, &approver, code, TODAY));
    found.unwrap()
}

/// A code of the same township that no gacha of the sample has.
fn free(world: &World) -> String {
    let township = world
        .gacha
        .code
        .parent()
        .expect("a gacha lies in a township");
    format!("{township}299")
}

#[test]
fn who_worked_in_a_merged_gacha_works_in_the_new_one_from_its_day() {
    let world = World::with_households(5);
    let (old, new) = (world.gacha.code, free(&world));
    let code: DivisionCode = new.parse().unwrap();
    let holds = |world: &World| {
        let grants = world.officer("c-1").grants;
        let mut held = grants.iter().filter(|grant| grant.division == code);
        held.any(|grant| grant.role == itgel_domain::case::Role::Collector)
    };
    let before = world.officer("c-1").grants;
    assert!(before.iter().any(|grant| grant.division == old) && !holds(&world));
    let merged = change(old, &new, SuccessionKind::Merged, TODAY);
    assert!(carry_out(&world, merged.clone()).unwrap());
    assert!(
        holds(&world),
        "what was granted in the old gacha is granted in the new one"
    );
    assert!(
        before
            .iter()
            .all(|grant| world.officer("c-1").grants.contains(grant))
    );
    // Carried out again it is the same line, and grants nothing twice.
    assert!(!carry_out(&world, merged).unwrap());
    assert_eq!(world.officer("c-1").grants.len(), before.len() * 2);
    let stranger = world.officer("a-1").grants;
    assert!(
        stranger.iter().all(|grant| grant.division != code),
        "no grant of a banner is narrowed"
    );
}

#[test]
fn the_code_of_the_civil_affairs_stands_beside_the_statistical_one_with_its_days() {
    let world = World::with_households(5);
    let (old, new) = (world.gacha.code, free(&world));
    let civil: DivisionCode = "150623100299".parse().unwrap();
    let coded = DivisionChange {
        civil_code: Some(civil),
        ..change(old, &new, SuccessionKind::Merged, TODAY)
    };
    carry_out(&world, coded).unwrap();
    let rows = history(&world, new.parse().unwrap()).rows;
    assert_eq!(rows[0].civil_code, Some(civil));
    assert!(
        history(&world, old)
            .rows
            .iter()
            .all(|row| row.civil_code.is_none())
    );
}

#[test]
fn the_households_of_a_merged_gacha_are_not_left_behind() {
    let world = World::with_households(5);
    let (old, new) = (world.gacha.code, free(&world));
    let living = living_in(&world, old);
    let merged = change(old, &new, SuccessionKind::Merged, TODAY);
    assert!(carry_out(&world, merged.clone()).unwrap());
    let new: DivisionCode = new.parse().unwrap();
    assert_eq!(
        (living_in(&world, old), living_in(&world, new)),
        (0, living)
    );
    let told = history(&world, old);
    assert_eq!(told.rows.last().unwrap().valid_to, TODAY.yesterday().ok());
    assert_eq!(told.today, [new]);
    assert!(!carry_out(&world, merged).unwrap(), "twice changes nothing");
}

#[test]
fn a_household_of_a_divided_gacha_stays_until_it_is_listed() {
    let world = World::with_households(5);
    let (old, new) = (world.gacha.code, free(&world));
    let living = living_in(&world, old);
    let division = change(old, &new, SuccessionKind::Split, TODAY);
    assert!(carry_out(&world, division).unwrap());
    assert_eq!(living_in(&world, old), living);
    let first = store_first(&world, old);
    let listed = DivisionMove {
        from: old,
        local_code: first,
        into: new.parse().unwrap(),
        on: TODAY,
    };
    let moved = |listed: DivisionMove| {
        world.transact(move |service, tx| {
            divisions::move_household(service, tx, &listed, service.now())
        })
    };
    assert!(moved(listed.clone()).unwrap());
    assert_eq!(living_in(&world, new.parse().unwrap()), 1);
    assert!(!moved(listed.clone()).unwrap(), "twice changes nothing");
    let unknown = DivisionMove {
        local_code: "no-such-number".into(),
        ..listed.clone()
    };
    assert_eq!(refusal(moved(unknown)), ErrorCode::SubjectUnknown);
    let elsewhere = DivisionMove {
        into: "150623999299".parse().unwrap_or(old),
        ..listed
    };
    assert_eq!(refusal(moved(elsewhere)), ErrorCode::DivisionSuccession);
}

#[test]
fn a_circle_of_gachas_or_a_day_to_come_is_refused() {
    let world = World::with_households(1);
    let (old, new) = (world.gacha.code, free(&world));
    let tomorrow = TODAY.tomorrow().unwrap();
    let early = change(old, &new, SuccessionKind::Recoded, tomorrow);
    assert_eq!(refusal(carry_out(&world, early)), ErrorCode::DivisionNotYet);
    let recoded = change(old, &new, SuccessionKind::Recoded, TODAY);
    assert!(carry_out(&world, recoded).unwrap());
    let back = change(
        new.parse().unwrap(),
        &old.to_string(),
        SuccessionKind::Recoded,
        TODAY,
    );
    assert_eq!(
        refusal(carry_out(&world, back)),
        ErrorCode::DivisionSuccession
    );
    let ended = change(old, &new, SuccessionKind::Split, tomorrow);
    world.pass_days(2);
    assert_eq!(refusal(carry_out(&world, ended)), ErrorCode::DivisionEnded);
}

fn store_first(world: &World, code: DivisionCode) -> String {
    let found = world
        .service
        .store
        .read(|c| store::subject::list(c, code, None));
    found.unwrap().first().unwrap().local_code.clone()
}

/// An administrator of the banner.
fn administrator(world: &World, id: &str) -> Actor {
    Actor {
        officer: id.parse().unwrap(),
        ..setup::operator(world.banner.code)
    }
}

#[test]
fn a_table_of_changes_needs_a_second_person_and_names_the_line_that_goes_in_a_circle() {
    let world = World::with_households(3);
    let (old, new) = (world.gacha.code, free(&world));
    let living = living_in(&world, old);
    let table = format!(
        "原区划代码,变更类型,新区划代码,新区划名称,生效日期\n\
         {old},合并,{new},新合并嘎查（示例）,{TODAY}\n\
         {new},变更代码,{new},同一嘎查（示例）,{TODAY}\n"
    );
    let entering = Entering {
        kind: "division-changes".into(),
        bytes: table.into_bytes(),
        options: Options::default(),
        source: "示例批复〔2026〕1号".into(),
        cycle: None,
        check_only: false,
    };
    let first = administrator(&world, "admin-1");
    let entered = import::enter(&world.service, &first, &entering, &mut |_| {}).unwrap();
    assert_eq!((entered.batch.staged, entered.batch.refused), (1, 1));
    let batch = entered.batch.id;
    let again = import::activate(&world.service, &first, &batch, &mut |_| {});
    assert_eq!(refusal(again), ErrorCode::SecondPerson);
    assert_eq!(living_in(&world, old), living);
    let second = administrator(&world, "admin-2");
    let done = import::activate(&world.service, &second, &batch, &mut |_| {}).unwrap();
    assert_eq!((done.applied, done.failed), (1, 0));
    assert_eq!(living_in(&world, new.parse().unwrap()), living);
}
