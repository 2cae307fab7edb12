//! A batch of imported rows as people see it.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CycleId, ImportId, OfficerId};
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::sheets;
use crate::error::ServiceError;
use crate::store;
use crate::store::import::BatchRow;

/// Both directions between the values of an enum and their one word.
macro_rules! states {
    ($($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $state:ident => $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$of])* $state,)+ }

        impl $name {
            /// The word in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$state => $word,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = ServiceError;

            fn from_str(word: &str) -> Result<Self, ServiceError> {
                match word {
                    $($word => Ok(Self::$state),)+
                    _ => Err(ServiceError::internal("a state of an import")),
                }
            }
        }
    )+};
}

states! {
    /// How far a batch is.
    BatchState {
        /// Its file is being read; nobody sees it yet.
        Staging => "staging",
        /// It was read and waits for the person who puts it into force.
        Proposed => "proposed",
        /// Its rows are taking effect.
        Activating => "activating",
        /// Its rows are in force.
        Active => "active",
        /// It was sent back; none of its rows took effect.
        Rejected => "rejected",
    }

    /// What became of a row.
    RowState {
        /// It can take effect.
        Staged => "staged",
        /// It has a fault.
        Refused => "refused",
        /// It took effect.
        Applied => "applied",
        /// What it says was in force already.
        Same => "same",
        /// It could take effect when it was read, and no longer when it was to.
        Failed => "failed",
    }
}

/// What is wrong with a row, or was left out of it. No value stands in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RowFault {
    /// The head of the column; empty if it is the row as a whole.
    pub column: String,
    /// The address of the cell, as `C12`; empty if it is the row as a whole.
    pub cell: String,
    /// What is wrong.
    pub code: ErrorCode,
    /// The figures of the rule by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(String, String)>,
    /// Something to look at: the row went in, without this cell or with it as the code says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_notice: bool,
}

impl RowFault {
    /// A fault of the row as a whole: the refusal of what it says, with its first figures.
    pub(super) fn of_row(error: ServiceError) -> Self {
        let code = error.code();
        let args = match error {
            ServiceError::Refused { violations, .. } => violations.into_iter().next(),
            _ => None,
        };
        Self {
            column: String::new(),
            cell: String::new(),
            code,
            args: args.map(|violation| violation.args).unwrap_or_default(),
            is_notice: false,
        }
    }
}

/// A column of the file that was not read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Note {
    /// Its head.
    pub head: String,
    /// Why.
    pub code: ErrorCode,
}

/// How far a long step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows that are done.
    pub done: u32,
    /// Rows in all, if that is known.
    pub of: Option<u32>,
}

/// A batch as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BatchView {
    /// Its identifier.
    pub id: ImportId,
    /// The word of its kind of table.
    pub kind: String,
    /// What officials call the kind.
    pub title: String,
    /// How far it is.
    pub state: BatchState,
    /// Who keeps the table, with the number of its document.
    pub source: String,
    /// Where it was entered.
    pub division: DivisionCode,
    /// The campaign that its values are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<CycleId>,
    /// Rows of the table.
    pub rows: u32,
    /// Rows that wait for force.
    pub staged: u32,
    /// Rows with faults.
    pub refused: u32,
    /// Rows that took effect.
    pub applied: u32,
    /// Rows that said what was in force already.
    pub same: u32,
    /// Rows that could not take effect any more.
    pub failed: u32,
    /// Columns that were not read.
    pub notes: Vec<Note>,
    /// Whether another person must put it into force.
    pub needs_second_person: bool,
    /// Who entered it.
    pub entered_by: OfficerId,
    /// When.
    pub entered_at_ms: i64,
    /// Who put it into force, or rejected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<i64>,
}

/// A batch.
///
/// # Errors
/// [`ErrorCode::ImportUnknown`] if there is none, or none for this reader; [`ServiceError`] of
/// the database.
pub fn view(
    connection: &Connection,
    actor: &Actor,
    id: &ImportId,
) -> Result<BatchView, ServiceError> {
    shown(connection, readable(connection, actor, id)?)
}

/// The batches of the divisions in which the reader may enter or activate tables, the newest
/// first, after the last one of the page before.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    after: Option<&ImportId>,
    limit: u32,
) -> Result<Vec<BatchView>, ServiceError> {
    may_read(actor, division)?;
    let last = match after {
        Some(id) => store::import::get(connection, id)?,
        None => None,
    };
    let before = last.as_ref().map(|batch| (batch.entered_at, &batch.id));
    let batches = store::import::list(connection, division, before, limit)?;
    let show = |batch| shown(connection, batch);
    batches.into_iter().map(show).collect()
}

/// The row of a batch that the actor may know of.
pub(super) fn readable(
    connection: &Connection,
    actor: &Actor,
    id: &ImportId,
) -> Result<BatchRow, ServiceError> {
    let batch = store::import::get(connection, id)?.ok_or(ErrorCode::ImportUnknown)?;
    let entered = batch.entered_by == actor.officer;
    if !entered && may_read(actor, batch.division).is_err() {
        return Err(ErrorCode::ImportUnknown.into());
    }
    Ok(batch)
}

fn may_read(actor: &Actor, division: DivisionCode) -> Result<(), ServiceError> {
    let nobody = OfficerId::from_random([0; 16]);
    let resource = Resource {
        first_person: Some(&nobody),
        ..Resource::at(division)
    };
    if may(actor, Action::ActivateImport, &resource).is_ok() {
        return Ok(());
    }
    may(actor, Action::ManageRegisters, &resource).map_err(|denial| denial.code())?;
    Ok(())
}

pub(super) fn shown(connection: &Connection, batch: BatchRow) -> Result<BatchView, ServiceError> {
    let counts = store::import::count_rows(connection, &batch.id)?;
    let of = |state| {
        let found = counts.iter().find(|(one, _)| *one == state);
        found.map_or(0, |(_, count)| *count)
    };
    let sheet = sheets::find(&batch.kind);
    let at_ms = |at: AtMs| at.0;
    Ok(BatchView {
        title: sheet.map_or_else(String::new, |sheet| sheet.title().to_owned()),
        needs_second_person: sheet.is_none_or(super::AnySheet::decides_grades),
        rows: counts.iter().map(|(_, count)| count).sum(),
        staged: of(RowState::Staged),
        refused: of(RowState::Refused),
        applied: of(RowState::Applied),
        same: of(RowState::Same),
        failed: of(RowState::Failed),
        id: batch.id,
        kind: batch.kind,
        state: batch.state,
        source: batch.source,
        division: batch.division,
        cycle: batch.cycle,
        notes: batch.notes,
        entered_by: batch.entered_by,
        entered_at_ms: batch.entered_at.0,
        decided_by: batch.decided_by,
        decided_at_ms: batch.decided_at.map(at_ms),
    })
}
