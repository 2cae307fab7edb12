//! What waits for the server, and how it is written again when the chain cannot go on.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::sync::push::{PAGE_ENVELOPES, Verdict};
use rusqlite::{Connection, Transaction};

use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content, Stamp, moved_entries};
use crate::store::chain::{self, Link, LinkState, Outgoing};
use crate::store::device::{self, DeviceRow};
use crate::store::{StoreError, envelope, identity};

/// The next page of the chain.
#[derive(Debug)]
pub(crate) struct Page {
    /// Consecutive envelopes.
    pub(crate) envelopes: Vec<Vec<u8>>,
    /// The identity records that their commitments stand for, with their places.
    pub(crate) identities: Vec<(u64, IdentityRecord)>,
    /// The place of the first.
    pub(crate) from: u64,
    /// The chain after the last.
    pub(crate) head: ChainHead,
}

/// What stands at a place of the chain.
#[derive(Debug)]
pub(crate) enum Next {
    /// A page to send.
    Page(Page),
    /// Nothing more.
    End,
    /// Envelopes whose content was erased: only a server that has them takes what is `behind`.
    Gap {
        /// The next place with a content.
        behind: u64,
    },
}

/// The page of the chain of `incarnation` that starts at `from`, of at most `room` bytes.
pub(crate) fn next_page(
    db: &Connection,
    device: &DeviceRow,
    incarnation: u32,
    from: u64,
    room: usize,
) -> Result<Next, StoreError> {
    let outgoing = chain::outgoing(db, &device.id, incarnation, from, PAGE_ENVELOPES)?;
    let Some(first) = outgoing.first() else {
        return Ok(Next::End);
    };
    let mut page = Page {
        envelopes: Vec::new(),
        identities: Vec::new(),
        from: first.seq,
        head: ChainHead {
            seq: first.seq,
            hash: first.head,
        },
    };
    let mut bytes = 0;
    for Outgoing {
        seq,
        head,
        bytes: content,
    } in outgoing
    {
        let Some(content) = content else { break };
        let record = identity::at(db, incarnation, seq)?.map(|version| version.record);
        let size = content.len() + record.as_ref().map_or(0, |r| r.to_bytes().len());
        if !page.envelopes.is_empty() && bytes + size > room {
            break;
        }
        bytes += size;
        page.head = ChainHead { seq, hash: head };
        page.identities.extend(record.map(|r| (seq, r)));
        page.envelopes.push(content);
    }
    if !page.envelopes.is_empty() {
        return Ok(Next::Page(page));
    }
    let rest = chain::links(db, incarnation)?
        .into_iter()
        .filter(|link| link.seq >= from);
    let mut rest = rest.into_iter().filter(|link| link.state.has_content());
    Ok(match rest.next() {
        Some(link) => Next::Gap { behind: link.seq },
        None => Next::End,
    })
}

/// The content of a place was erased before it arrived, so this chain ends before it. What comes after
/// goes on in the next incarnation; which one.
pub(crate) fn pass_gap(
    tx: &Transaction<'_>,
    incarnation: u32,
    from: u64,
    entropy: &dyn Entropy,
) -> Result<u32, Error> {
    let mut links = chain::links(tx, incarnation)?;
    links.retain(|link| link.seq >= from && link.state.has_content());
    let others = chain::open_links(tx)?.into_iter();
    links.extend(others.filter(|l| l.incarnation != incarnation || l.seq < from));
    let next = device::get(tx)?.next_incarnation()?;
    write_again(tx, next, &links, entropy)?;
    Ok(next)
}

/// Opens the next incarnation and writes the envelopes of `links` again in it: same content, new
/// places. References between them move along; the old ones leave files and pages.
pub(crate) fn write_again(
    tx: &Transaction<'_>,
    incarnation: u32,
    links: &[Link],
    entropy: &dyn Entropy,
) -> Result<(), Error> {
    let forgets = depends_on_lost(tx)?;
    device::set_incarnation(tx, incarnation)?;
    let device = device::get(tx)?;
    let mut again = Again::default();
    for (old, record) in take_out(tx, &device, links)? {
        let stamp = Stamp {
            pack: old.pack,
            entered_at: old.entered_at,
            // What was written on a state that the server lost does not follow from its log.
            checkpoint: old.checkpoint.filter(|_| !forgets),
        };
        let was = commitment(&old.body);
        // An entry may name another one of its own envelope.
        let place = journal::next_place(tx, &device)?;
        again.places.insert(old.at, place);
        let Some(content) = again.content(old.body, record) else {
            continue;
        };
        let written = journal::append(tx, &device, stamp, content, entropy)?;
        again.commitments.extend(was.zip(commitment(&written.body)));
    }
    Ok(())
}

