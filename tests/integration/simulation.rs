//! A fleet and the server from one seed: see `itgel_tests::simulation`. Figures are reached by the
//! battery; here is what proves that the harness itself works.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a run that fails says why and fails the test"
)]

use std::sync::OnceLock;

use itgel_tests::simulation::shrink::shrink;
use itgel_tests::simulation::{
    Extent, Fault, Mutant, Regression, Scene, Shape, Way, draw, execute,
};

const EXTENT: Extent = Extent {
    devices: 3,
    gachas: 2,
    households: 8,
};

const SHAPE: Shape = Shape {
    extent: EXTENT,
    days: 4,
    per_day: 6,
    syncs: 2,
    faulty: 400,
    faults: &Fault::ALL,
    mishaps: 250,
    server_mishaps: 300,
    cards: 300,
    rotations: 250,
};

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| Scene::make(EXTENT).unwrap())
}

#[test]
fn nothing_receipted_is_lost_and_everybody_agrees_after_healing() {
    for seed in 0..6 {
        let ops = draw(seed, &SHAPE, scene());
        if let Err(failure) = execute(scene(), seed, &ops, Way::default()) {
            panic!("seed {seed}: {failure}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_byte_for_byte() {
    let way = Way {
        keeps_trace: true,
        ..Way::default()
    };
    let run = || {
        let ops = draw(7, &SHAPE, scene());
        execute(scene(), 7, &ops, way).unwrap().trace
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 100, "a run that does nothing proves nothing");
    assert_eq!(first.lines(), second.lines());
    assert_eq!(first.digest(), second.digest());
}

#[test]
fn a_server_that_is_wrong_is_found() {
    let calm = Shape {
        faulty: 0,
        mishaps: 0,
        server_mishaps: 0,
        cards: 0,
        rotations: 0,
        days: 2,
        ..SHAPE
    };
    let ops = draw(1, &calm, scene());
    execute(scene(), 1, &ops, Way::default()).unwrap();
    for mutant in Mutant::ALL {
        let way = Way {
            mutant: Some(mutant),
            ..Way::default()
        };
        let found = execute(scene(), 1, &ops, way);
        assert!(found.is_err(), "{mutant:?} goes unnoticed");
    }
}

#[test]
fn a_failing_run_becomes_a_few_operations() {
    let calm = Shape {
        faulty: 0,
        mishaps: 0,
        server_mishaps: 0,
        cards: 0,
        rotations: 0,
        days: 1,
        ..SHAPE
    };
    let way = Way {
        mutant: Some(Mutant::LosesAnEnvelope),
        ..Way::default()
    };
    let ops = draw(2, &calm, scene());
    let small = shrink(&ops, 60, |ops| execute(scene(), 2, ops, way).is_err());
    assert!(small.len() <= 2 && small.len() < ops.len(), "{small:?}");
}

#[test]
fn what_failed_once_does_not_fail_again() {
    for (name, kept) in Regression::all().unwrap() {
        let scene = Scene::make(kept.extent).unwrap();
        if let Err(failure) = kept.replay(&scene) {
            panic!("{name}: {failure}");
        }
    }
}
