//! What comes in as tables, and what follows from it: lists, measures, rates of the bodies.

use itgel_domain::subject::Grade;
use itgel_server::import::{self, BatchView, Entering};
use itgel_server::store;
use itgel_server::table::Options;
use jiff::civil::date;
use serde_json::json;

use super::{CATALOGUE, enter, listed, of_register, record, repair, standing, world};
use crate::field;
use crate::world::{TODAY, World};

const LIST_HEADS: &str =
    "区划代码,户编号,名单,目录版本,目录条目,法律依据,列入机关,机关级别,文号,列入日期,移出日期";

fn list_row(world: &World, number: &str, change: &[(usize, &str)]) -> String {
    let gacha = world.gacha().to_string();
    let mut cells = vec![
        gacha.as_str(),
        number,
        "严重失信主体名单",
        CATALOGUE,
        "严重失信主体名单信息",
        "示例法律依据",
        "示例旗市场监督管理局",
        "旗县",
        "示例列字1号",
        "2026-03-01",
        "",
    ];
    for (at, value) in change {
        cells[*at] = value;
    }
    cells.join(",")
}

/// Enters a table as the administrator, and puts it into force as the approver.
fn import(world: &World, kind: &str, table: &str) -> (BatchView, Vec<String>) {
    let (administrator, approver) = (
        field::actor(world, "administrator"),
        field::actor(world, "approver"),
    );
    let entering = Entering {
        kind: kind.into(),
        bytes: table.as_bytes().to_vec(),
        options: Options::default(),
        source: "示例旗人民法院 示例函1号".into(),
        cycle: None,
        check_only: true,
    };
    let service = &world.service;
    let checked = import::enter(service, &administrator, &entering, &mut |_| ()).unwrap();
    let codes = checked
        .checked
        .iter()
        .map(|line| line.fault.code.to_string())
        .collect();
    let entering = Entering {
        check_only: false,
        ..entering
    };
    let entered = import::enter(service, &administrator, &entering, &mut |_| ()).unwrap();
    let batch = match entered.was_known {
        true => entered.batch,
        false => import::activate(service, &approver, &entered.batch.id, &mut |_| ()).unwrap(),
    };
    (batch, codes)
}

#[test]
fn an_imported_list_entry_vetoes_and_its_removal_lets_the_grade_return() {
    let (world, subject) = world();
    let find = |c: &_| store::subject::get(c, &subject);
    let number = world.service.store.read(find).unwrap().unwrap().local_code;
    let before = standing(&world, &subject).grade_low;
    assert_ne!(before, Some(Grade::V));
    let table = format!("{LIST_HEADS}\n{}\n", list_row(&world, &number, &[]));
    let (batch, codes) = import(&world, "official-lists", &table);
    assert_eq!((batch.applied, codes.as_slice()), (1, [].as_slice()));
    assert_eq!(standing(&world, &subject).grade_low, Some(Grade::V));
    let (same, _) = import(&world, "official-lists", &table);
    assert_eq!(same.id, batch.id, "the same file changes nothing");
    let removed = list_row(&world, &number, &[(10, "2026-06-01")]);
    let (batch, _) = import(
        &world,
        "official-lists",
        &format!("{LIST_HEADS}\n{removed}\n"),
    );
    assert_eq!(batch.applied, 1);
    assert_eq!(standing(&world, &subject).grade_low, before);
}

#[test]
fn a_list_without_law_body_of_banner_level_known_version_or_own_days_is_refused_row_by_row() {
    let (world, subject) = world();
    let find = |c: &_| store::subject::get(c, &subject);
    let number = world.service.store.read(find).unwrap().unwrap().local_code;
    let good = list_row(&world, &number, &[]);
    let rows = [
        (
            list_row(&world, &number, &[(3, "本旗失信黑名单")]),
            "list.version",
        ),
        (list_row(&world, &number, &[(4, "")]), "list.item"),
        (list_row(&world, &number, &[(5, "")]), "list.basis"),
        (list_row(&world, &number, &[(6, "")]), "record.body"),
        (
            list_row(&world, &number, &[(7, "苏木乡镇")]),
            "list.body_level",
        ),
        (
            list_row(&world, &number, &[(9, "2027-01-01")]),
            "record.dates",
        ),
        (
            list_row(&world, &number, &[(10, "2026-02-01")]),
            "record.dates",
        ),
        (list_row(&world, "9999", &[]), "import.subject"),
    ];
    for (row, code) in rows {
        let (batch, codes) = import(&world, "official-lists", &format!("{LIST_HEADS}\n{row}\n"));
        assert_eq!((codes, batch.refused), (vec![code.to_owned()], 1), "{row}");
    }
    let (batch, _) = import(&world, "official-lists", &format!("{LIST_HEADS}\n{good}\n"));
    assert_eq!(batch.applied, 1);
    let twice = list_row(&world, &number, &[(8, "示例列字2号"), (9, "2026-04-01")]);
    let (_, codes) = import(
        &world,
        "official-lists",
        &format!("{LIST_HEADS}\n{twice}\n"),
    );
    assert_eq!(codes, ["record.overlap"]);
}

