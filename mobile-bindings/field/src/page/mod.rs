//! The pages, one file for each step of the day. Text becomes markup by `escape` and in no other
//! way.

pub(crate) mod ballot;
pub(crate) mod card;
pub(crate) mod consent;
pub(crate) mod device;
pub(crate) mod door;
pub(crate) mod evaluation;
pub(crate) mod field;
pub(crate) mod grade;
mod lender;
pub(crate) mod list;
pub(crate) mod notice;
mod order;
pub(crate) mod people;
pub(crate) mod photos;
pub(crate) mod pin;
pub(crate) mod place;
pub(crate) mod records;
pub(crate) mod register;
pub(crate) mod review;
pub(crate) mod saving;
pub(crate) mod seal;
pub(crate) mod section;
pub(crate) mod visit;

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use itgel_text::{self as text, Lang, escape};

use crate::app::FieldApp;
use crate::assets;
use crate::request::Page;

/// The letters of the traditional script.
const MONGOLIAN: RangeInclusive<char> = '\u{1820}'..='\u{18aa}';

/// A page in its frame: the bar, the languages, the notice of a draft translation.
pub(crate) fn framed(app: &FieldApp, page: &Page) -> String {
    let lang = app.lang();
    let title = escape(&page.title);
    let session = app.session();
    let handed = app.handed();
    let is_practice = session
        .as_ref()
        .or(handed.as_ref().map(|handed| &handed.session))
        .is_some_and(|session| session.profile.is_practice());
    let class = if is_practice {
        " class=\"practice\""
    } else {
        ""
    };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · {}</title>\n<link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"/assets/field.css?v={version}\">\n\
         <script src=\"/assets/field.js?v={version}\" defer></script>\n</head>\n\
         <body{class} data-saving=\"{}\" data-failed=\"{}\">\n",
        escape(&text::app_title(lang)),
        escape(&text::app_saving(lang)),
        escape(&text::app_not_saved(lang)),
        version = *assets::VERSION
    );
    head(&mut html, app, page);
    html.push_str("<main>\n");
    if is_practice {
        paragraph(&mut html, "practice-mark", &text::app_practice_mark(lang));
    }
    notice::notices(&mut html, app);
    if text::is_draft(lang) {
        let notice = escape(&text::draft_translation(lang));
        let _ = writeln!(html, "<p class=\"draft-words\">{notice}</p>");
    }
    html.push_str(&page.main);
    html.push_str("</main>\n");
    if let Some(session) = session {
        bar(&mut html, lang, &session, page);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn head(html: &mut String, app: &FieldApp, page: &Page) {
    let lang = app.lang();
    html.push_str("<header>");
    if let Some(back) = &page.back {
        let label = escape(&text::app_back(lang));
        let _ = match page.has_entry {
            // As a button of the form it saves what was written. The first button of a form is the
            // one that the enter key presses: one that saves and stays.
            true => write!(
                html,
                "<button class=\"default\" form=\"entry\" tabindex=\"-1\" aria-hidden=\"true\"></button>\
                 <button class=\"back\" form=\"entry\" name=\"go\" value=\"back\" aria-label=\"{label}\">‹</button>"
            ),
            false => write!(
                html,
                "<a class=\"back\" href=\"{}\" aria-label=\"{label}\">‹</a>",
                escape(back)
            ),
        };
    }
    let _ = write!(html, "<h1>{}</h1>", escape(&page.title));
    languages(html, lang, page);
    html.push_str("</header>\n");
}

fn languages(html: &mut String, lang: Lang, page: &Page) {
    let (form, at) = match page.has_entry {
        true => (" form=\"entry\"", String::new()),
        false => (
            "",
            format!(
                "<input type=\"hidden\" name=\"at\" value=\"{}\">",
                escape(&page.at)
            ),
        ),
    };
    let tag = match page.has_entry {
        true => "<div class=\"languages\">",
        false => "<form class=\"languages\" method=\"post\" action=\"/language\">",
    };
    let _ = write!(html, "{tag}{at}");
    for one in Lang::ALL {
        // Each by its own name: who cannot read the page finds the own language.
        let name = match one {
            Lang::ZhCn => text::language_zh_cn(one),
            Lang::MnMong => text::language_mn_mong(one),
            Lang::En => text::language_en(one),
        };
        let pressed = if one == lang { "true" } else { "false" };
        let _ = write!(
            html,
            "<button{form} name=\"lang\" value=\"{one}\" lang=\"{one}\" aria-pressed=\"{pressed}\">{}</button>",
            escape(&name)
        );
    }
    html.push_str(match page.has_entry {
        true => "</div>",
        false => "</form>",
    });
}

/// The four places that are always one touch away.
fn bar(html: &mut String, lang: Lang, session: &crate::app::Session, page: &Page) {
    let mut summary = session.device.summary().unwrap_or_default();
    if session.profile.is_practice() {
        // Nothing of it waits for anybody.
        summary.waiting = 0;
    }
    let count = |n: u64| match n {
        0 => String::new(),
        n => format!(" <b class=\"count\">{n}</b>"),
    };
    let places = [
        ("/", text::app_list(lang), String::new()),
        ("/needs", text::app_needs(lang), count(summary.needs_you)),
        ("/sync", text::app_sync(lang), count(summary.waiting)),
        ("/device", text::app_device(lang), String::new()),
    ];
    html.push_str("<nav>");
    for (address, name, count) in places {
        let current = match page.at == address {
            true => " aria-current=\"page\"",
            false => "",
        };
        let _ = write!(
            html,
            "<a href=\"{address}\"{current}>{}{count}</a>",
            escape(&name)
        );
    }
    html.push_str("</nav>\n");
}

/// A paragraph of a class.
pub(crate) fn paragraph(html: &mut String, class: &str, words: &str) {
    let _ = writeln!(html, "<p class=\"{class}\">{}</p>", escape(words));
}

/// A paragraph that is read, not filled in: Mongolian stands vertically in it, whoever wrote it and
/// whatever the language of the page.
pub(crate) fn reading(html: &mut String, class: &str, words: &str) {
    if !words.chars().any(|letter| MONGOLIAN.contains(&letter)) {
        return paragraph(html, class, words);
    }
    let _ = writeln!(
        html,
        "<div class=\"reading brief\" lang=\"mn-Mong\"><p class=\"{class}\">{}</p></div>",
        escape(words)
    );
}

/// What is wrong, above a form.
pub(crate) fn alert(html: &mut String, words: &str) {
    let _ = writeln!(
        html,
        "<p class=\"error\" role=\"alert\">{}</p>",
        escape(words)
    );
}

/// An instant as people of the clock zone read it: `2026-11-01 09:05`.
pub(crate) fn instant(at: itgel_domain::time::AtMs) -> String {
    let day = at.on();
    let minutes = (at.0 - itgel_domain::time::AtMs::start_of(day).0).div_euclid(60_000);
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}
