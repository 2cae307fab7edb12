//! What only lacked something counts once that arrives: judged again by a job that is asked for in
//! the transaction which brings it. Rules that come late do not decide what counts, but what a
//! reviewer should look at.

use itgel_domain::division::DivisionCode;
use itgel_domain::file::ChainRef;
use itgel_domain::hash::Hash;
use itgel_domain::id::{OfficerId, SubjectId};
use itgel_domain::sync::push::Flag;
use itgel_domain::sync::quarantine::remedy;
use itgel_domain::time::AtMs;

use crate::error::ServiceError;
use crate::ingest;
use crate::jobs::{self, JobKind};
use crate::service::Service;
use crate::store::job::{self, JobRow};
use crate::store::quarantine::{QuarantineRow, Whose};
use crate::store::{self, Tx};

/// Envelopes that one transaction of the job judges.
const PAGE: u32 = 100;

/// What the job judges, and where it goes on.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<SubjectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    officer: Option<OfficerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roll: Option<DivisionCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<ChainRef>,
}

/// A subject has come into the register: what waited for it is judged again.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn subject_arrived(tx: &Tx<'_>, subject: &SubjectId) -> Result<(), ServiceError> {
    if !store::quarantine::is_waiting(tx, Whose::Subject(subject))? {
        return Ok(());
    }
    let content = serde_json::json!({ "subject": subject });
    let key = format!("subject/{subject}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// An officer was assigned anew: what waits of him is judged again.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn right_arrived(tx: &Tx<'_>, officer: &OfficerId) -> Result<(), ServiceError> {
    if !store::quarantine::is_waiting(tx, Whose::Officer(officer))? {
        return Ok(());
    }
    let content = serde_json::json!({ "officer": officer });
    let key = format!("officer/{officer}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// Somebody was put on the roll of evaluators in a division: ballots of people who stood on none are
/// judged again, since nobody but the service knows whose they are.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn evaluator_arrived(tx: &Tx<'_>, division: DivisionCode) -> Result<(), ServiceError> {
    if !store::quarantine::is_waiting(tx, Whose::Unlisted(division))? {
        return Ok(());
    }
    let content = serde_json::json!({ "roll": division });
    let key = format!("roll/{division}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// Rules have come that nobody had loaded: visits that were sealed under them before are compared
/// now.
///
/// # Errors
/// [`ServiceError`] of the database or the random source.
pub(crate) fn rules_arrived(tx: &Tx<'_>, rules: &Hash) -> Result<(), ServiceError> {
    if store::envelope::list_flagged(tx, Flag::OutdatedPack, None, 1)?.is_empty() {
        return Ok(());
    }
    let content = serde_json::json!({ "rules": rules });
    let key = format!("rules/{rules}");
    jobs::enqueue(tx, JobKind::JudgeAgain, &key, &content, AtMs::default())
}

/// Judges page by page what waits again, in the order of the chains.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn run_job(service: &Service, job: &JobRow) -> Result<(), ServiceError> {
    let content: Content = serde_json::from_str(&job.content)
        .map_err(|e| ServiceError::caused("content of a job that judges again", e))?;
    let mut after = content.after.clone();
    loop {
        let (job, content, from) = (job.clone(), content.clone(), after.clone());
        after = service.transact("quarantine.judge_again", move |service, tx| {
            let last = page(service, tx, &content, from.as_ref())?;
            if last.is_none() {
                job::finish(tx, &job)?;
            }
            Ok::<_, ServiceError>(last)
        })?;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Judges a page; the last place of it, or `None` if there is none.
fn page(
    service: &Service,
    tx: &Tx<'_>,
    content: &Content,
    from: Option<&ChainRef>,
) -> Result<Option<ChainRef>, ServiceError> {
    if let Some(rules) = &content.rules {
        let rows = store::envelope::list_flagged(tx, Flag::OutdatedPack, from, PAGE)?;
        ingest::flag_again(service, tx, &rows, rules, service.now())?;
        return Ok(rows.last().map(|(row, _)| row.at.clone()));
    }
    let whose = match (&content.subject, &content.officer, content.roll) {
        (Some(subject), ..) => Whose::Subject(subject),
        (None, Some(officer), _) => Whose::Officer(officer),
        (None, None, Some(division)) => Whose::Unlisted(division),
        (None, None, None) => return Ok(None),
    };
    let rows = store::quarantine::list_waiting(tx, whose, from, PAGE)?;
    let last = rows.last().map(|row| row.at.clone());
    let rows: Vec<_> = rows.into_iter().filter(lacks_arrival).collect();
    ingest::judge_again(service, tx, &rows, service.now())?;
    Ok(last)
}

fn lacks_arrival(row: &QuarantineRow) -> bool {
    remedy(row.reason).is_arrival()
}
