//! Orders, doubles and partial knowledge.

use std::collections::BTreeSet;

use itgel_domain::file::ChainRef;
use itgel_domain::file::document::{compare, rebuild};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use proptest::prelude::{ProptestConfig, any};
use proptest::{prop_assert_eq, proptest};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::writer::{Writer, correct, cycle, every_kind, observe, retract};

fn fold<'a>(envelopes: impl IntoIterator<Item = &'a Envelope>) -> FileFacts {
    let mut facts = FileFacts::default();
    envelopes
        .into_iter()
        .for_each(|envelope| facts.apply(envelope));
    facts
}

/// A year of a much visited file: 200 envelopes of five devices and the server, which hear of
/// each other now and then.
fn busy_file() -> Vec<Envelope> {
    let mut random = ChaCha8Rng::seed_from_u64(2026);
    let mut writers: Vec<Writer> = (0..6)
        .map(|n| Writer::new(&format!("d{n}"), &format!("o{}", n % 4)))
        .collect();
    let mut all: Vec<Envelope> = Vec::new();
    while all.len() < 200 {
        let writer = random.random_range(0..writers.len());
        let item = ["herd.sheep", "herd.goat", "herd.cattle"]
            .choose(&mut random)
            .unwrap();
        let n = random.random_range(1..4);
        let earlier = all.choose(&mut random).map(|envelope| envelope.entry_id(0));
        let entry = match (random.random_range(0..5), earlier) {
            (0, Some(earlier)) => correct(earlier, item, n),
            (1, Some(earlier)) => retract(earlier),
            _ => observe(item, n),
        };
        all.push(writers[writer].write(vec![entry]));
        if random.random_bool(0.3) {
            let heard = writers[random.random_range(0..writers.len())].known.clone();
            writers[writer].known.join(&heard);
        }
    }
    all
}

#[test]
fn all_orders_of_eight_envelopes_mean_the_same() {
    let all = every_kind();
    assert_eq!(all.len(), 8);
    let expected = fold(&all);
    let digest = expected.digest();
    assert_eq!(expected.conflicts(&cycle()).len(), 0, "decided");
    let mut order: Vec<&Envelope> = all.iter().collect();
    let mut orders = 0;
    permute(&mut order, 8, &mut |order| {
        let facts = fold(order.iter().copied());
        assert_eq!(facts.digest(), digest);
        orders += 1;
    });
    assert_eq!(orders, 40_320);
}

/// Heap's algorithm: calls `visit` with every order of the first `n`.
fn permute<T>(items: &mut [T], n: usize, visit: &mut impl FnMut(&[T])) {
    if n <= 1 {
        return visit(items);
    }
    for i in 0..n {
        permute(items, n - 1, visit);
        let other = if n.is_multiple_of(2) { i } else { 0 };
        items.swap(other, n - 1);
    }
}

#[test]
fn random_orders_with_doubles_mean_the_same() {
    let all = busy_file();
    let expected = fold(&all);
    let digest = expected.digest();
    assert!(!expected.conflicts(&cycle()).is_empty() && !expected.superseded().is_empty());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut order: Vec<&Envelope> = all.iter().collect();
    for n in 0..10_000 {
        let doubles = random.random_range(0..20);
        order.truncate(all.len());
        for _ in 0..doubles {
            order.extend(all.choose(&mut random));
        }
        order.shuffle(&mut random);
        let facts = fold(order.iter().copied());
        assert_eq!(facts, expected, "order {n}");
        // Equal facts have equal digests; now and then that is looked at, too.
        if n % 20 == 0 {
            assert_eq!(facts.digest(), digest, "order {n}");
        }
        // The doubles have to go before the next round, and no envelope with them.
        order.sort_by(|a, b| a.at.cmp(&b.at));
        order.dedup_by(|a, b| a.at == b.at);
    }
}

#[test]
fn random_orders_give_one_document_and_the_fold_agrees_with_it() {
    let all = busy_file();
    let key = |at: &ChainRef| Some(at.device.to_string().into_bytes());
    let document = rebuild(&all, key).unwrap();
    assert_eq!(
        compare(&document, &fold(&all), &BTreeSet::new()),
        Ok(Vec::new())
    );
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut order: Vec<&Envelope> = all.iter().chain(&all[..50]).collect();
    for _ in 0..5 {
        order.shuffle(&mut random);
        let again = rebuild(order.iter().copied(), key).unwrap();
        assert_eq!(again.heads(), document.heads());
        assert_eq!(again.change_hashes(), document.change_hashes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_part_followed_by_the_rest_means_the_same(
        first in proptest::collection::vec(any::<bool>(), 60),
        seed in any::<u64>(),
    ) {
        let mut all = busy_file();
        all.truncate(first.len());
        let expected = fold(&all);
        let part = |wanted| all.iter().zip(&first).filter(move |(_, is)| **is == wanted);
        let (mut early, mut late): (Vec<_>, Vec<_>) =
            (part(true).map(|(e, _)| e).collect(), part(false).map(|(e, _)| e).collect());
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        early.shuffle(&mut random);
        late.shuffle(&mut random);
        let mut facts = fold(early.iter().copied());
        // A device that synchronised only the first part keeps it in its store.
        facts = FileFacts::from_bytes(&facts.to_bytes()).unwrap();
        late.iter().chain(&early).for_each(|envelope| facts.apply(envelope));
        prop_assert_eq!(facts.digest(), expected.digest());
        prop_assert_eq!(facts.conflicts(&cycle()), expected.conflicts(&cycle()));
        prop_assert_eq!(facts.held(&cycle()), expected.held(&cycle()));
        let mut joined = fold(early);
        joined.join(&fold(late));
        prop_assert_eq!(joined, expected);
    }
}
