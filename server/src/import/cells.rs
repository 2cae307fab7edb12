//! The cells of a row by their column, read as what they mean. Every reading that fails notes its
//! fault at the cell, so that a row tells all its faults at once.

use itgel_domain::catalogue::{Item, Unit, ViolationCode};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::item::{ItemPath, State, Value};
use itgel_domain::pack::decimal;
use itgel_domain::person::ResidentId;
use itgel_domain::rights::scan::Words;
use jiff::civil::Date;

use super::batch::RowFault;
use super::heads::Found;
use crate::table::{Cell, Row, address, head_text};

/// A row of a table under the columns of its kind.
pub struct Cells<'a> {
    found: &'a [Found],
    row: &'a Row,
    faults: Vec<RowFault>,
}

impl<'a> Cells<'a> {
    /// A row, with the faults that need no knowledge of its kind.
    pub(super) fn of(found: &'a [Found], row: &'a Row) -> Self {
        let mut cells = Self {
            found,
            row,
            faults: Vec::new(),
        };
        if let Some(code) = row.fault {
            cells.fault_of_row(code);
        }
        for found in found {
            match row.cell(found.at) {
                Cell::Fault(code) => cells.fault(found.column.key, *code),
                Cell::Empty if found.column.required => {
                    cells.fault(found.column.key, ErrorCode::ValueMissing);
                }
                Cell::Empty | Cell::Text(_) => {}
            }
        }
        cells
    }

    /// The number of the row as Excel shows it.
    #[must_use]
    pub const fn row(&self) -> u32 {
        self.row.number
    }

