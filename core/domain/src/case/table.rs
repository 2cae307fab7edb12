//! The one table of transitions of a case. The process, its documentation (`docs/process.md`)
//! and its tests read it; nothing leads from one state to another beside it.

use super::event::{Capacity, Transition};
use super::{CaseState, Role, StepKind};

use Capacity::{As, Rule, Subject};
use CaseState as S;
use Role::{Approver, Collector, Evaluator, ObjectionOfficer, Reviewer, VillageGroup};
use StepKind as K;

type Row = Transition<StepKind, CaseState>;

/// Everything before the approval in which another visit can still be looked at.
const BEFORE_APPROVAL: &[S] = &[
    S::Submitted,
    S::Conflict,
    S::PreRated,
    S::Reviewed,
    S::InPublicity,
    S::InNotice,
];

/// A rating that is, or was a moment ago, in effect.
const RATED: &[S] = &[S::Effective, S::Watch, S::Suspended];

/// Everything that can still be closed.
const OPEN: &[S] = &[
    S::Draft,
    S::Sealed,
    S::Submitted,
    S::Conflict,
    S::Returned,
    S::PreRated,
    S::Reviewed,
    S::InPublicity,
    S::InNotice,
    S::Disputed,
    S::Approved,
    S::Effective,
    S::Watch,
    S::Suspended,
];

/// Who may take down an objection: the objector, and anybody whom a herder can reach.
const RECORDERS: &[Capacity] = &[
    Subject,
    As(Collector),
    As(VillageGroup),
    As(Reviewer),
    As(ObjectionOfficer),
];

const fn row(
    from: &'static [S],
    step: K,
    to: Option<S>,
    by: &'static [Capacity],
    when: &'static str,
) -> Row {
    Row {
        from,
        step,
        to,
        by,
        when,
    }
}

