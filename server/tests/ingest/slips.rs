//! What households have on paper is held against what arrived.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::policy::Actor;
use itgel_server::rights::slip::{self, SlipAnswer, SlipRequest};
use itgel_server::{ServiceError, auth};

use super::phone::{NUMBER, Phone};
use super::world::{NEIGHBOUR, TOWNSHIP, World, subject};

/// The digits that the phone shows when it has written a record.
fn slips(phone: &Phone) -> Vec<String> {
    let ids = phone.chain.iter().map(|bytes| Envelope::id_of_bytes(bytes));
    ids.map(|id| id.short()).collect()
}

/// Somebody at a counter.
fn clerk(world: &World, name: &str, place: &str) -> Actor {
    let phone = world.phone_of(name, name, place, Role::Reviewer);
    let read = |c: &_| auth::officer_actor(c, &phone.device.officer);
    world.service.store.read(read).unwrap()
}

fn ask(world: &World, actor: &Actor, id: &str, code: &str) -> Result<SlipAnswer, ServiceError> {
    let (actor, request) = (
        actor.clone(),
        SlipRequest {
            subject: subject(id),
            code: code.to_owned(),
        },
    );
    let ask = move |service: &itgel_server::Service, tx: &itgel_server::store::Tx<'_>| {
        slip::check(tx, &actor, &request, service.now())
    };
    world.service.transact("test", ask)
}

#[test]
fn sec_t07_every_slip_of_a_record_that_was_deleted_before_it_was_sent_is_found_out() {
    let world = World::new();
    let clerk = clerk(&world, "r1", TOWNSHIP);
    for sent in 0..=6 {
        let mut phone = world.phone(&format!("o{sent}"));
        phone.identify("hh-1", NUMBER, Vec::new());
        phone.visit("hh-1", &[], None);
        for heads in 3..=6 {
            phone.write_sheep("hh-1", heads);
        }
        // What follows is on paper and was deleted with the app's data.
        if sent > 0 {
            world.push_all(&phone, 1..=sent);
        }
        for (seq, code) in (1..).zip(slips(&phone)) {
            let answer = ask(&world, &clerk, "hh-1", &code).unwrap();
            let places: Vec<u64> = answer.arrived.iter().map(|record| record.at.seq).collect();
            let expected: &[u64] = if seq <= sent { &[seq] } else { &[] };
            assert_eq!(places, expected, "{sent} sent, slip {seq}");
        }
    }
    assert_eq!(world.audited("slip.missing").len(), 6 + 5 + 4 + 3 + 2 + 1);
    assert_eq!(world.audited("slip.found").len(), 1 + 2 + 3 + 4 + 5 + 6);
}

#[test]
fn a_slip_tells_nobody_of_another_household_or_another_banner() {
    let world = World::new();
    let mut phone = world.phone("o1");
    phone.write_sheep("hh-1", 1);
    world.push_all(&phone, 1..=1);
    let code = slips(&phone).remove(0);
    let own = clerk(&world, "r1", TOWNSHIP);
    assert_eq!(ask(&world, &own, "hh-2", &code).unwrap().arrived, []);
    let capitals = ask(&world, &own, "hh-1", &code.to_uppercase()).unwrap();
    assert_eq!(capitals.arrived.len(), 1, "as it is typed");
    let refused = |asked: Result<SlipAnswer, ServiceError>| asked.unwrap_err().code();
    let stranger = clerk(&world, "r2", NEIGHBOUR);
    let outside = refused(ask(&world, &stranger, "hh-1", &code));
    assert_eq!(outside, ErrorCode::SubjectUnknown);
    for bad in ["", "1234567", "zzzzzzzz", "123456789"] {
        let malformed = refused(ask(&world, &own, "hh-1", bad));
        assert_eq!(malformed, ErrorCode::RequestMalformed, "{bad}");
    }
}
