//! The chain: duplicates, gaps, forks, crashes.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::SignedHead;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::policy::Actor;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::fetch::Fetch;
use itgel_domain::sync::hello::Hello;
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::quarantine::Outcome;
use itgel_server::auth::{self, LiftRequest};
use itgel_server::quarantine::{self, DecideRequest};
use itgel_server::store::device::DeviceStatus;
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, ingest, store};

use super::phone::{Phone, observed};
use super::world::{BANNER, GACHA, TOWNSHIP, World, code};

pub(crate) fn hello(service: &Service, phone: &Phone) -> itgel_domain::sync::hello::HelloAnswer {
    let session = DeviceSession::new(service.clone(), phone.device.clone());
    let request = Hello {
        protocol: itgel_domain::sync::VERSION,
        device: phone.device.id.clone(),
        incarnation: phone.incarnation,
        head: phone.head_at(phone.chain.len() as u64),
        epoch: 0,
        cursors: Vec::new(),
        clock: phone.now,
        trust: None,
        checkpoint: None,
        names: None,
        nonce: [0; 16],
    };
    session.hello(&request).unwrap()
}

fn with(world: &World, n: u64) -> Phone {
    let mut phone = world.phone("o1");
    for heads in 1..=n {
        phone.write_sheep("hh-1", i64::try_from(heads).unwrap());
    }
    phone
}

#[test]
fn sec_t12_a_page_that_is_pushed_ten_times_is_one_page() {
    let world = World::new();
    let phone = with(&world, 5);
    let first = world.push(&phone, phone.page(1..=5));
    let (facts, leaves) = (
        world.facts("hh-1"),
        world.read(|c| store::log::list_leaves(c, 0)),
    );
    for _ in 0..10 {
        let again = world.push(&phone, phone.page(1..=5));
        assert_eq!((&again.head, &again.except), (&first.head, &first.except));
        world.push(&phone, phone.page(2..=4));
    }
    assert_eq!(world.facts("hh-1").digest(), facts.digest());
    assert_eq!(
        world.read(|c| store::log::list_leaves(c, 0)),
        leaves,
        "no leaf twice"
    );
    assert_eq!(first.head, phone.head_at(5).hash);
}

#[test]
fn a_gap_holds_what_is_behind_it_until_it_closes() {
    let world = World::new();
    let phone = with(&world, 6);
    assert_eq!(
        world.push_all(&phone, 5..=6),
        [Verdict::Held, Verdict::Held]
    );
    assert_eq!(
        world.push_all(&phone, 3..=4),
        [Verdict::Held, Verdict::Held]
    );
    assert!(world.facts("hh-1").is_empty());
    let answer = world.push(&phone, phone.page(1..=2));
    assert!(answer.except.is_empty());
    let chain = world
        .read(|c| store::chain::get(c, &phone.device.id, 0))
        .unwrap();
    assert_eq!(
        chain.head,
        phone.head_at(6),
        "the held pages followed in the same commit"
    );
    assert_eq!(
        world.push_all(&phone, 5..=6),
        [Verdict::Accepted, Verdict::Accepted]
    );
    assert_eq!(world.read(|c| store::held::count(c, &phone.device.id)), 0);
}

#[test]
fn a_held_page_that_nobody_vouches_for_is_kept_as_evidence_only() {
    let world = World::new();
    let phone = with(&world, 3);
    let mut other = world.phone("o2");
    other.device = phone.device.clone();
    // Signed by the same key, over another history.
    let mut forged = phone.page(3..=3);
    forged.head = SignedHead::sign(&phone.device.id, 0, phone.head_at(2), &phone.signer);
    forged.head.at.seq = 3;
    forged.head = SignedHead::sign(
        &phone.device.id,
        0,
        itgel_domain::file::chain::ChainHead {
            seq: 3,
            hash: phone.head_at(1).hash,
        },
        &phone.signer,
    );
    let answer = world.push(&phone, forged);
    assert_eq!(answer.verdict(3), Some(Verdict::Held));
    world.push_all(&phone, 1..=2);
    let chain = world
        .read(|c| store::chain::get(c, &phone.device.id, 0))
        .unwrap();
    assert_eq!(chain.head, phone.head_at(2), "it did not enter the chain");
    let stray = world.read(|c| store::stray::list(c, &phone.device.id));
    assert_eq!(
        stray.iter().map(|s| s.reason).collect::<Vec<_>>(),
        [ErrorCode::EnvelopeSignature]
    );
    assert_eq!(
        world.push_all(&phone, 3..=3),
        [Verdict::Accepted],
        "the true page goes in"
    );
}

