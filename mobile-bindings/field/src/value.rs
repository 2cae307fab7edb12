//! Values as people write and read them: full-width digits, units of the field, decimals. Integers
//! only; what cannot be read as its kind is kept as it was written, so that nothing is lost.

use itgel_domain::catalogue::{Item, Kind, Unit};
use itgel_domain::error::Violation;
use itgel_domain::item::{ItemPath, State, Value};
use itgel_domain::pack::decimal;
use itgel_domain::time::{date_to_day_number, day_number_to_date};
use itgel_text::{self as text, Lang};
use jiff::civil::Date;

/// The units an amount can be written in, the shown one first: the word that the catalogue reads.
pub(crate) const fn written_units(unit: Unit) -> &'static [&'static str] {
    match unit {
        Unit::Mu => &["mu", "ha"],
        Unit::Fen => &["yuan", "wan_yuan"],
        Unit::Kg => &["kg", "jin", "t"],
        Unit::Head => &["head"],
        Unit::Person => &["person"],
        Unit::Year => &["year"],
        Unit::MilliSu => &["su"],
        Unit::MilliDegree => &["deg"],
        Unit::Count => &["count"],
    }
}

/// What a written unit is called.
pub(crate) fn unit_name(lang: Lang, unit: Unit, written: &str) -> String {
    match written {
        "ha" => text::app_unit_ha(lang),
        "jin" => text::app_unit_jin(lang),
        "t" => text::app_unit_ton(lang),
        "wan_yuan" => text::app_unit_wan_yuan(lang),
        "yuan" => text::unit_yuan(lang),
        "su" => text::unit_sheep_unit(lang),
        "deg" => text::app_unit_degree(lang),
        _ => text::unit(lang, unit),
    }
}

/// Decimal places of the first written unit in the stored one.
const fn places(unit: Unit) -> u32 {
    match unit {
        Unit::Fen => 2,
        Unit::MilliSu | Unit::MilliDegree => 3,
        _ => 0,
    }
}

/// Full-width characters as plain ones, trimmed.
pub(crate) fn plain(written: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{3002}' => '.',
        _ => c,
    };
    let narrowed: String = written.chars().map(narrow).collect();
    narrowed.trim().to_owned()
}

/// Reads what was written for an item. What is no value of its kind stays as the words that were
/// written, and [`fault`] says what is wrong with them.
pub(crate) fn read(item: &Item, written: &str, unit: &str) -> Option<Value> {
    let plain = plain(written);
    if plain.is_empty() {
        return None;
    }
    let as_written = || Value::Text(written.trim().to_owned());
    Some(match &item.kind {
        Kind::Quantity { .. } => {
            let digits: String = plain.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
            let digits = digits.strip_suffix('.').unwrap_or(&digits);
            item.from_unit(digits, unit)
                .unwrap_or_else(|_| as_written())
        }
        Kind::Flag => match plain.as_str() {
            "0" => Value::Int(0),
            "1" => Value::Int(1),
            _ => as_written(),
        },
        Kind::Day => plain
            .parse::<Date>()
            .map_or_else(|_| as_written(), |day| Value::Int(date_to_day_number(day))),
        Kind::Choice(_) | Kind::Text(_) => Value::Text(written.trim().to_owned()),
    })
}

/// What is wrong with a state of an item, as a screen tells it; the range stands in the unit that
/// is shown.
pub(crate) fn fault(item: &Item, path: &ItemPath, state: &State) -> Option<Violation> {
    let code = item.check(state).err()?;
    let found = itgel_domain::catalogue::Violation {
        item: path.clone(),
        code,
    };
    let mut shown = Violation::from(found);
    if let Kind::Quantity { unit, min, max } = &item.kind {
        for (name, value) in &mut shown.args {
            match name.as_str() {
                "min" => *value = amount(*unit, *min),
                "max" => *value = amount(*unit, *max),
                _ => {}
            }
        }
    }
    Some(shown)
}

