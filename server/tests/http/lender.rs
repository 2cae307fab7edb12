//! What a lender learns, and what it does not.

use itgel_domain::case::Step;
use itgel_domain::hash::Hash;
use itgel_server::store;
use serde_json::{Value, json};

use crate::field::{self, Rated};
use crate::shape::fault;
use crate::world::{Answer, LENDER, OTHER_LENDER, TODAY, World};

/// A server with a household whose rating is in effect.
fn world() -> (World, Rated) {
    let mut world = World::prepared();
    let rated = field::rated(&world);
    world.start();
    (world, rated)
}

fn from_consent(rated: &Rated) -> Value {
    json!({
        "subject": rated.household.subject,
        "purpose": "loan_decision",
        "from": TODAY,
        "until": "2026-12-31",
        "ground": { "consent": rated.consent.to_string() },
    })
}

fn from_evidence(subject: &str) -> Value {
    json!({
        "subject": subject,
        "purpose": "loan_decision",
        "from": TODAY,
        "until": "2026-12-31",
        "ground": { "lender_evidence": Hash::of_file(b"a scan") },
    })
}

/// Registers an authorisation; its id.
fn authorise(world: &World, token: &str, request: &Value) -> String {
    let made = world.post("/v1/authorisations", Some(token), request);
    assert_eq!(made.status, 201, "{}", made.json());
    made.json()["id"].as_str().unwrap().to_owned()
}

fn ask(world: &World, token: &str, request: &Value) -> Answer {
    world.post("/v1/credit-reports", Some(token), request)
}

/// Asks for a report for a loan by the right with this number.
fn about(authorisation: &str) -> Value {
    json!({ "authorisation": authorisation, "purpose": "loan_decision" })
}

/// What every refusal must look like.
fn absent(world: &World, token: &str) -> String {
    let refused = ask(
        world,
        token,
        &json!({ "authorisation": "never-given", "purpose": "loan_decision" }),
    );
    refused.assert_problem(404, "report.not_found");
    refused.without_trace_id()
}

#[test]
fn a_consent_on_file_gives_the_lender_one_report_with_grade_reasons_and_certainty() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let given = ask(&world, &token, &about(&id));
    assert_eq!(given.status, 201);
    let report = given.json();
    let row = world
        .service
        .store
        .read(|c| store::case::get(c, &rated.case))
        .unwrap()
        .unwrap();
    assert_eq!(report["rating"]["grade"], json!(row.case.grade()));
    assert_eq!(report["status"], "effective");
    let assessed = row.case.assessed().unwrap();
    assert_eq!(
        report["rating"]["rules"]["assessment"],
        json!(assessed.assessment)
    );
    assert_eq!(report["issue"]["authorisation"], json!(id));
    assert_eq!(
        report["subject"]["people"].as_array().unwrap().len(),
        1,
        "who agreed, and no other"
    );
    let head = rated.household.identity.head().unwrap();
    assert_eq!(report["subject"]["name"], json!(head.full_name));
    let text = String::from_utf8(given.bytes.clone()).unwrap();
    let number = head.id_number.as_deref().unwrap();
    assert!(!text.contains(number), "an ID number is masked");
    let notices = report["notices"].as_array().unwrap();
    assert!(notices.contains(&json!("report-not-a-credit-report")));
    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 1_000))
        .unwrap();
    let number = report["issue"]["report"].as_str().unwrap();
    let recorded = audit
        .iter()
        .find(|row| row.action == "report.given")
        .unwrap();
    assert_eq!(recorded.resource, format!("report:{number}"));
}