/// A copy of the phone that goes another way after `n` envelopes.
pub(crate) fn branch(world: &World, phone: &Phone, n: usize) -> Phone {
    let mut copy = Phone::new(
        phone.device.clone(),
        itgel_domain::file::chain::SoftwareSigner::from_secret(&{
            let mut secret = [0; 32];
            secret[..2].copy_from_slice(b"o1");
            secret
        }),
        world.now(),
    );
    copy.chain = phone.chain[..n].to_vec();
    copy.files = phone.files.clone();
    copy
}

#[test]
fn of_two_branches_both_are_kept_and_the_first_one_counts() {
    let world = World::new();
    let phone = with(&world, 3);
    world.push_all(&phone, 1..=3);
    let mut copy = branch(&world, &phone, 2);
    copy.write("hh-1", vec![observed("herd.goat", 7)]);
    copy.write("hh-1", vec![observed("herd.goat", 8)]);
    let verdicts = world.push_all(&copy, 3..=4);
    let fork = Verdict::Refused(ErrorCode::EnvelopeFork);
    assert_eq!(verdicts, [fork.clone(), fork]);
    let stray = world.read(|c| store::stray::list(c, &phone.device.id));
    assert_eq!(stray.len(), 2, "nothing of the second branch is lost");
    let device = world
        .read(|c| store::device::get(c, &phone.device.id))
        .unwrap();
    assert_eq!(
        device.status,
        DeviceStatus::Active,
        "it was never told better"
    );
    assert_eq!(world.push_all(&phone, 1..=3).len(), 3);
}

pub(crate) fn status(world: &World, phone: &Phone) -> DeviceStatus {
    let found = world.read(|c| store::device::get(c, &phone.device.id));
    found.unwrap().status
}

/// What the server signs of its log now, as an answer to a hello names it.
pub(crate) fn checkpoint(world: &World) -> CheckpointRef {
    let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    signed.checkpoint.tree()
}

/// A phone whose first three envelopes are there, and a copy of it from after the second.
pub(crate) fn parted(world: &World) -> (Phone, Phone) {
    let phone = with(world, 3);
    hello(&world.service, &phone);
    world.push_all(&phone, 1..=3);
    let copy = branch(world, &phone, 2);
    (phone, copy)
}

#[test]
fn sec_t08_a_copy_that_names_a_log_which_holds_the_first_branch_is_frozen() {
    let world = World::new();
    let (mut phone, mut copy) = parted(&world);
    copy.checkpoint = Some(checkpoint(&world));
    copy.write("hh-1", vec![observed("herd.goat", 7)]);
    world.push_all(&copy, 3..=3);
    assert_eq!(status(&world, &phone), DeviceStatus::Frozen);
    let forked = world.audited("device.forked").pop().unwrap().detail;
    assert_eq!(
        (&forked["from"], &forked["proof"]),
        (&3.into(), &"checkpoint".into())
    );
    phone.write_sheep("hh-1", 9);
    let verdicts = world.push_all(&phone, 4..=4);
    assert_eq!(
        verdicts,
        [Verdict::Quarantined(ErrorCode::EnvelopeFork)],
        "until a person looks"
    );
    // The journal knows it, too: a database from before comes back frozen.
    let id = phone.device.id.clone();
    world.write(move |_, tx| Ok(store::device::set_status(tx, &id, DeviceStatus::Active)?));
    let world = world.restarted();
    assert_eq!(status(&world, &phone), DeviceStatus::Frozen);
}

