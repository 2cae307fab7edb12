//! Rules on their way into force, over the interface.

use itgel_domain::pack::shipped;
use itgel_server::jobs;
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{LENDER, World};

#[test]
fn one_person_proposes_another_activates_and_no_lender_sees_what_would_change() {
    let mut world = World::prepared();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    world.start();
    let first = world.sign_in(&world.seat("approver", 1));
    let second = world.sign_in(&world.seat("other-approver", 2));
    let (name, text) = shipped::PACKS[0];
    let text = text
        .replacen("version = \"1\"", "version = \"2\"", 1)
        .replacen(
            "valid_from = \"2026-01-01\"",
            "valid_from = \"2099-01-01\"",
            1,
        )
        .replacen("{ grade = \"C\" }", "{ grade = \"C\" } ", 1);
    let file = json!({ "name": name, "text": text });
    let proposed = world.post("/v1/rules", Some(&first), &file);
    assert_eq!(proposed.status, 201, "{}", proposed.json());
    let hash = proposed.json()["hash"].as_str().unwrap().to_owned();
    let old = itgel_domain::hash::Hash::of_file(shipped::PACKS[0].1.as_bytes());
    let path = format!("/v1/rules/{hash}");
    let order = json!({ "impact": "示例评估1号", "replaces": old });

    let refused = world.post(&format!("{path}/activate"), Some(&first), &order);
    refused.assert_problem(403, "policy.second_person");
    let refused = world.post(&format!("{path}/activate"), Some(&second), &order);
    refused.assert_problem(409, "rules.shadow");

    let begun = world.post(&format!("{path}/shadow"), Some(&first), &json!({}));
    assert_eq!(begun.status, 202, "{}", begun.json());
    // The server works on jobs as well, and may have taken this one.
    let run = loop {
        jobs::run_due(&world.service).unwrap();
        let run = world.get(&format!("{path}/shadow"), Some(&second)).json();
        if run["is_finished"] == true {
            break run;
        }
    };
    assert_eq!(
        (&run["is_finished"], &run["done"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(run["migration"]["moved"], 0);
    let lines = world.get(&format!("{path}/shadow/divisions?limit=2"), Some(&second));
    let lines = lines.json();
    let cursor = lines["next"].as_str().unwrap();
    let rest = format!("{path}/shadow/divisions?limit=2&cursor={cursor}");
    let rest = world.get(&rest, Some(&second)).json();
    assert_eq!(rest["items"][0]["division"], json!(world.gacha()));
    let book = world.get(&format!("{path}/shadow/table"), Some(&second));
    assert!(book.status == 200 && book.bytes.starts_with(b"PK"));

    let lender = world.lender_token(LENDER);
    for address in ["", "/shadow", "/shadow/divisions", "/shadow/table"] {
        let answer = world.get(&format!("{path}{address}"), Some(&lender));
        assert_eq!(answer.status, 403, "{address}");
    }
    let active = world.post(&format!("{path}/activate"), Some(&second), &order);
    assert_eq!(active.json()["state"], "active", "{}", active.json());
    let text = world.get(&path, Some(&second));
    assert_eq!(text.bytes, file["text"].as_str().unwrap().as_bytes());
    world
        .get("/v1/rules/nonsense", Some(&second))
        .assert_problem(404, "pack.unknown");
}
