//! The peer evaluation (民主评议) as its officer sees it: how many voted, never what they gave; and
//! the step with which the device leaves the officer's hand.

use std::fmt::Write as _;
use std::sync::Arc;

use itgel_device::{Evaluated, EvaluationCount};
use itgel_domain::case::cycle::Cycle;
use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_text::{self as text, Lang, escape};

use super::list::cycle_of;
use super::visit::Visit;
use super::{ballot, paragraph};
use crate::app::{FieldApp, Handed, Session};
use crate::request::{Form, Page, Trouble};

/// Rows of a page.
const ROWS: u32 = 40;

/// Most households of one round.
const MAX_ROUND: u32 = 500;

/// The page of a household.
pub(crate) fn of_one(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let (lang, device) = (visit.lang, &visit.session.device);
    let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
    let count = device.evaluation(id, cycle, visit.today)?;
    let mut html = String::new();
    if count.needed == 0 {
        paragraph(&mut html, "empty", &text::app_evaluation_not_asked(lang));
    } else {
        counted(&mut html, lang, &count);
        paragraph(&mut html, "note", &text::app_evaluation_why(lang));
        begin(
            &mut html,
            &visit.at("evaluation"),
            "",
            &text::app_evaluation_begin(lang),
        );
    }
    let page = Page::new(text::app_evaluation(lang), visit.at("evaluation"), html);
    Ok(page.back_to(visit.at("")))
}

/// How many voted.
pub(crate) fn counted(html: &mut String, lang: Lang, count: &EvaluationCount) {
    let (here, needed) = (count.here.to_string(), count.needed.to_string());
    paragraph(
        html,
        "label",
        &text::app_evaluation_count(lang, here, needed),
    );
    if let Some(counted) = count.counted {
        let words = text::app_evaluation_counted(lang, counted.to_string());
        paragraph(html, "kept", &words);
    }
    if count.set_aside > 0 {
        let words = text::app_evaluation_aside(lang, count.set_aside.to_string());
        paragraph(html, "warning", &words);
    }
}

/// The page of a gacha.
pub(crate) fn of_gacha(app: &FieldApp, session: &Session, query: &Form) -> Result<Page, Trouble> {
    let lang = app.lang();
    let (gacha, cycle) = asked(app, session, query)?;
    let page: u32 = query.get("page").parse().unwrap_or(1).max(1);
    let skip = (page - 1).saturating_mul(ROWS);
    let mut due = session
        .device
        .evaluations(gacha, &cycle.id, (skip, ROWS + 1))?;
    let has_more = due.len() > ROWS as usize;
    due.truncate(ROWS as usize);
    let mut html = String::new();
    paragraph(&mut html, "note", &text::app_evaluation_why(lang));
    if due.is_empty() {
        paragraph(&mut html, "empty", &text::app_evaluation_none(lang));
    } else {
        let words = text::app_evaluation_begin_all(lang);
        begin(&mut html, "/evaluation", &gacha.to_string(), &words);
        rows(&mut html, lang, &due);
    }
    pages(&mut html, lang, ("/evaluation", gacha), page, has_more);
    let at = format!("/evaluation?gacha={gacha}");
    Ok(Page::new(text::app_evaluation(lang), at, html).back_to(format!("/?gacha={gacha}")))
}

/// Begins a round over the households of a gacha.
pub(crate) fn begin_round(
    app: &FieldApp,
    session: &Arc<Session>,
    form: &Form,
) -> Result<Page, Trouble> {
    let (gacha, cycle) = asked(app, session, form)?;
    let due = session
        .device
        .evaluations(gacha, &cycle.id, (0, MAX_ROUND))?;
    let households = due.into_iter().map(|one| one.id).collect();
    hand_over(app, session, &cycle, households)
}

/// Gives the device out of the officer's hand.
pub(crate) fn hand_over(
    app: &FieldApp,
    session: &Arc<Session>,
    cycle: &Cycle,
    households: Vec<SubjectId>,
) -> Result<Page, Trouble> {
    app.hand_over(Handed {
        session: Arc::clone(session),
        cycle: cycle.id.clone(),
        households,
    });
    let handed = app.handed().ok_or(Trouble::NotFound)?;
    ballot::step(app, &handed, &Form::default())
}

/// The gacha that a form names, and the campaign that it is in.
pub(crate) fn asked(
    app: &FieldApp,
    session: &Session,
    form: &Form,
) -> Result<(DivisionCode, Cycle), Trouble> {
    let gacha = form.get("gacha").parse().map_err(|_| Trouble::NotFound)?;
    let cycle = cycle_of(session, gacha, app.today())?;
    Ok((gacha, cycle.ok_or(Trouble::NotFound)?))
}

fn begin(html: &mut String, action: &str, gacha: &str, words: &str) {
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"gacha\" value=\"{gacha}\">\
         <button class=\"main wide\">{}</button></form>",
        escape(words)
    );
}

fn rows(html: &mut String, lang: Lang, due: &[Evaluated]) {
    html.push_str("<ul class=\"households\">\n");
    for one in due {
        let name = match one.name.is_empty() {
            true => text::app_name_unknown(lang),
            false => one.name.clone(),
        };
        let _ = writeln!(
            html,
            "<li><a href=\"/visit/{}/evaluation\"><span class=\"code\">{}</span>\
             <span class=\"name\">{}</span><b class=\"tally\">{}</b></a></li>",
            one.id,
            escape(&one.local_code),
            escape(&name),
            one.here
        );
    }
    html.push_str("</ul>\n");
}

/// The ways to the page before and after, of a list at `path`.
pub(crate) fn pages(
    html: &mut String,
    lang: Lang,
    (path, gacha): (&str, DivisionCode),
    page: u32,
    has_more: bool,
) {
    html.push_str("<div class=\"pages\">");
    let mut link = |page: u32, words: &str| {
        let _ = write!(
            html,
            "<a class=\"button\" href=\"{path}?gacha={gacha}&amp;page={page}\">{}</a>",
            escape(words)
        );
    };
    if page > 1 {
        link(page - 1, &text::app_earlier_page(lang));
    }
    if has_more {
        link(page + 1, &text::app_later_page(lang));
    }
    html.push_str("</div>\n");
}
