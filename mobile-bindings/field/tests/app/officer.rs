//! The officer: opens pages, fills in fields, presses buttons.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use itgel_device::http::HttpError;
use itgel_device::sync::{Progress, Step, SyncError, SyncReport, run};
use itgel_device::wipe::WipedWord;
use itgel_device::{Argon2Cost, Device, Enrolment, KeyFiles};
use itgel_domain::catalogue::{Catalogue, Kind};
use itgel_domain::file::chain::DeviceSigner;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::time::AtMs;
use itgel_domain::trust::Invitation;
use itgel_field::{Answered, Clock, FieldApp, Ground, IDLE_MS, Transport};
use tempfile::TempDir;

use crate::server::Server;
use crate::world::{ID_NUMBER, entropy, h01, now, server};

pub(crate) const PIN: &str = "135790";

/// A PNG of one point, as a page sends what was drawn.
pub(crate) const DRAWN: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==";

/// A clock that stands until it is told how much time passed.
#[derive(Default)]
struct Standing {
    passed: AtomicU64,
    /// How far the clock of the day was set back.
    back: AtomicU64,
    /// How long the steady clock stood.
    slept: AtomicU64,
}

impl Clock for Standing {
    fn now(&self) -> AtMs {
        let of = |ms: &AtomicU64| i64::try_from(ms.load(Ordering::SeqCst)).unwrap();
        now().plus_ms(of(&self.passed) - of(&self.back))
    }

    fn steady_ms(&self) -> u64 {
        60_000 + self.passed.load(Ordering::SeqCst) - self.slept.load(Ordering::SeqCst)
    }
}

/// The way to the test server; off, it is a place without signal.
pub(crate) struct Link {
    server: Arc<Server>,
    /// The keys of those who were enrolled, in their order.
    enrolled: Mutex<Vec<Vec<u8>>>,
    is_off: AtomicBool,
    tries: AtomicU32,
    /// Whether what is being sent stands still on its way.
    is_held: Mutex<bool>,
    lets_go: Condvar,
}

impl Link {
    fn to(server: &Arc<Server>) -> Self {
        Self {
            server: Arc::clone(server),
            enrolled: Mutex::default(),
            is_off: AtomicBool::new(false),
            tries: AtomicU32::new(0),
            is_held: Mutex::new(false),
            lets_go: Condvar::new(),
        }
    }

    /// A place without signal, or one with it again.
    pub(crate) fn set_off(&self, is_off: bool) {
        self.is_off.store(is_off, Ordering::SeqCst);
    }

    /// The key of the last device that was enrolled.
    pub(crate) fn key(&self) -> Vec<u8> {
        self.enrolled.lock().unwrap().last().unwrap().clone()
    }

    /// Synchronisations that were begun.
    pub(crate) fn tries(&self) -> u32 {
        self.tries.load(Ordering::SeqCst)
    }

    /// Keeps what is sent on its way, or lets it go.
    pub(crate) fn hold(&self, is_held: bool) {
        *self.is_held.lock().unwrap() = is_held;
        self.lets_go.notify_all();
    }

    fn pass(&self) {
        let held = self.is_held.lock().unwrap();
        drop(self.lets_go.wait_while(held, |held| *held).unwrap());
    }
}

impl Transport for Link {
    fn enrol(&self, invitation: &str, signer: &dyn DeviceSigner) -> Result<Enrolment, HttpError> {
        let invitation: Invitation = invitation.parse()?;
        assert!(invitation.is_of(&self.server.public_key()));
        let mut enrolled = self.enrolled.lock().unwrap();
        enrolled.push(signer.public_key());
        let n = enrolled.len();
        let enrolment = Enrolment {
            device: format!("d{n}").parse().unwrap(),
            officer: format!("o{n}").parse().unwrap(),
            server_key: self.server.public_key(),
            number: 42,
        };
        self.server.admit(&enrolment.device, signer.public_key());
        Ok(enrolment)
    }

