//! Tables of contracts with lenders and of their people.

use itgel_domain::authorisation::Purpose;
use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::LenderId;
use itgel_server::store::lender::LenderRecord;
use itgel_server::{setup, store};
use jiff::civil::{Date, date};

use super::world::{BANNER, ELSEWHERE, GACHA, World, code, csv};

const HEADS: &str = "机构编号,机构名称,蒙古文名称,区划代码,查询用途,起始日期,截止日期,每日查询上限";

const PEOPLE: &str = "人员编号,姓名,机构编号";

fn row(lender: &str, (from, to): (&str, &str), quota: &str) -> String {
    format!("{lender},示例农信社,,{BANNER},贷款审批、贷后管理,{from},{to},{quota}")
}

fn contracts(world: &World, lender: &str) -> Vec<LenderRecord> {
    let id: LenderId = lender.parse().unwrap();
    let read = world
        .service
        .store
        .read(|c| store::lender::list_contracts(c, &id));
    read.unwrap()
}

fn days(contracts: &[LenderRecord]) -> Vec<(Date, Option<Date>)> {
    let days = contracts.iter().map(|one| (one.valid_from, one.valid_to));
    days.collect()
}

fn listed(world: &World) -> u64 {
    let read = world
        .service
        .store
        .read(|c| store::list::end(c, code(BANNER)));
    read.unwrap().position
}

#[test]
fn a_contract_is_in_force_by_a_second_person_alone_and_devices_are_told() {
    let world = World::new();
    let before = listed(&world);
    let row = row("rcc-1", ("2026-01-01", "2026-12-31"), "500");
    let batch = world.enter("lenders", csv(&[HEADS, &row])).unwrap().batch;
    assert!(batch.needs_second_person);
    assert_eq!(batch.staged, 1, "{:?}", world.told(&batch.id));
    let own = world.activate_as("clerk", &batch.id).unwrap_err().code();
    assert_eq!(own, ErrorCode::SecondPerson);
    assert_eq!(
        (contracts(&world, "rcc-1").len(), listed(&world)),
        (0, before)
    );

    world.activate(&batch.id);
    let found = contracts(&world, "rcc-1");
    assert_eq!(days(&found), [(date(2026, 1, 1), Some(date(2026, 12, 31)))]);
    assert_eq!(
        found[0].purposes,
        [Purpose::LoanDecision, Purpose::LoanReview]
    );
    assert_eq!(found[0].daily_quota, 500);
    assert_eq!(listed(&world), before + 1, "devices can offer it");
    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 1_000));
    let audit = audit.unwrap();
    let noted = audit
        .iter()
        .find(|row| row.action == "lender.contract")
        .unwrap();
    assert_eq!(noted.actor, "second");
    // The same in another file changes nothing and tells nobody.
    let again = world.put("lenders", csv(&[HEADS, &row, ""]));
    assert_eq!(
        (again.same, again.applied, listed(&world)),
        (1, 0, before + 1)
    );
}

#[test]
fn every_bad_contract_is_named_with_its_column_and_the_good_one_goes_in() {
    let world = World::new();
    world.write(|service, tx| {
        let neighbour = LenderRecord {
            id: "bank-9".parse().unwrap(),
            name: "外旗示例银行".into(),
            name_mn: String::new(),
            valid_from: date(2020, 1, 1),
            valid_to: None,
            division: code("150624"),
            purposes: vec![Purpose::LoanDecision],
            daily_quota: 1,
        };
        setup::add_lender(tx, &neighbour, service.now().on())
    });
    let rows = [
        row("农 信", ("2026-01-01", ""), "5"),
        row("rcc-2", ("2026-01-01", ""), "5").replace("贷后管理", "放贷"),
        row("rcc-2", ("2026-01-01", ""), "0"),
        row("rcc-2", ("2026-02-01", "2026-01-01"), "5"),
        row("rcc-2", ("2026-01-01", ""), "5").replace(BANNER, ELSEWHERE),
        row("bank-9", ("2026-01-01", ""), "5"),
        row("rcc-1", ("2026-01-01", "2026-12-31"), "5"),
        row("rcc-1", ("2026-12-31", ""), "5"),
        row("rcc-1", ("2027-01-01", ""), "2000000"),
    ];
    let mut lines = vec![HEADS];
    lines.extend(rows.iter().map(String::as_str));
    let batch = world.enter("lenders", csv(&lines)).unwrap().batch;
    let told = world.told(&batch.id);
    let expected = [
        (2, "机构编号", "value.wrong_type"),
        (3, "查询用途", "value.not_a_choice"),
        (4, "每日查询上限", "value.wrong_type"),
        (5, "截止日期", "import.days"),
        (6, "区划代码", "scope.outside"),
        (7, "机构编号", "scope.outside"),
        (9, "", "import.overlap_row"),
        (10, "每日查询上限", "value.out_of_range"),
    ];
    let expected = expected.map(|(row, column, code)| (row, column.to_owned(), code));
    assert_eq!(told, expected);
    world.activate(&batch.id);
    assert_eq!(contracts(&world, "rcc-1").len(), 1);
    assert_eq!(contracts(&world, "bank-9")[0].division, code("150624"));
}

