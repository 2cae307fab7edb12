//! The words of register rows: their columns, the words in their cells, the registers themselves
//! (`domain.md` L-07). The names come from data, so they are looked up and not called.

use fluent_bundle::FluentArgs;

use crate::bundle;
use crate::lang::Lang;

/// What a column of a register row is called; `None` for a column that no row has.
#[must_use]
pub fn field(lang: Lang, name: &str) -> Option<String> {
    named(lang, "field", name)
}

/// What a word of a closed list means; `None` for a word of no list.
#[must_use]
pub fn word(lang: Lang, word: &str) -> Option<String> {
    named(lang, "word", word)
}

/// What a register is called, by its word.
#[must_use]
pub fn register(lang: Lang, word: &str) -> Option<String> {
    named(lang, "register", word)
}

fn named(lang: Lang, group: &str, name: &str) -> Option<String> {
    let key = format!("{group}-{}", name.replace('_', "-"));
    bundle::try_format(lang, &key, None, &FluentArgs::new())
}
