//! One field: entry, unit, state, evidence, last year's value, what is wrong with it.

use std::fmt::Write as _;

use itgel_domain::catalogue::{Item, Kind, Section};
use itgel_domain::item::{Evidence, ItemPath, Observation, State, Value};
use itgel_text::{self as text, Lang, escape};
use jiff::civil::Date;

use crate::request::Form;
use crate::value::{self, titled};

/// A field and what is known of its item.
pub(crate) struct Field<'a> {
    pub(crate) lang: Lang,
    pub(crate) item: &'a Item,
    pub(crate) path: &'a ItemPath,
    /// As it is drafted.
    pub(crate) draft: Option<&'a Observation>,
    /// As this officer sealed it before.
    pub(crate) sealed: Option<&'a Observation>,
    /// As it was found in the last cycle; never filled in.
    pub(crate) earlier: Option<&'a Observation>,
    /// Why a sealed value is corrected.
    pub(crate) reason: &'a str,
    /// The class that no consent names, if the item is locked by it.
    pub(crate) locked: Option<&'a str>,
}

/// What a form says about one item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// Nothing: the draft has no value of it.
    Nothing,
    /// A value or a state.
    Value(Observation),
}

/// How most values of a section are known, until the officer says otherwise (`domain.md` B.1.7):
/// animals and buildings are counted on the spot, everything else is told.
pub(crate) const fn usual_evidence(section: Section) -> Evidence {
    match section {
        Section::Herd | Section::Facilities | Section::Fodder => Evidence::B,
        _ => Evidence::C,
    }
}

