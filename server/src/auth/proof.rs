//! Whether a write comes from the holder of the token's key (`security.md` T22): the server's part of
//! [`itgel_domain::trust::proof`].
//!
//! The nonce is of this process and of the last minutes, so a proof cannot be older, and nothing has
//! to be kept longer to tell that one was used before; not even across a restart.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use itgel_domain::trust::proof::{self, Proof};

use crate::error::ServiceError;
use crate::service::random;

/// How long a nonce is the present one; it is good for as long again.
const WINDOW_MS: i64 = 300_000;

/// Most proofs that are remembered for one nonce.
const MAX_SEEN: usize = 1 << 20;

/// A request as far as its proof speaks of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The proof, if there is one.
    pub proof: Option<String>,
}

/// Gives nonces and remembers the proofs that were used.
pub struct Proofs {
    address: String,
    secret: [u8; 32],
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    window: i64,
    present: HashSet<Hash>,
    before: HashSet<Hash>,
}

impl Shown {
    /// Whether the request only reads.
    fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

impl Proofs {
    /// Proofs to the server at `public_url`.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] without randomness.
    pub fn new(public_url: &str) -> Result<Self, ServiceError> {
        Ok(Self {
            address: public_url.to_owned(),
            secret: random()?,
            seen: Mutex::default(),
        })
    }

    /// The present nonce.
    #[must_use]
    pub fn nonce(&self, now: AtMs) -> String {
        self.nonce_of(window(now))
    }

    /// Checks that a write comes from the holder of `public_key`; a read needs no proof.
    ///
    /// # Errors
    /// [`ErrorCode::TokenProof`] without a proof, for one of another request, token or key, with
    /// another nonce, and for one that was used before.
    pub fn check(
        &self,
        shown: &Shown,
        token: &str,
        public_key: &[u8],
        now: AtMs,
    ) -> Result<(), ErrorCode> {
        if shown.is_read() {
            return Ok(());
        }
        let invalid = ErrorCode::TokenProof;
        let text = shown.proof.as_deref().ok_or(invalid)?;
        let address = format!("{}{}", self.address, shown.path);
        let proof =
            proof::verify(text, &shown.method, &address, token, public_key).map_err(|_| invalid)?;
        self.use_once(&proof, public_key, now)
    }

    fn use_once(&self, proof: &Proof, public_key: &[u8], now: AtMs) -> Result<(), ErrorCode> {
        let id = Hash::of("itgel.proof.v1", &[public_key, proof.jti.as_bytes()]);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let present = window(now).max(seen.window);
        seen.move_to(present);
        let known = if proof.nonce == self.nonce_of(present) {
            &mut seen.present
        } else if proof.nonce == self.nonce_of(present - 1) {
            &mut seen.before
        } else {
            return Err(ErrorCode::TokenProof);
        };
        if known.len() >= MAX_SEEN {
            return Err(ErrorCode::TooMany);
        }
        known.insert(id).then_some(()).ok_or(ErrorCode::TokenProof)
    }

    fn nonce_of(&self, window: i64) -> String {
        let hash = Hash::of("itgel.nonce.v1", &[&self.secret, &window.to_be_bytes()]);
        data_encoding::BASE64URL_NOPAD.encode(&hash.as_bytes()[..16])
    }
}

impl Seen {
    fn move_to(&mut self, window: i64) {
        if window == self.window {
            return;
        }
        let present = std::mem::take(&mut self.present);
        self.before = if window == self.window + 1 {
            present
        } else {
            HashSet::new()
        };
        self.window = window;
    }
}

const fn window(now: AtMs) -> i64 {
    now.0.div_euclid(WINDOW_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
    use itgel_domain::trust::proof::Asked;

    const NOW: AtMs = AtMs(1_800_000_000_000);

    #[test]
    fn sec_t22_a_proof_works_once_and_for_some_minutes_also_across_a_restart() {
        let key = SoftwareSigner::from_secret(&[1; 32]);
        let public = key.public_key();
        let proofs = Proofs::new("https://a.example").unwrap();
        let shown = |proofs: &Proofs, id: u8, at: AtMs| Shown {
            method: "POST".into(),
            path: "/v1/x".into(),
            proof: Some(proof::sign(
                Asked {
                    method: "POST",
                    address: "https://a.example/v1/x",
                    token: "t",
                    nonce: &proofs.nonce(at),
                },
                [id; 16],
                AtMs(0),
                &key,
            )),
        };
        let first = shown(&proofs, 1, NOW);
        assert_eq!(proofs.check(&first, "t", &public, NOW), Ok(()));
        let replayed = proofs.check(&first, "t", &public, NOW);
        assert_eq!(replayed, Err(ErrorCode::TokenProof));
        let later = NOW.plus_ms(WINDOW_MS);
        let replayed = proofs.check(&first, "t", &public, later);
        assert_eq!(replayed, Err(ErrorCode::TokenProof), "in the next window");
        let second = shown(&proofs, 2, NOW);
        assert_eq!(proofs.check(&second, "t", &public, later), Ok(()));
        let third = shown(&proofs, 3, NOW);
        let old = proofs.check(&third, "t", &public, NOW.plus_ms(2 * WINDOW_MS));
        assert_eq!(old, Err(ErrorCode::TokenProof));
        let restarted = Proofs::new("https://a.example").unwrap();
        let fourth = shown(&proofs, 4, NOW);
        let replayed = restarted.check(&fourth, "t", &public, NOW);
        assert_eq!(replayed, Err(ErrorCode::TokenProof));
        let bare = Shown {
            proof: None,
            ..first
        };
        let unproven = proofs.check(&bare, "t", &public, NOW);
        assert_eq!(unproven, Err(ErrorCode::TokenProof));
    }
}
