//! Parses TOML (with lines) and JSON (without) into one small tree. Floats are refused here, once
//! for all.

use toml::de::{DeTable, DeValue};

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

/// A fault with its place.
pub(crate) fn fault(
    file: &str,
    line: usize,
    key: &str,
    code: Code,
    message: impl Into<String>,
) -> PackError {
    PackError {
        file: file.to_owned(),
        line,
        key: key.to_owned(),
        code,
        message: message.into(),
    }
}

const FLOAT: &str = "a number with a fraction is written as text, as \"22.66\"";

/// The byte offsets at which the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(i, _)| i + 1))
                .collect(),
        )
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
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            rows.push((line, name, self.value(value.get_ref(), line, &path)?));
        }
        rows.sort_by_key(|(line, _, _)| *line);
        let rows = rows
            .into_iter()
            .map(|(_, name, node)| (name, node))
            .collect();
        Ok(Node {
            line,
            tree: Tree::Table(rows),
        })
    }

    fn value(&self, value: &DeValue<'_>, line: usize, path: &str) -> Result<Node, PackError> {
        let tree = match value {
            DeValue::String(text) => Tree::Text(text.to_string()),
            DeValue::Integer(int) => {
                Tree::Int(i64::from_str_radix(int.as_str(), int.radix()).map_err(|_| {
                    fault(
                        self.file,
                        line,
                        path,
                        Code::BadValue,
                        "the number is too large",
                    )
                })?)
            }
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
        Value::Null => {
            return Err(fault(
                file,
                0,
                path,
                Code::BadValue,
                "leave the key out instead of null",
            ));
        }
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
                    let path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    Ok((key.clone(), json_node(file, &path, v)?))
                })
                .collect::<Result<_, PackError>>()?,
        ),
    };
    Ok(Node { line: 0, tree })
}
