//! The field half of Itgel: an officer's encrypted store, drafts, the provisional grade, sealing
//! and synchronisation. It works for days without a network and never needs the server to unlock.
//!
//! [`Device`] is the whole of it for a screen. The way of a visit: [`Device::put_value`] for every
//! field → [`Device::check`] and [`Device::assess_provisional`] → [`Device::seal`] →
//! [`sync::run`] → [`Device::records`] turn green on the server's signed receipt.

mod bundle;
mod capture;
mod check;
mod ended;
mod entropy;
mod error;
mod evaluation;
mod evidence;
pub mod files;
pub mod http;
mod intake;
mod journal;
pub mod key_store;
mod objection;
mod offer;
mod only_here;
mod outbox;
mod overview;
mod own;
mod people;
#[cfg(feature = "plain-store")]
pub mod plain_store;
mod practice;
mod records;
mod registration;
pub mod retry;
mod review;
mod rules;
mod seal;
mod store;
pub mod sync;
pub mod vault;
mod visit;
mod warning;
pub mod wipe;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::Violation;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{DeviceSigner, SignedHead, SoftwareSigner};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::id::{CycleId, DeviceId, OfficerId, SubjectId};
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::CaseItem;
use itgel_domain::sync::push::PushAnswer;
use itgel_domain::time::AtMs;
use itgel_domain::trust::Coverage;
use itgel_domain::trust::fingerprint::{self, Fingerprint};
use rusqlite::{Connection, Transaction};

pub use bundle::AnswerReport;
pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use error::Error;
pub use evaluation::{Evaluated, EvaluationCount, QUESTIONS};
pub use key_store::{KeyFiles, KeyStore, SealingKeys};
pub use objection::{ObjectionDraft, ObjectionReceipt};
pub use overview::Standing;
pub use own::{OwnEnvelope, OwnState};
pub use records::{Need, Record, RecordState, Summary};
pub use registration::{Alike, NewHousehold};
pub use review::{ReviewDraft, Reviewed};
pub use seal::{Countersign, Sealed};
pub use store::StoreError;
pub use store::chain::RecordKind;
pub use store::draft::DraftValue;
pub use store::log::LogAlarm;
pub use store::order::Order;
pub use store::picture::KeptPicture;
pub use store::subject::{Listed, Listing, Progress};
pub use vault::{Argon2Cost, Secrets};
pub use visit::EarlierValue;
pub use warning::{Warning, WarningCode};

use rules::RuleCache;
use store::device::DeviceRow;
use store::{Store, chain, device, draft, process, projection, sound, subject, trust};
use vault::DataKey;

/// What the server answered when the device was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The device.
    pub device: DeviceId,
    /// Its officer.
    pub officer: OfficerId,
    /// The server's public key, to be pinned.
    pub server_key: Vec<u8>,
    /// The number with which the receipts begin that this device gives out.
    pub number: u32,
}

/// What the server allows a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// An administrator has not compared the fingerprint yet.
    pub is_pending: bool,
    /// The server has certified the key.
    pub is_certified: bool,
    /// Until when the grant lasts, by the server's clock; `None` before the first one.
    pub granted_until: Option<AtMs>,
    /// How far it covers the present, by the time of use since the last contact.
    pub coverage: Option<Coverage>,
    /// Milliseconds that are left of it, counted in the same way; below zero once it has ended.
    pub left_ms: Option<i64>,
    /// When the server was last heard, by its clock.
    pub last_contact: Option<AtMs>,
    /// The server has ordered that the store be deleted.
    pub wipe_ordered: bool,
}

/// What is wrong with a visit, and what looks wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Forbid sealing; all of them at once.
    pub violations: Vec<Violation>,
    /// To be looked at again; never refused.
    pub warnings: Vec<Warning>,
}

/// One officer's store on one device. Every call that changes something is on the disk when it
/// returns. Calls may come from several threads; none of them waits for a network.
pub struct Device {
    store: Store,
    rules: RuleCache,
    signer: Arc<dyn DeviceSigner>,
    entropy: Arc<dyn Entropy>,
    path: PathBuf,
    /// What is destroyed with the store.
    platform: Arc<dyn KeyStore>,
    /// Held while a synchronisation goes on.
    syncing: Mutex<()>,
    /// No page of a synchronisation follows: the store is being closed.
    is_ending: AtomicBool,
    /// Whether pages are small: the last synchronisation broke off, or the platform says 2G.
    has_weak_link: AtomicBool,
    /// What the steady clock said when the first officer signed a visit that is not sealed yet.
    first_signed: Mutex<BTreeMap<(SubjectId, CycleId), u64>>,
}

