//! What is printed at the counter, in the person's language: the own file (`domain.md` L-07), and
//! the notice before collection (L-16), which is written from the register of fields.

use itgel_domain::catalogue::{Catalogue, Item, Kind};
use itgel_domain::file::entry::Entry;
use itgel_domain::item::{Observation, State, Value};
use itgel_domain::subject::SubjectKind;
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
    let mut add = |heading: String, rows: Vec<Vec<String>>| {
        let none = vec![vec![text::rights_none(lang)]];
        let rows = if rows.is_empty() { none } else { rows };
        html::section(&mut main, &heading, &[], &rows);
    };
    add(text::rights_people(lang), people(view));
    add(text::rights_values(lang), entries(view, lang));
    add(text::rights_registers(lang), registers(view, lang));
    add(text::rights_ratings(lang), cases(view, lang));
    add(text::rights_queries(lang), queries(view, lang));
    add(
        text::rights_authorisations(lang),
        authorisations(view, lang),
    );
    add(text::rights_statements(lang), statements(view));
    add(text::rights_requests(lang), requests(view));
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
                item.privacy.to_string(),
                item.retention_years.to_string(),
            ]
        })
        .collect();
    html::section(&mut main, &text::notice_title(lang), &heads, &rows);
    html::page(lang, &text::notice_title(lang), &main)
}

fn title(item: &Item, lang: Lang) -> String {
    match lang {
        Lang::ZhCn => item.titles.zh.clone(),
        Lang::MnMong => item.titles.mn.clone(),
        Lang::En => item.titles.en.clone(),
    }
}

fn people(view: &SelfView) -> Vec<Vec<String>> {
    let versions = view.identity.iter();
    versions
        .flat_map(|version| {
            version.people.iter().map(|person| {
                vec![
                    version.version.to_string(),
                    person.role.clone(),
                    person.full_name.clone(),
                    person.id_number.clone().unwrap_or_default(),
                    person.phone.clone().unwrap_or_default(),
                    version.author.to_string(),
                ]
            })
        })
        .collect()
}

fn entries(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |line: &EntryLine| {
        let (what, said) = match &line.entry {
            Entry::Note(note) => (String::new(), note.text.clone()),
            entry => match entry.observed() {
                Some((_, observation)) => observed(observation, lang),
                None => return None,
            },
        };
        let (now, past) = (text::rights_now(lang), text::rights_past(lang));
        let stands = if line.is_superseded { past } else { now };
        let on = line.entered_at_ms.on().to_string();
        Some(vec![what, said, line.officer.to_string(), on, stands])
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
        State::Known(Value::Int(n)) => match item.map(|item| &item.kind) {
            Some(Kind::Quantity { unit, .. }) => format!("{n} {}", text::unit(lang, *unit)),
            _ => n.to_string(),
        },
        State::Known(Value::Text(text)) => text.clone(),
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

fn registers(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let line = |row: &itgel_domain::register::RegisterRow| {
        let is_current = view
            .registers_in_force
            .iter()
            .any(|id| *id == row.id.to_string());
        let (now, past) = (text::rights_now(lang), text::rights_past(lang));
        vec![
            row.content.register().to_string(),
            row.key.clone(),
            serde_json::to_string(&row.content).unwrap_or_default(),
            row.source.clone(),
            row.valid_from.to_string(),
            if is_current { now } else { past },
        ]
    };
    view.registers.iter().map(line).collect()
}

fn cases(view: &SelfView, lang: Lang) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for case in &view.cases {
        let grade = case.grade.map(|grade| text::grade(lang, grade));
        let state = text::case_state(lang, case.state);
        rows.push(vec![
            case.cycle.to_string(),
            state,
            grade.unwrap_or_default(),
        ]);
        rows.extend(case.steps.iter().map(|step| {
            let (to, on) = (text::case_state(lang, step.to), step.at_ms.on());
            vec![
                on.to_string(),
                to,
                format!("{} {}", step.reason, step.words),
            ]
        }));
    }
    rows
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
            given.lender.to_string(),
            text::purpose(lang, given.purpose),
            given.from.to_string(),
            given.until.to_string(),
            if given.revoked { past } else { now },
        ]
    };
    view.authorisations.iter().map(line).collect()
}

fn statements(view: &SelfView) -> Vec<Vec<String>> {
    let line = |said: &itgel_domain::report::Statement| {
        let about = said.about.clone().unwrap_or_default();
        vec![said.made_on.to_string(), about, said.text.clone()]
    };
    view.statements.iter().map(line).collect()
}

fn requests(view: &SelfView) -> Vec<Vec<String>> {
    let line = |request: &super::desk::RequestView| {
        let asked = request.request.as_ref()?;
        let answer = asked.answer.as_ref();
        Some(vec![
            asked.taken_at.on().to_string(),
            asked.asking.kind.to_string(),
            request.state.to_string(),
            answer
                .map(|answer| answer.words.clone())
                .unwrap_or_default(),
        ])
    };
    view.requests.iter().filter_map(line).collect()
}

fn processing(view: &SelfView) -> Vec<Vec<String>> {
    let line = |line: &super::view::ProcessingLine| {
        let line = line.clone();
        vec![line.what, line.purpose, line.basis, line.origin, line.kept]
    };
    view.processing.iter().map(line).collect()
}
