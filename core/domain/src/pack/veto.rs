//! Vetoes of a pack, and the facts that they rest on (`domain.md` B.3 to B.5).

use jiff::civil::Date;

use super::error::{PackError, PackErrorCode as Code};
use super::read::Fields;
use super::rules::years;
use crate::assess::years_after;
use crate::catalogue::Titles;
use crate::register::{ListEntry, OfficialList, Relation, VetoFact};
use crate::subject::Grade;

/// A veto (否决): a fact that stands against any rating, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Veto {
    /// The fact, with its code: `V1`; its reason is `VETO_V1`.
    pub fact: FactRule,
    /// The persons behind the subject of whom the fact stands against the subject too.
    pub related: Vec<Relation>,
    /// The grade of such a person that gives this veto by itself.
    pub related_grade: Option<Grade>,
    /// Days past due today above which the lenders' ledger alone gives this veto.
    pub days_past_due_over: Option<i64>,
    /// Where its numbers come from.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// A kind of fact from an official list, a court or a lender, and for how long it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactRule {
    /// Its code: `V1`.
    pub code: String,
    /// Years after the day of its end for which it still stands; 0 ends it on that day.
    pub years_after_end: i16,
    /// An accepted objection suspends it.
    pub suspendable: bool,
    /// The official lists that say it.
    pub lists: Vec<OfficialList>,
}

impl Veto {
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let related: Vec<Relation> = row.words("related")?;
        let related_grade = row.find_word("related_grade")?;
        if related_grade.is_some() && related.is_empty() {
            let message = "name the persons whose grade is looked at";
            return Err(row.fault("related", Code::MissingKey, message));
        }
        Ok(Self {
            fact: FactRule::read(row)?,
            related,
            related_grade,
            days_past_due_over: row.find_int("days_past_due_over")?,
            origin: row.text("origin")?.to_owned(),
            titles: Titles::read(row)?,
        })
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.fact.code
    }

    /// The code of its reason.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("VETO_{}", self.code())
    }
}

impl FactRule {
    /// Whether `fact` is of this kind and still stands on the day.
    #[must_use]
    pub fn stands(&self, fact: &VetoFact, as_of: Date) -> bool {
        let ended = fact
            .ended_on
            .is_some_and(|end| years_after(end, self.years_after_end) <= as_of);
        let suspended = self.suspendable && fact.objection_accepted;
        fact.code == self.code && !ended && !suspended
    }

    /// Whether the entry is of a list of this kind, holds on the day, and no accepted objection
    /// suspends it.
    #[must_use]
    pub fn is_listed(&self, entry: &ListEntry, as_of: Date) -> bool {
        let suspended = self.suspendable && entry.fields().objection_accepted;
        self.lists.contains(&entry.list()) && entry.holds_on(as_of) && !suspended
    }

    /// Reads a list of kinds.
    pub(super) fn read_all(fields: &mut Fields<'_>, name: &str) -> Result<Vec<Self>, PackError> {
        let mut rules = Vec::new();
        for mut row in fields.tables(name)? {
            rules.push(Self::read(&mut row)?);
            row.finish()?;
        }
        Ok(rules)
    }

    fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        Ok(Self {
            code: row.text("code")?.to_owned(),
            years_after_end: years(row, "years_after_end")?.unwrap_or(0),
            suspendable: row.flag("suspendable")?,
            lists: row.words("lists")?,
        })
    }
}
