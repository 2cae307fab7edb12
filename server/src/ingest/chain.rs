//! The places of a page in its device's chain: what continues it is admitted, what is there
//! already gets its verdict again, what is ahead waits, and what stands at a taken place is kept
//! as evidence of a second branch.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::hash::Hash;
use itgel_domain::sync::push::{Push, Verdict};

use super::Way;
use super::admission::Admission;
use super::fork::Fork;
use super::page::{Item, Page};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::store;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};
use crate::store::held::HeldPage;
use crate::store::stray::Stray;

/// Most pages of a device that wait for a gap (`security.md` T35).
const MAX_HELD: u32 = 64;

/// What became of a page.
pub(super) struct Outcome {
    /// The verdict for each of its places.
    pub(super) verdicts: Vec<(u64, Verdict)>,
    /// The chain's hash at the last of them, or where the chain ends before.
    pub(super) head: Hash,
}

/// Takes a page, and the waiting pages behind it if it closes their gap.
pub(super) fn take(
    mut admission: Admission<'_>,
    page: Page,
    way: Way,
) -> Result<Outcome, ServiceError> {
    let (device, incarnation) = (page.head.at.device.clone(), page.head.at.incarnation);
    let chain = store::chain::get(admission.tx, &device, incarnation)?;
    let mut head = chain.map_or_else(|| ChainHead::start(&device, incarnation), |row| row.head);
    if page.first_seq > head.seq + 1 {
        let verdicts = hold(&mut admission, page)?;
        admission.finish()?;
        return Ok(Outcome {
            verdicts,
            head: head.hash,
        });
    }
    let last = page.head.at.clone();
    let begun = head;
    let verdicts = take_joined(&mut admission, page, &mut head, way)?;
    let verdicts = verdicts.ok_or(ErrorCode::EnvelopeSignature)?;
    release(&mut admission, &last, &mut head)?;
    if head != begun {
        store::chain::put_head(admission.tx, &device, incarnation, head)?;
    }
    let at_last = match store::envelope::get(admission.tx, &last)? {
        Some(row) => row.chain_hash,
        None => head.hash,
    };
    admission.finish()?;
    Ok(Outcome {
        verdicts,
        head: at_last,
    })
}

/// Takes a page that begins within the chain or right behind it; `None` if its head does not
/// vouch for it.
fn take_joined(
    admission: &mut Admission<'_>,
    mut page: Page,
    head: &mut ChainHead,
    way: Way,
) -> Result<Option<Vec<(u64, Verdict)>>, ServiceError> {
    let base = head_before(admission, &page, *head)?;
    if !page.is_vouched_for(base) {
        tracing::warn!(device = %page.head.at.device, "a head that does not vouch for its page");
        return Ok(None);
    }
    store::trust::put_head(admission.tx, &page.head)?;
    let mut verdicts = Vec::with_capacity(page.items.len());
    let (mut fork, mut signed) = (None, base);
    for (seq, item) in (page.first_seq..).zip(std::mem::take(&mut page.items)) {
        let at = page.place(seq);
        signed = signed.extend(&item.id);
        let known = match (&fork, seq <= head.seq) {
            (None, true) => store::envelope::get(admission.tx, &at)?,
            _ => None,
        };
        if let Some(first) = known.as_ref().filter(|known| known.id != item.id) {
            fork = Some(Fork::at(first.clone()));
        }
        let verdict = match (&mut fork, known) {
            (Some(fork), _) => fork.keep(admission, signed, &item)?,
            (None, Some(known)) => admission.again(known, &item, &page)?,
            (None, None) => {
                // Without a fork, what is signed up to here is what the chain has.
                *head = signed;
                admit(admission, &page, &at, &head.hash, item)?
            }
        };
        verdicts.push((seq, verdict));
    }
    if let Some(fork) = fork {
        fork.note(admission, &page, way)?;
    }
    Ok(Some(verdicts))
}

/// Admits the envelope that continues the chain.
fn admit(
    admission: &mut Admission<'_>,
    page: &Page,
    at: &ChainRef,
    chain_hash: &Hash,
    item: Item,
) -> Result<Verdict, ServiceError> {
    let code = match item.envelope {
        Ok(envelope) if envelope.at == *at => {
            let verdict = admission.take(page, chain_hash, item.id, item.bytes, envelope)?;
            admission.tally(&verdict);
            return Ok(verdict);
        }
        // Its entries would claim places that are not the device's own.
        Ok(_) => ErrorCode::EnvelopeForeignDevice,
        Err(code) => code,
    };
    let verdict = Verdict::Refused(code);
    keep_stray(admission, &item.id, code, &item.bytes)?;
    admission.tally(&verdict);
    let kept = NewEnvelope {
        at,
        id: &item.id,
        chain_hash,
        kind: EnvelopeKind::Bytes,
        subject: None,
        file: None,
        document: None,
        verdict: &verdict,
        sealed: &[],
        received_at: admission.now,
    };
    store::envelope::put(admission.tx, &kept)?;
    Ok(verdict)
}

