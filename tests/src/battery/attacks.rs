//! What somebody tries who has a rooted phone, a copied one or a card in his hands, at the
//! figures of the threats T03, T08 and T37 (`docs/threats.md`).

use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::entry::{
    Entry, EntryId, ObservationEntry, OfficialCorrection, Picked, Resolution,
};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::item::Observation;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::push::Verdict;
use itgel_domain::time::AtMs;
use itgel_server::store::device::DeviceStatus;
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, bundle, ingest, store};
use tempfile::TempDir;

use super::quarantine::{GACHA, Phone, TODAY, add_household, cycle, observed, open, phone, sheep};
use super::{Row, Size};
use crate::World;
use crate::hostile::Mutator;
use crate::simulation::chance::Chance;

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "T03",
        what: "envelopes with what only the server decides, about generated items and places",
        figure: "100,000 envelopes: none accepted, the honest ones among them are",
        run: forged,
    },
    Row {
        id: "T08",
        what: "copies of phones that go another way, told where the chain stands or never told",
        figure: "1,000 that were told: every one frozen; 500 that were not: none; both branches kept",
        run: cloned,
    },
    Row {
        id: "T37",
        what: "changed cards on their way to the server and back",
        figure: "100,000 cards: an answer or a refusal, nothing comes in twice or from nowhere",
        run: changed_cards,
    },
];

/// Envelopes of one device: fewer than it may have in quarantine.
const OF_A_DEVICE: usize = 2_000;

/// Envelopes of a page.
const PAGE: usize = 200;

/// A server whose clock stands still.
pub(super) fn server() -> (TempDir, Service) {
    let folder = TempDir::new().unwrap();
    let now = AtMs(AtMs::start_of(TODAY).0 + 8 * 3_600_000);
    let service = open(&folder, Arc::new(move || now), "");
    (folder, service)
}

pub(super) fn file_of(id: &SubjectId) -> FileId {
    FileId {
        subject: id.clone(),
        year: 2026,
    }
}

// T03 ---------------------------------------------------------------------------------------

fn forged(size: Size) -> Vec<String> {
    let count = size.pick(2_000, 100_000);
    let (_folder, service) = server();
    let mut chance = Chance::new(3, 0);
    let (mut sent, mut honest, mut kinds) = (0, 0_u64, [0_u32; 3]);
    for device in 0..usize::div_ceil(count, OF_A_DEVICE) {
        let mut phone = phone(&service, &format!("o{device}"), Role::Collector, GACHA);
        let ids: Vec<SubjectId> = (0..10)
            .map(|n| format!("hh-{device}-{n}").parse().unwrap())
            .collect();
        ids.iter().for_each(|id| add_household(&service, id));
        let mut known = vec![FileFacts::default(); ids.len()];
        let wanted = OF_A_DEVICE.min(count - sent);
        for _ in 0..wanted.div_ceil(PAGE) {
            let (mut page, mut expected) = (Vec::new(), Vec::new());
            for n in 0..PAGE.min(count - sent) {
                let whose = chance.below(ids.len());
                let is_honest = n.is_multiple_of(50);
                let entries = match is_honest {
                    true => vec![sheep(10, TODAY)],
                    false => forged_entries(&mut chance, &mut kinds),
                };
                let (file, facts) = (file_of(&ids[whose]), &mut known[whose]);
                let envelope = phone.next(&file, facts, entries, service.now());
                match is_honest {
                    true => facts.apply(&envelope),
                    false => facts.apply_quarantined(&envelope),
                };
                page.push(envelope.to_bytes());
                expected.push((envelope.at.seq, is_honest));
                sent += usize::from(!is_honest);
                honest += u64::from(is_honest);
            }
            let answer = ingest::push(&service, &phone.record, phone.signed(page)).unwrap();
            for (seq, is_honest) in expected {
                let verdict = answer.verdict(seq).unwrap();
                match is_honest {
                    true => assert!(verdict.counts(), "{seq}: {verdict:?}"),
                    false => {
                        let refused = Verdict::Quarantined(ErrorCode::EntryForbidden);
                        assert_eq!(verdict, refused, "{seq}");
                    }
                }
            }
        }
        for (id, own) in ids.iter().zip(&known) {
            let read = |c: &_| store::projection::get(c, &file_of(id));
            let facts = service.store.read(read).unwrap();
            assert_eq!(facts.live(&cycle()).len(), own.live(&cycle()).len(), "{id}");
        }
    }
    assert!(kinds.iter().all(|n| *n > 100), "{kinds:?}");
    vec![format!(
        "{sent} forged envelopes, 0 accepted; {honest} honest ones among them accepted"
    )]
}

