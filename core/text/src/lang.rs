//! The languages of the product.

use std::fmt;
use std::str::FromStr;

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lang {
    /// Chinese in simplified characters: the source of every text.
    #[default]
    ZhCn,
    /// Mongolian in the traditional script, which stands vertically.
    MnMong,
    /// English.
    En,
}

/// A language tag that is none of the product's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownLang;

impl Lang {
    /// Every language, the source first.
    pub const ALL: [Self; 3] = [Self::ZhCn, Self::MnMong, Self::En];

    /// The language tag (BCP 47), as in `<html lang>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::MnMong => "mn-Mong",
            Self::En => "en",
        }
    }

    /// Whether its lines run from top to bottom.
    #[must_use]
    pub const fn is_vertical(self) -> bool {
        matches!(self, Self::MnMong)
    }
}

/// Whether a text of this language still waits for a native reader. A screen in it says
/// [`crate::draft_translation`].
#[must_use]
pub const fn is_draft(lang: Lang) -> bool {
    crate::messages::DRAFTS[lang as usize]
}

impl FromStr for Lang {
    type Err = UnknownLang;

    /// Reads a language tag; a region is ignored. Mongolian without the script subtag is written
    /// in Cyrillic, which the product does not have.
    fn from_str(tag: &str) -> Result<Self, UnknownLang> {
        let tag = tag.trim().to_ascii_lowercase();
        let mut parts = tag.split('-');
        match (parts.next(), parts.next()) {
            (Some("zh"), _) => Ok(Self::ZhCn),
            (Some("mn"), Some("mong")) => Ok(Self::MnMong),
            (Some("en"), _) => Ok(Self::En),
            _ => Err(UnknownLang),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for UnknownLang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the languages are zh-CN, mn-Mong and en")
    }
}

impl std::error::Error for UnknownLang {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_and_cyrillic_mongolian_is_not_taken_for_the_traditional_script() {
        for lang in Lang::ALL {
            assert_eq!(lang.as_str().parse(), Ok(lang));
        }
        assert_eq!("zh-Hans-CN".parse(), Ok(Lang::ZhCn));
        assert_eq!("mn-Mong-CN".parse(), Ok(Lang::MnMong));
        assert_eq!("mn".parse::<Lang>(), Err(UnknownLang));
        assert_eq!("fr".parse::<Lang>(), Err(UnknownLang));
    }

    #[test]
    fn an_unread_translation_is_not_shown_as_if_it_were_final() {
        assert!(is_draft(Lang::MnMong));
        assert!(!is_draft(Lang::ZhCn) && !is_draft(Lang::En));
    }
}
