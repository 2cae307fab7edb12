//! Rule packs and parameter tables as the files that the server sent.

use itgel_domain::sync::pull::RulesItem;
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column;

/// What a rule file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Pack,
    Parameters,
}

/// A rule file.
#[derive(Debug, Clone)]
pub(crate) struct RuleFile {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl RuleKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Parameters => "parameters",
        }
    }
}

pub(crate) fn put(
    tx: &Transaction<'_>,
    kind: RuleKind,
    item: &RulesItem,
    position: u64,
) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into rule_file values (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            item.hash.to_string(),
            kind.as_str(),
            item.name,
            item.text,
            column::int(position)
        ])?;
    Ok(())
}

/// All files of a kind, the newest last.
pub(crate) fn files(db: &Connection, kind: RuleKind) -> Result<Vec<RuleFile>, StoreError> {
    let mut query = db.prepare_cached(
        "select name, text from rule_file where kind = ?1 order by position, hash",
    )?;
    column::all(query.query([kind.as_str()])?, |row| {
        Ok(RuleFile {
            name: row.get("name")?,
            text: row.get("text")?,
        })
    })
}

/// Which files there are: whether a cache of them is still good.
pub(crate) fn fingerprint(db: &Connection) -> Result<String, StoreError> {
    let sql = "select coalesce(group_concat(hash || position, ' '), '')
               from (select hash, position from rule_file order by hash)";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}
