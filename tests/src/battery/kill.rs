//! Programs that are killed in the middle of work (`SIGKILL`): what was answered is there, once.
//!
//! The one that is killed is this program itself, started again as a child: a device that enters
//! values, a device that seals, uploads or is unlocked, a server that takes pages. Parent and child
//! speak over pipes.

mod child;
mod pipe;

pub(super) use child::child;

use std::process::{Child, Command, Stdio};

use itgel_device::{Device, Listing, Order};
use itgel_domain::item::{State, Value};
use itgel_server::store;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;

use super::seen;
use super::{Row, Size};
use crate::bed::{self, Bed, Ground};
use child::{ROLE, Role};
use pipe::{Frame, Kind, PipeLink};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R05",
    what: "kill -9 while a device commits, seals, uploads, is unlocked, while a server takes pages",
    figure: "1,000 each: 0 receipted lost, 0 twice, both databases sound after each, no try won and no store destroyed",
    run: kills,
}];

fn kills(size: Size) -> Vec<String> {
    let times = size.pick(20, 1_000);
    let (bed, ground) = Bed::lay(40);
    vec![
        during_commit(&bed, &ground.copy(), times),
        during_seal(&bed, &ground, times),
        during_upload(&bed, &ground.copy(), times),
        during_ingest(&bed, &ground.copy(), times),
        during_unlock(&ground.copy(), times),
    ]
}

/// A device enters values, one after the other, and says each number after its answer.
fn during_commit(bed: &Bed, ground: &Ground, times: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut answered = 0_u64;
    for _ in 0..times {
        let mut child = spawn(Role::Commit, ground, answered);
        let mut said = child.stdout.take().unwrap();
        for _ in 0..rng.random_range(1..40) {
            answered = Frame::read(&mut said).unwrap().number();
        }
        spin(&mut rng);
        end(&mut child);
        // What was said before the end counts too.
        while let Ok(frame) = Frame::read(&mut said) {
            answered = frame.number();
        }
        let device = ground.device(0).unwrap();
        seen::assert_device_sound(&device);
        let entered = newest(bed, &device);
        let is_next = entered == answered || entered == answered + 1;
        assert!(is_next, "{answered} were answered, {entered} are there");
        answered = entered;
    }
    format!("device commits: {times} kills, {answered} values answered, 0 lost")
}

/// The highest number among the drafted values; none below it may be missing.
fn newest(bed: &Bed, device: &Device) -> u64 {
    let subjects = subjects(bed, device);
    let count = u64::try_from(subjects.len()).unwrap();
    let numbers: Vec<u64> = subjects
        .iter()
        .map(|subject| {
            let draft = device.draft(subject, &bed.cycle).unwrap();
            draft
                .first()
                .map_or(0, |value| match &value.observation.state {
                    State::Known(Value::Int(n)) => u64::try_from(*n).unwrap(),
                    other => unreachable!("{other:?}"),
                })
        })
        .collect();
    let newest = numbers.iter().copied().max().unwrap_or(0);
    // They are entered in turn, so that of each household is the last one of its turn.
    for (place, number) in (0..).zip(&numbers) {
        let turn = (newest + count - place) % count;
        assert_eq!(*number, newest.saturating_sub(turn), "of household {place}");
    }
    newest
}

fn subjects(bed: &Bed, device: &Device) -> Vec<itgel_domain::id::SubjectId> {
    let listing = Listing {
        division: bed.sample.banner.code,
        cycle: &bed.cycle,
        search: "",
        order: Order::LocalCode,
        skip: 0,
        limit: 500,
    };
    let listed = device.list_subjects(&listing).unwrap();
    listed.into_iter().map(|row| row.id).collect()
}

