//! The schema of the special-topic database, read from `fixtures/exchange/special-topic.toml`:
//! every table and column with its class (`domain.md` L-29), purpose and retention (L-15), legal
//! basis and source. What is not in it is not exported.

mod parts;
mod term;

use std::sync::LazyLock;

use self::parts::CodeLists;
pub use self::parts::{LeftOut, RegisterKind};
pub use self::term::{EndsBy, Term};
use super::cell::CellKind;
use crate::catalogue::{Catalogue, Item, Kind, Privacy, Unit};
use crate::hash::Hash;
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{self, Fields};
use crate::pack::{forbidden, vocabulary};

/// The schema that is part of the program.
const BUILTIN: &str = include_str!("../../../../fixtures/exchange/special-topic.toml");

vocabulary! {
    /// What a table is in an export.
    Group {
        /// The rated picture: restored by an import, counted in the digest.
        Content => "content",
        /// What was done: restored by an import, and goes on growing.
        Trail => "trail",
        /// Computed from the others for people to read: compared after an import.
        View => "view",
    }
}

/// The schema.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Its version.
    pub version: i64,
    /// SHA-256 of the file.
    pub hash: Hash,
    /// How many years after its end a year of a subject is kept (档案年度).
    pub file_years: i16,
    /// The tables, in the order in which they are restored.
    pub tables: Vec<Table>,
    /// Tables of the database that are not exported.
    pub left_out: Vec<LeftOut>,
    /// The registers, by their word.
    pub registers: Vec<RegisterKind>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name, in the database and of the file.
    pub key: String,
    /// Its Chinese name.
    pub zh: String,
    /// What it is in an export.
    pub group: Group,
    /// Why it is kept.
    pub purpose: String,
    /// The legal basis.
    pub basis: String,
    /// Where its rows come from.
    pub origin: String,
    /// How long its rows are kept.
    pub kept: String,
    /// What ends them; a view, which is computed, ends with its sources.
    pub ends: Option<Term>,
    /// The columns that give its rows their order.
    pub order: Vec<String>,
    /// Which rows leave the server.
    pub only: Option<Only>,
    /// Whether it leaves the server with persons only.
    pub has_persons: bool,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// Rows, or a cell of them, that leave the server only if a column has one of some words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    /// The column.
    pub column: String,
    /// The words.
    pub values: Vec<String>,
    /// Further words, in an export with persons.
    pub person_values: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub key: String,
    /// Its Chinese name, the head of the column.
    pub zh: String,
    /// What kind of value it has.
    pub kind: CellKind,
    /// The unit of a number, as people write it.
    pub unit: Option<String>,
    /// Decimal places of a number.
    pub places: u32,
    /// The code list: word and Chinese title.
    pub codes: Vec<(String, String)>,
    /// Whether a cell may be empty without a value.
    pub is_optional: bool,
    /// Most characters.
    pub max: Option<usize>,
    /// How it is protected.
    pub class: Privacy,
    /// Whether it is filled only in an export with persons.
    pub has_persons: bool,
    /// In which rows it is filled.
    pub only: Option<Only>,
    /// Why it is kept, where that differs from its table.
    pub purpose: Option<String>,
    /// How long it is kept, where that differs from its table.
    pub kept: Option<String>,
}

