//! A visit that arrives on a card.

use data_encoding::{BASE64, HEXLOWER};
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::bundle::{Part, Reader, Writer};

use crate::officer::{Officer, words};
use crate::server::Server;

/// What the server writes for a card: its word, and a receipt for each page.
fn answered(server: &Server, card: &[u8]) -> Vec<u8> {
    let mut reader = Reader::new(card, server.signer()).unwrap();
    let Some(Part::Opening(opening)) = reader.next_part().unwrap() else {
        panic!("a card begins with its opening");
    };
    let reply_key = HEXLOWER.decode(opening.reply_key.as_bytes()).unwrap();
    let mut answer = Writer::new(&reply_key, &[7; 32]).unwrap();
    let welcome = server.hello(&opening.hello).unwrap();
    answer.put(&Part::Welcome(Box::new(welcome)));
    while let Some(part) = reader.next_part().unwrap() {
        match part {
            Part::Push(page) => {
                let receipt = server.push(&page).unwrap();
                answer.put(&Part::Receipt(Box::new(receipt)));
            }
            Part::Chunk(chunk) => {
                let receipt = server.send_chunk(&chunk).unwrap();
                answer.put(&Part::ChunkAnswer(Box::new(receipt)));
            }
            _ => {}
        }
    }
    answer.end()
}

fn bring(officer: &Officer, answer: &[u8]) -> String {
    let file = format!(
        "data:application/octet-stream;base64,{}",
        BASE64.encode(answer)
    );
    words(&officer.post("/sync/answer", &[("answer", &file)]))
}

#[test]
fn a_visit_without_any_signal_arrives_by_a_card_and_its_answer_turns_it_green() {
    let officer = Officer::at_work(1);
    officer.link.set_off(true);
    officer.visit(1);
    let card = officer.app.handle("GET", "/sync/bundle", b"");
    assert_eq!(card.status, 200);
    let named = card.headers.iter().any(|(name, value)| {
        name == "content-disposition" && value.ends_with("filename=\"itgel-d1-2026-11-01.itgel\"")
    });
    assert!(named, "{:?}", card.headers);
    assert!(
        !officer
            .get("/visit/hh-1/records")
            .contains("badge received")
    );
    let page = bring(&officer, &answered(&officer.server, &card.body));
    assert!(page.contains("已收到回执 2 份"), "{page}");
    assert!(
        officer
            .get("/visit/hh-1/records")
            .contains("badge received")
    );
    assert_eq!(
        officer.link.tries(),
        1,
        "the enrolment, and no network since"
    );
}

#[test]
fn what_is_no_answer_or_is_cut_says_so_and_keeps_what_came() {
    let officer = Officer::at_work(1);
    officer.visit(1);
    assert!(bring(&officer, b"a letter").contains("role=\"alert\""));
    let empty = words(&officer.post("/sync/answer", &[("answer", "")]));
    assert!(empty.contains("role=\"alert\""));
    let card = officer.app.handle("GET", "/sync/bundle", b"");
    let answer = answered(&officer.server, &card.body);
    let cut = bring(&officer, &answer[..answer.len() - 3]);
    assert!(cut.contains("请再拷一次"), "{cut}");
    assert!(
        officer
            .get("/visit/hh-1/records")
            .contains("badge received")
    );
    let foreign = Officer::at_work(1);
    let refused = bring(&foreign, &answer);
    assert!(refused.contains("role=\"alert\""), "{refused}");
}

#[test]
fn a_locked_store_writes_no_card() {
    let officer = Officer::at_work(1);
    officer.post("/lock", &[]);
    let card = officer.app.handle("GET", "/sync/bundle", b"");
    assert_eq!(card.content_type, "text/html; charset=utf-8");
    assert!(words(&card).contains("action=\"/unlock\""));
}
