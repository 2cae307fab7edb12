//! How a rule pack or a parameter table comes into force: one person hands it in, it runs in shadow
//! beside the rules in force ([`crate::shadow`]), and a second person puts it into force with the
//! reference of an impact assessment (`domain.md` B.8 e, f, L-25). Old files stay for ever.

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::log::LeafKind;
use itgel_domain::pack::shipped;
use itgel_domain::policy::{Action, Actor, Resource, may};
use itgel_domain::time::AtMs;
use jiff::civil::Date;
use rusqlite::Connection;
use serde_json::json;

use super::file::{RuleFileView, RuleState, parsed, standing_of, view};
use super::{RuleKind, item, reaches};
use crate::error::ServiceError;
use crate::fold;
use crate::quarantine;
use crate::service::Service;
use crate::store::rule_file::{self, Activation, RuleRow};
use crate::store::{self, Tx};

/// Most characters of the reference of an impact assessment.
const LONGEST_IMPACT: usize = 200;

/// A file to be handed in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRuleFile {
    /// Its name, for faults.
    pub name: String,
    /// The file itself, TOML.
    pub text: String,
}

/// What the second person decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivateRequest {
    /// Reference of the impact assessment of personal information (个人信息保护影响评估), L-25.
    pub impact: String,
    /// The file in force whose place it takes: its days end on the day before.
    #[serde(default)]
    pub replaces: Option<Hash>,
}

/// Hands a file in; the same file again changes nothing, one that was taken back is proposed again.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] or [`ErrorCode::ScopeOutside`] unless the actor may propose rules
/// wherever the file would hold; the first fault of the file, with its place.
pub fn propose(
    service: &Service,
    actor: &Actor,
    file: &NewRuleFile,
    now: AtMs,
) -> Result<RuleFileView, ServiceError> {
    let mut row = parsed(&file.name, &file.text)?;
    row.proposed = Some((actor.officer.clone(), now));
    let (actor, text) = (actor.clone(), file.text.clone());
    service.transact("rules.propose", move |_, tx| {
        allow(tx, &actor, Action::ProposePack, &row, now)?;
        let is_new = rule_file::put(tx, &row, &text)?;
        if is_new {
            quarantine::rules_arrived(tx, &row.hash)?;
        }
        let known = get(tx, &row.hash)?;
        if !is_new && standing_of(&known) != RuleState::Withdrawn {
            return Ok(view(known));
        }
        if !is_new {
            rule_file::propose_again(tx, &row.hash, &actor.officer, now)?;
        }
        record(
            tx,
            actor.officer.as_str(),
            "rules.proposed",
            &row,
            &json!({}),
            now,
        )?;
        get(tx, &row.hash).map(view)
    })
}

/// Puts a proposed file into force and into the list of every banner that it is for.
///
/// # Errors
/// [`ErrorCode::SecondPerson`] for the one who handed it in; [`ErrorCode::RulesState`] if it is no
/// proposal; [`ErrorCode::RulesImpact`], [`ErrorCode::RulesDays`], [`ErrorCode::RulesOverlap`],
/// [`ErrorCode::RulesShadow`], each with its way out.
pub fn activate(
    service: &Service,
    actor: &Actor,
    hash: &Hash,
    request: &ActivateRequest,
    now: AtMs,
) -> Result<RuleFileView, ServiceError> {
    let (actor, hash, request) = (actor.clone(), *hash, request.clone());
    service.transact("rules.activate", move |service, tx| {
        let row = get(tx, &hash)?;
        allow(tx, &actor, Action::ActivatePack, &row, now)?;
        if standing_of(&row) != RuleState::Proposed {
            return Err(ErrorCode::RulesState.into());
        }
        let impact = checked_impact(&request.impact)?;
        let replaced = checked_days(tx, &row, request.replaces.as_ref(), now)?;
        checked_shadow(tx, &hash)?;
        if let Some(replaced) = &replaced {
            let last = row.valid_from.yesterday();
            let last = last.map_err(|e| ServiceError::caused("the day before a file", e))?;
            rule_file::end(tx, &replaced.hash, last)?;
        }
        let how = Activation {
            by: Some(&actor.officer),
            at: now,
            impact: Some(impact),
            replaces: replaced.as_ref().map(|replaced| &replaced.hash),
        };
        bring_into_force(service, tx, &row, how)?;
        get(tx, &hash).map(view)
    })
}

/// Takes a proposal back; a second time changes nothing.
///
/// # Errors
/// [`ErrorCode::RulesState`] if it is in force: rules end by others that take their place.
pub fn withdraw(
    service: &Service,
    actor: &Actor,
    hash: &Hash,
    now: AtMs,
) -> Result<RuleFileView, ServiceError> {
    let (actor, hash) = (actor.clone(), *hash);
    service.transact("rules.withdraw", move |_, tx| {
        let row = get(tx, &hash)?;
        allow(tx, &actor, Action::ProposePack, &row, now)?;
        match standing_of(&row) {
            RuleState::Active => return Err(ErrorCode::RulesState.into()),
            RuleState::Withdrawn => {}
            RuleState::Proposed => {
                rule_file::withdraw(tx, &hash, now)?;
                let by = actor.officer.as_str();
                record(tx, by, "rules.withdrawn", &row, &json!({}), now)?;
            }
        }
        get(tx, &hash).map(view)
    })
}

