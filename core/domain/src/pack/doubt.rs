//! `[doubt]` of a parameter table: where a rule begins to doubt how a visit was made
//! (`domain.md` G 32, G 33, G 38).

use super::error::{PackError, PackErrorCode as Code};
use super::read::Fields;
use crate::case::doubt::DoubtRules;

/// Reads `[doubt]`.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<DoubtRules, PackError> {
    let mut row = fields.table("doubt")?;
    let rules = DoubtRules {
        signed_apart_ms: whole(&mut row, "signed_apart_seconds", 3_600)?.saturating_mul(1_000),
        copied_percent: whole(&mut row, "copied_percent", 100)?,
        copied_at_least: whole(&mut row, "copied_at_least", 1_000)?,
        full_marks_at_least: whole(&mut row, "full_marks_at_least", 1_000)?,
        above_others_centi: whole(&mut row, "above_others_centi", 500)?,
    };
    row.text("origin")?;
    row.finish()?;
    Ok(rules)
}

fn whole(row: &mut Fields<'_>, name: &str, most: i64) -> Result<u64, PackError> {
    let value = row
        .find_int(name)?
        .filter(|value| (1..=most).contains(value));
    let value = value.and_then(|value| u64::try_from(value).ok());
    value.ok_or_else(|| {
        row.fault(
            name,
            Code::BadValue,
            format!("a whole number from 1 to {most}"),
        )
    })
}
