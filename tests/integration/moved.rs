//! A change in a register after the visit changes the official assessment, and the case names the
//! register row that moved it: which, of whom, by whose word, since when, and what it moved.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds itself is well formed, or the test fails"
)]

use itgel_domain::id::RowId;
use itgel_domain::register::{
    BodyLevel, CreditRecord, CreditStatus, Disaster, DisasterKind, ListEntry, ListEntryFields,
    OfficialList, RegisterContent, RegisterRow, Spell,
};
use itgel_fixtures::Household;
use itgel_server::registers;
use itgel_tests::{Collector, Office, World};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

/// A household whose gacha no sample disaster reaches; the others would hide what is shown here.
struct Scene {
    world: World,
    team: Collector,
    reviewer: Office,
    household: Household,
}

impl Scene {
    fn new() -> Self {
        let world = World::with_households(150);
        let household = world.households()[0].clone();
        let (team, reviewer) = (world.home_team(), world.reviewer());
        team.synchronise();
        team.identify(&household);
        team.synchronise();
        Self {
            world,
            team,
            reviewer,
            household,
        }
    }

    /// Enters a row about the household.
    fn enter(&self, id: u8, key: &str, source: &str, content: RegisterContent) {
        self.put(id, key, source, content, true);
    }

    fn put(&self, id: u8, key: &str, source: &str, content: RegisterContent, of_subject: bool) {
        let row = RegisterRow {
            id: RowId::from_random([id; 16]),
            division: self.world.gacha().code,
            subject: of_subject.then(|| self.household.subject.clone()),
            key: key.into(),
            revision: 0,
            valid_from: self.back(90),
            valid_to: None,
            source: source.into(),
            content,
        };
        let now = self.world.now();
        let put = self
            .world
            .service
            .transact("test.register", move |service, tx| {
                registers::put(service, tx, &row, "operator", now)
            });
        put.unwrap();
    }

    fn back(&self, days: i32) -> Date {
        self.world.today().saturating_sub(days.days())
    }

    /// The visit, with the rows that the device has now.
    fn visit(&self) {
        self.team.synchronise();
        self.team.visit(&self.household, &self.household.found);
        self.team.synchronise();
    }

    fn case(&self) -> Value {
        let gacha = self.world.gacha().code;
        self.reviewer.case_of(&self.household, gacha)
    }

    /// The rows of a register that the case says moved it.
    fn moved(&self, register: &str) -> Vec<Value> {
        let case = self.case();
        let rows = case["moved"]["since_seal"]["rows"].as_array().unwrap();
        rows.iter()
            .filter(|row| row["register"] == register)
            .cloned()
            .collect()
    }

    fn credit(&self, spell: Option<Spell>) -> RegisterContent {
        RegisterContent::Credit(CreditRecord {
            status: CreditStatus::Known,
            first_loan_on: Some(self.back(3_000)),
            spells: spell.into_iter().collect(),
            ..CreditRecord::default()
        })
    }
}

