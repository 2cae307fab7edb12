//! Registers of land and animals over a real database: what is entered moves the official
//! assessments and the lists of the devices, and what contradicts itself is kept and told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod actors;

use actors::{Collector, TODAY, World, refusal};
use itgel_domain::assess::Inputs;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{ImportId, SubjectId};
use itgel_domain::item::Observation;
use itgel_domain::land::{
    Entrustment, FaultKind, JointContract, LandRecord, LeaseContract, Membership, Plot, Zone,
};
use itgel_domain::pack::{StockClass, shipped};
use itgel_domain::register::{JointGroup, LandUse, RegisterContent};
use itgel_domain::sync::pull::PullItem;
use itgel_fixtures::Household;
use itgel_server::land::{self, Entered, NewRecord, RecordPlace};
use itgel_server::{ServiceError, import, setup, store};
use jiff::civil::{Date, date};

const FROM: Date = date(2026, 5, 1);
const TO: Date = date(2026, 12, 31);

/// Herders whom nothing sets apart, with plots that no neighbour's file has: `x0-p1`, `x1-p1`.
fn herders(world: &World) -> Vec<(Household, Vec<Observation>)> {
    let has_plots = |h: &&Household| {
        let mut found = h.found.iter();
        h.twist.is_none() && found.any(|o| o.item.as_str() == "plot/p1/area_mu")
    };
    let herders = world.households.iter().filter(has_plots).cloned();
    let renamed = |(n, household): (usize, Household)| {
        let found = household.found.iter().map(|o| Observation {
            item: o
                .item
                .as_str()
                .replace("plot/", &format!("plot/x{n}-"))
                .parse()
                .unwrap(),
            ..o.clone()
        });
        let found = found.collect();
        (household, found)
    };
    herders.enumerate().map(renamed).collect()
}

fn visit(team: &mut Collector, world: &World, (household, found): &(Household, Vec<Observation>)) {
    let household = Household {
        found: found.clone(),
        ..household.clone()
    };
    team.visit(world, &household);
}

fn put(world: &World, record: LandRecord) -> Result<Entered, ServiceError> {
    let new = NewRecord {
        division: world.gacha.code,
        source: "示例苏木草场登记簿".into(),
        record,
    };
    world.transact(move |service, tx| land::put(service, tx, &new, "registrar", service.now()))
}

fn plot(key: &str, contract: &str, holder: &SubjectId) -> LandRecord {
    LandRecord::Plot(Plot {
        key: key.into(),
        holder: holder.clone(),
        area_mu: 100_000,
        zone: Zone::Balance,
        contract: contract.into(),
        from: date(2015, 1, 1),
        to: None,
        disputed: false,
    })
}

fn lease(id: &str, plot: &str, (lessor, lessee): (&SubjectId, &SubjectId)) -> LeaseContract {
    LeaseContract {
        id: id.into(),
        plot: plot.into(),
        lessor: lessor.clone(),
        lessee: lessee.clone(),
        area_mu: 100,
        from: FROM,
        to: TO,
        written: true,
        registered: true,
    }
}

fn group(id: &str, (from, to): (Date, Option<Date>), members: &[&SubjectId]) -> LandRecord {
    let members = members.iter().map(|member| Membership {
        member: (*member).clone(),
        from,
        to: None,
    });
    LandRecord::Joint(JointContract {
        id: id.into(),
        from,
        to,
        members: members.collect(),
    })
}

/// What is published about a subject.
fn published(world: &World, subject: &SubjectId) -> LandUse {
    let read = |c: &_| store::register::list_of_subject(c, subject, false);
    let rows = world.service.store.read(read).unwrap();
    let land = rows.into_iter().find_map(|row| match row.content {
        RegisterContent::Land(land) => Some(*land),
        _ => None,
    });
    land.unwrap_or_default()
}

