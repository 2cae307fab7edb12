//! The server's store: one SQLite file, one writer thread, readers apart.
//!
//! Every write is a named transaction of the domain, run on the writer thread. Writes that wait
//! at the same time share one commit (`synchronous=FULL`), each in a savepoint of its own, so a
//! failed one takes nothing with it and every answer is given after the commit. Townships take
//! turns at the writer and at the readers. SQL stands only in this folder, one file per table family.

pub mod absence;
pub mod assessment;
pub mod authorisation;
pub mod ballot;
pub mod board;
pub mod calendar;
pub mod case;
pub mod chain;
pub mod challenge;
pub mod column;
pub mod columns;
pub mod conflict;
pub mod content_key;
mod copy;
pub mod credit_record;
pub mod cycle;
pub mod decision;
pub mod device;
pub mod division;
pub mod doubt;
mod ends;
pub mod entity;
pub mod entity_link;
pub mod envelope;
pub mod exchange;
pub mod held;
pub mod household_change;
pub mod idempotency;
pub mod identity;
pub mod import;
pub mod intake_count;
pub mod interest;
pub mod job;
pub mod joint_debtor;
pub mod land;
pub mod land_fault;
pub mod ledger;
pub mod ledger_fault;
pub mod ledger_mark;
pub mod lender;
pub mod lender_key;
pub mod letter;
pub mod line;
pub mod list;
pub mod loan;
pub mod log;
pub mod log_check;
pub mod log_end;
pub mod log_row;
pub mod measure;
pub mod media;
pub mod meta;
pub mod monitor;
pub mod moved;
pub mod office;
pub mod officer;
pub mod party;
pub mod projection;
pub mod publicity;
pub mod quarantine;
mod queue;
pub mod rating;
mod readers;
pub mod register;
pub mod report;
pub mod retention;
pub mod rights;
pub mod rule_file;
pub mod shadow;
pub mod share;
pub mod standing;
pub mod stray;
pub mod subject;
pub mod title;
pub mod title_joint;
pub mod title_snapshot;
pub mod trust;
pub mod validation;
pub mod warning;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

pub use copy::restore;
use readers::Readers;
pub use writer::Tx;
use writer::Writer;

use crate::service::Clock;

mod embedded {
    refinery::embed_migrations!("src/store/migrations");
}

/// The name of a write transaction: in the trace and in metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op(pub &'static str);

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
    /// The system has no random bytes.
    #[error("no random bytes can be had")]
    Entropy(#[source] getrandom::Error),
    /// Others hold what is needed for too long.
    #[error("the database is busy")]
    Busy,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

/// Where the database lies and whether it is encrypted.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The file.
    pub path: PathBuf,
    /// Key of SQLCipher as 64 hexadecimal digits, if the database is to be encrypted.
    pub key: Option<String>,
    /// Number of read connections.
    pub readers: usize,
}

/// The store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: Arc<Writer>,
    readers: Arc<Readers>,
    config: Arc<StoreConfig>,
}

impl Store {
    /// Opens the database, creates it if it is not there and brings its schema up to date. The
    /// clock says for how long writes join a commit.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be opened, is not ours, or is newer than this program.
    pub fn open(config: &StoreConfig, clock: Clock) -> Result<Self, StoreError> {
        let mut connection = connect(&config.path, config.key.as_deref())?;
        migrate(&mut connection)?;
        let readers = (0..config.readers.max(1))
            .map(|_| connect(&config.path, config.key.as_deref()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            writer: Arc::new(Writer::start(connection, clock)),
            readers: Arc::new(Readers::new(readers)),
            config: Arc::new(config.clone()),
        })
    }

    /// Moves what the write-ahead log holds into the database and empties the log: bytes that a
    /// commit deleted or wrote over are gone from both files then.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody reads an older state for longer than the patience of a
    /// connection; try again later.
    pub fn empty_wal(&self) -> Result<(), StoreError> {
        let connection = connect(&self.config.path, self.config.key.as_deref())?;
        let sql = "pragma wal_checkpoint(truncate)";
        let is_busy: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        if is_busy == 0 {
            Ok(())
        } else {
            Err(StoreError::Busy)
        }
    }

    /// Writes the database as of one instant, encrypted with `key` (64 hexadecimal digits), to a
    /// file that is not there. Free pages and the log are not copied.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read or the file cannot be written.
    pub fn copy_to(&self, target: &Path, key: &str) -> Result<(), StoreError> {
        let connection = connect(&self.config.path, self.config.key.as_deref())?;
        copy::whole(&connection, target, Some(key))
    }

    /// Runs `work` as one transaction and waits for its commit. Blocks: call it on a thread that
    /// may wait.
    ///
    /// # Errors
    /// The error of `work`, whose changes are then undone, or [`StoreError`] of the commit.
    pub fn transact<T, E>(
        &self,
        op: Op,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.transact(op, work)
    }

    /// How many transactions wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    /// Runs `read` on a read connection, in one snapshot.
    ///
    /// # Errors
    /// The error of `read`, or [`StoreError`] if no snapshot can be had.
    pub fn read<T, E>(&self, read: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        self.readers.read(read)
    }
}

/// Whether the schema is the one of this program.
///
/// # Errors
/// [`StoreError::UnknownSchema`] if it is another.
pub fn check_schema(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (schema_of(connection)?, known_schema());
    if found == known {
        Ok(())
    } else {
        Err(StoreError::UnknownSchema { found, known })
    }
}

fn known_schema() -> i64 {
    let runner = embedded::migrations::runner();
    runner
        .get_migrations()
        .iter()
        .map(|m| i64::from(m.version()))
        .max()
        .unwrap_or(0)
}

fn connect(path: &Path, key: Option<&str>) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    if let Some(key) = key {
        connection.pragma_update(None, "key", format!("x'{key}'"))?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", 1)?;
    connection.pragma_update(None, "secure_delete", 1)?;
    // A page of 256 envelopes is written without spilling; in KiB, as SQLite wants it.
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    // A plan never hangs on a value. Without this, every statement that compares a column for which an
    // index of some of its values exists is planned anew with each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = known_schema();
    let found = schema_of(connection)?;
    if found > known {
        return Err(StoreError::UnknownSchema { found, known });
    }
    embedded::migrations::runner().run(connection)?;
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
