//! The officer, with the program on a screen: opens pages, taps, writes, signs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use itgel::sample::Seat;
use itgel_domain::trust::Invitation;
use itgel_fixtures::Household;
use itgel_tests::World;
use serde_json::json;

use crate::browser::{Browser, DOWN, ENTER, SPACE, Screen};
use crate::checks;
use crate::program::{Program, Shown};
use crate::shell::BRIDGE;

/// The PIN of every officer.
pub(crate) const PIN: &str = "135790";

/// An officer at work.
pub(crate) struct Officer<'w> {
    pub(crate) world: &'w World,
    pub(crate) program: Program,
    pub(crate) browser: Browser,
    /// How often something was tapped, and how many fields were written.
    pub(crate) taps: Cell<u32>,
    pub(crate) fields: Cell<u32>,
    looked_at: RefCell<BTreeSet<String>>,
    faults: RefCell<Vec<String>>,
}

impl Drop for Officer<'_> {
    fn drop(&mut self) {
        // At the end of the day everything that was wrong with any page is told at once.
        let faults = self.faults.take();
        if !std::thread::panicking() {
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        } else if !faults.is_empty() {
            eprintln!("faults of pages before:\n{}", faults.join("\n"));
        }
    }
}

impl<'w> Officer<'w> {
    /// With a new device, on the first page.
    pub(crate) async fn with_a_new_device(world: &'w World, screen: Screen) -> Self {
        Self::shown(world, screen, Shown::ByPort).await
    }

    /// With a new device, whose pages come to the screen in some way.
    pub(crate) async fn shown(world: &'w World, screen: Screen, shown: Shown) -> Self {
        static DEVICES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = DEVICES.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let program = Program::start(world, &format!("field-{n}"), shown);
        let browser = Browser::open(screen).await;
        if shown == Shown::ByShell {
            let bridge = json!({ "source": BRIDGE });
            browser.devtools("Page.addScriptToEvaluateOnNewDocument", &bridge);
        }
        let officer = Self {
            world,
            program,
            browser,
            taps: Cell::new(0),
            fields: Cell::new(0),
            looked_at: RefCell::default(),
            faults: RefCell::default(),
        };
        officer.open().await;
        officer
    }

    /// Enrolled in the first gacha's home team, with everything on the device.
    pub(crate) async fn at_work(world: &'w World, screen: Screen) -> Self {
        let officer = Self::with_a_new_device(world, screen).await;
        officer.enrol(&world.sample.teams[1].collector).await;
        officer.wait_for_sync().await;
        officer
    }

    /// Opens the program as its launch file does.
    pub(crate) async fn open(&self) {
        self.browser.goto(&self.program.address).await;
        self.browser
            .until("the first page", "document.querySelector('h1')")
            .await;
        self.look().await;
    }

    /// Looks over the page, unless it was looked over before in the same language.
    pub(crate) async fn look(&self) {
        let key = "return document.documentElement.lang + location.pathname + document.querySelector('h1').textContent";
        let key = self.browser.ask(key, Vec::new()).await.to_string();
        if self.looked_at.borrow_mut().insert(key) {
            let found = checks::faults(&self.browser).await;
            self.faults.borrow_mut().extend(found);
        }
    }

    /// The invitation of a seat.
    pub(crate) fn invitation(&self, seat: &Seat) -> String {
        let key = self.world.service.keys.public_key();
        Invitation::new(self.world.address(), &seat.code, &key).to_string()
    }

    /// Enrols with an invitation that is pasted, and a PIN.
    pub(crate) async fn enrol(&self, seat: &Seat) {
        self.write("#invitation", &self.invitation(seat)).await;
        self.write("#pin", PIN).await;
        self.write("#again", PIN).await;
        self.press("form[action='/enrol'] .main", "/device").await;
    }

    /// Opens the store.
    pub(crate) async fn unlock(&self) {
        self.write("#pin", PIN).await;
        self.press("form[action='/unlock'] .main", "/").await;
        self.browser
            .until("the bar", "document.querySelector('nav')")
            .await;
    }

