//! What an officer must see in time: that the grant ends, that the disk fills up, how far the sending
//! is. The first two stand on every page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use itgel_device::Trust;
use itgel_domain::error::ErrorCode;
use itgel_domain::trust::{Coverage, GRACE_DAYS};
use itgel_text::{self as text, Lang, escape};

use super::{instant, paragraph};
use crate::app::{FieldApp, Session};
use crate::disk::LOW_BYTES;
use crate::request::Trouble;

/// Days before the end of a grant from which every page says so: time for one way to the township.
const EARLY_DAYS: i64 = 10;

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
const KIB: u64 = 1024;

/// What every page of an open store says above all else, if there is anything.
pub(crate) fn notices(html: &mut String, app: &FieldApp) {
    let Some(session) = app.session() else {
        return;
    };
    let trust = session.device.trust(app.now()).ok();
    let grant = trust.and_then(|trust| grant_words(app.lang(), &trust));
    let free = app.free_bytes().filter(|free| *free < LOW_BYTES);
    let disk = free.map(|free| text::app_storage_low(app.lang(), amount(free)));
    for words in grant.into_iter().chain(disk) {
        notice(html, &words);
    }
}

/// What is wrong with the history that the server shows, each fault once.
pub(crate) fn history(html: &mut String, lang: Lang, session: &Session) -> Result<(), Trouble> {
    let alarms = session.device.log_alarms()?;
    let codes: BTreeSet<ErrorCode> = alarms.iter().map(|alarm| alarm.code).collect();
    for code in codes {
        notice(html, &text::error(lang, code, &[]));
    }
    Ok(())
}

fn notice(html: &mut String, words: &str) {
    let _ = writeln!(
        html,
        "<p class=\"notice\" role=\"status\">{}</p>",
        escape(words)
    );
}

/// That the grant ends soon or has ended; nothing while it lasts.
fn grant_words(lang: Lang, trust: &Trust) -> Option<String> {
    let left_ms = trust.left_ms?;
    match trust.coverage? {
        Coverage::Covered if left_ms > EARLY_DAYS * DAY_MS => None,
        Coverage::Covered => Some(text::app_grant_left(lang, days(left_ms))),
        Coverage::Grace => {
            let left_ms = left_ms.saturating_add(GRACE_DAYS * DAY_MS);
            Some(text::app_grant_grace(lang, days(left_ms)))
        }
        Coverage::Ended => Some(text::app_grant_over(lang)),
    }
}

/// Days that have begun: nobody is told of none while hours are left.
fn days(left_ms: i64) -> String {
    (left_ms.max(0) / DAY_MS + i64::from(left_ms % DAY_MS > 0)).to_string()
}

/// When the server was last heard, and when the program tries by itself again.
pub(crate) fn contact(html: &mut String, app: &FieldApp, session: &Session) -> Result<(), Trouble> {
    let lang = app.lang();
    let heard = match session.device.trust(app.now())?.last_contact {
        Some(at) => text::sync_last_at(lang, instant(at)),
        None => text::app_sync_never(lang),
    };
    paragraph(html, "note", &heard);
    if session.job.is_running() {
        return Ok(());
    }
    let next = match session.schedule.next_in_ms(app.steady()) {
        None => text::app_sync_paused(lang),
        Some(ms) if ms < MINUTE_MS => text::app_sync_soon(lang),
        Some(ms) => text::app_sync_next(lang, (ms / MINUTE_MS).to_string()),
    };
    paragraph(html, "note", &next);
    Ok(())
}

/// What the store takes, and what the disk still has.
pub(crate) fn storage(html: &mut String, app: &FieldApp, session: &Session) {
    let lang = app.lang();
    let used = session.device.stored_bytes();
    let mut words = text::app_storage(lang, amount(used));
    if let Some(free) = app.free_bytes() {
        let _ = write!(words, " · {}", text::app_storage_free(lang, amount(free)));
        let all = used.saturating_add(free).max(1);
        let _ = writeln!(
            html,
            "<progress class=\"gauge\" max=\"{all}\" value=\"{used}\" aria-hidden=\"true\"></progress>"
        );
    }
    paragraph(html, "note", &words);
}

/// How far the sending is, on a page that shows records; the script keeps it up to date.
pub(crate) fn job(html: &mut String, lang: Lang, session: &Session) {
    if session.job.is_running() {
        let words = super::records::job_words(lang, &session.job.state());
        let _ = writeln!(
            html,
            "<p class=\"job waiting\" role=\"status\" data-job=\"/api/jobs/sync\">{}</p>",
            escape(&words)
        );
    }
}

/// What a record says that is on its way, with how far all of them are.
pub(crate) fn sending(lang: Lang, session: &Session) -> String {
    match session.job.sending() {
        Some((done, total)) => text::app_sync_sending_of(lang, done.to_string(), total.to_string()),
        None => text::sync_sending(lang),
    }
}

/// Bytes as people read them, in whole units of the largest that fits.
fn amount(bytes: u64) -> String {
    let kib = bytes.div_ceil(KIB);
    match kib {
        kib if kib >= 10 * KIB * KIB => format!("{} GB", kib / (KIB * KIB)),
        kib if kib >= KIB => format!("{} MB", kib / KIB),
        kib => format!("{kib} KB"),
    }
}
