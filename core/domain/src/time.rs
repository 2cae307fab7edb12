//! Instants and days. No function of this crate reads a clock: time is always an argument.

use jiff::civil::Date;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Clock zone Asia/Shanghai (`domain.md` D.3), UTC+8 without summer time since 1991.
const SHANGHAI_MS: i64 = 8 * 3_600_000;

/// An instant: milliseconds since 1970-01-01T00:00Z.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct AtMs(#[n(0)] pub i64);

impl AtMs {
    /// The day of this instant in the clock zone of the process, Asia/Shanghai.
    #[must_use]
    pub fn on(self) -> Date {
        day_number_to_date(self.0.saturating_add(SHANGHAI_MS).div_euclid(DAY_MS))
    }

    /// The first instant of `day` in Asia/Shanghai.
    #[must_use]
    pub fn start_of(day: Date) -> Self {
        Self(date_to_day_number(day) * DAY_MS - SHANGHAI_MS)
    }

    /// This instant moved by `ms`, without overflow.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// The number of the first day of the calendar, -9999-01-01.
const FIRST_DAY: i64 = -4_371_587;

/// The number of its last day, 9999-12-31.
const LAST_DAY: i64 = 2_932_896;

/// Days since 1970-01-01: the integer form of a day in canonical bytes and in the database.
#[must_use]
pub fn date_to_day_number(day: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    i64::from((day - epoch).get_days())
}

/// The day with this number; a number beyond the calendar gives its first or last day.
#[must_use]
pub fn day_number_to_date(days: i64) -> Date {
    let days = days.clamp(FIRST_DAY, LAST_DAY);
    Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(days))
}

/// Canonical CBOR of a day: its day number. Use as `#[cbor(with = "crate::time::day_cbor")]`.
pub mod day_cbor {
    use super::{Date, FIRST_DAY, LAST_DAY, date_to_day_number, day_number_to_date};
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes the day number.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        day: &Date,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.i64(date_to_day_number(*day))?.ok()
    }

    /// Reads a day number.
    ///
    /// # Errors
    /// When the value is no integer or lies beyond the calendar.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Date, DecodeError> {
        match d.i64()? {
            number @ FIRST_DAY..=LAST_DAY => Ok(day_number_to_date(number)),
            _ => Err(DecodeError::message("day beyond the calendar")),
        }
    }
}

/// Canonical CBOR of the last day of something: its day number, null for none. Use as
/// `#[cbor(with = "crate::time::last_day_cbor")]`.
pub mod last_day_cbor {
    use super::{Date, day_cbor};
    use minicbor::data::Type;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes the day number, or null.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn encode<C, W: Write>(
        day: &Option<Date>,
        e: &mut Encoder<W>,
        c: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match day {
            Some(day) => day_cbor::encode(day, e, c),
            None => e.null()?.ok(),
        }
    }

    /// Reads a day number or null.
    ///
    /// # Errors
    /// When the value is neither, or lies beyond the calendar.
    pub fn decode<C>(d: &mut Decoder<'_>, c: &mut C) -> Result<Option<Date>, DecodeError> {
        if d.datatype()? == Type::Null {
            d.skip()?;
            Ok(None)
        } else {
            day_cbor::decode(d, c).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_begins_at_midnight_in_shanghai_not_in_greenwich() {
        let midnight = AtMs::start_of(date(2026, 3, 2));
        assert_eq!(midnight.on(), date(2026, 3, 2));
        assert_eq!(midnight.plus_ms(-1).on(), date(2026, 3, 1));
    }

    #[test]
    fn day_numbers_survive_both_directions() {
        for day in [
            date(1960, 2, 29),
            date(1970, 1, 1),
            date(2026, 11, 1),
            Date::MAX,
        ] {
            assert_eq!(day_number_to_date(date_to_day_number(day)), day);
        }
        assert_eq!(day_number_to_date(i64::MAX), Date::MAX);
    }

    #[test]
    fn no_day_of_the_calendar_is_cut_off() {
        assert_eq!(date_to_day_number(Date::MIN), FIRST_DAY);
        assert_eq!(date_to_day_number(Date::MAX), LAST_DAY);
    }
}
