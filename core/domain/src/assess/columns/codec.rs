//! Columns as bytes: a mark of the words that they are written with, then integers of variable
//! length. A typical household takes some 150 bytes.

use std::sync::LazyLock;

use super::{Columns, ColumnsError};
use crate::assess::measure::{Measured, Measures, Reading, Sourced};
use crate::assess::quotient::Quotient;
use crate::hash::Hash;
use crate::item::Evidence;
use crate::pack::{CaseName, TableName};

/// Most bytes of an integer of 64 bits.
const LONGEST: u32 = 10;

/// The four kinds of evidence, by their place in the bytes.
const EVIDENCE: [Evidence; 4] = [Evidence::A, Evidence::B, Evidence::C, Evidence::D];

/// The bit that says that a relieved value follows.
const RELIEVED: u8 = 1 << 6;

/// Changes with the words whose places stand in the bytes: columns of a program with other words
/// are not read.
static MARK: LazyLock<[u8; 4]> = LazyLock::new(|| {
    let words: Vec<&[u8]> = CaseName::ALL
        .iter()
        .map(|case| case.as_str())
        .chain(TableName::ALL.iter().map(|table| table.as_str()))
        .map(str::as_bytes)
        .collect();
    let hash = Hash::of("itgel.columns.v1", &words);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
});

pub(super) fn write(columns: &Columns) -> Vec<u8> {
    let mut out = Writer(Vec::with_capacity(192));
    out.0.extend_from_slice(&*MARK);
    out.0.push(u8::from(columns.under_review));
    out.count(columns.combinations.len());
    for measures in &columns.combinations {
        out.measures(measures);
    }
    out.0
}

