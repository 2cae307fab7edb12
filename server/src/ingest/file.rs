//! Envelopes of files: judged, kept under the file's key, folded into its projection, listed for
//! the devices of the gacha.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::FileId;
use itgel_domain::file::entry::{Countersignature, Entry, Seal};
use itgel_domain::file::envelope::{Envelope, FileBody};
use itgel_domain::keys::ContentKey;
use itgel_domain::policy::Action;
use itgel_domain::rights::scan::Words;
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_domain::sync::window::Stated;
use itgel_domain::time::AtMs;

use super::admission::{Admission, Arrived, Home, OpenFile};
use super::stranger::NoPlace;
use super::{meaning, structure, when};
use crate::contents;
use crate::error::ServiceError;
use crate::fold::{self, Recomputed};
use crate::lending;
use crate::media;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};
use crate::store::{self, Tx};

/// From seal to arrival (`domain.md` D.3).
const LATE_MS: i64 = 15 * 86_400_000;

/// How far ahead of the server a device's clock may run unnoticed.
const DRIFT_MS: i64 = 3_600_000;

/// An envelope of a file that is to be kept.
pub(super) struct Keep<'a> {
    /// Its row, without the sealed bytes.
    pub(super) row: NewEnvelope<'a>,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// The key of its file.
    pub(super) key: &'a ContentKey,
    /// The gacha in whose list it stands; `None` keeps it out of every list.
    pub(super) listed_in: Option<DivisionCode>,
}

