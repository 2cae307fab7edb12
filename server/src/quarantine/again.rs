//! What only lacked something counts once that arrives: judged again by a job that is asked for in
//! the transaction which brings it.

use itgel_domain::file::ChainRef;
use itgel_domain::id::{OfficerId, SubjectId};
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

/// Judges a page of what waits again, in the order of the chains.
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
            let whose = match (&content.subject, &content.officer) {
                (Some(subject), _) => Whose::Subject(subject),
                (None, Some(officer)) => Whose::Officer(officer),
                (None, None) => {
                    job::finish(tx, &job)?;
                    return Ok(None);
                }
            };
            let rows = store::quarantine::list_waiting(tx, whose, from.as_ref(), PAGE)?;
            let last = rows.last().map(|row| row.at.clone());
            let rows: Vec<_> = rows.into_iter().filter(lacks_arrival).collect();
            ingest::judge_again(service, tx, &rows, service.now())?;
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

fn lacks_arrival(row: &QuarantineRow) -> bool {
    remedy(row.reason).is_arrival()
}
