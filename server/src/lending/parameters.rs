//! The parameter files of a lender for its reference lines: handed in, put into force by a second
//! person where the lender has two, taken out of force. Nothing of them reaches a rating, and no
//! other lender sees them (`domain.md` F.2).

use itgel_domain::authorisation::Purpose;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::lending::LineParameters;
use itgel_domain::log::LeafKind;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::{allow, lender_of};
use crate::error::ServiceError;
use crate::rules;
use crate::service::Service;
use crate::store::line::LineRow;
use crate::store::{self, Tx};

/// With so many people a lender can have a second one look.
const TWO_PEOPLE: u64 = 2;

/// A parameter file to be handed in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLineFile {
    /// The name of the file, for faults.
    pub name: String,
    /// The file itself, TOML.
    pub text: String,
}

/// A parameter file of the lender.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct LineFile {
    /// SHA-256 of the file, by which reports name it.
    #[schema(value_type = String)]
    pub hash: Hash,
    /// Its id and version: `LN-DEMO-1/1`.
    pub name: String,
    /// The subjects that it is for.
    #[schema(value_type = Vec<String>)]
    pub subject_kinds: Vec<SubjectKind>,
    /// The queries that it serves.
    #[schema(value_type = Vec<String>)]
    pub purposes: Vec<Purpose>,
    /// First day of validity.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_to: Option<Date>,
    /// `proposed`, `active` or `withdrawn`.
    pub state: String,
    /// Who handed it in.
    #[schema(value_type = String)]
    pub proposed_by: OfficerId,
    /// When, in milliseconds since 1970.
    #[schema(value_type = i64)]
    pub proposed_at_ms: AtMs,
    /// Who put it into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub activated_by: Option<OfficerId>,
    /// When, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub activated_at_ms: Option<AtMs>,
}

/// Hands a parameter file in; the same file again changes nothing.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless the actor works for a lender; the first fault of the file, with
/// its place.
pub fn propose_line(
    service: &Service,
    actor: &Actor,
    file: &NewLineFile,
    now: AtMs,
) -> Result<LineFile, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::ProposeLine)?;
    let parsed = LineParameters::parse(&file.name, file.text.as_bytes()).map_err(rules::refused)?;
    let row = LineRow {
        lender,
        hash: parsed.hash(),
        name: parsed.name(),
        subject_kinds: parsed.subject_kinds.clone(),
        purposes: parsed.purposes.clone(),
        valid_from: parsed.valid_from,
        valid_to: parsed.valid_to,
        proposed_by: actor.officer.clone(),
        proposed_at: now,
        activated: None,
        withdrawn_at: None,
    };
    let (actor, text) = (actor.clone(), file.text.clone());
    service.transact("lending.propose_line", move |_, tx| {
        if store::line::put(tx, &row, &text)? {
            record(tx, &actor, "line.proposed", &row, &json!({}), now)?;
        }
        own(tx, &row.lender, &row.hash).map(LineFile::from)
    })
}

/// Puts a file into force. Where the lender has two people it takes another than the one who
/// handed it in; where it has not, that is written down.
///
/// # Errors
/// [`ErrorCode::LineUnknown`] if it is none of this lender's; [`ErrorCode::SecondPerson`].
pub fn activate_line(
    service: &Service,
    actor: &Actor,
    hash: &Hash,
    now: AtMs,
) -> Result<LineFile, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::ActivateLine)?;
    let (actor, hash) = (actor.clone(), *hash);
    service.transact("lending.activate_line", move |_, tx| {
        let row = own(tx, &lender, &hash)?;
        if row.activated.is_some() && row.withdrawn_at.is_none() {
            return Ok(row.into());
        }
        let has_second = store::lender::count_officers(tx, &lender)? >= TWO_PEOPLE;
        let is_person = store::lender::of_officer(tx, &actor.officer)?.is_some();
        let is_second = is_person && row.proposed_by != actor.officer;
        if has_second && !is_second {
            return Err(ErrorCode::SecondPerson.into());
        }
        store::line::activate(tx, &lender, &hash, &actor.officer, now)?;
        let detail = json!({ "second_person": is_second });
        record(tx, &actor, "line.activated", &row, &detail, now)?;
        own(tx, &lender, &hash).map(LineFile::from)
    })
}

