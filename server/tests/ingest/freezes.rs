//! A freeze whose transaction comes to nothing, and its line in the journal.

use itgel_disk::{Disk, Failure, Fault, Op};
use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::sync::push::Verdict;
use itgel_server::store::StoreError;
use itgel_server::store::device::DeviceStatus;
use itgel_server::{auth, ingest};

use super::chain::{checkpoint, parted, status};
use super::phone::{Phone, observed};
use super::world::{BANNER, World};

/// A phone, and a copy of it whose next page freezes it.
fn told(world: &World) -> (Phone, Phone) {
    let (phone, mut copy) = parted(world);
    copy.checkpoint = Some(checkpoint(world));
    copy.write("hh-1", vec![observed("herd.goat", 7)]);
    (phone, copy)
}

fn journal(world: &World) -> String {
    let path = world.database().with_file_name("journal.jsonl");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn a_page_that_fails_after_its_second_branch_was_seen_freezes_nobody_at_the_next_start() {
    let world = World::new();
    let (phone, copy) = told(&world);
    let rename = |sql: &'static str| {
        world.write(move |_, tx| Ok(tx.execute_batch(sql).map_err(StoreError::from)?));
    };
    // The verdicts of a page are counted at its end.
    rename("alter table intake_count rename to moved_away");
    let failed = ingest::push(&world.service, &copy.device, copy.page(3..=3));
    assert!(failed.is_err());
    rename("alter table moved_away rename to intake_count");
    assert_eq!(journal(&world), "");
    let world = world.restarted();
    assert_eq!(status(&world, &phone), DeviceStatus::Active);
    assert!(world.audited("device.known_again").is_empty());
}

#[test]
fn a_freeze_whose_commit_failed_has_its_branches_once_the_page_comes_again() {
    let world = World::new();
    let administrator = world.phone_of("a1", "a1", BANNER, Role::Administrator);
    let disk = Disk::over(world.database().parent().unwrap()).unwrap();
    let world = world.restarted();
    let (phone, copy) = told(&world);
    for n in 1.. {
        disk.fail(Fault::once(n, Failure::Io).among(Op::CHANGES));
        let pushed = ingest::push(&world.service, &copy.device, copy.page(3..=3));
        disk.heal();
        assert!(pushed.is_err(), "operation {n}");
        if !journal(&world).is_empty() {
            break;
        }
    }
    assert_eq!(status(&world, &phone), DeviceStatus::Active);
    let world = world.restarted();
    let by = world
        .service
        .store
        .read(|c| auth::officer_actor(c, &administrator.device.officer));
    let by = by.unwrap();
    let branches = || {
        let line = auth::frozen(&world.service, &by).unwrap().pop().unwrap();
        assert_eq!(line.device, phone.device.id);
        let seqs =
            |fork: &auth::freeze::ForkLine| fork.second.iter().map(|line| line.seq).collect();
        line.forks.iter().map(seqs).collect::<Vec<Vec<u64>>>()
    };
    assert_eq!(
        branches(),
        [[0; 0]; 0],
        "the freeze stands, as it was decided"
    );
    // No receipt: the page comes again.
    let fork = Verdict::Refused(ErrorCode::EnvelopeFork);
    assert_eq!(world.push_all(&copy, 3..=3), [fork]);
    assert_eq!(branches(), [[3]]);
}
