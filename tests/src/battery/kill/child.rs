//! The program as the one that is killed.

use std::io::{stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use itgel_device::{Device, Listing, Order, Secrets, vault};
use itgel_domain::id::SubjectId;
use itgel_domain::identity::Person;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_server::store;
use itgel_server::sync::DeviceSession;

use super::pipe::{self, Frame, PipeLink};
use crate::bed;

/// The variable of the environment that makes the program a child.
pub(super) const ROLE: &str = "ITGEL_BATTERY_CHILD";

/// What a child does until it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Commit,
    Seal,
    Upload,
    Ingest,
    Unlock,
}

impl Role {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Seal => "seal",
            Self::Upload => "upload",
            Self::Ingest => "ingest",
            Self::Unlock => "unlock",
        }
    }
}

/// Works as a child if the program was started as one; `None` for the program itself.
#[must_use]
pub(in crate::battery) fn child() -> Option<ExitCode> {
    let role = std::env::var(ROLE).ok()?;
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next()?);
    let from: u64 = arguments.next()?.parse().ok()?;
    match role.as_str() {
        "commit" => commit(&path, from),
        "seal" => seal(&path, from),
        "upload" => upload(&path, from),
        "unlock" => unlock(&path),
        _ => ingest(&path),
    }
    Some(ExitCode::SUCCESS)
}

/// Enters one value after the other, in turn for each household, and says its number.
fn commit(path: &std::path::Path, from: u64) {
    let device = bed::open_device(path, 0).unwrap();
    let cycle = device.cycles().unwrap().remove(0).id;
    let homes = homes(&device);
    for number in from + 1.. {
        let value = Observation {
            item: "herd.sheep".parse().unwrap(),
            state: State::Known(Value::Int(i64::try_from(number).unwrap())),
            evidence: Evidence::B,
            observed_on: bed::DAY,
        };
        let home = &homes[usize::try_from(number).unwrap() % homes.len()];
        device.put_value(home, &cycle, value, bed::now()).unwrap();
        Frame::said(number).write(&mut stdout()).unwrap();
    }
}

/// Says that it begins, seals the visit that is drafted at this place of the list, says that it has.
fn seal(path: &std::path::Path, place: u64) {
    let device = bed::open_device(path, 0).unwrap();
    let cycle = device.cycles().unwrap().remove(0).id;
    let home = &homes(&device)[usize::try_from(place).unwrap()];
    Frame::said(0).write(&mut stdout()).unwrap();
    bed::seal(&device, home, &cycle).unwrap();
    Frame::said(1).write(&mut stdout()).unwrap();
}

/// Writes a record, says how many there are, synchronises, and so on.
fn upload(path: &std::path::Path, from: u64) {
    let device = bed::open_device(path, 0).unwrap();
    let homes = homes(&device);
    let link = PipeLink::over(stdin(), stdout());
    for number in from.. {
        write(
            &device,
            &homes[usize::try_from(number).unwrap() % homes.len()],
            number,
        );
        Frame::said(number + 1).write(&mut stdout()).unwrap();
        // The parent ends it all when it likes.
        let _ = itgel_device::sync::run(&device, &link, bed::now(), &mut |_| {});
    }
}

/// Tries three wrong PINs and the right one, and says how many wrong ones there were since the last right one.
fn unlock(path: &std::path::Path) {
    for wrong in [1, 2, 3, 0].into_iter().cycle() {
        bed::with_secrets(path, |secrets| {
            let pin = if wrong == 0 { secrets.pin } else { "000000" };
            let opened = vault::unlock(path, &Secrets { pin, ..*secrets });
            assert_eq!(opened.is_ok(), wrong == 0, "{opened:?}");
        });
        Frame::said(wrong).write(&mut stdout()).unwrap();
    }
}

/// Takes requests and answers them.
fn ingest(folder: &std::path::Path) {
    let service = bed::open_service(folder).unwrap();
    let id = bed::device_id(0);
    let record = service.store.read(|c| store::device::get(c, &id)).unwrap();
    let session = DeviceSession::new(service, record.unwrap());
    while let Ok(request) = Frame::read(&mut stdin()) {
        pipe::serve(&session, &request)
            .write(&mut stdout())
            .unwrap();
    }
}

/// Writes who lives there: a record of its own.
pub(super) fn write(device: &Device, subject: &SubjectId, number: u64) {
    let person = Person {
        role: "head".into(),
        full_name: format!("示例{number}"),
        name_mn: None,
        id_number: None,
        phone: None,
    };
    device
        .put_identity(subject, vec![person], bed::now())
        .unwrap();
}

fn homes(device: &Device) -> Vec<SubjectId> {
    let cycle = device.cycles().unwrap().remove(0);
    let all = |division| Listing {
        division,
        cycle: &cycle.id,
        search: "",
        order: Order::LocalCode,
        skip: 0,
        limit: 500,
    };
    let listed = device.list_subjects(&all(cycle.banner)).unwrap();
    listed.into_iter().map(|row| row.id).collect()
}
