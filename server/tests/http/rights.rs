//! Rights of those who are rated, over HTTP: requests with their clock, the own file, statements,
//! notices, orders to keep data, erasure by two persons, a lost device.

mod records;

use itgel_domain::file::entry::{Entry, Note};
use itgel_server::{erasure, store};
use serde_json::{Value, json};

use crate::field::{self, Rated};
use crate::world::{LENDER, World};

const DAY_MS: i64 = 86_400_000;

/// A served household with a rating in effect.
fn world() -> (World, Rated) {
    let mut world = World::prepared();
    let rated = field::rated(&world);
    world.start();
    (world, rated)
}

fn asking(rated: &Rated, kind: &str, relation: &str) -> Value {
    json!({
        "subject": rated.household.subject,
        "asking": {
            "kind": kind,
            "person": "head",
            "relation": relation,
            "checked": "id_card",
            "words": "本人到窗口提出",
        },
    })
}

fn ask(world: &World, token: &str, rated: &Rated, kind: &str) -> String {
    let taken = world.post(
        "/v1/rights-requests",
        Some(token),
        &asking(rated, kind, "self"),
    );
    assert_eq!(taken.status, 201, "{}", taken.json());
    taken.json()["id"].as_str().unwrap().to_owned()
}

fn token(world: &World, officer: &str, seed: u8) -> String {
    world.sign_in(&world.seat(officer, seed))
}

#[test]
fn a_person_reads_everything_that_is_held_with_sources_and_history_in_both_languages() {
    let (world, mut rated) = world();
    let counter = token(&world, "objections", 0x31);
    let note = Entry::Note(Note {
        text: "<b>示例</b> 备注".into(),
    });
    let file = field::file(&rated.household);
    rated.pen.write_entries(&world, &file, vec![note]);
    rated.pen.deliver(&world);
    let lender = world.lender_token(LENDER);
    let authorised = world.post(
        "/v1/authorisations",
        Some(&lender),
        &json!({
            "subject": rated.household.subject,
            "purpose": "loan_decision",
            "from": world.service.now().on(),
            "until": world.service.now().on(),
            "ground": { "consent": rated.consent.to_string() },
        }),
    );
    assert_eq!(authorised.status, 201, "{}", authorised.json());
    let id = ask(&world, &counter, &rated, "access");
    let view = world.get(
        &format!("/v1/rights-requests/{id}/self-view"),
        Some(&counter),
    );
    assert_eq!(view.status, 200, "{}", view.json());
    let view = view.json();
    let head = &rated.household.identity.people[0];
    assert_eq!(
        view["identity"][0]["people"][0]["full_name"],
        json!(head.full_name)
    );
    let entries = view["entries"].as_array().unwrap();
    assert!(
        entries.len() > rated.household.found.len(),
        "every value, seal and consent"
    );
    assert!(entries.iter().all(|e| e["officer"] == "collector"));
    assert!(!view["registers"].as_array().unwrap().is_empty());
    assert_eq!(view["cases"][0]["state"], "effective");
    assert!(view["cases"][0]["steps"].as_array().unwrap().len() > 4);
    assert_eq!(view["authorisations"][0]["lender"], LENDER);
    assert_eq!(
        view["requests"][0]["request"]["asking"]["checked"],
        "id_card"
    );
    assert!(view["processing"].as_array().unwrap().iter().all(|line| {
        ["purpose", "basis", "kept"]
            .iter()
            .all(|key| line[key] != "")
    }));
    assert!(view.get("ballots").is_none());
    for language in ["zh-CN", "mn-Mong"] {
        let path = format!("/v1/rights-requests/{id}/self-view/page?language={language}");
        let page = world.get(&path, Some(&counter));
        let html = String::from_utf8(page.bytes).unwrap();
        assert!(html.contains(&format!("lang=\"{language}\"")) && html.contains(&head.full_name));
        assert!(
            html.contains("&lt;b&gt;") && !html.contains("<b>"),
            "text is no markup"
        );
        let told = text_of(&html);
        assert!(!told.contains(['{', '}']), "{told}");
        let is_of_the_program = |word: &&str| {
            word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        };
        let names: Vec<&str> = told.split([' ', '\n']).filter(is_of_the_program).collect();
        assert!(
            names.is_empty(),
            "names of the program on a page: {names:?}"
        );
    }
    world.pass_ms(31 * DAY_MS);
    let late = world.get(
        &format!("/v1/rights-requests/{id}/self-view"),
        Some(&token(&world, "objections", 0x32)),
    );
    late.assert_problem(404, "rights.unknown");
}

