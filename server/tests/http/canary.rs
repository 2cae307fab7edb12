//! One run with everybody's mistakes in it, then a look for names, numbers, phones and notes in
//! whatever comes out beside the answers that are made of them (T32).

use itgel_domain::file::entry::{Entry, Note};
use itgel_domain::identity::Person;
use itgel_fixtures::canary;
use itgel_server::store;
use serde_json::json;

use crate::field::{self, Rated};
use crate::listen::listen;
use crate::world::{Answer, LENDER, TODAY, World};

const NOTE: &str = "金丝雀备注七七";
const WORDS: &str = "金丝雀陈述八八";

/// Households in whose files the canaries stand, ten heads one after the other in each.
const HOUSEHOLDS: u32 = 20;

/// What goes wrong with a person, as each of these does it.
const MISTAKES: &[fn(&Desks<'_>, &Person) -> Answer] = &[
    |at, person| at.ask(&person.full_name, "150623198001010000"),
    |at, person| at.ask("别人", number(person)),
    |at, person| {
        let broken = format!("{{\"authorisation\": \"{}\"", person.full_name);
        at.lender_says("/v1/credit-reports", &broken)
    },
    |at, person| {
        let foreign = format!("{{\"{}\": \"{}\"}}", number(person), person.full_name);
        at.lender_says("/v1/credit-reports", &foreign)
    },
    |at, person| {
        let list = json!([person.full_name, person.phone]).to_string();
        at.lender_says("/v1/authorisations", &list)
    },
    |at, person| at.lender_looks(&format!("/v1/authorisations/{}", number(person))),
    |at, person| at.lender_looks(&format!("/v1/authorisations?cursor={}", number(person))),
    |at, person| {
        let phone = person.phone.as_deref().unwrap();
        at.lender_looks(&format!("/v1/credit-reports/{phone}"))
    },
    |at, person| {
        let phone = person.phone.as_deref().unwrap();
        let nowhere = format!("/v1/nothing-here/{}?phone={phone}", number(person));
        at.world.get(&nowhere, None)
    },
    |at, person| {
        let name = canary::in_address(&person.full_name);
        at.world
            .get(&format!("/v1/subjects/{name}?name={name}"), None)
    },
    |at, person| {
        let enrolment = json!({ "code": number(person), "public_key": person.full_name });
        at.world.post("/v1/devices/enrol", None, &enrolment)
    },
    |at, person| {
        let asking = json!({ "kind": "access", "person": "", "relation": "agent",
            "checked": "id_card", "words": format!("{WORDS}{}", person.full_name) });
        let request = json!({ "subject": at.rated.household.subject, "asking": asking });
        at.world
            .post("/v1/rights-requests", Some(&at.office), &request)
    },
    |at, person| {
        let about = format!("public_record/{}", person.full_name);
        let statement =
            json!({ "subject": at.rated.household.subject, "about": about, "words": WORDS });
        at.world
            .post("/v1/statements", Some(&at.office), &statement)
    },
];

/// Everybody with a token who makes mistakes.
struct Desks<'a> {
    world: &'a World,
    rated: &'a Rated,
    authorisation: String,
    lender: String,
    office: String,
    clerk: String,
}

impl<'a> Desks<'a> {
    fn open(world: &'a World, rated: &'a Rated) -> Self {
        let lender = world.lender_token(LENDER);
        let evidence = json!({ "subject": rated.household.subject, "purpose": "loan_decision",
            "from": TODAY, "until": "2026-12-31",
            "ground": { "lender_evidence": itgel_domain::hash::Hash::of_file(b"a scan") } });
        let made = world
            .post("/v1/authorisations", Some(&lender), &evidence)
            .json();
        Self {
            authorisation: made["id"].as_str().unwrap().to_owned(),
            office: world.sign_in(&world.seat("objections", 0x31)),
            clerk: world.sign_in(&world.seat("administrator", 0x32)),
            world,
            rated,
            lender,
        }
    }

    /// A lender's question for a report.
    fn ask(&self, name: &str, number: &str) -> Answer {
        let question = json!({ "authorisation": self.authorisation, "purpose": "loan_decision",
            "name": name, "id_number": number });
        let lender = Some(self.lender.as_str());
        self.world.post("/v1/credit-reports", lender, &question)
    }

