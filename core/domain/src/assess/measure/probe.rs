//! Reads facts for one measure and remembers what was missing and how weak the evidence was.

use std::cell::{Cell, OnceCell};

use jiff::civil::Date;

use super::capacity::Capacity;
use super::herd::Herd;
use super::pasture::Plots;
use super::{Reading, Sourced};
use crate::assess::inputs::{Fact, Facts, Inputs};
use crate::item::{Evidence, State};
use crate::pack::CaseName;
use crate::register::{RelatedStanding, Relation};
use crate::subject::Producer;
use crate::time::day_number_to_date;

/// Why a value is missing; the larger one wins (`domain.md` B.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Missing {
    Unknown,
    Refused,
    NotApplicable,
}

/// One subject, and what several measures read of it: that is read once.
pub(crate) struct Sight<'a> {
    pub(crate) inputs: &'a Inputs,
    pub(crate) facts: &'a Facts,
    pub(super) herd: OnceCell<Once<Herd>>,
    pub(super) plots: OnceCell<Once<Plots<'a>>>,
    /// Without and with the disaster rule.
    pub(super) capacity: [OnceCell<Once<Capacity>>; 2],
}

impl<'a> Sight<'a> {
    /// `facts` are those of `inputs` with every conflict settled.
    pub(crate) fn new(inputs: &'a Inputs, facts: &'a Facts) -> Self {
        Self {
            inputs,
            facts,
            herd: OnceCell::new(),
            plots: OnceCell::new(),
            capacity: [OnceCell::new(), OnceCell::new()],
        }
    }
}

/// Something that was read once: what was found, why it may be missing, the weakest evidence.
pub(crate) struct Once<T> {
    found: Option<T>,
    missing: Option<Missing>,
    weakest: Evidence,
}

/// The eyes of one measure.
pub(crate) struct Probe<'a> {
    sight: &'a Sight<'a>,
    pub(crate) inputs: &'a Inputs,
    pub(crate) facts: &'a Facts,
    /// The disaster rule is asked for.
    pub(crate) relief: bool,
    /// The persons behind the subject who are looked at.
    pub(super) related: &'a [Relation],
    weakest: Cell<Evidence>,
    missing: Cell<Option<Missing>>,
}

impl<'a> Probe<'a> {
    pub(crate) fn new(sight: &'a Sight<'a>, relief: bool) -> Self {
        let (weakest, missing) = (Cell::new(Evidence::A), Cell::new(None));
        Self {
            sight,
            inputs: sight.inputs,
            facts: sight.facts,
            relief,
            related: &[],
            weakest,
            missing,
        }
    }

    /// The same eyes, looking at these persons too.
    pub(super) fn with_related(self, related: &'a [Relation]) -> Self {
        Self { related, ..self }
    }

    /// What `read` finds, read at the first call alone; every measure that asks for it hears what
    /// was missing and how weak the evidence was.
    pub(super) fn once<T>(
        &self,
        place: impl Fn(&'a Sight<'a>) -> &'a OnceCell<Once<T>>,
        read: impl FnOnce(&Probe<'a>) -> Option<T>,
    ) -> Option<&'a T> {
        let once = place(self.sight).get_or_init(|| {
            let probe = Probe::new(self.sight, false);
            Once {
                found: read(&probe),
                missing: probe.missing.get(),
                weakest: probe.weakest.get(),
            }
        });
        self.note(once.weakest);
        self.missing.set(self.missing.get().max(once.missing));
        once.found.as_ref()
    }

    /// The persons who are looked at.
    pub(super) fn persons(&self) -> impl Iterator<Item = &'a RelatedStanding> + use<'a> {
        let related = self.related;
        let all = self.inputs.context.related.iter();
        all.filter(move |person| related.contains(&person.relation))
    }

    /// The reading of a measure that ended with `found`.
    pub(super) fn sourced(&self, found: Option<Reading>) -> Sourced {
        let reading = found.unwrap_or(match self.missing.get() {
            Some(Missing::NotApplicable) => Reading::NotApplicable,
            Some(Missing::Refused) => Reading::Refused,
            Some(Missing::Unknown) | None => Reading::Unknown,
        });
        Sourced {
            reading,
            evidence: self.weakest.get(),
        }
    }

    /// An integer, or what is missing.
    pub(crate) fn int(&self, path: &str) -> Option<i64> {
        self.int_of(self.facts.get(path))
    }

    /// An integer of an item that may not apply: "not applicable" then is its state.
    pub(super) fn int_or_absent(&self, path: &str) -> Option<i64> {
        let fact = self.facts.get(path);
        if fact.is_some_and(|f| f.state == State::NotApplicable) {
            return self.miss(Missing::NotApplicable);
        }
        self.int_of(fact)
    }

    /// The integer of a fact, or what is missing.
    pub(crate) fn int_of(&self, fact: Option<&Fact>) -> Option<i64> {
        let value = self.known(fact)?.state.value()?.as_int();
        value.or_else(|| self.miss(Missing::Unknown))
    }

    /// A yes or no.
    pub(super) fn flag(&self, path: &str) -> Option<bool> {
        self.int(path).map(|n| n != 0)
    }

    /// The text of a fact, or what is missing.
    pub(super) fn text_of(&self, fact: Option<&'a Fact>) -> Option<&'a str> {
        let value = self.known(fact)?.state.value()?.as_text();
        value.or_else(|| self.miss(Missing::Unknown))
    }

    /// The word of a choice as a case.
    pub(super) fn case_of(&self, fact: Option<&'a Fact>) -> Option<CaseName> {
        let word = self.text_of(fact)?;
        word.parse().ok().or_else(|| self.miss(Missing::Unknown))
    }

    /// A day.
    pub(super) fn day(&self, path: &str) -> Option<Date> {
        self.int(path).map(day_number_to_date)
    }

    /// The producer type; it classes the household and is no value behind an indicator.
    pub(crate) fn producer(&self) -> Option<Producer> {
        let word = self
            .facts
            .get("household.producer")?
            .state
            .value()?
            .as_text()?;
        word.parse().ok()
    }

    /// Records that a value is missing.
    pub(super) fn miss<T>(&self, why: Missing) -> Option<T> {
        self.missing.set(self.missing.get().max(Some(why)));
        None
    }

    /// Records how a value is known.
    pub(super) fn note(&self, evidence: Evidence) {
        self.weakest.set(self.weakest.get().max(evidence));
    }

    fn known<'f>(&self, fact: Option<&'f Fact>) -> Option<&'f Fact> {
        match fact {
            Some(fact) => match fact.state {
                State::Known(_) => {
                    self.note(fact.evidence);
                    Some(fact)
                }
                State::Refused => self.miss(Missing::Refused),
                State::Unknown | State::NotApplicable => self.miss(Missing::Unknown),
            },
            None => self.miss(Missing::Unknown),
        }
    }
}
