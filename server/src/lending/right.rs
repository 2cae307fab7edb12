//! Whether a lender may see a rating now: authorisation, its ground, the person, the rating.

use itgel_domain::authorisation::{Authorisation, Ground, Purpose};
use itgel_domain::case::LenderView;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::entry::EntryId;
use itgel_domain::identity::Person;
use itgel_domain::person::{ResidentId, normalise_name};
use itgel_domain::policy::{self, Action, Actor, Query, Resource};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::ReportRequest;
use crate::contents;
use crate::error::ServiceError;
use crate::fold;
use crate::service::Service;
use crate::store;
use crate::store::rating::RatingRow;

/// The right to a report, and what it is about.
pub(super) struct Right {
    /// By which right.
    pub(super) authorisation: Authorisation,
    /// About whom.
    pub(super) subject: Subject,
    /// The rating in effect, under watch or suspended.
    pub(super) rating: RatingRow,
}

/// Why there is none: for the audit log, never for the lender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Miss {
    /// No such authorisation, or not of this lender, purpose, day and place.
    Authorisation,
    /// The consent that it rests on was withdrawn, has ended or never named the lender.
    Ground,
    /// No such subject, or an erased one.
    Subject,
    /// Name or ID number are another's.
    Person,
    /// No rating in effect.
    Rating,
    /// The person was not told of an adverse record yet (`domain.md` L-05).
    Untold,
}

impl Miss {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Authorisation => "authorisation",
            Self::Ground => "ground",
            Self::Subject => "subject",
            Self::Person => "person",
            Self::Rating => "rating",
            Self::Untold => "untold",
        }
    }
}

/// The right that a request names, if everything holds now.
///
/// # Errors
/// Violations if the lender's own authorisation needs name and ID number and the request has
/// none: that tells the lender nothing but what it registered itself.
pub(super) fn find(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    request: &ReportRequest,
    now: AtMs,
) -> Result<Result<Right, Miss>, ServiceError> {
    let found = store::authorisation::get(connection, &request.authorisation)?;
    let own = found.filter(|given| Some(&given.lender) == actor.lender.as_ref());
    let Some(authorisation) = own else {
        return Ok(Err(Miss::Authorisation));
    };
    need_person(&authorisation, request)?;
    let right = match standing(connection, actor, authorisation, request.purpose, now)? {
        Ok(right) => right,
        Err(miss) => return Ok(Err(miss)),
    };
    if !is_person(service, connection, &right.subject, request)? {
        return Ok(Err(Miss::Person));
    }
    Ok(Ok(right))
}

/// The right that an authorisation of the actor's lender gives, if everything but the person holds
/// now.
pub(super) fn standing(
    connection: &Connection,
    actor: &Actor,
    authorisation: Authorisation,
    purpose: Purpose,
    now: AtMs,
) -> Result<Result<Right, Miss>, ServiceError> {
    let Some(subject) = store::subject::get(connection, &authorisation.subject)? else {
        return Ok(Err(Miss::Subject));
    };
    let question = Query {
        subject: &subject.id,
        purpose,
        on: now.on(),
        authorisation: Some(&authorisation),
    };
    let resource = Resource::at(subject.division).queried(question);
    if policy::may(actor, Action::QueryReport, &resource).is_err() {
        return Ok(Err(Miss::Authorisation));
    }
    if store::subject::erased_at(connection, &subject.id)?.is_some() {
        return Ok(Err(Miss::Subject));
    }
    if !ground_holds(connection, &authorisation, now)? {
        return Ok(Err(Miss::Ground));
    }
    let rating = store::rating::get_current(connection, &subject.id)?;
    let is_valid = |r: &RatingRow| {
        (r.effective_on..=r.valid_to).contains(&now.on())
            && r.status.lender_view() != LenderView::Absent
    };
    Ok(match rating.filter(is_valid) {
        Some(rating) => Ok(Right {
            authorisation,
            subject,
            rating,
        }),
        None => Err(Miss::Rating),
    })
}

/// Whether what the authorisation rests on still stands: a consent on file must name the lender
/// and the purpose, cover the authorisation's days and not have been withdrawn. The lender's own
/// evidence is the lender's to answer for.
pub(super) fn ground_holds(
    connection: &Connection,
    given: &Authorisation,
    now: AtMs,
) -> Result<bool, ServiceError> {
    let Ground::Consent(entry) = &given.ground else {
        return Ok(true);
    };
    let Ok(entry) = entry.parse::<EntryId>() else {
        return Ok(false);
    };
    let facts = fold::facts(connection, &given.subject)?;
    let consents = facts.consents();
    let names_lender = |view: &&itgel_domain::file::facts::consent::ConsentView<'_>| {
        let mut recipients = view.consent.recipients.iter();
        recipients.any(|r| r.lender == given.lender && r.purpose == given.purpose)
    };
    let found = consents
        .iter()
        .filter(|view| view.entry == entry)
        .find(names_lender);
    // A withdrawal takes effect on receipt, whatever day it names.
    Ok(found.is_some_and(|view| {
        view.withdrawn_on.is_none()
            && view.consent.given_on <= given.from
            && given.until <= view.consent.until
            && now.on() <= view.consent.until
    }))
}

/// With the lender's own evidence, name and ID number show that the right person is meant.
fn need_person(given: &Authorisation, request: &ReportRequest) -> Result<(), ServiceError> {
    if matches!(given.ground, Ground::Consent(_)) {
        return Ok(());
    }
    let fields = [("name", &request.name), ("id_number", &request.id_number)];
    let missing = fields.into_iter().filter(|(_, value)| value.is_none());
    let violations: Vec<_> = missing
        .map(|(field, _)| Violation::new(field, ErrorCode::ValueMissing))
        .collect();
    if violations.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Refused {
        code: ErrorCode::ValueMissing,
        violations,
    })
}

/// Whether the name and the ID number that were given, if any, are those of one adult of the
/// subject.
fn is_person(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    request: &ReportRequest,
) -> Result<bool, ServiceError> {
    if request.name.is_none() && request.id_number.is_none() {
        return Ok(true);
    }
    let identity = contents::identity(service, connection, &subject.id)?;
    let people = identity.map(|record| record.people).unwrap_or_default();
    Ok(people.iter().any(|person| is_named(person, request)))
}

/// Whether the name and the ID number of the request, if any, are this person's.
pub(super) fn is_named(person: &Person, request: &ReportRequest) -> bool {
    let same_name = request
        .name
        .as_ref()
        .is_none_or(|name| normalise_name(name) == normalise_name(&person.full_name));
    let same_number = request.id_number.as_ref().is_none_or(|number| {
        person
            .id_number
            .as_ref()
            .is_some_and(|own| is_same_id(number, own))
    });
    same_name && same_number
}

/// Two writings of one number are equal; numbers that are no resident IDs, as those of
/// organisations, are compared as they are.
fn is_same_id(given: &str, own: &str) -> bool {
    match (given.parse::<ResidentId>(), own.parse::<ResidentId>()) {
        (Ok(given), Ok(own)) => given == own,
        _ => given.trim().eq_ignore_ascii_case(own.trim()),
    }
}
