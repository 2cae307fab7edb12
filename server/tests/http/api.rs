//! What holds for every address.

use itgel_domain::file::chain::{Suite, verify};
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn an_unknown_address_or_method_is_a_problem_document_in_the_callers_language() {
    let world = World::new();
    let chinese = world.get("/v1/nothing-here", None);
    let problem = chinese.assert_problem(404, "request.not_found");
    assert_eq!(chinese.header("content-language"), "zh-CN");
    let headers = [("accept-language", "fr, en-GB;q=0.8, zh;q=0.5")];
    let english = world.send("GET", "/v1/nothing-here", &headers, Vec::new());
    assert_eq!(english.header("content-language"), "en");
    assert_ne!(english.json()["title"], problem["title"]);
    world
        .send("DELETE", "/v1/cases", &[], Vec::new())
        .assert_problem(404, "request.not_found");
}

#[test]
fn sec_t32_what_cannot_be_read_is_refused_with_its_place_and_without_its_value() {
    let world = World::new();
    let canary = "11010519491231002X";
    let broken = format!("{{\"device\": \"{canary} \"}}").into_bytes();
    let json_type = [("content-type", "application/json")];
    let answer = world.send("POST", "/v1/auth/challenge", &json_type, broken.clone());
    let problem = answer.assert_problem(400, "request.malformed");
    assert_eq!(problem["violations"][0]["figures"]["line"], "1");
    assert!(!String::from_utf8_lossy(&answer.bytes).contains(canary));
    let untyped = world.send("POST", "/v1/auth/challenge", &[], broken);
    untyped.assert_problem(400, "request.malformed");
    let large = vec![b' '; 300 * 1024];
    let answer = world.send("POST", "/v1/auth/challenge", &json_type, large);
    answer.assert_problem(413, "request.too_large");
}

#[test]
fn sec_t30_every_answer_forbids_scripts_frames_sniffing_and_caching() {
    let world = World::new();
    for path in ["/", "/v1/nothing-here", "/health/live", "/assets/board.css"] {
        let answer = world.get(path, None);
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[test]
fn sec_t41_the_board_opens_in_a_browser_and_shows_no_small_number() {
    let world = World::new();
    let page = world.get("/", None);
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    let html = String::from_utf8(page.bytes).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("lang=\"zh-CN\""));
    let gacha = &world.banner.gachas[0];
    assert!(html.contains(&gacha.name), "its gachas are on it");
    assert!(
        !html.contains("<script") && !html.contains("style="),
        "nothing inline"
    );
    // Nobody is filed yet: every number is too small to be shown.
    assert!(html.contains("<td>—</td>") && !html.contains("<td>0</td>"));
}

#[test]
fn a_server_that_can_write_is_ready() {
    let world = World::new();
    assert_eq!(world.get("/health/live", None).status, 204);
    assert_eq!(world.get("/health/ready", None).status, 204);
    world.pass_ms(5_000);
    assert_eq!(world.get("/health/ready", None).status, 204);
}

#[test]
fn the_key_set_verifies_a_token() {
    let world = World::new();
    let token = world.sign_in(&world.seat("approver", 1));
    let keys = world.get("/.well-known/jwks.json", None).json();
    let key = &keys["keys"][0];
    let decode = |text: &str| {
        data_encoding::BASE64URL_NOPAD
            .decode(text.as_bytes())
            .unwrap()
    };
    let (message, signature) = token.rsplit_once('.').unwrap();
    let header: Value =
        serde_json::from_slice(&decode(message.split('.').next().unwrap())).unwrap();
    assert_eq!(
        (&header["kid"], &header["alg"]),
        (&key["kid"], &json!("EdDSA"))
    );
    let public = decode(key["x"].as_str().unwrap());
    verify(
        Suite::Ed25519,
        &public,
        message.as_bytes(),
        &decode(signature),
    )
    .unwrap();
    assert_eq!(key["d"], Value::Null, "and holds no private part");
}

#[test]
fn the_interface_description_is_the_checked_in_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let present = itgel_server::routes::openapi_json().unwrap();
    if std::env::var_os("ITGEL_WRITE_OPENAPI").is_some() {
        std::fs::write(path, &present).unwrap();
    }
    let checked_in = std::fs::read_to_string(path).unwrap();
    assert!(
        present == checked_in,
        "the interface has changed: look at it, then run this test with ITGEL_WRITE_OPENAPI=1"
    );
    let world = World::new();
    let served = world.get("/v1/openapi.json", None).json();
    assert_eq!(served, serde_json::from_str::<Value>(&present).unwrap());
    assert_eq!(
        served["openapi"].as_str().map(|v| v.starts_with("3.1")),
        Some(true)
    );
}
