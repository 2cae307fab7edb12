//! The full check of the log (`security.md` T20): whether every leaf, envelope, audit row and
//! checkpoint is as it was committed, and every verdict and decision. Whoever alters, deletes or
//! inserts a row with access to the database leaves a place that does not fit: leaves behind the
//! newest checkpoint are vouched for by the signed end of the log. Whoever has the server's key and
//! rewrites the log as well leaves a checkpoint that the devices hold and that this log cannot be
//! extended from; so does whoever puts the whole database back to an older state.

mod rows;

use std::collections::BTreeMap;

use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::hash::Hash;
use itgel_domain::log::{Frontier, LeafKind, leaf_hash};
use rusqlite::Connection;

use crate::contents;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::log::{self, SignedCheckpoint, audit_leaf};
use crate::store::log_check::{self, Leaf, Link};
use crate::store::log_end::{self, LogEnd};

/// What does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LogFault {
    /// What.
    pub what: FaultKind,
    /// The number of a leaf or audit row, the size of a checkpoint, the place of an envelope.
    pub place: String,
}

/// A way in which the log and the rows do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// A leaf is missing or stands at another number.
    LeafNumber,
    /// The leaves up to a checkpoint do not give its root.
    CheckpointRoot,
    /// A checkpoint is not signed by this server.
    CheckpointSignature,
    /// An envelope that the log does not know.
    EnvelopeNotInLog,
    /// The log knows an envelope that is not there.
    EnvelopeMissing,
    /// The places of a chain have a hole, or its hashes do not follow from its ids.
    Chain,
    /// A chain ends elsewhere than is noted.
    ChainEnd,
    /// The bytes of an envelope do not open, or are not those of its id.
    Content,
    /// An audit row is not the one that the log knows at its place.
    AuditRow,
    /// The log knows an audit row that is not there, or the other way round.
    AuditMissing,
    /// The leaves are not those up to the end that was signed with the last transaction.
    LogEnd,
    /// The log knows a checkpoint that is not there, or the other way round.
    CheckpointMissing,
    /// What the log holds of rows that may change is not what was committed.
    Said,
    /// A row of which the log knows does not say what the log knows of it.
    Row,
    /// The log knows a row that is not there, or the other way round.
    RowMissing,
}

/// What the check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct LogCheck {
    /// Leaves that were read.
    pub leaves: u64,
    /// Of these, leaves that no checkpoint covers yet.
    pub beyond: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Envelopes.
    pub envelopes: u64,
    /// Audit rows.
    pub audit_rows: u64,
    /// Rows that may change: envelopes, identities, ballots, decisions, events of cases, ratings.
    pub rows: u64,
    /// What does not fit; empty if all is well.
    pub faults: Vec<LogFault>,
}

/// What the leaves say of the rows.
#[derive(Default)]
struct Known {
    /// How often an envelope or refused bytes stand in the log, less how often they are there.
    envelopes: BTreeMap<(bool, Hash), i64>,
    /// The leaves of the audit rows, in order.
    audit: Vec<Hash>,
    /// The leaves of rows that may change, by number.
    rows: BTreeMap<u64, Hash>,
    /// The leaves of checkpoints, by the size that each has.
    checkpoints: BTreeMap<u64, Hash>,
}

/// Checks the whole log against the rows that it speaks of, as of one instant.
///
/// # Errors
/// [`ServiceError`] of the database, also for a row that cannot be read at all.
pub fn verify(service: &Service) -> Result<LogCheck, ServiceError> {
    service.store.read(|connection| {
        let mut check = LogCheck::default();
        let mut known = Known::default();
        check.leaves(service, connection, &mut known)?;
        check.envelopes(service, connection, &mut known)?;
        check.audit(connection, &known.audit)?;
        check.rows(connection, known.rows)?;
        Ok(check)
    })
}

impl LogCheck {
    fn fault(&mut self, what: FaultKind, place: impl ToString) {
        self.faults.push(LogFault {
            what,
            place: place.to_string(),
        });
    }

