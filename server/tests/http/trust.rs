//! The life of a device: invited, compared, trusted, renewed, revoked, wiped; and what strangers
//! with a code, a token or a key of their own get.

use std::sync::Barrier;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SoftwareSigner};
use itgel_domain::sync::hello::{Hello, HelloAnswer, TrustHeld, TrustNews};
use itgel_domain::sync::wire;
use itgel_domain::trust::proof::{self, Asked};
use itgel_domain::trust::{Certificate, Grant, Invitation, WipeOrder, fingerprint, wiped_message};
use itgel_server::store;
use itgel_text::Lang;
use serde_json::{Value, json};

use crate::sync::call;
use crate::world::{Answer, Seat, World, fresh, jwt};

const HOUR_MS: i64 = 3_600_000;

fn public(secret: &[u8; 32]) -> Vec<u8> {
    SoftwareSigner::from_secret(secret).public_key()
}

fn enrol(world: &World, code: &str, secret: &[u8; 32]) -> Answer {
    let request = json!({
        "code": code, "public_key": HEXLOWER.encode(&public(secret)), "suite": "ed25519",
    });
    world.post("/v1/devices/enrol", None, &request)
}

/// A code that an administrator gave over the interface.
fn invited(world: &World, administrator: &str, officer: &str) -> Value {
    let request = json!({ "officer": officer });
    let given = world.post("/v1/enrolments", Some(administrator), &request);
    assert_eq!(given.status, 201);
    given.json()
}

fn pending(world: &World, administrator: &str, seed: u8) -> Seat {
    let given = invited(world, administrator, "collector");
    let admitted = enrol(world, given["code"].as_str().unwrap(), &[seed; 32]).json();
    assert_eq!(admitted["is_pending"], true);
    Seat {
        device: admitted["device"].as_str().unwrap().parse().unwrap(),
        officer: "collector".parse().unwrap(),
        secret: [seed; 32],
    }
}

fn words(seat: &Seat) -> String {
    itgel_text::fingerprint(Lang::ZhCn, &fingerprint::of(&public(&seat.secret)))
}

fn confirm(world: &World, administrator: &str, seat: &Seat, words: &str) -> Answer {
    let path = format!("/v1/devices/{}/confirm", seat.device);
    world.post(&path, Some(administrator), &json!({ "fingerprint": words }))
}

fn hello(world: &World, seat: &Seat, held: Option<TrustHeld>) -> HelloAnswer {
    let token = world.sign_in(seat);
    let request = Hello {
        trust: held,
        ..world.hello(seat)
    };
    let answer = call(world, &token, "hello", wire::pack(&request));
    assert_eq!(answer.status, 200, "{:?}", answer.bytes);
    wire::unpack(&answer.bytes).unwrap()
}

fn nothing_held(world: &World) -> TrustHeld {
    TrustHeld {
        server: Invitation::key_print(&world.service.keys.public_key()),
        grant_seq: 0,
        certified: false,
    }
}

fn news(world: &World, seat: &Seat, held: TrustHeld) -> Option<TrustNews> {
    hello(world, seat, Some(held)).trust
}

fn actions(world: &World) -> Vec<String> {
    let rows = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 1_000));
    rows.unwrap().into_iter().map(|row| row.action).collect()
}

#[test]
fn sec_t28_a_device_works_only_after_its_words_were_compared_by_somebody_else() {
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let seat = pending(&world, &administrator, 2);
    let token = world.sign_in(&seat);
    let cycles = format!("/v1/cycles?banner={}", world.banner.code);
    world
        .get(&cycles, Some(&token))
        .assert_problem(403, "device.pending");
    let told = hello(&world, &seat, Some(nothing_held(&world)));
    let news = told.trust.unwrap();
    assert!(news.pending && news.grant.is_none() && news.certificate.is_none());
    let levels: Vec<_> = told.lists.iter().map(|list| list.division).collect();
    assert_eq!(
        levels,
        [world.banner.code],
        "rules, and nothing of any person"
    );
    let waiting = world
        .get("/v1/devices/waiting", Some(&administrator))
        .json();
    assert_eq!(waiting["items"][0]["device"], json!(seat.device));
    assert_eq!(waiting["items"][0]["fingerprint"], json!(words(&seat)));
    let other = Seat {
        secret: [9; 32],
        ..seat.clone()
    };
    confirm(&world, &administrator, &seat, &words(&other))
        .assert_problem(409, "device.fingerprint");
    assert!(actions(&world).contains(&"device.fingerprint_differs".to_owned()));
    let reviewer = world.sign_in(&world.seat("reviewer", 3));
    confirm(&world, &reviewer, &seat, &words(&seat)).assert_problem(403, "policy.not_allowed");
    let confirmed = confirm(&world, &administrator, &seat, &words(&seat));
    assert_eq!(confirmed.status, 204);
    let told = hello(&world, &seat, Some(nothing_held(&world)));
    let news = told.trust.unwrap();
    assert!(!news.pending && news.grant.is_some() && news.certificate.is_some());
    let levels: Vec<_> = told.lists.iter().map(|list| list.division).collect();
    assert!(levels.len() > 1, "and now the gachas: {levels:?}");
}

