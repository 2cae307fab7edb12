//! Register rows (台账): what a file alone cannot know — the lenders' ledger, official lists,
//! declared disasters, quotas, leases, joint groups, peer evaluation, related persons, village and
//! township facts.
//!
//! Rows come as they stand in their source, with their days; what of them counts on a day is
//! decided by the scorer ([`crate::assess`]), so that the same rows give the same grade
//! everywhere.

mod barred;
mod joint;
mod land;
mod merit;
mod official_list;
mod predecessor;
mod record;
mod related;
mod row;
mod standing;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

pub use self::barred::BarredOfficers;
pub use self::joint::{JointDebt, LoanSums};
pub use self::land::{
    DisputedPlot, Entrusted, FodderRecord, GrazingPeriod, JointGroup, Keeping, LandUse, Lease,
    LeaseDirection, OverstockOrder, PooledPlot, PreviousQuota, Quota, Season,
};
pub use self::merit::{Commitment, CommitmentKind, Honour, HonourKind, HonourLevel};
pub use self::official_list::{
    BodyLevel, ListEntry, ListEntryError, ListEntryFields, OfficialList,
};
pub use self::predecessor::{EntityChange, Predecessor};
pub use self::record::{
    CreditClass, Exoneration, ExonerationGround, Gravity, PublicRecord, PublicityKind, SubjectForm,
};
pub(crate) use self::related::forget_expired;
pub use self::related::{RelatedStanding, Relation};
pub(crate) use self::row::Place;
pub use self::row::{RegisterContent, RegisterRow};
pub use self::standing::{DivisionFacts, Honesty, Occasion, TitleHeld};

use crate::pack::{decimal, vocabulary};

vocabulary! {
    /// What the lenders' ledger says of a subject.
    CreditStatus {
        /// The ledger was searched; [`CreditRecord`] holds what it has.
        Known => "known",
        /// The ledger was searched: no formal loan ever.
        Never => "never",
        /// The ledger could not be searched yet.
        #[doc(alias = "default")]
        Unknown => "unknown",
        /// The query was not consented to.
        Refused => "refused",
    }
}

/// The lenders' record of a subject: for a household, of head and spouse (`domain.md` H1.1, H1.2).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreditRecord {
    /// Whether the ledger could be searched.
    pub status: CreditStatus,
    /// The day of the first formal loan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_loan_on: Option<Date>,
    /// Spells of overdue payment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spells: Vec<Spell>,
    /// Balance of all formal loans: never scored, summed for gachas and sumus.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balance_fen: i64,
    /// Of that, non-performing (次级, 可疑, 损失 or over 90 days), with what a disaster rescheduled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub npl_fen: i64,
    /// Of that, rescheduled because of a disaster (`domain.md` B.9.4).
    #[serde(default, skip_serializing_if = "is_default")]
    pub disaster_npl_fen: i64,
    /// Of all this, what others borrowed before the household was divided (`domain.md` G 11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joint: Vec<JointDebt>,
}

impl Default for CreditRecord {
    fn default() -> Self {
        Self {
            status: CreditStatus::Unknown,
            first_loan_on: None,
            spells: Vec::new(),
            balance_fen: 0,
            npl_fen: 0,
            disaster_npl_fen: 0,
            joint: Vec::new(),
        }
    }
}

/// A time in which a loan was overdue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spell {
    /// First day overdue.
    pub began_on: Date,
    /// The day on which it was cured; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// The largest number of days past due; for an open spell, those of today.
    pub days_past_due: i64,
    /// The loan was formally extended, refinanced without repayment or rescheduled under the
    /// disaster policy (`domain.md` B.9.2).
    #[serde(default, skip_serializing_if = "is_default")]
    pub disaster_rescheduled: bool,
}

/// A fact that stands against a rating, from a lawful source (`domain.md` B.3).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VetoFact {
    /// The veto of the pack that it belongs to: `V1`.
    pub code: String,
    /// The list, court or lender, with its reference.
    pub source: String,
    /// The day of removal, settlement, repair or end of execution, by the veto's own rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// A pending objection that the source body has accepted suspends the fact.
    #[serde(default, skip_serializing_if = "is_default")]
    pub objection_accepted: bool,
}

