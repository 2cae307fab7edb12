//! What a subject may ask of a person: a decision by a person instead of the engine alone
//! (PIPL art. 24, `domain.md` L-17), and the repair of a record that we keep ourselves (D.3).

use super::deadline::Deadline;
use crate::pack::vocabulary;

vocabulary! {
    /// What is asked for.
    PetitionKind {
        /// 申请人工决定.
        HumanDecision => "human_decision",
        /// 申请修复本方记录.
        Repair => "repair",
    }
}

vocabulary! {
    /// What became of it.
    PetitionOutcome {
        /// A person looked at everything and decides the same.
        Confirmed => "confirmed",
        /// A person decided otherwise, and the case has moved by it.
        Changed => "changed",
        /// The record is repaired.
        Repaired => "repaired",
        /// There is no ground for the repair.
        Refused => "refused",
    }
}

impl PetitionKind {
    /// Until when it is answered.
    #[must_use]
    pub const fn deadline(self) -> Deadline {
        match self {
            Self::HumanDecision => Deadline::HumanDecision,
            Self::Repair => Deadline::Repair,
        }
    }

    /// Whether it can end so.
    #[must_use]
    pub const fn allows(self, outcome: PetitionOutcome) -> bool {
        use PetitionOutcome::{Changed, Confirmed, Refused, Repaired};
        match self {
            Self::HumanDecision => matches!(outcome, Confirmed | Changed),
            Self::Repair => matches!(outcome, Repaired | Refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repair_is_not_confirmed_and_a_decision_is_not_refused() {
        for outcome in PetitionOutcome::ALL {
            let kinds = PetitionKind::ALL
                .iter()
                .filter(|kind| kind.allows(*outcome));
            assert_eq!(kinds.count(), 1, "{outcome}");
        }
    }
}
