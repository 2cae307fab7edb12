//! The manifest of an export: what it holds, from whom, for whom, with the digest of every table,
//! signed by the server. Without one a folder is no export.

use std::path::Path;

use itgel_domain::error::ErrorCode;
use itgel_domain::exchange::Table;
use itgel_domain::file::chain::{Suite, verify};
use itgel_domain::hash::Hash;
use itgel_domain::id::DecisionId;
use itgel_domain::time::AtMs;

use crate::error::ServiceError;
use crate::keys::ServerKeys;

/// The name of the file.
pub const FILE: &str = "manifest.json";

/// The name of the format.
const FORMAT: &str = "itgel-special-topic";

/// What an export is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `itgel-special-topic`.
    pub format: String,
    /// The version of the schema.
    pub schema_version: i64,
    /// SHA-256 of the schema's file.
    pub schema: Hash,
    /// The record of who gave it to whom.
    pub share: DecisionId,
    /// When it was made.
    pub made_at_ms: AtMs,
    /// Who gets it.
    pub recipient: String,
    /// The department whose data it is.
    pub source_department: String,
    /// The legal basis.
    pub basis: String,
    /// Whether names and numbers of persons are in it.
    pub with_persons: bool,
    /// The mapping that some tables were written by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Hash>,
    /// Whether the database is a sample.
    pub is_sample: bool,
    /// The epoch of the database: another number after each restore.
    pub epoch: u32,
    /// The state of the log.
    pub log: LogState,
    /// The digest of the rated picture: equal for equal content.
    pub digest: Hash,
    /// The tables.
    pub tables: Vec<TableNote>,
    /// The public key of the server, hexadecimal.
    pub server_key: String,
    /// Its signature over all of this, hexadecimal.
    pub signature: String,
}

/// The state of the log at the time of the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogState {
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

/// One table of an export.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableNote {
    /// Its name in the schema.
    pub table: String,
    /// Its Chinese name.
    pub title: String,
    /// Its file; a workbook has a sheet instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// Whether it was written as the mapping says.
    pub is_mapped: bool,
    /// Its rows.
    pub rows: u64,
    /// The digest of its cells, whatever the format.
    pub digest: Hash,
}

/// The running digest of a table: over its columns, then row by row.
#[derive(Debug, Clone)]
pub(super) struct TableDigest {
    pub(super) hash: Hash,
    pub(super) rows: u64,
}

impl TableDigest {
    pub(super) fn begin(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| column.key.as_bytes());
        let parts: Vec<&[u8]> = std::iter::once(table.key.as_bytes())
            .chain(columns)
            .collect();
        Self {
            hash: Hash::of("itgel.exchange.table.v1", &parts),
            rows: 0,
        }
    }

    /// Takes the next row; returns its checksum, which covers every row before it as well.
    pub(super) fn add(&mut self, cells: &[String]) -> String {
        let cells = cells.iter().map(|cell| cell.as_bytes());
        let parts: Vec<&[u8]> = std::iter::once(self.hash.as_bytes().as_slice())
            .chain(cells)
            .collect();
        self.hash = Hash::of("itgel.exchange.row.v1", &parts);
        self.rows += 1;
        self.hash.short()
    }
}

/// The digest of the rated picture.
pub(super) fn content_digest<'a>(tables: impl Iterator<Item = (&'a str, Hash)>) -> Hash {
    let tables: Vec<_> = tables.collect();
    let parts: Vec<&[u8]> = tables
        .iter()
        .flat_map(|(key, digest)| [key.as_bytes(), digest.as_bytes().as_slice()])
        .collect();
    Hash::of("itgel.exchange.content.v1", &parts)
}

impl Manifest {
    /// The name of the format, for a new manifest.
    #[must_use]
    pub fn format() -> String {
        FORMAT.to_owned()
    }

    /// The number of all rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// Signs it.
    pub(super) fn sign(&mut self, keys: &ServerKeys) {
        self.server_key = data_encoding::HEXLOWER.encode(&keys.public_key());
        self.signature = keys.sign(&self.message());
    }

    /// As it stands in its file.
    pub(super) fn to_json(&self) -> Result<String, ServiceError> {
        serde_json::to_string_pretty(self).map_err(|e| ServiceError::caused("a manifest", e))
    }

    /// Reads the manifest of a folder and checks its signature.
    ///
    /// # Errors
    /// [`ErrorCode::ExchangeManifest`].
    pub fn read(folder: &Path) -> Result<Self, ServiceError> {
        let bad = || ServiceError::from(ErrorCode::ExchangeManifest);
        let text = std::fs::read_to_string(folder.join(FILE)).map_err(|_| bad())?;
        let manifest: Self = serde_json::from_str(&text).map_err(|_| bad())?;
        let hex = |text: &str| {
            data_encoding::HEXLOWER
                .decode(text.as_bytes())
                .map_err(|_| bad())
        };
        let (key, signature) = (hex(&manifest.server_key)?, hex(&manifest.signature)?);
        verify(Suite::Ed25519, &key, &manifest.message(), &signature).map_err(|_| bad())?;
        match manifest.format == FORMAT {
            true => Ok(manifest),
            false => Err(bad()),
        }
    }

    /// What is signed: everything but the signature.
    fn message(&self) -> Vec<u8> {
        let unsigned = Self {
            signature: String::new(),
            ..self.clone()
        };
        // Fields of text and numbers always have a JSON form.
        let json = serde_json::to_vec(&unsigned).unwrap_or_default();
        Hash::of("itgel.exchange.manifest.v1", &[&json])
            .as_bytes()
            .to_vec()
    }
}
