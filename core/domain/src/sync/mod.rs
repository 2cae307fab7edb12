//! The sync protocol: `hello → push* → pull*`, then `fetch*` and `send_chunk*`, a trait with two
//! implementations.
//!
//! The server answers it, the HTTP client of a device speaks it, and a simulation may stand
//! between them; nobody can tell which. Each step is one file with its request and its answer.
//! Every step may be cut, repeated or reordered: a push is idempotent by envelope id, a pull by
//! its cursor.

pub mod bundle;
pub mod ended;
pub mod fetch;
pub mod hello;
pub mod media;
pub mod plan;
pub mod pull;
pub mod push;
pub mod quarantine;
pub mod roll;
mod squeeze;
pub mod window;
pub mod wire;

use fetch::{Fetch, Fetched};
use hello::{Hello, HelloAnswer};
use media::{Chunk, ChunkAnswer};
use pull::{Pull, PullPage};
use push::{Push, PushAnswer};

use crate::id::DeviceId;

/// The protocol version spoken here.
///
/// | version | since | what |
/// |---|---|---|
/// | 1 | 0.1.0 | first |
pub const VERSION: u16 = 1;

/// The oldest version that is still spoken.
pub const OLDEST: u16 = 1;

/// The version that both sides speak: the lower of the two newest, if it is spoken here.
#[must_use]
pub const fn common_version(theirs: u16) -> Option<u16> {
    let lower = if theirs < VERSION { theirs } else { VERSION };
    if lower < OLDEST { None } else { Some(lower) }
}

/// What a device signs to get an access token: the server's nonce and its own identifier.
#[must_use]
pub fn challenge_message(nonce: &str, device: &DeviceId) -> Vec<u8> {
    format!("itgel.challenge.v1\n{nonce}\n{device}").into_bytes()
}

/// The steps, from a device to the server.
pub trait SyncProtocol {
    /// What can go wrong on the way.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Where both sides stand; nothing is changed.
    ///
    /// # Errors
    /// When the other side cannot be reached or refuses the device.
    fn hello(&self, request: &Hello) -> Result<HelloAnswer, Self::Error>;

    /// Takes a page of the device's chain; the answer is a signed verdict for each, given after
    /// the commit.
    ///
    /// # Errors
    /// When the page as a whole is refused; a single bad envelope is a verdict, not an error.
    fn push(&self, request: &Push) -> Result<PushAnswer, Self::Error>;

    /// A page of a division's list after a cursor.
    ///
    /// # Errors
    /// When the division lies outside the officer's scope.
    fn pull(&self, request: &Pull) -> Result<PullPage, Self::Error>;

    /// Items that a brief pull only named.
    ///
    /// # Errors
    /// When the division lies outside the officer's scope.
    fn fetch(&self, request: &Fetch) -> Result<Fetched, Self::Error>;

    /// Takes a chunk of a picture, or says how far it is.
    ///
    /// # Errors
    /// When no entry announced the picture, or it is none.
    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, Self::Error>;
}
