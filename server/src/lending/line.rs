//! The reference line of a rated subject: gathers what [`itgel_domain::lending`] computes with.

use itgel_domain::assess::{Context, Inputs};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::lending::{Basis, LineInputs, LineParameters, ReferenceLine, reference_line};
use itgel_domain::register::RegisterRow;
use itgel_domain::title::TitleLevel;
use jiff::civil::Date;
use rusqlite::Connection;

use super::right::Right;
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;

/// The titles that a place has now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    village: Option<TitleLevel>,
    township: Option<TitleLevel>,
}

impl Held {
    /// The titles of a village and of its township.
    pub(super) fn of(
        connection: &Connection,
        division: DivisionCode,
    ) -> Result<Self, ServiceError> {
        let title = |level| -> Result<Option<TitleLevel>, ServiceError> {
            let Some(code) = division.ancestor(level) else {
                return Ok(None);
            };
            Ok(store::title::get_held(connection, code)?)
        };
        Ok(Self {
            village: title(DivisionLevel::Village)?,
            township: title(DivisionLevel::Township)?,
        })
    }
}

/// What a lender's parameters make of a rating, with the consents, the ledger and the titles of
/// today.
pub(super) fn of(
    service: &Service,
    connection: &Connection,
    (right, parameters): (&Right, &LineParameters),
    (file, rows, held): (&FileFacts, &[RegisterRow], &Held),
    today: Date,
) -> Result<ReferenceLine, ServiceError> {
    let stored = store::assessment::get(connection, &right.rating.inputs)?
        .ok_or(ServiceError::internal("a rating without its assessment"))?;
    let rated = Inputs::decode(&stored.inputs, &service.rules.stored(connection))
        .map_err(|e| ServiceError::caused("stored inputs", e))?;
    let present = Context::from_rows(rows, &right.subject, today);
    let basis = Basis {
        rated: &rated,
        grade: right.rating.grade,
        credit: &present.credit,
        village_title: held.village,
        township_title: held.township,
        agreed: &file.agreed_classes(today),
    };
    Ok(reference_line(
        &LineInputs::of(&basis, parameters, today),
        parameters,
    ))
}
