//! When a figure asks for a person: dated data with the origin of each number
//! (`fixtures/monitoring/`, `domain.md` I.2).

use super::share::Ppm;
use crate::monitoring::MonitoringRules;
use crate::pack::PackError;
use crate::pack::read::Fields;

/// The thresholds of validation; shares in millionths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Fewer bads give no verdict.
    pub least_bads: u64,
    /// Smaller groups give none either.
    pub least_group: u64,
    /// From this AUC on scores tell good from bad.
    pub auc_watch: Ppm,
    /// Below this one they do not.
    pub auc_act: Ppm,
    /// From this PSI on: watch.
    pub psi_watch: Ppm,
    /// Above this one: act.
    pub psi_act: Ppm,
    /// Most overrides.
    pub override_most: Ppm,
    /// Fewest blind second visits.
    pub second_visit_least: Ppm,
    /// Agreement of grades: green from here on.
    pub agreement_green: Ppm,
    /// Amber from here on.
    pub agreement_amber: Ppm,
    /// Most scores in the point above a cut, as a multiple of those below.
    pub heaping_most: Ppm,
    /// Most counts that end in 0 or 5.
    pub round_most: Ppm,
    /// Most ballots with the highest mark throughout.
    pub top_mark_most: Ppm,
    /// Lowest ratio of selection rates.
    pub selection_least: Ppm,
    /// Months after which a rating has an outcome.
    pub outcome_months: i32,
    /// Months after which a rating under the disaster rule has one.
    pub disaster_months: i32,
}

impl Thresholds {
    /// The keys of the table: each has its origin in the file.
    pub(crate) const NAMES: &[&str] = &[
        "least_bads",
        "least_group",
        "auc_watch",
        "auc_act",
        "psi_watch",
        "psi_act",
        "override_most",
        "second_visit_least",
        "agreement_green",
        "agreement_amber",
        "heaping_most",
        "round_most",
        "top_mark_most",
        "selection_least",
        "outcome_months",
        "disaster_months",
    ];

    /// Those that ship with the program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &MonitoringRules::shipped().thresholds
    }

    /// Reads the table `validation` of a file.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        Ok(Self {
            least_bads: count(fields, "least_bads")?,
            least_group: count(fields, "least_group")?,
            auc_watch: share(fields, "auc_watch")?,
            auc_act: share(fields, "auc_act")?,
            psi_watch: share(fields, "psi_watch")?,
            psi_act: share(fields, "psi_act")?,
            override_most: share(fields, "override_most")?,
            second_visit_least: share(fields, "second_visit_least")?,
            agreement_green: share(fields, "agreement_green")?,
            agreement_amber: share(fields, "agreement_amber")?,
            heaping_most: share(fields, "heaping_most")?,
            round_most: share(fields, "round_most")?,
            top_mark_most: share(fields, "top_mark_most")?,
            selection_least: share(fields, "selection_least")?,
            outcome_months: whole(fields, "outcome_months")?,
            disaster_months: whole(fields, "disaster_months")?,
        })
    }
}

fn share(fields: &mut Fields<'_>, name: &str) -> Result<Ppm, PackError> {
    Ok(Ppm(fields.decimal(name, 6)?))
}

fn count(fields: &mut Fields<'_>, name: &str) -> Result<u64, PackError> {
    Ok(u64::from(whole(fields, name)?.unsigned_abs()))
}

/// A whole number from 1 to 10,000.
pub(crate) fn whole(fields: &mut Fields<'_>, name: &str) -> Result<i32, PackError> {
    let number = fields.find_int(name)?;
    let fits = number.filter(|n| (1..=10_000).contains(n));
    fits.and_then(|n| i32::try_from(n).ok()).ok_or_else(|| {
        let message = format!("`{name}` is a whole number from 1 to 10000");
        fields.fault(name, crate::pack::PackErrorCode::BadValue, message)
    })
}