/// A declared disaster that reaches this subject through residence or plots (`domain.md` B.9).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disaster {
    /// Reference of the declaration.
    pub id: String,
    /// What kind of event.
    pub kind: DisasterKind,
    /// Who declared it.
    pub issued_by: String,
    /// First day.
    pub began_on: Date,
    /// Last day; still going on if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
}

vocabulary! {
    /// Kinds of declared disaster.
    DisasterKind {
        /// 旱灾.
        Drought => "drought",
        /// 白灾: deep snow covers the forage.
        WhiteDisaster => "white_disaster",
        /// 黑灾: a winter without snow, animals lack water.
        BlackDisaster => "black_disaster",
        /// 疫情.
        Epidemic => "epidemic",
    }
}

impl Disaster {
    /// Whether `day` lies in the event, first and last day included.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.began_on <= day && self.ended_on.is_none_or(|end| day <= end)
    }
}

/// The peer evaluation (民主评议) of a household: mean and count only, never a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerEvaluation {
    /// Not held yet: the grade is a range.
    #[default]
    Pending,
    /// Held.
    Held(PeerResult),
}

/// The result of a peer evaluation after one highest and one lowest were dropped.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerResult {
    /// Evaluators whose ballots were valid.
    pub valid: u32,
    /// Ballots left after dropping.
    pub counted: u32,
    /// Sum of the evaluators' means of those, in hundredths.
    pub sum_centi: u32,
}

impl PeerEvaluation {
    /// The result of evaluators' means in hundredths (`450` for 4.5): one highest and one lowest
    /// are dropped where at least three were given.
    #[must_use]
    pub fn from_means(means_centi: &[u32]) -> Self {
        let mut sorted = means_centi.to_vec();
        sorted.sort_unstable();
        let kept = match sorted.as_slice() {
            [_, kept @ .., _] if !kept.is_empty() => kept,
            all => all,
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self::Held(PeerResult {
            valid: count(means_centi.len()),
            counted: count(kept.len()),
            sum_centi: kept.iter().fold(0, |sum, m| sum.saturating_add(*m)),
        })
    }
}

/// Hundredths, written as a decimal text: a pasture quota of 22.66 亩 per sheep unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Centi(pub i64);

/// A text that is no decimal of two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a decimal with at most two places is needed, as \"22.66\"")]
pub struct CentiError;

impl FromStr for Centi {
    type Err = CentiError;

    fn from_str(text: &str) -> Result<Self, CentiError> {
        decimal::parse(text, 2).map(Self).ok_or(CentiError)
    }
}

impl fmt::Display for Centi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal::write(self.0, 2))
    }
}

crate::id::text_codec!(Centi);

/// Whether a value is its type's default, which canonical bytes leave out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_highest_and_one_lowest_ballot_are_dropped() {
        let held = PeerEvaluation::from_means(&[475, 400, 450, 450, 450]);
        let expected = PeerResult {
            valid: 5,
            counted: 3,
            sum_centi: 1350,
        };
        assert_eq!(held, PeerEvaluation::Held(expected));
        assert!(matches!(PeerEvaluation::from_means(&[]), PeerEvaluation::Held(r) if r.valid == 0));
    }

    #[test]
    fn a_disaster_holds_on_its_first_and_last_day() {
        let event = Disaster {
            id: "d".into(),
            kind: DisasterKind::Drought,
            issued_by: "示例旗".into(),
            began_on: "2026-05-01".parse().unwrap(),
            ended_on: Some("2026-09-30".parse().unwrap()),
        };
        let covers = |day: &str| event.covers(day.parse().unwrap());
        assert!(covers("2026-05-01") && covers("2026-09-30"));
        assert!(!covers("2026-04-30") && !covers("2026-10-01"));
    }
}