#[test]
fn a_report_has_the_members_that_the_interface_description_promises_and_no_others() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let given = ask(&world, &token, &about(&id));
    let report = given.json();
    let filled = |list: &Value| !list.as_array().unwrap().is_empty();
    assert!(filled(&report["body"]["lines"]) && filled(&report["body"]["registers"]));
    assert!(filled(&report["rating"]["indicators"]) && report["body"]["peer"]["mean"].is_string());
    let description = world.get("/v1/openapi.json", None).json();
    assert_eq!(fault(&description, "Report", &report), None);
    let listed = world.get("/v1/authorisations", Some(&token)).json();
    assert_eq!(
        fault(&description, "AuthorisationView", &listed["items"][0]),
        None
    );
    let problem = ask(&world, &token, &json!({})).json();
    assert_eq!(fault(&description, "Problem", &problem), None);
    // And the comparison would notice.
    let mut more = report.clone();
    more["rating"]["certainty"]["ballots"] = json!([5, 4]);
    let found = fault(&description, "Report", &more);
    assert!(found.is_some());
    let mut less = report;
    less["issue"].as_object_mut().unwrap().remove("watermark");
    let found = fault(&description, "Report", &less);
    assert_eq!(found.as_deref(), Some("Report.issue: watermark is missing"));
}

#[test]
fn a_report_names_the_register_rows_that_moved_the_rating_after_the_visit() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let question = about(&id);
    let report = ask(&world, &token, &question).json();
    // The device of these tests held no rows when it sealed.
    let moved = report["rating"]["moved"].as_array().unwrap();
    let of = |register: &str| moved.iter().find(|line| line["register"] == register);
    let ledger = of("credit").expect("the ledger");
    assert_eq!(ledger["change"], "entered");
    assert!(!ledger["recorded_by"].as_str().unwrap().is_empty());
    assert!(!ledger["moved"].as_array().unwrap().is_empty());
    assert!(of("peer").is_some(), "{moved:?}");
    let case = world
        .service
        .store
        .read(|c| store::moved::get(c, &rated.case));
    let kept = case.unwrap().expect("kept with the case");
    assert!(kept.rows.len() >= moved.len());
}

#[test]
fn sec_t16_absent_and_not_authorised_are_one_answer_to_the_byte() {
    let (world, mut rated) = world();
    let (token, other) = (world.lender_token(LENDER), world.lender_token(OTHER_LENDER));
    let expected = absent(&world, &token);
    let id = authorise(&world, &token, &from_consent(&rated));
    let question = about(&id);
    let ghost = authorise(&world, &token, &from_evidence("nobody"));
    let person = json!({ "authorisation": ghost, "purpose": "loan_decision",
        "name": "巴特尔", "id_number": "11010519491231002X" });
    for (what, answer) in [
        ("another lender", ask(&world, &other, &question)),
        (
            "another purpose",
            ask(
                &world,
                &token,
                &json!({ "authorisation": id, "purpose": "loan_review" }),
            ),
        ),
        ("no such subject", ask(&world, &token, &person)),
        (
            "another's report",
            world.get("/v1/credit-reports/never-made", Some(&token)),
        ),
    ] {
        assert_eq!(
            (answer.status, answer.without_trace_id()),
            (404, expected.clone()),
            "{what}"
        );
    }
    assert_eq!(ask(&world, &token, &question).status, 201);
    field::withdraw_consent(&world, &mut rated);
    let withdrawn = ask(&world, &token, &question);
    assert_eq!(
        withdrawn.without_trace_id(),
        expected,
        "after the consent was withdrawn"
    );
}

#[test]
fn sec_t17_after_a_withdrawal_neither_a_new_report_nor_the_old_one_is_there() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let question = about(&id);
    let given = ask(&world, &token, &question);
    let place = given.header("location").to_owned();
    assert_eq!(world.get(&place, Some(&token)).bytes, given.bytes);
    let path = format!("/v1/authorisations/{id}");
    let taken_back = |token: &str| {
        let bearer = format!("Bearer {token}");
        world.send("DELETE", &path, &[("authorization", &bearer)], Vec::new())
    };
    let other = world.lender_token(OTHER_LENDER);
    taken_back(&other).assert_problem(404, "report.not_found");
    assert_eq!(taken_back(&token).status, 204);
    assert_eq!(taken_back(&token).status, 204, "twice is harmless");
    assert_eq!(world.get(&path, Some(&token)).json()["revoked"], true);
    ask(&world, &token, &question).assert_problem(404, "report.not_found");
    world
        .get(&place, Some(&token))
        .assert_problem(404, "report.not_found");
}

