//! Why a subject moves: which indicators, caps and vetoes changed, and by how many points.

use super::{Detail, Judged, Place, keep_examples};
use crate::id::SubjectId;
use crate::pack::vocabulary;
use crate::subject::Grade;

vocabulary! {
    /// What changed.
    CauseKind {
        /// A veto that begins or ends to stand.
        Veto => "veto",
        /// A condition of being rated.
        NotRated => "not_rated",
        /// A gate.
        Gate => "gate",
        /// A cap.
        Cap => "cap",
        /// What an indicator contributes to the score.
        Indicator => "indicator",
        /// Bonus.
        Bonus => "bonus",
        /// Deduction.
        Deduction => "deduction",
        /// The scores from which grades or levels are given.
        Grades => "grades",
    }
}

/// One thing that changed for one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What kind of thing.
    pub kind: CauseKind,
    /// Its code; empty where there is only one.
    pub code: String,
    /// By how much it moved the score, in hundredths.
    pub points: i64,
}

/// One thing that changed, over all movers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CauseCount {
    /// What kind of thing.
    pub kind: CauseKind,
    /// Its code.
    pub code: String,
    /// Movers for whom it changed.
    pub subjects: u64,
    /// Movers for whom it weighed most.
    pub led: u64,
    /// Movers whose score it raised.
    pub raised: u64,
    /// Movers whose score it lowered.
    pub lowered: u64,
    /// By how much it moved their scores together, in hundredths.
    pub points: i64,
    /// Some for whom it weighed most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<SubjectId>,
}

/// What changed for a mover, what weighed most first.
///
/// Vetoes, conditions, gates and caps come first where they decide the place on one of the sides,
/// as in the order of operations (`domain.md` B.1.8); then by points in the direction of the move.
#[must_use]
pub fn causes(before: &Judged, old: &Detail, after: &Judged, new: &Detail) -> Vec<Cause> {
    let mut found = Vec::new();
    for (kind, old, new) in [
        (CauseKind::Veto, &old.vetoes, &new.vetoes),
        (CauseKind::NotRated, &old.not_rated_for, &new.not_rated_for),
        (CauseKind::Gate, &old.gates, &new.gates),
        (CauseKind::Cap, &old.caps, &new.caps),
    ] {
        let only_in = |a: &[String], b: &[String]| -> Vec<String> {
            a.iter().filter(|code| !b.contains(code)).cloned().collect()
        };
        let changed = only_in(old, new).into_iter().chain(only_in(new, old));
        found.extend(changed.map(|code| Cause {
            kind,
            code,
            points: 0,
        }));
    }
    found.extend(indicators(old, new));
    for (kind, points) in [
        (CauseKind::Bonus, new.bonus - old.bonus),
        (CauseKind::Deduction, old.deduction - new.deduction),
    ] {
        if points != 0 {
            let code = String::new();
            found.push(Cause { kind, code, points });
        }
    }
    if found.is_empty() || (old.score == new.score && old.raw_grade != new.raw_grade) {
        found.push(Cause {
            kind: CauseKind::Grades,
            code: String::new(),
            points: 0,
        });
    }
    let direction = (new.score.0 - old.score.0).signum();
    let deciding = [deciding(before, old), deciding(after, new)];
    found.sort_by_key(|cause| rank(cause, direction, deciding));
    found
}

/// Indicators whose contribution changes; one that only one pack has contributes nothing under the
/// other.
fn indicators(old: &Detail, new: &Detail) -> Vec<Cause> {
    let share = |of: &Detail, code: &str| {
        let found = of.shares.iter().find(|(known, _)| known == code);
        found.map_or(0, |(_, points)| *points)
    };
    let added = new
        .shares
        .iter()
        .filter(|(code, _)| old.shares.iter().all(|(known, _)| known != code));
    let codes = old.shares.iter().chain(added).map(|(code, _)| code);
    codes
        .map(|code| Cause {
            kind: CauseKind::Indicator,
            code: code.clone(),
            points: share(new, code) - share(old, code),
        })
        .filter(|cause| cause.points != 0)
        .collect()
}

/// The step that decided the place, if it was not the score.
fn deciding(judged: &Judged, detail: &Detail) -> Option<CauseKind> {
    match judged.low {
        Place::Grade(Grade::V) => Some(CauseKind::Veto),
        Place::Grade(Grade::N) => Some(CauseKind::NotRated),
        Place::Grade(grade) if detail.raw_grade != Some(grade) => Some(CauseKind::Cap),
        Place::NotReached => Some(CauseKind::Gate),
        Place::Grade(_) | Place::Level(_) | Place::Review => None,
    }
}

/// Orders causes: those that decide, then what moves the score the way that it went, then the rest.
fn rank(
    cause: &Cause,
    direction: i64,
    deciding: [Option<CauseKind>; 2],
) -> (u8, std::cmp::Reverse<i64>, CauseKind, String) {
    let along = cause.points * direction;
    let class = match cause.kind {
        kind if deciding.contains(&Some(kind)) => 0,
        CauseKind::Indicator | CauseKind::Bonus | CauseKind::Deduction if along > 0 => 1,
        CauseKind::Grades => 2,
        _ => 3,
    };
    (
        class,
        std::cmp::Reverse(along),
        cause.kind,
        cause.code.clone(),
    )
}

impl Cause {
    pub(super) fn key(&self) -> (CauseKind, &str) {
        (self.kind, &self.code)
    }
}

impl CauseCount {
    pub(super) fn none(cause: &Cause) -> Self {
        Self {
            kind: cause.kind,
            code: cause.code.clone(),
            subjects: 0,
            led: 0,
            raised: 0,
            lowered: 0,
            points: 0,
            examples: Vec::new(),
        }
    }

    pub(super) fn key(&self) -> (CauseKind, &str) {
        (self.kind, &self.code)
    }

    pub(super) fn add(&mut self, subject: Option<&SubjectId>, cause: &Cause, leads: bool) {
        self.subjects += 1;
        self.led += u64::from(leads);
        self.raised += u64::from(cause.points > 0);
        self.lowered += u64::from(cause.points < 0);
        self.points += cause.points;
        keep_examples(&mut self.examples, subject.filter(|_| leads));
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.subjects += other.subjects;
        self.led += other.led;
        self.raised += other.raised;
        self.lowered += other.lowered;
        self.points += other.points;
        keep_examples(&mut self.examples, &other.examples);
    }
}
