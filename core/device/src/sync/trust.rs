//! What the server states at a contact: the next keys, certificate, grant, an order to delete. The
//! answer is checked as a whole, as one to this very hello; then each statement by itself against the
//! pinned key, and one that does not check changes nothing.

use itgel_domain::file::chain::verify_text;
use itgel_domain::hash::Hash;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::hello::{HelloAnswer, TrustHeld};
use itgel_domain::trust::{Certificate, Grant, Invitation, WipeOrder, follow};
use rusqlite::{Connection, Transaction};

use super::restored::{Epoch, epoch_of};
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

/// What an answer to the hello with the digest `asked` is worth; nothing of it may be used before.
/// Over the network and from a card alike.
pub(crate) fn weigh(
    tx: &Transaction<'_>,
    asked: &Hash,
    answer: &HelloAnswer,
) -> Result<Epoch, Error> {
    if !follow_keys(tx, asked, answer)? {
        return Ok(Epoch::Unproven);
    }
    Ok(epoch_of(&device::get(tx)?, answer))
}

/// Whether the server signed this answer to this hello: with the pinned key, or with one that it
/// leads to, directly or through others, which is pinned from then on. An announced key that does
/// not sign yet is not pinned.
fn follow_keys(tx: &Transaction<'_>, asked: &Hash, answer: &HelloAnswer) -> Result<bool, Error> {
    let own = device::get(tx)?;
    let message = answer.message(asked);
    let signs = |key: &[u8]| verify_text(key, &message, &answer.signature).is_ok();
    if signs(&own.server_key) {
        return Ok(true);
    }
    let news = answer.trust.as_ref();
    let keys = news.map_or_else(Vec::new, |news| follow(&own.server_key, &news.keys));
    let Some(present) = keys.iter().position(|key| signs(key)) else {
        return Ok(false);
    };
    // One by one: what those between have signed stays good.
    for key in keys.iter().take(present.saturating_add(1)) {
        device::set_server_key(tx, key)?;
    }
    Ok(true)
}

fn take_statements(
    tx: &Transaction<'_>,
    own: &DeviceRow,
    answer: &HelloAnswer,
) -> Result<(), Error> {
    let held = trust::get(tx)?;
    // The server says it in every answer as long as it holds: a device that is revoked meanwhile
    // hears no other news, and what it has is to be sent.
    let is_pending = answer.trust.as_ref().is_some_and(|news| news.pending);
    if is_pending != held.is_pending {
        trust::set_pending(tx, is_pending)?;
    }
    let Some(news) = &answer.trust else {
        return Ok(());
    };
    let keys = [own.server_key.as_slice()];
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
