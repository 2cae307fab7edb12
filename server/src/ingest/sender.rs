//! How the device that sent an envelope hears that its standing changed. The list of the gacha in which
//! the subject lives tells it; a word of its own goes where that list is not read, or where it would be
//! overtaken by what a list of before says: lists are read one after another, in any order.

use std::collections::BTreeSet;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::policy::{Action, Resource, may};
use itgel_domain::sync::pull::{DecidedItem, PullItem};
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Home};
use crate::error::ServiceError;
use crate::store::quarantine::QuarantineRow;
use crate::store::{self, Tx};

/// Tells it in the lists of the gachas in which the subject lived, behind what they said of the
/// envelope themselves; which lists these are.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn tell_former_homes(
    tx: &Tx<'_>,
    subject: &SubjectId,
    (at, id, verdict): (&ChainRef, &Hash, &Verdict),
) -> Result<BTreeSet<DivisionCode>, ServiceError> {
    let homes = store::subject::list_former_homes(tx, subject)?;
    let decided = decided(at, id, verdict);
    for home in &homes {
        store::list::append(tx, *home, &decided)?;
    }
    Ok(homes)
}

impl Admission<'_> {
    /// Tells the device that sent it. The lists of gachas have the files of who lives there and
    /// nothing else that a device sends; for everything else the banner's list has the word.
    pub(super) fn tell_sender(
        &mut self,
        row: &QuarantineRow,
        id: &Hash,
        verdict: &Verdict,
    ) -> Result<(), ServiceError> {
        let home = self.home_of(&row.subject)?;
        let mut told = BTreeSet::new();
        if let (Home::Known { subject, .. }, Some(_)) = (home.as_ref(), &row.file) {
            told = tell_former_homes(self.tx, &subject.id, (&row.at, id, verdict))?;
            told.insert(subject.division);
        }
        let hears = |list: &DivisionCode| may(&self.actor, Action::Pull, &Resource::at(*list));
        if told.iter().any(|list| hears(list).is_ok()) {
            return Ok(());
        }
        let granted = self.actor.grants.iter();
        let banners: BTreeSet<DivisionCode> = granted
            .filter_map(|grant| grant.division.ancestor(DivisionLevel::County))
            .collect();
        let decided = decided(&row.at, id, verdict);
        for banner in banners {
            store::list::append(self.tx, banner, &decided)?;
        }
        Ok(())
    }
}

fn decided(at: &ChainRef, id: &Hash, verdict: &Verdict) -> PullItem {
    PullItem::Decided(DecidedItem {
        at: at.clone(),
        id: *id,
        verdict: verdict.clone(),
    })
}
