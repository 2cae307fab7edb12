//! The quality of the work (SR-62): how far each gacha of a campaign has come, how complete its
//! files are and whether reviews, approvals and objections were in time. For the leading group;
//! it tells of the work of offices, and of no household.

use std::collections::BTreeMap;

use itgel_domain::assess::Assessment;
use itgel_domain::case::deadline::Deadline;
use itgel_domain::case::terms::Timetable;
use itgel_domain::case::{CaseState, StepKind};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::id::{CaseId, CycleId};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::time::AtMs;
use itgel_domain::validation::{FileQuality, FileShares, Share, Timeliness};
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store;
use crate::store::validation::TimedStep;

/// Ratings that are read at once.
const PAGE: usize = 512;

/// Counts of one division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkCounts {
    cases: u64,
    returned: u64,
    in_effect: u64,
    timeliness: Timeliness,
    files: FileQuality,
    overrides: Share,
}

/// A line of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct WorkLine {
    /// The division.
    pub division: DivisionCode,
    /// Cases of the campaign.
    pub cases: u64,
    /// Ratings in effect among them.
    pub in_effect: Share,
    /// Cases that were sent back at least once.
    pub returned: Share,
    /// Reviews, approvals and objections in time.
    pub timeliness: Timeliness,
    /// Completeness and evidence of the rated.
    pub files: FileShares,
    /// Grades that were moved by a reviewer.
    pub overrides: Share,
}

/// The quality of the work in a division: its own sum first, then sumus and gachas by code.
///
/// # Errors
/// [`itgel_domain::error::ErrorCode::NotAllowed`] or
/// [`itgel_domain::error::ErrorCode::ScopeOutside`] for the person; [`ServiceError`] of the
/// database.
pub fn quality(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    cycle: &CycleId,
) -> Result<Vec<WorkLine>, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, division)?;
    let timetable = process::timetable(service, connection, division)?;
    lines(connection, division, cycle, &timetable, service.now().on())
}

/// [`quality`] without asking who wants to know.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(super) fn lines(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    timetable: &Timetable,
    today: Date,
) -> Result<Vec<WorkLine>, ServiceError> {
    let mut gachas: BTreeMap<DivisionCode, WorkCounts> = BTreeMap::new();
    let mut open: Option<CaseClock> = None;
    store::validation::for_each_step(connection, cycle, division, |step| {
        if open.as_ref().is_none_or(|clock| clock.case != step.case) {
            let clock = CaseClock::of(&step);
            if let Some(done) = open.replace(clock) {
                done.count(gachas.entry(done.division).or_default(), timetable, today);
            }
        }
        if let Some(clock) = &mut open {
            clock.take(step);
        }
    })?;
    if let Some(done) = open {
        done.count(gachas.entry(done.division).or_default(), timetable, today);
    }
    files(connection, division, cycle, &mut gachas)?;
    Ok(summed(division, &gachas))
}

/// Adds completeness and evidence of the rated.
fn files(
    connection: &Connection,
    division: DivisionCode,
    cycle: &CycleId,
    gachas: &mut BTreeMap<DivisionCode, WorkCounts>,
) -> Result<(), ServiceError> {
    let mut after = None;
    loop {
        let rows =
            store::validation::list_ratings(connection, cycle, division, after.as_ref(), PAGE)?;
        for row in &rows {
            let assessment: Assessment = serde_json::from_str(&row.result)
                .map_err(|e| ServiceError::caused("a stored assessment", e))?;
            let counts = gachas.entry(row.place.division).or_default();
            counts
                .files
                .add(assessment.completeness, assessment.evidence);
            counts.overrides.add(assessment.grade != Some(row.grade));
        }
        if rows.len() < PAGE {
            return Ok(());
        }
        after = rows.into_iter().next_back().map(|row| row.place);
    }
}

