//! What makes a consent to collect a lawful one (`domain.md` L-02, L-04, L-09, L-19): a text that
//! is known, read out in the person's language, for days that it allows, with its purposes, its
//! restricted classes ticked one by one and its recipients named one by one.
//!
//! The texts are data, `fixtures/rights/consent.toml`. The same check runs on the device before a
//! seal and on the server at arrival.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::catalogue::Restricted;
use crate::error::{ErrorCode, Violation};
use crate::file::entry::Consent;
use crate::pack::error::PackError;
use crate::pack::read::{self, Fields};
use crate::pack::vocabulary;

const BUILTIN: &str = include_str!("../../../../fixtures/rights/consent.toml");

vocabulary! {
    /// What is done with what was collected, each agreed to by itself.
    CollectionPurpose {
        /// The rating of the household; without it nothing is collected and no case goes on.
        CreditRating => "credit_rating",
        /// Figures of how the rules treat groups of households, without persons: who does not
        /// agree is rated like everybody and stands in no group.
        VillageStatistics => "village_statistics",
    }
}

/// A text that is read out before somebody agrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentText {
    /// Its version, which the consent names.
    pub version: String,
    /// First day on which it may be used.
    pub valid_from: Date,
    /// The longest that a consent to it lasts.
    pub max_days: u16,
    /// The languages in which it exists.
    pub languages: Vec<String>,
    /// What is collected for.
    pub purposes: Vec<CollectionPurpose>,
    /// The law.
    pub basis: String,
    /// The text, in Chinese.
    pub zh: String,
    /// The text, in Mongolian.
    pub mn: String,
    /// What giving restricted information can lead to (L-04), in Chinese.
    pub consequence_zh: String,
    /// The same in Mongolian.
    pub consequence_mn: String,
    /// Whether a native reader has signed the Mongolian texts.
    pub is_mn_reviewed: bool,
}

/// Every text of this program, parsed once.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "the embedded file is parsed by the tests of every build"
)]
pub fn texts() -> &'static [ConsentText] {
    static TEXTS: LazyLock<Vec<ConsentText>> =
        LazyLock::new(|| parse("consent.toml", BUILTIN).expect("the file parses"));
    &TEXTS
}

/// Parses a file of texts.
///
/// # Errors
/// The first fault, with file, line and key.
pub fn parse(file: &str, text: &str) -> Result<Vec<ConsentText>, PackError> {
    let node = read::toml(file, text)?;
    let mut fields = Fields::of(file, "", &node)?;
    let found = fields.tables("text")?.into_iter().map(ConsentText::read);
    let found = found.collect::<Result<_, _>>()?;
    fields.finish()?;
    Ok(found)
}

/// Everything that makes a consent no lawful one, whatever it is used for. Whether it covers the
/// day and the class of a value is asked elsewhere.
#[must_use]
pub fn faults(consent: &Consent) -> Vec<Violation> {
    let field = |name: &str| format!("consent/{}#{name}", consent.person);
    let mut found = Vec::new();
    let text = texts()
        .iter()
        .find(|text| text.version == consent.text_version);
    match text.filter(|text| text.valid_from <= consent.given_on) {
        Some(text) => found.extend(text.faults(consent)),
        None => found.push(Violation::new(field("text"), ErrorCode::ConsentText)),
    }
    if consent.person.trim().is_empty() {
        found.push(Violation::new("consent#person", ErrorCode::ValueMissing));
    }
    let known = |word: &String| word.parse::<Restricted>().is_ok();
    if !consent.categories.iter().all(known) {
        let words: Vec<&str> = Restricted::ALL.iter().map(|r| r.as_str()).collect();
        let choices = words.join(" ");
        let fault = Violation::new(field("categories"), ErrorCode::ValueNotAChoice);
        found.push(fault.with("choices", choices));
    }
    let named = consent.recipients.iter().map(|r| (&r.lender, r.purpose));
    if named.collect::<BTreeSet<_>>().len() != consent.recipients.len() {
        found.push(Violation::new(field("recipients"), ErrorCode::ConsentText));
    }
    found
}

impl ConsentText {
    fn faults(&self, consent: &Consent) -> Option<Violation> {
        let field = |name: &str| format!("consent/{}#{name}", consent.person);
        if !self.languages.contains(&consent.language) {
            return Some(Violation::new(field("language"), ErrorCode::ConsentText));
        }
        let longest = consent
            .given_on
            .saturating_add(i32::from(self.max_days).days());
        let days = self.max_days;
        let is_offered = |word: &String| self.purposes.iter().any(|p| p.as_str() == word);
        let different: BTreeSet<&String> = consent.purposes.iter().collect();
        let is_sound = different.len() == consent.purposes.len();
        if consent.purposes.is_empty() || !is_sound || !consent.purposes.iter().all(is_offered) {
            return Some(Violation::new(field("purposes"), ErrorCode::ConsentPurpose));
        }
        (consent.until > longest)
            .then(|| Violation::new(field("until"), ErrorCode::ConsentTerm).with("days", days))
    }

