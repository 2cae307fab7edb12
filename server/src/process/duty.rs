//! The deadlines that run, the earliest first: what for, until when, who has to keep each of them,
//! who stands in for whoever is away, and to whom it goes when it is overdue (`domain.md` D.3, L-10,
//! G 44).

use std::collections::BTreeMap;

use itgel_domain::case::clocks::Clock;
use itgel_domain::case::deadline::{Deadline, Due};
use itgel_domain::case::{Case, Role};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{CaseId, CycleId, DecisionId, OfficerId};
use itgel_domain::policy::{self, Action, Actor, Grant, Resource};
use itgel_domain::rights::RequestState;
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;

use super::desk::allow;
use super::letter::LetterKind;
use super::platform::{self, Waiting};
use crate::error::ServiceError;
use crate::rights::{self, desk::RequestView};
use crate::service::Service;
use crate::store::absence::AbsenceRow;
use crate::store::{self, Tx};

/// The longest absence, in days.
const LONGEST_ABSENCE: i32 = 366;

/// Roles whose work somebody can take over for a time; nobody collects for another.
const DEPUTISED: [Role; 4] = [
    Role::VillageGroup,
    Role::Reviewer,
    Role::Approver,
    Role::ObjectionOfficer,
];

/// A deadline that runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Duty {
    /// What for.
    pub deadline: String,
    /// The last day.
    pub due_on: Date,
    /// Reckoned without the holidays of a year that is not published yet.
    pub provisional: bool,
    /// Whether that day has passed.
    pub is_overdue: bool,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// What a subject asked for by right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<DecisionId>,
    /// The objection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Since when the first of what waits for a platform has waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_on: Option<Date>,
    /// How many ratings or decisions wait for the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// The department whose decisions are not reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// In what role it is done.
    pub role: Role,
    /// Who can do it: officers who are there, and deputies of those who are not.
    pub people: Vec<OfficerId>,
    /// To whom it goes beside them, once it is overdue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalated_to: Vec<OfficerId>,
}

/// A page of duties.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DutyPage {
    /// The deadlines, the earliest first within each case and request.
    pub items: Vec<Duty>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An absence as somebody enters it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsenceRequest {
    /// Who is away.
    pub officer: OfficerId,
    /// First day.
    pub first_on: Date,
    /// Last day.
    pub last_on: Date,
    /// Who stands in.
    pub deputy: OfficerId,
}

/// The deadlines of a campaign in a division: requests of subjects and what waits for the platforms
/// on the first page, then cases by their earliest deadline.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`];
/// [`ErrorCode::RequestMalformed`] for a cursor that was not given here; [`ServiceError`] of the
/// database.
pub fn duties(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    place: (&CycleId, DivisionCode),
    cursor: Option<&str>,
    limit: usize,
) -> Result<DutyPage, ServiceError> {
    allow(actor, Action::ReadCase, place.1)?;
    let today = service.now().on();
    let mut desk = People::on(connection, today)?;
    let mut items = Vec::new();
    if cursor.is_none() {
        for view in rights::queue::waiting(service, connection, actor, place.1)? {
            items.push(desk.of_request(view)?);
        }
        for waiting in platform::waiting(service, connection, place, today)? {
            items.push(desk.of_platform(waiting, place.1)?);
        }
        items.sort_by_key(|duty| duty.due_on);
    }
    let malformed = || ServiceError::from(ErrorCode::RequestMalformed);
    let after = match cursor {
        Some(cursor) => cursor.split_once('~').ok_or_else(malformed)?,
        None => ("", ""),
    };
    let rows = store::case::list_due(connection, place, after, limit)?;
    let mut next = None;
    for row in &rows {
        let case = &row.case;
        let clocks = running(service, connection, case)?;
        let first = clocks.iter().map(|clock| clock.due.on).min();
        next = first.map(|day| format!("{day}~{}", case.id));
        if store::interest::list(connection, &case.subject)?.contains(&actor.officer) {
            continue;
        }
        for clock in clocks {
            let mut duty = desk.duty(clock, case.division)?;
            duty.case = Some(case.id.clone());
            items.push(duty);
        }
    }
    let next = next.filter(|_| rows.len() == limit);
    Ok(DutyPage { items, next })
}

/// Enters that somebody is away, and who stands in. Nobody enters himself as a deputy.
///
/// # Errors
/// [`ErrorCode::OfficerUnknown`]; [`ErrorCode::SecondPerson`] for the deputy;
/// [`ErrorCode::AbsenceDays`] for days in the wrong order, more than a year, or a deputy of
/// himself; [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`]; [`ServiceError`] of the
/// database.
pub fn enter_absence(
    tx: &Tx<'_>,
    actor: &Actor,
    request: &AbsenceRequest,
    now: AtMs,
) -> Result<AbsenceRow, ServiceError> {
    let away = store::officer::get(tx, &request.officer)?.ok_or(ErrorCode::OfficerUnknown)?;
    store::officer::get(tx, &request.deputy)?.ok_or(ErrorCode::OfficerUnknown)?;
    let resource = Resource {
        first_person: Some(&request.deputy),
        ..Resource::at(away.division)
    };
    policy::may(actor, Action::ManageOfficers, &resource).map_err(|denial| denial.code())?;
    let days = (request.last_on - request.first_on).get_days();
    if request.deputy == request.officer || !(0..LONGEST_ABSENCE).contains(&days) {
        return Err(ErrorCode::AbsenceDays.into());
    }
    let row = AbsenceRow {
        officer: request.officer.clone(),
        first_on: request.first_on,
        last_on: request.last_on,
        deputy: request.deputy.clone(),
        entered_by: actor.officer.clone(),
        entered_at: now,
    };
    store::absence::put(tx, &row)?;
    let detail = serde_json::json!({ "deputy": row.deputy, "until": row.last_on });
    let resource = format!("officer/{}", row.officer);
    let by = actor.officer.as_str();
    store::log::audit(tx, now, by, "absence.entered", &resource, &detail)?;
    Ok(row)
}

