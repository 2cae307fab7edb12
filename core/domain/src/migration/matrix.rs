//! From where to where, counted.

use super::{Judged, Place, keep_examples};
use crate::id::SubjectId;

/// How many subjects stand where now and would stand where.
///
/// A subject whose grade is still open is counted at its lowest grade.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// All subjects.
    pub subjects: u64,
    /// Those whose grade, or range of grades, changes.
    pub moved: u64,
    /// Of these, to a better one.
    pub up: u64,
    /// To a worse one.
    pub down: u64,
    /// Those whose grade is still open now.
    pub open_before: u64,
    /// Those whose grade would be open.
    pub open_after: u64,
    /// The cells that are not empty, in order.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Now.
    pub from: Place,
    /// Under the candidate.
    pub to: Place,
    /// How many.
    pub subjects: u64,
    /// Some who move.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<SubjectId>,
}

impl Matrix {
    /// Counts one subject; an example of its move if it is named.
    pub fn add(&mut self, subject: Option<&SubjectId>, before: &Judged, after: &Judged) {
        self.subjects += 1;
        self.open_before += u64::from(before.is_open());
        self.open_after += u64::from(after.is_open());
        let is_mover = before.moves_to(after);
        if is_mover {
            self.moved += 1;
            let ranks = |judged: &Judged| (judged.low.rank(), judged.high.rank());
            match ranks(after).cmp(&ranks(before)) {
                std::cmp::Ordering::Less => self.up += 1,
                std::cmp::Ordering::Greater => self.down += 1,
                std::cmp::Ordering::Equal => {}
            }
        }
        let cell = self.cell(before.low, after.low);
        cell.subjects += 1;
        keep_examples(&mut cell.examples, subject.filter(|_| is_mover));
    }

    /// Counts what another matrix counted.
    pub fn join(&mut self, other: &Self) {
        self.subjects += other.subjects;
        self.moved += other.moved;
        self.up += other.up;
        self.down += other.down;
        self.open_before += other.open_before;
        self.open_after += other.open_after;
        for theirs in &other.cells {
            let own = self.cell(theirs.from, theirs.to);
            own.subjects += theirs.subjects;
            keep_examples(&mut own.examples, &theirs.examples);
        }
    }

    /// How many go from one place to another.
    #[must_use]
    pub fn count(&self, from: Place, to: Place) -> u64 {
        let found = self.cells.iter().find(|c| (c.from, c.to) == (from, to));
        found.map_or(0, |cell| cell.subjects)
    }

    /// Every place that a row or column has, in order.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let both = |cell: &Cell| [cell.from, cell.to];
        let mut places: Vec<Place> = self.cells.iter().flat_map(both).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// How many stand at each of [`Self::places`] now, and would.
    #[must_use]
    pub fn totals(&self) -> Vec<(Place, u64, u64)> {
        let sum = |is: &dyn Fn(&&Cell) -> bool| -> u64 {
            self.cells.iter().filter(is).map(|c| c.subjects).sum()
        };
        let places = self.places().into_iter();
        places
            .map(|place| (place, sum(&|c| c.from == place), sum(&|c| c.to == place)))
            .collect()
    }

    /// The share that moves, in hundredths of a percent, half up.
    #[must_use]
    pub fn moved_share(&self) -> u64 {
        match self.subjects {
            0 => 0,
            all => (self.moved * 20_000 + all) / (2 * all),
        }
    }

    fn cell(&mut self, from: Place, to: Place) -> &mut Cell {
        let found = self
            .cells
            .binary_search_by(|cell| (cell.from, cell.to).cmp(&(from, to)));
        let place = found.unwrap_or_else(|place| {
            let cell = Cell {
                from,
                to,
                subjects: 0,
                examples: Vec::new(),
            };
            self.cells.insert(place, cell);
            place
        });
        &mut self.cells[place]
    }
}
