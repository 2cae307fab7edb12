//! What gacha facts and sumu facts share: both fill in one row about a division, which other
//! registers fill in too.

use itgel_domain::division::DivisionCode;
use itgel_domain::register::{DivisionFacts, RegisterContent};
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::import::desk::NewRow;
use crate::import::{Applied, Force, Span};
use crate::store;

/// Facts of a division as they are staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(in crate::import) struct Row {
    pub(super) division: DivisionCode,
    pub(super) valid_from: Date,
    pub(super) facts: DivisionFacts,
}

/// A division stands once in a table.
pub(super) fn span(row: &Row) -> Option<Span> {
    Some(Span::once(&[&row.division.to_string()]))
}

/// Puts the facts that a table states into the row about the division; what other registers say
/// in it stays.
pub(super) fn apply(
    force: &Force<'_>,
    row: Row,
    state: fn(&mut DivisionFacts, DivisionFacts),
) -> Result<Applied, ServiceError> {
    let held = store::register::list_about(force.tx, row.division, None)?;
    let before = held.into_iter().find_map(|held| match held.content {
        RegisterContent::Division(facts) if held.key.is_empty() => Some((*facts, held.valid_from)),
        _ => None,
    });
    let known_from = before.as_ref().map_or(row.valid_from, |(_, from)| *from);
    let mut facts = before
        .as_ref()
        .map(|(facts, _)| facts.clone())
        .unwrap_or_default();
    state(&mut facts, row.facts);
    if before.is_some_and(|(before, _)| before == facts) {
        return Ok(Applied::Same);
    }
    force.put_row(NewRow {
        division: row.division,
        subject: None,
        key: String::new(),
        valid_from: known_from.min(row.valid_from),
        valid_to: None,
        content: RegisterContent::Division(Box::new(facts)),
    })
}
