//! What the server states at a contact: the next keys, certificate, grant, an order to delete. Each
//! statement is checked by itself against the pinned key; one that does not check changes nothing.

use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{HelloAnswer, TrustHeld};
use itgel_domain::trust::{Certificate, Grant, Invitation, WipeOrder, follow};
use rusqlite::{Connection, Transaction};

use super::{Run, SyncError};
use crate::error::Error;
use crate::store::device::{self, DeviceRow};
use crate::store::{division_name, trust};

/// What is held here, so that only news travel.
pub(super) fn held(db: &Connection, own: &DeviceRow) -> Result<TrustHeld, Error> {
    let held = trust::get(db)?;
    Ok(TrustHeld {
        server: Invitation::key_print(&own.server_key),
        grant_seq: held.grant_seq,
        certified: held.certificate.is_some(),
    })
}

impl<P: SyncProtocol> Run<'_, P> {
    /// Takes the news. Whether records may be sent: not before an administrator has compared the
    /// fingerprint; until then they wait here.
    pub(super) fn take_trust(&mut self, answer: &HelloAnswer) -> Result<bool, SyncError> {
        let now = self.now;
        let (is_pending, is_ordered) = self.device.write(|tx| {
            follow_keys(tx, answer)?;
            let own = device::get(tx)?;
            take_statements(tx, &own, answer)?;
            trust::note_contact(tx, answer.clock, now)?;
            if let Some(names) = &answer.names {
                division_name::set_all(tx, names)?;
            }
            let held = trust::get(tx)?;
            Ok((held.is_pending, held.wipe_nonce.is_some()))
        })?;
        self.report.is_pending = is_pending;
        self.report.wipe_ordered = is_ordered;
        Ok(!is_pending)
    }
}

/// Pins the key that signs now, if the pinned one names it as its successor, directly or through
/// others. An announced key that does not sign yet is not pinned.
pub(crate) fn follow_keys(tx: &Transaction<'_>, answer: &HelloAnswer) -> Result<(), Error> {
    let Some(news) = &answer.trust else {
        return Ok(());
    };
    let own = device::get(tx)?;
    let signed = answer.signed_checkpoint();
    let signs = |key: &Vec<u8>| signed.verify(key, &answer.checkpoint_signature).is_ok();
    let keys = follow(&own.server_key, &news.keys);
    let Some(present) = keys.iter().position(signs) else {
        return Ok(());
    };
    // One by one: what those between have signed stays good.
    for key in keys.iter().take(present + 1) {
        device::set_server_key(tx, key)?;
    }
    Ok(())
}

fn take_statements(
    tx: &Transaction<'_>,
    own: &DeviceRow,
    answer: &HelloAnswer,
) -> Result<(), Error> {
    let Some(news) = &answer.trust else {
        return Ok(());
    };
    let keys = [own.server_key.as_slice()];
    let held = trust::get(tx)?;
    if news.pending != held.is_pending {
        trust::set_pending(tx, news.pending)?;
    }
    if let Some(text) = &news.certificate {
        let certificate = Certificate::verify(text, &keys).ok();
        let is_ours = certificate.is_some_and(|c| {
            c.device == own.id && c.officer == own.officer && c.public_key == own.public_key
        });
        if is_ours {
            trust::set_certificate(tx, text)?;
        }
    }
    if let Some(text) = &news.grant
        && let Ok(grant) = Grant::verify(text, &keys, &own.id, &own.public_key)
        // An older grant would bring older rules back (T33).
        && grant.seq > held.grant_seq
    {
        trust::set_grant(tx, &grant)?;
    }
    if let Some(text) = &news.wipe
        && let Ok(order) = WipeOrder::verify(text, &keys, &own.id)
    {
        trust::set_wipe(tx, &order.nonce)?;
    }
    Ok(())
}