    /// One of the four places of the bar.
    pub(crate) async fn go(&self, place: &str) {
        self.press(&format!("nav a[href='{place}']"), place).await;
    }

    /// The list of the gacha.
    pub(crate) async fn open_gacha(&self) {
        self.go("/").await;
        let gacha = self.world.gacha().code;
        self.press(&format!(".gachas a[href*='gacha={gacha}']"), "/")
            .await;
    }

    /// Finds the household in the list and opens it.
    pub(crate) async fn open_household(&self, household: &Household) {
        self.open_gacha().await;
        self.write("input[type=search]", &household.local_code)
            .await;
        self.tap(".search button").await;
        let address = format!("/visit/{}", household.subject);
        let link = format!(".households a[href='{address}']");
        self.browser
            .until(
                "the household",
                &format!("document.querySelector({})", json!(link)),
            )
            .await;
        self.look().await;
        self.press(&link, &address).await;
    }

    /// Changes the language by its button.
    pub(crate) async fn speak(&self, lang: &str) {
        self.tap(&format!("button[value='{lang}']")).await;
        self.browser
            .until(lang, &format!("document.documentElement.lang === '{lang}'"))
            .await;
        self.look().await;
    }

    /// Synchronises by the button, and waits for its end; what is said then.
    pub(crate) async fn synchronise(&self) -> String {
        self.go("/sync").await;
        self.tap("form[action='/sync'] .main").await;
        self.wait_for_sync().await
    }

    /// Waits until the synchronisation has ended, as somebody looks at the page; what is said then.
    pub(crate) async fn wait_for_sync(&self) -> String {
        self.go("/sync").await;
        self.browser
            .until(
                "the end of the synchronisation",
                "document.querySelector('#job') && !document.querySelector('[data-job]') \
                 && (document.querySelector('#job').textContent || document.querySelector('main .error'))",
            )
            .await;
        self.look().await;
        self.browser.words().await
    }

    /// Taps something; on a laptop it is reached and pressed by keys.
    pub(crate) async fn tap(&self, css: &str) {
        self.taps.set(self.taps.get() + 1);
        match self.browser.screen {
            Screen::Phone => self.browser.tap(css).await,
            Screen::Laptop => {
                self.browser.tab_to(css).await;
                let is_link = "return document.activeElement.tagName === 'A'";
                let is_link = self.browser.ask(is_link, Vec::new()).await == json!(true);
                let key = if is_link { ENTER } else { SPACE };
                self.browser.press(key).await;
            }
        }
    }

    /// Chooses one of the large targets of a group.
    pub(crate) async fn choose(&self, name: &str, value: &str) {
        let one = format!("[name='{name}'][value='{value}']");
        match self.browser.screen {
            Screen::Phone => self.tap(&format!("{one} + label")).await,
            Screen::Laptop => {
                self.taps.set(self.taps.get() + 1);
                // A group is one stop of the tabulator: its chosen one, or its first.
                let stop = format!("[name='{name}']:checked, [name='{name}']");
                self.browser.tab_to(&stop).await;
                self.browser.press(SPACE).await;
                let is_chosen = format!("return document.querySelector(\"{one}\").checked");
                for _ in 0..20 {
                    if self.browser.ask(&is_chosen, Vec::new()).await == json!(true) {
                        return;
                    }
                    self.browser.press(DOWN).await;
                }
                panic!("{value} of {name} is not met by keys")
            }
        }
    }

    /// Taps something that leads to a page, and looks it over.
    pub(crate) async fn press(&self, css: &str, to: &str) {
        // What stands there now is told from what comes, even at the same address.
        self.browser
            .ask("document.body.dataset.left = '1'", Vec::new())
            .await;
        self.tap(css).await;
        let there = format!("location.pathname === '{to}' && !document.body.dataset.left");
        self.browser.until(to, &there).await;
        self.look().await;
    }

    /// Writes into a field, in place of what stands there.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.fields.set(self.fields.get() + 1);
        self.taps.set(self.taps.get() + 1);
        match self.browser.screen {
            Screen::Phone => self.browser.tap(css).await,
            Screen::Laptop => self.browser.tab_to(css).await,
        }
        self.browser.type_in(text).await;
    }
}
