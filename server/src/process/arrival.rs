//! What a case does when its file, a register or a ballot changes: it opens with the first seal,
//! stands still while officers disagree on what decides the grade, and is pre-rated as soon as
//! the peer evaluation was held.

use std::collections::BTreeSet;

use itgel_domain::assess::Assessment;
use itgel_domain::case::step::{Assessed, Cause, Peer};
use itgel_domain::case::{By, Case, CaseState, Role, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::facts::conflict::{Conflict, SealView};
use itgel_domain::file::facts::value::Source;
use itgel_domain::id::{CaseId, CycleId, OfficerId, SubjectId};
use itgel_domain::item::ItemPath;
use itgel_domain::subject::{Grade, Subject};
use itgel_domain::time::AtMs;

use super::advance::{Doing, advance};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::board::Counts;
use crate::store::case::{CaseAt, CaseRow};
use crate::store::{self, Tx};

/// What a refresh of a subject's standing found; the standing, its assessment and its conflicts
/// are in the database already.
#[derive(Debug, Clone, Copy)]
pub struct Refreshed<'a> {
    /// Whose.
    pub subject: &'a Subject,
    /// The campaign.
    pub cycle: &'a CycleId,
    /// The seals that stand, by entry id.
    pub seals: &'a [SealView<'a>],
    /// The open conflicts.
    pub conflicts: &'a [Conflict],
    /// What the engine says now.
    pub assessment: &'a Assessment,
    /// Whether open conflicts decide the grade.
    pub conflict_matters: bool,
    /// Whether the peer evaluation was held.
    pub peer_is_held: bool,
    /// Whether consent to the collection is in force.
    pub has_consent: bool,
    /// Whether it was withdrawn, and nobody has given it anew.
    pub is_withdrawn: bool,
}

/// Moves the case after a refresh: closes it when consent was withdrawn, opens it with the first
/// seal, takes in later seals, finds conflicts, and pre-rates. Called at the end of every refresh; the same again changes nothing.
///
/// A step that the process refuses here (a collector with a declared interest, a seal without
/// consent) never stops the intake of data: it stands in the audit log for a person to look at.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn after_refresh(
    service: &Service,
    tx: &Tx<'_>,
    refreshed: &Refreshed<'_>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let arrival = Arrival {
        service,
        tx,
        refreshed,
        now,
    };
    let (subject, cycle) = (&refreshed.subject.id, refreshed.cycle);
    if let Some(place) = store::case::get_place_of(tx, subject, cycle)?
        && arrival.is_idle(&place)
    {
        return Ok(());
    }
    let mut row = match store::case::get_of(tx, subject, cycle)? {
        Some(row) => row,
        None => match arrival.open()? {
            Some(row) => row,
            None => return Ok(()),
        },
    };
    if refreshed.is_withdrawn && !row.case.state().is_terminal() {
        return arrival.close(&mut row);
    }
    for seal in refreshed.seals {
        if !row.seals.contains(&seal.entry) {
            arrival.take_in(&mut row, seal)?;
        }
    }
    arrival.find_conflict(&mut row)?;
    arrival.pre_rate(&mut row)
}

/// Ends every case of a subject that is to be erased: no further use, nothing on any board, and
/// no words that could tell of it. Who did what when stays.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn erase(
    service: &Service,
    tx: &Tx<'_>,
    subject: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    for id in store::case::list_of(tx, subject)? {
        let Some(mut row) = store::case::get(tx, &id)? else {
            continue;
        };
        if !row.case.state().is_terminal() {
            let step = Step::Close {
                cause: Cause::ConsentWithdrawn,
            };
            advance(service, tx, &mut row, Doing::by_rule(step, "erased", now))?;
        }
        store::case::redact(tx, &row.case)?;
    }
    store::conflict::delete(tx, subject)?;
    store::moved::delete(tx, subject)?;
    store::doubt::redact(tx, subject)?;
    store::warning::delete(tx, subject)?;
    store::decision::redact(tx, subject)?;
    Ok(store::publicity::delete(tx, subject)?)
}

/// Takes the cases of a subject that has moved along to its new home, and its grade in effect to
/// the boards there (`domain.md` G 13).
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn moved(tx: &Tx<'_>, subject: &Subject) -> Result<(), ServiceError> {
    store::warning::move_to(tx, &subject.id, subject.division)?;
    for id in store::case::list_of(tx, &subject.id)? {
        let Some(mut row) = store::case::get(tx, &id)? else {
            continue;
        };
        let before = row.case.division;
        if row.case.state().is_terminal() || before == subject.division {
            continue;
        }
        if let Some(grade) = row.case.grade().filter(|_| row.case.state().is_in_effect()) {
            let counted = Counts::of_effective(grade);
            let cycle = &row.case.cycle;
            store::board::add(tx, before, cycle, &counted.clone().negated())?;
            store::board::add(tx, subject.division, cycle, &counted)?;
        }
        if row.case.period().is_some() && !row.case.state().is_in_effect() {
            // Still on the board, or its place is kept there: the list goes where the household
            // goes, and its days go on (domain.md G 52).
            store::publicity::move_to(tx, &id, subject.division, &subject.local_code)?;
        }
        row.case.division = subject.division;
        let known = row.case.version();
        store::case::put(tx, &row, known, &[])?;
    }
    Ok(())
}

