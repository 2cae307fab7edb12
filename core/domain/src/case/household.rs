//! A household that changes as such: heirs go on, a household splits, two become one
//! (`domain.md` G 10 to G 12). Animals are neither lost nor counted twice by it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::error::ErrorCode;
use crate::id::SubjectId;
use crate::pack::{StockClass, vocabulary};

/// Heads of animals by class.
pub type Heads = BTreeMap<StockClass, i64>;

vocabulary! {
    /// How a household changes.
    HouseholdChangeKind {
        /// 户主死亡，由继承人另立户.
        Succession => "succession",
        /// 分户.
        Split => "split",
        /// 并户.
        Merge => "merge",
    }
}

/// A change by a dated document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HouseholdChange {
    /// How.
    pub kind: HouseholdChangeKind,
    /// The day of the document.
    pub on: Date,
    /// The document, with its number.
    pub document: String,
    /// The households before.
    pub from: Vec<SubjectId>,
    /// The households after, each with the animals that it keeps.
    pub into: Vec<Share>,
}

/// A household after a change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The household.
    pub subject: SubjectId,
    /// Its animals by class.
    #[serde(default)]
    pub heads: Heads,
}

impl HouseholdChange {
    /// Whether the parties fit the kind, and what stands after is what was counted before.
    ///
    /// # Errors
    /// [`ErrorCode::HouseholdParties`] for the wrong number of households, one named twice, no
    /// document or a day to come; [`ErrorCode::HouseholdBalance`] where animals are lost or
    /// counted twice.
    pub fn check(&self, before: &Heads, today: Date) -> Result<(), ErrorCode> {
        let from: BTreeSet<&SubjectId> = self.from.iter().collect();
        let into: BTreeSet<&SubjectId> = self.into.iter().map(|share| &share.subject).collect();
        let is_once = from.len() == self.from.len() && into.len() == self.into.len();
        let fits = match self.kind {
            HouseholdChangeKind::Succession => {
                from.len() == 1 && into.len() == 1 && from.is_disjoint(&into)
            }
            HouseholdChangeKind::Split => from.len() == 1 && into.len() >= 2,
            HouseholdChangeKind::Merge => from.len() >= 2 && into.len() == 1,
        };
        if !is_once || !fits || self.document.trim().is_empty() || self.on > today {
            return Err(ErrorCode::HouseholdParties);
        }
        let mut after = Heads::new();
        for (class, heads) in self.into.iter().flat_map(|share| &share.heads) {
            if *heads < 0 {
                return Err(ErrorCode::HouseholdBalance);
            }
            let sum = after.entry(*class).or_insert(0);
            *sum += heads;
        }
        let some = |heads: &Heads| -> Heads {
            heads
                .iter()
                .filter(|(_, n)| **n != 0)
                .map(|(c, n)| (*c, *n))
                .collect()
        };
        match some(&after) == some(before) {
            true => Ok(()),
            false => Err(ErrorCode::HouseholdBalance),
        }
    }

    /// The households that exist no more.
    #[must_use]
    pub fn ended(&self) -> Vec<&SubjectId> {
        let goes_on = |id: &&SubjectId| self.into.iter().any(|share| share.subject == **id);
        self.from.iter().filter(|id| !goes_on(id)).collect()
    }

    /// The households that are new.
    #[must_use]
    pub fn founded(&self) -> Vec<&SubjectId> {
        let shares = self.into.iter().map(|share| &share.subject);
        shares.filter(|id| !self.from.contains(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn share(subject: &str, sheep: i64) -> Share {
        Share {
            subject: subject.parse().unwrap(),
            heads: Heads::from([(StockClass::Sheep, sheep)]),
        }
    }

    fn change(kind: HouseholdChangeKind, from: &[&str], into: Vec<Share>) -> HouseholdChange {
        HouseholdChange {
            kind,
            on: date(2026, 7, 1),
            document: "示例分户协议1号".into(),
            from: from.iter().map(|id| id.parse().unwrap()).collect(),
            into,
        }
    }

    fn checked(change: &HouseholdChange, before: i64) -> Result<(), ErrorCode> {
        change.check(
            &Heads::from([(StockClass::Sheep, before)]),
            date(2026, 7, 2),
        )
    }

    #[test]
    fn a_split_neither_loses_animals_nor_counts_them_twice() {
        let kind = HouseholdChangeKind::Split;
        let split = change(kind, &["a"], vec![share("a", 180), share("b", 120)]);
        assert_eq!(checked(&split, 300), Ok(()));
        for wrong in [299, 301] {
            assert_eq!(checked(&split, wrong), Err(ErrorCode::HouseholdBalance));
        }
        let negative = change(kind, &["a"], vec![share("a", 400), share("b", -100)]);
        assert_eq!(checked(&negative, 300), Err(ErrorCode::HouseholdBalance));
        assert_eq!((split.ended(), split.founded().len()), (vec![], 1));
    }

    #[test]
    fn parties_that_do_not_fit_the_kind_are_refused() {
        use HouseholdChangeKind::{Merge, Split, Succession};
        for wrong in [
            change(Split, &["a"], vec![share("b", 300)]),
            change(Split, &["a"], vec![share("b", 150), share("b", 150)]),
            change(Merge, &["a"], vec![share("b", 300)]),
            change(Merge, &["a", "a"], vec![share("b", 300)]),
            change(Succession, &["a"], vec![share("a", 300)]),
        ] {
            assert_eq!(
                checked(&wrong, 300),
                Err(ErrorCode::HouseholdParties),
                "{wrong:?}"
            );
        }
        let mut undated = change(Succession, &["a"], vec![share("b", 300)]);
        assert_eq!(checked(&undated, 300), Ok(()));
        undated.document = " ".into();
        assert_eq!(checked(&undated, 300), Err(ErrorCode::HouseholdParties));
        let mut to_come = change(Merge, &["a", "b"], vec![share("a", 300)]);
        to_come.on = date(2026, 7, 3);
        assert_eq!(checked(&to_come, 300), Err(ErrorCode::HouseholdParties));
    }
}