#[test]
fn nobody_reads_a_file_without_a_request_or_from_outside_the_division() {
    let (world, rated) = world();
    let stranger = token(&world, "stranger", 0x31);
    let refused = world.post(
        "/v1/rights-requests",
        Some(&stranger),
        &asking(&rated, "access", "self"),
    );
    refused.assert_problem(404, "subject.unknown");
    let approver = token(&world, "approver", 0x32);
    let refused = world.post(
        "/v1/rights-requests",
        Some(&approver),
        &asking(&rated, "access", "self"),
    );
    refused.assert_problem(403, "policy.not_allowed");
    let counter = token(&world, "collector", 0x33);
    let id = ask(&world, &counter, &rated, "correct");
    let path = format!("/v1/rights-requests/{id}/self-view");
    world
        .get(&path, Some(&counter))
        .assert_problem(404, "rights.unknown");
    let id = ask(&world, &counter, &rated, "access");
    let path = format!("/v1/rights-requests/{id}/self-view");
    world
        .get(&path, Some(&stranger))
        .assert_problem(404, "rights.unknown");
    let nobody = json!({
        "subject": rated.household.subject,
        "asking": { "kind": "access", "person": "uncle", "relation": "self", "checked": "id_card" },
    });
    let refused = world.post("/v1/rights-requests", Some(&counter), &nobody);
    refused.assert_problem(422, "rights.person");
}

#[test]
fn a_relative_waits_for_the_answer_and_a_refusal_says_why() {
    let (world, rated) = world();
    let counter = token(&world, "reviewer", 0x31);
    let mut asked = asking(&rated, "copy", "near_relative");
    let unproven = world.post("/v1/rights-requests", Some(&counter), &asked);
    unproven.assert_problem(422, "value.missing");
    asked["asking"]["proof"] = json!("ab".repeat(32));
    let taken = world
        .post("/v1/rights-requests", Some(&counter), &asked)
        .json();
    assert_eq!(taken["state"], "open");
    let id = taken["id"].as_str().unwrap();
    let path = format!("/v1/rights-requests/{id}/answer");
    let office = token(&world, "objections", 0x32);
    let bare = world.post(&path, Some(&office), &json!({ "ground": "last_wish" }));
    bare.assert_problem(422, "rights.refusal");
    let words = json!({ "ground": "last_wish", "words": "逝者生前书面要求不公开" });
    world
        .post(&path, Some(&counter), &words)
        .assert_problem(403, "policy.not_allowed");
    let refused = world.post(&path, Some(&office), &words);
    assert_eq!(refused.json()["state"], "refused");
    world
        .post(&path, Some(&office), &words)
        .assert_problem(409, "rights.answered");
    let listed = format!(
        "/v1/rights-requests?division={}&state=refused",
        world.township()
    );
    let page = world.get(&listed, Some(&office)).json();
    assert_eq!(page["items"][0]["request"]["answer"]["ground"], "last_wish");
    let late = ask(&world, &counter, &rated, "correct");
    world.pass_ms(21 * DAY_MS);
    let office = token(&world, "objections", 0x33);
    let listed = format!(
        "/v1/rights-requests?division={}&state=open",
        world.township()
    );
    let page = world.get(&listed, Some(&office)).json();
    assert_eq!(
        (&page["items"][0]["id"], &page["items"][0]["is_late"]),
        (&json!(late), &json!(true))
    );
}

