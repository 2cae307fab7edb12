//! A file of rules: what it says of itself, and how staff see it.

use itgel_domain::division::DivisionCode;
use itgel_domain::error::{ErrorCode, Violation};
use itgel_domain::hash::Hash;
use itgel_domain::id::OfficerId;
use itgel_domain::pack::{Parameters, RulePack};
use itgel_domain::subject::SubjectKind;
use itgel_domain::time::AtMs;
use jiff::civil::Date;

use super::{RuleKind, refused};
use crate::error::ServiceError;
use crate::store::rule_file::RuleRow;

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// Handed in.
    Proposed,
    /// In force on its days.
    Active,
    /// Taken back before it came into force.
    Withdrawn,
}

/// A file as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RuleFileView {
    /// SHA-256 of the file, by which ratings name it.
    pub hash: Hash,
    /// A pack or a parameter table.
    pub kind: RuleKind,
    /// Its name.
    pub name: String,
    /// The subjects that a pack rates.
    pub subject_kinds: Vec<SubjectKind>,
    /// Where a parameter table applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division: Option<DivisionCode>,
    /// First day.
    pub valid_from: Date,
    /// Last day by its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Last day, because another file took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// Where it stands.
    pub state: RuleState,
    /// It came with the first setup of an empty server: nobody proposed it, nobody was rated yet.
    pub first_setup: bool,
    /// Who handed it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed_at_ms: Option<AtMs>,
    /// Who put it into force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<OfficerId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activated_at_ms: Option<AtMs>,
    /// Reference of the impact assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// The file whose place it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Hash>,
}

/// Where a file stands.
pub(crate) const fn standing_of(row: &RuleRow) -> RuleState {
    match (row.activated_at, row.withdrawn_at) {
        (Some(_), _) => RuleState::Active,
        (None, Some(_)) => RuleState::Withdrawn,
        (None, None) => RuleState::Proposed,
    }
}

/// What a file says of itself. One with `parameters_id` is a parameter table.
pub(super) fn parsed(name: &str, text: &str) -> Result<RuleRow, ServiceError> {
    let row = |hash, kind, (valid_from, valid_to)| RuleRow {
        hash,
        kind,
        name: name.to_owned(),
        subject_kinds: Vec::new(),
        division: None,
        valid_from,
        valid_to,
        ends_on: None,
        proposed: None,
        activated_at: None,
        activated_by: None,
        impact: None,
        replaces: None,
        withdrawn_at: None,
    };
    if Parameters::is_named_in(text) {
        let table = Parameters::parse(name, text.as_bytes()).map_err(refused)?;
        let division = table.division.parse().map_err(|_| ServiceError::Refused {
            code: ErrorCode::RulesBadValue,
            violations: vec![Violation::new("division", ErrorCode::DivisionInvalid)],
        })?;
        let days = (table.valid_from, table.valid_to);
        return Ok(RuleRow {
            division: Some(division),
            ..row(table.hash(), RuleKind::Parameters, days)
        });
    }
    let pack = RulePack::parse(name, text.as_bytes()).map_err(refused)?;
    let days = (pack.valid_from, pack.valid_to);
    Ok(RuleRow {
        subject_kinds: pack.subject_kinds.clone(),
        ..row(pack.hash(), RuleKind::Pack, days)
    })
}

/// The file as staff see it.
pub(super) fn view(row: RuleRow) -> RuleFileView {
    let state = standing_of(&row);
    let (proposed_by, proposed_at_ms) = row.proposed.unzip();
    RuleFileView {
        hash: row.hash,
        kind: row.kind,
        name: row.name,
        subject_kinds: row.subject_kinds,
        division: row.division,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        ends_on: row.ends_on,
        state,
        first_setup: state == RuleState::Active && proposed_by.is_none(),
        proposed_by,
        proposed_at_ms,
        activated_by: row.activated_by,
        activated_at_ms: row.activated_at,
        impact: row.impact,
        replaces: row.replaces,
    }
}
