//! A server for these tests alone (a simulation): it keeps chains and lists in memory, signs as
//! the real one does, and can be told to fail at any step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use data_encoding::HEXLOWER;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::{ChainHead, DeviceSigner, SoftwareSigner, Suite};
use itgel_domain::file::envelope::{Body, CheckpointRef, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::identity::IdentityRecord;
use itgel_domain::log::{Checkpoint, consistency_proof, root_of};
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{
    DivisionName, EpochStart, Hello, HelloAnswer, ListEnd, Restored, TrustNews, names_digest,
};
use itgel_domain::sync::media::{Chunk, ChunkAnswer, MediaReceipt};
use itgel_domain::sync::pull::{
    EnvelopeItem, IdentityItem, Pull, PullItem, PullPage, PulledItem, Tombstone, empty_digest,
    extend_digest, item_hash,
};
use itgel_domain::sync::push::{Exception, Push, PushAnswer, Verdict};
use itgel_domain::time::AtMs;

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

/// What the server keeps; a copy of it is a backup.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    pub(crate) epoch: u64,
    pub(crate) chains: BTreeMap<(DeviceId, u32), Vec<(Hash, Verdict)>>,
    pub(crate) lists: BTreeMap<DivisionCode, Vec<PulledItem>>,
    pub(crate) envelopes: BTreeMap<ChainRef, Envelope>,
    pub(crate) identities: Vec<IdentityRecord>,
    pub(crate) pictures: BTreeMap<Hash, Vec<u8>>,
    /// Leaves of the log.
    pub(crate) leaves: Vec<Hash>,
    restored: Option<Restored>,
}

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

    /// What it states at every hello from now on.
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

    pub(crate) fn tell(&self, news: TrustNews) {
        *self.news.lock().unwrap() = Some(news);
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

    /// Sets everything aside that speaks of `subject`.
    /// Says why it sets aside what it does.
    #[allow(dead_code, reason = "the tests of the officer's app use it")]
    pub(crate) fn quarantine_for(&self, why: ErrorCode) {
        self.state.lock().unwrap().quarantined_for = Some(why);
    }

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

impl Kept {
    /// How many envelopes of a device the chains hold, all incarnations together.
    pub(crate) fn count_of(&self, device: &DeviceId) -> usize {
        self.chains
            .iter()
            .filter(|((d, _), _)| d == device)
            .map(|(_, chain)| chain.len())
            .sum()
    }

    fn head(&self, device: &DeviceId, incarnation: u32) -> ChainHead {
        let chain = self.chains.get(&(device.clone(), incarnation));
        let ids = chain.into_iter().flatten().map(|(id, _)| id);
        ids.fold(ChainHead::start(device, incarnation), ChainHead::extend)
    }

    /// The epochs of its log, the present one among them.
    fn lineage(&self) -> Vec<EpochStart> {
        let (mut lineage, size) = match &self.restored {
            Some(restored) => (restored.lineage.clone(), restored.log.size),
            None => (Vec::new(), 0),
        };
        let epoch = self.epoch;
        lineage.push(EpochStart { epoch, size });
        lineage
    }

    fn checkpoint(&self) -> CheckpointRef {
        CheckpointRef {
            size: self.leaves.len() as u64,
            root: root_of(&self.leaves),
        }
    }

    fn digest(&self, division: DivisionCode, up_to: u64) -> Hash {
        let items = self.lists.get(&division).into_iter().flatten();
        items
            .filter(|item| item.position <= up_to)
            .fold(empty_digest(division), |digest, item| {
                extend_digest(&digest, item)
            })
    }
}

fn append(kept: &mut Kept, division: DivisionCode, kind: u8, bytes: Vec<u8>) {
    let list = kept.lists.entry(division).or_default();
    let position = list.len() as u64 + 1;
    list.push(PulledItem {
        position,
        kind,
        bytes,
    });
}

/// The verdict for an envelope at its place, and what follows from it.
fn take(state: &mut State, push: &Push, bytes: &[u8], place: &ChainRef) -> Verdict {
    let id = Envelope::id_of_bytes(bytes);
    let key = (place.device.clone(), place.incarnation);
    let chain = state.kept.chains.entry(key).or_default();
    let index = usize::try_from(place.seq - 1).unwrap();
    if let Some((known, verdict)) = chain.get(index) {
        return if *known == id {
            verdict.clone()
        } else {
            Verdict::Refused(ErrorCode::EnvelopeFork)
        };
    }
    if index > chain.len() {
        return Verdict::Held;
    }
    let envelope = Envelope::from_bytes(bytes).expect("the device writes canonical envelopes");
    assert_eq!(envelope.at, *place, "the envelope stands where it says");
    let aside = state.quarantined.contains(envelope.subject());
    let verdict = if aside {
        let why = state.quarantined_for.unwrap_or(ErrorCode::ScopeOutside);
        Verdict::Quarantined(why)
    } else {
        Verdict::Accepted
    };
    chain.push((id, verdict.clone()));
    state.kept.leaves.push(id);
    let gacha = GACHA.parse().unwrap();
    match &envelope.body {
        Body::File(_) => {
            let item = EnvelopeItem {
                bytes: bytes.to_vec(),
                quarantined: aside,
            };
            append(
                &mut state.kept,
                gacha,
                0,
                PullItem::Envelope(item).to_bytes(),
            );
        }
        Body::Identity(commitment) => {
            let pushed = push.identities.iter().find(|i| i.seq == place.seq).unwrap();
            assert_eq!(
                pushed.record.commitment(&envelope.salt),
                commitment.commitment
            );
            state.kept.identities.push(pushed.record.clone());
            let (record, commitment) = (pushed.record.clone(), commitment.commitment);
            let item = PullItem::Identity(IdentityItem { record, commitment });
            append(&mut state.kept, gacha, 1, item.to_bytes());
        }
        Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => {}
    }
    state.kept.envelopes.insert(place.clone(), envelope);
    verdict
}

/// An envelope by its name, as a brief page has it.
fn named(item: PulledItem) -> PulledItem {
    let Some(PullItem::Envelope(envelope)) = item.item() else {
        return item;
    };
    let envelope = Envelope::from_bytes(&envelope.bytes).unwrap();
    let hash = item_hash(&item.bytes);
    PulledItem::deferred(item.position, item.kind, &hash, envelope.subject())
}

impl SyncProtocol for Server {
    type Error = Cut;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, Cut> {
        let fault = self.fault();
        if fault == Some(Fault::Cut) {
            return Err(Cut);
        }
        let kept = self.kept();
        let incarnations = kept.chains.keys().filter(|(d, _)| *d == request.device);
        let clock = AtMs(request.clock.0 + 1_000);
        let checkpoint = kept.checkpoint();
        let signed = Checkpoint {
            size: checkpoint.size,
            root: checkpoint.root,
            at: clock,
        };
        let lists = kept.lists.iter().map(|(division, items)| {
            let position = items.len() as u64;
            ListEnd {
                division: *division,
                position,
                digest: kept.digest(*division, position),
            }
        });
        let answer = HelloAnswer {
            protocol: 1,
            epoch: kept.epoch,
            incarnation: incarnations.map(|(_, i)| *i).max().unwrap_or(0),
            head: kept.head(&request.device, request.incarnation),
            lists: lists.collect(),
            clock,
            checkpoint,
            checkpoint_signature: self.sign(&signed.message()),
            checkpoint_at: clock,
            trust: self.news.lock().unwrap().clone(),
            consistency: request.checkpoint.and_then(|held| {
                let size = usize::try_from(held.size).unwrap();
                consistency_proof(&kept.leaves, size).ok()
            }),
            restored: kept.restored.clone(),
            names: request.names.and_then(|held| {
                let names = self.names.lock().unwrap().clone();
                (names_digest(&names) != held).then_some(names)
            }),
        };
        if fault == Some(Fault::AnswerLost) {
            Err(Cut)
        } else {
            Ok(answer)
        }
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, Cut> {
        let fault = self.fault();
        if fault == Some(Fault::Cut) {
            return Err(Cut);
        }
        let mut state = self.state.lock().unwrap();
        let up_to = request.head.at.clone();
        let key = state.keys.get(&up_to.device).expect("an admitted device");
        request
            .head
            .verify(Suite::Ed25519, key)
            .expect("the page is signed by its device");
        let from_seq = up_to.seq + 1 - request.envelopes.len() as u64;
        let mut except = Vec::new();
        for (bytes, seq) in request.envelopes.iter().zip(from_seq..) {
            let place = ChainRef {
                seq,
                ..up_to.clone()
            };
            match take(&mut state, request, bytes, &place) {
                Verdict::Accepted => {}
                verdict => except.push(Exception { seq, verdict }),
            }
        }
        let head = state.kept.head(&up_to.device, up_to.incarnation);
        let head = if head.seq > up_to.seq {
            request.head.hash
        } else {
            head.hash
        };
        let mut answer = PushAnswer {
            up_to,
            head,
            except,
            from_seq,
            received_at: AtMs(1_790_000_000_000),
            checkpoint: state.kept.checkpoint(),
            signature: String::new(),
        };
        let signer = if fault == Some(Fault::Forged) {
            &self.forger
        } else {
            &self.signer
        };
        answer.signature = HEXLOWER.encode(&signer.sign(&answer.message()));
        if fault == Some(Fault::AnswerLost) {
            Err(Cut)
        } else {
            Ok(answer)
        }
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, Cut> {
        let fault = self.fault();
        if fault == Some(Fault::Cut) {
            return Err(Cut);
        }
        let mut state = self.state.lock().unwrap();
        let is_brief = request.brief == Some(true);
        state.asked.push((request.max_bytes, is_brief));
        let list = state
            .kept
            .lists
            .get(&request.division)
            .cloned()
            .unwrap_or_default();
        let back = if state.repeats_items {
            state.page_items as u64
        } else {
            0
        };
        let from = request.after.saturating_sub(back);
        let up_to = request.after + state.page_items as u64;
        let end = list.len() as u64;
        let items: Vec<PulledItem> = list
            .into_iter()
            .filter(|item| item.position > from && item.position <= up_to)
            .map(|item| if is_brief { named(item) } else { item })
            .collect();
        let last = items.last().map_or(0, |item| item.position);
        let mut page = PullPage {
            division: request.division,
            is_end: up_to >= end,
            digest: state.kept.digest(request.division, last),
            items,
            signature: String::new(),
        };
        let signer = if fault == Some(Fault::Forged) {
            &self.forger
        } else {
            &self.signer
        };
        page.signature = HEXLOWER.encode(&signer.sign(&page.message()));
        if fault == Some(Fault::AnswerLost) {
            Err(Cut)
        } else {
            Ok(page)
        }
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, Cut> {
        if self.fault() == Some(Fault::Cut) {
            return Err(Cut);
        }
        let state = self.state.lock().unwrap();
        let list = state.kept.lists.get(&request.division).cloned();
        let listed = list.unwrap_or_default().into_iter();
        let items = listed.filter(|item| request.positions.contains(&item.position));
        Ok(Fetched {
            division: request.division,
            items: items.take(state.page_items).collect(),
        })
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, Cut> {
        let fault = self.fault();
        if fault == Some(Fault::Cut) {
            return Err(Cut);
        }
        let mut state = self.state.lock().unwrap();
        let kept = state.kept.pictures.entry(request.content).or_default();
        if request.offset == kept.len() as u64 {
            kept.extend(&request.bytes);
        }
        let received = kept.len() as u64;
        let is_whole = received == request.length && Hash::of_file(kept) == request.content;
        let receipt = is_whole.then(|| {
            let mut receipt = MediaReceipt {
                subject: request.subject.clone(),
                content: request.content,
                received_at: AtMs(1_790_000_000_000),
                signature: String::new(),
            };
            let signer = if fault == Some(Fault::Forged) {
                &self.forger
            } else {
                &self.signer
            };
            receipt.signature = HEXLOWER.encode(&signer.sign(&receipt.message()));
            receipt
        });
        if fault == Some(Fault::AnswerLost) {
            return Err(Cut);
        }
        Ok(ChunkAnswer {
            content: request.content,
            received,
            receipt,
        })
    }
}