    /// Builds the tree leaf by leaf and compares it with each checkpoint on the way.
    fn leaves(
        &mut self,
        service: &Service,
        connection: &Connection,
        known: &mut Known,
    ) -> Result<(), ServiceError> {
        let signed = log_check::checkpoints(connection)?;
        let newest = signed.last().map_or(0, |last| last.checkpoint.size);
        let mut waiting = signed.iter().peekable();
        let (mut tree, mut end) = (Frontier::default(), LogEnd::empty());
        let at_its_size = |s: &SignedCheckpoint, tree: &Frontier| s.checkpoint.size == tree.size();
        log_check::leaves(connection, |leaf: Leaf| {
            while let Some(signed) = waiting.next_if(|s| at_its_size(s, &tree)) {
                self.checkpoint(service, connection, signed, &tree)?;
            }
            if leaf.n != tree.size() {
                self.fault(FaultKind::LeafNumber, leaf.n);
            }
            let hash = leaf_hash(leaf.kind, &leaf.hash);
            tree.append(hash);
            end.append(&hash);
            known.take(&leaf);
            Ok::<_, ServiceError>(())
        })?;
        for signed in waiting {
            self.checkpoint(service, connection, signed, &tree)?;
        }
        self.leaves = tree.size();
        self.beyond = tree.size().saturating_sub(newest);
        self.end(service, connection, &end)?;
        self.every_checkpoint(&signed, &mut known.checkpoints);
        Ok(())
    }

    fn checkpoint(
        &mut self,
        service: &Service,
        connection: &Connection,
        signed: &SignedCheckpoint,
        tree: &Frontier,
    ) -> Result<(), ServiceError> {
        self.checkpoints += 1;
        let stated = &signed.checkpoint;
        let goes_on_from = log::frontier_at(connection, stated.size)?;
        let is_here = stated.size == tree.size() && stated.root == tree.root();
        if !is_here || goes_on_from.as_ref() != Some(tree) {
            self.fault(FaultKind::CheckpointRoot, stated.size);
        }
        // Those of before a rotation were signed by the key of then.
        let is_ours = service.keys.verify(&stated.message(), &signed.signature);
        if is_ours.is_err() {
            self.fault(FaultKind::CheckpointSignature, stated.size);
        }
        Ok(())
    }

    /// The leaves end where the last transaction signed that they do.
    fn end(
        &mut self,
        service: &Service,
        connection: &Connection,
        found: &LogEnd,
    ) -> Result<(), ServiceError> {
        let noted = log_end::get(connection)?;
        let is_same = (noted.size, noted.digest) == (found.size, found.digest);
        if !is_same || !noted.is_signed(&service.keys) {
            self.fault(FaultKind::LogEnd, noted.size);
        }
        Ok(())
    }

    /// Each checkpoint is the last leaf that it covers, and that names the one before.
    fn every_checkpoint(&mut self, signed: &[SignedCheckpoint], leaves: &mut BTreeMap<u64, Hash>) {
        let mut before = None;
        for signed in signed {
            let size = signed.checkpoint.size;
            if leaves.remove(&size) != Some(log::checkpoint_leaf(before)) {
                self.fault(FaultKind::CheckpointMissing, size);
            }
            before = Some(signed);
        }
        for size in leaves.keys() {
            self.fault(FaultKind::CheckpointMissing, size);
        }
    }

