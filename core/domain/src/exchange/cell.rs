//! Cells: the one written form of each value of the special-topic database, and the way back. A
//! cell that reads back to another text than it was is refused, so a digest over cells is a
//! digest over values.

use jiff::civil::Date;

use super::schema::Column;
use crate::division::DivisionCode;
use crate::hash::Hash;
use crate::pack::{decimal, vocabulary};
use crate::time::AtMs;

/// Milliseconds of a minute and of a day.
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// The clock zone of every instant, as it stands in a cell.
const ZONE: &str = "+08:00";

vocabulary! {
    /// What kind of value a column has, and so how it is written.
    CellKind {
        /// Free text.
        Text => "text",
        /// An identifier made by the application.
        Id => "id",
        /// A word of a code list.
        Word => "word",
        /// A word of a code list that the database keeps as JSON text.
        JsonWord => "json_word",
        /// A whole number.
        Integer => "integer",
        /// A number that the database keeps in units of its last place.
        Decimal => "decimal",
        /// 1 for yes, 0 for no.
        Flag => "flag",
        /// A day: `2026-10-15`.
        Day => "day",
        /// A day that the database keeps as a number.
        DayNumber => "day_number",
        /// An instant in the clock zone of the process: `2026-10-15T09:30:00.000+08:00`.
        Instant => "instant",
        /// A division code, filled to twelve digits.
        Division => "division",
        /// A SHA-256 digest in hexadecimal.
        Hash => "hash",
        /// A SHA-256 digest that the database keeps as bytes.
        HashBytes => "hash_bytes",
        /// A structure, as JSON text.
        Json => "json",
        /// A structure that the database keeps as bytes of JSON.
        JsonBytes => "json_bytes",
        /// Bytes, in base64.
        Bytes => "bytes",
    }
}

/// A value as a database holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Why a cell is no value of its column; never with what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CellFault {
    /// The column needs a value.
    #[error("a value is needed")]
    Missing,
    /// The value is of another kind.
    #[error("not a value of this kind")]
    WrongKind,
    /// The word is not in the code list.
    #[error("not in the code list")]
    NotACode,
    /// The text is longer than the column.
    #[error("longer than the column")]
    TooLong,
    /// Readable, but not as it would be written.
    #[error("not the written form of this value")]
    NotCanonical,
    /// The value is no whole number of the unit that it is to be written in.
    #[error("not exact in the unit")]
    NotExact,
}

impl Column {
    /// The cell of a value.
    ///
    /// # Errors
    /// [`CellFault`] if the value is none of this column.
    pub fn write(&self, value: &Scalar) -> Result<String, CellFault> {
        let text = match (value, self.kind) {
            (Scalar::Null, _) if self.is_optional => String::new(),
            (Scalar::Null, _) => return Err(CellFault::Missing),
            (Scalar::Int(n), CellKind::Integer | CellKind::Flag) => n.to_string(),
            (Scalar::Int(n), CellKind::Decimal) => decimal::write(*n, self.places),
            (Scalar::Int(n), CellKind::Instant) => instant(AtMs(*n)),
            (Scalar::Int(n), CellKind::DayNumber) => {
                crate::time::day_number_to_date(*n).to_string()
            }
            (Scalar::Text(text), CellKind::JsonWord) => {
                serde_json::from_str::<String>(text).map_err(|_| CellFault::WrongKind)?
            }
            (Scalar::Text(text), kind) if is_textual(kind) => text.clone(),
            (Scalar::Bytes(bytes), CellKind::HashBytes) => data_encoding::HEXLOWER.encode(bytes),
            (Scalar::Bytes(bytes), CellKind::Bytes) => data_encoding::BASE64.encode(bytes),
            (Scalar::Bytes(bytes), CellKind::JsonBytes) => {
                String::from_utf8(bytes.clone()).map_err(|_| CellFault::WrongKind)?
            }
            _ => return Err(CellFault::WrongKind),
        };
        self.check(&text)?;
        Ok(text)
    }

    /// The value of a cell.
    ///
    /// # Errors
    /// [`CellFault`] if the cell is no value of this column, or not in its written form.
    pub fn read(&self, text: &str) -> Result<Scalar, CellFault> {
        if text.is_empty() {
            return self.empty();
        }
        self.check(text)?;
        let int = || text.parse::<i64>().map_err(|_| CellFault::WrongKind);
        let value = match self.kind {
            CellKind::Integer | CellKind::Flag => Scalar::Int(int()?),
            CellKind::Decimal => {
                Scalar::Int(decimal::parse(text, self.places).ok_or(CellFault::WrongKind)?)
            }
            CellKind::Instant => Scalar::Int(read_instant(text).ok_or(CellFault::WrongKind)?.0),
            CellKind::DayNumber => {
                let day: Date = text.parse().map_err(|_| CellFault::WrongKind)?;
                Scalar::Int(crate::time::date_to_day_number(day))
            }
            CellKind::JsonWord => Scalar::Text(format!("\"{text}\"")),
            CellKind::HashBytes => {
                let hash: Hash = text.parse().map_err(|_| CellFault::WrongKind)?;
                Scalar::Bytes(hash.as_bytes().to_vec())
            }
            CellKind::JsonBytes => Scalar::Bytes(text.as_bytes().to_vec()),
            CellKind::Bytes => {
                let bytes = data_encoding::BASE64.decode(text.as_bytes());
                Scalar::Bytes(bytes.map_err(|_| CellFault::WrongKind)?)
            }
            _ => Scalar::Text(text.to_owned()),
        };
        match self.write(&value)? == text {
            true => Ok(value),
            false => Err(CellFault::NotCanonical),
        }
    }

