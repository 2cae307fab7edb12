//! Administrative divisions by their statistical code: 6 digits to the banner, 9 to the sumu,
//! 12 to the gacha (`domain.md` 0, G 52–56).
//!
//! A code is an attribute with a validity, never the identity of a place: codes change when
//! gachas merge and sumus are upgraded.

pub mod succession;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A division code of 6, 9 or 12 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode {
    /// The digits, filled with zeros on the right to twelve.
    filled: u64,
    level: DivisionLevel,
}

/// The level of a division; the local kind (banner, sumu, gacha) is [`DivisionKind`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DivisionLevel {
    /// 自治区: six digits ending in 0000.
    Region,
    /// 盟市: six digits ending in 00.
    Prefecture,
    /// 旗县: six digits.
    County,
    /// 苏木乡镇: nine digits.
    Township,
    /// 嘎查村: twelve digits.
    Village,
}

/// What a division is called where it lies; a screen says the kind, code says the level.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DivisionKind {
    /// 自治区.
    AutonomousRegion,
    /// 盟.
    League,
    /// 市 (prefecture level).
    City,
    /// 旗.
    Banner,
    /// 县.
    County,
    /// 市辖区.
    District,
    /// 苏木.
    Sumu,
    /// 镇.
    Town,
    /// 乡.
    Township,
    /// 街道.
    Street,
    /// 农牧场 and other units of township rank (`domain.md` G 56).
    StateFarm,
    /// 嘎查.
    Gacha,
    /// 行政村.
    Village,
    /// 社区居民委员会.
    ResidentCommittee,
}

/// A division as a register row: its code is valid for a time, its parent follows from the code.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Division {
    /// The code.
    pub code: DivisionCode,
    /// What it is called where it lies.
    pub kind: DivisionKind,
    /// Chinese name, as officials write it.
    pub name: String,
    /// Mongolian name in the traditional script, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_mn: Option<String>,
    /// Its code in the system of the civil affairs, where that is another one (`domain.md` G 54).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub civil_code: Option<DivisionCode>,
    /// First day of validity.
    pub valid_from: Date,
    /// Last day of validity; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
}

/// Why a text is no division code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DivisionCodeError {
    /// Neither 6, 9 nor 12 digits.
    #[error("a division code has 6, 9 or 12 digits")]
    Length,
    /// Something else than the digits 0 to 9.
    #[error("a division code has digits only")]
    Digit,
    /// Region digits outside 11 to 82.
    #[error("the first two digits of a division code are 11 to 82")]
    Region,
    /// Township segment outside 001 to 599 (`domain.md` G 52).
    #[error("the township segment of a division code is 001 to 599")]
    Township,
    /// Village segment 000.
    #[error("the village segment of a division code is 001 to 999")]
    Village,
}

impl DivisionCode {
    /// The level that the number of digits and the zeros at their end give.
    #[must_use]
    pub const fn level(self) -> DivisionLevel {
        self.level
    }

    /// The division that this one lies in; `None` for a region.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        let level = match self.level {
            DivisionLevel::Region => return None,
            DivisionLevel::Prefecture => DivisionLevel::Region,
            DivisionLevel::County => DivisionLevel::Prefecture,
            DivisionLevel::Township => DivisionLevel::County,
            DivisionLevel::Village => DivisionLevel::Township,
        };
        Some(self.at(level))
    }

    /// The ancestor of this division at `level`, itself if it is of that level, and `None` if
    /// `level` lies below it.
    #[must_use]
    pub fn ancestor(self, level: DivisionLevel) -> Option<Self> {
        (level <= self.level).then(|| self.at(level))
    }

    /// Whether `other` is this division or lies in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        other.level >= self.level && other.filled - other.filled % self.span() == self.filled
    }

    /// The half-open range of twelve-digit texts of all divisions in this one, for a range
    /// condition in a query.
    #[must_use]
    pub fn text_range(self) -> (String, String) {
        (
            format!("{:012}", self.filled),
            format!("{:012}", self.filled + self.span()),
        )
    }

    /// The code filled with zeros to twelve digits: the form that sorts parents before children.
    #[must_use]
    pub fn filled_text(self) -> String {
        format!("{:012}", self.filled)
    }

    /// Reads the form of [`Self::filled_text`] back.
    ///
    /// # Errors
    /// [`DivisionCodeError`] if the text is no such form of a division code.
    pub fn from_filled(text: &str) -> Result<Self, DivisionCodeError> {
        if text.len() != 12 {
            return Err(DivisionCodeError::Length);
        }
        let shortest = text.strip_suffix("000").unwrap_or(text);
        shortest.strip_suffix("000").unwrap_or(shortest).parse()
    }

    /// The local kind that the segments of the code suggest; sumu, banner and gacha are told from
    /// town, county and village by their name, not by their code.
    #[must_use]
    pub fn usual_kind(self) -> DivisionKind {
        match self.level {
            DivisionLevel::Region => DivisionKind::AutonomousRegion,
            DivisionLevel::Prefecture => DivisionKind::City,
            DivisionLevel::County => DivisionKind::County,
            DivisionLevel::Township => match self.filled / 1_000 % 1_000 {
                0..100 => DivisionKind::Street,
                100..200 => DivisionKind::Town,
                200..400 => DivisionKind::Township,
                _ => DivisionKind::StateFarm,
            },
            DivisionLevel::Village => match self.filled % 1_000 {
                0..200 => DivisionKind::ResidentCommittee,
                _ => DivisionKind::Village,
            },
        }
    }

    fn at(self, level: DivisionLevel) -> Self {
        let span = span_of(level);
        Self {
            filled: self.filled - self.filled % span,
            level,
        }
    }

    const fn span(self) -> u64 {
        span_of(self.level)
    }
}

