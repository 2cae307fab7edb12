//! How long an officer with a thousand households waits for the first words of a page, on a
//! processor that is four times slower: printed, for `docs/performance.md`.

use itgel_tests::World;
use serde_json::json;

use crate::browser::Screen;
use crate::officer::Officer;
use crate::on_the_way;

/// As many as the device has to hold at least.
const HOUSEHOLDS: u64 = 1_000;

/// How much slower the processor is made.
const SLOWER: u32 = 4;

/// How often each page is opened.
const TIMES: usize = 5;

#[test]
fn an_officer_with_a_thousand_households_looked_at_an_empty_screen() {
    on_the_way(async {
        let world = World::with_fleet(1_200, 1);
        let officer = Officer::with_a_new_device(&world, Screen::Phone).await;
        officer.enrol(&world.sample.teams[0].collector).await;
        officer.wait_for_sync().await;
        officer.go("/").await;
        let households = officer.number(HOUSEHOLDS_HERE).await;
        assert!(households >= HOUSEHOLDS, "{households} on the device");
        for slower in [1, SLOWER] {
            let rate = json!({ "rate": slower });
            officer
                .browser
                .devtools("Emulation.setCPUThrottlingRate", &rate);
            for (what, place) in [("the list", "/"), ("a bare text", BARE)] {
                let told = officer.first_words(place).await;
                println!("{households} households, processor slower by {slower}: {what} {told}");
            }
        }
    });
}

/// A page without style, script or other letters than plain ones: what the browser takes for itself.
const BARE: &str = "/assets/font-licence.txt";

/// The households of all gachas, as the list counts them.
const HOUSEHOLDS_HERE: &str = "return [...document.querySelectorAll('.gachas small')].reduce((n, s) => n + Number(s.textContent.split('·').pop()), 0)";

/// Whole milliseconds from the tap to the first contentful paint, the program's own time included.
const FIRST_WORDS: &str =
    "return Math.round(performance.getEntriesByName('first-contentful-paint')[0].startTime)";

/// Whole milliseconds until the answer of the program was there.
const ANSWERED: &str =
    "return Math.round(performance.getEntriesByType('navigation')[0].responseEnd)";

impl Officer<'_> {
    /// When the first words of a page are there, the middle and the longest of some times.
    async fn first_words(&self, place: &str) -> String {
        let (mut waits, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            self.browser.goto_in_page("/device").await;
            self.browser.goto_in_page(place).await;
            let is_painted = "performance.getEntriesByName('first-contentful-paint')[0]";
            self.browser.until("the first words", is_painted).await;
            waits.push(self.number(FIRST_WORDS).await);
            answers.push(self.number(ANSWERED).await);
        }
        waits.sort_unstable();
        answers.sort_unstable();
        format!(
            "shows its first words after {} ms (longest of {TIMES}: {} ms), its answer is there after {} ms",
            waits[TIMES / 2],
            waits[TIMES - 1],
            answers[TIMES / 2]
        )
    }

    async fn number(&self, script: &str) -> u64 {
        let said = self.browser.ask(script, Vec::new()).await;
        said.as_u64().unwrap()
    }
}