/// The division itself, its sumus and its gachas, each the sum of what lies in it.
fn summed(division: DivisionCode, gachas: &BTreeMap<DivisionCode, WorkCounts>) -> Vec<WorkLine> {
    let mut all: BTreeMap<DivisionCode, WorkCounts> = BTreeMap::new();
    all.entry(division).or_default();
    for (gacha, counts) in gachas {
        let sumu = gacha.ancestor(DivisionLevel::Township);
        let above = sumu.into_iter().chain([division, *gacha]);
        let mut places: Vec<DivisionCode> = above.filter(|d| division.contains(*d)).collect();
        places.sort_unstable();
        places.dedup();
        for place in places {
            all.entry(place).or_default().join(counts);
        }
    }
    all.iter()
        .map(|(place, counts)| counts.line(*place))
        .collect()
}

impl WorkCounts {
    fn join(&mut self, other: &Self) {
        self.cases += other.cases;
        self.returned += other.returned;
        self.in_effect += other.in_effect;
        self.timeliness.join(other.timeliness);
        self.files.join(&other.files);
        self.overrides.join(other.overrides);
    }

    fn line(&self, division: DivisionCode) -> WorkLine {
        WorkLine {
            division,
            cases: self.cases,
            in_effect: Share::of(self.in_effect, self.cases),
            returned: Share::of(self.returned, self.cases),
            timeliness: self.timeliness,
            files: self.files.result(),
            overrides: self.overrides,
        }
    }
}

/// What of one case deadlines look at.
struct CaseClock {
    division: DivisionCode,
    case: CaseId,
    state: CaseState,
    submitted_at: Option<AtMs>,
    reviewed_at: Option<AtMs>,
    closed_at: Option<AtMs>,
    approved_at: Option<AtMs>,
    /// By receipt, when an objection came and when it was answered.
    objections: BTreeMap<String, (AtMs, Option<AtMs>)>,
    is_returned: bool,
}

impl CaseClock {
    fn of(step: &TimedStep) -> Self {
        Self {
            division: step.division,
            case: step.case.clone(),
            state: step.state,
            submitted_at: None,
            reviewed_at: None,
            closed_at: None,
            approved_at: None,
            objections: BTreeMap::new(),
            is_returned: false,
        }
    }

    /// The last submission counts for the review: what was sent back begins anew.
    fn take(&mut self, step: TimedStep) {
        match step.step {
            Some(StepKind::Submit) => {
                self.submitted_at = Some(step.at);
                self.reviewed_at = None;
            }
            Some(StepKind::Review) => self.reviewed_at = Some(step.at),
            Some(StepKind::ClosePeriod) => self.closed_at = Some(step.at),
            Some(StepKind::Approve) => self.approved_at = Some(step.at),
            Some(StepKind::Return) => self.is_returned = true,
            Some(StepKind::Object) => {
                if let Some(receipt) = step.receipt {
                    self.objections.entry(receipt).or_insert((step.at, None));
                }
            }
            Some(StepKind::DecideObjection) => {
                let receipt = step.receipt.unwrap_or_default();
                if let Some(objection) = self.objections.get_mut(&receipt) {
                    objection.1.get_or_insert(step.at);
                }
            }
            _ => {}
        }
    }

    fn count(&self, counts: &mut WorkCounts, timetable: &Timetable, today: Date) {
        counts.cases += 1;
        counts.returned += u64::from(self.is_returned);
        counts.in_effect += u64::from(self.state.is_in_effect());
        let times = &mut counts.timeliness;
        let judge = |share: &mut Share, deadline: Deadline, from: AtMs, done: Option<AtMs>| {
            let due = deadline.due(from.on(), timetable).on;
            match done {
                Some(done) => share.add(done.on() <= due),
                // What still waits and may wait is not judged yet.
                None if today > due => share.add(false),
                None => {}
            }
        };
        let waits = !self.state.is_terminal() && self.state != CaseState::Returned;
        if let Some(from) = self
            .submitted_at
            .filter(|_| waits || self.reviewed_at.is_some())
        {
            judge(&mut times.review, Deadline::Review, from, self.reviewed_at);
        }
        if let Some(from) = self
            .closed_at
            .filter(|_| waits || self.approved_at.is_some())
        {
            judge(
                &mut times.approval,
                Deadline::Approval,
                from,
                self.approved_at,
            );
        }
        for (filed, answered) in self.objections.values() {
            judge(
                &mut times.objection,
                Deadline::ObjectionAnswer,
                *filed,
                *answered,
            );
        }
    }
}
