//! Synchronisation: `hello → push* → pull*` over anything that speaks [`SyncProtocol`].
//!
//! Every step may be cut, repeated or reordered. Each answer is checked against the server's
//! pinned key before anything follows from it, and what follows is one transaction: green is set
//! together with the receipt, a cursor together with its page. No lock of the store is held while
//! the network is waited for, so entry goes on during a long download.

mod fill;
mod log;
mod pictures;
mod pull;
mod push;
mod restored;
mod told;
mod trust;

pub(crate) use push::{set_counts, settle};
pub(crate) use restored::Epoch;
pub(crate) use trust::weigh;

use std::sync::TryLockError;
use std::sync::atomic::Ordering;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Kind};
use itgel_domain::id::SubjectId;
use itgel_domain::sync::hello::{Hello, HelloAnswer, names_digest};
use itgel_domain::sync::plan::{PushPlan, next_incarnation, plan};
use itgel_domain::sync::{OLDEST, SyncProtocol, VERSION};
use itgel_domain::time::AtMs;

use crate::Device;
use crate::entropy::{self, Entropy};
use crate::error::Error;
use crate::http::HttpError;
use crate::store::{chain, device, division_name, list};
use crate::{intake, outbox};

/// How far a synchronisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Records on their way up.
    Sending {
        /// Answered by the server.
        done: u64,
        /// All that wait.
        total: u64,
    },
    /// A list on its way down.
    Receiving {
        /// The list.
        division: DivisionCode,
        /// Taken so far.
        position: u64,
        /// Its end.
        end: u64,
    },
    /// Files of others on their way down; everything else is here and usable.
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

/// What a synchronisation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Records that turned green.
    pub received: u64,
    /// Records that the server set aside.
    pub set_aside: u64,
    /// Records that still wait.
    pub waiting: u64,
    /// Items that came down.
    pub pulled: u64,
    /// Items of a kind that this version does not know; they are kept.
    pub unknown: u64,
    /// Items that said what cannot be; they were passed over.
    pub refused: u64,
    /// Lists whose digest did not come out, and that were read again from their start.
    pub mismatches: Vec<DivisionCode>,
    /// The incarnation that had to be opened.
    pub new_incarnation: Option<u32>,
    /// The server was restored from a backup; what it lacked was sent again.
    pub epoch_changed: bool,
    /// The server's log is shorter than a state of it that was signed before: history was
    /// rewritten, or a backup was restored.
    pub log_went_back: bool,
    /// The server's log does not extend a state of it that was signed before
    /// ([`Device::log_alarms`]).
    pub log_forked: bool,
    /// The state of its log that the server told is not under its signature.
    pub log_unsigned: bool,
    /// Envelopes of others that came after a brief pull.
    pub filled: u64,
    /// Photos and scans that the server has now.
    pub pictures: u64,
    /// Photos and scans that wait for an entry which names them, or that the server did not take.
    pub pictures_waiting: u64,
    /// Bytes of photos and scans that were sent.
    pub picture_bytes: u64,
    /// The device waits for an administrator to compare its fingerprint; its records wait with it.
    pub is_pending: bool,
    /// The server has ordered that this store be deleted: [`Device::obey_wipe`].
    pub wipe_ordered: bool,
    /// How far the server's clock is ahead of the device's.
    pub clock_ahead_ms: i64,
}

/// A step of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Where both sides stand.
    Hello,
    /// A page up.
    Push,
    /// A page down.
    Pull,
    /// Files that a page named.
    Fetch,
    /// A chunk of a photo or a scan.
    Picture,
}

/// Why a synchronisation stopped. Nothing is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The way to the server, or the server.
    #[error("{step:?} did not go through")]
    Protocol {
        /// Which step.
        step: Step,
        /// What went wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer that the server did not sign, or that answers something else.
    #[error("the answer to {0:?} is not the server's")]
    NotTheServers(Step),
    /// The server speaks another version of the protocol.
    #[error("the server speaks version {0} of the protocol")]
    Version(u16),
    /// This device.
    #[error(transparent)]
    Device(#[from] Error),
}

impl SyncError {
    /// What can be done about it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Protocol { source, .. } => source
                .downcast_ref::<HttpError>()
                .map_or(Kind::Unavailable, HttpError::kind),
            Self::NotTheServers(_) | Self::Version(_) => Kind::Malformed,
            Self::Device(error) => error.code().kind(),
        }
    }

    /// The server's code, if it is an answer of the server.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Protocol { source, .. } => {
                source.downcast_ref::<HttpError>().and_then(HttpError::code)
            }
            Self::Device(error) => Some(error.code()),
            Self::NotTheServers(_) => Some(ErrorCode::AnswerUnsigned),
            Self::Version(_) => None,
        }
    }

    /// How the retry machine sees it.
    #[must_use]
    pub fn attempt(&self) -> crate::retry::Attempt {
        if self.kind() == Kind::Unauthenticated {
            return crate::retry::Attempt::SignInRequired;
        }
        let retry_after_ms = match self {
            Self::Protocol { source, .. } => source
                .downcast_ref::<HttpError>()
                .and_then(HttpError::retry_after_ms),
            _ => None,
        };
        crate::retry::Attempt::Failed { retry_after_ms }
    }
}

