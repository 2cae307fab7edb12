//! A PIN in a form, and another one for the open store: a copy of it that opened with the old one
//! opens no more.

use std::fmt::Write as _;

use axum::http::StatusCode;
use itgel_device::vault::MIN_PIN;
use itgel_text::{self as text, Lang, escape};

use super::{alert, door};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page};
use crate::value::plain;

/// The form that changes it.
pub(crate) fn page(app: &FieldApp, wrong: Option<&str>) -> Page {
    let lang = app.lang();
    let mut html = String::new();
    if let Some(wrong) = wrong {
        alert(&mut html, wrong);
    }
    html.push_str("<form method=\"post\" action=\"/pin\" class=\"door\">\n");
    current(&mut html, "old", &text::app_pin_old(lang));
    new(&mut html, lang);
    let _ = writeln!(
        html,
        "<button class=\"main\">{}</button>\n</form>",
        escape(&text::app_pin_change(lang))
    );
    let page = Page::new(text::app_pin_change(lang), "/pin", html).back_to("/device");
    match wrong {
        None => page,
        Some(_) => page.with_status(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Changes the PIN of the open store; the words of what is wrong otherwise.
pub(crate) fn change(app: &FieldApp, session: &Session, form: &Form) -> Result<(), String> {
    let lang = app.lang();
    let chosen = chosen(lang, form)?;
    let old = plain(form.get("old"));
    let changed = app.officers().change_pin(&session.profile, &old, &chosen);
    changed.map_err(|error| door::refusal(lang, &error))
}

/// The field for a PIN that opens something.
pub(crate) fn current(html: &mut String, name: &str, label: &str) {
    field(html, name, label, "current-password");
}

/// The fields for a new one, which is entered twice.
pub(crate) fn new(html: &mut String, lang: Lang) {
    field(html, "pin", &text::app_pin_new(lang), "new-password");
    field(html, "again", &text::app_pin_again(lang), "new-password");
}

/// What was entered there; the words of what is wrong otherwise.
pub(crate) fn chosen(lang: Lang, form: &Form) -> Result<String, String> {
    let (chosen, again) = (plain(form.get("pin")), plain(form.get("again")));
    if chosen.chars().count() < MIN_PIN || !chosen.bytes().all(|b| b.is_ascii_digit()) {
        return Err(text::app_pin_short(lang));
    }
    match chosen == again {
        true => Ok(chosen),
        false => Err(text::app_pin_differs(lang)),
    }
}

fn field(html: &mut String, name: &str, label: &str, complete: &str) {
    let _ = writeln!(
        html,
        "<div class=\"field\"><label for=\"{name}\">{}</label>\
         <input type=\"password\" id=\"{name}\" name=\"{name}\" inputmode=\"numeric\" required \
         autocomplete=\"{complete}\"></div>",
        escape(label)
    );
}
