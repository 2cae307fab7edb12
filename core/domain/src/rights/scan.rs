//! What people write freely, searched for what must not be collected (`domain.md` B.2, L-03).
//!
//! The words are data, `fixtures/rights/scan.toml`. Only the name of the forbidden field is
//! reported, never the words that were found: those would carry it on.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::file::entry::Entry;
use crate::item::{State, Value};
use crate::pack::error::PackError;
use crate::pack::read::{self, Fields};

const BUILTIN: &str = include_str!("../../../../fixtures/rights/scan.toml");

/// The words that tell of forbidden fields.
#[derive(Debug, Clone)]
pub struct Words {
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    words: Vec<String>,
    lawful: Vec<String>,
}

impl Words {
    /// The words of this program, parsed once.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the embedded file is parsed by the tests of every build"
    )]
    pub fn builtin() -> &'static Self {
        static WORDS: LazyLock<Words> =
            LazyLock::new(|| Words::parse("scan.toml", BUILTIN).expect("the file parses"));
        &WORDS
    }

    /// Parses a file.
    ///
    /// # Errors
    /// The first fault, with file, line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, PackError> {
        let node = read::toml(file, text)?;
        let mut fields = Fields::of(file, "", &node)?;
        fields.find_int("version")?;
        let found = fields.tables("field")?.into_iter().map(Field::read);
        let found = found.collect::<Result<_, _>>()?;
        fields.finish()?;
        Ok(Self { fields: found })
    }

    /// The forbidden fields that a text tells of, by name.
    #[must_use]
    pub fn find(&self, text: &str) -> BTreeSet<&str> {
        let told = self.fields.iter().filter(|field| field.is_told_by(text));
        told.map(|field| field.name.as_str()).collect()
    }

    /// The forbidden fields that an entry of a file tells of where people write freely.
    #[must_use]
    pub fn find_in(&self, entry: &Entry) -> BTreeSet<&str> {
        let value = entry
            .observed()
            .and_then(|(_, observation)| match &observation.state {
                State::Known(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            });
        let said = match entry {
            Entry::Note(note) => Some(note.text.as_str()),
            Entry::Correction(correction) => Some(correction.reason.as_str()),
            Entry::Retraction(retraction) => Some(retraction.reason.as_str()),
            _ => None,
        };
        let texts = value.into_iter().chain(said);
        texts.flat_map(|text| self.find(text)).collect()
    }
}

impl Field {
    fn is_told_by(&self, text: &str) -> bool {
        // Nearly every text has none of the words, and taking lawful ones out adds none.
        if !self.words.iter().any(|word| text.contains(word.as_str())) {
            return false;
        }
        let mut rest = text.to_owned();
        for lawful in &self.lawful {
            rest = rest.replace(lawful.as_str(), "\u{2003}");
        }
        self.words.iter().any(|word| rest.contains(word.as_str()))
    }

    fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let field = Self {
            name: row.text("name")?.to_owned(),
            words: owned(row.texts("words")?),
            lawful: owned(row.texts("lawful")?),
        };
        row.finish()?;
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        Words::builtin().find(text).into_iter().collect()
    }

    #[test]
    fn what_law_names_is_found_in_what_people_write() {
        for (text, fields) in [
            ("户主信仰佛教，逢节去庙里", vec!["religion"]),
            ("弟弟是喇嘛", vec!["religion"]),
            ("媳妇长期有病，儿子残疾", vec!["health"]),
            ("血型O", vec!["blood_type"]),
            (
                "离婚后独居，低保户",
                vec!["low_income_status", "marital_status"],
            ),
            ("他是党员，信用好", vec!["party_membership"]),
            ("ᠯᠠᠮᠠ ᠪᠣᠯᠤᠭᠰᠠᠨ", vec!["religion"]),
        ] {
            assert_eq!(found(text), fields, "{text}");
        }
    }

    #[test]
    fn words_of_the_work_are_no_finds() {
        for text in [
            "去年口蹄疫疫病，病死羊 20 只，已报案",
            "母羊怀孕 30 只，未产",
            "玉米病虫害减产",
            "羊病防治记录齐全",
            "草场在喇嘛甸北",
            "夫妻共同经营，两个劳动力",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn one_lawful_word_does_not_cover_for_another_place() {
        assert_eq!(found("羊病少，但户主有病"), ["health"]);
    }
}
