//! What one pack would change against another on the standings of a database, counted without
//! keeping anything: for an operator who compares two files.

use std::collections::BTreeMap;
use std::sync::Arc;

use itgel_domain::division::DivisionCode;
use itgel_domain::migration::{Local, Migration};
use itgel_domain::pack::RulePack;

use super::page::{Candidate, Walk};
use super::{PAGE, ShadowProgress, cycles_in};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::shadow::ShadowPlace;

/// What was counted.
#[derive(Debug, Default)]
pub struct Preview {
    /// Everybody.
    pub migration: Migration,
    /// By gacha.
    pub divisions: BTreeMap<DivisionCode, Local>,
    /// Standings that were looked at.
    pub done: u64,
    /// Of these, measured again from their inputs.
    pub measured: u64,
}

/// Compares two packs on every current standing in a division.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn preview(
    service: &Service,
    base: &Arc<RulePack>,
    candidate: &Arc<RulePack>,
    within: DivisionCode,
    progress: &mut dyn FnMut(ShadowProgress),
) -> Result<Preview, ServiceError> {
    let candidate = Candidate::Pack(Arc::clone(candidate));
    let today = service.now().on();
    let (cycles, expected) = service.store.read(|c| {
        let cycles = cycles_in(c, within, today)?;
        let counts = cycles
            .iter()
            .map(|cycle| store::columns::count(c, cycle, Some(within)));
        let expected: u64 = counts.sum::<Result<u64, _>>()?;
        Ok::<_, ServiceError>((cycles, expected))
    })?;
    let mut place = ShadowPlace {
        titles: cycles.clone(),
        cycles,
        after: None,
    };
    let mut found = Preview::default();
    while !place.is_end() {
        let page = service.store.read(|connection| {
            let walk = Walk::new(service, connection, &candidate);
            let mut walk = walk.between(Arc::clone(base), Some(within));
            walk.next_page(&place, PAGE)
        })?;
        found.migration.join(&page.migration);
        for (division, local) in &page.divisions {
            found.divisions.entry(*division).or_default().join(local);
        }
        found.done += page.done;
        found.measured += page.measured;
        place = page.place;
        progress(ShadowProgress {
            done: found.done,
            expected,
        });
    }
    Ok(found)
}
