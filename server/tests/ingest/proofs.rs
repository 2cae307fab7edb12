//! Who signed an envelope is shown for as long as the envelope is there, whatever else its device
//! signed.

use itgel_domain::file::ChainRef;
use itgel_domain::log::{LeafKind, leaf_hash};
use itgel_domain::sync::push::Verdict;
use itgel_domain::trust::Invitation;
use itgel_server::{evidence, ingest, store};

use super::chain::branch;
use super::phone::{Phone, observed};
use super::world::World;

fn place(phone: &Phone, seq: u64) -> ChainRef {
    ChainRef {
        seq,
        ..phone.next_place()
    }
}

/// Checks the evidence of the envelopes at some places of a phone's chain.
fn assert_proven(world: &World, phone: &Phone, places: std::ops::RangeInclusive<u64>) {
    let server = Invitation::key_print(&world.service.keys.public_key());
    for seq in places {
        let at = place(phone, seq);
        let shown = evidence::evidence(&world.service, &at).unwrap();
        let proven = shown.verify(&server);
        assert_eq!(proven.map(|proven| proven.at), Ok(at));
    }
}

#[test]
fn sec_t39_a_second_branch_takes_no_proof_from_the_first() {
    let world = World::new();
    let mut phone = world.phone("o1");
    for heads in 1..=8 {
        phone.write_sheep("hh-1", heads);
    }
    world.push_all(&phone, 1..=8);
    let mut copy = branch(&world, &phone, 5);
    for goats in 6..=12 {
        copy.write("hh-1", vec![observed("herd.goat", goats)]);
    }
    let carried = ingest::push_carried(&world.service, &copy.device, copy.page(6..=12));
    carried.unwrap();
    assert_proven(&world, &phone, 1..=8);
    for heads in 9..=12 {
        phone.write_sheep("hh-1", heads);
        // A head of the second branch lies ahead of the chain until it gets there.
        let last = phone.chain.len() as u64;
        world.push_all(&phone, last..=last);
        assert_proven(&world, &phone, 1..=last);
    }
    // What the device signed of the second one is kept, too.
    let sql = "select count(*) from signed_head where seq = 12";
    let heads = world.read(|c| Ok(c.query_row(sql, [], |row| row.get::<_, i64>(0))?));
    assert_eq!(heads, 2);
}

#[test]
fn sec_t39_what_waited_for_a_gap_is_proven_by_the_head_that_came_with_it() {
    let world = World::new();
    let mut phone = world.phone("o1");
    for heads in 1..=4 {
        phone.write_sheep("hh-1", heads);
    }
    world.push_all(&phone, 3..=4);
    world.push_all(&phone, 1..=2);
    assert_proven(&world, &phone, 1..=4);
}

#[test]
fn the_place_of_every_envelope_in_the_log_is_known_without_a_search() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 1);
    phone.identify("hh-1", super::phone::NUMBER, Vec::new());
    phone.append_bytes(b"garbage".to_vec());
    phone.write_sheep("hh-9", 1);
    world.push_all(&phone, 1..=4);
    let leaves = world.read(|c| store::log::list_leaves(c, 0));
    for seq in 1..=4 {
        let at = place(&phone, seq);
        let row = world.read(|c| store::envelope::get(c, &at)).unwrap();
        let kind = match row.verdict {
            Verdict::Refused(_) => LeafKind::Refusal,
            _ => LeafKind::Envelope,
        };
        let leaf = leaves.get(usize::try_from(row.leaf).unwrap());
        assert_eq!(leaf, Some(&leaf_hash(kind, &row.id)), "{seq}");
    }
}
