//! Every way to ask for a report without a right to it (T17).

use itgel_domain::hash::Hash;
use jiff::ToSpan as _;
use serde_json::{Value, json};

use crate::field::{self, Rated};
use crate::world::{LENDER, OTHER_LENDER, TODAY, World};

const PURPOSES: [&str; 3] = ["loan_decision", "loan_review", "guarantee_review"];

/// What an authorisation was asked for with, and its number if one was made.
struct Tried {
    lender: &'static str,
    is_covered: bool,
    id: String,
}

/// Every combination of lender, ground, purpose and days that somebody could register. The
/// consent on file names one lender for a loan decision, for a year from today.
fn register(world: &World, tokens: &[(&'static str, String)], rated: &Rated) -> Vec<Tried> {
    let today = world.service.now().on();
    let day = |days: i64| today.saturating_add(days.days());
    let spans = [
        (day(0), day(0)),
        (day(0), day(30)),
        (day(-60), day(-30)),
        (day(-60), day(30)),
        (day(1), day(30)),
        (day(0), day(800)),
    ];
    let grounds = [rated.consent.to_string(), "d-9~0~9~0".to_owned()];
    let mut tried = Vec::new();
    for (lender, token) in tokens {
        for (g, ground) in grounds.iter().enumerate() {
            for purpose in PURPOSES {
                for (s, (from, until)) in spans.iter().enumerate() {
                    let request = json!({
                        "subject": rated.household.subject, "purpose": purpose,
                        "from": from, "until": until, "ground": { "consent": ground },
                    });
                    let made = world.post("/v1/authorisations", Some(token), &request);
                    let id = made.json()["id"]
                        .as_str()
                        .unwrap_or("never-made")
                        .to_owned();
                    let is_named = *lender == LENDER && g == 0 && purpose == "loan_decision";
                    tried.push(Tried {
                        lender,
                        is_covered: is_named && s < 2,
                        id,
                    });
                }
            }
        }
    }
    tried
}

/// Asks with every token for every number and purpose; how many reports came, and how many of
/// them without a right.
fn ask_all(
    world: &World,
    tokens: &[(&'static str, String)],
    tried: &[Tried],
    stands: impl Fn(&Tried) -> bool,
) -> (usize, usize) {
    let (mut given, mut leaked) = (0, 0);
    for (lender, token) in tokens {
        for one in tried {
            for purpose in PURPOSES {
                let question = json!({ "authorisation": one.id, "purpose": purpose });
                let answer = world.post("/v1/credit-reports", Some(token), &question);
                let may = one.is_covered && stands(one) && one.lender == *lender;
                let may = may && purpose == "loan_decision";
                given += usize::from(answer.status == 201);
                leaked += usize::from(answer.status == 201 && !may);
                if answer.status != 201 {
                    assert!(!may, "a right that was given is kept: {}", answer.json());
                    let told: Value = answer.json();
                    assert!(told.get("rating").is_none());
                }
            }
        }
    }
    (given, leaked)
}

#[test]
fn sec_t17_no_report_leaves_without_consent_for_this_lender_purpose_and_day() {
    let mut world = World::with_quota(100_000);
    let mut rated = field::rated(&world);
    world.start();
    let tokens = [LENDER, OTHER_LENDER].map(|lender| (lender, world.lender_token(lender)));
    let tried = register(&world, &tokens, &rated);
    assert_eq!(tried.len(), 72);
    assert_eq!(ask_all(&world, &tokens, &tried, |_| true), (2, 0));
    // One of the two is revoked by its lender.
    let revoked = &tried.iter().find(|one| one.is_covered).unwrap().id;
    let path = format!("/v1/authorisations/{revoked}");
    let bearer = format!("Bearer {}", tokens[0].1);
    let answer = world.send("DELETE", &path, &[("authorization", &bearer)], Vec::new());
    assert!(answer.status < 300, "{}", answer.status);
    let stands = |one: &Tried| one.id != *revoked;
    assert_eq!(ask_all(&world, &tokens, &tried, stands), (1, 0));
    // And the consent behind all of them is withdrawn.
    field::withdraw_consent(&world, &mut rated);
    assert_eq!(ask_all(&world, &tokens, &tried, |_| false), (0, 0));
    // Evidence of a scan that is nobody's does not help whoever cannot name the person.
    let evidence = json!({
        "subject": rated.household.subject, "purpose": "loan_decision", "from": TODAY,
        "until": TODAY, "ground": { "lender_evidence": Hash::of_file(b"no scan") },
    });
    let made = world.post("/v1/authorisations", Some(&tokens[1].1), &evidence);
    let question = json!({ "authorisation": made.json()["id"], "purpose": "loan_decision" });
    let answer = world.post("/v1/credit-reports", Some(&tokens[1].1), &question);
    assert_ne!(answer.status, 201);
}
