//! Identity: name, ID number, phone. Never in a file, never in the chain or the log in clear.
//!
//! An identity record travels beside the chain, which carries only its salted commitment, and is
//! pulled only by devices whose officer works in the gacha. Two officers' concurrent versions are
//! both kept; a reviewer picks. One ID number under two subjects is a duplicate candidate for a
//! person to look at and is never merged by code.

use std::fmt;

use crate::division::{DivisionCode, DivisionLevel};
use crate::error::{ErrorCode, Violation};
use crate::hash::Hash;
use crate::id::{OfficerId, SubjectId};
use crate::ledger::PartyNumber;
use crate::person::{self, Department};
use crate::subject::SubjectKind;

/// The role of an organisation in its own identity record.
pub const ORGANISATION: &str = "organisation";

/// One version of what is known of a subject's people.
#[derive(
    Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[cbor(map)]
pub struct IdentityRecord {
    /// Whose identity.
    #[n(0)]
    pub subject: SubjectId,
    /// Counts the versions of this record, from 1.
    #[n(1)]
    pub version: u32,
    /// The commitments of the versions that it was written on; two records on the same base are
    /// concurrent.
    #[n(2)]
    pub based_on: Vec<Hash>,
    /// The people; adults only (`domain.md` B.2: members under 14 are counted, never identified).
    #[n(3)]
    pub people: Vec<Person>,
    /// Who wrote it.
    #[n(4)]
    pub author: OfficerId,
    /// That the household was registered with this record, because the server did not know it.
    #[n(5)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
}

/// A household that was registered away from the server: where it is at home, and why it is none
/// of those that look like it.
#[derive(
    Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[cbor(map)]
pub struct Registration {
    /// Its gacha.
    #[n(0)]
    pub division: DivisionCode,
    /// The number on the door or in the book.
    #[n(1)]
    pub local_code: String,
    /// The subjects that look like it and are others, by the officer's word.
    #[n(2)]
    pub unlike: Vec<SubjectId>,
    /// Why they are others; empty if none looked like it.
    #[n(3)]
    pub reason: String,
}

/// An adult of a household, or the responsible person of an organisation.
#[derive(
    Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, minicbor::Encode, minicbor::Decode,
)]
#[cbor(map)]
pub struct Person {
    /// `head`, `spouse`, `decision-maker`, `adult-2` …: what entries and consents refer to;
    /// [`ORGANISATION`] for an entity or collective itself, beside its responsible person.
    #[n(0)]
    pub role: String,
    /// The name as on the ID card, in one field (`domain.md` G 1).
    #[n(1)]
    pub full_name: String,
    /// The name in Mongolian script, if known.
    #[n(2)]
    pub name_mn: Option<String>,
    /// Resident ID number as checked by [`crate::person::ResidentId`]; of an organisation its
    /// unified social credit code.
    #[n(3)]
    pub id_number: Option<String>,
    /// Phone number.
    #[n(4)]
    pub phone: Option<String>,
}

impl IdentityRecord {
    /// Its canonical bytes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec")
    }

    /// Reads stored or received bytes.
    ///
    /// # Errors
    /// When the bytes are no identity record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(bytes)
    }

    /// What the chain carries of it, under the salt of the carrying envelope.
    #[must_use]
    pub fn commitment(&self, salt: &str) -> Hash {
        Hash::of("itgel.identity.v1", &[salt.as_bytes(), &self.to_bytes()])
    }

    /// Whether the head, the responsible person or the organisation is known by a number that
    /// checks: what the rules call a verified identity (`domain.md` B.1.5).
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.principal()
            .is_some_and(|person| person.number().is_some())
    }

    /// The head or responsible person, or the organisation where there is none.
    #[must_use]
    pub fn principal(&self) -> Option<&Person> {
        let organisation = || self.people.iter().find(|p| p.role == ORGANISATION);
        self.head().or_else(organisation)
    }

    /// The head of the household or the responsible person.
    #[must_use]
    pub fn head(&self) -> Option<&Person> {
        self.people.iter().find(|p| p.role == "head")
    }
}

impl Registration {
    /// Most characters of the number on the door.
    pub const MAX_LOCAL_CODE: usize = 32;

    /// Most characters of the reason.
    pub const MAX_REASON: usize = 500;

