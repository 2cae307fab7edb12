//! Doubts about how a visit or an evaluation was made: a rule raises them, a person settles them
//! (`domain.md` G 31 to G 33, G 38; SR-32).

use itgel_domain::case::cycle::CycleKind;
use itgel_domain::case::doubt::{DoubtKind, DoubtOutcome, DoubtRules};
use itgel_domain::case::{Case, CaseState};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::EntryId;
use itgel_domain::file::facts::conflict::SealView;
use itgel_domain::id::{CycleId, DoubtId, OfficerId, SubjectId};
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::subject::Subject;
use itgel_domain::time::AtMs;
use rusqlite::Connection;

use super::desk::allow;
use super::{evaluation, note_text};
use crate::error::ServiceError;
use crate::fold;
use crate::service::{Service, random};
use crate::store::doubt::{DoubtRow, Settled};
use crate::store::{self, Tx};

/// Whom and what a doubt is about.
pub(super) struct About {
    division: DivisionCode,
    cycle: CycleId,
    subject: Option<SubjectId>,
    officer: OfficerId,
}

/// What a person makes of a doubt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest {
    /// What.
    pub outcome: DoubtOutcome,
    /// Why, in words.
    pub reason: String,
}

impl About {
    /// Somebody's part in a case.
    pub(super) fn of_case(case: &Case, officer: &OfficerId) -> Self {
        Self {
            division: case.division,
            cycle: case.cycle.clone(),
            subject: Some(case.subject.clone()),
            officer: officer.clone(),
        }
    }

    /// An evaluator in a gacha.
    pub(super) fn of_evaluator(
        division: DivisionCode,
        cycle: &CycleId,
        officer: &OfficerId,
    ) -> Self {
        Self {
            division,
            cycle: cycle.clone(),
            subject: None,
            officer: officer.clone(),
        }
    }
}

/// Raises a doubt once for each cause.
pub(super) fn raise(
    tx: &Tx<'_>,
    kind: DoubtKind,
    about: &About,
    cause: &str,
    detail: serde_json::Value,
    now: AtMs,
) -> Result<(), ServiceError> {
    let row = DoubtRow {
        id: DoubtId::from_random(random()?),
        kind,
        division: about.division,
        cycle: about.cycle.clone(),
        subject: about.subject.clone(),
        officer: about.officer.clone(),
        detail,
        raised_at: now,
        settled: None,
    };
    if store::doubt::put(tx, &row, cause)? {
        let detail = serde_json::json!({ "kind": kind, "officer": row.officer });
        let resource = format!("doubt/{}", row.id);
        store::log::audit(tx, now, "rule", "doubt.raised", &resource, &detail)?;
    }
    Ok(())
}

/// Looks at a seal that a case takes in: signed twice at once, or last year's values again.
pub(super) fn look_at_seal(
    service: &Service,
    tx: &Tx<'_>,
    case: &Case,
    seal: &SealView<'_>,
    now: AtMs,
) -> Result<(), ServiceError> {
    let rules = rules(service, tx, case.division)?;
    let about = About::of_case(case, seal.officer);
    if rules.are_at_once(seal.seal.signed_apart_ms) {
        let detail = serde_json::json!({
            "signed_apart_ms": seal.seal.signed_apart_ms,
            "second": seal.seal.second_officer,
        });
        raise(
            tx,
            DoubtKind::SignedAtOnce,
            &about,
            &cause(&seal.entry),
            detail,
            now,
        )?;
    }
    let Some(before) = year_before(tx, &case.cycle)? else {
        return Ok(());
    };
    let facts = fold::facts(tx, &case.subject)?;
    if let Some(copied) = rules.copied(&facts, seal.officer, (&before, &case.cycle)) {
        let detail = serde_json::json!({ "same": copied.same, "of": copied.of });
        raise(
            tx,
            DoubtKind::CopiedValues,
            &about,
            &cause(&seal.entry),
            detail,
            now,
        )?;
        super::advance::ask_for_visit(tx, case)?;
    }
    Ok(())
}

/// Looks at an evaluator's ballots in the gacha after each new one.
pub(crate) fn look_at_ballots(
    service: &Service,
    tx: &Tx<'_>,
    subject: &Subject,
    cycle: &CycleId,
    evaluator: &OfficerId,
    now: AtMs,
) -> Result<(), ServiceError> {
    let rules = rules(service, tx, subject.division)?;
    let ballots = store::ballot::list_marks_beside(tx, subject.division, cycle, evaluator)?;
    if let Some(favoured) = rules.one_sided(&ballots, evaluator) {
        let detail = serde_json::json!({ "subjects": favoured.len() });
        let about = About::of_evaluator(subject.division, cycle, evaluator);
        let cause = subject.division.filled_text();
        raise(tx, DoubtKind::OneSidedBallots, &about, &cause, detail, now)?;
    }
    Ok(())
}

