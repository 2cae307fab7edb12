//! A letter as a page to print: the receipt note and the written answer, in the objector's language.

use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use itgel_domain::case::step::{ObjectionGround, Outcome};
use itgel_domain::id::CaseId;
use itgel_text::{self as text, Lang};

use super::App;
use super::extract::{Json, Officer, with_service};

use super::problem::Refusal;
use crate::html::escape;
use crate::process::{self, Letter, LetterKind};

const STYLE: &str = include_str!("letter.css");

/// Which letter.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    kind: LetterKind,
    #[serde(default)]
    lang: Option<String>,
}

pub(super) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

pub(super) async fn letter(
    State(app): State<App>,
    Officer(actor): Officer,
    Path((case, receipt)): Path<(CaseId, String)>,
    Json(asked): Json<Asked>,
) -> Result<Html<String>, Refusal> {
    let wanted = asked.lang.as_deref().and_then(|tag| tag.parse().ok());
    let lang: Lang = wanted.unwrap_or_default();
    let letter = with_service(&app, move |s| {
        let now = s.now();
        s.transact("process.letter", move |s, tx| {
            let about = (&case, receipt.as_str());
            let tag = lang.to_string();
            process::letter(s, tx, &actor, about, asked.kind, (&tag, now))
        })
    });
    Ok(Html(page(lang, &letter.await?)))
}

fn page(lang: Lang, letter: &Letter) -> String {
    let title = match letter.kind {
        LetterKind::Note => text::letter_note_title(lang),
        LetterKind::Answer => text::letter_answer_title(lang),
    };
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{0}</title>\n<link rel=\"stylesheet\" href=\"/assets/letter.css\">\n</head>\n\
         <body>\n<main>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    if text::is_draft(lang) {
        paragraph(&mut html, &text::draft_translation(lang));
    }
    for line in lines(lang, letter) {
        paragraph(&mut html, &line);
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn lines(lang: Lang, letter: &Letter) -> Vec<String> {
    let objection = &letter.objection;
    let received = objection.filed_at.on().to_string();
    let mut lines = vec![
        text::letter_number(lang, objection.receipt.as_str()),
        text::letter_received(lang, received.as_str()),
        text::letter_ground(lang, ground(lang, objection.ground).as_str()),
    ];
    let until = letter.until.to_string();
    match (&letter.answer, objection.of_subject) {
        (None, true) => lines.push(text::letter_note_body(lang, until.as_str())),
        (None, false) => lines.push(text::letter_report_body(lang, until.as_str())),
        (Some(_), false) => lines.push(text::letter_report_answered(lang)),
        (Some(answer), true) => {
            lines.push(match answer.outcome {
                Outcome::Upheld { .. } => text::letter_upheld(lang),
                Outcome::Rejected => text::letter_rejected(lang),
                Outcome::Withdrawn => text::letter_withdrawn(lang),
            });
            let grade = answer.grade.map(|grade| grade.to_string());
            lines.extend(grade.map(|grade| text::letter_upheld_grade(lang, grade.as_str())));
            lines.push(text::letter_reason(lang, answer.reason.as_str()));
            lines.push(text::letter_further(lang));
        }
    }
    lines.push(text::letter_dated(lang, letter.on.to_string().as_str()));
    lines
}

fn ground(lang: Lang, ground: ObjectionGround) -> String {
    match ground {
        ObjectionGround::WrongOrMissing => text::ground_wrong_or_missing(lang),
        ObjectionGround::Privacy => text::ground_privacy(lang),
        ObjectionGround::BeyondTerm => text::ground_beyond_term(lang),
        ObjectionGround::NotDisclosable => text::ground_not_disclosable(lang),
    }
}

fn paragraph(html: &mut String, words: &str) {
    let _ = writeln!(html, "<p>{}</p>", escape(words));
}
