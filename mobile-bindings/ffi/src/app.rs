//! The program as a shell starts it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use itgel_device::http::{Carrier, HttpConfig, Network};
use itgel_device::{Argon2Cost, KeyFiles, SystemEntropy};
use itgel_domain::error::ErrorCode;
use itgel_field::{Answered, Clock, Ground, HttpTransport, Keeper, PACE, SystemClock};
use itgel_text::Lang;

use crate::error::{Errors, FieldError};
use crate::host::{
    HostClock, HostKeys, HostTransport, HostsCarrier, HostsClock, HostsKeys, LogSink,
};
use crate::log;
use crate::store::FieldStore;

/// What the program is started with.
#[derive(Clone, uniffi::Record)]
pub struct Launch {
    /// The folder of the officers' stores, of the app alone.
    pub data_folder: String,
    /// The certificate in PEM that the server's own rests on, where it is not a public one.
    pub root_pem: Option<Vec<u8>>,
    /// An unlocked store synchronises by itself for as long as the program is there.
    pub synchronises_itself: bool,
}

/// A request of a page.
#[derive(Clone, uniffi::Record)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// A form, `application/x-www-form-urlencoded`.
    pub body: Vec<u8>,
}

/// A line of a head.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HeaderLine {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The answer to a page.
#[derive(Clone, uniffi::Record)]
pub struct Answer {
    /// The HTTP status; never a redirect.
    pub status: u16,
    /// The media type.
    pub content_type: String,
    /// Where the answered page stands, if it is another one.
    pub location: Option<String>,
    /// What else the answer says of itself.
    pub headers: Vec<HeaderLine>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// An officer of this device.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Enrolled {
    /// What names their store on this device.
    pub key: String,
    /// Who.
    pub officer: String,
    /// The address of their server.
    pub server: String,
}

/// The program. It may be called from any thread, and from several at once.
#[derive(uniffi::Object)]
pub struct FieldApp {
    field: itgel_field::FieldApp,
    way: Way,
    /// Dropped with the program: it ends what goes on, and locks.
    _keeper: Option<Keeper>,
}

/// The way to the server.
#[derive(Clone)]
pub(crate) struct Way {
    root_pem: Option<Vec<u8>>,
    carrier: Option<Arc<dyn Carrier>>,
}

impl Way {
    /// What carries requests to `server`.
    pub(crate) fn carrier(&self, server: &str) -> Result<Arc<dyn Carrier>, ErrorCode> {
        if let Some(carrier) = &self.carrier {
            return Ok(Arc::clone(carrier));
        }
        let config = HttpConfig {
            root_pem: self.root_pem.clone(),
            ..HttpConfig::new(server)
        };
        let network = Network::new(&config).map_err(|_| ErrorCode::Unavailable)?;
        Ok(Arc::new(network))
    }

    fn transport(&self) -> HttpTransport {
        HttpTransport {
            root_pem: self.root_pem.clone(),
            carrier: self.carrier.clone(),
        }
    }
}

#[uniffi::export]
impl FieldApp {
    /// Starts the program over its folder; every store is locked. The host's keys seal what opens a
    /// store beside its PIN. A clock, a way to the server and a taker of the log are the machine's own
    /// where the host brings none.
    ///
    /// # Errors
    /// [`FieldError::Unexpected`] for a folder that cannot be used.
    #[uniffi::constructor]
    pub fn start(
        launch: Launch,
        keys: Arc<dyn HostKeys>,
        clock: Option<Arc<dyn HostClock>>,
        transport: Option<Arc<dyn HostTransport>>,
        log_sink: Option<Arc<dyn LogSink>>,
    ) -> Result<Arc<Self>, FieldError> {
        if let Some(sink) = log_sink {
            log::to(sink);
        }
        let errors = Errors(Lang::default());
        let data = PathBuf::from(launch.data_folder);
        let platform = KeyFiles::sealed(&data.join("secrets"), Arc::new(HostsKeys(keys)));
        let way = Way {
            root_pem: launch.root_pem,
            carrier: transport.map(|host| Arc::new(HostsCarrier(host)) as Arc<dyn Carrier>),
        };
        let machine = SystemClock::start();
        let clock: Arc<dyn Clock> = match clock {
            Some(host) => Arc::new(HostsClock { host, machine }),
            None => Arc::new(machine),
        };
        let ground = Ground {
            data,
            clock,
            transport: Arc::new(way.transport()),
            entropy: Arc::new(SystemEntropy),
            platform: Arc::new(platform),
            cost: Argon2Cost::FIELD,
        };
        let field = itgel_field::FieldApp::start(ground);
        let field = field.map_err(|_| errors.of(ErrorCode::Internal))?;
        let keeps = launch.synchronises_itself;
        Ok(Arc::new(Self {
            _keeper: keeps.then(|| field.keep_synchronised(PACE)),
            field,
            way,
        }))
    }

