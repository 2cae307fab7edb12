//! Objections that were taken down away from the server (`domain.md` D.5, G 39, G 40): opened under the
//! number that the objector holds, with the time at which they were handed in, in the order in which
//! they arrive. Nobody pulls them.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::Envelope;
use itgel_domain::file::objection::FiledObjection;
use itgel_domain::policy::Action;
use itgel_domain::rights::scan::Words;
use itgel_domain::sync::push::{Flag, Verdict};

use super::admission::{Admission, Arrived, Home};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::process::{self, Arriving};
use crate::store;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};

impl Admission<'_> {
    /// Takes an objection.
    pub(super) fn take_objection(
        &mut self,
        arrived: Arrived<'_>,
        objection: &FiledObjection,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let verdict = self.judge_objection(arrived.envelope, objection, home)?;
        let subject = objection.subject.as_str();
        let key = contents::key(self.service, self.tx, Scope::Identity, subject)?;
        let place = arrived.envelope.at.to_string();
        let sealed = contents::seal(&key, "envelope", &place, &arrived.bytes)?;
        let row = NewEnvelope {
            kind: EnvelopeKind::Objection,
            sealed: &sealed,
            ..arrived.row(self.now, &verdict)
        };
        store::envelope::put(self.tx, &row)?;
        Ok(verdict)
    }

    /// Opens it, or says what is against it.
    pub(super) fn judge_objection(
        &mut self,
        envelope: &Envelope,
        objection: &FiledObjection,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        match self.objection_fault(envelope, objection, home)? {
            Some(code) => Ok(Verdict::Quarantined(code)),
            None => self.objection_flags(envelope, objection),
        }
    }

    /// The first thing that is against it; an objection that nothing is against has been opened.
    fn objection_fault(
        &mut self,
        envelope: &Envelope,
        objection: &FiledObjection,
        home: &Home,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        if let Some(code) = self.forbidden(envelope, home, Action::TakeObjection) {
            return Ok(Some(code));
        }
        let number = store::device::number(self.tx, &envelope.at.device)?;
        let is_foreign = objection.receipt.device != number;
        if is_foreign && !self.lets_pass(ErrorCode::ObjectionNumber) {
            return Ok(Some(ErrorCode::ObjectionNumber));
        }
        if let Some(code) = self.device_code() {
            return Ok(Some(code));
        }
        let arriving = Arriving {
            objection,
            // By the device's clock, as far as that can be.
            filed_at: self.window.clamp(envelope.entered_at),
            device_at: envelope.entered_at,
            incarnation: envelope.at.incarnation,
        };
        let (service, actor, now) = (self.service, self.actor.clone(), self.now);
        // What the process refuses is a verdict about this objection and stops nothing else.
        let opened = self
            .tx
            .attempt(|tx| process::open_objection(service, tx, &actor, &arriving, now));
        match opened {
            Ok(()) => Ok(None),
            Err(ServiceError::Refused { code, .. }) => Ok(Some(code)),
            Err(error) => Err(error),
        }
    }

    fn objection_flags(
        &self,
        envelope: &Envelope,
        objection: &FiledObjection,
    ) -> Result<Verdict, ServiceError> {
        let mut flags = self.time_flags(envelope)?;
        if !Words::builtin().find(&objection.words).is_empty() {
            flags.push(Flag::ForbiddenWords);
        }
        Ok(match flags.is_empty() {
            true => Verdict::Accepted,
            false => Verdict::AcceptedFlagged(flags),
        })
    }
}
