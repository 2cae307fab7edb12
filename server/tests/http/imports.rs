//! Tables of officials over the interface.

use itgel_server::import;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// A good row and a bad one.
fn quotas(world: &World) -> Vec<u8> {
    let place = world.banner.code;
    format!(
        "区划代码,季节,每羊单位亩数,起始日期\n{place},暖季,18,2026-05-01\n{place},冷季,十八,2026-05-01\n"
    )
    .into_bytes()
}

fn enter(world: &World, token: &str, kind: &str, query: &str, body: Vec<u8>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let path = format!("/v1/imports/{kind}?source=example{query}");
    world.send("POST", &path, &headers, body)
}

#[test]
fn a_table_is_entered_by_one_person_and_put_into_force_by_another() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let approver = world.sign_in(&world.seat("approver", 2));
    let entered = enter(&world, &clerk, "pasture-quotas", "", quotas(&world));
    assert_eq!(entered.status, 201, "{}", entered.json());
    let batch = entered.json()["batch"].clone();
    assert_eq!(
        (&batch["staged"], &batch["refused"]),
        (&json!(1), &json!(1))
    );
    let path = format!("/v1/imports/{}", batch["id"].as_str().unwrap());
    let again = enter(&world, &clerk, "pasture-quotas", "", quotas(&world));
    assert_eq!(
        (again.status, &again.json()["was_known"]),
        (200, &json!(true))
    );

    let faults = world.get(&format!("{path}/faults"), Some(&clerk)).json();
    let fault = &faults["items"][0];
    assert_eq!((&fault["row"], &fault["cell"]), (&json!(3), &json!("C3")));
    assert!(fault["title"].as_str().unwrap().contains('。'));
    let report = world.get(&format!("{path}/report.xlsx"), Some(&clerk));
    assert!(report.bytes.starts_with(b"PK") && report.header("content-type").contains("sheet"));

    let report = world.get(&format!("{path}/report.csv"), Some(&clerk));
    assert!(report.header("content-type").starts_with("text/csv") && !report.bytes.is_empty());

    let activate = format!("{path}/activate");
    let own = world.post(&activate, Some(&clerk), &json!({}));
    own.assert_problem(403, "policy.second_person");
    let ordered = world.post(&activate, Some(&approver), &json!({}));
    assert_eq!(ordered.status, 202, "{}", ordered.json());
    let id = batch["id"].as_str().unwrap().parse().unwrap();
    while import::carry_on(&world.service, &id).unwrap().is_some() {}
    let done = world.get(&path, Some(&approver)).json();
    assert_eq!(
        (&done["state"], &done["applied"]),
        (&json!("active"), &json!(1))
    );
    let list = format!("/v1/imports?division={}", world.banner.code);
    let listed = world.get(&list, Some(&approver)).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn who_may_not_see_a_batch_is_told_that_there_is_none() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let stranger = world.sign_in(&world.seat("stranger", 2));
    let entered = enter(&world, &clerk, "pasture-quotas", "", quotas(&world)).json();
    let path = format!("/v1/imports/{}", entered["batch"]["id"].as_str().unwrap());
    for path in [
        path.clone(),
        format!("{path}/faults"),
        format!("{path}/report.xlsx"),
        format!("{path}/report.csv"),
    ] {
        world
            .get(&path, Some(&stranger))
            .assert_problem(404, "import.unknown");
    }
    enter(&world, &stranger, "pasture-quotas", "", quotas(&world))
        .assert_problem(403, "policy.not_allowed");
    world.get(&path, None).assert_problem(401, "token.missing");
}

#[test]
fn a_file_that_is_no_table_is_a_problem_with_its_code() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let sent = |kind, query, body: &[u8]| enter(&world, &clerk, kind, query, body.to_vec());
    sent("no-such-kind", "", b"x").assert_problem(404, "import.kind");
    sent("pasture-quotas", "", b"").assert_problem(422, "table.empty");
    sent("pasture-quotas", "&encoding=big5", b"x").assert_problem(422, "table.encoding");
    let heads = sent("pasture-quotas", "", "区划代码\n1\n".as_bytes());
    let problem = heads.assert_problem(422, "table.head_missing");
    assert_eq!(problem["violations"].as_array().map(Vec::len), Some(3));
    let checked = sent("pasture-quotas", "&check=true", &quotas(&world)).json();
    assert_eq!(checked["checked"].as_array().map(Vec::len), Some(1));
}

#[test]
fn every_kind_has_its_template() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let kinds = world.get("/v1/imports/kinds", Some(&clerk)).json();
    let kinds: Vec<&str> = kinds["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|kind: &Value| kind["kind"].as_str())
        .collect();
    assert!(kinds.contains(&"households"));
    for kind in kinds {
        let path = format!("/v1/imports/templates/{kind}");
        let template = world.get(&path, Some(&clerk));
        assert!(
            template.status == 200 && template.bytes.starts_with(b"PK"),
            "{kind}"
        );
    }
    world
        .get("/v1/imports/templates/none", Some(&clerk))
        .assert_problem(404, "import.kind");
}