#[test]
fn sec_t17_a_consent_for_somebody_else_is_no_ground() {
    let (world, rated) = world();
    let (token, other) = (world.lender_token(LENDER), world.lender_token(OTHER_LENDER));
    let register =
        |token: &str, request: &Value| world.post("/v1/authorisations", Some(token), request);
    register(&other, &from_consent(&rated)).assert_problem(404, "report.not_found");
    for (field, value) in [
        ("subject", json!("nobody")),
        ("purpose", json!("loan_review")),
        ("from", json!("2026-06-01")),
        ("ground", json!({ "consent": "d~0~1~0" })),
        ("ground", json!({ "consent": "no entry" })),
    ] {
        let mut request = from_consent(&rated);
        request[field] = value.clone();
        let refused = register(&token, &request);
        assert_eq!(
            refused.without_trace_id(),
            absent(&world, &token),
            "{field} {value}"
        );
    }
    let mut request = from_consent(&rated);
    request["purpose"] = json!("guarantee_review");
    let problem = register(&token, &request).assert_problem(422, "value.not_a_choice");
    assert_eq!(problem["violations"][0]["field"], "purpose");
}

#[test]
fn with_its_own_evidence_a_lender_must_know_whom_it_asks_about() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(
        &world,
        &token,
        &from_evidence(rated.household.subject.as_str()),
    );
    let head = rated.household.identity.head().unwrap();
    let question = |name: Option<&str>, id_number: Option<&str>| {
        let mut request = about(&id);
        request["name"] = json!(name);
        request["id_number"] = json!(id_number);
        ask(&world, &token, &request)
    };
    let (name, number) = (head.full_name.as_str(), head.id_number.as_deref().unwrap());
    let missing = question(None, None).assert_problem(422, "value.missing");
    assert_eq!(
        missing["violations"].as_array().unwrap().len(),
        2,
        "all at once"
    );
    question(Some(name), None).assert_problem(422, "value.missing");
    let wrong_name = question(Some("别人"), Some(number));
    let wrong_number = question(Some(name), Some("11010519491231002X"));
    assert_eq!(wrong_name.without_trace_id(), absent(&world, &token));
    assert_eq!(wrong_number.without_trace_id(), absent(&world, &token));
    let given = question(Some(name), Some(&number.to_lowercase()));
    assert_eq!(given.status, 201);
    assert!(!String::from_utf8_lossy(&given.bytes).contains(number));
}

#[test]
fn the_same_key_gives_the_same_report_and_another_body_is_refused() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let key = [("idempotency-key", "order-1")];
    let register = |key: &str, request: &Value| {
        world.post_with(
            "/v1/authorisations",
            Some(&token),
            &[("idempotency-key", key)],
            request,
        )
    };
    let made = register("a-1", &from_consent(&rated));
    assert_eq!(register("a-1", &from_consent(&rated)).json(), made.json());
    let mut shorter = from_consent(&rated);
    shorter["until"] = json!("2026-11-30");
    register("a-1", &shorter).assert_problem(422, "request.key_reused");
    let id = made.json()["id"].clone();
    let question = about(id.as_str().unwrap());
    let first = world.post_with("/v1/credit-reports", Some(&token), &key, &question);
    let again = world.post_with("/v1/credit-reports", Some(&token), &key, &question);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.header("location"), again.header("location"));
    let without = world.post("/v1/credit-reports", Some(&token), &question);
    assert_ne!(without.header("location"), first.header("location"));
    let other = json!({ "authorisation": id, "purpose": "loan_review" });
    world
        .post_with("/v1/credit-reports", Some(&token), &key, &other)
        .assert_problem(422, "request.key_reused");
    let long = "k".repeat(65);
    world
        .post_with(
            "/v1/credit-reports",
            Some(&token),
            &[("idempotency-key", &long)],
            &question,
        )
        .assert_problem(400, "request.malformed");
}

