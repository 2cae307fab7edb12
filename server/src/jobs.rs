//! Jobs: slow work, asked for by a row in the same transaction as its cause and done later.
//!
//! A job runs at least once and its effect holds once: it is leased with a fence, every
//! transaction of it first asks whether the lease still stands, and the last one removes the row.
//! What fails comes back later, ever more slowly, and is never dropped.

mod rebuild;

use std::fmt;
use std::str::FromStr;

use itgel_domain::file::FileId;
use itgel_domain::id::{CycleId, ImportId};
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use crate::error::ServiceError;
use crate::service::{Service, random};
use crate::store::Tx;
use crate::store::job::{self, JobRow};
use crate::{
    erasure, fold, import, ledger, monitoring, offers, process, quarantine, retention, shadow,
    sync, titles,
};

/// How long a lease lasts: far longer than any one job takes.
const LEASE_MS: i64 = 10 * 60_000;

/// Most jobs of one call, so that the caller can stop between.
const PER_CALL: usize = 32;

/// The longest wait after a failure.
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// How often the log gets a signed checkpoint.
const CHECKPOINT_EVERY_MS: i64 = 3_600_000;

/// How often all files are compared with their envelopes.
const REBUILD_EVERY_MS: i64 = 86_400_000;

/// How often records whose time is over are looked for.
const RETAIN_EVERY_MS: i64 = 86_400_000;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Ends the periods of publicity and notice that are over, brings approved ratings into
    /// effect and ends those whose last day has passed.
    ClosePeriods,
    /// Computes the titles of a banner.
    SnapshotTitles,
    /// Builds files from their envelopes and compares them with what screens read.
    RebuildFiles,
    /// Signs the state of the log.
    CheckpointLog,
    /// Brings the standings of a division up to date after a register row for it.
    RefreshStandings,
    /// Brings the rows of an imported table into force.
    ActivateImport,
    /// Destroys the contents that an imported table still holds.
    ForgetImport,
    /// Ends whatever has a term that is over, adverse records of persons first.
    RetainRecords,
    /// Brings the lenders' ledgers in force to the subjects that they speak of.
    ApplyLedger,
    /// Takes what an erasure deleted out of the write-ahead log.
    EmptyLog,
    /// Scores the standings with proposed rules, without effect.
    RunShadow,
    /// Begins the checks of the quarter that is over.
    ScheduleMonitoring,
    /// Checks a banner's ratings in effect for a quarter.
    MonitorRatings,
    /// Judges again what was set aside before a subject or a right had arrived.
    JudgeAgain,
    /// Tells devices of a lender whose next contract begins.
    TellLender,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::ClosePeriods,
        Self::SnapshotTitles,
        Self::RebuildFiles,
        Self::CheckpointLog,
        Self::RefreshStandings,
        Self::ActivateImport,
        Self::ForgetImport,
        Self::RetainRecords,
        Self::ApplyLedger,
        Self::EmptyLog,
        Self::RunShadow,
        Self::ScheduleMonitoring,
        Self::MonitorRatings,
        Self::JudgeAgain,
        Self::TellLender,
    ];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClosePeriods => "close_periods",
            Self::SnapshotTitles => "snapshot_titles",
            Self::RebuildFiles => "rebuild_files",
            Self::CheckpointLog => "checkpoint_log",
            Self::RefreshStandings => "refresh_standings",
            Self::ActivateImport => "activate_import",
            Self::ForgetImport => "forget_import",
            Self::RetainRecords => "retain_records",
            Self::ApplyLedger => "apply_ledger",
            Self::EmptyLog => "empty_log",
            Self::RunShadow => "run_shadow",
            Self::ScheduleMonitoring => "schedule_monitoring",
            Self::MonitorRatings => "monitor_ratings",
            Self::JudgeAgain => "judge_again",
            Self::TellLender => "tell_lender",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobKind {
    type Err = ServiceError;

    fn from_str(word: &str) -> Result<Self, ServiceError> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or(ServiceError::internal("a job of an unknown kind"))
    }
}

/// What a snapshot of titles needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotContent {
    cycle: CycleId,
    as_of: Date,
}

/// What a job about an imported table needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportContent {
    batch: ImportId,
}

