//! Persons behind an entity or a collective, with what stands for or against them
//! (`domain.md` E1.5, E3.1, C1.5, B.4 vetoes).
//!
//! A natural person is rated as a household, so a related subject is a household. Who is related
//! in several ways (chair, secretary and guarantor in one) counts once (`domain.md` G 48): the row's
//! key is the related subject's id.

use jiff::civil::Date;

use super::{CreditRecord, ListEntry, PublicRecord, VetoFact, is_default};
use crate::id::SubjectId;
use crate::pack::vocabulary;
use crate::subject::Grade;

/// What stands for or against a person behind an entity or a collective.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedStanding {
    /// The household of the person.
    pub subject: SubjectId,
    /// How the person is related: the strongest relation.
    pub relation: Relation,
    /// The household's effective grade; absent while it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// The lenders' record of the household.
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

impl RelatedStanding {
    /// Drops the person's records whose time is over on `day` (`domain.md` L-06); whether there
    /// were any.
    pub fn forget_expired(&mut self, day: Date) -> bool {
        forget_expired(&mut self.public_records, &mut self.official_lists, day)
    }
}

/// Drops the records and entries whose time is over on `day`; whether there were any.
pub(crate) fn forget_expired(
    records: &mut Vec<PublicRecord>,
    entries: &mut Vec<ListEntry>,
    day: Date,
) -> bool {
    let is_kept = |due: Option<Date>| due.is_none_or(|due| day < due);
    let before = records.len() + entries.len();
    records.retain(|r| is_kept(r.delete_on()));
    entries.retain(|e| is_kept(e.delete_on()));
    records.len() + entries.len() < before
}

vocabulary! {
    /// How a person is related to an entity or a collective, strongest first.
    Relation {
        /// 负责人: legal representative, chair of the council, head of a ranch.
        Responsible => "responsible",
        /// 理事: another member of the council.
        Council => "council",
        /// 监事: a supervisor.
        Supervisor => "supervisor",
    }
}
