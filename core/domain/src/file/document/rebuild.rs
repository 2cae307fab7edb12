//! Building a document from its envelopes, and comparing it with the fold.

use std::collections::{BTreeMap, BTreeSet};

use super::{Actor, Document, DocumentError, Tip, actor, build_change, key};
use crate::file::ChainRef;
use crate::file::entry::EntryId;
use crate::file::envelope::{Body, Envelope};
use crate::file::facts::FileFacts;
use crate::file::facts::causality::check_start;

/// Where a document and the fold of the same envelopes differ: an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// An entry that counts, and the document does not have it.
    OnlyInFacts(String),
    /// An entry of the document that the fold lost.
    OnlyInDocument(String),
    /// An entry with other bytes.
    Differs(String),
}

/// Builds the document of a file from all its envelopes, quarantined ones too, in any order and
/// with doubles. `public_key` gives the key of a device.
///
/// # Errors
/// [`DocumentError`] names the first envelope that does not fit; nothing is left out silently.
pub fn rebuild<'a>(
    envelopes: impl IntoIterator<Item = &'a Envelope>,
    public_key: impl Fn(&ChainRef) -> Option<Vec<u8>>,
) -> Result<Document, DocumentError> {
    let mut waiting: BTreeMap<ChainRef, &Envelope> = BTreeMap::new();
    for envelope in envelopes {
        let other = waiting.insert(envelope.at.clone(), envelope);
        if other.is_some_and(|other| other != envelope) {
            return Err(DocumentError::Forked(envelope.at.clone()));
        }
    }
    let order = causal_order(&waiting)?;
    let mut tips: BTreeMap<&ChainRef, Tip> = BTreeMap::new();
    // How many changes an actor has written, and its last operation.
    let mut written: BTreeMap<Actor, (u64, u64)> = BTreeMap::new();
    let mut changes = Vec::with_capacity(order.len());
    for envelope in order {
        let Body::File(body) = &envelope.body else {
            return Err(DocumentError::NoEntries);
        };
        let at = &envelope.at;
        let key = public_key(at).ok_or_else(|| DocumentError::NoKey(at.clone()))?;
        let actor = actor(&key, &body.file, at.incarnation);
        let deps: Vec<Tip> = body
            .deps
            .iter()
            .filter_map(|dep| tips.get(dep))
            .copied()
            .collect();
        let own = written.get(&actor).copied();
        check_start(
            body,
            own.map(|(_, last_op)| last_op),
            deps.iter().map(|dep| dep.last_op),
        )
        .map_err(|_| DocumentError::StartOp)?;
        let seq = own.map_or(0, |(seq, _)| seq) + 1;
        let change = build_change(envelope, actor, seq, &deps)?;
        written.insert(actor, (seq, body.last_op()));
        tips.insert(at, change.tip());
        changes.push(change);
    }
    Document::new()?.apply(changes)
}

/// Compares a document with the fold of the same envelopes: the proof that screens and grades,
/// which never open a document, read what the document says. Entries of quarantined envelopes
/// are in the document only.
///
/// # Errors
/// [`DocumentError`] if the document cannot be read.
pub fn compare(
    document: &Document,
    facts: &FileFacts,
    quarantined: &BTreeSet<ChainRef>,
) -> Result<Vec<Difference>, DocumentError> {
    let mut in_document = document.entries()?;
    let mut differences = Vec::new();
    for recorded in facts.entries() {
        let key = key(recorded.entry.kind(), &recorded.id);
        match in_document.remove(&key) {
            Some(bytes) if bytes == recorded.entry.to_bytes() => {}
            Some(_) => differences.push(Difference::Differs(key)),
            None => differences.push(Difference::OnlyInFacts(key)),
        }
    }
    let is_quarantined = |key: &String| {
        let id = key
            .split_once('/')
            .and_then(|(_, id)| id.parse::<EntryId>().ok());
        id.is_some_and(|id| quarantined.contains(&id.at))
    };
    let lost = in_document.into_keys().filter(|key| !is_quarantined(key));
    differences.extend(lost.map(Difference::OnlyInDocument));
    Ok(differences)
}

/// Envelopes, each after its dependencies and after the older ones of its chain.
fn causal_order<'a>(
    envelopes: &BTreeMap<ChainRef, &'a Envelope>,
) -> Result<Vec<&'a Envelope>, DocumentError> {
    let mut open: BTreeMap<&ChainRef, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&ChainRef, Vec<&ChainRef>> = BTreeMap::new();
    let mut older: Option<&ChainRef> = None;
    for (at, envelope) in envelopes {
        let deps = match &envelope.body {
            Body::File(body) => &body.deps[..],
            Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => {
                return Err(DocumentError::NoEntries);
            }
        };
        let own = older
            .filter(|older| older.device == at.device && older.incarnation == at.incarnation)
            .filter(|older| !deps.contains(older));
        older = Some(at);
        for dep in deps.iter().chain(own) {
            let (dep, _) = envelopes
                .get_key_value(dep)
                .ok_or_else(|| DocumentError::Missing(dep.clone()))?;
            followers.entry(dep).or_default().push(at);
        }
        open.insert(at, deps.len() + usize::from(own.is_some()));
    }
    let mut ready: BTreeSet<&ChainRef> = open
        .iter()
        .filter(|(_, n)| **n == 0)
        .map(|(at, _)| *at)
        .collect();
    let mut order = Vec::with_capacity(envelopes.len());
    while let Some(at) = ready.pop_first() {
        order.extend(envelopes.get(at));
        for follower in followers.remove(at).unwrap_or_default() {
            if let Some(n) = open.get_mut(follower) {
                *n -= 1;
                if *n == 0 {
                    ready.insert(follower);
                }
            }
        }
    }
    if order.len() == envelopes.len() {
        Ok(order)
    } else {
        Err(DocumentError::Circle)
    }
}
