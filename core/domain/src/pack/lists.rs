//! Versions of official lists and catalogues, publicity terms, and what 双公示 asks for: dated
//! data of a parameter table (`domain.md` SR-14, SR-19, SR-42, SR-43, SR-47, L-31).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::error::{PackError, PackErrorCode as Code};
use super::read::Fields;
use super::vocabulary::vocabulary;
use crate::register::{Gravity, PublicityKind};

vocabulary! {
    /// A document whose version a record or a measure names.
    ListKind {
        /// 公共信用信息目录: what may be recorded, and which lists there are.
        Catalogue => "catalogue",
        /// 失信惩戒措施基础清单: the only measures against anybody.
        Penalty => "penalty",
        /// 守信激励措施清单.
        Incentive => "incentive",
    }
}

/// The versions that are known; everything else is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListVersions {
    known: BTreeMap<ListKind, Vec<String>>,
}

/// How long dishonesty may be published, by gravity and from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PublicityTerms {
    rows: Vec<PublicityTerm>,
}

/// One term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicityTerm {
    /// For which gravity.
    pub gravity: Gravity,
    /// First day in force.
    pub from: Date,
    /// Months after which it may be repaired.
    pub min_months: i32,
    /// Months after which publicity ends.
    pub max_months: i32,
}

impl ListVersions {
    /// The name of a version as the parameter table writes it, if it is known. Title marks and
    /// the width of brackets do not matter.
    #[must_use]
    pub fn find(&self, kind: ListKind, name: &str) -> Option<&str> {
        let wanted = plain(name);
        let versions = self.known.get(&kind)?;
        versions
            .iter()
            .find(|known| plain(known) == wanted)
            .map(String::as_str)
    }

    /// The known versions of a kind.
    #[must_use]
    pub fn of(&self, kind: ListKind) -> &[String] {
        self.known.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let mut row = fields.table("list_versions")?;
        let mut known = BTreeMap::new();
        for kind in ListKind::ALL {
            let names = row.texts(kind.as_str())?;
            if names.iter().any(|name| name.trim().is_empty()) {
                return Err(row.fault(kind.as_str(), Code::BadValue, "a version has a name"));
            }
            known.insert(*kind, names.into_iter().map(str::to_owned).collect());
        }
        row.finish()?;
        Ok(Self { known })
    }
}

impl PublicityTerms {
    /// The term for `gravity` on `day`: the newest that is in force.
    #[must_use]
    pub fn on(&self, gravity: Gravity, day: Date) -> Option<PublicityTerm> {
        let in_force = |row: &&PublicityTerm| row.gravity == gravity && row.from <= day;
        let rows = self.rows.iter().filter(in_force);
        rows.max_by_key(|row| row.from).copied()
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, PackError> {
        let mut rows = Vec::new();
        for mut row in fields.tables("publicity_term")? {
            let term = PublicityTerm {
                gravity: row.word("gravity")?,
                from: row.day("from")?,
                min_months: months(&mut row, "min_months")?,
                max_months: months(&mut row, "max_months")?,
            };
            if term.max_months < term.min_months {
                return Err(row.fault("max_months", Code::BadValue, "not below min_months"));
            }
            row.text("origin")?;
            row.finish()?;
            rows.push(term);
        }
        Ok(Self { rows })
    }
}

/// The publicity kinds that departments have to report in time: 双公示 unless the table names
/// more of the ten.
pub(super) fn reported_kinds(fields: &mut Fields<'_>) -> Result<Vec<PublicityKind>, PackError> {
    let kinds = fields.words("reported_kinds")?;
    Ok(match kinds.is_empty() {
        true => vec![PublicityKind::Licence, PublicityKind::Penalty],
        false => kinds,
    })
}

fn months(row: &mut Fields<'_>, name: &str) -> Result<i32, PackError> {
    match row.find_int(name)?.map(i32::try_from) {
        Some(Ok(months @ 0..=120)) => Ok(months),
        Some(_) => Err(row.fault(name, Code::BadValue, "from 0 to 120 months")),
        None => Err(row.fault(name, Code::MissingKey, "add the number of months")),
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '《' | '》'))
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Parameters;
    use jiff::civil::date;

    fn parsed(text: &str) -> Result<Parameters, PackError> {
        let shipped = include_str!("../../../../fixtures/parameters/ex-1.toml");
        Parameters::parse("t.toml", shipped.replace("[origin]", text).as_bytes())
    }

    #[test]
    fn a_version_is_known_whatever_brackets_and_unknown_under_another_kind() {
        let known = parsed("[origin]").unwrap().list_versions;
        let name = "《全国失信惩戒措施基础清单(2024版)》";
        let found = known.find(ListKind::Penalty, name);
        assert_eq!(found, Some("全国失信惩戒措施基础清单（2024版）"));
        assert_eq!(known.find(ListKind::Incentive, name), None);
        assert_eq!(
            known.find(ListKind::Penalty, "全国失信惩戒措施基础清单（2019版）"),
            None
        );
        assert_eq!(known.find(ListKind::Penalty, ""), None);
    }

    #[test]
    fn a_term_holds_from_its_day_on_and_a_newer_one_takes_its_place() {
        let newer = "[[publicity_term]]\ngravity = \"general\"\nfrom = \"2027-01-01\"\n\
                     min_months = 6\nmax_months = 24\norigin = \"OWN\"\n[origin]";
        let terms = parsed(newer).unwrap().publicity_terms;
        let most = |day| terms.on(Gravity::General, day).map(|term| term.max_months);
        assert_eq!(most(date(2026, 3, 31)), None);
        assert_eq!(most(date(2026, 4, 1)), Some(12));
        assert_eq!(most(date(2027, 1, 1)), Some(24));
        let wrong = newer.replace("max_months = 24", "max_months = 3");
        assert_eq!(parsed(&wrong).unwrap_err().code, Code::BadValue);
    }
}
