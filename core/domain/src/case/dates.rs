//! The worked dates of `fixtures/dates`: P-01 of `domain.md` H and the holidays of 2026.

use jiff::civil::Date;

use super::deadline::{Deadline, Due, adverse_stops_on};
use super::terms::Timetable;

/// A year that nobody has published yet; a synthetic one (示例).
const CN_2027: &str = "year = 2027\nsource = \"示例\"\n[[holiday]]\nname = \"元旦\"\n\
                       first = \"2027-01-01\"\nlast = \"2027-01-03\"\nworkdays = []";

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Worked {
    case: Vec<Counted>,
    adverse: Vec<Adverse>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    title: String,
    deadline: String,
    from: Date,
    due: Date,
    #[serde(default)]
    provisional: bool,
    #[serde(default)]
    with_2027: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Adverse {
    title: String,
    ended_on: Date,
    stops_on: Date,
}

fn worked() -> Worked {
    toml::from_str(include_str!("../../../../fixtures/dates/p-01.toml")).unwrap()
}

#[test]
fn every_worked_date_around_the_holidays_comes_out_to_the_day() {
    let mut timetable = Timetable::shipped();
    let without = timetable.clone();
    timetable.calendar.add_toml(CN_2027).unwrap();
    let cases = worked().case;
    assert!(cases.len() > 11, "P-01 and more than ten other cases");
    for case in cases {
        let timetable = if case.with_2027 { &timetable } else { &without };
        let deadline: Deadline = case.deadline.parse().unwrap();
        let expected = Due {
            on: case.due,
            provisional: case.provisional,
        };
        assert_eq!(
            deadline.due(case.from, timetable),
            expected,
            "{}",
            case.title
        );
    }
}

#[test]
fn every_adverse_record_of_the_worked_cases_stops_on_its_day() {
    for case in worked().adverse {
        assert_eq!(
            adverse_stops_on(case.ended_on),
            case.stops_on,
            "{}",
            case.title
        );
    }
}

#[test]
fn every_holiday_of_the_year_has_a_worked_date() {
    let titles: String = worked().case.into_iter().map(|case| case.title).collect();
    for holiday in [
        "元旦",
        "春节",
        "清明节",
        "劳动节",
        "端午节",
        "中秋节",
        "国庆节",
    ] {
        assert!(titles.contains(holiday), "{holiday}");
    }
}
