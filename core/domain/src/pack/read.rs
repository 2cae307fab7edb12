//! Reads TOML (with lines) and JSON (without) into one small tree and takes fields out of it.
//! Floats are refused here, once for all, and a table that is finished with keys left over
//! is an error naming the first of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::decimal;
use super::error::{PackError, PackErrorCode as Code};

/// A value of a file and the line that it stands on.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) tree: Tree,
}

/// What a file can say.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Text(String),
    Int(i64),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

/// Parses TOML text.
pub(crate) fn toml(file: &str, text: &str) -> Result<Node, PackError> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|e| PackError {
        file: file.to_owned(),
        line: e.span().map_or(0, |s| lines.at(s.start)),
        key: String::from("(file)"),
        code: Code::Syntax,
        message: e.message().trim().to_owned(),
    })?;
    let reader = TomlReader { file, lines };
    reader.table(table.get_ref(), 1, "")
}

/// Parses JSON text.
pub(crate) fn json(file: &str, text: &str) -> Result<Node, PackError> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| PackError {
        file: file.to_owned(),
        line: e.line(),
        key: String::from("(file)"),
        code: Code::Syntax,
        message: e.to_string(),
    })?;
    json_node(file, "", &value)
}

/// A table being read: gives out its fields by name and knows which it gave.
pub(crate) struct Fields<'a> {
    file: &'a str,
    path: String,
    line: usize,
    rows: &'a [(String, Node)],
    taken: BTreeSet<&'a str>,
}

impl<'a> Fields<'a> {
    /// Reads `node` as a table.
    pub(crate) fn of(file: &'a str, path: &str, node: &'a Node) -> Result<Self, PackError> {
        match &node.tree {
            Tree::Table(rows) => Ok(Self {
                file,
                path: path.to_owned(),
                line: node.line,
                rows,
                taken: BTreeSet::new(),
            }),
            _ => Err(fault(file, node.line, path, Code::BadValue, "a table is needed here")),
        }
    }