/// A stored amount in the first written unit, without zeros that say nothing.
pub(crate) fn amount(unit: Unit, stored: i64) -> String {
    let decimal = decimal::write(stored, places(unit));
    match decimal.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            kept => format!("{whole}.{kept}"),
        },
        None => decimal,
    }
}

/// What stands in the entry field for a value.
pub(crate) fn entry(item: &Item, value: &Value) -> String {
    match (value, &item.kind) {
        (Value::Int(n), Kind::Quantity { unit, .. }) => amount(*unit, *n),
        (Value::Int(n), Kind::Day) => day_number_to_date(*n).to_string(),
        (Value::Int(n), _) => n.to_string(),
        (Value::Text(text), _) => text.clone(),
    }
}

/// A state in words, to be read beside a field.
pub(crate) fn shown(lang: Lang, item: &Item, state: &State) -> String {
    let value = match state {
        State::Known(value) => value,
        State::NotApplicable => return text::state_not_applicable(lang),
        State::Unknown => return text::state_unknown(lang),
        State::Refused => return text::state_refused(lang),
    };
    match (&item.kind, value) {
        (Kind::Quantity { unit, .. }, Value::Int(n)) => {
            let written = written_units(*unit).first().copied().unwrap_or_default();
            format!("{} {}", amount(*unit, *n), unit_name(lang, *unit, written))
        }
        (Kind::Flag, Value::Int(1)) => text::answer_yes(lang),
        (Kind::Flag, Value::Int(_)) => text::answer_no(lang),
        (Kind::Choice(choices), Value::Text(word)) => choices
            .iter()
            .find(|choice| choice.word == *word)
            .map_or_else(
                || word.clone(),
                |choice| titled(lang, &choice.titles).to_owned(),
            ),
        _ => entry(item, value),
    }
}

/// A text of the catalogue or of a pack in a language.
pub(crate) fn titled(lang: Lang, titles: &itgel_domain::catalogue::Titles) -> &str {
    match lang {
        Lang::ZhCn => &titles.zh,
        Lang::MnMong => &titles.mn,
        Lang::En => &titles.en,
    }
}

#[cfg(test)]
mod tests {
    use itgel_domain::catalogue::Catalogue;

    use super::*;

    fn item(name: &str) -> &'static Item {
        Catalogue::builtin().named(name).unwrap()
    }

    #[test]
    fn full_width_digits_and_field_units_become_the_stored_integer() {
        let area = item("plot/*/area_mu");
        assert_eq!(read(area, "７３３．４", "ha"), Some(Value::Int(11_001)));
        let hay = item("fodder.hay_kg");
        assert_eq!(read(hay, "12,000", "jin"), Some(Value::Int(6_000)));
        let income = item("income.net_fen");
        assert_eq!(read(income, "6.5", "wan_yuan"), Some(Value::Int(6_500_000)));
        assert_eq!(read(income, " 　", "yuan"), None);
    }

    #[test]
    fn what_is_no_number_is_kept_as_written_and_named_wrong() {
        let sheep = item("herd.sheep");
        let kept = read(sheep, "三百", "head").unwrap();
        assert_eq!(kept, Value::Text("三百".into()));
        let path = "herd.sheep".parse().unwrap();
        assert!(fault(sheep, &path, &State::Known(kept)).is_some());
        assert!(fault(sheep, &path, &State::Known(Value::Int(300))).is_none());
    }

    #[test]
    fn a_range_is_told_in_the_unit_that_is_written() {
        let path: ItemPath = "visit.latitude_mdeg".parse().unwrap();
        let item = item("visit.latitude_mdeg");
        let wrong = fault(item, &path, &State::Known(Value::Int(9))).unwrap();
        let min = wrong.args.iter().find(|(name, _)| name == "min");
        assert_eq!(min.map(|(_, value)| value.as_str()), Some("37"));
    }
}
