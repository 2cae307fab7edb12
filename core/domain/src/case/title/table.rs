//! The one table of transitions of a title.

use super::{TitleState, TitleStepKind};
use crate::case::Role::{Approver, Collector, ObjectionOfficer, Reviewer, VillageGroup};
use crate::case::event::Capacity::{self, As, Rule, Subject};
use crate::case::event::Transition;

use TitleState as S;
use TitleStepKind as K;

/// The states in which a division holds the title.
const HELD: &[S] = &[S::Awarded, S::Warning, S::Kept];

/// The states that something follows.
const OPEN: &[S] = &[
    S::Computed,
    S::Reviewed,
    S::InPublicity,
    S::Approved,
    S::Awarded,
    S::Warning,
    S::Kept,
];

const fn row(
    from: &'static [S],
    step: K,
    to: Option<S>,
    by: &'static [Capacity],
    when: &'static str,
) -> Transition<K, S> {
    Transition {
        from,
        step,
        to,
        by,
        when,
    }
}

/// All transitions, in the order of the process (`domain.md` D.2).
pub const TRANSITIONS: &[Transition<K, S>] = &[
    row(
        &[S::Computed],
        K::Review,
        Some(S::Reviewed),
        &[As(Reviewer)],
        "level reached",
    ),
    row(
        &[S::Reviewed],
        K::Publish,
        Some(S::InPublicity),
        &[As(Reviewer)],
        "",
    ),
    row(
        &[S::InPublicity],
        K::Object,
        None,
        &[
            Subject,
            As(Collector),
            As(VillageGroup),
            As(Reviewer),
            As(ObjectionOfficer),
        ],
        "",
    ),
    row(
        &[S::InPublicity],
        K::DecideObjection,
        None,
        &[As(ObjectionOfficer)],
        "nothing to correct; reason in words",
    ),
    row(
        &[S::InPublicity],
        K::DecideObjection,
        Some(S::Computed),
        &[As(ObjectionOfficer)],
        "numbers corrected; the period starts anew; reason in words",
    ),
    row(
        &[S::InPublicity],
        K::ClosePeriod,
        None,
        &[Rule, As(Reviewer)],
        "seven full days and the rest days after them; no open objection",
    ),
    row(
        &[S::InPublicity],
        K::Approve,
        Some(S::Approved),
        &[As(Approver)],
        "period closed; no open objection",
    ),
    row(
        &[S::Approved],
        K::Award,
        Some(S::Awarded),
        &[As(Approver)],
        "",
    ),
    row(
        &[S::Awarded, S::Kept],
        K::Warn,
        Some(S::Warning),
        &[Rule, As(Reviewer)],
        "below an entry gate",
    ),
    row(
        HELD,
        K::Keep,
        Some(S::Kept),
        &[As(Approver)],
        "entry gates reached at a review; reason in words",
    ),
    row(
        &[S::Warning],
        K::Cancel,
        Some(S::Cancelled),
        &[As(Approver)],
        "90 days passed, or below an exit gate; heard; reason in words",
    ),
    row(
        &[S::Awarded, S::Kept],
        K::Cancel,
        Some(S::Cancelled),
        &[As(Approver)],
        "below an exit gate; heard; reason in words",
    ),
    row(
        OPEN,
        K::End,
        Some(S::Ended),
        &[Rule],
        "merged, divided, another code, or no longer assessed jointly",
    ),
];