impl Admission<'_> {
    /// Takes an envelope of a file.
    pub(super) fn take_file(
        &mut self,
        arrived: Arrived<'_>,
        body: &FileBody,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let envelope = arrived.envelope;
        let mut file = self.file(&body.file)?;
        let denied = self.forbidden(envelope, home, Action::Capture);
        let place = self.place((envelope, body), home, denied, &mut file)?;
        let misfit = place.err().and_then(NoPlace::fault);
        let fault = self.file_fault(envelope, body, home, &file, denied.or(misfit))?;
        file.has_news |= misfit.is_none();
        let verdict = match fault {
            Some(code) => Verdict::Quarantined(code),
            None => Verdict::Accepted,
        };
        if place.is_ok() {
            file.is_changed = true;
            match fault {
                Some(_) => file.facts.apply_quarantined(envelope),
                None => file.facts.apply(envelope),
            }
        }
        let subject = match home {
            Home::Known { subject, .. } => Some(subject),
            Home::Unknown | Home::Erased => None,
        };
        let verdict = match subject {
            Some(subject) if verdict == Verdict::Accepted => {
                self.touch_entries(subject, body)?;
                lending::consented::follow(self.tx, subject, envelope, self.now)?;
                self.flagged(subject, &body.file, &file, envelope)?
            }
            _ => verdict,
        };
        let row = NewEnvelope {
            kind: EnvelopeKind::File,
            file: Some(&body.file),
            document: place.ok(),
            ..arrived.row(self.now, &verdict)
        };
        let listed_in = subject
            .filter(|_| place.is_ok())
            .map(|subject| subject.division);
        keep(
            self.tx,
            Keep {
                row,
                bytes: arrived.bytes.clone(),
                key: &file.key,
                listed_in,
            },
        )?;
        if subject.is_some() {
            media::announce(self.tx, &body.file, envelope, self.now)?;
        }
        self.put_back(&body.file, file);
        Ok(verdict)
    }

    /// The first thing that is against an envelope, in the order of the stages; `before` is what was
    /// found against its officer and its place.
    pub(super) fn file_fault(
        &mut self,
        envelope: &Envelope,
        body: &FileBody,
        home: &Home,
        file: &OpenFile,
        before: Option<ErrorCode>,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        let structural =
            before.or_else(|| structure::check_entries(envelope, body, &file.facts).err());
        if structural.is_some() {
            return Ok(structural);
        }
        let Home::Known { subject, .. } = home else {
            return Ok(Some(ErrorCode::SubjectUnknown));
        };
        let meant = meaning::fault(self, subject, &file.facts, envelope, body)?;
        Ok(meant.or_else(|| self.device_code()))
    }

    /// What a reviewer should look at.
    pub(super) fn flagged(
        &mut self,
        subject: &Subject,
        id: &FileId,
        file: &OpenFile,
        envelope: &Envelope,
    ) -> Result<Verdict, ServiceError> {
        let mut flags = self.time_flags(envelope)?;
        for entry in envelope.entries() {
            if !Words::builtin().find_in(entry).is_empty() {
                flags.push(Flag::ForbiddenWords);
            }
            if let Entry::Consent(consent) = entry
                && !lending::consented::is_covered(self.tx, subject, consent)?
            {
                flags.push(Flag::LenderUncovered);
            }
            if let Entry::Seal(seal) = entry {
                flags.extend(self.seal_flags(subject, id, file, envelope, seal)?);
            }
        }
        flags.sort_unstable();
        flags.dedup();
        Ok(if flags.is_empty() {
            Verdict::Accepted
        } else {
            Verdict::AcceptedFlagged(flags)
        })
    }

    fn seal_flags(
        &mut self,
        subject: &Subject,
        id: &FileId,
        file: &OpenFile,
        envelope: &Envelope,
        seal: &Seal,
    ) -> Result<Vec<Flag>, ServiceError> {
        let mut flags = Vec::new();
        if matches!(seal.countersignature, Countersignature::Drawn { .. }) {
            flags.push(Flag::DrawnSignature);
        }
        let in_force = self.round.pack_hash(subject.kind, seal.as_of)?;
        if in_force != Some(envelope.pack) {
            flags.push(Flag::OutdatedPack);
        }
        let known = (id, &file.facts);
        match fold::recompute(self.service, self.tx, subject, known, envelope, seal)? {
            Recomputed::Same(assessed) => self.round.take_assessed(*assessed),
            Recomputed::UnknownRules => flags.push(Flag::OutdatedPack),
            Recomputed::OtherLists => flags.push(Flag::AssessmentDiffers),
            Recomputed::Differs => {
                flags.push(Flag::AssessmentDiffers);
                let resource = format!("subject/{}", subject.id);
                let detail =
                    serde_json::json!({ "envelope": envelope.at.to_string(), "cycle": seal.cycle });
                let action = "alarm.assessment_differs";
                store::log::audit(self.tx, self.now, "rule", action, &resource, &detail)?;
                tracing::error!(envelope = %envelope.at, "device and server computed differently");
            }
        }
        Ok(flags)
    }

    /// Clocks are recorded and never a reason to lose data.
    pub(super) fn time_flags(&self, envelope: &Envelope) -> Result<Vec<Flag>, ServiceError> {
        let mut flags = Vec::new();
        let window = &self.window;
        let age_ms = window.until.0.saturating_sub(envelope.entered_at.0);
        if age_ms < -DRIFT_MS {
            flags.push(Flag::ClockDrift);
        }
        if !self.was_granted(envelope)? {
            flags.push(Flag::GrantExpired);
        }
        let mut stated = envelope.entries().iter().filter_map(when::stated_on);
        let is_early = stated.any(|day| window.stated(day) == Stated::Early);
        if age_ms > LATE_MS || envelope.entered_at < window.since || is_early {
            flags.push(Flag::LateArrival);
        }
        Ok(flags)
    }

    /// Whether the device held a grant when the envelope was entered (`security.md` T25). Before its
    /// first one it could not know of any subject.
    fn was_granted(&self, envelope: &Envelope) -> Result<bool, ServiceError> {
        // A clock that runs ahead or behind says nothing about the time of entry: it may have been
        // as late as it came.
        let at = match envelope.entered_at < self.window.since {
            true => self.window.until,
            false => envelope.entered_at.min(self.window.until),
        };
        let held = store::trust::grant_at(self.tx, &self.device.id, at)?;
        Ok(held.is_none_or(|grant| at < grant.until))
    }

    /// Notes every campaign that the entries of an accepted envelope move.
    pub(super) fn touch_entries(
        &mut self,
        subject: &Subject,
        body: &FileBody,
    ) -> Result<(), ServiceError> {
        let mut moves_all = false;
        for entry in &body.entries {
            match entry {
                Entry::Seal(seal) => self.touch(&subject.id, &seal.cycle),
                Entry::Retraction(_) | Entry::Consent(_) | Entry::ConsentWithdrawal(_) => {
                    moves_all = true;
                }
                other => {
                    if let Some((cycle, _)) = other.observed() {
                        self.touch(&subject.id, cycle);
                    }
                }
            }
        }
        if moves_all {
            self.touch_all(&subject.id)
        } else {
            Ok(())
        }
    }
}

/// Keeps an envelope: its row with the sealed bytes, its leaf in the log, its place in the list.
pub(super) fn keep(tx: &Tx<'_>, keep: Keep<'_>) -> Result<(), ServiceError> {
    let Keep {
        row,
        bytes,
        key,
        listed_in,
    } = keep;
    let sealed = contents::seal(key, "envelope", &row.at.to_string(), &bytes)?;
    store::envelope::put(
        tx,
        &NewEnvelope {
            sealed: &sealed,
            ..row.clone()
        },
    )?;
    if let Some(division) = listed_in {
        let quarantined = !row.verdict.counts();
        store::list::append_envelope(tx, division, row.at, bytes, quarantined)?;
    }
    Ok(())
}

/// The year of the file that an entry made at `at` goes to.
pub(super) fn year_of(at: AtMs) -> i16 {
    at.on().year()
}
