//! A browser of its own for each test: chromedriver on a free port, and Chromium at the size of a
//! screen.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{
    InputSource as _, KeyAction, KeyActions, MouseActions, PointerAction, TouchActions,
};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// What is missing where no browser starts, and the way out.
const INSTALL: &str = "the browser suite needs Chromium: \
     apt-get install --no-install-recommends chromium chromium-driver fonts-noto-core fonts-noto-cjk";

/// How often to look whether something has happened, and for how long between.
const LOOKS: usize = 800;
const BETWEEN: Duration = Duration::from_millis(25);

/// The keys of somebody without a mouse, by their names in WebDriver.
const TAB: char = '\u{e004}';
pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const SPACE: char = ' ';
pub(crate) const DOWN: char = '\u{e015}';

/// More targets than any page has.
const TABS: usize = 400;

/// How often a page may be replaced under a tap.
const REPLACED: usize = 100;

/// The screens that officers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// 360 × 740, worked with a thumb.
    Phone,
    /// 1280 × 800, worked with a mouse and keys.
    Laptop,
}

/// A browser with one page.
pub(crate) struct Browser {
    pub(crate) client: Client,
    pub(crate) screen: Screen,
    // The session ends before its driver.
    driver: Driver,
    _profile: TempDir,
}

/// chromedriver, which ends with the test.
struct Driver {
    process: Child,
    port: u16,
    session: String,
}

impl Browser {
    pub(crate) async fn open(screen: Screen) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Driver::start();
        let address = format!("http://127.0.0.1:{}", driver.port);
        let client = ClientBuilder::new(hyper_connector())
            .capabilities(capabilities(screen, &profile))
            .connect(&address)
            .await;
        let client = client.unwrap_or_else(|error| panic!("{error}: {INSTALL}"));
        driver.session = client.session_id().await.unwrap().unwrap();
        Self {
            client,
            screen,
            driver,
            _profile: profile,
        }
    }

    pub(crate) async fn goto(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    /// Opens another page of the same program.
    pub(crate) async fn goto_in_page(&self, path: &str) {
        let go = "location.href = arguments[0]";
        self.ask(go, vec![json!(path)]).await;
        self.until(path, &format!("location.pathname === '{path}'"))
            .await;
    }

    pub(crate) async fn find(&self, css: &str) -> Element {
        let mut timer = tokio::time::interval(BETWEEN);
        // A page that is just being left has nothing on it.
        for _ in 0..REPLACED {
            timer.tick().await;
            if let Ok(element) = self.client.find(Locator::Css(css)).await {
                return element;
            }
        }
        panic!("no {css} on {}", self.place().await)
    }

    /// What a script says; its arguments are `arguments[0]` and so on.
    pub(crate) async fn ask(&self, script: &str, args: Vec<Value>) -> Value {
        let mut timer = tokio::time::interval(BETWEEN);
        // A page that is just being left says nothing.
        for _ in 0..REPLACED {
            timer.tick().await;
            if let Ok(said) = self.client.execute(script, args.clone()).await {
                return said;
            }
        }
        self.client.execute(script, args).await.unwrap()
    }

    /// The path of the page.
    pub(crate) async fn place(&self) -> String {
        let place = self.ask("return location.pathname", Vec::new()).await;
        place.as_str().unwrap_or_default().to_owned()
    }

    /// The words of the page.
    pub(crate) async fn words(&self) -> String {
        let words = self.ask("return document.body.innerText", Vec::new()).await;
        words.as_str().unwrap_or_default().to_owned()
    }

    /// Looks again and again until a script says that it is so; a page that is just being left
    /// says nothing.
    pub(crate) async fn until(&self, what: &str, is_so: &str) {
        let script = format!("return document.readyState === 'complete' && !!({is_so})");
        let mut timer = tokio::time::interval(BETWEEN);
        for _ in 0..LOOKS {
            timer.tick().await;
            if let Ok(Value::Bool(true)) = self.client.execute(&script, Vec::new()).await {
                return;
            }
        }
        let picture = concat!(env!("CARGO_TARGET_TMPDIR"), "/waited-in-vain.png");
        drop(std::fs::write(
            picture,
            self.client.screenshot().await.unwrap_or_default(),
        ));
        panic!(
            "waited in vain for {what} on {} ({picture}):\n{}\n{:?}",
            self.place().await,
            self.words().await,
            self.complaints()
        )
    }

    /// Taps with a thumb on a phone, clicks on a laptop. What something else covers cannot be
    /// tapped.
    pub(crate) async fn tap(&self, css: &str) {
        for _ in 0..REPLACED {
            match self.try_tap(css).await {
                Ok(()) => return,
                // Another page took the place of this one before the tap came.
                Err(error) if error.to_string().contains("stale element") => {}
                Err(error) => panic!("{css} on {}: {error}", self.place().await),
            }
        }
        panic!("{css} on {} does not stay", self.place().await)
    }

    async fn try_tap(&self, css: &str) -> Result<(), CmdError> {
        let element = self.find(css).await;
        let said = self.ask(IN_VIEW, vec![json!(css)]).await;
        assert_eq!(
            said,
            json!("free"),
            "{css} on {} is covered",
            self.place().await
        );
        let onto = PointerAction::MoveToElement {
            element,
            duration: None,
            x: 0.0,
            y: 0.0,
        };
        let (down, up) = (
            PointerAction::Down { button: 0 },
            PointerAction::Up { button: 0 },
        );
        match self.screen {
            Screen::Phone => {
                let thumb = TouchActions::new("thumb".into());
                let taps = thumb.then(onto).then(down).then(up);
                self.client.perform_actions(taps).await
            }
            Screen::Laptop => {
                let mouse = MouseActions::new("mouse".into());
                let clicks = mouse.then(onto).then(down).then(up);
                self.client.perform_actions(clicks).await
            }
        }
    }

    /// Presses a key, as its name in WebDriver.
    pub(crate) async fn press(&self, key: char) {
        let key_of = |action: fn(char) -> KeyAction| action(key);
        let keys = KeyActions::new("keys".into())
            .then(key_of(|value| KeyAction::Down { value }))
            .then(key_of(|value| KeyAction::Up { value }));
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Goes on by the tabulator until the focus is on an element, as somebody does who has no
    /// mouse.
    pub(crate) async fn tab_to(&self, css: &str) {
        let script = "return document.activeElement === document.querySelector(arguments[0])";
        for _ in 0..TABS {
            if self.ask(script, vec![json!(css)]).await == json!(true) {
                return;
            }
            self.press(TAB).await;
        }
        panic!("{css} on {} is not met by keys", self.place().await)
    }

    /// Draws a stroke over an element, as one signs.
    pub(crate) async fn sign(&self, css: &str) {
        self.ask(IN_VIEW, vec![json!(css)]).await;
        let element = self.find(css).await;
        let by = |x, y| PointerAction::MoveBy {
            duration: None,
            x,
            y,
        };
        let pen = TouchActions::new("thumb".into())
            .then(PointerAction::MoveToElement {
                element,
                duration: None,
                x: -80.0,
                y: 10.0,
            })
            .then(PointerAction::Down { button: 0 })
            .then(by(40.0, -40.0))
            .then(by(30.0, 50.0))
            .then(by(60.0, -30.0))
            // A hand rests at the end of a stroke; a flick would swallow the next tap.
            .then(PointerAction::Pause {
                duration: Duration::from_millis(200),
            })
            .then(PointerAction::Up { button: 0 });
        self.client.perform_actions(pen).await.unwrap();
        self.client.release_actions().await.unwrap();
    }

    /// Writes where the page has its focus, in place of what stands there.
    pub(crate) async fn type_in(&self, text: &str) {
        self.ask("document.activeElement.select()", Vec::new())
            .await;
        let focus = self.client.active_element().await.unwrap();
        focus.send_keys(text).await.unwrap();
    }

    /// What the browser has written on its console since the last time, beside what is only told.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let told = self.driver.command("se/log", &json!({ "type": "browser" }));
        let lines = told["value"].as_array().cloned().unwrap_or_default();
        // The bridge of a shell waits for its answer; here a request has to stand in for it.
        let is_bridge = |line: &Value| line["message"].to_string().contains("XMLHttpRequest");
        let is_bad = |line: &&Value| {
            matches!(line["level"].as_str(), Some("SEVERE" | "WARNING")) && !is_bridge(line)
        };
        lines
            .iter()
            .filter(is_bad)
            .map(|line| line["message"].to_string())
            .collect()
    }

    /// A command of the Chrome DevTools protocol.
    pub(crate) fn devtools(&self, command: &str, params: &Value) -> Value {
        let asked = json!({ "cmd": command, "params": params });
        self.driver.command("goog/cdp/execute", &asked)["value"].clone()
    }
}

