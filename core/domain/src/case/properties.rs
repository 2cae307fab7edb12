//! The invariants of `domain.md` D.2 over random histories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::event::Capacity;
use super::step::{Assessed, Cause, Objection, ObjectionChannel, ObjectionGround, Outcome, Peer};
use super::table::TRANSITIONS;
use super::tests::{Walk, as_role, assessed, officer};
use super::*;
use crate::subject::Grade;

/// One attempt: numbers that choose a step, an actor, figures and the days that pass.
#[derive(Debug, Clone)]
struct Attempt {
    row: prop::sample::Index,
    any_step: bool,
    capacity: prop::sample::Index,
    person: u8,
    grade: prop::sample::Index,
    coin: bool,
    days: i64,
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let one = (
        any::<prop::sample::Index>(),
        prop::bool::weighted(0.1),
        any::<prop::sample::Index>(),
        0..3_u8,
        any::<prop::sample::Index>(),
        any::<bool>(),
        0..5_i64,
    );
    let one = one.prop_map(
        |(row, any_step, capacity, person, grade, coin, days)| Attempt {
            row,
            any_step,
            capacity,
            person,
            grade,
            coin,
            days,
        },
    );
    prop::collection::vec(one, 60..160)
}

const GRADES: [Grade; 7] = [
    Grade::Aaa,
    Grade::Aa,
    Grade::A,
    Grade::B,
    Grade::C,
    Grade::N,
    Grade::V,
];

/// Does the attempt; mostly a step that the table has for the state, sometimes any other.
fn attempt(walk: &mut Walk, a: &Attempt) -> Option<CaseEvent> {
    walk.at = walk.at.plus_ms(a.days * 86_400_000 + 1);
    let state = walk.case.state();
    // What throws a case back is tried less often, so that many get to the end.
    let throws_back = |step| {
        use StepKind::{Close, FindConflict, Object, Return};
        matches!(step, FindConflict | Return | Object | Close)
    };
    let fits = |row: &&event::Transition<StepKind, CaseState>| {
        (a.any_step || row.from.contains(&state))
            && (!throws_back(row.step) || (a.person == 0 && a.days == 0))
    };
    let rows: Vec<_> = TRANSITIONS.iter().filter(fits).collect();
    let row = *rows.get(a.row.index(rows.len().max(1)))?;
    let by = match *a.capacity.get(row.by) {
        Capacity::As(role) => {
            // Persons 0 and 1 belong to one role each, person 2 tries himself in all of them.
            let name = match a.person {
                2 => "anybody".to_owned(),
                n => format!("{role}-{n}"),
            };
            as_role(&name, role)
        }
        Capacity::Subject => By::Subject,
        Capacity::Rule => By::Rule,
    };
    let step = step(walk, a, row.step);
    walk.apply(step, &by).ok()
}

fn step(walk: &Walk, a: &Attempt, kind: StepKind) -> Step {
    let grade = *a.grade.get(&GRADES);
    let today = walk.at.on();
    let day = |days| today.saturating_add(jiff::Span::new().days(days));
    let result = || Assessed {
        cap: a.coin.then_some(Grade::Aa),
        ..assessed(grade)
    };
    let receipt = match a.coin {
        true => format!("y-{}", walk.case.version()),
        false => walk
            .case
            .open_objections()
            .first()
            .map_or(String::new(), |o| o.receipt.clone()),
    };
    match kind {
        StepKind::Seal => Step::Seal {
            second: Some(officer("collector-1")),
        },
        StepKind::Fix => Step::Fix { second: None },
        StepKind::Submit => Step::Submit,
        StepKind::FindConflict => Step::FindConflict {
            collectors: vec![officer("anybody")],
        },
        StepKind::ConfirmSeal => Step::ConfirmSeal {
            collectors: vec![officer("collector-1")],
        },
        StepKind::ResolveConflict => Step::ResolveConflict,
        StepKind::Return => Step::Return,
        StepKind::Evaluate => Step::Evaluate,
        StepKind::PreRate => Step::PreRate {
            assessed: result(),
            peer: Peer::Held,
        },
        StepKind::Override => Step::Override {
            grade,
            second: officer("reviewer-1"),
        },
        StepKind::Review => Step::Review,
        StepKind::Publish => Step::Publish,
        StepKind::GiveNotice => Step::GiveNotice,
        StepKind::Resume => Step::Resume,
        StepKind::Object => Step::Object {
            objection: Objection {
                channel: ObjectionChannel::default(),
                receipt: format!("y-{}", walk.case.version()),
                ground: ObjectionGround::WrongOrMissing,
                of_subject: a.coin,
                filed_at: walk.at.plus_ms(-a.days * 5 * 86_400_000),
            },
        },
        StepKind::DecideObjection => Step::DecideObjection {
            receipt,
            outcome: match a.person {
                0 => Outcome::Upheld {
                    assessed: Some(result()),
                },
                1 => Outcome::Upheld { assessed: None },
                _ => Outcome::Rejected,
            },
        },
        StepKind::ClosePeriod => Step::ClosePeriod,
        StepKind::Approve => Step::Approve {
            effective_on: today,
            valid_to: day(60),
        },
        StepKind::MakeEffective => Step::MakeEffective,
        StepKind::Watch => Step::Watch,
        StepKind::Clear => Step::Clear,
        StepKind::Suspend => Step::Suspend,
        StepKind::ConfirmCancel => Step::ConfirmCancel { heard_on: today },
        StepKind::Reinstate => Step::Reinstate,
        StepKind::Supersede => Step::Supersede {
            successor: "c2".parse().unwrap(),
        },
        StepKind::Expire => Step::Expire,
        StepKind::Close => Step::Close {
            cause: Cause::Death,
        },
    }
}