    /// The file's name.
    pub(crate) const fn file(&self) -> &'a str {
        self.file
    }

    /// The key of a field from the top of the file.
    pub(crate) fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// A fault at the field `name`, or at the table if it has no such field.
    pub(crate) fn fault(&self, name: &str, code: Code, message: impl Into<String>) -> PackError {
        let line = self.rows.iter().find(|(k, _)| k == name).map_or(self.line, |(_, n)| n.line);
        fault(self.file, line, &self.key(name), code, message)
    }

    /// A field that may be absent.
    pub(crate) fn find(&mut self, name: &str) -> Option<&'a Node> {
        let (key, node) = self.rows.iter().find(|(k, _)| k == name)?;
        self.taken.insert(key);
        Some(node)
    }

    /// A field that must be there.
    pub(crate) fn get(&mut self, name: &str) -> Result<&'a Node, PackError> {
        self.find(name)
            .ok_or_else(|| self.fault(name, Code::MissingKey, format!("add the key `{name}`")))
    }

    /// All fields in the order of the file; none of them is left over afterwards.
    pub(crate) fn rest(&mut self) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let rest: Vec<_> =
            self.rows.iter().filter(|(k, _)| !self.taken.contains(k.as_str())).collect();
        self.taken.extend(rest.iter().map(|(k, _)| k.as_str()));
        rest.into_iter().map(|(k, n)| (k.as_str(), n))
    }

    /// A text that must be there and not be empty.
    pub(crate) fn text(&mut self, name: &str) -> Result<&'a str, PackError> {
        match self.find_text(name)? {
            Some("") => Err(self.fault(name, Code::BadValue, "the text is empty")),
            Some(text) => Ok(text),
            None => Err(self.fault(name, Code::MissingKey, format!("add the text `{name}`"))),
        }
    }

    /// A text that may be absent.
    pub(crate) fn find_text(&mut self, name: &str) -> Result<Option<&'a str>, PackError> {
        match self.find(name).map(|n| &n.tree) {
            None => Ok(None),
            Some(Tree::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(name, Code::BadValue, "write a text in quotes")),
        }
    }

    /// A whole number that may be absent.
    pub(crate) fn find_int(&mut self, name: &str) -> Result<Option<i64>, PackError> {
        match self.find(name).map(|n| &n.tree) {
            None => Ok(None),
            Some(Tree::Int(value)) => Ok(Some(*value)),
            Some(_) => Err(self.fault(name, Code::BadValue, "write a whole number")),
        }
    }

    /// A yes or no that may be absent, which means no.
    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, PackError> {
        match self.find(name).map(|n| &n.tree) {
            None => Ok(false),
            Some(Tree::Flag(value)) => Ok(*value),
            Some(_) => Err(self.fault(name, Code::BadValue, "write true or false")),
        }
    }

    /// A decimal in quotes, as an integer of its last of `places` places.
    pub(crate) fn decimal(&mut self, name: &str, places: u32) -> Result<i64, PackError> {
        self.find_decimal(name, places)?
            .ok_or_else(|| self.fault(name, Code::MissingKey, format!("add the decimal `{name}`")))
    }

    /// A decimal that may be absent.
    pub(crate) fn find_decimal(&mut self, name: &str, places: u32) -> Result<Option<i64>, PackError> {
        match self.find(name).map(|n| &n.tree) {
            None => Ok(None),
            Some(Tree::Text(text)) => decimal::parse(text, places).map(Some).ok_or_else(|| {
                let message = format!("a decimal with at most {places} places is needed, as \"1.5\"");
                self.fault(name, Code::BadValue, message)
            }),
            Some(_) => Err(self.fault(name, Code::BadValue, "write the number in quotes: \"1.5\"")),
        }
    }

    /// A word that names a value of `T`.
    pub(crate) fn word<T: FromStr>(&mut self, name: &str) -> Result<T, PackError> {
        let text = self.text(name)?;
        self.parsed(name, text)
    }

    /// A word that may be absent.
    pub(crate) fn find_word<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, PackError> {
        match self.find_text(name)? {
            Some(text) => self.parsed(name, text).map(Some),
            None => Ok(None),
        }
    }

    /// A list of words, empty if absent.
    pub(crate) fn words<T: FromStr>(&mut self, name: &str) -> Result<Vec<T>, PackError> {
        self.texts(name)?.into_iter().map(|t| self.parsed(name, t)).collect()
    }

    /// A list of texts, empty if absent.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<&'a str>, PackError> {
        let wrong = |s: &Self| s.fault(name, Code::BadValue, "write a list of texts");
        match self.find(name).map(|n| &n.tree) {
            None => Ok(Vec::new()),
            Some(Tree::List(nodes)) => nodes
                .iter()
                .map(|n| match &n.tree {
                    Tree::Text(text) => Ok(text.as_str()),
                    _ => Err(wrong(self)),
                })
                .collect(),
            Some(_) => Err(wrong(self)),
        }
    }

    /// A day, `2026-01-31` with or without quotes.
    pub(crate) fn day(&mut self, name: &str) -> Result<Date, PackError> {
        self.word(name)
    }

    /// A table below this one.
    pub(crate) fn table(&mut self, name: &str) -> Result<Fields<'a>, PackError> {
        let node = self.get(name)?;
        Fields::of(self.file, &self.key(name), node)
    }

    /// The tables of a list, each with its place in the key; empty if absent.
    pub(crate) fn tables(&mut self, name: &str) -> Result<Vec<Fields<'a>>, PackError> {
        let key = self.key(name);
        match self.find(name).map(|n| &n.tree) {
            None => Ok(Vec::new()),
            Some(Tree::List(nodes)) => nodes
                .iter()
                .enumerate()
                .map(|(i, n)| Fields::of(self.file, &format!("{key}[{i}]"), n))
                .collect(),
            Some(_) => Err(self.fault(name, Code::BadValue, "write a list of tables")),
        }
    }

    /// Ends the reading of this table.
    pub(crate) fn finish(self) -> Result<(), PackError> {
        match self.rows.iter().find(|(k, _)| !self.taken.contains(k.as_str())) {
            None => Ok(()),
            Some((key, _)) => {
                Err(self.fault(key, Code::UnknownKey, "this key means nothing here; check its spelling"))
            }
        }
    }

    fn parsed<T: FromStr>(&self, name: &str, text: &str) -> Result<T, PackError> {
        text.parse().map_err(|_| {
            self.fault(name, Code::UnknownName, format!("`{text}` is not known here"))
        })
    }
}

