//! What a page of a list does to the store: one transaction for the whole page, its cursor
//! included, so that a page is taken or not and can be taken twice.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{
    DecidedItem, DeletedRows, EnvelopeItem, PullItem, PullPage, PulledItem, Revocation, RulesItem,
    TaskItem, Tombstone, extend_digest,
};
use itgel_domain::sync::push::Verdict;
use rusqlite::Transaction;

use crate::error::Error;
use crate::store::chain;
use crate::store::list::{self, Taken};
use crate::store::rules::{self, RuleKind};
use crate::store::{StoreError, deferred, device, envelope, offer, process, register, subject};
use crate::{ended, journal, people, sync};

/// What a page brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Brought {
    /// Items that were taken.
    pub(crate) items: u64,
    /// Items of a kind that this version does not know, kept for a later one.
    pub(crate) unknown: u64,
    /// Items that say what cannot be: passed over and counted.
    pub(crate) refused: u64,
    /// Something was erased, which must leave the write-ahead log as well.
    pub(crate) erased: bool,
}

/// What became of an item.
enum Outcome {
    Yes,
    Erased,
    Unknown,
    Refused,
}

/// The items of the page do not give the digest that the server signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DigestMismatch;

/// Takes a page whose signature was checked.
///
/// `Ok(Err(_))` if it does not continue what was taken before; then nothing was changed.
pub(crate) fn take_page(
    tx: &Transaction<'_>,
    page: &PullPage,
    server_key: &[u8],
) -> Result<Result<Brought, DigestMismatch>, Error> {
    let mut at = list::taken(tx, page.division)?;
    let mut fresh = Vec::new();
    for item in &page.items {
        // A repeated page brings again what is here already.
        if item.position <= at.position {
            continue;
        }
        if item.position != at.position + 1 {
            return Ok(Err(DigestMismatch));
        }
        at = Taken {
            position: item.position,
            digest: extend_digest(&at.digest, item),
        };
        fresh.push(item);
    }
    let end = page.items.last().map_or(0, |item| item.position);
    if end == at.position && at.digest != page.digest {
        return Ok(Err(DigestMismatch));
    }
    let mut brought = Brought::default();
    for item in fresh {
        brought.items += 1;
        match take(tx, page.division, item, server_key)? {
            Outcome::Yes => {}
            Outcome::Erased => brought.erased = true,
            Outcome::Refused => brought.refused += 1,
            Outcome::Unknown => {
                list::keep_item(tx, page.division, item)?;
                brought.unknown += 1;
            }
        }
    }
    list::set_taken(tx, page.division, &at)?;
    Ok(Ok(brought))
}

/// Takes the items again that could not be taken before: of a kind that an earlier version did
/// not know, or whose place in the own chain was taken.
pub(crate) fn take_kept(tx: &Transaction<'_>) -> Result<(), Error> {
    let server_key = device::get(tx)?.server_key;
    for (division, item) in list::kept_items(tx)? {
        if !matches!(take(tx, division, &item, &server_key)?, Outcome::Unknown) {
            list::forget_item(tx, division, item.position)?;
        }
    }
    Ok(())
}

fn take(
    tx: &Transaction<'_>,
    division: DivisionCode,
    item: &PulledItem,
    server_key: &[u8],
) -> Result<Outcome, Error> {
    if item.kind == PulledItem::GONE {
        return Ok(Outcome::Yes);
    }
    let position = item.position;
    if item.kind == PulledItem::DEFERRED {
        return defer(tx, division, item);
    }
    let Some(item) = item.item() else {
        return Ok(Outcome::Unknown);
    };
    if let Some(subject) = about(&item)
        && list::is_erased(tx, subject)?
    {
        return Ok(Outcome::Yes);
    }
    match item {
        PullItem::Envelope(item) => return take_envelope(tx, &item),
        PullItem::Identity(item) => people::take(tx, &item)?,
        PullItem::Case(case) => process::put_case(tx, &case)?,
        PullItem::Task(task) => take_task(tx, &task)?,
        PullItem::Pack(file) => return take_rules(tx, RuleKind::Pack, &file, position),
        PullItem::Parameters(file) => return take_rules(tx, RuleKind::Parameters, &file, position),
        PullItem::Register(row) => register::put(tx, &row, division)?,
        PullItem::Deleted(deleted) => return delete_rows(tx, &deleted, server_key),
        PullItem::Decided(decided) => take_decided(tx, &decided)?,
        PullItem::Ended(year) if !ended::note(tx, &year, server_key)? => {
            return Ok(Outcome::Refused);
        }
        PullItem::Ended(_) => {}
        PullItem::Tombstone(tombstone) => return erase(tx, &tombstone, server_key),
        PullItem::Revocation(revocation) => take_revocation(tx, &revocation)?,
        PullItem::Subject(s) => {
            let (id, kind, division) = (s.subject, s.kind, s.division);
            subject::put(
                tx,
                &Subject {
                    id: id.clone(),
                    kind,
                    division,
                    local_code: s.local_code,
                },
            )?;
            people::show_name(tx, &id)?;
        }
        PullItem::Cycle(cycle) => process::put_cycle(tx, &cycle)?,
        PullItem::Lender(lender) => offer::put_lender(tx, &lender)?,
        PullItem::Roll(roll) => offer::put_roll(tx, &roll)?,
    }
    Ok(Outcome::Yes)
}

