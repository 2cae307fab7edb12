//! The day of an officer, from the invitation to the receipt.

use itgel_fixtures::Household;
use itgel_tests::World;
use serde_json::json;

use crate::browser::Screen;
use crate::officer::Officer;
use crate::on_the_way;
use crate::program::Shown;
use crate::visit::at;

/// A plain household takes at most so many taps and fields; `docs/field.md` tells the real figures.
const TAPS: u32 = 130;
const FIELDS: u32 = 80;

#[test]
fn a_visit_that_looked_done_on_a_phone_never_arrived() {
    on_the_way(async {
        let world = World::with_households(150);
        let officer = Officer::at_work(&world, Screen::Phone).await;
        visit_and_send(&officer, &world.households()[0]).await;
        let (taps, fields) = (officer.taps.get(), officer.fields.get());
        println!("a plain visit by touch: {taps} taps, {fields} fields");
        assert!(
            taps <= TAPS && fields <= FIELDS,
            "{taps} taps, {fields} fields"
        );
    });
}

#[test]
fn a_visit_in_mongolian_by_keys_alone_stopped_at_a_field() {
    on_the_way(async {
        let world = World::with_households(150);
        let officer = Officer::with_a_new_device(&world, Screen::Laptop).await;
        officer.speak("mn-Mong").await;
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.wait_for_sync().await;
        visit_and_send(&officer, &world.households()[0]).await;
    });
}

#[test]
fn a_shell_without_a_port_lost_what_was_written() {
    on_the_way(async {
        let world = World::with_households(150);
        let officer = Officer::shown(&world, Screen::Phone, Shown::ByShell).await;
        let is_bridge = officer
            .browser
            .ask("return !!window.FieldBridge", Vec::new());
        assert_eq!(is_bridge.await, json!(true));
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.wait_for_sync().await;
        visit_and_send(&officer, &world.households()[0]).await;
    });
}

#[test]
fn changing_the_language_lost_what_was_just_written() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let officer = Officer::at_work(&world, Screen::Phone).await;
        officer.open_household(household).await;
        let people = at(household, "people");
        officer.press(".parts a[href$='/people']", &people).await;
        officer.write("#head-name", "示例·巴图").await;
        for lang in ["mn-Mong", "en", "zh-CN"] {
            officer.speak(lang).await;
            assert_eq!(officer.value("#head-name").await, "示例·巴图", "in {lang}");
        }
        officer
            .press(".back", at(household, "").trim_end_matches('/'))
            .await;
        let herd = at(household, "section/herd");
        officer.press(".parts a[href$='/herd']", &herd).await;
        officer.write("[name='v:herd.sheep']", "１２０").await;
        officer.speak("mn-Mong").await;
        assert_eq!(officer.value("[name='v:herd.sheep']").await, "120");
    });
}

/// A whole visit of a household, from the list to the green badge.
async fn visit_and_send(officer: &Officer<'_>, household: &Household) {
    officer.open_household(household).await;
    let (taps, fields) = (officer.taps.replace(0), officer.fields.replace(0));
    let people = at(household, "people");
    officer.press(".parts a[href$='/people']", &people).await;
    officer.identify(household).await;
    officer.ask_consent(household).await;
    officer.fill(household).await;
    let is_range = "return !!document.querySelector('.grade') && document.querySelectorAll('.reasons li').length > 0";
    assert_eq!(officer.browser.ask(is_range, Vec::new()).await, json!(true));
    let code = officer.seal(household).await;
    assert!(code.chars().count() >= 6, "{code}");
    let counted = (officer.taps.get(), officer.fields.get());
    assert_ne!((taps, fields), (0, 0));
    assert_eq!(officer.badges(household).await, ["waiting", "waiting"]);
    officer.synchronise().await;
    assert_eq!(officer.badges(household).await, ["received", "received"]);
    officer.taps.set(counted.0);
    officer.fields.set(counted.1);
}
