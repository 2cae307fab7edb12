//! What stands beside the indicators of a pack: grades, bonus, deductions, caps, gates, levels.

use super::Indicator;
use super::band::{BandTable, Test, Threshold};
use super::error::{PackError, PackErrorCode as Code};
use super::names::{BonusRule, CapCondition, CaseName, Denominator, MeasureName};
use super::part;
use super::read::Fields;
use crate::assess::Points;
use crate::catalogue::Titles;
use crate::register::{HonourLevel, Relation};
use crate::subject::Grade;
use crate::title::TitleLevel;

/// A grade and the score from which it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradeRow {
    /// The grade.
    pub grade: Grade,
    /// The lowest score that gets it.
    pub from: Points,
}

/// A bonus (增信), `domain.md` B.1.12.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bonus {
    /// Its code.
    pub code: String,
    /// How it is earned.
    pub rule: BonusRule,
    /// Points, for an honour by its level.
    pub points: Vec<(Option<HonourLevel>, Points)>,
    /// Years within which an honour counts, or for which a commitment is kept.
    pub years: i16,
    /// Where its numbers come from.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// The deduction for public records (一般失信), `domain.md` B.1.13.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deduction {
    /// Its code.
    pub code: String,
    /// Points for each record that counts.
    pub each: Points,
    /// The most that is deducted.
    pub max: Points,
    /// Years after the end of the behaviour for which a record of a natural person counts.
    pub retention_years: Option<i16>,
    /// Where its numbers come from.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// A cap: the best grade that is given while it is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Its code, also that of its reason.
    pub code: String,
    /// The best grade.
    pub grade: Grade,
    /// The value that is looked at; none for a condition alone.
    pub subject: Option<CapSubject>,
    /// Comparisons that all hold, or the case that the indicator gave.
    pub tests: Vec<Test>,
    /// The persons behind the subject that its measure looks at.
    pub related: Vec<Relation>,
    /// A further condition.
    pub condition: Option<CapCondition>,
    /// The share of weak evidence above which [`CapCondition::WeakEvidence`] holds.
    pub share: Threshold,
    /// Where its numbers come from.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// The value that a cap looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapSubject {
    /// The value of the indicator with this place, with the disaster rule applied.
    Indicator(usize),
    /// A measure of its own.
    Measure(MeasureName),
}

/// A gate of a village or township.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Its code: `G-S`.
    pub code: String,
    /// What is measured.
    pub measure: MeasureName,
    /// The households that a share is taken of, where the pack chooses.
    pub denominator: Option<Denominator>,
    /// What has to hold to get a title.
    pub entry: Test,
    /// What loses a title.
    pub exit: Test,
    /// Where its numbers come from.
    pub origin: String,
    /// Its titles.
    pub titles: Titles,
}

/// A level of a village or township.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelRow {
    /// The level.
    pub level: TitleLevel,
    /// The lowest score that gets it.
    pub from: Points,
    /// What else has to hold.
    pub requires: Option<(MeasureName, Test)>,
    /// Its titles.
    pub titles: Titles,
}

/// Grades from best to worst; the last one takes every score.
pub(super) fn grades(fields: &mut Fields<'_>) -> Result<Vec<GradeRow>, PackError> {
    let mut grades: Vec<GradeRow> = Vec::new();
    for mut row in fields.tables("grades")? {
        let grade: Grade = row.word("grade")?;
        let from = row.find_points("ge")?;
        if !Grade::SCORED.contains(&grade) {
            return Err(row.fault("grade", Code::BadValue, "a score gives AAA, AA, A, B or C"));
        }
        if grades
            .last()
            .is_some_and(|g| g.from <= from || g.grade >= grade)
        {
            return Err(row.fault(
                "ge",
                Code::BandOverlap,
                "write the grades from best to worst",
            ));
        }
        row.finish()?;
        grades.push(GradeRow { grade, from });
    }
    if grades.last().is_some_and(|g| g.from != Points(0)) {
        let message = "a low score has no grade; leave `ge` out of the last row";
        return Err(fields.fault("grades", Code::BandGap, message));
    }
    Ok(grades)
}

impl Bonus {
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let rule: BonusRule = row.word("rule")?;
        let points = if rule == BonusRule::HighestHonour {
            let mut by_level = row.table("points")?;
            let points = HonourLevel::ALL
                .iter()
                .map(|level| Ok((Some(*level), by_level.points(level.as_str())?)))
                .collect::<Result<_, PackError>>()?;
            by_level.finish()?;
            points
        } else {
            vec![(None, row.points("points")?)]
        };
        Ok(Self {
            code: row.text("code")?.to_owned(),
            rule,
            points,
            years: years(row, "years")?.unwrap_or(0),
            origin: row.text("origin")?.to_owned(),
            titles: Titles::read(row)?,
        })
    }
}

impl Deduction {
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        Ok(Self {
            code: row.text("code")?.to_owned(),
            each: row.points("each")?,
            max: row.points("max")?,
            retention_years: years(row, "retention_years")?,
            origin: row.text("origin")?.to_owned(),
            titles: Titles::read(row)?,
        })
    }
}