#[test]
fn an_erasure_needs_two_persons_and_no_order_to_keep_the_data() {
    let (world, rated) = world();
    let subject = rated.household.subject.clone();
    let counter = token(&world, "collector", 0x31);
    let (office, approver) = (
        token(&world, "objections", 0x32),
        token(&world, "approver", 0x33),
    );
    let id = ask(&world, &counter, &rated, "delete");
    let erasure = format!("/v1/rights-requests/{id}/erasure");
    let answer = format!("/v1/rights-requests/{id}/answer");
    let early = world.post(&erasure, Some(&approver), &json!({}));
    early.assert_problem(403, "policy.second_person");
    let hold = json!({ "subject": subject, "basis": "示例法院〔2026〕1号" });
    let held = world.post("/v1/legal-holds", Some(&approver), &hold);
    assert_eq!(held.status, 201, "{}", held.json());
    let refused = world.post(&answer, Some(&office), &json!({}));
    refused.assert_problem(409, "rights.held");
    let lift = format!("/v1/legal-holds/{}", held.json()["id"].as_str().unwrap());
    let bearer = format!("Bearer {approver}");
    let lifted = world.send("DELETE", &lift, &[("authorization", &bearer)], Vec::new());
    assert_eq!(lifted.status, 204);
    assert_eq!(
        world.post(&answer, Some(&office), &json!({})).json()["state"],
        "granted"
    );
    let alone = world.post(&erasure, Some(&office), &json!({}));
    alone.assert_problem(403, "policy.not_allowed");
    let done = world.post(&erasure, Some(&approver), &json!({}));
    assert_eq!(done.json()["state"], "done", "{}", done.json());
    let at = world
        .service
        .store
        .read(|c| store::subject::erased_at(c, &subject));
    assert!(at.unwrap().is_some());
    assert_eq!(
        erasure::newest_at(&world.service).unwrap(),
        Some(world.service.now())
    );
    let again = world.post(
        "/v1/rights-requests",
        Some(&counter),
        &asking(&rated, "access", "self"),
    );
    assert!(
        again.status == 404 || again.status == 409,
        "{}",
        again.json()
    );
}

#[test]
fn a_lost_device_names_everybody_whom_it_may_speak_of_and_prints_their_letters() {
    let (world, rated) = world();
    let path = format!("/v1/devices/{}/subjects", rated.pen.seat.device);
    let collector = token(&world, "stranger", 0x31);
    world
        .get(&path, Some(&collector))
        .assert_problem(403, "policy.not_allowed");
    let clerk = token(&world, "administrator", 0x32);
    let lines = world.get(&path, Some(&clerk)).json();
    assert_eq!(lines["items"][0]["subject"], json!(rated.household.subject));
    assert_eq!(lines["items"][0]["is_certain"], true);
    let letters = format!(
        "/v1/devices/{}/letters?language=zh-CN",
        rated.pen.seat.device
    );
    let nameless = world.get(&letters, Some(&clerk));
    nameless.assert_problem(403, "policy.not_allowed");
    let office = token(&world, "objections", 0x33);
    let printed = String::from_utf8(world.get(&letters, Some(&office)).bytes).unwrap();
    assert!(printed.contains(&rated.household.identity.people[0].full_name));
    assert!(
        !printed.contains(
            rated.household.identity.people[0]
                .id_number
                .as_deref()
                .unwrap()
        )
    );
}

/// What a page says without its marks.
fn text_of(html: &str) -> String {
    let body = html.split_once("<main>").unwrap().1;
    let parts = body
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_notice_lists_every_item_that_is_asked_with_purpose_class_and_term() {
    let world = World::new();
    for (language, title) in [("zh-CN", "个人信息处理告知书"), ("mn-Mong", "ᠮᠡᠳᠡᠭᠳᠡᠯ")]
    {
        let path = format!(
            "/v1/notices/household/{}?language={language}",
            world.banner.code
        );
        let page = world.get(&path, None);
        let html = String::from_utf8(page.bytes).unwrap();
        assert!(html.contains(title), "{html}");
        let items = itgel_domain::catalogue::Catalogue::builtin().items();
        let household = itgel_domain::subject::SubjectKind::Household;
        for item in items.filter(|item| item.subjects.contains(&household)) {
            let told = if language == "zh-CN" {
                &item.titles.zh
            } else {
                &item.titles.mn
            };
            assert!(
                html.contains(&itgel_server::html::escape(told)),
                "{}",
                item.path
            );
        }
    }
}

#[test]
fn words_of_what_must_not_be_collected_are_flagged_and_nothing_is_lost() {
    let (world, mut rated) = world();
    let file = field::file(&rated.household);
    let note = Entry::Note(Note {
        text: "户主长期患病，信仰佛教".into(),
    });
    rated.pen.write_entries(&world, &file, vec![note]);
    let answer = rated.pen.deliver(&world);
    let flags = format!("{:?}", answer.except);
    assert!(flags.contains("ForbiddenWords"), "{flags}");
}
