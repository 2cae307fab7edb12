//! Another PIN for the open store: a copy of it that opened with the old one opens no more.

use std::fmt::Write as _;

use axum::http::StatusCode;
use itgel_text::{self as text, escape};

use super::{alert, door};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page};
use crate::value::plain;

/// The form.
pub(crate) fn page(app: &FieldApp, wrong: Option<&str>) -> Page {
    let lang = app.lang();
    let mut html = String::new();
    if let Some(wrong) = wrong {
        alert(&mut html, wrong);
    }
    html.push_str("<form method=\"post\" action=\"/pin\" class=\"door\">\n");
    door::pin(
        &mut html,
        "pin",
        &text::app_pin_old(lang),
        "current-password",
    );
    door::pin(&mut html, "new", &text::app_pin_new(lang), "new-password");
    door::pin(
        &mut html,
        "again",
        &text::app_pin_again(lang),
        "new-password",
    );
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
    let chosen = door::chosen(lang, form, "new")?;
    let old = plain(form.get("pin"));
    let changed = app.officers().change_pin(&session.profile, &old, &chosen);
    changed.map_err(|error| door::refusal(lang, &error))
}
