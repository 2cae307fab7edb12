//! Quotas, disasters, facts of gachas and sumus, holidays.

use itgel_domain::assess::Context;
use itgel_domain::id::RowId;
use itgel_domain::register::{RegisterContent, RegisterRow, Season, VetoFact};
use itgel_domain::subject::{EntityKind, SubjectKind};
use itgel_server::{ServiceError, registers, store};
use jiff::civil::date;

use super::world::{BANNER, ELSEWHERE, GACHA, TOWNSHIP, World, code, csv};

const QUOTAS: &str = "区划代码,季节,每羊单位亩数,起始日期,截止日期";

fn quotas(world: &World) -> Vec<(String, String, Option<String>)> {
    let mut found: Vec<_> = world
        .rows(BANNER)
        .into_iter()
        .filter_map(|row| match row.content {
            RegisterContent::Quota(quota) if quota.season == Season::Year => Some((
                quota.mu_per_su.to_string(),
                quota.valid_from.to_string(),
                quota.valid_to.map(|day| day.to_string()),
            )),
            _ => None,
        })
        .collect();
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}

#[test]
fn a_new_quota_ends_the_one_before_and_both_are_kept() {
    let world = World::new();
    let line = |mu: &str, from: &str, to: &str| format!("{BANNER},全年,{mu},{from},{to}");
    world.put(
        "pasture-quotas",
        csv(&[QUOTAS, &line("22.66", "2025-01-01", "")]),
    );
    world.put(
        "pasture-quotas",
        csv(&[QUOTAS, &line("30", "2026-06-01", "")]),
    );
    let first = (
        "22.66".into(),
        "2025-01-01".into(),
        Some("2026-05-31".into()),
    );
    let second = ("30.00".into(), "2026-06-01".into(), None);
    assert_eq!(quotas(&world), [first, second]);
}

