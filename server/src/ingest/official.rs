//! The server's own entries — resolutions, imports, official corrections — on a chain of its own,
//! so that devices receive and check them like any other.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{ChainHead, Suite};
use itgel_domain::file::entry::{Entry, EntryId, ObservationEntry};
use itgel_domain::file::envelope::{Body, Envelope, FileBody, IdentityCommitment, VERSION};
use itgel_domain::file::facts::value::Source;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, OfficerId, SubjectId};
use itgel_domain::identity::{IdentityRecord, Person};
use itgel_domain::item::Observation;
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;
use itgel_domain::time::AtMs;

use super::file::{Keep, keep, year_of};
use super::identity::{Version, keep_version};
use super::newest_checkpoint;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::fold;
use crate::land;
use crate::service::{Service, random};
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::envelope::{EnvelopeKind, InDocument, NewEnvelope};
use crate::store::officer::OfficerRecord;
use crate::store::{self, Tx};

/// The device and the officer that the server writes as.
const SERVER: &str = "server";

/// Appends entries that only the server may write to the file of the present year, folds them in
/// and lists them for the gacha. The caller refreshes the standing.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] or [`ErrorCode::SubjectErased`]; [`ErrorCode::EntryForbidden`]
/// for an entry that is an officer's to write; [`ServiceError`] of the database.
pub fn append_official(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    entries: Vec<Entry>,
    now: AtMs,
) -> Result<Vec<EntryId>, ServiceError> {
    if entries.is_empty() || !entries.iter().all(Entry::is_official) {
        return Err(ErrorCode::EntryForbidden.into());
    }
    let subject = fold::subject(tx, subject)?;
    let chain = Chain::of(service, tx, &subject, now)?;
    let file = FileId {
        subject: subject.id.clone(),
        year: year_of(now),
    };
    let mut facts = store::projection::get(tx, &file)?;
    let links = facts.links(&chain.device, chain.incarnation);
    let own = facts.chain_end(&chain.device, chain.incarnation);
    let body = FileBody {
        file: file.clone(),
        deps: links.deps,
        start_op: links.start_op,
        entries,
    };
    let document = InDocument {
        actor_seq: own.map_or(1, |own| own.envelopes + 1),
        last_op: body.last_op(),
    };
    let written = chain.write(service, tx, &subject, salt()?, Body::File(body))?;
    let key = contents::key(service, tx, Scope::File, &file.to_string())?;
    let row = NewEnvelope {
        file: Some(&file),
        document: Some(document),
        ..written.row(EnvelopeKind::File, &subject.id)
    };
    keep(
        tx,
        Keep {
            row,
            bytes: written.bytes.clone(),
            key: &key,
            listed_in: Some(subject.division),
        },
    )?;
    facts.apply(&written.envelope);
    store::projection::put(tx, &file, &facts)?;
    land::follow(service, tx, &subject.id, now)?;
    let ids = written.envelope.identified();
    Ok(ids.map(|(id, _)| id).collect())
}

/// Writes who the people of a subject are, as a register knows them: a version on top of the
/// current ones, its commitment on the server's chain. The caller refreshes the standing.
///
/// # Errors
/// [`ErrorCode::SubjectErased`]; [`ServiceError`] of the database.
pub fn append_identity(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    people: Vec<Person>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let subject = fold::subject(tx, &subject.id)?;
    let chain = Chain::of(service, tx, &subject, now)?;
    let current = store::identity::list_current(tx, &subject.id)?;
    let newest = current.iter().map(|row| row.version).max();
    let record = IdentityRecord {
        subject: subject.id.clone(),
        version: newest.map_or(1, |version| version.saturating_add(1)),
        based_on: current.into_iter().map(|row| row.commitment).collect(),
        people,
        author: chain.officer.clone(),
        registration: None,
    };
    let salt = salt()?;
    let commitment = IdentityCommitment {
        subject: subject.id.clone(),
        commitment: record.commitment(&salt),
    };
    let written = chain.write(
        service,
        tx,
        &subject,
        salt,
        Body::Identity(commitment.clone()),
    )?;
    let key = contents::key(service, tx, Scope::Identity, subject.id.as_str())?;
    let place = written.envelope.at.to_string();
    let sealed = contents::seal(&key, "envelope", &place, &written.bytes)?;
    let row = NewEnvelope {
        sealed: &sealed,
        ..written.row(EnvelopeKind::Identity, &subject.id)
    };
    store::envelope::put(tx, &row)?;
    let version = Version {
        at: &written.envelope.at,
        commitment: &commitment.commitment,
        record: &record,
    };
    keep_version(service, tx, version, Some(&subject), now)
}