#[test]
fn records_honours_and_commitments_come_in_as_tables() {
    let (world, subject) = world();
    let find = |c: &_| store::subject::get(c, &subject);
    let number = world.service.store.read(find).unwrap().unwrap().local_code;
    let gacha = world.gacha();
    let records = format!(
        "区划代码,户编号,文书号,信息类别,目录条目,目录版本,认定机关,决定日期\n\
         {gacha},{number},示例许可1号,基础信息,行政许可信息,{CATALOGUE},示例旗农牧局,2026-05-06\n\
         {gacha},{number},示例罚9号,严重失信信息,行政处罚信息,{CATALOGUE},示例旗农牧局,2026-05-06\n"
    );
    let (batch, codes) = import(&world, "credit-records", &records);
    assert_eq!((batch.applied, batch.refused), (1, 1));
    assert_eq!(codes, ["record.serious"]);
    let honours = format!(
        "区划代码,户编号,荣誉类型,荣誉名称,授予机关,机关级别,授予日期,诚信二维码\n\
         {gacha},{number},诚信典型,诚信示范户,示例盟行署,盟市,2026-03-01,示例-QR-1\n\
         {gacha},{number},诚信典型,诚信示范户,示例旗人民政府,旗县,2026-03-02,\n"
    );
    let (batch, codes) = import(&world, "honours", &honours);
    assert_eq!(
        (batch.applied, codes.as_slice()),
        (1, ["value.missing".to_owned()].as_slice())
    );
    let commitments = format!(
        "区划代码,户编号,承诺类型,受理机关,承诺日期,履行情况,认定日期,履行凭证\n\
         {gacha},{number},行业自律,示例旗农牧局,2025-03-01,已履行,2026-03-01,示例核查1号\n\
         {gacha},{number},信用修复,示例旗农牧局,2025-03-01,未履行,2026-03-01,\n"
    );
    let (batch, codes) = import(&world, "commitments", &commitments);
    assert_eq!(
        (batch.applied, codes.as_slice()),
        (1, ["commitment.evidence".to_owned()].as_slice())
    );
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let items = listed(&world, &reviewer, "");
    assert_eq!(of_register(&items, "commitment").len(), 1);
    let models = of_register(&items, "honour");
    assert!(
        models.iter().any(|item| item["row"]["qr"] == "示例-QR-1"),
        "{models:?}"
    );
}

#[test]
fn who_reports_late_lowers_the_rates_of_its_body() {
    let (world, subject) = world();
    for (n, body, reported) in [
        (1, "示例旗农牧局", Some("2026-05-15")),
        (2, "示例旗农牧局", Some("2026-05-18")),
        (3, "示例旗林草局", None),
    ] {
        let mut record = record(&format!("示例罚{n}号"));
        record["recorded_by"] = json!(body);
        // Labour Day: 7, 8, the worked Saturday 9, 11, 12, 13, 14 May? The clock is the domain's.
        record["decided_on"] = json!("2026-05-06");
        record["published_from"] = json!("2026-05-06");
        if let Some(day) = reported {
            record["reported_on"] = json!(day);
        }
        enter(&world, &subject, &record);
    }
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let path = format!(
        "/v1/publicity-report?division={}&from=2026-05-01&to=2026-05-31",
        world.township()
    );
    let report = world.get(&path, Some(&reviewer)).json();
    let last = itgel_domain::credit::timeliness::report_by(
        date(2026, 5, 6),
        &world
            .service
            .store
            .read(|c| {
                itgel_server::process::timetable(&world.service, c, "150623".parse().unwrap())
            })
            .unwrap(),
    );
    let on_time = u64::from(date(2026, 5, 15) <= last.on) + u64::from(date(2026, 5, 18) <= last.on);
    assert_eq!(report["total"]["due"], 3, "{report}");
    assert_eq!(report["total"]["on_time"], on_time);
    assert_eq!(report["total"]["reporting_rate"], 6_667);
    assert_eq!(report["bodies"]["示例旗林草局"]["reporting_rate"], 0);
    assert_eq!(report["bodies"]["示例旗农牧局"]["compliance_rate"], 10_000);
    let reversed = path.replace("to=2026-05-31", "to=2026-04-30");
    world
        .get(&reversed, Some(&reviewer))
        .assert_problem(400, "request.malformed");
}

