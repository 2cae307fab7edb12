//! What a lender's own parameters make of a rating, who sees it, and the list of a whole gacha.

use std::io::Cursor;

use itgel_domain::hash::Hash;
use itgel_domain::lending::shipped;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{setup, store};
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

fn hand_in(world: &World, token: &str, text: &str) -> Answer {
    let file = json!({ "name": "ln-demo-1.toml", "text": text });
    world.post("/v1/lines", Some(token), &file)
}

/// The example with its text changed, handed in and put into force; its hash.
fn put_into_force(world: &World, token: &str, text: &str) -> String {
    let made = hand_in(world, token, text);
    assert_eq!(made.status, 201, "{}", made.json());
    let hash = made.json()["hash"].as_str().unwrap().to_owned();
    let active = activate(world, token, &hash);
    assert_eq!(
        (active.status, &active.json()["state"]),
        (200, &json!("active"))
    );
    hash
}

fn activate(world: &World, token: &str, hash: &str) -> Answer {
    world.post(
        &format!("/v1/lines/{hash}/activate"),
        Some(token),
        &json!({}),
    )
}

fn withdraw(world: &World, token: &str, hash: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    world.send("DELETE", &format!("/v1/lines/{hash}"), &headers, Vec::new())
}

fn authorise(world: &World, token: &str, subject: &str, ground: &Value) -> String {
    let request = json!({
        "subject": subject,
        "purpose": "loan_decision",
        "from": TODAY,
        "until": "2026-12-31",
        "ground": ground,
    });
    let made = world.post("/v1/authorisations", Some(token), &request);
    assert_eq!(made.status, 201, "{}", made.json());
    made.json()["id"].as_str().unwrap().to_owned()
}

fn by_consent(world: &World, token: &str, rated: &Rated) -> String {
    let ground = json!({ "consent": rated.consent.to_string() });
    authorise(world, token, rated.household.subject.as_str(), &ground)
}

fn report(world: &World, token: &str, authorisation: &str) -> Value {
    let question = json!({ "authorisation": authorisation, "purpose": "loan_decision" });
    let given = world.post("/v1/credit-reports", Some(token), &question);
    assert_eq!(given.status, 201, "{}", given.json());
    given.json()
}

fn pre_credit(world: &World, token: &str, more: &str) -> Answer {
    let gacha = world.gacha();
    world.get(
        &format!("/v1/pre-credit/{gacha}?purpose=loan_decision{more}"),
        Some(token),
    )
}

#[test]
fn a_report_carries_the_line_of_the_lender_that_asked_and_of_no_other() {
    let (world, rated) = world();
    let (token, other) = (world.lender_token(LENDER), world.lender_token(OTHER_LENDER));
    let right = by_consent(&world, &token, &rated);
    assert_eq!(
        report(&world, &token, &right)["reference_line"],
        Value::Null
    );
    let elsewhere = shipped().example_text().replace("\"200000\"", "\"1000\"");
    put_into_force(&world, &other, &elsewhere);
    assert_eq!(
        report(&world, &token, &right)["reference_line"],
        Value::Null
    );
    let hash = put_into_force(&world, &token, shipped().example_text());
    let told = report(&world, &token, &right);
    let line = &told["reference_line"];
    assert_eq!(line["parameters"], "LN-DEMO-1/1");
    assert_eq!(line["parameters_hash"], json!(hash));
    assert_eq!(line["notice"], "report-line-advisory");
    let cap = line["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["step"] == "cap");
    assert_eq!(cap.unwrap()["amount_fen"], 20_000_000);
    assert!(line["line_fen"].as_i64().is_some(), "{line}");
    assert!(
        told["notices"]
            .as_array()
            .unwrap()
            .contains(&json!("report-line-advisory"))
    );
    let description = world.get("/v1/openapi.json", None).json();
    assert_eq!(fault(&description, "Report", &told), None);
    let files = world.get("/v1/lines", Some(&token)).json();
    assert_eq!(fault(&description, "LineFile", &files["items"][0]), None);
    let text = world.get(&format!("/v1/lines/{hash}"), Some(&token));
    assert_eq!(text.bytes, shipped().example_text().as_bytes());
    world
        .get(&format!("/v1/lines/{hash}"), Some(&other))
        .assert_problem(404, "line.unknown");
}

#[test]
fn a_line_never_changes_what_a_rating_rests_on() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let right = by_consent(&world, &token, &rated);
    let before = report(&world, &token, &right);
    let hash = put_into_force(&world, &token, shipped().example_text());
    let after = report(&world, &token, &right);
    for part in ["rating", "subject", "status"] {
        assert_eq!(before[part], after[part], "{part}");
    }
    let row = world
        .service
        .store
        .read(|c| store::case::get(c, &rated.case))
        .unwrap()
        .unwrap();
    let stored = world
        .service
        .store
        .read(|c| store::assessment::get(c, &row.inputs.unwrap()))
        .unwrap()
        .unwrap();
    assert!(!String::from_utf8_lossy(&stored.inputs).contains(&hash));
    assert_eq!(withdraw(&world, &token, &hash).json()["state"], "withdrawn");
    assert_eq!(
        withdraw(&world, &token, &hash).status,
        200,
        "twice is harmless"
    );
    assert_eq!(
        report(&world, &token, &right)["reference_line"],
        Value::Null
    );
}

