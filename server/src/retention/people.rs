//! The names of officers who work no more and the keys of devices that were revoked long ago. Their
//! ids stay where they acted.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::exchange::EndsBy;

use super::{PAGE, pages, prove};
use crate::error::ServiceError;
use crate::journal;
use crate::offers;
use crate::service::Service;
use crate::store::retention::people;
use crate::store::{self, Tx};

/// Ends devices; how many.
pub(super) fn end_devices(service: &Service) -> Result<usize, ServiceError> {
    end(service, EndsBy::Device)
}

/// Ends officers; how many.
pub(super) fn end_officers(service: &Service) -> Result<usize, ServiceError> {
    end(service, EndsBy::Officer)
}

fn end(service: &Service, by: EndsBy) -> Result<usize, ServiceError> {
    pages(PAGE, || {
        service.transact("retention.people", move |service, tx| {
            let now = service.now();
            let over = match by {
                EndsBy::Device => people::list_devices(tx, now, PAGE)?,
                _ => people::list_officers(tx, now, PAGE)?,
            };
            let mut gachas = BTreeSet::new();
            for id in &over {
                if by == EndsBy::Officer {
                    gachas.extend(on_roll(tx, id)?);
                }
                people::delete(tx, by, id)?;
            }
            for division in gachas {
                offers::tell_roll(tx, division)?;
            }
            if by == EndsBy::Device {
                journal::forget_devices(service, &over)?;
            }
            let ended = over.len();
            prove(tx, &format!("table/{by}"), over, now)?;
            Ok(ended)
        })
    })
}

/// Where an officer who ends stood on a roll that devices hold.
fn on_roll(tx: &Tx<'_>, id: &str) -> Result<Vec<DivisionCode>, ServiceError> {
    let officer = id
        .parse()
        .map_err(|_| ServiceError::internal("the number of an officer"))?;
    let grants = store::officer::grants(tx, &officer)?.into_iter();
    let on_roll = grants.filter(|grant| offers::is_on_roll(grant.role));
    Ok(on_roll.map(|grant| grant.division).collect())
}
