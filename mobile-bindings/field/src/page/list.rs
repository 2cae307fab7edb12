//! My gachas: the households with where each stands, found by name, code or the end of a number.

use std::fmt::Write as _;

use itgel_device::{Listed, Listing, Standing};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_text::{self as text, Lang, escape};
use jiff::civil::Date;

use super::place::Places;
use super::{notice, order, paragraph, review};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page, Trouble};

/// Rows of a page: a page stays far below 100 KB and is there at once on a cheap phone.
const ROWS: u32 = 40;

/// What the address asks for.
struct Asked<'a> {
    gacha: DivisionCode,
    /// Where it is looked: the gacha, or everything of the campaign that is on this device.
    within: DivisionCode,
    search: &'a str,
    order: order::Asked,
    page: u32,
}

/// The page.
pub(crate) fn list(app: &FieldApp, session: &Session, query: &Form) -> Result<Page, Trouble> {
    let lang = app.lang();
    let device = &session.device;
    let gachas = device.gachas()?;
    let page = |html: String| Page::new(text::app_list(lang), "/", html);
    let mut html = String::new();
    let chosen = query.get("gacha").parse().ok();
    let known = |code: &DivisionCode| gachas.iter().any(|(gacha, _)| gacha == code);
    let first = gachas.first().map(|(gacha, _)| *gacha);
    let Some(gacha) = chosen.filter(known).or(first) else {
        return Ok(page(nothing_here(lang, session)));
    };
    let Some(cycle) = cycle_of(session, gacha, app.today())? else {
        paragraph(&mut html, "empty", &text::app_no_cycle(lang));
        return Ok(page(html));
    };
    let is_everywhere = query.get("in") == "all" && gachas.len() > 1;
    let asked = Asked {
        gacha,
        within: if is_everywhere { cycle.banner } else { gacha },
        search: query.get("q"),
        order: order::Asked::of(query.get("order"), app.here(session)),
        page: query.get("page").parse().unwrap_or(1).max(1),
    };
    notice::job(&mut html, lang, session);
    let places = Places::of(session, lang)?;
    gacha_chips(&mut html, lang, (&gachas, &places), &asked);
    // Who searches wants one household; what is counted over all of them would only be waited for.
    if asked.search.is_empty() {
        progress(&mut html, lang, session, &asked, &cycle)?;
    }
    search(&mut html, lang, &asked, gachas.len() > 1);
    ways(&mut html, lang, gacha, review::may_review(session, gacha)?);
    rows(&mut html, lang, (session, &places), &asked, &cycle)?;
    Ok(page(html))
}

/// The campaign that a division is in today, or the latest one that it had.
pub(crate) fn cycle_of(
    session: &Session,
    division: DivisionCode,
    today: Date,
) -> Result<Option<Cycle>, Trouble> {
    let cycles = session.device.cycles()?;
    let mut ours = cycles.into_iter().filter(|c| c.banner.contains(division));
    let all: Vec<Cycle> = ours.by_ref().collect();
    let open = all.iter().find(|cycle| cycle.is_open_on(today));
    Ok(open.or(all.first()).cloned())
}

/// Before the first download, and while it goes on.
fn nothing_here(lang: Lang, session: &Session) -> String {
    let mut html = String::new();
    let words = match session.job.is_running() {
        true => text::app_sync_running(lang),
        false => text::app_list_empty(lang),
    };
    paragraph(&mut html, "empty", &words);
    let _ = writeln!(
        html,
        "<p><a class=\"button main\" href=\"/sync\">{}</a></p>",
        escape(&text::app_sync(lang))
    );
    html
}

fn gacha_chips(
    html: &mut String,
    lang: Lang,
    (gachas, places): (&[(DivisionCode, u64)], &Places),
    asked: &Asked<'_>,
) {
    if gachas.len() < 2 && places.name(asked.gacha).is_none() {
        return;
    }
    html.push_str("<div class=\"gachas\">");
    for (code, households) in gachas {
        let current = if *code == asked.gacha {
            " aria-current=\"true\""
        } else {
            ""
        };
        let _ = write!(
            html,
            "<a href=\"/?gacha={code}\"{current}>{}<br><small>{code} · {households}</small></a>",
            escape(&match places.name(*code) {
                Some(name) => name.to_owned(),
                None => text::division_gacha(lang),
            })
        );
    }
    html.push_str("</div>\n");
}

