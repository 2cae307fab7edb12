//! What is set aside, and how it comes back: noted for whoever decides, judged again when a person
//! let something pass or what it lacks has come, and with it everything of the file that waited
//! for it, in the order of its chains (`design.md` 6).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::{Ballot, Body, Envelope, FileBody, IdentityCommitment};
use itgel_domain::policy::Action;
use itgel_domain::sync::push::Verdict;
use itgel_domain::sync::quarantine::{Outcome, remedy};
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::admission::{Admission, Home};
use super::sender::tell_sender;
use super::stranger::NoPlace;
use super::structure;
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::lending;
use crate::service::Service;
use crate::store::envelope::SealedEnvelope;
use crate::store::quarantine::{Decided, QuarantineRow};
use crate::store::{self, Tx};

/// Most envelopes of a device that wait in quarantine (`security.md` T35).
pub const MAX_ENVELOPES: u64 = 5_000;

/// Most bytes of a device that wait there.
pub const MAX_BYTES: u64 = 64 << 20;

/// Judges again what was set aside: what persons let pass of it counts no more, and what it lacked
/// may have come. What waited for it in its file follows.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn judge_again(
    service: &Service,
    tx: &Tx<'_>,
    rows: &[QuarantineRow],
    now: AtMs,
) -> Result<(), ServiceError> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let device = store::device::get(tx, &first.at.device)?.ok_or(ErrorCode::DeviceUnknown)?;
    let mut admission = Admission::open(service, tx, &device, now)?;
    for row in rows {
        admission.judge_again(row)?;
    }
    admission.finish()
}

/// The envelope that was set aside; `None` once it was erased.
///
/// # Errors
/// [`ServiceError`] of the database, or if the bytes do not open or decode.
pub(crate) fn read_aside(
    service: &Service,
    connection: &Connection,
    row: &QuarantineRow,
) -> Result<Option<Envelope>, ServiceError> {
    match store::envelope::get_sealed(connection, &row.at)? {
        Some(kept) => open(service, connection, row, &kept),
        None => Ok(None),
    }
}

/// The envelope under the key of what it carries.
fn open(
    service: &Service,
    connection: &Connection,
    row: &QuarantineRow,
    kept: &SealedEnvelope,
) -> Result<Option<Envelope>, ServiceError> {
    if kept.sealed.is_empty() {
        return Ok(None);
    }
    if row.file.is_some() {
        return contents::read_envelope(service, connection, kept);
    }
    let subject = row.subject.as_str();
    for scope in [Scope::Identity, Scope::Ballots] {
        let Some(key) = contents::find_key(service, connection, scope, subject)? else {
            continue;
        };
        // A commitment and a ballot about one subject lie under two keys.
        if let Ok(bytes) = contents::open(&key, "envelope", &row.at.to_string(), &kept.sealed) {
            let envelope = Envelope::from_bytes(&bytes);
            return Ok(Some(
                envelope.map_err(|e| ServiceError::caused("a stored envelope", e))?,
            ));
        }
    }
    Ok(None)
}

/// What waits until entries of others count.
struct Lacking {
    row: QuarantineRow,
    /// Where they stand; the first that is waited for is the last.
    of: Vec<ChainRef>,
}

