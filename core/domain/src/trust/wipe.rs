//! The order to delete a device's store (`security.md` T26, T27): signed by the server's key that
//! the device pinned, for one device, with a nonce; obeyed only after every receipt.

use super::jws::{self, JwsError};
use crate::file::chain::DeviceSigner;
use crate::id::DeviceId;
use crate::time::AtMs;

const TYPE: &str = "wipe+jwt";

/// An order to delete the store of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeOrder {
    /// The device.
    pub device: DeviceId,
    /// Names the order; the device signs it when the store is about to go.
    pub nonce: String,
    /// When it was given.
    pub ordered_at: AtMs,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: DeviceId,
    jti: String,
    iat: i64,
}

impl WipeOrder {
    /// The order as the server signs it.
    #[must_use]
    pub fn sign(&self, server: &dyn DeviceSigner) -> String {
        let claims = Claims {
            sub: self.device.clone(),
            jti: self.nonce.clone(),
            iat: self.ordered_at.0,
        };
        jws::sign(TYPE, &claims, server)
    }

    /// Reads an order to `device` that one of the server's keys signed.
    ///
    /// # Errors
    /// [`JwsError`] for anything else: then nothing is deleted.
    pub fn verify(text: &str, server_keys: &[&[u8]], device: &DeviceId) -> Result<Self, JwsError> {
        let claims: Claims = jws::verify(TYPE, text, server_keys)?;
        let is_nonce = (1..=128).contains(&claims.jti.len())
            && claims.jti.bytes().all(|b| b.is_ascii_alphanumeric());
        if claims.sub != *device || !is_nonce {
            return Err(JwsError);
        }
        Ok(Self {
            device: claims.sub,
            nonce: claims.jti,
            ordered_at: AtMs(claims.iat),
        })
    }
}

/// What a device signs to say that the order with this nonce is carried out.
#[must_use]
pub fn wiped_message(nonce: &str, device: &DeviceId) -> Vec<u8> {
    format!("itgel.wiped.v1\n{nonce}\n{device}").into_bytes()
}
