//! The own chains as a list of places: what a check reads that holds the device's word against
//! the server's.

use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::sync::push::Verdict;
use rusqlite::Connection;

use crate::error::Error;
use crate::store::chain::{self, LinkState};
use crate::store::device;

/// An envelope that this device wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEnvelope {
    /// Its place.
    pub at: ChainRef,
    /// Its id.
    pub id: Hash,
    /// Where it stands.
    pub state: OwnState,
}

/// Where an own envelope stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnState {
    /// On this device alone.
    Waiting,
    /// The server answered for it.
    Answered(Verdict),
    /// Its content is written again in a later incarnation.
    Moved,
    /// Its subject was erased.
    Erased,
}

/// All own envelopes, in the order of the chain.
pub(crate) fn envelopes(db: &Connection) -> Result<Vec<OwnEnvelope>, Error> {
    let device = device::get(db)?.id;
    let mut own = Vec::new();
    for incarnation in chain::incarnations(db)? {
        for link in chain::links(db, incarnation)? {
            let at = ChainRef {
                device: device.clone(),
                incarnation,
                seq: link.seq,
            };
            let state = match (link.state, link.verdict) {
                (LinkState::Moved, _) => OwnState::Moved,
                (LinkState::Erased, _) => OwnState::Erased,
                (LinkState::Received | LinkState::NeedsYou, Some(verdict)) => {
                    OwnState::Answered(verdict)
                }
                _ => OwnState::Waiting,
            };
            own.push(OwnEnvelope {
                at,
                id: link.id,
                state,
            });
        }
    }
    Ok(own)
}