/// Brings an element into the middle of the screen, and says whether it can be met there.
const IN_VIEW: &str = "
    const wanted = document.querySelector(arguments[0]);
    wanted.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = wanted.getBoundingClientRect();
    const met = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (met && (wanted === met || wanted.contains(met) || met.contains(wanted))) return 'free';
    return met ? met.outerHTML.slice(0, 120) : 'out of view';";

impl Driver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}: {INSTALL}"));
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        // A first line says "on port 0"; this one has the real one.
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        Self {
            process,
            port: port.unwrap_or_else(|| panic!("chromedriver did not start: {INSTALL}")),
            session: String::new(),
        }
    }

    fn address(&self, path: &str) -> String {
        format!(
            "http://127.0.0.1:{}/session/{}/{path}",
            self.port, self.session
        )
    }

    fn command(&self, path: &str, asked: &Value) -> Value {
        let request = ureq::post(self.address(path)).content_type("application/json");
        let mut answer = request.send(asked.to_string()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Chromium ends with its session; without it there is none.
        let address = self.address("");
        drop(ureq::delete(address.trim_end_matches('/')).call());
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn capabilities(screen: Screen, profile: &TempDir) -> Map<String, Value> {
    let metrics = match screen {
        Screen::Phone => json!({ "width": 360, "height": 740, "pixelRatio": 2.0, "touch": true }),
        Screen::Laptop => json!({ "width": 1280, "height": 800, "pixelRatio": 1.0,
            "touch": false, "mobile": false }),
    };
    let profile = format!("--user-data-dir={}", profile.path().display());
    let options = json!({
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--lang=zh-CN", profile],
        "mobileEmulation": { "deviceMetrics": metrics },
    });
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    wanted.as_object().unwrap().clone()
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