    /// Follows every chain, opens what is kept and looks for each id in the log.
    fn envelopes(
        &mut self,
        service: &Service,
        connection: &Connection,
        known: &mut Known,
    ) -> Result<(), ServiceError> {
        let ends = log_check::chain_ends(connection)?;
        let mut ends: BTreeMap<_, _> = ends
            .into_iter()
            .map(|(c, seq, hash)| (c, (seq, hash)))
            .collect();
        let mut last: Option<((String, u32), ChainHead)> = None;
        log_check::links(connection, |link: Link| {
            self.envelopes += 1;
            if last.as_ref().is_none_or(|(chain, _)| *chain != link.chain) {
                self.chain_end(last.take(), &mut ends);
            }
            let at = place(&link)?;
            let before = match &last {
                Some((_, head)) => *head,
                None => ChainHead::start(&at.device, at.incarnation),
            };
            let head = before.extend(&link.id);
            if link.seq != head.seq || link.chain_hash != head.hash {
                self.fault(FaultKind::Chain, &at);
            }
            // What follows is judged by what stands there, so that one fault is one fault.
            let stands = ChainHead {
                seq: link.seq,
                hash: link.chain_hash,
            };
            last = Some((link.chain.clone(), stands));
            self.content(service, connection, &at, &link);
            match known.envelopes.get_mut(&(link.is_refused(), link.id)) {
                Some(open) if *open > 0 => *open -= 1,
                _ => self.fault(FaultKind::EnvelopeNotInLog, &at),
            }
            Ok::<_, ServiceError>(())
        })?;
        self.chain_end(last, &mut ends);
        for (device, incarnation) in ends.into_keys() {
            self.fault(FaultKind::ChainEnd, format!("{device}~{incarnation}"));
        }
        for ((_, id), open) in &known.envelopes {
            if *open > 0 {
                self.fault(FaultKind::EnvelopeMissing, id);
            }
        }
        Ok(())
    }

    fn chain_end(
        &mut self,
        last: Option<((String, u32), ChainHead)>,
        ends: &mut BTreeMap<(String, u32), (u64, Hash)>,
    ) {
        let Some((chain, head)) = last else { return };
        let noted = ends.remove(&chain);
        if noted != Some((head.seq, head.hash)) {
            self.fault(FaultKind::ChainEnd, format!("{}~{}", chain.0, chain.1));
        }
    }

    /// Whether the bytes are those of the id. That nothing is kept is for the log to say.
    fn content(&mut self, service: &Service, connection: &Connection, at: &ChainRef, link: &Link) {
        if link.sealed.is_empty() {
            return;
        }
        let bytes = contents::open_any(service, connection, at, link);
        let is_same = bytes.is_ok_and(|bytes| Envelope::id_of_bytes(&bytes) == link.id);
        if !is_same {
            self.fault(FaultKind::Content, at);
        }
    }

    /// The rows of the audit and their leaves are two lists of one order.
    fn audit(&mut self, connection: &Connection, leaves: &[Hash]) -> Result<(), ServiceError> {
        let mut expected = leaves.iter();
        log_check::audit(connection, |row, detail| {
            self.audit_rows += 1;
            match expected.next() {
                Some(leaf) if *leaf == audit_leaf(&row, &detail) => {}
                Some(_) => self.fault(FaultKind::AuditRow, row.n),
                None => self.fault(FaultKind::AuditMissing, row.n),
            }
            Ok::<_, ServiceError>(())
        })?;
        if expected.next().is_some() {
            self.fault(FaultKind::AuditMissing, self.audit_rows + 1);
        }
        Ok(())
    }
}

impl Known {
    fn take(&mut self, leaf: &Leaf) {
        match leaf.kind {
            LeafKind::Envelope => *self.envelopes.entry((false, leaf.hash)).or_default() += 1,
            LeafKind::Refusal => *self.envelopes.entry((true, leaf.hash)).or_default() += 1,
            LeafKind::Audit => self.audit.push(leaf.hash),
            LeafKind::Rows => {
                self.rows.insert(leaf.n, leaf.hash);
            }
            LeafKind::Checkpoint => {
                self.checkpoints.insert(leaf.n + 1, leaf.hash);
            }
            // Of these the end of the log says that they are all there.
            LeafKind::Decision
            | LeafKind::Query
            | LeafKind::Export
            | LeafKind::Deletion
            | LeafKind::Rules
            | LeafKind::Access => {}
        }
    }
}

fn place(link: &Link) -> Result<ChainRef, ServiceError> {
    let (device, incarnation) = &link.chain;
    Ok(ChainRef {
        device: device
            .parse()
            .map_err(|e| ServiceError::caused("the device of a chain", e))?,
        incarnation: *incarnation,
        seq: link.seq,
    })
}
