//! The one way a case moves: the domain's rule, then everything that must be written with it.

use std::collections::BTreeSet;

use itgel_domain::case::{By, Case, CaseError, CaseEvent, CaseState, Now, Reason, Step};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::item::ItemPath;
use itgel_domain::log::LeafKind;
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{CaseItem, PullItem, TaskItem};
use itgel_domain::time::AtMs;
use itgel_text::Lang;

use crate::error::ServiceError;
use crate::monitoring;
use crate::related;
use crate::service::{Service, random};
use crate::store::board::Counts;
use crate::store::case::CaseRow;
use crate::store::{self, Tx};

/// A step with who does it and when.
pub(super) struct Doing {
    pub(super) step: Step,
    pub(super) by: By,
    pub(super) reason: Reason,
    /// The server's clock, or that of periods.
    pub(super) at: AtMs,
    pub(super) device_at: Option<AtMs>,
    /// How many events the actor has seen; `None` for the service itself.
    pub(super) version: Option<u64>,
    /// The items that the reason is about; none if it is about the whole visit.
    pub(super) items: Vec<ItemPath>,
    /// Whether consent to the collection is in force, where the step asks for it.
    pub(super) has_consent: bool,
}

impl Doing {
    /// A step that a rule leaves no choice about.
    pub(super) fn by_rule(step: Step, code: &str, at: AtMs) -> Self {
        Self {
            step,
            by: By::Rule,
            reason: Reason::code(code),
            at,
            device_at: None,
            version: None,
            items: Vec::new(),
            has_consent: true,
        }
    }
}

/// Does a step and writes the case with its event, the audit row, the leaf, the rating's status
/// and what devices pull. The row is unchanged if the step is refused.
pub(super) fn advance(
    service: &Service,
    tx: &Tx<'_>,
    row: &mut CaseRow,
    doing: Doing,
) -> Result<CaseEvent, ServiceError> {
    let subject = subject_of(tx, &row.case)?;
    let timetable = super::timetable(service, tx, row.case.division)?;
    let barred = barred(tx, &row.case)?;
    let known = row.case.version();
    let now = Now {
        at: doing.at,
        device_at: doing.device_at,
        version: doing.version.unwrap_or(known),
        pack: service.rules.pack_for(tx, subject.kind, row.as_of)?.hash(),
        timetable: &timetable,
        barred: &barred,
        has_consent: doing.has_consent,
    };
    let event = row
        .case
        .apply(doing.step, &doing.by, doing.reason, &now)
        .map_err(refused)?;
    if event.from != event.to || known == 0 {
        row.since = event.at;
    }
    row.attention = attention(&row.case);
    let salt = data_encoding::HEXLOWER.encode(&random::<16>()?);
    store::case::put(tx, row, known, std::slice::from_ref(&salt))?;
    record(service, tx, row, &event, &salt)?;
    tell_devices(tx, row, &event, doing.items)?;
    if row.case.period().is_none() || event.to == CaseState::Closed {
        // What is no longer public, or was never so, stands on no board.
        store::publicity::delete_case(tx, &row.case.id)?;
    }
    super::duty::reckon(service, tx, &row.case)?;
    let is_rated = store::rating::set_status(tx, &row.case.id, event.to)?;
    count_effect(tx, &row.case, &event)?;
    if is_rated && event.from != event.to {
        monitoring::follow(tx, &row.case, &event)?;
        related::follow(service, tx, &row.case.subject, service.now())?;
    }
    Ok(event)
}

/// Boards count the grades in effect. A grade does not change while it is in effect.
fn count_effect(tx: &Tx<'_>, case: &Case, event: &CaseEvent) -> Result<(), ServiceError> {
    let (was, is) = (event.from.is_in_effect(), event.to.is_in_effect());
    let Some(grade) = case.grade().filter(|_| was != is) else {
        return Ok(());
    };
    let counted = Counts::of_effective(grade);
    let difference = if is { counted } else { counted.negated() };
    Ok(store::board::add(
        tx,
        case.division,
        &case.cycle,
        &difference,
    )?)
}

