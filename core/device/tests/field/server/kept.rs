//! What the server keeps, and how an envelope is added to it.

use std::collections::BTreeMap;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::ChainHead;
use itgel_domain::file::envelope::{Body, CheckpointRef, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::id::DeviceId;
use itgel_domain::identity::IdentityRecord;
use itgel_domain::log::root_of;
use itgel_domain::sync::hello::{EpochStart, Restored};
use itgel_domain::sync::pull::{
    EnvelopeItem, IdentityItem, PullItem, PulledItem, empty_digest, extend_digest, item_hash,
};
use itgel_domain::sync::push::{Push, Verdict};

use super::{GACHA, State};

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
    pub(super) restored: Option<Restored>,
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

    pub(super) fn head(&self, device: &DeviceId, incarnation: u32) -> ChainHead {
        let chain = self.chains.get(&(device.clone(), incarnation));
        let ids = chain.into_iter().flatten().map(|(id, _)| id);
        ids.fold(ChainHead::start(device, incarnation), ChainHead::extend)
    }

    /// The epochs of its log, the present one among them.
    pub(super) fn lineage(&self) -> Vec<EpochStart> {
        let (mut lineage, size) = match &self.restored {
            Some(restored) => (restored.lineage.clone(), restored.log.size),
            None => (Vec::new(), 0),
        };
        let epoch = self.epoch;
        lineage.push(EpochStart { epoch, size });
        lineage
    }

    pub(super) fn checkpoint(&self) -> CheckpointRef {
        CheckpointRef {
            size: self.leaves.len() as u64,
            root: root_of(&self.leaves),
        }
    }

    pub(super) fn digest(&self, division: DivisionCode, up_to: u64) -> Hash {
        let items = self.lists.get(&division).into_iter().flatten();
        items
            .filter(|item| item.position <= up_to)
            .fold(empty_digest(division), |digest, item| {
                extend_digest(&digest, item)
            })
    }
}

pub(super) fn append(kept: &mut Kept, division: DivisionCode, kind: u8, bytes: Vec<u8>) {
    let list = kept.lists.entry(division).or_default();
    let position = list.len() as u64 + 1;
    list.push(PulledItem {
        position,
        kind,
        bytes,
    });
}

/// The verdict for an envelope at its place, and what follows from it.
pub(super) fn take(state: &mut State, push: &Push, bytes: &[u8], place: &ChainRef) -> Verdict {
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
pub(super) fn named(item: PulledItem) -> PulledItem {
    let Some(PullItem::Envelope(envelope)) = item.item() else {
        return item;
    };
    let envelope = Envelope::from_bytes(&envelope.bytes).unwrap();
    let hash = item_hash(&item.bytes);
    PulledItem::deferred(item.position, item.kind, &hash, envelope.subject())
}
