//! Registering a household that is on no list, and the warning before it: those on this device that
//! look like it. The officer says which is the same, or why none is.

use std::fmt::Write as _;

use itgel_device::{Alike, Error, NewHousehold};
use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::id::SubjectId;
use itgel_domain::person::Likeness;
use itgel_text::{self as text, Lang, escape};

use super::place::Places;
use super::{alert, paragraph, people};
use crate::app::{FieldApp, Session};
use crate::request::{Form, Page, Trouble};
use crate::value::plain;

/// What became of a form.
pub(crate) enum Registered {
    /// It is a household under this id.
    As(SubjectId),
    /// Something is wrong, or to be decided.
    Not(Page),
}

/// The page, with what was written.
pub(crate) fn register(app: &FieldApp, session: &Session, form: &Form) -> Result<Page, Trouble> {
    page(app, session, form, (&[], &[]))
}

/// Registers the household of a form.
pub(crate) fn save(app: &FieldApp, session: &Session, form: &Form) -> Result<Registered, Trouble> {
    let new = household(app, session, form)?;
    let wrong = session.device.check_household(&new, app.now())?;
    if !wrong.is_empty() {
        return page(app, session, form, (&wrong, &[])).map(Registered::Not);
    }
    let alike = session.device.alike(&new)?;
    let seen: Vec<SubjectId> = form
        .all("unlike")
        .filter_map(|id| id.parse().ok())
        .collect();
    if alike.iter().any(|one| !seen.contains(&one.id)) {
        return page(app, session, form, (&[], &alike)).map(Registered::Not);
    }
    let unlike: Vec<SubjectId> = alike.iter().map(|one| one.id.clone()).collect();
    let registered = session
        .device
        .register(&new, (&unlike, form.get("reason")), app.now());
    match registered {
        Ok(id) => Ok(Registered::As(id)),
        Err(Error::Invalid(wrong)) => {
            page(app, session, form, (&wrong, &alike)).map(Registered::Not)
        }
        Err(error) => Err(error.into()),
    }
}

fn household(app: &FieldApp, session: &Session, form: &Form) -> Result<NewHousehold, Trouble> {
    let gachas = session.device.gachas()?;
    let asked = form.get("gacha").parse::<DivisionCode>().ok();
    let known = asked.filter(|asked| gachas.iter().any(|(gacha, _)| gacha == asked));
    let first = gachas.first().map(|(gacha, _)| *gacha);
    Ok(NewHousehold {
        division: known.or(first).ok_or(Trouble::NotFound)?,
        local_code: plain(form.get("code")),
        people: people::written(form),
        place: app.here(session),
    })
}

fn page(
    app: &FieldApp,
    session: &Session,
    form: &Form,
    (wrong, alike): (&[Violation], &[Alike]),
) -> Result<Page, Trouble> {
    let lang = app.lang();
    let new = household(app, session, form)?;
    let mut html = String::new();
    let of_code = |one: &&Violation| one.field == "registration/local_code";
    let of_reason = |one: &&Violation| one.field == "registration/reason";
    let others = wrong.iter().filter(|one| !of_code(one) && !of_reason(one));
    people::unplaced(&mut html, lang, &others.cloned().collect::<Vec<_>>());
    if alike.is_empty() {
        paragraph(&mut html, "note", &text::app_register_why(lang));
    }
    html.push_str("<form id=\"entry\" method=\"post\" action=\"/register\">\n");
    if !alike.is_empty() {
        candidates(&mut html, &Places::of(session, lang)?, lang, alike);
        let wrong = wrong.iter().find(of_reason);
        reason(&mut html, lang, form.get("reason"), wrong);
    }
    gachas(&mut html, lang, session, new.division)?;
    code(&mut html, lang, &new.local_code, wrong.iter().find(of_code));
    if new.place.is_none() {
        let _ = writeln!(
            html,
            "<p><button type=\"button\" data-here=\"stay\" data-failed=\"{}\" data-done=\"{}\">{}</button></p>",
            escape(&text::app_place_none(lang)),
            escape(&text::app_place_told(lang)),
            escape(&text::app_place_compare(lang))
        );
    }
    people::inputs(&mut html, lang, &new.people, wrong);
    if alike.is_empty() {
        submit(&mut html, &text::app_register(lang));
    }
    html.push_str("</form>\n");
    let at = format!("/register?gacha={}", new.division);
    let page = Page::new(text::app_register(lang), at, html);
    Ok(page
        .back_to(format!("/?gacha={}", new.division))
        .with_entry())
}