fn progress(
    html: &mut String,
    lang: Lang,
    session: &Session,
    asked: &Asked<'_>,
    cycle: &Cycle,
) -> Result<(), Trouble> {
    let found = session.device.progress(asked.gacha, &cycle.id)?;
    let parts = [
        (Standing::NeedsYou, found.needs_you),
        (Standing::Draft, found.draft),
        (Standing::Waiting, found.waiting),
        (Standing::Received, found.received),
        (Standing::ToVisit, found.to_visit),
    ];
    let total: u64 = parts.iter().map(|(_, n)| n).sum();
    let done = text::app_done_of(
        lang,
        (found.received + found.waiting).to_string(),
        total.to_string(),
    );
    let _ = writeln!(
        html,
        "<section class=\"progress\"><h2>{}</h2><p>{}</p><progress max=\"{}\" value=\"{}\"></progress><ul>",
        escape(&cycle.name),
        escape(&done),
        total.max(1),
        found.received + found.waiting
    );
    for (standing, n) in parts.into_iter().filter(|(_, n)| *n > 0) {
        let _ = write!(html, "<li>{} {n}</li>", badge(lang, standing));
    }
    html.push_str("</ul></section>\n");
    Ok(())
}

fn search(html: &mut String, lang: Lang, asked: &Asked<'_>, has_others: bool) {
    let _ = write!(
        html,
        "<form class=\"search\" method=\"get\" action=\"/\" role=\"search\">\
         <input type=\"hidden\" name=\"gacha\" value=\"{}\">\
         <input type=\"search\" name=\"q\" value=\"{}\" placeholder=\"{hint}\" aria-label=\"{hint}\">",
        asked.gacha,
        escape(asked.search),
        hint = escape(&text::app_search_hint(lang)),
    );
    select(
        html,
        ("order", &text::app_order_code(lang)),
        asked.order.word(),
        &order::all(lang),
    );
    if has_others {
        let places = [
            ("gacha", text::app_search_here(lang)),
            ("all", text::app_search_everywhere(lang)),
        ];
        let chosen = if asked.is_everywhere() {
            "all"
        } else {
            "gacha"
        };
        select(html, ("in", &text::app_search(lang)), chosen, &places);
    }
    let _ = writeln!(
        html,
        "<button>{}</button></form>",
        escape(&text::app_search(lang))
    );
}

fn select(html: &mut String, (name, label): (&str, &str), chosen: &str, all: &[(&str, String)]) {
    let _ = write!(
        html,
        "<select name=\"{name}\" aria-label=\"{}\">",
        escape(label)
    );
    for (word, words) in all {
        let selected = if *word == chosen { " selected" } else { "" };
        let _ = write!(
            html,
            "<option value=\"{word}\"{selected}>{}</option>",
            escape(words)
        );
    }
    html.push_str("</select>");
}

/// What is done with a gacha as a whole; its review list by its group alone.
fn ways(html: &mut String, lang: Lang, gacha: DivisionCode, is_group: bool) {
    let _ = write!(
        html,
        "<p class=\"ways\"><a class=\"button\" href=\"/register?gacha={gacha}\">{}</a>\
         <a class=\"button\" href=\"/evaluation?gacha={gacha}\">{}</a>",
        escape(&text::app_register(lang)),
        escape(&text::app_evaluation(lang)),
    );
    if is_group {
        let _ = write!(
            html,
            "<a class=\"button\" href=\"/review?gacha={gacha}\">{}</a>",
            escape(&text::app_review(lang))
        );
    }
    html.push_str("</p>\n");
}

fn rows(
    html: &mut String,
    lang: Lang,
    (session, places): (&Session, &Places),
    asked: &Asked<'_>,
    cycle: &Cycle,
) -> Result<(), Trouble> {
    let listing = Listing {
        division: asked.within,
        cycle: &cycle.id,
        search: asked.search,
        order: asked.order.order,
        skip: (asked.page - 1).saturating_mul(ROWS),
        limit: ROWS,
    };
    let found = session.device.list_subjects(&listing)?;
    html.push_str(&asked.order.question(lang).unwrap_or_default());
    if found.is_empty() {
        paragraph(html, "empty", &text::app_list_nothing(lang));
        return elsewhere(html, lang, session, asked, cycle);
    }
    html.push_str("<ul class=\"households\">\n");
    for one in &found {
        let gacha = asked.is_everywhere().then(|| places.named(one.division));
        let more = asked.order.beside(lang, one).into_iter().chain(gacha);
        row(html, lang, session, one, more.collect());
    }
    html.push_str("</ul>\n");
    let is_all = asked.page == 1 && found.len() < usize::try_from(ROWS).unwrap_or(usize::MAX);
    if !is_all {
        pages(html, lang, asked, session.device.count_listed(&listing)?);
    }
    Ok(())
}

