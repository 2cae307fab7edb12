//! Keys that answers to bundles are sealed to, each for one bundle.

use itgel_domain::hash::Hash;
use itgel_domain::time::AtMs;
use rusqlite::{Connection, Transaction, params};
use zeroize::Zeroizing;

use super::{StoreError, column};

/// How many bundles may be on their way at once.
const KEPT: u32 = 16;

pub(crate) fn insert(
    tx: &Transaction<'_>,
    public_key: &[u8],
    secret: &[u8; 32],
    now: AtMs,
) -> Result<(), StoreError> {
    let name = Hash::of_file(public_key).to_string();
    tx.prepare_cached("insert into bundle_key (name, secret, made_at) values (?1, ?2, ?3)")?
        .execute(params![name, secret.as_slice(), now.0])?;
    tx.prepare_cached(
        "delete from bundle_key where name not in
             (select name from bundle_key order by made_at desc, name limit ?1)",
    )?
    .execute([KEPT])?;
    Ok(())
}

/// The secret of the key with this hash.
pub(crate) fn find(
    db: &Connection,
    name: &Hash,
) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
    let mut query = db.prepare_cached("select secret from bundle_key where name = ?1")?;
    column::first(query.query([name.to_string()])?, |row| {
        let secret = Zeroizing::new(row.get::<_, Vec<u8>>("secret")?);
        let bytes = <[u8; 32]>::try_from(secret.as_slice());
        let broken = |_| StoreError::Corrupt {
            what: "bundle_key.secret",
        };
        Ok(Zeroizing::new(bytes.map_err(broken)?))
    })
}
