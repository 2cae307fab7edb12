//! What a kind of table is: its columns, how a row is read, and how it takes effect.

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::policy::Action;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cells::Cells;
use super::column::Column;
use super::desk::{Applied, Desk, Force};
use crate::error::ServiceError;
use crate::store::import::Place;

/// A kind of table. Implement it and add it to [`super::sheets::all`]; nothing else is needed.
pub trait Sheet: Send + Sync + 'static {
    /// What a row says, as it is staged.
    type Row: Serialize + DeserializeOwned;

    /// The word of the kind, for commands and addresses: `pasture-quotas`.
    fn kind(&self) -> &'static str;

    /// What officials call it.
    fn title(&self) -> &'static str;

    /// The columns, in the order of the template.
    fn columns(&self) -> &'static [Column];

    /// Whether its rows can change a grade: then another person puts them into force. A table
    /// that cannot is in force at once.
    fn decides_grades(&self) -> bool {
        true
    }

    /// Whether its values are for a campaign; the open one of the banner if nobody names one.
    fn is_for_cycle(&self) -> bool {
        false
    }

    /// What somebody must be allowed to do who enters it.
    fn entering(&self) -> Action {
        Action::ManageRegisters
    }

    /// Reads a row. What is wrong is noted at its cell ([`Cells::fault`]), everything at once; a
    /// row with a fault is refused, whatever is returned. Required cells were checked before.
    ///
    /// # Errors
    /// [`ServiceError`] of the database; never because of the row.
    fn read(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<Self::Row>, ServiceError>;

    /// What a row is about and when it holds, so that two rows of a file cannot contradict each
    /// other; `None` where rows can stand side by side.
    fn span(&self, _row: &Self::Row) -> Option<Span> {
        None
    }

    /// Where a row can contradict other rows of its file: those with a place in common are looked
    /// at together ([`Sheet::compare`]). None where rows cannot.
    fn meets_at(&self, _row: &Self::Row) -> Vec<String> {
        Vec::new()
    }

    /// What rows that meet somewhere contradict, for each of them. They go in all the same: nobody
    /// here knows which of them is wrong.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    fn compare(
        &self,
        _desk: &Desk<'_>,
        rows: Vec<Self::Row>,
    ) -> Result<Vec<Vec<Contradiction>>, ServiceError> {
        Ok(rows.iter().map(|_| Vec::new()).collect())
    }

    /// An amount of the row by which the unit of the whole file is judged: where most are
    /// implausible, 万元 was written for 元 and the file is refused (`domain.md` G 60).
    fn amount_fen(&self, _row: &Self::Row) -> Option<i64> {
        None
    }

    /// Brings a row into force, in a transaction of its page and a savepoint of its own. The same
    /// again must change nothing.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] if the row cannot take effect any more: it is reported and the
    /// others go on. Anything else stops the batch, which can be carried on later.
    fn apply(&self, force: &Force<'_>, row: Self::Row) -> Result<Applied, ServiceError>;

    /// What follows when the last row has taken effect, in the transaction that ends the batch.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    fn finish(&self, _force: &Force<'_>) -> Result<(), ServiceError> {
        Ok(())
    }
}

/// What a row is about, and from when until when it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it is about, in parts.
    pub place: Vec<String>,
    /// First day.
    pub from: Date,
    /// Last day; open if absent.
    pub to: Option<Date>,
}

impl Span {
    /// Something that a table can say once only.
    #[must_use]
    pub fn once(place: &[&str]) -> Self {
        Self {
            place: place.iter().map(|part| (*part).to_owned()).collect(),
            from: Date::constant(1900, 1, 1),
            to: None,
        }
    }

    pub(super) fn place(&self) -> Place {
        let parts: Vec<&[u8]> = self.place.iter().map(|part| part.as_bytes()).collect();
        Place {
            key: Hash::of("itgel.import.place.v1", &parts).to_string(),
            from: self.from,
            to: self.to,
        }
    }
}

/// Something that rows of a file contradict one another about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The column that it is told at.
    pub column: &'static str,
    /// What is wrong.
    pub code: ErrorCode,
    /// Rows with the same of it contradict one another.
    pub about: String,
}

