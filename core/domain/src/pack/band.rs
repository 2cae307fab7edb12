//! Bands: rows of an ordered table, of which the first that matches gives the points.

use super::error::{PackError, PackErrorCode as Code};
use super::names::{CaseName, TableName};
use super::read::Fields;
use crate::assess::{Points, Quotient};

/// Decimal places of a threshold.
pub(crate) const THRESHOLD_PLACES: u32 = 4;

/// Ten thousandths: the unit of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Threshold(pub i64);

/// A comparison of a value with a threshold, or a case by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// ≥
    AtLeast(Threshold),
    /// >
    Above(Threshold),
    /// ≤
    AtMost(Threshold),
    /// <
    Below(Threshold),
    /// The measure gave this case.
    Case(CaseName),
    /// Everything that no row above matched.
    Otherwise,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// When it matches.
    pub test: Test,
    /// What it gives.
    pub points: Points,
    /// The reason of this row where it differs from the indicator's.
    pub reason: Option<String>,
}

/// The rows of an indicator, or points in proportion to the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BandTable {
    /// Rows, first match wins.
    Rows(Vec<Band>),
    /// Value × factor, half-up to a hundredth, at most `max` (the peer evaluation).
    Linear {
        /// Factor in hundredths.
        factor_centi: i64,
        /// The largest points.
        max: Points,
    },
}

/// The key of a comparison in a file and what it makes of a threshold.
type Sign = (&'static str, fn(Threshold) -> Test);

impl Test {
    /// The four comparisons.
    pub(super) const SIGNS: [Sign; 4] = [
        ("ge", Self::AtLeast),
        ("gt", Self::Above),
        ("le", Self::AtMost),
        ("lt", Self::Below),
    ];

    /// Whether the value passes; a case passes only its own row.
    #[must_use]
    pub fn holds(self, value: Quotient) -> bool {
        match self {
            Self::AtLeast(t) => value.cmp_threshold(t).is_ge(),
            Self::Above(t) => value.cmp_threshold(t).is_gt(),
            Self::AtMost(t) => value.cmp_threshold(t).is_le(),
            Self::Below(t) => value.cmp_threshold(t).is_lt(),
            Self::Case(_) => false,
            Self::Otherwise => true,
        }
    }

    /// The threshold of a comparison.
    #[must_use]
    pub const fn threshold(self) -> Option<Threshold> {
        match self {
            Self::AtLeast(t) | Self::Above(t) | Self::AtMost(t) | Self::Below(t) => Some(t),
            Self::Case(_) | Self::Otherwise => None,
        }
    }

    /// The row as it is shown: `>= 1.5`.
    #[must_use]
    pub fn shown(self) -> String {
        let compared = |sign: &str, t: Threshold| {
            let text = super::decimal::write(t.0, THRESHOLD_PLACES);
            [sign, text.trim_end_matches('0').trim_end_matches('.')].join(" ")
        };
        match self {
            Self::AtLeast(t) => compared(">=", t),
            Self::Above(t) => compared(">", t),
            Self::AtMost(t) => compared("<=", t),
            Self::Below(t) => compared("<", t),
            Self::Case(case) => case.as_str().to_owned(),
            Self::Otherwise => String::from("else"),
        }
    }

    /// Reads one of `ge`, `gt`, `le`, `lt`; `None` if the table has none of them.
    pub(super) fn read(row: &mut Fields<'_>) -> Result<Option<Self>, PackError> {
        let mut found = None;
        for (name, make) in Self::SIGNS {
            if let Some(value) = row.find_decimal(name, THRESHOLD_PLACES)? {
                if found.is_some() {
                    return Err(row.fault(name, Code::BadValue, "one comparison is enough"));
                }
                found = Some(make(Threshold(value)));
            }
        }
        Ok(found)
    }
}

impl BandTable {
    /// The row that a value falls into, and its points.
    #[must_use]
    pub fn judge(&self, value: Quotient) -> (Points, Option<usize>) {
        match self {
            Self::Rows(rows) => rows
                .iter()
                .position(|row| row.test.holds(value))
                .map_or((Points(0), None), |i| (rows[i].points, Some(i))),
            Self::Linear { factor_centi, max } => (
                Points(value.times_centi(*factor_centi).clamp(0, max.0)),
                None,
            ),
        }
    }

    /// The row that a case falls into, and its points.
    #[must_use]
    pub fn judge_case(&self, case: CaseName) -> (Points, Option<usize>) {
        let Self::Rows(rows) = self else {
            return (Points(0), None);
        };
        rows.iter()
            .position(|row| match row.test {
                Test::Case(c) => c == case,
                test => test == Test::Otherwise,
            })
            .map_or((Points(0), None), |i| (rows[i].points, Some(i)))
    }

    /// The most points that it can give.
    #[must_use]
    pub fn best(&self) -> Points {
        match self {
            Self::Rows(rows) => rows.iter().map(|r| r.points).max().unwrap_or_default(),
            Self::Linear { max, .. } => *max,
        }
    }

    /// Reads the table `name` of an indicator and checks that every value falls into exactly one
    /// row that can be reached; `cases` are those that the measure can give.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        name: TableName,
        cases: &[CaseName],
    ) -> Result<Self, PackError> {
        let name = name.as_str();
        if let Some(node) = fields.find("linear") {
            let mut linear = Fields::of(fields.file(), &fields.key("linear"), node)?;
            let table = Self::Linear {
                factor_centi: linear.decimal("factor", 2)?,
                max: linear.points("max")?,
            };
            linear.finish()?;
            return Ok(table);
        }
        let rows = fields.tables(name)?;
        if rows.is_empty() {
            return Err(fields.fault(name, Code::MissingKey, format!("add the rows `{name}`")));
        }
        let mut bands: Vec<Band> = Vec::with_capacity(rows.len());
        for mut row in rows {
            let band = Band::read(&mut row, cases)?;
            reachable(&bands, &band, &row)?;
            row.finish()?;
            bands.push(band);
        }
        let numeric = bands.iter().any(|b| b.test.threshold().is_some());
        let covered = bands.iter().any(|b| b.test == Test::Otherwise);
        let has_row = |c: &CaseName| bands.iter().any(|b| b.test == Test::Case(*c));
        if !covered && (numeric || !cases.iter().all(has_row)) {
            let message = "some value falls into no row; end with { else = true, points = … }";
            return Err(fields.fault(name, Code::BandGap, message));
        }
        Ok(Self::Rows(bands))
    }
}

