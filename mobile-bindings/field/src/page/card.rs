//! Sending without a network: what waits as a sealed file, and the answer that comes back.

use std::fmt::Write as _;

use itgel_device::AnswerReport;
use itgel_domain::error::ErrorCode;
use itgel_text::{self as text, Lang, escape};

use super::{alert, paragraph, records};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page, Trouble, attached};

/// The part of the page of synchronising that does without a network.
pub(crate) fn card(html: &mut String, lang: Lang) {
    let _ = writeln!(
        html,
        "<details class=\"card\"><summary>{}</summary>",
        escape(&text::app_card(lang))
    );
    paragraph(html, "note", &text::app_card_why(lang));
    let _ = writeln!(
        html,
        "<p><a class=\"button wide\" href=\"/sync/bundle\" download data-saves>{}</a></p>\n\
         <form method=\"post\" action=\"/sync/answer\"><noscript><p class=\"error\">{}</p></noscript>\
         <input type=\"hidden\" name=\"answer\"><label class=\"button wide\">{}\
         <input type=\"file\" data-attaches=\"answer\"></label></form>\n</details>",
        escape(&text::app_card_save(lang)),
        escape(&text::app_sign_script(lang)),
        escape(&text::app_card_answer(lang)),
    );
}

/// What waits as a file, and its name; `itgel bundle take` writes the answer beside it.
pub(crate) fn bundle(app: &FieldApp, session: &Session) -> Result<(String, Vec<u8>), Trouble> {
    let bytes = session.device.write_bundle(app.now())?;
    let device = session.device.id()?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let device: String = device.as_str().chars().filter(plain).collect();
    Ok((format!("itgel-{device}-{}.itgel", app.today()), bytes))
}

/// Takes the answer that a form has; the page of synchronising with what it brought.
pub(crate) fn take(app: &FieldApp, session: &Session, form: &Form) -> Result<Page, Trouble> {
    let lang = app.lang();
    let taken = match attached(form.get("answer")) {
        Some(bytes) => session.device.take_answer(&bytes),
        None => Err(itgel_device::Error::Bundle(ErrorCode::BundleMalformed)),
    };
    let mut html = String::new();
    match taken {
        Ok(report) => told(&mut html, lang, &report),
        Err(itgel_device::Error::Bundle(code)) => alert(&mut html, &text::error(lang, code, &[])),
        Err(error) => return Err(error.into()),
    }
    let mut page = records::sync(app, session)?;
    page.main.insert_str(0, &html);
    Ok(page)
}

fn told(html: &mut String, lang: Lang, report: &AnswerReport) {
    let brought = text::app_card_taken(
        lang,
        report.received.to_string(),
        report.pictures.to_string(),
        report.pulled.to_string(),
    );
    paragraph(html, "kept", &brought);
    if report.passed_over > 0 {
        let words = text::app_card_passed(lang, report.passed_over.to_string());
        paragraph(html, "note", &words);
    }
    if !report.is_whole {
        alert(html, &text::app_card_cut(lang));
    }
}
