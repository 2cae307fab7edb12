//! One run with everybody's mistakes in it, then a look for names, numbers, phones and notes in
//! whatever comes out beside the answers that are made of them (T32).

use itgel_domain::file::entry::{Entry, Note};
use itgel_server::store;
use serde_json::json;

use crate::field::{self, Rated};
use crate::listen::{listen, said};
use crate::world::{Answer, LENDER, TODAY, World};

const NOTE: &str = "金丝雀备注七七";
const WORDS: &str = "金丝雀陈述八八";

/// What must not be found anywhere.
fn canaries(rated: &Rated) -> Vec<String> {
    let people = rated.household.identity.people.iter();
    let of = people.flat_map(|person| {
        let fields = [
            person.id_number.clone(),
            person.phone.clone(),
            person.name_mn.clone(),
        ];
        fields
            .into_iter()
            .flatten()
            .chain([person.full_name.clone()])
    });
    of.chain([NOTE.to_owned(), WORDS.to_owned()]).collect()
}

/// Requests that are wrong in every way, with personal data where they do not belong.
fn mistakes(world: &World, rated: &Rated) -> Vec<Answer> {
    let head = rated.household.identity.head().unwrap();
    let (name, number) = (&head.full_name, head.id_number.as_deref().unwrap());
    let phone = head.phone.as_deref().unwrap();
    let lender = world.lender_token(LENDER);
    let office = world.sign_in(&world.seat("objections", 0x31));
    let clerk = world.sign_in(&world.seat("administrator", 0x32));
    let bearer = format!("Bearer {lender}");
    let raw = |path: &str, body: &str| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        world.send("POST", path, &headers, body.as_bytes().to_vec())
    };
    let evidence = json!({ "subject": rated.household.subject, "purpose": "loan_decision",
        "from": TODAY, "until": "2026-12-31",
        "ground": { "lender_evidence": itgel_domain::hash::Hash::of_file(b"a scan") } });
    let made = world
        .post("/v1/authorisations", Some(&lender), &evidence)
        .json();
    let report = |name: &str, number: &str| {
        let question = json!({ "authorisation": made["id"], "purpose": "loan_decision",
            "name": name, "id_number": number });
        world.post("/v1/credit-reports", Some(&lender), &question)
    };
    let table =
        format!("嘎查代码,户编号,户主姓名,身份证号,联系电话\n{name},{number},{NOTE},{phone},x\n");
    let clerks = format!("Bearer {clerk}");
    let import = |query: &str| {
        let path = format!("/v1/imports/households?source=example{query}");
        let headers = [
            ("authorization", clerks.as_str()),
            ("content-type", "text/csv"),
        ];
        world.send("POST", &path, &headers, table.clone().into_bytes())
    };
    vec![
        report(name, "150623198001010000"),
        report("别人", number),
        raw(
            "/v1/credit-reports",
            &format!("{{\"authorisation\": \"{name}\""),
        ),
        raw(
            "/v1/credit-reports",
            &format!("{{\"{number}\": \"{name}\"}}"),
        ),
        raw("/v1/authorisations", &format!("[\"{name}\", \"{phone}\"]")),
        world.get(&format!("/v1/authorisations/{number}"), Some(&lender)),
        world.get(
            &format!("/v1/authorisations?cursor={number}"),
            Some(&lender),
        ),
        world.get(&format!("/v1/credit-reports/{phone}"), Some(&lender)),
        world.get(&format!("/v1/nothing-here/{number}?phone={phone}"), None),
        world.post(
            "/v1/devices/enrol",
            None,
            &json!({ "code": number, "public_key": NOTE }),
        ),
        world.post(
            "/v1/rights-requests",
            Some(&office),
            &json!({
            "subject": rated.household.subject,
            "asking": { "kind": "access", "person": "", "relation": "agent",
                "checked": "id_card", "words": WORDS } }),
        ),
        world.post(
            "/v1/statements",
            Some(&office),
            &json!({
            "subject": rated.household.subject, "about": format!("public_record/{name}"),
            "words": WORDS }),
        ),
        import("&check=true"),
        import(""),
    ]
}

#[test]
fn sec_t32_no_name_number_phone_or_note_stands_in_a_log_an_error_or_an_address() {
    listen();
    let mut world = World::prepared();
    let mut rated = field::rated(&world);
    let note = Entry::Note(Note { text: NOTE.into() });
    let file = field::file(&rated.household);
    rated.pen.write_entries(&world, &file, vec![note]);
    rated.pen.deliver(&world);
    world.start();
    let canaries = canaries(&rated);
    assert!(canaries.len() >= 6, "{canaries:?}");
    let answers = mistakes(&world, &rated);
    assert!(answers.iter().filter(|answer| answer.status >= 400).count() >= 11);
    // A fault of the data itself: the cause is logged, what it was about is not.
    world
        .service
        .transact("test.break", |_, tx| {
            Ok(tx.execute("update identity set sealed = x'00'", [])?)
        })
        .unwrap();
    let office = world.sign_in(&world.seat("objections", 0x33));
    let letters = format!(
        "/v1/devices/{}/letters?language=zh-CN",
        rated.pen.seat.device
    );
    let broken = world.get(&letters, Some(&office));
    assert_eq!(broken.status, 500);
    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 10_000))
        .unwrap();
    let audit = format!("{audit:?}");
    assert!(
        audit.contains("report.missed") || audit.contains("report"),
        "the run is on record"
    );
    let log = said();
    assert!(log.contains("ERROR"), "the log was heard");
    let outputs = answers.iter().chain([&broken]).map(|answer| {
        let headers: Vec<&str> = ["location", "link", "etag"]
            .map(|h| answer.header(h))
            .to_vec();
        format!(
            "{} {}",
            headers.join(" "),
            String::from_utf8_lossy(&answer.bytes)
        )
    });
    let outputs: Vec<String> = outputs.chain([audit, log]).collect();
    let mut hits = Vec::new();
    for canary in &canaries {
        let found = outputs
            .iter()
            .enumerate()
            .filter(|(_, text)| text.contains(canary.as_str()));
        hits.extend(found.map(|(place, _)| (place, canary.clone())));
    }
    assert_eq!(hits, Vec::new());
}

#[test]
fn sec_t32_no_address_of_the_interface_has_a_place_for_a_name_or_a_number() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/routes/router.rs");
    let text = std::fs::read_to_string(source).unwrap();
    let lines = text.lines().filter(|line| line.contains(".route("));
    let places = lines.flat_map(|line| line.split('{').skip(1));
    let named: std::collections::BTreeSet<&str> = places
        .filter_map(|place| Some(place.split_once('}')?.0))
        .collect();
    let known = [
        "banner", "division", "hash", "id", "kind", "quarter", "receipt", "subject", "year",
    ];
    let unknown: Vec<&&str> = named.iter().filter(|name| !known.contains(name)).collect();
    assert!(named.len() >= 8 && unknown.is_empty(), "{unknown:?}");
}
