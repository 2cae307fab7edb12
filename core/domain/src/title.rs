//! Titles of gachas and sumus (信用嘎查, 信用苏木): what follows from an assessment for a division
//! that holds a title and for one that does not (`domain.md` B.6, B.7).
//!
//! A title is entered by the entry gates and left by the exit gates, so that a share that moves
//! around one threshold does not give and take it every year (hysteresis).

use jiff::civil::Date;

use crate::division::succession::{Succession, SuccessionKind};
use crate::division::{DivisionCode, DivisionLevel};
use crate::error::ErrorCode;
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

/// Whose title it is: a division as it was formed on a day, alone or together with a neighbour.
///
/// A code that gachas are merged into names another population from that day on: its title is none
/// until it is computed on the union, and a title of one half is not inherited (`domain.md` G 52).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleHolder {
    /// The village or township; of two the first by code.
    pub division: DivisionCode,
    /// The last day on which others were merged into it or it was divided; absent if never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed_on: Option<Date>,
    /// The village that is assessed with it (`domain.md` G 59).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jointly_with: Option<DivisionCode>,
}

impl TitleHolder {
    /// A division by itself, as its edges formed it by `day`.
    #[must_use]
    pub fn alone(division: DivisionCode, edges: &[Succession], day: Date) -> Self {
        Self {
            division,
            formed_on: formed_on(division, edges, day),
            jointly_with: None,
        }
    }

    /// Two villages of one township together, in whichever order.
    ///
    /// # Errors
    /// [`ErrorCode::TitleJoint`] for a village with itself, for divisions of another level, and
    /// for villages of different townships.
    pub fn jointly(
        one: DivisionCode,
        other: DivisionCode,
        edges: &[Succession],
        day: Date,
    ) -> Result<Self, ErrorCode> {
        let are_neighbours = one != other
            && one.level() == DivisionLevel::Village
            && other.level() == DivisionLevel::Village
            && one.parent() == other.parent();
        if !are_neighbours {
            return Err(ErrorCode::TitleJoint);
        }
        Ok(Self {
            division: one.min(other),
            formed_on: formed_on(one, edges, day).max(formed_on(other, edges, day)),
            jointly_with: Some(one.max(other)),
        })
    }

    /// The divisions that hold or would hold the title, by code.
    pub fn members(&self) -> impl Iterator<Item = DivisionCode> {
        std::iter::once(self.division).chain(self.jointly_with)
    }

    /// Its divisions as one identifier, so that two together are not taken for one of them.
    #[must_use]
    pub fn subject_id(&self) -> String {
        match self.jointly_with {
            Some(neighbour) => format!("{}-{neighbour}", self.division),
            None => self.division.to_string(),
        }
    }
}

/// The last day by `day` on which the people of a division became others: merged into it, or
/// divided from it. Another code or name changes nobody.
fn formed_on(division: DivisionCode, edges: &[Succession], day: Date) -> Option<Date> {
    let forms = |edge: &&Succession| match edge.kind {
        SuccessionKind::Merged => edge.into == division,
        SuccessionKind::Split => edge.from == division,
        SuccessionKind::Recoded => false,
    };
    let by_then = edges.iter().filter(|edge| edge.on <= day).filter(forms);
    by_then.map(|edge| edge.on).max()
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
    use jiff::civil::date;

    #[test]
    fn a_title_of_one_half_is_not_that_of_the_union() {
        let code = |text: &str| -> DivisionCode { text.parse().unwrap() };
        let (a, b, c) = (
            code("150623200201"),
            code("150623200202"),
            code("150623200203"),
        );
        let edge = |from, into, year, kind| Succession {
            from,
            into,
            on: date(year, 1, 1),
            kind,
        };
        let edges = [
            edge(a, b, 2026, SuccessionKind::Merged),
            edge(b, c, 2028, SuccessionKind::Split),
            edge(c, a, 2029, SuccessionKind::Recoded),
        ];
        let alone = |code, year| TitleHolder::alone(code, &edges, date(year, 6, 1)).formed_on;
        assert_eq!(alone(b, 2025), None);
        assert_eq!(alone(b, 2026), Some(date(2026, 1, 1)), "another population");
        assert_eq!(
            alone(b, 2028),
            Some(date(2028, 1, 1)),
            "what is left is not the whole"
        );
        assert_eq!(alone(c, 2028), None, "the new half begins without a title");
        assert_eq!(alone(a, 2029), None, "another code is the same place");
    }

    #[test]
    fn only_two_gachas_of_one_sumu_are_assessed_together() {
        let joint = |one: &str, other: &str| {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            TitleHolder::jointly(one, other, &[], date(2026, 6, 1))
        };
        let pair = joint("150623200202", "150623200201").unwrap();
        assert_eq!(pair.subject_id(), "150623200201-150623200202");
        for (one, other) in [
            ("150623200201", "150623200201"),
            ("150623200201", "150623201201"),
            ("150623200", "150623201"),
        ] {
            assert_eq!(
                joint(one, other),
                Err(ErrorCode::TitleJoint),
                "{one} {other}"
            );
        }
    }

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