/// How many rows of land a subject had so far.
fn revisions(world: &World, subject: &SubjectId) -> usize {
    let read = |c: &_| store::register::list_of_subject(c, subject, true);
    let rows = world.service.store.read(read).unwrap();
    let is_land = |row: &&itgel_domain::register::RegisterRow| {
        matches!(row.content, RegisterContent::Land(_))
    };
    rows.iter().filter(is_land).count()
}

/// The inputs that the server assessed last.
fn inputs(world: &World, household: &Household) -> Inputs {
    let (subject, cycle) = (&household.subject, &world.cycle.id);
    let stored = world.service.store.read(|c| {
        let standing = store::standing::get(c, subject, cycle)?.unwrap();
        store::assessment::get(c, &standing.inputs_hash.unwrap())
    });
    Inputs::decode(&stored.unwrap().unwrap().inputs, shipped::rules()).unwrap()
}

fn kinds(entered: &Entered) -> Vec<FaultKind> {
    entered.faults.iter().map(|fault| fault.kind).collect()
}

#[test]
fn a_lease_in_the_register_reaches_both_files_the_devices_and_the_official_assessment() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let (lessor, lessee) = (&herders[0].0, &herders[1].0);
    let mut team = Collector::new("c-1", "c-2");
    visit(&mut team, &world, &herders[0]);
    let parties = (&lessor.subject, &lessee.subject);
    let record = LandRecord::Lease(lease("示例-1", "x0-p1", parties));
    assert!(put(&world, record.clone()).unwrap().is_changed);
    for household in [lessor, lessee] {
        assert_eq!(published(&world, &household.subject).leases.len(), 1);
    }
    assert_eq!(inputs(&world, lessor).context.leases.len(), 1);
    let division = world.gacha.code;
    let listed = world
        .service
        .store
        .read(|c| store::list::list(c, division, 0, 100_000));
    let of_land = listed
        .unwrap()
        .into_iter()
        .filter(|row| match &row.content {
            store::list::Content::Item(bytes) => matches!(
                minicbor::decode(bytes),
                Ok(PullItem::Register(row)) if matches!(row.content, RegisterContent::Land(_))
            ),
            _ => false,
        });
    assert_eq!(
        of_land.count(),
        2,
        "one row for each side, and nothing of the contract itself"
    );

    let again = put(&world, record).unwrap();
    assert!(!again.is_changed);
    assert_eq!(
        revisions(&world, &lessor.subject),
        1,
        "the same record published a row again"
    );
}

#[test]
fn a_record_taken_back_counts_no_more_and_stays_in_the_history() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let (lessor, lessee) = (&herders[0].0.subject, &herders[1].0.subject);
    put(
        &world,
        LandRecord::Lease(lease("示例-1", "x0-p1", (lessor, lessee))),
    )
    .unwrap();
    let place = RecordPlace {
        register: "lease".into(),
        division: world.gacha.code,
        number: "示例-1".into(),
        from: FROM,
    };
    let reviewer = world.officer("r-1");
    let refused = refusal(land::withdraw(&world.service, &reviewer, place.clone()));
    assert_eq!(refused, ErrorCode::NotAllowed);
    let registrar = registrar(&world);
    assert!(land::withdraw(&world.service, &registrar, place.clone()).unwrap());
    assert!(!land::withdraw(&world.service, &registrar, place.clone()).unwrap());
    for subject in [lessor, lessee] {
        assert_eq!(published(&world, subject), LandUse::default());
    }
    let banner = world.banner.code;
    let history = world
        .service
        .store
        .read(|c| store::land::list_history(c, "lease", banner, "示例-1", place.from));
    let ended: Vec<bool> = history
        .unwrap()
        .iter()
        .map(|row| row.ended_at.is_some())
        .collect();
    assert_eq!(ended, [true]);
    assert_eq!(world.audit("land.withdrawn").len(), 1);
}

