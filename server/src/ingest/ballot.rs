//! Ballots of the peer evaluation (民主评议): kept under a key of their own, read by the service
//! only. Once five are there, mean and number become a register row that devices receive.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Ballot, Envelope};
use itgel_domain::hash::Hash;
use itgel_domain::policy::{Action, Resource, may};
use itgel_domain::subject::Subject;
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Arrived, Home};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};
use crate::{auth, process, registers, store};

impl Admission<'_> {
    /// Takes a ballot.
    pub(super) fn take_ballot(
        &mut self,
        arrived: Arrived<'_>,
        ballot: &Ballot,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let fault = self.ballot_fault(arrived.envelope, ballot, home)?;
        let verdict = fault.map_or(Verdict::Accepted, Verdict::Quarantined);
        let key = contents::key(
            self.service,
            self.tx,
            Scope::Ballots,
            ballot.subject.as_str(),
        )?;
        let place = arrived.envelope.at.to_string();
        let sealed = contents::seal(&key, "envelope", &place, &arrived.bytes)?;
        let row = NewEnvelope {
            kind: EnvelopeKind::Ballot,
            sealed: &sealed,
            ..arrived.row(self.now, &verdict)
        };
        store::envelope::put(self.tx, &row)?;
        if let (None, Home::Known { subject, .. }) = (fault, home) {
            self.count_ballot(subject, ballot, &arrived.id)?;
        }
        Ok(verdict)
    }

    /// Counts a ballot that nothing is against.
    pub(super) fn count_ballot(
        &mut self,
        subject: &Subject,
        ballot: &Ballot,
        id: &Hash,
    ) -> Result<(), ServiceError> {
        if !store::ballot::put(self.tx, ballot, id)? {
            // It came before, see `ballot_fault`.
            return Ok(());
        }
        self.publish_result(subject, ballot)?;
        process::look_at_ballots(
            self.service,
            self.tx,
            subject,
            &ballot.cycle,
            &ballot.evaluator,
            self.now,
        )?;
        self.touch(&subject.id, &ballot.cycle);
        Ok(())
    }

    pub(super) fn ballot_fault(
        &mut self,
        envelope: &Envelope,
        ballot: &Ballot,
        home: &Home,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        // Evaluators vote on a device of their own, or on one that a collector hands round.
        let is_own = ballot.evaluator == envelope.officer;
        let action = if is_own {
            Action::CastBallot
        } else {
            Action::Capture
        };
        if let Some(code) = self.forbidden(envelope, home, action) {
            return Ok(Some(code));
        }
        let Home::Known { subject, .. } = home else {
            return Ok(Some(ErrorCode::SubjectUnknown));
        };
        let cycle = self.cycle(&ballot.cycle)?;
        if cycle.is_none_or(|cycle| !cycle.banner.contains(subject.division)) {
            return Ok(Some(ErrorCode::CycleClosed));
        }
        let evaluator = auth::officer_actor(self.tx, &ballot.evaluator)?;
        if let Err(denial) = may(
            &evaluator,
            Action::CastBallot,
            &Resource::at(subject.division),
        ) {
            return Ok(Some(match denial.code() {
                ErrorCode::NotAllowed | ErrorCode::ScopeOutside => ErrorCode::EvaluatorUnlisted,
                code => code,
            }));
        }
        if store::ballot::has_voted(self.tx, ballot)? {
            // A phone whose storage was put back does not know what it sent: ballots stand on no list.
            let is_again = store::ballot::was_sent_by(self.tx, ballot, &envelope.at.device)?;
            return Ok(match is_again {
                true => self.device_code(),
                false => Some(ErrorCode::ActedBefore),
            });
        }
        if let Some(code) = self.device_code() {
            return Ok(Some(code));
        }
        let Ballot {
            subject,
            cycle,
            evaluator,
            ..
        } = ballot;
        let (service, now) = (self.service, self.now);
        // What the process refuses is a verdict about this ballot and stops nothing else.
        let cast = self
            .tx
            .attempt(|tx| process::ballot_cast(service, tx, subject, cycle, evaluator, now));
        match cast {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some(ErrorCode::ConflictOfInterest)),
            Err(ServiceError::Refused { code, .. }) => Ok(Some(code)),
            Err(error) => Err(error),
        }
    }

    /// Makes mean and number of the ballots a register row, in force while the campaign runs.
    fn publish_result(&mut self, subject: &Subject, ballot: &Ballot) -> Result<(), ServiceError> {
        let means = store::ballot::list_means(self.tx, &ballot.subject, &ballot.cycle)?;
        let cycle = self.cycle(&ballot.cycle)?;
        let Some(cycle) = cycle.filter(|_| means.len() >= process::evaluation::ENOUGH) else {
            return Ok(());
        };
        let row = process::peer_row(subject, cycle, &means)?;
        registers::write(self.service, self.tx, row, "rule", self.now)?;
        Ok(())
    }
}
