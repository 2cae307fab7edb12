//! The service: the store, the keys and the clock that every part works with.

use std::sync::Arc;

use itgel_domain::time::AtMs;

use crate::config::Config;
use crate::entropy;
use crate::error::ServiceError;
use crate::keys::ServerKeys;
use crate::rules::Rules;
use crate::store::{Op, Store, StoreError, Tx, log_end};

/// Reads the time; the composition root gives the system's clock, a test gives its own.
pub type Clock = Arc<dyn Fn() -> AtMs + Send + Sync>;

/// Everything that a part of the server works with; cheap to clone.
#[derive(Clone)]
pub struct Service {
    /// The database.
    pub store: Store,
    /// Signing and wrapping keys.
    pub keys: Arc<ServerKeys>,
    /// The rule packs and parameter tables in force, read once.
    pub rules: Arc<Rules>,
    /// The settings.
    pub config: Arc<Config>,
    clock: Clock,
}

impl Service {
    /// Opens the service over its database. What the journal says and the database does not know, if
    /// it is a restored one, is done again before anything is served.
    ///
    /// # Errors
    /// [`ServiceError`] if the database cannot be opened or the settings do not fit it, as a
    /// sample clock for a database that was not created as a sample, or if the journal was
    /// changed.
    pub fn open(config: Config, keys: ServerKeys, clock: Clock) -> Result<Self, ServiceError> {
        let service = Self::open_as_it_is(config, keys, clock)?;
        crate::journal::replay(&service)?;
        Ok(service)
    }

    /// The same, for whoever brings it up to the journal: nothing may be served before.
    ///
    /// # Errors
    /// As [`Service::open`], but for the journal.
    pub(crate) fn open_as_it_is(
        config: Config,
        keys: ServerKeys,
        clock: Clock,
    ) -> Result<Self, ServiceError> {
        let store = Store::open(&config.store(), Arc::clone(&clock))?;
        let service = Self {
            store,
            keys: Arc::new(keys),
            rules: Arc::new(Rules::default()),
            config: Arc::new(config),
            clock,
        };
        service.check_sample_settings()?;
        Ok(service)
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> AtMs {
        (self.clock)()
    }

    /// The clock, for what counts time by itself.
    #[must_use]
    pub(crate) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// The instant by which publicity and notice periods are judged: the present one, or ahead of
    /// it in a sample database.
    #[must_use]
    pub fn period_now(&self) -> AtMs {
        self.now()
            .plus_ms(i64::from(self.config.sample.periods_ahead_days) * 86_400_000)
    }

    /// Runs `work` as one named transaction; see [`Store::transact`].
    ///
    /// # Errors
    /// The error of `work` or of the commit.
    pub fn transact<T: Send + 'static>(
        &self,
        op: &'static str,
        work: impl FnOnce(&Self, &Tx<'_>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let (service, given) = (self.clone(), entropy::given());
        self.store.transact(Op(op), move |tx| {
            entropy::scoped(given, || {
                let done = work(&service, tx)?;
                log_end::close(tx, &service.keys)?;
                Ok(done)
            })
        })
    }

    /// Whether the database was created as a sample.
    ///
    /// # Errors
    /// [`ServiceError`] of the store.
    pub fn is_sample(&self) -> Result<bool, ServiceError> {
        let value = self
            .store
            .read(|c| crate::store::meta::get(c, crate::store::meta::IS_SAMPLE))?;
        Ok(value.is_some_and(|value| value == "1"))
    }

    fn check_sample_settings(&self) -> Result<(), ServiceError> {
        if self.config.sample.periods_ahead_days == 0 {
            return Ok(());
        }
        if self.is_sample()? {
            Ok(())
        } else {
            Err(ServiceError::Config(
                "sample.periods_ahead_days is only for a database created as a sample".into(),
            ))
        }
    }
}

/// Random bytes of the operating system (or of [`entropy::with`]), for identifiers, salts, nonces and keys.
///
/// # Errors
/// [`ServiceError::Internal`] if the system has none.
pub fn random<const N: usize>() -> Result<[u8; N], ServiceError> {
    let mut bytes = [0; N];
    entropy::fill(&mut bytes).map_err(|e| ServiceError::caused("random source", e))?;
    Ok(bytes)
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
