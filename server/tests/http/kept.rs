//! What is decided about devices outlives the database: a server that was restored from a backup
//! knows whoever was enrolled, confirmed, frozen, revoked or ordered to be wiped since, whatever became
//! of the last line of its journal.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use itgel_disk::{Disk, Failure, Fault, Op};
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner, Suite};
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::policy::Actor;
use itgel_domain::trust::fingerprint;
use itgel_server::auth::{self, Confirmation, EnrolRequest, LiftRequest};
use itgel_server::config::Config;
use itgel_server::store::device::DeviceStatus;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::store::trust::WipeRow;
use itgel_server::sync::{self, DeviceSession};
use itgel_server::{Service, ServiceError, backup, store};
use itgel_text::Lang;

use crate::world::{World, keys};

/// What a database says of a device.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    status: Option<DeviceStatus>,
    number: Option<u32>,
    confirmed_by: Option<OfficerId>,
    wipe: Option<WipeRow>,
}

fn known(service: &Service, id: &DeviceId) -> Known {
    let read = service.store.read(|c| {
        let device = store::device::get(c, id)?;
        Ok::<_, store::StoreError>(Known {
            number: device
                .as_ref()
                .map(|_| store::device::number(c, id))
                .transpose()?,
            status: device.map(|device| device.status),
            confirmed_by: store::trust::confirmation(c, id)?.map(|(by, _)| by),
            wipe: store::trust::wipe(c, id)?,
        })
    });
    read.unwrap()
}

fn administrator(world: &World) -> Actor {
    let id = "administrator".parse().unwrap();
    let read = world.service.store.read(|c| auth::officer_actor(c, &id));
    read.unwrap()
}

/// A device that asked to be admitted and waits.
fn enrolled(world: &World, by: &Actor, officer: &str, seed: u8) -> DeviceId {
    let asked = asked(world, by, officer, seed);
    let now = world.service.now();
    auth::enrol(&world.service, &asked, now).unwrap().device
}

/// What a device says that asks to be admitted.
fn asked(world: &World, by: &Actor, officer: &str, seed: u8) -> EnrolRequest {
    let (now, officer) = (world.service.now(), officer.parse().unwrap());
    let code = auth::issue_enrolment(&world.service, by, &officer, Confirmation::Needed, now);
    EnrolRequest {
        code: code.unwrap().code,
        public_key: HEXLOWER.encode(&public_key(seed)),
        suite: Suite::Ed25519,
    }
}

/// Asks for a device until its line is in the journal and its commit has failed.
fn fail_to_commit(world: &World, by: &Actor, seed: u8) {
    let asked = asked(world, by, "collector", seed);
    let disk = Disk::over(world.dir.path()).unwrap();
    let service = opened(world).unwrap();
    let before = journal(world).len();
    for n in 1.. {
        disk.fail(Fault::once(n, Failure::Io).among(Op::CHANGES));
        let done = auth::enrol(&service, &asked, world.service.now());
        disk.heal();
        assert!(done.is_err(), "operation {n}");
        if journal(world).len() > before {
            return;
        }
    }
}

/// The devices that wait for their confirmation.
fn waiting(service: &Service, by: &Actor) -> Vec<DeviceId> {
    let read = service.store.read(|c| auth::waiting(c, by, Lang::ZhCn));
    read.unwrap().into_iter().map(|line| line.device).collect()
}

/// The same database, opened as at a start.
fn opened(world: &World) -> Result<Service, ServiceError> {
    let (config, now) = ((*world.service.config).clone(), world.service.now());
    Service::open(config, keys(), Arc::new(move || now))
}

fn journal(world: &World) -> Vec<u8> {
    std::fs::read(world.dir.path().join("journal.jsonl")).unwrap_or_default()
}

fn confirm(world: &World, by: &Actor, device: &DeviceId, seed: u8) {
    let words = itgel_text::fingerprint(Lang::ZhCn, &fingerprint::of(&public_key(seed)));
    auth::confirm(&world.service, by, device, &words, world.service.now()).unwrap();
}

fn public_key(seed: u8) -> Vec<u8> {
    SoftwareSigner::from_secret(&[seed; 32]).public_key()
}

