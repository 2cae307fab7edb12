//! Sealing: what is still wrong, the first signature, the second one, and the slip that the
//! household is given.

use std::fmt::Write as _;

use itgel_device::{Countersign, Error, Sealed};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_text::{self as text, escape};

use super::consent::{picture, signature};
use super::visit::{Visit, warning_words};
use super::{alert, door, grade, paragraph, saving};
use crate::app::FieldApp;
use crate::officers::Profile;
use crate::request::{Form, Page, Trouble};
use crate::value::plain;

/// The page: everything that is wrong at once, or the first signature.
pub(crate) fn seal(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let device = &visit.session.device;
    let mut html = String::new();
    let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
    if visit.draft.is_empty() && device.draft_consents(id, cycle)?.is_empty() {
        paragraph(&mut html, "empty", &text::app_records_none(lang));
        return Ok(page(visit, html));
    }
    let checked = device.check(id, cycle, visit.today)?;
    if !checked.violations.is_empty() {
        wrong(&mut html, visit, &checked.violations);
        return Ok(page(visit, html));
    }
    paragraph(&mut html, "kept", &text::app_nothing_to_fix(lang));
    for warning in &checked.warnings {
        let _ = writeln!(
            html,
            "<p class=\"warning\"><a href=\"{}\">{}</a></p>",
            visit.place_of(&warning.field),
            escape(&warning_words(lang, warning))
        );
    }
    paragraph(&mut html, "note", &text::app_seal_why(lang));
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"{}\"><p class=\"ends\"><button class=\"main\">{}</button></p></form>",
        visit.at("sign"),
        escape(&text::app_seal_first(lang))
    );
    Ok(page(visit, html))
}

/// The page of the second signature.
pub(crate) fn second(app: &FieldApp, visit: &Visit<'_>, refused: Option<&str>) -> Page {
    let lang = visit.lang;
    let mut html = String::new();
    if let Some(words) = refused {
        alert(&mut html, words);
    }
    let _ = writeln!(html, "<h2>{}</h2>", escape(&text::app_seal_second(lang)));
    let others = others(app, visit);
    if !others.is_empty() {
        by_pin(&mut html, visit, &others);
    }
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"{}\" class=\"door\"><p class=\"label\">{}</p>",
        visit.at("seal"),
        escape(&text::app_seal_by_drawing(lang))
    );
    signature(&mut html, lang, "");
    let _ = writeln!(
        html,
        "<button class=\"main\" name=\"by\" value=\"drawing\">{}</button></form>",
        escape(&text::app_seal_now(lang))
    );
    page(visit, html)
}

fn by_pin(html: &mut String, visit: &Visit<'_>, others: &[Profile]) {
    let lang = visit.lang;
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"{}\" class=\"door\"><p class=\"label\">{}</p><div class=\"chips\">",
        visit.at("seal"),
        escape(&text::app_seal_by_officer(lang))
    );
    for (at, one) in others.iter().enumerate() {
        let checked = if at == 0 { " checked" } else { "" };
        let _ = writeln!(
            html,
            "<input type=\"radio\" id=\"o{at}\" name=\"officer\" value=\"{}\"{checked}><label for=\"o{at}\">{}</label>",
            escape(&one.folder),
            escape(one.officer.as_str())
        );
    }
    let _ = writeln!(
        html,
        "</div><div class=\"field\"><label for=\"pin\">{}</label><input type=\"password\" id=\"pin\" \
         name=\"pin\" inputmode=\"numeric\" autocomplete=\"off\"></div>\
         <button class=\"main\" name=\"by\" value=\"officer\">{}</button></form>",
        escape(&text::app_pin(lang)),
        escape(&text::app_seal_now(lang))
    );
}

/// The other officers of this device who work with the same server.
fn others(app: &FieldApp, visit: &Visit<'_>) -> Vec<Profile> {
    let own = &visit.session.profile;
    let is_other = |p: &Profile| p.officer != own.officer && p.server == own.server;
    app.officers().list().into_iter().filter(is_other).collect()
}

