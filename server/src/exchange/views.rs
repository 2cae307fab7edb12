//! Views: computed from the restored tables alone, so that they come out the same before and
//! after an import. No clock takes part.

mod names;

use itgel_domain::assess::Assessment;
use itgel_domain::catalogue::{Catalogue, Item, Kind};
use itgel_domain::division::DivisionLevel;
use itgel_domain::exchange::{CellKind, Column, Schema, Table, schema};
use itgel_domain::file::facts::FileFacts;
use itgel_domain::file::facts::value::{LiveValue, Source};
use itgel_domain::id::{CycleId, SubjectId};
use itgel_domain::item::{Evidence, State, Value};
use itgel_domain::pack::decimal;
use itgel_domain::time::day_number_to_date;
use rusqlite::Connection;

use self::names::Names;
use super::source::{self, Record};
use crate::error::ServiceError;
use crate::service::Service;
use crate::store::rating::RatingRow;
use crate::titles::TitleResult;
use crate::{contents, fold, store};

/// Takes the next row of a view.
type Take<'a> = &'a mut dyn FnMut(Vec<String>) -> Result<(), ServiceError>;

/// The registers that hold public credit information (`domain.md` SR-12).
const CREDIT_REGISTERS: [&str; 5] = [
    "public_record",
    "list_entry",
    "veto",
    "honour",
    "commitment",
];

/// Gives every row of a view to `take`.
pub(super) fn each(
    service: &Service,
    connection: &Connection,
    table: &Table,
    take: Take<'_>,
) -> Result<(), ServiceError> {
    let view = View {
        service,
        connection,
        table,
    };
    match table.key.as_str() {
        "profile" => view.profiles(take),
        "observation" => view.observations(take),
        "indicator" => view.indicators(take),
        "public_credit" => view.credit_records(take),
        "title_gate" => view.gates(take),
        "person" => view.persons(take),
        _ => Err(ServiceError::internal("a view that nobody computes")),
    }
}

struct View<'a> {
    service: &'a Service,
    connection: &'a Connection,
    table: &'a Table,
}

