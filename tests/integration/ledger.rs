//! What a lender reports comes back as a grade: a loan that goes bad and is repaid moves the
//! official assessment of a household and the non-performing share of its gacha.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

use itgel_domain::assess::Assessment;
use itgel_domain::register::DivisionFacts;
use itgel_fixtures::Household;
use itgel_server::{ServiceError, store};
use itgel_tests::{Lender, Office, World};
use serde_json::{Value, json};

#[test]
fn a_loan_repaid_in_the_next_months_ledger_changes_the_grade_and_the_gachas_npl() {
    let world = World::with_households(150);
    let household = &world.households()[0];
    let (reviewer, approver) = (world.reviewer(), world.approver());

    // A household is visited, heard, published and rated.
    let team = world.home_team();
    team.synchronise();
    team.identify(household);
    team.ask_consent(household);
    team.observe(household, &household.found);
    team.seal(household);
    world.rate(&team, household, (&reviewer, &approver));
    assert_eq!(assessment(&world, household).vetoes, Vec::<String>::new());

    // The ledger of June says that a loan is bad. Another person than the lender lets it count.
    let lender = world.lender();
    let ledger = send(&world, &lender, "2026-06", &bad_loan(household));
    assert_eq!(lender.ledger(&ledger)["state"], "proposed");
    assert_eq!(
        assessment(&world, household).vetoes,
        Vec::<String>::new(),
        "nobody let it count yet"
    );
    put_into_force(&world, &approver, &lender, &ledger);
    assert_eq!(assessment(&world, household).vetoes, ["V3"]);
    let facts = facts_of(&world, &approver);
    assert_eq!(facts.npl_fen, Some(5_000_000));
    // What the other households of the gacha owe, rated or not.
    let of_others = facts.loan_balance_fen.unwrap() - 5_000_000;
    assert!(of_others > 0);

    // It was repaid on 3 July, before the visit; the next ledger has it.
    world.wait_until("2026-08-05".parse().unwrap());
    let ledger = send(&world, &lender, "2026-07", &repaid(household));
    put_into_force(&world, &approver, &lender, &ledger);
    assert_eq!(assessment(&world, household).vetoes, Vec::<String>::new());
    let facts = facts_of(&world, &approver);
    assert_eq!(
        (facts.loan_balance_fen, facts.npl_fen),
        (Some(of_others), Some(0))
    );
}

/// A ledger with one row, complete.
fn send(world: &World, lender: &Lender, month: &str, row: &Value) -> String {
    let banner = world.sample.banner.code;
    let ledger = lender.open_ledger(&banner.to_string(), month).unwrap();
    let entered = lender
        .send_rows(&ledger, std::slice::from_ref(row))
        .unwrap();
    assert_eq!(entered["faults"], json!([]));
    lender.complete_ledger(&ledger).unwrap();
    ledger
}

fn put_into_force(world: &World, approver: &Office, lender: &Lender, ledger: &str) {
    approver.activate_ledger(ledger).unwrap();
    world.until("the ledger at its subjects", || {
        let view = lender.ledger(ledger);
        (view["waiting"] == 0).then_some(())
    });
}

fn loan(household: &Household) -> Value {
    let people = &household.identity.people;
    let head = people.iter().find(|person| person.role == "head").unwrap();
    json!({
        "loan": "示例-0001",
        "borrower": head.id_number,
        "opened_on": "2025-03-01",
        "due_on": "2026-02-28",
        "amount": "50000",
        "purpose": "饲草料",
    })
}

fn bad_loan(household: &Household) -> Value {
    let mut row = loan(household);
    row["balance"] = "50000".into();
    row["days_past_due"] = "122".into();
    row["class"] = "次级".into();
    row
}

fn repaid(household: &Household) -> Value {
    let mut row = loan(household);
    row["balance"] = "0".into();
    row["closed_on"] = "2026-07-03".into();
    row["worst_days_past_due"] = "124".into();
    row["class"] = "正常".into();
    row
}

/// The official assessment as it stands now.
fn assessment(world: &World, household: &Household) -> Assessment {
    let read = |c: &_| -> Result<_, ServiceError> {
        let standing = store::standing::get(c, &household.subject, world.cycle())?.unwrap();
        Ok(store::assessment::get(c, &standing.inputs_hash.unwrap())?.unwrap())
    };
    let stored = world.service.store.read(read).unwrap();
    serde_json::from_str(&stored.result).unwrap()
}

/// What a snapshot of today counts for the gacha.
fn facts_of(world: &World, approver: &Office) -> DivisionFacts {
    let today = world.today();
    approver.request_snapshot(today);
    let gacha = world.gacha().code;
    let title = world.until("the titles of today", || {
        let titles = approver.titles(gacha);
        let of_today = |title: &Value| title["as_of"] == json!(today);
        titles.into_iter().find(of_today)
    });
    serde_json::from_value(title["result"]["facts"].clone()).unwrap()
}