#[test]
fn a_file_that_is_not_sound_is_refused_with_its_place() {
    let world = World::new();
    let token = world.lender_token(LENDER);
    let broken = shipped().example_text().replace("\"200000\"", "200000.0");
    let problem = hand_in(&world, &token, &broken).assert_problem(422, "rules.float");
    let violation = &problem["violations"][0];
    assert_eq!(violation["field"], "cap_yuan");
    let line = broken
        .lines()
        .position(|l| l.starts_with("cap_yuan"))
        .unwrap()
        + 1;
    assert_eq!(violation["figures"]["line"], json!(line.to_string()));
    assert_eq!(
        world.get("/v1/lines", Some(&token)).json()["items"],
        json!([])
    );
    for hash in ["no-hash", &Hash::of_file(b"another").to_string()] {
        activate(&world, &token, hash).assert_problem(404, "line.unknown");
    }
}

#[test]
fn where_a_lender_has_two_people_nobody_puts_an_own_file_into_force() {
    let world = World::new();
    let people = ["clerk", "head-clerk"];
    for (number, person) in people.into_iter().enumerate() {
        let record = OfficerRecord {
            id: person.parse().unwrap(),
            name: format!("示例 {person}"),
            division: world.banner.code,
        };
        let entered = world.service.transact("test.clerk", move |_, tx| {
            let lender = store::lender::get(tx, &LENDER.parse().unwrap(), TODAY)?.unwrap();
            setup::add_lender_officer(tx, &lender, &record)
        });
        entered.unwrap();
        assert!(number < 2);
    }
    let tokens = people.map(|person| world.sign_in(&world.seat(person, person.as_bytes()[0])));
    let machine = world.lender_token(LENDER);
    let made = hand_in(&world, &tokens[0], shipped().example_text());
    let hash = made.json()["hash"].as_str().unwrap().to_owned();
    assert_eq!(made.json()["proposed_by"], "clerk");
    for token in [&tokens[0], &machine] {
        activate(&world, token, &hash).assert_problem(403, "policy.second_person");
    }
    let active = activate(&world, &tokens[1], &hash).json();
    assert_eq!(
        (&active["state"], &active["activated_by"]),
        (&json!("active"), &json!("head-clerk"))
    );
    let other = world.lender_token(OTHER_LENDER);
    activate(&world, &other, &hash).assert_problem(404, "line.unknown");
    // A person of the lender asks for no reports, and an officer of the banner hands nothing in.
    pre_credit(&world, &tokens[1], "").assert_problem(403, "policy.not_allowed");
    let reviewer = world.sign_in(&world.seat("reviewer", 0x61));
    hand_in(&world, &reviewer, "").assert_problem(403, "policy.not_allowed");
    let row = &world.audited("line.activated")[0];
    assert_eq!(row.detail["second_person"], true);
}

#[test]
fn the_list_of_a_gacha_names_who_authorised_the_lender_and_counts_the_others() {
    let (world, rated) = world();
    let neighbour = field::add_household(&world, 1);
    let (token, other) = (world.lender_token(LENDER), world.lender_token(OTHER_LENDER));
    // Named at the door: the lender needs nothing but to look.
    let before = pre_credit(&world, &token, "").json();
    assert_eq!(
        (&before["listed"], &before["others"]),
        (&json!(1), &json!(1))
    );
    let right = before["items"][0]["authorisation"].as_str().unwrap();
    let right = right.to_owned();
    let hash = put_into_force(&world, &token, shipped().example_text());
    let page = pre_credit(&world, &token, "").json();
    let description = world.get("/v1/openapi.json", None).json();
    assert_eq!(fault(&description, "PreCreditPage", &page), None);
    assert_eq!((&page["listed"], &page["others"]), (&json!(1), &json!(1)));
    assert_eq!(page["parameters_hash"], json!(hash));
    let line = &page["items"][0];
    assert_eq!(
        (&line["authorisation"], &line["subject"]),
        (&json!(right), &json!(rated.household.subject))
    );
    let told = report(&world, &token, &right);
    assert_eq!(line["line_fen"], told["reference_line"]["line_fen"]);
    assert_eq!(line["grade"], told["rating"]["grade"]);
    let text = page.to_string();
    assert!(
        !text.contains(neighbour.subject.as_str()),
        "others are a count"
    );
    let head = rated.household.identity.head().unwrap();
    assert!(!text.contains(head.full_name.as_str()), "no name");
    let elsewhere = pre_credit(&world, &other, "").json();
    assert_eq!(
        (&elsewhere["items"], &elsewhere["others"]),
        (&json!([]), &json!(2))
    );
    let row = &world.audited("pre_credit.listed")[1];
    assert_eq!(row.detail["authorisations"], json!([right]));
}

