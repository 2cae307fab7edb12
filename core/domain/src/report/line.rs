//! The lines of a report: each with the body that recorded it, a date and an evidence level.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::assess::{Change, Moved, MovedPart, Movement};
use crate::catalogue::{Catalogue, Item, Kind, Privacy, Restricted};
use crate::file::entry::EntryId;
use crate::file::facts::FileFacts;
use crate::file::facts::conflict::Conflict;
use crate::file::facts::value::{LiveValue, Source};
use crate::id::{CycleId, DecisionId};
use crate::item::{Evidence, ItemPath, State};
use crate::register::{LandUse, RegisterContent, RegisterRow};

/// An observed value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// The section of the visit.
    pub section: String,
    /// The item.
    pub item: ItemPath,
    /// Its Chinese title.
    pub title: String,
    /// What is known, in base units.
    pub state: State,
    /// The unit of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How it is known.
    pub evidence: Evidence,
    /// The day of the observation.
    pub observed_on: Date,
    /// Who recorded it.
    pub recorded_by: RecordingBody,
    /// Another value stands against it, and nobody has decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
}

/// Who recorded a value; officers are not named to a lender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordingBody {
    /// Two officers on a visit.
    FieldVisit,
    /// The keeper of a register.
    Register,
    /// The banner, by a decision on a disagreement or an objection.
    Decision,
}

/// A row of a register.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RegisterLine {
    /// The keeper of the register, with its reference: the recording body.
    pub recorded_by: String,
    /// The day from which the row holds.
    pub recorded_on: Date,
    /// Registers are evidence A (`domain.md` B.1.7).
    pub evidence: Evidence,
    /// The register and what the row says.
    #[serde(flatten)]
    pub content: RegisterContent,
}

/// A disagreement that was decided.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Settled {
    /// The item.
    pub item: ItemPath,
    /// The decision in the audit log.
    pub decision: DecisionId,
    /// How many entries it settles.
    pub entries: usize,
}

/// A register row whose change after the visit moved the rating (`design.md` 4.9). What the
/// result was before is told to nobody outside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MovedLine {
    /// The register.
    pub register: String,
    /// What the row is about within the register.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The keeper of the register, with its reference: the recording body.
    pub recorded_by: String,
    /// First day of the row.
    pub recorded_on: Date,
    /// Last day of the row; open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// What happened to it.
    pub change: Change,
    /// What it moved.
    pub moved: BTreeSet<MovedPart>,
}

crate::subject::words!(RecordingBody {
    Self::FieldVisit => Self::FieldVisit => "field_visit",
    Self::Register => Self::Register => "register",
    Self::Decision => Self::Decision => "decision",
});