#[test]
fn sec_t08_a_copy_that_goes_on_behind_what_its_hello_was_refused_is_frozen() {
    let world = World::new();
    let (phone, mut copy) = parted(&world);
    copy.write("hh-1", vec![observed("herd.goat", 7)]);
    assert_eq!(hello(&world.service, &copy).head, phone.head_at(3));
    world.push_all(&copy, 3..=3);
    assert_eq!(
        status(&world, &phone),
        DeviceStatus::Active,
        "this it had signed before it was told"
    );
    copy.write("hh-1", vec![observed("herd.goat", 8)]);
    world.push_all(&copy, 3..=4);
    assert_eq!(status(&world, &phone), DeviceStatus::Frozen);
    let forked = world.audited("device.forked").pop().unwrap().detail;
    assert_eq!(forked["proof"], "hello");
}

#[test]
fn no_second_branch_freezes_a_device_without_proof_that_its_signer_was_told() {
    let world = World::new();
    let before = checkpoint(&world);
    let (phone, copy) = parted(&world);
    let after = checkpoint(&world);
    let foreign = CheckpointRef {
        root: itgel_domain::hash::Hash::of_file(b"a log before a restore"),
        ..after
    };
    let write = |seen, goats| {
        let mut copy = branch(&world, &copy, 2);
        copy.checkpoint = seen;
        copy.write("hh-1", vec![observed("herd.goat", goats)]);
        copy
    };
    let fork = [Verdict::Refused(ErrorCode::EnvelopeFork)];
    for (goats, seen) in [(1, None), (2, Some(before)), (3, Some(foreign))] {
        let copy = write(seen, goats);
        assert_eq!(world.push_all(&copy, 3..=3), fork);
        assert_eq!(status(&world, &phone), DeviceStatus::Active, "{seen:?}");
    }
    // A card may hold what was written between an answer and the next incarnation.
    let told = write(Some(after), 4);
    let carried = ingest::push_carried(&world.service, &told.device, told.page(3..=3)).unwrap();
    assert_eq!(carried.verdict(3).as_ref(), fork.first());
    assert_eq!(
        status(&world, &phone),
        DeviceStatus::Active,
        "it came on a card"
    );
    let kept = world.read(|c| store::stray::list(c, &phone.device.id));
    assert_eq!(kept.len(), 4, "every branch is kept");
    assert_eq!(world.audited("device.forked").len(), 4);
}

#[test]
fn a_freeze_that_is_lifted_leads_to_the_next_incarnation_and_what_was_set_aside_is_a_reviewers() {
    let world = World::new();
    let (mut phone, mut copy) = parted(&world);
    copy.checkpoint = Some(checkpoint(&world));
    copy.write("hh-1", vec![observed("herd.goat", 7)]);
    world.push_all(&copy, 3..=3);
    phone.write_sheep("hh-1", 9);
    world.push_all(&phone, 4..=4);
    let record = world.read(|c| store::device::get(c, &phone.device.id));
    let asked = Fetch {
        division: code(GACHA),
        positions: vec![1],
        max_bytes: 1 << 16,
    };
    let fetched = DeviceSession::new(world.service.clone(), record.unwrap()).fetch(&asked);
    assert_eq!(
        fetched.unwrap().items,
        [],
        "no news, and no reason to stop sending"
    );
    let administrator = world
        .phone_of("a1", "a1", BANNER, Role::Administrator)
        .device;
    let actor = |officer| {
        let read = world
            .service
            .store
            .read(|c| auth::officer_actor(c, officer));
        read.unwrap()
    };
    let by = actor(&administrator.officer);
    let line = auth::frozen(&world.service, &by).unwrap().pop().unwrap();
    assert_eq!(
        (line.device, line.officer),
        (phone.device.id.clone(), phone.device.officer.clone())
    );
    let fork = line.forks.first().unwrap();
    let seqs =
        |branch: &[auth::freeze::BranchLine]| branch.iter().map(|l| l.seq).collect::<Vec<_>>();
    assert_eq!((fork.incarnation, fork.from), (0, 3));
    assert_eq!(
        (seqs(&fork.first), seqs(&fork.second)),
        (vec![3, 4], vec![3])
    );
    let lift = |by: &Actor, reason: &str| {
        let request = LiftRequest {
            reason: reason.into(),
        };
        let lifted = auth::lift_freeze(
            &world.service,
            by,
            (&phone.device.id, &request),
            world.now(),
        );
        lifted.map_err(|error| error.code())
    };
    assert_eq!(lift(&by, " "), Err(ErrorCode::CaseReason));
    assert_eq!(
        lift(&actor(&phone.device.officer), "本人"),
        Err(ErrorCode::NotAllowed)
    );
    assert_eq!(lift(&by, "手机换壳时从备份恢复，已与本人核对"), Ok(()));
    assert_eq!(auth::frozen(&world.service, &by).unwrap(), []);
    assert_eq!(world.audited("device.unfrozen").len(), 1);
    // The chain that was frozen goes on nowhere; the next one counts.
    let told = hello(&world.service, &phone);
    assert!(told.incarnation > phone.incarnation, "{}", told.incarnation);
    let at = phone.next_place();
    let aside = ChainRef { seq: 4, ..at };
    let mut next = branch(&world, &phone, 0);
    next.incarnation = told.incarnation + 1;
    next.files.clear();
    hello(&world.service, &next);
    next.write("hh-2", vec![observed("herd.sheep", 4)]);
    assert_eq!(world.push_all(&next, 1..=1), [Verdict::Accepted]);
    let reviewer = world.phone_of("r1", "r1", TOWNSHIP, Role::Reviewer).device;
    let reviewer = actor(&reviewer.officer);
    let released = world.write(move |s, tx| {
        let words = DecideRequest {
            reason: "核对过原始记录".into(),
        };
        quarantine::release(s, tx, &reviewer, (&aside, &words), s.now())
    });
    assert_eq!(released.row.outcome, Some(Outcome::Released));
}

