//! Where the officer stands, if they let the browser say so: for the order of a list and the warning of
//! a registration. It is kept in memory for some minutes, goes to no store and to no server.

use std::sync::{Mutex, PoisonError};

use itgel_domain::place::Place;

use crate::app::{FieldApp, Session};

/// How long a place is the present one: a car is elsewhere then.
const FRESH_MS: u64 = 10 * 60_000;

/// The place that a session was last told.
#[derive(Default)]
pub(crate) struct Here(Mutex<Option<(Place, u64)>>);

impl FieldApp {
    /// Where the officer stands; `None` if that is not known any more.
    pub(crate) fn here(&self, session: &Session) -> Option<Place> {
        let told = *session
            .here
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let (place, at) = told?;
        (self.steady_ms().saturating_sub(at) < FRESH_MS).then_some(place)
    }

    /// The officer stands here now.
    pub(crate) fn set_here(&self, session: &Session, place: Place) {
        let now = self.steady_ms();
        *session
            .here
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some((place, now));
    }
}
