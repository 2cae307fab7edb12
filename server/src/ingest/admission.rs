//! What the envelopes of one page share: who pushes, what is open, what has to be brought up to
//! date at the end. Policy is asked once for each gacha, a file is read and written once, and a
//! standing is refreshed once, however many envelopes touch it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Body, Envelope};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::{ChainRef, FileId};
use itgel_domain::hash::Hash;
use itgel_domain::id::{CycleId, DeviceId, SubjectId};
use itgel_domain::keys::ContentKey;
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::window::Window;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::page::{Item, Page};
use crate::auth::{self, kept};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::fold::Round;
use crate::land;
use crate::service::Service;
use crate::store::device::{DeviceRecord, DeviceStatus};
use crate::store::envelope::{EnvelopeKind, EnvelopeRow, NewEnvelope};
use crate::store::quarantine::Load;
use crate::store::{self, Tx};

/// A page on its way in.
pub(super) struct Admission<'a> {
    pub(super) service: &'a Service,
    pub(super) tx: &'a Tx<'a>,
    /// The device as it stands now.
    pub(super) device: DeviceRecord,
    /// Its officer.
    pub(super) actor: Actor,
    pub(super) now: AtMs,
    /// When the envelope that is judged was written, as far as the server knows: it came now, or
    /// earlier if it is judged again.
    pub(super) window: Window,
    /// What persons let pass of the envelope that is judged.
    pub(super) waived: BTreeSet<ErrorCode>,
    /// If it waits for entries of others: where they are to come.
    pub(super) lacks: Vec<ChainRef>,
    /// What the device has in quarantine, once something of it goes there.
    pub(super) load: Option<Load>,
    /// The device, if its page froze it.
    pub(super) frozen: Option<DeviceId>,
    tally: BTreeMap<(&'static str, &'static str), u64>,
    files: BTreeMap<FileId, OpenFile>,
    homes: BTreeMap<SubjectId, Rc<Home>>,
    cycles: BTreeMap<CycleId, Option<Cycle>>,
    pub(super) allowed: BTreeMap<(DivisionCode, Action, bool), Option<ErrorCode>>,
    touched: BTreeSet<(SubjectId, CycleId)>,
    /// What the standings of the page share, and what was assessed for its seals.
    pub(super) round: Round<'a>,
}

/// A file that the page writes to.
pub(super) struct OpenFile {
    /// What is known of it.
    pub(super) facts: FileFacts,
    /// Its key.
    pub(super) key: ContentKey,
    /// Whether something was added.
    pub(super) is_changed: bool,
    /// Whether something came that another envelope may wait for.
    pub(super) has_news: bool,
    /// What was tried and got no place in it (`ingest::stranger`).
    pub(super) in_vain: BTreeSet<ChainRef>,
}

/// What is known of the subject of an envelope.
pub(super) enum Home {
    /// The register does not have it.
    Unknown,
    /// It was erased.
    Erased,
    /// It lives in a division; whether the officer has declared an interest in it.
    Known {
        /// The subject.
        subject: Subject,
        /// Where it lived before, by its last day there.
        moves: Vec<(Date, DivisionCode)>,
        /// Whether the officer must not act for it.
        has_interest: bool,
    },
}

