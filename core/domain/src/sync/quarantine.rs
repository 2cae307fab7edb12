//! What can be done about an envelope that was set aside (`design.md` 6).
//!
//! Most of what is set aside waits for something that has not arrived. Some of it a person may let
//! count in spite of what is against it; what breaks a rule of the process or of the law nobody
//! may, and its officer writes it again.

use crate::error::ErrorCode;

/// What lets an envelope count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// What it lacks arrives: a subject, or another envelope of the file.
    Arrival,
    /// A reviewer releases it.
    Person,
    /// Either: the officer is assigned to the place, or a reviewer releases it.
    Either,
    /// Nothing: the officer writes it again as it should be.
    Nothing,
}

/// What became of an envelope that was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A person let it count.
    Released,
    /// A person refused it: it stays as evidence.
    Rejected,
    /// What it lacked has come: it counts.
    Arrived,
    /// Its subject was erased.
    Erased,
}

impl Outcome {
    /// Whether it counted from then on.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Released | Self::Arrived)
    }
}

crate::subject::words!(Outcome {
    Self::Released => Self::Released => "released",
    Self::Rejected => Self::Rejected => "rejected",
    Self::Arrived => Self::Arrived => "arrived",
    Self::Erased => Self::Erased => "erased",
});

/// What lets an envelope count that was set aside for `code`.
#[must_use]
pub const fn remedy(code: ErrorCode) -> Remedy {
    match code {
        ErrorCode::SubjectUnknown
        | ErrorCode::EnvelopeUnknownDep
        | ErrorCode::EnvelopeBlocked
        | ErrorCode::EntryUnknown
        | ErrorCode::EvaluatorUnlisted
        | ErrorCode::GroupUnlisted => Remedy::Arrival,
        ErrorCode::ScopeOutside | ErrorCode::NotAllowed | ErrorCode::CaseUnknown => Remedy::Either,
        ErrorCode::DeviceRevoked
        | ErrorCode::EnvelopeFork
        | ErrorCode::ObjectionNumber
        | ErrorCode::ObservedOutOfTime
        | ErrorCode::DateUnclear
        | ErrorCode::SealKeyEnded
        | ErrorCode::PersonIdInvalid
        | ErrorCode::CreditCodeInvalid => Remedy::Person,
        _ => Remedy::Nothing,
    }
}

impl Remedy {
    /// Whether a reviewer may let it count.
    #[must_use]
    pub const fn is_a_persons(self) -> bool {
        matches!(self, Self::Person | Self::Either)
    }

    /// Whether it counts by itself once something arrives.
    #[must_use]
    pub const fn is_arrival(self) -> bool {
        matches!(self, Self::Arrival | Self::Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_let_pass_what_the_law_or_the_process_forbids() {
        for code in [
            ErrorCode::ConsentMissing,
            ErrorCode::ConsentEnded,
            ErrorCode::ConflictOfInterest,
            ErrorCode::ActedBefore,
            ErrorCode::SealUnsigned,
            ErrorCode::SealSameOfficer,
            ErrorCode::EntryForbidden,
            ErrorCode::EntryNotOwn,
            ErrorCode::EnvelopeForeignOfficer,
            ErrorCode::EnvelopeStartOp,
            ErrorCode::ItemUnknown,
            ErrorCode::ValueOutOfRange,
            ErrorCode::SubjectErased,
        ] {
            assert!(!remedy(code).is_a_persons(), "{code}");
        }
    }

    #[test]
    fn what_the_server_cannot_know_is_for_a_person_to_say() {
        for code in [
            ErrorCode::ObservedOutOfTime,
            ErrorCode::DateUnclear,
            ErrorCode::SealKeyEnded,
            ErrorCode::DeviceRevoked,
        ] {
            assert_eq!(remedy(code), Remedy::Person, "{code}");
        }
    }

    #[test]
    fn what_waits_for_something_is_not_for_a_person_to_push_through() {
        assert!(remedy(ErrorCode::EnvelopeBlocked).is_arrival());
        assert!(!remedy(ErrorCode::EnvelopeBlocked).is_a_persons());
        assert!(remedy(ErrorCode::ScopeOutside).is_arrival());
        assert!(remedy(ErrorCode::ScopeOutside).is_a_persons());
    }
}
