//! What an administrator hands to an officer: where the server is, the one-time code, and the
//! fingerprint of the server's key; as a text, or as a QR code of it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;

use crate::hash::Hash;

/// An invitation to enrol a device.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The server's address, `https://xinyong.example.cn`.
    pub address: String,
    /// The one-time code; it is a secret until it is used.
    pub code: String,
    /// The fingerprint of the server's public key, see [`Invitation::key_print`].
    pub server: String,
}

/// The text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no invitation to enrol a device")]
pub struct InvitationError;

const PREFIX: &str = "itgel:1:";

/// Most characters of an address.
const MAX_ADDRESS: usize = 200;

/// Bytes of the server key's fingerprint: 128 bits, which nobody can aim at.
const PRINT_BYTES: usize = 16;

impl Invitation {
    /// An invitation to the server at `address` that signs with `server_key`.
    #[must_use]
    pub fn new(address: &str, code: &str, server_key: &[u8]) -> Self {
        Self {
            address: address.to_owned(),
            code: code.to_owned(),
            server: Self::key_print(server_key),
        }
    }

    /// The fingerprint of a server's key as an invitation carries it.
    #[must_use]
    pub fn key_print(server_key: &[u8]) -> String {
        let hash = Hash::of("itgel.server.v1", &[server_key]);
        BASE32_NOPAD.encode(&hash.as_bytes()[..PRINT_BYTES])
    }

    /// Whether a server with this key invited.
    #[must_use]
    pub fn is_of(&self, server_key: &[u8]) -> bool {
        self.server == Self::key_print(server_key)
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:{}:{}", self.code, self.server, self.address)
    }
}

/// The code stays out of logs.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invitation({}, redacted)", self.address)
    }
}

impl FromStr for Invitation {
    type Err = InvitationError;

    fn from_str(text: &str) -> Result<Self, InvitationError> {
        let text = text.trim().strip_prefix(PREFIX).ok_or(InvitationError)?;
        let mut parts = text.splitn(3, ':');
        let mut next = || parts.next().ok_or(InvitationError);
        let (code, server, address) = (next()?, next()?, next()?);
        let is_print = BASE32_NOPAD
            .decode(server.as_bytes())
            .is_ok_and(|bytes| bytes.len() == PRINT_BYTES);
        let is_code = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_address = address.len() <= MAX_ADDRESS
            && (address.starts_with("https://") || address.starts_with("http://"))
            && address.bytes().all(|b| b.is_ascii_graphic());
        if !(is_print && is_code && is_address) {
            return Err(InvitationError);
        }
        Ok(Self {
            address: address.to_owned(),
            code: code.to_owned(),
            server: server.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_survives_its_text_and_names_one_server() {
        let invitation = Invitation::new("https://xinyong.example.cn", "ABCDEF23", &[5; 32]);
        let text = invitation.to_string();
        assert_eq!(text.parse(), Ok(invitation.clone()));
        assert!(invitation.is_of(&[5; 32]) && !invitation.is_of(&[6; 32]));
        assert!(!format!("{invitation:?}").contains("ABCDEF23"));
    }

    #[test]
    fn a_text_that_leads_elsewhere_is_no_invitation() {
        let good = Invitation::new("https://a.example", "ABCD", &[5; 32]).to_string();
        for bad in [
            String::new(),
            good.replace("itgel:1:", "itgel:2:"),
            good.replace("https://", "file:///"),
            good.replace("https://", "javascript:"),
            good.replace(".example", ".exam ple"),
            good.replacen("ABCD", "", 1),
            good.replacen("ABCD", "AB%D", 1),
            good[..good.len() - 20].to_owned(),
            format!("{good}{}", "a".repeat(MAX_ADDRESS)),
        ] {
            assert_eq!(bad.parse::<Invitation>(), Err(InvitationError), "{bad}");
        }
    }
}
