//! How the device that sent an envelope hears that its standing changed. The list of the gacha in which
//! the subject lives tells it, but not why something counts no more; a word of its own says that, and goes
//! where that list is not read, or where it would be overtaken by what a list of before says: lists are
//! read one after another, in any order.

use std::collections::BTreeSet;

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{DecidedItem, PullItem};
use itgel_domain::sync::push::Verdict;

use crate::error::ServiceError;
use crate::store::{self, Tx};

/// Tells it behind what lists of gachas in which the subject lives or lived said of the envelope, and in
/// the banner's list if `sender`, whose device it is, reads none of its gachas. The lists of gachas have the
/// files of who lives there and nothing else that a device sends: of that there is no `home`.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn tell_sender(
    tx: &Tx<'_>,
    sender: &Actor,
    home: Option<&Subject>,
    (at, id, verdict): (&ChainRef, &Hash, &Verdict),
) -> Result<(), ServiceError> {
    let decided = PullItem::Decided(DecidedItem {
        at: at.clone(),
        id: *id,
        verdict: verdict.clone(),
    });
    let hears = |list| may(sender, Action::Pull, &Resource::at(list)).is_ok();
    let mut is_heard = false;
    if let Some(subject) = home {
        is_heard = hears(subject.division);
        // That it counts no more stands there already, and not why.
        if is_heard && !verdict.counts() {
            store::list::append(tx, subject.division, &decided)?;
        }
        for former in store::subject::list_former_homes(tx, &subject.id)? {
            store::list::append(tx, former, &decided)?;
            is_heard |= hears(former);
        }
    }
    if is_heard {
        return Ok(());
    }
    let granted = sender.grants.iter();
    let banners: BTreeSet<DivisionCode> = granted
        .filter_map(|grant| grant.division.ancestor(DivisionLevel::County))
        .collect();
    for banner in banners {
        store::list::append(tx, banner, &decided)?;
    }
    Ok(())
}
