//! The sync protocol over HTTP.

use itgel_domain::division::DivisionLevel;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::sync::VERSION;
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::PushAnswer;
use itgel_domain::sync::wire::{self, MAX_COMPRESSED, MAX_MESSAGE, MEDIA_TYPE};
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{Answer, Seat, World};

fn call(world: &World, token: &str, step: &str, body: Vec<u8>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", MEDIA_TYPE),
    ];
    world.send("POST", &format!("/v1/sync/{step}"), &headers, body)
}

fn hello(world: &World, seat: &Seat) -> Hello {
    Hello {
        protocol: VERSION,
        device: seat.device.clone(),
        incarnation: 0,
        head: ChainHead::start(&seat.device, 0),
        epoch: 0,
        cursors: Vec::new(),
        clock: world.service.now(),
        trust: None,
        checkpoint: None,
    }
}

#[test]
fn a_device_says_hello_pushes_gets_a_signed_receipt_and_pulls_what_it_pushed() {
    let world = World::new();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    let said = call(
        &world,
        &token,
        "hello",
        wire::pack(&hello(&world, &pen.seat)),
    );
    assert_eq!(
        (said.status, said.header("content-type")),
        (200, MEDIA_TYPE)
    );
    let said: HelloAnswer = wire::unpack(&said.bytes).unwrap();
    let lists: Vec<_> = said
        .lists
        .iter()
        .map(|list| list.division.level())
        .collect();
    assert!(lists.contains(&DivisionLevel::Village), "{lists:?}");
    let subject = household.subject.clone();
    let note = itgel_domain::file::entry::Entry::Note(itgel_domain::file::entry::Note {
        text: "门前有新打的井".into(),
    });
    let file = itgel_domain::file::FileId {
        subject,
        year: 2026,
    };
    pen.write_entries(&world, &file, vec![note]);
    let page = pen.page();
    let pushed = call(&world, &token, "push", wire::pack(&page));
    let receipt: PushAnswer = wire::unpack(&pushed.bytes).unwrap();
    receipt.verify(&world.service.keys.public_key()).unwrap();
    assert!(receipt.verdict(1).unwrap().is_received());
    assert_eq!(receipt.head, pen.head().hash);
    let again = call(&world, &token, "push", wire::pack(&page));
    let again: PushAnswer = wire::unpack(&again.bytes).unwrap();
    assert_eq!(
        again.verdict(1),
        receipt.verdict(1),
        "a repeated page changes nothing"
    );
    let ask = Pull {
        division: world.gacha(),
        after: 0,
        max_bytes: 65_536,
        brief: None,
    };
    let pulled = call(&world, &token, "pull", wire::pack(&ask));
    let pulled: PullPage = wire::unpack(&pulled.bytes).unwrap();
    pulled.verify(&world.service.keys.public_key()).unwrap();
    assert!(
        pulled.items.iter().any(|item| item.kind == 0),
        "its envelope is in the gacha's list"
    );
    let elsewhere = Pull {
        division: world.other_gacha(),
        ..ask
    };
    call(&world, &token, "pull", wire::pack(&elsewhere)).assert_problem(403, "scope.outside");
}

#[test]
fn a_body_that_is_too_large_or_no_message_is_refused_before_anything_is_done() {
    let world = World::new();
    let token = world.sign_in(&world.seat("collector", 1));
    let large = vec![0; MAX_COMPRESSED + 1];
    call(&world, &token, "push", large).assert_problem(413, "request.too_large");
    let bomb = zstd::bulk::compress(&vec![0; MAX_MESSAGE + 1], 3).unwrap();
    call(&world, &token, "push", bomb).assert_problem(413, "request.too_large");
    call(&world, &token, "push", b"plain".to_vec()).assert_problem(400, "request.malformed");
    let other = wire::pack(&"not a push");
    call(&world, &token, "push", other).assert_problem(400, "request.malformed");
}

#[test]
fn a_revoked_device_may_still_upload_and_pulls_nothing() {
    let world = World::new();
    field::add_household(&world, 0);
    let seat = world.seat("collector", 1);
    let administrator = world.sign_in(&world.seat("administrator", 2));
    let path = format!("/v1/devices/{}/revoke", seat.device);
    assert_eq!(
        world.post(&path, Some(&administrator), &json!({})).status,
        204
    );
    let token = world.sign_in(&seat);
    let ask = Pull {
        division: world.gacha(),
        after: 0,
        max_bytes: 65_536,
        brief: None,
    };
    call(&world, &token, "pull", wire::pack(&ask)).assert_problem(403, "device.revoked");
    assert_eq!(
        call(&world, &token, "hello", wire::pack(&hello(&world, &seat))).status,
        200
    );
    let mut pen = Pen::new(seat);
    let subject = field::add_household(&world, 1).subject;
    let note = itgel_domain::file::entry::Entry::Note(itgel_domain::file::entry::Note {
        text: "补记".into(),
    });
    pen.write_entries(
        &world,
        &itgel_domain::file::FileId {
            subject,
            year: 2026,
        },
        vec![note],
    );
    let pushed = call(&world, &token, "push", wire::pack(&pen.page()));
    let receipt: PushAnswer = wire::unpack(&pushed.bytes).unwrap();
    assert!(
        !receipt.verdict(1).unwrap().is_received(),
        "kept, and not green"
    );
}
