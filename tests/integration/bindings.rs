//! What Kotlin, Swift and Python call, called from Rust with a running server: whatever a host does
//! wrong, and wherever it stops, the store is whole and every error says which and why. The
//! languages themselves are in `tests/bindings`. Everything is synthetic (示例).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and a host may go down"
)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use itgel_domain::catalogue::Restricted;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::trust::Invitation;
use itgel_fixtures::Household;
use itgel_mobile::{
    ConsentGiven, EvidenceLevel, FieldApp, FieldError, FieldStore, Finding, Found, HeaderLine,
    HostCall, HostClock, HostError, HostKeys, HostReply, HostTransport, Launch, Person,
    SecondSignature, Standing, SyncListener, SyncStep,
};
use itgel_tests::World;
use jiff::ToSpan as _;

const PIN: &str = "135790";

/// A PNG of one point.
const SIGNATURE: &[u8] =
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==";

/// More requests than any synchronisation here has.
const ENOUGH: usize = 60;

#[test]
fn errors_reached_a_host_without_their_code_or_words() {
    let scene = Scene::new();
    let (household, store) = (&scene.world.households()[0], &scene.store);
    let (subject, campaign) = scene.names(household);
    let refused = scene.app.enrol("no invitation".into(), PIN.into());
    told(&refused.unwrap_err(), "enrolment.invitation");

    let counted = |item: &str, value| Finding {
        item: item.into(),
        found: Found::Number { value },
        evidence: EvidenceLevel::C,
        observed_on: scene.world.today().to_string(),
    };
    let names = || (subject.clone(), campaign.clone());
    let both = vec![counted("herd.sheep", 5), counted("", 1)];
    let refused = store.put_values(names().0, names().1, both).unwrap_err();
    told(&refused, "request.malformed");
    let drafted = || store.visit(names().0, names().1).unwrap().findings;
    assert!(drafted().is_empty(), "all of them or none");
    let below = vec![counted("herd.sheep", -5)];
    store.put_values(names().0, names().1, below).unwrap();
    let checked = store.check(names().0, names().1).unwrap();
    let fault = checked
        .faults
        .iter()
        .find(|fault| fault.item == "herd.sheep");
    assert!(!fault.unwrap().text.is_empty() && fault.unwrap().code.contains('.'));
    let second = SecondSignature::Drawn {
        picture: signature(),
    };
    let refused = store.seal(subject.clone(), campaign.clone(), second);
    let FieldError::Invalid { faults, .. } = refused.unwrap_err() else {
        panic!("an empty visit was sealed")
    };
    assert!(faults.len() > 1, "all that is wrong at once: {faults:?}");

    scene.host.goes_wrong(0, Wrong::Throws);
    let offline = store.sync(None).unwrap_err();
    assert!(matches!(offline, FieldError::Offline { .. }), "{offline:?}");
    told(&offline, "");

    scene.app.lock();
    let locked = store.state().unwrap_err();
    told(&locked, "store.locked");
    let key = scene.app.enrolled()[0].key.clone();
    let wrong = scene.app.unlock(key.clone(), "000000".into()).unwrap_err();
    let FieldError::Locked { tries_left, .. } = &wrong else {
        panic!("{wrong:?}")
    };
    assert_eq!(*tries_left, Some(9));
    told(&wrong, "");
    let store = scene.app.unlock(key, PIN.into()).unwrap();
    let drafted = store.visit(subject, campaign).unwrap().findings;
    assert_eq!(drafted.len(), 1, "what was drafted outlives the lock");
}

#[test]
fn a_synchronisation_that_was_cancelled_at_some_step_lost_or_doubled_a_record() {
    let scene = Scene::new();
    let household = &scene.world.households()[0];
    scene.seal(household);
    for steps in 0..ENOUGH {
        let listener = Arc::new(Listener::of(steps, Wrong::Stops));
        let ended = scene.store.sync(Some(Arc::clone(&listener) as Arc<_>));
        scene.is_whole(household);
        match ended {
            Err(error) => told(&error, "sync.stopped"),
            Ok(outcome) => {
                assert!(steps > 1, "it was never stopped");
                assert_eq!((outcome.waiting, outcome.set_aside), (0, 0));
                assert!(!listener.was_wrong.load(Ordering::SeqCst));
                return scene.is_received(household);
            }
        }
    }
    panic!("it never came through");
}

