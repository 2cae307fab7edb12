//! Objections that are taken down away from the server (`domain.md` D.5, G 39, G 40), and the numbers
//! of receipts that a device gives out by itself.

use std::fmt;
use std::str::FromStr;

use crate::case::step::ObjectionGround;
use crate::id::{CycleId, SubjectId};
use crate::pack::vocabulary;

/// Most characters of what somebody says in an objection.
pub const MAX_WORDS: usize = 2_000;

vocabulary! {
    /// Who objects.
    Objector {
        /// The subject itself.
        Subject => "subject",
        /// Anybody else who reads the board: a report that discloses nothing (`domain.md` G 40).
        Neighbour => "neighbour",
    }
}

/// The number on a receipt that was given out without a network: that of the device, which the
/// server gave at enrolment, and how many the device has given out. Printed `0042-000017`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptNumber {
    /// The device, from 1.
    pub device: u32,
    /// Counts the receipts of the device, from 1.
    pub count: u32,
}

/// An objection as an officer takes it down; the server alone reads it, nobody pulls it. It was
/// handed in when its envelope was entered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct FiledObjection {
    /// Whose grade.
    #[n(0)]
    pub subject: SubjectId,
    /// In which campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The number on the receipt that the objector holds.
    #[n(2)]
    pub receipt: ReceiptNumber,
    /// On what ground.
    #[n(3)]
    pub ground: ObjectionGround,
    /// Who objects.
    #[n(4)]
    pub objector: Objector,
    /// What is said.
    #[n(5)]
    pub words: String,
}

/// A text that is no number of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no number of a receipt")]
pub struct NotANumber;

impl FiledObjection {
    /// Whether it says something, and not more than it may.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let length = self.words.chars().count();
        (1..=MAX_WORDS).contains(&length) && self.receipt.is_given_out()
    }
}

impl ReceiptNumber {
    /// Whether a device gives such a number out.
    #[must_use]
    pub const fn is_given_out(self) -> bool {
        self.device > 0 && self.count > 0
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:06}", self.device, self.count)
    }
}

impl FromStr for ReceiptNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let (device, count) = text.split_once('-').ok_or(NotANumber)?;
        let number = Self {
            device: device.parse().map_err(|_| NotANumber)?,
            count: count.parse().map_err(|_| NotANumber)?,
        };
        // One number has one form, so that an envelope has one, too.
        match number.is_given_out() && number.to_string() == text {
            true => Ok(number),
            false => Err(NotANumber),
        }
    }
}

crate::id::text_codec!(ReceiptNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_and_grows_beyond_its_digits() {
        let number = ReceiptNumber {
            device: 42,
            count: 17,
        };
        assert_eq!(number.to_string(), "0042-000017");
        for number in [
            number,
            ReceiptNumber {
                device: 12_345,
                count: 1_234_567,
            },
        ] {
            assert_eq!(number.to_string().parse(), Ok(number));
        }
        for wrong in [
            "42-17",
            "0042-+00017",
            "0000-000001",
            "0042-000000",
            "0042",
            "-",
            "",
        ] {
            assert_eq!(wrong.parse::<ReceiptNumber>(), Err(NotANumber), "{wrong}");
        }
    }
}
