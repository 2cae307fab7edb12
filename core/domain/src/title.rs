//! Titles of gachas and sumus (信用嘎查, 信用苏木): what follows from an assessment for a division
//! that holds a title and for one that does not (`domain.md` B.6, B.7).
//!
//! A title is entered by the entry gates and left by the exit gates, so that a share that moves
//! around one threshold does not give and take it every year (hysteresis).

use crate::pack::vocabulary;
use crate::register::{Occasion, TitleHeld};

vocabulary! {
    /// The level of a title.
    TitleLevel {
        /// 信用嘎查, 信用苏木.
        Ordinary => "ordinary",
        /// 较好.
        Good => "good",
        /// 优秀.
        Excellent => "excellent",
    }
}

vocabulary! {
    /// Whether a gate is passed.
    GateState {
        /// Passed.
        Pass => "pass",
        /// Not passed.
        Fail => "fail",
        /// A number that it needs is unknown.
        Unknown => "unknown",
    }
}

/// A gate and how the division stands at its two thresholds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GateResult {
    /// The gate of the pack: `G-S`.
    pub code: String,
    /// The ratio or count, rounded for display; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// At the entry threshold.
    pub entry: GateState,
    /// At the exit threshold: `fail` means that a title is lost.
    pub exit: GateState,
}

/// What follows for the title.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TitleOutcome {
    /// The title is to be awarded (after review, publicity and approval).
    Award {
        /// Its level.
        level: TitleLevel,
    },
    /// The title is kept.
    Keep {
        /// The level from now on.
        level: TitleLevel,
    },
    /// 预警: correction within 90 days.
    Warn {
        /// The gates below entry; empty if only the score is.
        gates: Vec<String>,
    },
    /// The procedure of cancellation begins (摘牌), with notice and hearing.
    Cancel {
        /// The gates for which.
        gates: Vec<String>,
    },
    /// 未达标.
    NotReached {
        /// The gates that fail or are unknown; empty if only the score is too low.
        gates: Vec<String>,
    },
}

/// Decides about the title. `level` is what the score and all entry gates give; `exit_suspended`
/// holds for two quarters after the start of a declared disaster (`domain.md` B.9.4).
#[must_use]
pub fn decide(
    held: Option<&TitleHeld>,
    gates: &[GateResult],
    level: Option<TitleLevel>,
    exit_suspended: bool,
) -> TitleOutcome {
    let where_entry = |states: &[GateState]| -> Vec<String> {
        gates
            .iter()
            .filter(|g| states.contains(&g.entry))
            .map(|g| g.code.clone())
            .collect()
    };
    let below = where_entry(&[GateState::Fail]);
    let Some(held) = held else {
        return match level {
            Some(level) => TitleOutcome::Award { level },
            None => TitleOutcome::NotReached {
                gates: where_entry(&[GateState::Fail, GateState::Unknown]),
            },
        };
    };
    let lost: Vec<String> = gates
        .iter()
        .filter(|g| g.exit == GateState::Fail && !exit_suspended)
        .map(|g| g.code.clone())
        .collect();
    if !lost.is_empty() {
        return TitleOutcome::Cancel { gates: lost };
    }
    if !below.is_empty() {
        let uncured = held.warned_on.is_some() && held.occasion == Occasion::Review;
        return if uncured {
            TitleOutcome::Cancel { gates: below }
        } else {
            TitleOutcome::Warn { gates: below }
        };
    }
    match level {
        Some(level) => TitleOutcome::Keep { level },
        // An unknown number neither gives nor takes a title (domain.md G 60).
        None if gates.iter().any(|g| g.entry == GateState::Unknown) => match held.warned_on {
            None => TitleOutcome::Keep { level: held.level },
            Some(_) => TitleOutcome::Warn { gates: Vec::new() },
        },
        None => TitleOutcome::Warn { gates: Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(code: &str, entry: GateState, exit: GateState) -> GateResult {
        GateResult {
            code: code.into(),
            value: None,
            entry,
            exit,
        }
    }

    fn held(warned: bool, occasion: Occasion) -> TitleHeld {
        TitleHeld {
            level: TitleLevel::Ordinary,
            warned_on: warned.then(|| "2026-03-01".parse().unwrap()),
            occasion,
        }
    }

    use GateState::{Fail, Pass, Unknown};

    #[test]
    fn a_share_between_entry_and_exit_warns_and_does_not_cancel() {
        let gates = [gate("G-S", Fail, Pass)];
        let holder = held(false, Occasion::Review);
        assert!(matches!(
            decide(Some(&holder), &gates, None, false),
            TitleOutcome::Warn { .. }
        ));
        assert!(matches!(
            decide(None, &gates, None, false),
            TitleOutcome::NotReached { .. }
        ));
    }

    #[test]
    fn a_warning_ends_at_the_next_review_and_not_at_a_quarterly_check() {
        let gates = [gate("G-S", Fail, Pass)];
        let at = |occasion, suspended| decide(Some(&held(true, occasion)), &gates, None, suspended);
        assert!(matches!(
            at(Occasion::QuarterlyCheck, false),
            TitleOutcome::Warn { .. }
        ));
        assert!(matches!(
            at(Occasion::Review, false),
            TitleOutcome::Cancel { .. }
        ));
        assert!(matches!(
            at(Occasion::Review, true),
            TitleOutcome::Cancel { .. }
        ));
    }

    #[test]
    fn below_exit_a_disaster_suspends_cancellation() {
        let gates = [gate("G-N", Fail, Fail)];
        let holder = held(false, Occasion::QuarterlyCheck);
        let lost = TitleOutcome::Cancel {
            gates: vec!["G-N".into()],
        };
        assert_eq!(decide(Some(&holder), &gates, None, false), lost);
        assert!(matches!(
            decide(Some(&holder), &gates, None, true),
            TitleOutcome::Warn { .. }
        ));
    }

    #[test]
    fn an_unknown_number_neither_awards_nor_cancels() {
        let gates = [gate("G-N", Unknown, Unknown)];
        let holder = held(false, Occasion::Review);
        let kept = TitleOutcome::Keep {
            level: TitleLevel::Ordinary,
        };
        assert_eq!(decide(Some(&holder), &gates, None, false), kept);
        let refused = TitleOutcome::NotReached {
            gates: vec!["G-N".into()],
        };
        assert_eq!(decide(None, &gates, None, false), refused);
    }

    #[test]
    fn a_low_score_alone_warns_and_never_cancels() {
        let gates = [gate("G-S", Pass, Pass)];
        let holder = held(true, Occasion::Review);
        assert!(matches!(
            decide(Some(&holder), &gates, None, false),
            TitleOutcome::Warn { .. }
        ));
    }
}
