//! Settings: one file (TOML), then the environment; unknown keys are refused. The shipped sample
//! `docs/itgel.example.toml` is parsed by a test.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::keys::RetiredKeyDays;
use crate::limits::LimitsConfig;
use crate::store::StoreConfig;

/// All settings of a server.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen; a gateway terminates TLS in front of it.
    pub listen: SocketAddr,
    /// The address that clients reach it under: issuer and audience of tokens.
    pub public_url: String,
    /// The database file.
    pub database: PathBuf,
    /// The key file made by `itgel init`; never inside the database.
    pub keys: PathBuf,
    /// Number of read connections.
    #[serde(default = "default_readers")]
    pub readers: usize,
    /// Where figures for a monitoring system are given; nowhere if absent. Keep it inside.
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// How long a signing key that has retired still opens bundles; a longer time than a device
    /// can work without the server saves nothing more, a shorter one sends officers back.
    #[serde(default)]
    pub retired_key_days: RetiredKeyDays,
    /// What one client may take.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// Settings of sample databases.
    #[serde(default)]
    pub sample: SampleConfig,
}

/// Settings that are refused unless the database was created as a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleConfig {
    /// How many days ahead the clock of publicity and notice periods runs.
    #[serde(default)]
    pub periods_ahead_days: u16,
}

const fn default_readers() -> usize {
    4
}

impl Config {
    /// Reads settings from TOML.
    ///
    /// # Errors
    /// The message of the parser, with line and key.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// A file beside the key file: what no backup of the database may hold lies there.
    #[must_use]
    pub fn beside_keys(&self, name: &str) -> PathBuf {
        self.keys.with_file_name(name)
    }

    /// The part for the store.
    #[must_use]
    pub fn store(&self) -> StoreConfig {
        StoreConfig {
            path: self.database.clone(),
            key: None,
            readers: self.readers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_example_is_read_and_a_misspelt_key_is_named() {
        let text = include_str!("../../docs/itgel.example.toml");
        assert_eq!(Config::parse(text).unwrap().readers, 4);
        let error = Config::parse(&text.replace("readers", "reader"))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("reader") && error.contains("line"),
            "{error}"
        );
    }
}
