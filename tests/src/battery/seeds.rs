//! R01, R02, R11, R28: fleets from seeds; see [`crate::simulation`].

use std::ops::Range;

use super::{Row, Size};
use crate::simulation::{
    Extent, Fault, Regression, Report, Scene, Shape, Way, draw, execute, execute_all,
};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "R01",
        what: "a fleet with random partitions, late and repeated pages, kills, copies and restores",
        figure: "200 devices × 60 days × 12 envelopes, 1,000 households, 100 seeds: none lost, all equal, ≤ 3 rounds",
        run: large,
    },
    Row {
        id: "R02",
        what: "the same with a small fleet and many seeds",
        figure: "5 devices × 10 days × 12 envelopes, 10,000 seeds (short: 500 seeds of 3 envelopes a day)",
        run: small,
    },
    Row {
        id: "R11",
        what: "requests that arrive ten times, late pages, answers lost after the commit",
        figure: "rows and digests unchanged, the same receipt; 1,000 seeds",
        run: repeated,
    },
    Row {
        id: "R28",
        what: "the same seed twice",
        figure: "the same trace byte for byte, 100 seeds",
        run: twice,
    },
];

/// The variable of the environment that asks for other seeds.
const SEEDS: &str = "ITGEL_SEEDS";

const LARGE: Shape = Shape {
    extent: Extent {
        devices: 200,
        gachas: 100,
        households: 1_000,
    },
    days: 60,
    per_day: 12,
    syncs: 1,
    faulty: 150,
    faults: &Fault::ALL,
    mishaps: 15,
    server_mishaps: 60,
    cards: 20,
    rotations: 30,
};

const SMALL: Shape = Shape {
    extent: Extent {
        devices: 5,
        gachas: 3,
        households: 15,
    },
    days: 10,
    per_day: 12,
    syncs: 2,
    faulty: 300,
    faults: &Fault::ALL,
    mishaps: 120,
    server_mishaps: 150,
    cards: 120,
    rotations: 100,
};

fn large(size: Size) -> Vec<String> {
    let shape = size.pick(
        Shape {
            extent: Extent {
                devices: 20,
                gachas: 10,
                households: 100,
            },
            days: 6,
            ..LARGE
        },
        LARGE,
    );
    hold("r01", &shape, size.pick(2, 100))
}

fn small(size: Size) -> Vec<String> {
    // Many seeds meet more than long days do: the short form has fewer envelopes, not fewer seeds.
    let shape = Shape {
        per_day: size.pick(3, SMALL.per_day),
        syncs: size.pick(1, SMALL.syncs),
        ..SMALL
    };
    hold("r02", &shape, size.pick(500, 10_000))
}

fn repeated(size: Size) -> Vec<String> {
    let shape = Shape {
        days: 3,
        faulty: 1_000,
        faults: &[
            (Fault::Tenfold, "tenfold"),
            (Fault::LatePage, "late-page"),
            (Fault::AnswerLost, "answer-lost"),
        ],
        mishaps: 0,
        server_mishaps: 0,
        rotations: 0,
        ..SMALL
    };
    hold("r11", &shape, size.pick(50, 1_000))
}

/// The seeds that were asked for instead of the row's own, so that a long row can be run in slices.
fn slice() -> Option<Range<u64>> {
    let asked = std::env::var(SEEDS).ok()?;
    let ends = asked
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    assert!(
        ends.is_some(),
        "{SEEDS} is {asked:?} and not like 500..1000"
    );
    ends
}

/// Executes the runs of a shape. One that fails is made smaller, printed and kept.
fn hold(name: &str, shape: &Shape, seeds: u64) -> Vec<String> {
    let scene = Scene::make(shape.extent).unwrap();
    match execute_all(&scene, shape, slice().unwrap_or(0..seeds)) {
        Ok(reports) => told(&reports),
        Err(failed) => {
            let why = failed.failure.to_string();
            eprintln!("{name}, seed {}: {why}", failed.seed);
            let way = Way {
                keeps_trace: true,
                ..Way::default()
            };
            if let Err(told) = execute(&scene, failed.seed, &failed.ops, way) {
                eprintln!("{told}");
            }
            let kept = Regression::keep(name, &scene, shape.extent, &failed);
            panic!("seed {}: {why}; kept in {kept:?}", failed.seed)
        }
    }
}

fn told(reports: &[Report]) -> Vec<String> {
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    vec![
        format!(
            "{} seeds: {} envelopes written and there, {} on the server, {} receipted",
            reports.len(),
            sum(|r| r.written),
            sum(|r| r.kept),
            sum(|r| r.receipted)
        ),
        format!(
            "{} synchronisations, {} broken off; {} envelopes only in storage that was lost or put back",
            sum(|r| r.syncs),
            sum(|r| r.broken_syncs),
            sum(|r| r.excused)
        ),
        format!(
            "{} pictures receipted, keys handed on {} times, {} devices lost and replaced",
            sum(|r| r.pictures),
            sum(|r| r.handed_on),
            sum(|r| r.replaced)
        ),
        format!(
            "0 receipted lost; quiet after at most {} rounds",
            reports.iter().map(|r| r.rounds).max().unwrap_or(0)
        ),
    ]
}

fn twice(size: Size) -> Vec<String> {
    let shape = Shape { days: 4, ..SMALL };
    let scene = Scene::make(shape.extent).unwrap();
    // A scene made anew is the same scene, too.
    let again = Scene::make(shape.extent).unwrap();
    let way = Way {
        keeps_trace: true,
        ..Way::default()
    };
    let (mut lines, seeds) = (0, size.pick(5, 100));
    for seed in 0..seeds {
        let ops = draw(seed, &shape, &scene);
        let first = execute(&scene, seed, &ops, way).unwrap_or_else(|f| panic!("{seed}: {f}"));
        let second = execute(&again, seed, &ops, way).unwrap_or_else(|f| panic!("{seed}: {f}"));
        assert_eq!(first.trace.lines(), second.trace.lines(), "seed {seed}");
        lines += first.trace.len();
    }
    vec![format!(
        "{seeds} seeds twice: {lines} lines of trace, all equal"
    )]
}
