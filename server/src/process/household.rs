//! A household that changes as such (`domain.md` G 10 to G 12): the cases of what exists no more
//! end, what goes on is rated anew, what is new is young for a year, and every animal that was
//! counted before stands in one herd after.

use itgel_domain::case::household::{Heads, HouseholdChange, HouseholdChangeKind};
use itgel_domain::case::step::Cause;
use itgel_domain::case::{CaseState, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{DecisionId, RowId, SubjectId};
use itgel_domain::policy::{self, Action, Actor, Resource};
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::time::AtMs;

use super::advance::{Doing, advance, ask_for_visit};
use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::{self, Tx};
use crate::{fold, ledger, registers};

/// Enters a change of households by its dated document.
///
/// # Errors
/// [`ErrorCode::SubjectUnknown`] for a household that the register does not have;
/// [`ErrorCode::NotAllowed`], [`ErrorCode::ScopeOutside`] or [`ErrorCode::ConflictOfInterest`];
/// those of [`HouseholdChange::check`]; [`ErrorCode::HouseholdParties`] for one that has ended
/// before; [`ServiceError`] of the database.
pub fn change(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    change: &HouseholdChange,
    now: AtMs,
) -> Result<DecisionId, ServiceError> {
    let mut before = Heads::new();
    for id in &change.from {
        let subject = party(tx, actor, id)?;
        for (class, heads) in fold::facts(tx, &subject.id)?.newest_stock() {
            *before.entry(class).or_insert(0) += heads;
        }
    }
    for share in &change.into {
        party(tx, actor, &share.subject)?;
    }
    change.check(&before, now.on())?;
    let id = DecisionId::from_random(random()?);
    store::household_change::put(tx, &id, change, &actor.officer, now)?;
    let detail = serde_json::json!({
        "kind": change.kind,
        "from": change.from.len(),
        "into": change.into.len(),
    });
    let resource = format!("household_change/{id}");
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "household.changed", &resource, &detail)?;
    answer_for_debts(tx, &id, change, now)?;
    follow(service, tx, actor, change, now)?;
    Ok(id)
}

/// A household that is there and toward which the actor has no interest.
fn party(tx: &Tx<'_>, actor: &Actor, id: &SubjectId) -> Result<Subject, ServiceError> {
    let subject = fold::subject(tx, id)?;
    let resource = Resource {
        has_interest: store::interest::list(tx, id)?.contains(&actor.officer),
        ..Resource::at(subject.division)
    };
    policy::may(actor, Action::ChangeHousehold, &resource).map_err(|denial| denial.code())?;
    let has_ended = store::household_change::has_ended(tx, id)?;
    match subject.kind == SubjectKind::Household && !has_ended {
        true => Ok(subject),
        false => Err(ErrorCode::HouseholdParties.into()),
    }
}

/// What was borrowed before a household was divided stays with every part of it until it is
/// settled, and goes along when a part is merged with others (`domain.md` G 11). A deceased's debts
/// are not handed on by the rating.
fn answer_for_debts(
    tx: &Tx<'_>,
    id: &DecisionId,
    change: &HouseholdChange,
    now: AtMs,
) -> Result<(), ServiceError> {
    for part in &change.into {
        for before in &change.from {
            match change.kind {
                HouseholdChangeKind::Split => {
                    store::joint_debtor::put(tx, id, before, &part.subject)?;
                }
                HouseholdChangeKind::Merge => {
                    store::joint_debtor::hand_on(tx, before, &part.subject)?;
                }
                HouseholdChangeKind::Succession => {}
            }
        }
        ledger::touch(tx, &fold::subject(tx, &part.subject)?, now)?;
    }
    Ok(())
}

fn follow(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    change: &HouseholdChange,
    now: AtMs,
) -> Result<(), ServiceError> {
    for id in change.ended() {
        end_cases(service, tx, id, change.kind, now)?;
    }
    for share in &change.into {
        if change.from.contains(&share.subject) {
            rate_anew(service, tx, &share.subject, now)?;
        }
    }
    if change.kind == HouseholdChangeKind::Split {
        for id in change.founded() {
            let home = fold::subject(tx, id)?;
            let row = RegisterRow {
                id: RowId::from_random(random()?),
                division: home.division,
                subject: Some(home.id.clone()),
                key: String::new(),
                revision: 1,
                valid_from: change.on,
                valid_to: None,
                source: change.document.clone(),
                content: RegisterContent::Founded(change.on),
            };
            registers::put(service, tx, &row, actor.officer.as_str(), now)?;
        }
    }
    Ok(())
}

/// What exists no more has no case; after a merger its rating waits for that of the new household,
/// which supersedes it.
fn end_cases(
    service: &Service,
    tx: &Tx<'_>,
    id: &SubjectId,
    kind: HouseholdChangeKind,
    now: AtMs,
) -> Result<(), ServiceError> {
    let cause = match kind {
        HouseholdChangeKind::Succession => Cause::Death,
        HouseholdChangeKind::Split | HouseholdChangeKind::Merge => Cause::Dissolution,
    };
    if kind == HouseholdChangeKind::Merge {
        for case in store::case::list_of(tx, id)? {
            let Some(mut row) = store::case::get(tx, &case)? else {
                continue;
            };
            if row.case.state() == CaseState::Effective {
                let doing = Doing::by_rule(Step::Watch, kind.as_str(), now);
                advance(service, tx, &mut row, doing)?;
            }
        }
    }
    let keeps = |state: CaseState| kind == HouseholdChangeKind::Merge && state.is_in_effect();
    close_all(service, tx, (id, cause, kind.as_str()), keeps, now)
}

/// Ends every case of a subject that exists no more, but those in a state that `keeps` names.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn close_all(
    service: &Service,
    tx: &Tx<'_>,
    (id, cause, code): (&SubjectId, Cause, &'static str),
    keeps: impl Fn(CaseState) -> bool,
    now: AtMs,
) -> Result<(), ServiceError> {
    for case in store::case::list_of(tx, id)? {
        let Some(mut row) = store::case::get(tx, &case)? else {
            continue;
        };
        let state = row.case.state();
        if !state.is_terminal() && !keeps(state) {
            let doing = Doing::by_rule(Step::Close { cause }, code, now);
            advance(service, tx, &mut row, doing)?;
        }
    }
    Ok(())
}

/// What goes on with fewer or more animals is watched until it is rated again.
fn rate_anew(
    service: &Service,
    tx: &Tx<'_>,
    id: &SubjectId,
    now: AtMs,
) -> Result<(), ServiceError> {
    for case in store::case::list_of(tx, id)? {
        let Some(mut row) = store::case::get(tx, &case)? else {
            continue;
        };
        if row.case.state() == CaseState::Effective {
            let doing = Doing::by_rule(Step::Watch, "household_changed", now);
            advance(service, tx, &mut row, doing)?;
        }
        if !row.case.state().is_terminal() {
            ask_for_visit(tx, &row.case)?;
        }
    }
    Ok(())
}
