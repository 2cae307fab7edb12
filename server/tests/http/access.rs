//! Sign-in and enrolment.

use data_encoding::HEXLOWER;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_server::auth::key;
use itgel_server::auth::token::{LEEWAY_S, LIFE_S};
use itgel_server::store::device::DeviceStatus;
use itgel_server::{setup, store};
use serde_json::{Value, json};

use crate::world::{Seat, World, fresh, jwt, lender_seed};

/// An address that any officer may read.
fn cycles(world: &World) -> String {
    format!("/v1/cycles?banner={}", world.banner.code)
}

fn enrol(world: &World, code: &str, secret: &[u8; 32]) -> crate::world::Answer {
    let public_key = HEXLOWER.encode(&SoftwareSigner::from_secret(secret).public_key());
    let request = json!({ "code": code, "public_key": public_key, "suite": "ed25519" });
    world.post("/v1/devices/enrol", None, &request)
}

#[test]
fn a_device_enrols_with_a_code_signs_in_with_its_key_and_works() {
    let world = World::new();
    let code = world.code_for("approver");
    let admitted = enrol(&world, &code, &[9; 32]);
    assert_eq!(admitted.status, 201);
    let admitted = admitted.json();
    assert_eq!(admitted["officer"], "approver");
    assert_eq!(admitted["scope"], json!([world.banner.code]));
    let server_key = HEXLOWER.encode(&world.service.keys.public_key());
    assert_eq!(admitted["server_key"], json!(server_key));
    let seat = Seat {
        device: admitted["device"].as_str().unwrap().parse().unwrap(),
        officer: "approver".parse().unwrap(),
        secret: [9; 32],
    };
    let token = world.sign_in(&seat);
    let read = world.get(&cycles(&world), Some(&token));
    assert_eq!(
        (read.status, read.json()["items"].as_array().unwrap().len()),
        (200, 1)
    );
}

#[test]
fn sec_t28_an_enrolment_code_is_good_once_and_for_half_an_hour() {
    let world = World::new();
    let code = world.code_for("collector");
    assert_eq!(enrol(&world, &code, &[1; 32]).status, 201);
    enrol(&world, &code, &[2; 32]).assert_problem(403, "enrolment.code");
    assert!(!world.audited("enrolment.code_seen_twice").is_empty());
    let late = world.code_for("collector");
    world.pass_ms(30 * 60_000);
    enrol(&world, &late, &[3; 32]).assert_problem(403, "enrolment.code");
    enrol(&world, "GUESSED", &[4; 32]).assert_problem(403, "enrolment.code");
    let spoken = world.code_for("collector").to_lowercase();
    assert_eq!(
        enrol(&world, &format!(" {spoken} "), &[5; 32]).status,
        201,
        "as it is read aloud"
    );
}

#[test]
fn only_an_administrator_of_the_division_gives_codes_and_revokes_devices() {
    let world = World::new();
    let reviewer = world.sign_in(&world.seat("reviewer", 21));
    let request = json!({ "officer": "collector" });
    world
        .post("/v1/enrolments", Some(&reviewer), &request)
        .assert_problem(403, "policy.not_allowed");
    let administrator = world.sign_in(&world.seat("administrator", 22));
    let given = world.post("/v1/enrolments", Some(&administrator), &request);
    assert_eq!(given.status, 201);
    let code = given.json()["code"].as_str().unwrap().to_owned();
    assert_eq!(enrol(&world, &code, &[23; 32]).status, 201);
    let lost = world.seat("collector", 24);
    let token = world.sign_in(&lost);
    let path = format!("/v1/devices/{}/revoke", lost.device);
    world
        .post(&path, Some(&reviewer), &json!({}))
        .assert_problem(403, "policy.not_allowed");
    assert_eq!(
        world.post(&path, Some(&administrator), &json!({})).status,
        204
    );
    world
        .get(&cycles(&world), Some(&token))
        .assert_problem(403, "device.revoked");
    let stored = world
        .service
        .store
        .read(|c| store::device::get(c, &lost.device))
        .unwrap();
    assert_eq!(stored.unwrap().status, DeviceStatus::Revoked);
}

#[test]
fn sec_t12_a_challenge_is_answered_once_within_a_minute_by_its_own_device() {
    let world = World::new();
    let (seat, other) = (world.seat("approver", 1), world.seat("approver", 2));
    let challenge = |seat: &Seat| {
        let given = world.post(
            "/v1/auth/challenge",
            None,
            &json!({ "device": seat.device }),
        );
        given.json()["nonce"].as_str().unwrap().to_owned()
    };
    let answer = |body: &Value| world.post("/v1/auth/token", None, body);
    let nonce = challenge(&seat);
    assert_eq!(answer(&seat.signed(&nonce)).status, 200);
    answer(&seat.signed(&nonce)).assert_problem(401, "challenge.invalid");
    let nonce = challenge(&seat);
    answer(&other.signed(&nonce)).assert_problem(401, "challenge.invalid");
    let forged = Seat {
        secret: [3; 32],
        ..seat.clone()
    };
    answer(&forged.signed(&nonce)).assert_problem(401, "challenge.invalid");
    answer(&seat.signed(&nonce)).assert_problem(401, "challenge.invalid");
    let nonce = challenge(&seat);
    world.pass_ms(60_000);
    answer(&seat.signed(&nonce)).assert_problem(401, "challenge.invalid");
    answer(&seat.signed("never-given")).assert_problem(401, "challenge.invalid");
}