    fn read(mut row: Fields<'_>) -> Result<Self, PackError> {
        let days = row
            .find_int("max_days")?
            .and_then(|n| u16::try_from(n).ok());
        let languages = row.texts("languages")?;
        let text = Self {
            version: row.text("version")?.to_owned(),
            valid_from: row.day("valid_from")?,
            max_days: days.unwrap_or(366),
            languages: languages.into_iter().map(str::to_owned).collect(),
            purposes: row.words("purposes")?,
            basis: row.text("basis")?.to_owned(),
            zh: row.text("zh")?.to_owned(),
            mn: row.text("mn")?.to_owned(),
            consequence_zh: row.text("consequence_zh")?.to_owned(),
            consequence_mn: row.text("consequence_mn")?.to_owned(),
            is_mn_reviewed: row.flag("mn_reviewed")?,
        };
        row.finish()?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::authorisation::Purpose;
    use crate::file::entry::Recipient;
    use crate::hash::Hash;

    fn consent() -> Consent {
        Consent {
            person: "head".into(),
            text_version: "1".into(),
            purposes: vec!["credit_rating".into()],
            language: "mn-Mong".into(),
            categories: vec!["income".into()],
            recipients: vec![Recipient {
                lender: "rcc-1".parse().unwrap(),
                purpose: Purpose::LoanDecision,
            }],
            given_on: date(2026, 3, 1),
            until: date(2028, 2, 29),
            signature: Hash::of_file(b"signature"),
            witness: "o1".parse().unwrap(),
            receipt: None,
        }
    }

    fn codes(consent: &Consent) -> Vec<ErrorCode> {
        faults(consent)
            .into_iter()
            .map(|fault| fault.code)
            .collect()
    }

    #[test]
    fn every_text_says_what_giving_restricted_information_can_lead_to() {
        for text in texts() {
            let all = [
                &text.zh,
                &text.mn,
                &text.consequence_zh,
                &text.consequence_mn,
            ];
            assert!(
                all.iter().all(|text| !text.trim().is_empty()),
                "{}",
                text.version
            );
            assert!(!text.purposes.is_empty() && !text.basis.is_empty());
        }
    }

    #[test]
    fn a_consent_to_an_unknown_text_or_in_a_language_it_lacks_is_none() {
        assert_eq!(codes(&consent()), []);
        let unknown = Consent {
            text_version: "99".into(),
            ..consent()
        };
        assert_eq!(codes(&unknown), [ErrorCode::ConsentText]);
        let early = Consent {
            given_on: date(2023, 12, 31),
            ..consent()
        };
        assert_eq!(codes(&early), [ErrorCode::ConsentText]);
        let french = Consent {
            language: "fr".into(),
            ..consent()
        };
        assert_eq!(codes(&french), [ErrorCode::ConsentText]);
    }

    #[test]
    fn a_consent_without_end_or_to_a_class_that_does_not_exist_is_none() {
        let endless = Consent {
            until: date(2099, 1, 1),
            ..consent()
        };
        assert_eq!(codes(&endless), [ErrorCode::ConsentTerm]);
        let all = Consent {
            categories: vec!["everything".into()],
            ..consent()
        };
        assert_eq!(codes(&all), [ErrorCode::ValueNotAChoice]);
    }

    #[test]
    fn a_purpose_that_was_not_read_out_is_agreed_to_by_nobody() {
        let purposes = |words: &[&str]| Consent {
            purposes: words.iter().map(|word| (*word).to_owned()).collect(),
            ..consent()
        };
        for wrong in [
            &[][..],
            &["marketing"],
            &["credit_rating", "marketing"],
            &["credit_rating", "credit_rating"],
        ] {
            assert_eq!(codes(&purposes(wrong)), [ErrorCode::ConsentPurpose]);
        }
        let one = purposes(&["village_statistics"]);
        assert_eq!(codes(&one), []);
        assert!(!one.serves(CollectionPurpose::CreditRating));
    }

    #[test]
    fn a_recipient_named_twice_is_a_mistake_of_the_form() {
        let mut twice = consent();
        twice.recipients.push(twice.recipients[0].clone());
        assert_eq!(codes(&twice), [ErrorCode::ConsentText]);
    }
}