impl Schema {
    /// The schema of this program, parsed once.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the embedded file is parsed by the tests of every build"
    )]
    pub fn builtin() -> &'static Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
            Schema::parse("special-topic.toml", BUILTIN).expect("the embedded schema parses")
        });
        &SCHEMA
    }

    /// Parses a schema.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, PackError> {
        let node = read::toml(file, text)?;
        let mut fields = Fields::of(file, "", &node)?;
        let version = fields.find_int("version")?.unwrap_or(1);
        let file_years = fields.find_int("file_years")?;
        let file_years = file_years.and_then(|years| i16::try_from(years).ok());
        let file_years = file_years.filter(|years| *years > 0).ok_or_else(|| {
            let message = "how many years a year of a subject is kept after its end";
            fields.fault("file_years", PackErrorCode::MissingKey, message)
        })?;
        let lists = CodeLists::read(&mut fields.table("codes")?)?;
        let mut tables: Vec<Table> = Vec::new();
        for mut row in fields.tables("table")? {
            let table = Table::read(&mut row, &lists)?;
            if tables.iter().any(|known| known.key == table.key) {
                return Err(row.fault("key", PackErrorCode::Duplicate, "this table occurs twice"));
            }
            row.finish()?;
            tables.push(table);
        }
        let left_out = fields.tables("left_out")?.into_iter().map(LeftOut::read);
        let left_out = left_out.collect::<Result<_, _>>()?;
        let registers = fields
            .tables("register")?
            .into_iter()
            .map(RegisterKind::read);
        let registers = registers.collect::<Result<_, _>>()?;
        fields.finish()?;
        Ok(Self {
            version,
            hash: Hash::of_file(text.as_bytes()),
            file_years,
            tables,
            left_out,
            registers,
        })
    }

    /// The table with this name.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.key == key)
    }

    /// What ends the rows of each table of the database, in the order in which they are restored.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &Term)> {
        let tables = self.tables.iter();
        let described = tables.filter_map(|table| Some((table.key.as_str(), table.ends.as_ref()?)));
        let left_out = self
            .left_out
            .iter()
            .map(|row| (row.table.as_str(), &row.ends));
        described.chain(left_out)
    }
}

impl Table {
    /// The place of a column.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.key == column)
    }

    /// Whether a column is left empty: those of persons are in an export without them.
    #[must_use]
    pub fn is_blank(&self, column: &Column, with_persons: bool) -> bool {
        column.has_persons && !with_persons
    }

    fn read(row: &mut Fields<'_>, lists: &CodeLists) -> Result<Self, PackError> {
        let default = Defaults {
            class: row.find_word("class")?.unwrap_or(Privacy::Internal),
        };
        let mut columns = Vec::new();
        for mut cell in row.tables("columns")? {
            let column = Column::parse(&mut cell, lists, &default)?;
            if columns.iter().any(|known: &Column| known.key == column.key) {
                return Err(cell.fault(
                    "key",
                    PackErrorCode::Duplicate,
                    "this column occurs twice",
                ));
            }
            cell.finish()?;
            columns.push(column);
        }
        if row.flag("items")? {
            columns.extend(Catalogue::builtin().items().filter_map(Column::of_item));
        }
        let group = row.word("group")?;
        let table = Self {
            key: row.text("key")?.to_owned(),
            zh: row.text("zh")?.to_owned(),
            group,
            purpose: row.text("purpose")?.to_owned(),
            basis: row.text("basis")?.to_owned(),
            origin: row.text("origin")?.to_owned(),
            kept: row.text("kept")?.to_owned(),
            ends: match group {
                Group::View => None,
                Group::Content | Group::Trail => Some(Term::read(row)?),
            },
            order: row.words::<String>("order")?,
            only: Only::find(row)?,
            has_persons: row.flag("persons")?,
            columns,
        };
        table.check(row)?;
        Ok(table)
    }

    /// That every column that it names is one of its own, and that nothing about persons is kept
    /// for ever.
    fn check(&self, row: &Fields<'_>) -> Result<(), PackError> {
        let own = |column: &str| {
            let name = column.split(':').next().unwrap_or_default();
            self.place(name).is_some()
        };
        let mut named: Vec<&String> = self.order.iter().collect();
        named.extend(self.only.iter().map(|only| &only.column));
        if let Some(ends) = &self.ends {
            named.extend(ends.after.iter().chain(&ends.key).chain(&ends.clears));
            named.extend(ends.only.iter().map(|only| &only.column));
            let personal = self
                .columns
                .iter()
                .find(|column| ends.forbids(column.class));
            if let Some(column) = personal {
                let message = format!("`{}` tells of persons and is never deleted", column.key);
                return Err(row.fault("ends", PackErrorCode::BadValue, message));
            }
        }
        if named.into_iter().any(|column| !own(column)) {
            let message = "this names a column that the table does not have";
            return Err(row.fault("order", PackErrorCode::UnknownName, message));
        }
        Ok(())
    }
}

struct Defaults {
    class: Privacy,
}

