//! Frozen devices over the interface: who lists them, and who lets one work again. What freezes one
//! is in `ingest::chain`.

use itgel_domain::id::DeviceId;
use itgel_server::store::device::DeviceStatus;
use itgel_server::{Service, store};
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn sec_t08_a_freeze_is_lifted_by_another_administrator_with_a_reason() {
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let reviewer = world.sign_in(&world.seat("reviewer", 2));
    let own = world.seat("administrator", 3);
    let frozen = [&own.device, &world.seat("collector", 4).device].map(Clone::clone);
    for id in frozen.clone() {
        let freeze = move |_: &Service, tx: &store::Tx<'_>| {
            Ok(store::device::set_status(tx, &id, DeviceStatus::Frozen)?)
        };
        world.service.transact("test", freeze).unwrap();
    }
    let list = || world.get("/v1/devices/frozen", Some(&administrator));
    let listed = |answer: Value| answer["items"].as_array().unwrap().len();
    assert_eq!(listed(list().json()), 2);
    world
        .get("/v1/devices/frozen", Some(&reviewer))
        .assert_problem(403, "policy.not_allowed");
    let lift = |token: &str, id: &DeviceId, reason: &str| {
        let path = format!("/v1/devices/{id}/unfreeze");
        world.post(&path, Some(token), &json!({ "reason": reason }))
    };
    let [owns, collects] = &frozen;
    lift(&reviewer, collects, "核对过").assert_problem(403, "policy.not_allowed");
    lift(&administrator, collects, "  ").assert_problem(422, "case.reason");
    lift(&administrator, owns, "本人的设备").assert_problem(403, "policy.second_person");
    // A frozen device opens nothing.
    let own = world.sign_in(&own);
    lift(&own, collects, "已当面核对").assert_problem(403, "device.revoked");
    assert_eq!(lift(&administrator, collects, "已当面核对").status, 204);
    assert_eq!(
        lift(&administrator, collects, "已当面核对").status,
        204,
        "once more"
    );
    assert_eq!(listed(list().json()), 1);
    let rows = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 1_000));
    let lifted = rows
        .unwrap()
        .into_iter()
        .filter(|row| row.action == "device.unfrozen");
    assert_eq!(lifted.count(), 1);
}
