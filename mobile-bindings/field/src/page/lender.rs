//! Lenders that a consent names (`domain.md` L-08, L-19): each with each of its purposes by itself,
//! nothing ticked before, with what a tick means and until when. Without any tick nobody may ask.

use std::fmt::Write as _;

use itgel_domain::authorisation::Purpose;
use itgel_domain::file::entry::{Consent, Recipient};
use itgel_domain::sync::pull::LenderItem;
use itgel_text::{self as text, Lang, escape};

use super::paragraph;
use super::visit::Visit;
use crate::request::{Form, Trouble};

/// The boxes, with what was ticked before something was wrong.
pub(crate) fn offer(html: &mut String, visit: &Visit<'_>, form: &Form) -> Result<(), Trouble> {
    let (lang, device) = (visit.lang, &visit.session.device);
    let offered = device.lenders(visit.subject.division, visit.today)?;
    let _ = writeln!(
        html,
        "<fieldset><legend>{}</legend>",
        escape(&text::app_consent_lenders(lang))
    );
    if offered.is_empty() {
        paragraph(html, "empty", &text::app_consent_no_lenders(lang));
    } else {
        paragraph(html, "note", &text::app_consent_lenders_mean(lang));
    }
    for lender in &offered {
        for purpose in &lender.purposes {
            tick(html, lang, (lender, *purpose), form);
        }
    }
    html.push_str("</fieldset>\n");
    Ok(())
}

fn tick(html: &mut String, lang: Lang, (lender, purpose): (&LenderItem, Purpose), form: &Form) {
    let value = word(lender, purpose);
    let checked = match form.all("lender").any(|written| written == value) {
        true => " checked",
        false => "",
    };
    let words = text::app_consent_lender(lang, name(lang, lender), text::purpose(lang, purpose));
    let _ = writeln!(
        html,
        "<label class=\"tick\"><input type=\"checkbox\" name=\"lender\" value=\"{}\"{checked}> {}</label>",
        escape(&value),
        escape(&words)
    );
}

/// What was ticked; `None` if one of them is not offered any more, so that nobody is named whom the
/// person was not told of.
pub(crate) fn ticked(visit: &Visit<'_>, form: &Form) -> Result<Option<Vec<Recipient>>, Trouble> {
    let device = &visit.session.device;
    let offered = device.lenders(visit.subject.division, visit.today)?;
    let mut named = Vec::new();
    for written in form.all("lender") {
        let mut pairs = offered.iter().flat_map(|lender| {
            lender
                .purposes
                .iter()
                .map(move |purpose| (lender, *purpose))
        });
        let Some((lender, purpose)) = pairs.find(|(l, p)| word(l, *p) == written) else {
            return Ok(None);
        };
        named.push(Recipient {
            lender: lender.lender.clone(),
            purpose,
        });
    }
    Ok(Some(named))
}

/// Who may ask by a consent that was given, one line each.
pub(crate) fn named(
    html: &mut String,
    visit: &Visit<'_>,
    consent: &Consent,
) -> Result<(), Trouble> {
    let (lang, known) = (visit.lang, visit.session.device.known_lenders()?);
    for recipient in &consent.recipients {
        let found = known.iter().find(|known| known.lender == recipient.lender);
        let called = found.map_or_else(|| recipient.lender.to_string(), |item| name(lang, item));
        let purpose = text::purpose(lang, recipient.purpose);
        let words = text::app_consent_lender(lang, called, purpose);
        paragraph(html, "label", &words);
    }
    Ok(())
}

fn word(lender: &LenderItem, purpose: Purpose) -> String {
    format!("{} {}", lender.lender, purpose.as_str())
}

fn name(lang: Lang, lender: &LenderItem) -> String {
    match lang {
        Lang::MnMong if !lender.name_mn.is_empty() => lender.name_mn.clone(),
        _ => lender.name_zh.clone(),
    }
}
