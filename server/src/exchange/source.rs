//! Rows as cells: of tables as the database holds them, of views as they are computed.

use itgel_domain::exchange::{CellFault, Group, Scalar, Table};
use rusqlite::Connection;

use super::views;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;

/// A row whose cells are found by the name of their column.
pub(super) struct Record<'a> {
    table: &'a Table,
    cells: &'a [String],
}

impl<'a> Record<'a> {
    pub(super) const fn new(table: &'a Table, cells: &'a [String]) -> Self {
        Self { table, cells }
    }

    /// The cell of a column; empty if there is no such column.
    pub(super) fn get(&self, column: &str) -> &'a str {
        let place = self.table.place(column);
        place
            .and_then(|place| self.cells.get(place))
            .map_or("", String::as_str)
    }

    /// The cell of a column as what it names.
    pub(super) fn parse<T: std::str::FromStr>(&self, column: &str) -> Result<T, ServiceError> {
        let parsed = self.get(column).parse();
        parsed.map_err(|_| ServiceError::internal("a cell of the special-topic database"))
    }
}

/// Gives every row of a table or view to `take`, in the order of the schema.
pub(super) fn each(
    service: &Service,
    connection: &Connection,
    table: &Table,
    with_persons: bool,
    mut take: impl FnMut(Vec<String>) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    if table.group == Group::View {
        return views::each(service, connection, table, &mut take);
    }
    store::exchange::each_row(connection, table, with_persons, |row| {
        take(cells(table, row, with_persons)?)
    })
}

/// The cells of a stored row; what may not leave the server is left empty.
fn cells(table: &Table, row: Vec<Scalar>, with_persons: bool) -> Result<Vec<String>, ServiceError> {
    let word_of = |name: &str| match table.place(name).and_then(|place| row.get(place)) {
        Some(Scalar::Text(word)) => word.as_str(),
        _ => "",
    };
    let written = table.columns.iter().zip(&row).map(|(column, value)| {
        let is_kept = column
            .only
            .as_ref()
            .is_none_or(|only| only.lets_through(word_of(&only.column), with_persons));
        match is_kept && !table.is_blank(column, with_persons) {
            true => column
                .write(value)
                .map_err(|fault| unwritten(table, &column.key, fault)),
            false => Ok(String::new()),
        }
    });
    written.collect()
}

/// A stored value that the schema does not know: a fault of the schema, named by its column.
fn unwritten(table: &Table, column: &str, fault: CellFault) -> ServiceError {
    tracing::error!(table = %table.key, column, %fault, "a value that the schema does not know");
    ServiceError::caused(
        "a value that the schema of the special-topic database does not know",
        fault,
    )
}
