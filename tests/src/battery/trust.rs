//! R12 and R23: the server's keys are handed on, a grant ends, a device is deleted, each in the middle
//! of something else.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use itgel_device::sync::{self, SyncReport};
use itgel_device::wipe::{self, Step, WipedWord};
use itgel_device::{Device, Error};
use itgel_domain::id::DeviceId;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::time::AtMs;
use itgel_server::auth::trust::{self, Wiped};
use itgel_server::config::{Config, SampleConfig};
use itgel_server::keys::{RetiredKeyDays, ServerKeys};
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, ServiceError, auth, log_check, store};
use zeroize::Zeroizing;

use super::seen::CutLink;
use super::{Row, Size};
use crate::bed::{self, Bed, Ground};
use crate::simulation::chance::Chance;

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "R12-trust",
        what: "the server's keys are handed on or a grant ends before any request of a synchronisation",
        figure: "1,000 schedules: at most one further attempt, nothing entered again, log and lists fit",
        run: handed_on,
    },
    Row {
        id: "R23",
        what: "a device that is ordered to delete its store, killed at each step",
        figure: "200 at each step: never deleted before its receipts, deleted in the end, the server told",
        run: deleted,
    },
];

const DAY_MS: i64 = 86_400_000;

/// Schedules on one set of files.
const OF_A_GROUND: u32 = 5;

// R12 ---------------------------------------------------------------------------------------

/// What happens between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// The announced keys take over, and the server is started with them.
    Keys,
    /// So many days pass.
    Days(i64),
}

/// A server whose keys stand in a file, under a clock that is moved.
struct Server {
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    service: RefCell<Option<Service>>,
    pairs: Cell<u8>,
}

/// A link on which something happens before one of its requests.
struct Changing<'a> {
    server: &'a Server,
    device: DeviceId,
    change: Change,
    before: u32,
    requests: Cell<u32>,
}

impl Server {
    fn over(ground: &Ground) -> Self {
        let folder = ground.server_folder();
        // The keys with which the devices of the bed were enrolled.
        let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
        ServerKeys::create(&folder.join("keys.toml"), &random).unwrap();
        let server = Self {
            folder,
            clock: Arc::new(AtomicI64::new(bed::now().0)),
            service: RefCell::default(),
            pairs: Cell::new(50),
        };
        server.start();
        server
    }

    fn now(&self) -> AtMs {
        AtMs(self.clock.load(Ordering::SeqCst))
    }

    fn keys(&self) -> PathBuf {
        self.folder.join("keys.toml")
    }

    /// Stops the server, if it runs, and starts it with the keys of its file.
    fn start(&self) {
        drop(self.service.borrow_mut().take());
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: "http://localhost".into(),
            database: self.folder.join("itgel.db"),
            keys: self.keys(),
            readers: 1,
            sample: SampleConfig::default(),
            limits: Default::default(),
            metrics_listen: None,
            retired_key_days: RetiredKeyDays::default(),
        };
        let (keys, clock) = (
            ServerKeys::read(&config.keys).unwrap(),
            Arc::clone(&self.clock),
        );
        let now = Arc::new(move || AtMs(clock.load(Ordering::SeqCst)));
        let service = Service::open(config, keys, now).unwrap();
        *self.service.borrow_mut() = Some(service);
    }

    fn service(&self) -> Service {
        self.service.borrow().clone().unwrap()
    }

    /// Announces the next keys, unless that was done.
    fn announce(&self) {
        let n = self.pairs.get();
        let pair = Zeroizing::new([[n; 32], [n + 1; 32]]);
        if ServerKeys::announce(&self.keys(), &pair, self.now()).is_ok() {
            self.pairs.set(n + 2);
            self.start();
        }
    }

    fn happens(&self, change: Change) {
        match change {
            Change::Days(days) => {
                self.clock.fetch_add(days * DAY_MS, Ordering::SeqCst);
            }
            Change::Keys => {
                self.announce();
                // Those who hear of the keys only now follow as well.
                ServerKeys::rotate(&self.keys(), self.now(), true, RetiredKeyDays::default())
                    .unwrap();
                self.start();
            }
        }
    }

    fn session(&self, device: &DeviceId) -> DeviceSession {
        let service = self.service();
        let record = service.store.read(|c| store::device::get(c, device));
        DeviceSession::new(service, record.unwrap().unwrap())
    }
}

