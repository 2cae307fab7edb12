//! A lender that nobody put into the database by hand: its contract comes in as a table, its key by
//! two people, and from there on it is offered at the door, named, and gives reports until it ends.

#![expect(
    clippy::unwrap_used,
    reason = "what a test builds itself is well formed, or the test fails"
)]

use itgel_domain::authorisation::Purpose;
use itgel_domain::id::LenderId;
use itgel_domain::sync::pull::LenderItem;
use itgel_tests::{Collector, Office, World};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::json;

use crate::offers::{naming, rights};

const HEADS: &str = "机构编号,机构名称,区划代码,查询用途,起始日期,截止日期,每日查询上限";

/// The two people of the banner who bring contracts into force.
struct Banner {
    administrator: Office,
    approver: Office,
}

impl Banner {
    fn of(world: &World) -> Self {
        Self {
            administrator: world.administrator(),
            approver: world.approver(),
        }
    }

    fn put(&self, world: &World, kind: &str, lines: &[&str]) {
        let batch = self.administrator.enter_table(kind, lines);
        self.approver.activate_table(&batch).unwrap();
        world.until("the table in force", || {
            self.approver.is_in_force(&batch).then_some(())
        });
    }

    fn put_contract(&self, world: &World, purposes: &str, (from, to): (Date, Option<Date>)) {
        let place = world.sample.banner.code;
        let to = to.map(|day| day.to_string()).unwrap_or_default();
        let row = format!("rcc-new,示例新签农信社,{place},{purposes},{from},{to},50");
        self.put(world, "lenders", &[HEADS, &row]);
    }
}

/// What the device of a team offers of the new lender on a day.
fn offered(world: &World, team: &Collector, day: Date) -> Option<LenderItem> {
    let all = team.device.lenders(world.gacha().code, day).unwrap();
    all.into_iter().find(|one| one.lender.as_str() == "rcc-new")
}

#[test]
fn a_lender_entered_by_a_table_is_offered_named_and_answered_until_its_contract_ends() {
    let world = World::with_households(150);
    let household = &world.households()[0];
    let (banner, team) = (Banner::of(&world), world.home_team());
    let lender: LenderId = "rcc-new".parse().unwrap();
    let signed_on = world.today();
    team.synchronise();
    assert_eq!(offered(&world, &team, signed_on), None);
    banner.put_contract(&world, "贷款审批", (signed_on, None));
    team.synchronise();
    let found = offered(&world, &team, signed_on).unwrap();
    assert_eq!(found.name_zh, "示例新签农信社");
    assert_eq!(found.purposes, [Purpose::LoanDecision]);

    // At the door.
    team.identify(household);
    team.ask_consent_naming(household, naming(&lender));
    team.observe(household, &household.found);
    team.seal(household);
    team.synchronise();
    world.rate(&team, household, (&world.reviewer(), &banner.approver));

    // The lender's machine, once two people let its key serve.
    let (private, public) = itgel::client::key_pair(&[78; 32]);
    let machine = world.lender_with_key(&lender, &private);
    assert_eq!(machine.authorisations().unwrap_err().status, 401);
    let print = banner.administrator.hand_in_key(&lender, &public).unwrap();
    let own = banner.administrator.confirm_key(&lender, &print);
    assert_eq!(own.unwrap_err().code, "policy.second_person");
    assert_eq!(machine.authorisations().unwrap_err().status, 401);
    banner.approver.confirm_key(&lender, &print).unwrap();
    let own = rights(&machine, &household.subject);
    assert_eq!(own.len(), 1, "{own:?}");
    let right = own[0]["id"].as_str().unwrap();
    let report = machine.report(right, None).unwrap();
    assert_eq!(report["status"], json!("effective"));

    // The end, at once.
    let yesterday = world.today().yesterday().unwrap();
    banner.put_contract(&world, "贷款审批", (signed_on, Some(yesterday)));
    let refused = machine.report(right, None).unwrap_err();
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (401, "token.invalid")
    );
    assert!(
        offered(&world, &team, world.today()).is_some(),
        "not told yet"
    );
    team.synchronise();
    assert_eq!(offered(&world, &team, world.today()), None);
}

#[test]
fn a_contract_that_follows_is_offered_from_its_day_and_without_a_gap_if_nothing_else_changes() {
    let world = World::with_households(150);
    let (banner, team) = (Banner::of(&world), world.home_team());
    let first = world.today();
    let [second, third] = [5, 10].map(|days: i64| first.saturating_add(days.days()));
    let both = "贷款审批、贷后管理";
    banner.put_contract(&world, "贷款审批", (first, None));
    banner.put_contract(&world, both, (second, None));
    banner.put_contract(&world, both, (third, None));
    team.synchronise();
    // Other terms are not promised before they hold.
    let now = offered(&world, &team, first).unwrap();
    assert_eq!(now.purposes, [Purpose::LoanDecision]);
    assert_eq!(offered(&world, &team, second), None);
    world.wait_until(second);
    let later = world.until("the new terms on the device", || {
        team.synchronise();
        offered(&world, &team, second)
    });
    assert_eq!(later.purposes, [Purpose::LoanDecision, Purpose::LoanReview]);
    // The third goes on under the same terms: a device that is out of reach then misses nothing.
    assert!(offered(&world, &team, third).is_some());
}
