//! Photos and scans: behind the data, in chunks, over links that break.

use itgel_device::Error;
use itgel_device::sync::run;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Entry;
use itgel_domain::hash::Hash;

use crate::server::Fault;
use crate::world::{cycle, now, ready, subject, value};

/// A PNG of so many bytes, about, with a text beside it that is not to leave the device.
fn scan(bytes: usize) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        out.extend_from_slice(kind);
        out.extend_from_slice(data);
        out.extend_from_slice(&[0; 4]);
    };
    chunk(b"IHDR", &[0, 0, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0]);
    chunk(b"tEXt", b"GPS 43.9 116.0");
    let noise: Vec<u8> = (0..bytes.div_ceil(32))
        .flat_map(|n| *Hash::of_file(&n.to_be_bytes()).as_bytes())
        .collect();
    chunk(b"IDAT", &noise);
    chunk(b"IEND", &[]);
    out
}

#[test]
fn a_photo_that_is_cut_every_50_kilobytes_arrives_once_and_whole() {
    let (server, phone) = ready(1);
    let items = vec!["herd.sheep".parse().unwrap()];
    let photo = scan(900_000);
    phone
        .device
        .put_evidence(&subject(1), items, &photo, now())
        .unwrap();
    let (mut runs, mut sent) = (0, 0);
    let length = phone.device.pictures(&subject(1)).unwrap()[0].length;
    loop {
        // hello, push, pull and the question come through; then 32 KiB, then the link is cut.
        runs += 1;
        server.fail(if runs == 1 { 4 } else { 3 }, Fault::AnswerLost);
        match run(&phone.device, &server, now(), &mut |_| {}) {
            Ok(report) => {
                sent += report.picture_bytes;
                server.heal();
                break;
            }
            Err(_) => sent += 1,
        }
        assert!(runs < 200, "it moves on");
    }
    let kept = phone.device.pictures(&subject(1)).unwrap().remove(0);
    assert!(runs > 10 && sent > 0, "{runs}");
    assert!(kept.received_at.is_some() && kept.sent == length);
    let there = server.kept().pictures[&kept.content].clone();
    assert_eq!(there.len() as u64, length, "no byte twice");
    assert_eq!(Hash::of_file(&there), kept.content);
    assert!(!String::from_utf8_lossy(&there).contains("GPS"));
    let before = server.calls();
    phone.sync(&server);
    phone.sync(&server);
    assert!(
        server.calls() - before <= 3,
        "what arrived is not asked for again"
    );
}

#[test]
fn a_receipt_for_a_photo_that_the_server_did_not_sign_is_none() {
    let (server, phone) = ready(1);
    phone
        .device
        .put_picture(&subject(1), &scan(5_000), now())
        .unwrap();
    server.fail(2, Fault::Forged);
    assert!(run(&phone.device, &server, now(), &mut |_| {}).is_err());
    let kept = |phone: &crate::world::Phone| phone.device.pictures(&subject(1)).unwrap().remove(0);
    assert!(kept(&phone).received_at.is_none());
    phone.sync(&server);
    assert!(kept(&phone).received_at.is_some());
}

#[test]
fn a_file_of_30_megabytes_or_no_picture_is_refused_in_words() {
    let (_, phone) = ready(1);
    let put = |bytes: &[u8]| phone.device.put_picture(&subject(1), bytes, now());
    assert_eq!(
        put(&scan(30_000_000)).unwrap_err().code(),
        ErrorCode::MediaTooLarge
    );
    assert_eq!(
        put(b"%PDF-1.7").unwrap_err().code(),
        ErrorCode::MediaNotPicture
    );
    assert!(phone.device.pictures(&subject(1)).unwrap().is_empty());
}

#[test]
fn bytes_of_a_picture_stay_35_days_after_the_server_has_them_and_go_up_again_to_a_restored_one() {
    let (server, phone) = ready(1);
    let empty = server.kept();
    let content = phone
        .device
        .put_picture(&subject(1), &scan(5_000), now())
        .unwrap();
    phone.sync(&server);
    server.restore(empty.clone());
    phone.sync(&server);
    assert!(server.kept().pictures.contains_key(&content), "sent again");
    let received = phone.device.pictures(&subject(1)).unwrap()[0].received_at;
    let day = 86_400_000;
    let received = received.unwrap();
    assert_eq!(phone.device.compact(received.plus_ms(35 * day)).unwrap(), 0);
    assert_eq!(
        phone
            .device
            .compact(received.plus_ms(35 * day + 1))
            .unwrap(),
        1
    );
    server.restore(empty);
    let report = phone.sync(&server);
    assert_eq!(report.pictures, 0, "what is gone is not promised");
}

#[test]
fn a_note_and_a_retraction_reach_the_server_and_only_own_entries_are_taken_back() {
    let (server, phone) = ready(1);
    phone.visit(1);
    let noted = phone
        .device
        .put_note(&subject(1), "  门前有新打的井  ", now())
        .unwrap();
    let facts = phone.device.facts(&subject(1)).unwrap();
    let sheep = facts
        .entries()
        .find(|e| {
            e.entry
                .observed()
                .is_some_and(|(_, o)| o.item == value("herd.sheep", 1).item)
        })
        .map(|e| e.id)
        .unwrap();
    phone
        .device
        .retract(&subject(1), &sheep, "走错门", now())
        .unwrap();
    let after = phone.device.facts(&subject(1)).unwrap();
    let item = value("herd.sheep", 1).item;
    assert!(!after.facts(&cycle()).values.contains_key(&item));
    phone.sync(&server);
    let kept = server.kept();
    let note = &kept.envelopes[&noted].entries()[0];
    assert!(matches!(note, Entry::Note(n) if n.text == "门前有新打的井"));
    let mut foreign = sheep;
    foreign.at.device = "d77".parse().unwrap();
    let refused = phone.device.retract(&subject(1), &foreign, "错", now());
    assert!(matches!(refused, Err(Error::Invalid(_))));
    for text in ["", " ", &"长".repeat(2_001)] {
        let refused = phone.device.put_note(&subject(1), text, now());
        assert!(matches!(refused, Err(Error::Invalid(_))), "{}", text.len());
    }
}
