//! The server of a run: the real service over a real database, without HTTP.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use itgel_domain::time::AtMs;
use itgel_server::config::Config;
use itgel_server::keys::{RetiredKeyDays, RotationError, ServerKeys};
use itgel_server::{Clock, Service, ServiceError, backup, entropy, jobs, store};
use zeroize::Zeroizing;

use super::chance::Bytes;
use super::failure::{Failure, Outcome, fails};

/// The database, in a run's folder.
const DATABASE: &str = "server.db";

/// Most rounds of due jobs: a job that always comes back is a fault.
const ROUNDS: usize = 1_000;

/// A running server.
pub(super) struct Host {
    /// `None` only while it is down.
    service: Option<Service>,
    folder: PathBuf,
    clock: Arc<AtomicI64>,
    entropy: Arc<Bytes>,
    /// The last backup.
    backup: Option<PathBuf>,
    handed_on: u64,
}

impl Host {
    /// A new server with an empty database.
    pub(super) fn create(folder: &Path, now: AtMs, entropy: &Arc<Bytes>) -> Outcome<Self> {
        let random = Zeroizing::new(std::array::from_fn(|_| entropy.take::<32>()));
        ServerKeys::create(&folder.join("keys.toml"), &random)?;
        Self::open(folder, now, entropy)
    }

    /// The server whose files lie in `folder`.
    pub(super) fn open(folder: &Path, now: AtMs, entropy: &Arc<Bytes>) -> Outcome<Self> {
        let clock = Arc::new(AtomicI64::new(now.0));
        let service = start(folder, &clock, entropy)?;
        Ok(Self {
            service: Some(service),
            folder: folder.to_owned(),
            clock,
            entropy: Arc::clone(entropy),
            backup: None,
            handed_on: 0,
        })
    }

    /// The service as it runs.
    pub(super) const fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    /// The true time, which is the server's.
    pub(super) fn now(&self) -> AtMs {
        AtMs(self.clock.load(Ordering::SeqCst))
    }

    /// Lets the server do something with the chance of this run.
    pub(super) fn work<T>(&self, work: impl FnOnce(&Service) -> T) -> T {
        entropy::with(Arc::clone(&self.entropy) as _, || work(self.service()))
    }

    /// Lets time pass without anything being done.
    pub(super) fn wait(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// Does what is due.
    pub(super) fn do_jobs(&self) -> Outcome<()> {
        for _ in 0..ROUNDS {
            if self.work(jobs::run_due)? == 0 {
                let failed = self.service().store.read(store::job::list_failed)?;
                if failed.is_empty() {
                    return Ok(());
                }
                return fails(format!("jobs failed: {failed:?}"));
            }
        }
        fails("jobs are due again and again")
    }

    /// Kills the server between two transactions and starts it again.
    pub(super) fn restart(&mut self) -> Outcome<()> {
        self.service = None;
        self.service = Some(start(&self.folder, &self.clock, &self.entropy)?);
        Ok(())
    }

    /// Announces the next keys; whether there were none yet.
    pub(super) fn announce(&mut self) -> Outcome<bool> {
        let pair = Zeroizing::new([self.entropy.take(), self.entropy.take()]);
        match ServerKeys::announce(&self.keys(), &pair, self.now()) {
            Ok(()) => self.restart().map(|()| true),
            Err(RotationError::Announced) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets the announced keys take over, before their time if it has not come; whether there
    /// were any.
    pub(super) fn rotate(&mut self) -> Outcome<bool> {
        let (path, now, term) = (self.keys(), self.now(), RetiredKeyDays::default());
        let rotated = match ServerKeys::rotate(&path, now, false, term) {
            Err(RotationError::TooEarly { .. }) => ServerKeys::rotate(&path, now, true, term),
            other => other,
        };
        match rotated {
            Ok(()) => {
                self.handed_on += 1;
                self.restart().map(|()| true)
            }
            Err(RotationError::NotAnnounced) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// How often keys took over.
    pub(super) const fn handed_on(&self) -> u64 {
        self.handed_on
    }

    fn keys(&self) -> PathBuf {
        self.folder.join("keys.toml")
    }

    /// Writes a backup.
    pub(super) fn back_up(&mut self) -> Outcome<()> {
        let folder = self.folder.join("backups");
        let taken = self.work(|service| backup::take(service, &folder))?;
        self.backup = Some(taken.path);
        Ok(())
    }

    /// Whether there is a backup to restore from.
    pub(super) const fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    /// Throws the database away and restores the last backup, as an operator does.
    pub(super) fn restore(&mut self) -> Outcome<()> {
        let Some(taken) = self.backup.clone() else {
            return Ok(());
        };
        self.service = None;
        for end in ["", "-wal", "-shm"] {
            let path = self.folder.join(format!("{DATABASE}{end}"));
            if path.exists() {
                fs::remove_file(path)?;
            }
        }
        let config = config(&self.folder)?;
        let keys = ServerKeys::read(&config.keys)?;
        let clock = reading(&self.clock);
        entropy::with(Arc::clone(&self.entropy) as _, || {
            backup::restore(&config, keys, clock, &taken)
        })?;
        self.service = Some(start(&self.folder, &self.clock, &self.entropy)?);
        Ok(())
    }
}

fn start(folder: &Path, clock: &Arc<AtomicI64>, source: &Arc<Bytes>) -> Outcome<Service> {
    let config = config(folder)?;
    let keys = ServerKeys::read(&config.keys)?;
    let started = entropy::with(Arc::clone(source) as _, || {
        let service = Service::open(config, keys, reading(clock))?;
        jobs::start(&service)?;
        Ok::<_, ServiceError>(service)
    });
    started.map_err(Failure::from)
}

fn config(folder: &Path) -> Outcome<Config> {
    let text = format!(
        "listen = '127.0.0.1:0'\npublic_url = 'https://itgel.example'\n\
         database = '{}'\nkeys = '{}'\nreaders = 1\n",
        folder.join(DATABASE).display(),
        folder.join("keys.toml").display()
    );
    Ok(Config::parse(&text)?)
}

fn reading(clock: &Arc<AtomicI64>) -> Clock {
    let clock = Arc::clone(clock);
    Arc::new(move || AtMs(clock.load(Ordering::SeqCst)))
}
