//! What was set aside, over the interface.

use itgel_domain::file::entry::{Entry, ObservationEntry};
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::sync::wire::{self, MEDIA_TYPE};
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{TODAY, World};

#[test]
fn a_reviewer_opens_releases_and_rejects_and_nobody_else_does() {
    let world = World::new();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("stranger", 0x61));
    let token = world.sign_in(&pen.seat);
    let sheep = |heads| {
        Entry::Observation(ObservationEntry {
            cycle: field::cycle(),
            observation: Observation {
                item: "herd.sheep".parse().unwrap(),
                state: State::Known(Value::Int(heads)),
                evidence: Evidence::B,
                observed_on: TODAY,
            },
        })
    };
    let file = field::file(&household);
    for heads in [10, 20] {
        let envelope = vec![sheep(heads)];
        pen.write_entries(&world, &file, envelope);
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", MEDIA_TYPE),
        ];
        let pushed = world.send("POST", "/v1/sync/push", &headers, wire::pack(&pen.page()));
        assert_eq!(pushed.status, 200);
    }
    let reviewer = world.sign_in(&world.seat("reviewer", 0x62));
    let path = format!("/v1/quarantine?division={}&limit=1", world.township());
    let first = world.get(&path, Some(&reviewer)).json();
    let line = &first["items"][0];
    assert_eq!(line["reason"], "scope.outside");
    assert_eq!(line["officer"], "stranger");
    assert!(line["can_be_released"].as_bool().unwrap());
    assert!(!line["title"].as_str().unwrap().is_empty());
    assert!(line.get("entries").is_none(), "the list shows no value");
    let next = first["next"].as_str().unwrap();
    let second = world
        .get(&format!("{path}&cursor={next}"), Some(&reviewer))
        .json();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    let ids = [&first, &second].map(|page| page["items"][0]["id"].as_str().unwrap().to_owned());

    world
        .get(&path, Some(&token))
        .assert_problem(403, "policy.not_allowed");
    let one = format!("/v1/quarantine/{}", ids[0]);
    world
        .get(&one, Some(&token))
        .assert_problem(403, "policy.not_allowed");
    let opened = world.get(&one, Some(&reviewer)).json();
    assert_eq!(opened["entries"].as_array().unwrap().len(), 1);

    let words = json!({ "reason": "借调支援，情况属实" });
    let release = format!("{one}/release");
    world
        .post(&release, Some(&reviewer), &json!({ "reason": "" }))
        .assert_problem(422, "case.reason");
    let released = world.post(&release, Some(&reviewer), &words).json();
    assert_eq!(released["outcome"], "released");
    world
        .post(&release, Some(&reviewer), &words)
        .assert_problem(409, "quarantine.decided");
    let rejection = format!("/v1/quarantine/{}/rejection", ids[1]);
    let rejected = world.post(&rejection, Some(&reviewer), &words).json();
    assert_eq!(rejected["outcome"], "rejected");
    let none = world.get(&path, Some(&reviewer)).json();
    assert_eq!(none["items"].as_array().unwrap().len(), 0);
    world
        .get("/v1/quarantine/nothing~0~1", Some(&reviewer))
        .assert_problem(404, "quarantine.unknown");
}
