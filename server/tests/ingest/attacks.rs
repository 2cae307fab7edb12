//! What an officer with a rooted phone and the protocol in his hand can send: generated attacks,
//! each refused or set aside with its own code, the honest envelopes beside them untouched.

mod time;

use std::collections::BTreeSet;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::file::entry::{
    Correction, Entry, EntryId, OfficialCorrection, Picked, Resolution, Retraction,
};
use itgel_domain::file::envelope::{Body, Envelope, MAX_BYTES, MAX_DEPS, MAX_ENTRIES, MAX_OP};
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::item::Observation;
use itgel_domain::sync::push::Verdict;
use itgel_server::store;
use itgel_server::store::device::DeviceStatus;

use super::chain::{checkpoint, hello};
use super::phone::{Phone, int, observation, observed};
use super::world::{World, cycle};

const DAY_MS: i64 = 86_400_000;

/// A generator of numbers that is the same on every machine (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn signed_below(&mut self, n: u64) -> i64 {
        i64::try_from(self.below(n)).unwrap()
    }
}

/// Pushes everything from `first` on in pages; the verdicts in order.
fn push_from(world: &World, phone: &Phone, first: u64) -> Vec<Verdict> {
    let (last, mut from, mut verdicts) = (phone.chain.len() as u64, first, Vec::new());
    while from <= last {
        let to = last.min(from + 199);
        verdicts.extend(world.push_all(phone, from..=to));
        from = to + 1;
    }
    verdicts
}

/// An entry that only the server may write, about anything.
fn forged(dice: &mut Dice) -> Entry {
    let items = [
        "herd.sheep",
        "herd.goat",
        "income.net_fen",
        "rating.grade",
        "standing.score",
    ];
    let item = items[usize::try_from(dice.below(5)).unwrap()];
    let value = Observation {
        item: item.parse().unwrap(),
        ..int("herd.sheep", dice.signed_below(1 << 40) - (1 << 39))
    };
    let replaces = EntryId {
        at: format!(
            "phone-o{}~{}~{}",
            dice.below(9),
            dice.below(3),
            dice.below(50) + 1
        )
        .parse()
        .unwrap(),
        index: u16::try_from(dice.below(600)).unwrap(),
    };
    let decision = DecisionId::from_random([u8::try_from(dice.below(256)).unwrap(); 16]);
    match dice.below(3) {
        0 => match observation(value) {
            Entry::Observation(entry) => Entry::Import(entry),
            other => other,
        },
        1 => Entry::Resolution(Resolution {
            cycle: cycle(),
            item: value.item.clone(),
            settles: vec![replaces.clone()],
            picked: match dice.below(2) {
                0 => Picked::Entry(replaces),
                _ => Picked::Value(value),
            },
            decision,
            reviewer: "o2".parse().unwrap(),
            reason: "forged".into(),
        }),
        _ => Entry::OfficialCorrection(OfficialCorrection {
            cycle: cycle(),
            replaces: vec![replaces],
            item: value.item.clone(),
            observation: Some(value),
            decision,
        }),
    }
}

#[test]
fn sec_t03_no_generated_entry_of_the_servers_own_kinds_is_accepted_from_a_device() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let mut dice = Dice(3);
    phone.write_sheep("hh-1", 10);
    for _ in 0..2_000 {
        let mut entries = vec![forged(&mut dice)];
        if dice.below(2) == 0 {
            entries.insert(0, observed("herd.goat", 1));
        }
        let envelope = phone.envelope(Body::File(phone.body("hh-1", entries)));
        // Its place counts as taken; what it says does not.
        phone
            .files
            .entry(super::phone::file("hh-1"))
            .or_default()
            .apply_quarantined(&envelope);
        phone.append_bytes(envelope.to_bytes());
    }
    let verdicts = push_from(&world, &phone, 1);
    let expected = Verdict::Quarantined(ErrorCode::EntryForbidden);
    assert!(verdicts[1..].iter().all(|verdict| *verdict == expected));
    assert_eq!(verdicts.len(), 2_001);
    let live = world.facts("hh-1").live(&cycle());
    assert_eq!(live.len(), 1, "the honest one alone");
}

