//! A section of the visit, written from the item catalogue, and what becomes of its form. Every
//! field is kept by itself as soon as it is left; the form as a whole is for a browser without the
//! script.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use itgel_domain::catalogue::{Catalogue, Item, Section};
use itgel_domain::item::{ItemPath, Observation};
use itgel_domain::pack::StockClass;
use itgel_text::{self as text, Lang, escape};

use super::field::{Entered, Field, entered, kept_as, stands};
use super::paragraph;
use super::visit::{Visit, section_name, warning_words};
use crate::app::FieldApp;
use crate::request::{Form, Page, Trouble};
use crate::value::{self, titled};

/// What the script is told after a field was kept.
#[derive(serde::Serialize)]
pub(crate) struct Kept {
    /// The value as it is kept, where it is not what was written.
    note: Option<String>,
    /// What is wrong with it; it is kept all the same.
    error: Option<String>,
    /// That it is kept.
    saved: String,
    /// Where the field stands now; absent for a form that is kept as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<String>,
    /// What looks wrong in its section now; absent where nothing was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<String>>,
}

/// What the script is told after a form was kept as it is.
pub(crate) fn form_kept(lang: Lang) -> Kept {
    Kept {
        note: None,
        error: None,
        saved: text::app_saved(lang),
        stands: None,
        warnings: None,
    }
}

/// What the script is told where a field could not be kept: the words stay in the field.
pub(crate) fn not_kept(lang: Lang, trouble: &Trouble) -> Kept {
    let words = match trouble {
        Trouble::Device(error) => text::error(lang, error.code(), &[]),
        Trouble::NotFound => text::app_not_saved(lang),
    };
    Kept {
        note: None,
        error: Some(words),
        saved: String::new(),
        stands: None,
        warnings: None,
    }
}

/// The page of a section. `add` names a repeating group that gets an empty place.
pub(crate) fn section(visit: &Visit<'_>, word: &str, add: &str) -> Result<Page, Trouble> {
    let section: Section = word.parse().map_err(|_| Trouble::NotFound)?;
    let lang = visit.lang;
    let mut html = String::new();
    warnings(&mut html, visit, section)?;
    let at = visit.at(&format!("section/{word}"));
    let _ = writeln!(
        html,
        "<form id=\"entry\" method=\"post\" action=\"{at}\" data-save=\"{}\">",
        visit.at("field")
    );
    if section == Section::Herd {
        herd(&mut html, visit)?;
    }
    let items: Vec<&Item> = visit
        .asked()
        .filter(|item| item.section == section)
        .collect();
    let mut groups: Vec<&str> = Vec::new();
    for item in &items {
        match item.repeats_in() {
            None if stock_class(&item.path).is_some() => {}
            None => html.push_str(&one(visit, item, None)),
            Some(group) if groups.contains(&group) => {}
            Some(group) => {
                groups.push(group);
                repeating(&mut html, visit, &items, (group, add));
            }
        }
    }
    let _ = writeln!(
        html,
        "<p class=\"ends\"><button>{}</button><button class=\"main\" name=\"go\" value=\"next\">{}</button></p>\n</form>",
        escape(&text::app_save(lang)),
        escape(&text::app_next(lang)),
    );
    Ok(Page::new(section_name(lang, section), at, html)
        .back_to(visit.at(""))
        .with_entry())
}

/// Warnings that are looked at in this section; the place is there without any, since they come and
/// go while one writes.
fn warnings(html: &mut String, visit: &Visit<'_>, section: Section) -> Result<(), Trouble> {
    let words = warned(visit, section)?;
    let hidden = if words.is_empty() { " hidden" } else { "" };
    let _ = write!(
        html,
        "<div class=\"warnings\" id=\"warnings\" role=\"status\" aria-live=\"polite\" tabindex=\"0\"{hidden}><h2>{}</h2>",
        escape(&text::app_warnings(visit.lang))
    );
    for one in words {
        paragraph(html, "warning", &one);
    }
    html.push_str("</div>\n");
    Ok(())
}

/// What looks wrong in a section (`domain.md` C.5), as the store has it now, in words.
fn warned(visit: &Visit<'_>, section: Section) -> Result<BTreeSet<String>, Trouble> {
    let checked = visit
        .session
        .device
        .check(&visit.subject.id, &visit.cycle.id, visit.today)?;
    let here = visit.at(&format!("section/{}", section.as_str()));
    let looked_at_here = checked
        .warnings
        .iter()
        .filter(|w| visit.place_of(&w.field).split('#').next() == Some(here.as_str()));
    Ok(looked_at_here
        .map(|warning| warning_words(visit.lang, warning))
        .collect())
}

