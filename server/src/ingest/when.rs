//! When an envelope was written, as far as the server knows, and where its subject lived then. What a
//! device's clock tells is recorded and believed where it can be; where it cannot be and the answer
//! depends on the day, a person says when it was (`security.md` T04, T14).

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::entry::Entry;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::policy::{Action, Resource, may};
use itgel_domain::sync::window::{Days, Stated, Window};
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::admission::{Admission, Home};
use crate::error::ServiceError;
use crate::store;

impl Admission<'_> {
    /// Whether the officer of the envelope may do this where its subject lived on each day that it
    /// speaks of: the code of the first thing that is against it.
    pub(super) fn forbidden(
        &mut self,
        envelope: &Envelope,
        home: &Home,
        action: Action,
    ) -> Option<ErrorCode> {
        if envelope.officer != self.device.officer {
            return Some(ErrorCode::EnvelopeForeignOfficer);
        }
        let Home::Known { has_interest, .. } = home else {
            return Some(ErrorCode::SubjectUnknown);
        };
        let (mut against, mut is_allowed) = (None, false);
        for division in home.divisions_of(&self.window, envelope) {
            match self.denied(division, action, *has_interest) {
                None => is_allowed = true,
                code => against = against.or(code),
            }
        }
        if against.is_some() && is_allowed {
            return (!self.lets_pass(ErrorCode::DateUnclear)).then_some(ErrorCode::DateUnclear);
        }
        against
    }

    /// What is against an action of the officer in a division, after what persons let pass.
    fn denied(
        &mut self,
        division: DivisionCode,
        action: Action,
        has_interest: bool,
    ) -> Option<ErrorCode> {
        let actor = &self.actor;
        let denied = *self
            .allowed
            .entry((division, action, has_interest))
            .or_insert_with(|| {
                let place = Resource {
                    has_interest,
                    ..Resource::at(division)
                };
                may(actor, action, &place).err().map(|denial| denial.code())
            });
        match denied {
            // Whoever lets the place pass lets no interest pass with it.
            Some(code) if self.lets_pass(code) => {
                has_interest.then_some(ErrorCode::ConflictOfInterest)
            }
            other => other,
        }
    }

    /// When the envelope was written that comes now. The state of the log that it names is noted, if it
    /// is one of this log and newer than those that the device's envelopes before it name.
    pub(super) fn window_of(&self, envelope: &Envelope) -> Result<Window, ServiceError> {
        let before = store::chain::seen_by(self.tx, &envelope.at)?;
        let named = match &envelope.checkpoint {
            Some(state) => store::log::signed_at(self.tx, state)?,
            None => None,
        };
        if let Some(named) = named.filter(|named| before.is_none_or(|before| before < *named)) {
            store::chain::note_seen(self.tx, &envelope.at, named)?;
        }
        Ok(self.window(before.max(named), self.now))
    }

    /// When the envelope at a place was written that came at `until`.
    pub(super) fn window_at(&self, at: &ChainRef, until: AtMs) -> Result<Window, ServiceError> {
        let seen = store::chain::seen_by(self.tx, at)?;
        Ok(self.window(seen, until))
    }

    /// Not before the device was enrolled, nor before the state of the log that it had seen.
    fn window(&self, seen: Option<AtMs>, until: AtMs) -> Window {
        let enrolled = self.device.enrolled_at;
        Window {
            since: seen.map_or(enrolled, |seen| seen.max(enrolled)),
            until,
        }
    }
}

/// The day that an entry states by itself; a correction keeps to what it corrects.
pub(super) fn stated_on(entry: &Entry) -> Option<Date> {
    match entry {
        Entry::Observation(entry) => Some(entry.observation.observed_on),
        _ => None,
    }
}

/// Whether a day lies outside the time that the envelope can speak of: after it came, or long
/// before its device can have written it.
pub(super) fn is_out_of_time(window: &Window, entries: &[Entry]) -> bool {
    let mut observed = entries.iter().filter_map(Entry::observed);
    let mut stated = entries.iter().filter_map(stated_on);
    observed.any(|(_, o)| window.is_ahead(o.observed_on))
        || stated.any(|day| window.stated(day) == Stated::Outside)
}

/// The days on one of which the values of an envelope were entered: by its device's clock, and not
/// before the last of them was observed.
pub(super) fn entered(window: &Window, envelope: &Envelope) -> Days {
    let by_clock = window.days(envelope.entered_at.on());
    let stated = envelope.entries().iter().filter_map(stated_on).max();
    let observed = stated.map_or(by_clock.last, |day| day.min(window.until.on()));
    Days {
        last: by_clock.last.max(observed),
        ..by_clock
    }
}

impl Home {
    /// Where the subject lived on each day that an envelope speaks of.
    fn divisions_of(&self, window: &Window, envelope: &Envelope) -> BTreeSet<DivisionCode> {
        match self {
            // Nearly everybody: whatever the day.
            Self::Known { subject, moves, .. } if moves.is_empty() => [subject.division].into(),
            _ => {
                let days = days(window, envelope).into_iter();
                days.flat_map(|days| self.divisions(days)).collect()
            }
        }
    }

    /// Where the subject lived on any of these days.
    fn divisions(&self, days: Days) -> BTreeSet<DivisionCode> {
        let Self::Known { subject, moves, .. } = self else {
            return BTreeSet::new();
        };
        let mut lived = BTreeSet::new();
        for (until, division) in moves.iter().filter(|(until, _)| *until >= days.first) {
            lived.insert(*division);
            if *until >= days.last {
                return lived;
            }
        }
        lived.insert(subject.division);
        lived
    }
}

/// The days that the entries of an envelope speak of: each the one that it states by itself, and
/// otherwise the one on which the envelope was sealed by its device's clock, as far as they can be
/// (`security.md` T14).
fn days(window: &Window, envelope: &Envelope) -> BTreeSet<Days> {
    let sealed_on = envelope.entered_at.on();
    let entries = envelope.entries().iter();
    let mut told: BTreeSet<Date> = entries
        .map(|entry| stated_on(entry).unwrap_or(sealed_on))
        .collect();
    if told.is_empty() {
        told.insert(sealed_on);
    }
    told.into_iter().map(|day| window.days(day)).collect()
}
