//! A visit, page by page, by what is found at a household.

use std::collections::BTreeMap;

use itgel_domain::catalogue::{Catalogue, Kind, Unit};
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::pack::decimal;
use itgel_fixtures::Household;
use serde_json::json;

use crate::officer::Officer;

/// An observation in the words of a form.
struct Answer {
    /// The item, with the key that the page gives it.
    path: String,
    answered: Answered,
}

enum Answered {
    /// Written into a field.
    Written(String),
    /// One of the large targets.
    Chosen(String),
    /// A state that is no value.
    State(&'static str),
}

impl Officer<'_> {
    /// Opens a household from the list, and writes who lives there and what they agree to.
    pub(crate) async fn begin_visit(&self, household: &Household) {
        self.open_household(household).await;
        self.press(".parts a[href$='/people']", &at(household, "people"))
            .await;
        self.identify(household).await;
        self.ask_consent(household).await;
    }

    /// Who lives there: the head, by the ID card.
    pub(crate) async fn identify(&self, household: &Household) {
        let head = &household.identity.people[0];
        self.write("#head-name", &head.full_name).await;
        if let Some(number) = &head.id_number {
            self.write("#head-id", number).await;
        }
        self.press("#entry .main", &at(household, "consent")).await;
    }

    /// Everything is read out, everything is ticked, the person signs.
    pub(crate) async fn ask_consent(&self, household: &Household) {
        let ticks = "return [...document.querySelectorAll('.tick input')].map((i) => i.name + '|' + i.value)";
        let ticks = self.browser.ask(ticks, Vec::new()).await;
        for tick in ticks.as_array().unwrap() {
            let (name, value) = tick.as_str().unwrap().split_once('|').unwrap();
            self.tap(&format!("input[name='{name}'][value='{value}']"))
                .await;
        }
        self.sign().await;
        let next = at(household, "section/household");
        self.press("#entry .main", &next).await;
    }

    /// Signs in the box of the page.
    pub(crate) async fn sign(&self) {
        self.taps.set(self.taps.get() + 1);
        self.browser.sign("canvas").await;
        self.browser
            .until(
                "the signature",
                "document.querySelector('[name=signature]').value",
            )
            .await;
    }

    /// From the first section on to the grade: every field of every page that comes.
    pub(crate) async fn fill(&self, household: &Household) {
        let mut pages = 0;
        loop {
            let place = self.browser.place().await;
            let Some(section) = place.strip_prefix(&at(household, "section/")) else {
                break;
            };
            self.fill_section(&household.found, section).await;
            self.leave("#entry .ends .main").await;
            pages += 1;
            assert!(pages < 20, "the visit has no end");
        }
        assert_eq!(self.browser.place().await, at(household, "photos"));
        self.press(".ends a.main", &at(household, "grade")).await;
    }

    /// Leaves a page by a button that leads on.
    async fn leave(&self, css: &str) {
        let from = json!(self.browser.place().await);
        self.tap(css).await;
        self.browser
            .until("the next page", &format!("location.pathname !== {from}"))
            .await;
        self.look().await;
    }

    /// Every field of one page.
    pub(crate) async fn fill_section(&self, found: &[Observation], section: &str) {
        let (single, groups) = of_section(found, section);
        for observation in single {
            let path = observation.item.as_str();
            self.answer(&answer(observation, path)).await;
        }
        for (group, instances) in groups {
            for (n, of_key) in instances.values().enumerate() {
                let key = self.key_of(group, n).await;
                for observation in of_key {
                    let (_, _, field) = observation.item.parts().unwrap();
                    self.answer(&answer(observation, &format!("{group}/{key}/{field}")))
                        .await;
                }
            }
        }
        self.wait_until_kept().await;
    }

    /// Waits until every field that was written says that it is kept.
    pub(crate) async fn wait_until_kept(&self) {
        let is_kept =
            "[...document.querySelectorAll('.state')].every((s) => s.textContent.startsWith('✓'))";
        // The last field is kept a moment after its last letter.
        self.browser
            .ask(
                "document.activeElement.dispatchEvent(new Event('change', { bubbles: true }))",
                Vec::new(),
            )
            .await;
        self.browser
            .until("the last field to be kept", is_kept)
            .await;
    }

    /// The badges on the page of a household's records, which is opened.
    pub(crate) async fn badges(&self, household: &Household) -> Vec<String> {
        self.browser.goto_in_page(&at(household, "records")).await;
        // A page that follows a synchronisation loads itself anew when that ends.
        self.browser
            .until(
                "the page to follow nothing",
                "!document.querySelector('[data-job]')",
            )
            .await;
        self.look().await;
        let badges =
            "return [...document.querySelectorAll('.records .badge')].map((b) => b.classList[1])";
        let badges = self.browser.ask(badges, Vec::new()).await;
        let badges = badges.as_array().unwrap().iter();
        badges.map(|b| b.as_str().unwrap().to_owned()).collect()
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, css: &str) -> String {
        let value = "return document.querySelector(arguments[0]).value";
        let value = self.browser.ask(value, vec![json!(css)]).await;
        value.as_str().unwrap().to_owned()
    }

    /// Takes a photo and waits until it is on the page, among the signatures that are there.
    pub(crate) async fn take_photo(&self, grain: u32) {
        let pictures = "document.querySelectorAll('main a.picture').length";
        let count = format!("return {pictures}");
        let before = self.browser.ask(&count, Vec::new()).await;
        self.choose_photo(grain, "").await;
        self.browser
            .until("the photo", &format!("{pictures} > {before}"))
            .await;
    }

