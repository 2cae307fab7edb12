//! What staff read and do.

use itgel_domain::case::CaseState;
use serde_json::{Value, json};

use crate::field::{self, Pen};
use crate::world::World;

/// A server with a household that waits for its review.
fn world() -> (World, itgel_domain::id::CaseId) {
    let mut world = World::prepared();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    field::vote(&world, &mut pen, &household);
    let case = field::case_of(&world, &household);
    world.start();
    (world, case)
}

fn query(world: &World) -> String {
    format!("cycle={}&division={}", field::cycle(), world.township())
}

#[test]
fn a_reviewer_finds_the_case_reviews_it_and_publishes_the_gacha() {
    let (world, case) = world();
    let token = world.sign_in(&world.seat("reviewer", 1));
    let queue = world
        .get(&format!("/v1/cases?{}", query(&world)), Some(&token))
        .json();
    assert_eq!(queue["items"][0]["id"], json!(case));
    let path = format!("/v1/cases/{case}");
    let detail = world.get(&path, Some(&token)).json();
    assert_eq!(detail["state"], "pre_rated");
    let review = json!({
        "version": detail["version"], "step": { "step": "review" }, "reason": { "code": "complete" },
    });
    let done = world.post(&format!("{path}/steps"), Some(&token), &review);
    assert_eq!(
        (done.status, &done.json()["state"]),
        (200, &json!("reviewed")),
        "{}",
        done.json()
    );
    world
        .post(&format!("{path}/steps"), Some(&token), &review)
        .assert_problem(409, "case.stale");
    let gacha = world.gacha();
    let path = format!("/v1/publicity/{gacha}?cycle={}", field::cycle());
    let published = world.post(&path, Some(&token), &json!({}));
    assert_eq!(published.status, 200);
    assert_eq!(published.json()["refused"], json!([]));
    let state = field::state(&world, &case);
    assert!(
        matches!(state, CaseState::InPublicity | CaseState::InNotice),
        "{state}"
    );
    let list = world.get(&path, Some(&token)).json();
    let shown = list["items"].as_array().unwrap().len();
    assert_eq!(
        shown,
        usize::from(state == CaseState::InPublicity),
        "no other grade is shown"
    );
}

#[test]
fn one_bad_case_of_a_batch_does_not_hold_up_the_others() {
    let (world, case) = world();
    let token = world.sign_in(&world.seat("reviewer", 1));
    let version = world.get(&format!("/v1/cases/{case}"), Some(&token)).json()["version"].clone();
    let step = |case: &Value, version: &Value| {
        json!({
            "case": case, "version": version,
            "step": { "step": "review" }, "reason": { "code": "complete" },
        })
    };
    let batch = json!([
        step(&json!("no-such-case"), &json!(1)),
        step(&json!(case), &version)
    ]);
    let done = world.post("/v1/cases/steps", Some(&token), &batch).json();
    assert_eq!(done["items"][0]["refused"]["code"], "case.unknown");
    assert_eq!(done["items"][1]["done"]["state"], "reviewed");
    let body = json!(vec![step(&json!(case), &version); 201]);
    world
        .post("/v1/cases/steps", Some(&token), &body)
        .assert_problem(413, "request.too_large");
}

#[test]
fn another_township_sees_and_moves_nothing() {
    let (world, case) = world();
    let token = world.sign_in(&world.seat("stranger", 1));
    let outside = world.get(&format!("/v1/cases?{}", query(&world)), Some(&token));
    outside.assert_problem(403, "scope.outside");
    world
        .get(&format!("/v1/cases/{case}"), Some(&token))
        .assert_problem(404, "case.unknown");
    let board = format!("/v1/board/{}?cycle={}", world.gacha(), field::cycle());
    world
        .get(&board, Some(&token))
        .assert_problem(403, "scope.outside");
    let titles = world.get(&format!("/v1/titles?{}", query(&world)), Some(&token));
    titles.assert_problem(403, "scope.outside");
    let conflicts = world.get(&format!("/v1/conflicts?{}", query(&world)), Some(&token));
    conflicts.assert_problem(403, "scope.outside");
}

#[test]
fn sec_t15_the_collector_cannot_review_what_he_collected() {
    let (world, case) = world();
    let token = world.sign_in(&world.seat("collector", 1));
    let review = json!({
        "version": 1, "step": { "step": "review" }, "reason": { "code": "complete" },
    });
    let refused = world.post(&format!("/v1/cases/{case}/steps"), Some(&token), &review);
    refused.assert_problem(403, "policy.not_allowed");
}

#[test]
fn boards_and_lists_answer_their_readers() {
    let (world, _) = world();
    let token = world.sign_in(&world.seat("approver", 1));
    let board = format!("/v1/board/{}?cycle={}", world.gacha(), field::cycle());
    let board = world.get(&board, Some(&token)).json();
    assert_eq!(board["of"]["counts"]["filed"], 1, "{board}");
    for list in ["conflicts", "titles"] {
        let path = format!(
            "/v1/{list}?cycle={}&division={}",
            field::cycle(),
            world.banner.code
        );
        assert_eq!(
            world.get(&path, Some(&token)).json()["items"],
            json!([]),
            "{list}"
        );
    }
    let asked = json!({ "cycle": field::cycle(), "as_of": crate::world::TODAY });
    assert_eq!(
        world.post("/v1/jobs/snapshot", Some(&token), &asked).status,
        202
    );
}