pub(super) fn read(bytes: &[u8]) -> Result<Columns, ColumnsError> {
    let body = bytes.strip_prefix(&*MARK).ok_or(ColumnsError)?;
    let mut input = Reader(body);
    let under_review = input.flag()?;
    let count = input.count()?;
    let mut combinations = Vec::with_capacity(count);
    for _ in 0..count {
        combinations.push(input.measures()?);
    }
    match (combinations.is_empty(), input.0.is_empty()) {
        (false, true) => Ok(Columns {
            under_review,
            combinations,
        }),
        _ => Err(ColumnsError),
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn unsigned(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn signed(&mut self, value: i64) {
        self.unsigned((value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned());
    }

    fn count(&mut self, count: usize) {
        self.unsigned(count as u64);
    }

    fn measures(&mut self, measures: &Measures) {
        self.count(measures.parts.len());
        for part in &measures.parts {
            self.measured(part);
        }
        self.count(measures.caps.len());
        for cap in &measures.caps {
            self.0.push(u8::from(cap.is_some()));
            if let Some(measured) = cap {
                self.measured(measured);
            }
        }
        self.unsigned(measures.cap_conditions.into());
        self.signed(measures.bonus);
        self.signed(measures.deduction);
        for bits in measures.vetoes {
            self.unsigned(bits.into());
        }
        self.unsigned(measures.core_missing.into());
        self.unsigned(measures.ineligible.into());
        self.0.push(u8::from(measures.relief));
    }

    fn measured(&mut self, measured: &Measured) {
        let more = match measured.relieved {
            Some(_) => RELIEVED,
            None => 0,
        };
        self.sourced(&measured.plain, more);
        if let Some(relieved) = &measured.relieved {
            self.sourced(relieved, 0);
        }
    }

    fn sourced(&mut self, sourced: &Sourced, more: u8) {
        let evidence = EVIDENCE.iter().position(|e| *e == sourced.evidence);
        let evidence = u8::try_from(evidence.unwrap_or(0)).unwrap_or(0) << 4;
        let kind = match sourced.reading {
            Reading::Value(..) => 0,
            Reading::Better(_) => 1,
            Reading::Case(_) => 2,
            Reading::Pending => 3,
            Reading::NotApplicable => 4,
            Reading::Unknown => 5,
            Reading::Refused => 6,
        };
        self.0.push(kind | evidence | more);
        match sourced.reading {
            Reading::Value(table, value) => self.value(table, value),
            Reading::Better(both) => both.into_iter().for_each(|(t, v)| self.value(t, v)),
            Reading::Case(case) => {
                let place = CaseName::ALL.iter().position(|known| *known == case);
                self.count(place.unwrap_or(usize::MAX));
            }
            Reading::Pending | Reading::NotApplicable | Reading::Unknown | Reading::Refused => {}
        }
    }

    fn value(&mut self, table: TableName, value: Quotient) {
        let place = TableName::ALL.iter().position(|known| *known == table);
        self.count(place.unwrap_or(usize::MAX));
        self.signed(value.num());
        self.signed(value.den());
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, ColumnsError> {
        let (first, rest) = self.0.split_first().ok_or(ColumnsError)?;
        self.0 = rest;
        Ok(*first)
    }

    fn flag(&mut self) -> Result<bool, ColumnsError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ColumnsError),
        }
    }

    fn unsigned(&mut self) -> Result<u64, ColumnsError> {
        let mut value = 0;
        for place in 0..LONGEST {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ColumnsError)
    }

    fn signed(&mut self) -> Result<i64, ColumnsError> {
        let value = self.unsigned()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn bits(&mut self) -> Result<u32, ColumnsError> {
        u32::try_from(self.unsigned()?).map_err(|_| ColumnsError)
    }

    /// A count of things that take a byte each at least: never more than there are bytes.
    fn count(&mut self) -> Result<usize, ColumnsError> {
        let count = usize::try_from(self.unsigned()?).map_err(|_| ColumnsError)?;
        match count <= self.0.len() {
            true => Ok(count),
            false => Err(ColumnsError),
        }
    }

    fn measures(&mut self) -> Result<Measures, ColumnsError> {
        let many = self.count()?;
        let mut parts = Vec::with_capacity(many);
        for _ in 0..many {
            parts.push(self.measured()?);
        }
        let many = self.count()?;
        let mut caps = Vec::with_capacity(many);
        for _ in 0..many {
            caps.push(match self.flag()? {
                true => Some(self.measured()?),
                false => None,
            });
        }
        Ok(Measures {
            parts,
            caps,
            cap_conditions: self.bits()?,
            bonus: self.signed()?,
            deduction: self.signed()?,
            vetoes: [self.bits()?, self.bits()?],
            core_missing: self.bits()?,
            ineligible: self.bits()?,
            relief: self.flag()?,
        })
    }

    fn measured(&mut self) -> Result<Measured, ColumnsError> {
        let head = self.byte()?;
        let plain = self.sourced(head & !RELIEVED)?;
        let relieved = if head & RELIEVED == 0 {
            None
        } else {
            let head = self.byte()?;
            Some(self.sourced(head)?)
        };
        Ok(Measured { plain, relieved })
    }

    fn sourced(&mut self, head: u8) -> Result<Sourced, ColumnsError> {
        let evidence = EVIDENCE.get(usize::from(head >> 4)).ok_or(ColumnsError)?;
        let reading = match head & 0x0f {
            0 => {
                let (table, value) = self.value()?;
                Reading::Value(table, value)
            }
            1 => Reading::Better([self.value()?, self.value()?]),
            2 => Reading::Case(self.word(CaseName::ALL)?),
            3 => Reading::Pending,
            4 => Reading::NotApplicable,
            5 => Reading::Unknown,
            6 => Reading::Refused,
            _ => return Err(ColumnsError),
        };
        Ok(Sourced {
            reading,
            evidence: *evidence,
        })
    }

    fn value(&mut self) -> Result<(TableName, Quotient), ColumnsError> {
        let table = self.word(TableName::ALL)?;
        let (num, den) = (self.signed()?, self.signed()?);
        match den {
            0.. => Ok((table, Quotient::ratio(num, den))),
            _ => Err(ColumnsError),
        }
    }

    fn word<T: Copy>(&mut self, all: &[T]) -> Result<T, ColumnsError> {
        let place = usize::try_from(self.unsigned()?).map_err(|_| ColumnsError)?;
        all.get(place).copied().ok_or(ColumnsError)
    }
}
