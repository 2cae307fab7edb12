//! Who evaluates (评议员) and who is of the group (嘎查初评组) in a gacha, as its devices learn it: so
//! that a number which may not vote is refused before a ballot is written, and the review list is
//! offered to those alone who may say something. It has no name, no number and no interest of
//! anybody: a device can only ask whether a number that it was told is among them. The server
//! decides again whatever a device thought (ADR 28).

use crate::division::DivisionCode;
use crate::hash::Hash;
use crate::id::OfficerId;

/// The evaluators and the group of a gacha, each as a digest under a salt of this roll.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Roll {
    /// The gacha.
    #[n(0)]
    pub division: DivisionCode,
    /// Of this roll alone, hexadecimal.
    #[n(1)]
    pub salt: String,
    /// Who may cast a ballot, in the order of the digests.
    #[n(2)]
    pub evaluators: Vec<Hash>,
    /// Who reviews for the gacha, in the order of the digests.
    #[n(3)]
    pub group: Vec<Hash>,
}

impl Roll {
    /// The roll of a gacha under a salt.
    #[must_use]
    pub fn of(
        division: DivisionCode,
        salt: String,
        evaluators: &[OfficerId],
        group: &[OfficerId],
    ) -> Self {
        Self {
            evaluators: digests(&salt, "evaluator", evaluators),
            group: digests(&salt, "group", group),
            division,
            salt,
        }
    }

    /// Whether somebody may cast ballots in the gacha.
    #[must_use]
    pub fn has_evaluator(&self, officer: &OfficerId) -> bool {
        let found = digest(&self.salt, "evaluator", officer);
        self.evaluators.binary_search(&found).is_ok()
    }

    /// Whether somebody is of the gacha's group.
    #[must_use]
    pub fn has_member(&self, officer: &OfficerId) -> bool {
        let found = digest(&self.salt, "group", officer);
        self.group.binary_search(&found).is_ok()
    }
}

fn digests(salt: &str, role: &str, officers: &[OfficerId]) -> Vec<Hash> {
    let all = officers.iter().map(|officer| digest(salt, role, officer));
    let mut all: Vec<Hash> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn digest(salt: &str, role: &str, officer: &OfficerId) -> Hash {
    let parts = [salt, role, officer.as_str()].map(str::as_bytes);
    Hash::of("itgel.roll.v1", &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn officers<const N: usize>(ids: [&str; N]) -> [OfficerId; N] {
        ids.map(|id| id.parse().unwrap())
    }

    #[test]
    fn a_roll_knows_its_people_by_their_numbers_and_names_nobody() {
        let [voter, member, other] = officers(["voter-1", "member-1", "other-1"]);
        let home = "150623200201".parse().unwrap();
        let roll = Roll::of(
            home,
            "aa".into(),
            &[voter.clone(), voter.clone()],
            std::slice::from_ref(&member),
        );
        assert!(roll.has_evaluator(&voter) && roll.has_member(&member));
        assert!(!roll.has_evaluator(&member) && !roll.has_member(&voter));
        assert!(!roll.has_evaluator(&other) && !roll.has_member(&other));
        assert_eq!(roll.evaluators.len(), 1, "a doubled number is one person");
        let bytes = minicbor::to_vec(&roll).unwrap();
        for id in ["voter", "member"] {
            let found = bytes.windows(id.len()).any(|part| part == id.as_bytes());
            assert!(!found, "a number travels in clear: {id}");
        }
    }

    #[test]
    fn nobody_is_told_apart_from_one_roll_to_the_next_or_between_two_roles() {
        let [both] = officers(["e1"]);
        let people = std::slice::from_ref(&both);
        let home = "150623200201".parse().unwrap();
        let (first, next) = (
            Roll::of(home, "aa".into(), people, people),
            Roll::of(home, "bb".into(), people, people),
        );
        assert_ne!(first.evaluators, next.evaluators);
        assert_ne!(first.evaluators, first.group);
    }
}
