//! Facts as people write them: `sheep = 300`, `net_fen = "140000 yuan"`, `sheep = "refused"`,
//! `sheep = { value = 300, evidence = "C" }`, and a list of these where values conflict.

use jiff::civil::Date;

use crate::assess::inputs::{Fact, Facts};
use crate::catalogue::{Catalogue, Item, Kind, ViolationCode};
use crate::item::{Evidence, ItemPath, State, Value};
use crate::pack::read::{Fields, Node, Tree, fault};
use crate::pack::{PackError, PackErrorCode as Code};
use crate::subject::SubjectKind;
use crate::time::date_to_day_number;

/// The day and evidence of a fact that names none.
type Usual = (Date, Evidence);

/// The evidence that a letter stands for.
pub(super) fn evidence(letter: &str) -> Option<Evidence> {
    match letter {
        "A" => Some(Evidence::A),
        "B" => Some(Evidence::B),
        "C" => Some(Evidence::C),
        "D" => Some(Evidence::D),
        _ => None,
    }
}

/// Whether a table is a value with its evidence and not a group of items.
pub(super) fn is_value(rows: &[(String, Node)]) -> bool {
    rows.iter().any(|(k, _)| k == "value" || k == "state")
}

/// Reads `[facts]`: group → name, or group → key → name.
pub(super) fn read(
    file: &str,
    node: Option<&Node>,
    kind: SubjectKind,
    usual: Usual,
) -> Result<Facts, PackError> {
    let mut reader = Reader {
        file,
        kind,
        usual,
        facts: Facts::default(),
    };
    if let Some(node) = node {
        let mut groups = Fields::of(file, "facts", node)?;
        for (group, node) in groups.rest() {
            let key = format!("facts.{group}");
            for (name, node) in Fields::of(file, &key, node)?.rest() {
                let key = format!("{key}.{name}");
                match &node.tree {
                    Tree::Table(rows) if !is_value(rows) => {
                        for (last, node) in Fields::of(file, &key, node)?.rest() {
                            let path = format!("{group}/{name}/{last}");
                            reader.item(&format!("{key}.{last}"), &path, node)?;
                        }
                    }
                    _ => reader.item(&key, &format!("{group}.{name}"), node)?,
                }
            }
        }
    }
    Ok(reader.facts)
}

struct Reader<'a> {
    file: &'a str,
    kind: SubjectKind,
    usual: Usual,
    facts: Facts,
}

impl Reader<'_> {
    fn item(&mut self, key: &str, path: &str, node: &Node) -> Result<(), PackError> {
        let unknown = || {
            let message = format!("the catalogue has no item `{path}`; `docs/facts.md` lists them");
            fault(self.file, node.line, key, Code::UnknownName, message)
        };
        let path: ItemPath = path.parse().map_err(|_| unknown())?;
        let item = Catalogue::builtin().get(&path).ok_or_else(unknown)?;
        if !item.subjects.contains(&self.kind) {
            let code = ViolationCode::NotForSubject { subject: self.kind };
            return Err(self.violation(key, node, &code));
        }
        match &node.tree {
            Tree::List(nodes) => {
                let facts = nodes
                    .iter()
                    .map(|n| self.fact(key, item, n))
                    .collect::<Result<Vec<_>, _>>()?;
                if facts.len() < 2 {
                    let message = "a conflict has at least two values";
                    return Err(fault(self.file, node.line, key, Code::BadValue, message));
                }
                self.facts.conflicts.insert(path, facts);
            }
            _ => {
                let fact = self.fact(key, item, node)?;
                self.facts.values.insert(path, fact);
            }
        }
        Ok(())
    }

    fn fact(&self, key: &str, item: &Item, node: &Node) -> Result<Fact, PackError> {
        let (observed_on, evidence) = self.usual;
        let mut fact = Fact {
            state: State::Unknown,
            evidence,
            observed_on,
        };
        if let Tree::Table(_) = &node.tree {
            let mut fields = Fields::of(self.file, key, node)?;
            if let Some(letter) = fields.find_text("evidence")? {
                fact.evidence = self::evidence(letter).ok_or_else(|| {
                    fields.fault("evidence", Code::BadValue, "evidence is A, B, C or D")
                })?;
            }
            fact.observed_on = fields.find_word("observed_on")?.unwrap_or(observed_on);
            let value = match fields.find("value") {
                Some(value) => value,
                None => fields.get("state")?,
            };
            fact.state = self.state(key, item, value)?;
            fields.finish()?;
        } else {
            fact.state = self.state(key, item, node)?;
        }
        item.check(&fact.state)
            .map_err(|code| self.violation(key, node, &code))?;
        Ok(fact)
    }

    fn state(&self, key: &str, item: &Item, node: &Node) -> Result<State, PackError> {
        let known = |value| Ok(State::Known(value));
        match (&node.tree, &item.kind) {
            (Tree::Int(n), _) => known(Value::Int(*n)),
            (Tree::Flag(flag), _) => known(Value::Int(i64::from(*flag))),
            (Tree::Text(word), _) if word == "unknown" => Ok(State::Unknown),
            (Tree::Text(word), _) if word == "refused" => Ok(State::Refused),
            (Tree::Text(word), _) if word == "not_applicable" => Ok(State::NotApplicable),
            (Tree::Text(text), Kind::Quantity { .. }) => {
                let (amount, unit) = text.split_once(' ').unwrap_or((text, ""));
                let value = item.from_unit(amount, unit);
                known(value.map_err(|code| self.violation(key, node, &code))?)
            }
            (Tree::Text(text), Kind::Day) => match text.parse::<Date>() {
                Ok(day) => known(Value::Int(date_to_day_number(day))),
                Err(_) => Err(fault(
                    self.file,
                    node.line,
                    key,
                    Code::BadValue,
                    "write a day as \"2026-01-31\"",
                )),
            },
            (Tree::Text(text), _) => known(Value::Text(text.clone())),
            _ => Err(fault(
                self.file,
                node.line,
                key,
                Code::BadValue,
                "a value is needed here",
            )),
        }
    }

    fn violation(&self, key: &str, node: &Node, code: &ViolationCode) -> PackError {
        fault(self.file, node.line, key, Code::BadValue, code.to_string())
    }
}