/// The doubts of a campaign in a division, open ones first. Nobody reads those about himself.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the database.
pub fn doubts(
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<DoubtRow>, ServiceError> {
    allow(actor, Action::ReadMonitoring, division)?;
    let mut rows = store::doubt::list(connection, division, cycle)?;
    rows.retain(|row| row.officer != actor.officer);
    Ok(rows)
}

/// Settles a doubt with a reason, and does what the outcome says: another visit, or the ballots
/// of the evaluator struck where no case has gone beyond the review.
///
/// # Errors
/// [`ErrorCode::DoubtUnknown`] if it does not exist, lies outside the person's divisions or was
/// settled; [`ErrorCode::SecondPerson`] for the officer whom it is about; [`ErrorCode::CaseReason`]
/// without words; [`ErrorCode::CaseStep`] for an outcome that does not fit;
/// [`ServiceError`] of the database.
pub fn settle(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    id: &DoubtId,
    request: &SettleRequest,
    now: AtMs,
) -> Result<DoubtRow, ServiceError> {
    let mut row = store::doubt::get(tx, id)?.ok_or(ErrorCode::DoubtUnknown)?;
    let resource = Resource {
        first_person: Some(&row.officer),
        ..Resource::at(row.division)
    };
    policy::may(actor, Action::SettleDoubt, &resource).map_err(|denial| match denial {
        policy::Denial::Division => ErrorCode::DoubtUnknown,
        denial => denial.code(),
    })?;
    let settled = Settled {
        outcome: request.outcome,
        by: actor.officer.clone(),
        at: now,
        reason: note_text(&request.reason)?,
    };
    if !store::doubt::settle(tx, id, &settled)? {
        return Err(ErrorCode::DoubtUnknown.into());
    }
    follow(service, tx, &row, request.outcome, now)?;
    let detail = serde_json::json!({ "outcome": request.outcome, "kind": row.kind });
    let resource = format!("doubt/{id}");
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "doubt.settled", &resource, &detail)?;
    row.settled = Some(settled);
    Ok(row)
}

fn follow(
    service: &Service,
    tx: &Tx<'_>,
    row: &DoubtRow,
    outcome: DoubtOutcome,
    now: AtMs,
) -> Result<(), ServiceError> {
    match (outcome, &row.subject) {
        (DoubtOutcome::SecondVisit, Some(subject)) => {
            let case = store::case::get_of(tx, subject, &row.cycle)?;
            case.map_or(Ok(()), |row| super::advance::ask_for_visit(tx, &row.case))
        }
        (DoubtOutcome::Redraw, None) => redraw(service, tx, row, now),
        (DoubtOutcome::SecondVisit | DoubtOutcome::Redraw, _) => Err(ErrorCode::CaseStep.into()),
        (DoubtOutcome::Explained | DoubtOutcome::Confirmed, _) => Ok(()),
    }
}

/// Strikes what the evaluator said of subjects whose grade nobody has published yet.
fn redraw(service: &Service, tx: &Tx<'_>, row: &DoubtRow, now: AtMs) -> Result<(), ServiceError> {
    let marks = store::ballot::list_marks(tx, row.division, &row.cycle)?;
    for ballot in marks.iter().filter(|b| b.evaluator == row.officer) {
        let case = store::case::get_of(tx, &ballot.subject, &row.cycle)?;
        let state = case.map(|row| row.case.state());
        let is_early = matches!(
            state,
            None | Some(CaseState::Submitted | CaseState::Conflict | CaseState::PreRated)
        );
        if is_early {
            let subject = fold::subject(tx, &ballot.subject)?;
            evaluation::strike(service, tx, &subject, &row.cycle, &row.officer, now)?;
        }
    }
    Ok(())
}

fn rules(
    service: &Service,
    connection: &Connection,
    division: DivisionCode,
) -> Result<DoubtRules, ServiceError> {
    let on = service.now().on();
    let table = service.rules.parameters_for(connection, division, on)?;
    Ok(table.doubts.clone())
}

/// The yearly campaign of the same banner before this one; none for a campaign for an event,
/// which asks again for what was just found.
fn year_before(connection: &Connection, cycle: &CycleId) -> Result<Option<CycleId>, ServiceError> {
    let Some(cycle) = store::cycle::get(connection, cycle)? else {
        return Ok(None);
    };
    if cycle.kind != CycleKind::Annual {
        return Ok(None);
    }
    let all = store::cycle::list(connection, cycle.banner)?;
    let before = all
        .into_iter()
        .filter(|c| c.kind == CycleKind::Annual && c.opens_on < cycle.opens_on)
        .max_by_key(|c| c.opens_on);
    Ok(before.map(|cycle| cycle.id))
}

fn cause(seal: &EntryId) -> String {
    seal.to_string()
}
