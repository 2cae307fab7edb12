//! Before the store is open: who works here, the PIN, and the enrolment of another officer.

use std::fmt::Write as _;

use axum::http::StatusCode;
use itgel_device::Error;
use itgel_device::http::HttpError;
use itgel_device::vault::VaultError;
use itgel_domain::error::ErrorCode;
use itgel_text::{self as text, Lang, escape};

use super::{alert, paragraph, pin};
use crate::app::FieldApp;
use crate::native::OpenError;
use crate::officers::EnrolError;
use crate::request::{Form, Page};
use crate::scan;
use crate::value::plain;

/// The page that opens: choose who you are, or enrol. `at` is where unlocking leads.
pub(crate) fn door(app: &FieldApp, wrong: Option<&str>, at: &str) -> Page {
    let lang = app.lang();
    let officers = app.officers().list();
    if officers.is_empty() {
        return enrolment(app, wrong, "");
    }
    let mut html = String::new();
    if let Some(wrong) = wrong {
        alert(&mut html, wrong);
    }
    if app.handed().is_some() {
        let _ = writeln!(
            html,
            "<p><a class=\"button wide\" href=\"/round\">{}</a></p>",
            escape(&text::app_round_go_on(lang))
        );
    }
    if app.was_idle() {
        paragraph(&mut html, "note", &text::app_lock_idle(lang));
    }
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/unlock\" class=\"door\">\
         <input type=\"hidden\" name=\"at\" value=\"{}\">",
        escape(at)
    );
    let _ = writeln!(
        html,
        "<p class=\"label\">{}</p><div class=\"chips\">",
        escape(&text::app_officer(lang))
    );
    for (at, one) in officers.iter().enumerate() {
        let checked = if at == 0 { " checked" } else { "" };
        let _ = writeln!(
            html,
            "<input type=\"radio\" id=\"o{at}\" name=\"officer\" value=\"{}\"{checked}>\
             <label for=\"o{at}\">{}</label>",
            escape(&one.folder),
            escape(one.officer.as_str())
        );
    }
    html.push_str("</div>\n");
    pin::current(&mut html, "pin", &text::app_pin(lang));
    if app.holds() {
        // Whoever holds the device may have sent it: the officer sees that it waits, and may refuse.
        let _ = writeln!(
            html,
            "<p class=\"held\"><label><input type=\"checkbox\" name=\"held\" value=\"1\" checked> {}</label></p>",
            escape(&text::app_lock_held(lang))
        );
    }
    let _ = writeln!(
        html,
        "<button class=\"main\">{}</button>\n</form>",
        escape(&text::app_unlock(lang))
    );
    paragraph(&mut html, "note", &text::app_unlock_offline(lang));
    let _ = writeln!(
        html,
        "<p><a class=\"button\" href=\"/enrol\">{}</a></p>",
        escape(&text::app_add_officer(lang))
    );
    practice(&mut html, lang);
    // A page to start from is no mistake; a PIN that does not fit is one.
    let status = match wrong {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    Page::new(text::app_choose_officer(lang), at, html).with_status(status)
}

/// The way to practise, which needs nobody's leave.
fn practice(html: &mut String, lang: Lang) {
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/practice\" class=\"practise\"><button>{}</button></form>",
        escape(&text::app_practice_start(lang))
    );
}

/// Opens a store; the words of what is wrong otherwise.
pub(crate) fn unlock(app: &FieldApp, form: &Form) -> Result<(), String> {
    let opened = app.open(form.get("officer"), &plain(form.get("pin")));
    opened.map(drop).map_err(|error| match error {
        OpenError::Unknown => text::error(app.lang(), ErrorCode::NotFound, &[]),
        OpenError::Device(error) => refusal(app.lang(), &error),
    })
}

/// What is wrong with a PIN, or with the store behind it.
pub(crate) fn refusal(lang: Lang, error: &Error) -> String {
    match error {
        Error::Vault(VaultError::WrongPin { left }) => text::app_pin_wrong(lang, left.to_string()),
        Error::Vault(VaultError::Destroyed) => text::app_pin_destroyed(lang),
        Error::Vault(VaultError::PinTooShort) => text::app_pin_short(lang),
        other => text::error(lang, other.code(), &[]),
    }
}

/// The form of an invitation; what was typed stays in it.
pub(crate) fn enrolment(app: &FieldApp, wrong: Option<&str>, invitation: &str) -> Page {
    let lang = app.lang();
    let mut html = String::new();
    if let Some(wrong) = wrong {
        alert(&mut html, wrong);
    }
    paragraph(&mut html, "note", &text::app_enrol_why(lang));
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/enrol/scan\" class=\"scan\"><input type=\"hidden\" name=\"grey\">\
         <input type=\"hidden\" name=\"width\"><input type=\"hidden\" name=\"height\">\
         <label class=\"button wide\">{}<input type=\"file\" accept=\"image/*\" capture=\"environment\" \
         data-scans></label></form>",
        escape(&text::app_scan(lang))
    );
    html.push_str("<form method=\"post\" action=\"/enrol\" class=\"door\">\n");
    let _ = writeln!(
        html,
        "<div class=\"field\"><label for=\"invitation\">{}</label>\
         <textarea id=\"invitation\" name=\"invitation\" rows=\"4\" required spellcheck=\"false\" \
         autocomplete=\"off\">{}</textarea><p class=\"beside\">{}</p></div>",
        escape(&text::app_invitation(lang)),
        escape(invitation),
        escape(&text::app_invitation_hint(lang)),
    );
    pin::new(&mut html, lang);
    let _ = writeln!(
        html,
        "<button class=\"main\">{}</button>\n</form>",
        escape(&text::app_enrol(lang))
    );
    practice(&mut html, lang);
    let page = Page::new(text::app_enrol(lang), "/enrol", html);
    match app.officers().list().is_empty() {
        true => page,
        false => page.back_to("/"),
    }
}

/// The form with the invitation that is in a picture.
pub(crate) fn scanned(app: &FieldApp, form: &Form) -> Page {
    let side = |name: &str| form.get(name).parse().unwrap_or(0);
    let grey = data_encoding::BASE64.decode(form.get("grey").as_bytes());
    let found = grey
        .ok()
        .and_then(|grey| scan::invitation(&grey, side("width"), side("height")));
    match found {
        Some(invitation) => enrolment(app, None, &invitation),
        None => enrolment(app, Some(&text::app_scan_nothing(app.lang())), ""),
    }
}

/// Enrols and unlocks; the words of what is wrong otherwise.
pub(crate) fn enrol(app: &FieldApp, form: &Form) -> Result<(), String> {
    let lang = app.lang();
    let chosen = pin::chosen(lang, form)?;
    let invitation = plain(form.get("invitation"));
    let enrolled = app.officers().enrol(&invitation, &chosen, app.transport());
    let opened = enrolled.map_err(|error| match &error {
        EnrolError::Device(error) => refusal(lang, error),
        EnrolError::Io(_) => text::error(lang, ErrorCode::Internal, &[]),
        EnrolError::Http(HttpError::Invitation(_)) => {
            text::error(lang, ErrorCode::InvitationMalformed, &[])
        }
        EnrolError::Http(error) => {
            text::error(lang, error.code().unwrap_or(ErrorCode::Unavailable), &[])
        }
    })?;
    let session = app.unlock(opened);
    app.synchronise(&session);
    Ok(())
}