/// How many twelve-digit codes lie in one division of `level`.
const fn span_of(level: DivisionLevel) -> u64 {
    match level {
        DivisionLevel::Region => 10_000_000_000,
        DivisionLevel::Prefecture => 100_000_000,
        DivisionLevel::County => 1_000_000,
        DivisionLevel::Township => 1_000,
        DivisionLevel::Village => 1,
    }
}

impl FromStr for DivisionCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, DivisionCodeError> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DivisionCodeError::Digit);
        }
        let (scale, level) = match text.len() {
            6 if text.ends_with("0000") => (1_000_000, DivisionLevel::Region),
            6 if text.ends_with("00") => (1_000_000, DivisionLevel::Prefecture),
            6 => (1_000_000, DivisionLevel::County),
            9 => (1_000, DivisionLevel::Township),
            12 => (1, DivisionLevel::Village),
            _ => return Err(DivisionCodeError::Length),
        };
        let filled = text.parse::<u64>().map_err(|_| DivisionCodeError::Digit)? * scale;
        if !(11..=82).contains(&(filled / 10_000_000_000)) {
            return Err(DivisionCodeError::Region);
        }
        if level >= DivisionLevel::Township && !(1..=599).contains(&(filled / 1_000 % 1_000)) {
            return Err(DivisionCodeError::Township);
        }
        if level == DivisionLevel::Village && filled % 1_000 == 0 {
            return Err(DivisionCodeError::Village);
        }
        Ok(Self { filled, level })
    }
}

impl fmt::Display for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            DivisionLevel::Village => write!(f, "{:012}", self.filled),
            DivisionLevel::Township => write!(f, "{:09}", self.filled / 1_000),
            _ => write!(f, "{:06}", self.filled / 1_000_000),
        }
    }
}

impl fmt::Debug for DivisionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

crate::id::text_codec!(DivisionCode);

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> DivisionCode {
        text.parse().unwrap()
    }

    #[test]
    fn a_gacha_belongs_to_its_sumu_and_to_no_neighbour() {
        let gacha = code("150623200201");
        assert_eq!(gacha.parent(), Some(code("150623200")));
        assert_eq!(gacha.ancestor(DivisionLevel::County), Some(code("150623")));
        assert_eq!(
            gacha.ancestor(DivisionLevel::Prefecture),
            Some(code("150600"))
        );
        assert!(code("150623").contains(gacha) && code("150000").contains(gacha));
        assert!(!code("150623201").contains(gacha) && !gacha.contains(code("150623200")));
    }

    #[test]
    fn the_range_of_a_sumu_holds_its_gachas_only() {
        let (low, high) = code("150623200").text_range();
        let inside = |t: &str| *low <= *t && *t < *high;
        assert!(inside("150623200201") && inside("150623200999") && !inside("150623201001"));
    }

    #[test]
    fn a_wrong_code_says_what_is_wrong() {
        for (text, error) in [
            ("15062", DivisionCodeError::Length),
            ("15O623", DivisionCodeError::Digit),
            ("990623", DivisionCodeError::Region),
            ("150623000", DivisionCodeError::Township),
            ("150623600", DivisionCodeError::Township),
            ("150623200000", DivisionCodeError::Village),
        ] {
            assert_eq!(text.parse::<DivisionCode>(), Err(error), "{text}");
        }
    }

    #[test]
    fn codes_print_as_they_were_read() {
        for text in ["150000", "150600", "150623", "150623101", "150623101201"] {
            assert_eq!(code(text).to_string(), text);
            assert_eq!(
                DivisionCode::from_filled(&code(text).filled_text()),
                Ok(code(text))
            );
        }
    }
}
