//! The office's own work over the interface: letters, requests, deadlines, interests, deputies.

use itgel_fixtures::Household;
use itgel_server::store;
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{TODAY, World};

/// A server with a reviewed household whose grade was published or told.
fn world() -> (World, itgel_domain::id::CaseId, Household) {
    let mut world = World::prepared();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    field::vote(&world, &mut pen, &household);
    let case = field::case_of(&world, &household);
    world.start();
    (world, case, household)
}

#[test]
fn an_objection_is_noted_on_paper_and_its_clock_stands_in_the_list_of_deadlines() {
    let (world, case, household) = world();
    let token = world.sign_in(&world.seat("reviewer", 1));
    let steps = format!("/v1/cases/{case}/steps");
    let version = || {
        let detail = world.get(&format!("/v1/cases/{case}"), Some(&token)).json();
        detail["version"].clone()
    };
    let review = json!({
        "version": version(), "step": { "step": "review" }, "reason": { "code": "complete" },
    });
    assert_eq!(world.post(&steps, Some(&token), &review).status, 200);
    let filed_at = world.service.now();
    let object = json!({
        "version": version(),
        "step": { "step": "object", "objection": {
            "receipt": "Y-1", "ground": "wrong_or_missing", "of_subject": true,
            "filed_at": filed_at,
        } },
        "reason": { "code": "counter" },
    });
    let objected = world.post(&steps, Some(&token), &object);
    assert_eq!(objected.status, 200, "{}", objected.json());

    let duties = || {
        let path = format!(
            "/v1/duties?cycle={}&division={}",
            field::cycle(),
            world.township()
        );
        let answer = world.get(&path, Some(&token)).json();
        let items = answer["items"].as_array().unwrap().clone();
        let words = items
            .iter()
            .map(|duty| duty["deadline"].as_str().unwrap().to_owned());
        words.collect::<Vec<_>>()
    };
    assert!(
        duties().contains(&"objection_receipt".to_owned()),
        "{:?}",
        duties()
    );
    let letters = format!("/v1/cases/{case}/objections/Y-1/letters");
    let asked = json!({ "kind": "note", "lang": "zh-CN" });
    let note = world.post(&letters, Some(&token), &asked);
    let page = String::from_utf8(note.bytes.clone()).unwrap();
    assert_eq!(note.status, 200, "{page}");
    assert!(
        page.contains("异议受理回执") && page.contains("Y-1"),
        "{page}"
    );
    let person = household.identity.head().unwrap();
    assert!(!page.contains(&person.full_name), "a name in a letter");
    assert!(!duties().contains(&"objection_receipt".to_owned()));
    let early = json!({ "kind": "answer" });
    world
        .post(&letters, Some(&token), &early)
        .assert_problem(409, "case.objection");

    let asked = json!({
        "subject": household.subject,
        "asking": {
            "kind": "human_decision", "person": "head", "relation": "self", "checked": "id_card",
            "case": case, "words": "请人工决定",
        },
    });
    let filed = world.post("/v1/rights-requests", Some(&token), &asked);
    assert_eq!(filed.status, 201, "{}", filed.json());
    assert!(duties().contains(&"human_decision".to_owned()));
    let number = filed.json()["id"].as_str().unwrap().to_owned();
    let answer = json!({ "decision": "confirmed", "words": "已核对" });
    world
        .post(
            &format!("/v1/rights-requests/{number}/answer"),
            Some(&token),
            &answer,
        )
        .assert_problem(403, "policy.acted_before");
}

#[test]
fn a_declared_interest_takes_the_case_from_the_reviewer() {
    let (world, case, household) = world();
    let token = world.sign_in(&world.seat("reviewer", 1));
    let declared = json!({
        "subject": household.subject, "officer": "reviewer", "kind": "relative", "source": "示例",
    });
    let answer = world.post("/v1/interests", Some(&token), &declared);
    assert_eq!(
        (answer.status, answer.json()["is_new"].as_bool()),
        (200, Some(true))
    );
    world
        .get(&format!("/v1/cases/{case}"), Some(&token))
        .assert_problem(403, "policy.conflict_of_interest");
    let own = world
        .get("/v1/interests?officer=reviewer", Some(&token))
        .json();
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let doubts = format!(
        "/v1/doubts?cycle={}&division={}",
        field::cycle(),
        world.township()
    );
    assert_eq!(world.get(&doubts, Some(&token)).json()["items"], json!([]));
}

#[test]
fn a_deputy_has_the_role_for_the_days_and_not_a_day_longer() {
    let (world, case, _) = world();
    let last_on = TODAY.saturating_add(jiff::Span::new().days(1));
    world
        .service
        .transact("test", move |service, tx| {
            let row = store::absence::AbsenceRow {
                officer: "reviewer".parse().unwrap(),
                first_on: TODAY,
                last_on,
                deputy: "stranger".parse().unwrap(),
                entered_by: "approver".parse().unwrap(),
                entered_at: service.now(),
            };
            Ok(store::absence::put(tx, &row)?)
        })
        .unwrap();
    let read = |seed: u8| {
        let token = world.sign_in(&world.seat("stranger", seed));
        world.get(&format!("/v1/cases/{case}"), Some(&token))
    };
    assert_eq!(read(1).status, 200);
    world.pass_ms(2 * 86_400_000);
    read(2).assert_problem(404, "case.unknown");
}