/// What is granted to an officer for those whom he stands in for on a day.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn deputised(
    connection: &Connection,
    officer: &OfficerId,
    day: Date,
) -> Result<Vec<Grant>, ServiceError> {
    let mut grants = Vec::new();
    for away in store::absence::list_of_deputy(connection, officer, day)? {
        let own = store::officer::grants(connection, &away)?;
        grants.extend(own.into_iter().filter(|g| DEPUTISED.contains(&g.role)));
    }
    Ok(grants)
}

/// Keeps the earliest deadline of a case beside it, so that lists find it.
pub(super) fn reckon(service: &Service, tx: &Tx<'_>, case: &Case) -> Result<(), ServiceError> {
    let clocks = running(service, tx, case)?;
    let first = clocks.iter().map(|clock| clock.due.on).min();
    Ok(store::case::set_due(tx, &case.id, first)?)
}

/// The deadlines of a case that somebody at the server still has to keep: a receipt note that was
/// given is kept, and what goes to the platforms goes in batches ([`platform`]).
fn running(
    service: &Service,
    connection: &Connection,
    case: &Case,
) -> Result<Vec<Clock>, ServiceError> {
    let timetable = super::timetable(service, connection, case.division)?;
    let mut clocks = Vec::new();
    for clock in case.clocks(&timetable) {
        let is_kept = match (&clock.receipt, clock.deadline) {
            (_, Deadline::Push) => true,
            (Some(receipt), Deadline::ObjectionReceipt) => {
                let note = LetterKind::Note.as_str();
                store::letter::is_given(connection, &case.id, receipt, note)?
            }
            _ => false,
        };
        if !is_kept {
            clocks.push(clock);
        }
    }
    Ok(clocks)
}

/// Who is there today, looked up once for each role and place.
struct People<'a> {
    connection: &'a Connection,
    today: Date,
    absent: Vec<AbsenceRow>,
    known: BTreeMap<(Role, DivisionCode), Vec<OfficerId>>,
}

impl<'a> People<'a> {
    fn on(connection: &'a Connection, today: Date) -> Result<Self, ServiceError> {
        Ok(Self {
            connection,
            today,
            absent: store::absence::list_on(connection, today)?,
            known: BTreeMap::new(),
        })
    }

    fn duty(&mut self, clock: Clock, division: DivisionCode) -> Result<Duty, ServiceError> {
        let (role, word) = (clock.deadline.duty(), clock.deadline.to_string());
        let duty = self.until(word, clock.due, role, division)?;
        Ok(Duty {
            receipt: clock.receipt,
            ..duty
        })
    }

    /// What somebody asked for waits for its answer, and an erasure that was granted for the
    /// second person.
    fn of_request(&mut self, view: RequestView) -> Result<Duty, ServiceError> {
        let role = match view.state {
            RequestState::Granted => Role::Approver,
            _ => view.kind.duty(),
        };
        let duty = self.until(view.kind.to_string(), view.due, role, view.division)?;
        Ok(Duty {
            request: Some(view.id),
            ..duty
        })
    }

    fn of_platform(
        &mut self,
        waiting: Waiting,
        division: DivisionCode,
    ) -> Result<Duty, ServiceError> {
        let (role, word) = (waiting.deadline.duty(), waiting.deadline.to_string());
        let duty = self.until(word, waiting.due, role, division)?;
        Ok(Duty {
            since_on: Some(waiting.since_on),
            waiting: Some(waiting.count),
            body: waiting.body,
            ..duty
        })
    }

    fn until(
        &mut self,
        deadline: String,
        due: Due,
        role: Role,
        division: DivisionCode,
    ) -> Result<Duty, ServiceError> {
        let is_overdue = due.on < self.today;
        let escalated_to = match is_overdue && role != Role::Approver {
            true => self.who(Role::Approver, division)?,
            false => Vec::new(),
        };
        Ok(Duty {
            deadline,
            due_on: due.on,
            provisional: due.provisional,
            is_overdue,
            case: None,
            request: None,
            receipt: None,
            since_on: None,
            waiting: None,
            body: None,
            role,
            people: self.who(role, division)?,
            escalated_to,
        })
    }

    fn who(&mut self, role: Role, division: DivisionCode) -> Result<Vec<OfficerId>, ServiceError> {
        if let Some(known) = self.known.get(&(role, division)) {
            return Ok(known.clone());
        }
        let holders = store::officer::list_with_role(self.connection, role, division)?;
        let is_away = |officer: &OfficerId| self.absent.iter().any(|row| row.officer == *officer);
        let mut people: Vec<OfficerId> = Vec::new();
        for holder in holders {
            if is_away(&holder) && DEPUTISED.contains(&role) {
                let deputies = self.absent.iter().filter(|row| row.officer == holder);
                people.extend(deputies.map(|row| row.deputy.clone()));
            } else if !is_away(&holder) {
                people.push(holder);
            }
        }
        people.sort();
        people.dedup();
        self.known.insert((role, division), people.clone());
        Ok(people)
    }
}
