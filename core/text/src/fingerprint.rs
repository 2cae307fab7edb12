//! The words of a fingerprint.
//!
//! The lists are those of BIP-39 (MIT), Chinese and English, unchanged: 2,048 words each. There is
//! none in Mongolian; a screen in Mongolian shows the Chinese characters.

use itgel_domain::trust::fingerprint::Fingerprint;

use crate::lang::Lang;

const ZH: &str = include_str!("../words/zh.txt");
const EN: &str = include_str!("../words/en.txt");

/// The six words of a fingerprint, with spaces between them.
#[must_use]
pub fn fingerprint(lang: Lang, fingerprint: &Fingerprint) -> String {
    let words: Vec<&str> = list(lang).lines().collect();
    let six = fingerprint.iter().map(|at| word(&words, *at));
    six.collect::<Vec<_>>().join(" ")
}

/// Whether a person wrote the words of this fingerprint, in either list; spaces between Chinese
/// characters and the case of letters do not count.
#[must_use]
pub fn is_fingerprint(text: &str, fingerprint: &Fingerprint) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let written = plain(text);
    [Lang::ZhCn, Lang::En]
        .iter()
        .any(|lang| plain(&self::fingerprint(*lang, fingerprint)) == written)
}

const fn list(lang: Lang) -> &'static str {
    match lang {
        Lang::ZhCn | Lang::MnMong => ZH,
        Lang::En => EN,
    }
}

/// A place outside the list has no word; a fingerprint has none such.
fn word<'a>(words: &[&'a str], at: u16) -> &'a str {
    words.get(usize::from(at)).copied().unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use itgel_domain::trust::fingerprint::{LIST, of};
    use std::collections::BTreeSet;

    #[test]
    fn no_two_places_of_a_list_have_the_same_word() {
        for text in [ZH, EN] {
            let words: BTreeSet<&str> = text.lines().map(str::trim).collect();
            assert_eq!((words.len(), text.lines().count()), (LIST, LIST));
            assert!(!words.contains(""));
        }
        // English words are told apart by four letters.
        let begun: BTreeSet<String> = EN.lines().map(|w| w.chars().take(4).collect()).collect();
        assert_eq!(begun.len(), LIST);
    }

    #[test]
    fn the_words_of_one_key_do_not_confirm_another() {
        let (ours, other) = (of(&[7; 32]), of(&[8; 32]));
        for lang in Lang::ALL {
            let words = fingerprint(lang, &ours);
            assert_eq!(words.split(' ').count(), 6);
            assert!(is_fingerprint(&words, &ours) && !is_fingerprint(&words, &other));
        }
        let run_together = fingerprint(Lang::ZhCn, &ours).replace(' ', "");
        assert!(is_fingerprint(&run_together, &ours));
        assert!(is_fingerprint(
            &fingerprint(Lang::En, &ours).to_uppercase(),
            &ours
        ));
        assert!(!is_fingerprint("", &ours));
    }
}
