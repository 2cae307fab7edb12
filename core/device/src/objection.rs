//! Objections, and reports against a neighbour's grade, that are taken down at the door
//! (`domain.md` D.5, G 39, G 40), with a receipt out of the device's own numbers.
//!
//! What was said leaves for the server alone: it stands in no file, and no other device pulls it.

use itgel_domain::case::step::ObjectionGround;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::ChainRef;
use itgel_domain::file::objection::{FiledObjection, MAX_WORDS, Objector, ReceiptNumber};
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::Transaction;

use crate::Device;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content};
use crate::people::stamp;
use crate::rules::RuleCache;
use crate::store::device;
use crate::visit::subject_row;

/// What somebody says against a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionDraft {
    /// Whose grade.
    pub subject: SubjectId,
    /// In which campaign.
    pub cycle: CycleId,
    /// On what ground.
    pub ground: ObjectionGround,
    /// Who objects.
    pub objector: Objector,
    /// What is said.
    pub words: String,
}

/// What the objector is given on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectionReceipt {
    /// The number.
    pub number: ReceiptNumber,
    /// When it was handed in, by the clock of this device: this day counts.
    pub filed_at: AtMs,
    /// Its place in the chain, to see whether it arrived.
    pub at: ChainRef,
}

impl Device {
    /// Takes an objection down and gives its receipt; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::SubjectErased`]; [`Error::Invalid`] without words or
    /// with too many; [`Error::PackMissing`] before rules came.
    pub fn take_objection(
        &self,
        draft: ObjectionDraft,
        now: AtMs,
    ) -> Result<ObjectionReceipt, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.write(|tx| take(tx, draft, now, with))
    }
}

fn take(
    tx: &Transaction<'_>,
    draft: ObjectionDraft,
    now: AtMs,
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<ObjectionReceipt, Error> {
    let home = subject_row(tx, &draft.subject)?;
    let words = draft.words.trim();
    let length = words.chars().count();
    if length == 0 {
        let missing = Violation::new("words", ErrorCode::ValueMissing);
        return Err(Error::Invalid(vec![missing]));
    }
    if length > MAX_WORDS {
        let long = Violation::new("words", ErrorCode::ValueOutOfRange);
        let long = long.with("min", 1).with("max", MAX_WORDS);
        return Err(Error::Invalid(vec![long]));
    }
    let row = device::get(tx)?;
    let stamp = stamp(tx, &home, &row, now, rules)?;
    let number = device::next_receipt(tx)?;
    let objection = FiledObjection {
        subject: draft.subject,
        cycle: draft.cycle,
        receipt: number,
        ground: draft.ground,
        objector: draft.objector,
        words: words.to_owned(),
    };
    let content = Content::Objection(objection);
    let written = journal::append(tx, &row, stamp, content, entropy)?;
    Ok(ObjectionReceipt {
        number,
        filed_at: now,
        at: written.at,
    })
}
