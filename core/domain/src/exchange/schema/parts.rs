//! What a schema has besides tables: what is left out, registers, code lists.

use super::Term;
use crate::catalogue::Privacy;
use crate::pack::error::{PackError, PackErrorCode};
use crate::pack::read::{Fields, Node, Tree};

/// A table of the database that is not exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The table.
    pub table: String,
    /// Why.
    pub why: String,
    /// How long its rows are kept.
    pub kept: String,
    /// What ends them.
    pub ends: Term,
}

/// A register (台账) as the dictionary describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterKind {
    /// Its word, [`crate::register::RegisterContent::register`].
    pub word: String,
    /// Its Chinese name.
    pub zh: String,
    /// How its rows are protected.
    pub class: Privacy,
    /// Why it is kept.
    pub purpose: String,
    /// The legal basis.
    pub basis: String,
    /// Who keeps it.
    pub origin: String,
    /// How long its rows are kept.
    pub kept: String,
    /// What ends them.
    pub ends: Term,
}

impl LeftOut {
    pub(super) fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let left_out = Self {
            table: row.text("table")?.to_owned(),
            why: row.text("why")?.to_owned(),
            kept: row.text("kept")?.to_owned(),
            ends: Term::read(&mut row)?,
        };
        row.finish()?;
        Ok(left_out)
    }
}

impl RegisterKind {
    pub(super) fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let kind = Self {
            word: row.text("word")?.to_owned(),
            zh: row.text("zh")?.to_owned(),
            class: row.word("class")?,
            purpose: row.text("purpose")?.to_owned(),
            basis: row.text("basis")?.to_owned(),
            origin: row.text("origin")?.to_owned(),
            kept: row.text("kept")?.to_owned(),
            ends: Term::read(&mut row)?,
        };
        if kind.ends.forbids(kind.class) {
            let message = "it tells of persons and is never deleted";
            return Err(row.fault("ends", PackErrorCode::BadValue, message));
        }
        row.finish()?;
        Ok(kind)
    }
}

/// Code lists by name; an entry is written `word 中文`.
pub(super) struct CodeLists(Vec<(String, Vec<(String, String)>)>);

impl CodeLists {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let named: Vec<(&str, &Node)> = fields.rest().collect();
        let mut lists = Vec::new();
        for (name, node) in named {
            let entries = match &node.tree {
                Tree::List(entries) => entries.iter().map(entry).collect::<Option<Vec<_>>>(),
                _ => None,
            };
            let entries = entries.ok_or_else(|| {
                fields.fault(name, PackErrorCode::BadValue, "write a list of `word 中文`")
            })?;
            lists.push((name.to_owned(), entries));
        }
        Ok(Self(lists))
    }

    pub(super) fn get(&self, name: &str) -> Option<Vec<(String, String)>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, list)| list.clone())
    }
}

fn entry(node: &Node) -> Option<(String, String)> {
    match &node.tree {
        Tree::Text(text) => {
            let (word, title) = text.split_once(' ')?;
            Some((word.to_owned(), title.to_owned()))
        }
        _ => None,
    }
}