/// Takes an item that no server listed, into a store for practice.
pub(crate) fn take_invented(
    tx: &Transaction<'_>,
    division: DivisionCode,
    item: &PullItem,
    position: u64,
) -> Result<(), Error> {
    let item = PulledItem {
        position,
        kind: item.kind(),
        bytes: item.to_bytes(),
    };
    take(tx, division, &item, &[]).map(|_| ())
}

/// Takes items that were fetched and whose hashes were checked.
pub(crate) fn take_fetched(
    tx: &Transaction<'_>,
    list: DivisionCode,
    items: &[PulledItem],
) -> Result<Brought, Error> {
    let mut brought = Brought::default();
    for item in items {
        brought.items += 1;
        deferred::delete(tx, list, item.position)?;
        match item.item() {
            Some(PullItem::Envelope(envelope)) => match take_envelope(tx, &envelope)? {
                Outcome::Yes | Outcome::Erased => {}
                Outcome::Refused => brought.refused += 1,
                Outcome::Unknown => {
                    list::keep_item(tx, list, item)?;
                    brought.unknown += 1;
                }
            },
            _ if item.kind == PulledItem::GONE => {}
            _ => brought.refused += 1,
        }
    }
    Ok(brought)
}

/// Notes an envelope that comes later.
fn defer(tx: &Transaction<'_>, list: DivisionCode, item: &PulledItem) -> Result<Outcome, Error> {
    let Some(named) = item.named() else {
        return Ok(Outcome::Refused);
    };
    if !list::is_erased(tx, &named.subject)? {
        deferred::insert(tx, list, item.position, &named)?;
    }
    Ok(Outcome::Yes)
}

/// Whom an item is about, if it is of no use once that subject was erased.
const fn about(item: &PullItem) -> Option<&SubjectId> {
    match item {
        PullItem::Identity(item) => Some(&item.record.subject),
        PullItem::Case(case) => Some(&case.subject),
        PullItem::Task(task) => Some(&task.subject),
        PullItem::Register(row) => row.subject.as_ref(),
        PullItem::Ended(year) => Some(&year.subject),
        PullItem::Subject(subject) => Some(&subject.subject),
        PullItem::Envelope(_)
        | PullItem::Pack(_)
        | PullItem::Parameters(_)
        | PullItem::Tombstone(_)
        | PullItem::Revocation(_)
        | PullItem::Cycle(_)
        | PullItem::Deleted(_)
        | PullItem::Decided(_)
        | PullItem::Lender(_)
        | PullItem::Roll(_) => None,
    }
}

fn take_envelope(tx: &Transaction<'_>, item: &EnvelopeItem) -> Result<Outcome, Error> {
    let Ok(listed) = Envelope::from_bytes(&item.bytes) else {
        return Ok(Outcome::Refused);
    };
    if list::is_erased(tx, listed.subject())? {
        return Ok(Outcome::Yes);
    }
    let counts = !item.quarantined;
    match envelope::find_status(tx, &listed.at)? {
        None if may_be_written(tx, &listed.at)? => return Ok(Outcome::Unknown),
        None => {
            envelope::insert(tx, &listed, &item.bytes, counts, true)?;
            journal::fold(tx, &listed, counts)?;
        }
        Some(kept) if kept.id != Envelope::id_of(&listed.salt, &item.bytes) => {
            // Another branch stands here. Of the own chain that is an earlier or later life of
            // this store: its envelope is taken once the own one has moved out of its place.
            let own = device::get(tx)?.id == listed.at.device;
            return Ok(if own {
                Outcome::Unknown
            } else {
                Outcome::Refused
            });
        }
        Some(kept) => {
            envelope::set_listed(tx, &listed.at)?;
            if kept.counts != counts || kept.lost {
                envelope::set_counts(tx, &listed.at, counts)?;
                refold(tx, &listed)?;
            }
            settle_own(tx, &listed, counts)?;
        }
    }
    Ok(Outcome::Yes)
}

/// Whether this store may still write at a place: what an earlier life of it wrote there is taken
/// once the chain goes on in a later incarnation, or it would stand in the way.
fn may_be_written(tx: &Transaction<'_>, at: &ChainRef) -> Result<bool, StoreError> {
    let own = device::get(tx)?;
    Ok(own.id == at.device && at.incarnation >= own.incarnation)
}

