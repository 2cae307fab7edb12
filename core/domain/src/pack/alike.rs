//! Whether two packs measure alike: then what was measured under one is scored under the other.

use super::{Cap, CapSubject, Indicator, RulePack, Settings, Veto};
use crate::assess::Points;

impl RulePack {
    /// Whether `other` reads the same values of every subject: they differ at most in weights,
    /// bands, comparisons and grades of caps, grades, levels, gates, the maximum of bonuses, what is
    /// enough to be rated, and words.
    #[must_use]
    pub fn measures_like(&self, other: &Self) -> bool {
        fn all<T>(a: &[T], b: &[T], like: impl Fn(&T, &T) -> bool) -> bool {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| like(a, b))
        }
        let earned = |pack: &Self| -> Vec<_> {
            let bonuses = pack.bonuses.iter();
            bonuses
                .map(|b| (b.rule, b.points.clone(), b.years))
                .collect()
        };
        let deducted = |pack: &Self| {
            let rule = pack.deduction.as_ref();
            rule.map(|d| (d.each, d.max, d.retention_years))
        };
        all(&self.indicators, &other.indicators, indicators_alike)
            && all(&self.caps, &other.caps, caps_alike)
            && all(&self.vetoes, &other.vetoes, vetoes_alike)
            && (&self.core, &self.eligibility) == (&other.core, &other.eligibility)
            && earned(self) == earned(other)
            && deducted(self) == deducted(other)
            && measured(&self.settings) == measured(&other.settings)
    }
}

fn indicators_alike(a: &Indicator, b: &Indicator) -> bool {
    let parts_alike = || {
        a.parts.iter().zip(&b.parts).all(|(a, b)| {
            (a.measure, &a.stated, a.denominator) == (b.measure, &b.stated, b.denominator)
                && (&a.related, &a.serious, &a.subject_kinds)
                    == (&b.related, &b.serious, &b.subject_kinds)
        })
    };
    (&a.absent_when, &a.absent_without) == (&b.absent_when, &b.absent_without)
        && a.parts.len() == b.parts.len()
        && parts_alike()
}

fn caps_alike(a: &Cap, b: &Cap) -> bool {
    let own = |cap: &Cap| match cap.subject {
        Some(CapSubject::Measure(name)) => Some(name),
        _ => None,
    };
    (own(a), &a.related, a.condition) == (own(b), &b.related, b.condition)
}

fn vetoes_alike(a: &Veto, b: &Veto) -> bool {
    (&a.fact, &a.related, a.related_grade, a.days_past_due_over)
        == (&b.fact, &b.related, b.related_grade, b.days_past_due_over)
}

/// The settings without those that only scoring looks at.
fn measured(settings: &Settings) -> Settings {
    Settings {
        min_completeness: Points(0),
        min_applicable: Points(0),
        ..settings.clone()
    }
}
