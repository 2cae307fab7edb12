//! Consent to collect (`domain.md` L-02, L-04): the text is read out, purposes and restricted classes
//! are ticked one by one, the person signs. Nothing is ticked before.

use std::fmt::Write as _;

use itgel_device::Error;
use itgel_domain::catalogue::Restricted;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::file::entry::Consent;
use itgel_domain::identity::Person;
use itgel_domain::rights::consent::{CollectionPurpose, ConsentText, texts};
use itgel_text::{self as text, Lang, escape};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::visit::Visit;
use super::{alert, lender, paragraph, people};
use crate::app::FieldApp;
use crate::request::{Form, Page, Trouble, attached};

/// For how long a consent lasts unless the person says otherwise.
const USUAL_YEARS: i64 = 2;

/// The page; `form` has what was ticked before something was wrong.
pub(crate) fn consent(visit: &Visit<'_>, form: &Form, wrong: &[String]) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let page = |html: String| {
        Page::new(text::app_section_consent(lang), visit.at("consent"), html).back_to(visit.at(""))
    };
    let mut html = String::new();
    for words in wrong {
        alert(&mut html, words);
    }
    let records = visit.session.device.identity(&visit.subject.id)?;
    let persons = records
        .first()
        .map(|record| record.people.clone())
        .unwrap_or_default();
    given(&mut html, visit)?;
    let (Some(text_read), false) = (text_for(visit.today), persons.is_empty()) else {
        paragraph(&mut html, "empty", &text::app_consent_needs_people(lang));
        let _ = writeln!(
            html,
            "<p><a class=\"button main\" href=\"{}\">{}</a></p>",
            visit.at("people"),
            escape(&text::app_section_people(lang))
        );
        return Ok(page(html));
    };
    read_out(&mut html, lang, text_read);
    entry(&mut html, visit, (text_read, &persons), form)?;
    Ok(page(html).with_entry())
}

/// The text that is read out today: the newest that may be used, never that of the sample.
fn text_for(today: Date) -> Option<&'static ConsentText> {
    let is_real = |text: &&ConsentText| text.version.bytes().all(|b| b.is_ascii_digit());
    let in_use = texts()
        .iter()
        .filter(is_real)
        .filter(|text| text.valid_from <= today);
    in_use.max_by_key(|text| text.valid_from)
}

/// The language that a text is read out in: those of the texts are Chinese and Mongolian.
const fn spoken(lang: Lang) -> Lang {
    match lang {
        Lang::MnMong => Lang::MnMong,
        _ => Lang::ZhCn,
    }
}

/// What was given already.
fn given(html: &mut String, visit: &Visit<'_>) -> Result<(), Trouble> {
    let device = &visit.session.device;
    let facts = device.facts(&visit.subject.id)?;
    let line = |html: &mut String, consent: &Consent| {
        let (on, until) = (consent.given_on.to_string(), consent.until.to_string());
        let words = format!(
            "{}：{}",
            people::role_name(visit.lang, &consent.person),
            text::app_consent_given(visit.lang, on, until)
        );
        paragraph(html, "kept", &words);
        lender::named(html, visit, consent)
    };
    for standing in facts.consents_valid_on(visit.today) {
        line(html, standing.consent)?;
    }
    for drafted in device.draft_consents(&visit.subject.id, &visit.cycle.id)? {
        line(html, &drafted)?;
        let _ = writeln!(
            html,
            "<form method=\"post\" action=\"{}\"><button name=\"person\" value=\"{}\">{}</button></form>",
            visit.at("consent/clear"),
            escape(&drafted.person),
            escape(&text::app_consent_take_back(visit.lang))
        );
    }
    Ok(())
}

fn read_out(html: &mut String, lang: Lang, read: &ConsentText) {
    paragraph(html, "note", &text::app_consent_read(lang));
    let (words, consequence) = match spoken(lang) {
        Lang::MnMong => (&read.mn, &read.consequence_mn),
        _ => (&read.zh, &read.consequence_zh),
    };
    let _ = writeln!(
        html,
        "<div class=\"reading\" lang=\"{}\"><p>{}</p><p><b>{}</b></p></div>",
        spoken(lang),
        escape(words.trim()),
        escape(consequence.trim())
    );
}

