//! What a title waits for: the one thing that a person has to do next, if any.

use super::{TitleCase, TitleState};
use crate::pack::vocabulary;
use crate::title::TitleOutcome;

vocabulary! {
    /// What a person has to do with a title next.
    TitleTask {
        /// Hear the division and decide about cancellation: the last check says so.
        Hear => "hear",
        /// Answer an objection.
        DecideObjection => "decide_objection",
        /// See to the correction within its days (预警, 整改).
        Correct => "correct",
        /// The entry gates are reached again: keep it.
        Keep => "keep",
        /// Award it (授牌).
        Award => "award",
        /// Approve it (审定): the publicity is over.
        Approve => "approve",
        /// Put it on the board (公示).
        Publish => "publish",
        /// Review what was computed (审核).
        Review => "review",
    }
}

impl TitleTask {
    /// What the title waits for, after a snapshot with this outcome.
    #[must_use]
    pub fn of(title: &TitleCase, outcome: Option<&TitleOutcome>) -> Option<Self> {
        let state = title.state();
        if state.is_held() && matches!(outcome, Some(TitleOutcome::Cancel { .. })) {
            return Some(Self::Hear);
        }
        match state {
            TitleState::Computed if title.computed().level.is_some() => Some(Self::Review),
            TitleState::Reviewed => Some(Self::Publish),
            TitleState::InPublicity if !title.open_objections().is_empty() => {
                Some(Self::DecideObjection)
            }
            TitleState::InPublicity if title.is_period_closed() => Some(Self::Approve),
            TitleState::Approved => Some(Self::Award),
            TitleState::Warning if matches!(outcome, Some(TitleOutcome::Keep { .. })) => {
                Some(Self::Keep)
            }
            TitleState::Warning => Some(Self::Correct),
            _ => None,
        }
    }

    /// How grave it is: 0 first, as [`Self::ALL`] says.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }
}
