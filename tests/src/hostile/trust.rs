//! What says who somebody is.

use std::sync::LazyLock;

use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::trust::{Certificate, Evidence, Grant, Invitation, Succession, WipeOrder, proof};
use itgel_server::auth::Tokens;
use itgel_server::keys::ServerKeys;
use zeroize::Zeroizing;

use super::{Target, seeds, text};
use crate::bed;

/// What claims that somebody is somebody.
pub const TRUST: &[Target] = &[
    Target {
        name: "token",
        seeds: seeds::statements,
        read: token,
    },
    Target {
        name: "certificate",
        seeds: seeds::statements,
        read: certificate,
    },
    Target {
        name: "grant",
        seeds: seeds::statements,
        read: grant,
    },
    Target {
        name: "proof",
        seeds: seeds::statements,
        read: a_proof,
    },
    Target {
        name: "order",
        seeds: seeds::statements,
        read: order,
    },
    Target {
        name: "invitation",
        seeds: seeds::invitations,
        read: invitation,
    },
    Target {
        name: "evidence",
        seeds: seeds::evidences,
        read: evidence,
    },
];

static KEYS: LazyLock<(ServerKeys, Tokens)> = LazyLock::new(|| {
    let random = Zeroizing::new([[1; 32], [2; 32], [3; 32], [4; 32], [5; 32]]);
    let keys = ServerKeys::from_random(&random);
    let tokens = Tokens::new(&keys, "http://localhost").unwrap();
    (keys, tokens)
});

fn token(bytes: &[u8]) {
    if let Ok(claims) = KEYS.1.verify(&text(bytes), bed::now()) {
        drop(claims.principal());
    }
}

fn certificate(bytes: &[u8]) {
    drop(Certificate::verify(&text(bytes), &[&KEYS.0.public_key()]));
}

fn grant(bytes: &[u8]) {
    let (device, key) = (bed::device_id(0), KEYS.0.public_key());
    drop(Grant::verify(&text(bytes), &[&key], &device, &key));
}

fn a_proof(bytes: &[u8]) {
    let key = KEYS.0.public_key();
    drop(proof::verify(
        &text(bytes),
        "POST",
        "http://localhost",
        "",
        &key,
    ));
}

fn order(bytes: &[u8]) {
    let (device, key) = (bed::device_id(0), KEYS.0.public_key());
    drop(WipeOrder::verify(&text(bytes), &[&key], &device));
    drop(Succession::verify(&text(bytes), &key));
}

fn invitation(bytes: &[u8]) {
    if let Ok(invitation) = text(bytes).parse::<Invitation>() {
        let _ = invitation.is_of(&KEYS.0.public_key());
    }
}

fn evidence(bytes: &[u8]) {
    if let Ok(evidence) = serde_json::from_slice::<Evidence>(bytes) {
        let key = SoftwareSigner::from_secret(&[1; 32]).public_key();
        drop(evidence.verify(&Invitation::key_print(&key)));
    }
}
