//! Credit records, official lists, measures, reporting in time, and the end of adverse records.

mod tables;

use itgel_domain::id::SubjectId;
use itgel_domain::subject::{EntityKind, Subject, SubjectKind};
use itgel_domain::sync::pull::PullItem;
use itgel_server::store::standing::StandingRow;
use itgel_server::{credit, registers, store};
use serde_json::{Value, json};

use crate::field::{self, Pen};
use crate::world::{TODAY, World};

const CATALOGUE: &str = "内蒙古自治区公共信用信息目录（2024版）";

const DAY_MS: i64 = 86_400_000;

/// A server with a household that was visited, and the household.
fn world() -> (World, SubjectId) {
    let mut world = World::prepared();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    field::vote(&world, &mut pen, &household);
    world.start();
    (world, household.subject)
}

fn standing(world: &World, subject: &SubjectId) -> StandingRow {
    let read = |c: &_| store::standing::get(c, subject, &field::cycle());
    world.service.store.read(read).unwrap().unwrap()
}

fn record(reference: &str) -> Value {
    json!({
        "reference": reference,
        "kind": "penalty",
        "catalogue_item": "行政处罚信息",
        "catalogue_version": CATALOGUE,
        "recorded_by": "示例旗农牧局",
        "decided_on": "2026-05-06",
        "published_from": "2026-05-06",
    })
}

fn entering(subject: &SubjectId, record: &Value) -> Value {
    json!({ "subject": subject, "source": "示例旗信用平台", "content": { "record": record } })
}

/// Enters a record as the administrator; its number.
fn enter(world: &World, subject: &SubjectId, record: &Value) -> String {
    let token = world.sign_in(&world.seat("administrator", 0x21));
    let entered = world.post(
        "/v1/credit-records",
        Some(&token),
        &entering(subject, record),
    );
    assert_eq!(entered.status, 201, "{}", entered.json());
    entered.json()["id"].as_str().unwrap().to_owned()
}

fn listed(world: &World, token: &str, more: &str) -> Vec<Value> {
    let path = format!("/v1/credit-records?division={}{more}", world.township());
    let page = world.get(&path, Some(token));
    assert_eq!(page.status, 200, "{}", page.json());
    page.json()["items"].as_array().unwrap().clone()
}

fn of_register<'a>(items: &'a [Value], register: &str) -> Vec<&'a Value> {
    items.iter().filter(|i| i["register"] == register).collect()
}

fn repair() -> Value {
    json!({ "step": "repair", "on": TODAY, "evidence": "示例修复〔2026〕1号" })
}

#[test]
fn a_record_counts_once_until_it_is_repaired_and_then_is_shown_and_used_nowhere() {
    let (world, subject) = world();
    let before = standing(&world, &subject).score.unwrap();
    let id = enter(&world, &subject, &record("示例罚1号"));
    assert_eq!(standing(&world, &subject).score, Some(before - 500));
    assert_eq!(
        enter(&world, &subject, &record("示例罚1号")),
        id,
        "the same again"
    );
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let items = listed(&world, &reviewer, "&class=general");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], json!(id));
    assert_eq!(items[0]["stands"], true);
    let path = format!("/v1/credit-records/{id}/steps");
    let refused = world.post(&path, Some(&reviewer), &repair());
    refused.assert_problem(403, "policy.not_allowed");
    let officer = world.sign_in(&world.seat("objections", 0x23));
    let repaired = world.post(&path, Some(&officer), &repair());
    assert_eq!(repaired.status, 200, "{}", repaired.json());
    assert_eq!(standing(&world, &subject).score, Some(before));
    assert!(listed(&world, &reviewer, "&class=general").is_empty());
    let closed = listed(&world, &reviewer, "&class=general&closed=true");
    assert_eq!((closed.len(), &closed[0]["revision"]), (1, &json!(2)));
    let id = repaired.json()["id"].as_str().unwrap().to_owned();
    let again = world.post(
        &format!("/v1/credit-records/{id}/steps"),
        Some(&officer),
        &repair(),
    );
    again.assert_problem(409, "record.step");
    let detail = world.get(&format!("/v1/credit-records/{id}"), Some(&reviewer));
    assert_eq!(detail.json()["history"].as_array().unwrap().len(), 2);
}

#[test]
fn records_are_found_sorted_and_paged_and_a_stranger_sees_none() {
    let (world, subject) = world();
    for n in 1..=5 {
        let mut record = record(&format!("示例罚{n}号"));
        record["decided_on"] = json!(format!("2026-05-0{n}"));
        enter(&world, &subject, &record);
    }
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let path = format!(
        "/v1/credit-records?division={}&register=public_record&order=oldest&limit=2",
        world.township()
    );
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(&format!("{path}{cursor}"), Some(&reviewer))
            .json();
        for item in page["items"].as_array().unwrap() {
            seen.push(item["began_on"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace(' ', "%20")),
            None => break,
        }
    }
    let days: Vec<String> = (1..=5).map(|n| format!("2026-05-0{n}")).collect();
    assert_eq!(seen, days);
    let search = "%E7%A4%BA%E4%BE%8B%E7%BD%9A3%E5%8F%B7"; // 示例罚3号
    assert_eq!(
        listed(&world, &reviewer, &format!("&search={search}")).len(),
        1
    );
    let stranger = world.sign_in(&world.seat("stranger", 0x24));
    world
        .get(&path, Some(&stranger))
        .assert_problem(403, "policy.not_allowed");
}