#[test]
fn a_host_that_throws_goes_down_or_loses_an_answer_left_a_store_that_is_not_whole() {
    let scene = Scene::new();
    let wrongs = [Wrong::Throws, Wrong::LosesTheAnswer, Wrong::GoesDown];
    for (household, wrong) in scene.world.households().iter().zip(wrongs) {
        scene.seal(household);
        let mut tries = 0;
        loop {
            scene.host.goes_wrong(tries, wrong);
            let ended = catch_unwind(AssertUnwindSafe(|| scene.store.sync(None)));
            scene.is_whole(household);
            match (ended, wrong) {
                (Ok(Ok(_)), _) => break,
                (Ok(Err(FieldError::Offline { .. })), Wrong::Throws | Wrong::LosesTheAnswer)
                | (Err(_), Wrong::GoesDown) => {}
                (ended, _) => panic!("{wrong:?} at request {tries}: {ended:?}"),
            }
            tries += 1;
            assert!(tries < ENOUGH, "it never came through");
        }
        assert!(tries > 1, "{wrong:?}: nothing went wrong");
        scene.is_received(household);
    }
}

#[test]
fn a_listener_that_throws_or_goes_down_kept_others_from_synchronising() {
    let scene = Scene::new();
    let [first, second] = [0, 1].map(|n| &scene.world.households()[n]);
    scene.seal(first);
    let thrown = scene
        .store
        .sync(Some(Arc::new(Listener::of(0, Wrong::Throws))));
    assert_eq!(thrown.unwrap().waiting, 0, "it is asked no more");
    scene.is_received(first);
    scene.seal(second);
    let listener = Arc::new(Listener::of(0, Wrong::GoesDown));
    let ended = catch_unwind(AssertUnwindSafe(|| scene.store.sync(Some(listener))));
    assert!(ended.is_err());
    scene.is_whole(second);
    assert_eq!(scene.store.sync(None).unwrap().waiting, 0);
    scene.is_received(second);
}

#[test]
fn a_clock_of_the_host_that_throws_stopped_the_work() {
    let world = World::with_households(150);
    let app = FieldApp::start(
        launch(&world, "app"),
        Arc::new(Keys::default()),
        Some(Arc::new(Clock(Mutex::new(None)))),
        None,
        None,
    );
    let page = app.unwrap().handle(itgel_mobile::Request {
        method: "GET".into(),
        path: "/enrol".into(),
        body: Vec::new(),
    });
    assert_eq!(page.status, 200);
}

#[test]
fn a_key_store_of_the_host_that_throws_cost_a_try_or_the_store() {
    let scene = Scene::new();
    let made = scene.keys.names();
    assert_eq!(made.len(), 1, "one key for the one store: {made:?}");
    scene.app.lock();
    let key = scene.app.enrolled()[0].key.clone();
    let unlock = |pin: &str| scene.app.unlock(key.clone(), pin.into());
    for _ in 0..12 {
        scene.keys.throws_at(Some("open"));
        let silent = unlock(PIN).unwrap_err();
        let is_counted = !matches!(
            silent,
            FieldError::Locked {
                tries_left: None,
                ..
            }
        );
        assert!(!is_counted, "{silent:?}");
        told(&silent, "store.locked");
    }
    scene.keys.throws_at(Some("make"));
    assert!(unlock(PIN).is_ok(), "it counts under the key that is there");
    scene.app.lock();
    scene.keys.throws_at(None);
    for left in (1..=9).rev() {
        let wrong = unlock("000000").unwrap_err();
        let is_left = matches!(wrong, FieldError::Locked { tries_left: Some(n), .. } if n == left);
        assert!(is_left, "{wrong:?}");
    }
    told(&unlock("000000").unwrap_err(), "store.locked");
    told(&unlock(PIN).unwrap_err(), "store.locked");
    assert!(scene.keys.names().is_empty(), "no key is left");
}

/// The error has this code, if one is named, and words.
fn told(error: &FieldError, code: &str) {
    let (FieldError::Unexpected { text, .. }
    | FieldError::SignInRequired { text, .. }
    | FieldError::NotAllowed { text, .. }
    | FieldError::Conflict { text, .. }
    | FieldError::Invalid { text, .. }
    | FieldError::Offline { text, .. }
    | FieldError::StorageFull { text, .. }
    | FieldError::Locked { text, .. }) = error;
    let said = error.to_string();
    assert!(said == code || code.is_empty(), "{said}, not {code}");
    assert!(said.contains('.') && !text.is_empty(), "{error:?}");
}

/// An officer with the program, the world's clock, and a host that may do wrong.
struct Scene {
    app: Arc<FieldApp>,
    store: Arc<FieldStore>,
    host: Arc<Host>,
    keys: Arc<Keys>,
    // Ends last.
    world: World,
}

