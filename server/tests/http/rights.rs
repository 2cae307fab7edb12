//! Rights of those who are rated, over HTTP: requests with their clock, the own file, statements,
//! notices, orders to keep data, erasure by two persons, a lost device.

use itgel_domain::file::entry::{Entry, Note};
use itgel_server::contents::{self, Scope};
use itgel_server::{erasure, store};
use serde_json::{Value, json};

use crate::field::{self, Rated};
use crate::world::{LENDER, TODAY, World};

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
fn a_statement_stands_beside_its_record_until_it_is_taken_back() {
    let (world, rated) = world();
    let counter = token(&world, "reviewer", 0x31);
    let mut request = json!({
        "subject": rated.household.subject,
        "about": "public_record/没有",
        "words": "当时受灾，已补种",
    });
    let refused = world.post("/v1/statements", Some(&counter), &request);
    refused.assert_problem(422, "rights.statement");
    request["about"] = json!("herd.sheep");
    let made = world.post("/v1/statements", Some(&counter), &request);
    assert_eq!(made.status, 201, "{}", made.json());
    let id = ask(&world, &counter, &rated, "access");
    let path = format!("/v1/rights-requests/{id}/self-view");
    let view = world.get(&path, Some(&counter)).json();
    assert_eq!(view["statements"][0]["text"], "当时受灾，已补种");
    let path_of_it = format!(
        "/v1/statements/{}/{}",
        rated.household.subject,
        made.json()["id"].as_str().unwrap()
    );
    let bearer = format!("Bearer {counter}");
    let gone = world.send(
        "DELETE",
        &path_of_it,
        &[("authorization", &bearer)],
        Vec::new(),
    );
    assert_eq!(gone.status, 204);
    let view = world.get(&path, Some(&counter)).json();
    assert_eq!(view["statements"], json!([]));
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
fn an_adverse_record_of_ours_leaves_only_after_the_person_was_told() {
    let (world, rated) = world();
    let record = |reference: &str, published: Value| {
        json!({
            "subject": rated.household.subject,
            "source": "示例苏木",
            "content": { "record": {
                "reference": reference,
                "catalogue_item": "其他失信信息",
                "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
                "recorded_by": "示例旗农牧局",
                "decided_on": TODAY,
                "published_from": published,
            } },
        })
    };
    let clerk = token(&world, "administrator", 0x31);
    let entered = world.post(
        "/v1/credit-records",
        Some(&clerk),
        &record("示例记1号", Value::Null),
    );
    assert_eq!(entered.status, 201, "{}", entered.json());
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
    let request = json!({
        "authorisation": authorised.json()["id"],
        "purpose": "loan_decision",
    });
    let report = || world.post("/v1/credit-reports", Some(&lender), &request);
    report().assert_problem(404, "report.not_found");
    let office = token(&world, "objections", 0x32);
    let told = |record: &str| {
        let body = json!({
            "subject": rated.household.subject,
            "record": record,
            "channel": "in_person",
            "told_on": world.service.now().on(),
        });
        world.post("/v1/adverse-notices", Some(&office), &body)
    };
    told("never-entered").assert_problem(404, "record.unknown");
    assert_eq!(
        told(entered.json()["id"].as_str().unwrap()).status,
        204,
        "told"
    );
    assert_eq!(report().status, 201, "{}", report().json());
    let published = record("示例记2号", json!(TODAY));
    let entered = world.post("/v1/credit-records", Some(&clerk), &published);
    assert_eq!(entered.status, 201, "{}", entered.json());
    assert_eq!(report().status, 201, "lawfully public records are exempt");
}

#[test]
fn a_repair_amends_its_record_with_the_answer_and_is_refused_on_a_ground_alone() {
    let (world, rated) = world();
    let clerk = token(&world, "administrator", 0x31);
    let record = json!({
        "subject": rated.household.subject,
        "source": "示例苏木",
        "content": { "record": {
            "reference": "示例记3号",
            "catalogue_item": "其他失信信息",
            "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
            "recorded_by": "示例旗农牧局",
            "decided_on": TODAY,
        } },
    });
    let entered = world.post("/v1/credit-records", Some(&clerk), &record);
    assert_eq!(entered.status, 201, "{}", entered.json());
    let counter = token(&world, "reviewer", 0x32);
    let office = token(&world, "objections", 0x33);
    let mut asked = asking(&rated, "repair", "self");
    let nothing = world.post("/v1/rights-requests", Some(&counter), &asked);
    nothing.assert_problem(404, "record.unknown");
    asked["asking"]["record"] = entered.json()["id"].clone();
    let ask = || {
        let taken = world.post("/v1/rights-requests", Some(&counter), &asked);
        assert_eq!(taken.status, 201, "{}", taken.json());
        let id = taken.json()["id"].as_str().unwrap().to_owned();
        format!("/v1/rights-requests/{id}/answer")
    };
    let answer = |path: &str, body: &Value| world.post(path, Some(&office), body);
    let (first, second) = (ask(), ask());
    answer(&first, &json!({ "words": "已核对" })).assert_problem(409, "rights.outcome");
    answer(&first, &json!({ "ground": "last_wish", "words": "理由" }))
        .assert_problem(422, "rights.refusal");
    let refused = json!({ "ground": "repair_not_due", "words": "义务尚未履行" });
    assert_eq!(answer(&first, &refused).json()["state"], "refused");
    let repaired = json!({
        "words": "义务已履行",
        "amendment": { "step": "repair", "on": TODAY, "evidence": "示例修复1号" },
    });
    let done = answer(&second, &repaired);
    assert_eq!(done.json()["state"], "done", "{}", done.json());
    let row = world
        .service
        .store
        .read(|c| store::register::list_of(c, &rated.household.subject, "public_record"));
    let row = serde_json::to_value(&row.unwrap()[0].content).unwrap();
    assert!(row.to_string().contains("repaired_on"), "{row}");
    answer(&second, &repaired).assert_problem(409, "rights.answered");
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

#[test]
fn a_report_that_is_read_again_has_forgotten_a_record_whose_time_is_over() {
    let (world, rated) = world();
    let subject = rated.household.subject.clone();
    let clerk = token(&world, "administrator", 0x31);
    let record = json!({
        "reference": "示例罚2021-9号",
        "kind": "penalty",
        "catalogue_item": "行政处罚信息",
        "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
        "recorded_by": "示例旗农牧局",
        "decided_on": "2021-05-06",
        "ended_on": "2021-06-21",
    });
    let entering = json!({
        "subject": subject,
        "source": "示例旗信用平台",
        "content": { "record": record },
    });
    let entered = world.post("/v1/credit-records", Some(&clerk), &entering);
    assert_eq!(entered.status, 201, "{}", entered.json());
    let lender = world.lender_token(LENDER);
    let authorised = world.post(
        "/v1/authorisations",
        Some(&lender),
        &json!({
            "subject": subject,
            "purpose": "loan_decision",
            "from": TODAY,
            "until": "2026-12-31",
            "ground": { "consent": rated.consent.to_string() },
        }),
    );
    let request = json!({
        "authorisation": authorised.json()["id"],
        "purpose": "loan_decision",
    });
    let given = world.post("/v1/credit-reports", Some(&lender), &request);
    assert_eq!(given.status, 201, "{}", given.json());
    let id = given.json()["issue"]["report"].as_str().unwrap().to_owned();
    let printed = with_line(&world, &id, &subject, &record);
    assert!(printed.contains("示例罚2021-9号"));
    let path = format!("/v1/credit-reports/{id}");
    let read =
        || String::from_utf8(world.get(&path, Some(&world.lender_token(LENDER))).bytes).unwrap();
    assert_eq!(
        read(),
        printed,
        "before its time is over it is printed as it was given"
    );
    world.pass_ms(DAY_MS);
    // The job of the running server may have been first.
    itgel_server::credit::retention::run(&world.service).unwrap();
    let again = read();
    assert!(!again.contains("示例罚2021-9号"), "{again}");
    let (before, after): (Value, Value) = (
        serde_json::from_str(&printed).unwrap(),
        serde_json::from_str(&again).unwrap(),
    );
    assert_eq!(
        before["rating"], after["rating"],
        "the grade stays as it was given"
    );
}

/// The given report with a line about the record, as if it had been shown then; its JSON.
fn with_line(
    world: &World,
    id: &str,
    subject: &itgel_domain::id::SubjectId,
    record: &Value,
) -> String {
    let (id, subject, record) = (id.to_owned(), subject.clone(), record.clone());
    let written = world.service.transact("test.report", move |service, tx| {
        let key = contents::find_key(service, tx, Scope::Identity, subject.as_str())?.unwrap();
        let stored = store::report::list_of(tx, &subject)?.pop().unwrap();
        let json = contents::open(&key, "report", &id, &stored.sealed)?;
        let mut report: itgel_domain::report::Report = serde_json::from_slice(&json).unwrap();
        report
            .body
            .registers
            .push(itgel_domain::report::RegisterLine {
                recorded_by: "示例旗信用平台".into(),
                recorded_on: TODAY,
                evidence: itgel_domain::item::Evidence::A,
                content: itgel_domain::register::RegisterContent::PublicRecord(
                    serde_json::from_value(record).unwrap(),
                ),
            });
        let json = report.to_json();
        let sealed = contents::seal(&key, "report", &id, json.as_bytes())?;
        store::report::replace(tx, &stored.id, &sealed)?;
        Ok(json)
    });
    written.unwrap()
}