/// Reads the invariants off the history alone, by another way than the process goes.
fn check(history: &[CaseEvent]) -> Result<(), TestCaseError> {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut shown: Option<(&CaseEvent, bool)> = None;
    let mut grade = None;
    for (index, event) in history.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .map_or(CaseState::Draft, |i| history[i].to);
        prop_assert_eq!((event.n, event.from), (index as u64 + 1, before));
        prop_assert!(
            !event.from.is_terminal(),
            "something follows {}",
            event.from
        );
        prop_assert!(!event.reason.code.is_empty());
        if let By::Officer { officer, role } = &event.by {
            let first = *roles.entry(officer.to_string()).or_insert(*role);
            prop_assert_eq!(first, *role, "{} acts in two roles", officer);
        }
        match &event.step {
            Step::Object { objection } => {
                open.insert(objection.receipt.clone());
            }
            Step::DecideObjection { receipt, outcome } => {
                open.remove(receipt);
                if let (CaseState::Disputed, Outcome::Upheld { assessed: Some(a) }) =
                    (event.from, outcome)
                {
                    grade = Some(a.grade);
                }
            }
            Step::PreRate { assessed, .. } => {
                grade = Some(assessed.grade);
                shown = None;
            }
            Step::Override { grade: chosen, .. } => grade = Some(*chosen),
            Step::Publish => shown = Some((event, true)),
            Step::GiveNotice => shown = Some((event, false)),
            _ => {}
        }
        if event.to == CaseState::Effective && event.from != CaseState::Effective {
            prop_assert!(open.is_empty(), "in effect with an open objection");
            let Some((begun, in_public)) = shown else {
                return Err(TestCaseError::fail("in effect without publicity or notice"));
            };
            prop_assert_eq!(grade.is_some_and(Grade::is_credit), in_public);
            // Day 1 is the day after; seven full days have passed on the eighth.
            let days = (event.at.on() - begun.at.on()).get_days();
            prop_assert!(days >= 8, "in effect {} days after it was shown", days);
        }
    }
    Ok(())
}

#[test]
fn no_random_history_breaks_an_invariant_of_the_process() {
    let transitions = AtomicUsize::new(0);
    let effective = AtomicUsize::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&attempts(), |attempts| {
        let mut walk = Walk::new();
        for one in &attempts {
            if let Some(event) = attempt(&mut walk, one) {
                let first = event.to == CaseState::Effective && event.from != event.to;
                effective.fetch_add(usize::from(first), Ordering::Relaxed);
            }
        }
        let history = walk.case.history();
        transitions.fetch_add(history.len(), Ordering::Relaxed);
        check(history)?;
        let json =
            serde_json::to_string(history).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let stored: Vec<CaseEvent> =
            serde_json::from_str(&json).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let replayed = Walk::new().case.replayed(stored);
        prop_assert_eq!(&replayed, &walk.case, "a replayed case differs");
        Ok(())
    });
    outcome.unwrap();
    let (all, effective) = (transitions.into_inner(), effective.into_inner());
    assert!(all >= 5_000, "only {all} transitions were tried");
    assert!(effective >= 50, "only {effective} ratings took effect");
}