impl Scene {
    /// Enrolled, with the first download done.
    fn new() -> Self {
        let world = World::with_households(150);
        let clock = Clock(Mutex::new(Some(world.now().0)));
        let host = Arc::new(Host::default());
        let transport = Arc::clone(&host) as Arc<dyn HostTransport>;
        let launch = launch(&world, "app");
        let keys = Arc::new(Keys::default());
        let clock = Some(Arc::new(clock) as Arc<dyn HostClock>);
        let app = FieldApp::start(launch, keys.clone(), clock, Some(transport), None).unwrap();
        let code = &world.sample.teams[1].collector.code;
        let key = world.service.keys.public_key();
        let invitation = Invitation::new(world.address(), code, &key).to_string();
        let store = app.enrol(invitation, PIN.into()).unwrap();
        assert_eq!(store.sync(None).unwrap().waiting, 0);
        Self {
            app,
            store,
            host,
            keys,
            world,
        }
    }

    fn names(&self, household: &Household) -> (String, String) {
        let cycle = self.world.cycle.id.to_string();
        (household.subject.to_string(), cycle)
    }

    /// A whole visit, up to the seal.
    fn seal(&self, household: &Household) {
        let (subject, campaign) = self.names(household);
        let people = household.identity.people.iter().map(|one| Person {
            role: one.role.clone(),
            full_name: one.full_name.clone(),
            name_mn: None,
            id_number: one.id_number.clone(),
            phone: one.phone.clone(),
        });
        let store = &self.store;
        store.put_people(subject.clone(), people.collect()).unwrap();
        let consent = ConsentGiven {
            person: "head".into(),
            text_version: "sample-1".into(),
            language: "zh-CN".into(),
            purposes: vec!["credit_rating".into()],
            categories: Restricted::ALL
                .iter()
                .map(|class| class.as_str().to_owned())
                .collect(),
            recipients: Vec::new(),
            until: self.world.today().saturating_add(1.year()).to_string(),
            signature: signature(),
        };
        store
            .put_consent(subject.clone(), campaign.clone(), consent)
            .unwrap();
        let found = household.found.iter().map(finding).collect();
        store
            .put_values(subject.clone(), campaign.clone(), found)
            .unwrap();
        let second = SecondSignature::Drawn {
            picture: signature(),
        };
        store.seal(subject, campaign, second).unwrap();
    }

    /// Everything that was written is there once, and the store is at work.
    fn is_whole(&self, household: &Household) {
        let (subject, campaign) = self.names(household);
        let store = &self.store;
        assert!(store.state().is_ok());
        let visit = store.visit(subject.clone(), campaign.clone()).unwrap();
        assert_eq!(visit.people.len(), household.identity.people.len());
        let records = store.records(subject.clone(), campaign.clone()).unwrap();
        assert_eq!(
            records.len(),
            2,
            "who lives there, and the visit: {records:?}"
        );
        store.grade(subject, campaign).unwrap();
    }

    /// The server has it all, once.
    fn is_received(&self, household: &Household) {
        let (subject, campaign) = self.names(household);
        let records = self.store.records(subject, campaign).unwrap();
        let is_received = |one: &Standing| matches!(one, Standing::Received { .. });
        assert!(
            records.len() == 2 && records.iter().all(|one| is_received(&one.standing)),
            "{records:?}"
        );
    }
}

fn launch(world: &World, folder: &str) -> Launch {
    Launch {
        data_folder: world.path(folder).display().to_string(),
        root_pem: None,
        synchronises_itself: false,
    }
}

fn signature() -> Vec<u8> {
    data_encoding::BASE64.decode(SIGNATURE).unwrap()
}

fn finding(observation: &Observation) -> Finding {
    let found = match observation.state.clone() {
        State::Known(Value::Int(value)) => Found::Number { value },
        State::Known(Value::Text(value)) => Found::Words { value },
        State::NotApplicable => Found::NotApplicable,
        State::Unknown => Found::Unknown,
        State::Refused => Found::Refused,
    };
    Finding {
        item: observation.item.to_string(),
        found,
        evidence: match observation.evidence {
            Evidence::A => EvidenceLevel::A,
            Evidence::B => EvidenceLevel::B,
            Evidence::C => EvidenceLevel::C,
            Evidence::D => EvidenceLevel::D,
        },
        observed_on: observation.observed_on.to_string(),
    }
}

/// What a host can do wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Wrong {
    /// An exception before anything was done.
    #[default]
    Throws,
    /// The server had it, its answer never came.
    LosesTheAnswer,
    /// A panic in the middle of a call.
    GoesDown,
    /// It asks to stop.
    Stops,
}

fn thrown() -> HostError {
    HostError::Failed {
        reason: "the antenna fell off".into(),
    }
}

/// A way to the server of which one request goes wrong.
#[derive(Default)]
struct Host {
    plan: Mutex<Option<(usize, Wrong)>>,
}

