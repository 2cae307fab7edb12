//! Which register rows moved an assessment: the official one away from what was sealed at the
//! door, or today's away from the one that a case rests on (`design.md` 4.9).
//!
//! Every row that changed between two states of the registers is taken back by itself; if that
//! changes the result, the row has moved it. Where two rows hide each other (two vetoes, of which
//! either would do) taking one back shows nothing, so each is also put alone onto the earlier
//! state. Facts, rules and day stay what they are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::assess;
use super::inputs::{Context, Inputs};
use super::outcome::{Assessment, Points};
use crate::division::DivisionCode;
use crate::id::{RowId, SubjectId};
use crate::pack::vocabulary;
use crate::register::{Place, RegisterRow};
use crate::subject::{Grade, Subject};
use crate::title::TitleLevel;

/// Most changed rows that are looked at one by one.
pub const MAX_CHANGED: usize = 64;

/// The rows that moved an assessment, by register, object and key.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Movement {
    /// The rows.
    pub rows: Vec<Moved>,
    /// Rows that changed as well and were not looked at, beyond [`MAX_CHANGED`].
    #[serde(default, skip_serializing_if = "crate::register::is_default")]
    pub unexamined: usize,
}

/// A register row whose change moved an assessment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    /// The word of its register.
    pub register: String,
    /// Whom it is about; absent for a row about a division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Where it applies.
    pub division: DivisionCode,
    /// What it is about within the register.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// What happened to it.
    pub change: Change,
    /// The row that is in force now, or was in force before and is no longer.
    pub row: RowId,
    /// Who keeps the register, with its reference.
    pub source: String,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// What it moved.
    pub parts: BTreeSet<MovedPart>,
    /// The result without the change.
    pub without: Figures,
    /// The result with it.
    pub with: Figures,
}

vocabulary! {
    /// What happened to a row.
    Change {
        /// There was none at its place.
        Entered => "entered",
        /// It took the place of another.
        Replaced => "replaced",
        /// It no longer holds, and none took its place.
        Ended => "ended",
    }
}

vocabulary! {
    /// A part of a result that can move.
    MovedPart {
        /// The score.
        Score => "score",
        /// The caps that are met.
        Caps => "caps",
        /// The vetoes that stand.
        Vetoes => "vetoes",
        /// The grade, its range, or the level.
        Grade => "grade",
    }
}

/// The parts of a result that can move.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// The worst grade that is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Grade>,
    /// The best grade that is possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Grade>,
    /// The level of a village or township.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<TitleLevel>,
    /// The score of the worst combination.
    pub low_score: Points,
    /// The score of the best combination.
    pub high_score: Points,
    /// Caps that are met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<String>,
    /// Vetoes that stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vetoes: Vec<String>,
}

/// Rows in force by their place.
type InForce<'a> = BTreeMap<Place<'a>, &'a RegisterRow>;

/// The rows that moved the assessment of `present` between two states of the registers: `before`,
/// and `now`, from which the context of `present` was formed. Rows about others are passed over,
/// and the order of rows does not matter.
#[must_use]
pub fn moved(
    present: &Inputs,
    subject: &Subject,
    before: &[RegisterRow],
    now: &[RegisterRow],
) -> Movement {
    let by_place = |rows| -> InForce<'_> {
        let rows = RegisterRow::in_force(rows, subject, present.as_of);
        rows.into_iter().map(|row| (row.place(), row)).collect()
    };
    let (before, now) = (by_place(before), by_place(now));
    let places: BTreeSet<Place<'_>> = before.keys().chain(now.keys()).copied().collect();
    let changed: Vec<Place<'_>> = places
        .into_iter()
        .filter(|place| differs(before.get(place), now.get(place)))
        .collect();
    let figures = |rows: &InForce<'_>| Figures::of(&assess(&with_rows(present, subject, rows)));
    let (first, last) = (figures(&before), figures(&now));
    let rows = changed.iter().take(MAX_CHANGED).filter_map(|place| {
        let taken_back = figures(&swapped(&now, *place, before.get(place)));
        if taken_back != last {
            return Moved::of(before.get(place), now.get(place), taken_back, last.clone());
        }
        let alone = figures(&swapped(&before, *place, now.get(place)));
        if alone == first {
            return None;
        }
        Moved::of(before.get(place), now.get(place), first.clone(), alone)
    });
    Movement {
        rows: rows.collect(),
        unexamined: changed.len().saturating_sub(MAX_CHANGED),
    }
}

/// Whether a place says something else; the same words in a new row are no change.
fn differs(before: Option<&&RegisterRow>, now: Option<&&RegisterRow>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => {
            before.content != now.content || before.valid_from != now.valid_from
        }
        _ => true,
    }
}

/// The same rows with one place as it was, or empty.
fn swapped<'a>(
    rows: &InForce<'a>,
    place: Place<'a>,
    other: Option<&&'a RegisterRow>,
) -> InForce<'a> {
    let mut rows = rows.clone();
    match other {
        Some(row) => rows.insert(place, row),
        None => rows.remove(&place),
    };
    rows
}

/// The same inputs under other registers; identity, consent and earlier counts are not in registers.
fn with_rows(present: &Inputs, subject: &Subject, rows: &InForce<'_>) -> Inputs {
    Inputs {
        context: Context {
            identity_verified: present.context.identity_verified,
            consent_signed: present.context.consent_signed,
            last_stock: present.context.last_stock.clone(),
            earlier_count: present.context.earlier_count.clone(),
            ..Context::from_rows(rows.values().copied(), subject, present.as_of)
        },
        ..present.clone()
    }
}

impl Moved {
    fn of(
        before: Option<&&RegisterRow>,
        now: Option<&&RegisterRow>,
        without: Figures,
        with: Figures,
    ) -> Option<Self> {
        let (row, change) = match (before, now) {
            (None, Some(row)) => (row, Change::Entered),
            (Some(_), Some(row)) => (row, Change::Replaced),
            (Some(row), None) => (row, Change::Ended),
            (None, None) => return None,
        };
        Some(Self {
            register: row.content.register().to_owned(),
            subject: row.subject.clone(),
            division: row.division,
            key: row.key.clone(),
            change,
            row: row.id.clone(),
            source: row.source.clone(),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            parts: without.parts_unlike(&with),
            without,
            with,
        })
    }
}

impl Figures {
    /// The figures of an assessment.
    #[must_use]
    pub fn of(assessment: &Assessment) -> Self {
        let range = &assessment.range;
        Self {
            low: range.low,
            high: range.high,
            level: assessment.level,
            low_score: range.low_score,
            high_score: range.high_score,
            caps: assessment.caps.clone(),
            vetoes: assessment.vetoes.clone(),
        }
    }

    fn parts_unlike(&self, other: &Self) -> BTreeSet<MovedPart> {
        let scores = |f: &Self| (f.low_score, f.high_score);
        let grades = |f: &Self| (f.low, f.high, f.level);
        [
            (MovedPart::Score, scores(self) != scores(other)),
            (MovedPart::Caps, self.caps != other.caps),
            (MovedPart::Vetoes, self.vetoes != other.vetoes),
            (MovedPart::Grade, grades(self) != grades(other)),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
        .collect()
    }
}

#[cfg(test)]
mod tests;
