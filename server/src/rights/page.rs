//! What is printed at the counter, in the person's language: the own file (`domain.md` L-07), and
//! the notice before collection (L-16), which is written from the register of fields.

mod consent;
mod register;

use std::collections::BTreeMap;

use itgel_domain::assess::Assessment;
use itgel_domain::catalogue::{Catalogue, Item, Kind, Titles, Unit};
use itgel_domain::file::entry::Entry;
use itgel_domain::identity::ORGANISATION;
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::pack::decimal;
use itgel_domain::report::ReasonLine;
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::day_number_to_date;
use itgel_text::{self as text, Lang};

use super::view::{EntryLine, SelfView};
use crate::html;

/// The own file as a page.
#[must_use]
pub fn self_view(view: &SelfView, lang: Lang) -> String {
    let mut main = String::new();
    let told = [
        text::rights_made_at(lang, view.made_at_ms.on().to_string()),
        text::report_not_a_credit_report(lang),
        text::rights_free(lang),
    ];
    for line in told {
        main.push_str(&format!("<p>{}</p>\n", html::escape(&line)));
    }
    let heads = [
        text::rights_item(lang),
        text::rights_value(lang),
        text::rights_officer(lang),
        text::rights_entered_on(lang),
        text::rights_stands(lang),
    ];
    html::section(
        &mut main,
        &text::rights_people(lang),
        &[],
        &people(view, lang),
    );
    html::section(
        &mut main,
        &text::rights_values(lang),
        &heads,
        &entries(view, lang),
    );
    html::section(
        &mut main,
        &text::rights_consents(lang),
        &[],
        &consent::rows(view, lang),
    );
    let mut add = |heading: String, rows: Vec<Vec<String>>| {
        let none = vec![vec![text::rights_none(lang)]];
        let rows = if rows.is_empty() { none } else { rows };
        html::section(&mut main, &heading, &[], &rows);
    };
    add(text::rights_registers(lang), register::rows(view, lang));
    add(text::rights_ratings(lang), cases(view, lang));
    add(text::rights_queries(lang), queries(view, lang));
    add(
        text::rights_authorisations(lang),
        authorisations(view, lang),
    );
    add(text::rights_statements(lang), statements(view));
    add(text::rights_requests(lang), requests(view, lang));
    add(text::rights_processing(lang), processing(view));
    html::page(lang, &text::rights_title(lang), &main)
}

/// The notice before collection: every item of the catalogue that is asked of such subjects, with
/// purpose, class and how long it is kept.
#[must_use]
pub fn notice(kind: SubjectKind, banner: &str, lang: Lang) -> String {
    let mut main = String::new();
    for line in [
        text::notice_processor(lang, banner.to_owned()),
        text::notice_rights(lang),
    ] {
        main.push_str(&format!("<p>{}</p>\n", html::escape(&line)));
    }
    let heads = [
        text::notice_item(lang),
        text::notice_purpose(lang),
        text::notice_class(lang),
        text::notice_kept(lang),
    ];
    let items = Catalogue::builtin().items();
    let asked = items.filter(|item| item.subjects.contains(&kind));
    let rows: Vec<Vec<String>> = asked
        .map(|item| {
            vec![
                title(item, lang),
                item.purpose.clone(),
                in_words(item.privacy.as_str(), lang),
                item.retention_years.to_string(),
            ]
        })
        .collect();
    html::section(&mut main, &text::notice_title(lang), &heads, &rows);
    html::page(lang, &text::notice_title(lang), &main)
}

fn title(item: &Item, lang: Lang) -> String {
    in_language(&item.titles, lang)
}

pub(super) fn in_language(titles: &Titles, lang: Lang) -> String {
    match lang {
        Lang::ZhCn => titles.zh.clone(),
        Lang::MnMong => titles.mn.clone(),
        Lang::En => titles.en.clone(),
    }
}

fn people(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let versions = view.identity.iter();
    versions
        .flat_map(|version| {
            version.people.iter().map(|person| {
                vec![
                    version.version.to_string(),
                    role(&person.role, lang),
                    person.full_name.clone(),
                    person.id_number.clone().unwrap_or_default(),
                    person.phone.clone().unwrap_or_default(),
                    named(&view.names.officers, &version.author),
                ]
            })
        })
        .collect()
}

/// A name by its number; the number itself where nobody is known by it any more.
fn named<K: Ord + ToString>(names: &BTreeMap<K, String>, number: &K) -> String {
    let name = names.get(number).cloned();
    name.unwrap_or_else(|| number.to_string())
}

pub(super) fn role(role: &str, lang: Lang) -> String {
    match role {
        "head" => text::rights_of_head(lang),
        "spouse" => text::rights_of_spouse(lang),
        ORGANISATION => text::rights_of_organisation(lang),
        other => match other.strip_prefix("adult-") {
            Some(number) => text::rights_of_adult(lang, number.to_owned()),
            None => other.to_owned(),
        },
    }
}

fn entries(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |line: &EntryLine| {
        let (what, said) = match &line.entry {
            Entry::Note(note) => (text::rights_note(lang), note.text.clone()),
            entry => match entry.observed() {
                Some((_, observation)) => observed(observation, lang),
                None => return None,
            },
        };
        let (now, past) = (text::rights_now(lang), text::rights_past(lang));
        let stands = if line.is_superseded { past } else { now };
        let on = line.entered_at_ms.on().to_string();
        let officer = named(&view.names.officers, &line.officer);
        Some(vec![what, said, officer, on, stands])
    };
    view.entries.iter().filter_map(line).collect()
}