#[test]
fn one_contract_cannot_hold_twice_on_a_day_and_a_correction_takes_its_place() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let parties = (&herders[0].0.subject, &herders[1].0.subject);
    let first = lease("示例-1", "x0-p1", parties);
    put(&world, LandRecord::Lease(first.clone())).unwrap();
    let renewed = LeaseContract {
        from: TO,
        to: date(2027, 12, 31),
        ..first.clone()
    };
    let refused = refusal(put(&world, LandRecord::Lease(renewed.clone())));
    assert_eq!(refused, ErrorCode::LandOverlap);
    let after = LeaseContract {
        from: date(2027, 1, 1),
        ..renewed
    };
    put(&world, LandRecord::Lease(after)).unwrap();
    let corrected = LeaseContract {
        area_mu: 90,
        ..first
    };
    put(&world, LandRecord::Lease(corrected)).unwrap();
    let leases = published(&world, parties.1).leases;
    let areas: Vec<_> = leases.iter().map(|l| (l.from, l.area_mu)).collect();
    assert_eq!(areas, [(FROM, Some(90)), (date(2027, 1, 1), Some(100))]);
}

#[test]
fn land_claimed_by_two_is_kept_told_and_gives_capacity_to_neither() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let (first, second) = (&herders[0].0.subject, &herders[1].0.subject);
    assert_eq!(
        kinds(&put(&world, plot("x0-p1", "示例-承包-1", first)).unwrap()),
        []
    );
    let claimed = put(&world, plot("x0-p1", "示例-承包-2", second)).unwrap();
    assert!(claimed.is_changed, "the second claim was dropped");
    assert_eq!(kinds(&claimed), [FaultKind::ClaimedTwice]);
    assert_eq!(claimed.faults[0].kind.code(), ErrorCode::LandClaimedTwice);
    for subject in [first, second] {
        let disputed = published(&world, subject).disputed_plots;
        assert!(
            disputed
                .iter()
                .any(|d| d.plot == "x0-p1" && d.covers(TODAY))
        );
    }
}

#[test]
fn leases_in_a_cycle_are_told_with_their_contracts_and_move_nothing() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let [a, b, c] = [0, 1, 2].map(|n| herders[n].0.subject.clone());
    put(
        &world,
        LandRecord::Lease(lease("示例-1", "x0-p1", (&a, &b))),
    )
    .unwrap();
    put(
        &world,
        LandRecord::Lease(lease("示例-2", "x0-p1", (&b, &c))),
    )
    .unwrap();
    let closing = put(
        &world,
        LandRecord::Lease(lease("示例-3", "x0-p1", (&c, &a))),
    )
    .unwrap();
    assert_eq!(kinds(&closing), [FaultKind::LeaseCycle]);
    assert_eq!(closing.faults[0].contracts, ["示例-1", "示例-2", "示例-3"]);
    for subject in [&a, &b, &c] {
        assert!(published(&world, subject).leases.is_empty());
    }
}

#[test]
fn a_joint_group_follows_the_counts_of_its_members() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let mut team = Collector::new("c-1", "c-2");
    visit(&mut team, &world, &herders[0]);
    let (first, second) = (&herders[0].0, &herders[1].0);
    let members = [&first.subject, &second.subject];
    let entered = put(&world, group("示例-联户-1", (FROM, None), &members)).unwrap();
    assert_eq!(kinds(&entered), [FaultKind::Uncounted]);
    let alone = inputs(&world, first).context.joint_groups;
    assert_eq!(alone[0].uncounted, 1);

    visit(&mut team, &world, &herders[1]);
    let together = inputs(&world, first).context.joint_groups;
    assert_eq!(together[0].uncounted, 0);
    let animals = |groups: &[JointGroup]| groups[0].periods[0].grazing_milli_su;
    assert_eq!(animals(&alone), 0);
    assert!(
        animals(&together) > 0,
        "the count of the other did not arrive"
    );
    assert!(!together[0].periods[0].plots.is_empty());
    // Animals that a member keeps for somebody outside count with the group.
    let before = animals(&together);
    let entrusted = Entrustment {
        id: "示例-委托-1".into(),
        owner: herders[2].0.subject.clone(),
        keeper: second.subject.clone(),
        class: StockClass::Sheep,
        heads: 50,
        from: FROM,
        to: None,
    };
    put(&world, LandRecord::Entrusted(entrusted)).unwrap();
    let after = inputs(&world, first).context.joint_groups;
    assert_eq!(animals(&after), before + 50_000);
}