fn submit(html: &mut String, words: &str) {
    let _ = writeln!(
        html,
        "<p class=\"ends\"><button class=\"main\" name=\"go\" value=\"next\">{}</button></p>",
        escape(words)
    );
}

fn gachas(
    html: &mut String,
    lang: Lang,
    session: &Session,
    chosen: DivisionCode,
) -> Result<(), Trouble> {
    let name = escape(&text::division_gacha(lang));
    let _ = write!(
        html,
        "<div class=\"field\"><label for=\"gacha\">{name}</label><select id=\"gacha\" name=\"gacha\">"
    );
    let places = Places::of(session, lang)?;
    for (gacha, _) in session.device.gachas()? {
        let selected = if gacha == chosen { " selected" } else { "" };
        let name = escape(&places.named(gacha));
        let _ = write!(html, "<option value=\"{gacha}\"{selected}>{name}</option>");
    }
    html.push_str("</select></div>\n");
    Ok(())
}

fn code(html: &mut String, lang: Lang, written: &str, wrong: Option<&Violation>) {
    let label = text::app_register_code(lang);
    input(html, lang, ("code", &label), written, wrong);
}

fn reason(html: &mut String, lang: Lang, written: &str, wrong: Option<&Violation>) {
    let label = text::app_alike_reason(lang);
    input(html, lang, ("reason", &label), written, wrong);
    submit(html, &text::app_alike_other(lang));
}

fn input(
    html: &mut String,
    lang: Lang,
    (name, label): (&str, &str),
    written: &str,
    wrong: Option<&Violation>,
) {
    let class = if wrong.is_some() {
        "field wrong"
    } else {
        "field"
    };
    let _ = writeln!(
        html,
        "<div class=\"{class}\"><label for=\"{name}\">{}</label>\
         <input id=\"{name}\" name=\"{name}\" value=\"{}\" autocomplete=\"off\">",
        escape(label),
        escape(written)
    );
    if let Some(wrong) = wrong {
        alert(html, &text::violation(lang, wrong));
    }
    html.push_str("</div>\n");
}

/// Those that look like it, each with what speaks for it and the way to it.
fn candidates(html: &mut String, places: &Places, lang: Lang, alike: &[Alike]) {
    alert(html, &text::error(lang, ErrorCode::SubjectAlike, &[]));
    html.push_str("<ul class=\"alike\">\n");
    for one in alike {
        let beside = [
            one.born_year
                .map(|year| text::app_born(lang, year.to_string())),
            (!one.spouse.is_empty()).then(|| text::app_spouse(lang, &one.spouse)),
            (!one.masked_number.is_empty()).then(|| one.masked_number.clone()),
            Some(places.named(one.division)),
        ];
        let beside: Vec<String> = beside.into_iter().flatten().collect();
        let speaks: Vec<String> = one
            .likenesses
            .iter()
            .map(|likeness| likeness_name(lang, *likeness))
            .collect();
        let _ = writeln!(
            html,
            "<li><input type=\"hidden\" name=\"unlike\" value=\"{id}\"><p class=\"label\">{} {}</p>\
             <p class=\"note\">{}</p><p class=\"waiting\">{}</p>\
             <a class=\"button\" href=\"/visit/{id}\">{}</a></li>",
            escape(&one.local_code),
            escape(&one.name),
            escape(&beside.join(" · ")),
            escape(&speaks.join(" · ")),
            escape(&text::app_alike_open(lang)),
            id = one.id,
        );
    }
    html.push_str("</ul>\n");
}

fn likeness_name(lang: Lang, likeness: Likeness) -> String {
    match likeness {
        Likeness::SameNumber => text::app_alike_number(lang),
        Likeness::SamePhone => text::app_alike_phone(lang),
        Likeness::SamePlace => text::app_alike_place(lang),
        Likeness::SameName => text::app_alike_name(lang),
        Likeness::NearName => text::app_alike_near(lang),
        Likeness::NearPlace => text::app_alike_here(lang),
    }
}