    /// Whether the file has the column at all.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.at(key).is_some()
    }

    /// The text of a cell; `None` if it is empty or faulty.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.row.cell(self.at(key)?.at).text()
    }

    /// The text of a cell with at most `most` characters.
    pub fn short_text(&mut self, key: &str, most: usize) -> Option<&'a str> {
        let text = self.text(key)?;
        if text.chars().count() > most {
            let max = most.to_string();
            self.fault_with(
                key,
                ErrorCode::ValueOutOfRange,
                &[("min", "0"), ("max", &max)],
            );
            return None;
        }
        Some(text)
    }

    /// What somebody wrote freely; left out if it tells of what must not be collected
    /// (`domain.md` L-03).
    fn free_text(&mut self, key: &str, most: usize) -> Option<&'a str> {
        let text = self.short_text(key, most)?;
        if Words::builtin().find(text).is_empty() {
            return Some(text);
        }
        self.notice(key, ErrorCode::TextForbidden);
        None
    }

    /// A day: `2026-05-01`, `2026/5/1`, `2026.5.1`, `2026年5月1日` or `20260501`.
    pub fn day(&mut self, key: &str) -> Option<Date> {
        let text = self.text(key)?;
        let day = parse_day(text);
        if day.is_none() {
            self.fault(key, ErrorCode::ValueBadDay);
        }
        day
    }

    /// An amount in the stored unit of the column, converted exactly from the unit of its head. Of
    /// an area whole 亩 are kept, and the report says what was left out.
    pub fn amount(&mut self, key: &str) -> Option<i64> {
        let text = self.text(key)?;
        let found = self.at(key)?;
        let (unit, _) = found.column.measure?;
        let read = match unit {
            Unit::Mu => unit.whole(&plain(text), found.unit),
            _ => unit
                .exact(&plain(text), found.unit)
                .map(|amount| (amount, false)),
        };
        match read {
            Ok((amount, is_less)) => {
                if is_less {
                    self.notice(key, ErrorCode::ImportRounded);
                }
                Some(amount)
            }
            Err(violation) => {
                self.fault_of(key, &violation);
                None
            }
        }
    }

    /// An amount that cannot be negative.
    pub fn count(&mut self, key: &str) -> Option<i64> {
        let amount = self.amount(key)?;
        if amount < 0 {
            self.fault_of(
                key,
                &ViolationCode::OutOfRange {
                    min: 0,
                    max: i64::MAX,
                },
            );
            return None;
        }
        Some(amount)
    }

    /// A decimal as units of 10^-`places`, positive.
    pub fn decimal(&mut self, key: &str, places: u32) -> Option<i64> {
        let text = self.text(key)?;
        let read = decimal::parse(&plain(text), places).filter(|number| *number > 0);
        if read.is_none() {
            self.fault(key, ErrorCode::ValueWrongType);
        }
        read
    }

    /// Yes or no.
    pub fn flag(&mut self, key: &str) -> Option<bool> {
        const YES: [&str; 7] = ["是", "有", "√", "✓", "1", "y", "yes"];
        const NO: [&str; 8] = ["否", "无", "没有", "×", "0", "n", "no", "-"];
        let text = head_text(self.text(key)?).to_lowercase();
        if YES.contains(&text.as_str()) {
            return Some(true);
        }
        if NO.contains(&text.as_str()) {
            return Some(false);
        }
        self.fault_with(key, ErrorCode::ValueNotAChoice, &[("choices", "是 否")]);
        None
    }

    /// One of some words.
    pub fn choice<T: Clone>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = head_text(self.text(key)?);
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.not_a_choice(key, choices);
        }
        found.map(|(_, value)| value.clone())
    }

    /// Some of some words, with 、 or another stop between them, each once and in the order of
    /// `choices`.
    pub fn choices<T: Clone>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<Vec<T>> {
        let text = head_text(self.text(key)?);
        let stops = |c| matches!(c, '、' | ',' | ';' | '/');
        let words: Vec<&str> = text.split(stops).filter(|word| !word.is_empty()).collect();
        let is_known = |word: &&str| choices.iter().any(|(known, _)| known == word);
        if words.is_empty() || !words.iter().all(is_known) {
            self.not_a_choice(key, choices);
            return None;
        }
        let named = choices.iter().filter(|(known, _)| words.contains(known));
        Some(named.map(|(_, value)| value.clone()).collect())
    }

    /// A division code of one of some levels. Whether it exists, and for whom, is asked of the
    /// desk ([`super::Desk::division`]).
    pub fn division_code(&mut self, key: &str, levels: &[DivisionLevel]) -> Option<DivisionCode> {
        let text = plain(self.text(key)?);
        let code: Option<DivisionCode> = text.parse().ok();
        let code = code.filter(|code| levels.is_empty() || levels.contains(&code.level()));
        if code.is_none() {
            self.fault(key, ErrorCode::DivisionInvalid);
        }
        code
    }

    /// A resident ID number of 18 or of the old 15 digits.
    pub fn id_number(&mut self, key: &str) -> Option<ResidentId> {
        let text = self.text(key)?;
        let number = match plain(text).len() {
            15 => ResidentId::from_15(text),
            _ => text.parse(),
        };
        if number.is_err() {
            self.fault(key, ErrorCode::PersonIdInvalid);
        }
        number.ok()
    }

    /// A value of an item of the catalogue, within its plausible range.
    pub fn item(&mut self, key: &str, item: &Item) -> Option<Value> {
        use itgel_domain::catalogue::Kind;
        let value = match &item.kind {
            Kind::Quantity { .. } => Value::Int(self.amount(key)?),
            Kind::Flag => Value::Int(i64::from(self.flag(key)?)),
            Kind::Day => Value::Int(itgel_domain::time::date_to_day_number(self.day(key)?)),
            Kind::Choice(choices) => {
                let words: Vec<(&str, &str)> = choices
                    .iter()
                    .map(|choice| (choice.titles.zh.as_str(), choice.word.as_str()))
                    .collect();
                Value::Text(self.choice(key, &words)?.to_owned())
            }
            Kind::Text(most) => Value::Text(self.free_text(key, *most)?.to_owned()),
        };
        match item.check(&State::Known(value.clone())) {
            Ok(()) => Some(value),
            Err(violation) => {
                self.fault_of(key, &violation);
                None
            }
        }
    }

    /// Notes a fault at a cell.
    pub fn fault(&mut self, key: &str, code: ErrorCode) {
        self.fault_with(key, code, &[]);
    }

    /// Notes a fault at a cell with the figures of the rule; never the value itself.
    pub fn fault_with(&mut self, key: &str, code: ErrorCode, args: &[(&str, &str)]) {
        self.note(key, code, args, false);
    }

    /// Notes a fault of the row as a whole.
    pub fn fault_of_row(&mut self, code: ErrorCode) {
        self.fault_with("", code, &[("max", &crate::table::MAX_COLUMNS.to_string())]);
    }

    /// Notes what somebody should look at; the row goes in, without the cell or with it as the
    /// code says.
    pub fn notice(&mut self, key: &str, code: ErrorCode) {
        self.note(key, code, &[], true);
    }

    /// Whether anything is wrong so far.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        self.faults.iter().any(|fault| !fault.is_notice)
    }

    /// Everything that was noted.
    pub(super) fn into_faults(self) -> Vec<RowFault> {
        self.faults
    }

    fn not_a_choice<T>(&mut self, key: &str, choices: &[(&str, T)]) {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let words = words.join(" ");
        self.fault_with(key, ErrorCode::ValueNotAChoice, &[("choices", &words)]);
    }

    fn at(&self, key: &str) -> Option<&'a Found> {
        self.found.iter().find(|found| found.column.key == key)
    }

    fn fault_of(&mut self, key: &str, violation: &ViolationCode) {
        let Ok(item) = "import.cell".parse::<ItemPath>() else {
            return;
        };
        let violation = itgel_domain::catalogue::Violation {
            item,
            code: violation.clone(),
        };
        let shown = itgel_domain::error::Violation::from(violation);
        let args: Vec<(&str, &str)> = shown
            .args
            .iter()
            .map(|(name, figure)| (name.as_str(), figure.as_str()))
            .collect();
        self.fault_with(key, shown.code, &args);
    }

    fn note(&mut self, key: &str, code: ErrorCode, args: &[(&str, &str)], is_notice: bool) {
        let found = self.at(key);
        let cell = found.map(|found| address(found.at, self.row.number));
        let fault = RowFault {
            column: found.map_or_else(String::new, |found| found.head.clone()),
            cell: cell.unwrap_or_default(),
            code,
            args: args
                .iter()
                .map(|(name, figure)| ((*name).to_owned(), (*figure).to_owned()))
                .collect(),
            is_notice,
        };
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }
}