/// A field of an item; of a repeating one that with the key.
fn one(visit: &Visit<'_>, item: &Item, key: Option<&str>) -> String {
    let name = key.map_or_else(|| item.path.clone(), |key| item.path.replacen('*', key, 1));
    name.parse()
        .map_or_else(|_| String::new(), |path| field(visit, item, &path).html())
}

fn field<'a>(visit: &'a Visit<'_>, item: &'a Item, path: &'a ItemPath) -> Field<'a> {
    let draft = visit.draft.get(path);
    let class = item.restricted.map(|class| class.as_str());
    Field {
        lang: visit.lang,
        item,
        path,
        draft: draft.map(|value| &value.observation),
        sealed: visit.sealed.get(path),
        earlier: visit.earlier.get(path),
        reason: draft.map_or("", |value| value.reason.as_str()),
        locked: class.filter(|class| !visit.ticked.contains(*class)),
    }
}

/// The instances of a repeating group, and a place for one more.
fn repeating(html: &mut String, visit: &Visit<'_>, items: &[&Item], (group, add): (&str, &str)) {
    let mut keys = keys(visit, group);
    // Nearly everybody has a plot: its first place is there without asking.
    if keys.is_empty() && group == "plot" {
        keys.push(free_key(visit, group, &keys));
    }
    if add == group {
        keys.push(free_key(visit, group, &keys));
    }
    let of_group = || items.iter().filter(|item| item.repeats_in() == Some(group));
    for (n, key) in keys.iter().enumerate() {
        let name = match group {
            "year" => key.clone(),
            _ => text::app_instance(visit.lang, (n + 1).to_string()),
        };
        let _ = writeln!(html, "<fieldset><legend>{}</legend>", escape(&name));
        for item in of_group() {
            html.push_str(&one(visit, item, Some(key)));
        }
        html.push_str("</fieldset>\n");
    }
    let what = of_group()
        .next()
        .map(|item| titled(visit.lang, &item.titles));
    let _ = writeln!(
        html,
        "<p><button name=\"go\" value=\"add:{group}\">＋ {}：{}</button></p>",
        escape(&text::app_add(visit.lang)),
        escape(what.unwrap_or_default()),
    );
}

/// The keys under which a group has values, drafted, sealed or of the campaign before.
fn keys(visit: &Visit<'_>, group: &str) -> Vec<String> {
    let paths = visit
        .draft
        .keys()
        .chain(visit.sealed.keys())
        .chain(visit.earlier.keys());
    let of_group = paths
        .filter_map(ItemPath::parts)
        .filter(|(g, _, _)| *g == group);
    let keys: BTreeSet<String> = of_group.map(|(_, key, _)| key.to_owned()).collect();
    keys.into_iter().collect()
}

/// A key that nothing has: of a year the one before, of anything else the next number.
fn free_key(visit: &Visit<'_>, group: &str, taken: &[String]) -> String {
    let is_free = |key: &String| !taken.contains(key);
    let found = match group {
        "year" => (1..i16::MAX)
            .map(|back| visit.today.year().saturating_sub(back).to_string())
            .find(is_free),
        _ => {
            let first = group.chars().next().unwrap_or('k');
            (1..=u32::MAX).map(|n| format!("{first}{n}")).find(is_free)
        }
    };
    found.unwrap_or_default()
}

/// The class of animals of an item of the count.
fn stock_class(path: &str) -> Option<StockClass> {
    let class = path
        .strip_prefix("herd.")
        .or_else(|| path.strip_prefix("penned."))?;
    class.parse().ok()
}

