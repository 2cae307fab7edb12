//! Pictures of every screen, for the documents:
//! `ITGEL_PICTURES=1 cargo test -p itgel-tests --test browser pictures` writes them into
//! `docs/pictures/field`; without it they are taken all the same, beside the build, so that the way
//! to every screen stays open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use itgel_fixtures::Household;
use itgel_tests::World;
use serde_json::json;

use crate::browser::{Browser, Screen};
use crate::officer::Officer;
use crate::on_the_way;
use crate::palette::with_few_colours;
use crate::visit::at;

/// Most bytes of a picture: the documents stay quick to open.
const MAX_BYTES: u64 = 100 * 1024;

/// Where the pictures of the documents are.
fn shown() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures/field")
}

#[test]
fn pictures_of_the_documents_show_screens_that_are_gone() {
    on_the_way(async {
        let folder = match std::env::var_os("ITGEL_PICTURES") {
            Some(_) => shown(),
            None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"),
        };
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let world = World::with_households(150);
        let officer = Officer::with_a_new_device(&world, Screen::Phone).await;
        Album {
            officer,
            folder: folder.clone(),
        }
        .take(&world)
        .await;
        assert_eq!(names(&folder), names(&shown()), "take the pictures again");
        let told = std::fs::read_to_string(shown().join("../../field.md")).unwrap();
        for name in names(&folder) {
            assert!(told.contains(&name), "docs/field.md does not show {name}");
            let bytes = std::fs::metadata(folder.join(&name)).unwrap().len();
            assert!(bytes <= MAX_BYTES, "{name} has {bytes} bytes");
        }
    });
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

/// An officer whose day is taken down in pictures.
struct Album<'w> {
    officer: Officer<'w>,
    folder: PathBuf,
}

