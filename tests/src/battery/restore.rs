//! R09: the server is lost and comes back from yesterday's backup; the devices bring the rest.

use std::sync::Arc;

use itgel::demo::plan::plan;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::hello::Hello;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::store::device::DeviceStatus;
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, auth, backup, setup, store};

use super::fleet::days_without_signal;
use super::{Row, Size};
use crate::{Collector, World};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R09",
    what: "the server restored from yesterday's backup, a device enrolled and one revoked since; every device synchronises again",
    figure: "nothing that had a receipt is lost, the break stands signed in the log, no alarm",
    run: restored_from_yesterday,
}];

fn restored_from_yesterday(size: Size) -> Vec<String> {
    let devices = size.pick(5, 200);
    let households = size.pick(4, 10);
    let world = World::with_fleet(devices * households, devices);
    let visits = plan(&world.sample);
    let teams = world.sample.teams.iter();
    let (early, late) = teams.as_slice().split_at(world.sample.teams.len() - 1);
    let enrol = |team| Collector::enrol(&world, team);
    let mut crews: Vec<Collector> = early.iter().map(enrol).collect();
    for (crew, visits) in crews.iter().zip(&visits) {
        crew.synchronise();
        days_without_signal(crew, &visits[..visits.len() / 2]);
        crew.synchronise();
    }
    let taken = backup::take(&world.service, &world.path("backups"));
    let taken = taken.unwrap();
    crews.extend(late.iter().map(enrol));
    for crew in &crews[early.len()..] {
        crew.synchronise();
    }
    for (crew, visits) in crews.iter().zip(&visits) {
        days_without_signal(crew, &visits[visits.len() / 2..]);
        crew.synchronise();
    }
    // One more of the backup is ordered to delete its store; it has not heard of it yet.
    let lost = crews.len() - 2;
    order_wipe(&world, &crews[lost]);
    let received = chains(&world.service, &crews);
    let restored = restore(&world, &taken.path, "restored.db");
    let before: u64 = chains(&restored, &crews).iter().map(|head| head.seq).sum();
    let all: u64 = received.iter().map(|head| head.seq).sum();
    come_back(&restored, &crews, lost);
    assert_eq!(chains(&restored, &crews), received, "something was lost");
    for crew in &crews {
        let quiet = crew.synchronise_over(&session(&restored, crew));
        let quiet = quiet.unwrap();
        assert!(
            quiet.mismatches.is_empty() && quiet.received == 0,
            "{quiet:?}"
        );
        assert!(
            crew.device
                .log_alarms()
                .is_ok_and(|alarms| alarms.is_empty())
        );
    }
    assert_break_is_signed(&restored, &crews[0]);
    drop(restored);
    // The operator does it once more, from the same file.
    let again = restore(&world, &taken.path, "restored-again.db");
    come_back(&again, &crews, lost);
    assert_eq!(chains(&again, &crews), received, "lost the second time");
    vec![format!(
        "{devices} devices: {} of {all} records were missing in the backup and came back, those of \
         a device enrolled since among them; one revoked since stays revoked",
        all - before
    )]
}

/// Every device synchronises with a restored server, the one that was enrolled after the backup as
/// well; the one with this number was revoked after it, and its order stands.
fn come_back(restored: &Service, crews: &[Collector], lost: usize) {
    for (crew, number) in crews.iter().zip(0..) {
        let session = session(restored, crew);
        let expected = match number == lost {
            true => DeviceStatus::Revoked,
            false => DeviceStatus::Active,
        };
        assert_eq!(session.device.status, expected, "device {number}");
        let report = crew.synchronise_over(&session).unwrap();
        assert!(report.epoch_changed && report.waiting == 0, "{report:?}");
        assert!(!report.log_forked && !report.log_went_back, "{report:?}");
        assert_eq!(report.wipe_ordered, number == lost, "{report:?}");
    }
}

fn order_wipe(world: &World, crew: &Collector) {
    let device = crew.device.id().unwrap();
    let operator = setup::operator(world.sample.banner.code);
    let now = world.service.now();
    auth::trust::order_wipe(&world.service, &operator, &device, now).unwrap();
}

/// Where the chain of every device stands.
fn chains(service: &Service, crews: &[Collector]) -> Vec<itgel_domain::file::chain::ChainHead> {
    let head = |crew: &Collector| {
        let session = session(service, crew);
        let row = service
            .store
            .read(|c| store::chain::get(c, &session.device.id, 0));
        let start = itgel_domain::file::chain::ChainHead::start(&session.device.id, 0);
        row.unwrap().map_or(start, |row| row.head)
    };
    crews.iter().map(head).collect()
}

fn session(service: &Service, crew: &Collector) -> DeviceSession {
    let id = crew.device.id().unwrap();
    let record = service.store.read(|c| store::device::get(c, &id));
    DeviceSession::new(service.clone(), record.unwrap().unwrap())
}

/// The backup as a server of its own, under the same keys.
fn restore(world: &World, from: &std::path::Path, name: &str) -> Service {
    let config = Config {
        database: world.path(name),
        ..world.service.config.as_ref().clone()
    };
    let keys = || ServerKeys::read(&config.keys).unwrap();
    let clock = world.clock();
    backup::restore(&config, keys(), Arc::clone(&clock), from).unwrap();
    Service::open(config.clone(), keys(), clock).unwrap()
}

fn assert_break_is_signed(service: &Service, crew: &Collector) {
    let session = session(service, crew);
    let device = session.device.id.clone();
    let hello = Hello {
        protocol: itgel_domain::sync::VERSION,
        head: itgel_domain::file::chain::ChainHead::start(&device, 0),
        device,
        incarnation: 0,
        epoch: 0,
        cursors: Vec::new(),
        clock: service.now(),
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [0; 16],
    };
    let answer = session.hello(&hello).unwrap();
    let restored = answer.restored.unwrap();
    assert_eq!(restored.epoch, answer.epoch);
    let key = service.keys.public_key();
    restored.verify(&key).unwrap();
    let leaf = itgel_domain::hash::Hash::of_file(&restored.message());
    let leaf = itgel_domain::log::leaf_hash(itgel_domain::log::LeafKind::Access, &leaf);
    let leaves = service.store.read(|c| store::log::list_leaves(c, 0));
    let leaves = leaves.unwrap();
    let place = usize::try_from(restored.log.size).unwrap();
    assert_eq!(leaves[place], leaf, "the break stands where it says");
}
