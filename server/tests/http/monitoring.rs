//! Monitoring over the interface: a check is begun, a warning is found, answered and settled, and
//! the figures come as JSON and as workbooks.

use itgel_domain::case::CaseState;
use itgel_domain::id::RowId;
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_server::{jobs, registers};
use serde_json::{Value, json};

use crate::field::{self, Rated};
use crate::world::{TODAY, World};

/// A server with a household whose rating is in effect, and a risk tip that came up since.
fn world() -> (World, Rated) {
    let mut world = World::prepared();
    let rated = field::rated(&world);
    let row = RegisterRow {
        id: RowId::from_random([7; 16]),
        division: world.gacha(),
        subject: Some(rated.household.subject.clone()),
        key: "tip".into(),
        revision: 1,
        valid_from: TODAY,
        valid_to: None,
        source: "示例".into(),
        content: RegisterContent::Tip("TIP_ROLLOVER".into()),
    };
    let put = world.service.transact("test.tip", move |service, tx| {
        registers::put(service, tx, &row, "test", service.now())
    });
    put.unwrap();
    world.start();
    (world, rated)
}

fn checked(world: &World, token: &str) -> Value {
    let banner = world.banner.code;
    let asked = json!({ "banner": banner, "quarter": "2026-Q2" });
    let begun = world.post("/v1/monitoring/checks", Some(token), &asked);
    assert_eq!(begun.status, 200, "{}", begun.json());
    let path = format!("/v1/monitoring/checks?banner={banner}");
    loop {
        // Beside the job loop of the server: whoever comes first does a page.
        jobs::run_due(&world.service).unwrap();
        let runs = world.get(&path, Some(token)).json();
        if runs["items"][0]["finished_at"].is_number() {
            return runs["items"][0].clone();
        }
    }
}

#[test]
fn a_warning_is_found_answered_and_settled_over_the_interface() {
    let (world, rated) = world();
    let approver = world.sign_in(&world.seat("approver", 1));
    let reviewer = world.sign_in(&world.seat("reviewer", 2));
    let run = checked(&world, &approver);
    assert_eq!(
        (&run["counts"]["checked"], &run["counts"]["watched"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(field::state(&world, &rated.case), CaseState::Watch);
    let path = format!("/v1/warnings?division={}", world.township());
    let found = world.get(&path, Some(&reviewer)).json();
    let warning = &found["items"][0];
    assert_eq!(
        (&warning["reaction"], &warning["state"]),
        (&json!("warn"), &json!("open"))
    );
    assert_eq!(warning["findings"][0]["code"], "TIP_ROLLOVER");
    let path = format!("/v1/warnings/{}", warning["id"].as_str().unwrap());
    let steps = format!("{path}/steps");
    let ask = |token: &str, body: Value| world.post(&steps, Some(token), &body);
    let version = &warning["version"];
    let react = json!({
        "version": version, "step": "react", "reaction": "warn", "reason": "电话提醒，已说明原因",
    });
    let done = ask(&reviewer, react.clone());
    assert_eq!(
        (done.status, &done.json()["done"]),
        (200, &json!("warn")),
        "{}",
        done.json()
    );
    ask(&reviewer, react).assert_problem(409, "warning.stale");
    let silent = json!({ "version": 2, "step": "clear", "reason": " " });
    ask(&reviewer, silent).assert_problem(422, "case.reason");
    let strange = json!({ "version": 2, "step": "punish", "reason": "x" });
    ask(&reviewer, strange).assert_problem(400, "request.malformed");
    let clear = json!({ "version": 2, "step": "clear", "reason": "贷款机构确认是正常续贷" });
    let cleared = ask(&reviewer, clear).json();
    assert_eq!(cleared["state"], "cleared");
    assert_eq!(field::state(&world, &rated.case), CaseState::Effective);
    let detail = world.get(&path, Some(&approver)).json();
    let steps: Vec<_> = detail["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["step"])
        .collect();
    assert_eq!(steps, ["find", "react", "clear"]);
}

#[test]
fn another_township_and_another_role_see_nothing_of_it() {
    let (world, _) = world();
    let approver = world.sign_in(&world.seat("approver", 1));
    checked(&world, &approver);
    let path = format!("/v1/warnings?division={}", world.township());
    let found = world.get(&path, Some(&approver)).json();
    let one = format!("/v1/warnings/{}", found["items"][0]["id"].as_str().unwrap());
    let stranger = world.sign_in(&world.seat("stranger", 2));
    world
        .get(&one, Some(&stranger))
        .assert_problem(404, "warning.unknown");
    world
        .get(&path, Some(&stranger))
        .assert_problem(403, "policy.not_allowed");
    let clerk = world.sign_in(&world.seat("administrator", 3));
    let banner = world.banner.code;
    let asked = json!({ "banner": banner, "quarter": "2026-Q2" });
    let begun = world.post("/v1/monitoring/checks", Some(&clerk), &asked);
    begun.assert_problem(403, "policy.not_allowed");
    for wrong in ["2020-Q1", "2030-Q1"] {
        let asked = json!({ "banner": banner, "quarter": wrong });
        let begun = world.post("/v1/monitoring/checks", Some(&approver), &asked);
        begun.assert_problem(422, "monitoring.quarter");
    }
    let path = format!("/v1/monitoring/checks/{banner}/2026-Q1/report.xlsx");
    world
        .get(&path, Some(&approver))
        .assert_problem(404, "monitoring.unknown");
    let path = format!("/v1/warnings?division={banner}&cursor=nonsense");
    world
        .get(&path, Some(&approver))
        .assert_problem(400, "request.malformed");
}

#[test]
fn figures_come_as_json_and_as_workbooks() {
    let (world, _) = world();
    let token = world.sign_in(&world.seat("approver", 1));
    checked(&world, &token);
    let (banner, cycle) = (world.banner.code, field::cycle());
    let path = format!("/v1/monitoring/validation/{banner}?cycle={cycle}");
    let figures = world.get(&path, Some(&token)).json();
    assert_eq!(figures["cases"], 1);
    assert_eq!(figures["discrimination"]["verdict"], "insufficient");
    assert_eq!(figures["peer"]["top"]["whole"], 6);
    let path = format!("/v1/monitoring/work-quality/{banner}?cycle={cycle}");
    let work = world.get(&path, Some(&token)).json();
    assert_eq!(
        work["items"][0]["in_effect"],
        json!({ "part": 1, "whole": 1 })
    );
    let annual = format!("/v1/monitoring/annual/{banner}/2026");
    let told = world.get(&annual, Some(&token)).json();
    assert_eq!(told["quarters"][0]["quarter"], "2026-Q2");
    assert_eq!(told["validation"]["cases"], 1);
    let checks = format!("/v1/monitoring/checks/{banner}/2026-Q2/report.xlsx");
    for path in [format!("{annual}/report.xlsx"), checks] {
        let table = world.get(&path, Some(&token));
        assert_eq!(table.status, 200);
        assert!(table.header("content-disposition").contains(".xlsx"));
        assert!(table.bytes.starts_with(b"PK"), "a workbook");
    }
    let reviewer = world.sign_in(&world.seat("reviewer", 2));
    world
        .get(&annual, Some(&reviewer))
        .assert_problem(403, "scope.outside");
}