impl Changing<'_> {
    fn next(&self) -> DeviceSession {
        let number = self.requests.get();
        self.requests.set(number + 1);
        if number == self.before {
            self.server.happens(self.change);
        }
        self.server.session(&self.device)
    }
}

impl SyncProtocol for Changing<'_> {
    type Error = ServiceError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, ServiceError> {
        self.next().hello(request)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, ServiceError> {
        self.next().push(request)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, ServiceError> {
        self.next().pull(request)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, ServiceError> {
        self.next().fetch(request)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, ServiceError> {
        self.next().send_chunk(request)
    }
}

fn handed_on(size: Size) -> Vec<String> {
    let schedules = size.pick(40, 1_000);
    let (bed, ground) = Bed::lay(40);
    let mut chance = Chance::new(12, 1);
    let (mut keys, mut days, mut again, mut done) = (0, 0, 0, 0);
    while done < schedules {
        let files = ground.copy();
        let server = Server::over(&files);
        let devices = [files.device(0).unwrap(), files.device(1).unwrap()];
        for _ in 0..OF_A_GROUND.min(schedules - done) {
            let change = match chance.below(4) {
                0 => Change::Days(46),
                1 => Change::Days(61),
                _ => Change::Keys,
            };
            if chance.below(2) == 0 {
                server.announce();
            }
            again += u32::from(one_schedule(
                &bed,
                &server,
                &devices[0],
                change,
                &mut chance,
            ));
            match change {
                Change::Keys => keys += 1,
                Change::Days(_) => days += 1,
            }
            done += 1;
        }
        // One that was away all the time follows, too, and nothing is missing on either side.
        let report = quiet(&server, &devices[1], 1);
        assert!(!report.log_forked && !report.log_went_back, "{report:?}");
        let check = log_check::verify(&server.service()).unwrap();
        assert_eq!(check.faults, [], "the log of before and after");
    }
    assert!(keys > 0 && days > 0, "both happened");
    vec![format!(
        "{schedules} schedules, keys handed on {keys} times, {days} grants ended: {again} needed a second attempt, none a third"
    )]
}

/// Writes a record and synchronises while something happens; whether that took two attempts.
fn one_schedule(
    bed: &Bed,
    server: &Server,
    device: &Device,
    change: Change,
    chance: &mut Chance,
) -> bool {
    let household = &bed.households[chance.below(bed.households.len())];
    device
        .put_note(&household.subject, "示例备注", server.now())
        .unwrap();
    let waiting = device.summary().unwrap().waiting;
    let link = Changing {
        server,
        device: bed::device_id(0),
        change,
        before: u32::try_from(chance.below(5)).unwrap(),
        requests: Cell::new(0),
    };
    let first = sync::run(device, &link, server.now(), &mut |_| {});
    if link.requests.get() <= link.before {
        server.happens(change);
    }
    let received = first.as_ref().map_or(0, |report| report.received);
    let through = first.is_ok_and(|report| report.waiting == 0);
    let second = quiet(server, device, 0);
    assert!(received + second.received >= waiting, "{second:?}");
    assert_eq!(device.summary().unwrap().waiting, 0);
    let alarms = device.log_alarms().unwrap();
    assert!(alarms.is_empty(), "{alarms:?}");
    !through
}

/// Synchronises without anything happening: everything goes through.
fn quiet(server: &Server, device: &Device, n: usize) -> SyncReport {
    let session = server.session(&bed::device_id(n));
    let report = sync::run(device, &session, server.now(), &mut |_| {}).unwrap();
    assert_eq!((report.waiting, report.refused), (0, 0), "{report:?}");
    assert!(report.mismatches.is_empty(), "{report:?}");
    report
}

// R23 ---------------------------------------------------------------------------------------

const STEPS: [Step; 4] = [Step::Closed, Step::Signed, Step::Destroyed, Step::Deleted];

fn deleted(size: Size) -> Vec<String> {
    let times = size.pick(4, 200);
    let (bed, ground) = Bed::lay(40);
    let mut chance = Chance::new(23, 0);
    let (mut cut, mut unsent) = (0, 0);
    for step in STEPS {
        for _ in 0..times {
            let (was_cut, waited) = one_deletion(&bed, &ground.copy(), step, &mut chance);
            cut += u32::from(was_cut);
            unsent += waited;
        }
    }
    vec![format!(
        "{} deletions, {times} killed at each of {} steps, {cut} links cut before: {unsent} records waited, all receipted first",
        times * STEPS.len(),
        STEPS.len()
    )]
}

/// A device with unsent records is ordered to delete its store; the link is cut, then the program is
/// killed behind `step`. Whether the cut came before the receipts, and how many records waited.
fn one_deletion(bed: &Bed, ground: &Ground, step: Step, chance: &mut Chance) -> (bool, u64) {
    let (service, device) = (ground.service().unwrap(), ground.device(0).unwrap());
    for _ in 0..=chance.below(4) {
        let household = &bed.households[chance.below(bed.households.len())];
        let put = device.put_note(&household.subject, "示例备注", bed::now());
        put.unwrap();
    }
    let waiting = device.summary().unwrap().waiting;
    let before = received(&service);
    order(bed, &service);
    let device = refused(ground, device, "unheard");
    let record = service
        .store
        .read(|c| store::device::get(c, &bed::device_id(0)));
    let session = || DeviceSession::new(service.clone(), record.as_ref().unwrap().clone().unwrap());
    let link = CutLink::after(session(), chance.below(4));
    let was_cut = sync::run(&device, &link, bed::now(), &mut |_| {}).is_err();
    let device = match device.summary().unwrap().waiting {
        0 => device,
        _ => refused(ground, device, "without its receipts"),
    };
    sync::run(&device, &session(), bed::now(), &mut |_| {}).unwrap();
    assert_eq!(device.summary().unwrap().waiting, 0);
    assert_eq!(
        received(&service),
        before + waiting,
        "the server has all of it"
    );
    let killed = device.obey_wipe_between(&mut |done| match done == step {
        true => Err(Error::Busy),
        false => Ok(()),
    });
    assert!(matches!(killed, Err(Error::Busy)), "{step:?}");
    let path = ground.device_path(0);
    if step == Step::Closed {
        // Nothing is gone yet; the order still stands.
        ground.device(0).unwrap().obey_wipe().unwrap();
    } else {
        assert!(ground.device(0).is_err(), "{step:?}: nothing opens it");
    }
    let word = wipe::resume(&path, bed::key_store(&path).as_ref())
        .unwrap()
        .unwrap();
    assert!(!path.exists(), "{step:?}");
    tell(&service, &word);
    wipe::told(&path).unwrap();
    assert_eq!(
        wipe::resume(&path, bed::key_store(&path).as_ref()).unwrap(),
        None
    );
    (was_cut, waiting)
}

/// The administrator of the banner orders the deletion.
fn order(bed: &Bed, service: &Service) {
    let officer = &bed.sample.administrator.officer;
    let actor = service.store.read(|c| auth::officer_actor(c, officer));
    trust::order_wipe(service, &actor.unwrap(), &bed::device_id(0), bed::now()).unwrap();
}

/// The store is not deleted now, and opens again.
fn refused(ground: &Ground, device: Device, why: &str) -> Device {
    let refused = device.obey_wipe();
    let is_known = matches!(refused, Err(Error::NoOrder | Error::Unreceipted(_)));
    assert!(is_known, "{why}: {refused:?}");
    ground.device(0).unwrap()
}

/// How far the server has the chain of the device.
fn received(service: &Service) -> u64 {
    let row = service
        .store
        .read(|c| store::chain::get(c, &bed::device_id(0), 0));
    row.unwrap().map_or(0, |row| row.head.seq)
}

fn tell(service: &Service, word: &WipedWord) {
    let told = Wiped {
        device: word.device.clone(),
        nonce: word.nonce.clone(),
        signature: word.signature.clone(),
    };
    // Told twice it is told once.
    trust::wiped(service, &told, bed::now()).unwrap();
    trust::wiped(service, &told, bed::now()).unwrap();
}