#[test]
fn a_count_of_somebody_without_a_group_publishes_nothing() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let mut team = Collector::new("c-1", "c-2");
    let before = world.audit("register.entered").len();
    visit(&mut team, &world, &herders[0]);
    assert_eq!(world.audit("register.entered").len(), before);
}

#[test]
fn a_group_contract_that_misses_the_day_of_the_count_is_told_and_not_used() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let mut team = Collector::new("c-1", "c-2");
    for herder in &herders[..2] {
        visit(&mut team, &world, herder);
    }
    let members = [&herders[0].0.subject, &herders[1].0.subject];
    let days = (FROM, Some(date(2026, 9, 30)));
    let (gacha, member) = (world.gacha.code, &herders[0].0.local_code);
    let table = format!(
        "区划代码,合同编号,联户起始日期,联户截止日期,成员户编号,加入日期\n\
         {gacha},示例-联户-9,2026-05-01,2026-09-30,{member},2026-05-01\n"
    );
    let (_, told) = staged(&world, "joint-groups", &table);
    let codes: Vec<_> = told.iter().map(|line| line.fault.code).collect();
    assert_eq!(
        codes,
        [ErrorCode::LandGroupMissesCount],
        "before it is in force"
    );
    let entered = put(&world, group("示例-联户-1", days, &members)).unwrap();
    assert_eq!(kinds(&entered), [FaultKind::GroupMissesCount]);
    let inputs = inputs(&world, &herders[0].0);
    let assessment = itgel_domain::assess::assess(&inputs);
    assert!(
        assessment.tips.contains("TIP_GROUP_DATES"),
        "{:?}",
        assessment.tips
    );
}

#[test]
fn a_record_that_cannot_be_one_or_names_a_stranger_is_refused() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let (a, stranger) = (&herders[0].0.subject, &"nobody".parse().unwrap());
    let same = LandRecord::Lease(lease("示例-1", "x0-p1", (a, a)));
    assert_eq!(refusal(put(&world, same)), ErrorCode::LandRecord);
    let unknown = LandRecord::Lease(lease("示例-1", "x0-p1", (a, stranger)));
    assert_eq!(refusal(put(&world, unknown)), ErrorCode::SubjectUnknown);
}