    /// Chooses a photo, as the camera of a phone gives it: large, and full of noise if its grains are
    /// small. In the same moment the link is pressed that `then` selects, if it selects one.
    pub(crate) async fn choose_photo(&self, grain: u32, then: &str) {
        let choose = "
            const [grain, then] = arguments;
            const canvas = document.createElement('canvas');
            canvas.width = 2400; canvas.height = 1800;
            const pen = canvas.getContext('2d');
            let seed = 7;
            for (let y = 0; y < 1800; y += grain) for (let x = 0; x < 2400; x += grain) {
                seed = (seed * 1103515245 + 12345) % 2147483648;
                pen.fillStyle = 'rgb(' + [seed % 256, (seed >> 8) % 256, (seed >> 16) % 256] + ')';
                pen.fillRect(x, y, grain, grain);
            }
            canvas.toBlob((blob) => {
                const files = new DataTransfer();
                files.items.add(new File([blob], 'photo.jpg', { type: 'image/jpeg' }));
                const input = document.querySelector('input[data-reads]');
                input.files = files.files;
                input.dispatchEvent(new Event('change', { bubbles: true }));
                if (then) document.querySelector(then).click();
            }, 'image/jpeg', 0.9);";
        let with = vec![json!(grain), json!(then)];
        self.browser.ask(choose, with).await;
    }

    /// The key that the page has for the n-th instance of a group; one more is asked for if it has
    /// too few.
    async fn key_of(&self, group: &str, n: usize) -> String {
        let keys = format!(
            "return [...new Set([...document.querySelectorAll('[data-item^=\"{group}/\"]')]
                .map((e) => e.dataset.item.split('/')[1]))]"
        );
        let known = self.browser.ask(&keys, Vec::new()).await;
        if known.as_array().unwrap().len() <= n {
            let place = self.browser.place().await;
            self.press(&format!("button[value='add:{group}']"), &place)
                .await;
        }
        let known = self.browser.ask(&keys, Vec::new()).await;
        known[n].as_str().unwrap().to_owned()
    }

    async fn answer(&self, answer: &Answer) {
        let path = &answer.path;
        match &answer.answered {
            Answered::Written(text) => self.write(&format!("[name='v:{path}']"), text).await,
            Answered::Chosen(word) => {
                self.fields.set(self.fields.get() + 1);
                self.choose(&format!("v:{path}"), word).await;
            }
            Answered::State(word) => {
                self.fields.set(self.fields.get() + 1);
                self.tap(&format!("[data-item='{path}'] summary")).await;
                let state = self.browser.find(&format!("[name='s:{path}']")).await;
                state.select_by_value(word).await.unwrap();
            }
        }
    }

    /// Seals with two signatures, from the page of the grade; the short code on the slip.
    pub(crate) async fn seal(&self, household: &Household) -> String {
        let seal = at(household, "seal");
        self.browser.goto_in_page(&seal).await;
        self.look().await;
        let to_fix =
            "return [...document.querySelectorAll('.to-fix a')].map((a) => a.innerText + a.href)";
        assert_eq!(self.browser.ask(to_fix, Vec::new()).await, json!([]));
        self.press(".ends .main", &seal).await;
        self.sign().await;
        self.press("form [value='drawing']", &at(household, "records"))
            .await;
        let code = "return document.querySelector('.slip .letters').textContent";
        let code = self.browser.ask(code, Vec::new()).await;
        code.as_str().unwrap().to_owned()
    }
}

/// The address of a part of a visit.
pub(crate) fn at(household: &Household, part: &str) -> String {
    format!("/visit/{}/{part}", household.subject)
}

/// The observations of a section: those that stand alone, and those of each group by their keys.
type Instances<'a> = BTreeMap<&'a str, Vec<&'a Observation>>;

fn of_section<'a>(
    found: &'a [Observation],
    section: &str,
) -> (Vec<&'a Observation>, BTreeMap<&'a str, Instances<'a>>) {
    let (mut single, mut groups) = (Vec::new(), BTreeMap::<_, Instances<'_>>::new());
    for observation in found {
        let item = Catalogue::builtin().get(&observation.item).unwrap();
        if item.section.as_str() != section {
            continue;
        }
        match observation.item.parts() {
            None => single.push(observation),
            Some((group, key, _)) => groups
                .entry(group)
                .or_default()
                .entry(key)
                .or_default()
                .push(observation),
        }
    }
    (single, groups)
}

fn answer(observation: &Observation, path: &str) -> Answer {
    let item = Catalogue::builtin().get(&observation.item).unwrap();
    let answered = match (&observation.state, &item.kind) {
        (State::NotApplicable, _) => Answered::State("not_applicable"),
        (State::Unknown, _) => Answered::State("unknown"),
        (State::Refused, _) => Answered::State("refused"),
        (State::Known(Value::Int(n)), Kind::Flag) => Answered::Chosen(n.to_string()),
        (State::Known(Value::Int(n)), Kind::Quantity { unit, .. }) => {
            Answered::Written(decimal::write(*n, places(*unit)))
        }
        (State::Known(Value::Int(n)), _) => Answered::Written(n.to_string()),
        (State::Known(Value::Text(word)), Kind::Choice(_)) => Answered::Chosen(word.clone()),
        (State::Known(Value::Text(text)), _) => Answered::Written(text.clone()),
    };
    let path = path.to_owned();
    Answer { path, answered }
}

/// Decimal places that the field has before its unit.
const fn places(unit: Unit) -> u32 {
    match unit {
        Unit::Fen => 2,
        Unit::MilliSu | Unit::MilliDegree => 3,
        _ => 0,
    }
}