#[test]
fn a_contract_that_follows_another_is_in_force_from_its_first_day_and_no_earlier() {
    let world = World::new();
    world.put(
        "lenders",
        csv(&[HEADS, &row("rcc-1", ("2026-01-01", ""), "100")]),
    );
    world.put(
        "lenders",
        csv(&[HEADS, &row("rcc-1", ("2027-01-01", "2027-12-31"), "200")]),
    );
    let found = contracts(&world, "rcc-1");
    let first = (date(2026, 1, 1), Some(date(2026, 12, 31)));
    assert_eq!(
        days(&found),
        [first, (date(2027, 1, 1), Some(date(2027, 12, 31)))]
    );
    let id: LenderId = "rcc-1".parse().unwrap();
    let on = |day| {
        world
            .service
            .store
            .read(|c| store::lender::get(c, &id, day))
    };
    let quota = |day| on(day).unwrap().unwrap().daily_quota;
    let days_of = [date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1)];
    assert_eq!(days_of.map(quota), [100, 200, 200]);
    assert!(
        !on(date(2028, 1, 1))
            .unwrap()
            .unwrap()
            .is_in_force(date(2028, 1, 1))
    );

    // What would swallow a later contract does not go in.
    let wide = csv(&[HEADS, &row("rcc-1", ("2026-06-01", ""), "1")]);
    let batch = world.enter("lenders", wide).unwrap().batch;
    let active = world.activate(&batch.id);
    assert_eq!(active.failed, 1);
    assert_eq!(
        world.told(&batch.id),
        [(2, String::new(), "import.overlap")]
    );
    assert_eq!(days(&contracts(&world, "rcc-1"))[0], first);

    // An end is written with the first day as it was.
    world.put(
        "lenders",
        csv(&[HEADS, &row("rcc-1", ("2026-01-01", "2026-10-31"), "100")]),
    );
    let ended = on(date(2026, 11, 1)).unwrap().unwrap();
    assert!(!ended.is_in_force(date(2026, 11, 1)), "{ended:?}");
}

#[test]
fn people_of_a_lender_get_its_role_where_its_contract_holds_and_at_one_lender_alone() {
    let world = World::new();
    let lenders = ["rcc-1", "bank-2"].map(|id| row(id, ("2026-01-01", ""), "5"));
    world.put("lenders", csv(&[HEADS, &lenders[0], &lenders[1]]));
    let rows = [
        "xindai-01,示例信贷员,rcc-1",
        "xindai-02,示例信贷员,nobody",
        "clerk,示例,rcc-1",
        "collector,collector,rcc-1",
    ];
    let mut lines = vec![PEOPLE];
    lines.extend(rows);
    let batch = world.enter("lender-officers", csv(&lines)).unwrap().batch;
    let active = world.activate(&batch.id);
    assert_eq!((active.applied, active.failed), (2, 1));
    let told = [
        (3, "机构编号".to_owned(), "lender.unknown"),
        (4, String::new(), "policy.second_person"),
    ];
    assert_eq!(world.told(&batch.id), told);
    let person = world.officer("xindai-01");
    assert_eq!(person.lender, Some("rcc-1".parse().unwrap()));
    let [grant] = person.grants.as_slice() else {
        panic!("{person:?}");
    };
    assert_eq!((grant.role, grant.division), (Role::Lender, code(BANNER)));
    // A collector who works for the lender as well stays one, where he is employed.
    let collector = world.officer("collector");
    assert_eq!(collector.grants.len(), 2);
    let id = "collector".parse().unwrap();
    let employed = world.service.store.read(|c| store::officer::get(c, &id));
    assert_eq!(employed.unwrap().unwrap().division, code(GACHA));

    let moved = csv(&[PEOPLE, "xindai-01,示例信贷员,bank-2"]);
    let batch = world.enter("lender-officers", moved).unwrap().batch;
    assert_eq!(world.activate(&batch.id).failed, 1);
    assert_eq!(world.told(&batch.id), [(2, String::new(), "lender.person")]);
}
