//! What server and devices state about each other under a signature, and the texts around it.

use data_encoding::HEXLOWER;
use itgel_domain::case::Role;
use itgel_domain::file::chain::{ChainHead, DeviceSigner as _, SignedHead, SoftwareSigner, Suite};
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Checkpoint, Frontier, LeafKind, inclusion_proof, leaf_hash};
use itgel_domain::trust::proof::{self, Asked};
use itgel_domain::trust::{
    Certificate, Evidence, Grant, Invitation, LogPlace, Succession, WipeOrder, jws, wiped_message,
};

use super::samples::{AT, device, entries, envelope, file, id, place, server};

pub(super) const ADDRESS: &str = "https://xinyong.example.cn";

/// The request of the frozen proof.
pub(super) const ASKED: Asked<'static> = Asked {
    method: "POST",
    address: "https://xinyong.example.cn/v1/sync/push",
    token: "a.frozen.token",
    nonce: "a-nonce-of-the-server",
};

/// All of them, by file name.
pub(super) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("certificate.jws", certificate()),
        ("grant.jws", grant()),
        ("succession.jws", succession()),
        ("order.jws", wipe_order()),
        ("proof.jws", proof::sign(ASKED, [3; 16], AT, &device())),
        ("invitation.txt", invitation().to_string()),
        ("wiped.txt", wiped()),
        ("evidence.json", serde_json::to_string(&evidence()).unwrap()),
    ]
}

/// The key that comes after the server's.
pub(super) fn next_server() -> SoftwareSigner {
    SoftwareSigner::from_secret(&[4; 32])
}

pub(super) fn certificate() -> String {
    Certificate {
        issuer: ADDRESS.into(),
        device: id("d1"),
        officer: id("o1"),
        suite: Suite::Ed25519,
        public_key: device().public_key(),
        issued_at: AT,
    }
    .sign(&server())
}

pub(super) fn grant() -> String {
    Grant {
        issuer: ADDRESS.into(),
        device: id("d1"),
        officer: id("o1"),
        key: jws::thumbprint(&device().public_key()),
        roles: vec![Role::Collector, Role::Reviewer],
        divisions: vec![id("150623200201"), id("150623")],
        packs: vec!["HH-NM-1/1.10".into()],
        seq: 3,
        from: AT,
        until: Grant::end(AT),
    }
    .sign(&server())
}

pub(super) fn succession() -> String {
    Succession::sign(&server(), &next_server().public_key(), AT)
}

pub(super) fn wipe_order() -> String {
    WipeOrder {
        device: id("d1"),
        nonce: NONCE.into(),
        ordered_at: AT,
    }
    .sign(&server())
}

const NONCE: &str = "0123456789abcdef0123456789abcdef";

fn invitation() -> Invitation {
    Invitation::new(
        ADDRESS,
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        &server().public_key(),
    )
}

/// What a device signs when its store is about to go.
fn wiped() -> String {
    String::from_utf8(wiped_message(NONCE, &id("d1"))).unwrap()
}

/// Evidence of the third envelope of a device, the server's key handed on once.
fn evidence() -> Evidence {
    let (_, entry) = entries().remove(0);
    let envelope = envelope(file(vec![entry]));
    let (own, before) = (envelope.id(), ChainHead::start(&id("d1"), 1));
    let before = before
        .extend(&Hash::of_file(b"1"))
        .extend(&Hash::of_file(b"2"));
    let behind = vec![Hash::of_file(b"4")];
    let head = before.extend(&own).extend(&behind[0]);
    Evidence {
        version: Evidence::VERSION,
        envelope: HEXLOWER.encode(&envelope.to_bytes()),
        before: before.hash,
        behind,
        head: SignedHead::sign(&place(3).device, 1, head, &device()),
        certificate: certificate(),
        server_key: HEXLOWER.encode(&server().public_key()),
        successions: vec![succession()],
        log: log_place(&envelope),
    }
}

fn log_place(envelope: &Envelope) -> LogPlace {
    let others = [b"a", b"b"].map(|of| leaf_hash(LeafKind::Decision, &Hash::of_file(of)));
    let own = leaf_hash(LeafKind::Envelope, &envelope.id());
    let leaves = [others[0], own, others[1]];
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    let checkpoint = Checkpoint::of(&frontier, AT);
    LogPlace {
        leaf: 1,
        kind: LeafKind::Envelope,
        path: inclusion_proof(&leaves, 1).unwrap(),
        size: checkpoint.size,
        root: checkpoint.root,
        at: checkpoint.at,
        signature: HEXLOWER.encode(&next_server().sign(&checkpoint.message())),
    }
}
