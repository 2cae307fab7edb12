//! 利害关系申报表: declarations that come as a table, and what the devices learn of them.

use itgel_domain::case::interest::InterestKind;
use itgel_domain::id::OfficerId;
use itgel_domain::register::RegisterContent;
use itgel_server::store;

use super::world::{GACHA, World, csv, id_number};

const HOUSEHOLDS: &str = "嘎查代码,户编号,户主姓名,身份证号,联系电话,统计日期";
const HEADS: &str = "人员编号,嘎查代码,户编号,关系,依据";

fn world() -> World {
    let world = World::new();
    let line = |number: u32| {
        format!(
            "{GACHA},010{number},示例,{},13900000000,2026-06-30",
            id_number(number)
        )
    };
    world.put("households", csv(&[HOUSEHOLDS, &line(1), &line(2)]));
    world
}

fn officer(id: &str) -> OfficerId {
    id.parse().unwrap()
}

/// The declarations that stand about a household: officer and kind.
fn declared(world: &World, number: &str) -> Vec<(OfficerId, InterestKind)> {
    let subject = world.household(GACHA, number).unwrap();
    let read = |c: &_| store::interest::history(c, Some(&subject.id), None);
    let rows = world.service.store.read(read).unwrap();
    rows.into_iter()
        .map(|row| (row.officer, row.kind))
        .collect()
}

/// Whether the devices of the gacha are told that an officer must not act for a household.
fn is_told(world: &World, number: &str, id: &str) -> bool {
    let subject = world.household(GACHA, number).unwrap();
    let read = |c: &_| store::register::list_about(c, subject.division, Some(&subject.id));
    let rows = world.service.store.read(read).unwrap();
    let text = serde_json::to_string(&rows).unwrap();
    assert!(!text.contains(id), "no officer is named: {text}");
    rows.iter().any(|row| match &row.content {
        RegisterContent::Barred(barred) => barred.bars(&officer(id)),
        _ => false,
    })
}

#[test]
fn a_declaration_takes_effect_when_a_second_person_puts_it_into_force() {
    let world = world();
    let row = format!("collector,{GACHA},0101,亲属,示例申报2026-01");
    let batch = world.enter("interests", csv(&[HEADS, &row])).unwrap().batch;
    assert_eq!(
        (batch.staged, batch.refused),
        (1, 0),
        "{:?}",
        world.told(&batch.id)
    );
    assert!(declared(&world, "0101").is_empty() && !is_told(&world, "0101", "collector"));
    assert!(
        world.activate_as("clerk", &batch.id).is_err(),
        "not the person who entered it"
    );
    world.activate(&batch.id);
    let expected = [(officer("collector"), InterestKind::Relative)];
    assert_eq!(declared(&world, "0101"), expected);
    assert!(is_told(&world, "0101", "collector") && !is_told(&world, "0102", "collector"));
}

#[test]
fn every_bad_declaration_is_named_with_its_column_and_the_good_ones_go_in() {
    let world = world();
    let rows = [
        format!("nobody,{GACHA},0101,亲属,"),
        format!("collector,{GACHA},0999,亲属,"),
        format!("collector,{GACHA},0101,朋友,"),
        format!(",{GACHA},0101,亲属,"),
        format!("collector,{GACHA},0102,配偶,"),
    ];
    let mut lines = vec![HEADS];
    lines.extend(rows.iter().map(String::as_str));
    let batch = world.enter("interests", csv(&lines)).unwrap().batch;
    assert_eq!((batch.staged, batch.refused), (1, 4));
    let told: Vec<(u32, String)> = world
        .told(&batch.id)
        .into_iter()
        .map(|(row, column, _)| (row, column))
        .collect();
    for expected in [(2, "人员编号"), (3, "户编号"), (4, "关系"), (5, "人员编号")] {
        let expected = (expected.0, expected.1.to_owned());
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    world.activate(&batch.id);
    assert_eq!(
        declared(&world, "0102"),
        [(officer("collector"), InterestKind::Spouse)]
    );
}

#[test]
fn the_same_declarations_again_change_nothing() {
    let world = world();
    let row = format!("collector,{GACHA},0101,借贷,");
    world.put("interests", csv(&[HEADS, &row]));
    let (before, marks) = (declared(&world, "0101"), world.marks());
    let other = csv(&[HEADS, &row, ""]);
    let batch = world.enter("interests", other).unwrap().batch;
    let active = world.activate_as("second", &batch.id);
    let lists = world.marks();
    assert_eq!(declared(&world, "0101"), before);
    assert_eq!(
        (lists.0, lists.1),
        (marks.0, marks.1),
        "no device hears of it again"
    );
    drop(active);
}

#[test]
fn a_table_in_gb18030_says_the_same() {
    let world = world();
    let text = format!("{HEADS}\ncollector,{GACHA},0101,同户,示例\n");
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    world.put("interests", bytes);
    assert_eq!(
        declared(&world, "0101"),
        [(officer("collector"), InterestKind::Household)]
    );
}