    fn synchronise(
        &self,
        device: &Device,
        _: &str,
        _: Arc<dyn DeviceSigner>,
        now: AtMs,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, SyncError> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if self.is_off.load(Ordering::SeqCst) {
            return Err(SyncError::Protocol {
                step: Step::Hello,
                source: Box::new(std::io::Error::other("no signal")),
            });
        }
        let mut told = |step| {
            progress(step);
            self.pass();
        };
        run(device, self.server.as_ref(), now, &mut told)
    }

    fn tell_wiped(&self, _: &str, word: &WipedWord) -> Result<(), HttpError> {
        assert_eq!(word.nonce, "0123456789abcdef");
        Ok(())
    }
}

/// An officer with the app in the hand.
pub(crate) struct Officer {
    pub(crate) app: FieldApp,
    pub(crate) server: Arc<Server>,
    pub(crate) link: Arc<Link>,
    /// How the households are called that are visited.
    pub(crate) household: &'static str,
    clock: Arc<Standing>,
    folder: TempDir,
}

impl Officer {
    /// Before anybody was enrolled on the device.
    pub(crate) fn with_a_new_device(households: u32) -> Self {
        let (folder, server) = (tempfile::tempdir().unwrap(), Arc::new(server(households)));
        let (link, clock) = (Arc::new(Link::to(&server)), Arc::default());
        let app = start(folder.path(), &link, &clock);
        Self {
            app,
            server,
            link,
            household: "hh",
            clock,
            folder,
        }
    }

    /// Enrolled, with the gacha on the device.
    pub(crate) fn at_work(households: u32) -> Self {
        let officer = Self::with_a_new_device(households);
        officer.enrol();
        officer.wait();
        officer
    }

    /// What a kill and a new start leave: the same folder, and nothing unlocked.
    pub(crate) fn restart(&mut self) {
        self.app = start(self.folder.path(), &self.link, &self.clock);
    }

    /// Lets time pass, by every clock, while nobody touches the device.
    pub(crate) fn pass(&self, ms: u64) {
        self.clock.passed.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets time pass by the clock of the day alone: the device sleeps.
    pub(crate) fn sleep(&self, ms: u64) {
        self.pass(ms);
        self.clock.slept.fetch_add(ms, Ordering::SeqCst);
    }

    /// Lets time pass while the officer looks at a page now and then.
    pub(crate) fn stay(&self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(IDLE_MS - 1);
            self.pass(step);
            self.get("/visit/nobody");
            left -= step;
        }
    }

    /// Sets the clock of the day back.
    pub(crate) fn set_back(&self, ms: u64) {
        self.clock.back.fetch_add(ms, Ordering::SeqCst);
    }

