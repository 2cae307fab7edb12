//! Tables of land whose rows contradict one another: told row by row, and listed while in force.

use itgel_domain::error::ErrorCode;
use itgel_domain::land::FaultKind;
use itgel_server::land::{self, ContradictionLine, ContradictionQuery};
use jiff::civil::date;

use super::world::{GACHA, NEIGHBOUR, World, code, csv, id_number};

const PLOTS: &str = "区划代码,户编号,草场编号,面积(亩),区划,合同编号,起始日期,截止日期";
const LEASES: &str =
    "区划代码,出租户编号,承租户编号,草场编号,面积(亩),合同编号,起始日期,截止日期,书面合同,已登记";
const MEMBERS: &str = "区划代码,合同编号,联户起始日期,成员户编号,加入日期,退出日期";

/// Three households of a gacha: 0101, 0102, 0103.
fn world() -> World {
    let world = World::new();
    let heads = "嘎查代码,户编号,户主姓名,身份证号,统计日期";
    let row = |n: u32| format!("{GACHA},010{n},示例{n},{},2026-06-30", id_number(n));
    world.put("households", csv(&[heads, &row(1), &row(2), &row(3)]));
    world
}

fn plot(holder: &str, plot: &str, contract: &str, days: &str) -> String {
    format!("{GACHA},{holder},{plot},5000,草畜平衡区,{contract},{days}")
}

fn lease(sides: &str, area: u32, contract: &str, days: &str) -> String {
    format!("{GACHA},{sides},p-1,{area},{contract},{days},是,是")
}

fn listed(world: &World, change: impl FnOnce(&mut ContradictionQuery)) -> Vec<ContradictionLine> {
    page(world, change, 100).0
}

fn page(
    world: &World,
    change: impl FnOnce(&mut ContradictionQuery),
    limit: u32,
) -> (Vec<ContradictionLine>, Option<itgel_domain::hash::Hash>) {
    let mut query = ContradictionQuery {
        division: code(GACHA),
        kind: None,
        search: None,
        order: itgel_server::store::land_fault::Order::Number,
        cursor: None,
        limit: None,
    };
    change(&mut query);
    let clerk = world.officer("clerk");
    let bounds = (date(2026, 11, 1), limit);
    let read = |c: &_| land::list_contradictions(c, &clerk, &query, bounds);
    world.service.store.read(read).unwrap()
}

#[test]
fn a_plot_that_two_rows_of_a_file_claim_is_told_at_both_and_listed_until_it_is_settled() {
    let world = world();
    let file = csv(&[
        PLOTS,
        &plot("0101", "p-1", "示例-1", "2020-01-01,"),
        &plot("0102", "p-2", "示例-2", "2020-01-01,"),
        &plot("0103", "p-1", "示例-3", "2026-01-01,"),
    ]);
    let batch = world.enter("pasture-plots", file).unwrap().batch;
    assert_eq!(
        (batch.staged, batch.refused),
        (3, 0),
        "nobody here knows who is right"
    );
    let faults = world.faults(&batch.id);
    let told: Vec<_> = faults
        .iter()
        .map(|line| (line.row, line.fault.cell.as_str(), line.fault.code))
        .collect();
    let expected = [
        (2, "C2", ErrorCode::LandClaimedTwice),
        (2, "C2", ErrorCode::ImportContradicts),
        (4, "C4", ErrorCode::LandClaimedTwice),
        (4, "C4", ErrorCode::ImportContradicts),
    ];
    assert_eq!(told, expected);
    let text = faults[1].fault.text(itgel_text::Lang::ZhCn);
    assert!(text.contains("第 4 行"), "which other row: {text}");
    assert!(listed(&world, |_| ()).is_empty(), "nothing is in force yet");

    world.activate(&batch.id);
    let [line] = &listed(&world, |_| ())[..] else {
        panic!("{:?}", listed(&world, |_| ()));
    };
    assert_eq!(
        (line.fault.kind, line.fault.about.as_str()),
        (FaultKind::ClaimedTwice, "p-1")
    );
    assert_eq!(line.fault.contracts, ["示例-1", "示例-3"]);
    assert_eq!(line.fault.from, date(2026, 1, 1));

    // The first contract ended the day before the second began: no contradiction is left.
    let settled = plot("0101", "p-1", "示例-1", "2020-01-01,2025-12-31");
    world.put("pasture-plots", csv(&[PLOTS, &settled]));
    assert!(listed(&world, |_| ()).is_empty());
}

