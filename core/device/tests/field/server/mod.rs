//! A server for these tests alone (a simulation): it keeps chains and lists in memory, signs as
//! the real one does, and can be told to fail at any step.

mod kept;
mod protocol;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use data_encoding::HEXLOWER;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{DeviceSigner as _, SoftwareSigner};
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::sync::hello::{DivisionName, Restored, TrustNews};
use itgel_domain::sync::pull::{PullItem, PulledItem, Tombstone};
use itgel_domain::time::AtMs;

pub(crate) use kept::Kept;
use kept::append;

/// The home of every subject in these tests.
pub(crate) const GACHA: &str = "150623200201";

/// Its banner.
pub(crate) const BANNER: &str = "150623";

/// A way in which a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never arrives.
    Cut,
    /// The server does its work and the answer gets lost.
    AnswerLost,
    /// Somebody else signs the answer.
    Forged,
}

#[derive(Debug, thiserror::Error)]
#[error("cut")]
pub(crate) struct Cut;

#[derive(Default)]
struct State {
    kept: Kept,
    keys: BTreeMap<DeviceId, Vec<u8>>,
    quarantined: BTreeSet<SubjectId>,
    /// Why they are.
    quarantined_for: Option<ErrorCode>,
    faults: BTreeMap<u64, Fault>,
    calls: u64,
    page_items: usize,
    repeats_items: bool,
    /// Whether it tells nobody of its lists, as a device that may not work any more.
    is_silent: bool,
    asked: Vec<(u32, bool)>,
}

pub(crate) struct Server {
    state: Mutex<State>,
    news: Mutex<Option<TrustNews>>,
    names: Mutex<Vec<DivisionName>>,
    signer: SoftwareSigner,
    forger: SoftwareSigner,
}

impl Server {
    pub(crate) fn new() -> Self {
        let kept = Kept {
            epoch: 1,
            ..Kept::default()
        };
        Self {
            state: Mutex::new(State {
                kept,
                page_items: 7,
                ..State::default()
            }),
            news: Mutex::default(),
            names: Mutex::default(),
            signer: SoftwareSigner::from_secret(&[200; 32]),
            forger: SoftwareSigner::from_secret(&[201; 32]),
        }
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.signer.public_key()
    }

    /// What a division is called from now on.
    pub(crate) fn call(&self, division: &str, name: &str, name_mn: Option<&str>) {
        let division = division.parse().unwrap();
        let mut names = self.names.lock().unwrap();
        names.retain(|one| one.division != division);
        names.push(DivisionName {
            division,
            name: name.to_owned(),
            name_mn: name_mn.map(str::to_owned),
        });
    }

    /// What it states at every hello from now on.
    pub(crate) fn tell(&self, news: TrustNews) {
        // As the real one: without news there is nothing to say.
        *self.news.lock().unwrap() = (news != TrustNews::default()).then_some(news);
    }

    pub(crate) fn signer(&self) -> &SoftwareSigner {
        &self.signer
    }

    /// Signs with another key from now on.
    pub(crate) fn sign_with(&mut self, secret: [u8; 32]) {
        self.signer = SoftwareSigner::from_secret(&secret);
    }

    pub(crate) fn admit(&self, device: &DeviceId, key: Vec<u8>) {
        self.state.lock().unwrap().keys.insert(device.clone(), key);
    }

    pub(crate) fn list(&self, division: &str, item: &PullItem) {
        let mut state = self.state.lock().unwrap();
        append(
            &mut state.kept,
            division.parse().unwrap(),
            item.kind(),
            item.to_bytes(),
        );
    }

    /// An item of a kind that nobody knows yet.
    pub(crate) fn list_unknown(&self, division: &str, kind: u8, bytes: Vec<u8>) {
        let mut state = self.state.lock().unwrap();
        append(&mut state.kept, division.parse().unwrap(), kind, bytes);
    }

    pub(crate) fn tombstone(&self, subject: &SubjectId) -> PullItem {
        let signature = self.sign(&Tombstone::message(subject));
        PullItem::Tombstone(Tombstone {
            subject: subject.clone(),
            signature,
        })
    }

    /// Says why it sets aside what it does.
    pub(crate) fn quarantine_for(&self, why: ErrorCode) {
        self.state.lock().unwrap().quarantined_for = Some(why);
    }

    /// Sets everything aside that speaks of `subject`.
    pub(crate) fn quarantine(&self, subject: &SubjectId) {
        self.state
            .lock()
            .unwrap()
            .quarantined
            .insert(subject.clone());
    }

    /// Makes the call with this number from now on fail: 0 is the next one.
    pub(crate) fn fail(&self, call: u64, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        let at = state.calls + call;
        state.faults.insert(at, fault);
    }

    pub(crate) fn heal(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// Every page of a list brings the one before again.
    pub(crate) fn repeat_items(&self) {
        self.state.lock().unwrap().repeats_items = true;
    }

    pub(crate) fn calls(&self) -> u64 {
        self.state.lock().unwrap().calls
    }

    pub(crate) fn kept(&self) -> Kept {
        self.state.lock().unwrap().kept.clone()
    }

    /// Puts a backup back, as an operator does after a loss.
    pub(crate) fn restore(&self, backup: Kept) {
        let mut state = self.state.lock().unwrap();
        let epoch = state.kept.epoch + 1;
        let mut restored = Restored {
            epoch,
            log: backup.checkpoint(),
            at: AtMs(1_790_000_000_000),
            signature: String::new(),
            lineage: backup.lineage(),
        };
        restored.signature = self.sign(&restored.message());
        state.kept = Kept {
            epoch,
            restored: Some(restored),
            ..backup
        };
    }

    /// Puts other history in the place of what the log says, as nobody may.
    pub(crate) fn rewrite(&self, history: Kept) {
        self.state.lock().unwrap().kept = history;
    }

    /// Tells of its lists, or of none as to a device that was stopped.
    pub(crate) fn tell_lists(&self, tells: bool) {
        self.state.lock().unwrap().is_silent = !tells;
    }

    /// Items of a page.
    pub(crate) fn page_items(&self, items: usize) {
        self.state.lock().unwrap().page_items = items;
    }

    /// The sizes that pages were asked for in, and which of them were brief.
    pub(crate) fn asked(&self) -> Vec<(u32, bool)> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Changes a listed item behind the device's back.
    pub(crate) fn tamper(&self, division: &str, position: usize) {
        let mut state = self.state.lock().unwrap();
        let list = state
            .kept
            .lists
            .get_mut(&division.parse().unwrap())
            .unwrap();
        list[position - 1] = PulledItem {
            kind: 99,
            bytes: vec![1],
            ..list[position - 1].clone()
        };
    }

    pub(crate) fn sign(&self, message: &[u8]) -> String {
        HEXLOWER.encode(&self.signer.sign(message))
    }

    /// Counts the call and says how it fails.
    fn fault(&self) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        let call = state.calls;
        state.calls += 1;
        state.faults.remove(&call)
    }
}
