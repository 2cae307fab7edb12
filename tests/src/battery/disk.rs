//! Disks that fail: what was there stays, what was asked for is done or not, and
//! never a part of it.

use std::collections::BTreeSet;

use itgel_device::{Device, Error, sync::SyncError};
use itgel_disk::{Disk, Failure, Fault};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::push::Push;
use itgel_server::{Service, ingest};

use super::seen::{self, CutLink, ServerState};
use super::{Row, Size, vault};
use crate::bed::{self, Bed, Ground};

pub(super) const ROWS: &[Row] = &[Row {
    id: "R06",
    what: "an I/O error at the Nth operation of the disk, for every N, once and from then on",
    figure: "the old state or the new one, never between; what was answered stays; it opens again",
    run: errors,
}];

/// What a device is asked to do while its disk fails.
struct OnDevice<'a> {
    what: &'static str,
    ground: &'a Ground,
    /// States that it may be left in beside the old and the new one.
    between: BTreeSet<String>,
    work: &'a dyn Fn(&Device, &Ground) -> Result<(), ErrorCode>,
}

/// What a server is asked to do while its disk fails.
struct OnServer<'a> {
    what: &'static str,
    ground: &'a Ground,
    work: &'a dyn Fn(&Service) -> Result<(), ErrorCode>,
}

fn errors(size: Size) -> Vec<String> {
    let (bed, ground) = Bed::lay(40);
    let mut said = on_devices(&bed, &ground, size);
    said.extend(on_servers(&bed, &ground, size));
    said
}

// Devices -----------------------------------------------------------------------------------

fn on_devices(bed: &Bed, ground: &Ground, size: Size) -> Vec<String> {
    let household = &bed.households[0];
    let drafted = ground.copy();
    bed.draft(&drafted.device(0).unwrap(), household, 0);
    let sealed = drafted.copy();
    bed.seal(&sealed.device(0).unwrap(), household).unwrap();
    let synchronise = |device: &Device, ground: &Ground| {
        let service = ground.service().unwrap();
        twice(device, &bed.link(&service, 0)).map_err(of_sync)
    };
    let put = |device: &Device, _: &Ground| {
        let mut other = household.found[0].clone();
        other.observed_on = bed::DAY.yesterday().unwrap();
        let put = device.put_value(&household.subject, &bed.cycle, other, bed::now());
        put.map_err(|error| error.code())
    };
    let seal = |device: &Device, _: &Ground| {
        let sealed = bed.seal(device, household);
        sealed.map(|_| ()).map_err(|error| error.code())
    };
    let pulled = other_visited(bed, ground);
    let none = BTreeSet::new;
    [
        OnDevice {
            what: "put_value",
            ground: &drafted,
            between: none(),
            work: &put,
        },
        OnDevice {
            what: "seal",
            ground: &drafted,
            between: none(),
            work: &seal,
        },
        OnDevice {
            what: "push, settle the receipt",
            ground: &sealed,
            between: cut_states(bed, &sealed),
            work: &synchronise,
        },
        OnDevice {
            what: "take pages",
            ground: &pulled,
            between: cut_states(bed, &pulled),
            work: &synchronise,
        },
    ]
    .iter()
    .map(|asked| device_sweep(bed, asked, size))
    .chain([wipe_sweep(bed, &sealed, size), vault::sweep(bed, ground)])
    .collect()
}

/// A ground on which the other device has visited every household and pushed.
fn other_visited(bed: &Bed, ground: &Ground) -> Ground {
    let ground = ground.copy();
    let (service, other) = (ground.service().unwrap(), ground.device(1).unwrap());
    for household in &bed.households {
        bed.draft(&other, household, 1);
        bed.seal(&other, household).unwrap();
    }
    bed.synchronise(&service, &other, 1);
    drop((service, other));
    ground
}

/// Synchronises, and again for what the server made of it.
fn twice<P: SyncProtocol>(device: &Device, link: &P) -> Result<(), SyncError> {
    itgel_device::sync::run(device, link, bed::now(), &mut |_| {})?;
    itgel_device::sync::run(device, link, bed::now(), &mut |_| {})?;
    Ok(())
}

/// The states in which a link that is cut at any of its calls leaves the device.
fn cut_states(bed: &Bed, ground: &Ground) -> BTreeSet<String> {
    let mut states = BTreeSet::new();
    for calls in 0.. {
        let copy = ground.copy();
        let (service, device) = (copy.service().unwrap(), copy.device(0).unwrap());
        let link = CutLink::after(bed.link(&service, 0), calls);
        let ended = twice(&device, &link);
        states.insert(seen::of_device(&device, bed));
        if ended.is_ok() {
            break;
        }
    }
    states
}