#[test]
fn tables_of_land_go_in_row_by_row_and_each_bad_row_is_named() {
    let world = World::with_households(60);
    let herders = herders(&world);
    let gacha = world.gacha.code;
    let [a, b, c] = [0, 1, 2].map(|n| herders[n].0.local_code.clone());
    let leases = format!(
        "区划代码,出租户编号,承租户编号,草场编号,面积(亩),合同编号,起始日期,截止日期,书面合同,已登记\n\
         {gacha},{a},{b},x0-p1,100,示例-1,2026-05-01,2026-12-31,是,是\n\
         {gacha},{a},{a},x0-p1,100,示例-2,2026-05-01,2026-12-31,是,是\n\
         {gacha},{a},9999,x0-p1,100,示例-3,2026-05-01,2026-12-31,是,是\n\
         {gacha},{a},{b},x0-p1,100,示例-1,2026-12-31,2027-12-31,是,是\n\
         {gacha},{b},{c},x0-p1,60,示例-4,2026-05-01,2026-12-31,是,否\n"
    );
    let refused = entered(&world, "pasture-leases", &leases);
    let expected = [
        (3, ErrorCode::LandRecord),
        (4, ErrorCode::ImportSubject),
        (5, ErrorCode::ImportOverlapRow),
    ];
    assert_eq!(refused, expected);
    let [a, b, c] = [0, 1, 2].map(|n| herders[n].0.subject.clone());
    let area = |subject| published(&world, subject).leases[0].area_mu;
    assert_eq!(
        [area(&a), area(&b), area(&c)],
        [Some(100), Some(40), Some(60)]
    );
    assert_eq!(published(&world, &c).unregistered_leases.len(), 1);

    let [a, b, _] = [0, 1, 2].map(|n| herders[n].0.local_code.clone());
    let members = format!(
        "区划代码,合同编号,联户起始日期,成员户编号,加入日期,退出日期\n\
         {gacha},示例-联户-1,2026-05-01,{a},2026-05-01,\n\
         {gacha},示例-联户-1,2026-05-01,{b},2026-05-01,2026-08-31\n"
    );
    assert_eq!(entered(&world, "joint-groups", &members), []);
    let subject = &herders[0].0.subject;
    assert_eq!(published(&world, subject).joint_groups[0].periods.len(), 2);

    let plots = format!(
        "区划代码,户编号,草场编号,面积(亩),区划,合同编号,起始日期\n\
         {gacha},{a},x0-p1,5000,草畜平衡区,示例-承包-1,2015-01-01\n\
         {gacha},{a},x 1,5000,草畜平衡区,示例-承包-2,2015-01-01\n\
         {gacha},{a},x0-p2,0,草畜平衡区,示例-承包-3,2015-01-01\n"
    );
    let refused = entered(&world, "pasture-plots", &plots);
    assert_eq!(
        refused.iter().map(|(row, _)| *row).collect::<Vec<_>>(),
        [3, 4]
    );

    let animals = format!(
        "区划代码,畜主户编号,代牧户编号,畜种,头只数,合同编号,起始日期\n\
         {gacha},{a},{b},绵羊,30,示例-委托-1,2026-05-01\n\
         {gacha},{a},{b},骆马,30,示例-委托-2,2026-05-01\n"
    );
    let refused = entered(&world, "entrusted-animals", &animals);
    assert_eq!(refused, [(3, ErrorCode::ValueNotAChoice)]);
    assert_eq!(published(&world, subject).entrusted[0].heads, 30);
}

/// Enters a table, puts it into force by a second person; the rows that were refused.
fn entered(world: &World, kind: &str, csv: &str) -> Vec<(u32, ErrorCode)> {
    let (id, faults) = staged(world, kind, csv);
    import::activate(&world.service, &world.officer("a-1"), &id, &mut |_| ()).unwrap();
    let refused = faults.into_iter().filter(|line| !line.fault.is_notice);
    refused.map(|line| (line.row, line.fault.code)).collect()
}

/// Enters a table; everything that its report says.
fn staged(world: &World, kind: &str, csv: &str) -> (ImportId, Vec<import::FaultLine>) {
    let entering = import::Entering {
        kind: kind.into(),
        bytes: csv.as_bytes().to_vec(),
        options: itgel_server::table::Options::default(),
        source: "示例苏木".into(),
        cycle: None,
        check_only: false,
    };
    let registrar = registrar(world);
    let entered = import::enter(&world.service, &registrar, &entering, &mut |_| ()).unwrap();
    let id = entered.batch.id;
    let report = world
        .service
        .store
        .read(|c| import::report_page(c, &registrar, &id, 0, 100));
    (id.clone(), report.unwrap().0)
}

/// Who keeps the registers of the banner.
fn registrar(world: &World) -> itgel_domain::policy::Actor {
    let division = world.banner.code;
    world
        .transact(move |_, tx| {
            let record = store::officer::OfficerRecord {
                id: "registrar".parse().unwrap(),
                name: "registrar".into(),
                division,
            };
            let role = itgel_domain::case::Role::Administrator;
            setup::add_officer(tx, &record, &[(role, division)])?;
            Ok(())
        })
        .unwrap();
    world.officer("registrar")
}