/// The backup as a server of its own, beside the same keys and the same journal.
fn restored(world: &World, name: &str, from: &Path) -> Service {
    let config = beside(world, name);
    let now = world.service.now();
    let clock = || Arc::new(move || now);
    backup::restore(&config, keys(), clock(), from).unwrap();
    Service::open(config, keys(), clock()).unwrap()
}

fn beside(world: &World, name: &str) -> Config {
    Config {
        database: world.dir.path().join(name),
        ..(*world.service.config).clone()
    }
}

fn audited(service: &Service, action: &str) -> usize {
    let rows = service.store.read(|c| store::log::list_audit(c, 0, 10_000));
    let rows = rows.unwrap().into_iter();
    rows.filter(|row| row.action == action).count()
}

#[test]
fn sec_t26_a_restored_server_forgets_no_device_that_was_enrolled_confirmed_revoked_or_wiped_since()
{
    let world = World::new();
    let by = administrator(&world);
    let (gone, wiped) = (
        world.seat("collector", 11).device,
        world.seat("collector", 12).device,
    );
    let waits = enrolled(&world, &by, "collector", 13);
    let unsaid = world.seat("reviewer", 14).device;
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    let now = world.service.now();
    confirm(&world, &by, &waits, 13);
    let new = enrolled(&world, &by, "collector", 15);
    confirm(&world, &by, &new, 15);
    let pending = enrolled(&world, &by, "collector", 16);
    auth::revoke(&world.service, &by, &gone, now).unwrap();
    auth::trust::order_wipe(&world.service, &by, &wiped, now).unwrap();
    let after = restored(&world, "after.db", &taken.path);
    for (id, expected) in [
        (&gone, DeviceStatus::Revoked),
        (&wiped, DeviceStatus::Revoked),
        (&waits, DeviceStatus::Active),
        (&new, DeviceStatus::Active),
        (&pending, DeviceStatus::Pending),
        (&unsaid, DeviceStatus::Active),
    ] {
        let there = known(&after, id);
        assert_eq!(there, known(&world.service, id), "{id}");
        assert_eq!(there.status, Some(expected), "{id}");
    }
    assert_eq!(known(&after, &new).confirmed_by, Some(by.officer.clone()));
    assert!(known(&after, &wiped).wipe.is_some(), "the order stands");
    assert_eq!(audited(&after, "device.known_again"), 5);
    drop(after);
    // A start over a database that knows everything changes nothing.
    let again = Service::open(beside(&world, "after.db"), keys(), Arc::new(move || now)).unwrap();
    assert_eq!(audited(&again, "device.known_again"), 5);
}

#[test]
fn what_a_restore_adds_from_its_journal_is_not_taken_for_what_the_backup_held() {
    let world = World::new();
    let by = administrator(&world);
    let seat = world.seat("collector", 17);
    let held = sync::checkpoint(&world.service, world.service.now()).unwrap();
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    auth::revoke(&world.service, &by, &seat.device, world.service.now()).unwrap();
    let after = restored(&world, "after.db", &taken.path);
    assert_eq!(audited(&after, "device.known_again"), 1);
    let device = after.store.read(|c| store::device::get(c, &seat.device));
    let session = DeviceSession::new(after, device.unwrap().unwrap());
    let restored = session.welcome(&world.hello(&seat)).unwrap().restored;
    assert_eq!(restored.unwrap().log, held.checkpoint.tree());
}

#[test]
fn a_device_of_an_officer_who_came_after_the_backup_is_known_and_has_no_right_yet() {
    let world = World::new();
    let by = administrator(&world);
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    let officer: OfficerId = "newcomer".parse().unwrap();
    let record = OfficerRecord {
        id: officer.clone(),
        name: "新来的示例".into(),
        division: world.banner.code,
    };
    let put = move |_: &Service, tx: &store::Tx<'_>| Ok(store::officer::put(tx, &record)?);
    world.service.transact("test", put).unwrap();
    let device = enrolled(&world, &by, "newcomer", 21);
    confirm(&world, &by, &device, 21);
    let after = restored(&world, "after.db", &taken.path);
    assert_eq!(known(&after, &device), known(&world.service, &device));
    let read = after.store.read(|c| auth::officer_actor(c, &officer));
    assert!(read.unwrap().grants.is_empty());
    let journal = std::fs::read_to_string(world.dir.path().join("journal.jsonl")).unwrap();
    assert!(
        !journal.contains("新来的示例"),
        "no name stands in the journal"
    );
}

