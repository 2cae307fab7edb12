//! The only door for field data (`design.md` 8, `security.md` 4.3).
//!
//! A page of a device's chain goes through these stages, the cheapest first: size → the signature
//! of its head → decoding → its place in the chain → per envelope officer and place, structure,
//! meaning → one transaction with everything that follows from it. Each stage has its own code.
//! A verdict is about one envelope and never stops the ones behind it; a page as a whole is
//! refused only if its head does not vouch for it.
//!
//! - `page`: the page as it came, decoded, and what its signed head vouches for,
//! - `chain`: places, duplicates and gaps, `fork`: a second branch,
//! - `admission`: what all envelopes of a page share, and the end of the page,
//! - `aside`: what is set aside, its quota, and its way back,
//! - `file`, `identity`, `ballot`, `objection`, `review`: one kind of envelope each,
//! - `stranger`: what is set aside because nobody there has any business with it,
//! - `structure`, `meaning`: what an envelope of a file may do and say,
//! - `when`: when it was written, as far as the server knows, and where its subject lived then,
//! - `official`: the server's own entries, `erase`: the end of a file.

mod admission;
mod aside;
mod ballot;
mod chain;
mod erase;
mod file;
mod fork;
mod identity;
mod meaning;
mod objection;
mod official;
mod page;
mod review;
mod rules_came;
mod sender;
mod stranger;
mod structure;
mod when;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::CheckpointRef;
use itgel_domain::log::Frontier;
use itgel_domain::sync::push::{Exception, PAGE_ENVELOPES, Push, PushAnswer, Verdict};
use rusqlite::Connection;

pub use self::aside::{MAX_BYTES as MAX_ASIDE_BYTES, MAX_ENVELOPES as MAX_ASIDE};
pub(crate) use self::aside::{judge_again, read_aside};
pub use self::erase::erase;
pub(crate) use self::erase::{erase_known, tell_erased};
pub(crate) use self::identity::index_parties;
pub use self::meaning::check_value;
pub use self::official::{append_identity, append_official, imported};
pub(crate) use self::rules_came::flag_again;
pub(crate) use self::sender::tell_sender;
pub(crate) use self::stranger::{place_at_new_home, place_of_device};

use self::admission::Admission;
use self::chain::Outcome;
use self::page::Page;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::{self, Tx};

/// Most bytes of a page. A device cuts its pages at [`itgel_domain::sync::push::PAGE_BYTES`];
/// the rest is room for one envelope that is too large, which gets its own verdict.
pub const MAX_PAGE_BYTES: usize = 1 << 20;

/// How a page came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the device itself, which says hello before.
    Network,
    /// In a file that somebody carried.
    Card,
}

/// Takes a page and answers with a signed receipt, after the commit.
///
/// # Errors
/// [`ErrorCode::RequestTooLarge`] or [`ErrorCode::RequestMalformed`] for a page that cannot be
/// one, [`ErrorCode::EnvelopeForeignDevice`] for a page of another device,
/// [`ErrorCode::EnvelopeSignature`] if its head does not vouch for it: the device then checks its
/// own chain and goes on in its next incarnation; [`ErrorCode::DevicePending`] before a device is
/// confirmed. Nothing of such a page is kept.
pub fn push(
    service: &Service,
    device: &DeviceRecord,
    push: Push,
) -> Result<PushAnswer, ServiceError> {
    take(service, device, push, Way::Network)
}

/// Takes a page that came on a card: when its device wrote it, and what it had been told by then,
/// nobody knows.
///
/// # Errors
/// As for [`push`].
pub fn push_carried(
    service: &Service,
    device: &DeviceRecord,
    push: Push,
) -> Result<PushAnswer, ServiceError> {
    take(service, device, push, Way::Card)
}

fn take(
    service: &Service,
    device: &DeviceRecord,
    push: Push,
    way: Way,
) -> Result<PushAnswer, ServiceError> {
    let now = service.now();
    if device.status == DeviceStatus::Pending {
        // Nothing of it is kept here, and nothing is lost: without a receipt it stays on the device.
        return Err(ErrorCode::DevicePending.into());
    }
    let page = read(device, push)?;
    let (up_to, from_seq) = (page.head.at.clone(), page.first_seq);
    let device = device.clone();
    let (outcome, checkpoint) = service.transact("ingest.push", move |service, tx| {
        let outcome = chain::take(Admission::open(service, tx, &device, now)?, page, way)?;
        Ok((outcome, newest_checkpoint(tx)?))
    })?;
    let mut answer = PushAnswer {
        up_to,
        head: outcome.head,
        except: exceptions(&outcome),
        from_seq,
        received_at: now,
        checkpoint,
        signature: String::new(),
    };
    answer.signature = service.keys.sign(&answer.message());
    Ok(answer)
}

/// Takes a page within a transaction: what [`push`] does without the receipt. Returns the verdict
/// for each place.
///
/// # Errors
/// As for [`push`].
pub fn admit(
    service: &Service,
    tx: &Tx<'_>,
    device: &DeviceRecord,
    push: &Push,
) -> Result<Vec<(u64, Verdict)>, ServiceError> {
    let page = read(device, push.clone())?;
    let admission = Admission::open(service, tx, device, service.now())?;
    Ok(chain::take(admission, page, Way::Network)?.verdicts)
}

/// Checks the page as a whole and decodes it; needs no database, so it runs beside the writer.
fn read(device: &DeviceRecord, push: Push) -> Result<Page, ServiceError> {
    let bytes: usize = push.envelopes.iter().map(Vec::len).sum();
    if push.envelopes.len() > PAGE_ENVELOPES || bytes > MAX_PAGE_BYTES {
        return Err(ErrorCode::RequestTooLarge.into());
    }
    if push.head.at.device != device.id {
        return Err(ErrorCode::EnvelopeForeignDevice.into());
    }
    if push.head.verify(device.suite, &device.public_key).is_err() {
        tracing::warn!(device = %device.id, "a page without a valid signature");
        return Err(ErrorCode::EnvelopeSignature.into());
    }
    Ok(Page::read(push)?)
}

fn exceptions(outcome: &Outcome) -> Vec<Exception> {
    let other = outcome
        .verdicts
        .iter()
        .filter(|(_, verdict)| *verdict != Verdict::Accepted);
    other
        .map(|(seq, verdict)| Exception {
            seq: *seq,
            verdict: verdict.clone(),
        })
        .collect()
}

/// The newest checkpoint of the log; of a log without one, the empty log.
fn newest_checkpoint(connection: &Connection) -> Result<CheckpointRef, ServiceError> {
    let newest = store::log::newest_checkpoint(connection)?;
    let empty = || CheckpointRef {
        size: 0,
        root: Frontier::default().root(),
    };
    Ok(newest.map_or_else(empty, |signed| signed.checkpoint.tree()))
}
