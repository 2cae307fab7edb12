//! The list of what contradicts itself in the registers of land, for their keepers.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::land::{Fault, FaultKind};
use itgel_domain::policy::Actor;
use jiff::civil::Date;
use rusqlite::Connection;

use super::check_right;
use crate::error::ServiceError;
use crate::store::land_fault::{self, Filter, Order};

/// Which contradictions to read.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContradictionQuery {
    /// Where the plots and groups are kept: the division and everything in it.
    pub division: DivisionCode,
    /// Only of this kind.
    #[serde(default)]
    pub kind: Option<FaultKind>,
    /// Only with this in the number of the plot, group or a contract.
    #[serde(default)]
    pub search: Option<String>,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// The cursor of the page before.
    #[serde(default)]
    pub cursor: Option<Hash>,
    /// Most lines.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// A contradiction.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ContradictionLine {
    /// Its identifier.
    pub id: Hash,
    /// Whose registrar keeps the plot or group.
    pub division: DivisionCode,
    /// What is wrong, with the way out in its text.
    pub code: ErrorCode,
    /// What it says.
    #[serde(flatten)]
    pub fault: Fault,
}

/// The contradictions that hold on `today` or later, and the cursor of the next page.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] without the role that keeps the
/// registers there; [`ServiceError`] of the database.
pub fn list_contradictions(
    connection: &Connection,
    actor: &Actor,
    query: &ContradictionQuery,
    (today, limit): (Date, u32),
) -> Result<(Vec<ContradictionLine>, Option<Hash>), ServiceError> {
    check_right(actor, query.division)?;
    let filter = Filter {
        division: query.division,
        on: today,
        kind: query.kind,
        search: query.search.as_deref().filter(|part| !part.is_empty()),
        order: query.order,
        after: query.cursor.as_ref(),
        limit,
    };
    let rows = land_fault::list(connection, &filter)?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows == limit);
    let next = rows.last().filter(|_| is_full).map(|row| row.id);
    let line = |row: land_fault::FaultRow| ContradictionLine {
        id: row.id,
        division: row.division,
        code: row.fault.kind.code(),
        fault: row.fault,
    };
    Ok((rows.into_iter().map(line).collect(), next))
}