    fn empty(&self) -> Result<Scalar, CellFault> {
        match self.kind {
            _ if self.is_optional => Ok(Scalar::Null),
            CellKind::Text | CellKind::Id | CellKind::Json => Ok(Scalar::Text(String::new())),
            CellKind::Bytes | CellKind::JsonBytes => Ok(Scalar::Bytes(Vec::new())),
            _ => Err(CellFault::Missing),
        }
    }

    /// Whether a text that is not empty can be a cell of this column, but for its written form.
    fn check(&self, text: &str) -> Result<(), CellFault> {
        if text.is_empty() {
            return Ok(());
        }
        let is_valid = match self.kind {
            CellKind::Flag => matches!(text, "0" | "1"),
            CellKind::Day => text
                .parse::<Date>()
                .is_ok_and(|day| day.to_string() == text),
            CellKind::Division => text
                .parse::<DivisionCode>()
                .or_else(|_| DivisionCode::from_filled(text))
                .is_ok(),
            CellKind::Hash | CellKind::HashBytes => text.parse::<Hash>().is_ok(),
            _ => true,
        };
        let is_listed = self.codes.is_empty() || self.codes.iter().any(|(word, _)| word == text);
        match (is_valid, is_listed, self.max) {
            (false, ..) => Err(CellFault::WrongKind),
            (_, false, _) => Err(CellFault::NotACode),
            (.., Some(max)) if text.chars().count() > max => Err(CellFault::TooLong),
            _ => Ok(()),
        }
    }
}

const fn is_textual(kind: CellKind) -> bool {
    matches!(
        kind,
        CellKind::Text
            | CellKind::Id
            | CellKind::Word
            | CellKind::Day
            | CellKind::Division
            | CellKind::Hash
            | CellKind::Json
    )
}

/// An instant in the clock zone of the process.
#[must_use]
pub fn instant(at: AtMs) -> String {
    let day = at.on();
    let ms = at.0.saturating_sub(AtMs::start_of(day).0);
    let (minutes, rest) = (ms / MINUTE_MS, ms % MINUTE_MS);
    let (hour, minute) = (minutes / 60, minutes % 60);
    let (second, milli) = (rest / 1_000, rest % 1_000);
    format!("{day}T{hour:02}:{minute:02}:{second:02}.{milli:03}{ZONE}")
}

fn read_instant(text: &str) -> Option<AtMs> {
    let (day, clock) = text.strip_suffix(ZONE)?.split_once('T')?;
    let day: Date = day.parse().ok()?;
    let (clock, milli) = clock.split_once('.')?;
    let parts: Vec<i64> = clock
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [hour, minute, second] = parts[..] else {
        return None;
    };
    let ms = ((hour * 60 + minute) * 60 + second) * 1_000 + milli.parse::<i64>().ok()?;
    (0..DAY_MS)
        .contains(&ms)
        .then(|| AtMs::start_of(day).plus_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: CellKind) -> Column {
        Column {
            kind,
            ..Column::default()
        }
    }

    #[test]
    fn every_value_comes_back_from_its_cell_exactly() {
        let money = Column {
            places: 2,
            ..column(CellKind::Decimal)
        };
        let cases = [
            (&money, Scalar::Int(-1_234_505), "-12345.05"),
            (&column(CellKind::Integer), Scalar::Int(0), "0"),
            (
                &column(CellKind::Instant),
                Scalar::Int(1_792_029_600_001),
                "2026-10-15T10:00:00.001+08:00",
            ),
            (
                &column(CellKind::DayNumber),
                Scalar::Int(20_741),
                "2026-10-15",
            ),
            (
                &column(CellKind::JsonWord),
                Scalar::Text("\"gacha\"".into()),
                "gacha",
            ),
            (
                &column(CellKind::Bytes),
                Scalar::Bytes(vec![0, 255]),
                "AP8=",
            ),
            (&column(CellKind::Text), Scalar::Text(String::new()), ""),
            (
                &column(CellKind::HashBytes),
                Scalar::Bytes(Hash::of_file(b"").as_bytes().to_vec()),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
        ];
        for (column, value, cell) in cases {
            assert_eq!(column.write(&value).as_deref(), Ok(cell));
            assert_eq!(column.read(cell), Ok(value));
        }
    }

    #[test]
    fn a_cell_in_another_form_of_the_same_value_is_refused() {
        let money = Column {
            places: 2,
            ..column(CellKind::Decimal)
        };
        assert_eq!(money.read("1.5"), Err(CellFault::NotCanonical));
        assert_eq!(
            column(CellKind::Integer).read("+1"),
            Err(CellFault::NotCanonical)
        );
        assert_eq!(column(CellKind::Flag).read("2"), Err(CellFault::WrongKind));
        assert_eq!(
            column(CellKind::Day).read("2026-2-3"),
            Err(CellFault::WrongKind)
        );
        assert_eq!(column(CellKind::Hash).read("ab"), Err(CellFault::WrongKind));
        let listed = Column {
            codes: vec![("household".into(), "农牧户".into())],
            ..column(CellKind::Word)
        };
        assert_eq!(listed.read("farmer"), Err(CellFault::NotACode));
        assert_eq!(listed.read(""), Err(CellFault::Missing));
    }
}
