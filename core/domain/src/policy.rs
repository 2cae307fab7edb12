//! Who may do what where: one pure table of role × action, division by division, denied unless
//! granted (`domain.md` D.1, L-08, L-13; `design.md` 8).
//!
//! The table is a first gate before every request. What a case forbids besides, by its state and
//! by those who have acted in it, is in [`crate::case`]; both must agree.

#[cfg(test)]
mod organisations;
mod reach;
mod table;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::authorisation::{Authorisation, Purpose};
use crate::case::Role;
use crate::division::DivisionCode;
use crate::error::ErrorCode;
use crate::id::{LenderId, OfficerId, SubjectId};

pub use reach::Reach;
pub use table::{Action, Need, RULES, Rule};

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
    /// The only purpose that the grant serves; a lender's grant without one allows no query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}

/// What the action is about, as far as the decision needs to know it.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// The division that it belongs to: the gacha of a household, the banner of a rule pack.
    pub division: DivisionCode,
    /// The role in which the actor has acted in this case before.
    pub acted_as: Option<Role>,
    /// The actor has a conflict of interest toward the subject.
    pub has_interest: bool,
    /// The actor has collected in this gacha in this cycle.
    pub collected_here: bool,
    /// Who proposed what is to be confirmed, or whom it concerns: it needs another person.
    pub first_person: Option<&'a OfficerId>,
    /// What a lender asks for.
    pub query: Option<Query<'a>>,
}

/// A lender's question.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// About whom.
    pub subject: &'a SubjectId,
    /// What for.
    pub purpose: Purpose,
    /// The day of the question.
    pub on: Date,
    /// The authorisation that the lender names, if there is such a one.
    pub authorisation: Option<&'a Authorisation>,
}

/// Why it is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// None of the actor's roles may do this.
    #[error("no role of the actor may do this")]
    Role,
    /// One of the roles may, but not in this division.
    #[error("outside the divisions of the actor")]
    Division,
    /// The actor has acted in this case in another role, or has collected what is to be judged.
    #[error("the actor has acted here in another role")]
    ActedBefore,
    /// The actor has a conflict of interest.
    #[error("the actor has a conflict of interest")]
    Interest,
    /// It needs a second person.
    #[error("a second person must do this")]
    SecondPerson,
    /// The lender's grant serves another purpose.
    #[error("the grant serves another purpose")]
    Purpose,
    /// No such subject, or no authorisation: one answer for both (`domain.md` L-08).
    #[error("absent or not authorised")]
    Authorisation,
}

impl<'a> Resource<'a> {
    /// Something in `division` with which the actor has no history.
    #[must_use]
    pub const fn at(division: DivisionCode) -> Self {
        Self {
            division,
            acted_as: None,
            has_interest: false,
            collected_here: false,
            first_person: None,
            query: None,
        }
    }

    /// The same as the object of a lender's question.
    #[must_use]
    pub const fn queried(mut self, query: Query<'a>) -> Self {
        self.query = Some(query);
        self
    }
}

impl Denial {
    /// The code of the error that an interface answers with.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Role => ErrorCode::NotAllowed,
            Self::Division => ErrorCode::ScopeOutside,
            Self::ActedBefore => ErrorCode::ActedBefore,
            Self::Interest => ErrorCode::ConflictOfInterest,
            Self::SecondPerson => ErrorCode::SecondPerson,
            Self::Purpose => ErrorCode::ReportPurpose,
            Self::Authorisation => ErrorCode::ReportNotFound,
        }
    }
}

/// Whether `actor` may do `action` on `resource`, and in which role.
///
/// # Errors
/// [`Denial`]: everything is denied that no row of [`RULES`] allows.
pub fn may(actor: &Actor, action: Action, resource: &Resource<'_>) -> Result<Role, Denial> {
    let rule = RULES
        .iter()
        .find(|rule| rule.action == action)
        .ok_or(Denial::Role)?;
    let fitting: Vec<&Grant> = actor
        .grants
        .iter()
        .filter(|grant| rule.roles.contains(&grant.role))
        .collect();
    if fitting.is_empty() {
        return Err(Denial::Role);
    }
    let here = |grant: &&&Grant| grant.division.contains(resource.division);
    let here: Vec<&Grant> = fitting.iter().filter(here).copied().collect();
    if here.is_empty() {
        // To a lender the place of a subject is not told either.
        let is_query = rule.needs.contains(&Need::Authorisation);
        return Err(if is_query {
            Denial::Authorisation
        } else {
            Denial::Division
        });
    }
    for need in rule.needs {
        check(*need, actor, &here, resource)?;
    }
    let keeps_role = |grant: &&&Grant| match resource.acted_as {
        Some(before) if rule.needs.contains(&Need::OneRole) => grant.role == before,
        _ => true,
    };
    let grant = here.iter().find(keeps_role).ok_or(Denial::ActedBefore)?;
    Ok(grant.role)
}

fn check(
    need: Need,
    actor: &Actor,
    grants: &[&Grant],
    resource: &Resource<'_>,
) -> Result<(), Denial> {
    match need {
        Need::OneRole => match resource.acted_as {
            Some(before) if grants.iter().all(|g| g.role != before) => Err(Denial::ActedBefore),
            _ => Ok(()),
        },
        Need::NoInterest if resource.has_interest => Err(Denial::Interest),
        Need::NotOwnCollection if resource.collected_here => Err(Denial::ActedBefore),
        Need::SecondPerson => match resource.first_person {
            Some(first) if *first != actor.officer => Ok(()),
            _ => Err(Denial::SecondPerson),
        },
        Need::Authorisation => authorised(actor, grants, resource),
        Need::NoInterest | Need::NotOwnCollection => Ok(()),
    }
}

/// The grant must serve the purpose, and the authorisation must name this lender, this subject,
/// this purpose and this day.
fn authorised(actor: &Actor, grants: &[&Grant], resource: &Resource<'_>) -> Result<(), Denial> {
    let (Some(query), Some(lender)) = (resource.query, &actor.lender) else {
        return Err(Denial::Authorisation);
    };
    if grants.iter().all(|g| g.purpose != Some(query.purpose)) {
        return Err(Denial::Purpose);
    }
    let allows = |given: &Authorisation| {
        given.subject == *query.subject && given.allows(lender, query.purpose, query.on)
    };
    match query.authorisation.is_some_and(allows) {
        true => Ok(()),
        false => Err(Denial::Authorisation),
    }
}
