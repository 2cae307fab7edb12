//! The board that anybody may see: aggregates of gachas and sumus, and nothing from which a
//! household could be told (`security.md` T41).
//!
//! A number that stands for fewer than [`SMALLEST_CELL`] households is not shown, and neither is a
//! second one from which the first could be computed as a difference to the sumu's total.

use std::collections::BTreeMap;

use itgel_domain::case::TitleState;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::{Division, DivisionCode, DivisionLevel};
use itgel_domain::subject::Grade;
use itgel_domain::time::AtMs;
use itgel_domain::title::TitleLevel;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store;
use crate::store::board::Counts;

/// The least number of households that a shown number stands for.
pub const SMALLEST_CELL: i64 = 10;

/// The board of the newest cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicBoard {
    /// The cycle.
    pub cycle: Cycle,
    /// Titles in publicity, by the last day: they are published in full (`domain.md` D.4).
    pub publicity: Vec<TitlePublicity>,
    /// The sumus with their gachas, by code.
    pub townships: Vec<(Line, Vec<Line>)>,
    /// When it was read.
    pub at: AtMs,
}

/// A division on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name and kind.
    pub division: Division,
    /// What may be shown of its households.
    pub cells: Cells,
    /// The title that it holds; titles are published in full (`domain.md` D.4).
    pub title: Option<PublicTitle>,
}

/// A title that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicTitle {
    /// Its level.
    pub level: TitleLevel,
    /// The last day of its correction, while it is warned (预警).
    pub corrected_by: Option<Date>,
    /// The name of the gacha that it is shared with (`domain.md` G 59).
    pub jointly_with: Option<String>,
}

/// A title that hangs on the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitlePublicity {
    /// Whose it is to be: one division, or two gachas.
    pub divisions: Vec<Division>,
    /// The level.
    pub level: TitleLevel,
    /// The last day for an objection.
    pub until: Date,
}

/// Numbers of households; `None` where one may not be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cells {
    /// Filed.
    pub filed: Option<i64>,
    /// With a rating in effect.
    pub rated: Option<i64>,
    /// Of these, credit households.
    pub credit: Option<i64>,
    /// Of these, others.
    pub other: Option<i64>,
}

impl Cells {
    /// Credit households among the rated, in hundredths of a per cent.
    #[must_use]
    pub fn credit_share(&self) -> Option<i64> {
        let (rated, credit) = (self.rated?, self.credit?);
        self.other?;
        (rated > 0).then(|| credit * 10_000 / rated)
    }

    fn of(counts: &Counts) -> Self {
        let sum_where = |wanted: fn(Grade) -> bool| -> i64 {
            let of = counts.effective.iter().filter(|(grade, _)| wanted(**grade));
            of.map(|(_, n)| n).sum()
        };
        // Not rated (N) is in effect too, but the gates do not count it (domain.md B.10).
        let rated = sum_where(|grade| grade != Grade::N);
        let credit = sum_where(Grade::is_credit);
        Self {
            filed: Some(counts.filed),
            rated: Some(rated),
            credit: Some(credit),
            other: Some(rated - credit),
        }
    }
}

/// The board of the newest cycle; `None` before the first one.
///
/// # Errors
/// [`ServiceError`] of the store.
pub fn public_board(service: &Service) -> Result<Option<PublicBoard>, ServiceError> {
    let at = service.now();
    service.store.read(|c| {
        let Some(cycle) = store::cycle::newest(c)? else {
            return Ok(None);
        };
        let titles = titles(service, c, &cycle, at)?;
        let held = &titles.held;
        let (sumus, gachas) = (
            lines(c, &cycle, DivisionLevel::Township, held, at)?,
            lines(c, &cycle, DivisionLevel::Village, held, at)?,
        );
        let mut grouped: BTreeMap<DivisionCode, Vec<Line>> = BTreeMap::new();
        for line in gachas {
            if let Some(sumu) = line.division.code.parent() {
                grouped.entry(sumu).or_default().push(line);
            }
        }
        let with_gachas = |sumu: Line| {
            let gachas = grouped.remove(&sumu.division.code).unwrap_or_default();
            (sumu, gachas)
        };
        let mut townships: Vec<_> = sumus.into_iter().map(with_gachas).collect();
        suppress(&mut townships);
        Ok(Some(PublicBoard {
            cycle,
            publicity: titles.publicity,
            townships,
            at,
        }))
    })
}

/// The titles of a banner as anybody may see them.
#[derive(Default)]
struct Titles {
    held: BTreeMap<DivisionCode, PublicTitle>,
    publicity: Vec<TitlePublicity>,
}

fn titles(
    service: &Service,
    connection: &Connection,
    cycle: &Cycle,
    at: AtMs,
) -> Result<Titles, ServiceError> {
    let mut titles = Titles::default();
    let division = |code| store::division::get(connection, code, at.on());
    for row in store::title::list_going_on(connection, cycle.banner)? {
        let state = row.title.state();
        let is_shown = state.is_held() || state == TitleState::InPublicity;
        let Some(level) = row.level.filter(|_| is_shown) else {
            continue;
        };
        let members: Vec<DivisionCode> = row.holder.members().collect();
        let found: Result<Vec<_>, _> = members.iter().map(|code| division(*code)).collect();
        let divisions: Vec<Division> = found?.into_iter().flatten().collect();
        let timetable = process::timetable(service, connection, row.holder.division)?;
        if !state.is_held() {
            if let Some(due) = row.title.period_due(&timetable) {
                titles.publicity.push(TitlePublicity {
                    divisions,
                    level,
                    until: due.on,
                });
            }
            continue;
        }
        let corrected_by = row.title.correction_due(&timetable).map(|due| due.on);
        for code in members {
            let other = divisions.iter().find(|division| division.code != code);
            let title = PublicTitle {
                level,
                corrected_by,
                jointly_with: other.map(|division| division.name.clone()),
            };
            titles.held.insert(code, title);
        }
    }
    titles.publicity.sort_by_key(|one| one.until);
    Ok(titles)
}

