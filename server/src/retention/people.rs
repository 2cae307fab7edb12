//! The names of officers who work no more and the keys of devices that were revoked long ago. Their
//! ids stay where they acted.

use itgel_domain::exchange::EndsBy;

use super::{PAGE, pages, prove};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::retention::people;

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
            for id in &over {
                people::delete(tx, by, id)?;
            }
            let ended = over.len();
            prove(tx, &format!("table/{by}"), over, now)?;
            Ok(ended)
        })
    })
}