/// A device seals visits, each of which is there as a draft or sealed, and never in part.
fn during_seal(bed: &Bed, fresh: &Ground, times: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let (mut ground, mut sealed, mut of_all) = (fresh.copy(), 0, 0_usize);
    // So long that about half of the seals are through: most kills come in the middle of one.
    let mut most = 1_000_000_u32;
    for _ in 0..times {
        if sealed == bed.households.len() {
            arrive(bed, &ground, sealed);
            (ground, sealed) = (fresh.copy(), 0);
        }
        if kill_in_seal(bed, &ground, sealed, rng.random_range(0..most)) {
            (sealed, of_all) = (sealed + 1, of_all + 1);
            most -= most / 8;
        } else {
            most += most / 8;
        }
    }
    arrive(bed, &ground, sealed);
    let left = times - of_all;
    assert!(of_all.min(left) > times / 5, "{of_all} sealed, {left} not");
    format!(
        "device seals: {times} kills, {of_all} visits sealed as a whole, {left} left as they were"
    )
}

/// Kills a device while it seals the visit of a household; whether it is sealed now.
fn kill_in_seal(bed: &Bed, ground: &Ground, household: usize, spins: u32) -> bool {
    let household = &bed.households[household];
    let device = ground.device(0).unwrap();
    if device
        .draft(&household.subject, &bed.cycle)
        .unwrap()
        .is_empty()
    {
        bed.draft(&device, household, 0);
    }
    let mut homes = subjects(bed, &device).into_iter();
    let place = homes.position(|id| id == household.subject).unwrap();
    let old = seen::of_device(&device, bed);
    drop(device);
    let copy = ground.copy();
    let device = copy.device(0).unwrap();
    bed.seal(&device, household).unwrap();
    let new = seen::of_device(&device, bed);
    assert_ne!(old, new, "nothing to be seen");

    let mut child = spawn(Role::Seal, ground, u64::try_from(place).unwrap());
    let mut said = child.stdout.take().unwrap();
    Frame::read(&mut said).unwrap();
    (0..spins).for_each(|_| std::hint::spin_loop());
    end(&mut child);
    let answered = Frame::read(&mut said).is_ok();
    let device = ground.device(0).unwrap();
    seen::assert_device_sound(&device);
    let here = seen::of_device(&device, bed);
    assert!(here == new || (here == old && !answered), "a seal in part");
    here == new
}

/// Everything that the device wrote is on the server, once, and the sealed visits are among it.
fn arrive(bed: &Bed, ground: &Ground, sealed: usize) {
    let (service, device) = (ground.service().unwrap(), ground.device(0).unwrap());
    bed.synchronise(&service, &device, 0);
    drop((service, device));
    assert_once(ground, u64::try_from(sealed).unwrap());
}

