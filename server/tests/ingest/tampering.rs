//! Somebody with the database in his hands changes what he likes: the check of the log finds it.

use itgel_domain::case::step::ObjectionGround;
use itgel_domain::case::{CaseState, Role};
use itgel_domain::file::envelope::Body;
use itgel_domain::file::objection::{FiledObjection, Objector, ReceiptNumber};
use itgel_domain::hash::Hash;
use itgel_domain::id::DecisionId;
use itgel_domain::log::LeafKind;
use itgel_domain::subject::Grade;
use itgel_server::log_check::{FaultKind, LogCheck};
use itgel_server::store;
use itgel_server::store::decision::Decision;
use itgel_server::store::rating::RatingRow;
use jiff::civil::date;
use rusqlite::Connection;

use super::attacks::valid_number;
use super::deeds::Kept;
use super::people::ballot;
use super::phone::{NUMBER, Phone};
use super::world::{GACHA, World, cycle, subject};

/// Every table that the check reads.
const TABLES: [&str; 11] = [
    "log_leaf",
    "log_row",
    "log_end",
    "checkpoint",
    "audit",
    "envelope",
    "identity",
    "ballot",
    "decision",
    "case_event",
    "rating",
];

/// A server with at least two rows in each table but `log_end`, and leaves behind the newest
/// checkpoint.
fn lived_in() -> (World, Phone) {
    let world = World::new();
    super::standings::put_basics(&world, &["hh-1"]);
    let mut phone = world.phone("o1");
    phone.identify("hh-1", NUMBER, Vec::new());
    phone.visit("hh-1", &[], None);
    phone.append_bytes(b"not an envelope".to_vec());
    phone.append(&phone.envelope(Body::Objection(objection())));
    world.push_all(&phone, 1..=4);
    itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    // A copy that goes another way leaves an audit row.
    let mut copy = world.phone("o2");
    copy.write_sheep("hh-3", 1);
    world.push_all(&copy, 1..=1);
    copy.chain.clear();
    copy.write_sheep("hh-3", 2);
    world.push_all(&copy, 1..=1);
    for n in 1..=5 {
        let name = format!("e{n}");
        let mut evaluator = world.phone_of(&name, &name, GACHA, Role::Evaluator);
        ballot(&mut evaluator, [3, 4, 3, 4]);
        world.push_all(&evaluator, 1..=1);
    }
    itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    phone.write_sheep("hh-1", 78);
    phone.identify("hh-2", &valid_number(1), Vec::new());
    world.push_all(&phone, 5..=6);
    decide(&world, 1);
    decide(&world, 2);
    (world, phone)
}

/// An objection as an officer takes it down.
fn objection() -> FiledObjection {
    FiledObjection {
        subject: subject("hh-1"),
        cycle: cycle(),
        receipt: ReceiptNumber {
            device: 1,
            count: 1,
        },
        ground: ObjectionGround::WrongOrMissing,
        objector: Objector::Subject,
        words: "示例".into(),
    }
}

/// A decision with its leaf, and a rating in effect.
fn decide(world: &World, n: u8) {
    let (at, actor) = (world.now(), "o1".parse().unwrap());
    let decision = Decision {
        id: DecisionId::from_random([n; 16]),
        kind: "resolution".into(),
        actor,
        subject: "hh-1".into(),
        at,
        content: serde_json::json!({ "reason": "示例" }),
    };
    let rating = RatingRow {
        case: format!("case-{n}").parse().unwrap(),
        subject: subject("hh-1"),
        cycle: cycle(),
        division: GACHA.parse().unwrap(),
        grade: Grade::A,
        score: 8_000,
        inputs: Hash::of_file(b"inputs"),
        effective_on: date(2026, 7, 1),
        valid_to: date(2027, 6, 30),
        status: CaseState::Effective,
    };
    world.write(move |_, tx| {
        store::decision::put(tx, &decision)?;
        let leaf = Hash::of_file(decision.id.as_str().as_bytes());
        store::log::leaf(tx, LeafKind::Decision, &leaf)?;
        Ok(store::rating::put(tx, &rating)?)
    });
}

fn verify(world: &World) -> LogCheck {
    itgel_server::log_check::verify(&world.service).unwrap()
}

