//! How many requests work on the database at once, and of whom: some places belong to each lane
//! alone, the others to whoever comes first (`security.md` T34).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::lane::Lane;

/// Places that each lane has of its own: whatever others do, these are free for it.
pub(crate) const OWN: usize = 4;

/// Places in common, for what a lane needs beside its own. With those of sixty lanes they stay
/// below the 512 threads of the runtime on which requests work.
pub(crate) const COMMON: usize = 192;

/// Most places of one lane: half of those in common stay for the others.
pub(crate) const MOST: usize = OWN + COMMON / 2;

/// The places that are taken.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<Lane, usize>>);

/// A place; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    lane: Lane,
    of: Arc<Places>,
}

impl Places {
    /// Takes a place, if this lane can have one now.
    pub(crate) fn take(self: &Arc<Self>, lane: Lane) -> Option<Place> {
        let mut taken = self.taken();
        let of_lane = taken.get(&lane).copied().unwrap_or(0);
        if of_lane >= OWN && (of_lane >= MOST || in_common(&taken) >= COMMON) {
            return None;
        }
        taken.insert(lane, of_lane + 1);
        Some(Place {
            lane,
            of: Arc::clone(self),
        })
    }

    /// How many places in common are free.
    pub(crate) fn free(&self) -> usize {
        COMMON - in_common(&self.taken())
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Lane, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        match taken.get_mut(&self.lane) {
            Some(n) if *n > 1 => *n -= 1,
            _ => drop(taken.remove(&self.lane)),
        }
    }
}

/// How many places in common are taken.
fn in_common(taken: &HashMap<Lane, usize>) -> usize {
    taken.values().map(|n| n.saturating_sub(OWN)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn township(n: u32) -> Lane {
        let code = format!("150623{:03}", 100 + n);
        Lane::Devices(Some(code.parse().unwrap()))
    }

    fn flood(places: &Arc<Places>, lane: Lane) -> Vec<Place> {
        std::iter::from_fn(|| places.take(lane)).collect()
    }

    #[test]
    fn sec_t34_no_number_of_flooding_townships_takes_the_places_of_a_quiet_one() {
        let places = Arc::new(Places::default());
        let floods: Vec<Vec<Place>> = (0..30).map(|n| flood(&places, township(n))).collect();
        assert_eq!(places.free(), 0);
        assert!(floods.iter().all(|taken| taken.len() >= OWN));
        assert_eq!(flood(&places, township(99)).len(), OWN, "the quiet one");
        drop(floods);
        assert_eq!(places.free(), COMMON);
    }

    #[test]
    fn sec_t34_one_flooding_township_leaves_the_others_half_of_what_is_in_common() {
        let places = Arc::new(Places::default());
        let mut taken = flood(&places, township(0));
        assert_eq!((taken.len(), places.free()), (MOST, COMMON / 2));
        assert_eq!(flood(&places, township(1)).len(), MOST, "a busy one");
        taken.pop();
        assert!(places.take(township(0)).is_some(), "given back");
    }
}
