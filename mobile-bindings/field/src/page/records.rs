//! What arrived and what needs somebody. Green is a signed receipt and nothing else.

use std::fmt::Write as _;

use itgel_device::sync::{Progress, SyncReport};
use itgel_device::{Need, Record, RecordKind, RecordState};
use itgel_domain::error::{ErrorCode, Kind};
use itgel_text::{self as text, Lang, escape};

use super::visit::Visit;
use super::{card, instant, notice, paragraph, reading};
use crate::app::{FieldApp, Session};
use crate::job::JobState;
use crate::request::{Page, Trouble};

/// A clock that is further off than this is worth a word: ten minutes.
const CLOCK_MS: u64 = 600_000;

/// How far the job is, for the script.
#[derive(serde::Serialize)]
pub(crate) struct Told {
    running: bool,
    words: String,
}

/// The records of a household.
pub(crate) fn records(visit: &Visit<'_>) -> Result<Page, Trouble> {
    let lang = visit.lang;
    let found = visit
        .session
        .device
        .records(&visit.subject.id, &visit.cycle.id)?;
    let mut html = String::new();
    notice::job(&mut html, lang, visit.session);
    if found.is_empty() {
        paragraph(&mut html, "empty", &text::app_records_none(lang));
    }
    html.push_str("<ul class=\"records\">\n");
    for record in &found {
        let _ = writeln!(html, "<li>{}</li>", row(visit, record));
    }
    html.push_str("</ul>\n");
    Ok(Page::new(text::app_section_records(lang), visit.at("records"), html).back_to(visit.at("")))
}

fn row(visit: &Visit<'_>, record: &Record) -> String {
    let lang = visit.lang;
    let (class, words) = match &record.state {
        RecordState::Draft => ("draft", text::app_standing_draft(lang)),
        RecordState::Waiting if visit.session.profile.is_practice() => {
            ("draft", text::app_practice_kept(lang))
        }
        RecordState::Waiting => ("waiting", text::sync_waiting(lang)),
        RecordState::Sending => ("waiting", notice::sending(lang, visit.session)),
        RecordState::Received { .. } => ("received", text::sync_received(lang)),
        RecordState::NeedsYou(_) => ("needs", text::sync_needs_you(lang)),
    };
    let mut html = format!("<span class=\"badge {class}\">{}</span>", escape(&words));
    if let Some(kind) = kind_name(lang, record.kind) {
        let _ = write!(html, " {}", escape(&kind));
    }
    if !record.code.is_empty() {
        let _ = write!(html, " <b>{}</b>", escape(&record.code));
    }
    if let Some(at) = record.written_at {
        paragraph(&mut html, "note", &text::app_written_at(lang, instant(at)));
    }
    match &record.state {
        RecordState::Received { at, flags } => {
            if let Some(at) = at {
                paragraph(
                    &mut html,
                    "note",
                    &text::app_received_at(lang, instant(*at)),
                );
            }
            if !flags.is_empty() {
                paragraph(&mut html, "note", &text::app_flagged(lang));
            }
        }
        RecordState::NeedsYou(need) => html.push_str(&needed(visit, record, need)),
        _ => {}
    }
    html
}

/// What a record is, where it is no part of the visit.
fn kind_name(lang: Lang, kind: RecordKind) -> Option<String> {
    match kind {
        RecordKind::File => None,
        RecordKind::Identity => Some(text::app_section_people(lang)),
        RecordKind::Ballot => Some(text::app_evaluation(lang)),
        RecordKind::Objection => Some(text::app_record_objection(lang)),
        RecordKind::Review => Some(text::app_review(lang)),
    }
}

/// Why somebody has to act, and the way to the field.
fn needed(visit: &Visit<'_>, record: &Record, need: &Need) -> String {
    let (words, place) = match need {
        Need::SetAside(code) => {
            let place = match record.kind {
                RecordKind::Identity => visit.at("people"),
                RecordKind::Ballot => visit.at("evaluation"),
                RecordKind::Review => format!("/review?gacha={}", visit.subject.division),
                RecordKind::File | RecordKind::Objection => place_of(visit, *code),
            };
            (text::error(visit.lang, *code, &[]), place)
        }
        Need::OnlyHere { by, count } => {
            let words = text::only_here(visit.lang, by.as_ref(), *count);
            (words, visit.at(""))
        }
        Need::Task { item, text } => {
            let place = item.as_ref().map(|item| visit.place_of(item.as_str()));
            (text.clone(), place.unwrap_or_else(|| visit.at("")))
        }
    };
    let mut html = String::new();
    reading(&mut html, "why", &words);
    let open = escape(&text::app_open(visit.lang));
    let _ = write!(html, "<a class=\"button main\" href=\"{place}\">{open}</a>");
    html
}

fn only_here_count(record: &Record) -> u64 {
    match record.state {
        RecordState::NeedsYou(Need::OnlyHere { count, .. }) => count,
        _ => 0,
    }
}

/// Where what the server set aside is put right: the field that breaks the same rule here, or else
/// the part of the visit that the rule is about.
fn place_of(visit: &Visit<'_>, code: ErrorCode) -> String {
    let (id, cycle) = (&visit.subject.id, &visit.cycle.id);
    let checked = visit.session.device.check(id, cycle, visit.today);
    let broken = checked
        .map(|checked| checked.violations)
        .unwrap_or_default();
    if let Some(same) = broken.iter().find(|one| one.code == code) {
        return visit.place_of(&same.field);
    }
    match code.as_str().split('.').next() {
        Some("consent") => visit.at("consent"),
        Some("person") => visit.at("people"),
        Some("seal") => visit.at("seal"),
        Some("media") => visit.at("photos"),
        _ => visit.at(""),
    }
}