/// An envelope at its place, decoded.
pub(super) struct Arrived<'a> {
    pub(super) page: &'a Page,
    pub(super) envelope: &'a Envelope,
    pub(super) id: Hash,
    pub(super) chain_hash: &'a Hash,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Admission<'a> {
    /// Opens the door for a page of `device`.
    pub(super) fn open(
        service: &'a Service,
        tx: &'a Tx<'a>,
        device: &DeviceRecord,
        now: AtMs,
    ) -> Result<Self, ServiceError> {
        let device = store::device::get(tx, &device.id)?.ok_or(ErrorCode::DeviceUnknown)?;
        let actor = auth::officer_actor(tx, &device.officer)?;
        let window = Window {
            since: device.enrolled_at,
            until: now,
        };
        Ok(Self {
            service,
            tx,
            device,
            actor,
            now,
            window,
            waived: BTreeSet::new(),
            lacks: Vec::new(),
            load: None,
            frozen: None,
            tally: BTreeMap::new(),
            files: BTreeMap::new(),
            homes: BTreeMap::new(),
            cycles: BTreeMap::new(),
            allowed: BTreeMap::new(),
            touched: BTreeSet::new(),
            round: Round::open(service, tx, now),
        })
    }

    /// Takes an envelope at its place.
    pub(super) fn take(
        &mut self,
        page: &Page,
        chain_hash: &Hash,
        id: Hash,
        bytes: Vec<u8>,
        envelope: Envelope,
    ) -> Result<Verdict, ServiceError> {
        self.window = self.window_of(&envelope)?;
        let home = self.home_of(envelope.subject())?;
        let size = bytes.len();
        let arrived = Arrived {
            page,
            envelope: &envelope,
            id,
            chain_hash,
            bytes,
        };
        if let Home::Erased = *home {
            return self.keep_nothing(&arrived);
        }
        let verdict = match &envelope.body {
            Body::File(body) => self.take_file(arrived, body, &home),
            Body::Identity(commitment) => self.take_identity(arrived, commitment, &home),
            Body::Ballot(ballot) => self.take_ballot(arrived, ballot, &home),
            Body::Objection(objection) => self.take_objection(arrived, objection, &home),
            Body::Review(review) => self.take_review(arrived, review, &home),
        }?;
        if let Verdict::Quarantined(code) = verdict {
            self.set_aside(&envelope, &home, code, size)?;
        }
        Ok(verdict)
    }

    /// Goes on with what another device sent: its officer, and what was granted to him.
    pub(super) fn stand_for(&mut self, device: &DeviceId) -> Result<(), ServiceError> {
        if self.device.id == *device {
            return Ok(());
        }
        self.device = store::device::get(self.tx, device)?.ok_or(ErrorCode::DeviceUnknown)?;
        self.actor = auth::officer_actor(self.tx, &self.device.officer)?;
        // Both depend on the officer.
        self.homes.clear();
        self.allowed.clear();
        self.load = None;
        Ok(())
    }

    /// Whether the envelope at a place counts in a file of the page.
    pub(super) fn counts(&self, id: &FileId, at: &ChainRef) -> bool {
        self.files.get(id).is_some_and(|file| file.facts.counts(at))
    }

    /// Lets everything be tried again that found no place in a file: something new came.
    pub(super) fn try_anew(&mut self, id: &FileId) {
        if let Some(file) = self.files.get_mut(id) {
            file.in_vain.clear();
        }
    }

    /// The files that something came for.
    pub(super) fn files_with_news(&self) -> BTreeSet<FileId> {
        let changed = self.files.iter().filter(|(_, file)| file.has_news);
        changed.map(|(id, _)| id.clone()).collect()
    }

    /// The verdict of an envelope that came before; an identity record that was missing then may
    /// have come with it now.
    pub(super) fn again(
        &mut self,
        known: EnvelopeRow,
        item: &Item,
        page: &Page,
    ) -> Result<Verdict, ServiceError> {
        *self.tally.entry(store::intake_count::AGAIN).or_default() += 1;
        if known.verdict == Verdict::Quarantined(super::identity::MISSING)
            && let Ok(envelope) = &item.envelope
            && let Body::Identity(commitment) = &envelope.body
        {
            self.window = self.window_at(&known.at, self.now)?;
            let verdict = self.take_missing_record(page, envelope, commitment, known.verdict)?;
            self.follow(&known.at, &verdict)?;
            return Ok(verdict);
        }
        Ok(known.verdict)
    }

    /// Counts a verdict for the operator, in the transaction that it is part of.
    pub(super) fn tally(&mut self, verdict: &Verdict) {
        *self.tally.entry(verdict.words()).or_default() += 1;
    }

    /// Whether persons let this pass of the envelope that is judged.
    pub(super) fn lets_pass(&self, code: ErrorCode) -> bool {
        self.waived.contains(&code)
    }

    /// What a device that may not work can get at best.
    pub(super) fn device_code(&self) -> Option<ErrorCode> {
        let code = match self.device.status {
            DeviceStatus::Active => None,
            DeviceStatus::Pending => Some(ErrorCode::DevicePending),
            DeviceStatus::Revoked => Some(ErrorCode::DeviceRevoked),
            DeviceStatus::Frozen => Some(ErrorCode::EnvelopeFork),
        };
        code.filter(|code| !self.lets_pass(*code))
    }

    /// Takes a file out to work on; give it back with [`Admission::put_back`].
    pub(super) fn file(&mut self, id: &FileId) -> Result<OpenFile, ServiceError> {
        if let Some(open) = self.files.remove(id) {
            return Ok(open);
        }
        Ok(OpenFile {
            facts: store::projection::get(self.tx, id)?,
            key: contents::key(self.service, self.tx, Scope::File, &id.to_string())?,
            is_changed: false,
            has_news: false,
            in_vain: BTreeSet::new(),
        })
    }

    /// Gives a file back.
    pub(super) fn put_back(&mut self, id: &FileId, file: OpenFile) {
        self.files.insert(id.clone(), file);
    }

    /// Notes that a standing has to be refreshed at the end.
    pub(super) fn touch(&mut self, subject: &SubjectId, cycle: &CycleId) {
        self.touched.insert((subject.clone(), cycle.clone()));
    }

    /// Notes that every standing of a subject has to be refreshed.
    pub(super) fn touch_all(&mut self, subject: &SubjectId) -> Result<(), ServiceError> {
        for cycle in store::standing::list_cycles(self.tx, subject)? {
            self.touched.insert((subject.clone(), cycle));
        }
        Ok(())
    }

    /// Writes the files of the page and brings every standing up to date that it touched; a freeze
    /// goes into the journal last.
    pub(super) fn finish(mut self) -> Result<(), ServiceError> {
        self.take_waiting()?;
        for ((verdict, reason), n) in &self.tally {
            store::intake_count::add(self.tx, verdict, reason, *n)?;
        }
        let Self {
            service,
            tx,
            now,
            frozen,
            files,
            touched,
            mut round,
            ..
        } = self;
        for (id, file) in files.iter().filter(|(_, file)| file.is_changed) {
            store::projection::put(tx, id, &file.facts)?;
        }
        let open = |id: &FileId| files.get(id).map(|file| &file.facts);
        for (subject, cycle) in &touched {
            if let Some(subject) = store::subject::get(tx, subject)? {
                round.refresh_with(&subject, cycle, open)?;
            }
        }
        round.finish()?;
        // Who grazes with somebody that was counted is judged by that count, too.
        let counted: BTreeSet<&SubjectId> = touched.iter().map(|(subject, _)| subject).collect();
        for subject in counted {
            land::follow(service, tx, subject, now)?;
        }
        match frozen {
            Some(device) => kept::note(service, tx, &device),
            None => Ok(()),
        }
    }

    /// What is known of a subject.
    pub(super) fn home_of(&mut self, id: &SubjectId) -> Result<Rc<Home>, ServiceError> {
        if let Some(home) = self.homes.get(id) {
            return Ok(Rc::clone(home));
        }
        let home = match store::subject::get(self.tx, id)? {
            None => Home::Unknown,
            Some(_) if store::subject::erased_at(self.tx, id)?.is_some() => Home::Erased,
            Some(subject) => {
                let interests = store::interest::list(self.tx, id)?;
                Home::Known {
                    subject,
                    moves: store::subject::list_moves(self.tx, id)?,
                    has_interest: interests.contains(&self.device.officer),
                }
            }
        };
        let home = Rc::new(home);
        self.homes.insert(id.clone(), Rc::clone(&home));
        Ok(home)
    }

    /// Looks a subject up anew: it came into the register with this page.
    pub(super) fn forget_home(&mut self, id: &SubjectId) {
        self.homes.remove(id);
    }

    /// The campaign with this id.
    pub(super) fn cycle(&mut self, id: &CycleId) -> Result<Option<&Cycle>, ServiceError> {
        if !self.cycles.contains_key(id) {
            let cycle = store::cycle::get(self.tx, id)?;
            self.cycles.insert(id.clone(), cycle);
        }
        Ok(self.cycles.get(id).and_then(Option::as_ref))
    }

    /// The subject was erased: the place in the chain stays, and nothing of the content.
    fn keep_nothing(&self, arrived: &Arrived<'_>) -> Result<Verdict, ServiceError> {
        let envelope = arrived.envelope;
        let (kind, file) = match &envelope.body {
            Body::File(body) => (EnvelopeKind::File, Some(&body.file)),
            Body::Identity(_) => (EnvelopeKind::Identity, None),
            Body::Ballot(_) => (EnvelopeKind::Ballot, None),
            Body::Objection(_) => (EnvelopeKind::Objection, None),
            Body::Review(_) => (EnvelopeKind::Review, None),
        };
        let verdict = Verdict::Quarantined(ErrorCode::SubjectErased);
        let kept = NewEnvelope {
            kind,
            file,
            verdict: &verdict,
            ..arrived.row(self.now, &verdict)
        };
        store::envelope::put(self.tx, &kept)?;
        Ok(verdict)
    }
}

impl Arrived<'_> {
    /// Its row without content; the caller says what it is and adds the sealed bytes.
    pub(super) const fn row<'b>(&'b self, now: AtMs, verdict: &'b Verdict) -> NewEnvelope<'b> {
        NewEnvelope {
            at: &self.envelope.at,
            id: &self.id,
            chain_hash: self.chain_hash,
            kind: EnvelopeKind::Bytes,
            subject: Some(self.envelope.subject()),
            file: None,
            document: None,
            verdict,
            sealed: &[],
            received_at: now,
        }
    }
}