#[test]
fn a_list_tells_nothing_about_somebody_whose_number_was_guessed() {
    let (world, rated) = world();
    let token = world.lender_token(OTHER_LENDER);
    let evidence = json!({ "lender_evidence": Hash::of_file(b"a scan") });
    let right = authorise(&world, &token, rated.household.subject.as_str(), &evidence);
    assert_eq!(pre_credit(&world, &token, "").json()["items"], json!([]));
    let head = rated.household.identity.head().unwrap();
    let question = json!({ "authorisation": right, "purpose": "loan_decision",
        "name": head.full_name, "id_number": head.id_number });
    let given = world.post("/v1/credit-reports", Some(&token), &question);
    assert_eq!(given.status, 201);
    assert_eq!(
        pre_credit(&world, &token, "").json()["items"][0]["authorisation"],
        json!(right)
    );
}

#[test]
fn who_withdrew_or_is_examined_is_a_number_among_the_others() {
    let (world, mut rated) = world();
    let token = world.lender_token(LENDER);
    by_consent(&world, &token, &rated);
    assert_eq!(pre_credit(&world, &token, "").json()["listed"], 1);
    field::step(
        &world,
        "approver",
        &rated.case,
        itgel_domain::case::Step::Suspend,
    );
    let page = pre_credit(&world, &token, "").json();
    assert_eq!((&page["listed"], &page["others"]), (&json!(0), &json!(1)));
    field::withdraw_consent(&world, &mut rated);
    assert_eq!(pre_credit(&world, &token, "").json()["listed"], 0);
}

#[test]
fn sec_t18_a_list_keeps_to_the_contract_and_to_the_quota_of_the_day() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    by_consent(&world, &token, &rated);
    let at = |division: String, purpose: &str| {
        let path = format!("/v1/pre-credit/{division}?purpose={purpose}");
        world.get(&path, Some(&token))
    };
    let gacha = world.gacha().to_string();
    at(world.township().to_string(), "loan_decision").assert_problem(422, "division.code");
    at("150700200201".into(), "loan_decision").assert_problem(403, "scope.outside");
    at(gacha.clone(), "guarantee_review").assert_problem(404, "report.purpose");
    let none = at(gacha, "loan_review").json();
    assert_eq!(none["items"], json!([]), "authorised for another purpose");
    for _ in 0..19 {
        assert_eq!(pre_credit(&world, &token, "&limit=200").status, 200);
    }
    pre_credit(&world, &token, "").assert_problem(429, "request.too_many");
    world.pass_ms(86_400_000);
    let token = world.lender_token(LENDER);
    assert_eq!(pre_credit(&world, &token, "").json()["listed"], 1);
}

#[test]
fn the_file_of_a_list_has_its_rows_and_says_that_it_binds_nobody() {
    let (world, rated) = world();
    let token = world.lender_token(LENDER);
    let listed = pre_credit(&world, &token, "").json();
    let right = listed["items"][0]["authorisation"].as_str().unwrap();
    let right = right.to_owned();
    // Of two for the same the one that lasts longest is listed: here that of the consent itself.
    let shorter = by_consent(&world, &token, &rated);
    put_into_force(&world, &token, shipped().example_text());
    let gacha = world.gacha();
    let file = |format: &str| {
        let path = format!("/v1/pre-credit/{gacha}/table?purpose=loan_decision&format={format}");
        let given = world.get(&path, Some(&token));
        assert_eq!(given.status, 200);
        given
    };
    let csv = file("csv");
    let text = String::from_utf8(csv.bytes.clone()).unwrap();
    assert!(text.starts_with('\u{feff}') && csv.header("content-type").starts_with("text/csv"));
    for words in [
        "授权编号",
        "参考额度（元）",
        &right,
        "不构成授信承诺",
        "名单以外的户数：0",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert!(!text.contains(&shorter), "{text}");
    let xlsx = file("xlsx").bytes;
    assert!(xlsx.starts_with(b"PK"), "a workbook");
    let mut workbook: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(xlsx)).unwrap();
    let sheets = calamine::Reader::worksheets(&mut workbook);
    let cells: Vec<String> = sheets
        .iter()
        .flat_map(|(_, range)| range.cells().map(|(_, _, cell)| cell.to_string()))
        .collect();
    assert!(cells.contains(&right), "{cells:?}");
    assert!(
        cells.iter().any(|cell| cell.contains("不构成授信承诺")),
        "{cells:?}"
    );
}
