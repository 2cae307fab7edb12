//! The tables of `docs/process.md` are those of the code: a test writes each of them and compares.

use super::event::Transition;
use super::{table as case_table, title};

const DOCUMENT: &str = include_str!("../../../../docs/process.md");

/// A table in Markdown.
pub(crate) fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | ")).replace("  ", " ");
    let head: Vec<String> = head.iter().map(|&h| h.to_owned()).collect();
    let rule = format!("|{}", "---|".repeat(head.len()));
    let body = rows.map(|cells| line(&cells));
    [line(&head), rule]
        .into_iter()
        .chain(body)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Compares what stands in the document between the marks of `name` with `written`.
pub(crate) fn assert_documented(name: &str, written: &str) {
    let begin = format!("<!-- {name}: written by the code -->\n");
    let end = format!("\n<!-- end of {name} -->");
    let section = DOCUMENT
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end))
        .map(|(section, _)| section);
    assert!(
        section == Some(written),
        "docs/process.md, {name}: the table differs from the code; it should read\n\n{written}\n"
    );
}

fn transitions<Kind, State>(rows: &[Transition<Kind, State>]) -> String
where
    Kind: ToString,
    State: ToString,
{
    let rows = rows.iter().map(|row| {
        let from: Vec<String> = row.from.iter().map(ToString::to_string).collect();
        let by: Vec<&str> = row.by.iter().map(|c| c.as_str()).collect();
        vec![
            from.join(", "),
            row.step.to_string(),
            row.to.as_ref().map_or("stays".into(), ToString::to_string),
            by.join(", "),
            row.when.to_owned(),
        ]
    });
    table(&["from", "step", "to", "who", "when"], rows)
}

#[test]
fn the_documented_case_table_is_the_one_that_is_walked() {
    assert_documented("case", &transitions(case_table::TRANSITIONS));
}

#[test]
fn the_documented_title_table_is_the_one_that_is_walked() {
    assert_documented("title", &transitions(title::table::TRANSITIONS));
}

#[test]
fn the_documented_deadlines_are_those_that_are_counted() {
    use super::deadline::Deadline;
    use super::terms::{DayUnit, Side, Timetable};
    let terms = Timetable::shipped().terms;
    let rows = Deadline::ALL.into_iter().map(|deadline| {
        let term = terms.of(deadline);
        let unit = match term.unit {
            DayUnit::Calendar => "days",
            DayUnit::Working => "working days",
        };
        let side = match term.side {
            Side::Binding => "binds us: the working day before",
            Side::Protective => "protects the subject: the working day after",
            Side::Plain => "as counted",
        };
        vec![
            deadline.to_string(),
            format!("{} {unit}", term.days),
            side.into(),
        ]
    });
    assert_documented(
        "deadlines",
        &table(&["deadline", "term", "on a rest day"], rows),
    );
}