/// Something that only the server may write, alone or behind an honest value.
fn forged_entries(chance: &mut Chance, kinds: &mut [u32; 3]) -> Vec<Entry> {
    let kind = chance.below(3);
    kinds[kind] += 1;
    let value = Observation {
        item: path(chance).parse().unwrap(),
        ..observed(chance.between(-1 << 40, 1 << 40), TODAY)
    };
    let target = EntryId {
        at: ChainRef {
            device: format!("phone-o{}", chance.below(60)).parse().unwrap(),
            incarnation: u32::try_from(chance.below(3)).unwrap(),
            seq: chance.below(2_000) as u64 + 1,
        },
        index: u16::try_from(chance.below(600)).unwrap(),
    };
    let decision = DecisionId::from_random([u8::try_from(chance.below(256)).unwrap(); 16]);
    let entry = match kind {
        0 => Entry::Import(ObservationEntry {
            cycle: cycle(),
            observation: value,
        }),
        1 => Entry::Resolution(Resolution {
            cycle: cycle(),
            item: value.item.clone(),
            settles: vec![target.clone()],
            picked: match chance.below(2) {
                0 => Picked::Entry(target),
                _ => Picked::Value(value),
            },
            decision,
            reviewer: "o2".parse().unwrap(),
            reason: "示例".into(),
        }),
        _ => Entry::OfficialCorrection(OfficialCorrection {
            cycle: cycle(),
            replaces: vec![target],
            item: value.item.clone(),
            observation: Some(value),
            decision,
        }),
    };
    match chance.below(2) {
        0 => vec![entry],
        _ => vec![sheep(1, TODAY), entry],
    }
}

/// A path of an item: one that there is, one that there is not, one that sounds like a grade.
fn path(chance: &mut Chance) -> String {
    let word = |chance: &mut Chance| -> String {
        let letter =
            |chance: &mut Chance| char::from(b'a' + u8::try_from(chance.below(26)).unwrap());
        (0..=chance.below(9)).map(|_| letter(chance)).collect()
    };
    let known = [
        "herd.sheep",
        "herd.goat",
        "income.net_fen",
        "rating.grade",
        "standing.score",
        "plot/p1/area_mu",
    ];
    match chance.below(3) {
        0 => known[chance.below(known.len())].to_owned(),
        1 => format!("{}.{}", word(chance), word(chance)),
        _ => format!("rating.{}", word(chance)),
    }
}

// T08 ---------------------------------------------------------------------------------------

fn cloned(size: Size) -> Vec<String> {
    let scenarios = size.pick(60, 1_500);
    let (_folder, service) = server();
    let (one, other): (SubjectId, SubjectId) = ("hh-1".parse().unwrap(), "hh-2".parse().unwrap());
    add_household(&service, &one);
    add_household(&service, &other);
    let mut chance = Chance::new(8, 0);
    let (mut kept, mut frozen) = (0, 0);
    for scenario in 0..scenarios {
        let mut own = phone(&service, &format!("c{scenario}"), Role::Collector, GACHA);
        let (mut page, mut heads, mut facts) = (Vec::new(), vec![own.head], FileFacts::default());
        let shared = chance.below(4) + 1;
        for heads_counted in 0..shared {
            let entries = vec![sheep(i64::try_from(heads_counted).unwrap(), TODAY)];
            let envelope = own.next(&file_of(&one), &facts, entries, service.now());
            facts.apply(&envelope);
            page.push(envelope.to_bytes());
            heads.push(own.head);
        }
        // The copy knows less than the phone did when it greeted.
        let copy = own.copied_at(heads[chance.below(shared)]);
        greet(&service, &own);
        ingest::push(&service, &own.record, own.signed(page)).unwrap();
        let told = Told::ALL[scenario % 3];
        let written = go_another_way(&service, copy, (&other, told), &mut chance);
        kept += both_branches(&service, &own, written, told);
        frozen += usize::from(told != Told::Never);
    }
    let never = scenarios - frozen;
    vec![format!(
        "{frozen} copies that were told, every one frozen, {never} that never were, none frozen; \
         {kept} envelopes of both branches kept, none lost"
    )]
}

/// When a copy heard where the chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Before it wrote: what it writes names the log that it was shown.
    Before,
    /// Of what it wrote, and then it wrote more.
    Between,
    /// Never.
    Never,
}

