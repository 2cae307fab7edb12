//! Long lists and a long log: nobody who follows misses a place, and no change of history passes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::hash::Hash;
use itgel_domain::log::{LeafKind, Tree, leaf_hash, root_of, verify_inclusion};
use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{PullItem, SubjectItem};
use itgel_server::store::{self, Op, Store, StoreConfig, StoreError};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Row, Size, Watch};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "R13",
        what: "64 writers on one list while a reader follows its end",
        figure: "1,000,000 rows: each position seen once, none passed over",
        run: followed,
    },
    Row {
        id: "R22",
        what: "a log of 1,000,000 leaves: built, proven, forged",
        figure: "built in 60 s, a proof within 1 ms, every flipped bit found",
        run: proven,
    },
];

const WRITERS: u64 = 64;

/// Rows that a writer appends in one transaction: 1 to this many.
const MOST: u64 = 40;

const GACHA: &str = "150623200201";

fn followed(size: Size) -> Vec<String> {
    let rows = size.pick(20_000, 1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        path: folder.path().join("itgel.db"),
        key: None,
        readers: 2,
    };
    let store = Store::open(&config, itgel::clock::system()).unwrap();
    let (taken, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let looks = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, taken) = (&store, &taken);
                scope.spawn(move || append(store, writer, taken, rows))
            })
            .collect();
        let reader = scope.spawn(|| follow(&store, &is_over));
        let written: u64 = writers.into_iter().map(|w| w.join().unwrap()).sum();
        is_over.store(true, Ordering::SeqCst);
        let (seen, looks) = reader.join().unwrap();
        assert_eq!((written, seen), (rows, rows));
        looks
    });
    vec![format!(
        "{rows} rows by {WRITERS} writers, seen once each and in order in {looks} looks, 0 gaps"
    )]
}

/// Appends until all rows are taken; how many this writer wrote.
fn append(store: &Store, writer: u64, taken: &AtomicU64, rows: u64) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(writer);
    let mut written = 0;
    loop {
        let wanted = rng.random_range(1..=MOST);
        let from = taken.fetch_add(wanted, Ordering::SeqCst);
        let until = (from + wanted).min(rows);
        if from >= rows {
            return written;
        }
        let work = move |tx: &store::Tx<'_>| {
            for n in from..until {
                let item = SubjectItem {
                    subject: format!("hh-{n}").parse().unwrap(),
                    kind: SubjectKind::Household,
                    division: GACHA.parse().unwrap(),
                    local_code: n.to_string(),
                };
                store::list::append(tx, item.division, &PullItem::Subject(item))?;
            }
            Ok::<_, StoreError>(())
        };
        store.transact(Op("battery.append"), work).unwrap();
        written += until - from;
    }
}

/// Reads behind the last position that was seen, again and again, until the writers are done and
/// nothing is left; how many rows, in how many looks that found some.
fn follow(store: &Store, is_over: &AtomicBool) -> (u64, u64) {
    let division = GACHA.parse().unwrap();
    let (mut at, mut looks) = (0, 0);
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let page = store
            .read(|c| store::list::list(c, division, at, 1_000))
            .unwrap();
        for row in &page {
            assert_eq!(row.position, at + 1, "a position was passed over");
            at = row.position;
        }
        looks += u64::from(!page.is_empty());
        if page.is_empty() && was_over {
            return (at, looks);
        }
    }
}

fn proven(size: Size) -> Vec<String> {
    let count = size.pick(20_000, 1_000_000);
    let leaf = |n: u64| leaf_hash(LeafKind::Envelope, &Hash::of_file(&n.to_be_bytes()));
    let watch = Watch::start();
    let leaves: Vec<Hash> = (0..count).map(leaf).collect();
    let root = root_of(&leaves);
    let tree = Tree::over(leaves);
    assert_eq!(tree.root(), root, "kept and counted roots are one");
    let built = watch.elapsed();
    assert!(built < Duration::from_secs(60), "built in {built:?}");

    let at = CheckpointRef { size: count, root };
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let places: Vec<u64> = (0..1_000).map(|_| rng.random_range(0..count)).collect();
    let watch = Watch::start();
    for place in &places {
        let index = usize::try_from(*place).unwrap();
        let proof = tree.inclusion_proof(index).unwrap();
        assert!(verify_inclusion(&leaf(*place), *place, at, &proof));
    }
    let each = watch.elapsed() / 1_000;
    assert!(each < Duration::from_millis(1), "a proof takes {each:?}");
    let flips = forge(&tree, at, &places, &mut rng);
    vec![
        format!("{count} leaves built and kept in {} ms", built.as_millis()),
        format!("a proof given and checked in {} µs", each.as_micros()),
        format!("{flips} flipped bits of leaves, proofs and rewritten logs, all found"),
    ]
}

/// Flips bits of leaves, of proofs and of whole logs; each one has to be found.
fn forge(tree: &Tree, at: CheckpointRef, places: &[u64], rng: &mut ChaCha8Rng) -> u64 {
    let mut flips = 0;
    for place in places {
        let index = usize::try_from(*place).unwrap();
        let proof = tree.inclusion_proof(index).unwrap();
        let leaf = tree.leaves()[index];
        for bit in 0..256 {
            assert!(!verify_inclusion(&flipped(&leaf, bit), *place, at, &proof));
        }
        let step = rng.random_range(0..proof.len());
        let mut forged = proof;
        forged[step] = flipped(&forged[step], rng.random_range(0..256));
        assert!(!verify_inclusion(&leaf, *place, at, &forged));
        flips += 257;
    }
    // A whole log that was rewritten in one bit has another root.
    for place in places.iter().take(20) {
        let index = usize::try_from(*place).unwrap();
        let mut leaves = tree.leaves().to_vec();
        leaves[index] = flipped(&leaves[index], rng.random_range(0..256));
        assert_ne!(root_of(&leaves), at.root);
        flips += 1;
    }
    flips
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}
