//! Pages of the own chain go up, receipts come back.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Body;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::push::{PAGE_BYTES, PushAnswer, Verdict};
use rusqlite::Transaction;

use super::{Progress, Run, Step, SyncError, failed};
use crate::error::Error;
use crate::journal;
use crate::outbox::{self, Next, Page};
use crate::store::chain;
use crate::store::device::{self, DeviceRow};
use crate::store::envelope;

/// What an answer did.
pub(crate) struct Settled {
    pub(crate) received: u64,
    pub(crate) set_aside: u64,
    /// Something waits behind a gap on the server.
    held: bool,
}

impl<P: SyncProtocol> Run<'_, P> {
    /// Sends the chain of which the server has `head` from where it stands, or from the first record
    /// whose receipt got lost if that lies before. Whether another round has to follow.
    pub(super) fn push(
        &mut self,
        (incarnation, head): (u32, u64),
        server_lacks: Option<u64>,
    ) -> Result<bool, SyncError> {
        let (first_open, total) = self.device.read(|db| {
            let open = chain::open_links(db)?;
            let here = open.iter().find(|link| link.incarnation == incarnation);
            Ok((here.map(|link| link.seq), open.len() as u64))
        })?;
        let Some(mut from) = first_open.into_iter().chain(server_lacks).min() else {
            return Ok(false);
        };
        let mut done = 0;
        let room = usize::try_from(self.page_bytes()).unwrap_or(PAGE_BYTES);
        loop {
            let (own, next) = self.device.read(|db| {
                let own = device::get(db)?;
                let next = outbox::next_page(db, &own, incarnation, from, room)?;
                Ok((own, next))
            })?;
            let page = match next {
                Next::End => return Ok(false),
                // What fills the gap arrived before it was erased, and may have no answer yet.
                Next::Gap { behind } if behind <= head + 1 => {
                    from = behind;
                    continue;
                }
                Next::Gap { .. } => {
                    let entropy = self.device.entropy.as_ref();
                    let pass =
                        |tx: &Transaction<'_>| outbox::pass_gap(tx, incarnation, from, entropy);
                    self.report.new_incarnation = Some(self.device.write(pass)?);
                    return Ok(true);
                }
                Next::Page(page) => page,
            };
            let end = page.head.seq;
            self.device
                .write(|tx| Ok(chain::set_sending(tx, incarnation, from, end)?))?;
            self.tell(Progress::Sending {
                done,
                total: total.max(done),
            })?;
            let settled = self.send(&own, incarnation, page)?;
            done += settled.received + settled.set_aside;
            self.report.received += settled.received;
            self.report.set_aside += settled.set_aside;
            self.tell(Progress::Sending {
                done,
                total: total.max(done),
            })?;
            if settled.held {
                return Ok(true);
            }
            from = end + 1;
        }
    }

    /// Sends one page and takes its receipt.
    fn send(&self, own: &DeviceRow, incarnation: u32, page: Page) -> Result<Settled, SyncError> {
        let (from, up_to) = (page.from, page.head.seq);
        let push = self.device.signed(own, incarnation, page);
        let answer = self
            .protocol
            .push(&push)
            .map_err(|e| failed(Step::Push, e))?;
        answer
            .verify(&own.server_key)
            .map_err(|_| SyncError::NotTheServers(Step::Push))?;
        let answers_this = answer.up_to.device == own.id
            && answer.up_to.incarnation == incarnation
            && answer.from_seq == from
            && answer.up_to.seq <= up_to;
        if !answers_this {
            return Err(SyncError::NotTheServers(Step::Push));
        }
        let settled = self.device.write(|tx| settle(tx, own, &answer))?;
        settled.ok_or(SyncError::NotTheServers(Step::Push))
    }
}

/// Keeps the receipt and sets what it says. `None`, and nothing changed, if the answer speaks of
/// another chain than the one that is here.
pub(crate) fn settle(
    tx: &Transaction<'_>,
    own: &DeviceRow,
    answer: &PushAnswer,
) -> Result<Option<Settled>, Error> {
    let incarnation = answer.up_to.incarnation;
    let mut settled = Settled {
        received: 0,
        set_aside: 0,
        held: false,
    };
    let ours = chain::head_at(tx, &own.id, incarnation, answer.up_to.seq)?;
    let same_chain = ours.is_some_and(|head| head.hash == answer.head);
    if !same_chain {
        // Something is missing there, or another branch stands there: the next hello tells.
        settled.held = answer.except.iter().any(|e| is_elsewhere(&e.verdict));
        return Ok(settled.held.then_some(settled));
    }
    for seq in answer.from_seq..=answer.up_to.seq {
        let verdict = answer.verdict(seq).unwrap_or(Verdict::Held);
        if verdict == Verdict::Held {
            settled.held = true;
            continue;
        }
        if verdict == Verdict::Quarantined(ErrorCode::DeviceRevoked) {
            device::set_revoked(tx)?;
        }
        // What was decided since the first receipt stands: one that comes late, as on a card, tells
        // of before.
        if !chain::find(tx, incarnation, seq)?.is_some_and(|link| link.state.is_open()) {
            continue;
        }
        chain::set_verdict(tx, incarnation, seq, &verdict, Some(answer.received_at))?;
        let at = ChainRef {
            device: own.id.clone(),
            incarnation,
            seq,
        };
        set_counts(tx, &at, verdict.counts())?;
        if verdict.is_received() {
            settled.received += 1;
        } else {
            settled.set_aside += 1;
        }
    }
    chain::insert_receipt(tx, answer)?;
    Ok(Some(settled))
}

/// What was decided after the receipts holds no more: a restored server may have lost it, and tells
/// of the rest again.
pub(super) fn forget_decisions(tx: &Transaction<'_>) -> Result<(), Error> {
    let own = device::get(tx)?;
    for link in chain::answered_links(tx)? {
        let receipt = chain::find_receipt(tx, link.incarnation, link.seq)?;
        let said = receipt.and_then(|answer| answer.verdict(link.seq));
        let Some(verdict) = said.filter(|said| *said != Verdict::Held) else {
            continue;
        };
        if link.verdict.as_ref() == Some(&verdict) {
            continue;
        }
        chain::set_verdict(tx, link.incarnation, link.seq, &verdict, None)?;
        let at = ChainRef {
            device: own.id.clone(),
            incarnation: link.incarnation,
            seq: link.seq,
        };
        set_counts(tx, &at, verdict.counts())?;
    }
    Ok(())
}

/// Verdicts of a server whose chain does not go on with ours.
const fn is_elsewhere(verdict: &Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Held | Verdict::Refused(ErrorCode::EnvelopeFork)
    )
}

/// The facts of the file skip what the server set aside, and only that.
pub(crate) fn set_counts(tx: &Transaction<'_>, at: &ChainRef, counts: bool) -> Result<(), Error> {
    let Some(status) = envelope::find_status(tx, at)? else {
        return Ok(());
    };
    if status.counts != counts {
        envelope::set_counts(tx, at, counts)?;
        if let Some(Body::File(body)) = envelope::find(tx, at)?.map(|e| e.body) {
            journal::refold(tx, &body.file)?;
        }
    }
    Ok(())
}
