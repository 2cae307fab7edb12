//! Sealing: the visit is complete, two people sign, and it becomes part of the chain.
//!
//! One transaction writes the entries with the seal last, extends the chain, signs its head,
//! forgets the draft and folds the file. Before it nothing has changed, after it everything has.

use data_encoding::HEXLOWER;
use itgel_domain::assess::{Assessment, assess};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::chain::{DeviceSigner, SignedHead};
use itgel_domain::file::entry::{Countersignature, Entry, Seal, seal_digest};
use itgel_domain::file::envelope::{Envelope, MAX_BYTES, MAX_ENTRIES};
use itgel_domain::file::objection::ReceiptNumber;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Transaction;

use crate::check::violations;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content, Stamp};
use crate::rules::RuleCache;
use crate::store::{chain, device, draft, list, process};
use crate::visit::{self, Visit};

/// The second signature.
pub enum Countersign<'a> {
    /// The second officer signs with a key.
    Officer {
        /// The second officer.
        officer: OfficerId,
        /// The key of the second officer's device.
        signer: &'a dyn DeviceSigner,
        /// What the steady clock of this device said at this signature, if it was given on it. The
        /// device holds it against [`crate::Device::sign_first`]: two within seconds are doubted,
        /// never refused (`domain.md` G 32).
        steady_ms: Option<u64>,
    },
    /// A signature drawn on the screen: flagged for the reviewer, never refused.
    Drawn {
        /// Hash of the picture.
        picture: Hash,
    },
}

/// A sealed visit.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The place of the envelope with the seal.
    pub at: ChainRef,
    /// Its id.
    pub id: Hash,
    /// What the household is given on paper: the first digits of the id.
    pub code: String,
    /// The chain up to the seal, signed.
    pub head: SignedHead,
    /// The provisional assessment that was sealed (暂定).
    pub assessment: Assessment,
    /// The numbers of the receipts for the consents of this visit, by person.
    pub consent_receipts: Vec<(String, ReceiptNumber)>,
}

/// What a seal is made with.
pub(crate) struct Means<'a> {
    pub(crate) rules: &'a RuleCache,
    pub(crate) signer: &'a dyn DeviceSigner,
    pub(crate) entropy: &'a dyn Entropy,
    /// What the steady clock said at the first signature, if it was given since the start.
    pub(crate) first_steady_ms: Option<u64>,
}

/// Bytes that dependencies, seal and frame need beside the entries of an envelope.
const FRAME: usize = 12 * 1024;

/// Seals the drafted visit.
pub(crate) fn seal(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    (as_of, now): (Date, AtMs),
    countersign: &Countersign<'_>,
    means: &Means<'_>,
) -> Result<Sealed, Error> {
    let mut visit = Visit::load(tx, subject, cycle, now.on())?;
    let mut wrong = violations(&visit, as_of);
    wrong.extend(same_officer(&visit, countersign));
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let consent_receipts = give_receipts(tx, &mut visit)?;

    let at = journal::next_place(tx, &visit.device)?;
    let entries = visit.entries();
    let facts = visit.facts_with(&at, &entries, now);
    let inputs = visit::inputs(tx, &visit, &facts, as_of, means.rules)?;
    let assessment = assess(&inputs);
    let seal = Seal {
        cycle: cycle.clone(),
        as_of,
        registers_at: list::taken(tx, visit.subject.division)?.position,
        inputs: inputs.hash(),
        assessment: assessment.hash(),
        parameters: inputs.parameters.hash(),
        consents: visit::consent_entries(&visit, &at, as_of),
        countersignature: Countersignature::Drawn {
            picture: Hash::from_bytes([0; 32]),
        },
        second_officer: None,
        signed_apart_ms: None,
    };

    let checkpoint = visit.device.checkpoint;
    let stamp = Stamp {
        pack: inputs.pack.hash(),
        entered_at: now,
        checkpoint,
    };
    let signed = |last: &[Entry]| signed(seal.clone(), last, countersign, means.first_steady_ms);
    let written = write(tx, &visit, entries, &signed, stamp, means)?;
    let head = chain::head(tx, &visit.device.id, visit.device.incarnation)?;
    let head = SignedHead::sign(
        &visit.device.id,
        visit.device.incarnation,
        head,
        means.signer,
    );
    chain::insert_signed_head(tx, &head)?;
    draft::delete(tx, subject, cycle)?;
    process::delete_tasks(tx, subject, cycle)?;
    let id = written.id();
    Ok(Sealed {
        at: written.at,
        id,
        code: id.short(),
        head,
        assessment,
        consent_receipts,
    })
}