/// The audit row and the leaf of the log.
fn record(
    service: &Service,
    tx: &Tx<'_>,
    row: &CaseRow,
    event: &CaseEvent,
    salt: &str,
) -> Result<(), ServiceError> {
    let case = &row.case.id;
    let actor = event
        .by
        .officer()
        .map_or(event.by.capacity().as_str(), OfficerId::as_str);
    let bytes = serde_json::to_vec(event).map_err(|e| ServiceError::caused("case event", e))?;
    let parts: [&[u8]; 3] = [salt.as_bytes(), case.as_str().as_bytes(), &bytes];
    let leaf = Hash::of("itgel.case_event.v1", &parts);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({
        "n": event.n,
        "from": event.from,
        "to": event.to,
        "reason": event.reason.code,
        "leaf": leaf,
    });
    let action = format!("case.{}", event.step.kind());
    let resource = format!("case/{case}");
    store::log::audit(tx, service.now(), actor, &action, &resource, &detail)?;
    Ok(())
}

/// The officers of the gacha see where the case stands, and what has to be made good.
fn tell_devices(
    tx: &Tx<'_>,
    row: &CaseRow,
    event: &CaseEvent,
    items: Vec<ItemPath>,
) -> Result<(), ServiceError> {
    let case = &row.case;
    if event.from == event.to {
        return Ok(());
    }
    let item = PullItem::Case(CaseItem {
        subject: case.subject.clone(),
        cycle: case.cycle.clone(),
        state: event.to,
        grade: case.grade().filter(|_| event.to.is_in_effect()),
    });
    store::list::append(tx, case.division, &item)?;
    if !event.to.asks_officers() {
        return Ok(());
    }
    let text = match event.reason.text.as_str() {
        "" => itgel_text::error(Lang::ZhCn, ErrorCode::CaseConflict, &[]),
        words => words.to_owned(),
    };
    let about: Vec<Option<ItemPath>> = match items.is_empty() {
        true => vec![None],
        false => items.into_iter().map(Some).collect(),
    };
    for item in about {
        let task = PullItem::Task(TaskItem {
            subject: case.subject.clone(),
            cycle: case.cycle.clone(),
            item,
            text: text.clone(),
            officer: None,
        });
        store::list::append(tx, case.division, &task)?;
    }
    Ok(())
}

/// Asks the gacha for another visit by other officers, on a list that every device pulls.
pub(super) fn ask_for_visit(tx: &Tx<'_>, case: &Case) -> Result<(), ServiceError> {
    let task = PullItem::Task(TaskItem {
        subject: case.subject.clone(),
        cycle: case.cycle.clone(),
        item: None,
        text: itgel_text::task_second_visit(Lang::ZhCn),
        officer: None,
    });
    store::list::append(tx, case.division, &task)?;
    Ok(())
}

/// The subject of a case.
pub(super) fn subject_of(tx: &Tx<'_>, case: &Case) -> Result<Subject, ServiceError> {
    store::subject::get(tx, &case.subject)?
        .ok_or(ServiceError::internal("a case without its subject"))
}

/// Officers with a declared conflict of interest toward the subject.
fn barred(tx: &Tx<'_>, case: &Case) -> Result<BTreeSet<OfficerId>, ServiceError> {
    Ok(store::interest::list(tx, &case.subject)?)
}

/// How soon a case needs a person: what holds up others first, 9 for what needs nobody.
fn attention(case: &Case) -> u8 {
    match case.state() {
        CaseState::Conflict => 0,
        CaseState::Disputed => 1,
        CaseState::Suspended => 2,
        CaseState::PreRated => 3,
        CaseState::Reviewed => 4,
        CaseState::InPublicity | CaseState::InNotice
            if case.period().is_some_and(|period| period.is_closed) =>
        {
            5
        }
        CaseState::Watch => 6,
        CaseState::Returned => 7,
        CaseState::Submitted => 8,
        _ => 9,
    }
}

/// A refusal of the domain with its figures.
fn refused(error: CaseError) -> ServiceError {
    let mut violation = itgel_domain::error::Violation::new("case", error.code);
    for (name, figure) in error.args {
        violation = violation.with(name, figure);
    }
    ServiceError::Refused {
        code: error.code,
        violations: vec![violation],
    }
}