/// A row that was read: how it is kept until it is in force.
#[derive(Debug)]
pub struct Staged {
    /// The typed row as JSON.
    pub row: serde_json::Value,
    /// What it is about.
    pub span: Option<Span>,
    /// The amount by which the unit of the file is judged.
    pub amount_fen: Option<i64>,
    /// Where it can contradict other rows of the file.
    pub meets_at: Vec<String>,
}

/// A [`Sheet`] of any kind.
pub trait AnySheet: Send + Sync {
    /// As [`Sheet::kind`].
    fn kind(&self) -> &'static str;
    /// As [`Sheet::title`].
    fn title(&self) -> &'static str;
    /// As [`Sheet::columns`].
    fn columns(&self) -> &'static [Column];
    /// As [`Sheet::decides_grades`].
    fn decides_grades(&self) -> bool;
    /// As [`Sheet::is_for_cycle`].
    fn is_for_cycle(&self) -> bool;
    /// As [`Sheet::entering`].
    fn entering(&self) -> Action;

    /// As [`Sheet::read`], with what the row is about.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    fn stage(&self, cells: &mut Cells<'_>, desk: &Desk<'_>)
    -> Result<Option<Staged>, ServiceError>;

    /// As [`Sheet::compare`].
    ///
    /// # Errors
    /// As [`Sheet::compare`]; [`ErrorCode::ImportState`] for a row that an older program staged.
    fn compare_staged(
        &self,
        desk: &Desk<'_>,
        rows: Vec<serde_json::Value>,
    ) -> Result<Vec<Vec<Contradiction>>, ServiceError>;

    /// As [`Sheet::apply`].
    ///
    /// # Errors
    /// As [`Sheet::apply`]; [`ErrorCode::ImportState`] for a row that an older program staged.
    fn apply_staged(
        &self,
        force: &Force<'_>,
        row: serde_json::Value,
    ) -> Result<Applied, ServiceError>;

    /// As [`Sheet::finish`].
    ///
    /// # Errors
    /// As [`Sheet::finish`].
    fn finish(&self, force: &Force<'_>) -> Result<(), ServiceError>;
}

impl<S: Sheet> AnySheet for S {
    fn kind(&self) -> &'static str {
        Sheet::kind(self)
    }

    fn title(&self) -> &'static str {
        Sheet::title(self)
    }

    fn columns(&self) -> &'static [Column] {
        Sheet::columns(self)
    }

    fn decides_grades(&self) -> bool {
        Sheet::decides_grades(self)
    }

    fn is_for_cycle(&self) -> bool {
        Sheet::is_for_cycle(self)
    }

    fn entering(&self) -> Action {
        Sheet::entering(self)
    }

    fn stage(
        &self,
        cells: &mut Cells<'_>,
        desk: &Desk<'_>,
    ) -> Result<Option<Staged>, ServiceError> {
        let Some(row) = self.read(cells, desk)? else {
            return Ok(None);
        };
        let (span, amount_fen) = (self.span(&row), self.amount_fen(&row));
        let meets_at = self.meets_at(&row);
        let row = serde_json::to_value(row).map_err(|e| ServiceError::caused("a row", e))?;
        Ok(Some(Staged {
            row,
            span,
            amount_fen,
            meets_at,
        }))
    }

    fn compare_staged(
        &self,
        desk: &Desk<'_>,
        rows: Vec<serde_json::Value>,
    ) -> Result<Vec<Vec<Contradiction>>, ServiceError> {
        let read = |row| serde_json::from_value(row).map_err(|_| ErrorCode::ImportState.into());
        let rows = rows
            .into_iter()
            .map(read)
            .collect::<Result<_, ServiceError>>()?;
        self.compare(desk, rows)
    }

    fn apply_staged(
        &self,
        force: &Force<'_>,
        row: serde_json::Value,
    ) -> Result<Applied, ServiceError> {
        let row = serde_json::from_value(row).map_err(|_| ErrorCode::ImportState)?;
        self.apply(force, row)
    }

    fn finish(&self, force: &Force<'_>) -> Result<(), ServiceError> {
        Sheet::finish(self, force)
    }
}
