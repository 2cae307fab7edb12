//! The review of the gacha's group (嘎查初评组, `domain.md` D.1) on a device: the list of computed
//! grades, each confirmed or sent back with a reason. No value can be changed here.

use itgel_domain::assess::Assessment;
use itgel_domain::case::CaseState;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::GroupReview;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Transaction};

use crate::Device;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content};
use crate::people::stamp;
use crate::rules::RuleCache;
use crate::store::{device, offer, process, projection, review};
use crate::visit::{assess_provisional, barred, subject_row};

/// A household whose computed grade the group looks at.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The household.
    pub id: SubjectId,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The name of the head; empty before an identity is known.
    pub name: String,
    /// Where its case stands, as the township last said.
    pub state: CaseState,
    /// The grade that is computed here (暂定), with its range; `None` before rules came.
    pub assessment: Option<Assessment>,
    /// Something of the group about it was written on this device since.
    pub is_said: bool,
}

/// What the group says of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewDraft {
    /// The household.
    pub subject: SubjectId,
    /// The campaign.
    pub cycle: CycleId,
    /// Why the visit goes back; `None` confirms.
    pub returned_for: Option<String>,
}

impl Device {
    /// A page of the households of a gacha whose computed grade waits for the group: submitted,
    /// which can go back, or pre-rated, which can be confirmed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn reviews(
        &self,
        division: DivisionCode,
        cycle: &CycleId,
        on: Date,
        (skip, limit): (u32, u32),
    ) -> Result<Vec<Reviewed>, Error> {
        self.read(|db| {
            let due = review::due(db, division, cycle, (skip, limit))?;
            let mut found = Vec::new();
            for row in due {
                // A return is over once the case has gone back; a confirmation stays.
                let said = review::said(db, &row.id, cycle)?;
                let is_said = said.iter().any(|(said, is_open)| match row.state {
                    CaseState::PreRated => said.returned_for.is_none(),
                    _ => *is_open && said.returned_for.is_some(),
                });
                let assessed = assess_provisional(db, &row.id, cycle, on, &self.rules);
                found.push(Reviewed {
                    assessment: match assessed {
                        Ok(assessment) => Some(assessment),
                        Err(Error::PackMissing | Error::ParametersMissing) => None,
                        Err(error) => return Err(error),
                    },
                    id: row.id,
                    local_code: row.local_code,
                    name: row.name,
                    state: row.state,
                    is_said,
                });
            }
            Ok(found)
        })
    }

    /// Writes what the group says; the server does it when it receives it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a return without a reason or with too long a one, for an officer who
    /// is not on the roll of the gacha's group, who
    /// visited, signed or has an interest, and for a case that cannot be reviewed so as far as is
    /// known here; [`Error::PackMissing`], [`Error::ParametersMissing`] before rules came.
    pub fn put_review(&self, draft: ReviewDraft, now: AtMs) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.enter(now, |tx| put_review(tx, draft, now, with))
    }
}

fn put_review(
    tx: &Transaction<'_>,
    draft: ReviewDraft,
    now: AtMs,
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<ChainRef, Error> {
    let home = subject_row(tx, &draft.subject)?;
    let row = device::get(tx)?;
    let mut wrong = Vec::new();
    let roll = offer::roll(tx, home.division)?;
    if roll.is_some_and(|roll| !roll.has_member(&row.officer)) {
        wrong.push(Violation::new("officer", ErrorCode::GroupUnlisted));
    }
    let is_barred = barred(tx, &home, now.on())?.is_some_and(|barred| barred.bars(&row.officer));
    if is_barred {
        wrong.push(Violation::new("officer", ErrorCode::ConflictOfInterest));
    } else if has_signed(tx, &draft, &row.officer)? {
        wrong.push(Violation::new("officer", ErrorCode::ActedBefore));
    }
    let case = process::find_case(tx, &draft.subject, &draft.cycle)?;
    let state = case.map(|case| case.state);
    let fits = match draft.returned_for {
        Some(_) => state == Some(CaseState::Submitted),
        None => state == Some(CaseState::PreRated),
    };
    if !fits {
        wrong.push(Violation::new("case", ErrorCode::CaseStep));
    }
    let assessment = assess_provisional(tx, &draft.subject, &draft.cycle, now.on(), rules)?;
    let review = GroupReview {
        subject: draft.subject,
        cycle: draft.cycle,
        assessment: assessment.hash(),
        returned_for: draft.returned_for.map(|reason| reason.trim().to_owned()),
    };
    if !review.is_well_formed() {
        wrong.push(match review.returned_for.as_deref() {
            Some("") | None => Violation::new("reason", ErrorCode::ValueMissing),
            Some(_) => Violation::new("reason", ErrorCode::ValueOutOfRange)
                .with("min", 1)
                .with("max", GroupReview::MAX_REASON),
        });
    }
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let stamp = stamp(tx, &home, &row, now, rules)?;
    Ok(journal::append(tx, &row, stamp, Content::Review(review), entropy)?.at)
}

/// Whether the officer visited the household or signed the visit: nobody acts twice in one case.
fn has_signed(db: &Connection, draft: &ReviewDraft, officer: &OfficerId) -> Result<bool, Error> {
    let facts = projection::of_subject(db, &draft.subject)?;
    let seals = facts.seals(&draft.cycle);
    Ok(seals
        .iter()
        .any(|view| view.officer == officer || view.seal.second_officer.as_ref() == Some(officer)))
}