/// Gives every consent of the visit its receipt number out of the device's own (`domain.md` D.5).
fn give_receipts(
    tx: &Transaction<'_>,
    visit: &mut Visit,
) -> Result<Vec<(String, ReceiptNumber)>, Error> {
    let mut given = Vec::new();
    for consent in &mut visit.consents {
        let number = device::next_receipt(tx)?;
        consent.receipt = Some(number);
        given.push((consent.person.clone(), number));
    }
    Ok(given)
}

/// Appends the entries in as many envelopes as they need; the seal closes the last one.
fn write(
    tx: &Transaction<'_>,
    visit: &Visit,
    entries: Vec<Entry>,
    seal: &dyn Fn(&[Entry]) -> Seal,
    stamp: Stamp,
    means: &Means<'_>,
) -> Result<Envelope, Error> {
    let file = FileId {
        subject: visit.subject.id.clone(),
        year: stamp.entered_at.on().year(),
    };
    let mut parts = parts(entries);
    let mut last = parts.pop().unwrap_or_default();
    let append = |entries: Vec<Entry>| {
        let content = Content::Entries {
            file: file.clone(),
            entries,
            knew: None,
        };
        journal::append(tx, &visit.device, stamp, content, means.entropy)
    };
    for part in parts {
        append(part)?;
    }
    let seal = seal(&last);
    last.push(Entry::Seal(Box::new(seal)));
    append(last)
}

/// The entries in parts that fit into envelopes, in order.
fn parts(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut parts: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.to_bytes().len();
        match parts.last_mut() {
            Some(part) if bytes + size <= MAX_BYTES - FRAME && part.len() < MAX_ENTRIES - 1 => {
                bytes += size;
                part.push(entry);
            }
            _ => {
                bytes = size;
                parts.push(vec![entry]);
            }
        }
    }
    parts
}

/// The seal with its second signature over the entries of its own envelope.
fn signed(
    seal: Seal,
    entries: &[Entry],
    countersign: &Countersign<'_>,
    first_steady_ms: Option<u64>,
) -> Seal {
    let digest = seal_digest(entries, &seal);
    let (countersignature, second_officer, signed_apart_ms) = match countersign {
        Countersign::Officer {
            officer,
            signer,
            steady_ms,
        } => {
            let by_key = Countersignature::OfficerKey {
                key: HEXLOWER.encode(&signer.public_key()),
                signature: HEXLOWER.encode(&signer.sign(digest.as_bytes())),
            };
            let apart_ms = first_steady_ms.zip(*steady_ms);
            let apart_ms = apart_ms.and_then(|(first, second)| second.checked_sub(first));
            (by_key, Some(officer.clone()), apart_ms)
        }
        Countersign::Drawn { picture } => {
            (Countersignature::Drawn { picture: *picture }, None, None)
        }
    };
    Seal {
        countersignature,
        second_officer,
        signed_apart_ms,
        ..seal
    }
}

/// Two people sign, not one twice (`domain.md` G 32), and neither is bound to the household.
fn same_officer(visit: &Visit, countersign: &Countersign<'_>) -> Option<Violation> {
    match countersign {
        Countersign::Officer { officer, .. } if *officer == visit.device.officer => Some(
            Violation::new("countersignature", ErrorCode::SealSameOfficer),
        ),
        Countersign::Officer { officer, .. } if visit.bars(officer) => Some(Violation::new(
            "countersignature",
            ErrorCode::ConflictOfInterest,
        )),
        _ => None,
    }
}