#[test]
fn a_hello_tells_where_the_chain_stands_and_does_not_move_it() {
    let world = World::new();
    let phone = with(&world, 3);
    world.push_all(&phone, 1..=2);
    let answer = hello(&world.service, &phone);
    assert_eq!(answer.head, phone.head_at(2));
    let key = world.service.keys.public_key();
    answer
        .signed_checkpoint()
        .verify(&key, &answer.checkpoint_signature)
        .unwrap();
    let divisions: Vec<_> = answer
        .lists
        .iter()
        .map(|l| l.division.to_string())
        .collect();
    assert_eq!(
        divisions,
        ["150623", "150623200201"],
        "the banner and the own gacha"
    );
    let signed = itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    assert_eq!(
        hello(&world.service, &phone).signed_checkpoint(),
        signed.checkpoint
    );
    assert!(signed.checkpoint.size > 0);
}

#[test]
fn what_was_receipted_survives_a_crash() {
    let world = World::new();
    let mut phone = with(&world, 2);
    phone.visit("hh-2", &[], None);
    let before = world.push(&phone, phone.page(1..=3));
    let (facts, board) = (world.facts("hh-2").digest(), world.board("150623"));
    let world = world.restarted();
    let chain = world
        .read(|c| store::chain::get(c, &phone.device.id, 0))
        .unwrap();
    assert_eq!(chain.head, phone.head_at(3));
    assert_eq!(
        (world.facts("hh-2").digest(), world.board("150623")),
        (facts, board)
    );
    let again = world.push(&phone, phone.page(1..=3));
    assert_eq!((again.head, again.except), (before.head, before.except));
    for seq in 1..=3 {
        let at = ChainRef {
            seq,
            ..phone.next_place()
        };
        let bytes = world
            .service
            .store
            .read(|c| itgel_server::contents::envelope_bytes(&world.service, c, &at))
            .unwrap();
        assert_eq!(
            bytes.as_ref(),
            phone.chain.get(usize::try_from(seq).unwrap() - 1)
        );
    }
}

#[test]
fn incarnations_are_chains_of_their_own() {
    let world = World::new();
    let phone = with(&world, 2);
    world.push_all(&phone, 1..=2);
    let mut next = branch(&world, &phone, 0);
    next.incarnation = 1;
    next.files.clear();
    next.write("hh-2", vec![observed("herd.sheep", 4)]);
    assert_eq!(world.push_all(&next, 1..=1), [Verdict::Accepted]);
    let answer = hello(&world.service, &phone);
    assert_eq!(
        (answer.incarnation, answer.head.seq),
        (1, 2),
        "the old one stays as it is"
    );
}