fn lines(
    connection: &Connection,
    cycle: &Cycle,
    level: DivisionLevel,
    held: &BTreeMap<DivisionCode, PublicTitle>,
    at: AtMs,
) -> Result<Vec<Line>, ServiceError> {
    let divisions = store::division::list(connection, cycle.banner, level, at.on())?;
    let line = |division: Division| {
        let counts = store::board::get(connection, division.code, &cycle.id)?;
        Ok(Line {
            cells: Cells::of(&counts),
            title: held.get(&division.code).cloned(),
            division,
        })
    };
    divisions.into_iter().map(line).collect()
}

/// Takes out what may not be shown: in each sumu among its gachas, and among the sumus.
fn suppress(townships: &mut [(Line, Vec<Line>)]) {
    let columns: [fn(&mut Cells) -> &mut Option<i64>; 4] = [
        |cells| &mut cells.filed,
        |cells| &mut cells.rated,
        |cells| &mut cells.credit,
        |cells| &mut cells.other,
    ];
    for column in columns {
        hide(
            &mut townships
                .iter_mut()
                .map(|(sumu, _)| column(&mut sumu.cells))
                .collect::<Vec<_>>(),
        );
        for (_, gachas) in townships.iter_mut() {
            hide(
                &mut gachas
                    .iter_mut()
                    .map(|line| column(&mut line.cells))
                    .collect::<Vec<_>>(),
            );
        }
    }
    // Rated is the sum of the other two: one of the three alone would be a difference.
    for (sumu, gachas) in townships {
        for line in std::iter::once(sumu).chain(gachas) {
            let cells = &mut line.cells;
            if cells.credit.is_none() || cells.other.is_none() {
                (cells.credit, cells.other) = (None, None);
            }
        }
    }
}

/// Takes out the parts of one total that are too small, and then the smallest others until what is
/// hidden, which anybody can compute as total minus shown, tells nothing of a single part.
fn hide(parts: &mut [&mut Option<i64>]) {
    let mut hidden: Vec<i64> = Vec::new();
    for part in parts.iter_mut() {
        if let Some(n) = part.take_if(|n| *n < SMALLEST_CELL) {
            hidden.push(n);
        }
    }
    while !hidden.is_empty() && (hidden.len() == 1 || hidden.iter().sum::<i64>() < SMALLEST_CELL) {
        let shown = parts.iter_mut().filter(|part| part.is_some());
        let Some(next) = shown.min_by_key(|part| ***part) else {
            return;
        };
        hidden.extend(next.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[i64]) -> Vec<Option<i64>> {
        let mut parts: Vec<_> = parts.iter().copied().map(Some).collect();
        hide(&mut parts.iter_mut().collect::<Vec<_>>());
        parts
    }

    #[test]
    fn a_small_cell_is_hidden_and_cannot_be_computed_from_the_total() {
        assert_eq!(shown(&[50, 9, 30, 12]), [Some(50), None, Some(30), None]);
        assert_eq!(shown(&[50, 10, 30]), [Some(50), Some(10), Some(30)]);
        assert_eq!(shown(&[50, 3, 3, 30]), [Some(50), None, None, None]);
        assert_eq!(shown(&[5]), [None]);
        assert_eq!(shown(&[]), []);
    }

    #[test]
    fn whatever_is_hidden_in_any_board_the_rest_does_not_give_it_away() {
        // Every board of four gachas with 0 to 24 households in steps of 3.
        let sizes: Vec<i64> = (0..9).map(|n| n * 3).collect();
        for board in 0..sizes.len().pow(4) {
            let parts: Vec<i64> = (0..4)
                .map(|place| sizes[board / sizes.len().pow(place) % sizes.len()])
                .collect();
            let seen = shown(&parts);
            let hidden: Vec<_> = parts
                .iter()
                .zip(&seen)
                .filter(|(_, s)| s.is_none())
                .collect();
            assert!(
                seen.iter().flatten().all(|n| *n >= SMALLEST_CELL),
                "{parts:?}"
            );
            let sum: i64 = hidden.iter().map(|(n, _)| **n).sum();
            let is_all = hidden.len() == parts.len();
            assert!(
                hidden.is_empty() || is_all || (hidden.len() > 1 && sum >= SMALLEST_CELL),
                "{parts:?}"
            );
        }
    }

    #[test]
    fn a_share_needs_enough_households_on_both_sides() {
        let full = Cells {
            filed: Some(60),
            rated: Some(60),
            credit: Some(45),
            other: Some(15),
        };
        assert_eq!(full.credit_share(), Some(7_500));
        assert_eq!(
            Cells {
                other: None,
                ..full
            }
            .credit_share(),
            None
        );
    }
}