/// Whether the chain of `incarnation` is whole: every head follows from the one before.
pub(crate) fn is_whole(
    db: &Connection,
    device: &DeviceRow,
    incarnation: u32,
) -> Result<bool, StoreError> {
    let mut head = ChainHead::start(&device.id, incarnation);
    for link in chain::links(db, incarnation)? {
        head = head.extend(&link.id);
        if (head.seq, head.hash) != (link.seq, link.head) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether an open envelope depends on one that a restored server lost, or was set aside for it: it
/// can never be read there as it stands, and is written again.
pub(crate) fn depends_on_lost(db: &Connection) -> Result<bool, StoreError> {
    if !envelope::has_lost(db)? {
        return Ok(false);
    }
    let device = device::get(db)?;
    for link in chain::open_links(db)? {
        for dep in deps(db, &place(&device, &link))? {
            if envelope::find_status(db, &dep)?.is_some_and(|status| status.lost) {
                return Ok(true);
            }
        }
    }
    Ok(!stranded(db)?.is_empty())
}

/// What the server set aside until another envelope comes that never will: its author wrote it
/// again at a later place. A card can bring it there before the device hears of the restore.
fn stranded(db: &Connection) -> Result<Vec<Link>, StoreError> {
    if !envelope::has_lost(db)? {
        return Ok(Vec::new());
    }
    let device = device::get(db)?;
    let mut places = BTreeSet::new();
    let mut stranded = Vec::new();
    for link in chain::links_in_need(db)?.into_iter().filter(waits_there) {
        let at = place(&device, &link);
        for dep in deps(db, &at)? {
            if places.contains(&dep) || envelope::is_overtaken(db, &dep)? {
                places.insert(at);
                stranded.push(link);
                break;
            }
        }
    }
    Ok(stranded)
}

/// Whether the server set an envelope aside until another one comes.
const fn waits_there(link: &Link) -> bool {
    matches!(
        link.verdict,
        Some(Verdict::Quarantined(
            ErrorCode::EnvelopeUnknownDep | ErrorCode::EnvelopeBlocked
        ))
    )
}

fn deps(db: &Connection, at: &ChainRef) -> Result<Vec<ChainRef>, StoreError> {
    Ok(match envelope::find(db, at)?.map(|found| found.body) {
        Some(Body::File(body)) => body.deps,
        _ => Vec::new(),
    })
}

/// What has to be written again in the next incarnation, by place.
pub(crate) fn to_write_again(tx: &Transaction<'_>) -> Result<Vec<Link>, StoreError> {
    let mut links = not_listed(tx)?;
    links.extend(stranded(tx)?);
    links.sort_by_key(|link| (link.incarnation, link.seq));
    Ok(links)
}

/// The open links that the server does not have. Those that its signed list already showed were
/// received in an earlier life of this store, whose receipts are lost: they are settled here.
fn not_listed(tx: &Transaction<'_>) -> Result<Vec<Link>, StoreError> {
    let device = device::get(tx)?;
    let mut open = Vec::new();
    for link in chain::open_links(tx)? {
        let at = place(&device, &link);
        let status = envelope::find_status(tx, &at)?.filter(|status| status.listed);
        // Lists bring the record of an identity and not the envelope of its commitment.
        let counts = match status {
            Some(status) => Some(status.counts),
            None => identity::is_listed(tx, link.incarnation, link.seq)?.then_some(true),
        };
        let verdict = match counts {
            Some(true) => Verdict::Accepted,
            Some(false) => Verdict::Quarantined(ErrorCode::EnvelopeBlocked),
            None => {
                open.push(link);
                continue;
            }
        };
        chain::set_verdict(tx, link.incarnation, link.seq, &verdict, None)?;
    }
    Ok(open)
}

/// Takes the envelopes of `links` out of the store, to be written again, and folds their files
/// without them.
fn take_out(
    tx: &Transaction<'_>,
    device: &DeviceRow,
    links: &[Link],
) -> Result<Vec<(Envelope, Option<IdentityRecord>)>, StoreError> {
    let mut taken = Vec::new();
    let mut files: BTreeSet<FileId> = BTreeSet::new();
    for link in links {
        let at = place(device, link);
        let Some(old) = envelope::find(tx, &at)? else {
            continue;
        };
        let record = identity::at(tx, link.incarnation, link.seq)?.map(|version| version.record);
        if let Body::File(body) = &old.body {
            files.insert(body.file.clone());
        }
        identity::delete_at(tx, link.incarnation, link.seq)?;
        envelope::delete(tx, &at)?;
        chain::set_state(tx, link.incarnation, link.seq, LinkState::Moved)?;
        taken.push((old, record));
    }
    for file in &files {
        journal::refold(tx, file)?;
    }
    Ok(taken)
}

/// Where what is written again went: what is named by it follows.
#[derive(Default)]
struct Again {
    places: BTreeMap<ChainRef, ChainRef>,
    /// Of identity records, which are committed to anew.
    commitments: BTreeMap<Hash, Hash>,
}

impl Again {
    /// What an envelope carried, for its new place; `None` for a commitment without its record, which
    /// says nothing to anybody.
    fn content(&self, body: Body, record: Option<IdentityRecord>) -> Option<Content> {
        let follow = |at: &ChainRef| self.places.get(at).cloned();
        Some(match body {
            Body::File(body) => {
                let knew = body.deps.iter();
                let knew = knew.map(|at| follow(at).unwrap_or_else(|| at.clone()));
                Content::Entries {
                    knew: Some(knew.collect()),
                    entries: moved_entries(&body.entries, follow),
                    file: body.file,
                }
            }
            Body::Identity(_) => {
                let mut record = record?;
                for version in &mut record.based_on {
                    *version = self.commitments.get(version).copied().unwrap_or(*version);
                }
                Content::Identity(record)
            }
            Body::Ballot(ballot) => Content::Ballot(ballot),
            Body::Objection(objection) => Content::Objection(objection),
            Body::Review(review) => Content::Review(review),
        })
    }
}

const fn commitment(body: &Body) -> Option<Hash> {
    match body {
        Body::Identity(identity) => Some(identity.commitment),
        Body::File(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => None,
    }
}

fn place(device: &DeviceRow, link: &Link) -> ChainRef {
    ChainRef {
        device: device.id.clone(),
        incarnation: link.incarnation,
        seq: link.seq,
    }
}
