//! Where the log, the audit and the lists end while a transaction appends to them. They are read
//! once for a transaction, not once for each row, and the head of a list is written once at its
//! end, however many items it got.

use std::cell::RefCell;
use std::collections::BTreeMap;

use itgel_domain::division::DivisionCode;
use itgel_domain::sync::hello::ListEnd;

use super::log_end::Moved;
use super::{StoreError, Tx, list};

/// The ends that a transaction has moved.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends {
    /// The number of the next leaf of the log.
    pub(super) leaf: Option<i64>,
    /// The number of the next audit row.
    pub(super) audit: Option<i64>,
    /// The lists that got items; their heads are not written yet.
    pub(super) lists: BTreeMap<DivisionCode, ListEnd>,
    /// The end of the log, if it was moved.
    pub(super) end: Option<Moved>,
    /// What the rows say that were changed and that the log vouches for; not in the log yet.
    pub(super) said: String,
}

/// Writes the heads of the lists that got items: the last thing a transaction does.
pub(super) fn write(tx: &Tx<'_>) -> Result<(), StoreError> {
    let lists = std::mem::take(&mut tx.ends.borrow_mut().lists);
    lists.values().try_for_each(|end| list::put_head(tx, end))
}

/// The next number of a table, kept between two of its rows. There is one writer, so it is free.
pub(super) fn next(
    tx: &Tx<'_>,
    place: impl Fn(&mut Ends) -> &mut Option<i64>,
    sql: &str,
) -> Result<i64, StoreError> {
    let known = *place(&mut tx.ends.borrow_mut());
    let n = match known {
        Some(n) => n,
        None => tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?,
    };
    *place(&mut tx.ends.borrow_mut()) = Some(n + 1);
    Ok(n)
}

/// Runs a part of a transaction; if it fails, the ends are where they were before it.
pub(super) fn guarded<T, E>(
    ends: &RefCell<Ends>,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let (before, length) = kept(&mut ends.borrow_mut());
    let done = work();
    if done.is_err() {
        let mut ends = ends.borrow_mut();
        let mut said = std::mem::take(&mut ends.said);
        said.truncate(length);
        *ends = Ends { said, ..before };
    }
    done
}

/// The ends to come back to; of what was said, which may be long, the length alone.
fn kept(ends: &mut Ends) -> (Ends, usize) {
    let said = std::mem::take(&mut ends.said);
    let (before, length) = (ends.clone(), said.len());
    ends.said = said;
    (before, length)
}