impl Host {
    /// The request after so many others goes wrong.
    fn goes_wrong(&self, after: usize, wrong: Wrong) {
        *self.plan.lock().unwrap() = Some((after, wrong));
    }

    /// What goes wrong with this request.
    fn wrong(&self) -> Option<Wrong> {
        let mut plan = self.plan.lock().unwrap();
        match *plan {
            Some((0, wrong)) => {
                *plan = None;
                Some(wrong)
            }
            Some((after, wrong)) => {
                *plan = Some((after - 1, wrong));
                None
            }
            None => None,
        }
    }
}

impl HostTransport for Host {
    fn post(&self, call: HostCall) -> Result<HostReply, HostError> {
        match self.wrong() {
            None => Ok(carried(&call)),
            Some(Wrong::GoesDown) => panic!("the host went down"),
            Some(Wrong::LosesTheAnswer) => {
                carried(&call);
                Err(thrown())
            }
            Some(_) => Err(thrown()),
        }
    }
}

fn carried(call: &HostCall) -> HostReply {
    let request = ureq::post(&call.url);
    let mut request = request.config().http_status_as_error(false).build();
    for line in &call.headers {
        request = request.header(&line.name, &line.value);
    }
    let mut answer = request.send(&call.body).unwrap();
    let headers = answer.headers().iter().map(|(name, value)| HeaderLine {
        name: name.to_string(),
        value: value.to_str().unwrap().to_owned(),
    });
    let headers = headers.collect();
    HostReply {
        status: answer.status().as_u16(),
        headers,
        body: answer.body_mut().read_to_vec().unwrap(),
    }
}

/// A key store that keeps what it seals to itself and gives out where it lies.
#[derive(Default)]
struct Keys {
    /// What was sealed under each key.
    kept: Mutex<BTreeMap<String, Vec<Vec<u8>>>>,
    throws: Mutex<Option<&'static str>>,
}

impl Keys {
    /// From now on this call throws.
    fn throws_at(&self, call: Option<&'static str>) {
        *self.throws.lock().unwrap() = call;
    }

    fn names(&self) -> Vec<String> {
        self.kept.lock().unwrap().keys().cloned().collect()
    }

    fn answers(&self, call: &str) -> Result<(), HostError> {
        match *self.throws.lock().unwrap() {
            Some(at) if at == call => Err(thrown()),
            _ => Ok(()),
        }
    }
}

impl HostKeys for Keys {
    fn make(&self, name: String) -> Result<(), HostError> {
        self.answers("make")?;
        self.kept.lock().unwrap().insert(name, Vec::new());
        Ok(())
    }

    fn seal(&self, name: String, open: Vec<u8>) -> Result<Vec<u8>, HostError> {
        let mut kept = self.kept.lock().unwrap();
        let sealed = kept.get_mut(&name).ok_or_else(thrown)?;
        sealed.push(open);
        Ok(vec![u8::try_from(sealed.len() - 1).unwrap()])
    }

    fn open(&self, name: String, sealed: Vec<u8>) -> Result<Option<Vec<u8>>, HostError> {
        self.answers("open")?;
        let kept = self.kept.lock().unwrap();
        let opened = kept
            .get(&name)
            .and_then(|all| all.get(usize::from(sealed[0])));
        Ok(opened.cloned())
    }

    fn destroy(&self, name: String) -> Result<(), HostError> {
        self.kept.lock().unwrap().remove(&name);
        Ok(())
    }
}

/// Hears of a synchronisation, and does wrong after so many steps.
struct Listener {
    after: usize,
    wrong: Wrong,
    heard: AtomicUsize,
    was_wrong: AtomicBool,
}

impl Listener {
    fn of(after: usize, wrong: Wrong) -> Self {
        Self {
            after,
            wrong,
            heard: AtomicUsize::new(0),
            was_wrong: AtomicBool::new(false),
        }
    }
}

impl SyncListener for Listener {
    fn stepped(&self, _: SyncStep) -> Result<bool, HostError> {
        if self.heard.fetch_add(1, Ordering::SeqCst) < self.after {
            return Ok(true);
        }
        self.was_wrong.store(true, Ordering::SeqCst);
        match self.wrong {
            Wrong::Stops => Ok(false),
            Wrong::GoesDown => panic!("the listener went down"),
            Wrong::Throws | Wrong::LosesTheAnswer => Err(thrown()),
        }
    }
}

/// A clock that stands, or throws.
struct Clock(Mutex<Option<i64>>);

impl HostClock for Clock {
    fn now_ms(&self) -> Result<i64, HostError> {
        self.0.lock().unwrap().ok_or_else(thrown)
    }
}