/// All transitions, in the order of the process (`domain.md` D.2; rows marked "own" are ours).
pub const TRANSITIONS: &[Row] = &[
    row(
        &[S::Draft],
        K::Seal,
        Some(S::Sealed),
        &[As(Collector)],
        "consent; two signatures",
    ),
    row(
        &[S::Sealed],
        K::Submit,
        Some(S::Submitted),
        &[Rule, As(Collector)],
        "consent",
    ),
    row(
        BEFORE_APPROVAL,
        K::FindConflict,
        Some(S::Conflict),
        &[Rule],
        "after the submission: own; the period starts anew",
    ),
    row(
        BEFORE_APPROVAL,
        K::ConfirmSeal,
        None,
        &[Rule],
        "own; the grade is the same either way",
    ),
    row(
        &[S::Conflict],
        K::ResolveConflict,
        Some(S::Submitted),
        &[As(Reviewer)],
        "reason in words",
    ),
    row(
        &[S::Submitted],
        K::Return,
        Some(S::Returned),
        &[Rule, As(VillageGroup), As(Reviewer)],
        "reason in words",
    ),
    row(
        &[S::PreRated],
        K::Return,
        Some(S::Returned),
        &[As(Reviewer)],
        "reason in words",
    ),
    row(
        &[S::Returned],
        K::Fix,
        Some(S::Sealed),
        &[As(Collector)],
        "consent; two signatures",
    ),
    row(&[S::Submitted], K::Evaluate, None, &[As(Evaluator)], ""),
    row(
        &[S::Submitted],
        K::PreRate,
        Some(S::PreRated),
        &[Rule, As(VillageGroup)],
        "peer evaluation held, or none in the scorecard",
    ),
    row(
        &[S::PreRated],
        K::Override,
        None,
        &[As(Reviewer)],
        "one notch from the computed grade; not N or V; not above a cap; second reviewer; reason in words",
    ),
    row(
        &[S::PreRated],
        K::Review,
        Some(S::Reviewed),
        &[As(Reviewer)],
        "",
    ),
    row(
        &[S::Reviewed],
        K::Publish,
        Some(S::InPublicity),
        &[As(Reviewer)],
        "AAA, AA, A; no period kept",
    ),
    row(
        &[S::Reviewed],
        K::GiveNotice,
        Some(S::InNotice),
        &[As(Reviewer)],
        "B, C, N, V; no period kept",
    ),
    row(
        &[S::Reviewed],
        K::Resume,
        Some(S::InPublicity),
        &[Rule, As(Reviewer)],
        "publicity kept through an objection",
    ),
    row(
        &[S::Reviewed],
        K::Resume,
        Some(S::InNotice),
        &[Rule, As(Reviewer)],
        "notice kept through an objection",
    ),
    row(
        &[
            S::Reviewed,
            S::InPublicity,
            S::InNotice,
            S::Disputed,
            S::Approved,
        ],
        K::Object,
        Some(S::Disputed),
        RECORDERS,
        "",
    ),
    row(
        &[S::Effective],
        K::Object,
        Some(S::Disputed),
        RECORDERS,
        "handed in before the period ended, arrived after it (G 39)",
    ),
    row(
        RATED,
        K::Object,
        None,
        RECORDERS,
        "own; handed in after the period ended",
    ),
    row(
        &[S::Disputed],
        K::DecideObjection,
        Some(S::Reviewed),
        &[As(ObjectionOfficer)],
        "the last open objection; reason in words",
    ),
    row(
        &[S::Disputed],
        K::DecideObjection,
        None,
        &[As(ObjectionOfficer)],
        "others stay open; reason in words",
    ),
    row(
        RATED,
        K::DecideObjection,
        None,
        &[As(ObjectionOfficer)],
        "own; a rating in effect is superseded, never edited; reason in words",
    ),
    row(
        &[S::InPublicity, S::InNotice],
        K::ClosePeriod,
        None,
        &[Rule, As(Reviewer)],
        "seven full days and the rest days after them; no open objection",
    ),
    row(
        &[S::InPublicity, S::InNotice],
        K::Approve,
        Some(S::Approved),
        &[As(Approver)],
        "period closed; no open objection",
    ),
    row(
        &[S::Approved],
        K::MakeEffective,
        Some(S::Effective),
        &[Rule, As(Approver)],
        "first day in effect reached; period closed; no open objection",
    ),
    row(
        &[S::Effective],
        K::Watch,
        Some(S::Watch),
        &[Rule, As(Reviewer)],
        "",
    ),
    row(
        &[S::Watch],
        K::Clear,
        Some(S::Effective),
        &[As(Reviewer), As(Approver)],
        "no open objection; still valid; reason in words",
    ),
    row(
        &[S::Effective, S::Watch],
        K::Suspend,
        Some(S::Suspended),
        &[Rule, As(Reviewer), As(Approver)],
        "reason in words",
    ),
    row(
        &[S::Suspended],
        K::ConfirmCancel,
        Some(S::Cancelled),
        &[As(Approver)],
        "subject heard; reason in words",
    ),
    row(
        &[S::Suspended],
        K::Reinstate,
        Some(S::Effective),
        &[As(Approver)],
        "no open objection; still valid; reason in words",
    ),
    row(
        RATED,
        K::Supersede,
        Some(S::Superseded),
        &[Rule],
        "a newer rating of the subject",
    ),
    row(
        RATED,
        K::Expire,
        Some(S::Expired),
        &[Rule],
        "last day in effect passed",
    ),
    row(
        OPEN,
        K::Close,
        Some(S::Closed),
        &[Rule, As(Reviewer), As(Approver), As(ObjectionOfficer)],
        "reason in words",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_leaves_a_terminal_state() {
        for row in TRANSITIONS {
            assert!(row.from.iter().all(|s| !s.is_terminal()), "{row:?}");
        }
    }

    #[test]
    fn an_objection_is_no_way_round_a_veto() {
        for row in TRANSITIONS
            .iter()
            .filter(|r| r.from.contains(&S::Suspended))
        {
            let to = row.to.unwrap_or(S::Suspended);
            let known = to == S::Suspended || to == S::Effective || to.is_terminal();
            assert!(
                known && (to != S::Effective || row.by == [As(Approver)]),
                "{row:?}"
            );
        }
    }

    #[test]
    fn every_state_but_the_first_can_be_reached_and_every_step_has_a_row() {
        let mut reached = BTreeSet::from([S::Draft]);
        for _ in S::ALL {
            for row in TRANSITIONS {
                if row.from.iter().any(|s| reached.contains(s)) {
                    reached.extend(row.to);
                }
            }
        }
        assert_eq!(reached.len(), S::ALL.len());
        let steps: BTreeSet<_> = TRANSITIONS.iter().map(|r| r.step).collect();
        assert_eq!(steps.len(), K::ALL.len());
    }

    #[test]
    fn whatever_is_not_ended_can_be_closed() {
        let open: Vec<_> = S::ALL.into_iter().filter(|s| !s.is_terminal()).collect();
        assert_eq!(open, OPEN);
    }

    #[test]
    fn no_row_leads_to_effect_but_from_approval_or_back_from_doubt() {
        let before: BTreeSet<_> = TRANSITIONS
            .iter()
            .filter(|r| r.to == Some(S::Effective))
            .flat_map(|r| r.from.iter().copied())
            .collect();
        assert_eq!(
            before,
            BTreeSet::from([S::Approved, S::Watch, S::Suspended])
        );
        for row in TRANSITIONS.iter().filter(|r| r.to == Some(S::Approved)) {
            assert_eq!(row.from, [S::InPublicity, S::InNotice]);
        }
    }

    #[test]
    fn lender_auditor_and_administrator_never_touch_a_case() {
        for row in TRANSITIONS {
            for role in [Role::Lender, Role::Auditor, Role::Administrator] {
                assert!(!row.by.contains(&As(role)), "{row:?}");
            }
        }
    }
}
