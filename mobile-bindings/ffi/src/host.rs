//! What a host can bring along, and what it is told. An exception that escapes a host arrives here
//! as a [`HostError`] and ends nothing but what it was asked for.

use std::sync::Arc;

use itgel_device::SealingKeys;
use itgel_device::http::{Call, Carrier, CarrierError, Reply};
use itgel_device::sync::Progress;
use itgel_device::vault::VaultError;
use itgel_domain::time::AtMs;
use itgel_field::{Clock, SystemClock};
use zeroize::Zeroizing;

use crate::app::HeaderLine;

/// The host could not do what it was asked for.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// Why; it is logged by its kind alone, for it may hold anything.
    #[error("the host failed")]
    Failed {
        /// Words of the host.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: error.reason,
        }
    }
}

/// Keys of the platform's key store, by name: they never leave it, and nothing brings one back that was
/// destroyed. They seal what opens a store beside its PIN; each try of a PIN makes one and destroys one.
#[uniffi::export(foreign)]
pub trait HostKeys: Send + Sync {
    /// Makes a new key, in place of one that has the name.
    fn make(&self, name: String) -> Result<(), HostError>;

    /// Seals a few bytes, into at most 4,000.
    fn seal(&self, name: String, open: Vec<u8>) -> Result<Vec<u8>, HostError>;

    /// Opens what was sealed. `None` says for ever: there is no such key, or it was sealed under another
    /// one. A key store that does not answer now throws.
    fn open(&self, name: String, sealed: Vec<u8>) -> Result<Option<Vec<u8>>, HostError>;

    /// Destroys a key; of one that is not there, nothing.
    fn destroy(&self, name: String) -> Result<(), HostError>;
}

/// A clock instead of that of the machine: for tests and for practising.
#[uniffi::export(foreign)]
pub trait HostClock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> Result<i64, HostError>;
}

/// A request on its way to the server: a POST.
#[derive(Clone, uniffi::Record)]
pub struct HostCall {
    /// The whole address.
    pub url: String,
    /// The head.
    pub headers: Vec<HeaderLine>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, uniffi::Record)]
pub struct HostReply {
    /// The HTTP status.
    pub status: u16,
    /// The head.
    pub headers: Vec<HeaderLine>,
    /// The body.
    pub body: Vec<u8>,
}

/// The way to the server instead of the network of the machine, for networks that only the host can
/// speak. It follows no redirect and keeps to a time of its own.
#[uniffi::export(foreign)]
pub trait HostTransport: Send + Sync {
    /// Sends one request and brings the whole answer, whatever its status.
    fn post(&self, call: HostCall) -> Result<HostReply, HostError>;
}

/// How far a synchronisation is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SyncStep {
    /// Records on their way up.
    Sending {
        /// Answered by the server.
        done: u64,
        /// All that wait.
        total: u64,
    },
    /// A list on its way down; what came is usable.
    Receiving {
        /// The division.
        division: String,
        /// Taken so far.
        position: u64,
        /// Its end.
        end: u64,
    },
    /// Files of others on their way down.
    Filling {
        /// Came so far.
        done: u64,
        /// All that were missing.
        total: u64,
    },
    /// Photos and scans on their way up.
    SendingPictures {
        /// Tried so far.
        done: u64,
        /// All that wait.
        total: u64,
    },
}

/// Hears of a synchronisation.
#[uniffi::export(foreign)]
pub trait SyncListener: Send + Sync {
    /// A step was taken; `false` stops before the next request. One that fails is asked no more.
    fn stepped(&self, step: SyncStep) -> Result<bool, HostError>;
}

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Something has to be looked at.
    Error,
    /// Something waits or was left out.
    Warn,
    /// What goes on.
    Info,
}

/// A line of the log: it never holds a name, a number or a value of a household.
#[derive(Debug, Clone, uniffi::Record)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The part of the program.
    pub target: String,
    /// The words, in English.
    pub text: String,
}

/// Takes the log of the process.
#[uniffi::export(foreign)]
pub trait LogSink: Send + Sync {
    /// A line.
    fn log(&self, line: LogLine) -> Result<(), HostError>;
}

impl From<Progress> for SyncStep {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Sending { done, total } => Self::Sending { done, total },
            Progress::Receiving {
                division,
                position,
                end,
            } => Self::Receiving {
                division: division.to_string(),
                position,
                end,
            },
            Progress::Filling { done, total } => Self::Filling { done, total },
            Progress::SendingPictures { done, total } => Self::SendingPictures { done, total },
        }
    }
}

/// The host's keys.
pub(crate) struct HostsKeys(pub(crate) Arc<dyn HostKeys>);

impl SealingKeys for HostsKeys {
    fn make(&self, name: &str) -> Result<(), VaultError> {
        self.0.make(name.to_owned()).map_err(silent)
    }

    fn seal(&self, name: &str, open: &[u8]) -> Result<Vec<u8>, VaultError> {
        let sealed = self.0.seal(name.to_owned(), open.to_vec());
        sealed.map_err(silent)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let opened = self.0.open(name.to_owned(), sealed.to_vec());
        Ok(opened.map_err(silent)?.map(Zeroizing::new))
    }

    fn destroy(&self, name: &str) -> Result<(), VaultError> {
        self.0.destroy(name.to_owned()).map_err(silent)
    }
}

fn silent(_: HostError) -> VaultError {
    tracing::warn!("the key store of the host does not answer");
    VaultError::Platform
}

/// The host's clock, and the machine's where the host's fails.
pub(crate) struct HostsClock {
    pub(crate) host: Arc<dyn HostClock>,
    pub(crate) machine: SystemClock,
}

impl Clock for HostsClock {
    fn now(&self) -> AtMs {
        let told = self.host.now_ms();
        told.map_or_else(|_| self.machine.now(), AtMs)
    }

    fn steady_ms(&self) -> u64 {
        self.machine.steady_ms()
    }
}

/// The host's way to the server.
pub(crate) struct HostsCarrier(pub(crate) Arc<dyn HostTransport>);

impl std::fmt::Debug for HostsCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostsCarrier")
    }
}

impl Carrier for HostsCarrier {
    fn post(&self, call: &Call<'_>) -> Result<Reply, CarrierError> {
        let lines = call.headers.iter();
        let call = HostCall {
            url: call.url.to_owned(),
            headers: lines
                .map(|(name, value)| HeaderLine {
                    name: (*name).to_owned(),
                    value: value.clone(),
                })
                .collect(),
            body: call.body.to_vec(),
        };
        let reply = self.0.post(call)?;
        let lines = reply.headers.into_iter();
        Ok(Reply {
            status: reply.status,
            headers: lines.map(|line| (line.name, line.value)).collect(),
            body: reply.body,
        })
    }
}