/// Asks for work in the caller's transaction. Work of the same kind and key that waits already is
/// the same work: the earlier time wins and the newer content.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub fn enqueue(
    tx: &Tx<'_>,
    kind: JobKind,
    key: &str,
    content: &serde_json::Value,
    run_at: AtMs,
) -> Result<(), ServiceError> {
    let id = data_encoding::HEXLOWER.encode(&random::<16>()?);
    let dedupe = format!("{kind}/{key}");
    Ok(job::put(
        tx,
        &id,
        kind.as_str(),
        &dedupe,
        &content.to_string(),
        run_at,
    )?)
}

/// Asks for the titles of a campaign's banner as of a day.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub fn enqueue_snapshot(
    tx: &Tx<'_>,
    cycle: &CycleId,
    as_of: Date,
    run_at: AtMs,
) -> Result<(), ServiceError> {
    let content = serde_json::json!({ "cycle": cycle, "as_of": as_of });
    enqueue(
        tx,
        JobKind::SnapshotTitles,
        cycle.as_str(),
        &content,
        run_at,
    )
}

/// Asks that periods be closed at `at` or soon after, by the clock of periods.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub fn enqueue_close_periods(service: &Service, tx: &Tx<'_>, at: AtMs) -> Result<(), ServiceError> {
    // The clock of periods may run ahead of the clock of jobs.
    let ahead_ms = service.period_now().0 - service.now().0;
    let run_at = at.plus_ms(-ahead_ms);
    enqueue(
        tx,
        JobKind::ClosePeriods,
        "",
        &serde_json::Value::Null,
        run_at,
    )
}

/// Asks for what has to be done again and again; once after a start.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub fn start(service: &Service) -> Result<(), ServiceError> {
    service.transact("jobs.start", |service, tx| {
        let now = service.now();
        let nothing = serde_json::Value::Null;
        enqueue(tx, JobKind::ClosePeriods, "", &nothing, now)?;
        enqueue(tx, JobKind::RetainRecords, "", &nothing, now)?;
        enqueue(tx, JobKind::ScheduleMonitoring, "", &nothing, now)?;
        for (kind, every_ms) in [
            (JobKind::CheckpointLog, CHECKPOINT_EVERY_MS),
            (JobKind::RebuildFiles, REBUILD_EVERY_MS),
        ] {
            if job::count(tx, kind.as_str())? == 0 {
                enqueue(tx, kind, "", &nothing, now.plus_ms(every_ms))?;
            }
        }
        Ok(())
    })
}

/// Does what is due now, one job after another, and says how many were tried. Blocks: call it on
/// a thread that may wait, again and again.
///
/// # Errors
/// [`ServiceError`] if jobs can be neither leased nor put back; a job that fails is no error.
pub fn run_due(service: &Service) -> Result<usize, ServiceError> {
    for tried in 0..PER_CALL {
        let now = service.now();
        let leased = service.transact("jobs.lease", move |_, tx| {
            Ok(job::lease(tx, now, now.plus_ms(LEASE_MS))?)
        })?;
        let Some(leased) = leased else {
            return Ok(tried);
        };
        if let Err(error) = run(service, &leased) {
            tracing::error!(job = %leased.kind, attempts = leased.attempts, %error, "a job failed");
            put_back(service, leased, &error)?;
        }
    }
    Ok(PER_CALL)
}

/// Whether a file is what its envelopes say, built from them as a document and folded from them:
/// what [`JobKind::RebuildFiles`] asks of every file.
///
/// # Errors
/// [`ServiceError`] of the database, or if stored bytes do not open.
pub fn is_sound(service: &Service, file: &FileId) -> Result<bool, ServiceError> {
    let fault = service
        .store
        .read(|connection| rebuild::check(service, connection, file))?;
    Ok(fault.is_none())
}

fn run(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    match job.kind.parse()? {
        JobKind::ClosePeriods => close_periods(service, job),
        JobKind::SnapshotTitles => snapshot_titles(service, job),
        JobKind::RebuildFiles => rebuild::run(service, job),
        JobKind::CheckpointLog => checkpoint_log(service, job),
        JobKind::RefreshStandings => fold::run_job(service, job),
        JobKind::ActivateImport => with_import(job, |batch| {
            while import::carry_on(service, batch)?.is_some() {}
            finish(service, job)
        }),
        JobKind::ForgetImport => with_import(job, |batch| {
            import::forget(service, batch)?;
            finish(service, job)
        }),
        JobKind::RetainRecords => retain_records(service, job),
        JobKind::ApplyLedger => ledger::run_job(service, job),
        JobKind::EmptyLog => {
            erasure::leave_no_bytes(service)?;
            finish(service, job)
        }
        JobKind::RunShadow => shadow::run_job(service, job),
        JobKind::ScheduleMonitoring => schedule_monitoring(service, job),
        JobKind::MonitorRatings => monitoring::run::run_job(service, job),
        JobKind::JudgeAgain => quarantine::run_job(service, job),
        JobKind::TellLender => offers::run_job(service, job),
    }
}

