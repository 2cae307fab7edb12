//! Rows of tables that wait for force or correction and speak of a subject that is erased: their
//! cells go with it, and they go no further.

use itgel_domain::error::ErrorCode;
use itgel_domain::id::ImportId;
use itgel_domain::identity::Person;
use itgel_domain::ledger::PartyNumber;
use itgel_domain::person::normalise_name;
use itgel_domain::subject::Subject;

use super::batch::RowFault;
use super::kept::{Kept, unseal};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, Tx};

const PAGE: u32 = 500;

/// What a row is known by that speaks of a subject.
struct Traces {
    local_code: String,
    people: Vec<Person>,
}

/// Takes the cells of every kept row that speaks of a subject away, while its identity can still
/// be read.
///
/// # Errors
/// [`ServiceError`] of the database, or if contents do not open.
pub(crate) fn erase(service: &Service, tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    let mut people = Vec::new();
    for row in store::identity::list_current(tx, &subject.id)? {
        let record = contents::read_identity(service, tx, &row)?;
        people.extend(record.into_iter().flat_map(|record| record.people));
    }
    let traces = Traces {
        local_code: subject.local_code.clone(),
        people,
    };
    for batch in store::import::list_holding(tx)? {
        erase_in(service, tx, &batch, &traces)?;
    }
    Ok(())
}

fn erase_in(
    service: &Service,
    tx: &Tx<'_>,
    batch: &ImportId,
    traces: &Traces,
) -> Result<(), ServiceError> {
    let key = contents::find_key(service, tx, Scope::Import, batch.as_str())?;
    let mut after = 0;
    loop {
        let rows = store::import::list_held_rows(tx, batch, after, PAGE)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.n;
        for row in &rows {
            let kept = unseal(key.as_ref(), batch, row)?;
            if kept.is_none_or(|kept| traces.are_in(&kept)) {
                let gone = RowFault::of_row(ErrorCode::SubjectErased.into());
                store::import::erase_row(tx, batch, row.n, &[gone])?;
            }
        }
    }
}

impl Traces {
    /// A number names a person; a name does so only beside the number of the household.
    fn are_in(&self, kept: &Kept) -> bool {
        let cells = || {
            let trimmed = kept.cells.iter().map(|cell| cell.trim());
            trimmed.filter(|cell| !cell.is_empty())
        };
        let has_code = cells().any(|cell| cell == self.local_code);
        self.people.iter().any(|person| {
            let name = normalise_name(&person.full_name);
            let phone = person.phone.as_deref().map(str::trim);
            cells().any(|cell| is_number_of(cell, person) || Some(cell) == phone)
                || (has_code && cells().any(|cell| normalise_name(cell) == name))
        })
    }
}

fn is_number_of(cell: &str, person: &Person) -> bool {
    let (Ok(given), Some(own)) = (cell.parse::<PartyNumber>(), person.number()) else {
        return person.id_number.as_deref().map(str::trim) == Some(cell);
    };
    given == own
}