#[test]
fn sec_t05_no_generated_change_of_a_colleagues_entry_is_accepted() {
    let world = World::new();
    let (mut mine, mut theirs) = (world.phone("o1"), world.phone("o2"));
    let mut dice = Dice(5);
    for heads in 1..=20 {
        theirs.write(
            "hh-1",
            vec![observed("herd.sheep", heads), observed("herd.goat", heads)],
        );
    }
    assert!(
        push_from(&world, &theirs, 1)
            .iter()
            .all(Verdict::is_received)
    );
    let before = world.facts("hh-1").live(&cycle());
    mine.files = theirs.files.clone();
    for _ in 0..500 {
        let target = EntryId {
            at: ChainRef {
                seq: dice.below(20) + 1,
                ..theirs.next_place()
            },
            index: u16::try_from(dice.below(2)).unwrap(),
        };
        let entry = match dice.below(2) {
            0 => Entry::Retraction(Retraction {
                retracts: target,
                reason: "no".into(),
            }),
            _ => Entry::Correction(Correction {
                corrects: target,
                cycle: cycle(),
                observation: int("herd.sheep", dice.signed_below(1_000)),
                reason: "typo".into(),
            }),
        };
        let envelope = mine.envelope(Body::File(mine.body("hh-1", vec![entry])));
        mine.files
            .entry(super::phone::file("hh-1"))
            .or_default()
            .apply_quarantined(&envelope);
        mine.append_bytes(envelope.to_bytes());
    }
    let expected = Verdict::Quarantined(ErrorCode::EntryNotOwn);
    assert!(
        push_from(&world, &mine, 1)
            .iter()
            .all(|verdict| *verdict == expected)
    );
    assert_eq!(world.facts("hh-1").live(&cycle()), before);
}

#[test]
fn sec_t06_deleting_overwriting_and_nesting_cannot_be_said_and_their_bytes_are_malformed() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let entry = observed("herd.sheep", 10);
    let honest = phone
        .envelope(Body::File(phone.body("hh-1", vec![entry.clone()])))
        .to_bytes();
    let said = minicbor::to_vec(&entry).unwrap();
    let at = honest
        .windows(said.len())
        .position(|part| part == said)
        .unwrap();
    let with = |bytes: &[u8]| [&honest[..at], bytes, &honest[at + said.len()..]].concat();
    let mut hostile = Vec::new();
    // Kinds of entry that there are not: an array of the kind and its fields.
    for kind in (11_u8..=23).chain([24]) {
        let mut other = said.clone();
        other[1] = kind;
        hostile.push(with(&other));
    }
    // An operation on a path, a list in a list without end, nothing, and two for one.
    hostile.push(with(
        &minicbor::to_vec(("del", "observation/phone-o2~0~1/0")).unwrap(),
    ));
    hostile.push(with(&minicbor::to_vec(("put", ("rating", "AAA"))).unwrap()));
    hostile.push(with(&[0x81; 20_000]));
    hostile.push(with(&[]));
    hostile.push(with(&[said.clone(), said.clone()].concat()));
    // A field that an envelope does not have, and the same field twice.
    let fields = honest[0];
    hostile.push([&[fields + 1], &honest[1..], &[0x18, 0x63, 0x00]].concat());
    hostile.push([&[fields + 1], &honest[1..], &[0x00, 0x01]].concat());
    for bytes in &hostile {
        phone.append_bytes(bytes.clone());
    }
    let last = phone.write_sheep("hh-1", 12);
    let verdicts = push_from(&world, &phone, 1);
    for (verdict, bytes) in verdicts.iter().zip(&hostile) {
        assert_eq!(
            *verdict,
            Verdict::Refused(ErrorCode::EnvelopeMalformed),
            "{bytes:02x?}"
        );
    }
    assert_eq!(verdicts.len() as u64, last);
    assert_eq!(
        verdicts.last(),
        Some(&Verdict::Accepted),
        "the honest one behind them"
    );
    let kept = world.read(|c| store::stray::list(c, &phone.device.id));
    assert_eq!(kept.len(), hostile.len(), "all of it is kept as evidence");
}

#[test]
fn sec_t08_every_clone_that_was_told_better_is_frozen_no_other_is_and_nothing_is_lost() {
    let world = World::new();
    let mut dice = Dice(8);
    let mut frozen = 0;
    for scenario in 0..100 {
        let name = format!("c{scenario}");
        let mut phone = world.phone(&name);
        let mut copy = {
            let mut secret = [0; 32];
            secret[..name.len()].copy_from_slice(name.as_bytes());
            Phone::new(
                phone.device.clone(),
                SoftwareSigner::from_secret(&secret),
                world.now(),
            )
        };
        let shared = dice.below(4);
        for heads in 0..=shared {
            phone.write_sheep("hh-1", i64::try_from(heads).unwrap());
        }
        let keeps = usize::try_from(dice.below(shared + 1)).unwrap();
        copy.chain = phone.chain[..keeps].to_vec();
        copy.files = phone.files.clone();
        hello(&world.service, &phone);
        world.push_all(&phone, 1..=shared + 1);
        let written = dice.below(3) + 1;
        let write = |copy: &mut Phone, heads: u64| {
            let heads = i64::try_from(heads).unwrap();
            copy.write("hh-2", vec![observed("herd.goat", heads)]);
        };
        // Told before it writes, told of what it wrote, or never.
        let told = dice.below(3);
        if told == 0 {
            checkpoint(&world);
            copy.checkpoint = Some(hello(&world.service, &copy).checkpoint);
        }
        for heads in 0..written {
            write(&mut copy, heads);
        }
        if told == 1 {
            hello(&world.service, &copy);
            write(&mut copy, 90);
        }
        let first = keeps as u64 + 1;
        let verdicts = world.push_all(&copy, first..=copy.chain.len() as u64);
        let fork = Verdict::Refused(ErrorCode::EnvelopeFork);
        assert!(
            verdicts.iter().all(|v| *v == fork),
            "{scenario}: {verdicts:?}"
        );
        let device = world
            .read(|c| store::device::get(c, &phone.device.id))
            .unwrap();
        let expected = if told < 2 {
            DeviceStatus::Frozen
        } else {
            DeviceStatus::Active
        };
        assert_eq!(device.status, expected, "{scenario}: told {told}");
        frozen += usize::from(told < 2);
        let stray = world.read(|c| store::stray::list(c, &phone.device.id));
        assert_eq!(
            stray.len(),
            verdicts.len(),
            "{scenario}: both branches are kept"
        );
    }
    assert!((40..90).contains(&frozen), "{frozen} of 100 were told");
}

