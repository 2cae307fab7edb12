//! The invariants of `domain.md` D.2 over random histories, from one seed: over the process as it is
//! none of them breaks, and over a process with one rule taken out the check finds it.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Capacity;
use super::step::{Assessed, Cause, Objection, ObjectionChannel, ObjectionGround, Outcome, Peer};
use super::table::TRANSITIONS;
use super::terms::Term;
use super::tests::{Walk, as_role, assessed, officer};
use super::*;
use crate::case::deadline::Deadline;
use crate::subject::Grade;

/// How many transitions a run has to try.
const TRANSITIONS_TRIED: usize = 100_000;

/// Numbers from a seed (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// One attempt: what decides who tries what, with which figures, after how many days.
struct Attempt {
    any_step: bool,
    person: usize,
    grade: Grade,
    coin: bool,
    days: i64,
}

impl Attempt {
    fn draw(draw: &mut Draw) -> Self {
        Self {
            any_step: draw.below(10) == 0,
            person: draw.below(3),
            grade: *draw.pick(&GRADES),
            coin: draw.below(2) == 0,
            days: i64::try_from(draw.below(5)).unwrap(),
        }
    }
}

/// A rule of the process that is taken out, to see that the check finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// Publicity lasts three days.
    Publicity,
    /// Nobody remembers who acted before.
    Roles,
    /// Open objections are forgotten.
    Objections,
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
fn attempt(walk: &mut Walk, a: &Attempt, draw: &mut Draw) -> Option<CaseEvent> {
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
    let row = rows.get(draw.below(rows.len()))?;
    let by = match *draw.pick(row.by) {
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
    let grade = a.grade;
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
fn check(history: &[CaseEvent]) -> Result<(), String> {
    let mut roles: BTreeMap<String, Role> = BTreeMap::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut shown: Option<(&CaseEvent, bool)> = None;
    let mut grade = None;
    for (index, event) in history.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .map_or(CaseState::Draft, |i| history[i].to);
        hold(
            (event.n, event.from) == (index as u64 + 1, before),
            "events do not follow each other",
        )?;
        hold(!event.from.is_terminal(), "something follows an end")?;
        hold(!event.reason.code.is_empty(), "an event without its reason")?;
        for (officer, role) in people(event) {
            let first = *roles.entry(officer).or_insert(role);
            hold(first == role, "a person acts in two roles")?;
        }
        match &event.step {
            Step::Object { objection } => {
                open.insert(&objection.receipt);
            }
            Step::DecideObjection { receipt, outcome } => {
                open.remove(receipt.as_str());
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
            hold(open.is_empty(), "in effect with an open objection")?;
            let (begun, in_public) = shown.ok_or("in effect without publicity or notice")?;
            hold(
                grade.is_some_and(Grade::is_credit) == in_public,
                "shown on the wrong board",
            )?;
            // Day 1 is the day after; seven full days have passed on the eighth.
            let days = (event.at.on() - begun.at.on()).get_days();
            hold(days >= 8, "in effect before seven full days")?;
        }
    }
    Ok(())
}

fn hold(holds: bool, otherwise: &str) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| otherwise.to_owned())
}

/// Everybody whom an event names, the actor and those who sign with him.
fn people(event: &CaseEvent) -> Vec<(String, Role)> {
    let actor = match &event.by {
        By::Officer { officer, role } => Some((officer.to_string(), *role)),
        By::Subject | By::Rule => None,
    };
    let named: Vec<(String, Role)> = match &event.step {
        Step::Seal {
            second: Some(second),
        }
        | Step::Fix {
            second: Some(second),
        } => vec![(second.to_string(), Role::Collector)],
        Step::FindConflict { collectors } | Step::ConfirmSeal { collectors } => collectors
            .iter()
            .map(|officer| (officer.to_string(), Role::Collector))
            .collect(),
        Step::Override { second, .. } => vec![(second.to_string(), Role::Reviewer)],
        _ => Vec::new(),
    };
    actor.into_iter().chain(named).collect()
}

/// What a run over random histories saw.
#[derive(Default)]
struct Run {
    transitions: usize,
    effective: usize,
    found: BTreeSet<String>,
}

/// Walks random histories until `enough` transitions were done.
fn run(seed: u64, enough: usize, broken: Broken) -> Run {
    let (mut draw, mut run) = (Draw(seed), Run::default());
    let fresh = fresh(broken);
    while run.transitions < enough {
        let mut walk = Walk {
            case: fresh.case.clone(),
            timetable: fresh.timetable.clone(),
            ..Walk::new()
        };
        for _ in 0..60 + draw.below(100) {
            match broken {
                Broken::Roles => walk.case.forget_people(),
                Broken::Objections => walk.case.objections.clear(),
                Broken::Nothing | Broken::Publicity => {}
            }
            let one = Attempt::draw(&mut draw);
            if let Some(event) = attempt(&mut walk, &one, &mut draw) {
                run.transitions += 1;
                let begins = event.to == CaseState::Effective && event.from != event.to;
                run.effective += usize::from(begins);
            }
        }
        run.found.extend(check(walk.case.history()).err());
        if broken == Broken::Nothing && draw.below(20) == 0 {
            assert_replays(&walk);
        }
    }
    run
}

fn fresh(broken: Broken) -> Walk {
    let mut walk = Walk::new();
    if broken == Broken::Publicity {
        let terms = &mut walk.timetable.terms;
        let short = Term {
            days: 3,
            ..terms.of(Deadline::Publicity)
        };
        *terms = terms.with(Deadline::Publicity, short);
    }
    walk
}

fn assert_replays(walk: &Walk) {
    let json = serde_json::to_string(walk.case.history()).unwrap();
    let stored: Vec<CaseEvent> = serde_json::from_str(&json).unwrap();
    let replayed = Walk::new().case.replayed(stored);
    assert_eq!(replayed, walk.case, "a replayed case differs");
}

#[test]
fn no_random_history_breaks_an_invariant_of_the_process() {
    let run = run(2026, TRANSITIONS_TRIED, Broken::Nothing);
    assert_eq!(run.found, BTreeSet::new());
    assert!(run.transitions >= TRANSITIONS_TRIED);
    let effective = run.effective;
    assert!(effective >= 1_000, "only {effective} ratings took effect");
}

#[test]
fn the_check_of_random_histories_finds_each_rule_that_is_taken_out() {
    for (broken, message) in [
        (Broken::Publicity, "in effect before seven full days"),
        (Broken::Roles, "a person acts in two roles"),
        (Broken::Objections, "in effect with an open objection"),
    ] {
        let run = run(2026, 10_000, broken);
        assert!(run.found.contains(message), "{broken:?}: {:?}", run.found);
    }
}