    /// Waits until something is on its way.
    pub(crate) fn is_sending(&self) {
        while !self.get("/api/jobs/sync").contains("正在上传") {
            std::thread::yield_now();
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn invitation(&self) -> String {
        let key = self.server.public_key();
        Invitation::new("https://xinyong.example.cn", "ABCDEF23", &key).to_string()
    }

    pub(crate) fn enrol(&self) -> Answered {
        let invitation = self.invitation();
        let form = [
            ("invitation", invitation.as_str()),
            ("pin", PIN),
            ("again", PIN),
        ];
        self.post("/enrol", &form)
    }

    pub(crate) fn unlock(&self) -> Answered {
        self.unlock_at(&self.get("/"), 0)
    }

    /// Unlocks as the page at the door has it, as one of the officers.
    pub(crate) fn unlock_at(&self, door: &str, n: usize) -> Answered {
        let value = |name: &str, n: usize| {
            let value = door
                .split(&format!("name=\"{name}\" value=\""))
                .nth(n + 1)?;
            value.split('"').next()
        };
        let mut form = vec![("officer", value("officer", n).unwrap()), ("pin", PIN)];
        form.extend(
            ["at", "held"]
                .map(|name| Some((name, value(name, 0)?)))
                .into_iter()
                .flatten(),
        );
        self.post("/unlock", &form)
    }

    /// Waits until the synchronisation has ended.
    pub(crate) fn wait(&self) {
        while self.get("/api/jobs/sync").contains("\"running\":true") {
            std::thread::yield_now();
        }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        words(&self.app.handle("GET", path, b""))
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> Answered {
        let body = form
            .iter()
            .map(|(name, value)| format!("{}={}", coded(name), coded(value)));
        let body = body.collect::<Vec<_>>().join("&");
        self.app.handle("POST", path, body.as_bytes())
    }

    fn subject(&self, n: u32) -> String {
        format!("{}-{n}", self.household)
    }

    /// Leaves a field, as the script does.
    pub(crate) fn fill(&self, n: u32, item: &str, written: &str) -> String {
        let value = format!("v:{item}");
        let path = format!("/visit/{}/field", self.subject(n));
        words(&self.post(&path, &[("item", item), (&value, written)]))
    }

    /// Leaves a field of the household whose page stands at `at`.
    pub(crate) fn fill_at(&self, at: &str, item: &str, written: &str) -> String {
        let value = format!("v:{item}");
        let form = [("item", item), (value.as_str(), written)];
        words(&self.post(&format!("{at}/field"), &form))
    }

    pub(crate) fn identify(&self, n: u32, name: &str, phone: &str) -> Answered {
        let form = [
            ("head:name", name),
            ("head:id", ID_NUMBER),
            ("head:phone", phone),
            ("go", "next"),
        ];
        self.post(&format!("/visit/{}/people", self.subject(n)), &form)
    }

    pub(crate) fn agree(&self, n: u32, classes: &[&str]) -> Answered {
        let mut form = vec![
            ("person", "head"),
            ("purpose", "credit_rating"),
            ("until", "2028-10-31"),
            ("signature", DRAWN),
            ("go", "next"),
        ];
        form.extend(classes.iter().map(|class| ("class", *class)));
        self.post(&format!("/visit/{}/consent", self.subject(n)), &form)
    }

    /// A visit from the first field to the seal under a drawn signature.
    pub(crate) fn visit(&self, n: u32) {
        self.draft_h01(n);
        let form = [("by", "drawing"), ("signature", DRAWN)];
        let slip = words(&self.post(&format!("/visit/{}/seal", self.subject(n)), &form));
        assert!(slip.contains("短码"), "{slip}");
    }

    /// Fills in every field of worked case H-01.
    pub(crate) fn draft_h01(&self, n: u32) {
        self.identify(n, "示例", "13900000001");
        self.agree(n, &["income", "insurance", "real_estate"]);
        for observation in h01() {
            self.put(n, &observation);
        }
    }

    fn put(&self, n: u32, observation: &Observation) {
        let item = Catalogue::builtin().get(&observation.item).unwrap();
        let path = observation.item.as_str();
        let name = |part: &str| format!("{part}:{path}");
        let unit = match &item.kind {
            Kind::Quantity { unit, .. } => unit.as_str(),
            _ => "",
        };
        let (written, state) = match &observation.state {
            State::Known(Value::Int(n)) => (n.to_string(), "known"),
            State::Known(Value::Text(text)) => (text.clone(), "known"),
            State::NotApplicable => (String::new(), "not_applicable"),
            State::Unknown => (String::new(), "unknown"),
            State::Refused => (String::new(), "refused"),
        };
        let evidence = match observation.evidence {
            Evidence::A => "A",
            Evidence::B => "B",
            Evidence::C => "C",
            Evidence::D => "D",
        };
        let form = [
            ("item", path),
            (&name("v"), &written),
            (&name("u"), unit),
            (&name("s"), state),
            (&name("e"), evidence),
        ];
        let kept = self.post(&format!("/visit/{}/field", self.subject(n)), &form);
        assert!(
            words(&kept).contains("\"error\":null"),
            "{path}: {}",
            words(&kept)
        );
    }
}

fn start(folder: &Path, link: &Arc<Link>, clock: &Arc<Standing>) -> FieldApp {
    FieldApp::start(Ground {
        data: folder.to_owned(),
        clock: clock.clone(),
        transport: link.clone(),
        entropy: entropy(9),
        platform: Arc::new(KeyFiles::plain(&folder.join("secrets"))),
        cost: Argon2Cost {
            memory_kib: 8,
            passes: 1,
        },
    })
    .unwrap()
}

pub(crate) fn words(answered: &Answered) -> String {
    assert!(
        !(300..400).contains(&answered.status),
        "a redirect ends a WebView"
    );
    String::from_utf8(answered.body.clone()).unwrap()
}

fn coded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
