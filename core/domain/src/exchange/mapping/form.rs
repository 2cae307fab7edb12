//! How a platform writes days and numbers. Nothing here rounds: what is not exact is refused.

use jiff::civil::Date;

use crate::exchange::cell::CellFault;
use crate::pack::{decimal, vocabulary};

/// Decimal places of a number in another unit.
const PLACES: u32 = 6;

vocabulary! {
    /// How a platform writes a day.
    DayFormat {
        /// `2026-10-15`.
        Dashes => "yyyy-MM-dd",
        /// `20261015`.
        Plain => "yyyyMMdd",
        /// `2026/10/15`.
        Slashes => "yyyy/MM/dd",
        /// `2026.10.15`.
        Dots => "yyyy.MM.dd",
        /// `2026年10月15日`.
        Chinese => "yyyy年MM月dd日",
    }
}

/// A unit of a platform: one of it is `num / den` of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    num: i64,
    den: i64,
}

/// Units that a column can be written in without losing a digit: ours, theirs, their size.
const UNITS: &[(&str, &str, i64, i64)] = &[
    ("元", "元", 1, 1),
    ("元", "分", 1, 100),
    ("元", "百元", 100, 1),
    ("元", "千元", 1_000, 1),
    ("元", "万元", 10_000, 1),
    ("亩", "亩", 1, 1),
    ("亩", "万亩", 10_000, 1),
    ("公斤", "公斤", 1, 1),
    ("公斤", "千克", 1, 1),
    ("公斤", "斤", 1, 2),
    ("公斤", "吨", 1_000, 1),
    ("羊单位", "羊单位", 1, 1),
    ("人", "人", 1, 1),
    ("头只", "头只", 1, 1),
    ("头只", "百头只", 100, 1),
    ("分值", "分值", 1, 1),
    ("百分比", "百分比", 1, 1),
    ("百分比", "小数", 100, 1),
];

impl Scale {
    /// The scale from `ours` to `theirs`, if one can be written in the other.
    pub(super) fn between(ours: Option<&str>, theirs: &str) -> Option<Self> {
        let known = UNITS
            .iter()
            .find(|(of, unit, ..)| Some(*of) == ours && *unit == theirs);
        known.map(|(_, _, num, den)| Self {
            num: *num,
            den: *den,
        })
    }

    /// The units that `ours` can be written in.
    pub(super) fn units_of(ours: Option<&str>) -> Vec<&'static str> {
        let units = UNITS.iter().filter(|(of, ..)| Some(*of) == ours);
        units.map(|(_, unit, ..)| *unit).collect()
    }

    /// Our number in their unit, with no more places than it needs.
    pub(super) fn write(self, cell: &str) -> Result<String, CellFault> {
        let ours = decimal::parse(cell, PLACES).ok_or(CellFault::WrongKind)?;
        let theirs = exactly(ours, self.den, self.num)?;
        let text = decimal::write(theirs, PLACES);
        let short = text.trim_end_matches('0').trim_end_matches('.');
        Ok(short.to_owned())
    }

    pub(super) fn read(self, text: &str, places: u32) -> Result<String, CellFault> {
        let theirs = decimal::parse(text, PLACES).ok_or(CellFault::WrongKind)?;
        let ours = exactly(theirs, self.num, self.den)?;
        let whole = decimal::parse(&decimal::write(ours, PLACES), places);
        whole
            .map(|n| decimal::write(n, places))
            .ok_or(CellFault::NotExact)
    }
}

/// `value × num ÷ den` without a rest.
fn exactly(value: i64, num: i64, den: i64) -> Result<i64, CellFault> {
    let product = i128::from(value) * i128::from(num);
    if product % i128::from(den) != 0 {
        return Err(CellFault::NotExact);
    }
    i64::try_from(product / i128::from(den)).map_err(|_| CellFault::NotExact)
}

impl DayFormat {
    pub(super) fn write(self, day: Date) -> String {
        let (year, month, date) = (day.year(), day.month(), day.day());
        match self {
            Self::Dashes => day.to_string(),
            Self::Plain => format!("{year:04}{month:02}{date:02}"),
            Self::Slashes => format!("{year:04}/{month:02}/{date:02}"),
            Self::Dots => format!("{year:04}.{month:02}.{date:02}"),
            Self::Chinese => format!("{year:04}年{month:02}月{date:02}日"),
        }
    }

    pub(super) fn read(self, text: &str) -> Option<Date> {
        let parts: Vec<&str> = match self {
            Self::Dashes => text.split('-').collect(),
            Self::Plain => vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?],
            Self::Slashes => text.split('/').collect(),
            Self::Dots => text.split('.').collect(),
            Self::Chinese => text.strip_suffix('日')?.split(['年', '月']).collect(),
        };
        let [year, month, day] = parts[..] else {
            return None;
        };
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
    }
}