/// The entries that a register's values of a campaign need: none for a value that the register
/// has stated already as it stands.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn imported(
    tx: &Tx<'_>,
    subject: &SubjectId,
    cycle: &CycleId,
    observations: Vec<Observation>,
) -> Result<Vec<Entry>, ServiceError> {
    let live = fold::facts(tx, subject)?.live(cycle);
    let is_stated = |stated: &Observation| {
        let values = live.get(&stated.item).map_or(&[][..], Vec::as_slice);
        let mut own = values
            .iter()
            .filter(|value| value.source == Source::Register);
        own.any(|value| value.observation == *stated)
    };
    let new = observations.into_iter().filter(|stated| !is_stated(stated));
    let entry = |observation| {
        Entry::Import(ObservationEntry {
            cycle: cycle.clone(),
            observation,
        })
    };
    Ok(new.map(entry).collect())
}

/// The server's chain, where the next envelope goes.
struct Chain {
    device: DeviceId,
    officer: OfficerId,
    incarnation: u32,
    head: ChainHead,
    now: AtMs,
}

/// An envelope at its place in the chain.
struct Written {
    envelope: Envelope,
    bytes: Vec<u8>,
    id: Hash,
    chain_hash: Hash,
    at: AtMs,
}

impl Chain {
    fn of(
        service: &Service,
        tx: &Tx<'_>,
        subject: &Subject,
        now: AtMs,
    ) -> Result<Self, ServiceError> {
        let (device, officer) = server(service, tx, subject, now)?;
        // A restored server goes on in another incarnation, like a restored device.
        let incarnation = store::meta::epoch(tx)?;
        let row = store::chain::get(tx, &device, incarnation)?;
        let head = row.map_or_else(|| ChainHead::start(&device, incarnation), |row| row.head);
        Ok(Self {
            device,
            officer,
            incarnation,
            head,
            now,
        })
    }

    /// Puts an envelope at the end of the chain; keeping its bytes is left to the caller.
    fn write(
        self,
        service: &Service,
        tx: &Tx<'_>,
        subject: &Subject,
        salt: String,
        body: Body,
    ) -> Result<Written, ServiceError> {
        let rules = &service.rules;
        let in_force = rules.hash_of_pack_for(tx, subject.kind, self.now.on())?;
        let envelope = Envelope {
            v: VERSION,
            at: ChainRef {
                device: self.device.clone(),
                incarnation: self.incarnation,
                seq: self.head.seq + 1,
            },
            salt,
            officer: self.officer,
            pack: in_force.unwrap_or(Hash::from_bytes([0; 32])),
            entered_at: self.now,
            checkpoint: Some(newest_checkpoint(tx)?),
            body,
        };
        let bytes = envelope.to_bytes();
        // What devices could not read is not written.
        Envelope::from_bytes(&bytes).map_err(|e| ServiceError::from(e.code()))?;
        let id = Envelope::id_of(&envelope.salt, &bytes);
        let head = self.head.extend(&id);
        let chain_hash = head.hash;
        store::chain::put_head(tx, &self.device, self.incarnation, head)?;
        Ok(Written {
            envelope,
            bytes,
            id,
            chain_hash,
            at: self.now,
        })
    }
}

impl Written {
    fn row<'a>(&'a self, kind: EnvelopeKind, subject: &'a SubjectId) -> NewEnvelope<'a> {
        NewEnvelope {
            at: &self.envelope.at,
            id: &self.id,
            chain_hash: &self.chain_hash,
            kind,
            subject: Some(subject),
            file: None,
            document: None,
            verdict: &Verdict::Accepted,
            sealed: &[],
            received_at: self.at,
        }
    }
}

fn salt() -> Result<String, ServiceError> {
    Ok(data_encoding::HEXLOWER.encode(&random::<16>()?))
}

/// The server as an author; it is enrolled like a device when it first writes.
fn server(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    now: AtMs,
) -> Result<(DeviceId, OfficerId), ServiceError> {
    let id = |e| ServiceError::caused("the server's name", e);
    let device: DeviceId = SERVER.parse().map_err(id)?;
    let officer: OfficerId = SERVER.parse().map_err(id)?;
    if store::device::get(tx, &device)?.is_none() {
        let region = itgel_domain::division::DivisionLevel::Region;
        let division = subject
            .division
            .ancestor(region)
            .unwrap_or(subject.division);
        let record = OfficerRecord {
            id: officer.clone(),
            name: SERVER.into(),
            division,
        };
        store::officer::put(tx, &record)?;
        let record = DeviceRecord {
            id: device.clone(),
            officer: officer.clone(),
            suite: Suite::Ed25519,
            public_key: service.keys.public_key(),
            status: DeviceStatus::Active,
            enrolled_at: now,
        };
        store::device::put(tx, &record)?;
    }
    Ok((device, officer))
}
