//! Snapshots of titles made again: from what was counted then, with the rules of then, to the same
//! bytes.

use itgel_domain::assess::Inputs;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::CycleId;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::register::DivisionFacts;
use itgel_domain::rollup::Grades;
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleHolder;
use jiff::civil::Date;
use rusqlite::Connection;

use super::compute::judge;
use crate::error::ServiceError;
use crate::process::allow;
use crate::service::Service;
use crate::store;
use crate::store::title_snapshot::{SnapshotListed, SnapshotPlace, SnapshotRow};

/// A snapshot, made again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Proof {
    /// Its hash.
    pub snapshot: Hash,
    /// Whose title.
    pub holder: TitleHolder,
    /// The campaign.
    pub cycle: CycleId,
    /// The day.
    pub as_of: Date,
    /// The facts as counted again.
    pub facts: DivisionFacts,
    /// Households that were counted; none for a township, which counts its gachas.
    pub households: usize,
    /// Of these, households that were erased since: their counts stay.
    pub erased: usize,
    /// Ratings among them that were overrides.
    pub overrides: i64,
    /// Whether the inputs came out with the same bytes.
    pub same_inputs: bool,
    /// Whether gates, points, level and outcome came out with the same bytes.
    pub same_result: bool,
}

/// A page of the snapshots of a division, alone and with another, the newest first; with where the
/// next page begins.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::RequestMalformed`] for a cursor that was not given here; [`ServiceError`] of the
/// database.
pub fn list_snapshots(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cursor: Option<&str>,
    limit: u32,
) -> Result<(Vec<SnapshotListed>, Option<String>), ServiceError> {
    allow(actor, Action::ReadBoard, division)?;
    let after = cursor.map(place).transpose()?;
    let more = limit.saturating_add(1);
    let mut found = store::title_snapshot::list(connection, division, after.as_ref(), more)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more);
    let next = last.map(|row| format!("{}~{}~{}", row.as_of, row.made_at.0, row.id));
    Ok((found, next))
}

fn place(cursor: &str) -> Result<SnapshotPlace, ErrorCode> {
    let mut parts = cursor.splitn(3, '~');
    let mut next = || parts.next().ok_or(ErrorCode::RequestMalformed);
    let malformed = ErrorCode::RequestMalformed;
    Ok(SnapshotPlace {
        as_of: next()?.parse().map_err(|_| malformed)?,
        made_at: AtMs(next()?.parse().map_err(|_| malformed)?),
        id: next()?.parse().map_err(|_| malformed)?,
    })
}

/// Makes a snapshot again.
///
/// # Errors
/// [`ErrorCode::CaseUnknown`] without such a snapshot; [`ErrorCode::NotAllowed`] or
/// [`ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the database.
pub fn prove(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    id: &Hash,
) -> Result<Proof, ServiceError> {
    let row = store::title_snapshot::get(connection, id)?.ok_or(ErrorCode::CaseUnknown)?;
    allow(actor, Action::ReadBoard, row.holder.division)?;
    made_again(service, connection, row)
}

fn made_again(
    service: &Service,
    connection: &Connection,
    row: SnapshotRow,
) -> Result<Proof, ServiceError> {
    let rules = service.rules.stored(connection);
    let inputs = Inputs::decode(&row.inputs, &rules)
        .map_err(|e| ServiceError::caused("stored inputs", e))?;
    let (same_inputs, same_result) = comes_out_again(inputs, &row)?;
    let households = || row.counted.villages().iter().flat_map(|v| &v.households);
    Ok(Proof {
        facts: row.counted.facts(Grades::InEffect),
        households: households().count(),
        erased: households().filter(|h| h.subject.is_none()).count(),
        overrides: row.counted.overrides(),
        same_inputs,
        same_result,
        snapshot: row.id,
        holder: row.holder,
        cycle: row.cycle,
        as_of: row.as_of,
    })
}

/// Whether inputs and result of a snapshot come out of what was counted with the same bytes.
///
/// # Errors
/// [`ServiceError`] for a result that cannot be written.
pub(crate) fn comes_out_again(
    inputs: Inputs,
    row: &SnapshotRow,
) -> Result<(bool, bool), ServiceError> {
    let (official, result) = judge(inputs, &row.counted);
    let result =
        serde_json::to_string(&result).map_err(|e| ServiceError::caused("a title's result", e))?;
    Ok((
        official.canonical_bytes() == row.inputs,
        result == row.result,
    ))
}
