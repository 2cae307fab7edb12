//! A day in the field of people who stand nowhere else, through the app, the device library and a
//! running server: nobody hears of them in what the three say of it, or sees them beside the stores.

#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

#[path = "../../server/tests/http/listen.rs"]
mod listen;

use std::path::Path;
use std::sync::Arc;

use itgel_domain::identity::Person;
use itgel_domain::trust::Invitation;
use itgel_field::FieldApp;
use itgel_fixtures::canary;
use itgel_server::{ServiceError, store};
use itgel_tests::World;
use itgel_tests::app::{self, Way};

const PIN: &str = "135790";

/// An officer with the app in the hand.
struct Officer<'w> {
    world: &'w World,
    way: Arc<Way>,
    app: FieldApp,
}

impl<'w> Officer<'w> {
    fn at_work(world: &'w World) -> Self {
        let folder = world.path("field");
        std::fs::create_dir(&folder).unwrap();
        let way = Way::to(world);
        let app = app::start(&folder, &way, &world.clock());
        let officer = Self { world, way, app };
        let code = &world.sample.teams[1].collector.code;
        let key = world.service.keys.public_key();
        let invitation = Invitation::new(world.address(), code, &key).to_string();
        assert_eq!(officer.enrol(&invitation, PIN), 200);
        officer.wait();
        officer
    }

    fn enrol(&self, invitation: &str, pin: &str) -> u16 {
        let form = [("invitation", invitation), ("pin", pin), ("again", pin)];
        self.post("/enrol", &form)
    }

    /// Waits until the synchronisation has ended.
    fn wait(&self) {
        self.world.until("the synchronisation", || {
            let job = self.app.handle("GET", "/api/jobs/sync", b"");
            let job = String::from_utf8(job.body).unwrap();
            job.contains("\"running\":false").then_some(())
        });
    }

    fn synchronise(&self) {
        self.post("/sync", &[]);
        self.wait();
    }

    fn get(&self, path: &str) -> u16 {
        self.app.handle("GET", path, b"").status
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> u16 {
        let fields = form.iter().map(|(name, value)| {
            let (name, value) = (canary::in_address(name), canary::in_address(value));
            format!("{name}={value}")
        });
        let body = fields.collect::<Vec<_>>().join("&");
        self.app.handle("POST", path, body.as_bytes()).status
    }

    /// Writes down who lives in a household, and looks for him.
    fn meet(&self, at: &str, person: &Person) {
        let text = |field: &'_ Option<String>| field.clone().unwrap();
        let (mn, number) = (text(&person.name_mn), text(&person.id_number));
        let form = [
            ("head:name", person.full_name.as_str()),
            ("head:mn", &mn),
            ("head:id", &number),
            ("head:phone", &text(&person.phone)),
            ("go", "next"),
        ];
        assert_eq!(self.post(&format!("{at}/people"), &form), 200);
        let (gacha, name) = (
            self.world.gacha().code,
            canary::in_address(&person.full_name),
        );
        assert_eq!(self.get(&format!("/?gacha={gacha}&q={name}")), 200);
    }

    /// Everything that can be written where it does not belong.
    fn blunder(&self, at: &str, person: &Person) {
        let (name, number) = (&person.full_name, person.id_number.as_deref().unwrap());
        let coded = canary::in_address(name);
        let no_number = format!("{}A", &number[..17]);
        let half = [("head:name", name.as_str()), ("head:id", &no_number)];
        let misplaced = [("item", name.as_str()), ("v:herd.sheep", number)];
        let refused = [
            self.post(&format!("{at}/people"), &half),
            self.post(&format!("{at}/field"), &misplaced),
            self.get(&format!("/visit/{coded}")),
            self.get(&format!("/{coded}?phone={number}")),
            self.post("/sync/answer", &[("answer", name)]),
            self.enrol(name, &number[..6]),
        ];
        assert!(refused.iter().all(|status| *status >= 200));
        assert!(refused.iter().filter(|status| **status >= 400).count() >= 2);
    }
}

/// The canaries that stand in the files of a folder in clear.
fn seen_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let seen = paths.flat_map(|path| match path.is_dir() {
        true => seen_in(&path),
        false => canary::found_in(&String::from_utf8_lossy(&std::fs::read(path).unwrap())),
    });
    seen.collect()
}

#[test]
fn sec_t32_nobody_stands_in_what_server_device_and_app_say_of_a_day_in_the_field() {
    let listening = listen::listen();
    let world = World::with_households(60);
    let officer = Officer::at_work(&world);
    let homes = world.households().iter().cycle();
    for (person, home) in canary::people().iter().zip(homes) {
        let at = format!("/visit/{}", home.subject);
        officer.meet(&at, person);
        if person.id_number.as_ref().is_some_and(|n| n.ends_with('0')) {
            officer.blunder(&at, person);
        }
    }
    officer.way.set_signal(false);
    officer.synchronise();
    officer.way.set_signal(true);
    officer.synchronise();
    // What the app cannot write it says.
    let settings = world.path("field").join("settings.json");
    drop(std::fs::remove_file(&settings));
    std::fs::create_dir(settings).unwrap();
    officer.post("/language", &[("lang", "en")]);

    let arrived = world.service.store.read(|c| {
        let sql = "select count(*) from envelope";
        Ok::<i64, ServiceError>(c.query_row(sql, [], |row| row.get(0))?)
    });
    let arrived = arrived.unwrap();
    assert!(arrived >= i64::from(canary::PEOPLE), "{arrived} arrived");
    let audit = world
        .service
        .store
        .read(|c| store::log::list_audit(c, 0, 10_000));
    let log = listening.said();
    for speaker in [" itgel_server", " itgel_field"] {
        assert!(log.contains(speaker), "{speaker} was not heard");
    }
    assert_eq!(canary::found_in(&log), Vec::<String>::new());
    let audit = format!("{:?}", audit.unwrap());
    assert_eq!(canary::found_in(&audit), Vec::<String>::new());
    assert_eq!(seen_in(&world.path("field")), Vec::<String>::new());
}