/// A fault with its place.
pub(crate) fn fault(
    file: &str,
    line: usize,
    key: &str,
    code: Code,
    message: impl Into<String>,
) -> PackError {
    PackError { file: file.to_owned(), line, key: key.to_owned(), code, message: message.into() }
}

const FLOAT: &str = "a number with a fraction is written as text, as \"22.66\"";

/// The byte offsets at which the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

struct TomlReader<'a> {
    file: &'a str,
    lines: Lines,
}

impl TomlReader<'_> {
    fn table(&self, table: &DeTable<'_>, line: usize, path: &str) -> Result<Node, PackError> {
        let mut rows = Vec::with_capacity(table.len());
        for (key, value) in table.iter() {
            let line = self.lines.at(key.span().start);
            let name = key.get_ref().to_string();
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            rows.push((line, name, self.value(value.get_ref(), line, &path)?));
        }
        rows.sort_by_key(|(line, _, _)| *line);
        let rows = rows.into_iter().map(|(_, name, node)| (name, node)).collect();
        Ok(Node { line, tree: Tree::Table(rows) })
    }

    fn value(&self, value: &DeValue<'_>, line: usize, path: &str) -> Result<Node, PackError> {
        let tree = match value {
            DeValue::String(text) => Tree::Text(text.to_string()),
            DeValue::Integer(int) => Tree::Int(
                i64::from_str_radix(int.as_str(), int.radix())
                    .map_err(|_| fault(self.file, line, path, Code::BadValue, "the number is too large"))?,
            ),
            DeValue::Boolean(flag) => Tree::Flag(*flag),
            DeValue::Datetime(day) => Tree::Text(day.to_string()),
            DeValue::Float(_) => return Err(fault(self.file, line, path, Code::Float, FLOAT)),
            DeValue::Table(table) => return self.table(table, line, path),
            DeValue::Array(values) => {
                let mut nodes = Vec::with_capacity(values.len());
                for (i, value) in values.iter().enumerate() {
                    let line = self.lines.at(value.span().start);
                    nodes.push(self.value(value.get_ref(), line, &format!("{path}[{i}]"))?);
                }
                Tree::List(nodes)
            }
        };
        Ok(Node { line, tree })
    }
}

fn json_node(file: &str, path: &str, value: &serde_json::Value) -> Result<Node, PackError> {
    use serde_json::Value;
    let tree = match value {
        Value::String(text) => Tree::Text(text.clone()),
        Value::Bool(flag) => Tree::Flag(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Tree::Int(int),
            None => return Err(fault(file, 0, path, Code::Float, FLOAT)),
        },
        Value::Null => return Err(fault(file, 0, path, Code::BadValue, "leave the key out instead of null")),
        Value::Array(values) => Tree::List(
            values
                .iter()
                .enumerate()
                .map(|(i, v)| json_node(file, &format!("{path}[{i}]"), v))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => Tree::Table(
            map.iter()
                .map(|(key, v)| {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    Ok((key.clone(), json_node(file, &path, v)?))
                })
                .collect::<Result<_, PackError>>()?,
        ),
    };
    Ok(Node { line: 0, tree })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_refused_with_its_line_and_key() {
        let error = toml("p.toml", "a = 1\n[b]\nc = [\"x\", 1.5]\n").unwrap_err();
        assert_eq!((error.line, error.key.as_str(), error.code), (3, "b.c[1]", Code::Float));
        let error = json("p.json", "{\"b\": {\"c\": 1.5}}").unwrap_err();
        assert_eq!((error.key.as_str(), error.code), ("b.c", Code::Float));
    }

    #[test]
    fn a_misspelt_key_is_not_ignored() {
        let node = toml("p.toml", "weight = \"1\"\nwieght = \"2\"\n").unwrap();
        let mut fields = Fields::of("p.toml", "", &node).unwrap();
        assert_eq!(fields.decimal("weight", 2), Ok(100));
        let error = fields.finish().unwrap_err();
        assert_eq!((error.line, error.key.as_str(), error.code), (2, "wieght", Code::UnknownKey));
    }

    #[test]
    fn broken_syntax_names_its_line() {
        let error = toml("p.toml", "a = 1\nb = = 2\n").unwrap_err();
        assert_eq!((error.line, error.code), (2, Code::Syntax));
    }
}
