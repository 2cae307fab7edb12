//! Keys that answers to bundles are sealed to, each for one bundle.

use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Transaction, params};
use zeroize::Zeroizing;

use super::StoreError;
use super::column::{self, word};

/// How many bundles may be on their way at once.
const KEPT: u32 = 16;

/// What opens the answer to a bundle.
pub(crate) struct BundleKey {
    pub(crate) secret: Zeroizing<[u8; 32]>,
    /// The digest of the hello in the bundle: an answer to another one says nothing.
    pub(crate) asked: Hash,
}

/// Keeps the key of a bundle, and which hello stands in that.
pub(crate) fn insert(
    tx: &Transaction<'_>,
    public_key: &[u8],
    secret: &[u8; 32],
    asked: &Hash,
    now: AtMs,
) -> Result<(), StoreError> {
    let name = Hash::of_file(public_key).to_string();
    let sql = "insert into bundle_key (name, secret, asked, made_at) values (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?
        .execute(params![name, secret.as_slice(), asked.to_string(), now.0])?;
    tx.prepare_cached(
        "delete from bundle_key where name not in
             (select name from bundle_key order by made_at desc, name limit ?1)",
    )?
    .execute([KEPT])?;
    Ok(())
}

/// The key with this hash.
pub(crate) fn find(db: &Connection, name: &Hash) -> Result<Option<BundleKey>, StoreError> {
    let mut query = db.prepare_cached("select secret, asked from bundle_key where name = ?1")?;
    column::first(query.query([name.to_string()])?, |row| {
        let secret = Zeroizing::new(row.get::<_, Vec<u8>>("secret")?);
        let bytes = <[u8; 32]>::try_from(secret.as_slice());
        let broken = |_| StoreError::Corrupt {
            what: "bundle_key.secret",
        };
        Ok(BundleKey {
            secret: Zeroizing::new(bytes.map_err(broken)?),
            asked: word(row, "asked", "bundle_key.asked")?,
        })
    })
}