#[test]
fn the_interface_does_not_tell_which_devices_exist() {
    let world = World::new();
    let seat = world.seat("approver", 1);
    let stranger = Seat {
        device: "nobody".parse().unwrap(),
        ..seat.clone()
    };
    let ask = |seat: &Seat| {
        let given = world.post(
            "/v1/auth/challenge",
            None,
            &json!({ "device": seat.device }),
        );
        let nonce = given.json()["nonce"].as_str().unwrap().to_owned();
        (given.status, given.bytes.len(), nonce)
    };
    let (known, unknown) = (ask(&seat), ask(&stranger));
    assert_eq!((known.0, known.1), (unknown.0, unknown.1));
    let wrong = Seat {
        secret: [8; 32],
        ..seat
    };
    let refused_known = world.post("/v1/auth/token", None, &wrong.signed(&known.2));
    let refused_unknown = world.post("/v1/auth/token", None, &stranger.signed(&unknown.2));
    assert_eq!(
        refused_known.without_trace_id(),
        refused_unknown.without_trace_id()
    );
}

#[test]
fn sec_t24_a_token_that_ended_was_changed_or_is_for_another_server_opens_nothing() {
    let world = World::new();
    let seat = world.seat("approver", 1);
    let token = world.sign_in(&seat);
    let read = |token: &str| world.get(&cycles(&world), Some(token));
    assert_eq!(read(&token).status, 200);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let swapped = if signature.starts_with('A') { "B" } else { "A" };
    let tampered = format!("{head}.{swapped}{}", &signature[1..]);
    read(&tampered).assert_problem(401, "token.invalid");
    let unsigned = format!("{head}.");
    read(&unsigned).assert_problem(401, "token.invalid");
    let claims = json!({
        "iss": world.base, "sub": format!("device:{}", seat.device), "aud": world.base,
        "exp": world.service.now().0 / 1000 + 60, "nbf": world.service.now().0 / 1000,
        "iat": world.service.now().0 / 1000, "jti": fresh(), "cnf": { "jkt": "x" },
    });
    for header in [
        json!({ "alg": "none", "typ": "at+jwt" }),
        json!({ "alg": "EdDSA", "typ": "at+jwt" }),
        json!({ "alg": "HS256", "typ": "at+jwt" }),
    ] {
        read(&jwt(&header, &claims, &seat.secret)).assert_problem(401, "token.invalid");
    }
    let elsewhere = World::new();
    let foreign = elsewhere.sign_in(&elsewhere.seat("approver", 1));
    read(&foreign).assert_problem(401, "token.invalid");
    world.pass_ms((LIFE_S + LEEWAY_S) * 1000);
    read(&token).assert_problem(401, "token.expired");
    world
        .get(&cycles(&world), None)
        .assert_problem(401, "token.missing");
}

#[test]
fn sec_t22_a_token_of_a_key_that_was_replaced_opens_nothing() {
    let world = World::new();
    let lender = world.lender_token("rcc-1");
    assert_eq!(world.get("/v1/authorisations", Some(&lender)).status, 200);
    let changed = world.service.transact("test.rekey", |service, tx| {
        let (id, now) = ("rcc-1".parse().unwrap(), service.now());
        for mut key in store::lender_key::list(tx, &id)? {
            key.ends_at = Some(now);
            store::lender_key::put(tx, &key)?;
        }
        setup::add_lender_key(tx, &id, &key::to_pem(&[7; 32]), now)
    });
    changed.unwrap();
    world
        .get("/v1/authorisations", Some(&lender))
        .assert_problem(401, "token.invalid");
}

#[test]
fn a_lender_signs_in_with_a_fresh_assertion_of_its_own_key_and_nothing_else() {
    let world = World::new();
    let plain = json!({ "alg": "EdDSA", "typ": "JWT" });
    let good = jwt(&plain, &world.assertion_claims("once"), &lender_seed());
    let given = world.present(&good);
    assert_eq!(
        (given.status, given.header("cache-control")),
        (200, "no-store")
    );
    assert_eq!(given.json()["expires_in"], LIFE_S);
    world.present(&good).assert_problem(401, "token.invalid");
    let now = world.service.now().0 / 1000;
    for (claim, value) in [
        ("aud", json!("https://elsewhere.example/v1/oauth/token")),
        (
            "aud",
            json!([
                format!("{}/v1/oauth/token", world.base),
                "https://elsewhere.example"
            ]),
        ),
        ("iss", json!("rcc-2")),
        ("sub", json!("rcc-2")),
        ("sub", json!("nobody")),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 3_600)),
        ("exp", json!((now + 120).to_string())),
        ("jti", json!("")),
        ("jti", Value::Null),
    ] {
        let mut claims = world.assertion_claims(&fresh());
        claims[claim] = value.clone();
        let presented = world.present(&jwt(&plain, &claims, &lender_seed()));
        assert_eq!(presented.status, 401, "{claim} {value}");
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "typ": "JWT" }),
        json!({ "alg": "EdDSA", "typ": "at+jwt" }),
        json!({ "alg": "EdDSA", "typ": "JWT", "crit": ["x"] }),
        json!({ "alg": "EdDSA", "typ": "JWT", "jku": "https://elsewhere.example" }),
    ] {
        let presented = world.present(&jwt(
            &header,
            &world.assertion_claims(&fresh()),
            &lender_seed(),
        ));
        assert_eq!(presented.status, 401, "{header}");
    }
    let stolen = jwt(&plain, &world.assertion_claims(&fresh()), &[1; 32]);
    world.present(&stolen).assert_problem(401, "token.invalid");
}

#[test]
fn officers_and_lenders_do_not_open_each_others_doors() {
    let world = World::new();
    let officer = world.sign_in(&world.seat("approver", 1));
    let lender = world.lender_token("rcc-1");
    world
        .get("/v1/authorisations", Some(&officer))
        .assert_problem(403, "policy.not_allowed");
    world
        .get(&cycles(&world), Some(&lender))
        .assert_problem(403, "policy.not_allowed");
}