impl Device {
    /// Makes the store of an enrolled device at `path`, in the vault that stands there already
    /// or in a new one.
    ///
    /// # Errors
    /// [`Error::Store`] with [`StoreError::Exists`] if a store is there; [`Error::Vault`].
    pub fn create(
        path: &Path,
        secrets: &Secrets<'_>,
        enrolment: &Enrolment,
        signer: Arc<dyn DeviceSigner>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let row = DeviceRow {
            id: enrolment.device.clone(),
            officer: enrolment.officer.clone(),
            public_key: signer.public_key(),
            server_key: enrolment.server_key.clone(),
            incarnation: 0,
            epoch: None,
            checkpoint: None,
            revoked: false,
            number: enrolment.number,
            is_practice: false,
        };
        Self::made(path, secrets, &row, signer, entropy)
    }

    /// A new store with its own row, in the vault that stands at `path` already or in a new one.
    fn made(
        path: &Path,
        secrets: &Secrets<'_>,
        row: &DeviceRow,
        signer: Arc<dyn DeviceSigner>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let key = if vault::exists(path) {
            vault::unlock(path, secrets)?
        } else {
            vault::create(path, secrets, entropy.as_ref())?
        };
        let store = Store::create(path, &key, |tx| device::insert(tx, row))?;
        Self::started(store, (path, secrets), signer, entropy)
    }

    /// Unlocks and opens the store at `path`. A deletion that was interrupted is brought to its end.
    ///
    /// # Errors
    /// [`Error::Wiped`] if the store was deleted by order; [`Error::Vault`] for a wrong PIN, with the tries that are left; [`Error::ForeignKey`] if
    /// `signer` is not the key that was enrolled.
    pub fn open(
        path: &Path,
        secrets: &Secrets<'_>,
        signer: Arc<dyn DeviceSigner>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let key = Self::unlock(path, secrets)?;
        Self::started(Store::open(path, &key)?, (path, secrets), signer, entropy)
    }

