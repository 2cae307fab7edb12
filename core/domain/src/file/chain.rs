//! The gapless hash chain of a device, and its signed heads.
//!
//! One signature over a head vouches for everything before it, so a device signs a page, not an
//! envelope. Server and device keep the same head; a device that finds its own chain broken opens
//! the next incarnation instead of guessing.

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

use super::ChainRef;
use crate::hash::Hash;
use crate::id::DeviceId;

/// Where a chain stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(array)]
pub struct ChainHead {
    /// Number of envelopes.
    #[n(0)]
    pub seq: u64,
    /// Hash over all their ids.
    #[n(1)]
    pub hash: Hash,
}

/// A chain head, signed by the device.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct SignedHead {
    /// The newest envelope that it vouches for.
    #[n(0)]
    pub at: ChainRef,
    /// The hash of the chain there.
    #[n(1)]
    pub hash: Hash,
    /// Signature by the device's key over place and hash, hexadecimal.
    #[n(2)]
    pub signature: String,
}

/// Signs with the key of a device: in software here, in a platform's key store elsewhere.
pub trait DeviceSigner: Send + Sync {
    /// The crypto suite of the key; a field of the device record, not a constant.
    fn suite(&self) -> Suite;
    /// The public key, as the suite writes it.
    fn public_key(&self) -> Vec<u8>;
    /// The signature over `message`.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// A crypto suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// Ed25519, in software.
    Ed25519,
    /// Reserved: ES256 in a platform's key store.
    Es256,
    /// Reserved: SM2 with SM3.
    Sm2Sm3,
}

crate::subject::words!(Suite {
    Self::Ed25519 => Self::Ed25519 => "ed25519",
    Self::Es256 => Self::Es256 => "es256",
    Self::Sm2Sm3 => Self::Sm2Sm3 => "sm2-sm3",
});

/// The signature does not fit the key, or its suite is not spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit the key")]
pub struct SignatureError;

/// An Ed25519 key in software.
pub struct SoftwareSigner(SigningKey);

impl SoftwareSigner {
    /// The key with this secret.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }
}

impl SoftwareSigner {
    /// The secret that this key and another one share (X25519): for sealing to a public key.
    /// `None` if the other one is no key.
    #[must_use]
    pub fn shared(&self, public_key: &[u8]) -> Option<[u8; 32]> {
        let key = VerifyingKey::from_bytes(public_key.try_into().ok()?).ok()?;
        let point = key.to_montgomery();
        Some(point.mul_clamped(self.0.to_scalar_bytes()).to_bytes())
    }
}

impl DeviceSigner for SoftwareSigner {
    fn suite(&self) -> Suite {
        Suite::Ed25519
    }

    fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

/// Checks `signature` over `message` under a public key of `suite`.
///
/// # Errors
/// [`SignatureError`] for a wrong signature, a key that is none, or a suite that is only reserved.
pub fn verify(
    suite: Suite,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    if suite != Suite::Ed25519 {
        return Err(SignatureError);
    }
    let key: &[u8; 32] = public_key.try_into().map_err(|_| SignatureError)?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| SignatureError)?;
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError)?;
    key.verify(message, &signature).map_err(|_| SignatureError)
}

/// The same for the server's signatures, which are Ed25519 and travel as hexadecimal text.
///
/// # Errors
/// [`SignatureError`] also for a text that is none.
pub fn verify_text(
    public_key: &[u8],
    message: &[u8],
    signature: &str,
) -> Result<(), SignatureError> {
    let signature = data_encoding::HEXLOWER
        .decode(signature.as_bytes())
        .map_err(|_| SignatureError)?;
    verify(Suite::Ed25519, public_key, message, &signature)
}

impl ChainHead {
    /// The head of an empty chain.
    #[must_use]
    pub fn start(device: &DeviceId, incarnation: u32) -> Self {
        let parts: [&[u8]; 2] = [device.as_str().as_bytes(), &incarnation.to_be_bytes()];
        Self {
            seq: 0,
            hash: Hash::of("itgel.chain.v1", &parts),
        }
    }

    /// The head after one more envelope with this id.
    #[must_use]
    pub fn extend(self, envelope: &Hash) -> Self {
        Self {
            seq: self.seq + 1,
            hash: Hash::of(
                "itgel.link.v1",
                &[self.hash.as_bytes(), envelope.as_bytes()],
            ),
        }
    }
}

impl SignedHead {
    /// Signs the head of a chain.
    #[must_use]
    pub fn sign(
        device: &DeviceId,
        incarnation: u32,
        head: ChainHead,
        key: &dyn DeviceSigner,
    ) -> Self {
        let at = ChainRef {
            device: device.clone(),
            incarnation,
            seq: head.seq,
        };
        let signature = key.sign(&Self::message(&at, &head.hash));
        Self {
            at,
            hash: head.hash,
            signature: data_encoding::HEXLOWER.encode(&signature),
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not this key's over this head.
    pub fn verify(&self, suite: Suite, public_key: &[u8]) -> Result<(), SignatureError> {
        let signature = data_encoding::HEXLOWER
            .decode(self.signature.as_bytes())
            .map_err(|_| SignatureError)?;
        verify(
            suite,
            public_key,
            &Self::message(&self.at, &self.hash),
            &signature,
        )
    }

    /// What is signed.
    fn message(at: &ChainRef, hash: &Hash) -> Vec<u8> {
        format!("itgel.head.v1\n{at}\n{hash}").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_signed_for_one_place_does_not_vouch_for_another() {
        let key = SoftwareSigner::from_secret(&[7; 32]);
        let device: DeviceId = "d1".parse().unwrap();
        let head = ChainHead::start(&device, 0).extend(&Hash::of_file(b"e"));
        let signed = SignedHead::sign(&device, 0, head, &key);
        assert!(signed.verify(Suite::Ed25519, &key.public_key()).is_ok());
        let mut moved = signed.clone();
        moved.at.seq = 2;
        assert!(moved.verify(Suite::Ed25519, &key.public_key()).is_err());
        let other = SoftwareSigner::from_secret(&[8; 32]);
        assert!(signed.verify(Suite::Ed25519, &other.public_key()).is_err());
    }

    #[test]
    fn leaving_out_or_swapping_an_envelope_changes_the_head() {
        let start = ChainHead::start(&"d1".parse().unwrap(), 0);
        let (a, b) = (Hash::of_file(b"a"), Hash::of_file(b"b"));
        assert_ne!(start.extend(&a).extend(&b), start.extend(&b).extend(&a));
        assert_ne!(
            start.extend(&a),
            ChainHead::start(&"d1".parse().unwrap(), 1).extend(&a)
        );
    }
}
