//! The household ledger, row by row: who is made, what is said of them, what stays out.

use itgel_domain::catalogue::{Catalogue, Restricted};
use itgel_domain::file::facts::value::Source;
use itgel_domain::item::{Evidence, State, Value};
use itgel_domain::subject::SubjectKind;
use itgel_server::ingest;

use super::world::{GACHA, NEIGHBOUR, World, csv, cycle, id_number};

const HEADS: &str = "嘎查代码,户编号,户主姓名,身份证号,联系电话,统计日期";

fn line(number: &str, name: &str, id: &str) -> String {
    format!("{GACHA},{number},{name},{id},139-0000-0000,2026/6/30")
}

/// The value of an item as the register states it, with how it is known.
fn stated(world: &World, number: &str, item: &str) -> Option<(State, Evidence)> {
    let subject = world.household(GACHA, number).unwrap();
    let live = world.facts(&subject).live(&cycle());
    let value = live
        .get(item)?
        .iter()
        .find(|value| value.source == Source::Register)?;
    Some((value.observation.state.clone(), value.observation.evidence))
}

#[test]
fn a_name_without_surname_a_middle_dot_and_an_old_number_go_in_as_they_are() {
    let world = World::new();
    let first = line("0101", "巴特尔", &id_number(1).to_lowercase());
    let second = line("0102", "乌云・达来", "150623680315007");
    world.put("households", csv(&[HEADS, &first, &second]));
    let people = |number| {
        let subject = world.household(GACHA, number).unwrap();
        world.identity(&subject).people
    };
    assert_eq!(people("0101")[0].full_name, "巴特尔");
    assert_eq!(people("0101")[0].phone.as_deref(), Some("13900000000"));
    assert_eq!(
        people("0102")[0].full_name,
        "乌云・达来",
        "as it was written"
    );
    let upgraded = people("0102")[0].id_number.clone().unwrap();
    assert!(upgraded.starts_with("15062319680315007") && upgraded.len() == 18);
}

#[test]
fn amounts_are_converted_exactly_from_the_unit_of_their_head() {
    let world = World::new();
    let heads = format!(
        "{HEADS},授权书编号,家庭年纯收入（万元）,经营耕地(公顷),储草量（折干草）(斤),来源方式"
    );
    let row = format!(
        "{},示例-1,14.0001,7.2,\"120,000\",部门登记",
        line("0101", "示例", &id_number(1))
    );
    world.put("households", csv(&[&heads, &row]));
    let known = |amount| Some((State::Known(Value::Int(amount)), Evidence::A));
    assert_eq!(stated(&world, "0101", "income.net_fen"), known(14_000_100));
    assert_eq!(stated(&world, "0101", "cropland.operated_mu"), known(108));
    assert_eq!(stated(&world, "0101", "fodder.hay_kg"), known(60_000));
}

#[test]
fn what_needs_consent_stays_out_without_it_and_the_report_says_so() {
    let world = World::new();
    let heads = format!("{HEADS},授权书编号,家庭人口,家庭年纯收入(元)");
    let without = format!("{},,4,80500", line("0101", "示例甲", &id_number(1)));
    let with = format!("{},示例-2,3,80500", line("0102", "示例乙", &id_number(2)));
    let batch = world.put("households", csv(&[&heads, &without, &with]));
    assert_eq!(stated(&world, "0101", "income.net_fen"), None);
    let members = (State::Known(Value::Int(4)), Evidence::C);
    assert_eq!(stated(&world, "0101", "household.members"), Some(members));
    assert!(stated(&world, "0102", "income.net_fen").is_some());
    let told = world.told(&batch.id);
    assert_eq!(
        told,
        [(2, "家庭年纯收入(元)".to_owned(), "consent.missing")]
    );
}

