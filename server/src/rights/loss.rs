//! A lost device (`domain.md` L-26, G 34): whom it may speak of, and the letters to them.
//!
//! A device holds the gachas in which its officer may collect or pull; which of them it had
//! fetched nobody can say any more, so all of them are told.

use std::collections::BTreeSet;

use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{DeviceId, SubjectId};
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;
use itgel_text::{self as text, Lang};
use rusqlite::Connection;

use crate::auth;
use crate::contents;
use crate::error::ServiceError;
use crate::html;
use crate::service::Service;
use crate::store::{self, Tx};

/// A subject that a lost device may speak of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LostLine {
    /// Who.
    pub subject: SubjectId,
    /// Where it lives.
    pub division: DivisionCode,
    /// Its number there.
    pub local_code: String,
    /// Whether something was entered about it on this device: then it was there for certain.
    pub is_certain: bool,
}

/// The subjects that a device may speak of, by division and number.
///
/// # Errors
/// [`ErrorCode::NotFound`] for one that is not there or works elsewhere;
/// [`ErrorCode::NotAllowed`]; [`ServiceError`] of the database.
pub fn subjects(
    connection: &Connection,
    actor: &Actor,
    device: &DeviceId,
) -> Result<Vec<LostLine>, ServiceError> {
    let found = store::device::get(connection, device)?;
    let unknown = ErrorCode::NotFound;
    let record = found.ok_or(unknown)?;
    let officer = auth::officer_actor(connection, &record.officer)?;
    let pulls = |grant: &&itgel_domain::policy::Grant| {
        may(&officer, Action::Pull, &Resource::at(grant.division)).is_ok()
    };
    let places: BTreeSet<DivisionCode> = officer
        .grants
        .iter()
        .filter(pulls)
        .map(|grant| grant.division)
        .collect();
    let certain = store::envelope::list_subjects_of(connection, device)?;
    let mut lines = Vec::new();
    for place in places {
        may(actor, Action::NotifyLoss, &Resource::at(place))?;
        for subject in store::subject::list(connection, place, None)? {
            lines.push(LostLine {
                is_certain: certain.contains(&subject.id),
                subject: subject.id,
                division: subject.division,
                local_code: subject.local_code,
            });
        }
    }
    lines.dedup();
    Ok(lines)
}

/// The letters to the people behind these subjects, one for each; that they were printed is on
/// record.
///
/// # Errors
/// As [`subjects`], and [`ErrorCode::NotAllowed`] for an officer who may not read names.
pub fn letters(
    service: &Service,
    tx: &Tx<'_>,
    actor: &Actor,
    (device, lang): (&DeviceId, Lang),
    now: AtMs,
) -> Result<String, ServiceError> {
    let mut main = String::new();
    let lines = subjects(tx, actor, device)?;
    for line in &lines {
        may(actor, Action::ReadIdentity, &Resource::at(line.division))?;
        let identity = contents::identity(service, tx, &line.subject)?;
        let head = identity.as_ref().and_then(|record| record.principal());
        let name = head
            .map(|person| person.full_name.clone())
            .unwrap_or_default();
        let to = text::letter_to(lang, name, line.local_code.clone());
        let words = text::letter_text(lang, device.to_string());
        let date = now.on();
        main.push_str(&format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n<p>{date}</p>\n</section>\n",
            html::escape(&to),
            html::escape(&words),
        ));
    }
    let resource = format!("device/{device}");
    let detail = serde_json::json!({ "letters": lines.len() });
    store::log::audit(
        tx,
        now,
        actor.officer.as_str(),
        "device.letters",
        &resource,
        &detail,
    )?;
    Ok(html::page(lang, &text::letter_title(lang), &main))
}