#[test]
fn a_report_that_the_lender_holds_is_not_sent_again() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let given = ask(&world, &token, &about(&id));
    let (place, tag) = (
        given.header("location").to_owned(),
        given.header("etag").to_owned(),
    );
    assert!(
        tag.starts_with('"') && tag.len() == 66,
        "a strong tag: {tag}"
    );
    let bearer = format!("Bearer {token}");
    let read = |tag: &str| {
        let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
        world.send("GET", &place, &headers, Vec::new())
    };
    let held = read(&tag);
    assert_eq!(
        (held.status, held.bytes.len(), held.header("etag")),
        (304, 0, tag.as_str())
    );
    assert_eq!(read(&format!("\"other\", {tag}")).status, 304);
    assert_eq!(read("\"other\"").bytes, given.bytes);
    let other = world.lender_token(OTHER_LENDER);
    world
        .get(&place, Some(&other))
        .assert_problem(404, "report.not_found");
}

#[test]
fn a_suspended_rating_is_temporarily_not_available_and_shows_no_grade() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    field::step(&world, "approver", &rated.case, Step::Suspend);
    let given = ask(&world, &token, &about(&id));
    let report = given.json();
    assert_eq!(report["status"], "temporarily_unavailable");
    assert_eq!(report["rating"], Value::Null);
    assert_eq!(report["body"]["lines"], json!([]));
}

#[test]
fn sec_t16_the_quota_of_a_day_ends_guessing_and_begins_anew_at_midnight() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let question = about(&id);
    for n in 0..20 {
        let guess = json!({ "authorisation": format!("guess-{n}"), "purpose": "loan_decision" });
        ask(&world, &token, &guess).assert_problem(404, "report.not_found");
    }
    let refused = ask(&world, &token, &question);
    refused.assert_problem(429, "request.too_many");
    assert!(("60".."68").contains(&refused.header("retry-after")));
    assert!(!world.audited("lender.many_misses").is_empty());
    world.pass_ms(86_400_000);
    let token = world.lender_token(LENDER);
    assert_eq!(ask(&world, &token, &question).status, 201);
}

#[test]
fn the_list_of_authorisations_has_pages_and_only_own_lines() {
    let world = World::new();
    let (token, other) = (world.lender_token(LENDER), world.lender_token(OTHER_LENDER));
    let mut made: Vec<String> = (0..5)
        .map(|n| authorise(&world, &token, &from_evidence(&format!("s-{n}"))))
        .collect();
    made.sort();
    authorise(&world, &other, &from_evidence("s-0"));
    let mut seen = Vec::new();
    let mut path = "/v1/authorisations?limit=2".to_owned();
    loop {
        let page = world.get(&path, Some(&token));
        let body = page.json();
        let ids = body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["id"].as_str().unwrap());
        seen.extend(ids.map(str::to_owned));
        let Some(next) = body["next"].as_str() else {
            assert_eq!(page.header("link"), "");
            break;
        };
        path = format!("/v1/authorisations?limit=2&cursor={next}");
        assert_eq!(
            page.header("link"),
            format!("</v1/authorisations?cursor={next}&limit=2>; rel=\"next\"")
        );
    }
    assert_eq!(seen, made);
}

#[test]
fn sec_t21_a_stolen_database_shows_no_name_and_no_number_of_a_report() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let id = authorise(&world, &token, &from_consent(&rated));
    let given = ask(&world, &token, &about(&id));
    assert_eq!(given.status, 201);
    let head = rated.household.identity.head().unwrap();
    let number = head.id_number.as_deref().unwrap();
    for file in ["itgel.db", "itgel.db-wal"] {
        let path = world.service.config.database.with_file_name(file);
        let bytes = std::fs::read(path).unwrap();
        let holds = |canary: &str| bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
        assert!(!holds(number), "{file}");
        assert!(!holds(&head.full_name), "{file}");
    }
}