    /// Answers a page of the program. It never fails: what goes wrong is a page too.
    pub fn handle(&self, request: Request) -> Answer {
        let answered = self.answered(&request.method, &request.path, &request.body);
        let headers = answered.headers.into_iter();
        Answer {
            status: answered.status,
            content_type: answered.content_type,
            location: answered.location,
            headers: headers
                .map(|(name, value)| HeaderLine { name, value })
                .collect(),
            body: answered.body,
        }
    }

    /// Answers a form that a page sends over the bridge of its shell, as the page reads it
    /// (`docs/field.md`).
    pub fn bridge(&self, path: String, form: String) -> String {
        self.answered("POST", &path, form.as_bytes()).to_bridge()
    }

    /// Everybody who was enrolled on this device.
    pub fn enrolled(&self) -> Vec<Enrolled> {
        let all = self.field.enrolled().into_iter();
        all.map(|one| Enrolled {
            key: one.key,
            officer: one.officer.to_string(),
            server: one.server,
        })
        .collect()
    }

    /// Enrols an officer by an invitation and unlocks the new store: the pages show it, and it waits
    /// for its first synchronisation.
    ///
    /// # Errors
    /// [`FieldError`]; then nothing is left behind.
    pub fn enrol(&self, invitation: String, pin: String) -> Result<Arc<FieldStore>, FieldError> {
        let unlocked = self.field.enrol(&invitation, &pin);
        let unlocked = unlocked.map_err(|error| self.errors().enrol(&error))?;
        Ok(FieldStore::new(
            self.field.clone(),
            unlocked,
            self.way.clone(),
        ))
    }

    /// Unlocks the store of an officer, without a network.
    ///
    /// # Errors
    /// [`FieldError::Locked`] for a wrong PIN, with the tries that are left.
    pub fn unlock(&self, key: String, pin: String) -> Result<Arc<FieldStore>, FieldError> {
        let unlocked = self.field.open(&key, &pin);
        let unlocked = unlocked.map_err(|error| self.errors().open(&error))?;
        Ok(FieldStore::new(
            self.field.clone(),
            unlocked,
            self.way.clone(),
        ))
    }

    /// Synchronises beside the pages if a store is unlocked, something waits and it is time; whether it
    /// began. A scheduler of the platform calls this.
    pub fn synchronise_if_due(&self) -> bool {
        self.field.synchronise_if_due()
    }

    /// Says that there is a network again: what failed is tried at once.
    pub fn network_came_back(&self) {
        self.field.network_came_back();
    }

    /// Locks the store. A [`FieldStore`] of it answers [`FieldError::Locked`] from now on.
    pub fn lock(&self) {
        self.field.lock();
    }
}

impl FieldApp {
    fn lang(&self) -> Lang {
        self.field.language()
    }

    fn errors(&self) -> Errors {
        Errors(self.lang())
    }

    /// The answer of the router; of a page that goes down, a page that says so.
    fn answered(&self, method: &str, path: &str, body: &[u8]) -> Answered {
        let answer = || self.field.handle(method, path, body);
        catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| Answered {
            status: 500,
            content_type: "text/plain; charset=utf-8".to_owned(),
            location: None,
            headers: Vec::new(),
            body: itgel_text::error(self.lang(), ErrorCode::Internal, &[]).into_bytes(),
        })
    }
}

/// Nothing of a program is shown.
impl std::fmt::Debug for FieldApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldApp(redacted)")
    }
}
