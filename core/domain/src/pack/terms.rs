//! `[[deadline]]` of a parameter table: the terms of `domain.md` D.3, each with its origin.

use std::collections::BTreeMap;

use super::error::{PackError, PackErrorCode as Code};
use super::read::Fields;
use crate::case::deadline::Deadline;
use crate::case::terms::{Term, Terms};

/// The longest term, in days.
const LONGEST: i64 = 366;

/// Reads every `[[deadline]]`; each has its row, once, and keeps its limit.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Terms, PackError> {
    let mut rows = BTreeMap::new();
    for mut row in fields.tables("deadline")? {
        let deadline: Deadline = row.word("name")?;
        let term = Term {
            days: days(&mut row)?,
            unit: row.word("unit")?,
            side: row.word("on_rest_day")?,
        };
        row.text("origin")?;
        if deadline.limit().is_some_and(|limit| !term.keeps(limit)) {
            let message =
                format!("`{deadline}` has a limit that no table may change (domain.md D.3)");
            return Err(row.fault("days", Code::BadValue, message));
        }
        if rows.insert(deadline, term).is_some() {
            let message = format!("`{deadline}` stands here twice");
            return Err(row.fault("name", Code::BadValue, message));
        }
        row.finish()?;
    }
    Terms::of_rows(rows).map_err(|missing| {
        let message = format!("add a [[deadline]] with the name `{missing}`");
        fields.fault("deadline", Code::MissingKey, message)
    })
}

fn days(row: &mut Fields<'_>) -> Result<u16, PackError> {
    let days = row
        .find_int("days")?
        .filter(|days| (1..=LONGEST).contains(days));
    let days = days.and_then(|days| u16::try_from(days).ok());
    days.ok_or_else(|| row.fault("days", Code::BadValue, "a number of days from 1 to 366"))
}

#[cfg(test)]
mod tests {
    use crate::case::deadline::Deadline;
    use crate::pack::{PackErrorCode, Parameters, shipped};

    fn parsed(from: &str, to: &str) -> Result<Parameters, crate::pack::PackError> {
        let (name, text) = shipped::PARAMETERS[0];
        assert!(text.contains(from), "the shipped table has no {from:?}");
        Parameters::parse(name, text.replacen(from, to, 1).as_bytes())
    }

    #[test]
    fn a_league_sets_its_own_terms_and_the_domain_counts_with_them() {
        let own = "name = \"review\"\ndays = 10";
        let table = parsed(own, "name = \"review\"\ndays = 6").unwrap();
        assert_eq!(table.terms.of(Deadline::Review).days, 6);
    }

    #[test]
    fn no_table_shortens_publicity_or_lengthens_an_answer() {
        for (from, to) in [
            (
                "name = \"publicity\"\ndays = 7",
                "name = \"publicity\"\ndays = 6",
            ),
            (
                "name = \"objection_answer\"\ndays = 20",
                "name = \"objection_answer\"\ndays = 21",
            ),
            (
                "name = \"publicity_report\"\ndays = 7",
                "name = \"publicity_report\"\ndays = 8",
            ),
        ] {
            let refused = parsed(from, to).unwrap_err();
            assert_eq!(refused.code, PackErrorCode::BadValue, "{to}");
        }
    }

    #[test]
    fn a_deadline_that_is_missing_or_stands_twice_is_named() {
        let missing = parsed("name = \"approval\"", "name = \"review\"").unwrap_err();
        assert_eq!(missing.code, PackErrorCode::BadValue);
        let mut text = shipped::PARAMETERS[0].1.to_owned();
        let begin = text.find("[[deadline]]\nname = \"push\"").unwrap();
        let end = begin + 1 + text[begin + 1..].find("[[").unwrap();
        text.replace_range(begin..end, "");
        let refused = Parameters::parse("ex-1.toml", text.as_bytes()).unwrap_err();
        assert_eq!(refused.code, PackErrorCode::MissingKey);
        assert!(refused.to_string().contains("push"), "{refused}");
    }
}