#[test]
fn a_journal_that_was_put_back_itself_lets_nobody_in_again() {
    let world = World::new();
    let by = administrator(&world);
    let device = world.seat("collector", 31).device;
    let journal = world.dir.path().join("journal.jsonl");
    let before = std::fs::read(&journal).unwrap();
    auth::revoke(&world.service, &by, &device, world.service.now()).unwrap();
    std::fs::write(&journal, before).unwrap();
    let opened = opened(&world).unwrap();
    assert_eq!(known(&opened, &device).status, Some(DeviceStatus::Revoked));
    assert_eq!(audited(&opened, "device.known_again"), 0);
}

#[test]
fn a_freeze_that_was_lifted_before_a_restore_is_not_brought_back_by_it() {
    let world = World::new();
    let by = administrator(&world);
    let device = world.seat("collector", 41).device;
    let id = device.clone();
    let freeze = move |_: &Service, tx: &store::Tx<'_>| {
        Ok(store::device::set_status(tx, &id, DeviceStatus::Frozen)?)
    };
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    world.service.transact("test", freeze).unwrap();
    let request = LiftRequest {
        reason: "已当面核对".into(),
    };
    auth::lift_freeze(
        &world.service,
        &by,
        (&device, &request),
        world.service.now(),
    )
    .unwrap();
    let after = restored(&world, "after.db", &taken.path);
    assert_eq!(known(&after, &device).status, Some(DeviceStatus::Active));
}

#[test]
fn a_device_whose_commit_failed_keeps_no_server_from_starting_once_another_has_its_number() {
    let world = World::prepared();
    let by = administrator(&world);
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    fail_to_commit(&world, &by, 51);
    let without = journal(&world);
    let device = enrolled(&world, &by, "collector", 52);
    let number = format!(
        "\"number\":{}",
        known(&world.service, &device).number.unwrap()
    );
    let lines = String::from_utf8(journal(&world)).unwrap();
    assert_eq!(lines.matches(&number).count(), 2, "one number for both");
    for service in [
        opened(&world).unwrap(),
        restored(&world, "after.db", &taken.path),
    ] {
        assert_eq!(waiting(&service, &by), std::slice::from_ref(&device));
        assert_eq!(known(&service, &device), known(&world.service, &device));
    }
    // Without a line of its own the number is the device's all the same.
    std::fs::write(world.dir.path().join("journal.jsonl"), without).unwrap();
    assert_eq!(waiting(&opened(&world).unwrap(), &by), [device]);
}

#[test]
fn a_device_whose_commit_failed_waits_for_nobody_and_can_be_revoked() {
    let world = World::prepared();
    let by = administrator(&world);
    fail_to_commit(&world, &by, 61);
    assert_eq!(waiting(&world.service, &by), []);
    let service = opened(&world).unwrap();
    let [nobodys] = waiting(&service, &by).try_into().unwrap();
    let device = enrolled(&world, &by, "collector", 62);
    auth::revoke(&service, &by, &nobodys, world.service.now()).unwrap();
    assert_eq!(waiting(&opened(&world).unwrap(), &by), [device]);
}

#[test]
fn a_line_that_was_cut_off_swallows_no_later_one_wherever_it_was_cut() {
    let world = World::new();
    let by = administrator(&world);
    let taken = backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
    let whole = "{\"erased\":{\"subject\":{\"name\":\"牧";
    for (seed, cut) in (71..).zip([whole.len(), whole.len() - 1, 1]) {
        let path = world.dir.path().join("journal.jsonl");
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(&whole.as_bytes()[..cut]).unwrap();
        opened(&world).unwrap();
        let device = enrolled(&world, &by, "collector", seed);
        let after = restored(&world, &format!("after-{seed}.db"), &taken.path);
        assert_eq!(known(&after, &device), known(&world.service, &device));
    }
    assert!(
        !String::from_utf8(journal(&world))
            .unwrap()
            .contains("erased")
    );
    backup::take(&world.service, &world.dir.path().join("off-site")).unwrap();
}
