//! Assessments with the inputs that they were made from: any of them can be recomputed.

use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{StoreError, Tx, column};

/// An assessment as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessmentRow {
    /// Hash of the inputs.
    pub inputs_hash: Hash,
    /// Who was assessed.
    pub subject: SubjectId,
    /// In which campaign.
    pub cycle: CycleId,
    /// The day on which every window ends.
    pub as_of: Date,
    /// The inputs in canonical bytes.
    pub inputs: Vec<u8>,
    /// The assessment in canonical JSON.
    pub result: String,
    /// When it was made.
    pub made_at: AtMs,
    /// When a record that had to be deleted was taken out of the inputs: they are no longer those
    /// that the hash names.
    pub shortened_at: Option<AtMs>,
}

const SELECT: &str = "select inputs_hash, subject, cycle, as_of, inputs, result, made_at,
    shortened_at from assessment";

/// The assessment of these inputs.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection, inputs: &Hash) -> Result<Option<AssessmentRow>, StoreError> {
    let sql = format!("{SELECT} where inputs_hash = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    query
        .query_row(params![inputs.to_string()], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

/// Writes an assessment; the same inputs twice are one.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn put(tx: &Tx<'_>, row: &AssessmentRow) -> Result<(), StoreError> {
    let sql = "insert into assessment (inputs_hash, subject, cycle, as_of, inputs, result, made_at)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (inputs_hash) do nothing";
    tx.prepare_cached(sql)?.execute(params![
        row.inputs_hash.to_string(),
        row.subject.as_str(),
        row.cycle.as_str(),
        row.as_of.to_string(),
        row.inputs,
        row.result,
        row.made_at.0,
    ])?;
    Ok(())
}

/// Deletes an assessment that no case and no rating rests on; a rating can be recomputed from
/// its inputs for as long as it is kept.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete_unused(tx: &Tx<'_>, subject: &SubjectId, inputs: &Hash) -> Result<(), StoreError> {
    let sql = "delete from assessment where inputs_hash = ?1
                   and not exists (select 1 from rating_case
                                   where subject = ?2 and inputs_hash = ?1)
                   and not exists (select 1 from rating where subject = ?2 and inputs_hash = ?1)";
    tx.prepare_cached(sql)?
        .execute(params![inputs.to_string(), subject.as_str()])?;
    Ok(())
}

/// The assessments of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn list_of(
    connection: &Connection,
    subject: &SubjectId,
) -> Result<Vec<AssessmentRow>, StoreError> {
    let sql = format!("{SELECT} where subject = ?1 order by made_at, inputs_hash");
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![subject.as_str()], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Replaces the inputs of an assessment by what is left of them after a record was deleted; the
/// hash stays the one of what was assessed.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn redact(tx: &Tx<'_>, inputs_hash: &Hash, inputs: &[u8], at: AtMs) -> Result<(), StoreError> {
    let sql = "update assessment set inputs = ?2, shortened_at = ?3 where inputs_hash = ?1";
    tx.prepare_cached(sql)?
        .execute(params![inputs_hash.to_string(), inputs, at.0])?;
    Ok(())
}

/// Deletes every assessment of a subject.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn delete(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), StoreError> {
    tx.prepare_cached("delete from assessment where subject = ?1")?
        .execute(params![subject.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<AssessmentRow, StoreError> {
    Ok(AssessmentRow {
        inputs_hash: column::word(row, "inputs_hash", "assessment.inputs_hash")?,
        subject: column::word(row, "subject", "assessment.subject")?,
        cycle: column::word(row, "cycle", "assessment.cycle")?,
        as_of: column::word(row, "as_of", "assessment.as_of")?,
        inputs: row.get("inputs")?,
        result: row.get("result")?,
        made_at: AtMs(row.get("made_at")?),
        shortened_at: row.get::<_, Option<i64>>("shortened_at")?.map(AtMs),
    })
}
