//! How a server and its devices come to trust each other, and stop (`design.md` 9, `security.md`
//! 4.4).
//!
//! In the order of a device's life: an [`Invitation`] brings address, code and the server's key to
//! the phone; two people compare the [`fingerprint`] of the device's key; the server then states
//! whose key it is ([`Certificate`]) and what may be done without a signal ([`Grant`]); every write
//! carries a [`proof`] that the caller holds the key; a [`Succession`] hands the server's own key
//! on; a [`WipeOrder`] ends it all. An [`Evidence`] shows anybody who signed an envelope.
//!
//! Each statement is a JWS of one algorithm with a type of its own ([`jws`]), so that none passes for
//! another.

mod certificate;
mod evidence;
pub mod fingerprint;
mod grant;
mod invitation;
pub mod jws;
pub mod proof;
mod succession;
mod wipe;

pub use self::certificate::Certificate;
pub use self::evidence::{Evidence, EvidenceFault, LogPlace, Proven};
pub use self::grant::{Coverage, GRACE_DAYS, GRANT_DAYS, Grant, outdates};
pub use self::invitation::{Invitation, InvitationError};
pub use self::succession::{Succession, follow};
pub use self::wipe::{WipeOrder, wiped_message};
