//! What a device said of its chain at a hello, and what it was told: the proof that it knew, if it
//! signs on in the same incarnation all the same (`ingest::fork`).

use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::sync::hello::{Hello, HelloAnswer};

use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::chain::Said;
use crate::store::device::{DeviceRecord, DeviceStatus};

/// Notes how far the device's chain goes, and what it was told if its end is not on the chain here.
pub(super) fn note(
    service: &Service,
    device: &DeviceRecord,
    request: &Hello,
    answer: &HelloAnswer,
) -> Result<(), ServiceError> {
    let at = ChainRef {
        device: device.id.clone(),
        incarnation: request.incarnation,
        seq: request.head.seq,
    };
    let (chain, newest, here) = service.store.read(|c| {
        let chain = store::chain::get(c, &at.device, at.incarnation)?;
        let newest = store::chain::newest(c, &at.device)?;
        Ok::<_, ServiceError>((chain, newest, store::envelope::get(c, &at)?))
    })?;
    // A device that asks about a chain which it may never write opens none.
    let is_ahead = chain.is_none() && at.incarnation > newest.saturating_add(1);
    if is_ahead || device.status != DeviceStatus::Active {
        return Ok(());
    }
    let is_here = at.seq == 0 || here.is_some_and(|row| row.chain_hash == request.head.hash);
    // What was answered, and not what may have come since.
    let said = (!is_here).then_some(Said {
        head: request.head,
        told: answer.head.seq,
    });
    let is_noted = chain.is_some_and(|row| {
        row.claimed.max(row.head.seq) >= at.seq && (said.is_none() || row.said == said)
    });
    if is_noted {
        return Ok(());
    }
    service.transact("sync.hello", move |_, tx| {
        let start = ChainHead::start(&at.device, at.incarnation);
        store::chain::begin(tx, &at.device, at.incarnation, start)?;
        store::chain::note_claim(tx, &at.device, at.incarnation, at.seq)?;
        if let Some(said) = said {
            store::chain::note_said(tx, &at.device, at.incarnation, said)?;
        }
        Ok(())
    })
}
