//! Links that break, days without one, programs that are killed, and officers who go on at once.

use itgel_tests::World;

use crate::browser::Screen;
use crate::officer::Officer;
use crate::on_the_way;
use crate::proxy::BreakingLink;
use crate::visit::at;

/// As much as a link of a bad day carries before it breaks.
const CUT_BYTES: usize = 50_000;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

/// A phone that takes a second to read a photo.
const SLOW_TO_READ: &str = "
    const Quick = window.Image;
    window.Image = function () {
        const image = new Quick();
        Object.defineProperty(image, 'onload', {
            set(read) { image.addEventListener('load', () => setTimeout(read, 1000)); },
        });
        return image;
    };";

/// Times that an officer presses the button before giving up.
const PRESSES: u32 = 40;

#[test]
fn what_was_written_before_a_kill_was_gone() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let mut officer = Officer::at_work(&world, Screen::Phone).await;
        officer.begin_visit(household).await;
        officer.fill_section(&household.found, "household").await;
        world.pass_ms(60_000);
        // The last field still has the focus when the program dies.
        officer.write("[name='v:household.members']", "6").await;
        officer.wait_until_kept().await;
        officer.program.restart();
        officer.open().await;
        officer.unlock().await;
        officer.open_household(household).await;
        let section = at(household, "section/household");
        officer.press("main > p > a.main", &section).await;
        assert_eq!(officer.value("[name='v:household.members']").await, "6");
        officer
            .browser
            .until(
                "the field to be ready",
                "document.activeElement.name === 'v:household.members'",
            )
            .await;
    });
}

#[test]
fn a_photo_was_lost_when_the_officer_went_on_before_it_was_kept() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let officer = Officer::at_work(&world, Screen::Phone).await;
        officer.begin_visit(household).await;
        let photos = at(household, "photos");
        let pictures = "return document.querySelectorAll('main a.picture').length";
        officer.browser.goto_in_page(&photos).await;
        let before = officer.browser.ask(pictures, Vec::new()).await;
        officer.browser.ask(SLOW_TO_READ, Vec::new()).await;
        officer.choose_photo(6, ".ends a.main").await;
        let next = at(household, "grade");
        let is_there = format!("location.pathname === '{next}'");
        officer.browser.until(&next, &is_there).await;
        officer.browser.goto_in_page(&photos).await;
        let after = officer.browser.ask(pictures, Vec::new()).await;
        assert_eq!(after.as_u64(), before.as_u64().map(|n| n + 1));
    });
}

#[test]
fn days_without_signal_kept_the_officer_from_work() {
    on_the_way(async {
        let world = World::with_households(150);
        let household = &world.households()[0];
        let mut officer = Officer::at_work(&world, Screen::Phone).await;
        officer.program.way.set_signal(false);
        for _ in 0..6 {
            world.pass_ms(DAY_MS);
        }
        officer.program.restart();
        officer.open().await;
        officer.unlock().await;
        officer.begin_visit(household).await;
        officer.fill(household).await;
        officer.seal(household).await;
        let told = officer.synchronise().await;
        assert!(told.contains("数据都在本机"), "{told}");
        assert_eq!(officer.badges(household).await, ["waiting", "waiting"]);
        world.pass_ms(DAY_MS);
        officer.program.way.set_signal(true);
        officer.browser.goto_in_page("/").await;
        officer.unlock().await;
        officer.synchronise().await;
        assert_eq!(officer.badges(household).await, ["received", "received"]);
    });
}

#[test]
fn a_link_that_breaks_every_50_kb_never_let_anything_through() {
    on_the_way(async {
        let world = World::with_households(600);
        let household = &world.households()[0];
        let link = BreakingLink::to(world.address(), CUT_BYTES);
        let officer = Officer::with_a_new_device(&world, Screen::Phone).await;
        officer.program.way.lead_over(&link.address);
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.until_through().await;
        let cuts = link.cuts();
        officer.begin_visit(household).await;
        officer.fill(household).await;
        officer.browser.goto_in_page(&at(household, "photos")).await;
        officer.take_photo(6).await;
        officer.seal(household).await;
        officer.until_through().await;
        // The visit, the photo and the people.
        let badges = officer.badges(household).await;
        let words = officer.browser.words().await;
        assert_eq!(badges, ["received"; 3], "{words}");
        println!(
            "{cuts} cuts of the download, {} of the upload",
            link.cuts() - cuts
        );
        assert!(link.cuts() > 0, "the link never broke");
    });
}

impl Officer<'_> {
    /// Presses the button until everything is through.
    async fn until_through(&self) {
        let mut told = String::new();
        for _ in 0..PRESSES {
            told = self.synchronise().await;
            if !told.contains("没有完成") {
                return;
            }
            assert!(told.contains("数据都在本机"), "{told}");
        }
        panic!("nothing came through in {PRESSES} presses: {told}")
    }
}