impl View<'_> {
    /// Rows of a stored table, as the export has them.
    fn stored(
        &self,
        key: &str,
        mut take: impl FnMut(&Record<'_>) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        let table = Schema::builtin().table(key);
        let table = table.ok_or(ServiceError::internal("a table that the schema lacks"))?;
        source::each(self.service, self.connection, table, false, |cells| {
            take(&Record::new(table, &cells))
        })
    }

    /// A row of this view out of the cells that have a value.
    fn row<'v>(&self, cells: impl IntoIterator<Item = (&'v str, String)>) -> Vec<String> {
        let mut row = vec![String::new(); self.table.columns.len()];
        for (column, cell) in cells {
            if let Some(slot) = self
                .table
                .place(column)
                .and_then(|place| row.get_mut(place))
            {
                *slot = cell;
            }
        }
        row
    }

    fn profiles(&self, take: Take<'_>) -> Result<(), ServiceError> {
        let mut names = Names::default();
        self.stored("standing", |standing| {
            let subject: SubjectId = standing.parse("subject")?;
            let cycle: CycleId = standing.parse("cycle")?;
            take(self.profile(standing, &subject, &cycle, &mut names)?)
        })
    }

    fn profile(
        &self,
        standing: &Record<'_>,
        subject: &SubjectId,
        cycle: &CycleId,
        names: &mut Names,
    ) -> Result<Vec<String>, ServiceError> {
        let known = store::subject::get(self.connection, subject)?;
        let known = known.ok_or(ServiceError::internal("a standing without its subject"))?;
        let case = store::case::get_of(self.connection, subject, cycle)?;
        let rating = store::rating::list(self.connection, subject)?;
        let rating = rating.into_iter().find(|rating| rating.cycle == *cycle);
        let facts = fold::facts(self.connection, subject)?;
        let facts = facts.facts(cycle);
        let mut cells: Vec<(&str, String)> = vec![
            ("subject", subject.to_string()),
            ("cycle", cycle.to_string()),
            ("kind", known.kind.to_string()),
            ("division", known.division.filled_text()),
            ("local_code", known.local_code),
            ("completeness", standing.get("completeness").to_owned()),
            ("open_conflicts", standing.get("conflicts").to_owned()),
            ("score", standing.get("score").to_owned()),
        ];
        for (column, level) in [
            ("township_name", DivisionLevel::Township),
            ("village_name", DivisionLevel::Village),
        ] {
            cells.push((
                column,
                names.of(self.connection, known.division, level, cycle)?,
            ));
        }
        if let Some(case) = case {
            cells.push(("state", case.case.state().as_str().to_owned()));
        }
        for (column, cell) in rating.iter().flat_map(rated) {
            cells.push((column, cell));
        }
        for column in &self.table.columns {
            let fact = facts.get(&column.key).and_then(|fact| fact.state.value());
            if let Some(value) = fact {
                let item = Catalogue::builtin().named(&column.key);
                let value = item.map_or_else(|| value.clone(), |item| item.exported(value));
                cells.push((&column.key, item_cell(column, &value)));
            }
        }
        Ok(self.row(cells))
    }

    fn observations(&self, take: Take<'_>) -> Result<(), ServiceError> {
        self.stored("standing", |standing| {
            let (subject, cycle) = (standing.parse("subject")?, standing.parse("cycle")?);
            let facts: FileFacts = fold::facts(self.connection, &subject)?;
            for values in facts.live(&cycle).into_values() {
                for value in &values {
                    take(self.observation(&subject, &cycle, value))?;
                }
            }
            Ok(())
        })
    }

    fn observation(&self, subject: &SubjectId, cycle: &CycleId, live: &LiveValue) -> Vec<String> {
        let observation = &live.observation;
        let item = Catalogue::builtin().get(&observation.item);
        let value = observation.state.value();
        let unit = item.and_then(|item| schema::written(&item.kind).1);
        self.row([
            ("subject", subject.to_string()),
            ("cycle", cycle.to_string()),
            ("item", observation.item.to_string()),
            (
                "item_title",
                item.map_or_else(String::new, |item| item.titles.zh.clone()),
            ),
            ("state", state_word(&observation.state).to_owned()),
            (
                "value",
                value.map_or_else(String::new, |value| value_text(item, value)),
            ),
            (
                "unit",
                unit.filter(|_| value.is_some()).unwrap_or("").to_owned(),
            ),
            ("evidence", evidence_word(observation.evidence).to_owned()),
            ("observed_on", observation.observed_on.to_string()),
            ("source", source_word(live.source).to_owned()),
            ("officer", live.officer.to_string()),
            ("entry", live.entry.to_string()),
        ])
    }

    fn indicators(&self, take: Take<'_>) -> Result<(), ServiceError> {
        self.stored("assessment", |stored| {
            let assessment: Assessment = serde_json::from_str(stored.get("result"))
                .map_err(|e| ServiceError::caused("a stored assessment", e))?;
            for (n, line) in (1..).zip(&assessment.trace) {
                let n: u64 = n;
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                take(self.row([
                    ("inputs_hash", stored.get("inputs_hash").to_owned()),
                    ("n", n.to_string()),
                    ("subject", stored.get("subject").to_owned()),
                    ("cycle", stored.get("cycle").to_owned()),
                    ("scorecard", assessment.scorecard.clone()),
                    ("pack", assessment.pack.to_string()),
                    ("step", line.step.to_string()),
                    ("code", line.code.clone()),
                    ("value", text(&line.value)),
                    ("rule", text(&line.rule)),
                    (
                        "points",
                        line.points.map_or_else(String::new, |p| p.to_string()),
                    ),
                    (
                        "weight",
                        line.weight.map_or_else(String::new, |p| p.to_string()),
                    ),
                    ("result", text(&line.result)),
                    (
                        "evidence",
                        line.evidence.map_or("", evidence_word).to_owned(),
                    ),
                ]))?;
            }
            Ok(())
        })
    }

    fn credit_records(&self, take: Take<'_>) -> Result<(), ServiceError> {
        self.stored("register_row", |row| {
            if !CREDIT_REGISTERS.contains(&row.get("register")) {
                return Ok(());
            }
            let content: serde_json::Value = serde_json::from_str(row.get("content"))
                .map_err(|e| ServiceError::caused("a stored register row", e))?;
            let said = |names: &[&str]| {
                let found = names.iter().find_map(|name| content["row"][name].as_str());
                found.unwrap_or("").to_owned()
            };
            let mut cells: Vec<(&str, String)> = [
                "id",
                "register",
                "subject",
                "division",
                "valid_from",
                "valid_to",
                "source",
            ]
            .map(|column| (column, row.get(column).to_owned()))
            .to_vec();
            cells.extend([
                ("class", class_of(row.get("register"), said(&["class"]))),
                ("catalogue_item", said(&["catalogue_item", "item"])),
                (
                    "catalogue_version",
                    said(&["catalogue_version", "list_version"]),
                ),
                ("body", said(&["recorded_by", "issued_by"])),
                (
                    "decided_on",
                    said(&["decided_on", "listed_on", "awarded_on", "signed_on"]),
                ),
                ("ended_on", said(&["ended_on", "removed_on"])),
                ("published_to", said(&["published_to"])),
                ("repaired_on", said(&["repaired_on"])),
                ("withdrawn_on", said(&["withdrawn_on"])),
                (
                    "in_force",
                    u8::from(row.get("superseded_at").is_empty()).to_string(),
                ),
            ]);
            take(self.row(cells))
        })
    }

    fn gates(&self, take: Take<'_>) -> Result<(), ServiceError> {
        self.stored("title", |title| {
            let result: TitleResult = serde_json::from_str(title.get("result"))
                .map_err(|e| ServiceError::caused("a stored title", e))?;
            let mut gates = result.assessment.gates;
            gates.sort_by(|a, b| a.code.cmp(&b.code));
            for gate in gates {
                take(self.row([
                    ("division", title.get("division").to_owned()),
                    ("cycle", title.get("cycle").to_owned()),
                    ("state", gate.entry.to_string()),
                    ("value", gate.value.unwrap_or_default()),
                    ("code", gate.code),
                ]))?;
            }
            Ok(())
        })
    }

    fn persons(&self, take: Take<'_>) -> Result<(), ServiceError> {
        self.stored("subject", |row| {
            let subject: SubjectId = row.parse("id")?;
            let record = contents::identity(self.service, self.connection, &subject)?;
            let mut people = record.map(|record| record.people).unwrap_or_default();
            people.sort_by(|a, b| a.role.cmp(&b.role));
            for person in people {
                take(self.row([
                    ("subject", subject.to_string()),
                    ("role", person.role),
                    ("full_name", person.full_name),
                    ("name_mn", person.name_mn.unwrap_or_default()),
                    ("id_number", person.id_number.unwrap_or_default()),
                    ("phone", person.phone.unwrap_or_default()),
                ]))?;
            }
            Ok(())
        })
    }
}

