//! How complete, how well proven and how much in time the work is, and whether it treats groups
//! alike (`domain.md` I.2).

use std::collections::BTreeMap;

use super::Verdict;
use super::share::{Ppm, Share, ratio};
use super::thresholds::Thresholds;
use crate::assess::{EvidenceMix, Points};
use crate::subject::Grade;

/// Completeness and evidence of a group of files: of an officer, of a gacha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct FileQuality {
    /// Files.
    pub files: u64,
    /// Sum of their completeness in hundredths of a per cent.
    completeness: i64,
    /// Sum of the applicable weight by evidence.
    evidence: EvidenceMix,
}

/// The same as shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileShares {
    /// Files.
    pub files: u64,
    /// Mean completeness in per cent, half up.
    pub completeness: Option<Points>,
    /// Share of the weight that rests on a register, document or feed.
    pub a: Option<Ppm>,
    /// Seen and counted.
    pub b: Option<Ppm>,
    /// Declared.
    pub c: Option<Ppm>,
    /// Told by a third party, or estimated.
    pub d: Option<Ppm>,
}

impl FileQuality {
    /// Counts a file.
    pub fn add(&mut self, completeness: Points, evidence: EvidenceMix) {
        self.files += 1;
        self.completeness = self.completeness.saturating_add(completeness.0);
        self.evidence.a.0 += evidence.a.0;
        self.evidence.b.0 += evidence.b.0;
        self.evidence.c.0 += evidence.c.0;
        self.evidence.d.0 += evidence.d.0;
    }

    /// Counts those of another group too.
    pub fn join(&mut self, other: &Self) {
        let complete = other.completeness.saturating_add(self.completeness);
        *self = Self {
            files: self.files + other.files,
            completeness: complete,
            evidence: EvidenceMix {
                a: Points(self.evidence.a.0 + other.evidence.a.0),
                b: Points(self.evidence.b.0 + other.evidence.b.0),
                c: Points(self.evidence.c.0 + other.evidence.c.0),
                d: Points(self.evidence.d.0 + other.evidence.d.0),
            },
        };
    }

    /// The figures.
    #[must_use]
    pub fn result(&self) -> FileShares {
        let mix = self.evidence;
        let whole = mix.a.0 + mix.b.0 + mix.c.0 + mix.d.0;
        let share = |points: Points| (whole > 0).then(|| ratio(points.0.into(), whole.into()));
        let mean = || crate::pack::decimal::half_up(self.completeness.into(), self.files.into());
        let mean = (self.files > 0).then(|| Points(i64::try_from(mean()).unwrap_or(i64::MAX)));
        FileShares {
            files: self.files,
            completeness: mean,
            a: share(mix.a),
            b: share(mix.b),
            c: share(mix.c),
            d: share(mix.d),
        }
    }
}

/// What was due and in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Timeliness {
    /// Reviews within their term after the submission; one that waits longer counts as late.
    pub review: Share,
    /// Approvals within their term after a clean publicity or notice.
    pub approval: Share,
    /// Objections answered within their term.
    pub objection: Share,
}

impl Timeliness {
    /// Counts those of another group too.
    pub const fn join(&mut self, other: Self) {
        self.review.join(other.review);
        self.approval.join(other.approval);
        self.objection.join(other.objection);
    }
}

/// Grades by a property that must not decide them. Neither ethnicity nor gender is ever one:
/// nothing collects them (`domain.md` B.2, I.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    groups: BTreeMap<String, BTreeMap<Grade, u64>>,
}

/// Whether groups are selected alike.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Fairness {
    /// Each group with its credit grades (AAA, AA, A) among its rated, and all its grades.
    pub groups: Vec<FairGroup>,
    /// The lowest selection rate ÷ the highest, of groups that are large enough; half up.
    pub ratio: Option<Ppm>,
    /// Below 0.8: review.
    pub verdict: Verdict,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FairGroup {
    /// Its code.
    pub group: String,
    /// Credit grades among the rated, those without a grade (N) left out.
    pub selected: Share,
    /// Grades.
    pub grades: BTreeMap<String, u64>,
}

impl Selection {
    /// Counts a rated subject.
    pub fn add(&mut self, group: &str, grade: Grade) {
        let grades = match self.groups.get_mut(group) {
            Some(grades) => grades,
            None => self.groups.entry(group.to_owned()).or_default(),
        };
        *grades.entry(grade).or_default() += 1;
    }

    /// The figures.
    #[must_use]
    pub fn result(&self, thresholds: &Thresholds) -> Fairness {
        let groups: Vec<FairGroup> = self.groups.iter().map(|(g, n)| group(g, n)).collect();
        let large = |group: &&FairGroup| group.selected.whole >= thresholds.least_group;
        let mut shares: Vec<Share> = groups.iter().filter(large).map(|g| g.selected).collect();
        shares.sort_by(|a, b| a.compare(*b).unwrap_or(std::cmp::Ordering::Equal));
        let (ratio, verdict) = match (shares.first(), shares.last()) {
            (Some(low), Some(high)) if shares.len() > 1 => compared(*low, *high, thresholds),
            _ => (None, Verdict::Insufficient),
        };
        Fairness {
            groups,
            ratio,
            verdict,
        }
    }
}

fn group(name: &str, grades: &BTreeMap<Grade, u64>) -> FairGroup {
    let rated = |grade: &Grade| *grade != Grade::N;
    let counts = grades.iter().filter(|(grade, _)| rated(grade));
    let selected = counts.fold(Share::default(), |mut sum, (grade, n)| {
        sum.join(Share::of(if grade.is_credit() { *n } else { 0 }, *n));
        sum
    });
    FairGroup {
        group: name.to_owned(),
        selected,
        grades: grades.iter().map(|(g, n)| (g.to_string(), *n)).collect(),
    }
}

fn compared(low: Share, high: Share, thresholds: &Thresholds) -> (Option<Ppm>, Verdict) {
    let num = i128::from(low.part) * i128::from(high.whole);
    let den = i128::from(high.part) * i128::from(low.whole);
    if den == 0 {
        return (None, Verdict::Insufficient);
    }
    let least = i128::from(thresholds.selection_least.0) * den;
    let is_alike = num * super::share::MILLION >= least;
    let verdict = if is_alike {
        Verdict::Pass
    } else {
        Verdict::Watch
    };
    (Some(ratio(num, den)), verdict)
}
