//! Who lives there: the adults, by the ID card. It is written into the chain when it is saved, so it
//! is a form with a button and not a draft.

use std::fmt::Write as _;

use itgel_device::Error;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::identity::Person;
use itgel_text::{self as text, Lang, escape};

use super::visit::Visit;
use super::{alert, paragraph};
use crate::app::FieldApp;
use crate::request::{Form, Page, Trouble};
use crate::value::plain;

/// The people that a household can have here, by role.
const ROLES: [&str; 4] = ["head", "spouse", "adult-2", "adult-3"];

/// The parts of a person, with what the keypad is for.
const PARTS: [(&str, &str); 4] = [
    ("name", "text"),
    ("mn", "text"),
    ("id", "text"),
    ("phone", "tel"),
];

/// Digits of an ID number of the old form (`domain.md` G 5).
const OLD_DIGITS: usize = 15;

/// The page, with what is known.
pub(crate) fn people(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let records = visit.session.device.identity(&visit.subject.id)?;
    let known = records
        .first()
        .map(|record| record.people.clone())
        .unwrap_or_default();
    let drafted = visit.session.device.drafted_people(&visit.subject.id)?;
    let mut page = page(visit, drafted.as_ref().unwrap_or(&known), &[]);
    if drafted.is_some() {
        let mut html = String::new();
        paragraph(&mut html, "waiting", &text::app_people_unsaved(visit.lang));
        page.main.insert_str(0, &html);
    }
    if records.len() > 1 {
        let mut html = String::new();
        alert(&mut html, &text::app_several_identities(visit.lang));
        page.main.insert_str(0, &html);
    }
    Ok(page)
}

/// The page with these people in its fields.
pub(crate) fn page(visit: &Visit<'_>, people: &[Person], wrong: &[Violation]) -> Page {
    let lang = visit.lang;
    let mut html = String::new();
    paragraph(&mut html, "note", &text::app_people_why(lang));
    unplaced(&mut html, lang, wrong);
    let at = visit.at("people");
    let _ = writeln!(
        html,
        "<form id=\"entry\" method=\"post\" action=\"{at}\" data-keeps=\"{at}/draft\">"
    );
    inputs(&mut html, lang, people, wrong);
    let _ = writeln!(
        html,
        "<p class=\"state\" role=\"status\"></p><p class=\"ends\"><button class=\"main\" name=\"go\" value=\"next\">{}</button></p>\n</form>",
        escape(&text::app_save(lang)),
    );
    Page::new(text::app_section_people(lang), at, html)
        .back_to(visit.at(""))
        .with_entry()
}

/// What is wrong and has no field of its own.
pub(crate) fn unplaced(html: &mut String, lang: Lang, wrong: &[Violation]) {
    for one in wrong.iter().filter(|one| !one.field.contains('#')) {
        alert(html, &text::violation(lang, one));
    }
}

/// The fields of every role, each with what is wrong with it.
pub(crate) fn inputs(html: &mut String, lang: Lang, people: &[Person], wrong: &[Violation]) {
    for role in ROLES {
        let person = people.iter().find(|person| person.role == role);
        let open = match person.is_some() || role == "head" {
            true => " open",
            false => "",
        };
        let _ = writeln!(
            html,
            "<details class=\"person\"{open}><summary>{}</summary>",
            escape(&role_name(lang, role))
        );
        for (part, pad) in PARTS {
            let field = format!("identity/{role}#{part}");
            let wrong = wrong.iter().find(|one| one.field == field);
            input(html, lang, person, (role, part, pad), wrong);
        }
        html.push_str("</details>\n");
    }
}

fn input(
    html: &mut String,
    lang: Lang,
    person: Option<&Person>,
    (role, part, pad): (&str, &str, &str),
    wrong: Option<&Violation>,
) {
    let label = match part {
        "name" => text::app_full_name(lang),
        "mn" => text::app_name_mn(lang),
        "id" => text::app_id_number(lang),
        _ => text::app_phone(lang),
    };
    let value = person.and_then(|person| match part {
        "name" => Some(person.full_name.as_str()),
        "mn" => person.name_mn.as_deref(),
        "id" => person.id_number.as_deref(),
        _ => person.phone.as_deref(),
    });
    let value = value.unwrap_or_default();
    let class = if wrong.is_some() {
        "field wrong"
    } else {
        "field"
    };
    let _ = writeln!(
        html,
        "<div class=\"{class}\"><label for=\"{role}-{part}\">{}</label>\
         <input id=\"{role}-{part}\" name=\"{role}:{part}\" inputmode=\"{pad}\" value=\"{}\" \
         autocomplete=\"off\">",
        escape(&label),
        escape(value)
    );
    if let Some(wrong) = wrong {
        alert(html, &fault_words(lang, wrong, value));
    }
    html.push_str("</div>\n");
}

/// What is wrong with a part of a person; a number of the old form says what to write instead.
fn fault_words(lang: Lang, wrong: &Violation, written: &str) -> String {
    let is_old = written.len() == OLD_DIGITS && written.bytes().all(|b| b.is_ascii_digit());
    match wrong.code {
        ErrorCode::PersonIdInvalid if is_old => text::app_id_old(lang),
        _ => text::violation(lang, wrong),
    }
}

/// What a role is called.
pub(crate) fn role_name(lang: Lang, role: &str) -> String {
    match role {
        "head" => text::app_role_head(lang),
        "spouse" => text::app_role_spouse(lang),
        other => {
            let n = other.rsplit('-').next().unwrap_or(other);
            text::app_role_adult(lang, n)
        }
    }
}

/// The people of a form: a role with nothing in it is nobody.
pub(crate) fn written(form: &Form) -> Vec<Person> {
    let of = |role: &str, part: &str| {
        let value = form.get(&format!("{role}:{part}")).trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let number =
        |role: &str, part: &str| of(role, part).map(|text| plain(&text).to_ascii_uppercase());
    let people = ROLES.into_iter().map(|role| Person {
        role: role.to_owned(),
        full_name: of(role, "name").unwrap_or_default(),
        name_mn: of(role, "mn"),
        id_number: number(role, "id"),
        phone: number(role, "phone"),
    });
    let is_somebody = |p: &Person| {
        !p.full_name.is_empty() || p.name_mn.is_some() || p.id_number.is_some() || p.phone.is_some()
    };
    people.filter(is_somebody).collect()
}

/// Keeps the people as they are being written, whole or not.
pub(crate) fn keep(app: &FieldApp, visit: &Visit<'_>, form: &Form) -> Result<(), Trouble> {
    let (device, id) = (&visit.session.device, &visit.subject.id);
    let people = written(form);
    let known = device.identity(id)?;
    let is_known = known
        .first()
        .map_or(people.is_empty(), |record| record.people == people);
    match is_known {
        true => device.clear_drafted_people(id)?,
        false => device.put_drafted_people(id, &people, app.now())?,
    }
    Ok(())
}

/// Writes the people, if they are others than before; what is wrong with them otherwise.
pub(crate) fn save(
    app: &FieldApp,
    visit: &Visit<'_>,
    people: Vec<Person>,
) -> Result<Vec<Violation>, Trouble> {
    let device = &visit.session.device;
    let known = device.identity(&visit.subject.id)?;
    if known.len() == 1 && known.first().is_some_and(|record| record.people == people) {
        device.clear_drafted_people(&visit.subject.id)?;
        return Ok(Vec::new());
    }
    match device.put_identity(&visit.subject.id, people, app.now()) {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Invalid(wrong)) => Ok(wrong),
        Err(error) => Err(error.into()),
    }
}