impl Field<'_> {
    /// The field with its label.
    pub(crate) fn html(&self) -> String {
        let id = self.id();
        let title = escape(titled(self.lang, &self.item.titles));
        let core = if self.item.core { " core" } else { "" };
        let wrong = if self.fault().is_some() { " wrong" } else { "" };
        let mut html = format!(
            "<div class=\"field{core}{wrong}\" id=\"{id}\" data-item=\"{}\">",
            self.path
        );
        let is_group = matches!(&self.item.kind, Kind::Flag | Kind::Choice(_));
        let _ = match is_group || self.locked.is_some() {
            true => write!(html, "<p class=\"label\">{title}</p>"),
            false => write!(html, "<label for=\"{id}-v\">{title}</label>"),
        };
        html.push_str("<div class=\"entry\">");
        match self.locked {
            Some(class) => html.push_str(&self.lock(class)),
            None => html.push_str(&self.control()),
        }
        html.push_str("</div>");
        html.push_str(&self.beside());
        html.push_str(&self.details());
        html.push_str("</div>\n");
        html
    }

    /// The same in a cell of a table, whose head has the label.
    pub(crate) fn cell(&self, label: &str) -> String {
        let wrong = if self.fault().is_some() { " wrong" } else { "" };
        format!(
            "<div class=\"field cell{wrong}\" id=\"{}\" data-item=\"{}\">\
             <input id=\"{0}-v\" name=\"v:{1}\" value=\"{2}\" inputmode=\"numeric\" \
             autocomplete=\"off\" aria-label=\"{3}\">{4}{5}</div>",
            self.id(),
            self.path,
            escape(&self.written()),
            escape(label),
            self.beside(),
            self.details(),
        )
    }

    fn id(&self) -> String {
        format!("f-{}", self.path)
    }

    fn state(&self) -> Option<&State> {
        self.draft.map(|observation| &observation.state)
    }

    /// What stands in the entry field.
    fn written(&self) -> String {
        let value = self.state().and_then(State::value);
        value.map_or_else(String::new, |value| value::entry(self.item, value))
    }

    fn fault(&self) -> Option<String> {
        let wrong = value::fault(self.item, self.path, self.state()?)?;
        Some(text::violation(self.lang, &wrong))
    }

    fn control(&self) -> String {
        let written = self.written();
        match &self.item.kind {
            Kind::Flag => {
                let (yes, no) = (text::answer_yes(self.lang), text::answer_no(self.lang));
                self.chips(&[("1", yes), ("0", no)], &written)
            }
            Kind::Choice(choices) => {
                let name = |titles| titled(self.lang, titles).to_owned();
                let offered: Vec<(&str, String)> = choices
                    .iter()
                    .map(|choice| (choice.word.as_str(), name(&choice.titles)))
                    .collect();
                self.chips(&offered, &written)
            }
            Kind::Day => self.input("date", "", &written),
            Kind::Text(_) => self.input("text", "", &written),
            Kind::Quantity { unit, .. } => {
                let units = value::written_units(*unit);
                let pad = if units.len() > 1 {
                    "decimal"
                } else {
                    "numeric"
                };
                let mode = format!(" inputmode=\"{pad}\"");
                let input = self.input("text", &mode, &written);
                format!("{input}{}", self.units(units))
            }
        }
    }

    fn input(&self, kind: &str, mode: &str, written: &str) -> String {
        // A day that is none would be swallowed by the browser's own entry field.
        let kind = match kind == "date" && self.fault().is_some() {
            true => "text",
            false => kind,
        };
        format!(
            "<input type=\"{kind}\"{mode} id=\"{}-v\" name=\"v:{}\" value=\"{}\" autocomplete=\"off\">",
            self.id(),
            self.path,
            escape(written)
        )
    }

    fn units(&self, units: &[&str]) -> String {
        let Kind::Quantity { unit, .. } = self.item.kind else {
            return String::new();
        };
        let name = |written: &str| escape(&value::unit_name(self.lang, unit, written));
        if let [only] = units {
            return format!("<span class=\"unit\">{}</span>", name(only));
        }
        let mut html = format!(
            "<select name=\"u:{}\" class=\"unit\" aria-label=\"{}\">",
            self.path,
            escape(&text::app_unit(self.lang))
        );
        for written in units {
            let _ = write!(
                html,
                "<option value=\"{written}\">{}</option>",
                name(written)
            );
        }
        html.push_str("</select>");
        html
    }

    /// Large targets, one of which is chosen; none is chosen before.
    fn chips(&self, offered: &[(&str, String)], chosen: &str) -> String {
        let mut html = String::from("<div class=\"chips\" role=\"radiogroup\">");
        for (at, (word, name)) in offered.iter().enumerate() {
            let checked = if *word == chosen { " checked" } else { "" };
            let _ = write!(
                html,
                "<input type=\"radio\" id=\"{id}-v{at}\" name=\"v:{path}\" value=\"{word}\"{checked}>\
                 <label for=\"{id}-v{at}\">{name}</label>",
                id = self.id(),
                path = self.path,
                name = escape(name),
            );
        }
        html.push_str("</div>");
        html
    }

    fn lock(&self, class: &str) -> String {
        let name = text::word(self.lang, class).unwrap_or_else(|| class.to_owned());
        let words = text::app_locked_item(self.lang, name);
        format!("<p class=\"lock\">{}</p>", escape(&words))
    }

    /// What stands under the entry: the error, the value as kept, the last one.
    fn beside(&self) -> String {
        let mut html = String::new();
        let fault = self.fault();
        let hidden = if fault.is_none() { " hidden" } else { "" };
        let _ = write!(
            html,
            "<p class=\"error\" role=\"alert\"{hidden}>{}</p>",
            escape(&fault.unwrap_or_default())
        );
        let sealed = self.sealed.map(|observation| &observation.state);
        if let Some(sealed) = sealed {
            let shown = value::shown(self.lang, self.item, sealed);
            let words = text::app_sealed_value(self.lang, shown);
            let _ = write!(html, "<p class=\"beside\">{}</p>", escape(&words));
        }
        if let Some(earlier) = self.earlier {
            let shown = value::shown(self.lang, self.item, &earlier.state);
            let words = text::app_last_year(self.lang, shown);
            let _ = write!(html, "<p class=\"beside\">{}</p>", escape(&words));
        }
        html
    }

    /// State and evidence, folded: most values are known and known in the usual way.
    fn details(&self) -> String {
        let state = self.state_word();
        let evidence = self
            .draft
            .map_or(usual_evidence(self.item.section), |o| o.evidence);
        let stands = match self.locked {
            Some(_) if self.draft.is_none() => self.state_name(state),
            _ => stands(self.lang, self.draft.or(self.sealed)),
        };
        let mut html = format!(
            "<details><summary>{}</summary><div class=\"more\"><select name=\"s:{}\" aria-label=\"{}\">",
            escape(&stands),
            self.path,
            escape(&text::app_state(self.lang)),
        );
        for word in self.states() {
            let selected = if word == state { " selected" } else { "" };
            let name = escape(&self.state_name(word));
            let _ = write!(html, "<option value=\"{word}\"{selected}>{name}</option>");
        }
        let label = escape(&text::app_evidence(self.lang));
        let _ = write!(
            html,
            "</select><select name=\"e:{}\" aria-label=\"{label}\">",
            self.path
        );
        for one in [Evidence::A, Evidence::B, Evidence::C, Evidence::D] {
            let selected = if one == evidence { " selected" } else { "" };
            let letter = evidence_letter(one);
            let name = escape(&text::evidence(self.lang, one));
            let _ = write!(
                html,
                "<option value=\"{letter}\"{selected}>{letter} {name}</option>"
            );
        }
        html.push_str("</select>");
        if self.sealed.is_some() {
            let label = escape(&text::app_correct_why(self.lang));
            let _ = write!(
                html,
                "<input name=\"r:{}\" value=\"{}\" placeholder=\"{label}\" aria-label=\"{label}\">",
                self.path,
                escape(self.reason)
            );
        }
        html.push_str("</div></details>");
        html
    }

    fn states(&self) -> Vec<&'static str> {
        let mut words = match self.locked {
            Some(_) => vec![""],
            None => vec!["known"],
        };
        if self.item.may_not_apply {
            words.push("not_applicable");
        }
        words.extend(["unknown", "refused"]);
        words
    }

    fn state_word(&self) -> &'static str {
        match (self.state(), self.locked) {
            (Some(State::NotApplicable), _) => "not_applicable",
            (Some(State::Unknown), _) => "unknown",
            (Some(State::Refused), _) => "refused",
            (_, Some(_)) => "",
            _ => "known",
        }
    }

    fn state_name(&self, word: &str) -> String {
        match word {
            "known" => text::state_known(self.lang),
            "not_applicable" => text::state_not_applicable(self.lang),
            "unknown" => text::state_unknown(self.lang),
            "refused" => text::state_refused(self.lang),
            _ => text::app_choose_none(self.lang),
        }
    }
}

