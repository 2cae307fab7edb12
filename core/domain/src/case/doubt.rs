//! What looks wrong about how a visit or an evaluation was made, and asks for a person: a rule
//! finds it, nothing follows by itself (`domain.md` G 31 to G 33, G 38).

use std::collections::{BTreeMap, BTreeSet};

use crate::file::facts::FileFacts;
use crate::file::facts::value::{LiveValue, Source};
use crate::id::{CycleId, OfficerId, SubjectId};
use crate::item::{ItemPath, State};
use crate::pack::vocabulary;

vocabulary! {
    /// What is doubtful.
    DoubtKind {
        /// An officer acted in a case in spite of an interest that was declared or found later.
        InterestFound => "interest_found",
        /// Two signatures on one device within seconds: borrowed (`domain.md` G 32).
        SignedAtOnce => "signed_at_once",
        /// Nearly all values are those of the year before (`domain.md` G 33).
        CopiedValues => "copied_values",
        /// An evaluator gives full marks to some whom the others see otherwise (`domain.md` G 38).
        OneSidedBallots => "one_sided_ballots",
    }
}

vocabulary! {
    /// What a person makes of a doubt.
    DoubtOutcome {
        /// There is an explanation.
        Explained => "explained",
        /// The household is visited again by others.
        SecondVisit => "second_visit",
        /// The ballots are struck and evaluators drawn anew.
        Redraw => "redraw",
        /// It is true, and the officer is answerable (SR-32).
        Confirmed => "confirmed",
    }
}

/// Where a rule begins to doubt: a banner's own numbers in the parameter table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoubtRules {
    /// Two signatures on one device closer than this, milliseconds.
    pub signed_apart_ms: u64,
    /// Equal values of the year before above this share, per cent.
    pub copied_percent: u64,
    /// Fewer values in common say nothing.
    pub copied_at_least: u64,
    /// Full marks to fewer subjects than this say nothing.
    pub full_marks_at_least: u64,
    /// Full marks above the mean of the others by this, hundredths of a point.
    pub above_others_centi: u64,
}

/// How many values of a visit are those of the year before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Values that are equal.
    pub same: u64,
    /// Values that both visits have.
    pub of: u64,
}

/// One ballot as the check sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// About whom.
    pub subject: SubjectId,
    /// By whom.
    pub evaluator: OfficerId,
    /// The mean of its four scores, hundredths of a point.
    pub mean_centi: u64,
}

impl Marks {
    /// Full marks, hundredths of a point.
    pub const FULL_CENTI: u64 = 500;
}

impl DoubtRules {
    /// Whether two signatures on one device were given too close to each other.
    #[must_use]
    pub const fn are_at_once(&self, signed_apart_ms: Option<u64>) -> bool {
        matches!(signed_apart_ms, Some(apart) if apart < self.signed_apart_ms)
    }

    /// How many values `officer` took over from the cycle before, if they are too many.
    #[must_use]
    pub fn copied(
        &self,
        facts: &FileFacts,
        officer: &OfficerId,
        (before, now): (&CycleId, &CycleId),
    ) -> Option<Copied> {
        let old = observed(facts.live(before), |_| true);
        let new = observed(facts.live(now), |author| author == officer);
        let both: Vec<bool> = new
            .iter()
            .filter_map(|(item, states)| Some(!old.get(item)?.is_disjoint(states)))
            .collect();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let copied = Copied {
            same: count(both.iter().filter(|same| **same).count()),
            of: count(both.len()),
        };
        let too_many = copied.of >= self.copied_at_least
            && copied.same.saturating_mul(100) > copied.of.saturating_mul(self.copied_percent);
        too_many.then_some(copied)
    }

    /// The subjects to whom `evaluator` gives full marks and the others do not, if they are
    /// enough to be no chance.
    #[must_use]
    pub fn one_sided(&self, ballots: &[Marks], evaluator: &OfficerId) -> Option<Vec<SubjectId>> {
        let own = ballots.iter().filter(|b| b.evaluator == *evaluator);
        let favoured: Vec<SubjectId> = own
            .filter(|ballot| ballot.mean_centi == Marks::FULL_CENTI)
            .filter(|ballot| self.is_above_others(ballots, ballot))
            .map(|ballot| ballot.subject.clone())
            .collect();
        let enough = usize::try_from(self.full_marks_at_least).unwrap_or(usize::MAX);
        (favoured.len() >= enough.max(1)).then_some(favoured)
    }

    /// Compared with the mean of the others' ballots, by multiplication.
    fn is_above_others(&self, ballots: &[Marks], own: &Marks) -> bool {
        let others: Vec<u64> = ballots
            .iter()
            .filter(|b| b.subject == own.subject && b.evaluator != own.evaluator)
            .map(|b| b.mean_centi)
            .collect();
        let n = u64::try_from(others.len()).unwrap_or(u64::MAX);
        let sum: u64 = others.iter().sum();
        n > 0 && own.mean_centi.saturating_mul(n) >= sum + self.above_others_centi.saturating_mul(n)
    }
}

/// What officers observed of each item: every state that stands.
fn observed(
    live: BTreeMap<ItemPath, Vec<LiveValue>>,
    is_wanted: impl Fn(&OfficerId) -> bool,
) -> BTreeMap<ItemPath, BTreeSet<Vec<u8>>> {
    let mut states: BTreeMap<ItemPath, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for (item, values) in live {
        for value in values {
            let is_known = matches!(value.observation.state, State::Known(_));
            if value.source == Source::Officer && is_known && is_wanted(&value.officer) {
                // Canonical bytes: values are equal when their bytes are.
                let bytes = minicbor::to_vec(&value.observation.state).unwrap_or_default();
                states.entry(item.clone()).or_default().insert(bytes);
            }
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> DoubtRules {
        crate::pack::shipped::rules().parameter_tables()[0]
            .doubts
            .clone()
    }

    fn marks(subject: &str, evaluator: &str, mean_centi: u64) -> Marks {
        Marks {
            subject: subject.parse().unwrap(),
            evaluator: evaluator.parse().unwrap(),
            mean_centi,
        }
    }

    #[test]
    fn signatures_ten_seconds_apart_are_two_people_and_closer_ones_are_doubted() {
        let rules = rules();
        assert!(rules.are_at_once(Some(9_999)) && !rules.are_at_once(Some(10_000)));
        assert!(
            !rules.are_at_once(None),
            "the second officer signed on another device"
        );
    }

    #[test]
    fn an_evaluator_who_lifts_his_clan_is_found_and_one_who_agrees_with_others_is_not() {
        let rules = rules();
        let clan = ["hh-1", "hh-2", "hh-3"];
        let mut ballots: Vec<Marks> = Vec::new();
        for subject in clan {
            ballots.push(marks(subject, "e-1", 500));
            ballots.extend(["e-2", "e-3", "e-4"].map(|e| marks(subject, e, 350)));
        }
        let found = rules.one_sided(&ballots, &"e-1".parse().unwrap()).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(rules.one_sided(&ballots, &"e-2".parse().unwrap()), None);
        assert_eq!(
            rules.one_sided(&ballots[..8], &"e-1".parse().unwrap()),
            None,
            "two are chance"
        );
        let honest: Vec<Marks> = clan
            .iter()
            .flat_map(|s| ["e-1", "e-2", "e-3"].map(|e| marks(s, e, 500)))
            .collect();
        assert_eq!(rules.one_sided(&honest, &"e-1".parse().unwrap()), None);
    }
}