#[test]
fn overlapping_days_of_one_quota_are_refused() {
    let world = World::new();
    let line = |mu: &str, from: &str, to: &str| format!("{BANNER},全年,{mu},{from},{to}");
    world.put(
        "pasture-quotas",
        csv(&[QUOTAS, &line("20", "2026-01-01", "2026-12-31")]),
    );
    let inside = line("22", "2026-06-01", "");
    let other_season = format!("{BANNER},冷季,25,2026-06-01,");
    let twice = format!("{BANNER},冷季,26,2026-07-01,2026-08-01");
    let reversed = line("22", "2027-06-01", "2027-01-01");
    let again = format!("{BANNER},冷季,25,2026-06-01,");
    let batch = world
        .enter(
            "pasture-quotas",
            csv(&[QUOTAS, &inside, &other_season, &twice, &reversed, &again]),
        )
        .unwrap()
        .batch;
    assert_eq!(batch.staged, 1);
    let told = world.told(&batch.id);
    let expected = [
        (2, "起始日期".to_owned(), "import.overlap"),
        (4, String::new(), "import.overlap_row"),
        (5, "截止日期".to_owned(), "import.days"),
        (6, String::new(), "import.repeated"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_disaster_needs_its_declaration() {
    let world = World::new();
    let heads = "区划代码,公告文号,灾种,发布机关,起始日期,截止日期";
    let declared = format!("{TOWNSHIP},示例〔2026〕1号,雪灾,示例旗人民政府,2026-01-05,");
    let rumour = format!("{TOWNSHIP},,旱灾,示例旗人民政府,2026-05-01,");
    let batch = world
        .enter("disasters", csv(&[heads, &declared, &rumour]))
        .unwrap()
        .batch;
    assert_eq!(
        world.told(&batch.id),
        [(3, "公告文号".to_owned(), "value.missing")]
    );
    world.activate(&batch.id);
    let rows = world.rows(TOWNSHIP);
    assert!(matches!(&rows[..], [row] if matches!(&row.content,
        RegisterContent::Disaster(d) if d.kind.as_str() == "white_disaster" && d.ended_on.is_none())));
}

#[test]
fn facts_of_a_gacha_keep_what_other_registers_say() {
    let world = World::new();
    let facts = || {
        let content = world.rows(GACHA).into_iter().next().unwrap().content;
        match content {
            RegisterContent::Division(facts) => *facts,
            other => panic!("{other:?}"),
        }
    };
    let first = csv(&[
        "嘎查代码,常住农牧户数,起始日期",
        &format!("{GACHA},126,2026-01-01"),
    ]);
    world.put("gacha-facts", first);
    let second = csv(&[
        "嘎查代码,评级工作审计通过,起始日期",
        &format!("{GACHA},是,2026-03-01"),
    ]);
    world.put("gacha-facts", second);
    let held = facts();
    assert_eq!(
        (held.resident_households, held.audit_passed),
        (Some(126), Some(true))
    );
    let nothing = csv(&[
        "嘎查代码,常住农牧户数,起始日期",
        &format!("{GACHA},,2026-01-01"),
    ]);
    let batch = world.enter("gacha-facts", nothing).unwrap().batch;
    assert_eq!(world.told(&batch.id)[0].2, "value.missing");
}

#[test]
fn more_cannot_be_recovered_in_a_sumu_than_was_due() {
    let world = World::new();
    let heads = "苏木代码,新增贷款到期额(万元),新增贷款收回额(万元),政府履约情况,起始日期";
    let good = format!("{TOWNSHIP},1200,1176.5,无拖欠,2026-01-01");
    world.put("sumu-facts", csv(&[heads, &good]));
    let content = world.rows(TOWNSHIP).into_iter().next().unwrap().content;
    assert!(matches!(content, RegisterContent::Division(facts)
        if facts.new_loans_recovered_fen == Some(1_176_500_000)));
    let bad = format!("{TOWNSHIP},1200,1201,无拖欠,2026-02-01");
    let batch = world
        .enter("sumu-facts", csv(&[heads, &bad]))
        .unwrap()
        .batch;
    assert_eq!(world.told(&batch.id)[0].2, "value.out_of_range");
}

#[test]
fn nobody_enters_rows_for_a_place_that_is_not_theirs() {
    let world = World::new();
    let line = format!("{ELSEWHERE},全年,20,2026-01-01,");
    let batch = world
        .enter("pasture-quotas", csv(&[QUOTAS, &line]))
        .unwrap()
        .batch;
    assert_eq!(
        world.told(&batch.id),
        [(2, "区划代码".to_owned(), "scope.outside")]
    );
}

#[test]
fn a_holiday_calendar_is_in_force_at_once_and_again_changes_nothing() {
    let world = World::new();
    let lines = ["日期,安排,节日", "2027-01-01,放假,元旦", "2027-01-03,上班,"];
    let entered = world.enter("holidays", csv(&lines)).unwrap().batch;
    assert_eq!((entered.state.as_str(), entered.applied), ("active", 2));
    let calendar = world
        .service
        .store
        .read(|c| store::calendar::get(c).map_err(ServiceError::from))
        .unwrap();
    assert!(!calendar.is_working_day(date(2027, 1, 1)));
    assert!(
        calendar.is_working_day(date(2027, 1, 3)),
        "a Sunday that is worked"
    );
    let other = ["日期,安排,节日", "2027-01-01,放假,新年"];
    let again = world.enter("holidays", csv(&other)).unwrap().batch;
    assert_eq!((again.applied, again.same), (0, 1));
}

#[test]
fn a_ranch_without_licence_and_directory_code_is_left_to_its_household() {
    let world = World::new();
    let heads = "区划代码,主体类型,主体编号,登记地区划代码,名录编码,有无营业执照,经营户编号";
    let entered = world
        .enter(
            "entities",
            csv(&[
                heads,
                &format!("{GACHA},农民专业合作社,合-01,{ELSEWHERE},,有,"),
                &format!("{GACHA},家庭农牧场,场-01,,,无,"),
                &format!("{GACHA},家庭农牧场,场-02,,150623202600002,无,"),
                &format!("{GACHA},家庭农牧场,场-03,,150623202600003,无,9999"),
            ]),
        )
        .unwrap()
        .batch;
    let expected = [
        (3, "名录编码".to_owned(), "entity.unlisted"),
        (5, "经营户编号".to_owned(), "import.subject"),
    ];
    assert_eq!(world.told(&entered.id), expected);
    assert_eq!(world.activate(&entered.id).applied, 2);
    let registered = |place: &str| {
        let count = |c: &_| store::entity::count(c, place.parse().unwrap());
        let count = |c: &_| count(c).map_err(ServiceError::from);
        world.service.store.read(count).unwrap()
    };
    assert_eq!((registered(GACHA), registered(ELSEWHERE)), (2, 1));
}

#[test]
fn a_cooperative_registered_anew_takes_what_stood_against_it_along() {
    let world = World::new();
    let heads = "区划代码,主体类型,主体编号,登记地区划代码,名录编码,有无营业执照,经营户编号";
    let entity = |number: &str| format!("{GACHA},农民专业合作社,{number},,,有,");
    let (one, two, three) = (entity("合-01"), entity("合-02"), entity("合-03"));
    world.put("entities", csv(&[heads, &one, &two, &three]));
    let subject = |number: &str| {
        let kind = SubjectKind::Entity(EntityKind::Cooperative);
        let read = |c: &_| store::subject::find_by_code(c, code(GACHA), kind, number);
        let found = world
            .service
            .store
            .read(|c| read(c).map_err(ServiceError::from));
        found.unwrap().unwrap()
    };
    let against = |source: &str, ended_on: Option<&str>| {
        let before = subject("合-01");
        let row = RegisterRow {
            id: RowId::from_random(std::array::from_fn(|i| {
                u8::try_from(i + source.len()).unwrap()
            })),
            division: before.division,
            subject: Some(before.id),
            key: "示例".into(),
            revision: 1,
            valid_from: "2026-01-01".parse().unwrap(),
            valid_to: None,
            source: source.into(),
            content: RegisterContent::Veto(VetoFact {
                code: "V4".into(),
                source: source.into(),
                ended_on: ended_on.map(|day| day.parse().unwrap()),
                objection_accepted: false,
            }),
        };
        world.write(move |service, tx| registers::put(service, tx, &row, "test", service.now()));
    };
    let context = |number: &str, as_of: &str| {
        let subject = subject(number);
        let read = |c: &_| store::register::list_reaching(c, &subject, false);
        let rows = world
            .service
            .store
            .read(|c| read(c).map_err(ServiceError::from));
        Context::from_rows(&rows.unwrap(), &subject, as_of.parse().unwrap())
    };
    against("示例人民法院判决", None);
    let heads = "区划代码,主体类型,主体编号,原主体类型,原主体编号,变更方式,变更文书,变更日期,原主体是否存续";
    let changed = |from: &str, to: &str, how: &str, goes_on: &str| {
        format!(
            "{GACHA},农民专业合作社,{to},农民专业合作社,{from},{how},示例准予变更1号,2026-03-01,{goes_on}"
        )
    };
    let rows = [
        changed("合-01", "合-02", "更名", ""),
        changed("合-02", "合-03", "合并", "否"),
    ];
    let view = world.put("entity-changes", csv(&[heads, &rows[0], &rows[1]]));
    assert_eq!(view.applied, 2);
    // Also over two changes, and not before the day of the change.
    for number in ["合-02", "合-03"] {
        let codes = |as_of| {
            let vetoes = context(number, as_of).vetoes.into_iter();
            vetoes.map(|fact| fact.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("2026-06-01"), ["V4"], "{number}");
        assert_eq!(codes("2026-02-28"), Vec::<String>::new(), "{number}");
    }
    // What the source takes back ends for all of them in the same transaction.
    against("示例人民法院裁定撤销", Some("2026-05-01"));
    let ended = &context("合-03", "2026-06-01").vetoes[0];
    assert_eq!(ended.ended_on, Some("2026-05-01".parse().unwrap()));
    // Nothing comes from itself, and what was renamed does not go on beside its new name.
    let wrong = [
        changed("合-03", "合-01", "改制", ""),
        changed("合-03", "合-03", "更名", ""),
        changed("合-01", "合-03", "更名", "是"),
    ];
    let entered = world
        .enter(
            "entity-changes",
            csv(&[heads, &wrong[0], &wrong[1], &wrong[2]]),
        )
        .unwrap();
    let fault = |row| (row, "变更方式".to_owned(), "entity.link");
    assert_eq!(
        world.told(&entered.batch.id),
        [fault(2), fault(3), fault(4)]
    );
}
