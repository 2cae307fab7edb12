//! One Rust function per message.

use std::fmt::Write as _;
use std::path::Path;

use crate::catalogue::{LOCALES, Word, Words};

/// The generated module: the texts, the drafts, the keys of errors and a function per message.
pub(crate) fn write(words: &Words, root: &Path) -> String {
    let mut out = String::new();
    out.push_str("/// The Fluent texts of each locale, in the order of `Lang::ALL`.\n");
    out.push_str("pub(crate) const TEXTS: [&[&str]; 3] = [\n");
    for locale in LOCALES {
        out.push_str("    &[");
        for file in &words.files {
            let path = root.join(locale).join(file);
            out.push_str(&format!("include_str!({:?}), ", path.to_string_lossy()));
        }
        out.push_str("],\n");
    }
    out.push_str("];\n\n/// Whether a locale has a text that no native reader has signed.\n");
    let drafts = LOCALES.map(|locale| words.drafts.contains(locale));
    out.push_str(&format!(
        "pub(crate) const DRAFTS: [bool; 3] = {drafts:?};\n\n"
    ));
    out.push_str("/// The keys that are texts of errors.\n");
    let errors = words
        .messages
        .keys()
        .filter(|key| key.starts_with("error-"));
    out.push_str(&format!(
        "pub(crate) const ERROR_KEYS: &[&str] = &{:?};\n",
        errors.collect::<Vec<_>>()
    ));
    for (key, word) in &words.messages {
        function(&mut out, key, word);
    }
    out
}

fn function(out: &mut String, key: &str, word: &Word) {
    let name = key.replace('-', "_");
    let text = word.text.replace(['\n', '`'], " ");
    let mut parameters = String::new();
    let mut arguments = String::new();
    for variable in &word.variables {
        // Writing to a String cannot fail.
        let _ = write!(parameters, ", {variable}: impl ::std::fmt::Display");
        let _ = write!(arguments, "({variable:?}, &{variable}), ");
    }
    out.push_str(&format!(
        "\n/// `{text}`\n#[must_use]\npub fn {name}(lang: crate::Lang{parameters}) -> String {{\n    \
         crate::bundle::format(lang, {key:?}, &[{arguments}])\n}}\n"
    ));
}
