//! Where the log ends, signed with every transaction that appends to it. A checkpoint vouches for
//! what came before it; this vouches for the leaves behind the newest one, so that nobody without
//! the key can put one in, take one away or change one there either.

use itgel_domain::hash::Hash;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, Tx, column, log};
use crate::keys::ServerKeys;

/// Where the log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEnd {
    /// The number of leaves.
    pub size: u64,
    /// The digest of all of them, one after the other.
    pub digest: Hash,
    /// Signature of the server over size and digest, hexadecimal; empty if it vouches for nothing.
    pub signature: String,
}

/// The end as a transaction found it, and as it is by now.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    begun: LogEnd,
    now: LogEnd,
}

impl LogEnd {
    /// The end of a log without leaves.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            size: 0,
            digest: Hash::of("itgel.log.end.v1", &[]),
            signature: String::new(),
        }
    }

    /// Goes on by one leaf; takes its [`itgel_domain::log::leaf_hash`].
    pub fn append(&mut self, leaf: &Hash) {
        self.size += 1;
        let parts: [&[u8]; 2] = [self.digest.as_bytes(), leaf.as_bytes()];
        self.digest = Hash::of("itgel.log.end.v1", &parts);
    }

    /// Whether this server signed it, or it is the end of a log without leaves.
    #[must_use]
    pub fn is_signed(&self, keys: &ServerKeys) -> bool {
        *self == Self::empty() || keys.verify(&self.message(), &self.signature).is_ok()
    }

    fn message(&self) -> Vec<u8> {
        format!("itgel.log.end.v1\n{}\n{}\n", self.size, self.digest).into_bytes()
    }
}

/// The end of the log as it is noted.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn get(connection: &Connection) -> Result<LogEnd, StoreError> {
    // A second row makes the first no end.
    let sql = "select size, digest, signature from log_end
               where one = 1 and (select count(*) from log_end) = 1";
    let mut query = connection.prepare_cached(sql)?;
    let found = query.query_row([], |row| {
        Ok((|| {
            Ok::<_, StoreError>(LogEnd {
                size: column::unsigned(row, "size", "log_end.size")?,
                digest: column::hash(row, "digest", "log_end.digest")?,
                signature: row.get("signature")?,
            })
        })())
    });
    Ok(found.optional()?.transpose()?.unwrap_or_else(LogEnd::empty))
}

/// Goes on by the leaf with number `n`. An end that does not stand right before it was tampered
/// with, and what goes on from it is not vouched for.
pub(super) fn append(tx: &Tx<'_>, n: u64, leaf: &Hash) -> Result<(), StoreError> {
    let known = tx.ends.borrow_mut().end.take();
    let mut moved = match known {
        Some(moved) => moved,
        None => {
            let begun = get(tx)?;
            let now = begun.clone();
            Moved { begun, now }
        }
    };
    if moved.now.size != n {
        moved.begun.signature.clear();
        moved.begun.size = n;
    }
    moved.now.append(leaf);
    tx.ends.borrow_mut().end = Some(moved);
    Ok(())
}

/// Ends what a transaction appended to the log: the leaf of the rows that it changed, and the end
/// with its signature. An end that did not fit when the transaction began is not made to.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn close(tx: &Tx<'_>, keys: &ServerKeys) -> Result<(), StoreError> {
    super::log_row::close(tx)?;
    let Some(Moved { begun, mut now }) = tx.ends.borrow_mut().end.take() else {
        return Ok(());
    };
    now.signature = match begun.is_signed(keys) {
        true => keys.sign(&now.message()),
        false => String::new(),
    };
    put(tx, &now)
}

/// Counts and signs the log anew: of a database that was filled from outside, whose log was
/// checked against its checkpoints.
///
/// # Errors
/// [`StoreError`] of the database.
pub fn restart(tx: &Tx<'_>, keys: &ServerKeys) -> Result<(), StoreError> {
    let mut end = LogEnd::empty();
    for leaf in log::list_leaves(tx, 0)? {
        end.append(&leaf);
    }
    end.signature = keys.sign(&end.message());
    {
        let mut ends = tx.ends.borrow_mut();
        ends.end = None;
        ends.leaf = None;
    }
    put(tx, &end)
}

fn put(tx: &Tx<'_>, end: &LogEnd) -> Result<(), StoreError> {
    let sql = "insert into log_end (one, size, digest, signature) values (1, ?1, ?2, ?3)
               on conflict (one) do update set size = excluded.size, digest = excluded.digest,
                   signature = excluded.signature";
    tx.prepare_cached(sql)?.execute(params![
        column::signed(end.size),
        end.digest.as_bytes(),
        end.signature
    ])?;
    Ok(())
}
