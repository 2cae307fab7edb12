//! Watching over ratings in effect (`domain.md` D.2, SR-57 to SR-61): what the quarterly check
//! finds, and how it is reacted to, from a reminder (提醒) over a warning (预警) to a talk (约谈).
//!
//! A check compares what the engine says on its day with what the rating rests on. It never
//! changes a rating: what it finds is for persons, who clear it, or suspend the rating.

mod check;
mod quarter;
mod rules;
#[cfg(test)]
mod tests;

pub use check::{Finding, Monitored, check};
pub use quarter::{Quarter, QuarterError};
pub use rules::{MonitoringRules, TriggerRule};

use crate::pack::vocabulary;

vocabulary! {
    /// What a check looks for.
    Trigger {
        /// A veto that did not stand when the rating was made.
        Veto => "veto",
        /// The veto that a rating V rests on stands no more.
        VetoEnded => "veto_ended",
        /// An open loan is past due; the figure is its days.
        PastDue => "past_due",
        /// A cap that was not met.
        Cap => "cap",
        /// A lower grade; the figure is the notches.
        GradeFall => "grade_fall",
        /// A larger deduction.
        AdverseRecord => "adverse_record",
        /// An order to correct overstock that is open.
        OverstockOrder => "overstock_order",
        /// Not rated (N) by now.
        NotRated => "not_rated",
        /// A risk tip that was not there.
        Tip => "tip",
        /// The yearly rating is due; the figure is the months since the last one.
        ReRating => "re_rating",
        /// The last day is near; the figure is the days to it.
        EndsSoon => "ends_soon",
    }
}

vocabulary! {
    /// Where an early warning stands.
    WarningState {
        /// It waits for a person.
        Open => "open",
        /// A person found that it is nothing, or over.
        Cleared => "cleared",
        /// A person suspended the rating.
        Suspended => "suspended",
        /// The rating itself came to its end.
        Ended => "ended",
    }
}

vocabulary! {
    /// What was done about an early warning.
    WarningStepKind {
        /// A check found something new.
        Find => "find",
        /// A person reminded, warned or talked.
        React => "react",
        /// A person cleared it.
        Clear => "clear",
        /// A person suspended the rating.
        Suspend => "suspend",
        /// The rating came to its end.
        End => "end",
    }
}

vocabulary! {
    /// How a finding is reacted to, the mildest first (SR-61).
    Reaction {
        /// 提醒.
        Remind => "remind",
        /// 预警.
        Warn => "warn",
        /// 约谈.
        Talk => "talk",
    }
}
