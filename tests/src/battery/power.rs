//! Power that goes in the middle of work: what was answered is there when it comes back.

use itgel_device::Device;
use itgel_disk::{Disk, Failure, Fault};
use itgel_domain::id::SubjectId;
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::sync::push::Push;
use itgel_server::{ingest, store};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;

use super::seen::{self, CutLink};
use super::{Row, Size};
use crate::bed::{self, Bed, Ground};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R08",
    what: "loss of power, with torn and lost writes, on a device and on a server",
    figure: "500 cuts: 0 answered records lost; with synchronous=OFF, or a disk that lies, some are",
    run: cuts,
}];

/// What a disk is like.
type Nature = fn(&Disk);

/// How a number of cuts ended.
#[derive(Default)]
struct Ended {
    cuts: usize,
    answered: usize,
    lost: usize,
    broken: usize,
}

impl Ended {
    const fn is_clean(&self) -> bool {
        self.lost == 0 && self.broken == 0
    }
}

/// Does something until power goes, at an operation drawn at random, and tells how it ended.
type Cut = fn(&Place<'_>, Nature, &mut ChaCha8Rng, &mut Ended);

/// Where it is done.
struct Place<'a> {
    bed: &'a Bed,
    ground: &'a Ground,
    pages: &'a [Push],
}

fn cuts(size: Size) -> Vec<String> {
    let (bed, ground) = Bed::lay(40);
    let pages = pages(&bed, &ground);
    let place = Place {
        bed: &bed,
        ground: &ground,
        pages: &pages,
    };
    let off = |disk: &Disk| {
        disk.watch_power();
        disk.turn_synchronous_off();
    };
    let (honest, biting) = (size.pick(12, 250), size.pick(12, 50));
    let mut said = Vec::new();
    for (half, cut) in [("device", on_device as Cut), ("server", on_server as Cut)] {
        let ended = again(&place, cut, Disk::watch_power, honest);
        assert!(
            ended.is_clean(),
            "{half}: {} lost, {} broken",
            ended.lost,
            ended.broken
        );
        assert!(
            ended.answered > ended.cuts,
            "{half}: hardly anything was answered"
        );
        said.push(line(half, "synchronous=FULL", &ended));
        for (nature, what) in [
            (off as Nature, "synchronous=OFF"),
            (Disk::lie, "a disk that lies"),
        ] {
            let ended = again(&place, cut, nature, biting);
            assert!(
                !ended.is_clean(),
                "{half}, {what}: nothing lost; the test does not bite"
            );
            said.push(line(half, what, &ended));
        }
    }
    said
}

fn again(place: &Place<'_>, cut: Cut, nature: Nature, times: usize) -> Ended {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let mut ended = Ended::default();
    for _ in 0..times {
        ended.cuts += 1;
        cut(place, nature, &mut rng, &mut ended);
    }
    ended
}

fn line(half: &str, what: &str, ended: &Ended) -> String {
    let Ended {
        cuts,
        answered,
        lost,
        broken,
    } = ended;
    format!("{half}, {what}: {cuts} cuts, {answered} answered, {lost} lost, {broken} files broken")
}

/// An officer enters values and seals visits.
fn on_device(place: &Place<'_>, nature: Nature, rng: &mut ChaCha8Rng, ended: &mut Ended) {
    let ground = place.ground.copy();
    let disk = Disk::over(&ground.device_folder(0)).unwrap();
    nature(&disk);
    disk.fail(Fault::once(rng.random_range(30..700), Failure::Power));
    let answered = ground
        .device(0)
        .map_or_else(|_| Vec::new(), |device| enter(place.bed, &device));
    disk.cut_power();
    disk.restore(&mut |below| rng.random_range(0..below))
        .unwrap();
    ended.answered += answered.len();
    let whole = |device: &Device| device.is_sound().is_ok_and(|sound| sound);
    let Some(device) = ground.device(0).ok().filter(whole) else {
        ended.broken += 1;
        return;
    };
    let is_there = |(subject, value): &(SubjectId, Observation)| {
        let draft = device.draft(subject, &place.bed.cycle);
        draft.is_ok_and(|draft| draft.iter().any(|d| d.observation == *value))
    };
    ended.lost += answered.iter().filter(|answer| !is_there(answer)).count();
}

/// Enters until the device refuses; what it answered.
fn enter(bed: &Bed, device: &Device) -> Vec<(SubjectId, Observation)> {
    let mut answered = Vec::new();
    for (n, household) in bed.households.iter().cycle().take(120).enumerate() {
        let subject = &household.subject;
        let mut value = household.found[n % household.found.len()].clone();
        value.state = State::Known(Value::Int(i64::try_from(n).unwrap()));
        if device
            .put_value(subject, &bed.cycle, value.clone(), bed::now())
            .is_err()
        {
            break;
        }
        answered.retain(|(s, v): &(SubjectId, Observation)| s != subject || v.item != value.item);
        answered.push((subject.clone(), value));
    }
    answered
}

/// A server takes pages.
fn on_server(place: &Place<'_>, nature: Nature, rng: &mut ChaCha8Rng, ended: &mut Ended) {
    let ground = place.ground.copy();
    let disk = Disk::over(&ground.server_folder()).unwrap();
    nature(&disk);
    disk.fail(Fault::once(rng.random_range(60..1_500), Failure::Power));
    let record = place.bed.record(0);
    let mut answered = 0;
    if let Ok(service) = ground.service() {
        let pages = place.pages.iter();
        let pushed =
            pages.take_while(|page| ingest::push(&service, &record, (*page).clone()).is_ok());
        answered = pushed.count();
    }
    disk.cut_power();
    disk.restore(&mut |below| rng.random_range(0..below))
        .unwrap();
    ended.answered += answered;
    match arrived(place.bed, &ground) {
        Some(there) => ended.lost += answered.saturating_sub(there),
        None => ended.broken += 1,
    }
}

/// How many envelopes the server has in one unbroken chain; `None` if its file is not sound.
fn arrived(bed: &Bed, ground: &Ground) -> Option<usize> {
    let db = Connection::open(ground.database()).ok()?;
    if !seen::is_sound(&db) {
        return None;
    }
    let chain = store::chain::get(&db, &bed.record(0).id, 0).ok()?;
    usize::try_from(chain.map_or(0, |chain| chain.head.seq)).ok()
}

/// Pages of one envelope each.
fn pages(bed: &Bed, ground: &Ground) -> Vec<Push> {
    let ground = ground.copy();
    let (service, device) = (ground.service().unwrap(), ground.device(0).unwrap());
    let mut pages = Vec::new();
    for household in &bed.households {
        let people = household.identity.people.clone();
        device
            .put_identity(&household.subject, people, bed::now())
            .unwrap();
        let link = CutLink::after(bed.link(&service, 0), usize::MAX);
        itgel_device::sync::run(&device, &link, bed::now(), &mut |_| {}).unwrap();
        pages.extend(link.pushed());
    }
    pages
}
