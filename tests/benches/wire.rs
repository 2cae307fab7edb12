//! Bytes on the wire: what a synchronisation costs when a part of the files has changed, against
//! the envelopes that must move, compressed as well as zstd can, and against Automerge's own
//! protocol.

use std::cell::Cell;
use std::collections::BTreeSet;

use automerge::Automerge;
use automerge::sync::{State, SyncDoc as _};
use itgel_device::{Device, sync};
use itgel_domain::file::document::{Document, Tip, actor, build_change};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_domain::sync::wire::pack;
use itgel_fixtures::Household;
use itgel_server::ServiceError;
use itgel_server::sync::DeviceSession;

use super::device::new_device;
use super::intake::one_more;
use super::phone::{Phone, file_of};
use super::table::{Cost, Goal, Row};
use super::world::{COLLECTOR, SECOND, World, device_of, now};
use super::{Outcome, Size};

/// How well the peer compresses: zstd's best level of common use, over everything at once.
const PEER_LEVEL: i32 = 19;

/// Documents that Automerge's protocol is tried on; its bytes are reckoned up from them.
const DOCUMENTS: usize = 100;

/// The server's session, which counts the bodies that pass and the round trips.
struct Counted {
    session: DeviceSession,
    bytes: Cell<usize>,
    trips: Cell<usize>,
}

/// A household's file: the envelope that everybody has, and the one that is new.
struct Written {
    before: Envelope,
    after: Envelope,
    /// Nothing came between the two.
    is_next: bool,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    for files in size.on_the_wire {
        rows.extend(of_files(files)?);
    }
    Ok(rows)
}

/// A gacha with so many files, on the server and on the second officer's device.
fn of_files(files: u32) -> Outcome<Vec<Row>> {
    let world = World::with_households(files)?;
    let mut phone = Phone::new()?;
    let mut before = Vec::new();
    for household in &world.households {
        before.push(phone.write(household, &world.cycle.id, &household.found)?);
    }
    send(&world, &mut phone)?;
    let (record, _) = device_of(SECOND)?;
    let link = Counted {
        session: DeviceSession::new(world.service.clone(), record),
        bytes: Cell::new(0),
        trips: Cell::new(0),
    };
    let device = new_device(&world, SECOND)?;
    sync::run(&device, &link, now(), &mut |_| {})?;

    let quiet = link.counted(&device)?;
    let mut rows = vec![Row::of_bytes(
        format!(
            "sync of {files} files with nothing to do, {} round trip(s)",
            quiet.1
        ),
        Cost::bytes(quiet.0),
        ("–", Cost::default()),
        Goal::Bytes(1_024),
    )];
    let mut changed_once = BTreeSet::new();
    for (share, most) in [(100, 115), (1, 135)] {
        let changed: Vec<_> = world
            .households
            .iter()
            .zip(&before)
            .step_by(share)
            .collect();
        let mut written = Vec::new();
        for (household, before) in changed {
            written.push(Written {
                before: before.clone(),
                after: change(&mut phone, &world, household)?,
                is_next: changed_once.insert(&household.subject),
            });
        }
        let up = send(&world, &mut phone)?;
        let (down, _) = link.counted(&device)?;
        let least = Cost::bytes(least(&written)?);
        let part = format!("{} of {files} files changed", written.len());
        let peer = ("zstd-19 of the envelopes that must move", least);
        rows.push(Row::of_bytes(
            format!("bytes down, {part}"),
            Cost::bytes(down),
            peer,
            Goal::AtMost(most),
        ));
        rows.push(Row::of_bytes(
            format!("bytes up, {part}"),
            Cost::bytes(up),
            peer,
            Goal::AtMost(most),
        ));
        let theirs = automerge_bytes(&written, files as usize)?;
        rows.push(Row::of_bytes(
            format!("Automerge's own protocol, {part} (reckoned from {DOCUMENTS} of each)"),
            Cost::bytes(theirs),
            peer,
            Goal::Told,
        ));
    }
    Ok(rows)
}

/// One value of a household changes.
fn change(phone: &mut Phone, world: &World, household: &Household) -> Outcome<Envelope> {
    let changed = one_more(&household.found).ok_or("a household without figures")?;
    phone.write(household, &world.cycle.id, &[changed])
}

