//! The words of reasons and tips: in three languages, with what the subject can do about it.

use std::collections::BTreeMap;

use super::error::{PackError, PackErrorCode as Code};
use super::names::{CoreField, Eligibility, Improvable};
use super::read::Fields;
use crate::catalogue::Titles;

/// Consent withheld.
pub(crate) const REFUSED: &str = "INFO_REFUSED";
/// Asked and not obtained.
pub(crate) const UNKNOWN: &str = "INFO_UNKNOWN";
/// Not rated: too much is missing.
pub(crate) const COMPLETENESS: &str = "N_COMPLETENESS";
/// Not rated: too little applies.
pub(crate) const WEIGHT: &str = "N_WEIGHT";

/// Not rated for lack of a core field.
pub(crate) fn core(field: CoreField) -> String {
    format!("N_CORE_{}", field.as_str().to_ascii_uppercase())
}

/// Not rated for a condition of eligibility.
pub(crate) fn eligibility(condition: Eligibility) -> String {
    format!("N_{}", condition.as_str().to_ascii_uppercase())
}

/// The words of one reason or tip.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReasonText {
    /// What it says.
    pub text: Titles,
    /// Whether the subject can do something about it.
    pub improvable: Improvable,
    /// What the subject can do, or that only time helps.
    pub hint: Titles,
}

/// Reads every `[[reason]]`.
pub(super) fn read_all(fields: &mut Fields<'_>) -> Result<BTreeMap<String, ReasonText>, PackError> {
    let mut reasons = BTreeMap::new();
    for mut row in fields.tables("reason")? {
        let code = row.text("code")?.to_owned();
        let mut hint = row.table("hint")?;
        let reason = ReasonText {
            text: Titles::read(&mut row)?,
            improvable: row.word("improvable")?,
            hint: Titles::read(&mut hint)?,
        };
        hint.finish()?;
        if reasons.insert(code, reason).is_some() {
            return Err(row.fault("code", Code::Duplicate, "this reason occurs twice"));
        }
        row.finish()?;
    }
    Ok(reasons)
}