impl Column {
    fn parse(
        row: &mut Fields<'_>,
        lists: &CodeLists,
        default: &Defaults,
    ) -> Result<Self, PackError> {
        let key = row.text("key")?.to_owned();
        if let Some(field) = forbidden::find(&key) {
            let message = format!("`{field}` may not be collected (domain.md B.2)");
            return Err(row.fault("key", PackErrorCode::ForbiddenField, message));
        }
        let codes = match row.find_text("codes")? {
            Some(name) => lists.get(name).ok_or_else(|| {
                row.fault("codes", PackErrorCode::UnknownName, "no such code list")
            })?,
            None => Vec::new(),
        };
        let positive = |n: i64| usize::try_from(n).ok();
        Ok(Self {
            key,
            zh: row.text("zh")?.to_owned(),
            kind: row.word("type")?,
            unit: row.find_text("unit")?.map(str::to_owned),
            places: row
                .find_int("places")?
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(0),
            codes,
            is_optional: row.flag("optional")?,
            max: row.find_int("max")?.and_then(positive),
            class: row.find_word("class")?.unwrap_or(default.class),
            has_persons: row.flag("persons")?,
            only: Only::find(row)?,
            purpose: row.find_text("purpose")?.map(str::to_owned),
            kept: row.find_text("kept")?.map(str::to_owned),
        })
    }

    /// The column of a catalogue item that does not repeat.
    fn of_item(item: &Item) -> Option<Self> {
        if item.repeats_in().is_some() {
            return None;
        }
        let (kind, unit, places) = written(&item.kind);
        let codes = match &item.kind {
            Kind::Choice(choices) => choices
                .iter()
                .map(|choice| (choice.word.clone(), choice.titles.zh.clone()))
                .collect(),
            _ => Vec::new(),
        };
        Some(Self {
            key: item.path.clone(),
            zh: item.titles.zh.clone(),
            kind,
            unit: unit.map(str::to_owned),
            places,
            codes,
            is_optional: true,
            class: item.privacy,
            purpose: Some(item.purpose.clone()),
            kept: Some(format!("档案年度后{}年", item.retention_years)),
            ..Self::default()
        })
    }
}

impl Default for Column {
    fn default() -> Self {
        Self {
            key: String::new(),
            zh: String::new(),
            kind: CellKind::Text,
            unit: None,
            places: 0,
            codes: Vec::new(),
            is_optional: false,
            max: None,
            class: Privacy::Internal,
            has_persons: false,
            only: None,
            purpose: None,
            kept: None,
        }
    }
}

/// How the value of an item is written: kind of cell, unit as people write it, decimal places.
#[must_use]
pub const fn written(kind: &Kind) -> (CellKind, Option<&'static str>, u32) {
    match kind {
        Kind::Quantity { unit, .. } => match unit {
            Unit::Fen => (CellKind::Decimal, Some("元"), 2),
            Unit::MilliSu => (CellKind::Decimal, Some("羊单位"), 3),
            Unit::Mu => (CellKind::Integer, Some("亩"), 0),
            Unit::Kg => (CellKind::Integer, Some("公斤"), 0),
            Unit::Head => (CellKind::Integer, Some("头只"), 0),
            Unit::Person => (CellKind::Integer, Some("人"), 0),
            Unit::Year => (CellKind::Integer, Some("年"), 0),
            Unit::MilliDegree => (CellKind::Decimal, Some("度"), 3),
            Unit::Count => (CellKind::Integer, Some("个"), 0),
        },
        Kind::Choice(_) => (CellKind::Word, None, 0),
        Kind::Day => (CellKind::DayNumber, None, 0),
        Kind::Flag => (CellKind::Flag, None, 0),
        Kind::Text(_) => (CellKind::Text, None, 0),
    }
}

impl Only {
    /// Whether a row with this word leaves the server.
    #[must_use]
    pub fn lets_through(&self, word: &str, with_persons: bool) -> bool {
        let is = |known: &String| known == word;
        self.values.iter().any(is) || (with_persons && self.person_values.iter().any(is))
    }

    fn find(row: &mut Fields<'_>) -> Result<Option<Self>, PackError> {
        if row.find("only").is_none() {
            return Ok(None);
        }
        let mut only = row.table("only")?;
        let found = Self {
            column: only.text("column")?.to_owned(),
            values: only.words("values")?,
            person_values: only.words("person_values")?,
        };
        only.finish()?;
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests;
