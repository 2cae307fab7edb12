//! What comes back: a case that a reviewer sends back, and a colleague who counted differently.

use itgel_device::RecordState;
use itgel_domain::item::{Observation, State, Value as Found};
use itgel_fixtures::Household;
use itgel_tests::World;
use serde_json::json;

use crate::browser::Screen;
use crate::officer::Officer;
use crate::on_the_way;
use crate::visit::at;

const SHEEP: &str = "herd.sheep";

#[test]
fn a_record_that_was_sent_back_left_the_officer_searching() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let officer = Officer::at_work(&world, Screen::Phone).await;
        officer.visit(household).await;
        officer.synchronise().await;
        let reviewer = world.reviewer();
        let case = reviewer.case_of(household, world.gacha().code);
        let words = "请重新清点羊只（示例）";
        reviewer.send_back(&case, SHEEP, words).unwrap();
        officer.synchronise().await;

        officer.go("/needs").await;
        assert!(officer.browser.words().await.contains(words));
        let herd = at(household, "section/herd");
        officer.press(".records a.main", &herd).await;
        // One tap leads to the field, ready to be written.
        let ready = "document.activeElement.name === 'v:herd.sheep'";
        officer.browser.until("the field to be ready", ready).await;

        let counted = (sheep_in(&household.found) + 3).to_string();
        officer.write("[name='v:herd.sheep']", &counted).await;
        officer.give_reason(SHEEP, "重新清点（示例）").await;
        officer.seal(household).await;
        officer.synchronise().await;
        officer.go("/needs").await;
        assert!(officer.browser.words().await.contains("没有要您处理的事"));
        let badges = officer.badges(household).await;
        assert!(badges.iter().all(|badge| badge == "received"), "{badges:?}");
        let case = reviewer.case_of(household, world.gacha().code);
        assert_ne!(case["state"], "returned", "the server has the correction");
    });
}

#[test]
fn a_colleague_who_counted_differently_was_overwritten() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let officer = Officer::at_work(&world, Screen::Phone).await;
        officer.visit(household).await;
        officer.synchronise().await;

        let colleague = world.visiting_team();
        colleague.synchronise();
        let counted = with_sheep(&household.found, 3 * sheep_in(&household.found));
        colleague.visit(household, &counted);
        colleague.synchronise();
        officer.synchronise().await;

        // The officer is told of the disagreement, and keeps both receipts.
        let badges = officer.badges(household).await;
        assert_eq!(badges, ["needs", "received", "received"]);
        let records = colleague.records(household);
        let is_received = |state: &RecordState| matches!(state, RecordState::Received { .. });
        assert!(records.iter().all(|r| is_received(&r.state)), "{records:?}");
        let open = world.reviewer().conflicts(world.gacha().code);
        let values = open[0]["values"].as_array().unwrap();
        assert_eq!((open.len(), values.len()), (1, 2), "{open:?}");
        assert_eq!(open[0]["item"], json!(SHEEP));

        // The officer still sees what was counted at this visit, and not the colleague's number.
        let herd = at(household, "section/herd");
        officer.browser.goto_in_page(&herd).await;
        let own = sheep_in(&household.found).to_string();
        assert!(officer.browser.words().await.contains(&own));
    });
}

fn sheep_in(found: &[Observation]) -> i64 {
    let sheep = found.iter().find(|o| o.item.as_str() == SHEEP).unwrap();
    sheep.state.value().unwrap().as_int().unwrap()
}

fn with_sheep(found: &[Observation], sheep: i64) -> Vec<Observation> {
    let mut found = found.to_vec();
    for observation in &mut found {
        if observation.item.as_str() == SHEEP {
            observation.state = State::Known(Found::Int(sheep));
        }
    }
    found
}

impl Officer<'_> {
    /// A whole visit, from the list to the slip.
    pub(crate) async fn visit(&self, household: &Household) {
        self.begin_visit(household).await;
        self.fill(household).await;
        self.seal(household).await;
    }

    /// Says why a sealed value is corrected.
    async fn give_reason(&self, item: &str, words: &str) {
        self.tap(&format!("[data-item='{item}'] summary")).await;
        self.write(&format!("[name='r:{item}']"), words).await;
        self.browser
            .ask("document.activeElement.blur()", Vec::new())
            .await;
        self.wait_until_kept().await;
    }
}