#[test]
fn sec_t28_nobody_confirms_a_device_of_his_own() {
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let given = invited(&world, &administrator, "administrator");
    let admitted = enrol(&world, given["code"].as_str().unwrap(), &[2; 32]).json();
    let own = Seat {
        device: admitted["device"].as_str().unwrap().parse().unwrap(),
        officer: "administrator".parse().unwrap(),
        secret: [2; 32],
    };
    confirm(&world, &administrator, &own, &words(&own)).assert_problem(403, "policy.second_person");
}

#[test]
fn an_invitation_names_the_server_and_stands_in_its_picture() {
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let given = invited(&world, &administrator, "collector");
    let invitation: Invitation = given["invitation"].as_str().unwrap().parse().unwrap();
    assert_eq!(invitation.address, world.base);
    assert_eq!(json!(invitation.code), given["code"]);
    assert!(invitation.is_of(&world.service.keys.public_key()));
    assert_eq!(invitation.code.len(), 26, "128 bits in base 32");
    assert!(given["svg"].as_str().unwrap().contains("<svg"));
}

#[test]
fn a_lost_answer_does_not_use_a_code_up_and_another_key_raises_the_alarm() {
    let world = World::new();
    let code = world.code_for("collector");
    let first = enrol(&world, &code, &[1; 32]);
    world.pass_ms(HOUR_MS);
    let again = enrol(&world, &code, &[1; 32]);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json(), "the same device");
    assert!(!actions(&world).contains(&"enrolment.code_seen_twice".to_owned()));
    enrol(&world, &code, &[2; 32]).assert_problem(403, "enrolment.code");
    assert!(actions(&world).contains(&"enrolment.code_seen_twice".to_owned()));
}

#[test]
fn sec_t28_of_two_devices_that_race_with_one_code_exactly_one_enrols() {
    let world = World::new();
    for round in 0..10_u8 {
        let code = world.code_for("collector");
        let start = Barrier::new(2);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let racing = |seed: u8| {
                let (world, code, start) = (&world, &code, &start);
                scope.spawn(move || {
                    start.wait();
                    enrol(world, code, &[seed; 32]).status
                })
            };
            let both = [racing(100 + round), racing(200 + round)];
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut sorted = statuses.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [201, 403], "round {round}");
    }
    let alarms = actions(&world);
    let seen = alarms.iter().filter(|a| *a == "enrolment.code_seen_twice");
    assert_eq!(seen.count(), 10, "the other one alarms");
}

#[test]
fn sec_t25_a_contact_brings_certificate_and_grant_and_renews_the_grant_once_a_day() {
    let world = World::new();
    let seat = world.seat("collector", 1);
    let server = world.service.keys.public_key();
    let told = news(&world, &seat, nothing_held(&world)).unwrap();
    let certificate = Certificate::verify(&told.certificate.unwrap(), &[&server]).unwrap();
    assert_eq!(
        (certificate.device, certificate.officer),
        (seat.device.clone(), seat.officer.clone())
    );
    let read = |text: &str| Grant::verify(text, &[&server], &seat.device, &public(&seat.secret));
    let grant = read(&told.grant.unwrap()).unwrap();
    assert_eq!(
        (grant.seq, grant.until),
        (1, Grant::end(world.service.now()))
    );
    let held = |seq| TrustHeld {
        grant_seq: seq,
        certified: true,
        ..nothing_held(&world)
    };
    assert_eq!(
        news(&world, &seat, held(1)),
        None,
        "no news on the same day"
    );
    world.pass_ms(25 * HOUR_MS);
    let told = news(&world, &seat, held(1)).unwrap();
    assert!(told.certificate.is_none());
    let renewed = read(&told.grant.unwrap()).unwrap();
    assert_eq!(renewed.seq, 2);
    assert!(renewed.until > grant.until);
}

