//! Cycles, where cases stand, and what the township asks of the officer.

use itgel_domain::case::cycle::Cycle;
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::{CaseItem, TaskItem};
use rusqlite::{Connection, Transaction, params};

use super::StoreError;
use super::column::{self, cbor, optional_word, word};

pub(crate) fn put_cycle(tx: &Transaction<'_>, cycle: &Cycle) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into cycle values (?1, ?2)")?
        .execute(params![
            cycle.id.as_str(),
            column::to_cbor(cycle, "cycle.cycle")?
        ])?;
    Ok(())
}

pub(crate) fn find_cycle(db: &Connection, id: &CycleId) -> Result<Option<Cycle>, StoreError> {
    let mut query = db.prepare_cached("select cycle from cycle where id = ?1")?;
    column::first(query.query([id.as_str()])?, |row| {
        cbor(row, "cycle", "cycle.cycle")
    })
}

/// All cycles, the latest first.
pub(crate) fn cycles(db: &Connection) -> Result<Vec<Cycle>, StoreError> {
    let mut query = db.prepare_cached("select cycle from cycle")?;
    let mut cycles: Vec<Cycle> =
        column::all(query.query([])?, |row| cbor(row, "cycle", "cycle.cycle"))?;
    cycles.sort_by(|a, b| (b.opens_on, &b.id).cmp(&(a.opens_on, &a.id)));
    Ok(cycles)
}

/// Where a case stands, and with it whether its tasks are still open.
pub(crate) fn put_case(tx: &Transaction<'_>, case: &CaseItem) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into rating_case values (?1, ?2, ?3, ?4)")?
        .execute(params![
            case.subject.as_str(),
            case.cycle.as_str(),
            case.state.as_str(),
            case.grade.map(Grade::as_str)
        ])?;
    if !case.state.asks_officers() {
        delete_tasks(tx, &case.subject, &case.cycle)?;
    }
    Ok(())
}

pub(crate) fn find_case(
    db: &Connection,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<Option<CaseItem>, StoreError> {
    let mut query =
        db.prepare_cached("select * from rating_case where subject = ?1 and cycle = ?2")?;
    column::first(query.query([subject.as_str(), cycle.as_str()])?, |row| {
        Ok(CaseItem {
            subject: subject.clone(),
            cycle: cycle.clone(),
            state: word(row, "state", "rating_case.state")?,
            grade: optional_word(row, "grade", "rating_case.grade")?,
        })
    })
}

pub(crate) fn put_task(tx: &Transaction<'_>, task: &TaskItem) -> Result<(), StoreError> {
    tx.prepare_cached("insert or replace into task values (?1, ?2, ?3, ?4)")?
        .execute([
            task.subject.as_str(),
            task.cycle.as_str(),
            task.item.as_ref().map_or("", ItemPath::as_str),
            &task.text,
        ])?;
    Ok(())
}

/// What is asked of the officer, of one visit or of all.
pub(crate) fn tasks(
    db: &Connection,
    of: Option<(&SubjectId, &CycleId)>,
) -> Result<Vec<TaskItem>, StoreError> {
    let mut query = db.prepare_cached(
        "select * from task where ?1 is null or (subject = ?1 and cycle = ?2)
         order by cycle, subject, item",
    )?;
    let (subject, cycle) = of.unzip();
    let rows = query.query(params![
        subject.map(SubjectId::as_str),
        cycle.map(CycleId::as_str)
    ])?;
    column::all(rows, |row| {
        let item: String = row.get("item")?;
        let parsed = item
            .parse()
            .map_err(|_| StoreError::Corrupt { what: "task.item" });
        Ok(TaskItem {
            subject: word(row, "subject", "task.subject")?,
            cycle: word(row, "cycle", "task.cycle")?,
            item: if item.is_empty() { None } else { Some(parsed?) },
            text: row.get("words")?,
            officer: None,
        })
    })
}

pub(crate) fn delete_tasks(
    tx: &Transaction<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
) -> Result<(), StoreError> {
    tx.prepare_cached("delete from task where subject = ?1 and cycle = ?2")?
        .execute([subject.as_str(), cycle.as_str()])?;
    Ok(())
}