fn entry(
    html: &mut String,
    visit: &Visit<'_>,
    (read, persons): (&ConsentText, &[Person]),
    form: &Form,
) -> Result<(), Trouble> {
    let lang = visit.lang;
    let _ = writeln!(
        html,
        "<form id=\"entry\" method=\"post\" action=\"{}\"><div class=\"chips\" role=\"radiogroup\">",
        visit.at("consent")
    );
    for (at, person) in persons.iter().enumerate() {
        let chosen = match form.get("person") {
            "" => at == 0,
            written => written == person.role,
        };
        let checked = if chosen { " checked" } else { "" };
        let _ = writeln!(
            html,
            "<input type=\"radio\" id=\"p{at}\" name=\"person\" value=\"{}\"{checked}>\
             <label for=\"p{at}\">{} {}</label>",
            escape(&person.role),
            escape(&people::role_name(visit.lang, &person.role)),
            escape(&person.full_name)
        );
    }
    html.push_str("</div>\n");
    let purposes: Vec<&str> = read
        .purposes
        .iter()
        .map(|purpose| purpose.as_str())
        .collect();
    ticks(
        html,
        lang,
        (&text::app_consent_purposes(lang), "purpose", &purposes),
        form,
    );
    let classes: Vec<&str> = Restricted::ALL.iter().map(|class| class.as_str()).collect();
    ticks(
        html,
        lang,
        (&text::app_consent_classes(lang), "class", &classes),
        form,
    );
    lender::offer(html, visit, form)?;
    let until = match form.get("until") {
        "" => visit.today.saturating_add(USUAL_YEARS.years()).to_string(),
        written => written.to_owned(),
    };
    let _ = writeln!(
        html,
        "<div class=\"field\"><label for=\"until\">{}</label>\
         <input type=\"date\" id=\"until\" name=\"until\" value=\"{}\"></div>",
        escape(&text::app_consent_until(lang)),
        escape(&until)
    );
    signature(html, lang, form.get("signature"));
    let _ = writeln!(
        html,
        "<p class=\"ends\"><button class=\"main\" name=\"go\" value=\"next\">{}</button></p>\n</form>",
        escape(&text::app_save(lang))
    );
    Ok(())
}

fn ticks(html: &mut String, lang: Lang, (head, name, words): (&str, &str, &[&str]), form: &Form) {
    let _ = writeln!(html, "<fieldset><legend>{}</legend>", escape(head));
    for word in words {
        let checked = match form.all(name).any(|written| written == *word) {
            true => " checked",
            false => "",
        };
        let label = text::word(lang, word).unwrap_or_else(|| (*word).to_owned());
        let _ = writeln!(
            html,
            "<label class=\"tick\"><input type=\"checkbox\" name=\"{name}\" value=\"{word}\"{checked}> {}</label>",
            escape(&label)
        );
    }
    html.push_str("</fieldset>\n");
}

/// A box to sign in; its picture goes with the form, and what was drawn comes back.
pub(crate) fn signature(html: &mut String, lang: Lang, drawn: &str) {
    let _ = writeln!(
        html,
        "<div class=\"sign\"><p class=\"label\">{}</p><noscript><p class=\"error\">{}</p></noscript>\
         <canvas width=\"600\" height=\"240\" data-signs=\"signature\"></canvas>\
         <input type=\"hidden\" name=\"signature\" value=\"{}\"><button type=\"button\" data-clears>{}</button></div>",
        escape(&text::app_sign_here(lang)),
        escape(&text::app_sign_script(lang)),
        escape(drawn),
        escape(&text::app_sign_again(lang)),
    );
}

/// The picture that a form carries as `data:image/png;base64,…`.
pub(crate) fn picture(written: &str) -> Option<Vec<u8>> {
    written.starts_with("data:image/").then_some(())?;
    attached(written)
}

/// Keeps a consent; what is wrong with it otherwise.
pub(crate) fn save(app: &FieldApp, visit: &Visit<'_>, form: &Form) -> Result<Vec<String>, Trouble> {
    let (lang, device) = (visit.lang, &visit.session.device);
    let Some(read) = text_for(visit.today) else {
        return Ok(vec![text::error(lang, ErrorCode::ConsentText, &[])]);
    };
    let rates = form
        .all("purpose")
        .any(|p| p == CollectionPurpose::CreditRating.as_str());
    if !rates {
        return Ok(vec![text::error(lang, ErrorCode::ConsentPurpose, &[])]);
    }
    let Some(signed) = picture(form.get("signature")) else {
        return Ok(vec![text::app_sign_missing(lang)]);
    };
    let Ok(until) = form.get("until").parse() else {
        return Ok(vec![text::error(lang, ErrorCode::ConsentTerm, &[])]);
    };
    let Some(recipients) = lender::ticked(visit, form)? else {
        return Ok(vec![text::app_consent_lenders_changed(lang)]);
    };
    let signature = match device.put_picture(&visit.subject.id, &signed, app.now()) {
        Ok(hash) => hash,
        Err(Error::Picture(error)) => return Ok(vec![text::error(lang, error.code(), &[])]),
        Err(error) => return Err(error.into()),
    };
    let ticked = |name: &str| form.all(name).map(str::to_owned).collect();
    let consent = Consent {
        person: form.get("person").to_owned(),
        text_version: read.version.clone(),
        purposes: ticked("purpose"),
        language: spoken(lang).to_string(),
        categories: ticked("class"),
        recipients,
        given_on: visit.today,
        until,
        signature,
        witness: device.officer()?,
        receipt: None,
    };
    let wrong: Vec<Violation> = itgel_domain::rights::consent::faults(&consent);
    if wrong.is_empty() {
        device.put_consent(&visit.subject.id, &visit.cycle.id, &consent, app.now())?;
    }
    Ok(wrong.iter().map(|one| text::violation(lang, one)).collect())
}