#[test]
fn sec_t22_a_stolen_token_without_the_key_writes_nothing() {
    let world = World::new();
    let seat = world.seat("collector", 1);
    let token = world.sign_in(&seat);
    let path = "/v1/sync/hello";
    let bearer = format!("Bearer {token}");
    let base = [
        ("authorization", bearer.as_str()),
        ("content-type", wire::MEDIA_TYPE),
    ];
    let try_with = |proof: Option<String>| {
        let mut headers = base.to_vec();
        headers.extend(proof.iter().map(|p| (proof::HEADER, p.as_str())));
        world.send_bare("POST", path, &headers, b"no message".to_vec())
    };
    let refused = |proof: Option<String>| try_with(proof).assert_problem(401, "token.proof");
    refused(None);
    let thief = SoftwareSigner::from_secret(&[66; 32]);
    let owner = SoftwareSigner::from_secret(&seat.secret);
    let nonce = try_with(None).header(proof::NONCE_HEADER).to_owned();
    let address = format!("{}{path}", world.base);
    let asked = Asked {
        method: "POST",
        address: &address,
        token: &token,
        nonce: &nonce,
    };
    let now = world.service.now();
    let sign = |asked: Asked<'_>, id: u8, key: &SoftwareSigner| {
        Some(proof::sign(asked, [id; 16], now, key))
    };
    refused(sign(asked, 1, &thief));
    let elsewhere = format!("{}/v1/sync/push", world.base);
    for wrong in [
        Asked {
            method: "PUT",
            ..asked
        },
        Asked {
            address: &elsewhere,
            ..asked
        },
        Asked {
            address: "https://elsewhere.example/v1/sync/hello",
            ..asked
        },
        Asked {
            token: "another",
            ..asked
        },
        Asked {
            nonce: "guessed",
            ..asked
        },
    ] {
        refused(sign(wrong, 2, &owner));
    }
    let good = sign(asked, 3, &owner);
    try_with(good.clone()).assert_problem(400, "request.malformed");
    refused(good);
}

#[test]
fn sec_t24_sixty_tokens_that_are_not_ours_to_the_letter_open_nothing() {
    let world = World::new();
    let seat = world.seat("approver", 1);
    let token = world.sign_in(&seat);
    let cycles = format!("/v1/cycles?banner={}", world.banner.code);
    let read = |token: &str| world.get(&cycles, Some(token));
    assert_eq!(read(&token).status, 200);
    let part = |n: usize| -> Value {
        let text = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    let seed = world.service.keys.token_seed();
    // The same content under the real key: what is refused below is refused for its content.
    let now = claims["iat"].as_i64().unwrap();
    let mut vectors: Vec<String> = Vec::new();
    for (member, value) in header_vectors() {
        let mut changed = header.clone();
        match value {
            Value::Null => drop(changed.as_object_mut().unwrap().remove(member)),
            value => changed[member] = value,
        }
        vectors.push(jwt(&changed, &claims, seed));
    }
    for (member, value) in claim_vectors(now) {
        let mut changed = claims.clone();
        match value {
            Value::Null => drop(changed.as_object_mut().unwrap().remove(member)),
            value => changed[member] = value,
        }
        vectors.push(jwt(&header, &changed, seed));
    }
    let (signed, signature) = token.rsplit_once('.').unwrap();
    vectors.extend([
        format!("{signed}."),
        signed.to_owned(),
        format!("{token}.{signature}"),
        format!("{token}="),
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&[0; 64])),
        jwt(&header, &claims, &seat.secret),
        jwt(&header, &claims, &[0; 32]),
        "a".repeat(8 * 1024 + 1),
        "..".into(),
        "bearer".into(),
    ]);
    assert!(vectors.len() >= 60, "{}", vectors.len());
    for (n, forged) in vectors.iter().enumerate() {
        let answer = read(forged);
        assert_eq!(answer.status, 401, "vector {n}: {}", answer.json());
    }
}