#[test]
fn what_the_law_asks_of_a_record_is_refused_with_its_code() {
    let (world, subject) = world();
    let token = world.sign_in(&world.seat("administrator", 0x21));
    let refused = |field: &str, value: Value, code: &str| {
        let mut record = record("示例罚1号");
        record[field] = value;
        let answer = world.post(
            "/v1/credit-records",
            Some(&token),
            &entering(&subject, &record),
        );
        let problem = answer.assert_problem(422, code);
        assert_eq!(problem["violations"][0]["code"], code, "{problem}");
    };
    refused(
        "catalogue_version",
        json!("目录（2019版）"),
        "catalogue.version",
    );
    refused("catalogue_item", json!(""), "record.catalogue_item");
    refused("class", json!("serious"), "record.serious");
    refused("form", json!("legal_person"), "record.form");
    refused("recorded_by", json!(" "), "record.body");
    refused("decided_on", json!("2027-01-01"), "record.dates");
    assert!(
        listed(
            &world,
            &world.sign_in(&world.seat("reviewer", 0x22)),
            "&class=general"
        )
        .is_empty()
    );
}

#[test]
fn sec_t42_adverse_records_of_persons_are_deleted_with_proof_and_those_of_organisations_kept() {
    let (world, subject) = world();
    let coop: SubjectId = "coop-1".parse().unwrap();
    let organisation = Subject {
        id: coop.clone(),
        kind: SubjectKind::Entity(EntityKind::Cooperative),
        division: world.gacha(),
        local_code: "C01".into(),
    };
    world
        .service
        .transact("test.coop", move |s, tx| {
            registers::put_subject(s, tx, &organisation)
        })
        .unwrap();
    let mut old = record("示例罚2021-1号");
    old["decided_on"] = json!("2021-05-06");
    old["ended_on"] = json!("2021-06-11");
    let id = enter(&world, &subject, &old);
    let contested = json!({ "step": "contest", "pending": true, "evidence": "示例" });
    let officer = world.sign_in(&world.seat("objections", 0x23));
    let path = format!("/v1/credit-records/{id}/steps");
    let newer = world.post(&path, Some(&officer), &contested).json()["id"].clone();
    old["form"] = json!("legal_person");
    enter(&world, &coop, &old);
    assert_eq!(
        credit::retention::run(&world.service).unwrap(),
        0,
        "not a day too early"
    );
    let holds = |text: &str| {
        let stored = |c: &rusqlite::Connection| -> Result<Vec<String>, store::StoreError> {
            let assessments = store::assessment::list_of(c, &subject)?;
            let inputs = assessments
                .iter()
                .map(|a| String::from_utf8_lossy(&a.inputs).into());
            let rows = store::register::list_of_subject(c, &subject, true)?;
            Ok(inputs
                .chain(rows.iter().map(|row| format!("{row:?}")))
                .collect())
        };
        let all = world.service.store.read(stored).unwrap();
        all.iter().any(|kept| kept.contains(text))
    };
    assert!(holds("示例罚2021-1号"));
    world.pass_ms(DAY_MS);
    // The job of the running server may have been first.
    credit::retention::run(&world.service).unwrap();
    assert!(
        !holds("示例罚2021-1号"),
        "no row, no revision, no stored inputs"
    );
    let reviewer = world.sign_in(&world.seat("reviewer", 0x22));
    let kept = listed(&world, &reviewer, "&register=public_record&closed=true");
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0]["subject"], json!(coop));
    let told = |c: &_| store::list::list(c, world.gacha(), 0, 1_000);
    let items = world.service.store.read(told).unwrap();
    let deleted = items.iter().rev().find_map(|item| match &item.content {
        store::list::Content::Item(bytes) => match minicbor::decode(bytes).ok()? {
            PullItem::Deleted(deleted) => Some(deleted),
            _ => None,
        },
        _ => None,
    });
    let deleted = deleted.expect("devices are told");
    assert!(deleted.verify(&world.service.keys.public_key()).is_ok());
    let ids: Vec<Value> = deleted.rows.iter().map(|row| json!(row)).collect();
    assert!(
        ids.contains(&json!(id)) && ids.contains(&newer),
        "every revision"
    );
    let proof = &world.audited("record.deleted")[0];
    let leaf = itgel_domain::hash::Hash::of_file(&itgel_domain::sync::pull::DeletedRows::message(
        &deleted.rows,
    ));
    assert_eq!(proof.detail["leaf"], json!(leaf));
}