#[test]
fn nothing_of_the_six_classes_comes_in_without_consent() {
    let world = World::new();
    let restricted: Vec<_> = Catalogue::builtin()
        .items()
        .filter(|item| item.subjects.contains(&SubjectKind::Household))
        // Where a visit was is no column of any table: it comes from a visit alone.
        .filter(|item| item.restricted.is_some_and(|c| c != Restricted::Location))
        .filter(|item| item.repeats_in().is_none())
        .collect();
    assert!(restricted.len() > 4);
    let heads = restricted.iter().map(|item| item.titles.zh.as_str());
    let heads = format!("{HEADS},{}", heads.collect::<Vec<_>>().join(","));
    let row = line("0101", "示例", &id_number(1)) + &",1".repeat(restricted.len());
    let batch = world.put("households", csv(&[&heads, &row]));
    assert_eq!(world.faults(&batch.id).len(), restricted.len());
    let subject = world.household(GACHA, "0101").unwrap();
    assert!(world.facts(&subject).live(&cycle()).is_empty());
}

#[test]
fn what_may_not_be_collected_is_not_read_and_not_kept() {
    let world = World::new();
    let heads = format!("{HEADS},民族,政治面貌,婚姻状况,健康状况,备注");
    let row = line("0101", "示例", "1") + ",蒙古族,群众,已婚,良好,x";
    let batch = world
        .enter("households", csv(&[&heads, &row]))
        .unwrap()
        .batch;
    let codes: Vec<_> = batch.notes.iter().map(|note| note.code.as_str()).collect();
    assert_eq!(
        codes,
        ["import.forbidden"; 4]
            .into_iter()
            .chain(["import.ignored"])
            .collect::<Vec<_>>()
    );
    let clerk = world.officer("clerk");
    let report = itgel_server::import::report_table(&world.service, &clerk, &batch.id).unwrap();
    let mut source = itgel_server::table::open(
        std::io::Cursor::new(&report),
        &itgel_server::table::Options::default(),
    )
    .unwrap();
    let table = source.table(&|_| true).unwrap();
    assert!(
        table
            .heads
            .iter()
            .all(|head| head != "民族" && head != "婚姻状况")
    );
}

#[test]
fn one_person_in_two_households_is_for_a_person_to_decide() {
    let world = World::new();
    let first = line("0101", "示例", &id_number(1));
    world.put("households", csv(&[HEADS, &first]));
    let elsewhere = format!("{NEIGHBOUR},0201,示例,{},,2026-06-30", id_number(1));
    let another = line("0101", "示例", &id_number(2));
    let batch = world
        .enter("households", csv(&[HEADS, &elsewhere, &another]))
        .unwrap()
        .batch;
    let told = world.told(&batch.id);
    let expected = |row| (row, "身份证号".to_owned(), "import.identity");
    assert_eq!(told, [expected(2), expected(3)]);
    assert!(world.household(NEIGHBOUR, "0201").is_none());

    // Within one file it shows only when the first of the two is in force.
    let twice = [
        line("0301", "示例", &id_number(3)),
        line("0302", "示例", &id_number(3)),
    ];
    let batch = world
        .enter("households", csv(&[HEADS, &twice[0], &twice[1]]))
        .unwrap()
        .batch;
    let active = world.activate(&batch.id);
    assert_eq!((active.applied, active.failed), (1, 1));
    assert_eq!(
        world.told(&batch.id),
        [(3, String::new(), "import.identity")]
    );
}

#[test]
fn a_later_ledger_replaces_its_own_values_and_completes_the_identity() {
    let world = World::new();
    let heads = format!("{HEADS},家庭人口");
    let bare = format!("{GACHA},0101,示例,{},,2026-06-30,4", id_number(1));
    world.put("households", csv(&[&heads, &bare]));
    let later = format!(
        "{GACHA},0101,示例,{},13900000000,2026-09-30,5",
        id_number(1)
    );
    let batch = world.put("households", csv(&[&heads, &later]));
    assert_eq!((batch.applied, batch.same), (1, 0));
    let members = (State::Known(Value::Int(5)), Evidence::C);
    assert_eq!(stated(&world, "0101", "household.members"), Some(members));
    let subject = world.household(GACHA, "0101").unwrap();
    let record = world.identity(&subject);
    assert_eq!(
        (record.version, record.people[0].phone.as_deref()),
        (2, Some("13900000000"))
    );
    assert!(record.is_verified());
}