/// Seals with the second signature that a form gives: the slip, or the page that asks again.
pub(crate) fn save(app: &FieldApp, visit: &Visit<'_>, form: &Form) -> Result<Page, Trouble> {
    let (lang, device) = (visit.lang, &visit.session.device);
    let done = match form.get("by") {
        "officer" => {
            let of_folder = |p: &Profile| p.folder == form.get("officer");
            let Some(other) = others(app, visit).into_iter().find(of_folder) else {
                return Err(Trouble::NotFound);
            };
            let signer = match app.officers().signer_of(&other, &plain(form.get("pin"))) {
                Ok(signer) => signer,
                Err(error) => return Ok(second(app, visit, Some(&door::refusal(lang, &error)))),
            };
            sealed(
                app,
                visit,
                &Countersign::Officer {
                    officer: other.officer,
                    signer: &signer,
                    steady_ms: Some(app.steady_ms()),
                },
            )
        }
        _ => {
            let Some(drawn) = picture(form.get("signature")) else {
                return Ok(second(app, visit, Some(&text::app_sign_missing(lang))));
            };
            let picture = device.put_picture(&visit.subject.id, &drawn, app.now())?;
            sealed(app, visit, &Countersign::Drawn { picture })
        }
    };
    match done {
        Ok(sealed) => slip(visit, &sealed),
        Err(Error::Invalid(violations)) => {
            let mut html = String::new();
            wrong(&mut html, visit, &violations);
            Ok(page(visit, html))
        }
        Err(error) => Err(error.into()),
    }
}

fn sealed(app: &FieldApp, visit: &Visit<'_>, second: &Countersign<'_>) -> Result<Sealed, Error> {
    let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
    visit
        .session
        .device
        .seal(id, cycle, visit.today, app.now(), second)
}

/// What the household is given (`domain.md` D.5).
fn slip(visit: &Visit<'_>, sealed: &Sealed) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let mut html = String::from("<section class=\"slip\">\n");
    let mut line = |label: String, value: &str, class: &str| {
        let _ = writeln!(
            html,
            "<p><span class=\"label\">{}</span> <b class=\"{class}\">{}</b></p>",
            escape(&label),
            escape(value)
        );
    };
    line(text::app_slip_code(lang), &sealed.code, "letters");
    line(visit.cycle.name.clone(), &visit.subject.local_code, "");
    line(text::assessment_as_of(lang), &visit.today.to_string(), "");
    let grade = grade::range(visit.lang, &sealed.assessment);
    line(text::app_section_grade(lang), &grade, "");
    for (person, number) in &sealed.consent_receipts {
        let of = super::people::role_name(visit.lang, person);
        line(
            format!("{} · {of}", text::app_slip_consent(lang)),
            &number.to_string(),
            "",
        );
    }
    html.push_str("</section>\n");
    paragraph(&mut html, "note", &text::app_slip_why(lang));
    let link = saving::link(lang, &sealed.code, &text::app_slip(lang), &html);
    paragraph(&mut html, "note", &text::sync_saved(lang));
    let _ = writeln!(
        html,
        "<p class=\"ends\"><button data-prints>{}</button>{link}<a class=\"button main\" href=\"/sync\">{}</a></p>",
        escape(&text::app_print(lang)),
        escape(&text::app_sync(lang))
    );
    Ok(Page::new(text::app_slip(lang), visit.at("records"), html).back_to("/"))
}

/// Everything that forbids it, each with the way to its field.
fn wrong(html: &mut String, visit: &Visit<'_>, violations: &[Violation]) {
    let _ = writeln!(
        html,
        "<h2>{}</h2>\n<ul class=\"to-fix\">",
        escape(&text::app_to_fix(visit.lang))
    );
    for one in violations {
        // A violation of the campaign or of the officer has no field: its words say it all.
        let has_place = !matches!(
            one.code,
            ErrorCode::CycleClosed | ErrorCode::ConflictOfInterest
        );
        let words = escape(&text::violation(visit.lang, one));
        let _ = match has_place {
            true => writeln!(
                html,
                "<li><a href=\"{}\"><b>{}</b> {words}</a></li>",
                visit.place_of(&one.field),
                escape(&visit.name_of(&one.field)),
            ),
            false => writeln!(html, "<li>{words}</li>"),
        };
    }
    html.push_str("</ul>\n");
}

fn page(visit: &Visit<'_>, html: String) -> Page {
    Page::new(text::app_section_seal(visit.lang), visit.at("seal"), html).back_to(visit.at(""))
}
