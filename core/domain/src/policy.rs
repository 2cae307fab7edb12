//! Who may do what where (`domain.md` D.1, L-08, L-13).

use crate::authorisation::Purpose;
use crate::case::Role;
use crate::division::DivisionCode;
use crate::id::{LenderId, OfficerId};

/// Somebody who asks for something.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Actor {
    /// The person.
    pub officer: OfficerId,
    /// The lender that the person, or the machine, works for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lender: Option<LenderId>,
    /// What was granted; without a grant nothing is allowed.
    pub grants: Vec<Grant>,
}

/// A role in a division and in everything that lies in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The division.
    pub division: DivisionCode,
    /// The only purpose that the grant serves; a lender's grant always names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}
