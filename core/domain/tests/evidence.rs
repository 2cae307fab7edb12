//! Evidence of who signed an envelope, as anybody checks it who has nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use data_encoding::HEXLOWER;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner, Suite};
use itgel_domain::file::entry::{Entry, ObservationEntry};
use itgel_domain::file::envelope::{Body, Envelope, FileBody, VERSION};
use itgel_domain::hash::Hash;
use itgel_domain::item::{Evidence as How, Observation, State, Value};
use itgel_domain::log::{Checkpoint, Frontier, LeafKind, inclusion_proof, leaf_hash};
use itgel_domain::time::AtMs;
use itgel_domain::trust::{Certificate, Evidence, EvidenceFault, Invitation, LogPlace, Succession};
use jiff::civil::date;

fn key(n: u8) -> SoftwareSigner {
    SoftwareSigner::from_secret(&[n; 32])
}

fn envelope(seq: u64) -> Envelope {
    let observation = Observation {
        item: "herd.goat".parse().unwrap(),
        state: State::Known(Value::Int(i64::try_from(seq).unwrap())),
        evidence: How::B,
        observed_on: date(2026, 3, 4),
    };
    let entry = Entry::Observation(ObservationEntry {
        cycle: "c-2026".parse().unwrap(),
        observation,
    });
    Envelope {
        v: VERSION,
        at: ChainRef {
            device: "d1".parse().unwrap(),
            incarnation: 0,
            seq,
        },
        salt: Hash::of_file(&seq.to_be_bytes()).to_string()[..32].to_owned(),
        officer: "o1".parse().unwrap(),
        pack: Hash::of_file(b"pack"),
        entered_at: AtMs(1_800_000_000_000),
        checkpoint: None,
        body: Body::File(FileBody {
            file: "hh-1/2026".parse().unwrap(),
            deps: Vec::new(),
            start_op: 1,
            entries: vec![entry],
        }),
    }
}

/// Evidence of the middle one of three envelopes, and the fingerprint of the server's first key;
/// that key was handed on once.
fn evidence() -> (Evidence, String) {
    let envelopes = [envelope(1), envelope(2), envelope(3)];
    let device = envelopes[1].at.device.clone();
    let ids: Vec<Hash> = envelopes.iter().map(Envelope::id).collect();
    let before = ChainHead::start(&device, 0).extend(&ids[0]);
    let head = before.extend(&ids[1]).extend(&ids[2]);
    let (first, present, phone) = (key(1), key(2), key(7));
    let leaf = |id: &Hash| leaf_hash(LeafKind::Envelope, id);
    let leaves: Vec<Hash> = ids.iter().map(leaf).collect();
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    let checkpoint = Checkpoint::of(&frontier, AtMs(9));
    let certificate = Certificate {
        issuer: "https://a.example".into(),
        device: device.clone(),
        officer: envelopes[1].officer.clone(),
        suite: Suite::Ed25519,
        public_key: phone.public_key(),
        issued_at: AtMs(1),
    };
    let evidence = Evidence {
        version: Evidence::VERSION,
        envelope: HEXLOWER.encode(&envelopes[1].to_bytes()),
        before: before.hash,
        behind: vec![ids[2]],
        head: SignedHead::sign(&device, 0, head, &phone),
        certificate: certificate.sign(&present),
        server_key: HEXLOWER.encode(&first.public_key()),
        successions: vec![Succession::sign(&first, &present.public_key(), AtMs(0))],
        log: LogPlace {
            leaf: 1,
            kind: LeafKind::Envelope,
            path: inclusion_proof(&leaves, 1).unwrap(),
            size: checkpoint.size,
            root: checkpoint.root,
            at: checkpoint.at,
            signature: HEXLOWER.encode(&present.sign(&checkpoint.message())),
        },
    };
    (evidence, Invitation::key_print(&first.public_key()))
}

#[test]
fn sec_t39_evidence_shows_who_signed_and_no_changed_evidence_does() {
    let (good, server) = evidence();
    let proven = good.verify(&server).unwrap();
    assert_eq!(
        (
            proven.at.seq,
            proven.officer.as_str(),
            proven.device.as_str()
        ),
        (2, "o1", "d1")
    );
    let text = serde_json::to_string(&good).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(read, good);
    let mut text = text.into_bytes();
    let mut tried = 0;
    for at in 0..text.len() {
        let was = text[at];
        text[at] = if was == b'0' { b'1' } else { b'0' };
        if let Ok(changed) = serde_json::from_slice::<Evidence>(&text) {
            tried += 1;
            assert!(changed.verify(&server).is_err(), "byte {at}");
        }
        text[at] = was;
    }
    assert!(tried > 1_000, "{tried} changes could be read");
}

#[test]
fn sec_t39_evidence_without_one_of_its_parts_or_of_another_server_shows_nothing() {
    let (good, server) = evidence();
    let stranger = Invitation::key_print(&key(9).public_key());
    assert_eq!(good.verify(&stranger), Err(EvidenceFault::Server));
    let no_way = Evidence {
        successions: Vec::new(),
        ..good.clone()
    };
    assert_eq!(no_way.verify(&server), Err(EvidenceFault::Certificate));
    let shorter = Evidence {
        behind: Vec::new(),
        ..good.clone()
    };
    assert_eq!(shorter.verify(&server), Err(EvidenceFault::Chain));
    let other = Evidence {
        envelope: HEXLOWER.encode(&envelope(3).to_bytes()),
        ..good
    };
    assert_eq!(other.verify(&server), Err(EvidenceFault::Chain));
}
