//! The measured columns of one subject in a compact form, so that another rule pack that measures
//! alike (other weights, bands, caps, grades) is scored without its facts being read again.
//!
//! Columns belong to the inputs and the pack that measured them
//! ([`crate::pack::RulePack::measures_like`]); they are a copy for speed, never a source.

mod codec;

use super::inputs::{Facts, Inputs, MAX_COMBINATIONS};
use super::measure::{Measures, measure};
use super::outcome::Points;
use super::score::{Outlook, Relief, Scored, Standing, score, standing};
use super::worth;
use crate::pack::RulePack;

/// Why stored columns are not used: they are measured again then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these are no columns of this program")]
pub struct ColumnsError;

/// What a subject was measured as: once for each way to settle its conflicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// There are too many combinations: the conflicting items count as unknown.
    pub under_review: bool,
    /// At least one.
    pub combinations: Vec<Measures>,
}

/// All combinations under one pack: the lowest and the highest.
#[derive(Debug, Clone, Copy)]
pub struct Surveyed<'a> {
    /// The figures of the lowest combination.
    pub low: Scored,
    /// Those of the highest, with the best result of a pending peer evaluation.
    pub high: Scored,
    /// The measures of the lowest.
    pub lowest: &'a Measures,
}

impl Columns {
    /// Measures a subject under its own pack.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let facts = &inputs.facts;
        let count = facts.combinations();
        let under_review = count > MAX_COMBINATIONS;
        let combinations = if facts.conflicts.is_empty() {
            vec![measure(inputs, facts)]
        } else if under_review {
            let known = Facts {
                values: facts.values.clone(),
                ..Facts::default()
            };
            vec![measure(inputs, &known)]
        } else {
            let settled = (0..count).map(|index| facts.settled(index));
            settled.map(|facts| measure(inputs, &facts)).collect()
        };
        Self {
            under_review,
            combinations,
        }
    }

    /// The bytes that are stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::write(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`ColumnsError`] if they were written by a program with other words, or are broken.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ColumnsError> {
        codec::read(bytes)
    }

    /// Scores every combination under a pack that measures like the one that measured.
    #[must_use]
    pub fn survey(&self, pack: &RulePack) -> Option<Surveyed<'_>> {
        let mut all: Option<Surveyed<'_>> = None;
        for measures in &self.combinations {
            let low = score(pack, measures, Relief::On, Outlook::Worst);
            let high = if measures.is_pending() {
                score(pack, measures, Relief::On, Outlook::Best)
            } else {
                low
            };
            let Some(known) = &mut all else {
                all = Some(Surveyed {
                    low,
                    high,
                    lowest: measures,
                });
                continue;
            };
            if worth(&high) > worth(&known.high) {
                known.high = high;
            }
            if worth(&low) < worth(&known.low) {
                (known.low, known.lowest) = (low, measures);
            }
        }
        all
    }
}

/// The points of each indicator of a computation, `None` where it does not apply.
pub(crate) fn points_of<'a>(
    pack: &'a RulePack,
    measures: &'a Measures,
) -> impl Iterator<Item = (&'a str, Option<Points>)> {
    let mut place = 0;
    pack.indicators.iter().map(move |indicator| {
        let many = indicator.parts.len();
        let parts = measures.parts.get(place..place + many).unwrap_or(&[]);
        place += many;
        let points = match standing(indicator, parts, Relief::On, Outlook::Worst) {
            Standing::Scored(points, _) => Some(points),
            Standing::Missing => Some(Points(0)),
            Standing::NotApplicable => None,
        };
        (indicator.code.as_str(), points)
    })
}

#[cfg(test)]
mod tests;