/// The files that are or were known, by hash, behind a place.
///
/// # Errors
/// [`ErrorCode::NotAllowed`] unless the actor may read what rules do.
pub fn list(
    connection: &Connection,
    actor: &Actor,
    after: &str,
    limit: u32,
) -> Result<Vec<RuleFileView>, ServiceError> {
    let home = actor.grants.first().ok_or(ErrorCode::NotAllowed)?.division;
    allow_read(actor, &[home])?;
    let rows = rule_file::list_all(connection, after, limit)?;
    Ok(rows.into_iter().map(view).collect())
}

/// A file as it was handed in.
///
/// # Errors
/// [`ErrorCode::PackUnknown`] if there is none.
pub fn text(connection: &Connection, actor: &Actor, hash: &Hash) -> Result<String, ServiceError> {
    let home = actor.grants.first().ok_or(ErrorCode::NotAllowed)?.division;
    allow_read(actor, &[home])?;
    let row = get(connection, hash)?;
    let found = rule_file::get_text(connection, row.kind, hash)?;
    Ok(found.ok_or(ErrorCode::PackUnknown)?.1)
}

/// Brings the shipped packs and parameter tables into force: the first setup of an empty server,
/// which needs no second person because nobody stands anywhere yet, and says so.
///
/// # Errors
/// [`ErrorCode::RulesNotEmpty`] if anybody stands anywhere; [`ServiceError`] of the database.
pub fn seed(service: &Service, tx: &Tx<'_>, now: AtMs) -> Result<(), ServiceError> {
    let all = shipped::PACKS.iter().chain(shipped::PARAMETERS);
    for (name, text) in all {
        let row = parsed(name, text)?;
        if rule_file::get(tx, &row.hash)?.is_some_and(|known| known.activated_at.is_some()) {
            continue;
        }
        if store::standing::is_any(tx)? {
            return Err(ErrorCode::RulesNotEmpty.into());
        }
        if rule_file::put(tx, &row, text)? {
            quarantine::rules_arrived(tx, &row.hash)?;
        }
        let how = Activation {
            by: None,
            at: now,
            impact: None,
            replaces: None,
        };
        bring_into_force(service, tx, &row, how)?;
    }
    Ok(())
}

/// The file with this hash.
///
/// # Errors
/// [`ErrorCode::PackUnknown`] if there is none.
pub(crate) fn get(connection: &Connection, hash: &Hash) -> Result<RuleRow, ServiceError> {
    rule_file::get(connection, hash)?.ok_or_else(|| ErrorCode::PackUnknown.into())
}

/// Digest of all rules in force and their days: what a shadow run is compared against.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn in_force_digest(connection: &Connection) -> Result<Hash, ServiceError> {
    let mut said = Vec::new();
    for kind in [RuleKind::Pack, RuleKind::Parameters] {
        for row in rule_file::list(connection, kind)? {
            let last = row.last_day().map(|day| day.to_string());
            said.push(format!("{} {}", row.hash, last.unwrap_or_default()));
        }
    }
    said.sort();
    let parts: Vec<&[u8]> = said.iter().map(String::as_bytes).collect();
    Ok(Hash::of("itgel.rules_in_force.v1", &parts))
}

/// Where a file would hold: the banners that a pack is for, the division of a table.
///
/// # Errors
/// [`ServiceError`] of the database.
pub(crate) fn reach(
    connection: &Connection,
    row: &RuleRow,
    today: Date,
) -> Result<Vec<DivisionCode>, ServiceError> {
    if let Some(division) = row.division {
        return Ok(vec![division]);
    }
    let banners = store::division::list_level(connection, DivisionLevel::County, today)?;
    Ok(banners.into_iter().map(|banner| banner.code).collect())
}

/// Refuses unless the actor may read in all of these places what rules do.
///
/// # Errors
/// The [`itgel_domain::policy::Denial`] of the table.
pub(crate) fn allow_read(actor: &Actor, places: &[DivisionCode]) -> Result<(), ServiceError> {
    for place in places {
        let resource = Resource::at(*place);
        may(actor, Action::ReadMonitoring, &resource)
            .or_else(|denied| may(actor, Action::ProposePack, &resource).map_err(|_| denied))?;
    }
    Ok(())
}

/// Refuses unless the actor may do this wherever the file would hold.
fn allow(
    connection: &Connection,
    actor: &Actor,
    action: Action,
    row: &RuleRow,
    now: AtMs,
) -> Result<(), ServiceError> {
    let mut places = reach(connection, row, now.on())?;
    if places.is_empty() {
        places.extend(actor.grants.first().map(|grant| grant.division));
    }
    if places.is_empty() {
        return Err(ErrorCode::NotAllowed.into());
    }
    for place in places {
        let resource = Resource {
            first_person: row.proposed.as_ref().map(|(by, _)| by),
            ..Resource::at(place)
        };
        may(actor, action, &resource)?;
    }
    Ok(())
}

