//! Rows of one file that contradict one another: looked at once all of them are staged, told at
//! each of them with the numbers of the others. They go in all the same.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::ImportId;

use super::batch::{RowFault, RowState};
use super::desk::Desk;
use super::heads::Found;
use super::kept::unseal;
use super::sheet::{AnySheet, Contradiction};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::store;
use crate::table::address;

/// Most rows of a place that are looked at together, and most others that a row names.
const TOGETHER: usize = 256;
const NAMED: usize = 8;

/// Which rows of a file meet where, while it is read.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    rows: BTreeMap<Hash, Vec<u32>>,
}

impl Meetings {
    /// Notes where a row stands.
    pub(super) fn add(&mut self, n: u32, places: &[String]) {
        for place in places {
            let key = Hash::of("itgel.import.meeting.v1", &[place.as_bytes()]);
            self.rows.entry(key).or_default().push(n);
        }
    }

    /// The rows of each place where several meet.
    fn several(&self) -> impl Iterator<Item = &[u32]> {
        let all = self.rows.values().filter(|rows| rows.len() > 1);
        all.flat_map(|rows| rows.chunks(TOGETHER))
            .filter(|rows| rows.len() > 1)
    }
}

/// The rows that are told more, with everything that is told of them.
pub(super) fn compare(
    sheet: &dyn AnySheet,
    desk: &Desk<'_>,
    (batch, found): (&ImportId, &[Found]),
    meetings: &Meetings,
) -> Result<BTreeMap<u32, Vec<RowFault>>, ServiceError> {
    let mut told = BTreeMap::new();
    let key = contents::find_key(desk.service, desk.connection, Scope::Import, batch.as_str())?;
    for rows in meetings.several() {
        let (mut numbers, mut typed) = (Vec::new(), Vec::new());
        for n in rows {
            let row = store::import::get_row(desk.connection, batch, *n)?;
            let Some(row) = row.filter(|row| row.state == RowState::Staged) else {
                continue;
            };
            let kept = unseal(key.as_ref(), batch, &row)?;
            typed.extend(kept.and_then(|kept| kept.row));
            told.entry(*n).or_insert(row.faults);
            numbers.push(*n);
        }
        let contradictions = sheet.compare_staged(desk, typed)?;
        for (n, own) in numbers.iter().zip(&contradictions) {
            let faults = told.entry(*n).or_default();
            for contradiction in own {
                let others = others(*n, contradiction, &numbers, &contradictions);
                note(faults, found, *n, (contradiction, &others));
            }
        }
    }
    Ok(told)
}

/// The other rows that are concerned by the same.
fn others(
    n: u32,
    contradiction: &Contradiction,
    numbers: &[u32],
    all: &[Vec<Contradiction>],
) -> BTreeSet<u32> {
    let pairs = numbers.iter().zip(all);
    let with = pairs.filter(|(other, theirs)| **other != n && theirs.contains(contradiction));
    with.map(|(other, _)| *other).collect()
}

fn note(
    faults: &mut Vec<RowFault>,
    found: &[Found],
    n: u32,
    (contradiction, others): (&Contradiction, &BTreeSet<u32>),
) {
    if others.is_empty() {
        return;
    }
    let column = found
        .iter()
        .find(|found| found.column.key == contradiction.column);
    let fault = |code, args| RowFault {
        column: column.map_or_else(String::new, |found| found.head.clone()),
        cell: column.map_or_else(String::new, |found| address(found.at, n)),
        code,
        args,
        is_notice: true,
    };
    let rows: Vec<String> = others.iter().take(NAMED).map(u32::to_string).collect();
    let rows = vec![("rows".to_owned(), rows.join(", "))];
    for fault in [
        fault(contradiction.code, Vec::new()),
        fault(ErrorCode::ImportContradicts, rows),
    ] {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
}