/// What a rating adds to a profile.
fn rated(rating: &RatingRow) -> [(&'static str, String); 3] {
    [
        ("grade", rating.grade.as_str().to_owned()),
        ("effective_on", rating.effective_on.to_string()),
        ("valid_to", rating.valid_to.to_string()),
    ]
}

/// The class of a row of a register that holds one class only.
fn class_of(register: &str, said: String) -> String {
    let class = match register {
        "list_entry" => "serious",
        "honour" | "commitment" => "positive",
        "public_record" if said.is_empty() => "general",
        _ => return said,
    };
    class.to_owned()
}

/// The cell of an item's value; a value of another kind than the catalogue has now stays as text.
fn item_cell(column: &Column, value: &Value) -> String {
    match (value, column.kind) {
        (Value::Int(n), CellKind::Decimal) => decimal::write(*n, column.places),
        (Value::Int(n), CellKind::DayNumber) => day_number_to_date(*n).to_string(),
        (Value::Int(n), _) => n.to_string(),
        (Value::Text(text), _) => text.clone(),
    }
}

fn value_text(item: Option<&Item>, value: &Value) -> String {
    let (kind, _, places) = item.map_or((CellKind::Text, None, 0), |item| {
        schema::written(&item.kind)
    });
    let column = Column {
        kind,
        places,
        ..Column::default()
    };
    match (item.map(|item| &item.kind), value) {
        (Some(Kind::Text(_)), Value::Text(text)) => text.clone(),
        _ => item_cell(
            &column,
            &item.map_or_else(|| value.clone(), |i| i.exported(value)),
        ),
    }
}

const fn state_word(state: &State) -> &'static str {
    match state {
        State::Known(_) => "known",
        State::NotApplicable => "not_applicable",
        State::Unknown => "unknown",
        State::Refused => "refused",
    }
}

const fn evidence_word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::A => "A",
        Evidence::B => "B",
        Evidence::C => "C",
        Evidence::D => "D",
    }
}

const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Officer => "officer",
        Source::Register => "register",
        Source::Decision => "decision",
    }
}
