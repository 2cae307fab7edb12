//! The gacha's initial review list (初评名单): computed grades, each confirmed or sent back with a reason
//! by the group. Nothing on this page changes a value.

use std::fmt::Write as _;

use itgel_device::{Error, ReviewDraft, Reviewed};
use itgel_domain::case::CaseState;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::SubjectId;
use itgel_text::{self as text, Lang, escape};

use super::evaluation::{asked, pages};
use super::{alert, grade, paragraph, reading};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page, Trouble};

/// Rows of a page: each grade is computed when it is shown.
const ROWS: u32 = 20;

/// What is wrong with what the group said of a household.
type Wrong<'a> = (&'a SubjectId, &'a [Violation]);

/// The list.
pub(crate) fn list(
    app: &FieldApp,
    session: &Session,
    query: &Form,
    wrong: Option<Wrong<'_>>,
) -> Result<Page, Trouble> {
    let lang = app.lang();
    let (gacha, cycle) = asked(app, session, query)?;
    let title = text::app_review(lang);
    let back = format!("/?gacha={gacha}");
    if !may_review(session, gacha)? {
        let mut html = String::new();
        alert(&mut html, &text::error(lang, ErrorCode::GroupUnlisted, &[]));
        let at = format!("/review?gacha={gacha}");
        return Ok(Page::new(title, at, html).back_to(back));
    }
    let page: u32 = query.get("page").parse().unwrap_or(1).max(1);
    let skip = (page - 1).saturating_mul(ROWS);
    let of_page = (skip, ROWS + 1);
    let mut due = session
        .device
        .reviews(gacha, &cycle.id, app.today(), of_page)?;
    let has_more = due.len() > ROWS as usize;
    due.truncate(ROWS as usize);
    let mut html = String::new();
    reading(&mut html, "note", &text::app_review_why(lang));
    if due.is_empty() {
        paragraph(&mut html, "empty", &text::app_review_none(lang));
    }
    html.push_str("<ul class=\"alike\">\n");
    for one in &due {
        let of_this = wrong.filter(|(id, _)| **id == one.id);
        let row = Row { lang, one, query };
        row.write(&mut html, of_this.map(|(_, wrong)| wrong));
    }
    html.push_str("</ul>\n");
    pages(&mut html, lang, ("/review", gacha), page, has_more);
    let at = format!("/review?gacha={gacha}&page={page}");
    Ok(Page::new(title, at, html).back_to(back))
}

/// Whether the officer may say something about a gacha: before its roll has come nobody can tell
/// here, and the server decides.
pub(crate) fn may_review(session: &Session, gacha: DivisionCode) -> Result<bool, Trouble> {
    Ok(session.device.is_group_member(gacha)?.unwrap_or(true))
}

/// Keeps what the group says of a household; the list again, with what is wrong.
pub(crate) fn save(app: &FieldApp, session: &Session, form: &Form) -> Result<Page, Trouble> {
    let (_, cycle) = asked(app, session, form)?;
    let subject: SubjectId = form
        .get("household")
        .parse()
        .map_err(|_| Trouble::NotFound)?;
    let draft = ReviewDraft {
        subject: subject.clone(),
        cycle: cycle.id,
        returned_for: match form.get("go") {
            "confirm" => None,
            _ => Some(form.get("reason").to_owned()),
        },
    };
    match session.device.put_review(draft, app.now()) {
        Ok(_) => list(app, session, form, None),
        Err(Error::Invalid(wrong)) => list(app, session, form, Some((&subject, &wrong))),
        Err(error) => Err(error.into()),
    }
}

/// A household of the list.
struct Row<'a> {
    lang: Lang,
    one: &'a Reviewed,
    query: &'a Form,
}

impl Row<'_> {
    fn write(&self, html: &mut String, wrong: Option<&[Violation]>) {
        let (lang, one) = (self.lang, self.one);
        let name = match one.name.is_empty() {
            true => text::app_name_unknown(lang),
            false => one.name.clone(),
        };
        let _ = writeln!(
            html,
            "<li id=\"h-{}\"><p><span class=\"code\">{}</span> <b>{}</b> <span class=\"badge draft\">{}</span></p>",
            one.id,
            escape(&one.local_code),
            escape(&name),
            escape(&text::grade_provisional(lang)),
        );
        let told = match &one.assessment {
            Some(assessment) => grade::range(lang, assessment),
            None => text::error(lang, ErrorCode::PackUnknown, &[]),
        };
        paragraph(html, "label", &told);
        for one in wrong.into_iter().flatten() {
            alert(html, &text::violation(lang, one));
        }
        match one.is_said {
            true => paragraph(html, "kept", &text::app_review_said(lang)),
            false => self.ask(html, wrong.is_some()),
        }
        html.push_str("</li>\n");
    }

    /// The one thing that the group can say now.
    fn ask(&self, html: &mut String, again: bool) {
        let (lang, one) = (self.lang, self.one);
        let _ = write!(
            html,
            "<form method=\"post\" action=\"/review\"><input type=\"hidden\" name=\"gacha\" value=\"{}\">\
             <input type=\"hidden\" name=\"page\" value=\"{}\">\
             <input type=\"hidden\" name=\"household\" value=\"{}\">",
            escape(self.query.get("gacha")),
            escape(self.query.get("page")),
            one.id
        );
        if one.state == CaseState::PreRated {
            let _ = writeln!(
                html,
                "<button class=\"main\" name=\"go\" value=\"confirm\">{}</button></form>",
                escape(&text::app_review_confirm(lang))
            );
            return;
        }
        let written = match again {
            true => self.query.get("reason"),
            false => "",
        };
        let _ = writeln!(
            html,
            "<label for=\"r-{id}\">{}</label><input id=\"r-{id}\" name=\"reason\" value=\"{}\" \
             autocomplete=\"off\"><p class=\"ends\"><button name=\"go\" value=\"return\">{}</button></p></form>",
            escape(&text::app_review_reason(lang)),
            escape(written),
            escape(&text::app_review_return(lang)),
            id = one.id,
        );
    }
}
