//! The full check of the log (`security.md` T20): whether every leaf, envelope, audit row and
//! checkpoint is as it was committed. Whoever alters, deletes or inserts a row with access to the
//! database leaves a place that does not fit; whoever rewrites the log as well leaves a checkpoint
//! that the devices hold and that this log cannot be extended from.

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
use crate::store::log::{SignedCheckpoint, audit_leaf};
use crate::store::log_check::{self, Leaf, Link};

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
        let mut waiting = signed.into_iter().peekable();
        let mut tree = Frontier::default();
        let at_its_size = |s: &SignedCheckpoint, tree: &Frontier| s.checkpoint.size == tree.size();
        log_check::leaves(connection, |leaf: Leaf| {
            while let Some(signed) = waiting.next_if(|s| at_its_size(s, &tree)) {
                self.checkpoint(service, &signed, &tree);
            }
            if leaf.n != tree.size() {
                self.fault(FaultKind::LeafNumber, leaf.n);
            }
            tree.append(leaf_hash(leaf.kind, &leaf.hash));
            known.take(&leaf);
            Ok::<_, ServiceError>(())
        })?;
        for signed in waiting {
            self.checkpoint(service, &signed, &tree);
        }
        self.leaves = tree.size();
        self.beyond = tree.size().saturating_sub(newest);
        Ok(())
    }

    fn checkpoint(&mut self, service: &Service, signed: &SignedCheckpoint, tree: &Frontier) {
        self.checkpoints += 1;
        let stated = &signed.checkpoint;
        if stated.size != tree.size() || stated.root != tree.root() {
            self.fault(FaultKind::CheckpointRoot, stated.size);
        }
        // Those of before a rotation were signed by the key of then.
        let is_ours = service.keys.verify(&stated.message(), &signed.signature);
        if is_ours.is_err() {
            self.fault(FaultKind::CheckpointSignature, stated.size);
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
            match known.envelopes.get_mut(&(link.is_refused, link.id)) {
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

    fn content(&mut self, service: &Service, connection: &Connection, at: &ChainRef, link: &Link) {
        let is_same = match contents::envelope_bytes(service, connection, at) {
            Ok(Some(bytes)) => Envelope::id_of_bytes(&bytes) == link.id,
            // Erased, or no envelope of a file.
            Ok(None) => true,
            Err(_) => false,
        };
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
            _ => {}
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
