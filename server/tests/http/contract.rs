//! Keys of lenders' machines: handed in by one person, compared by another, changed without a gap,
//! ended at once.

use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_server::auth::key;
use itgel_server::{lending, store};
use serde_json::{Value, json};

use crate::world::{Answer, LENDER, OTHER_LENDER, World, fresh, jwt, lender_seed};

const NEW_SEED: [u8; 32] = [0x21; 32];

fn pem(seed: [u8; 32]) -> String {
    let public = SoftwareSigner::from_secret(&seed).public_key();
    key::to_pem(public.as_slice().try_into().unwrap())
}

fn fingerprint(seed: [u8; 32]) -> String {
    key::fingerprint(&key::from_pem(&pem(seed)).unwrap())
}

fn hand_in(world: &World, token: &str, lender: &str, pem: &str) -> Answer {
    let path = format!("/v1/lenders/{lender}/keys");
    world.post(&path, Some(token), &json!({ "public_key": pem }))
}

fn confirm(world: &World, token: &str, fingerprint: &str) -> Answer {
    let path = format!("/v1/lenders/{LENDER}/keys/confirm");
    world.post(&path, Some(token), &json!({ "fingerprint": fingerprint }))
}

fn end(world: &World, token: &str, fingerprint: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let path = format!("/v1/lenders/{LENDER}/keys/{fingerprint}");
    world.send("DELETE", &path, &[("authorization", &bearer)], Vec::new())
}

/// What the lender gets who asks for a token with a key.
fn sign_in(world: &World, seed: &[u8; 32]) -> Answer {
    let claims = world.assertion_claims(&fresh());
    world.present(&jwt(
        &json!({ "alg": "EdDSA", "typ": "JWT" }),
        &claims,
        seed,
    ))
}

fn keys(world: &World, token: &str) -> Vec<Value> {
    let listed = world.get("/v1/lenders", Some(token)).json();
    let lenders = listed["items"].as_array().unwrap().clone();
    let own = lenders.into_iter().find(|one| one["lender"] == LENDER);
    own.unwrap()["keys"].as_array().unwrap().clone()
}

#[test]
fn a_key_serves_only_after_a_second_person_gave_the_fingerprint_that_the_lender_told() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let approver = world.sign_in(&world.seat("approver", 2));
    let collector = world.sign_in(&world.seat("collector", 3));
    for token in [&approver, &collector] {
        let answer = hand_in(&world, token, LENDER, &pem(NEW_SEED));
        answer.assert_problem(403, "policy.not_allowed");
    }
    let entered = hand_in(&world, &clerk, LENDER, &pem(NEW_SEED));
    assert_eq!(entered.status, 201, "{}", entered.json());
    assert_eq!(entered.json()["fingerprint"], json!(fingerprint(NEW_SEED)));
    let again = hand_in(&world, &clerk, LENDER, &pem(NEW_SEED));
    assert_eq!(again.json(), entered.json());
    sign_in(&world, &NEW_SEED).assert_problem(401, "token.invalid");

    // The list does not tell the second person what to compare.
    let listed = keys(&world, &approver);
    assert_eq!(listed.len(), 2);
    assert!(
        listed.iter().any(|key| key["fingerprint"].is_null()),
        "{listed:?}"
    );
    world
        .get("/v1/lenders", Some(&collector))
        .assert_problem(403, "policy.not_allowed");

    let compared = fingerprint(NEW_SEED);
    let own = confirm(&world, &clerk, &compared);
    own.assert_problem(403, "policy.second_person");
    let other = confirm(&world, &approver, &fingerprint([0x22; 32]));
    other.assert_problem(404, "lender.key_unknown");
    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 1_000));
    let differs = |row: &store::log::AuditRow| row.action == "lender.fingerprint_differs";
    assert!(audit.unwrap().iter().any(differs));
    sign_in(&world, &NEW_SEED).assert_problem(401, "token.invalid");

    let pairs: Vec<_> = compared.as_bytes().chunks(2).collect();
    let with_colons = pairs.join(&b':');
    let shown = String::from_utf8(with_colons).unwrap().to_uppercase();
    assert_eq!(confirm(&world, &approver, &shown).status, 204);
    assert_eq!(sign_in(&world, &NEW_SEED).status, 200);
    assert_eq!(
        confirm(&world, &approver, &compared).status,
        204,
        "once more"
    );
}

#[test]
fn a_changed_key_leaves_the_lender_thirty_days_and_an_ended_one_not_a_request() {
    let world = World::new();
    let clerk = world.seat("administrator", 1);
    let approver = world.sign_in(&world.seat("approver", 2));
    let old = lender_seed();
    hand_in(&world, &world.sign_in(&clerk), LENDER, &pem(NEW_SEED));
    assert_eq!(
        confirm(&world, &approver, &fingerprint(NEW_SEED)).status,
        204
    );
    assert_eq!(sign_in(&world, &old).status, 200, "nothing stands still");
    world.pass_ms(lending::OVERLAP_MS - 1);
    assert_eq!(sign_in(&world, &old).status, 200);
    world.pass_ms(1);
    sign_in(&world, &old).assert_problem(401, "token.invalid");

    let given = sign_in(&world, &NEW_SEED).json();
    let token = given["access_token"].as_str().unwrap().to_owned();
    let asked = || world.get("/v1/authorisations", Some(&token));
    assert_eq!(asked().status, 200);
    let clerk = world.sign_in(&clerk);
    end(&world, &clerk, &fingerprint([0x22; 32])).assert_problem(404, "lender.key_unknown");
    assert_eq!(end(&world, &clerk, &fingerprint(NEW_SEED)).status, 204);
    asked().assert_problem(401, "token.invalid");
    sign_in(&world, &NEW_SEED).assert_problem(401, "token.invalid");
    // An ended key does not come back.
    let again = hand_in(&world, &clerk, LENDER, &pem(NEW_SEED));
    again.assert_problem(409, "lender.key_known");
    let listed = keys(&world, &clerk);
    assert!(
        listed.iter().all(|key| key["ends_at_ms"].is_number()),
        "{listed:?}"
    );
}

#[test]
fn what_is_no_public_key_or_somebody_elses_does_not_go_in() {
    let world = World::new();
    let clerk = world.sign_in(&world.seat("administrator", 1));
    let private = pem(NEW_SEED).replace("PUBLIC", "PRIVATE");
    for text in ["", "ssh-ed25519 AAAA", &private] {
        let answer = hand_in(&world, &clerk, LENDER, text);
        answer.assert_problem(422, "lender.key_invalid");
    }
    let known = hand_in(&world, &clerk, OTHER_LENDER, &pem(lender_seed()));
    known.assert_problem(409, "lender.key_known");
    let nobody = hand_in(&world, &clerk, "nobody", &pem(NEW_SEED));
    nobody.assert_problem(422, "lender.unknown");
    assert_eq!(keys(&world, &clerk).len(), 1);
}