    /// The same for a store whose vault has the signing key, too ([`DataKey::signing_seed`]): one try
    /// of the PIN gives both.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub fn open_with_own_key(
        path: &Path,
        secrets: &Secrets<'_>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Arc<SoftwareSigner>), Error> {
        let key = Self::unlock(path, secrets)?;
        let signer = Arc::new(SoftwareSigner::from_secret(&key.signing_seed()));
        let store = Store::open(path, &key)?;
        let device = Self::started(store, (path, secrets), signer.clone(), entropy)?;
        Ok((device, signer))
    }

    fn unlock(path: &Path, secrets: &Secrets<'_>) -> Result<DataKey, Error> {
        if wipe::is_begun(path) {
            wipe::resume(path, secrets.platform.as_ref())?;
            return Err(Error::Wiped);
        }
        Ok(vault::unlock(path, secrets)?)
    }

    /// The device.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn id(&self) -> Result<DeviceId, Error> {
        self.read(|db| Ok(device::get(db)?.id))
    }

    /// Its officer.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn officer(&self) -> Result<OfficerId, Error> {
        self.read(|db| Ok(device::get(db)?.officer))
    }

    /// Whether the server has said that this device is revoked: it still uploads, and what it
    /// uploads is set aside.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn is_revoked(&self) -> Result<bool, Error> {
        self.read(|db| Ok(device::get(db)?.revoked))
    }

    /// What the server allows this device at `now`, for a screen.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn trust(&self, now: AtMs) -> Result<Trust, Error> {
        self.read(|db| {
            let held = trust::get(db)?;
            Ok(Trust {
                is_pending: held.is_pending,
                is_certified: held.certificate.is_some(),
                granted_until: held.grant_until,
                coverage: held.coverage(now),
                left_ms: held.left_by(now),
                last_contact: held.contact_at,
                wipe_ordered: held.wipe_nonce.is_some(),
            })
        })
    }

    /// Whether the file of the store is whole: every page under its seal, the structure in order,
    /// no row without the one that it belongs to. It reads the whole file.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot even be read.
    pub fn is_sound(&self) -> Result<bool, Error> {
        // The seals of pages are looked at in the file alone.
        self.store.empty_log()?;
        self.read(|db| Ok(sound::is_sound(db)?))
    }

    /// The fingerprint of this device's key, for an administrator to compare; `itgel-text` has the
    /// words.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint::of(&self.signer.public_key())
    }

    // Subjects ------------------------------------------------------------------------------

    /// A page of the subjects of a division, with the state of each in a cycle.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn list_subjects(&self, listing: &Listing<'_>) -> Result<Vec<Listed>, Error> {
        let patterns = people::search_patterns(listing.search);
        self.read(|db| Ok(subject::list(db, listing, patterns.as_ref())?))
    }

    /// How many subjects of a division are on this device.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn count_subjects(&self, division: DivisionCode) -> Result<u64, Error> {
        self.read(|db| Ok(subject::count_in(db, division)?))
    }

    /// A subject.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::SubjectErased`].
    pub fn subject(&self, id: &SubjectId) -> Result<Subject, Error> {
        self.read(|db| visit::subject_row(db, id))
    }

    /// The campaigns, the latest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn cycles(&self) -> Result<Vec<Cycle>, Error> {
        self.read(|db| Ok(process::cycles(db)?))
    }

    /// What the files of a subject say, all years together.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn facts(&self, id: &SubjectId) -> Result<FileFacts, Error> {
        self.read(|db| Ok(projection::of_subject(db, id)?))
    }

    /// Who the people of a subject are: one record, or several that officers wrote at the same
    /// time and a reviewer has to pick from.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn identity(&self, id: &SubjectId) -> Result<Vec<IdentityRecord>, Error> {
        self.read(|db| people::people(db, id))
    }

    /// Writes who the people of a subject are, on top of what is known here.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong; [`Error::PackMissing`] before rules came.
    pub fn put_identity(
        &self,
        id: &SubjectId,
        people: Vec<Person>,
        now: AtMs,
    ) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.enter(now, |tx| {
            let at = people::put_identity(tx, id, people, now, with)?;
            draft::delete_people(tx, id)?;
            Ok(at)
        })
    }

    // Arrival -------------------------------------------------------------------------------

    /// Where the records of a subject in a cycle stand.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn records(&self, id: &SubjectId, cycle: &CycleId) -> Result<Vec<Record>, Error> {
        self.read(|db| records::records(db, id, cycle))
    }

    /// Everything on this device that needs somebody.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn needs(&self) -> Result<Vec<Record>, Error> {
        self.read(records::needs)
    }

    /// What a restored server lost and only this device still has, a line for each household and author.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn only_here(&self) -> Result<Vec<Record>, Error> {
        self.read(|db| only_here::list(db, None))
    }

    /// How many records wait, and how many need somebody.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn summary(&self) -> Result<Summary, Error> {
        self.read(records::summary)
    }

    /// Where the case of a subject stands, as the township last said.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn case(&self, id: &SubjectId, cycle: &CycleId) -> Result<Option<CaseItem>, Error> {
        self.read(|db| Ok(process::find_case(db, id, cycle)?))
    }

    /// Everything that this device wrote, in the order of its chains: an audit holds it against
    /// what the server keeps.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn own_envelopes(&self) -> Result<Vec<OwnEnvelope>, Error> {
        self.read(own::envelopes)
    }

    /// The signature of this device under a seal: it vouches for the whole chain before it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn signed_head(&self, at: &ChainRef) -> Result<Option<SignedHead>, Error> {
        self.read(|db| {
            Ok(chain::find_signed_head(
                db,
                &at.device,
                at.incarnation,
                at.seq,
            )?)
        })
    }

    /// The server's signed receipt for an own envelope: the proof that it arrived.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn receipt(&self, at: &ChainRef) -> Result<Option<PushAnswer>, Error> {
        self.read(|db| records::receipt(db, at))
    }

    fn started(
        store: Store,
        (path, secrets): (&Path, &Secrets<'_>),
        signer: Arc<dyn DeviceSigner>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Error> {
        let device = Self {
            store,
            rules: RuleCache::default(),
            signer,
            entropy,
            path: path.to_owned(),
            platform: Arc::clone(secrets.platform),
            syncing: Mutex::new(()),
            first_signed: Mutex::default(),
            is_ending: AtomicBool::new(false),
            has_weak_link: AtomicBool::new(false),
        };
        let enrolled = device.read(|db| Ok(device::get(db)?.public_key))?;
        if enrolled != device.signer.public_key() {
            return Err(Error::ForeignKey);
        }
        let tidied = device.write(|tx| {
            chain::reset_sending(tx)?;
            intake::take_kept(tx)
        });
        match tidied {
            // What was being sent is sent again in either state: a full disk keeps nobody from
            // reading and sending.
            Err(Error::Store(StoreError::Full)) => {
                tracing::warn!("a full disk: what lay by waits for the next opening");
            }
            tidied => tidied?,
        }
        Ok(device)
    }

    /// Enters something: while the grant or its days of grace last, and no deletion has begun.
    fn enter<T>(
        &self,
        now: AtMs,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.enter_always(|tx| {
            if trust::get(tx)?.coverage(now) == Some(Coverage::Ended) {
                return Err(Error::GrantEnded);
            }
            trust::count_use(tx, now)?;
            work(tx)
        })
    }

    /// Enters what the law lets nobody refuse, also after a grant; not into a store that is about to
    /// be deleted.
    fn enter_always<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write(|tx| {
            if trust::get(tx)?.is_wiping {
                return Err(Error::Wiping);
            }
            work(tx)
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let done = self.store.read(read);
        self.recovered(done)
    }

    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let done = self.store.write(work);
        self.recovered(done)
    }
}

impl Device {
    /// An error of the disk ends what was asked for, and nothing more.
    fn recovered<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Store(error)) = &done {
            self.store.recover(error);
        }
        done
    }
}

/// Nothing of a store is shown.
impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device(redacted)")
    }
}
