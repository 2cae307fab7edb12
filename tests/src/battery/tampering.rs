//! What somebody tries who has the database in his hands, at the figure of the threat T20
//! (`docs/threats.md`).

use itgel_domain::case::{CaseState, Role};
use itgel_domain::file::envelope::Ballot;
use itgel_domain::file::facts::FileFacts;
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, SubjectId};
use itgel_domain::log::LeafKind;
use itgel_domain::subject::Grade;
use itgel_server::store::decision::Decision;
use itgel_server::store::identity::IdentityRow;
use itgel_server::store::rating::RatingRow;
use itgel_server::{Service, ingest, log_check, store};
use rusqlite::Connection;

use super::attacks::{file_of, server};
use super::deeds::Kept;
use super::quarantine::{GACHA, TODAY, add_household, cycle, phone, sheep};
use super::{Row, Size};
use crate::simulation::chance::Chance;

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "T20",
    what: "rows that an administrator alters, deletes or inserts in the database",
    figure: "10,000 rows: the check of the log finds every one",
    run: tampered,
}];

/// Tables that the log speaks of.
const TABLES: [&str; 10] = [
    "log_leaf",
    "log_row",
    "log_end",
    "checkpoint",
    "audit",
    "envelope",
    "identity",
    "ballot",
    "decision",
    "rating",
];

fn tampered(size: Size) -> Vec<String> {
    let deeds = size.pick(150, 10_000);
    let (folder, service) = server();
    fill(&service, size.pick(20, 100));
    let clean = log_check::verify(&service).unwrap();
    assert_eq!(clean.faults, [], "before anything is changed");
    let raw = Connection::open(folder.path().join("itgel.db")).unwrap();
    raw.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let kept = TABLES.map(|table| Kept::of(&raw, table));
    let mut tried = TABLES.map(|_| 0);
    let mut chance = Chance::new(20, 0);
    for _ in 0..deeds {
        let which = chance.below(kept.len());
        tried[which] += 1;
        let table = &kept[which];
        let row = &table.rows[chance.below(table.rows.len())];
        let deeds = table.deeds(row);
        let deed = &deeds[chance.below(deeds.len())];
        assert_eq!(raw.execute(deed, []).unwrap(), 1, "{deed}");
        let found = log_check::verify(&service);
        let is_seen = found.is_err() || found.is_ok_and(|check| !check.faults.is_empty());
        assert!(is_seen, "unseen: {deed}");
        table.put_back(&raw);
    }
    assert_eq!(log_check::verify(&service).unwrap().faults, [], "put back");
    let tried = tried.iter().zip(TABLES);
    let tried = tried.map(|(times, table)| format!("{times} of {table}"));
    let tried = tried.collect::<Vec<_>>().join(", ");
    vec![format!(
        "{deeds} rows altered, deleted or inserted ({tried}), all found"
    )]
}

/// A log with envelopes, decisions, audit rows and checkpoints between them, and leaves behind the
/// newest checkpoint.
fn fill(service: &Service, rounds: u32) {
    for round in 0..rounds {
        let id: SubjectId = format!("hh-{round}").parse().unwrap();
        add_household(service, &id);
        let mut own = phone(service, &format!("f{round}"), Role::Collector, GACHA);
        let start = own.head;
        let mut facts = FileFacts::default();
        for heads in 0..4 {
            let entries = vec![sheep(heads, TODAY)];
            let envelope = own.next(&file_of(&id), &facts, entries, service.now());
            facts.apply(&envelope);
            let page = own.signed(vec![envelope.to_bytes()]);
            ingest::push(service, &own.record, page).unwrap();
        }
        if round.is_multiple_of(3) {
            // A copy that goes another way leaves an audit row.
            let mut copy = own.copied_at(start);
            let (_, page) = copy.page(
                &file_of(&id),
                &FileFacts::default(),
                vec![sheep(99, TODAY)],
                service.now(),
            );
            ingest::push(service, &copy.record, page).unwrap();
        }
        decide(service, &id, round);
        if round.is_multiple_of(5) {
            itgel_server::sync::checkpoint(service, service.now()).unwrap();
        }
    }
}

/// A decision with its leaf, an identity, a ballot and a rating.
fn decide(service: &Service, about: &SubjectId, round: u32) {
    let mut random = [0; 16];
    random[..4].copy_from_slice(&round.to_be_bytes());
    let about = about.clone();
    let decided = service.transact("battery.decide", move |service, tx| {
        let decision = decision(service, &about, random);
        store::decision::put(tx, &decision)?;
        let leaf = Hash::of_file(decision.id.as_str().as_bytes());
        store::log::leaf(tx, LeafKind::Decision, &leaf)?;
        store::identity::put(tx, &identity(&about, &leaf))?;
        let ballot = Ballot {
            subject: about.clone(),
            cycle: cycle(),
            evaluator: "o3".parse().unwrap(),
            scores: [3, 4, 3, 4],
        };
        store::ballot::put(tx, &ballot, &leaf)?;
        Ok(store::rating::put(tx, &rating(about, round))?)
    });
    decided.unwrap();
}

fn decision(service: &Service, about: &SubjectId, random: [u8; 16]) -> Decision {
    Decision {
        id: DecisionId::from_random(random),
        kind: "resolution".into(),
        actor: "o2".parse().unwrap(),
        subject: about.to_string(),
        at: service.now(),
        content: serde_json::json!({ "reason": "示例" }),
    }
}

fn identity(about: &SubjectId, commitment: &Hash) -> IdentityRow {
    IdentityRow {
        subject: about.clone(),
        commitment: *commitment,
        version: 1,
        author: "o2".parse().unwrap(),
        at: "d/0/1".into(),
        is_current: true,
        blind_id: None,
        blind_phone: None,
        sealed: vec![7; 64],
    }
}

fn rating(about: SubjectId, round: u32) -> RatingRow {
    RatingRow {
        case: format!("case-{round}").parse().unwrap(),
        subject: about,
        cycle: cycle(),
        division: GACHA.parse().unwrap(),
        grade: Grade::A,
        score: 8_000,
        inputs: Hash::of_file(b"inputs"),
        effective_on: TODAY,
        valid_to: TODAY,
        status: CaseState::Effective,
    }
}