fn observed(observation: &Observation, lang: Lang) -> (String, String) {
    let item = Catalogue::builtin().get(&observation.item);
    let path = || observation.item.to_string();
    let name = item.map_or_else(path, |item| {
        let key = observation
            .item
            .parts()
            .map(|(_, key, _)| format!(" {key}"));
        format!("{}{}", title(item, lang), key.unwrap_or_default())
    });
    let value = match &observation.state {
        State::Known(value) => told(value, item, lang),
        State::NotApplicable => text::state_not_applicable(lang),
        State::Unknown => text::state_unknown(lang),
        State::Refused => text::state_refused(lang),
    };
    let how = text::evidence(lang, observation.evidence);
    (
        name,
        format!("{value} · {how} · {}", observation.observed_on),
    )
}

/// A value in the person's words: money in 元, sheep units whole, answers and choices by name.
fn told(value: &Value, item: Option<&Item>, lang: Lang) -> String {
    match (value, item.map(|item| &item.kind)) {
        (Value::Int(n), Some(Kind::Quantity { unit, .. })) => {
            let (amount, unit) = match unit {
                Unit::Fen => (decimal::write(*n, 2), text::unit_yuan(lang)),
                Unit::MilliSu => (decimal::write(*n, 3), text::unit_sheep_unit(lang)),
                unit => (n.to_string(), text::unit(lang, *unit)),
            };
            format!("{amount} {unit}")
        }
        (Value::Int(0), Some(Kind::Flag)) => text::answer_no(lang),
        (Value::Int(_), Some(Kind::Flag)) => text::answer_yes(lang),
        (Value::Int(day), Some(Kind::Day)) => day_number_to_date(*day).to_string(),
        (Value::Int(n), _) => n.to_string(),
        (Value::Text(word), Some(Kind::Choice(choices))) => {
            let choice = choices.iter().find(|choice| choice.word == *word);
            choice.map_or_else(|| word.clone(), |choice| in_language(&choice.titles, lang))
        }
        (Value::Text(words), _) => words.clone(),
    }
}

/// Each rating with its grade and score, why, and the days on which it moved.
fn cases(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for case in &view.cases {
        let grade = case.grade.map(|grade| text::grade(lang, grade));
        let score = case.assessment.as_ref().and_then(Assessment::shown_score);
        let score = score.map(|score| score.to_string());
        let graded: Vec<String> = grade.into_iter().chain(score).collect();
        rows.push(vec![
            named(&view.names.cycles, &case.cycle),
            text::case_state(lang, case.state),
            graded.join(" · "),
        ]);
        rows.extend(case.reasons.iter().map(|reason| why(reason, lang)));
        let mut before = None;
        for step in &case.steps {
            if before.replace(step.to) != Some(step.to) || !step.words.is_empty() {
                let (to, on) = (text::case_state(lang, step.to), step.at_ms.on());
                rows.push(vec![on.to_string(), to, step.words.clone()]);
            }
        }
    }
    rows
}

/// What a reason says and what the person can do; the pack's language is Chinese first.
fn why(reason: &ReasonLine, lang: Lang) -> Vec<String> {
    let in_words = |texts: &BTreeMap<String, String>| {
        let own = texts.get(lang.as_str());
        let words = own.or_else(|| texts.get(Lang::ZhCn.as_str()));
        words.cloned().unwrap_or_else(|| reason.code.clone())
    };
    let lost = reason.lost.map(|lost| format!("−{lost}"));
    vec![
        lost.unwrap_or_default(),
        in_words(&reason.text),
        in_words(&reason.hint),
    ]
}

fn queries(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |query: &super::view::QueryLine| {
        vec![
            query.given_at_ms.on().to_string(),
            query.lender_name.clone(),
            text::purpose(lang, query.purpose),
            query.report.to_string(),
        ]
    };
    view.queries.iter().map(line).collect()
}

fn authorisations(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |given: &itgel_domain::authorisation::Authorisation| {
        let (now, past) = (text::rights_now(lang), text::rights_past(lang));
        vec![
            named(&view.names.lenders, &given.lender),
            text::purpose(lang, given.purpose),
            given.from.to_string(),
            given.until.to_string(),
            if given.revoked { past } else { now },
        ]
    };
    view.authorisations.iter().map(line).collect()
}

/// A word of a closed list in the person's language.
pub(super) fn in_words(word: &str, lang: Lang) -> String {
    text::word(lang, word).unwrap_or_else(|| word.to_owned())
}

fn statements(view: &SelfView) -> Vec<Vec<String>> {
    let line = |said: &itgel_domain::report::Statement| {
        let about = said.about.clone().unwrap_or_default();
        vec![said.made_on.to_string(), about, said.text.clone()]
    };
    view.statements.iter().map(line).collect()
}

fn requests(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |request: &super::desk::RequestView| {
        let asked = request.request.as_ref()?;
        let answer = asked.answer.as_ref();
        Some(vec![
            asked.taken_at.on().to_string(),
            in_words(asked.asking.kind.as_str(), lang),
            match request.state.as_str() {
                "refused" => in_words("request_refused", lang),
                state => in_words(state, lang),
            },
            answer
                .map(|answer| answer.words.clone())
                .unwrap_or_default(),
        ])
    };
    view.requests.iter().filter_map(line).collect()
}

/// The laws of a legal basis; the sections of our own specification say nothing to a reader.
fn law(basis: &str) -> String {
    let parts = basis
        .split('；')
        .filter(|part| !part.starts_with("domain.md"));
    parts.collect::<Vec<_>>().join("；")
}

fn processing(view: &SelfView) -> Vec<Vec<String>> {
    let line = |line: &super::view::ProcessingLine| {
        let line = line.clone();
        vec![
            line.what,
            line.purpose,
            law(&line.basis),
            line.origin,
            line.kept,
        ]
    };
    view.processing.iter().map(line).collect()
}
