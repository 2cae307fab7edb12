//! Resident ID numbers (公民身份号码, GB 11643; check character ISO 7064 MOD 11-2).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use jiff::civil::Date;

use super::name::half_width;
use crate::error::ErrorCode;

/// A resident ID number (公民身份号码, GB 11643) in its 18-character form.
///
/// Two writings of one number are equal: a 15-digit number of an old contract equals the
/// 18-character number it became (`domain.md` G 5).
#[derive(Clone, Eq)]
pub struct ResidentId {
    number: Box<str>,
    original: Box<str>,
}

/// Why a text is no resident ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// Not 18 characters (for [`ResidentId::from_15`]: not 15).
    #[error("wrong number of characters")]
    Length,
    /// Something other than digits, and X as the last of 18.
    #[error("a character that cannot stand there")]
    Character,
    /// The first six digits can be no administrative division.
    #[error("no such area")]
    Area,
    /// Digits 7 to 14 are no day since 1800.
    #[error("no such day of birth")]
    BirthDate,
    /// The check character does not follow from the others: a digit is wrong or two are swapped.
    #[error("the check character does not match")]
    Check,
}

impl ResidentIdError {
    /// The code of the one list; the figures of the rule would tell the number, so there are none.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        ErrorCode::PersonIdInvalid
    }
}

impl ResidentId {
    /// Upgrades a 15-digit number as it stands on old pasture contracts: 19 before the year, the
    /// check character at the end (`domain.md` G 5).
    ///
    /// # Errors
    /// When the text has not 15 digits, or their area or day of birth is impossible. A 15-digit
    /// number has no check digit, so a mistyped one can pass.
    pub fn from_15(text: &str) -> Result<Self, ResidentIdError> {
        let old = half_width(text);
        if old.len() != 15 {
            return Err(ResidentIdError::Length);
        }
        if !old.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ResidentIdError::Character);
        }
        let body = format!("{}19{}", &old[..6], &old[6..]);
        let check = resident_check(body.as_bytes());
        Self::checked(format!("{body}{check}"), text)
    }

    /// The number in 18 characters, X in upper case: for matching and for the blind index.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// What was typed or printed, to be kept beside the number.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The day of birth that the number states. Whether it lies in the past is for the caller, who
    /// knows the day. Age never scores (`domain.md` B.2, G 9).
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "every way to make this value checks the day"
    )]
    pub fn born_on(&self) -> Date {
        birth_day(&self.number).expect("a checked day")
    }

    fn checked(number: String, original: &str) -> Result<Self, ResidentIdError> {
        let bytes = number.as_bytes();
        if bytes.len() != 18 {
            return Err(ResidentIdError::Length);
        }
        let last_fits = bytes[17].is_ascii_digit() || bytes[17] == b'X';
        if !bytes[..17].iter().all(u8::is_ascii_digit) || !last_fits {
            return Err(ResidentIdError::Character);
        }
        if !is_area(&bytes[..6]) {
            return Err(ResidentIdError::Area);
        }
        if birth_day(&number).is_none() {
            return Err(ResidentIdError::BirthDate);
        }
        if char::from(bytes[17]) != resident_check(&bytes[..17]) {
            return Err(ResidentIdError::Check);
        }
        Ok(Self {
            number: number.into(),
            original: original.trim().into(),
        })
    }
}

impl FromStr for ResidentId {
    type Err = ResidentIdError;

    /// Reads an 18-character number; full-width digits and a lower-case x are typing habits, not
    /// errors (`domain.md` G 4).
    fn from_str(text: &str) -> Result<Self, ResidentIdError> {
        Self::checked(half_width(text).to_ascii_uppercase(), text)
    }
}

impl PartialEq for ResidentId {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Hash for ResidentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentId(redacted)")
    }
}

/// Whether six digits can be a county-level division: a province that exists, and a county in it.
/// Codes of dissolved counties stay in people's numbers, so the county is not looked up.
fn is_area(digits: &[u8]) -> bool {
    match (digits[0] - b'0', digits[1] - b'0') {
        (1, 1..=5) | (2, 1..=3) | (3, 1..=7) | (4, 1..=6) | (5, 0..=4) | (6, 1..=5) | (7, 1) => {
            digits[2..6] != *b"0000"
        }
        // Residence permits of Hong Kong, Macao and Taiwan people have no county.
        (8, 1..=3) => true,
        _ => false,
    }
}

fn birth_day(number: &str) -> Option<Date> {
    let year = number.get(6..10)?.parse().ok().filter(|y| *y >= 1800)?;
    let month = number.get(10..12)?.parse().ok()?;
    let day = number.get(12..14)?.parse().ok()?;
    Date::new(year, month, day).ok()
}

/// ISO 7064 MOD 11-2 over 17 digits (`domain.md` G 4).
pub(super) fn resident_check(digits: &[u8]) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let weighted = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(d, w)| u32::from(d - b'0') * w);
    CHECKS[(weighted.sum::<u32>() % 11) as usize]
}
