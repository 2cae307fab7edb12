//! Credit records and what follows from them: entering and amending records, official lists as
//! they are imported, measures and incentives, reporting in time, who repeats, and the end of
//! adverse records of persons (`domain.md` B.1.11, L-05, L-06, L-12, L-30 to L-32).
//!
//! [`records`] is the only way in: it checks what the law asks of each kind, and the registers
//! ([`crate::registers`]) bring it into force, so that standings and devices follow in the same
//! transaction. No function makes a list of the dishonest; an entry comes by
//! [`records::import_entry`] with law, body and first day or not at all (SR-44).

pub mod measures;
pub mod publicity;
pub mod reading;
pub mod records;
pub mod repeats;
pub mod retention;
pub mod screening;

use std::sync::Arc;

use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::SubjectId;
use itgel_domain::pack::Parameters;
use itgel_domain::policy::{self, Action, Actor, Denial, Resource};
use itgel_domain::subject::Subject;
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store::{self, credit_record::Listed};

/// Refuses unless a role of the actor allows `action` on what concerns `subject`. What the actor
/// may not read does not exist for them: then `absent` is the answer.
fn allow_about(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    subject: &Subject,
    absent: ErrorCode,
) -> Result<(), ServiceError> {
    let interests = store::interest::list(connection, &subject.id)?;
    let resource = Resource {
        has_interest: interests.contains(&actor.officer),
        ..Resource::at(subject.division)
    };
    match policy::may(actor, Action::ReadRecords, &resource) {
        Err(Denial::Division) => return Err(absent.into()),
        Err(denial) => return Err(denial.into()),
        Ok(_) => {}
    }
    policy::may(actor, action, &resource)?;
    Ok(())
}

/// The parameters that hold for a subject on a day: they know the lists, catalogues and terms.
fn parameters(
    service: &Service,
    connection: &Connection,
    subject: &Subject,
    day: Date,
) -> Result<Arc<Parameters>, ServiceError> {
    service
        .rules
        .parameters_for(connection, subject.division, day)
}

/// Refused for all these faults; the first one names the answer.
fn refuse(faults: Vec<Violation>) -> ServiceError {
    let first = faults.first().map(|fault| fault.code);
    ServiceError::Refused {
        code: first.unwrap_or(ErrorCode::RegisterRow),
        violations: faults,
    }
}

fn subject_of(listed: &Listed) -> Result<SubjectId, ServiceError> {
    let subject = listed.row.subject.clone();
    subject.ok_or(ServiceError::internal("a credit record about nobody"))
}
