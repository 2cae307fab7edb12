//! What the reading of a row may ask, and how a row takes effect.

use itgel_domain::division::{Division, DivisionCode};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, ImportId, OfficerId, RowId, SubjectId};
use itgel_domain::person::ResidentId;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::cells::Cells;
use crate::error::ServiceError;
use crate::registers;
use crate::service::{Service, random};
use crate::store::{self, Tx};

/// What the reading of a row may ask: the database as it is, the person, the day.
pub struct Desk<'a> {
    /// The service.
    pub service: &'a Service,
    /// A snapshot of the database.
    pub connection: &'a Connection,
    /// Who enters the table.
    pub actor: &'a Actor,
    /// What they must be allowed to do.
    pub action: Action,
    /// The present day.
    pub today: Date,
    /// The campaign that values are for, if the kind has one.
    pub cycle: Option<&'a CycleId>,
}

/// What bringing a row into force may use.
#[derive(Clone, Copy)]
pub struct Force<'a> {
    /// The service.
    pub service: &'a Service,
    /// The transaction of the page.
    pub tx: &'a Tx<'a>,
    /// The batch.
    pub batch: &'a ImportId,
    /// SHA-256 of the file.
    pub file_hash: &'a Hash,
    /// Who keeps the table, with the number of its document.
    pub source: &'a str,
    /// The campaign that values are for, if the kind has one.
    pub cycle: Option<&'a CycleId>,
    /// Who entered the table.
    pub entered_by: &'a OfficerId,
    /// Who ordered it into force.
    pub decided_by: &'a OfficerId,
    /// The present instant.
    pub now: AtMs,
}

/// What came of bringing a row into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It changed something.
    Changed,
    /// What it says was in force already.
    Same,
}

impl Desk<'_> {
    /// The division of a cell, which must exist and lie where the person may enter tables.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub fn division(
        &self,
        cells: &mut Cells<'_>,
        key: &str,
        code: DivisionCode,
    ) -> Result<Option<Division>, ServiceError> {
        let found = store::division::get(self.connection, code, self.today)?;
        if found.is_none() {
            cells.fault(key, ErrorCode::DivisionUnknown);
            return Ok(None);
        }
        if let Err(denial) = may(self.actor, self.action, &Resource::at(code)) {
            cells.fault(key, denial.code());
            return Ok(None);
        }
        Ok(found)
    }

    /// The subject with a number in a division; `None` if there is none.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub fn subject(
        &self,
        division: DivisionCode,
        kind: SubjectKind,
        local_code: &str,
    ) -> Result<Option<Subject>, ServiceError> {
        let found = store::subject::find_by_code(self.connection, division, kind, local_code)?;
        Ok(found)
    }

    /// The subjects whose head, or responsible person, has an ID number.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub fn subjects_of_person(&self, number: &ResidentId) -> Result<Vec<SubjectId>, ServiceError> {
        let blind = self.service.keys.blind_id.index(number.as_str());
        Ok(store::identity::list_by_blind_id(self.connection, &blind)?)
    }

    /// The rows in force about a division itself, or about a subject.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub fn rows_in_force(
        &self,
        division: DivisionCode,
        subject: Option<&SubjectId>,
    ) -> Result<Vec<RegisterRow>, ServiceError> {
        Ok(store::register::list_about(
            self.connection,
            division,
            subject,
        )?)
    }
}

impl Force<'_> {
    /// Writes a register row of the table's source, unless it is in force as it stands.
    ///
    /// # Errors
    /// As [`registers::put`].
    pub fn put_row(&self, row: NewRow) -> Result<Applied, ServiceError> {
        let row = RegisterRow {
            id: RowId::from_random(random()?),
            division: row.division,
            subject: row.subject,
            key: row.key,
            revision: 1,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            source: self.source.to_owned(),
            content: row.content,
        };
        let before = store::register::get_at_place_of(self.tx, &row)?;
        let is_same = |before: &RegisterRow| {
            (before.valid_from, before.valid_to) == (row.valid_from, row.valid_to)
                && before.content == row.content
                && before.division == row.division
        };
        if before.as_ref().is_some_and(is_same) {
            return Ok(Applied::Same);
        }
        let by = self.entered_by.as_str();
        registers::put(self.service, self.tx, &row, by, self.now)?;
        Ok(Applied::Changed)
    }
}

/// A register row that a table states.
#[derive(Debug, Clone)]
pub struct NewRow {
    /// Where it applies.
    pub division: DivisionCode,
    /// Whom it is about; absent for a row about the division.
    pub subject: Option<SubjectId>,
    /// What it is about within the register.
    pub key: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    pub valid_to: Option<Date>,
    /// What it says.
    pub content: RegisterContent,
}