/// The chain's head before the first envelope of the page.
fn head_before(
    admission: &Admission<'_>,
    page: &Page,
    head: ChainHead,
) -> Result<ChainHead, ServiceError> {
    let seq = page.first_seq - 1;
    if seq == head.seq {
        return Ok(head);
    }
    if seq == 0 {
        return Ok(ChainHead::start(
            &page.head.at.device,
            page.head.at.incarnation,
        ));
    }
    let row = store::envelope::get(admission.tx, &page.place(seq))?;
    let row = row.ok_or(ServiceError::internal("a chain with a hole"))?;
    Ok(ChainHead {
        seq,
        hash: row.chain_hash,
    })
}

/// Keeps a page that is ahead of the chain.
fn hold(admission: &mut Admission<'_>, page: Page) -> Result<Vec<(u64, Verdict)>, ServiceError> {
    let device = &page.head.at.device.clone();
    if store::held::count(admission.tx, device)? >= MAX_HELD {
        return Err(ErrorCode::TooMany.into());
    }
    let (first_seq, incarnation) = (page.first_seq, page.head.at.incarnation);
    let verdicts = (first_seq..=page.head.at.seq)
        .map(|seq| (seq, Verdict::Held))
        .collect();
    let head = page.head.hash.to_string();
    let plain = minicbor::to_vec(page.into_push())
        .map_err(|e| ServiceError::caused("a page to be held", e))?;
    let key = contents::key(
        admission.service,
        admission.tx,
        Scope::Device,
        device.as_str(),
    )?;
    // Identities and all: what waits for a gap takes room beside what waits for a person.
    admission.make_room(u64::try_from(plain.len()).unwrap_or(u64::MAX))?;
    let sealed = contents::seal(&key, "page", &head, &plain)?;
    let held = HeldPage {
        first_seq,
        head,
        sealed,
    };
    store::held::put(admission.tx, device, incarnation, &held, admission.now)?;
    admission.tally(&Verdict::Held);
    Ok(verdicts)
}

/// Takes the pages whose gap is closed. One whose head does not fit the chain is kept as
/// evidence: nobody vouches for it.
fn release(
    admission: &mut Admission<'_>,
    at: &ChainRef,
    head: &mut ChainHead,
) -> Result<(), ServiceError> {
    let (device, incarnation) = (&at.device, at.incarnation);
    while let Some(held) = store::held::get_next(admission.tx, device, incarnation, head.seq + 1)? {
        let key = contents::key(
            admission.service,
            admission.tx,
            Scope::Device,
            device.as_str(),
        )?;
        let plain = contents::open(&key, "page", &held.head, &held.sealed)?;
        store::held::delete(admission.tx, device, incarnation, &held)?;
        // It waits no more; what of it is set aside takes its room anew.
        admission.load = None;
        let push: Push =
            minicbor::decode(&plain).map_err(|e| ServiceError::caused("a held page", e))?;
        // Nobody knows any more how it came.
        if take_joined(admission, Page::read(push)?, head, Way::Card)?.is_none() {
            let id = Hash::of("itgel.stray.page.v1", &[&plain]);
            keep_stray(admission, &id, ErrorCode::EnvelopeSignature, &plain)?;
        }
    }
    Ok(())
}

/// Keeps bytes as evidence, under the key of their device.
pub(super) fn keep_stray(
    admission: &mut Admission<'_>,
    id: &Hash,
    code: ErrorCode,
    bytes: &[u8],
) -> Result<(), ServiceError> {
    admission.make_room(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    let device = &admission.device.id;
    let key = contents::key(
        admission.service,
        admission.tx,
        Scope::Device,
        device.as_str(),
    )?;
    let sealed = contents::seal(&key, "stray", &id.to_string(), bytes)?;
    let stray = Stray {
        id: *id,
        reason: code,
        sealed,
        received_at: admission.now,
    };
    Ok(store::stray::put(admission.tx, device, &stray)?)
}
