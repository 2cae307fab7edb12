//! Who may take part in a project, who goes first, and what is told about it.

use itgel_domain::id::RowId;
use itgel_domain::register::{
    BodyLevel, ListEntry, ListEntryFields, OfficialList, RegisterContent, RegisterRow,
};
use itgel_fixtures::Household;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::field;
use crate::world::World;

/// Puts a household on an official list.
fn list(world: &World, household: &Household) {
    let fields = ListEntryFields {
        list: OfficialList::SeriouslyDishonest,
        list_version: "内蒙古自治区公共信用信息目录（2024版）".into(),
        item: "严重失信主体名单".into(),
        legal_basis: "示例法律依据".into(),
        issued_by: "示例旗市场监督管理局".into(),
        level: BodyLevel::Banner,
        reference: "示例名单1号".into(),
        listed_on: date(2026, 1, 10),
        removed_on: None,
        repaired_on: None,
        of_person: true,
        objection_accepted: false,
    };
    let row = RegisterRow {
        id: RowId::from_random([7; 16]),
        division: world.gacha(),
        subject: Some(household.subject.clone()),
        key: "示例名单1号".into(),
        revision: 1,
        valid_from: date(2026, 1, 10),
        valid_to: None,
        source: "示例信用平台".into(),
        content: RegisterContent::ListEntry(ListEntry::try_from(fields).unwrap()),
    };
    let now = world.service.now();
    let put = world.service.transact("test.list", move |service, tx| {
        itgel_server::registers::put(service, tx, &row, "operator", now)
    });
    put.unwrap();
}

