//! R03: the facts of a file do not depend on the order in which its envelopes arrive.

use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::hash::Hash;
use itgel_domain::sync::push::Verdict;
use itgel_server::{Service, contents, store};

use super::{Row, Size};
use crate::simulation::chance::Chance;
use crate::simulation::{Extent, Failure, Fault, Outcome, Scene, Shape, Way, draw, execute_and};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R03",
    what: "envelopes of several officers' devices, delivered in every order",
    figure: "8 envelopes, all 40,320 orders: one digest; 200 envelopes, 10,000 random orders: one digest",
    run: orders,
}];

/// One household, seen by four officers again and again.
const CROWD: Shape = Shape {
    extent: Extent {
        devices: 4,
        gachas: 1,
        households: 1,
    },
    days: 10,
    per_day: 12,
    syncs: 2,
    faulty: 0,
    faults: &Fault::ALL,
    mishaps: 0,
    server_mishaps: 0,
    cards: 0,
    rotations: 0,
};

/// An envelope and whether it counts.
type Told = (Envelope, bool);

fn orders(size: Size) -> Vec<String> {
    let scene = Scene::make(CROWD.extent).unwrap();
    let ops = draw(3, &CROWD, &scene);
    let (_, file) = execute_and(&scene, 3, &ops, Way::default(), largest_file)
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(
        file.len() >= 200,
        "only {} envelopes in the file",
        file.len()
    );
    // From the middle: entries that correct each other, and resolutions.
    let eight = &file[file.len() / 2..][..8];
    let permutations = every_order(eight);
    let random = size.pick(200, 10_000);
    let many = &file[..200];
    let mut chance = Chance::new(3, 3);
    let whole = digest(many.iter());
    for _ in 0..random {
        let mut order: Vec<&Told> = many.iter().collect();
        chance.shuffle(&mut order);
        assert_eq!(
            digest(order.into_iter()),
            whole,
            "another order, other facts"
        );
    }
    vec![
        format!("8 envelopes in {permutations} orders: one digest"),
        format!("200 envelopes in {random} random orders: one digest"),
    ]
}

/// Applies eight envelopes in all their orders (Heap's way); how many there were.
fn every_order(eight: &[Told]) -> u32 {
    let mut order: Vec<&Told> = eight.iter().collect();
    let whole = digest(order.iter().copied());
    let mut counters = vec![0; order.len()];
    let (mut seen, mut at) = (1, 0);
    while at < order.len() {
        if counters[at] < at {
            order.swap(if at % 2 == 0 { 0 } else { counters[at] }, at);
            assert_eq!(
                digest(order.iter().copied()),
                whole,
                "another order, other facts"
            );
            seen += 1;
            counters[at] += 1;
            at = 0;
        } else {
            counters[at] = 0;
            at += 1;
        }
    }
    seen
}

fn digest<'a>(order: impl Iterator<Item = &'a Told>) -> Hash {
    let mut facts = FileFacts::default();
    for (envelope, counts) in order {
        if *counts {
            facts.apply(envelope);
        } else {
            facts.apply_quarantined(envelope);
        }
    }
    facts.digest()
}

/// The envelopes of the file that has most of them.
fn largest_file(service: &Service) -> Outcome<Vec<Told>> {
    let read = service.store.read(|c| {
        let mut largest: Vec<Told> = Vec::new();
        for file in store::projection::list_files(c, "", 100)? {
            let mut told = Vec::new();
            for sealed in store::envelope::list_file(c, &file)? {
                let counts = !matches!(sealed.row.verdict, Verdict::Quarantined(_));
                let envelope = contents::read_envelope(service, c, &sealed)?;
                told.extend(envelope.map(|envelope| (envelope, counts)));
            }
            if told.len() > largest.len() {
                largest = told;
            }
        }
        Ok::<_, itgel_server::ServiceError>(largest)
    });
    read.map_err(Failure::from)
}