fn device_sweep(bed: &Bed, asked: &OnDevice<'_>, size: Size) -> String {
    let old = seen::of_device(&asked.ground.device(0).unwrap(), bed);
    let healthy = asked.ground.copy();
    let device = healthy.device(0).unwrap();
    (asked.work)(&device, &healthy).unwrap();
    let new = seen::of_device(&device, bed);
    assert_ne!(old, new, "{}: nothing to be seen", asked.what);
    let allowed = |state: &String| *state == old || *state == new || asked.between.contains(state);
    let mut met = Met::default();
    for stays in [false, true] {
        for n in numbers(size) {
            let ground = asked.ground.copy();
            let disk = Disk::over(&ground.device_folder(0)).unwrap();
            let device = ground.device(0).unwrap();
            disk.fail(Fault {
                stays,
                ..Fault::once(n, Failure::Io)
            });
            let done = (asked.work)(&device, &ground);
            let failed = disk.has_failed();
            if stays {
                drop(device);
                disk.heal();
            } else {
                disk.heal();
                let here = seen::of_device(&device, bed);
                assert!(allowed(&here), "{} {n}: between", asked.what);
                drop(device);
            }
            let device = ground.device(0).unwrap();
            let there = seen::of_device(&device, bed);
            assert!(allowed(&there), "{} {n} {stays}: between", asked.what);
            met.note(&done, there == new, (asked.what, n));
            if there != new {
                (asked.work)(&device, &ground).unwrap();
                let now = seen::of_device(&device, bed);
                assert!(now == new, "{} {n}: again", asked.what);
            }
            if !failed {
                break;
            }
        }
    }
    met.line(asked.what)
}

/// A wipe deletes everything or nothing: what can be opened is whole.
fn wipe_sweep(bed: &Bed, ground: &Ground, size: Size) -> String {
    let ground = ground.copy();
    let (service, device) = (ground.service().unwrap(), ground.device(0).unwrap());
    bed.synchronise(&service, &device, 0);
    let whole = seen::of_device(&device, bed);
    drop((service, device));
    let mut met = Met::default();
    for n in numbers(size) {
        let ground = ground.copy();
        let disk = Disk::over(&ground.device_folder(0)).unwrap();
        let device = ground.device(0).unwrap();
        disk.fail(Fault::from(n, Failure::Io));
        let done = device.wipe().map_err(|error| error.code());
        let failed = disk.has_failed();
        disk.heal();
        let opened = ground.device(0);
        met.note(&done, opened.is_err(), ("wipe", n));
        match opened {
            Ok(device) => assert!(seen::of_device(&device, bed) == whole, "wipe {n}"),
            Err(error) => assert!(matches!(error, Error::Vault(_)), "wipe {n}: {error}"),
        }
        if !failed {
            break;
        }
    }
    met.line("wipe")
}

// Servers -----------------------------------------------------------------------------------

fn on_servers(bed: &Bed, ground: &Ground, size: Size) -> Vec<String> {
    let (page, conflicting, ready) = stages(bed, ground);
    let record = bed.record(0);
    let push = |service: &Service| {
        let answer = ingest::push(service, &record, page.clone());
        answer.map(|_| ()).map_err(|error| error.code())
    };
    let resolve = |service: &Service| seen::resolve_all(bed, service);
    let publish = |service: &Service| seen::publish(bed, service);
    [
        OnServer {
            what: "ingest of a page",
            ground,
            work: &push,
        },
        OnServer {
            what: "decision of a conflict",
            ground: &conflicting,
            work: &resolve,
        },
        OnServer {
            what: "publication",
            ground: &ready,
            work: &publish,
        },
    ]
    .iter()
    .map(|asked| server_sweep(asked, size))
    .collect()
}