#[test]
fn a_project_learns_who_is_excluded_by_law_and_who_goes_first_and_nothing_else() {
    let mut world = World::prepared();
    let rated = field::rated(&world);
    let listed = field::add_household(&world, 1);
    list(&world, &listed);
    world.start();
    let head = rated.household.identity.head().unwrap();
    let applicants = json!([
        { "subject": rated.household.subject },
        { "subject": listed.subject },
        { "number": head.id_number },
        { "subject": "nobody" },
        { "number": "91350100M000100Y43" },
    ]);
    let question =
        json!({ "division": world.township(), "purpose": "示例项目-1", "applicants": applicants });
    let token = world.sign_in(&world.seat("reviewer", 0x61));
    let answer = world.post("/v1/screenings", Some(&token), &question);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let items = answer.json()["items"].clone();
    let outcome = |n: usize| items[n]["outcome"].clone();
    assert_eq!([outcome(0), outcome(2)], ["preferred", "preferred"]);
    assert_eq!(
        [outcome(1), outcome(3), outcome(4)],
        ["excluded", "unknown", "unknown"]
    );
    let reasons = items[1]["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0]["legal_basis"], "示例法律依据");
    let text = items.to_string();
    assert!(
        !text.contains(&head.full_name) && !text.contains("grade"),
        "{text}"
    );
    let row = &world.audited("applicants.screened")[0];
    assert_eq!(row.detail["purpose"], "示例项目-1");
    assert_eq!(row.detail["subjects"].as_array().unwrap().len(), 3);
    assert!(
        !row.detail
            .to_string()
            .contains(head.id_number.as_deref().unwrap())
    );
}

#[test]
fn an_accepted_restraint_excludes_until_its_ground_is_repaired_and_an_incentive_prefers() {
    let mut world = World::prepared();
    let households = [0, 1].map(|n| field::add_household(&world, n));
    world.start();
    let administrator = world.sign_in(&world.seat("administrator", 0x21));
    let approver = world.sign_in(&world.seat("approver", 0x25));
    let other = world.sign_in(&world.seat("other-approver", 0x26));
    let measure = |household: &Household, content: Value, proposal: Value| {
        let body =
            json!({ "subject": household.subject, "source": "示例信用平台", "content": content });
        let entered = world.post("/v1/credit-records", Some(&administrator), &body);
        assert_eq!(entered.status, 201, "{}", entered.json());
        let ground = entered.json()["id"].as_str().unwrap().to_owned();
        let body = json!({ "record": ground, "proposal": proposal });
        let made = world.post("/v1/measures", Some(&approver), &body);
        assert_eq!(made.status, 201, "{}", made.json());
        let path = format!("/v1/measures/{}/steps", made.json()["id"].as_str().unwrap());
        (ground, path)
    };
    let respond = |path: &str| {
        let respond = json!({ "version": 1, "body": "示例旗财政局",
            "step": { "respond": { "accepted": true, "reason": "项目申报时核查" } } });
        let accepted = world.post(path, Some(&other), &respond);
        assert_eq!(accepted.json()["state"], "accepted", "{}", accepted.json());
    };
    let question = json!({ "division": world.township(), "purpose": "示例项目-2",
        "applicants": [{ "subject": households[0].subject }, { "subject": households[1].subject }] });
    let reviewer = world.sign_in(&world.seat("reviewer", 0x61));
    let outcomes = || {
        let items = world
            .post("/v1/screenings", Some(&reviewer), &question)
            .json();
        [0, 1].map(|n| items["items"][n]["outcome"].as_str().unwrap().to_owned())
    };
    let penalty = json!({ "record": {
        "reference": "示例罚9号", "kind": "penalty", "catalogue_item": "行政处罚信息",
        "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
        "recorded_by": "示例旗农牧局", "decided_on": "2026-05-06", "published_from": "2026-05-06",
    } });
    let restraint = json!({
        "kind": "restraint", "list_version": "全国失信惩戒措施基础清单（2024版）",
        "item": "限制申请财政性资金项目", "strength": "usual", "body": "示例旗发展和改革委员会",
    });
    let (ground, steps) = measure(&households[0], penalty, restraint);
    let before = outcomes();
    assert_ne!(before[0], "excluded", "nobody is excluded by a proposal");
    respond(&steps);
    assert_eq!(outcomes(), ["excluded".to_owned(), before[1].clone()]);

    let award = json!({ "record": {
        "reference": "示例奖1号", "class": "positive", "kind": "award",
        "catalogue_item": "行政奖励信息",
        "catalogue_version": "内蒙古自治区公共信用信息目录（2024版）",
        "recorded_by": "示例旗人民政府", "decided_on": "2026-05-06", "published_from": "2026-05-06",
    } });
    let incentive = json!({
        "kind": "incentive", "list_version": "内蒙古自治区守信激励措施清单（2.0版）",
        "item": "优先安排财政性资金项目", "strength": "usual", "body": "示例旗发展和改革委员会",
    });
    let (_, steps) = measure(&households[1], award, incentive);
    respond(&steps);
    assert_eq!(outcomes(), ["excluded", "preferred"]);

    let officer = world.sign_in(&world.seat("objections", 0x23));
    let repair =
        json!({ "step": "repair", "on": crate::world::TODAY, "evidence": "示例修复〔2026〕1号" });
    let path = format!("/v1/credit-records/{ground}/steps");
    assert_eq!(world.post(&path, Some(&officer), &repair).status, 200);
    assert_eq!(outcomes(), [before[0].clone(), "preferred".to_owned()]);
}

#[test]
fn applicants_are_screened_by_the_office_alone_and_where_it_works() {
    let world = World::new();
    let ask = |token: &str, division: Value| {
        let question = json!({ "division": division, "purpose": "示例项目-1",
            "applicants": [{ "subject": "nobody" }] });
        world.post("/v1/screenings", Some(token), &question)
    };
    let collector = world.sign_in(&world.seat("collector", 0x61));
    ask(&collector, json!(world.gacha())).assert_problem(403, "policy.not_allowed");
    let reviewer = world.sign_in(&world.seat("reviewer", 0x62));
    ask(&reviewer, json!(world.other_gacha())).assert_problem(403, "scope.outside");
    let nothing = json!({ "division": world.gacha(), "purpose": " ", "applicants": [] });
    let problem = world
        .post("/v1/screenings", Some(&reviewer), &nothing)
        .assert_problem(422, "value.missing");
    assert_eq!(
        problem["violations"].as_array().unwrap().len(),
        2,
        "all at once"
    );
}
