//! Decisions of staff: what entries, conflicts and log leaves refer to.

use itgel_domain::id::{DecisionId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::log_row::{self, Vouched};
use super::{StoreError, Tx, column};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Decision {
    /// Its identifier.
    pub id: DecisionId,
    /// What was decided: `resolution`, `override`, `title` …
    pub kind: String,
    /// Who decided.
    pub actor: OfficerId,
    /// About whom: a subject, or the code of a division.
    pub subject: String,
    /// When.
    pub at: AtMs,
    /// What, with its reason.
    pub content: serde_json::Value,
}

/// The decision with this id.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, id: &DecisionId) -> Result<Option<Decision>, StoreError> {
    let sql = "select id, kind, actor, subject, at, content from decision where id = ?1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row(params![id.as_str()], |row| {
        Ok((|| {
            Ok(Decision {
                id: column::word(row, "id", "decision.id")?,
                kind: row.get("kind")?,
                actor: column::word(row, "actor", "decision.actor")?,
                subject: row.get("subject")?,
                at: AtMs(row.get("at")?),
                content: column::json(row, "content", "decision.content")?,
            })
        })())
    });
    found.optional()?.transpose()
}

/// Writes a decision; a decision is never changed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, decision: &Decision) -> Result<(), StoreError> {
    let sql = "insert into decision (id, kind, actor, subject, at, content, salt)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = params![
        decision.id.as_str(),
        decision.kind,
        decision.actor.as_str(),
        decision.subject,
        decision.at.0,
        column::to_json(&decision.content, "decision.content")?,
        log_row::salt()?,
    ];
    log_row::put(tx, Vouched::Decision, sql, values, [decision.id.as_str()])?;
    Ok(())
}

/// Takes what was decided about a subject out of its decisions; that somebody decided stays.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn redact(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    let sql = "update decision set content = 'null', salt = '' where subject = ?1";
    log_row::write(tx, Vouched::Decision, sql, params![subject.as_str()])?;
    Ok(())
}