/// A device writes records and synchronises, again and again.
fn during_upload(bed: &Bed, ground: &Ground, times: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let service = ground.service().unwrap();
    let mut sealed = 0;
    for _ in 0..times {
        let mut child = spawn(Role::Upload, ground, sealed);
        let (mut to, mut from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let link = bed.link(&service, 0);
        let mut left = rng.random_range(1..24_u32);
        while let Ok(frame) = Frame::read(&mut from) {
            if frame.kind == Kind::Said {
                sealed = frame.number();
                continue;
            }
            left -= 1;
            // The request was heard or not, and its answer comes or not.
            if left == 0 && rng.random() {
                break;
            }
            let answer = pipe::serve(&link, &frame);
            if left == 0 {
                break;
            }
            answer.write(&mut to).unwrap();
        }
        end(&mut child);
        assert_sealed(bed, ground, sealed);
    }
    let device = ground.device(0).unwrap();
    bed.synchronise(&service, &device, 0);
    drop(service);
    let there = assert_once(ground, sealed);
    format!("uploads: {times} kills, {there} records, each on the server once")
}

/// Every record that the device said it had written has a place in its chain.
fn assert_sealed(bed: &Bed, ground: &Ground, sealed: u64) {
    let device = ground.device(0).unwrap();
    seen::assert_device_sound(&device);
    let records = subjects(bed, &device).into_iter();
    let of = |id| device.records(&id, &bed.cycle).unwrap();
    let there = records.flat_map(of).filter(|record| record.at.is_some());
    assert!(there.count() as u64 >= sealed, "a written record is lost");
}

/// A server takes pages; the device is here.
fn during_ingest(bed: &Bed, ground: &Ground, times: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let device = ground.device(0).unwrap();
    let homes = subjects(bed, &device);
    let (mut written, mut cut) = (0_u64, 0);
    for round in 0..times {
        for _ in 0..rng.random_range(1..6) {
            let subject = &homes[usize::try_from(written).unwrap() % homes.len()];
            child::write(&device, subject, written);
            written += 1;
        }
        let mut child = spawn(Role::Ingest, ground, 0);
        let link = PipeLink::to(&mut child);
        let spins = rng.random_range(0..3_000_000);
        let link = link.killing(child, round % 3 != 0, spins);
        let ended = itgel_device::sync::run(&device, &link, bed::now(), &mut |_| {});
        let receipted = link.receipted();
        let mut child = link.into_child();
        end(&mut child);
        // One that was killed right after its last answer took nothing away.
        cut += usize::from(ended.is_err());
        seen::assert_sound(&Connection::open(ground.database()).unwrap());
        let there = chain_length(ground);
        assert!(
            there >= receipted,
            "{receipted} have a receipt, {there} are there"
        );
    }
    let service = ground.service().unwrap();
    bed.synchronise(&service, &device, 0);
    drop((service, device));
    let there = assert_once(ground, written);
    assert!(cut > times / 5, "hardly anybody was killed in the middle");
    format!(
        "ingest: {times} rounds, killed in {cut} of them, {there} records, each on the server once"
    )
}

/// A PIN is tried: three wrong ones and the right one, again and again, each told after its end.
fn during_unlock(ground: &Ground, times: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let path = ground.device_path(0);
    let (mut all, mut between) = (0, 0);
    for _ in 0..times {
        let mut child = spawn(Role::Unlock, ground, 0);
        let mut said = child.stdout.take().unwrap();
        let mut told = 0;
        for _ in 0..rng.random_range(4..20) {
            told = Frame::read(&mut said).unwrap().number();
            all += 1;
        }
        spin(&mut rng);
        end(&mut child);
        while let Ok(frame) = Frame::read(&mut said) {
            told = frame.number();
        }
        let there = bed::tries(&path);
        let is_next = u64::from(there.wrong) == (told + 1) % 4;
        let is_told = u64::from(there.wrong) == told;
        assert!(is_told || is_next, "{told} were told, {there:?} are there");
        assert!(there.interrupted <= 1, "{there:?}");
        between += u32::from(there.interrupted == 1);
        drop(ground.device(0).unwrap());
    }
    format!(
        "unlocking: {times} kills, {between} in the middle of a try, {all} tries told, all counted"
    )
}

/// The device's records are on the server, each once, and its file is sound.
fn assert_once(ground: &Ground, at_least: u64) -> u64 {
    let db = Connection::open(ground.database()).unwrap();
    seen::assert_sound(&db);
    let length = chain_length(ground);
    let sql = "select count(*), count(distinct id) from envelope where device = ?1";
    let id = bed::device_id(0);
    let count = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (rows, different) = db.query_row(sql, [id.as_str()], count).unwrap();
    let places = i64::try_from(length).unwrap();
    assert_eq!(
        (rows, different),
        (places, places),
        "rows, identifiers, places"
    );
    assert!(
        length >= at_least,
        "{at_least} were written, {length} are there"
    );
    length
}

fn chain_length(ground: &Ground) -> u64 {
    let db = Connection::open(ground.database()).unwrap();
    let chain = store::chain::get(&db, &bed::device_id(0), 0).unwrap();
    chain.map_or(0, |chain| chain.head.seq)
}

// Processes ---------------------------------------------------------------------------------

fn spawn(role: Role, ground: &Ground, from: u64) -> Child {
    let folder = match role {
        Role::Ingest => ground.server_folder(),
        _ => ground.device_path(0),
    };
    Command::new(std::env::current_exe().unwrap())
        .env(ROLE, role.name())
        .arg(folder)
        .arg(from.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Some time, less than a commit takes.
fn spin(rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(0..200_000) {
        std::hint::spin_loop();
    }
}