/// A page to push, a server with a conflict to decide, and one with a case to publish.
fn stages(bed: &Bed, ground: &Ground) -> (Push, Ground, Ground) {
    let first = ground.copy();
    let (service, device) = (first.service().unwrap(), first.device(0).unwrap());
    bed.draft(&device, &bed.households[0], 0);
    bed.seal(&device, &bed.households[0]).unwrap();
    let link = CutLink::after(bed.link(&service, 0), usize::MAX);
    itgel_device::sync::run(&device, &link, bed::now(), &mut |_| {}).unwrap();
    let page = link.pushed().remove(0);
    drop(link);

    // The second officer counts otherwise in the first household; a third household is
    // evaluated and reviewed.
    let other = first.device(1).unwrap();
    bed.synchronise(&service, &other, 1);
    bed.draft(&other, &bed.households[0], 1);
    let subject = &bed.households[0].subject;
    let counted = changed(&bed.households[0].found);
    other
        .put_value(subject, &bed.cycle, counted, bed::now())
        .unwrap();
    bed.seal(&other, &bed.households[0]).unwrap();
    bed.synchronise(&service, &other, 1);
    drop((service, device, other));
    let conflicting = first.copy();

    let service = first.service().unwrap();
    seen::resolve_all(bed, &service).unwrap();
    let device = first.device(0).unwrap();
    for evaluator in 0..itgel::sample::EVALUATORS {
        let ballot = Ballot {
            subject: subject.clone(),
            cycle: bed.cycle.clone(),
            evaluator: itgel::sample::evaluator(bed.gacha.code, evaluator),
            scores: [5, 4, 5, 4],
        };
        device.put_ballot(ballot, bed::now()).unwrap();
    }
    bed.synchronise(&service, &device, 0);
    seen::review(bed, &service, subject);
    drop((service, device));
    (page, conflicting, first)
}

fn changed(found: &[Observation]) -> Observation {
    let sheep = found.iter().find(|o| o.item.to_string() == "herd.sheep");
    let mut sheep = sheep.unwrap().clone();
    sheep.state = State::Known(Value::Int(3));
    sheep
}

fn server_sweep(asked: &OnServer<'_>, size: Size) -> String {
    let old = ServerState::of(asked.ground);
    let healthy = asked.ground.copy();
    (asked.work)(&healthy.service().unwrap()).unwrap();
    let new = ServerState::of(&healthy);
    assert!(!old.is_like(&new), "{}: nothing to be seen", asked.what);
    let mut met = Met::default();
    for stays in [false, true] {
        for n in numbers(size) {
            let ground = asked.ground.copy();
            let disk = Disk::over(&ground.server_folder()).unwrap();
            let service = ground.service().unwrap();
            disk.fail(Fault {
                stays,
                ..Fault::once(n, Failure::Io)
            });
            let done = (asked.work)(&service);
            let failed = disk.has_failed();
            if stays {
                drop(service);
                disk.heal();
            } else {
                disk.heal();
                drop(service);
            }
            let there = ServerState::of(&ground);
            let is_new = there.is_like(&new);
            assert!(
                is_new || there == old,
                "{} {n} {stays}: between",
                asked.what
            );
            met.note(&done, is_new, (asked.what, n));
            if !is_new {
                (asked.work)(&ground.service().unwrap()).unwrap();
                assert!(
                    ServerState::of(&ground).is_like(&new),
                    "{} {n}: again",
                    asked.what
                );
            }
            if !failed {
                break;
            }
        }
    }
    met.line(asked.what)
}

// Both --------------------------------------------------------------------------------------

/// What was met in a sweep.
#[derive(Default)]
struct Met {
    runs: u32,
    refused: u32,
    last: u64,
}

impl Met {
    /// What was answered with yes is there, and an error has a code that says so.
    fn note(&mut self, done: &Result<(), ErrorCode>, is_new: bool, (what, n): (&str, u64)) {
        self.runs += 1;
        self.last = self.last.max(n);
        match done {
            Ok(()) => assert!(is_new, "{what} {n}: answered and not there"),
            Err(ErrorCode::Internal | ErrorCode::Unavailable | ErrorCode::StorageFull) => {
                self.refused += 1;
            }
            Err(code) => unreachable!("{what} {n}: an error of the disk is called {code}"),
        }
    }

    fn line(&self, what: &str) -> String {
        assert!(self.refused > 0, "{what}: no error was ever met");
        let Self {
            runs,
            refused,
            last,
        } = self;
        format!("{what}: {runs} runs up to operation {last}, {refused} refused, 0 between")
    }
}

/// The numbers of operations that fail: all of them, or a few of the whole way in short.
fn numbers(size: Size) -> Box<dyn Iterator<Item = u64>> {
    match size {
        Size::Full => Box::new(1..),
        Size::Short => Box::new((0_u64..).map(|n| 1 + n * (n + 5) / 2)),
    }
}

fn of_sync(error: SyncError) -> ErrorCode {
    match error {
        SyncError::Device(error) => error.code(),
        other => unreachable!("only the device's disk fails: {other}"),
    }
}
