//! Whether departments report their decisions in time (双公示, SR-19, SR-21, L-32): counts and
//! rates for each body and in sum.

use std::collections::BTreeMap;

use itgel_domain::credit::{Timeliness, timeliness};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::policy::{Action, Actor};
use jiff::civil::Date;
use rusqlite::Connection;

use crate::error::ServiceError;
use crate::process;
use crate::service::Service;
use crate::store::credit_record;

/// The longest period of one report, in days.
const LONGEST_DAYS: i32 = 366;

/// Counts with their rates in hundredths of a per cent; a rate of nothing is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PublicityLine {
    /// The counts.
    #[serde(flatten)]
    pub counts: Timeliness,
    /// 上报率.
    pub reporting_rate: Option<u64>,
    /// 及时率.
    pub timeliness_rate: Option<u64>,
    /// 合规率.
    pub compliance_rate: Option<u64>,
}

/// A report over a period.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PublicityReport {
    /// The division.
    pub division: DivisionCode,
    /// First day of decision.
    pub from: Date,
    /// Last day of decision.
    pub to: Date,
    /// The day on which it was counted.
    pub on: Date,
    /// All bodies together.
    pub total: PublicityLine,
    /// Each body.
    pub bodies: BTreeMap<String, PublicityLine>,
}

/// Counts the decisions of a period.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] for the person;
/// [`ErrorCode::RequestMalformed`] for a period that ends before it begins or is longer than a
/// year; [`ServiceError`] of the database.
pub fn report(
    service: &Service,
    connection: &Connection,
    actor: &Actor,
    division: DivisionCode,
    (from, to): (Date, Date),
) -> Result<PublicityReport, ServiceError> {
    process::allow(actor, Action::ReadMonitoring, division)?;
    let days = (to - from).get_days();
    if !(0..LONGEST_DAYS).contains(&days) {
        return Err(ErrorCode::RequestMalformed.into());
    }
    let on = service.now().on();
    let table = service.rules.parameters_for(connection, division, on)?;
    let timetable = process::timetable(service, connection, division)?;
    let mut bodies: BTreeMap<String, Timeliness> = BTreeMap::new();
    let mut total = Timeliness::default();
    credit_record::for_each_decided(connection, division, (from, to), |record| {
        let counted = timeliness(record, &timetable, &table, on);
        if counted.decided > 0 {
            bodies
                .entry(record.recorded_by.clone())
                .or_default()
                .add(counted);
            total.add(counted);
        }
    })?;
    Ok(PublicityReport {
        division,
        from,
        to,
        on,
        total: total.into(),
        bodies: bodies
            .into_iter()
            .map(|(body, counts)| (body, counts.into()))
            .collect(),
    })
}

impl From<Timeliness> for PublicityLine {
    fn from(counts: Timeliness) -> Self {
        Self {
            counts,
            reporting_rate: counts.reporting_rate(),
            timeliness_rate: counts.timeliness_rate(),
            compliance_rate: counts.compliance_rate(),
        }
    }
}
