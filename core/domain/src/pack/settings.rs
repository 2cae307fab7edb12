//! Numbers of a pack that its measures need and bands cannot express: windows, factors, seasons.

use super::band::Threshold;
use super::error::PackError;
use super::names::{Eligibility, MeasureName};
use super::read::Fields;
use super::{Indicator, PackErrorCode as Code};
use crate::assess::Points;

/// Settings of a pack; one that no measure of the pack needs is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Below this completeness the subject is not rated, in hundredths of a percent.
    pub min_completeness: Points,
    /// Below this applicable weight the subject is not rated.
    pub min_applicable: Points,
    /// Months of the loan record.
    pub loan_record_months: i32,
    /// The share of capacity up to which grazing animals count for scale, ten thousandths.
    pub effective_capacity: i64,
    /// Hay that one sheep unit eats a day, grams.
    pub hay_g_per_su_day: i64,
    /// First day of the season in which fodder is assessed, month × 100 + day.
    pub fodder_season_from: i64,
    /// Last day of that season, month × 100 + day.
    pub fodder_season_to: i64,
    /// Normal production years of which the disaster rule takes the mean.
    pub normal_years: i64,
    /// Months after a cut of the quota for which the previous quota is judged against.
    pub quota_relief_months: i32,
    /// Months after the start of a disaster for which exit gates are suspended.
    pub exit_suspension_months: i32,
    /// Valid ballots without which a peer evaluation is unknown.
    pub min_evaluators: i64,
    /// The overstock up to which stocking is in order, ten thousandths (E5).
    pub max_overstock: Threshold,
    /// The insured share from which insurance is in order, ten thousandths (E5).
    pub min_insured: Threshold,
    /// Members without which a cooperative is not rated (E4.1).
    pub min_members: i64,
}

impl Settings {
    /// Reads `[settings]`: what indicators and conditions need must be there, nothing else may.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        indicators: &[Indicator],
        eligibility: &[Eligibility],
    ) -> Result<Self, PackError> {
        let has = |measures: &[MeasureName]| {
            indicators
                .iter()
                .flat_map(|i| &i.parts)
                .any(|p| measures.contains(&p.measure))
        };
        let mut settings = Self {
            min_completeness: fields.points("min_completeness")?,
            min_applicable: fields.points("min_applicable")?,
            ..Self::default()
        };
        if has(&[MeasureName::LoanDaysPastDue]) {
            settings.loan_record_months = months(fields, "loan_record_months")?;
        }
        if has(&[MeasureName::Scale]) {
            settings.effective_capacity = plausible(fields, "effective_capacity", 4)?;
        }
        if has(&[MeasureName::FodderDays]) {
            settings.hay_g_per_su_day = plausible(fields, "hay_kg_per_su_day", 3)?;
            settings.fodder_season_from = day_of_year(fields, "fodder_season_from")?;
            settings.fodder_season_to = day_of_year(fields, "fodder_season_to")?;
        }
        if has(&[
            MeasureName::IncomePerHead,
            MeasureName::Survival,
            MeasureName::Offtake,
        ]) {
            settings.normal_years = needed(fields, "normal_years")?;
        }
        if has(&[MeasureName::Overstock, MeasureName::GrasslandCare]) {
            settings.quota_relief_months = months(fields, "quota_relief_months")?;
        }
        if has(&[MeasureName::NplShare]) {
            settings.exit_suspension_months = months(fields, "exit_suspension_months")?;
        }
        if has(&[MeasureName::PeerMean]) {
            settings.min_evaluators = needed(fields, "min_evaluators")?;
        }
        if has(&[MeasureName::GrasslandCare]) {
            settings.max_overstock = Threshold(plausible(fields, "max_overstock", 4)?);
            settings.min_insured = Threshold(plausible(fields, "min_insured", 4)?);
        }
        if eligibility.contains(&Eligibility::EnoughMembers) {
            settings.min_members = needed(fields, "min_members")?;
        }
        Ok(settings)
    }
}

fn needed(fields: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    match fields.find_int(name)? {
        Some(value @ 0..=10_000) => Ok(value),
        Some(_) => Err(fields.fault(name, Code::BadValue, "from 0 to 10000")),
        None => Err(fields.fault(name, Code::MissingKey, format!("a measure needs `{name}`"))),
    }
}

fn plausible(fields: &mut Fields<'_>, name: &str, places: u32) -> Result<i64, PackError> {
    match fields.decimal(name, places)? {
        value @ 1..=1_000_000 => Ok(value),
        _ => Err(fields.fault(
            name,
            Code::BadValue,
            "a plausible number above zero is needed",
        )),
    }
}

fn months(fields: &mut Fields<'_>, name: &str) -> Result<i32, PackError> {
    needed(fields, name).map(|m| i32::try_from(m).unwrap_or(i32::MAX))
}

/// `"09-01"` as 901.
fn day_of_year(fields: &mut Fields<'_>, name: &str) -> Result<i64, PackError> {
    let text = fields.text(name)?;
    let parsed = text.split_once('-').and_then(|(month, day)| {
        let (month, day) = (month.parse::<i64>().ok()?, day.parse::<i64>().ok()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(month * 100 + day)
    });
    parsed.ok_or_else(|| fields.fault(name, Code::BadValue, "write month and day as \"09-01\""))
}