/// The values of a cycle that may be shown on `today`: of classes that somebody agreed to, no free
/// text, nothing sensitive without consent to its class.
pub(super) fn lines(file: &FileFacts, cycle: &CycleId, today: Date) -> Vec<Line> {
    let agreed = file.agreed_classes(today);
    let disputed: BTreeSet<EntryId> = file
        .conflicts(cycle)
        .into_iter()
        .flat_map(|conflict| conflict.values)
        .map(|value| value.entry)
        .collect();
    let mut lines = Vec::new();
    for (item, values) in file.held(cycle) {
        let Some(known) = Catalogue::builtin()
            .get(&item)
            .filter(|i| may_show(i, &agreed))
        else {
            continue;
        };
        let of_item = Conflict { item, values };
        for value in of_item.alternatives() {
            lines.push((
                known.section,
                line(known, value, disputed.contains(&value.entry)),
            ));
        }
    }
    lines.sort_by(|(a, x), (b, y)| (a, &x.item).cmp(&(b, &y.item)));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The decisions between values of a cycle that stand.
pub(super) fn settled(file: &FileFacts, cycle: &CycleId) -> Vec<Settled> {
    let all = file.resolutions(cycle).into_values().flatten();
    all.filter(|view| view.in_force)
        .map(|view| Settled {
            item: view.resolution.item.clone(),
            decision: view.resolution.decision.clone(),
            entries: view.resolution.settles.len(),
        })
        .collect()
}

/// The row as a line, if a lender may see it on `today`.
pub(super) fn register_line(row: &RegisterRow, today: Date) -> Option<RegisterLine> {
    let shown = match &row.content {
        RegisterContent::Veto(fact) => fact.is_shown_on(today),
        RegisterContent::PublicRecord(record) => record.is_open_on(today),
        RegisterContent::ListEntry(entry) => entry.is_shown_on(today),
        RegisterContent::Credit(_)
        | RegisterContent::Honour(_)
        | RegisterContent::Commitment(_)
        | RegisterContent::HerdRegister(_)
        | RegisterContent::Disaster(_)
        | RegisterContent::Quota(_)
        | RegisterContent::Lease(_)
        | RegisterContent::OverstockOrder(_)
        | RegisterContent::Predecessor(_)
        | RegisterContent::Title(_) => true,
        RegisterContent::Land(land) => own_land(land) != LandUse::default(),
        // Of others: a group's pooled animals, the division's counts, related persons. Or shown elsewhere: the peer
        // evaluation in sum, the tips, the day of foundation.
        _ => false,
    };
    shown.then(|| RegisterLine {
        recorded_by: row.source.clone(),
        recorded_on: row.valid_from,
        evidence: Evidence::A,
        content: match &row.content {
            RegisterContent::Land(land) => RegisterContent::Land(Box::new(own_land(land))),
            RegisterContent::Predecessor(before) => {
                RegisterContent::Predecessor(Box::new(before.shown_on(today)))
            }
            content => content.clone(),
        },
    })
}

/// What the registers of land say of the subject alone: the figures of a group are of others.
fn own_land(land: &LandUse) -> LandUse {
    LandUse {
        joint_groups: Vec::new(),
        ..land.clone()
    }
}

/// The rows that moved the rating and that a lender may see on `today`: a record that was repaired
/// or taken off its list is told no more, nor that it ever was there.
pub(super) fn moved_lines(
    movement: &Movement,
    rows: &[RegisterRow],
    today: Date,
) -> Vec<MovedLine> {
    let is_shown = |moved: &&Moved| {
        let row = rows.iter().find(|row| row.id == moved.row);
        // The peer evaluation is told in sum, and who holds the ballots tells nothing more; that the
        // registers of land moved it tells nothing of the others in a group.
        let is_told = |row: &RegisterRow| {
            matches!(
                row.content,
                RegisterContent::Peer(_) | RegisterContent::Land(_)
            )
        };
        row.is_some_and(|row| is_told(row) || register_line(row, today).is_some())
    };
    let shown = movement.rows.iter().filter(is_shown);
    shown
        .map(|moved| MovedLine {
            register: moved.register.clone(),
            key: moved.key.clone(),
            recorded_by: moved.source.clone(),
            recorded_on: moved.valid_from,
            valid_to: moved.valid_to,
            change: moved.change,
            moved: moved.parts.clone(),
        })
        .collect()
}

fn may_show(item: &Item, agreed: &BTreeSet<Restricted>) -> bool {
    let class_agreed = item.restricted.is_none_or(|class| agreed.contains(&class));
    let is_text = matches!(item.kind, Kind::Text(_));
    // Consent by class is the separate consent that sensitive data needs (L-18).
    let is_separate = item.privacy != Privacy::Sensitive || item.restricted.is_some();
    // Where somebody lives is no matter of a lender.
    let is_place = item.restricted == Some(Restricted::Location);
    class_agreed && is_separate && !is_text && !is_place
}

fn line(item: &Item, value: &LiveValue, disputed: bool) -> Line {
    let observation = &value.observation;
    Line {
        section: item.section.to_string(),
        item: observation.item.clone(),
        title: item.titles.zh.clone(),
        state: observation.state.clone(),
        unit: match &item.kind {
            Kind::Quantity { unit, .. } => Some(unit.to_string()),
            _ => None,
        },
        evidence: observation.evidence,
        observed_on: observation.observed_on,
        recorded_by: match value.source {
            Source::Officer => RecordingBody::FieldVisit,
            Source::Register => RecordingBody::Register,
            Source::Decision => RecordingBody::Decision,
        },
        disputed,
    }
}
