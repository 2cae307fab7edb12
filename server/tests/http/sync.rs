//! The sync protocol over HTTP.

use itgel_domain::division::DivisionLevel;
use itgel_domain::file::FileId;
use itgel_domain::file::entry::{Entry, EvidenceEntry, Note};
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::log::verify_consistency;
use itgel_domain::sync::VERSION;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer, ListEnd, names_digest};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage, empty_digest, extend_digest, item_hash};
use itgel_domain::sync::push::PushAnswer;
use itgel_domain::sync::wire::{self, MAX_COMPRESSED, MAX_MESSAGE, MEDIA_TYPE};
use itgel_server::{media, sync};
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{Answer, World};

pub(crate) fn call(world: &World, token: &str, step: &str, body: Vec<u8>) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", MEDIA_TYPE),
    ];
    world.send("POST", &format!("/v1/sync/{step}"), &headers, body)
}

#[test]
fn a_device_hears_what_its_gachas_are_called_and_hears_it_once() {
    let world = World::new();
    let seat = world.seat("collector", 1);
    let token = world.sign_in(&seat);
    let ask = |names: Option<Hash>| {
        let asked = Hello {
            names,
            ..world.hello(&seat)
        };
        let said = call(&world, &token, "hello", wire::pack(&asked));
        wire::unpack::<HelloAnswer>(&said.bytes).unwrap()
    };
    assert_eq!(ask(None).names, None, "a device that shows codes");
    let said = ask(Some(names_digest(&[])));
    let names = said.names.unwrap();
    let called = |list: &ListEnd| names.iter().any(|one| one.division == list.division);
    assert!(said.lists.iter().all(called), "{names:?}");
    assert!(names.iter().all(|one| !one.name.is_empty()));
    assert_eq!(ask(Some(names_digest(&names))).names, None, "heard already");
}

