//! Consents to collect as a person reads them: what for, which locked classes, for whom, how long.

use std::collections::BTreeSet;

use itgel_domain::file::entry::{Consent, Entry};
use itgel_text::{self as text, Lang};

use super::{in_words, named, role};
use crate::rights::view::{EntryLine, SelfView};

/// A row for each consent; what was taken back says so.
pub(super) fn rows(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let withdrawn = view.entries.iter().filter_map(|line| match &line.entry {
        Entry::ConsentWithdrawal(withdrawal) => Some(withdrawal.consent.to_string()),
        _ => None,
    });
    let withdrawn: BTreeSet<String> = withdrawn.collect();
    let given = view.entries.iter().filter_map(|line| match &line.entry {
        Entry::Consent(consent) => Some((line, consent)),
        _ => None,
    });
    let rows: Vec<Vec<String>> = given
        .map(|(line, consent)| {
            let is_past = line.is_superseded || withdrawn.contains(&line.id);
            row((view, line), consent, is_past, lang)
        })
        .collect();
    match rows.is_empty() {
        true => vec![vec![text::rights_none(lang)]],
        false => rows,
    }
}

fn row(
    (view, line): (&SelfView, &EntryLine),
    consent: &Consent,
    is_past: bool,
    lang: Lang,
) -> Vec<String> {
    let all = |words: &[String]| {
        let told = words.iter().map(|word| in_words(word, lang));
        told.collect::<Vec<_>>().join(" · ")
    };
    let recipients = consent.recipients.iter().map(|recipient| {
        let lender = named(&view.names.lenders, &recipient.lender);
        format!("{lender} · {}", text::purpose(lang, recipient.purpose))
    });
    let (now, past) = (text::rights_now(lang), text::rights_past(lang));
    vec![
        role(&consent.person, lang),
        all(&consent.purposes),
        all(&consent.categories),
        recipients.collect::<Vec<_>>().join("; "),
        format!("{} – {}", consent.given_on, consent.until),
        named(&view.names.officers, &line.officer),
        if is_past { past } else { now },
    ]
}
