//! Townships that come back at once beside one that is quiet.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use itgel_domain::file::FileId;
use itgel_domain::file::entry::{Entry, Note};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::log::{LeafKind, leaf_hash};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::push::PushAnswer;
use itgel_domain::sync::wire;
use itgel_server::{ServiceError, store};

use crate::field::{self, Pen};
use crate::sync::call;
use crate::world::{Answer, World};

/// More devices of a township than work at once (`server/src/places.rs`).
const FLOOD: u8 = 120;

/// A device with a page that it has not sent yet.
struct Waiting {
    token: String,
    page: Vec<u8>,
    id: Hash,
}

fn waiting(world: &World, officer: &str, seed: u8, subject: &SubjectId) -> Waiting {
    let mut pen = Pen::new(world.seat(officer, seed));
    let file = FileId {
        subject: subject.clone(),
        year: 2026,
    };
    let note = Entry::Note(Note {
        text: "门前有新打的井".into(),
    });
    pen.write_entries(world, &file, vec![note]);
    let page = pen.page();
    Waiting {
        token: world.sign_in(&pen.seat),
        id: Envelope::from_bytes(&page.envelopes[0]).unwrap().id(),
        page: wire::pack(&page),
    }
}

/// A household of another township.
fn household_elsewhere(world: &World) -> SubjectId {
    let subject = Subject {
        id: "hh-elsewhere".parse().unwrap(),
        kind: SubjectKind::Household,
        division: world.other_gacha(),
        local_code: "1".into(),
    };
    let id = subject.id.clone();
    world
        .service
        .transact("test.household", move |service, tx| {
            itgel_server::registers::put_subject(service, tx, &subject)
        })
        .unwrap();
    id
}

fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

fn assert_received(answer: &Answer) {
    assert_eq!(answer.status, 200);
    let receipt: PushAnswer = wire::unpack(&answer.bytes).unwrap();
    assert!(receipt.verdict(1).unwrap().is_received());
}

/// The place of an envelope in the log: the order in which pages were written.
fn leaf(world: &World, id: &Hash) -> Option<u64> {
    let read = |c: &_| store::log::list_leaves(c, 0);
    let leaf = leaf_hash(LeafKind::Envelope, id);
    let leaves = world.service.store.read(read).unwrap();
    (0..)
        .zip(leaves)
        .find_map(|(n, one)| (one == leaf).then_some(n))
}

#[test]
fn sec_t34_a_quiet_township_is_admitted_and_answered_before_the_flood_of_another() {
    let world = World::new();
    let here = field::add_household(&world, 0).subject;
    let elsewhere = household_elsewhere(&world);
    let flood: Vec<Waiting> = (0..FLOOD)
        .map(|n| waiting(&world, "collector", n + 1, &here))
        .collect();
    let quiet = waiting(&world, "stranger", FLOOD + 1, &elsewhere);
    let push = |one: &Waiting| call(&world, &one.token, "push", one.page.clone());
    let (service, refused) = (&world.service, AtomicUsize::new(0));
    let (begun, has_begun) = sync_channel(1);
    let (go_on, may_go_on) = sync_channel::<()>(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            service.transact("test.hold", move |_, _| -> Result<(), ServiceError> {
                begun.send(()).unwrap();
                may_go_on.recv().unwrap();
                Ok(())
            })
        });
        has_begun.recv().unwrap();
        // The job loop asks for the writer as well, once.
        wait_until(|| service.store.waiting() == 1);
        for one in &flood {
            scope.spawn(|| {
                let answer = push(one);
                if answer.status == 503 {
                    answer.assert_problem(503, "service.unavailable");
                    assert!(!answer.header("retry-after").is_empty());
                    refused.fetch_add(1, Ordering::SeqCst);
                } else {
                    assert_received(&answer);
                }
            });
        }
        let is_dealt_with = || refused.load(Ordering::SeqCst) + service.store.waiting() - 1;
        wait_until(|| is_dealt_with() == flood.len());
        let before = service.store.waiting();
        let answered = scope.spawn(|| push(&quiet));
        wait_until(|| service.store.waiting() > before || answered.is_finished());
        go_on.send(()).unwrap();
        assert_received(&answered.join().unwrap());
    });
    let refused = refused.into_inner();
    assert!(refused > 0, "the flood filled its places");
    let own = leaf(&world, &quiet.id).unwrap();
    let places: Vec<u64> = flood.iter().filter_map(|f| leaf(&world, &f.id)).collect();
    assert_eq!(places.len(), flood.len() - refused);
    let before = places.iter().filter(|place| **place < own).count();
    assert!(before <= 1, "{before} of {} came first", places.len());
}
