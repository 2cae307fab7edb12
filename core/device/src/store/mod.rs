//! The encrypted store of one officer on one device. SQL stands only in this folder, one file
//! per table family.
//!
//! Every write is one transaction that is on the disk when the call returns (`synchronous=FULL`,
//! WAL), so a kill between any two calls loses nothing that was answered. Reads and writes share
//! one connection behind a lock that is never held while the network is waited for.

pub(crate) mod ballot;
pub(crate) mod bundle_key;
pub(crate) mod chain;
pub(crate) mod column;
pub(crate) mod deferred;
pub(crate) mod device;
pub(crate) mod division_name;
pub(crate) mod draft;
pub(crate) mod ended;
pub(crate) mod envelope;
pub(crate) mod identity;
pub(crate) mod last_visit;
pub(crate) mod likeness;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod offer;
pub(crate) mod order;
pub(crate) mod picture;
pub(crate) mod process;
pub(crate) mod projection;
pub(crate) mod register;
pub(crate) mod review;
pub(crate) mod rules;
pub(crate) mod sound;
pub(crate) mod subject;
pub(crate) mod trust;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, ffi};
use zeroize::Zeroizing;

use crate::vault::DataKey;

mod embedded {
    refinery::embed_migrations!("src/store/migrations");
}

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk; nothing was changed.
    #[error("no room on the disk")]
    Full,
    /// SQLite.
    #[error("the database refused")]
    Sqlite(#[source] rusqlite::Error),
    /// A migration.
    #[error("the schema could not be brought up to date")]
    Migration(#[from] refinery::Error),
    /// The schema is newer than this program.
    #[error("the database has schema {found}, this program knows {known}")]
    UnknownSchema {
        /// What the database has.
        found: i64,
        /// What this program has.
        known: i64,
    },
    /// A stored value that cannot be read.
    #[error("a stored value of {what} cannot be read")]
    Corrupt {
        /// Table and column.
        what: &'static str,
    },
    /// No database here, or not under this key.
    #[error("no store opens here")]
    Missing,
    /// A database is here already.
    #[error("there is a store here already")]
    Exists,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // The memory that connections share needs room, too.
        let no_room = error
            .sqlite_error()
            .is_some_and(|e| e.extended_code == ffi::SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            _ if no_room => Self::Full,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::NotADatabase | ErrorCode::CannotOpen) => Self::Missing,
            _ => Self::Sqlite(error),
        }
    }
}

impl StoreError {
    /// Whether the connection may be of no more use: after one page that could not be read,
    /// `SQLCipher` refuses every other one, too, until the file is opened again.
    fn spoils_connection(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Sqlite(error) => matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt)
            ),
            _ => false,
        }
    }
}

/// The open store.
pub(crate) struct Store {
    /// `None` after an error that spoilt it, until the next work opens the file again.
    connection: Mutex<Option<Connection>>,
    path: PathBuf,
    key: Zeroizing<String>,
}

impl Store {
    /// Makes a new database with `first` as its first transaction.
    pub(crate) fn create<E: From<StoreError>>(
        path: &Path,
        key: &DataKey,
        first: impl FnOnce(&Transaction<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let store = Self::connect(path, key, OpenFlags::SQLITE_OPEN_CREATE)?;
        store.write(|tx| {
            if device::find(tx)?.is_some() {
                return Err(E::from(StoreError::Exists));
            }
            first(tx)
        })?;
        Ok(store)
    }

    /// Opens a database that is there and brings its schema up to date.
    pub(crate) fn open(path: &Path, key: &DataKey) -> Result<Self, StoreError> {
        Self::connect(path, key, OpenFlags::empty())
    }

    /// Runs `work` as one transaction, on the disk when this returns.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with(|connection| {
            let tx = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(StoreError::from)?;
            let value = work(&tx)?;
            tx.commit().map_err(StoreError::from)?;
            Ok(value)
        })
    }

    /// Runs `read` in one snapshot.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.with(|connection| {
            let snapshot = connection.transaction().map_err(StoreError::from)?;
            read(&snapshot)
        })
    }

    /// After this error of the disk: lets go of the file if the connection may be spoilt, so that the
    /// next work opens it again. First this one ends: it may be the only one that the file can have.
    pub(crate) fn recover(&self, error: &StoreError) {
        if error.spoils_connection() {
            *self.lock() = None;
        }
    }

    /// Moves what was erased out of the write-ahead log, so that it is gone from the disk too.
    pub(crate) fn empty_log(&self) -> Result<(), StoreError> {
        // A reader can hold the log for a moment; then the next commit or close takes it along.
        self.with(|connection| {
            connection.query_row("pragma wal_checkpoint(truncate)", [], |row| {
                row.get::<_, i64>(0)
            })?;
            Ok(())
        })
    }

    /// Works with the connection, opened again if it was spoilt.
    fn with<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        if let Some(connection) = connection.as_mut() {
            return work(connection);
        }
        let fresh = connect(&self.path, &self.key, OpenFlags::empty())?;
        work(connection.insert(fresh))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        // A panic inside a transaction rolled it back when the transaction was dropped.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(path: &Path, key: &DataKey, create: OpenFlags) -> Result<Self, StoreError> {
        let key = key.pragma();
        let mut connection = connect(path, &key, create)?;
        migrate(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(Some(connection)),
            path: path.to_owned(),
            key,
        })
    }
}

/// Size of the page cache.
const CACHE_KIB: i64 = 12 * 1024;

/// Whether the store is encrypted: always, but in the build of a benchmark that asks otherwise.
fn is_sealed() -> bool {
    #[cfg(feature = "plain-store")]
    return !crate::plain_store::is_on();
    #[cfg(not(feature = "plain-store"))]
    true
}

/// Opens the database. The memory that connections share is a file: on a disk without room for it the
/// connection is the only one instead and has it in its own memory, so that what is there can be read.
fn connect(path: &Path, key: &str, create: OpenFlags) -> Result<Connection, StoreError> {
    match connect_as(path, key, create, "normal") {
        Err(StoreError::Full) => connect_as(path, key, create, "exclusive"),
        connected => connected,
    }
}

fn connect_as(
    path: &Path,
    key: &str,
    create: OpenFlags,
    locking_mode: &str,
) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    if is_sealed() {
        connection.pragma_update(None, "key", key)?;
    }
    // Before the database is first touched: afterwards the mode says nothing of shared memory.
    connection.pragma_update(None, "locking_mode", locking_mode)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", 1)?;
    connection.pragma_update(None, "secure_delete", 1)?;
    // Temporary tables would lie beside the store in clear.
    connection.pragma_update(None, "temp_store", "memory")?;
    // Most that is kept deciphered: what a search reads of ten thousand households. With less, each
    // search deciphers it all again.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let runner = embedded::migrations::runner();
    let known = runner
        .get_migrations()
        .iter()
        .map(|m| i64::from(m.version()))
        .max()
        .unwrap_or(0);
    let found = schema_of(connection)?;
    if found > known {
        return Err(StoreError::UnknownSchema { found, known });
    }
    if found < known {
        runner.run(connection)?;
    }
    Ok(())
}

/// The schema that a database has; 0 for a new one.
fn schema_of(connection: &Connection) -> Result<i64, StoreError> {
    if !connection.table_exists(None, "refinery_schema_history")? {
        return Ok(0);
    }
    let sql = "select coalesce(max(version), 0) from refinery_schema_history";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