    fn lender_says(&self, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.lender);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = body.as_bytes().to_vec();
        self.world.send("POST", path, &headers, body)
    }

    fn lender_looks(&self, path: &str) -> Answer {
        self.world.get(path, Some(&self.lender))
    }

    /// A table of everybody with the columns mixed up, tried and brought in.
    fn import(&self, people: &[Person]) -> [Answer; 2] {
        let rows = people.iter().map(|person| {
            let (name, phone) = (&person.full_name, person.phone.as_deref().unwrap());
            format!("{name},{},{NOTE},{phone},x\n", number(person))
        });
        let table = format!(
            "嘎查代码,户编号,户主姓名,身份证号,联系电话\n{}",
            rows.collect::<String>()
        );
        let bearer = format!("Bearer {}", self.clerk);
        ["&check=true", ""].map(|query| {
            let path = format!("/v1/imports/households?source=example{query}");
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "text/csv"),
            ];
            let table = table.clone().into_bytes();
            self.world.send("POST", &path, &headers, table)
        })
    }
}

fn number(person: &Person) -> &str {
    person.id_number.as_deref().unwrap()
}

/// What must not be found beside the canaries themselves.
fn others(rated: &Rated) -> Vec<String> {
    let people = rated.household.identity.people.iter();
    let of = people.flat_map(|person| {
        let fields = [person.id_number.clone(), person.phone.clone()];
        fields
            .into_iter()
            .flatten()
            .chain([person.full_name.clone()])
    });
    of.chain([NOTE.to_owned(), WORDS.to_owned()]).collect()
}

/// A server whose files hold the canaries, each with a note.
fn peopled() -> (World, Rated) {
    let world = World::with_metrics();
    let mut rated = field::rated(&world);
    let mut heads = canary::people().into_iter();
    for number in 1..=HOUSEHOLDS {
        let mut household = field::add_household(&world, number);
        for head in heads.by_ref().take((canary::PEOPLE / HOUSEHOLDS) as usize) {
            household.identity.people = vec![head];
            field::identify(&world, &mut rated.pen, &household);
            household.identity.version += 1;
        }
        let note = Entry::Note(Note { text: NOTE.into() });
        let file = field::file(&household);
        rated.pen.write_entries(&world, &file, vec![note]);
    }
    assert_eq!(heads.next(), None);
    rated.pen.deliver(&world);
    (world, rated)
}

#[test]
fn sec_t32_no_name_number_phone_or_note_stands_in_a_log_an_error_an_address_or_a_figure() {
    let listening = listen();
    let (mut world, rated) = peopled();
    world.start();
    let desks = Desks::open(&world, &rated);
    let people = canary::people();
    // Each person in two ways, each way for many people.
    let mistakes = people.iter().enumerate().flat_map(|(n, person)| {
        let ways = [n, n / MISTAKES.len() + n + 1].map(|way| MISTAKES[way % MISTAKES.len()]);
        ways.map(|way| way(&desks, person))
    });
    let mut answers: Vec<Answer> = mistakes.collect();
    answers.extend(desks.import(&people));
    let refused = answers.iter().filter(|answer| answer.status >= 400);
    assert!(refused.count() > people.len(), "most are refused");
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
    answers.push(broken);

    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 10_000))
        .unwrap();
    let audit = format!("{audit:?}");
    assert!(audit.contains("report.missed"), "the run is on record");
    let figures = String::from_utf8(world.metrics().bytes).unwrap();
    assert!(
        figures.contains("itgel_requests_refused{code="),
        "{figures}"
    );
    let log = listening.said();
    assert!(log.contains("ERROR"), "the log was heard");
    let outputs = answers.iter().map(|answer| {
        let headers: Vec<&str> = ["location", "link", "etag"]
            .map(|h| answer.header(h))
            .to_vec();
        format!(
            "{} {}",
            headers.join(" "),
            String::from_utf8_lossy(&answer.bytes)
        )
    });
    let others = others(&rated);
    for output in outputs.chain([audit, figures, log]) {
        assert_eq!(canary::found_in(&output), Vec::<String>::new());
        let other = others.iter().find(|text| output.contains(text.as_str()));
        assert_eq!(other, None);
    }
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
