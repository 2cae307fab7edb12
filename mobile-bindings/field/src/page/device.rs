//! This device: who works with it, the six words, what it may do offline.

use std::fmt::Write as _;

use itgel_text::{self as text, escape};

use super::{instant, notice, paragraph};
use crate::app::{FieldApp, Session};
use crate::request::{Page, Trouble};

/// The page, with what was just done.
pub(crate) fn device(
    app: &FieldApp,
    session: &Session,
    done: Option<&str>,
) -> Result<Page, Trouble> {
    let lang = app.lang();
    if session.profile.is_practice() {
        return Ok(practice(app, session));
    }
    let trust = session.device.trust(app.now())?;
    let mut html = String::new();
    if let Some(done) = done {
        paragraph(&mut html, "kept", done);
    }
    let _ = writeln!(
        html,
        "<p><span class=\"label\">{}</span> <b>{}</b></p>\n<section class=\"words\"><h2>{}</h2><p class=\"letters\">{}</p>",
        escape(&text::app_officer(lang)),
        escape(session.profile.officer.as_str()),
        escape(&text::app_six_words(lang)),
        escape(&text::fingerprint(lang, &session.device.fingerprint())),
    );
    match trust.is_certified && !trust.is_pending {
        true => paragraph(&mut html, "kept", &text::app_compared(lang)),
        false => {
            paragraph(&mut html, "waiting", &text::app_pending_check(lang));
            paragraph(&mut html, "note", &text::app_six_words_why(lang));
        }
    }
    html.push_str("</section>\n");
    let grant = match trust.granted_until {
        Some(until) => text::app_grant_until(lang, instant(until)),
        None => text::app_grant_none(lang),
    };
    paragraph(&mut html, "note", &grant);
    notice::contact(&mut html, app, session)?;
    notice::storage(&mut html, app, session);
    paragraph(&mut html, "note", &session.profile.server);
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/lock\"><button class=\"main wide\">{}</button></form>\n\
         <p><a class=\"button\" href=\"/pin\">{}</a></p>\n\
         <p><a class=\"button\" href=\"/enrol\">{}</a></p>",
        escape(&text::app_lock(lang)),
        escape(&text::app_pin_change(lang)),
        escape(&text::app_add_officer(lang))
    );
    paragraph(
        &mut html,
        "note",
        &format!("itgel-field {}", env!("CARGO_PKG_VERSION")),
    );
    let _ = writeln!(
        html,
        "<p class=\"note\"><a href=\"/assets/font-licence.txt\">{}</a></p>",
        escape(&text::app_font_licence(lang))
    );
    Ok(Page::new(text::app_device(lang), "/device", html))
}

/// The page in practice: how it ends.
fn practice(app: &FieldApp, session: &Session) -> Page {
    let lang = app.lang();
    let mut html = String::new();
    paragraph(&mut html, "note", &text::app_practice_sync(lang));
    notice::storage(&mut html, app, session);
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/lock\"><button class=\"main wide\">{}</button></form>\n\
         <form method=\"post\" action=\"/practice/delete\"><p><button class=\"wide\">{}</button></p></form>",
        escape(&text::app_lock(lang)),
        escape(&text::app_practice_delete(lang))
    );
    Page::new(text::app_practice(lang), "/device", html)
}
