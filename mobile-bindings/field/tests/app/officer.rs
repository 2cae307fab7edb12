//! The officer: opens pages, fills in fields, presses buttons.

use std::path::Path;
use std::sync::Arc;

use itgel_device::http::HttpError;
use itgel_device::sync::{Progress, SyncError, SyncReport, run};
use itgel_device::wipe::WipedWord;
use itgel_device::{Argon2Cost, Device, Enrolment, GivenSecret};
use itgel_domain::catalogue::{Catalogue, Kind};
use itgel_domain::file::chain::DeviceSigner;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::time::AtMs;
use itgel_domain::trust::Invitation;
use itgel_field::{Answered, Clock, FieldApp, Ground, Transport};
use tempfile::TempDir;

use crate::server::Server;
use crate::world::{ID_NUMBER, PLATFORM, entropy, h01, now, server, subject};

pub(crate) const PIN: &str = "135790";

/// A PNG of one point, as a page sends what was drawn.
pub(crate) const DRAWN: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==";

struct Standing;

impl Clock for Standing {
    fn now(&self) -> AtMs {
        now()
    }

    fn steady_ms(&self) -> u64 {
        60_000
    }
}

/// The way to the test server; off, it is a place without signal.
struct Link {
    server: Arc<Server>,
    enrolled: std::sync::Mutex<u8>,
}

impl Transport for Link {
    fn enrol(&self, invitation: &str, signer: &dyn DeviceSigner) -> Result<Enrolment, HttpError> {
        let invitation: Invitation = invitation.parse()?;
        assert!(invitation.is_of(&self.server.public_key()));
        let mut enrolled = self.enrolled.lock().unwrap();
        *enrolled += 1;
        let enrolment = Enrolment {
            device: format!("d{enrolled}").parse().unwrap(),
            officer: format!("o{enrolled}").parse().unwrap(),
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
        let mut told = |step| progress(step);
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
    folder: TempDir,
}

impl Officer {
    /// Before anybody was enrolled on the device.
    pub(crate) fn with_a_new_device(households: u32) -> Self {
        let (folder, server) = (tempfile::tempdir().unwrap(), Arc::new(server(households)));
        let app = start(folder.path(), &server);
        Self {
            app,
            server,
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
        self.app = start(self.folder.path(), &self.server);
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
        let page = self.get("/");
        let value = page.split("name=\"officer\" value=\"").nth(1).unwrap();
        let folder = value.split('"').next().unwrap();
        self.post("/unlock", &[("officer", folder), ("pin", PIN)])
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

    /// Leaves a field, as the script does.
    pub(crate) fn fill(&self, n: u32, item: &str, written: &str) -> String {
        let value = format!("v:{item}");
        let path = format!("/visit/{}/field", subject(n));
        words(&self.post(&path, &[("item", item), (&value, written)]))
    }

    pub(crate) fn identify(&self, n: u32, name: &str, phone: &str) -> Answered {
        let form = [
            ("head:name", name),
            ("head:id", ID_NUMBER),
            ("head:phone", phone),
            ("go", "next"),
        ];
        self.post(&format!("/visit/{}/people", subject(n)), &form)
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
        self.post(&format!("/visit/{}/consent", subject(n)), &form)
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
        let kept = self.post(&format!("/visit/{}/field", subject(n)), &form);
        assert!(
            words(&kept).contains("\"error\":null"),
            "{path}: {}",
            words(&kept)
        );
    }
}

fn start(folder: &Path, server: &Arc<Server>) -> FieldApp {
    FieldApp::start(Ground {
        data: folder.to_owned(),
        clock: Arc::new(Standing),
        transport: Arc::new(Link {
            server: Arc::clone(server),
            enrolled: std::sync::Mutex::new(0),
        }),
        entropy: entropy(9),
        platform: Arc::new(GivenSecret::new(PLATFORM)),
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
