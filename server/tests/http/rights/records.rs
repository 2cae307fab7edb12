//! What a person can do about a record that speaks against it: a statement, a repair, the time
//! after which it is forgotten.

use itgel_server::contents::{self, Scope};
use itgel_server::store;
use serde_json::{Value, json};

use super::{DAY_MS, ask, asking, token, world};
use crate::world::{LENDER, TODAY, World};

#[test]
fn a_statement_stands_beside_its_record_until_it_is_taken_back() {
    let (world, rated) = world();
    let counter = token(&world, "reviewer", 0x31);
    let mut request = json!({
        "subject": rated.household.subject,
        "about": "public_record/没有",
        "words": "当时受灾，已补种",
    });
    let refused = world.post("/v1/statements", Some(&counter), &request);
    refused.assert_problem(422, "rights.statement");
    request["about"] = json!("herd.sheep");
    let made = world.post("/v1/statements", Some(&counter), &request);
    assert_eq!(made.status, 201, "{}", made.json());
    let id = ask(&world, &counter, &rated, "access");
    let path = format!("/v1/rights-requests/{id}/self-view");
    let view = world.get(&path, Some(&counter)).json();
    assert_eq!(view["statements"][0]["text"], "当时受灾，已补种");
    let path_of_it = format!(
        "/v1/statements/{}/{}",
        rated.household.subject,
        made.json()["id"].as_str().unwrap()
    );
    let bearer = format!("Bearer {counter}");
    let gone = world.send(
        "DELETE",
        &path_of_it,
        &[("authorization", &bearer)],
        Vec::new(),
    );
    assert_eq!(gone.status, 204);
    let view = world.get(&path, Some(&counter)).json();
    assert_eq!(view["statements"], json!([]));
}

#[test]
fn an_adverse_record_of_ours_leaves_only_after_the_person_was_told() {
    let (world, rated) = world();
    let record = |reference: &str, published: Value| {
        json!({
            "subject": rated.household.subject,
            "source": "示例苏木",
            "content": { "record": {
                "reference": reference,
                "catalogue_item": "其他失信信息",
                "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
                "recorded_by": "示例旗农牧局",
                "decided_on": TODAY,
                "published_from": published,
            } },
        })
    };
    let clerk = token(&world, "administrator", 0x31);
    let entered = world.post(
        "/v1/credit-records",
        Some(&clerk),
        &record("示例记1号", Value::Null),
    );
    assert_eq!(entered.status, 201, "{}", entered.json());
    let lender = world.lender_token(LENDER);
    let authorised = world.post(
        "/v1/authorisations",
        Some(&lender),
        &json!({
            "subject": rated.household.subject,
            "purpose": "loan_decision",
            "from": world.service.now().on(),
            "until": world.service.now().on(),
            "ground": { "consent": rated.consent.to_string() },
        }),
    );
    let request = json!({
        "authorisation": authorised.json()["id"],
        "purpose": "loan_decision",
    });
    let report = || world.post("/v1/credit-reports", Some(&lender), &request);
    report().assert_problem(404, "report.not_found");
    let office = token(&world, "objections", 0x32);
    let told = |record: &str| {
        let body = json!({
            "subject": rated.household.subject,
            "record": record,
            "channel": "in_person",
            "told_on": world.service.now().on(),
        });
        world.post("/v1/adverse-notices", Some(&office), &body)
    };
    told("never-entered").assert_problem(404, "record.unknown");
    assert_eq!(
        told(entered.json()["id"].as_str().unwrap()).status,
        204,
        "told"
    );
    assert_eq!(report().status, 201, "{}", report().json());
    let published = record("示例记2号", json!(TODAY));
    let entered = world.post("/v1/credit-records", Some(&clerk), &published);
    assert_eq!(entered.status, 201, "{}", entered.json());
    assert_eq!(report().status, 201, "lawfully public records are exempt");
}

