//! Takes fields out of a file that was read into a [`Tree`]. A table that is finished with keys left
//! over is an error naming the first of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::civil::Date;

use super::decimal;
use super::error::{PackError, PackErrorCode as Code};
pub(crate) use super::tree::{Node, Tree, fault, json, toml};
use crate::assess::Points;

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
            _ => Err(fault(
                file,
                node.line,
                path,
                Code::BadValue,
                "a table is needed here",
            )),
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
        let line = self
            .rows
            .iter()
            .find(|(k, _)| k == name)
            .map_or(self.line, |(_, n)| n.line);
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
        let rest: Vec<_> = self
            .rows
            .iter()
            .filter(|(k, _)| !self.taken.contains(k.as_str()))
            .collect();
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

    /// Points or a weight in hundredths, from 0 to 100.
    pub(crate) fn points(&mut self, name: &str) -> Result<Points, PackError> {
        self.decimal(name, 2)?;
        self.find_points(name)
    }

    /// Points that may be absent, which means none.
    pub(crate) fn find_points(&mut self, name: &str) -> Result<Points, PackError> {
        match self.find_decimal(name, 2)?.unwrap_or(0) {
            centi @ 0..=10_000 => Ok(Points(centi)),
            _ => Err(self.fault(name, Code::BadValue, "from \"0\" to \"100\"")),
        }
    }

    /// A decimal that may be absent.
    pub(crate) fn find_decimal(
        &mut self,
        name: &str,
        places: u32,
    ) -> Result<Option<i64>, PackError> {
        match self.find(name).map(|n| &n.tree) {
            None => Ok(None),
            Some(Tree::Text(text)) => decimal::parse(text, places).map(Some).ok_or_else(|| {
                let message =
                    format!("a decimal with at most {places} places is needed, as \"1.5\"");
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
        self.texts(name)?
            .into_iter()
            .map(|t| self.parsed(name, t))
            .collect()
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
        match self
            .rows
            .iter()
            .find(|(k, _)| !self.taken.contains(k.as_str()))
        {
            None => Ok(()),
            Some((key, _)) => Err(self.fault(
                key,
                Code::UnknownKey,
                "this key means nothing here; check its spelling",
            )),
        }
    }

    fn parsed<T: FromStr>(&self, name: &str, text: &str) -> Result<T, PackError> {
        text.parse().map_err(|_| {
            self.fault(
                name,
                Code::UnknownName,
                format!("`{text}` is not known here"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_refused_with_its_line_and_key() {
        let error = toml("p.toml", "a = 1\n[b]\nc = [\"x\", 1.5]\n").unwrap_err();
        assert_eq!(
            (error.line, error.key.as_str(), error.code),
            (3, "b.c[1]", Code::Float)
        );
        let error = json("p.json", "{\"b\": {\"c\": 1.5}}").unwrap_err();
        assert_eq!((error.key.as_str(), error.code), ("b.c", Code::Float));
    }

    #[test]
    fn a_misspelt_key_is_not_ignored() {
        let node = toml("p.toml", "weight = \"1\"\nwieght = \"2\"\n").unwrap();
        let mut fields = Fields::of("p.toml", "", &node).unwrap();
        assert_eq!(fields.decimal("weight", 2), Ok(100));
        let error = fields.finish().unwrap_err();
        assert_eq!(
            (error.line, error.key.as_str(), error.code),
            (2, "wieght", Code::UnknownKey)
        );
    }

    #[test]
    fn broken_syntax_names_its_line() {
        let error = toml("p.toml", "a = 1\nb = = 2\n").unwrap_err();
        assert_eq!((error.line, error.code), (2, Code::Syntax));
    }
}
