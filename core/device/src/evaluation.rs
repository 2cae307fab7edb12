//! The peer evaluation (民主评议, `domain.md` B.3 H6) on a device that goes round: who may vote, what
//! is kept, how many did. What a ballot says is written once; no function here reads it back.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Ballot;
use itgel_domain::id::{CycleId, OfficerId, SubjectId};
use itgel_domain::register::{PeerEvaluation, RegisterContent, RegisterRow};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::{Connection, Transaction};

use crate::Device;
use crate::entropy::Entropy;
use crate::error::Error;
use crate::journal::{self, Content};
use crate::people::stamp;
use crate::rules::{RuleCache, Told};
use crate::store::{ballot, device, offer, projection, register};
use crate::visit::{barred, subject_row};

/// The four things that a ballot says, in the order of its scores.
pub const QUESTIONS: [&str; 4] = ["promises", "diligence", "loans", "rules"];

/// How far the peer evaluation of a subject is: counts, never what a ballot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvaluationCount {
    /// Evaluators whose ballots were written on this device and not set aside.
    pub here: u32,
    /// Ballots of this device that the server set aside.
    pub set_aside: u32,
    /// Valid ballots by the server's word, from all devices; `None` before there are enough.
    pub counted: Option<u32>,
    /// Valid ballots without which there is no result, by the pack; 0 if it asks for none.
    pub needed: u32,
}

/// A household whose peer evaluation is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The household.
    pub id: SubjectId,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The name of the head; empty before an identity is known.
    pub name: String,
    /// Evaluators whose ballots were written on this device and not set aside.
    pub here: u32,
}

impl Device {
    /// Writes a ballot of the peer evaluation.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a score outside 1 to 5, and for an evaluator who must not vote, as
    /// [`Device::check_evaluator`] says; [`Error::PackMissing`] before rules came.
    pub fn put_ballot(&self, ballot: Ballot, now: AtMs) -> Result<ChainRef, Error> {
        let with = (&self.rules, self.entropy.as_ref());
        self.enter(now, |tx| put_ballot(tx, ballot, now, with))
    }

    /// Whether somebody may vote on a subject, as far as this device can tell; the server looks
    /// again.
    ///
    /// # Errors
    /// [`Error::Invalid`] with [`ErrorCode::EvaluatorUnlisted`] for who is not on the roll of the
    /// gacha, once there is one here, [`ErrorCode::ConflictOfInterest`] for a declared interest,
    /// [`ErrorCode::ActedBefore`] for who visited or signed, [`ErrorCode::BallotCast`] for who
    /// voted on this device already.
    pub fn check_evaluator(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        evaluator: &OfficerId,
        on: Date,
    ) -> Result<(), Error> {
        self.read(|db| {
            let home = subject_row(db, id)?;
            match bar(db, &home, cycle, (evaluator, on))? {
                None => Ok(()),
                Some(code) => Err(Error::Invalid(vec![Violation::new("evaluator", code)])),
            }
        })
    }

    /// How far the peer evaluation of a subject is.
    ///
    /// # Errors
    /// [`Error::SubjectUnknown`], [`Error::SubjectErased`], [`Error::Store`].
    pub fn evaluation(
        &self,
        id: &SubjectId,
        cycle: &CycleId,
        on: Date,
    ) -> Result<EvaluationCount, Error> {
        self.read(|db| count(db, id, cycle, on, &self.rules))
    }

    /// A page of the households of a gacha whose peer evaluation is due: visited, and not yet
    /// pre-rated as far as is known here.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn evaluations(
        &self,
        division: DivisionCode,
        cycle: &CycleId,
        (skip, limit): (u32, u32),
    ) -> Result<Vec<Evaluated>, Error> {
        self.read(|db| Ok(ballot::due(db, division, cycle, (skip, limit))?))
    }

    /// Who has voted on this device on anybody of a gacha, to be chosen again.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn evaluators(
        &self,
        division: DivisionCode,
        cycle: &CycleId,
    ) -> Result<BTreeSet<OfficerId>, Error> {
        self.read(|db| Ok(ballot::evaluators_in(db, division, cycle)?))
    }
}

fn put_ballot(
    tx: &Transaction<'_>,
    ballot: Ballot,
    now: AtMs,
    (rules, entropy): (&RuleCache, &dyn Entropy),
) -> Result<ChainRef, Error> {
    let home = subject_row(tx, &ballot.subject)?;
    let scores = QUESTIONS.into_iter().zip(ballot.scores);
    let outside = scores.filter(|(_, score)| !(1..=5).contains(score));
    let mut wrong: Vec<Violation> = outside
        .map(|(field, _)| {
            let range = Violation::new(field, ErrorCode::ValueOutOfRange);
            range.with("min", 1).with("max", 5)
        })
        .collect();
    let bar = bar(tx, &home, &ballot.cycle, (&ballot.evaluator, now.on()))?;
    wrong.extend(bar.map(|code| Violation::new("evaluator", code)));
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    let device = device::get(tx)?;
    let stamp = stamp(tx, &home, &device, now, rules)?;
    Ok(journal::append(tx, &device, stamp, Content::Ballot(ballot), entropy)?.at)
}

/// Why somebody must not vote on a subject (`domain.md` D.1, G 37).
fn bar(
    db: &Connection,
    home: &Subject,
    cycle: &CycleId,
    (evaluator, on): (&OfficerId, Date),
) -> Result<Option<ErrorCode>, Error> {
    let roll = offer::roll(db, home.division)?;
    if roll.is_some_and(|roll| !roll.has_evaluator(evaluator)) {
        return Ok(Some(ErrorCode::EvaluatorUnlisted));
    }
    if barred(db, home, on)?.is_some_and(|row| row.bars(evaluator)) {
        return Ok(Some(ErrorCode::ConflictOfInterest));
    }
    if device::get(db)?.officer == *evaluator {
        return Ok(Some(ErrorCode::ActedBefore));
    }
    let facts = projection::of_subject(db, &home.id)?;
    let signed = |view: &itgel_domain::file::facts::conflict::SealView<'_>| {
        view.officer == evaluator || view.seal.second_officer.as_ref() == Some(evaluator)
    };
    if facts.seals(cycle).iter().any(signed) {
        return Ok(Some(ErrorCode::ActedBefore));
    }
    let voted = ballot::evaluators_of(db, &home.id, cycle)?.contains(evaluator);
    Ok(voted.then_some(ErrorCode::BallotCast))
}

fn count(
    db: &Connection,
    id: &SubjectId,
    cycle: &CycleId,
    on: Date,
    rules: &RuleCache,
) -> Result<EvaluationCount, Error> {
    let home = subject_row(db, id)?;
    let rows = register::about(db, &home)?;
    let held = RegisterRow::in_force(&rows, &home, on).into_iter();
    let mut held = held.filter_map(|row| match &row.content {
        RegisterContent::Peer(PeerEvaluation::Held(result)) if row.key == cycle.as_str() => {
            Some(result.valid)
        }
        _ => None,
    });
    let needed = match rules.get(db)?.pack_for(&home, Told::on(db, on)?) {
        Ok(pack) => pack.settings.min_evaluators,
        Err(Error::PackMissing) => 0,
        Err(error) => return Err(error),
    };
    let (here, set_aside) = ballot::count(db, id, cycle)?;
    Ok(EvaluationCount {
        here,
        set_aside,
        counted: held.next(),
        needed: u32::try_from(needed).unwrap_or(0),
    })
}
