//! The quarterly check of a banner (SR-57, SR-58): a job that goes over its ratings in effect, a
//! page in one transaction, and goes on where it stopped.

use itgel_domain::assess::Assessment;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::id::WarningId;
use itgel_domain::log::LeafKind;
use itgel_domain::monitoring::{
    Finding, Monitored, MonitoringRules, Quarter, Reaction, Trigger, WarningState, WarningStepKind,
    check,
};
use itgel_domain::policy::{Action, Actor};
use itgel_domain::subject::Subject;
use itgel_domain::sync::pull::{PullItem, TaskItem};
use itgel_domain::time::AtMs;
use itgel_text::Lang;

use super::present::Present;
use crate::error::ServiceError;
use crate::jobs::{self, JobKind};
use crate::process;
use crate::service::{Service, random};
use crate::store::job::{self, JobRow};
use crate::store::monitor::{MonitorRun, MonitoredRow, RunCounts};
use crate::store::warning::{WarningEvent, WarningRow};
use crate::store::{self, Tx};

/// Most ratings that one transaction checks.
pub const PAGE_RATINGS: usize = 256;

/// Who runs what nobody asked for.
const BY_RULE: &str = "rule";

/// What a job about a check needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    banner: DivisionCode,
    quarter: Quarter,
}

/// Asks for the check of a banner for a quarter that has begun; the same quarter again is the
/// check that there is.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::DivisionInvalid`] if the division is no banner; [`ErrorCode::MonitoringQuarter`]
/// if the quarter has not begun, or is not the present or the last one; [`ServiceError`] of the
/// database.
pub fn start(
    tx: &Tx<'_>,
    actor: &Actor,
    banner: DivisionCode,
    quarter: Quarter,
    now: AtMs,
) -> Result<MonitorRun, ServiceError> {
    process::allow(actor, Action::Monitor, banner)?;
    let today = now.on();
    let is_near = quarter.first_day() <= today && today <= quarter.next().last_day();
    if !is_near {
        return Err(ErrorCode::MonitoringQuarter.into());
    }
    begin(tx, (banner, quarter), actor.officer.as_str(), now)
}

/// Begins the checks of the quarter that is over, banner by banner, where nobody has yet.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn schedule(tx: &Tx<'_>, now: AtMs) -> Result<usize, ServiceError> {
    let last = Quarter::of(
        Quarter::of(now.on())
            .first_day()
            .yesterday()
            .unwrap_or(now.on()),
    );
    let mut begun = 0;
    for banner in store::monitor::list_banners(tx, last.last_day())? {
        let known = store::monitor::get(tx, banner, last)?;
        if known.is_none_or(|run| run.finished_at.is_none()) {
            begin(tx, (banner, last), BY_RULE, now)?;
            begun += 1;
        }
    }
    Ok(begun)
}

/// Checks the next page of ratings; whether the check is done.
///
/// # Errors
/// [`ErrorCode::MonitoringUnknown`] if no such check was begun; [`ServiceError`] of the database
/// or of the rules.
pub fn carry_on(
    service: &Service,
    banner: DivisionCode,
    quarter: Quarter,
) -> Result<bool, ServiceError> {
    service.transact("monitoring.page", move |service, tx| {
        page(service, tx, banner, quarter)
    })
}

/// Does the next page of a job and puts the rest back.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a monitoring job", e))?;
    let job = job.clone();
    service.transact("jobs.monitor_ratings", move |service, tx| {
        if !job::finish(tx, &job)? {
            return Ok(());
        }
        match page(service, tx, content.banner, content.quarter)? {
            true => Ok(()),
            false => enqueue(tx, content.banner, content.quarter, service.now()),
        }
    })
}