fn header_vectors() -> Vec<(&'static str, Value)> {
    let mut all: Vec<(&str, Value)> = [
        "none", "None", "HS256", "HS512", "ES256", "RS256", "PS256", "eddsa", "EdDSA ",
    ]
    .into_iter()
    .map(|alg| ("alg", json!(alg)))
    .collect();
    let types = [
        "JWT",
        "grant+jwt",
        "device+jwt",
        "wipe+jwt",
        "key+jwt",
        "dpop+jwt",
        "AT+JWT",
        "",
    ];
    all.extend(types.into_iter().map(|typ| ("typ", json!(typ))));
    all.extend([
        ("alg", Value::Null),
        ("typ", Value::Null),
        ("kid", Value::Null),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' or '1'='1")),
        ("kid", json!("")),
        ("jku", json!("https://elsewhere.example/jwks.json")),
        ("x5u", json!("https://elsewhere.example/x5u")),
        ("x5c", json!(["AA"])),
        ("jwk", json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" })),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
    ]);
    all
}

fn claim_vectors(now: i64) -> Vec<(&'static str, Value)> {
    let names = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"];
    let mut all: Vec<(&str, Value)> = names.into_iter().map(|name| (name, Value::Null)).collect();
    all.extend([
        // CVE-2026-25537: a claim of another type was taken for absent.
        ("exp", json!((now + 600).to_string())),
        ("exp", json!("never")),
        ("exp", json!(1.8e9)),
        ("exp", json!([now + 600])),
        ("exp", json!(now - 3_600)),
        ("exp", json!(now + 86_400)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(-1)),
        ("nbf", json!(now.to_string())),
        ("nbf", json!(true)),
        ("nbf", json!(now + 3_600)),
        ("aud", json!("https://elsewhere.example")),
        ("aud", json!([])),
        ("aud", json!(["https://elsewhere.example"])),
        ("iss", json!("https://elsewhere.example")),
        ("iss", json!("")),
        ("sub", json!("")),
        ("sub", json!("device:")),
        ("sub", json!("device:nobody")),
        ("sub", json!("officer:administrator")),
        ("sub", json!(7)),
        ("cnf", json!({})),
        ("cnf", json!({ "jkt": "another" })),
        ("cnf", json!({ "jkt": 7 })),
        ("role", json!("administrator")),
    ]);
    all
}

#[test]
fn sec_t26_an_order_to_wipe_revokes_is_told_at_the_contact_and_heard_of_once_carried_out() {
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let seat = world.seat("collector", 2);
    let path = format!("/v1/devices/{}/wipe", seat.device);
    let own = world.sign_in(&seat);
    world
        .post(&path, Some(&own), &json!({}))
        .assert_problem(403, "policy.not_allowed");
    assert_eq!(
        world.post(&path, Some(&administrator), &json!({})).status,
        204
    );
    let told = news(&world, &seat, nothing_held(&world)).unwrap();
    assert!(told.grant.is_none(), "a revoked device gets no grant");
    let server = world.service.keys.public_key();
    let order = WipeOrder::verify(&told.wipe.unwrap(), &[&server], &seat.device).unwrap();
    let say = |nonce: &str, key: &[u8; 32]| {
        let message = wiped_message(nonce, &seat.device);
        let signature = SoftwareSigner::from_secret(key).sign(&message);
        let told = json!({
            "device": seat.device, "nonce": nonce, "signature": HEXLOWER.encode(&signature),
        });
        world.post("/v1/devices/wiped", None, &told)
    };
    say(&order.nonce, &[9; 32]).assert_problem(401, "challenge.invalid");
    say(&fresh(), &seat.secret).assert_problem(401, "challenge.invalid");
    assert_eq!(say(&order.nonce, &seat.secret).status, 204);
    assert_eq!(say(&order.nonce, &seat.secret).status, 204, "told twice");
    let heard = actions(&world);
    assert_eq!(heard.iter().filter(|a| *a == "device.wiped").count(), 1);
}

#[test]
fn sec_t07_what_an_earlier_device_spoke_of_and_never_sent_is_listed_when_its_officer_enrols_again()
{
    let world = World::new();
    let administrator = world.sign_in(&world.seat("administrator", 1));
    let lost = world.seat("collector", 2);
    let token = world.sign_in(&lost);
    let mut head = ChainHead::start(&lost.device, 0);
    for n in 0..3_u8 {
        head = head.extend(&itgel_domain::hash::Hash::of_file(&[n]));
    }
    let request = Hello {
        head,
        ..world.hello(&lost)
    };
    let said = call(&world, &token, "hello", wire::pack(&request));
    assert_eq!(said.status, 200);
    let again = pending(&world, &administrator, 3);
    assert!(actions(&world).contains(&"device.tail_lost".to_owned()));
    let waiting = world
        .get("/v1/devices/waiting", Some(&administrator))
        .json();
    let line = &waiting["items"][0];
    assert_eq!(line["device"], json!(again.device));
    let tail = &line["open_tails"][0];
    assert_eq!(
        (&tail["device"], &tail["from"], &tail["to"]),
        (&json!(lost.device), &json!(1), &json!(3))
    );
}