#[test]
fn a_device_says_hello_pushes_gets_a_signed_receipt_and_pulls_what_it_pushed() {
    let world = World::new();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    let said = call(&world, &token, "hello", wire::pack(&world.hello(&pen.seat)));
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
    let note = Entry::Note(Note {
        text: "门前有新打的井".into(),
    });
    let file = FileId {
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
    // Beside the message a frame holds the byte that says how it is written.
    let bomb = zstd::bulk::compress(&vec![0; MAX_MESSAGE + 2], 3).unwrap();
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
        call(&world, &token, "hello", wire::pack(&world.hello(&seat))).status,
        200
    );
    let mut pen = Pen::new(seat);
    let subject = field::add_household(&world, 1).subject;
    let note = Entry::Note(Note {
        text: "补记".into(),
    });
    pen.write_entries(
        &world,
        &FileId {
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

/// A picture of the smallest form.
pub(crate) fn scan() -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.extend_from_slice(&[0; 4]);
    };
    chunk(b"IHDR", &[0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0]);
    chunk(b"IDAT", &[7; 40_000]);
    chunk(b"IEND", &[]);
    out
}

/// Writes that a picture with these bytes was taken, and pushes it.
fn announce(world: &World, pen: &mut Pen, token: &str, subject: &SubjectId, bytes: &[u8]) {
    let evidence = Entry::Evidence(EvidenceEntry {
        items: vec!["herd.sheep".parse().unwrap()],
        content: Hash::of_file(bytes),
        media_type: "image/png".into(),
        length: bytes.len() as u64,
    });
    let file = FileId {
        subject: subject.clone(),
        year: 2026,
    };
    pen.write_entries(world, &file, vec![evidence]);
    let pushed = call(world, token, "push", wire::pack(&pen.page()));
    assert_eq!(pushed.status, 200);
}

pub(crate) fn chunk(subject: &SubjectId, bytes: &[u8], from: usize, to: usize) -> Vec<u8> {
    wire::pack(&Chunk {
        subject: subject.clone(),
        content: Hash::of_file(bytes),
        length: bytes.len() as u64,
        offset: from as u64,
        bytes: bytes[from..to].to_vec(),
    })
}

#[test]
fn a_picture_comes_in_chunks_once_it_was_announced_and_is_kept_sealed() {
    let world = World::new();
    let subject = field::add_household(&world, 0).subject;
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    let bytes = scan();
    let send = |from, to| call(&world, &token, "media", chunk(&subject, &bytes, from, to));
    send(0, 100).assert_problem(404, "media.unknown");
    announce(&world, &mut pen, &token, &subject, &bytes);
    let answer = |answer: Answer| wire::unpack::<ChunkAnswer>(&answer.bytes).unwrap();
    assert_eq!(answer(send(0, 0)).received, 0);
    assert_eq!(answer(send(0, 30_000)).received, 30_000);
    assert_eq!(answer(send(0, 30_000)).received, 30_000, "repeated");
    assert_eq!(
        answer(send(20_000, 25_000)).received,
        30_000,
        "out of order"
    );
    let whole = answer(send(30_000, bytes.len()));
    let receipt = whole.receipt.unwrap();
    receipt.verify(&world.service.keys.public_key()).unwrap();
    let other = world.sign_in(&world.seat("collector", 2));
    let stolen = call(&world, &other, "media", chunk(&subject, &bytes, 0, 0));
    stolen.assert_problem(404, "media.unknown");
    let read = |service: &itgel_server::Service| {
        let content = Hash::of_file(&bytes);
        let read = service
            .store
            .read(|c| media::read(service, c, &subject, &content));
        read.unwrap()
    };
    assert_eq!(read(&world.service).as_deref(), Some(&bytes[..]));
    let sealed = world
        .service
        .store
        .read(|c| itgel_server::store::media::list_chunks(c, &subject, &Hash::of_file(&bytes)));
    let is_plain = |(_, chunk): &(u64, Vec<u8>)| chunk.windows(8).any(|w| w == [7; 8]);
    assert!(!sealed.unwrap().iter().any(is_plain), "nothing lies open");
    let erased = subject.clone();
    let done = world.service.transact("test.erase", move |service, tx| {
        itgel_server::ingest::erase(service, tx, &erased, "administrator", service.now())
    });
    done.unwrap();
    assert_eq!(read(&world.service), None, "gone with its subject");
}

#[test]
fn what_is_no_picture_or_not_the_announced_one_is_dropped_with_its_own_code() {
    let world = World::new();
    let subject = field::add_household(&world, 0).subject;
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    let text = b"not a picture at all".to_vec();
    announce(&world, &mut pen, &token, &subject, &text);
    let sent = call(
        &world,
        &token,
        "media",
        chunk(&subject, &text, 0, text.len()),
    );
    sent.assert_problem(422, "media.not_picture");
    let mut other = scan();
    let mut pen = Pen::new(world.seat("collector", 3));
    let token = world.sign_in(&pen.seat);
    announce(&world, &mut pen, &token, &subject, &other);
    let named = Hash::of_file(&other);
    other[200] ^= 1;
    let send = |from: usize, to: usize| {
        let chunk = Chunk {
            subject: subject.clone(),
            content: named,
            length: other.len() as u64,
            offset: from as u64,
            bytes: other[from..to].to_vec(),
        };
        call(&world, &token, "media", wire::pack(&chunk))
    };
    send(0, 30_000);
    send(30_000, other.len()).assert_problem(409, "media.differs");
    let again: ChunkAnswer = wire::unpack(&send(0, 0).bytes).unwrap();
    assert_eq!(again.received, 0, "it begins again");
    let huge = Chunk {
        subject: subject.clone(),
        content: named,
        length: 30_000_000,
        offset: 0,
        bytes: Vec::new(),
    };
    let huge = call(&world, &token, "media", wire::pack(&huge));
    huge.assert_problem(413, "media.too_large");
}

#[test]
fn a_brief_page_names_files_of_others_and_fetch_brings_what_it_named() {
    let world = World::new();
    let subject = field::add_household(&world, 0).subject;
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    announce(&world, &mut pen, &token, &subject, &scan());
    let reader = world.sign_in(&world.seat("collector", 2));
    let ask = Pull {
        division: world.gacha(),
        after: 0,
        max_bytes: 65_536,
        brief: Some(true),
    };
    let page = |token: &str, ask: &Pull| -> PullPage {
        let pulled = call(&world, token, "pull", wire::pack(ask));
        let page: PullPage = wire::unpack(&pulled.bytes).unwrap();
        page.verify(&world.service.keys.public_key()).unwrap();
        page
    };
    let brief = page(&reader, &ask);
    let named = brief
        .items
        .iter()
        .find_map(|i| Some((i.position, i.named()?)));
    let (position, named) = named.unwrap();
    assert_eq!(named.subject, subject);
    let digest = brief
        .items
        .iter()
        .fold(empty_digest(world.gacha()), |d, i| extend_digest(&d, i));
    assert_eq!(
        digest, brief.digest,
        "the digest comes out without the files"
    );
    let own = page(&token, &ask);
    assert!(
        own.items.iter().all(|i| i.named().is_none()),
        "its own come whole"
    );
    let fetch = |token: &str, division| {
        let fetch = Fetch {
            division,
            positions: vec![position],
            max_bytes: 1,
        };
        call(&world, token, "fetch", wire::pack(&fetch))
    };
    let fetched: Fetched = wire::unpack(&fetch(&reader, world.gacha()).bytes).unwrap();
    assert_eq!(item_hash(&fetched.items[0].bytes), named.hash);
    fetch(&reader, world.other_gacha()).assert_problem(403, "scope.outside");
}

#[test]
fn sec_t36_a_hello_is_answered_under_the_servers_signature_and_the_answer_is_to_it_alone() {
    let world = World::new();
    let seat = world.seat("collector", 1);
    let token = world.sign_in(&seat);
    let key = world.service.keys.public_key();
    let asked = world.hello(&seat);
    let said = call(&world, &token, "hello", wire::pack(&asked));
    let said: HelloAnswer = wire::unpack(&said.bytes).unwrap();
    said.verify(&key, &asked.digest()).unwrap();
    let again = Hello {
        nonce: [1; 16],
        ..asked
    };
    assert!(said.verify(&key, &again.digest()).is_err());
}

#[test]
fn a_device_of_a_later_version_is_answered_in_this_one_and_an_unspoken_one_in_words() {
    let world = World::new();
    let seat = world.seat("collector", 1);
    let token = world.sign_in(&seat);
    let mut later = world.hello(&seat);
    later.protocol = VERSION + 1;
    let said = call(&world, &token, "hello", wire::pack(&later));
    let said: HelloAnswer = wire::unpack(&said.bytes).unwrap();
    assert_eq!(said.protocol, VERSION);
    later.protocol = 0;
    call(&world, &token, "hello", wire::pack(&later)).assert_problem(400, "protocol.version");
}

#[test]
fn hello_proves_that_the_log_only_grew_and_cannot_for_another_log() {
    let world = World::new();
    let subject = field::add_household(&world, 0).subject;
    let mut pen = Pen::new(world.seat("collector", 1));
    let token = world.sign_in(&pen.seat);
    let held = sync::checkpoint(&world.service, world.service.now()).unwrap();
    let held = held.checkpoint.tree();
    announce(&world, &mut pen, &token, &subject, &scan());
    sync::checkpoint(&world.service, world.service.now()).unwrap();
    let say = |checkpoint| {
        let hello = Hello {
            checkpoint,
            ..world.hello(&pen.seat)
        };
        let said = call(&world, &token, "hello", wire::pack(&hello));
        wire::unpack::<HelloAnswer>(&said.bytes).unwrap()
    };
    let grown = say(Some(held));
    assert!(grown.checkpoint.size > held.size);
    let proof = grown.consistency.unwrap();
    assert!(verify_consistency(held, grown.checkpoint, &proof));
    let other = CheckpointRef {
        root: Hash::of_file(b"another log"),
        ..held
    };
    assert_eq!(say(Some(other)).consistency, None);
}
