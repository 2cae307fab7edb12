//! What differs between two files of rules, key by key: every change is told, none is weighed.
//!
//! Rows of a list are known by their code, grade or level, rows of bands by their comparison, so
//! that a row that moved within its list is no change.

use std::collections::BTreeMap;

use super::error::PackError;
use super::read::{self, Node, Tree};
use super::utf8;

/// Keys that name a row within its list, the first that is there.
const NAMES: [&str; 5] = ["code", "grade", "level", "year", "class"];

/// Keys that together name a row of bands.
const COMPARISONS: [&str; 6] = ["ge", "gt", "le", "lt", "case", "else"];

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleChange {
    /// Where: `["indicator", "H1.1", "weight"]`.
    pub path: Vec<String>,
    /// What stands in the first file; absent if the key is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What stands in the second file; absent if the key is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The differences of two rule packs or parameter tables, in the order of the first file and then
/// of the second.
///
/// # Errors
/// The first fault if one of them is no TOML without floats; whether they are sound rules is for
/// their own readers.
pub fn rule_changes(
    (old_name, old): (&str, &[u8]),
    (new_name, new): (&str, &[u8]),
) -> Result<Vec<RuleChange>, PackError> {
    let old = flat(&read::toml(old_name, utf8(old_name, old)?)?);
    let new = flat(&read::toml(new_name, utf8(new_name, new)?)?);
    let in_new: BTreeMap<&[String], &str> = by_path(&new);
    let in_old: BTreeMap<&[String], &str> = by_path(&old);
    let mut changes = Vec::new();
    for (path, from) in &old {
        let to = in_new.get(path.as_slice()).copied();
        if to != Some(from) {
            changes.push(RuleChange {
                path: path.clone(),
                from: Some(from.clone()),
                to: to.map(str::to_owned),
            });
        }
    }
    let added = new
        .iter()
        .filter(|(path, _)| !in_old.contains_key(path.as_slice()));
    changes.extend(added.map(|(path, to)| RuleChange {
        path: path.clone(),
        from: None,
        to: Some(to.clone()),
    }));
    Ok(changes)
}

type Flat = Vec<(Vec<String>, String)>;

fn by_path(flat: &Flat) -> BTreeMap<&[String], &str> {
    flat.iter()
        .map(|(path, value)| (path.as_slice(), value.as_str()))
        .collect()
}

fn flat(node: &Node) -> Flat {
    let mut out = Vec::new();
    walk(node, &mut Vec::new(), &[], &mut out);
    out
}

/// Writes what stands below a node; `named` are keys that the path says already.
fn walk(node: &Node, path: &mut Vec<String>, named: &[&str], out: &mut Flat) {
    match &node.tree {
        Tree::Text(text) => out.push((path.clone(), text.clone())),
        Tree::Int(value) => out.push((path.clone(), value.to_string())),
        Tree::Flag(value) => out.push((path.clone(), value.to_string())),
        Tree::Table(rows) => {
            for (key, below) in rows
                .iter()
                .filter(|(key, _)| !named.contains(&key.as_str()))
            {
                path.push(key.clone());
                walk(below, path, &[], out);
                path.pop();
            }
        }
        Tree::List(items) if items.iter().all(is_plain) => {
            let items: Vec<String> = items.iter().filter_map(plain).collect();
            out.push((path.clone(), items.join(", ")));
        }
        Tree::List(items) => {
            for (place, item) in (1..).zip(items) {
                let (name, named) = name_of(item, place);
                path.push(name);
                walk(item, path, &named, out);
                path.pop();
            }
        }
    }
}

const fn is_plain(node: &Node) -> bool {
    !matches!(node.tree, Tree::List(_) | Tree::Table(_))
}

fn plain(node: &Node) -> Option<String> {
    match &node.tree {
        Tree::Text(text) => Some(text.clone()),
        Tree::Int(value) => Some(value.to_string()),
        Tree::Flag(value) => Some(value.to_string()),
        Tree::List(_) | Tree::Table(_) => None,
    }
}

/// What a row of a list is called, and the keys that say so; its place if nothing does.
fn name_of(item: &Node, place: usize) -> (String, Vec<&'static str>) {
    let Tree::Table(rows) = &item.tree else {
        return (place.to_string(), Vec::new());
    };
    let value = |key: &str| {
        let (_, node) = rows.iter().find(|(known, _)| known == key)?;
        plain(node)
    };
    if let Some((key, name)) = NAMES.iter().find_map(|key| Some((*key, value(key)?))) {
        return (name, vec![key]);
    }
    let mut said = Vec::new();
    let mut named = Vec::new();
    for key in COMPARISONS {
        if let Some(value) = value(key) {
            said.push(match key {
                "else" => key.to_owned(),
                _ => format!("{key} {value}"),
            });
            named.push(key);
        }
    }
    match said.is_empty() {
        true => (place.to_string(), Vec::new()),
        false => (said.join(" "), named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::shipped;

    fn changed(replaced: &[(&str, &str)]) -> Vec<RuleChange> {
        let (name, text) = shipped::PACKS[0];
        let mut new = text.to_owned();
        for (from, to) in replaced {
            assert!(new.contains(from), "{from}");
            new = new.replacen(from, to, 1);
        }
        rule_changes((name, text.as_bytes()), ("new.toml", new.as_bytes())).unwrap()
    }

    fn told(change: &RuleChange) -> String {
        let none = || String::from("-");
        format!(
            "{}: {} > {}",
            change.path.join("/"),
            change.from.clone().unwrap_or_else(none),
            change.to.clone().unwrap_or_else(none),
        )
    }

    #[test]
    fn each_changed_key_is_told_once_with_its_place() {
        let found = changed(&[
            ("version = \"1\"", "version = \"2\""),
            (
                "{ grade = \"AAA\", ge = \"90\" }",
                "{ grade = \"AAA\", ge = \"92\" }",
            ),
            ("weight = \"15\"", "weight = \"14\""),
            (
                "{ le = \"3\", points = \"15\" }",
                "{ le = \"3\", points = \"14\" }",
            ),
            (
                "{ le = \"30\", points = \"11\" }",
                "{ le = \"20\", points = \"11\" }",
            ),
        ]);
        let lines: Vec<String> = found.iter().map(told).collect();
        assert_eq!(
            lines,
            [
                "version: 1 > 2",
                "grades/AAA/ge: 90 > 92",
                "indicator/H1.1/weight: 15 > 14",
                "indicator/H1.1/bands/le 3/points: 15 > 14",
                "indicator/H1.1/bands/le 30/points: 11 > -",
                "indicator/H1.1/bands/le 20/points: - > 11",
            ]
        );
    }

    #[test]
    fn the_same_rules_in_another_order_are_no_change() {
        assert_eq!(changed(&[]), []);
        let old = b"[[cap]]\ncode = \"A\"\nge = \"1\"\n[[cap]]\ncode = \"B\"\nge = \"2\"\n";
        let new = b"[[cap]]\ncode = \"B\"\nge = \"2\"\n[[cap]]\nge = \"1\"\ncode = \"A\"\n";
        assert_eq!(rule_changes(("a", old), ("b", new)).unwrap(), []);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_line() {
        let refused = rule_changes(("a.toml", b"x = \"1\"\n"), ("b.toml", b"\nx = 1.5\n"));
        let error = refused.unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("b.toml", 2));
    }
}