#[test]
fn a_repair_amends_its_record_with_the_answer_and_is_refused_on_a_ground_alone() {
    let (world, rated) = world();
    let clerk = token(&world, "administrator", 0x31);
    let record = json!({
        "subject": rated.household.subject,
        "source": "示例苏木",
        "content": { "record": {
            "reference": "示例记3号",
            "catalogue_item": "其他失信信息",
            "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
            "recorded_by": "示例旗农牧局",
            "decided_on": TODAY,
        } },
    });
    let entered = world.post("/v1/credit-records", Some(&clerk), &record);
    assert_eq!(entered.status, 201, "{}", entered.json());
    let counter = token(&world, "reviewer", 0x32);
    let office = token(&world, "objections", 0x33);
    let mut asked = asking(&rated, "repair", "self");
    let nothing = world.post("/v1/rights-requests", Some(&counter), &asked);
    nothing.assert_problem(404, "record.unknown");
    asked["asking"]["record"] = entered.json()["id"].clone();
    let ask = || {
        let taken = world.post("/v1/rights-requests", Some(&counter), &asked);
        assert_eq!(taken.status, 201, "{}", taken.json());
        let id = taken.json()["id"].as_str().unwrap().to_owned();
        format!("/v1/rights-requests/{id}/answer")
    };
    let answer = |path: &str, body: &Value| world.post(path, Some(&office), body);
    let (first, second) = (ask(), ask());
    answer(&first, &json!({ "words": "已核对" })).assert_problem(409, "rights.outcome");
    answer(&first, &json!({ "ground": "last_wish", "words": "理由" }))
        .assert_problem(422, "rights.refusal");
    let refused = json!({ "ground": "repair_not_due", "words": "义务尚未履行" });
    assert_eq!(answer(&first, &refused).json()["state"], "refused");
    let repaired = json!({
        "words": "义务已履行",
        "amendment": { "step": "repair", "on": TODAY, "evidence": "示例修复1号" },
    });
    let done = answer(&second, &repaired);
    assert_eq!(done.json()["state"], "done", "{}", done.json());
    let row = world
        .service
        .store
        .read(|c| store::register::list_of(c, &rated.household.subject, "public_record"));
    let row = serde_json::to_value(&row.unwrap()[0].content).unwrap();
    assert!(row.to_string().contains("repaired_on"), "{row}");
    answer(&second, &repaired).assert_problem(409, "rights.answered");
}

#[test]
fn a_report_that_is_read_again_has_forgotten_a_record_whose_time_is_over() {
    let (world, rated) = world();
    let subject = rated.household.subject.clone();
    let clerk = token(&world, "administrator", 0x31);
    let record = json!({
        "reference": "示例罚2021-9号",
        "kind": "penalty",
        "catalogue_item": "行政处罚信息",
        "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
        "recorded_by": "示例旗农牧局",
        "decided_on": "2021-05-06",
        "ended_on": "2021-06-21",
    });
    let entering = json!({
        "subject": subject,
        "source": "示例旗信用平台",
        "content": { "record": record },
    });
    let entered = world.post("/v1/credit-records", Some(&clerk), &entering);
    assert_eq!(entered.status, 201, "{}", entered.json());
    let lender = world.lender_token(LENDER);
    let authorised = world.post(
        "/v1/authorisations",
        Some(&lender),
        &json!({
            "subject": subject,
            "purpose": "loan_decision",
            "from": TODAY,
            "until": "2026-12-31",
            "ground": { "consent": rated.consent.to_string() },
        }),
    );
    let request = json!({
        "authorisation": authorised.json()["id"],
        "purpose": "loan_decision",
    });
    let given = world.post("/v1/credit-reports", Some(&lender), &request);
    assert_eq!(given.status, 201, "{}", given.json());
    let id = given.json()["issue"]["report"].as_str().unwrap().to_owned();
    let printed = with_line(&world, &id, &subject, &record);
    assert!(printed.contains("示例罚2021-9号"));
    let path = format!("/v1/credit-reports/{id}");
    let read =
        || String::from_utf8(world.get(&path, Some(&world.lender_token(LENDER))).bytes).unwrap();
    assert_eq!(
        read(),
        printed,
        "before its time is over it is printed as it was given"
    );
    world.pass_ms(DAY_MS);
    // The job of the running server may have been first.
    itgel_server::credit::retention::run(&world.service).unwrap();
    let again = read();
    assert!(!again.contains("示例罚2021-9号"), "{again}");
    let (before, after): (Value, Value) = (
        serde_json::from_str(&printed).unwrap(),
        serde_json::from_str(&again).unwrap(),
    );
    assert_eq!(
        before["rating"], after["rating"],
        "the grade stays as it was given"
    );
}

/// The given report with a line about the record, as if it had been shown then; its JSON.
fn with_line(
    world: &World,
    id: &str,
    subject: &itgel_domain::id::SubjectId,
    record: &Value,
) -> String {
    let (id, subject, record) = (id.to_owned(), subject.clone(), record.clone());
    let written = world.service.transact("test.report", move |service, tx| {
        let key = contents::find_key(service, tx, Scope::Identity, subject.as_str())?.unwrap();
        let stored = store::report::list_of(tx, &subject)?.pop().unwrap();
        let json = contents::open(&key, "report", &id, &stored.sealed)?;
        let mut report: itgel_domain::report::Report = serde_json::from_slice(&json).unwrap();
        report
            .body
            .registers
            .push(itgel_domain::report::RegisterLine {
                recorded_by: "示例旗信用平台".into(),
                recorded_on: TODAY,
                evidence: itgel_domain::item::Evidence::A,
                content: itgel_domain::register::RegisterContent::PublicRecord(
                    serde_json::from_value(record).unwrap(),
                ),
            });
        let json = report.to_json();
        let sealed = contents::seal(&key, "report", &id, json.as_bytes())?;
        store::report::replace(tx, &stored.id, &sealed)?;
        Ok(json)
    });
    written.unwrap()
}