impl Admission<'_> {
    /// Notes an envelope for whoever decides about it.
    pub(super) fn set_aside(
        &mut self,
        envelope: &Envelope,
        home: &Home,
        code: ErrorCode,
        size: usize,
    ) -> Result<(), ServiceError> {
        let bytes = u64::try_from(size).unwrap_or(u64::MAX);
        self.make_room(bytes)?;
        let division = match home {
            Home::Known { subject, .. } => subject.division,
            Home::Unknown | Home::Erased => {
                let officer = store::officer::get(self.tx, &self.device.officer)?;
                officer.ok_or(ErrorCode::OfficerUnknown)?.division
            }
        };
        let row = QuarantineRow {
            at: envelope.at.clone(),
            subject: envelope.subject().clone(),
            file: match &envelope.body {
                Body::File(body) => Some(body.file.clone()),
                Body::Identity(_) | Body::Ballot(_) | Body::Objection(_) | Body::Review(_) => None,
            },
            division,
            officer: self.device.officer.clone(),
            reason: code,
            waived: Vec::new(),
            bytes,
            since: self.now,
            outcome: None,
            decided_by: None,
            decided_at: None,
            words: None,
        };
        Ok(store::quarantine::put(self.tx, &row)?)
    }

    /// Takes room in the quarantine of the device; a full one refuses the whole page, which stays
    /// on the device. Bytes that are kept as evidence take room as well.
    pub(super) fn make_room(&mut self, bytes: u64) -> Result<(), ServiceError> {
        let mut load = match self.load {
            Some(load) => load,
            None => store::quarantine::load(self.tx, &self.device.id)?,
        };
        load.envelopes += 1;
        load.bytes += bytes;
        self.load = Some(load);
        if load.envelopes > MAX_ENVELOPES || load.bytes > MAX_BYTES {
            return Err(ErrorCode::QuarantineFull.into());
        }
        Ok(())
    }

    /// Judges again everything that waits in the files of the page: what it lacked may have come
    /// with the page.
    ///
    /// Each is judged at most twice, in whatever order they refer to each other. Whether it gets a
    /// place shows at once, because what it builds on is tried before. What refers to entries that do
    /// not count yet is judged again when the last of them counts, and not with each one.
    pub(super) fn take_waiting(&mut self) -> Result<(), ServiceError> {
        for file in self.files_with_news() {
            self.try_anew(&file);
            let rows = store::quarantine::list_of_file(self.tx, &file)?;
            let waiting = rows.into_iter().filter(|row| is_for_another(row.reason));
            let mut open: VecDeque<QuarantineRow> = waiting.collect();
            let mut lacking: BTreeMap<ChainRef, Vec<Lacking>> = BTreeMap::new();
            while let Some(row) = open.pop_front() {
                let counts = self.judge_again(&row)?.is_some_and(|v| v.counts());
                let woken = match counts {
                    true => lacking.remove(&row.at).unwrap_or_default(),
                    false => {
                        let of = std::mem::take(&mut self.lacks);
                        let is_any = !of.is_empty();
                        is_any.then_some(Lacking { row, of }).into_iter().collect()
                    }
                };
                for mut one in woken {
                    while one.of.pop_if(|at| self.counts(&file, at)).is_some() {}
                    match one.of.last() {
                        Some(next) => lacking.entry(next.clone()).or_default().push(one),
                        None => open.push_back(one.row),
                    }
                }
            }
        }
        Ok(())
    }

    /// Judges what was set aside; `None` if nothing of it is kept.
    pub(super) fn judge_again(
        &mut self,
        row: &QuarantineRow,
    ) -> Result<Option<Verdict>, ServiceError> {
        let Some(kept) = store::envelope::get_sealed(self.tx, &row.at)? else {
            return Ok(None);
        };
        self.stand_for(&row.at.device)?;
        self.window = self.window_at(&row.at, row.since)?;
        self.waived = row.waived.iter().copied().collect();
        self.lacks = Vec::new();
        let verdict = self.judge_kept(row, &kept);
        self.waived = BTreeSet::new();
        let Some(verdict) = verdict? else {
            return Ok(None);
        };
        if verdict != kept.row.verdict {
            store::envelope::set_verdict(self.tx, &row.at, &verdict)?;
        }
        self.follow(&row.at, &verdict)?;
        if verdict.counts() != kept.row.verdict.counts() {
            let home = self.home_of(&row.subject)?;
            let home = match home.as_ref() {
                Home::Known { subject, .. } if row.file.is_some() => Some(subject),
                _ => None,
            };
            let told = (&row.at, &kept.row.id, &verdict);
            tell_sender(self.tx, &self.actor, home, told)?;
        }
        Ok(Some(verdict))
    }

    /// Brings what is noted of the waiting to a verdict.
    pub(super) fn follow(&self, at: &ChainRef, verdict: &Verdict) -> Result<(), ServiceError> {
        let Some(row) = store::quarantine::get(self.tx, at)? else {
            return Ok(());
        };
        match verdict {
            Verdict::Quarantined(code) if *code != row.reason => {
                store::quarantine::set_reason(self.tx, at, *code, &row.waived)?;
            }
            Verdict::Accepted | Verdict::AcceptedFlagged(_) => {
                let outcome = match row.waived.is_empty() {
                    true => Outcome::Arrived,
                    false => Outcome::Released,
                };
                let decided = Decided {
                    outcome,
                    by: row.decided_by.as_ref(),
                    at: self.now,
                    words: row.words.as_deref(),
                };
                store::quarantine::decide(self.tx, at, &decided)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn judge_kept(
        &mut self,
        row: &QuarantineRow,
        kept: &SealedEnvelope,
    ) -> Result<Option<Verdict>, ServiceError> {
        let Some(envelope) = open(self.service, self.tx, row, kept)? else {
            return Ok(None);
        };
        let home = self.home_of(&row.subject)?;
        match (&envelope.body, home.as_ref()) {
            (_, Home::Erased) => Ok(None),
            (Body::File(body), home) => self.judge_file(&envelope, body, home, kept).map(Some),
            (Body::Identity(commitment), home) => {
                self.judge_identity(&envelope, commitment, home).map(Some)
            }
            (Body::Ballot(ballot), home) => {
                self.judge_ballot(&envelope, ballot, home, kept).map(Some)
            }
            (Body::Objection(objection), home) => {
                self.judge_objection(&envelope, objection, home).map(Some)
            }
            (Body::Review(review), home) => self.judge_review(&envelope, review, home).map(Some),
        }
    }

    fn judge_file(
        &mut self,
        envelope: &Envelope,
        body: &FileBody,
        home: &Home,
        kept: &SealedEnvelope,
    ) -> Result<Verdict, ServiceError> {
        let mut file = self.file(&body.file)?;
        let denied = self.forbidden(envelope, home, Action::Capture);
        let place = match kept.row.document {
            Some(place) => Ok(place),
            None => self.place((envelope, body), home, denied, &mut file)?,
        };
        let misfit = place.err().and_then(NoPlace::fault);
        let fault = self.file_fault(envelope, body, home, &file, denied.or(misfit))?;
        if let (Ok(place), None) = (place, kept.row.document) {
            store::envelope::set_document(self.tx, &envelope.at, place)?;
        }
        if place.is_ok() {
            (file.is_changed, file.has_news) = (true, true);
            match fault {
                Some(_) => file.facts.apply_quarantined(envelope),
                None => file.facts.apply(envelope),
            }
        }
        if fault.is_some_and(is_for_another) {
            self.lacks = structure::lacked(envelope, body, &file.facts);
        }
        let mut verdict = fault.map_or(Verdict::Accepted, Verdict::Quarantined);
        if let Home::Known { subject, .. } = home {
            if fault.is_none() {
                self.touch_entries(subject, body)?;
                lending::consented::follow(self.tx, subject, envelope, self.now)?;
                verdict = self.flagged(subject, &body.file, &file, envelope)?;
            }
            let was_unlisted = kept.row.document.is_none()
                || kept.row.verdict == Verdict::Quarantined(ErrorCode::SubjectUnknown);
            if place.is_ok() && (was_unlisted || fault.is_none()) {
                let (division, bytes) = (subject.division, envelope.to_bytes());
                let is_aside = fault.is_some();
                store::list::append_envelope(self.tx, division, &envelope.at, bytes, is_aside)?;
            }
        }
        self.put_back(&body.file, file);
        Ok(verdict)
    }

    fn judge_identity(
        &mut self,
        envelope: &Envelope,
        commitment: &IdentityCommitment,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let stored = store::identity::get(self.tx, &commitment.subject, &commitment.commitment)?;
        let record = match &stored {
            Some(row) => contents::read_identity(self.service, self.tx, row)?,
            None => None,
        };
        let (home, refused) = self.registered(envelope, home, record.as_ref())?;
        let home = &home;
        let fault = match refused {
            None => self.identity_fault(envelope, home, record.as_ref())?,
            refused => refused,
        };
        if let Some(code) = fault {
            return Ok(Verdict::Quarantined(code));
        }
        if let Some(record) = record {
            if !self.is_written_over(commitment)? {
                store::identity::let_count(self.tx, &commitment.subject, &commitment.commitment)?;
            }
            self.keep_record(envelope, commitment, &record, home, true)?;
        }
        Ok(Verdict::Accepted)
    }

    /// Whether a version that counts was written on top of this one while it waited.
    fn is_written_over(&self, commitment: &IdentityCommitment) -> Result<bool, ServiceError> {
        for row in store::identity::list_current(self.tx, &commitment.subject)? {
            let record = contents::read_identity(self.service, self.tx, &row)?;
            if record.is_some_and(|record| record.based_on.contains(&commitment.commitment)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn judge_ballot(
        &mut self,
        envelope: &Envelope,
        ballot: &Ballot,
        home: &Home,
        kept: &SealedEnvelope,
    ) -> Result<Verdict, ServiceError> {
        let fault = self.ballot_fault(envelope, ballot, home)?;
        if let (None, Home::Known { subject, .. }) = (fault, home) {
            self.count_ballot(subject, ballot, &kept.row.id)?;
        }
        Ok(fault.map_or(Verdict::Accepted, Verdict::Quarantined))
    }
}

/// Whether another envelope of the same file can be what it lacks.
fn is_for_another(code: ErrorCode) -> bool {
    remedy(code).is_arrival()
        && matches!(
            code,
            ErrorCode::EnvelopeUnknownDep | ErrorCode::EnvelopeBlocked | ErrorCode::EntryUnknown
        )
}