/// Where a field stands, in a line: nothing, or how its value is known.
pub(crate) fn stands(lang: Lang, known: Option<&Observation>) -> String {
    let Some(observation) = known else {
        return text::app_nothing_entered(lang);
    };
    let state = match observation.state {
        State::NotApplicable => text::state_not_applicable(lang),
        State::Unknown => text::state_unknown(lang),
        State::Refused => text::state_refused(lang),
        _ => text::state_known(lang),
    };
    format!("{state} · {}", evidence_letter(observation.evidence))
}

const fn evidence_letter(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::A => "A",
        Evidence::B => "B",
        Evidence::C => "C",
        Evidence::D => "D",
    }
}

/// What a form says about an item on a day. A state beside "known" is an answer of its own; a
/// value that was written goes before it only if the state says "known".
pub(crate) fn entered(item: &Item, path: &ItemPath, form: &Form, on: Date) -> Entered {
    let of = |part: &str| form.get(&format!("{part}:{path}"));
    let unit = match (of("u"), &item.kind) {
        ("", Kind::Quantity { unit, .. }) => value::written_units(*unit)
            .first()
            .copied()
            .unwrap_or_default(),
        (unit, _) => unit,
    };
    let known = || value::read(item, of("v"), unit).map(State::Known);
    let state = match of("s") {
        "not_applicable" => Some(State::NotApplicable),
        "unknown" => Some(State::Unknown),
        "refused" => Some(State::Refused),
        _ => known(),
    };
    let evidence = match of("e") {
        "A" => Evidence::A,
        "B" => Evidence::B,
        "C" => Evidence::C,
        "D" => Evidence::D,
        _ => usual_evidence(item.section),
    };
    state.map_or(Entered::Nothing, |state| {
        Entered::Value(Observation {
            item: path.clone(),
            state,
            evidence,
            observed_on: on,
        })
    })
}

/// How a value is kept, where that is not what was written: another unit, or a full-width number.
pub(crate) fn kept_as(lang: Lang, item: &Item, written: &str, state: &State) -> Option<String> {
    let Kind::Quantity { .. } = item.kind else {
        return None;
    };
    let State::Known(value @ Value::Int(_)) = state else {
        return None;
    };
    let differs = value::entry(item, value) != written.trim();
    differs.then(|| text::app_stored_as(lang, value::shown(lang, item, state)))
}
