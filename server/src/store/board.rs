//! The boards of divisions: counters that every change moves by its difference, never a recount.

use std::collections::BTreeMap;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::CycleId;
use itgel_domain::subject::Grade;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column};

/// What a board counts of the subjects of a division in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Subjects with a sealed visit.
    pub filed: i64,
    /// Of these, subjects with an open conflict.
    pub in_conflict: i64,
    /// Of these, subjects whose grade depends on it.
    pub conflict_matters: i64,
    /// Subjects whose grade is still a range.
    pub open: i64,
    /// Provisional grades, where every combination gives the same.
    pub provisional: BTreeMap<Grade, i64>,
    /// Grades in effect.
    pub effective: BTreeMap<Grade, i64>,
}

impl Counts {
    /// What one effective grade adds.
    #[must_use]
    pub fn of_effective(grade: Grade) -> Self {
        Self {
            effective: BTreeMap::from([(grade, 1)]),
            ..Self::default()
        }
    }

    /// The same counts with the other sign.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.each_mut(|n| *n = -*n);
        self
    }

    /// Adds other counts; counters of zero are left out.
    pub fn add(&mut self, other: &Self) {
        self.filed += other.filed;
        self.in_conflict += other.in_conflict;
        self.conflict_matters += other.conflict_matters;
        self.open += other.open;
        add_grades(&mut self.provisional, &other.provisional);
        add_grades(&mut self.effective, &other.effective);
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn each_mut(&mut self, change: impl Fn(&mut i64)) {
        let single = [
            &mut self.filed,
            &mut self.in_conflict,
            &mut self.conflict_matters,
            &mut self.open,
        ];
        let grades = self
            .provisional
            .values_mut()
            .chain(self.effective.values_mut());
        single.into_iter().chain(grades).for_each(change);
    }
}

fn add_grades(to: &mut BTreeMap<Grade, i64>, from: &BTreeMap<Grade, i64>) {
    for (grade, n) in from {
        *to.entry(*grade).or_default() += n;
    }
    to.retain(|_, n| *n != 0);
}

/// The counters of a division.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Counts, StoreError> {
    let sql = "select counts from board where division = ?1 and cycle = ?2";
    let mut query = connection.prepare_cached(sql)?;
    let key = params![division.filled_text(), cycle.as_str()];
    let found = query
        .query_row(key, |row| Ok(column::json(row, "counts", "board.counts")))
        .optional()?;
    Ok(found.transpose()?.unwrap_or_default())
}

/// Moves the counters of a gacha, its township and its banner by a difference.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn add(
    tx: &Tx<'_>,
    division: DivisionCode,
    cycle: &CycleId,
    difference: &Counts,
) -> Result<(), StoreError> {
    if difference.is_zero() {
        return Ok(());
    }
    let levels = [
        DivisionLevel::Village,
        DivisionLevel::Township,
        DivisionLevel::County,
    ];
    for board in levels
        .into_iter()
        .filter_map(|level| division.ancestor(level))
    {
        let mut counts = get(tx, board, cycle)?;
        counts.add(difference);
        let sql = "insert into board (division, cycle, counts) values (?1, ?2, ?3)
                   on conflict (division, cycle) do update set counts = excluded.counts";
        let text = column::to_json(&counts, "board.counts")?;
        tx.prepare_cached(sql)?
            .execute(params![board.filled_text(), cycle.as_str(), text])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_and_taken_leaves_no_trace() {
        let mut counts = Counts::of_effective(Grade::Aa);
        let more = Counts {
            filed: 1,
            open: 1,
            ..Counts::of_effective(Grade::B)
        };
        counts.add(&more);
        assert_eq!((counts.filed, counts.effective.len()), (1, 2));
        counts.add(&more.negated());
        assert_eq!(counts, Counts::of_effective(Grade::Aa));
        counts.add(&Counts::of_effective(Grade::Aa).negated());
        assert!(counts.is_zero());
    }
}