/// More than a random change: what somebody would want.
fn wished() -> Vec<String> {
    let mut deeds: Vec<String> = [
        "update envelope set verdict = 'quarantined' where verdict = 'accepted'",
        "update envelope set verdict = 'accepted', reason = '' where verdict = 'flagged'",
        "update envelope set received_at = received_at - 86400000 where kind = 'objection'",
        "update envelope set sealed = x'' where kind = 'ballot'",
        "update envelope set sealed = randomblob(length(sealed)) where kind = 'objection'",
        "update envelope set sealed = randomblob(length(sealed)) where kind = 'identity'",
        "update identity set current = 1 - current",
        "update ballot set promises = 5, diligence = 5, loans = 5, rules = 5",
        "update rating set grade = 'AAA'",
        "update log_row set said = replace(said, 'rating', 'ballot')",
        "delete from checkpoint",
        "delete from log_row",
        "update checkpoint set frontier = '{\"size\":0,\"peaks\":[]}'",
    ]
    .map(str::to_owned)
    .to_vec();
    // Leaves of what has no row that the check reads, behind the newest checkpoint.
    for kind in ["decision", "query", "export", "deletion", "rules", "access"] {
        deeds.push(format!(
            "insert into log_leaf select max(n) + 1, '{kind}', randomblob(32) from log_leaf"
        ));
    }
    deeds
}

#[test]
fn sec_t20_any_row_that_an_administrator_alters_deletes_or_inserts_is_found() {
    let (world, mut phone) = lived_in();
    let clean = verify(&world);
    assert_eq!(clean.faults, []);
    assert_eq!(clean.checkpoints, 2);
    assert!(clean.beyond >= 4 && clean.audit_rows > 1, "{clean:?}");

    // After each deed everything is put back.
    let raw = Connection::open(world.database()).unwrap();
    raw.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let mut all = wished();
    let kept = TABLES.map(|table| Kept::of(&raw, table));
    for Kept { table, rows, .. } in &kept {
        assert!(rows.len() > 1 || *table == "log_end", "{table}");
        all.push(format!("delete from {table} where {}", rows[0]));
    }
    all.extend(
        kept.iter()
            .flat_map(|table| table.deeds(&table.rows[table.rows.len() - 1])),
    );
    assert!(all.len() > 100, "{}", all.len());
    for deed in &all {
        assert!(raw.execute(deed, []).unwrap() > 0, "{deed}");
        let found = itgel_server::log_check::verify(&world.service);
        let is_seen = found.is_err() || found.is_ok_and(|check| !check.faults.is_empty());
        assert!(is_seen, "unseen: {deed}");
        for table in &kept {
            table.put_back(&raw);
        }
    }
    assert_eq!(verify(&world).faults, [], "put back as it was");

    // What goes on from a log that was tampered with does not make it whole.
    let forged = "insert into log_leaf select max(n) + 1, 'decision', randomblob(32) from log_leaf";
    raw.execute(forged, []).unwrap();
    raw.execute("update log_end set size = size + 1", [])
        .unwrap();
    phone.write_sheep("hh-1", 79);
    world.push_all(&phone, 7..=7);
    itgel_server::sync::checkpoint(&world.service, world.now()).unwrap();
    let found = verify(&world);
    let faults: Vec<_> = found.faults.iter().map(|fault| fault.what).collect();
    assert_eq!(faults, [FaultKind::LogEnd], "{found:?}");
}

#[test]
fn sec_t20_a_part_of_a_transaction_that_was_undone_leaves_no_word_about_its_rows() {
    let (world, _) = lived_in();
    let decision = |n: u8| Decision {
        id: DecisionId::from_random([n; 16]),
        kind: "resolution".into(),
        actor: "o1".parse().unwrap(),
        subject: "hh-1".into(),
        at: world.now(),
        content: serde_json::json!({ "reason": "示例" }),
    };
    let (kept, undone) = (decision(3), decision(4));
    world.write(move |_, tx| {
        store::decision::put(tx, &kept)?;
        let failed = tx.attempt(|tx| {
            store::decision::put(tx, &undone)?;
            Err::<(), _>(store::StoreError::Busy)
        });
        assert!(failed.is_err());
        Ok(())
    });
    assert_eq!(verify(&world).faults, []);
}

#[test]
fn sec_t20_what_was_erased_cannot_be_guessed_from_the_digests_of_its_rows() {
    let (world, _) = lived_in();
    let salts = |table: &str| -> Vec<String> {
        let raw = Connection::open(world.database()).unwrap();
        let sql = format!("select salt from {table}");
        let mut query = raw.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for table in ["ballot", "decision", "rating"] {
        let each = salts(table);
        let distinct: std::collections::BTreeSet<_> = each.iter().collect();
        assert!(
            each.len() > 1 && each.iter().all(|salt| salt.len() == 32),
            "{table}"
        );
        assert_eq!(distinct.len(), each.len(), "{table}: a salt for each row");
    }
    world.write(|_, tx| {
        store::decision::redact(tx, &subject("hh-1"))?;
        Ok(store::ballot::delete(tx, &subject("hh-1"))?)
    });
    assert!(salts("decision").iter().all(String::is_empty));
    assert!(salts("ballot").is_empty());
    assert_eq!(verify(&world).faults, [], "and the log still verifies");
}
