//! Giving data (`domain.md` L-33): who gives what to whom on which basis, on record with an audit
//! row and a leaf of the log in one commit, before the first row is read.

use itgel_domain::division::DivisionLevel;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DecisionId, OfficerId};
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor, Resource, may};
use rusqlite::Connection;

use crate::auth;
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::share::ShareRow;
use crate::store::{self};

/// A request to give data to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareRequest {
    /// Who gives it.
    pub officer: OfficerId,
    /// Who confirms that names and numbers of persons go with it; nobody without them.
    pub second_officer: Option<OfficerId>,
    /// The department whose data it is.
    pub source_department: String,
    /// Who gets it.
    pub recipient: String,
    /// The legal basis.
    pub basis: String,
}

/// What is going to be given.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    pub(super) items: Vec<String>,
    pub(super) with_persons: bool,
    pub(super) format: &'static str,
    pub(super) mapping: Option<Hash>,
}

/// Puts the request on record.
///
/// # Errors
/// [`ErrorCode::ShareIncomplete`] without recipient, department or basis;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ScopeOutside`] or [`ErrorCode::SecondPerson`] if the
/// officers may not.
pub(super) fn begin(
    service: &Service,
    request: &ShareRequest,
    shared: Shared,
) -> Result<DecisionId, ServiceError> {
    check_complete(request)?;
    let request = request.clone();
    service.transact("exchange.share", move |service, tx| {
        check_allowed(service, tx, &request, shared.with_persons)?;
        let now = service.now();
        let share = ShareRow {
            id: DecisionId::from_random(random()?),
            at: now,
            officer: request.officer,
            second_officer: request.second_officer,
            source_department: request.source_department,
            recipient: request.recipient,
            basis: request.basis,
            items: shared.items.join(" "),
            with_persons: shared.with_persons,
            format: shared.format,
            mapping: shared.mapping,
        };
        store::share::put(tx, &share)?;
        let detail = serde_json::json!({
            "tables": shared.items.len(),
            "with_persons": share.with_persons,
            "second_officer": share.second_officer,
        });
        let resource = format!("data_share/{}", share.id);
        let officer = share.officer.as_str();
        store::log::audit(tx, now, officer, "data.share_begun", &resource, &detail)?;
        let leaf = Hash::of(
            "itgel.share.v1",
            &[
                share.id.as_str().as_bytes(),
                share.recipient.as_bytes(),
                share.basis.as_bytes(),
                share.items.as_bytes(),
            ],
        );
        store::log::leaf(tx, LeafKind::Export, &leaf)?;
        Ok(share.id)
    })
}

/// Notes that everything was written.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn finish(
    service: &Service,
    id: &DecisionId,
    officer: &OfficerId,
    (digest, rows): (Hash, u64),
) -> Result<(), ServiceError> {
    let (id, officer) = (id.clone(), officer.clone());
    service.transact("exchange.shared", move |service, tx| {
        let now = service.now();
        store::share::finish(tx, &id, &digest, rows, now)?;
        let detail = serde_json::json!({ "rows": rows, "digest": digest });
        let resource = format!("data_share/{id}");
        store::log::audit(tx, now, officer.as_str(), "data.shared", &resource, &detail)?;
        let leaf = Hash::of(
            "itgel.shared.v1",
            &[id.as_str().as_bytes(), digest.as_bytes()],
        );
        store::log::leaf(tx, LeafKind::Export, &leaf)?;
        Ok(())
    })
}

fn check_complete(request: &ShareRequest) -> Result<(), ServiceError> {
    let fields = [
        ("recipient", &request.recipient),
        ("basis", &request.basis),
        ("source_department", &request.source_department),
    ];
    let empty = fields
        .into_iter()
        .filter(|(_, text)| text.trim().is_empty());
    let violations: Vec<_> = empty
        .map(|(field, _)| Violation::new(field, ErrorCode::ShareIncomplete))
        .collect();
    if violations.is_empty() {
        return Ok(());
    }
    Err(ServiceError::Refused {
        code: ErrorCode::ShareIncomplete,
        violations,
    })
}

/// The whole database goes out, so the officers answer for every banner in it.
fn check_allowed(
    service: &Service,
    connection: &Connection,
    request: &ShareRequest,
    with_persons: bool,
) -> Result<(), ServiceError> {
    let officer = auth::officer_actor(connection, &request.officer)?;
    let second = match (&request.second_officer, with_persons) {
        (Some(second), true) => Some(auth::officer_actor(connection, second)?),
        (None, true) => return Err(ErrorCode::SecondPerson.into()),
        (_, false) => None,
    };
    let today = service.now().on();
    for banner in store::division::list_level(connection, DivisionLevel::County, today)? {
        let place = Resource::at(banner.code);
        may(&officer, Action::ShareData, &place)?;
        if let Some(second) = &second {
            check_second(second, &officer, place)?;
        }
    }
    Ok(())
}

fn check_second(second: &Actor, first: &Actor, place: Resource<'_>) -> Result<(), ServiceError> {
    let place = Resource {
        first_person: Some(&first.officer),
        ..place
    };
    may(second, Action::SharePersons, &place)?;
    Ok(())
}