/// A decision let an own quarantined envelope count, or set a received one aside.
fn settle_own(tx: &Transaction<'_>, listed: &Envelope, counts: bool) -> Result<(), Error> {
    let own = device::get(tx)?;
    if listed.at.device != own.id {
        return Ok(());
    }
    let Some(link) = chain::find(tx, listed.at.incarnation, listed.at.seq)? else {
        return Ok(());
    };
    // What has no receipt yet waits for it: the list alone turns nothing green.
    let Some(verdict) = link.verdict else {
        return Ok(());
    };
    let decided = match (counts, verdict.counts()) {
        (true, false) => Verdict::Accepted,
        // Also what was let count after the backup that a server was restored from.
        (false, true) => Verdict::Quarantined(ErrorCode::EnvelopeBlocked),
        _ => return Ok(()),
    };
    let (incarnation, seq) = (listed.at.incarnation, listed.at.seq);
    Ok(chain::set_verdict(tx, incarnation, seq, &decided, None)?)
}

/// What became of an own envelope that no list of a gacha tells of.
fn take_decided(tx: &Transaction<'_>, decided: &DecidedItem) -> Result<(), Error> {
    let at = &decided.at;
    if device::get(tx)?.id != at.device {
        return Ok(());
    }
    let link = chain::find(tx, at.incarnation, at.seq)?;
    // What has no receipt yet gets it with the word that holds now.
    let is_ours = |link: &chain::Link| link.id == decided.id && link.verdict.is_some();
    if !link.as_ref().is_some_and(is_ours) {
        return Ok(());
    }
    chain::set_verdict(tx, at.incarnation, at.seq, &decided.verdict, None)?;
    sync::set_counts(tx, at, decided.verdict.counts())
}

/// A task for one officer is no business of the others.
fn take_task(tx: &Transaction<'_>, task: &TaskItem) -> Result<(), StoreError> {
    let is_asked = match &task.officer {
        Some(officer) => *officer == device::get(tx)?.officer,
        None => true,
    };
    if is_asked {
        process::put_task(tx, task)?;
    }
    Ok(())
}

fn take_rules(
    tx: &Transaction<'_>,
    kind: RuleKind,
    file: &RulesItem,
    position: u64,
) -> Result<Outcome, Error> {
    if Hash::of_file(file.text.as_bytes()) != file.hash {
        return Ok(Outcome::Refused);
    }
    rules::put(tx, kind, file, position)?;
    Ok(Outcome::Yes)
}

/// Deletes everything of the subject. What the server never received of it leaves a gap in the chain,
/// which is passed when the chain is sent on: until then nobody knows what arrived without an answer.
///
/// Nothing is deleted without a signature of a key that this device knows. A notice from before a
/// rotation that a device never lived through speaks of somebody of whom it has nothing: it is
/// noted, since the page that it came in is the server's, and nothing is there to delete.
fn erase(tx: &Transaction<'_>, tombstone: &Tombstone, server_key: &[u8]) -> Result<Outcome, Error> {
    if !is_of_server(tx, server_key, |key| tombstone.verify(key).is_ok())? {
        if subject::is_any_here(tx, &tombstone.subject)? {
            return Ok(Outcome::Refused);
        }
        list::insert_tombstone(tx, &tombstone.subject)?;
        return Ok(Outcome::Yes);
    }
    list::insert_tombstone(tx, &tombstone.subject)?;
    subject::erase(tx, &tombstone.subject)?;
    Ok(Outcome::Erased)
}

/// Whether the server signed a statement of a list: with its present key, or with one before it,
/// since what stands in a list is never signed again.
pub(crate) fn is_of_server(
    tx: &Transaction<'_>,
    server_key: &[u8],
    signs: impl Fn(&[u8]) -> bool,
) -> Result<bool, StoreError> {
    Ok(signs(server_key)
        || device::earlier_server_keys(tx)?
            .iter()
            .any(|key| signs(key)))
}

/// Deletes register rows whose time is over, and what the store's log still holds of them.
fn delete_rows(
    tx: &Transaction<'_>,
    deleted: &DeletedRows,
    server_key: &[u8],
) -> Result<Outcome, Error> {
    if !is_of_server(tx, server_key, |key| deleted.verify(key).is_ok())? {
        // From before a rotation that this device never lived through: its rows never came here.
        return Ok(match register::is_any_here(tx, &deleted.rows)? {
            true => Outcome::Refused,
            false => Outcome::Yes,
        });
    }
    for row in &deleted.rows {
        register::delete(tx, row)?;
    }
    Ok(Outcome::Erased)
}

fn take_revocation(tx: &Transaction<'_>, revocation: &Revocation) -> Result<(), StoreError> {
    list::insert_revocation(tx, &revocation.device)?;
    if device::get(tx)?.id == revocation.device {
        device::set_revoked(tx)?;
    }
    Ok(())
}

fn refold(tx: &Transaction<'_>, envelope: &Envelope) -> Result<(), StoreError> {
    match &envelope.body {
        Body::File(body) => journal::refold(tx, &body.file),
        Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => Ok(()),
    }
}