impl Band {
    fn read(row: &mut Fields<'_>, cases: &[CaseName]) -> Result<Self, PackError> {
        let compared = Test::read(row)?;
        let case = row.find_word::<CaseName>("case")?;
        let otherwise = row.flag("else")?;
        let test = match (compared, case, otherwise) {
            (Some(test), None, false) => test,
            (None, Some(case), false) if cases.contains(&case) => Test::Case(case),
            (None, Some(_), false) => {
                let message = "the measure never gives this case";
                return Err(row.fault("case", Code::UnknownName, message));
            }
            (None, None, true) => Test::Otherwise,
            _ => {
                let message = "a row has one of ge, gt, le, lt, case and else";
                return Err(row.fault("points", Code::BadValue, message));
            }
        };
        let points = row.points("points")?;
        Ok(Self {
            test,
            points,
            reason: row.find_text("reason")?.map(str::to_owned),
        })
    }
}

/// Thresholds go one way only and no row stands behind one that takes everything it could get.
fn reachable(before: &[Band], band: &Band, row: &Fields<'_>) -> Result<(), PackError> {
    let overlap = |message: &str| Err(row.fault("points", Code::BandOverlap, message));
    if before.iter().any(|b| b.test == Test::Otherwise) {
        return overlap("no value reaches a row behind `else`");
    }
    if before.iter().any(|b| b.test == band.test) {
        return overlap("this row stands here twice");
    }
    let last = before.iter().rev().find(|b| b.test.threshold().is_some());
    let (Some(last), Some(_)) = (last, band.test.threshold()) else {
        return Ok(());
    };
    let narrower = match (last.test, band.test) {
        (Test::AtLeast(a), Test::AtLeast(b) | Test::Above(b)) => b < a,
        (Test::Above(a), Test::AtLeast(b)) => b <= a,
        (Test::Above(a), Test::Above(b)) => b < a,
        (Test::AtMost(a), Test::AtMost(b) | Test::Below(b)) => b > a,
        (Test::Below(a), Test::AtMost(b)) => b >= a,
        (Test::Below(a), Test::Below(b)) => b > a,
        _ => return overlap("rows of one table compare in one direction only"),
    };
    if narrower {
        Ok(())
    } else {
        overlap("the row above takes every value of this one")
    }
}
