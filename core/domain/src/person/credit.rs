//! Unified social credit codes (统一社会信用代码, GB 32100, with the organisation code of GB 11714).

use std::fmt;
use std::str::FromStr;

use super::name::half_width;
use crate::error::ErrorCode;

/// A unified social credit code (统一社会信用代码, GB 32100) of an entity or a collective.
///
/// Printed as `redacted` too: the code of a small ranch is that of a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(Box<str>);

/// Why a text is no unified social credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters.
    #[error("wrong number of characters")]
    Length,
    /// A letter that the standard leaves out (I, O, S, V, Z), or a letter in the area digits.
    #[error("a character that cannot stand there")]
    Character,
    /// The first character names no registration department.
    #[error("no such registration department")]
    Department,
    /// The organisation code inside (characters 9 to 17, GB 11714) contradicts its check digit.
    #[error("the check digit of the organisation code does not match")]
    Organisation,
    /// The last character does not follow from the others.
    #[error("the check character does not match")]
    Check,
}

impl CreditCodeError {
    /// The code of the one list.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        ErrorCode::CreditCodeInvalid
    }
}

/// Who registered an organisation: the first character of its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Department {
    /// 1 机构编制.
    Establishment,
    /// 2 外交.
    ForeignAffairs,
    /// 3 司法行政.
    Justice,
    /// 4 文化.
    Culture,
    /// 5 民政.
    CivilAffairs,
    /// 6 旅游.
    Tourism,
    /// 7 宗教.
    Religion,
    /// 8 工会.
    TradeUnion,
    /// 9 工商: cooperatives, companies, ranches with a licence.
    Market,
    /// A 军队.
    Military,
    /// N 农业: collective economic organisations (`domain.md` G 49).
    Agriculture,
    /// Y 其他.
    Other,
}

impl CreditCode {
    /// The 18 characters, in upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Who registered the organisation.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "every way to make this value checks the department"
    )]
    pub fn department(&self) -> Department {
        department(self.0.as_bytes()[0]).expect("a checked department")
    }

    /// The nine characters of the organisation code (组织机构代码, GB 11714) inside.
    #[must_use]
    pub fn organisation_code(&self) -> &str {
        &self.0[8..17]
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    /// Reads a code; full-width and lower-case letters are typing habits, not errors.
    fn from_str(text: &str) -> Result<Self, CreditCodeError> {
        let code = half_width(text).to_ascii_uppercase();
        let bytes = code.as_bytes();
        if bytes.len() != 18 {
            return Err(CreditCodeError::Length);
        }
        let known = bytes.iter().all(|b| credit_value(*b).is_some());
        if !known || !bytes[2..8].iter().all(u8::is_ascii_digit) {
            return Err(CreditCodeError::Character);
        }
        if department(bytes[0]).is_none() {
            return Err(CreditCodeError::Department);
        }
        if bytes[17] != credit_check(&bytes[..17]) {
            return Err(CreditCodeError::Check);
        }
        if bytes[16] != organisation_check(&bytes[8..16]) {
            return Err(CreditCodeError::Organisation);
        }
        Ok(Self(code.into()))
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CreditCode(redacted)")
    }
}

/// The characters of GB 32100 in the order of their values: no I, O, S, V, Z.
pub(super) const CREDIT_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

fn credit_value(character: u8) -> Option<usize> {
    CREDIT_CHARACTERS.iter().position(|c| *c == character)
}

/// GB 32100: weights 3^i mod 31, modulus 31 (`domain.md` G 50).
pub(super) fn credit_check(characters: &[u8]) -> u8 {
    let mut weight = 1;
    let mut sum = 0;
    for value in characters.iter().filter_map(|c| credit_value(*c)) {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    CREDIT_CHARACTERS[(31 - sum % 31) % 31]
}

/// GB 11714: weights 3 7 9 10 5 8 4 2 over eight characters with A = 10 … Z = 35, modulus 11.
pub(super) fn organisation_check(characters: &[u8]) -> u8 {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let value = |c: u8| char::from(c).to_digit(36).unwrap_or(0);
    let sum: u32 = characters
        .iter()
        .zip(WEIGHTS)
        .map(|(c, w)| value(*c) * w)
        .sum();
    b"0X987654321"[(sum % 11) as usize]
}

const fn department(character: u8) -> Option<Department> {
    Some(match character {
        b'1' => Department::Establishment,
        b'2' => Department::ForeignAffairs,
        b'3' => Department::Justice,
        b'4' => Department::Culture,
        b'5' => Department::CivilAffairs,
        b'6' => Department::Tourism,
        b'7' => Department::Religion,
        b'8' => Department::TradeUnion,
        b'9' => Department::Market,
        b'A' => Department::Military,
        b'N' => Department::Agriculture,
        b'Y' => Department::Other,
        _ => return None,
    })
}