/// Who is not in this gacha may be in another one of the officer's.
fn elsewhere(
    html: &mut String,
    lang: Lang,
    session: &Session,
    asked: &Asked<'_>,
    cycle: &Cycle,
) -> Result<(), Trouble> {
    if asked.search.trim().is_empty() || asked.is_everywhere() {
        return Ok(());
    }
    let everywhere = Listing {
        division: cycle.banner,
        cycle: &cycle.id,
        search: asked.search,
        order: asked.order.order,
        skip: 0,
        limit: 0,
    };
    let others = session.device.count_listed(&everywhere)?;
    if others > 0 {
        let _ = writeln!(
            html,
            "<p><a class=\"button wide\" href=\"{}\">{}</a></p>",
            asked.address("all", 1),
            escape(&text::app_search_elsewhere(lang, others.to_string()))
        );
    }
    Ok(())
}

impl Asked<'_> {
    fn is_everywhere(&self) -> bool {
        self.within != self.gacha
    }

    /// The address of a page of the list.
    fn address(&self, within: &str, page: u32) -> String {
        format!(
            "/?gacha={}&amp;in={within}&amp;order={}&amp;page={page}&amp;q={}",
            self.gacha,
            self.order.word(),
            encoded(self.search)
        )
    }
}

fn row(html: &mut String, lang: Lang, session: &Session, one: &Listed, more: Vec<String>) {
    let name = match one.name.is_empty() {
        true => text::app_name_unknown(lang),
        false => one.name.clone(),
    };
    let born = one
        .born_year
        .map(|year| text::app_born(lang, year.to_string()));
    let spouse = (!one.spouse.is_empty()).then(|| text::app_spouse(lang, &one.spouse));
    let beside: Vec<String> = born.into_iter().chain(spouse).chain(more).collect();
    let grade = one
        .grade
        .map(|grade| format!("<b class=\"grade\">{grade}</b>"));
    let _ = writeln!(
        html,
        "<li><a href=\"/visit/{}\"><span class=\"code\">{}</span><span class=\"name\">{}\
         <small>{}</small></span>{}{}</a></li>",
        one.id,
        escape(&one.local_code),
        escape(&name),
        escape(&beside.join(" · ")),
        grade.unwrap_or_default(),
        standing(lang, session, one),
    );
}

/// Where a household stands, and how far what is on its way has come.
fn standing(lang: Lang, session: &Session, one: &Listed) -> String {
    match one.standing() {
        Standing::Waiting if one.sending > 0 => {
            let words = notice::sending(lang, session);
            format!("<span class=\"badge waiting\">{}</span>", escape(&words))
        }
        Standing::Waiting if session.profile.is_practice() => {
            let words = text::app_practice_kept(lang);
            format!("<span class=\"badge draft\">{}</span>", escape(&words))
        }
        other => badge(lang, other),
    }
}

fn pages(html: &mut String, lang: Lang, asked: &Asked<'_>, found: u64) {
    let pages = found.div_ceil(u64::from(ROWS)).max(1);
    if pages == 1 {
        return;
    }
    let within = if asked.is_everywhere() {
        "all"
    } else {
        "gacha"
    };
    let link = |html: &mut String, page: u32, words: &str| {
        let _ = write!(
            html,
            "<a class=\"button\" href=\"{}\">{}</a>",
            asked.address(within, page),
            escape(words)
        );
    };
    html.push_str("<div class=\"pages\">");
    if asked.page > 1 {
        link(html, asked.page - 1, &text::app_earlier_page(lang));
    }
    let at = text::app_page_of(lang, asked.page.to_string(), pages.to_string());
    let _ = write!(html, "<span>{}</span>", escape(&at));
    if u64::from(asked.page) < pages {
        link(html, asked.page + 1, &text::app_later_page(lang));
    }
    html.push_str("</div>\n");
}

/// A part of an address.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                out.push(char::from(byte))
            }
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

/// Where a household stands, in a word and a colour.
pub(crate) fn badge(lang: Lang, standing: Standing) -> String {
    let (class, words) = match standing {
        Standing::NeedsYou => ("needs", text::app_standing_needs_you(lang)),
        Standing::Draft => ("draft", text::app_standing_draft(lang)),
        Standing::Waiting => ("waiting", text::app_standing_waiting(lang)),
        Standing::Received => ("received", text::app_standing_received(lang)),
        Standing::ToVisit => ("visit", text::app_standing_to_visit(lang)),
    };
    format!("<span class=\"badge {class}\">{}</span>", escape(&words))
}
