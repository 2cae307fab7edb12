//! What must hold of the words, checked before anything is compiled.
//!
//! `zh-CN` is the source. A translation has the same files, in them the same keys, and in each the
//! same variables: a missing one would show a hole to somebody, an extra one is never shown. The
//! texts use words and `{ $variable }` alone, so that a translator needs to know nothing more.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement};
use fluent_syntax::parser;

/// Every locale; the first is the source.
pub(crate) const LOCALES: [&str; 3] = ["zh-CN", "mn-Mong", "en"];

/// The one attribute: the same without variables, for an error whose figures are not known.
const PLAIN: &str = "plain";

/// One Fluent file.
pub(crate) struct Source {
    /// Its locale.
    pub(crate) locale: &'static str,
    /// Its name within the locale.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
}

/// The words of all locales, found complete.
#[derive(Debug)]
pub(crate) struct Words {
    /// The file names, the same in every locale.
    pub(crate) files: BTreeSet<String>,
    /// The messages in the order of their keys.
    pub(crate) messages: BTreeMap<String, Word>,
    /// The locales with a file that no native reader has signed.
    pub(crate) drafts: BTreeSet<&'static str>,
}

/// One message as it stands in the source locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The text.
    pub(crate) text: String,
    /// The variables in the order of the text.
    pub(crate) variables: Vec<String>,
    /// Whether there is a form without variables.
    has_plain: bool,
}

/// What one file says.
#[derive(Default)]
struct Read {
    words: BTreeMap<String, Word>,
    reviewed: Option<bool>,
}

/// Reads and compares all files.
///
/// # Errors
/// Every problem that was found, each with its file and key.
pub(crate) fn check(sources: &[Source]) -> Result<Words, Vec<String>> {
    let mut problems = Vec::new();
    let mut read = BTreeMap::new();
    for source in sources {
        let words = read_file(source, &mut problems);
        read.insert((source.locale, source.file.as_str()), words);
    }
    let in_locale = |locale: &str| -> BTreeMap<&str, &Read> {
        let of_it = read.iter().filter(|((l, _), _)| *l == locale);
        of_it.map(|((_, file), words)| (*file, words)).collect()
    };
    let source = in_locale(LOCALES[0]);
    let messages = merge(&source, &mut problems);
    let mut drafts = BTreeSet::new();
    for locale in &LOCALES[1..] {
        let translated = in_locale(locale);
        compare(locale, &source, &translated, &mut problems);
        if translated.values().any(|file| file.reviewed != Some(true)) {
            drafts.insert(*locale);
        }
    }
    if problems.is_empty() {
        let files = source.keys().map(|file| (*file).to_owned()).collect();
        Ok(Words {
            files,
            messages,
            drafts,
        })
    } else {
        Err(problems)
    }
}

/// The messages of the source in one map; a key may stand in one file only.
fn merge(source: &BTreeMap<&str, &Read>, problems: &mut Vec<String>) -> BTreeMap<String, Word> {
    let mut all = BTreeMap::new();
    for (file, read) in source {
        for (key, word) in &read.words {
            if all.insert(key.clone(), word.clone()).is_some() {
                problems.push(at(LOCALES[0], file, key, "stands in another file too"));
            }
        }
    }
    all
}

fn compare(
    locale: &str,
    source: &BTreeMap<&str, &Read>,
    translated: &BTreeMap<&str, &Read>,
    problems: &mut Vec<String>,
) {
    for file in translated.keys().filter(|file| !source.contains_key(*file)) {
        problems.push(format!(
            "ftl/{locale}/{file}: {} has no such file",
            LOCALES[0]
        ));
    }
    for (file, read) in source {
        let Some(other) = translated.get(file) else {
            problems.push(format!("ftl/{locale}/{file}: the file is missing"));
            continue;
        };
        if other.reviewed.is_none() {
            let line = "the first line must be `# reviewed = true` or `# reviewed = false`";
            problems.push(format!("ftl/{locale}/{file}: {line}"));
        }
        for key in other
            .words
            .keys()
            .filter(|key| !read.words.contains_key(*key))
        {
            problems.push(at(
                locale,
                file,
                key,
                "is not used: the source has no such key here",
            ));
        }
        for (key, word) in &read.words {
            match other.words.get(key) {
                None => problems.push(at(locale, file, key, "is missing")),
                Some(theirs) => compare_word(word, theirs, |what| {
                    problems.push(at(locale, file, key, what));
                }),
            }
        }
    }
}

