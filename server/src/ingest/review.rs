//! What the gacha's group says of a computed grade (`domain.md` D.1), written away from the server. It
//! lies under the key of the identity, and nobody pulls it.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::envelope::{Envelope, GroupReview};
use itgel_domain::sync::push::Verdict;

use super::admission::{Admission, Arrived, Home};
use crate::contents::{self, Scope};
use crate::error::ServiceError;
use crate::process;
use crate::store;
use crate::store::envelope::{EnvelopeKind, NewEnvelope};

impl Admission<'_> {
    /// Takes a review.
    pub(super) fn take_review(
        &mut self,
        arrived: Arrived<'_>,
        review: &GroupReview,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let verdict = self.judge_review(arrived.envelope, review, home)?;
        let subject = review.subject.as_str();
        let key = contents::key(self.service, self.tx, Scope::Identity, subject)?;
        let place = arrived.envelope.at.to_string();
        let sealed = contents::seal(&key, "envelope", &place, &arrived.bytes)?;
        let row = NewEnvelope {
            kind: EnvelopeKind::Review,
            sealed: &sealed,
            ..arrived.row(self.now, &verdict)
        };
        store::envelope::put(self.tx, &row)?;
        Ok(verdict)
    }

    /// Does what it says in the case, or says what is against it.
    pub(super) fn judge_review(
        &mut self,
        envelope: &Envelope,
        review: &GroupReview,
        home: &Home,
    ) -> Result<Verdict, ServiceError> {
        let fault = self.review_fault(envelope, review, home)?;
        Ok(fault.map_or(Verdict::Accepted, Verdict::Quarantined))
    }

    fn review_fault(
        &mut self,
        envelope: &Envelope,
        review: &GroupReview,
        home: &Home,
    ) -> Result<Option<ErrorCode>, ServiceError> {
        let action = process::action_of_review(review);
        if let Some(code) = self.forbidden(envelope, home, action) {
            return Ok(Some(match code {
                ErrorCode::NotAllowed => ErrorCode::GroupUnlisted,
                code => code,
            }));
        }
        if let Some(code) = self.device_code() {
            return Ok(Some(code));
        }
        let (service, actor, now) = (self.service, self.actor.clone(), self.now);
        // What the process refuses is a verdict about this review and stops nothing else.
        let done = self
            .tx
            .attempt(|tx| process::group_review(service, tx, &actor, review, now));
        match done {
            Ok(()) => Ok(None),
            Err(ServiceError::Refused { code, .. }) => Ok(Some(code)),
            Err(error) => Err(error),
        }
    }
}