/// Rounds of hello, push and pull in one run: one is usual; another follows where the chain had
/// to be opened anew or something was held.
const MAX_ROUNDS: u32 = 4;

/// Most bytes of a page, in both directions.
const PAGE_BYTES: u32 = 64 * 1024;

/// The same on 2G, and after a run that did not come to its end.
const SMALL_PAGE_BYTES: u32 = 16 * 1024;

/// A run and what it works with.
struct Run<'a, P> {
    device: &'a Device,
    protocol: &'a P,
    now: AtMs,
    progress: &'a mut dyn FnMut(Progress),
    report: SyncReport,
}

/// Synchronises until nothing waits, or until something stops it.
///
/// # Errors
/// [`SyncError`]; whatever was answered before is kept, and the next run goes on from there.
pub fn run<P: SyncProtocol>(
    device: &Device,
    protocol: &P,
    now: AtMs,
    progress: &mut dyn FnMut(Progress),
) -> Result<SyncReport, SyncError> {
    let _only = match device.syncing.try_lock() {
        Ok(only) => only,
        // Whoever listened to a run before went down with it; what it kept is whole.
        Err(TryLockError::Poisoned(left)) => left.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(Error::Busy.into()),
    };
    device.is_real()?;
    device.goes_on()?;
    let mut run = Run {
        device,
        protocol,
        now,
        progress,
        report: SyncReport::default(),
    };
    device.write(|tx| Ok(chain::reset_sending(tx)?))?;
    let ended = run.rounds().and_then(|()| run.rest());
    device.end_years()?;
    device.write(|tx| Ok(chain::reset_sending(tx)?))?;
    // After a failure pages are small, until a run comes to its end.
    device
        .has_weak_link
        .store(ended.is_err(), Ordering::Relaxed);
    ended?;
    run.report.waiting = device.read(|db| Ok(chain::open_count(db)?))?;
    Ok(run.report)
}

/// Brings the files of a subject that a brief pull only named; how many envelopes came. A screen
/// asks for it when a household is opened.
///
/// # Errors
/// [`SyncError`]; what came before is kept.
pub fn open_file<P: SyncProtocol>(
    device: &Device,
    protocol: &P,
    subject: &SubjectId,
    now: AtMs,
) -> Result<u64, SyncError> {
    device.is_real()?;
    let mut run = Run {
        device,
        protocol,
        now,
        progress: &mut |_| {},
        report: SyncReport::default(),
    };
    run.fill(Some(subject))
}