fn compare_word(source: &Word, theirs: &Word, mut problem: impl FnMut(&str)) {
    let names = |word: &Word| word.variables.iter().cloned().collect::<BTreeSet<_>>();
    for unknown in names(theirs).difference(&names(source)) {
        problem(&format!("has an unknown variable ${unknown}"));
    }
    for lost in names(source).difference(&names(theirs)) {
        problem(&format!("lacks the variable ${lost}"));
    }
    if source.has_plain && !theirs.has_plain {
        problem("lacks its form without variables, `.plain`");
    }
}

fn read_file(source: &Source, problems: &mut Vec<String>) -> Read {
    let mut read = Read::default();
    let resource = match parser::parse(source.text.as_str()) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            for error in errors {
                let line = 1 + source.text[..error.pos.start].matches('\n').count();
                problems.push(format!(
                    "ftl/{}/{}:{line}: {error}",
                    source.locale, source.file
                ));
            }
            resource
        }
    };
    for entry in &resource.body {
        match entry {
            Entry::Message(message) => {
                let key = message.id.name;
                let mut problem = |what: &str| {
                    problems.push(at(source.locale, &source.file, key, what));
                };
                let word = read_message(message, &mut problem);
                if read.words.insert(key.to_owned(), word).is_some() {
                    problem("stands in this file twice");
                }
            }
            Entry::Comment(comment) => match comment.content.as_slice() {
                ["reviewed = true"] => read.reviewed = Some(true),
                ["reviewed = false"] => read.reviewed = Some(false),
                _ => {}
            },
            Entry::Term(term) => {
                problems.push(at(
                    source.locale,
                    &source.file,
                    term.id.name,
                    "terms are not used",
                ));
            }
            Entry::GroupComment(_) | Entry::ResourceComment(_) | Entry::Junk { .. } => {}
        }
    }
    read
}

fn read_message(message: &Message<&str>, problem: &mut impl FnMut(&str)) -> Word {
    let key = message.id.name;
    if !key
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        problem("a key has small letters, digits and hyphens only");
    }
    let mut word = Word {
        text: String::new(),
        variables: Vec::new(),
        has_plain: false,
    };
    match &message.value {
        Some(pattern) => read_pattern(pattern, &mut word, problem),
        None => problem("has no text"),
    }
    for attribute in &message.attributes {
        let mut plain = Word {
            text: String::new(),
            variables: Vec::new(),
            has_plain: false,
        };
        read_pattern(&attribute.value, &mut plain, problem);
        if attribute.id.name != PLAIN {
            problem(&format!(
                "has an attribute .{} that nothing uses",
                attribute.id.name
            ));
        } else if !plain.variables.is_empty() {
            problem(".plain is the form without variables");
        }
        word.has_plain = true;
    }
    if word.has_plain != (key.starts_with("error-") && !word.variables.is_empty()) {
        problem(".plain belongs to every error with variables, and to nothing else");
    }
    word
}

fn read_pattern(pattern: &Pattern<&str>, word: &mut Word, problem: &mut impl FnMut(&str)) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => word.text.push_str(value),
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => {
                word.text.push_str(&format!("{{${}}}", id.name));
                if !word.variables.iter().any(|known| known == id.name) {
                    word.variables.push(id.name.to_owned());
                }
                if !is_argument(id.name) {
                    problem(&format!("${} is no name for an argument", id.name));
                }
            }
            PatternElement::Placeable { .. } => {
                problem("uses more of Fluent than words and { $variable }");
            }
        }
    }
}

/// Whether a function can have an argument of this name.
fn is_argument(name: &str) -> bool {
    name != "lang" && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn at(locale: &str, file: &str, key: &str, what: &str) -> String {
    format!("ftl/{locale}/{file}: {key} {what}")
}
