//! How the server stands, for its operator: counts without any name (`itgel status`, metrics).

use rusqlite::Connection;

use crate::error::ServiceError;
use crate::service::Service;
use crate::store;
use crate::store::intake_count::IntakeCount;

/// The figures.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// What the stages of admission said so far.
    pub intake: Vec<IntakeCount>,
    /// What waits in quarantine, by reason.
    pub quarantine: Vec<(String, u64)>,
    /// Pages that wait for a gap.
    pub held: u64,
    /// Devices by status.
    pub devices: Vec<(String, u64)>,
    /// Jobs that wait or run, by kind.
    pub jobs: Vec<(String, u64)>,
    /// Leaves of the log.
    pub leaves: u64,
}

/// Reads the figures as of one instant.
///
/// # Errors
/// [`ServiceError`] of the database.
pub fn read(service: &Service) -> Result<Status, ServiceError> {
    service.store.read(|connection: &Connection| {
        Ok(Status {
            intake: store::intake_count::list(connection)?,
            quarantine: store::quarantine::count_by_reason(connection)?,
            held: store::intake_count::held_pages(connection)?,
            devices: store::intake_count::devices(connection)?,
            jobs: store::intake_count::jobs(connection)?,
            leaves: store::intake_count::leaves(connection)?,
        })
    })
}