fn begin(
    tx: &Tx<'_>,
    (banner, quarter): (DivisionCode, Quarter),
    by: &str,
    now: AtMs,
) -> Result<MonitorRun, ServiceError> {
    if banner.level() != DivisionLevel::County {
        return Err(ErrorCode::DivisionInvalid.into());
    }
    if let Some(known) = store::monitor::get(tx, banner, quarter)? {
        // Of a restored database the jobs are not there any more.
        if known.finished_at.is_none() {
            enqueue(tx, banner, quarter, now)?;
        }
        return Ok(known);
    }
    let run = MonitorRun {
        banner,
        quarter,
        as_of: now.on(),
        rules: MonitoringRules::shipped().hash(),
        place: None,
        counts: RunCounts::default(),
        started_by: by.to_owned(),
        started_at: now,
        finished_at: None,
    };
    store::monitor::put(tx, &run)?;
    let detail = serde_json::json!({ "as_of": run.as_of, "rules": run.rules });
    let resource = format!("monitoring/{banner}/{quarter}");
    store::log::audit(tx, now, by, "monitoring.start", &resource, &detail)?;
    enqueue(tx, banner, quarter, now)?;
    Ok(run)
}

fn enqueue(
    tx: &Tx<'_>,
    banner: DivisionCode,
    quarter: Quarter,
    now: AtMs,
) -> Result<(), ServiceError> {
    let content = serde_json::json!(Content { banner, quarter });
    let key = format!("{banner}/{quarter}");
    jobs::enqueue(tx, JobKind::MonitorRatings, &key, &content, now)
}

fn page(
    service: &Service,
    tx: &Tx<'_>,
    banner: DivisionCode,
    quarter: Quarter,
) -> Result<bool, ServiceError> {
    let run = store::monitor::get(tx, banner, quarter)?;
    let mut run = run.ok_or(ErrorCode::MonitoringUnknown)?;
    if run.finished_at.is_some() {
        return Ok(true);
    }
    let now = service.now();
    let after = run.place.as_ref();
    let rows = store::monitor::list_ratings(tx, banner, run.as_of, after, PAGE_RATINGS)?;
    let mut checking = Checking {
        service,
        tx,
        present: Present::on(service, tx, run.as_of),
        run: &mut run,
        now,
    };
    for row in &rows {
        checking.rating(row)?;
    }
    let is_done = rows.len() < PAGE_RATINGS;
    if let Some(last) = rows.into_iter().next_back() {
        run.place = Some(last.place);
    }
    if is_done {
        run.finished_at = Some(now);
        finish(tx, &run, now)?;
    }
    store::monitor::put(tx, &run)?;
    Ok(is_done)
}

/// The counts of a finished check stand in the log.
fn finish(tx: &Tx<'_>, run: &MonitorRun, now: AtMs) -> Result<(), ServiceError> {
    let counts = serde_json::to_vec(&run.counts)
        .map_err(|e| ServiceError::caused("counts of a check", e))?;
    let resource = format!("monitoring/{}/{}", run.banner, run.quarter);
    let leaf = Hash::of("itgel.monitoring.v1", &[resource.as_bytes(), &counts]);
    store::log::leaf(tx, LeafKind::Decision, &leaf)?;
    let detail = serde_json::json!({
        "checked": run.counts.checked,
        "found": run.counts.found,
        "watched": run.counts.watched,
        "leaf": leaf,
    });
    store::log::audit(tx, now, BY_RULE, "monitoring.finish", &resource, &detail)?;
    Ok(())
}

/// One page of a check.
struct Checking<'a> {
    service: &'a Service,
    tx: &'a Tx<'a>,
    present: Present<'a>,
    run: &'a mut MonitorRun,
    now: AtMs,
}