/// Everything on the device that needs somebody.
pub(crate) fn needs(app: &FieldApp, session: &Session) -> Result<Page, Trouble> {
    let lang = app.lang();
    let mut html = String::from("<ul class=\"records\">\n");
    let mut found = session.device.needs()?;
    found.extend(session.device.only_here()?);
    for record in &found {
        // A household that was erased since has nothing to be opened.
        let Ok(visit) = Visit::of(app, session, record.subject.as_str()) else {
            continue;
        };
        let _ = writeln!(
            html,
            "<li><p class=\"label\">{} {}</p>{}</li>",
            escape(&visit.subject.local_code),
            escape(&visit.name()?),
            row(&visit, record)
        );
    }
    html.push_str("</ul>\n");
    if found.is_empty() {
        paragraph(&mut html, "empty", &text::app_needs_none(lang));
    }
    Ok(Page::new(text::app_needs(lang), "/needs", html))
}

/// The page of synchronising.
pub(crate) fn sync(app: &FieldApp, session: &Session) -> Result<Page, Trouble> {
    let lang = app.lang();
    if session.profile.is_practice() {
        let mut html = String::new();
        paragraph(&mut html, "note", &text::app_practice_sync(lang));
        return Ok(Page::new(text::app_sync(lang), "/sync", html));
    }
    let summary = session.device.summary()?;
    let state = session.job.state();
    let mut html = String::new();
    let words = match summary.waiting {
        0 => text::sync_nothing_to_do(lang),
        n => text::sync_waiting_count(lang, n.to_string()),
    };
    paragraph(
        &mut html,
        if summary.waiting == 0 {
            "kept"
        } else {
            "waiting"
        },
        &words,
    );
    if summary.needs_you > 0 {
        let _ = writeln!(
            html,
            "<p><a href=\"/needs\">{}</a></p>",
            escape(&text::sync_needs_you_count(
                lang,
                summary.needs_you.to_string()
            ))
        );
    }
    let only_here = session.device.only_here()?;
    let only_here: u64 = only_here.iter().map(only_here_count).sum();
    if only_here > 0 {
        let words = text::sync_only_here_count(lang, only_here.to_string());
        let _ = writeln!(html, "<p><a href=\"/needs\">{}</a></p>", escape(&words));
    }
    let class = match state {
        JobState::Failed { .. } => "job error",
        _ => "job",
    };
    let running = if session.job.is_running() {
        " data-job=\"/api/jobs/sync\""
    } else {
        ""
    };
    let _ = writeln!(
        html,
        "<p class=\"{class}\" id=\"job\" role=\"status\"{running}>{}</p>",
        escape(&job_words(lang, &state))
    );
    if let JobState::Failed { kind, code } = &state {
        let words = match (code, kind) {
            (Some(code), _) => text::error(lang, *code, &[]),
            (None, Kind::Unavailable) => text::sync_no_signal(lang),
            (None, _) => text::error(lang, ErrorCode::Unavailable, &[]),
        };
        paragraph(&mut html, "note", &words);
    }
    let _ = writeln!(
        html,
        "<form method=\"post\" action=\"/sync\"><button class=\"main wide\">{}</button></form>",
        escape(&text::sync_now(lang))
    );
    notice::history(&mut html, lang, session)?;
    notice::contact(&mut html, app, session)?;
    card::card(&mut html, lang);
    Ok(Page::new(text::app_sync(lang), "/sync", html))
}

/// How far the job is.
pub(crate) fn told(app: &FieldApp, session: &Session) -> Told {
    Told {
        running: session.job.is_running(),
        words: job_words(app.lang(), &session.job.state()),
    }
}

pub(crate) fn job_words(lang: Lang, state: &JobState) -> String {
    match state {
        JobState::None => String::new(),
        JobState::Running(None) => text::app_sync_running(lang),
        JobState::Running(Some(progress)) => progress_words(lang, *progress),
        JobState::Done(report) => done_words(lang, report),
        JobState::Failed { .. } => text::app_sync_failed(lang),
    }
}

fn progress_words(lang: Lang, progress: Progress) -> String {
    match progress {
        Progress::Sending { done, total } => {
            text::app_sync_progress_up(lang, done.to_string(), total.to_string())
        }
        Progress::Receiving { position, end, .. } => {
            text::app_sync_progress_down(lang, position.to_string(), end.to_string())
        }
        Progress::Filling { done, total } => {
            text::app_sync_progress_files(lang, done.to_string(), total.to_string())
        }
        Progress::SendingPictures { done, total } => {
            text::app_sync_progress_pictures(lang, done.to_string(), total.to_string())
        }
    }
}

fn done_words(lang: Lang, report: &SyncReport) -> String {
    let mut words =
        text::app_sync_done(lang, report.received.to_string(), report.pulled.to_string());
    if report.clock_ahead_ms.unsigned_abs() > CLOCK_MS {
        words.push(' ');
        words.push_str(&text::app_clock_ahead(lang));
    }
    words
}