impl Cap {
    /// Reads one `[[cap]]` of a pack with these indicators.
    pub(super) fn read(row: &mut Fields<'_>, indicators: &[Indicator]) -> Result<Self, PackError> {
        let mut related = Vec::new();
        let mut tests = tests(row)?;
        let subject = match (row.find_text("indicator")?, row.find("measure").is_some()) {
            (Some(code), false) => {
                let place = indicators.iter().position(|i| i.code == code);
                let place = place.ok_or_else(|| {
                    let message = format!("the pack has no indicator `{code}`");
                    row.fault("indicator", Code::UnknownName, message)
                })?;
                tests.extend(case_of(row, &indicators[place])?);
                Some(CapSubject::Indicator(place))
            }
            (None, true) => {
                let measure = part::measure(row)?;
                related = part::related(row, measure)?;
                Some(CapSubject::Measure(measure))
            }
            (None, false) => None,
            (Some(_), true) => {
                return Err(row.fault("measure", Code::BadValue, "name an indicator or a measure"));
            }
        };
        let condition = row.find_word("condition")?;
        if subject.is_some() == tests.is_empty() || (subject.is_none() && condition.is_none()) {
            let message = "a cap compares an indicator or a measure, or names a condition";
            return Err(row.fault("code", Code::MissingKey, message));
        }
        let share = match condition {
            Some(CapCondition::WeakEvidence) => Threshold(row.decimal("share_over", 4)?),
            _ => Threshold(0),
        };
        Ok(Self {
            code: row.text("code")?.to_owned(),
            grade: row.word("grade")?,
            subject,
            tests,
            related,
            condition,
            share,
            origin: row.text("origin")?.to_owned(),
            titles: Titles::read(row)?,
        })
    }
}

impl Gate {
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Self, PackError> {
        let measure = part::measure(row)?;
        Ok(Self {
            code: row.text("code")?.to_owned(),
            measure,
            denominator: part::denominator(row, measure)?,
            entry: one_test(row, "entry")?,
            exit: one_test(row, "exit")?,
            origin: row.text("origin")?.to_owned(),
            titles: Titles::read(row)?,
        })
    }
}

impl LevelRow {
    /// Reads the levels from best to worst.
    pub(super) fn read_all(fields: &mut Fields<'_>) -> Result<Vec<Self>, PackError> {
        let mut levels: Vec<Self> = Vec::new();
        for mut row in fields.tables("level")? {
            let level: TitleLevel = row.word("level")?;
            let from = row.points("ge")?;
            let requires = match row.find("requires") {
                None => None,
                Some(node) => {
                    let mut inner = Fields::of(row.file(), &row.key("requires"), node)?;
                    let measure = part::measure(&mut inner)?;
                    let test = Test::read(&mut inner)?.ok_or_else(|| {
                        inner.fault("ge", Code::MissingKey, "add a comparison as ge = \"0.5\"")
                    })?;
                    inner.finish()?;
                    Some((measure, test))
                }
            };
            if levels
                .last()
                .is_some_and(|l| l.from <= from || l.level <= level)
            {
                return Err(row.fault(
                    "ge",
                    Code::BandOverlap,
                    "write the levels from best to worst",
                ));
            }
            levels.push(Self {
                level,
                from,
                requires,
                titles: Titles::read(&mut row)?,
            });
            row.finish()?;
        }
        Ok(levels)
    }
}

pub(super) fn years(row: &mut Fields<'_>, name: &str) -> Result<Option<i16>, PackError> {
    match row.find_int(name)? {
        None => Ok(None),
        Some(years @ 0..=99) => Ok(i16::try_from(years).ok()),
        Some(_) => Err(row.fault(name, Code::BadValue, "from 0 to 99 years")),
    }
}

/// The case of a cap that an indicator must have given.
fn case_of(row: &mut Fields<'_>, indicator: &Indicator) -> Result<Option<Test>, PackError> {
    let Some(case) = row.find_word::<CaseName>("case")? else {
        return Ok(None);
    };
    let test = Test::Case(case);
    let tables = indicator.parts.iter().flat_map(|p| &p.tables);
    let mut rows = tables.flat_map(|(_, table)| match table {
        BandTable::Rows(rows) => rows.as_slice(),
        BandTable::Linear { .. } => &[],
    });
    if rows.any(|band| band.test == test) {
        return Ok(Some(test));
    }
    let message = format!("the indicator {} has no row for this case", indicator.code);
    Err(row.fault("case", Code::UnknownName, message))
}

/// Every comparison of a table; `ge` and `le` together make an interval.
fn tests(row: &mut Fields<'_>) -> Result<Vec<Test>, PackError> {
    let mut tests = Vec::new();
    for (name, make) in Test::SIGNS {
        if let Some(value) = row.find_decimal(name, super::band::THRESHOLD_PLACES)? {
            tests.push(make(Threshold(value)));
        }
    }
    Ok(tests)
}

fn one_test(row: &mut Fields<'_>, name: &str) -> Result<Test, PackError> {
    let mut inner = row.table(name)?;
    let test = Test::read(&mut inner)?
        .ok_or_else(|| inner.fault("ge", Code::MissingKey, "add a comparison as ge = \"0.9\""))?;
    inner.finish()?;
    Ok(test)
}
