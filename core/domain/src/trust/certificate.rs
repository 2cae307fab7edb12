//! Whose key it is: the server's statement about a device, given when an administrator has
//! compared the fingerprint.

use super::jws::{self, JwsError, thumbprint};
use crate::file::chain::{DeviceSigner, Suite};
use crate::id::{DeviceId, OfficerId};
use crate::time::AtMs;

const TYPE: &str = "device+jwt";

/// The certificate of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The server that states it: its address.
    pub issuer: String,
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// The suite of its key.
    pub suite: Suite,
    /// Its public key.
    pub public_key: Vec<u8>,
    /// When it was confirmed.
    pub issued_at: AtMs,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    sub: DeviceId,
    officer: OfficerId,
    suite: Suite,
    key: String,
    iat: i64,
    cnf: super::grant::Confirmation,
}

impl Certificate {
    /// The certificate as the server signs it.
    #[must_use]
    pub fn sign(&self, server: &dyn DeviceSigner) -> String {
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: self.device.clone(),
            officer: self.officer.clone(),
            suite: self.suite,
            key: data_encoding::HEXLOWER.encode(&self.public_key),
            iat: self.issued_at.0,
            cnf: super::grant::Confirmation::of(&self.public_key),
        };
        jws::sign(TYPE, &claims, server)
    }

    /// Reads a certificate that one of the server's keys signed.
    ///
    /// # Errors
    /// [`JwsError`] for anything else.
    pub fn verify(text: &str, server_keys: &[&[u8]]) -> Result<Self, JwsError> {
        let claims: Claims = jws::verify(TYPE, text, server_keys)?;
        let public_key = data_encoding::HEXLOWER
            .decode(claims.key.as_bytes())
            .map_err(|_| JwsError)?;
        if claims.cnf.jkt != thumbprint(&public_key) {
            return Err(JwsError);
        }
        Ok(Self {
            issuer: claims.iss,
            device: claims.sub,
            officer: claims.officer,
            suite: claims.suite,
            public_key,
            issued_at: AtMs(claims.iat),
        })
    }
}