/// Takes a file out of force, at once; a second time changes nothing.
///
/// # Errors
/// [`ErrorCode::LineUnknown`] if it is none of this lender's.
pub fn withdraw_line(
    service: &Service,
    actor: &Actor,
    hash: &Hash,
    now: AtMs,
) -> Result<LineFile, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::ProposeLine)?;
    let (actor, hash) = (actor.clone(), *hash);
    service.transact("lending.withdraw_line", move |_, tx| {
        let row = own(tx, &lender, &hash)?;
        if row.withdrawn_at.is_none() {
            store::line::withdraw(tx, &lender, &hash, now)?;
            record(tx, &actor, "line.withdrawn", &row, &json!({}), now)?;
        }
        own(tx, &lender, &hash).map(LineFile::from)
    })
}

/// The files of the actor's lender, the latest first.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless the actor works for a lender.
pub fn line_files(service: &Service, actor: &Actor) -> Result<Vec<LineFile>, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::ProposeLine)?;
    let rows = service.store.read(|c| store::line::list(c, &lender))?;
    Ok(rows.into_iter().map(LineFile::from).collect())
}

/// The file with this hash, as it was handed in.
///
/// # Errors
/// [`ErrorCode::LineUnknown`] if it is none of this lender's.
pub fn line_text(service: &Service, actor: &Actor, hash: &Hash) -> Result<String, ServiceError> {
    let lender = lender_of(actor)?;
    allow(actor, Action::ProposeLine)?;
    let found = service
        .store
        .read(|c| store::line::get_text(c, &lender, hash))?;
    found.ok_or_else(|| ErrorCode::LineUnknown.into())
}

/// The parameters of a lender that serve such a query today: of several the latest first day,
/// then the latest activation.
pub(super) fn in_force(
    connection: &Connection,
    lender: &LenderId,
    (kind, purpose): (SubjectKind, Purpose),
    today: Date,
) -> Result<Option<LineParameters>, ServiceError> {
    let rows = store::line::list(connection, lender)?;
    let serves = |row: &&LineRow| {
        row.holds_on(today) && row.subject_kinds.contains(&kind) && row.purposes.contains(&purpose)
    };
    let Some(row) = rows.iter().find(serves) else {
        return Ok(None);
    };
    let text = store::line::get_text(connection, lender, &row.hash)?
        .ok_or(ServiceError::internal("line_parameters.text"))?;
    let parsed = LineParameters::parse(&row.name, text.as_bytes());
    parsed
        .map(Some)
        .map_err(|e| ServiceError::caused("stored parameters of a lender", e))
}

fn own(connection: &Connection, lender: &LenderId, hash: &Hash) -> Result<LineRow, ServiceError> {
    store::line::get(connection, lender, hash)?.ok_or_else(|| ErrorCode::LineUnknown.into())
}

fn record(
    tx: &Tx<'_>,
    actor: &Actor,
    action: &str,
    row: &LineRow,
    detail: &serde_json::Value,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("line:{}:{}", row.lender, row.hash);
    store::log::audit(tx, now, actor.officer.as_str(), action, &resource, detail)?;
    let leaf = Hash::of("itgel.line.v1", &[resource.as_bytes(), action.as_bytes()]);
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    Ok(())
}

impl From<LineRow> for LineFile {
    fn from(row: LineRow) -> Self {
        let state = match (&row.activated, row.withdrawn_at) {
            (_, Some(_)) => "withdrawn",
            (Some(_), None) => "active",
            (None, None) => "proposed",
        };
        let (activated_by, activated_at_ms) = row.activated.unzip();
        Self {
            hash: row.hash,
            name: row.name,
            subject_kinds: row.subject_kinds,
            purposes: row.purposes,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            state: state.to_owned(),
            proposed_by: row.proposed_by,
            proposed_at_ms: row.proposed_at,
            activated_by,
            activated_at_ms,
        }
    }
}
