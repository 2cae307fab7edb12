//! The grade at the doorstep: provisional, a range while anything is pending, the reasons in plain
//! words with what helps, and every step for who asks.

use std::fmt::Write as _;

use itgel_device::{Error, EvaluationCount};
use itgel_domain::assess::{Assessment, Reason, TraceLine};
use itgel_domain::pack::RulePack;
use itgel_text::{self as text, Lang, escape};

use super::paragraph;
use super::visit::Visit;
use crate::request::{Page, Trouble};
use crate::value::titled;

/// The page.
pub(crate) fn grade(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let (lang, device) = (visit.lang, &visit.session.device);
    let mut html = String::new();
    let assessed = device.assess_provisional(&visit.subject.id, &visit.cycle.id, visit.today);
    match assessed {
        Ok(assessment) => {
            let (pack, _) = device.rules_for(&visit.subject.id, visit.today)?;
            let count = device.evaluation(&visit.subject.id, &visit.cycle.id, visit.today)?;
            told(&mut html, visit, &assessment, &pack, &count);
        }
        Err(error @ (Error::PackMissing | Error::ParametersMissing)) => {
            paragraph(&mut html, "empty", &text::error(lang, error.code(), &[]));
        }
        Err(error) => return Err(error.into()),
    }
    let next = escape(&text::app_next(lang));
    let _ = writeln!(
        html,
        "<p class=\"ends\"><a class=\"button main\" href=\"{}\">{next}</a></p>",
        visit.next("grade")
    );
    Ok(Page::new(text::app_section_grade(lang), visit.at("grade"), html).back_to(visit.at("")))
}

fn told(
    html: &mut String,
    visit: &Visit<'_>,
    assessment: &Assessment,
    pack: &RulePack,
    count: &EvaluationCount,
) {
    let lang = visit.lang;
    let _ = writeln!(
        html,
        "<section class=\"grade\"><p class=\"badge draft\">{}</p><p class=\"letters\">{}</p>",
        escape(&text::grade_provisional(lang)),
        escape(&range(lang, assessment)),
    );
    let range = &assessment.range;
    let points = match range.low_score == range.high_score {
        true => range.low_score.to_string(),
        false => text::app_grade_from(
            lang,
            range.low_score.to_string(),
            range.high_score.to_string(),
        ),
    };
    let words = format!("{} {points}", text::assessment_score(lang));
    paragraph(html, "points", &words);
    if !assessment.pending.is_empty() {
        paragraph(html, "note", &text::app_grade_pending(lang));
        paragraph(html, "note", &text::app_grade_why_range(lang));
        if count.needed > 0 {
            super::evaluation::counted(html, lang, count);
        }
    }
    html.push_str("</section>\n");
    missing(html, visit, assessment);
    reasons(html, visit, assessment, pack);
    trace(html, visit, assessment, pack);
}

/// The grade, or how far it can still go; never a bare letter.
pub(crate) fn range(lang: Lang, assessment: &Assessment) -> String {
    let named = |grade| format!("{grade} {}", text::grade(lang, grade));
    match (assessment.range.low, assessment.range.high) {
        _ if assessment.range.under_review => text::grade_under_review(lang),
        (Some(low), Some(high)) if low == high => named(low),
        (Some(low), Some(high)) => text::app_grade_from(lang, named(low), named(high)),
        _ => text::grade_under_review(lang),
    }
}

fn missing(html: &mut String, visit: &Visit<'_>, assessment: &Assessment) {
    if assessment.not_rated_for.is_empty() {
        return;
    }
    let head = escape(&text::app_grade_missing(visit.lang));
    let _ = write!(html, "<section><h2>{head}</h2><ul>");
    for field in &assessment.not_rated_for {
        let _ = write!(
            html,
            "<li><a href=\"{}\">{}</a></li>",
            visit.place_of(field),
            escape(&visit.name_of(field))
        );
    }
    html.push_str("</ul></section>\n");
}

fn reasons(html: &mut String, visit: &Visit<'_>, assessment: &Assessment, pack: &RulePack) {
    let lang = visit.lang;
    let told: Vec<&str> = assessment
        .reasons
        .iter()
        .map(|Reason { code, .. }| code.as_str())
        .collect();
    let tips = assessment.tips.iter().map(String::as_str);
    list(html, visit, &text::assessment_reasons(lang), pack, &told);
    list(
        html,
        visit,
        &text::assessment_tips(lang),
        pack,
        &tips.collect::<Vec<_>>(),
    );
}

fn list(html: &mut String, visit: &Visit<'_>, head: &str, pack: &RulePack, codes: &[&str]) {
    if codes.is_empty() {
        return;
    }
    let _ = write!(
        html,
        "<section class=\"reasons\"><h2>{}</h2><div class=\"reading\"><ul>",
        escape(head)
    );
    for code in codes {
        let Some(reason) = pack.reason_text(code) else {
            let _ = write!(
                html,
                "<li>{}</li>",
                escape(pack.title_of(code).unwrap_or(code))
            );
            continue;
        };
        let _ = write!(
            html,
            "<li>{}<br><small>{}：{}</small></li>",
            escape(titled(visit.lang, &reason.text)),
            escape(&text::app_grade_improve(visit.lang)),
            escape(titled(visit.lang, &reason.hint)),
        );
    }
    html.push_str("</ul></div></section>\n");
}

/// Every step, for who asks.
fn trace(html: &mut String, visit: &Visit<'_>, assessment: &Assessment, pack: &RulePack) {
    let lang = visit.lang;
    let _ = write!(
        html,
        "<details class=\"trace\"><summary>{}</summary><table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>",
        escape(&text::app_grade_trace(lang)),
        escape(&text::assessment_indicator(lang)),
        escape(&text::assessment_value(lang)),
        escape(&text::assessment_points(lang)),
    );
    for line in &assessment.trace {
        step(html, line, pack);
    }
    let _ = writeln!(
        html,
        "</tbody></table><p class=\"note\">{} {}</p></details>",
        escape(&text::assessment_rules(lang)),
        escape(&assessment.scorecard)
    );
}

fn step(html: &mut String, line: &TraceLine, pack: &RulePack) {
    let name = pack.title_of(&line.code).unwrap_or(&line.code);
    let value = line.value.as_deref().or(line.result.as_deref());
    let value = value.or(line.rule.as_deref()).unwrap_or_default();
    let points = line.points.map(|points| points.to_string());
    let weight = line.weight.map(|weight| format!(" / {weight}"));
    let _ = write!(
        html,
        "<tr><td>{}</td><td>{}</td><td>{}{}</td></tr>",
        escape(name),
        escape(value),
        points.unwrap_or_default(),
        weight.unwrap_or_default(),
    );
}