fn parts(row: &Value) -> Vec<&str> {
    row["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_str().unwrap())
        .collect()
}

#[test]
fn a_repaid_loan_is_named_as_what_moved_the_official_assessment() {
    let scene = Scene::new();
    let overdue = Spell {
        began_on: scene.back(60),
        ended_on: None,
        days_past_due: 60,
        disaster_rescheduled: false,
    };
    scene.enter(1, "", "示例联社 9月台账", scene.credit(Some(overdue)));
    scene.visit();
    assert_eq!(
        scene.moved("credit"),
        Vec::<Value>::new(),
        "the device had it"
    );
    let before = scene.case()["assessment"].clone();
    assert!(
        before["caps"]
            .as_array()
            .unwrap()
            .contains(&json!("CAP_CURRENT_OVERDUE"))
    );
    scene.enter(2, "", "示例联社 10月台账", scene.credit(None));
    let moved = scene.moved("credit");
    assert_eq!(moved.len(), 1);
    let row = &moved[0];
    assert_eq!(row["source"], "示例联社 10月台账");
    assert_eq!(
        (&row["change"], &row["subject"]),
        (&json!("replaced"), &json!(scene.household.subject))
    );
    assert_eq!(row["valid_from"], json!(scene.back(90)));
    assert!(
        parts(row).contains(&"score") && parts(row).contains(&"caps"),
        "{row}"
    );
    let after = scene.case()["assessment"].clone();
    assert_eq!(row["without"]["low_score"], before["range"]["low_score"]);
    assert_eq!(row["with"]["low_score"], after["range"]["low_score"]);
    assert_ne!(before["range"]["low_score"], after["range"]["low_score"]);
}

#[test]
fn a_declared_disaster_is_named_as_what_moved_the_official_assessment() {
    let scene = Scene::new();
    let rescheduled = Spell {
        began_on: scene.back(60),
        ended_on: Some(scene.back(20)),
        days_past_due: 40,
        disaster_rescheduled: true,
    };
    scene.enter(1, "", "示例联社 9月台账", scene.credit(Some(rescheduled)));
    scene.visit();
    let before = scene.case()["assessment"].clone();
    let disaster = Disaster {
        id: "示例抗灾〔2026〕3号".into(),
        kind: DisasterKind::Drought,
        issued_by: "示例旗人民政府".into(),
        began_on: scene.back(80),
        ended_on: Some(scene.back(10)),
    };
    let declared = RegisterContent::Disaster(disaster);
    scene.put(2, "drought-3", "示例抗灾〔2026〕3号", declared, false);
    let moved = scene.moved("disaster");
    assert_eq!(moved.len(), 1, "{}", scene.case()["moved"]);
    let row = &moved[0];
    assert_eq!(
        (&row["key"], &row["change"]),
        (&json!("drought-3"), &json!("entered"))
    );
    assert_eq!(row["source"], "示例抗灾〔2026〕3号");
    assert_eq!(
        (&row["subject"], &row["division"]),
        (&Value::Null, &json!(scene.world.gacha().code))
    );
    assert!(parts(row).contains(&"score"), "{row}");
    let score = |of: &Value| {
        of.as_str()
            .unwrap()
            .parse::<itgel_domain::assess::Points>()
            .unwrap()
    };
    let after = scene.case()["assessment"].clone();
    assert!(score(&after["range"]["low_score"]) > score(&before["range"]["low_score"]));
}

#[test]
fn an_entry_that_was_removed_from_its_list_is_named_as_what_moved_the_official_assessment() {
    let scene = Scene::new();
    let entry = |removed_on| {
        let fields = ListEntryFields {
            list: OfficialList::CourtDefaulters,
            list_version: "内蒙古自治区公共信用信息目录（2024版）".into(),
            item: "失信被执行人".into(),
            legal_basis: "最高人民法院关于公布失信被执行人名单信息的若干规定".into(),
            issued_by: "示例旗人民法院".into(),
            level: BodyLevel::Banner,
            reference: "（2026）示例执1号".into(),
            listed_on: scene.back(80),
            removed_on,
            repaired_on: None,
            of_person: true,
            objection_accepted: false,
        };
        RegisterContent::ListEntry(ListEntry::try_from(fields).unwrap())
    };
    let reference = "（2026）示例执1号";
    scene.enter(1, reference, "示例旗人民法院名单 9月", entry(None));
    scene.visit();
    let before = scene.case()["assessment"].clone();
    assert_eq!(before["vetoes"], json!(["V1"]));
    scene.enter(
        2,
        reference,
        "示例旗人民法院名单 10月",
        entry(Some(scene.back(1))),
    );
    let moved = scene.moved("list_entry");
    assert_eq!(moved.len(), 1);
    let row = &moved[0];
    assert_eq!(
        (&row["key"], &row["source"]),
        (&json!(reference), &json!("示例旗人民法院名单 10月"))
    );
    assert!(
        parts(row).contains(&"vetoes") && parts(row).contains(&"grade"),
        "{row}"
    );
    assert_eq!(row["without"]["vetoes"], json!(["V1"]));
    assert_eq!(scene.case()["assessment"]["vetoes"], json!([]));
}

#[test]
fn what_moved_after_the_pre_rating_is_told_apart_and_moves_no_rating() {
    let scene = Scene::new();
    scene.visit();
    scene
        .team
        .collect_ballots(&scene.household, scene.world.evaluators());
    scene.team.synchronise();
    let rated = scene.case();
    assert_eq!(rated["state"], "pre_rated");
    assert_eq!(
        scene.moved("peer").len(),
        1,
        "the neighbours moved it, and nothing else"
    );
    assert_eq!(rated["moved"]["since_case"], Value::Null);
    let tomorrow = scene.world.today().saturating_add(1.day());
    scene.world.wait_until(tomorrow);
    let overdue = Spell {
        began_on: scene.back(60),
        ended_on: None,
        days_past_due: 60,
        disaster_rescheduled: false,
    };
    scene.enter(1, "", "示例联社 10月台账", scene.credit(Some(overdue)));
    let later = scene.case();
    assert_eq!(later["has_moved_on"], true);
    assert_eq!(
        later["grade"], rated["grade"],
        "a case is not moved by itself"
    );
    assert_eq!(later["moved"]["since_seal"], rated["moved"]["since_seal"]);
    let since = later["moved"]["since_case"]["rows"].as_array().unwrap();
    assert_eq!(since.len(), 1);
    assert_eq!(
        (&since[0]["register"], &since[0]["source"]),
        (&json!("credit"), &json!("示例联社 10月台账"))
    );
}