/// The count of animals as a table, a class a row, with its sheep units.
fn herd(html: &mut String, visit: &Visit<'_>) -> Result<(), Trouble> {
    let lang = visit.lang;
    let rules = visit
        .session
        .device
        .rules_for(&visit.subject.id, visit.today);
    // Before rules came there are no coefficients, and animals can be counted all the same.
    let coefficient =
        |class: StockClass| rules.as_ref().map_or(0, |(_, table)| table.milli_su(class));
    let heads = [
        text::app_class(lang),
        text::app_grazing(lang),
        text::app_penned(lang),
    ];
    html.push_str("<table class=\"herd\"><thead><tr>");
    for head in &heads {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(head));
    }
    html.push_str("</tr></thead><tbody>\n");
    let catalogue = Catalogue::builtin();
    let mut total = 0;
    for class in StockClass::ALL {
        let path = |group: &str| format!("{group}.{}", class.as_str());
        if catalogue.named(&path("herd")).is_none() {
            continue;
        }
        let title = text::stock_class(lang, *class);
        let _ = write!(
            html,
            "<tr data-su=\"{}\"><th scope=\"row\">{}</th>",
            coefficient(*class),
            escape(&title)
        );
        for (group, head) in [("herd", &heads[1]), ("penned", &heads[2])] {
            let name = path(group);
            let (Some(item), Ok(path)) = (catalogue.named(&name), name.parse()) else {
                continue;
            };
            total += heads_of(visit, &path) * coefficient(*class);
            let cell = field(visit, item, &path).cell(&format!("{title} {head}"));
            let _ = write!(html, "<td>{cell}</td>");
        }
        html.push_str("</tr>\n");
    }
    let shown = value::amount(itgel_domain::catalogue::Unit::MilliSu, total);
    let words = text::app_sheep_units(lang, decimal_marked(&shown));
    let _ = writeln!(html, "</tbody></table>\n<p class=\"total\">{words}</p>");
    Ok(())
}

/// The figure of the total, for the script to keep up to date.
fn decimal_marked(shown: &str) -> String {
    format!("<output id=\"su\">{}</output>", escape(shown))
}

fn heads_of(visit: &Visit<'_>, path: &ItemPath) -> i64 {
    let drafted = visit.draft.get(path).map(|value| &value.observation);
    let known = drafted.or_else(|| visit.sealed.get(path));
    known
        .and_then(|o| o.state.value()?.as_int())
        .filter(|heads| (0..=10_000_000).contains(heads))
        .unwrap_or(0)
}

/// Keeps what a form says about every field it has; whether something in it is wrong.
pub(crate) fn save(app: &FieldApp, visit: &Visit<'_>, form: &Form) -> Result<bool, Trouble> {
    let mut wrong = false;
    for (name, _) in &form.0 {
        let field = name.strip_prefix("s:");
        let Some(Ok(path)) = field.map(str::parse::<ItemPath>) else {
            continue;
        };
        let Some(item) = Catalogue::builtin().get(&path) else {
            continue;
        };
        let entered = entered(item, &path, form, visit.today);
        wrong |= is_wrong(item, &path, &entered);
        keep(app, visit, &path, entered, form.get(&format!("r:{path}")))?;
    }
    Ok(wrong)
}

/// Keeps one field; what the script shows beside it.
pub(crate) fn save_one(app: &FieldApp, visit: &Visit<'_>, form: &Form) -> Result<Kept, Trouble> {
    let path: ItemPath = form.get("item").parse().map_err(|_| Trouble::NotFound)?;
    let item = Catalogue::builtin().get(&path).ok_or(Trouble::NotFound)?;
    let entered = entered(item, &path, form, visit.today);
    let (mut note, mut error) = (None, None);
    let mut known = visit.sealed.get(&path);
    if let Entered::Value(observation) = &entered {
        known = Some(observation);
        let wrong = value::fault(item, &path, &observation.state);
        error = wrong.map(|wrong| text::violation(visit.lang, &wrong));
        let written = form.get(&format!("v:{path}"));
        note = kept_as(visit.lang, item, written, &observation.state);
    }
    let stands = stands(visit.lang, known);
    keep(app, visit, &path, entered, form.get(&format!("r:{path}")))?;
    Ok(Kept {
        stands: Some(stands),
        note,
        error,
        saved: text::app_saved(visit.lang),
        warnings: Some(warned(visit, item.section)?.into_iter().collect()),
    })
}

fn is_wrong(item: &Item, path: &ItemPath, entered: &Entered) -> bool {
    match entered {
        Entered::Nothing => false,
        Entered::Value(observation) => value::fault(item, path, &observation.state).is_some(),
    }
}

/// Keeps a field if it says something new: a value that stays as it was keeps its day.
fn keep(
    app: &FieldApp,
    visit: &Visit<'_>,
    path: &ItemPath,
    entered: Entered,
    reason: &str,
) -> Result<(), Trouble> {
    let (device, id, cycle) = (&visit.session.device, &visit.subject.id, &visit.cycle.id);
    let before = visit.draft.get(path);
    match entered {
        Entered::Nothing if before.is_some() => device.clear_value(id, cycle, path)?,
        Entered::Nothing => {}
        Entered::Value(observation) => {
            let same = |o: &Observation| {
                o.state == observation.state && o.evidence == observation.evidence
            };
            let is_known = before.is_some_and(|b| same(&b.observation) && b.reason == reason);
            if !is_known {
                device.put_correction(id, cycle, observation, reason, app.now())?;
            }
        }
    }
    Ok(())
}
