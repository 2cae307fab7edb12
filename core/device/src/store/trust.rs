//! What the server stated about this device, checked when it came: certificate, grant, an order to
//! delete the store.

use itgel_domain::time::AtMs;
use itgel_domain::trust::{Coverage, GRACE_DAYS, GRANT_DAYS, Grant};
use rusqlite::{Connection, Row, Transaction, params};

use super::StoreError;
use super::column::{self, int};

/// The one row.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustRow {
    /// Whether an administrator still has to compare the fingerprint, as the server last said.
    pub(crate) is_pending: bool,
    pub(crate) certificate: Option<String>,
    /// The number of the grant; 0 for none.
    pub(crate) grant_seq: u64,
    pub(crate) grant_until: Option<AtMs>,
    /// What was left of the grant at the last contact.
    pub(crate) left_ms: Option<i64>,
    /// The time of use since then.
    pub(crate) used_ms: i64,
    /// When it was last counted, by the device's clock.
    pub(crate) used_at: Option<AtMs>,
    /// When the server was last heard, by its clock.
    pub(crate) contact_at: Option<AtMs>,
    /// The packs that the grant names, one a line.
    pub(crate) packs: String,
    /// The nonce of the order to delete the store.
    pub(crate) wipe_nonce: Option<String>,
    /// Whether the deletion has begun: nothing more is entered.
    pub(crate) is_wiping: bool,
}

/// Most time between two uses that counts: a clock that was set a year ahead does not end a grant.
const MOST_BETWEEN_MS: i64 = GRACE_DAYS * 86_400_000;

impl TrustRow {
    /// The time of use since the last contact, the present one included.
    pub(crate) fn used_by(&self, now: AtMs) -> i64 {
        let gap = self.used_at.map_or(0, |at| now.0.saturating_sub(at.0));
        self.used_ms + gap.clamp(0, MOST_BETWEEN_MS)
    }

    /// What is left of the grant at `now`; below zero once it has ended.
    pub(crate) fn left_by(&self, now: AtMs) -> Option<i64> {
        let used = self.used_by(now);
        self.left_ms.map(|left| left.saturating_sub(used))
    }

    /// How far the grant covers the present; `None` before the first one.
    pub(crate) fn coverage(&self, now: AtMs) -> Option<Coverage> {
        let used = AtMs(self.used_by(now));
        self.left_ms.map(|left| Coverage::at(AtMs(left), used))
    }
}

pub(crate) fn get(db: &Connection) -> Result<TrustRow, StoreError> {
    let found = column::first(db.prepare_cached("select * from trust")?.query([])?, read)?;
    Ok(found.unwrap_or_default())
}

pub(crate) fn set_pending(tx: &Transaction<'_>, is_pending: bool) -> Result<(), StoreError> {
    change(tx, "is_pending", params![is_pending])
}

pub(crate) fn set_certificate(tx: &Transaction<'_>, text: &str) -> Result<(), StoreError> {
    change(tx, "certificate", params![text])
}

pub(crate) fn set_wipe(tx: &Transaction<'_>, nonce: &str) -> Result<(), StoreError> {
    change(tx, "wipe_nonce", params![nonce])
}

pub(crate) fn set_wiping(tx: &Transaction<'_>) -> Result<(), StoreError> {
    change(tx, "is_wiping", params![1])
}

pub(crate) fn set_grant(tx: &Transaction<'_>, grant: &Grant) -> Result<(), StoreError> {
    begin(tx)?;
    let sql = "update trust set grant_seq = ?1, grant_until = ?2, packs = ?3";
    let packs = grant.packs.join("\n");
    tx.execute(sql, params![int(grant.seq), grant.until.0, packs])?;
    Ok(())
}

/// Counts the time of use up to now.
pub(crate) fn count_use(tx: &Transaction<'_>, now: AtMs) -> Result<(), StoreError> {
    let held = get(tx)?;
    if held.left_ms.is_some() {
        let sql = "update trust set used_ms = ?1, used_at = ?2";
        tx.execute(sql, params![held.used_by(now), now.0])?;
    }
    Ok(())
}

/// A contact at which the server's clock showed `server`, and the device's `now`: the time of use
/// counts from here.
pub(crate) fn note_contact(
    tx: &Transaction<'_>,
    server: AtMs,
    now: AtMs,
) -> Result<(), StoreError> {
    change(tx, "contact_at", params![server.0])?;
    let held = get(tx)?;
    if let Some(until) = held.grant_until {
        let left = until
            .0
            .saturating_sub(server.0)
            .min(GRANT_DAYS * 86_400_000);
        let sql = "update trust set left_ms = ?1, used_ms = 0, used_at = ?2";
        tx.execute(sql, params![left, now.0])?;
    }
    Ok(())
}

/// Sets one column, named here and nowhere outside.
fn change(
    tx: &Transaction<'_>,
    column: &'static str,
    value: &[&dyn rusqlite::ToSql],
) -> Result<(), StoreError> {
    begin(tx)?;
    tx.execute(&format!("update trust set {column} = ?1"), value)?;
    Ok(())
}

fn begin(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let sql = "insert into trust (one, is_pending, grant_seq, used_ms, packs, is_wiping)
               values (1, 0, 0, 0, '', 0) on conflict (one) do nothing";
    tx.execute(sql, [])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<TrustRow, StoreError> {
    let seq: i64 = row.get("grant_seq")?;
    Ok(TrustRow {
        is_pending: row.get("is_pending")?,
        certificate: row.get("certificate")?,
        grant_seq: u64::try_from(seq).map_err(|_| StoreError::Corrupt {
            what: "trust.grant_seq",
        })?,
        grant_until: row.get::<_, Option<i64>>("grant_until")?.map(AtMs),
        left_ms: row.get("left_ms")?,
        used_ms: row.get("used_ms")?,
        used_at: row.get::<_, Option<i64>>("used_at")?.map(AtMs),
        contact_at: row.get::<_, Option<i64>>("contact_at")?.map(AtMs),
        packs: row.get("packs")?,
        wipe_nonce: row.get("wipe_nonce")?,
        is_wiping: row.get("is_wiping")?,
    })
}