#[test]
fn sec_t09_every_limit_holds_at_its_number_and_not_one_below() {
    let world = World::new();
    let phone = world.phone("o1");
    let with = |change: &dyn Fn(&mut itgel_domain::file::envelope::FileBody)| {
        let mut body = phone.body("hh-1", vec![observed("herd.sheep", 1)]);
        change(&mut body);
        let bytes = phone.envelope(Body::File(body)).to_bytes();
        Envelope::from_bytes(&bytes)
            .map(|_| ())
            .map_err(|e| e.code())
    };
    let deps = |n: usize| {
        let at = |seq: usize| {
            format!("phone-o2~0~{seq:03}")
                .replace("~0~0", "~0~")
                .parse()
        };
        let mut deps: Vec<ChainRef> = (100..100 + n).map(|seq| at(seq).unwrap()).collect();
        deps.sort();
        deps
    };
    assert_eq!(with(&|body| body.deps = deps(MAX_DEPS)), Ok(()));
    let too_large = Err(ErrorCode::EnvelopeTooLarge);
    assert_eq!(with(&|body| body.deps = deps(MAX_DEPS + 1)), too_large);
    let entries = |n: usize| vec![observed("herd.sheep", 1); n];
    assert_eq!(with(&|body| body.entries = entries(MAX_ENTRIES)), Ok(()));
    assert_eq!(
        with(&|body| body.entries = entries(MAX_ENTRIES + 1)),
        too_large
    );
    let malformed = Err(ErrorCode::EnvelopeMalformed);
    let highest = MAX_OP - MAX_ENTRIES as u64 - 1;
    assert_eq!(with(&|body| body.start_op = highest), Ok(()));
    assert_eq!(with(&|body| body.start_op = highest + 1), malformed);
    assert_eq!(with(&|body| body.start_op = 0), malformed);
    let of = |size: usize| Envelope::from_bytes(&vec![0xa0; size]).map_err(|e| e.code());
    assert_eq!(of(MAX_BYTES).map(|_| ()), malformed);
    assert_eq!(of(MAX_BYTES + 1).map(|_| ()), too_large);
}

#[test]
fn sec_t21_a_stolen_database_log_or_backup_shows_no_person() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let mut canaries = BTreeSet::new();
    for n in 0..100_u32 {
        let id = ["hh-1", "hh-2", "hh-3"][n as usize % 3];
        let number = valid_number(n);
        let subject: SubjectId = id.parse().unwrap();
        let based_on = world
            .read(|c| store::identity::list_current(c, &subject))
            .into_iter()
            .map(|row| row.commitment)
            .collect();
        phone.identify(id, &number, based_on);
        canaries.insert(number);
        let seq = phone.chain.len() as u64;
        world.push_all(&phone, seq..=seq);
    }
    canaries.insert("巴特尔".into());
    canaries.insert("139-0000-0000".into());
    canaries.insert("13900000000".into());
    let copies = tempfile::tempdir().unwrap();
    itgel_server::backup::take(&world.service, copies.path()).unwrap();
    let mut files = vec![world.database()];
    for end in ["-wal", "-shm"] {
        let mut name = world.database().into_os_string();
        name.push(end);
        files.push(name.into());
    }
    files.extend(
        std::fs::read_dir(copies.path())
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    let mut read = 0;
    for path in files.iter().filter(|path| path.exists()) {
        let bytes = std::fs::read(path).unwrap();
        read += bytes.len();
        let text = String::from_utf8_lossy(&bytes);
        for canary in &canaries {
            assert!(
                !text.contains(canary.as_str()),
                "{canary} in {}",
                path.display()
            );
        }
    }
    assert!(read > 100_000 && canaries.len() > 100);
}

/// An ID number of nobody that checks: area, day and sequence of the sample, ISO 7064 MOD 11-2.
pub(crate) fn valid_number(n: u32) -> String {
    let body = format!("150623{:04}0101{:03}", 1950 + n % 50, 100 + n);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = body.bytes().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = char::from(b"10X98765432"[sum as usize % 11]);
    format!("{body}{check}")
}