impl<P: SyncProtocol> Run<'_, P> {
    /// What follows once data went both ways: files of others, then photos and scans. Neither
    /// holds up the other.
    fn rest(&mut self) -> Result<(), SyncError> {
        let may_pull = self.device.read(|db| Ok(!device::get(db)?.revoked))?;
        let filled = if may_pull { self.fill(None) } else { Ok(0) };
        let sent = self.send_pictures();
        self.report.filled = filled?;
        sent
    }

    /// Most bytes of a page before compression: less on a link that is slow or breaks.
    fn page_bytes(&self) -> u32 {
        if self.device.has_weak_link.load(Ordering::Relaxed) {
            SMALL_PAGE_BYTES
        } else {
            PAGE_BYTES
        }
    }

    fn rounds(&mut self) -> Result<(), SyncError> {
        for _ in 0..MAX_ROUNDS {
            if !self.round()? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// One round; whether another has to follow.
    fn round(&mut self) -> Result<bool, SyncError> {
        let hello = self.hello_of_current()?;
        let answer = self.hello(&hello)?;
        let may_send = self.take_trust(&answer)?;
        self.report.clock_ahead_ms = answer.clock.0.saturating_sub(self.now.0);
        self.watch_log(&hello, &answer)?;
        if !may_send {
            self.pull(&hello, &answer)?;
            return Ok(false);
        }
        let again = self.on_epoch(&hello, &answer)?;
        if again {
            return Ok(true);
        }
        self.set_lost_aside(&hello, &answer)?;
        let can_go_on = self.device.read(|db| {
            let own = device::get(db)?;
            let is_whole = outbox::is_whole(db, &own, own.incarnation)?;
            Ok(is_whole && !outbox::depends_on_lost(db)?)
        })?;
        let planned = self.plan(&hello, &answer)?;
        let planned = if can_go_on {
            planned
        } else {
            PushPlan::NewIncarnation
        };
        let stands = (hello.incarnation, answer.head.seq);
        let pushed = match planned {
            PushPlan::NewIncarnation => {
                let next = next_incarnation(&hello, &answer);
                let next = next.ok_or(SyncError::NotTheServers(Step::Hello))?;
                // The lists show what of the open records the server has already.
                self.pull(&hello, &answer)?;
                self.open_incarnation(next)?;
                return Ok(true);
            }
            PushPlan::From(seq) => self.push(stands, Some(seq)),
            PushPlan::Nothing => self.push(stands, None),
        };
        // A refused page does not keep news from coming down.
        let pulled = self.pull(&hello, &answer);
        let unfinished = pushed?;
        pulled?;
        let incarnation = self.device.read(|db| Ok(device::get(db)?.incarnation))?;
        Ok(unfinished || incarnation != hello.incarnation)
    }

    fn hello_of_current(&self) -> Result<Hello, SyncError> {
        Ok(self.device.read(|db| {
            let own = device::get(db)?;
            let entropy = self.device.entropy.as_ref();
            hello_of(db, &own, own.incarnation, self.now, entropy)
        })?)
    }

    /// Asks where the server stands. Nothing follows from an answer that is not the server's to
    /// this very hello.
    fn hello(&self, hello: &Hello) -> Result<HelloAnswer, SyncError> {
        let answer = self
            .protocol
            .hello(hello)
            .map_err(|e| failed(Step::Hello, e))?;
        if !(OLDEST..=VERSION).contains(&answer.protocol) {
            return Err(SyncError::Version(answer.protocol));
        }
        let asked = hello.digest();
        match self.device.write(|tx| weigh(tx, &asked, &answer))? {
            Epoch::Unproven => Err(SyncError::NotTheServers(Step::Hello)),
            Epoch::Known | Epoch::Follows | Epoch::Beside => Ok(answer),
        }
    }

    fn plan(&self, hello: &Hello, answer: &HelloAnswer) -> Result<PushPlan, SyncError> {
        Ok(self.device.read(|db| {
            let own = device::get(db)?;
            let held = chain::head_at(db, &own.id, hello.incarnation, answer.head.seq)?;
            Ok(plan(hello, answer, |seq| held.filter(|head| head.seq == seq)).push)
        })?)
    }

    /// Opens the next incarnation and writes there what the server never received.
    fn open_incarnation(&mut self, next: u32) -> Result<(), SyncError> {
        let entropy = self.device.entropy.as_ref();
        self.device.write(|tx| {
            let links = outbox::to_write_again(tx)?;
            outbox::write_again(tx, next, &links, entropy)?;
            intake::take_kept(tx)
        })?;
        self.report.new_incarnation = Some(next);
        Ok(())
    }
}

/// Where a chain and the lists stand here.
pub(crate) fn hello_of(
    db: &rusqlite::Connection,
    own: &device::DeviceRow,
    incarnation: u32,
    now: AtMs,
    entropy: &dyn Entropy,
) -> Result<Hello, Error> {
    Ok(Hello {
        protocol: VERSION,
        device: own.id.clone(),
        incarnation,
        head: chain::head(db, &own.id, incarnation)?,
        epoch: own.epoch.unwrap_or(0),
        cursors: list::cursors(db)?,
        clock: now,
        trust: Some(trust::held(db, own)?),
        checkpoint: own.checkpoint,
        names: Some(names_digest(&division_name::list(db)?)),
        nonce: entropy::bytes(entropy)?,
    })
}

fn failed(step: Step, error: impl std::error::Error + Send + Sync + 'static) -> SyncError {
    SyncError::Protocol {
        step,
        source: Box::new(error),
    }
}