/// Sends what waits; the bytes of all pages and their receipts.
fn send(world: &World, phone: &mut Phone) -> Outcome<usize> {
    let session = DeviceSession::new(world.service.clone(), phone.device.clone());
    let mut bytes = 0;
    for page in phone.pages() {
        let answer = session.push(&page)?;
        bytes += pack(&page).len() + pack(&answer).len();
    }
    Ok(bytes)
}

/// The envelopes that must move, in one piece, compressed with time that no phone has.
fn least(written: &[Written]) -> Outcome<usize> {
    let all: Vec<u8> = written.iter().flat_map(|w| w.after.to_bytes()).collect();
    Ok(zstd::bulk::compress(&all, PEER_LEVEL)?.len())
}

/// What Automerge's protocol needs for all files of which these have changed: every document is
/// spoken of, also one that nobody has touched.
fn automerge_bytes(written: &[Written], files: usize) -> Outcome<usize> {
    let (mut changed, mut unchanged) = (0, 0);
    let mut tried = 0;
    for file in written.iter().filter(|file| file.is_next).take(DOCUMENTS) {
        tried += 1;
        let (old, new) = documents(file)?;
        unchanged += spoken(&old, &mut old.clone())?;
        changed += spoken(&new, &mut old.clone())?;
    }
    Ok((changed * written.len() + unchanged * (files - written.len())) / tried.max(1))
}

/// The document of a file without and with its new envelope.
fn documents(file: &Written) -> Outcome<(Automerge, Automerge)> {
    let (device, _) = device_of(COLLECTOR)?;
    let subject = file.before.subject();
    let actor = actor(&device.public_key, &file_of(subject), 0);
    let first = build_change(&file.before, actor, 1, &[])?;
    let tip: Tip = first.tip();
    let old = Document::new()?.apply([first])?.save()?;
    let actor = itgel_domain::file::document::actor(&device.public_key, &file_of(subject), 0);
    let next = build_change(&file.after, actor, 2, &[tip])?;
    let new = Document::load(&old)?.apply([next])?.save()?;
    Ok((plain(&old)?, plain(&new)?))
}

/// The library's own document of one that we keep compressed.
fn plain(saved: &[u8]) -> Outcome<Automerge> {
    Ok(Automerge::load(&zstd::stream::decode_all(saved)?)?)
}

/// The bytes that two holders of a document exchange until both have the same.
fn spoken(from: &Automerge, to: &mut Automerge) -> Outcome<usize> {
    let mut from = from.clone();
    let (mut theirs, mut ours) = (State::new(), State::new());
    let mut bytes = 0;
    loop {
        let down = from.generate_sync_message(&mut theirs);
        let up = to.generate_sync_message(&mut ours);
        if down.is_none() && up.is_none() {
            return Ok(bytes);
        }
        if let Some(message) = down {
            bytes += message.clone().encode().len();
            to.receive_sync_message(&mut ours, message)?;
        }
        if let Some(message) = up {
            bytes += message.clone().encode().len();
            from.receive_sync_message(&mut theirs, message)?;
        }
    }
}

impl Counted {
    /// Synchronises; bytes of all bodies, and round trips.
    fn counted(&self, device: &Device) -> Outcome<(usize, usize)> {
        self.bytes.set(0);
        self.trips.set(0);
        sync::run(device, self, now(), &mut |_| {})?;
        Ok((self.bytes.get(), self.trips.get()))
    }

    fn count<Q, A, E>(&self, request: &Q, answer: Result<A, E>) -> Result<A, E>
    where
        Q: minicbor::Encode<()>,
        A: minicbor::Encode<()>,
    {
        let there = pack(request).len();
        let back = answer.as_ref().map_or(0, |answer| pack(answer).len());
        self.bytes.set(self.bytes.get() + there + back);
        self.trips.set(self.trips.get() + 1);
        answer
    }
}

impl SyncProtocol for Counted {
    type Error = ServiceError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, ServiceError> {
        self.count(request, self.session.hello(request))
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, ServiceError> {
        self.count(request, self.session.push(request))
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, ServiceError> {
        self.count(request, self.session.pull(request))
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, ServiceError> {
        self.count(request, self.session.fetch(request))
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, ServiceError> {
        self.count(request, self.session.send_chunk(request))
    }
}