    /// Everything that is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.division.level() != DivisionLevel::Village {
            found.push(Violation::new(
                "registration/division",
                ErrorCode::ValueNotAChoice,
            ));
        }
        let mut written = |part: &str, text: &str, must: bool, max: usize| {
            let field = format!("registration/{part}");
            match text.trim().chars().count() {
                0 if must => found.push(Violation::new(field, ErrorCode::ValueMissing)),
                length if length > max => {
                    let range = Violation::new(field, ErrorCode::ValueOutOfRange);
                    found.push(range.with("min", 1).with("max", max));
                }
                _ => {}
            }
        };
        written("local_code", &self.local_code, true, Self::MAX_LOCAL_CODE);
        written(
            "reason",
            &self.reason,
            !self.unlike.is_empty(),
            Self::MAX_REASON,
        );
        found
    }
}

impl Person {
    /// Why the name cannot stand as it was written: pictures and control characters, which no
    /// register and no printer holds. Whatever the ID card can say may stand (`domain.md` G 1).
    #[must_use]
    pub fn name_fault(&self) -> Option<ErrorCode> {
        let names = [Some(&self.full_name), self.name_mn.as_ref()];
        let mut marks = names.into_iter().flatten().flat_map(|name| name.chars());
        marks
            .any(person::is_unwritable)
            .then_some(ErrorCode::PersonNameInvalid)
    }

    /// The number, if it checks.
    #[must_use]
    pub fn number(&self) -> Option<PartyNumber> {
        let number = self.id_number.as_deref()?;
        match self.role.as_str() {
            ORGANISATION => number.parse().map(PartyNumber::Organisation).ok(),
            _ => number.parse().map(PartyNumber::Person).ok(),
        }
    }

    /// Why a number that was written cannot stand: it does not check, or is not the one that a
    /// subject of this kind is registered under.
    #[must_use]
    pub fn number_fault(&self, kind: SubjectKind) -> Option<ErrorCode> {
        self.id_number.as_ref()?;
        match self.number() {
            None if self.role == ORGANISATION => Some(ErrorCode::CreditCodeInvalid),
            None => Some(ErrorCode::PersonIdInvalid),
            Some(PartyNumber::Organisation(code))
                if kind == SubjectKind::Collective
                    && code.department() != Department::Agriculture =>
            {
                Some(ErrorCode::CreditCodeNotCollective)
            }
            Some(_) => None,
        }
    }

    /// Whether this person's loans are loans of a subject of this kind: of a household those of
    /// head and spouse (`domain.md` H1.1), of an organisation its own, not its chair's.
    #[must_use]
    pub fn borrows_for(&self, kind: SubjectKind) -> bool {
        match kind {
            SubjectKind::Household => matches!(self.role.as_str(), "head" | "spouse"),
            SubjectKind::Entity(_) | SubjectKind::Collective => self.role == ORGANISATION,
            SubjectKind::Village | SubjectKind::Township => false,
        }
    }
}

impl fmt::Debug for IdentityRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "IdentityRecord({}, version {}, redacted)",
            self.subject, self.version
        )
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Registration({}, redacted)", self.division)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({}, redacted)", self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collective_under_the_committees_number_is_noticed() {
        let with = |number: &str| Person {
            role: ORGANISATION.into(),
            full_name: "示例嘎查股份经济合作社".into(),
            name_mn: None,
            id_number: Some(number.into()),
            phone: None,
        };
        let own = with("N2150623MF0000013F");
        let committee = with("54150623MF0000013T");
        for (number, kind, expected) in [
            (&own, SubjectKind::Collective, None),
            (
                &committee,
                SubjectKind::Collective,
                Some(ErrorCode::CreditCodeNotCollective),
            ),
            (
                &committee,
                SubjectKind::Entity(crate::subject::EntityKind::Cooperative),
                None,
            ),
        ] {
            assert!(number.number().is_some(), "{:?}", number.id_number);
            assert_eq!(number.number_fault(kind), expected);
        }
        let typo = with("N2150623MF0000013G");
        let fault = typo.number_fault(SubjectKind::Collective);
        assert_eq!(fault, Some(ErrorCode::CreditCodeInvalid));
    }

    #[test]
    fn debug_output_holds_no_personal_value() {
        let person = Person {
            role: "head".into(),
            full_name: "巴特尔".into(),
            name_mn: None,
            id_number: Some("11010519491231002X".into()),
            phone: Some("13900000000".into()),
        };
        let record = IdentityRecord {
            subject: "hh-1".parse().unwrap(),
            version: 1,
            based_on: Vec::new(),
            people: vec![person],
            author: "o1".parse().unwrap(),
            registration: None,
        };
        let shown = format!("{record:?} {:?}", record.people);
        assert!(!shown.contains("巴特尔") && !shown.contains("1949") && !shown.contains("139"));
        assert_ne!(
            record.commitment("aa"),
            record.commitment("bb"),
            "the salt hides equal records"
        );
    }
}
