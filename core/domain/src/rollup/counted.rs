//! What a snapshot counted, household by household, so that the counts of a title can be made
//! again from it for ever (`domain.md` B.6, D.2), with and without overrides (G 41).

use jiff::civil::Date;

use super::{CountedVillage, VillageCounts, has_loan, is_on_time, joint, township};
use crate::division::DivisionCode;
use crate::hash::Hash;
use crate::id::SubjectId;
use crate::register::{CreditRecord, CreditStatus, Disaster, DivisionFacts};
use crate::subject::Grade;

/// Whose grades are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grades {
    /// As they are in effect.
    InEffect,
    /// Without what reviewers moved (`domain.md` G 41).
    Computed,
}

/// A household that lives in a village on the day of the snapshot, rated or not.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedHousehold {
    /// Whose; absent once the household was erased: the counts stay (`domain.md` G 42).
    #[serde(skip)]
    pub subject: Option<SubjectId>,
    /// The stored inputs of the rating in effect; absent without one, and after erasure.
    #[serde(skip)]
    pub rating: Option<Hash>,
    /// Whether there is a file of it.
    pub filed: bool,
    /// The grade in effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
    /// What the engine had computed, where a reviewer moved the grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Grade>,
    /// Its loans.
    pub loans: CountedLoans,
    /// Whether it keeps to the pasture rules ([`super::keeps_pasture_rules`]); absent if it does
    /// not graze, this is not known, or it did not agree to figures of its village.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_pasture_rules: Option<bool>,
}

/// The loans of a household as its village counts them. Every resident household counts, rated or
/// not: the gates are about the loans of all (`domain.md` B.6 G-T, G-N).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedLoans {
    /// Whether the lenders' ledger was searched for it.
    pub searched: bool,
    /// Whether it has a formal loan.
    pub has_loan: bool,
    /// Whether it is on time.
    pub on_time: bool,
    /// What is owed.
    pub balance_fen: i64,
    /// Of that, non-performing.
    pub npl_fen: i64,
    /// Of that, rescheduled because of a disaster.
    pub disaster_npl_fen: i64,
}

/// What a snapshot counted of one village.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VillageCount {
    /// The village.
    pub division: DivisionCode,
    /// Its households; kept beside it, one by one.
    #[serde(skip)]
    pub households: Vec<CountedHousehold>,
    /// What only registers and ledgers know.
    pub registers: DivisionFacts,
    /// Whether a lender is late, so that nobody knows the balances of all (`domain.md` G 60).
    pub lender_is_late: bool,
}

/// What a snapshot counted for one title.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Counted {
    /// A village, or two that are assessed jointly (`domain.md` G 59).
    Villages(Vec<VillageCount>),
    /// The villages of a township.
    Township {
        /// Each with its title, by code.
        villages: Vec<CountedTitle>,
        /// What only registers and ledgers know.
        registers: Box<DivisionFacts>,
    },
}

/// A village as its township counts it, with and without overrides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedTitle {
    /// The village.
    pub division: DivisionCode,
    /// As it is.
    pub in_effect: CountedVillage,
    /// Without overrides.
    pub computed: CountedVillage,
    /// The ratings in it that are overrides.
    pub overrides: i64,
}

impl CountedLoans {
    /// The loans of a household on the day of the snapshot.
    #[must_use]
    pub fn of(credit: &CreditRecord, disasters: &[Disaster], as_of: Date) -> Self {
        let searched = matches!(credit.status, CreditStatus::Known | CreditStatus::Never);
        if !has_loan(credit, as_of) {
            return Self {
                searched,
                ..Self::default()
            };
        }
        // A joint debt is one debt, however many households stand for it (domain.md G 11).
        let sums = credit.summed_here();
        Self {
            searched,
            has_loan: true,
            on_time: is_on_time(credit, disasters, as_of),
            balance_fen: sums.balance_fen,
            npl_fen: sums.npl_fen,
            disaster_npl_fen: sums.disaster_npl_fen.min(sums.npl_fen),
        }
    }
}

impl CountedHousehold {
    /// The grade by which it counts.
    #[must_use]
    pub fn grade(&self, grades: Grades) -> Option<Grade> {
        match grades {
            Grades::InEffect => self.grade,
            Grades::Computed => self.computed.or(self.grade),
        }
    }
}

impl VillageCount {
    /// The facts of the village.
    #[must_use]
    pub fn facts(&self, grades: Grades) -> DivisionFacts {
        let mut counts = VillageCounts::default();
        for household in &self.households {
            counts.add(household, grades);
        }
        match self.lender_is_late {
            true => counts.facts_without_balances(&self.registers),
            false => counts.facts(&self.registers),
        }
    }

    /// How many ratings are overrides.
    #[must_use]
    pub fn overrides(&self) -> i64 {
        let moved = self.households.iter().filter(|h| h.computed.is_some());
        i64::try_from(moved.count()).unwrap_or(i64::MAX)
    }
}

impl Counted {
    /// The facts that are judged.
    #[must_use]
    pub fn facts(&self, grades: Grades) -> DivisionFacts {
        match self {
            Self::Villages(villages) => {
                let facts: Vec<_> = villages.iter().map(|v| v.facts(grades)).collect();
                joint(&facts)
            }
            Self::Township {
                villages,
                registers,
            } => {
                let of = |village: &CountedTitle| match grades {
                    Grades::InEffect => village.in_effect.clone(),
                    Grades::Computed => village.computed.clone(),
                };
                let counted: Vec<_> = villages.iter().map(of).collect();
                township(&counted, registers)
            }
        }
    }

    /// How many ratings are overrides.
    #[must_use]
    pub fn overrides(&self) -> i64 {
        match self {
            Self::Villages(villages) => villages.iter().map(VillageCount::overrides).sum(),
            Self::Township { villages, .. } => villages.iter().map(|v| v.overrides).sum(),
        }
    }

    /// The villages whose households were counted.
    #[must_use]
    pub fn villages(&self) -> &[VillageCount] {
        match self {
            Self::Villages(villages) => villages,
            Self::Township { .. } => &[],
        }
    }
}