impl Told {
    const ALL: [Self; 3] = [Self::Before, Self::Between, Self::Never];
}

/// A copy writes behind its own end and sends it; how many envelopes.
fn go_another_way(
    service: &Service,
    mut copy: Phone,
    (about, told): (&SubjectId, Told),
    chance: &mut Chance,
) -> u64 {
    let (mut page, mut facts) = (Vec::new(), FileFacts::default());
    let (first, written) = (copy.head.seq + 1, chance.below(3) as u64 + 2);
    if told == Told::Before {
        itgel_server::sync::checkpoint(service, service.now()).unwrap();
        copy.seen = Some(greet(service, &copy).checkpoint);
    }
    for n in 0..written {
        if told == Told::Between && n + 1 == written {
            greet(service, &copy);
        }
        let entries = vec![sheep(i64::try_from(n).unwrap() + 90, TODAY)];
        let envelope = copy.next(&file_of(about), &facts, entries, service.now());
        facts.apply(&envelope);
        page.push(envelope.to_bytes());
    }
    let answer = ingest::push(service, &copy.record, copy.signed(page)).unwrap();
    let fork = Some(Verdict::Refused(ErrorCode::EnvelopeFork));
    let all = (first..first + written).all(|seq| answer.verdict(seq) == fork);
    assert!(all, "{answer:?}");
    written
}

fn greet(service: &Service, phone: &Phone) -> HelloAnswer {
    let session = DeviceSession::new(service.clone(), phone.record.clone());
    let hello = Hello {
        protocol: itgel_domain::sync::VERSION,
        device: phone.record.id.clone(),
        incarnation: 0,
        head: phone.head,
        epoch: 0,
        cursors: Vec::new(),
        clock: service.now(),
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [0; 16],
    };
    session.hello(&hello).unwrap()
}

/// The device is frozen if its copy was told, and both branches are there; how many envelopes that
/// is.
fn both_branches(service: &Service, phone: &Phone, written: u64, told: Told) -> u64 {
    let id = &phone.record.id;
    let read = service.store.read(|c| {
        let device = store::device::get(c, id)?.unwrap();
        let head: Option<ChainHead> = store::chain::get(c, id, 0)?.map(|row| row.head);
        Ok::<_, store::StoreError>((device.status, head, store::stray::list(c, id)?))
    });
    let (status, head, stray) = read.unwrap();
    let expected = match told {
        Told::Never => DeviceStatus::Active,
        Told::Before | Told::Between => DeviceStatus::Frozen,
    };
    assert_eq!(status, expected, "{id}: {told:?}");
    assert_eq!(head, Some(phone.head), "{id}: the first branch stands");
    assert_eq!(stray.len() as u64, written, "{id}: the second is kept");
    phone.head.seq + written
}

// T37 ---------------------------------------------------------------------------------------

fn changed_cards(size: Size) -> Vec<String> {
    let count = size.pick(500, 100_000_u32);
    let world = World::with_households(20);
    let crew = world.home_team();
    crew.synchronise();
    let household = &world.households()[0];
    crew.identify(household);
    crew.visit(household, &household.found);
    let card = crew.device.write_bundle(world.now()).unwrap();
    let whole = bundle::take(&world.service, &card).unwrap();
    let leaves = || {
        let read = world.service.store.read(|c| store::log::list_leaves(c, 0));
        read.unwrap()
    };
    let before = leaves();
    let mut mutator = Mutator::new(vec![card.clone(), whole.answer.clone()], 37);
    let (mut cut, mut refused, mut answers) = (0, 0, 0);
    for _ in 0..count {
        let bytes = mutator.next_input();
        match bundle::take(&world.service, &bytes) {
            Ok(taken) => {
                assert!(
                    !taken.is_whole || bytes == card,
                    "a changed card is no whole one"
                );
                cut += 1;
            }
            Err(error) => {
                let code = error.code();
                let known = [ErrorCode::BundleMalformed, ErrorCode::BundleForeign];
                assert!(known.contains(&code), "{code}");
                refused += 1;
            }
        }
        if let Ok(report) = crew.device.take_answer(&bytes) {
            assert!(!report.is_whole || bytes == whole.answer);
            answers += 1;
        }
    }
    assert_eq!(leaves(), before, "something came in twice or from nowhere");
    let report = crew.device.take_answer(&whole.answer).unwrap();
    assert!(report.is_whole, "{report:?}");
    vec![format!(
        "{count} changed cards: {refused} refused, {cut} read up to the change, {answers} answers read up to it"
    )]
}