impl Album<'_> {
    async fn take(&self, world: &World) {
        let officer = &self.officer;
        self.picture("01-enrol").await;
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.wait_for_sync().await;
        self.picture("12-sync").await;
        officer.go("/device").await;
        self.picture("02-device").await;
        officer.press("main a[href='/pin']", "/pin").await;
        self.picture("20-pin").await;
        let household = &world.households()[0];
        officer.begin_visit(household).await;
        officer.fill(household).await;
        officer.browser.goto_in_page(&at(household, "photos")).await;
        officer.take_photo(600).await;
        for (place, name) in [
            ("", "04-visit"),
            ("people", "05-people"),
            ("consent", "06-consent"),
            ("section/herd", "07-herd"),
            ("section/pasture", "08-pasture"),
            ("photos", "09-photos"),
            ("grade", "10-grade"),
        ] {
            self.open(&at(household, place)).await;
            self.picture(name).await;
        }
        officer.seal(household).await;
        self.picture("11-slip").await;
        officer.synchronise().await;
        self.open(&at(household, "records")).await;
        self.picture("13-records").await;
        officer.open_gacha().await;
        self.picture("03-list").await;
        self.of_the_gacha(household).await;
        self.on_a_laptop(household).await;
        self.in_other_words(household).await;
        self.behind_the_door().await;
    }

    /// What is done for the whole gacha: its ballots, a household on no list; and what comes back
    /// from a reviewer. Its review list is shown to its group alone.
    async fn of_the_gacha(&self, household: &Household) {
        let officer = &self.officer;
        self.vote(household).await;
        self.register().await;
        let reviewer = officer.world.reviewer();
        let case = reviewer.case_of(household, officer.world.gacha().code);
        let words = "请重新清点羊只（示例）";
        reviewer.send_back(&case, "herd.sheep", words).unwrap();
        officer.synchronise().await;
        officer.go("/needs").await;
        self.picture("28-needs").await;
        self.in_mongolian("29-needs-mn").await;
    }

    /// One evaluator votes on a household, and hands the device on.
    async fn vote(&self, household: &Household) {
        let officer = &self.officer;
        let place = at(household, "evaluation");
        self.open(&place).await;
        self.shows("/evaluation'] .main", "#evaluator").await;
        self.picture("22-turn").await;
        let evaluator = officer.world.evaluators().next().unwrap();
        officer.write("#evaluator", evaluator.as_str()).await;
        self.shows("/round'] .main", ".score").await;
        for question in ["promises", "diligence", "loans", "rules"] {
            officer.choose(question, "4").await;
        }
        self.picture("23-ballot").await;
        self.in_mongolian("24-ballot-mn").await;
        self.shows("/round'] .main", "#evaluator").await;
        self.picture("25-hand-on").await;
        officer.tap("main a[href='/']").await;
        officer
            .browser
            .until("the door", "document.querySelector('#pin')")
            .await;
        officer.unlock().await;
    }

    /// A household with the name of one that is there already.
    async fn register(&self) {
        let officer = &self.officer;
        officer.open_gacha().await;
        officer
            .press(".ways a[href^='/register']", "/register")
            .await;
        self.picture("26-register").await;
        let known = &officer.world.households()[0].identity.people[0];
        officer.write("#code", "900").await;
        officer.write("#head-name", &known.full_name).await;
        self.shows("/register'] .main", ".alike").await;
        self.picture("27-alike").await;
        officer.go("/").await;
    }

    /// Taps a button of the form with an address that ends so, until something stands there.
    async fn shows(&self, form: &str, wanted: &str) {
        let officer = &self.officer;
        officer.tap(&format!("form[action$='{form}")).await;
        let there = format!("document.querySelector(\"{wanted}\")");
        officer.browser.until(wanted, &there).await;
        officer.look().await;
    }

    /// The same page in Mongolian, and back again.
    async fn in_mongolian(&self, name: &str) {
        self.officer.speak("mn-Mong").await;
        self.picture(name).await;
        self.officer.speak("zh-CN").await;
    }

    /// What an officer at a table sees.
    async fn on_a_laptop(&self, household: &Household) {
        let laptop = Browser::open(Screen::Laptop).await;
        laptop.goto(&self.officer.program.address).await;
        let gacha = self.officer.world.gacha().code;
        for (place, name) in [
            (format!("/?gacha={gacha}"), "30-list-laptop"),
            (at(household, "section/herd"), "31-herd-laptop"),
            (at(household, "grade"), "32-grade-laptop"),
        ] {
            let go = "location.href = arguments[0]";
            laptop.ask(go, vec![json!(place)]).await;
            let there = format!("location.pathname + location.search === {}", json!(place));
            laptop.until(name, &there).await;
            self.picture_of(&laptop, name).await;
        }
    }

    /// Mongolian.
    async fn in_other_words(&self, household: &Household) {
        let officer = &self.officer;
        officer.go("/").await;
        officer.speak("mn-Mong").await;
        self.picture("14-list-mn").await;
        for (place, name) in [
            ("consent", "15-consent-mn"),
            ("section/herd", "16-herd-mn"),
            ("grade", "17-grade-mn"),
        ] {
            self.open(&at(household, place)).await;
            self.picture(name).await;
        }
        officer.speak("zh-CN").await;
    }

    /// The locked program, and the practice.
    async fn behind_the_door(&self) {
        let officer = &self.officer;
        officer.go("/device").await;
        officer.press("form[action='/lock'] button", "/").await;
        self.picture("18-door").await;
        officer.tap("form[action='/practice'] button").await;
        officer
            .browser
            .until("practice", "document.querySelector('nav')")
            .await;
        self.picture("19-practice").await;
    }

    async fn open(&self, place: &str) {
        let place = match place {
            "/" => place,
            other => other.trim_end_matches('/'),
        };
        self.officer.browser.goto_in_page(place).await;
        self.officer.look().await;
    }

    async fn picture(&self, name: &str) {
        self.picture_of(&self.officer.browser, name).await;
    }

    async fn picture_of(&self, browser: &Browser, name: &str) {
        // No bar that fades away,
        browser.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
        // no caret that blinks, every letter there.
        browser
            .ask("document.activeElement.blur(); scrollTo(0, 0)", Vec::new())
            .await;
        browser
            .until("the letters", "document.fonts.status === 'loaded'")
            .await;
        let taken = browser.client.screenshot().await.unwrap();
        let path = self.folder.join(format!("{name}.png"));
        std::fs::write(path, with_few_colours(&taken)).unwrap();
    }
}