/// A refresh on its way into the case.
struct Arrival<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    refreshed: &'a Refreshed<'a>,
    now: AtMs,
}

impl Arrival<'_> {
    /// Whether a case that stands so has nothing to do: most refreshes of a banner move no case,
    /// and reading one with its history is a good part of a refresh.
    fn is_idle(&self, place: &CaseAt) -> bool {
        let took_in = |seal: &SealView<'_>| place.seals.contains(&seal.entry);
        self.refreshed.seals.iter().all(took_in)
            && !self.must_stop(place.state)
            && (place.state.is_terminal() || !self.refreshed.is_withdrawn)
            && self.ready_grade(place.state).is_none()
    }

    /// Opens the case with the first seal that the process takes.
    fn open(&self) -> Result<Option<CaseRow>, ServiceError> {
        let Refreshed {
            subject,
            cycle,
            assessment,
            ..
        } = self.refreshed;
        if !self.refreshed.has_consent {
            return Ok(None);
        }
        let used = store::case::list_used_seals(self.tx, &subject.id, cycle)?;
        let fresh = |seal: &&SealView<'_>| !used.contains(&seal.entry);
        for seal in self.refreshed.seals.iter().filter(fresh) {
            let case = Case::new(
                CaseId::from_random(random()?),
                subject.id.clone(),
                (*cycle).clone(),
                subject.division,
            );
            let mut row = CaseRow {
                case,
                as_of: assessment.as_of,
                inputs: None,
                seals: vec![seal.entry.clone()],
                since: self.now,
                attention: 9,
            };
            let second = seal.seal.second_officer.clone();
            if self.tolerate(&mut row, |row| {
                self.submit(row, seal, Step::Seal { second })
            })? {
                self.take_over_evaluators(&mut row)?;
                super::doubt::look_at_seal(self.service, self.tx, &row.case, seal, self.now)?;
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Who has voted already, before the case or in one that is void, has a part in this one, too.
    fn take_over_evaluators(&self, row: &mut CaseRow) -> Result<(), ServiceError> {
        let (subject, cycle) = (&row.case.subject, &row.case.cycle);
        for officer in store::ballot::list_evaluators(self.tx, subject, cycle)? {
            let role = Role::Evaluator;
            let doing = Doing {
                by: By::Officer { officer, role },
                ..Doing::by_rule(Step::Evaluate, "ballot", self.now)
            };
            self.tolerate(row, |row| self.advance(row, doing))?;
        }
        Ok(())
    }

    /// Consent was withdrawn: no further use (`domain.md` D.2, G 42).
    fn close(&self, row: &mut CaseRow) -> Result<(), ServiceError> {
        let step = Step::Close {
            cause: Cause::ConsentWithdrawn,
        };
        self.advance(row, Doing::by_rule(step, "withdrawn", self.now))
    }

    /// Takes a later seal in: it makes good what was returned, or it confirms or contradicts.
    fn take_in(&self, row: &mut CaseRow, seal: &SealView<'_>) -> Result<(), ServiceError> {
        row.seals.push(seal.entry.clone());
        super::doubt::look_at_seal(self.service, self.tx, &row.case, seal, self.now)?;
        let second = seal.seal.second_officer.clone();
        if row.case.state() == CaseState::Returned {
            row.as_of = self.refreshed.assessment.as_of;
            self.tolerate(row, |row| self.submit(row, seal, Step::Fix { second }))?;
        } else if row.case.role_of(seal.officer).is_none() {
            let collectors = std::iter::once(seal.officer.clone())
                .chain(second)
                .collect();
            let (step, code) = if self.refreshed.conflict_matters {
                (Step::FindConflict { collectors }, "second_seal_differs")
            } else {
                (Step::ConfirmSeal { collectors }, "second_seal_agrees")
            };
            let doing = Doing {
                device_at: Some(seal.entered_at),
                items: self.disputed(),
                ..Doing::by_rule(step, code, self.now)
            };
            self.tolerate(row, |row| self.advance(row, doing))?;
        }
        Ok(store::case::put_seals(self.tx, row)?)
    }

    /// Two officers sealed, on a device, and the seal has arrived.
    fn submit(
        &self,
        row: &mut CaseRow,
        seal: &SealView<'_>,
        signed: Step,
    ) -> Result<(), ServiceError> {
        let arrived = |step, code| Doing {
            device_at: Some(seal.entered_at),
            has_consent: self.refreshed.has_consent,
            ..Doing::by_rule(step, code, self.now)
        };
        let collector = By::Officer {
            officer: seal.officer.clone(),
            role: Role::Collector,
        };
        self.advance(
            row,
            Doing {
                by: collector,
                ..arrived(signed, "visit")
            },
        )?;
        self.advance(row, arrived(Step::Submit, "arrived"))
    }

    /// Whether values that decide the grade are open and the case has to stop for them.
    const fn must_stop(&self, state: CaseState) -> bool {
        let can_stop = matches!(
            state,
            CaseState::Submitted
                | CaseState::PreRated
                | CaseState::Reviewed
                | CaseState::InPublicity
                | CaseState::InNotice
        );
        can_stop && self.refreshed.conflict_matters
    }

    /// Values that decide the grade are open, whoever entered them and whether or not he sealed.
    fn find_conflict(&self, row: &mut CaseRow) -> Result<(), ServiceError> {
        if !self.must_stop(row.case.state()) {
            return Ok(());
        }
        let values = self.refreshed.conflicts.iter().flat_map(|c| &c.values);
        let officers: BTreeSet<OfficerId> = values
            .filter(|value| value.source == Source::Officer)
            .map(|value| value.officer.clone())
            .filter(|officer| row.case.role_of(officer).is_none())
            .collect();
        let step = Step::FindConflict {
            collectors: officers.into_iter().collect(),
        };
        let doing = Doing {
            items: self.disputed(),
            ..Doing::by_rule(step, "values_differ", self.now)
        };
        self.tolerate(row, |row| self.advance(row, doing))?;
        Ok(())
    }

    /// The items on which officers disagree.
    fn disputed(&self) -> Vec<ItemPath> {
        let conflicts = self.refreshed.conflicts.iter();
        conflicts.map(|conflict| conflict.item.clone()).collect()
    }

    /// The grade with which a case in this state is pre-rated; `None` if it is not.
    fn ready_grade(&self, state: CaseState) -> Option<Grade> {
        let assessment = self.refreshed.assessment;
        let is_ready = state == CaseState::Submitted
            && !self.refreshed.conflict_matters
            && assessment.pending.is_empty();
        assessment.grade.filter(|_| is_ready)
    }

    /// The engine has run on everything that it needs (初评).
    fn pre_rate(&self, row: &mut CaseRow) -> Result<(), ServiceError> {
        let assessment = self.refreshed.assessment;
        let Some(grade) = self.ready_grade(row.case.state()) else {
            return Ok(());
        };
        let peer = if self.refreshed.peer_is_held {
            Peer::Held
        } else {
            Peer::NotNeeded
        };
        let assessed = Assessed {
            assessment: assessment.hash(),
            grade,
            cap: lowest_cap(self.service, self.tx, assessment)?,
        };
        row.inputs = Some(assessment.inputs);
        row.as_of = assessment.as_of;
        let step = Step::PreRate { assessed, peer };
        self.advance(row, Doing::by_rule(step, "engine", self.now))?;
        super::moved::keep(self.service, self.tx, &row.case, &assessment.inputs)
    }

    fn advance(&self, row: &mut CaseRow, doing: Doing) -> Result<(), ServiceError> {
        advance(self.service, self.tx, row, doing).map(drop)
    }

    /// Does `work` on its own; what the process refuses is undone and written down, and `false`.
    fn tolerate(
        &self,
        row: &mut CaseRow,
        work: impl FnOnce(&mut CaseRow) -> Result<(), ServiceError>,
    ) -> Result<bool, ServiceError> {
        let before = row.clone();
        match self.tx.attempt(|_| work(row)) {
            Ok(()) => Ok(true),
            Err(ServiceError::Refused { code, .. }) => {
                *row = before;
                note_refusal(self.tx, row, code, self.now)?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// The best grade that the caps let through, if one is met.
pub(super) fn lowest_cap(
    service: &Service,
    tx: &Tx<'_>,
    assessment: &Assessment,
) -> Result<Option<Grade>, ServiceError> {
    let pack = service.rules.pack(tx, &assessment.pack)?;
    let met = pack
        .caps
        .iter()
        .filter(|cap| assessment.caps.contains(&cap.code));
    Ok(met.map(|cap| cap.grade).max())
}

fn note_refusal(
    tx: &Tx<'_>,
    row: &CaseRow,
    code: ErrorCode,
    now: AtMs,
) -> Result<(), ServiceError> {
    let case = &row.case;
    let detail = serde_json::json!({
        "code": code,
        "cycle": case.cycle,
        "state": case.state(),
        "seals": row.seals,
    });
    let resource = format!("subject/{}", case.subject);
    store::log::audit(tx, now, "rule", "case.refused", &resource, &detail)?;
    Ok(())
}
