//! Where an entity or a collective comes from (`domain.md` G 51): what was renamed, merged, divided
//! or converted goes on under another number, and what stood for or against it goes along, so that
//! nothing is laundered by a new registration.

use jiff::civil::Date;

use super::{
    CreditRecord, CreditStatus, ListEntry, PublicRecord, VetoFact, forget_expired, is_default,
};
use crate::assess::Context;
use crate::case::deadline::adverse_stops_on;
use crate::id::SubjectId;
use crate::pack::vocabulary;

vocabulary! {
    /// How one registration became another.
    EntityChange {
        /// 更名或变更登记号: the same organisation under another registration.
        Renamed => "renamed",
        /// 合并: it went into another one, which answers for what it owed.
        Merged => "merged",
        /// 分立: parts of it go on; each answers for what was owed before.
        Divided => "divided",
        /// 改制: it goes on in another legal form.
        Converted => "converted",
    }
}

/// What stands for or against an organisation from which this one comes. Its loans before and
/// after are the loans of both: only its new loans are nobody else's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predecessor {
    /// The organisation before.
    pub subject: SubjectId,
    /// How it became this one.
    pub change: EntityChange,
    /// The day of the change.
    pub since: Date,
    /// The document of the change.
    pub source: String,
    /// The lenders' record of the organisation before.
    #[serde(default, skip_serializing_if = "is_default")]
    pub credit: CreditRecord,
    /// Facts that may stand against a rating.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vetoes: Vec<VetoFact>,
    /// Entries of official lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub official_lists: Vec<ListEntry>,
    /// Public credit records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub public_records: Vec<PublicRecord>,
}

impl Predecessor {
    /// Drops the records of natural persons whose time is over on `day` (`domain.md` L-06).
    pub fn forget_expired(&mut self, day: Date) {
        forget_expired(&mut self.public_records, &mut self.official_lists, day);
    }

    /// What of it a lender may be shown on `day`: what is settled, removed or repaired is told no
    /// more (`domain.md` D.3).
    #[must_use]
    pub fn shown_on(&self, day: Date) -> Self {
        let mut shown = self.clone();
        shown.vetoes.retain(|fact| fact.is_shown_on(day));
        shown.official_lists.retain(|entry| entry.is_shown_on(day));
        shown.public_records.retain(|record| record.is_open_on(day));
        shown
    }

    /// The link alone, without what stood for or against the organisation before.
    fn link(&self) -> Self {
        Self {
            credit: CreditRecord::default(),
            vetoes: Vec::new(),
            official_lists: Vec::new(),
            public_records: Vec::new(),
            ..self.clone()
        }
    }
}

impl VetoFact {
    /// Whether it may be shown on `day`: neither doubted by its source nor over.
    #[must_use]
    pub fn is_shown_on(&self, day: Date) -> bool {
        let is_over = |end| day >= adverse_stops_on(end);
        !self.objection_accepted && !self.ended_on.is_some_and(is_over)
    }
}

impl CreditRecord {
    /// This record with another one that counts as its own. A refusal of the query stands.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        match (self.status, other.status) {
            (CreditStatus::Refused, _) | (_, CreditStatus::Unknown | CreditStatus::Refused) => self,
            (CreditStatus::Known, CreditStatus::Known) => {
                let firsts = [self.first_loan_on, other.first_loan_on];
                let mut both = self;
                both.first_loan_on = firsts.into_iter().flatten().min();
                both.spells.extend(other.spells);
                both.spells
                    .sort_by_key(|s| (s.began_on, s.ended_on, s.days_past_due));
                both.balance_fen = both.balance_fen.saturating_add(other.balance_fen);
                both.npl_fen = both.npl_fen.saturating_add(other.npl_fen);
                let excused = other.disaster_npl_fen;
                both.disaster_npl_fen = both.disaster_npl_fen.saturating_add(excused);
                both.joint.extend(other.joint);
                both
            }
            (_, CreditStatus::Known) => other,
            (_, CreditStatus::Never) => self,
        }
    }
}

impl Context {
    /// Takes what stood for or against an organisation before; the link stays to be told.
    pub(super) fn take_over(&mut self, before: Predecessor) {
        let link = before.link();
        self.credit = std::mem::take(&mut self.credit).joined(before.credit);
        let document = &before.source;
        let told = |fact: VetoFact| VetoFact {
            // Who reads the fact must see that it is of the registration before.
            source: format!("{}（{document}前的登记）", fact.source),
            ..fact
        };
        self.vetoes.extend(before.vetoes.into_iter().map(told));
        for entry in before.official_lists {
            if !self.official_lists.contains(&entry) {
                self.official_lists.push(entry);
            }
        }
        for record in before.public_records {
            if !self.public_records.contains(&record) {
                self.public_records.push(record);
            }
        }
        self.predecessors.push(link);
    }
}