#[test]
fn leases_of_a_file_that_give_more_than_there_is_are_told_together() {
    let world = world();
    let rights = plot("0101", "p-1", "示例-1", "2020-01-01,");
    world.put("pasture-plots", csv(&[PLOTS, &rights]));
    let days = "2026-01-01,2026-12-31";
    let file = csv(&[
        LEASES,
        &lease("0101,0102", 3000, "示例-L1", days),
        &lease("0101,0103", 2500, "示例-L2", days),
        &lease("0101,0103", 2500, "示例-L3", "2027-01-01,2027-12-31"),
    ]);
    let batch = world.enter("pasture-leases", file).unwrap().batch;
    let told: Vec<_> = world.faults(&batch.id);
    let rows: Vec<_> = told
        .iter()
        .map(|line| (line.row, line.fault.code))
        .collect();
    let expected = [
        (2, ErrorCode::LandSubletBeyond),
        (2, ErrorCode::ImportContradicts),
        (3, ErrorCode::LandSubletBeyond),
        (3, ErrorCode::ImportContradicts),
    ];
    assert_eq!(
        rows, expected,
        "either alone would fit, and the next year's does"
    );
}

#[test]
fn a_household_in_two_groups_of_one_file_is_told_in_both_rows() {
    let world = world();
    let member = |contract: &str, member: &str| {
        format!("{GACHA},{contract},2026-05-01,{member},2026-05-01,")
    };
    let file = csv(&[
        MEMBERS,
        &member("示例-联户-1", "0101"),
        &member("示例-联户-1", "0102"),
        &member("示例-联户-2", "0102"),
        &member("示例-联户-2", "0103"),
    ]);
    let batch = world.enter("joint-groups", file).unwrap().batch;
    let rows: Vec<_> = world
        .faults(&batch.id)
        .iter()
        .map(|line| (line.row, line.fault.code))
        .collect();
    let expected = [
        (3, ErrorCode::LandTwoGroups),
        (3, ErrorCode::ImportContradicts),
        (4, ErrorCode::LandTwoGroups),
        (4, ErrorCode::ImportContradicts),
    ];
    assert_eq!(rows, expected);
    world.activate(&batch.id);
    let kinds: Vec<_> = listed(&world, |query| query.kind = Some(FaultKind::TwoGroups))
        .into_iter()
        .map(|line| line.fault.about)
        .collect();
    assert_eq!(kinds, ["示例-联户-1", "示例-联户-2"]);
}

#[test]
fn the_list_of_contradictions_is_searched_ordered_and_paged_and_kept_to_its_keepers() {
    let world = world();
    let mut lines = vec![PLOTS.to_owned()];
    for n in 1..=3 {
        let from = format!("202{}-01-01,", 6 - n);
        lines.push(plot(
            "0101",
            &format!("p-{n}"),
            &format!("示例-{n}a"),
            &from,
        ));
        lines.push(plot(
            "0102",
            &format!("p-{n}"),
            &format!("示例-{n}b"),
            &from,
        ));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    world.put("pasture-plots", csv(&lines));
    let numbers = |lines: Vec<ContradictionLine>| -> Vec<String> {
        lines.into_iter().map(|line| line.fault.about).collect()
    };
    assert_eq!(numbers(listed(&world, |_| ())), ["p-1", "p-2", "p-3"]);
    let newest = |query: &mut ContradictionQuery| {
        query.order = itgel_server::store::land_fault::Order::Newest;
    };
    assert_eq!(numbers(listed(&world, newest)), ["p-1", "p-2", "p-3"]);
    let (first, next) = page(&world, newest, 2);
    assert_eq!(numbers(first), ["p-1", "p-2"]);
    let (rest, end) = page(
        &world,
        |query| {
            newest(query);
            query.cursor = next;
        },
        2,
    );
    assert_eq!((numbers(rest), end), (vec!["p-3".to_owned()], None));
    let by_contract = |part: &str| {
        let part = part.to_owned();
        numbers(listed(&world, move |query| query.search = Some(part)))
    };
    assert_eq!(by_contract("示例-2b"), ["p-2"]);
    assert!(by_contract("%").is_empty(), "a search is taken literally");
    let elsewhere = listed(&world, |query| query.division = code(NEIGHBOUR));
    assert!(elsewhere.is_empty());
    let query = ContradictionQuery {
        division: code(GACHA),
        kind: None,
        search: None,
        order: itgel_server::store::land_fault::Order::Number,
        cursor: None,
        limit: None,
    };
    let collector = world.officer("collector");
    let bounds = (date(2026, 11, 1), 10);
    let read = |c: &_| land::list_contradictions(c, &collector, &query, bounds);
    let refused = world.service.store.read(read);
    assert_eq!(refused.unwrap_err().code(), ErrorCode::NotAllowed);
}