/// A number or code as it is parsed: half-width, without blanks, and without the commas of
/// well-formed thousands.
fn plain(text: &str) -> String {
    let text = head_text(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let is_digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first_fits = groups
        .next()
        .is_some_and(|g| (1..=3).contains(&g.len()) && is_digits(g));
    if whole.contains(',') && first_fits && groups.all(|g| g.len() == 3 && is_digits(g)) {
        let point = if text.contains('.') { "." } else { "" };
        return format!("{}{point}{fraction}", whole.replace(',', ""));
    }
    text
}

fn parse_day(text: &str) -> Option<Date> {
    let text = head_text(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (year, month, day) = if text.len() == 8 && digits(&text) {
        (text.get(..4)?, text.get(4..6)?, text.get(6..)?)
    } else {
        let text = text.strip_suffix('日').unwrap_or(&text);
        let mut parts = text.split(['-', '/', '.', '年', '月']);
        let found = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        return build_day(found);
    };
    build_day((year, month, day))
}

fn build_day((year, month, day): (&str, &str, &str)) -> Option<Date> {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Units by which sheets measure, as they are usually written.
impl Column {
    /// Money, in yuan unless the head says otherwise.
    pub const YUAN: (Unit, &'static str) = (Unit::Fen, "元");
    /// Area.
    pub const MU: (Unit, &'static str) = (Unit::Mu, "亩");
    /// A plain count.
    pub const COUNT: (Unit, &'static str) = (Unit::Count, "个");
}

use super::column::Column;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_read_however_officials_write_it() {
        for text in [
            "2026-05-01",
            "2026/5/1",
            "2026.5.1",
            "2026年5月1日",
            "20260501",
            "２０２６-05-01",
        ] {
            assert_eq!(parse_day(text), Some(date(2026, 5, 1)), "{text}");
        }
    }

    #[test]
    fn a_day_that_could_be_another_is_not_guessed() {
        for text in [
            "5/1/2026",
            "26-5-1",
            "2026-13-01",
            "2026-02-30",
            "2026年5月",
            "46143",
            "2026-5-1-2",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn thousands_are_understood_only_where_they_are_well_formed() {
        assert_eq!(plain("1,234,567.50"), "1234567.50");
        assert_eq!(plain("-12,000"), "-12000");
        assert_eq!(plain("１２００"), "1200");
        for text in ["1,23", "12,34,567", "1234,567", ",123", "1,2345"] {
            assert_eq!(plain(text), text);
        }
    }
}
