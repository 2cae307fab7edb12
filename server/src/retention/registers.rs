//! Rows of registers whose term is over: they go with what a person said of them, the lists of
//! devices lose them, and what they moved is reckoned again.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::exchange::{EndsBy, RegisterKind, Schema};
use itgel_domain::id::{RowId, SubjectId};
use itgel_domain::time::AtMs;

use super::{PAGE, pages, prove};
use crate::credit::retention::tell_devices;
use crate::error::ServiceError;
use crate::fold;
use crate::service::Service;
use crate::store::Tx;
use crate::store::retention::register::{self, OverRow};

/// Ends the rows of every register that is not kept for ever and has no other way; how many.
pub(super) fn run(service: &Service) -> Result<usize, ServiceError> {
    let mut ended = 0;
    let kinds = Schema::builtin().registers.iter();
    for kind in kinds.filter(|kind| kind.ends.by == EndsBy::Rows) {
        ended += pages(PAGE, || {
            service.transact("retention.registers", move |service, tx| {
                page(service, tx, kind, service.now())
            })
        })?;
    }
    Ok(ended)
}

fn page(
    service: &Service,
    tx: &Tx<'_>,
    kind: &RegisterKind,
    now: AtMs,
) -> Result<usize, ServiceError> {
    let over = register::list_over(tx, kind, now, PAGE)?;
    let gone = forget(service, tx, &over)?;
    let in_force = over.iter().filter(|row| row.is_current);
    let moved: BTreeSet<SubjectId> = in_force.map(|row| row.place.subject.clone()).collect();
    let moved: Vec<SubjectId> = moved.into_iter().collect();
    fold::refresh_page(service, tx, &moved, now)?;
    let keys = gone.iter().map(ToString::to_string).collect();
    prove(tx, &format!("register/{}", kind.word), keys, now)?;
    Ok(over.len())
}

/// Deletes rows here and from the lists of devices; those that are gone.
pub(super) fn forget(
    service: &Service,
    tx: &Tx<'_>,
    over: &[OverRow],
) -> Result<Vec<RowId>, ServiceError> {
    let mut of: BTreeMap<&SubjectId, Vec<RowId>> = BTreeMap::new();
    for row in over {
        let gone = register::delete(tx, row)?;
        of.entry(&row.place.subject).or_default().extend(gone);
    }
    for (subject, rows) in &of {
        tell_devices(service, tx, subject, rows)?;
    }
    Ok(of.into_values().flatten().collect())
}
