//! The campaign (年度) of a banner in which subjects are rated: one each year, and one for events
//! that ask for a new rating between (`domain.md` D.3: loss, split, veto, repair).

use jiff::civil::Date;

use crate::division::DivisionCode;
use crate::id::CycleId;

/// Why a cycle is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CycleKind {
    /// The yearly rating of everybody.
    Annual,
    /// Re-rating after an event.
    Event,
}

/// A campaign.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct Cycle {
    /// Its identifier.
    #[n(0)]
    pub id: CycleId,
    /// The banner that holds it.
    #[n(1)]
    pub banner: DivisionCode,
    /// Yearly or for events.
    #[n(2)]
    pub kind: CycleKind,
    /// What officers call it.
    #[n(3)]
    pub name: String,
    /// The first day on which a visit may be sealed.
    #[n(4)]
    #[cbor(with = "crate::time::day_cbor")]
    pub opens_on: Date,
    /// The last day on which a visit may be sealed.
    #[n(5)]
    #[cbor(with = "crate::time::day_cbor")]
    pub closes_on: Date,
}

impl Cycle {
    /// Whether a visit may be sealed on `day`.
    #[must_use]
    pub fn is_open_on(&self, day: Date) -> bool {
        (self.opens_on..=self.closes_on).contains(&day)
    }
}

crate::subject::words!(CycleKind {
    Self::Annual => Self::Annual => "annual",
    Self::Event => Self::Event => "event",
});

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_last_day_of_a_cycle_still_counts() {
        let cycle = Cycle {
            id: "2026".parse().unwrap(),
            banner: "150623".parse().unwrap(),
            kind: CycleKind::Annual,
            name: "2026年度".into(),
            opens_on: date(2026, 6, 1),
            closes_on: date(2026, 9, 30),
        };
        assert!(cycle.is_open_on(date(2026, 9, 30)) && !cycle.is_open_on(date(2026, 10, 1)));
        let bytes = minicbor::to_vec(&cycle).unwrap();
        assert_eq!(minicbor::decode::<Cycle>(&bytes).unwrap(), cycle);
    }
}