#[test]
fn young_animals_alive_cannot_outnumber_those_born() {
    let world = World::new();
    let heads = format!("{HEADS},本季产仔(只),清点时成活(只)");
    let row = line("0101", "示例", &id_number(1)) + ",100,101";
    let batch = world
        .enter("households", csv(&[&heads, &row]))
        .unwrap()
        .batch;
    let told = world.told(&batch.id);
    assert_eq!(
        told,
        [(2, "清点时成活(只)".to_owned(), "value.out_of_range")]
    );
}

#[test]
fn a_household_that_was_erased_does_not_come_back_with_the_next_ledger() {
    let world = World::new();
    let first = line("0101", "示例", &id_number(1));
    world.put("households", csv(&[HEADS, &first]));
    let subject = world.household(GACHA, "0101").unwrap();
    world.write(move |service, tx| {
        ingest::erase(service, tx, &subject.id, "approver", service.now())
    });
    let again = csv(&[HEADS, &first, ""]);
    let batch = world.enter("households", again).unwrap().batch;
    let told = world.told(&batch.id);
    assert_eq!(told, [(2, "户编号".to_owned(), "subject.erased")]);
}

#[test]
fn a_household_has_as_many_plots_as_its_contracts_and_a_fraction_of_a_mu_makes_none_larger() {
    let world = World::new();
    let plots: Vec<u32> = (1..=12).collect();
    let own = format!("{HEADS},授权书编号");
    let heads = plots
        .iter()
        .fold(own, |heads, n| format!("{heads},草场{n}面积(亩)"));
    let row = plots.iter().fold(
        format!("{},示例-1", line("0101", "示例", &id_number(1))),
        |row, n| format!("{row},{n}00.75"),
    );
    let batch = world.put("households", csv(&[&heads, &row]));
    for n in plots {
        let area = stated(&world, "0101", &format!("plot/p{n}/area_mu"));
        let whole = i64::from(n) * 100;
        assert_eq!(area, Some((State::Known(Value::Int(whole)), Evidence::C)));
    }
    let told = world.told(&batch.id);
    assert_eq!(told.len(), 12, "each is told: {told:?}");
    assert!(told.iter().all(|(_, _, code)| *code == "import.rounded"));
}

#[test]
fn ten_thousands_written_for_yuan_are_flagged_and_nothing_or_a_loss_is_not() {
    let world = World::new();
    let heads = format!("{HEADS},授权书编号,家庭年纯收入(元)");
    let row = |number: &str, n: u32, income: &str| {
        format!("{},示例-{n},{income}", line(number, "示例", &id_number(n)))
    };
    let file = csv(&[
        &heads,
        &row("0101", 1, "14.5"),
        &row("0102", 2, "145000"),
        &row("0103", 3, "0"),
        &row("0104", 4, "-3000"),
        &row("0105", 5, "145000000"),
    ]);
    let batch = world.put("households", file);
    assert_eq!(
        (batch.applied, batch.refused),
        (5, 0),
        "a flag refuses nothing"
    );
    let flagged = |row| (row, "家庭年纯收入(元)".to_owned(), "import.unit_doubt");
    assert_eq!(world.told(&batch.id), [flagged(2), flagged(6)]);
}

#[test]
fn where_somebody_lives_is_what_the_row_says_and_not_what_an_id_number_begins_with() {
    let world = World::new();
    let row = line("0101", "示例", "11010519491231002X");
    world.put("households", csv(&[HEADS, &row]));
    let household = world.household(GACHA, "0101").unwrap();
    assert_eq!(household.division.to_string(), GACHA);
    let elsewhere = row.replacen(GACHA, NEIGHBOUR, 1);
    let batch = world
        .enter("households", csv(&[HEADS, &elsewhere]))
        .unwrap()
        .batch;
    assert_eq!(
        world.told(&batch.id)[0].2,
        "import.identity",
        "nobody is moved by a number"
    );
}