impl Checking<'_> {
    fn rating(&mut self, row: &MonitoredRow) -> Result<(), ServiceError> {
        let Some(subject) = store::subject::get(self.tx, &row.subject)? else {
            return Ok(());
        };
        let then: Assessment = serde_json::from_str(&row.result)
            .map_err(|e| ServiceError::caused("a stored assessment", e))?;
        let now = self.present.assess(&subject, &then)?;
        let monitored = Monitored {
            on: self.run.as_of,
            effective_on: row.effective_on,
            valid_to: row.valid_to,
            then: &then,
            now: now.as_ref().map(|(now, context)| (now, context)),
            is_being_rated: row.is_being_rated,
        };
        let findings = check(MonitoringRules::shipped(), &monitored);
        self.count(row, &findings);
        match findings.is_empty() {
            true => Ok(()),
            false => self.warn(row, &subject, findings),
        }
    }

    fn count(&mut self, row: &MonitoredRow, findings: &[Finding]) {
        let counts = &mut self.run.counts;
        counts.checked += 1;
        *counts.grades.entry(row.grade).or_default() += 1;
        let village = counts.villages.entry(row.place.division).or_default();
        village.checked += 1;
        let Some(strongest) = findings.first() else {
            return;
        };
        counts.found += 1;
        village.found += 1;
        village.talk += u64::from(strongest.reaction == Reaction::Talk);
        let reaction = strongest.reaction.to_string();
        *counts.reactions.entry(reaction).or_default() += 1;
        for finding in findings {
            let trigger = finding.trigger.to_string();
            *counts.triggers.entry(trigger).or_default() += 1;
        }
    }

    /// Opens a warning, or adds to the open one what it does not say yet. What a person has
    /// cleared is not said again while it is no worse.
    fn warn(
        &mut self,
        row: &MonitoredRow,
        subject: &Subject,
        findings: Vec<Finding>,
    ) -> Result<(), ServiceError> {
        let case = &row.place.case;
        let cleared = store::warning::list_cleared(self.tx, case)?;
        let open = store::warning::get_open_of(self.tx, case)?;
        let said = open.as_ref().map_or(&[][..], |open| &open.findings);
        let is_new = |finding: &Finding| {
            let same =
                |known: &Finding| (known.trigger, &known.code) == (finding.trigger, &finding.code);
            let mut no_milder = cleared.iter().chain(said).filter(|known| same(known));
            !no_milder.any(|known| known.reaction >= finding.reaction)
        };
        let fresh: Vec<Finding> = findings.into_iter().filter(is_new).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        if fresh
            .iter()
            .any(|finding| finding.trigger == Trigger::ReRating)
        {
            self.ask_for_visit(row, subject)?;
        }
        if fresh.iter().any(|finding| finding.watch)
            && process::watch(self.service, self.tx, case, self.now)?
        {
            self.run.counts.watched += 1;
        }
        let mut warning = match open {
            Some(open) => open,
            None => self.opened(row, subject)?,
        };
        warning.version += 1;
        warning.watch |= fresh.iter().any(|finding| finding.watch);
        let known = |finding: &Finding| {
            !fresh
                .iter()
                .any(|f| (f.trigger, &f.code) == (finding.trigger, &finding.code))
        };
        warning.findings.retain(known);
        warning.findings.extend(fresh.iter().cloned());
        warning
            .findings
            .sort_by(|a, b| b.reaction.cmp(&a.reaction).then_with(|| a.cmp(b)));
        let strongest = warning.findings.first().map(|finding| finding.reaction);
        warning.reaction = strongest.unwrap_or(Reaction::Remind);
        let event = WarningEvent {
            n: warning.version,
            step: WarningStepKind::Find,
            reaction: None,
            actor: BY_RULE.to_owned(),
            at: self.now,
            reason: self.run.quarter.to_string(),
            findings: fresh,
        };
        Ok(store::warning::put(self.tx, &warning, &event)?)
    }

    fn opened(&self, row: &MonitoredRow, subject: &Subject) -> Result<WarningRow, ServiceError> {
        Ok(WarningRow {
            id: WarningId::from_random(random()?),
            case: row.place.case.clone(),
            subject: subject.id.clone(),
            division: subject.division,
            quarter: self.run.quarter,
            state: WarningState::Open,
            version: 0,
            reaction: Reaction::Remind,
            done: None,
            watch: false,
            findings: Vec::new(),
            opened_at: self.now,
        })
    }

    /// The yearly rating is due (`domain.md` D.3): the officers of the gacha see it as a task.
    fn ask_for_visit(&self, row: &MonitoredRow, subject: &Subject) -> Result<(), ServiceError> {
        let rule = MonitoringRules::shipped().rule(Trigger::ReRating, "", i64::MAX);
        let task = PullItem::Task(TaskItem {
            subject: subject.id.clone(),
            cycle: row.cycle.clone(),
            item: None,
            text: rule.map_or_else(String::new, |rule| {
                super::report::rule_text(rule, Lang::ZhCn).to_owned()
            }),
            officer: None,
        });
        store::list::append(self.tx, subject.division, &task)?;
        Ok(())
    }
}