fn close_periods(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    process::run_periods(service, service.now())?;
    titles::run_periods(service)?;
    let tomorrow = AtMs::start_of(next_day(service.period_now()));
    let job = job.clone();
    service.transact("jobs.close_periods", move |service, tx| {
        if job::finish(tx, &job)? {
            enqueue_close_periods(service, tx, tomorrow)?;
        }
        Ok(())
    })
}

fn snapshot_titles(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: SnapshotContent = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a snapshot job", e))?;
    let job = job.clone();
    // The job ends in the transaction that writes the titles, or writes none.
    let finish = move |tx: &Tx<'_>| Ok(job::finish(tx, &job)?);
    titles::snapshot_apart(service, &content.cycle, content.as_of, finish)?;
    Ok(())
}

fn with_import(
    job: &JobRow,
    work: impl FnOnce(&ImportId) -> Result<(), ServiceError>,
) -> Result<(), ServiceError> {
    let content: ImportContent = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of an import job", e))?;
    work(&content.batch)
}

fn finish(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let job = job.clone();
    service.transact("jobs.finish", move |_, tx| {
        job::finish(tx, &job)?;
        Ok(())
    })
}

fn retain_records(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    retention::run(service)?;
    again(service, job, JobKind::RetainRecords, RETAIN_EVERY_MS)
}

/// Once a day, the first after a quarter's end among them.
fn schedule_monitoring(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let job = job.clone();
    service.transact("jobs.schedule_monitoring", move |service, tx| {
        let now = service.now();
        if !job::finish(tx, &job)? {
            return Ok(());
        }
        monitoring::run::schedule(tx, now)?;
        let nothing = serde_json::Value::Null;
        let tomorrow = AtMs::start_of(next_day(now));
        enqueue(tx, JobKind::ScheduleMonitoring, "", &nothing, tomorrow)
    })
}

fn checkpoint_log(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    sync::checkpoint(service, service.now())?;
    again(service, job, JobKind::CheckpointLog, CHECKPOINT_EVERY_MS)
}

/// Ends a job that has to be done again after a while.
fn again(
    service: &Service,
    job: &JobRow,
    kind: JobKind,
    after_ms: i64,
) -> Result<(), ServiceError> {
    let job = job.clone();
    service.transact("jobs.again", move |service, tx| {
        if job::finish(tx, &job)? {
            let run_at = service.now().plus_ms(after_ms);
            enqueue(tx, kind, "", &serde_json::Value::Null, run_at)?;
        }
        Ok(())
    })
}

fn put_back(service: &Service, job: JobRow, error: &ServiceError) -> Result<(), ServiceError> {
    let run_at = service.now().plus_ms(wait_ms(job.attempts));
    let code = error.code().as_str();
    service.transact("jobs.put_back", move |_, tx| {
        Ok(job::put_back(tx, &job, run_at, code)?)
    })
}

/// One second after the first failure, twice as long after each further one, at most an hour.
fn wait_ms(attempts: u32) -> i64 {
    LONGEST_WAIT_MS.min(1_000 << attempts.min(20))
}

fn next_day(at: AtMs) -> Date {
    at.on().saturating_add(jiff::Span::new().days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_what_wrote_it() {
        for kind in JobKind::ALL {
            assert_eq!(kind.as_str().parse::<JobKind>().unwrap(), kind);
        }
        assert!("nonsense".parse::<JobKind>().is_err());
    }

    #[test]
    fn waits_grow_to_an_hour_and_no_further() {
        assert_eq!((wait_ms(0), wait_ms(1), wait_ms(5)), (1_000, 2_000, 32_000));
        assert_eq!(wait_ms(u32::MAX), LONGEST_WAIT_MS);
    }
}