fn checked_impact(impact: &str) -> Result<&str, ServiceError> {
    let impact = impact.trim();
    match impact.is_empty() || impact.chars().count() > LONGEST_IMPACT {
        true => Err(ErrorCode::RulesImpact.into()),
        false => Ok(impact),
    }
}

/// Rules never hold for days that have passed, and never two for the same subjects on one day: the
/// file whose place is taken has to be named and ends on the day before; it is given back.
fn checked_days(
    connection: &Connection,
    row: &RuleRow,
    replaces: Option<&Hash>,
    now: AtMs,
) -> Result<Option<RuleRow>, ServiceError> {
    if row.valid_from < now.on() {
        let violation = Violation::new("valid_from", ErrorCode::RulesDays)
            .with("from", row.valid_from)
            .with("today", now.on());
        return Err(told(violation));
    }
    let is_rival = |other: &RuleRow| {
        let share = |kind| row.subject_kinds.contains(kind);
        other.hash != row.hash
            && other.overlaps(row)
            && match row.kind {
                RuleKind::Pack => other.subject_kinds.iter().any(share),
                RuleKind::Parameters => other.division == row.division,
            }
    };
    let rivals = rule_file::list(connection, row.kind)?;
    let mut replaced = None;
    for rival in rivals.into_iter().filter(is_rival) {
        let covers = |kind| row.subject_kinds.contains(kind);
        let is_named = replaces == Some(&rival.hash);
        if !is_named
            || rival.valid_from >= row.valid_from
            || !rival.subject_kinds.iter().all(covers)
        {
            let violation = Violation::new("replaces", ErrorCode::RulesOverlap)
                .with("file", &rival.name)
                .with("hash", rival.hash.short())
                .with("from", rival.valid_from);
            return Err(told(violation));
        }
        replaced = Some(rival);
    }
    match replaces {
        Some(named) if replaced.is_none() => {
            let violation = Violation::new("replaces", ErrorCode::RulesOverlap)
                .with("file", named.short())
                .with("hash", named.short())
                .with("from", row.valid_from);
            Err(told(violation))
        }
        _ => Ok(replaced),
    }
}

/// A finished run of this very file, beside the rules that are in force now.
fn checked_shadow(connection: &Connection, hash: &Hash) -> Result<(), ServiceError> {
    let run = store::shadow::get(connection, hash)?;
    let in_force = in_force_digest(connection)?;
    let is_good =
        |run: store::shadow::ShadowRow| run.finished_at.is_some() && run.rules == in_force;
    match run.is_some_and(is_good) {
        true => Ok(()),
        false => Err(ErrorCode::RulesShadow.into()),
    }
}

fn told(violation: Violation) -> ServiceError {
    ServiceError::Refused {
        code: violation.code,
        violations: vec![violation],
    }
}

/// Writes a file into force, into the log and into the lists of the banners that it is for.
fn bring_into_force(
    service: &Service,
    tx: &Tx<'_>,
    row: &RuleRow,
    how: Activation<'_>,
) -> Result<(), ServiceError> {
    if !rule_file::activate(tx, &row.hash, how)? {
        return Ok(());
    }
    let now = how.at;
    let (_, text) = rule_file::get_text(tx, row.kind, &row.hash)?.ok_or(ErrorCode::PackUnknown)?;
    let by = how.by.map_or("rules", OfficerId::as_str);
    let detail = json!({
        "first_setup": how.by.is_none(),
        "proposed_by": row.proposed.as_ref().map(|(by, _)| by),
        "impact": how.impact,
        "replaces": how.replaces,
    });
    record(tx, by, "rules.activated", row, &detail, now)?;
    let banners = store::division::list_level(tx, DivisionLevel::County, now.on())?;
    let banners = banners.iter().map(|banner| banner.code);
    let banners: Vec<DivisionCode> = banners.filter(|banner| reaches(row, *banner)).collect();
    for banner in &banners {
        store::list::append(tx, *banner, &item(row.kind, row, &text))?;
    }
    // Visits of today are judged by rules of today.
    if how.by.is_some() && row.holds_on(now.on()) {
        fold::refresh_divisions(service, tx, &banners, now)?;
    }
    tracing::info!(pack = %row.hash.short(), name = %row.name, "rules in force");
    Ok(())
}

fn record(
    tx: &Tx<'_>,
    by: &str,
    action: &str,
    row: &RuleRow,
    detail: &serde_json::Value,
    now: AtMs,
) -> Result<(), ServiceError> {
    let resource = format!("rules/{}", row.hash);
    let detail = json!({ "kind": row.kind, "name": row.name, "more": detail });
    store::log::audit(tx, now, by, action, &resource, &detail)?;
    let leaf = match action {
        "rules.activated" => row.hash,
        _ => Hash::of("itgel.rules.v1", &[resource.as_bytes(), action.as_bytes()]),
    };
    store::log::leaf(tx, LeafKind::Rules, &leaf)?;
    Ok(())
}