#[test]
fn two_uncorrected_penalties_in_three_years_stand_in_the_repeat_ledger_until_one_is_corrected() {
    let (world, subject) = world();
    let first = enter(&world, &subject, &record("示例罚1号"));
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let path = format!("/v1/repeat-ledger?division={}", world.township());
    let ledger = || world.get(&path, Some(&reviewer)).json()["items"].clone();
    assert_eq!(ledger(), json!([]));
    enter(&world, &subject, &record("示例罚2号"));
    assert_eq!(ledger()[0]["repeat"]["uncorrected_penalties"], 2);
    assert_eq!(ledger()[0]["id"], json!(subject));
    let officer = world.sign_in(&world.seat("objections", 0x23));
    let end = json!({ "step": "end", "on": TODAY, "evidence": "示例整改〔2026〕1号" });
    let path = format!("/v1/credit-records/{first}/steps");
    assert_eq!(world.post(&path, Some(&officer), &end).status, 200);
    assert_eq!(ledger(), json!([]));
}

#[test]
fn a_measure_names_its_list_goes_through_two_persons_and_ends_with_its_ground() {
    let (world, subject) = world();
    let id = enter(&world, &subject, &record("示例罚1号"));
    let approver = world.sign_in(&world.seat("approver", 0x25));
    let proposal = json!({
        "kind": "restraint",
        "list_version": "全国失信惩戒措施基础清单（2024版）",
        "item": "限制申请财政性资金项目",
        "strength": "usual",
        "body": "示例旗发展和改革委员会",
    });
    let refused = |field: &str, value: &str, code: &str| {
        let mut proposal = proposal.clone();
        proposal[field] = json!(value);
        let body = json!({ "record": id, "proposal": proposal });
        world
            .post("/v1/measures", Some(&approver), &body)
            .assert_problem(422, code);
    };
    refused("list_version", "本旗惩戒清单", "list.version");
    refused("item", " ", "list.item");
    refused("strength", "strict", "measure.proportion");
    refused("kind", "incentive", "list.version");
    let body = json!({ "record": id, "proposal": proposal });
    let made = world.post("/v1/measures", Some(&approver), &body);
    assert_eq!(
        (made.status, &made.json()["state"]),
        (201, &json!("initiated"))
    );
    let path = format!("/v1/measures/{}/steps", made.json()["id"].as_str().unwrap());
    let respond = json!({
        "version": 1, "body": "示例旗财政局",
        "step": { "respond": { "accepted": true, "reason": "项目申报时核查" } },
    });
    world
        .post(&path, Some(&approver), &respond)
        .assert_problem(403, "policy.second_person");
    let other = world.sign_in(&world.seat("other-approver", 0x26));
    let accepted = world.post(&path, Some(&other), &respond);
    assert_eq!(accepted.json()["state"], "accepted", "{}", accepted.json());
    world
        .post(&path, Some(&other), &respond)
        .assert_problem(409, "measure.stale");
    let officer = world.sign_in(&world.seat("objections", 0x23));
    let repaired = world.post(
        &format!("/v1/credit-records/{id}/steps"),
        Some(&officer),
        &repair(),
    );
    assert_eq!(repaired.status, 200);
    let list = format!("/v1/measures?division={}", world.township());
    let measures = world.get(&list, Some(&approver)).json();
    assert_eq!(measures["items"][0]["state"], "ended", "{measures}");
    assert_eq!(measures["items"][0]["ended"][1], "repaired");
}
