//! How the server's signing key is handed on (`security.md` 5, T36): the old key states the new one
//! before it retires, so a device that pinned the old one can follow, however long it was away.

use data_encoding::HEXLOWER;

use super::jws::{self, JwsError};
use crate::file::chain::DeviceSigner;
use crate::time::AtMs;

const TYPE: &str = "key+jwt";

/// Most steps that are followed at once.
const MAX_STEPS: usize = 64;

/// One key names the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The key that signs this.
    pub old: Vec<u8>,
    /// The key that comes after it.
    pub new: Vec<u8>,
    /// When it was announced.
    pub announced_at: AtMs,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    old: String,
    new: String,
    iat: i64,
}

impl Succession {
    /// `old` names the key that comes after it.
    #[must_use]
    pub fn sign(old: &dyn DeviceSigner, new: &[u8], announced_at: AtMs) -> String {
        let claims = Claims {
            old: HEXLOWER.encode(&old.public_key()),
            new: HEXLOWER.encode(new),
            iat: announced_at.0,
        };
        jws::sign(TYPE, &claims, old)
    }

    /// Reads what the key `old` states about the next.
    ///
    /// # Errors
    /// [`JwsError`] for anything else.
    pub fn verify(text: &str, old: &[u8]) -> Result<Self, JwsError> {
        let claims: Claims = jws::verify(TYPE, text, &[old])?;
        let decode = |text: &str| HEXLOWER.decode(text.as_bytes()).map_err(|_| JwsError);
        let (stated, new) = (decode(&claims.old)?, decode(&claims.new)?);
        if stated != old || new.len() != old.len() || new == old {
            return Err(JwsError);
        }
        Ok(Self {
            old: stated,
            new,
            announced_at: AtMs(claims.iat),
        })
    }
}

/// The keys that follow `pinned`, the nearest first, as far as the statements lead. Statements of
/// other keys are passed over.
#[must_use]
pub fn follow<S: AsRef<str>>(pinned: &[u8], statements: &[S]) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    for _ in 0..MAX_STEPS {
        let last = keys.last().map_or(pinned, Vec::as_slice);
        let found = statements
            .iter()
            .find_map(|text| Succession::verify(text.as_ref(), last).ok());
        match found {
            Some(next) if next.new != pinned && !keys.contains(&next.new) => keys.push(next.new),
            _ => break,
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::chain::SoftwareSigner;

    #[test]
    fn a_device_that_slept_through_two_rotations_follows_both_and_no_stranger() {
        let key = |n: u8| SoftwareSigner::from_secret(&[n; 32]);
        let step = |old: u8, new: u8| Succession::sign(&key(old), &key(new).public_key(), AtMs(0));
        let known = [step(2, 3), step(1, 2)];
        let (first, second, third) = (
            key(1).public_key(),
            key(2).public_key(),
            key(3).public_key(),
        );
        assert_eq!(follow(&first, &known), [second.clone(), third.clone()]);
        assert_eq!(follow(&second, &known), [third]);
        assert!(follow(&key(9).public_key(), &known).is_empty());
        let circle = [step(1, 2), step(2, 1)];
        assert_eq!(follow(&first, &circle), [second], "a circle ends");
    }
}
