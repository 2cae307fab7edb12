use std::path::Path;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::inputs::MAX_COMBINATIONS;
use super::*;
use crate::catalogue::{Catalogue, Kind};
use crate::item::{Evidence, ItemPath, State, Value};
use crate::pack::{RulePack, shipped};
use crate::register::{
    CreditRecord, CreditStatus, Disaster, DisasterKind, OverstockOrder, PeerEvaluation,
    PreviousQuota, Quota, Season, Spell,
};
use crate::subject::SubjectKind;

/// The inputs of every worked case.
pub(crate) fn worked() -> Vec<Inputs> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    let mut inputs = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if let Ok(sheets) = Worksheet::read_all(&name, &text, shipped::rules()) {
            inputs.extend(sheets.into_iter().map(|sheet| sheet.inputs));
        }
    }
    inputs
}

const AS_OF: Date = date(2026, 11, 1);

/// Items of a household with one plot and one earlier year.
fn paths() -> Vec<ItemPath> {
    Catalogue::builtin()
        .items()
        .filter(|i| i.subjects.contains(&SubjectKind::Household))
        .filter(|i| !i.path.starts_with("loan/"))
        .filter_map(|i| {
            let key = if i.path.starts_with("year/") {
                "2025"
            } else {
                "p1"
            };
            i.path.replacen('*', key, 1).parse().ok()
        })
        .collect()
}

/// A value that the catalogue allows, small numbers being likelier than large ones.
fn value(kind: &Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Quantity { min, max, .. } => {
            let near = (*min).max(-1_000)..=(*max).min((*min).max(0) + 1_000);
            prop_oneof![3 => near, 1 => *min..=*max]
                .prop_map(Value::Int)
                .boxed()
        }
        Kind::Flag => (0_i64..=1).prop_map(Value::Int).boxed(),
        Kind::Day => (20_000_i64..21_000).prop_map(Value::Int).boxed(),
        Kind::Choice(choices) => {
            let words: Vec<String> = choices.iter().map(|c| c.word.clone()).collect();
            prop::sample::select(words).prop_map(Value::Text).boxed()
        }
        Kind::Text(_) => Just(Value::Text(String::new())).boxed(),
    }
}

fn fact(path: &ItemPath) -> BoxedStrategy<Fact> {
    let item = Catalogue::builtin().get(path).unwrap();
    let evidence = prop::sample::select(vec![
        Evidence::A,
        Evidence::B,
        Evidence::B,
        Evidence::C,
        Evidence::D,
    ]);
    (value(&item.kind), evidence)
        .prop_map(|(value, evidence)| Fact {
            state: State::Known(value),
            evidence,
            observed_on: AS_OF,
        })
        .boxed()
}

/// The household of worked case H-01 with some values drawn anew, a few missing and a few in
/// conflict.
fn facts() -> impl Strategy<Value = Facts> {
    let case = include_str!("../../../../fixtures/cases/h-01.toml");
    let good = Worksheet::read_all("h-01.toml", case, shipped::rules()).unwrap();
    let good = good[0].inputs.facts.clone();
    let paths = paths();
    let many = paths.len();
    let values: Vec<_> = paths.iter().map(fact).collect();
    let some = |most: usize| prop::collection::btree_set(0..many, 0..=most);
    (values, some(12), some(2), some(2), some(4)).prop_map(
        move |(values, drawn, unknown, refused, disputed)| {
            let mut facts = good.clone();
            for (i, (path, mut value)) in paths.iter().zip(values).enumerate() {
                if unknown.contains(&i) {
                    value.state = State::Unknown;
                } else if refused.contains(&i) {
                    value.state = State::Refused;
                }
                let old = facts.values.get(path).cloned();
                match old {
                    Some(old) if disputed.contains(&i) && old.state != value.state => {
                        facts.values.remove(path);
                        facts.conflicts.insert(path.clone(), vec![old, value]);
                    }
                    _ if drawn.contains(&i) || unknown.contains(&i) || refused.contains(&i) => {
                        facts.values.insert(path.clone(), value);
                    }
                    _ => {}
                }
            }
            facts
        },
    )
}

fn context() -> impl Strategy<Value = Context> {
    let spell =
        (any::<bool>(), 0_i64..120, any::<bool>()).prop_map(|(open, days, rescheduled)| Spell {
            began_on: date(2026, 7, 1),
            ended_on: (!open).then_some(date(2026, 10, 1)),
            days_past_due: days,
            disaster_rescheduled: rescheduled,
        });
    let peer = prop_oneof![
        1 => Just(PeerEvaluation::Pending),
        2 => prop::collection::vec(100_u32..=500, 3..9).prop_map(|m| PeerEvaluation::from_means(&m)),
    ];
    (
        prop::collection::vec(spell, 0..3),
        peer,
        any::<[bool; 4]>(),
        500_i64..5_000,
    )
        .prop_map(
            |(spells, peer, [drought, order, young, known], quota)| Context {
                identity_verified: true,
                consent_signed: true,
                credit: CreditRecord {
                    status: if known {
                        CreditStatus::Known
                    } else {
                        CreditStatus::Never
                    },
                    first_loan_on: Some(date(2020, 1, 1)),
                    spells,
                    ..CreditRecord::default()
                },
                peer,
                disasters: drought.then(drought_of_2026).into_iter().collect(),
                overstock_order: order.then_some(OverstockOrder {
                    correct_by: date(2026, 10, 1),
                    corrected_on: None,
                }),
                founded_on: young.then_some(date(2026, 3, 1)),
                quotas: vec![Quota {
                    plot: None,
                    season: Season::Year,
                    valid_from: date(2026, 1, 1),
                    valid_to: None,
                    mu_per_su: crate::register::Centi(quota),
                    before_disaster: Some(PreviousQuota {
                        mu_per_su: crate::register::Centi(quota / 2 + 1),
                        cut_on: date(2026, 6, 1),
                    }),
                }],
                ..Context::default()
            },
        )
}

fn drought_of_2026() -> Disaster {
    Disaster {
        id: "d".into(),
        kind: DisasterKind::Drought,
        issued_by: "示例旗".into(),
        began_on: date(2026, 5, 1),
        ended_on: Some(date(2026, 9, 30)),
    }
}

fn inputs(facts: Facts, context: Context) -> Inputs {
    let rules = shipped::rules();
    Inputs {
        subject: "s1".parse().unwrap(),
        subject_kind: SubjectKind::Household,
        as_of: AS_OF,
        facts,
        context,
        parameters: rules.find_parameters("EX-1").unwrap(),
        pack: rules.find_pack("HH-NM-1").unwrap(),
    }
}

/// The same rules without any cap.
fn without_caps(inputs: &Inputs) -> Inputs {
    let mut pack = RulePack::clone(&inputs.pack);
    pack.caps.clear();
    Inputs {
        pack: Arc::new(pack),
        ..inputs.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn a_cap_never_raises_a_grade(facts in facts(), context in context()) {
        let inputs = inputs(facts.settled(0), context);
        let (capped, free) = (assess(&inputs), assess(&without_caps(&inputs)));
        prop_assert_eq!(capped.totals, free.totals);
        // Grades are ordered best first.
        prop_assert!(capped.range.low >= free.range.low);
        prop_assert!(capped.range.high >= free.range.high);
        if capped.caps.is_empty() {
            prop_assert_eq!(capped.grade, free.grade);
        }
    }

    #[test]
    fn the_range_contains_the_grade_of_every_settlement(
        facts in facts(),
        context in context(),
        ballots in prop::collection::vec(100_u32..=500, 5..9),
    ) {
        let open = assess(&inputs(facts.clone(), context.clone()));
        prop_assert!(facts.combinations() <= MAX_COMBINATIONS);
        for index in 0..facts.combinations() {
            let mut context = context.clone();
            if context.peer == PeerEvaluation::Pending {
                context.peer = PeerEvaluation::from_means(&ballots);
            }
            let settled = assess(&inputs(facts.settled(index), context));
            let grade = settled.grade;
            prop_assert!(grade.is_some());
            prop_assert!(open.range.high <= grade && grade <= open.range.low, "{grade:?} {:?}", open.range);
            if let Some(told) = open.grade {
                prop_assert_eq!(grade, Some(told));
            }
        }
    }

    #[test]
    fn an_assessment_replays_and_is_made_again_from_its_bytes(facts in facts(), context in context()) {
        let inputs = inputs(facts, context);
        let assessment = assess(&inputs);
        prop_assert_eq!(assessment.replay(), assessment.totals.score);
        let stored = Inputs::decode(&inputs.canonical_bytes(), shipped::rules()).unwrap();
        prop_assert_eq!(assess(&stored).to_json(), assessment.to_json());
    }

    #[test]
    fn the_disaster_rule_never_lowers_a_score(facts in facts(), context in context()) {
        let assessment = assess(&inputs(facts.settled(0), context));
        if let Some(unadjusted) = assessment.unadjusted {
            prop_assert!(unadjusted.totals.score <= assessment.totals.score);
        }
    }
}

#[test]
fn the_drawn_households_are_of_many_grades() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut grades = BTreeSet::new();
    for _ in 0..300 {
        let drawn = (facts(), context())
            .new_tree(&mut runner)
            .unwrap()
            .current();
        grades.extend(assess(&inputs(drawn.0, drawn.1)).grade);
    }
    assert!(grades.len() >= 5, "{grades:?}");
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    let inputs = inputs(Facts::default(), Context::default());
    let bytes = inputs.canonical_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let decode = |text: &str| Inputs::decode(text.as_bytes(), shipped::rules());
    assert!(decode(&text).is_ok());
    assert!(matches!(
        decode(&text.replace("{\"v\":1", "{ \"v\":1")),
        Err(InputsError::NotCanonical)
    ));
    let spelt_out = text.replace("\"context\":{", "\"context\":{\"identity_verified\":false");
    assert!(
        matches!(decode(&spelt_out), Err(InputsError::NotCanonical)),
        "{spelt_out}"
    );
    assert!(matches!(
        decode(&text.replace("\"v\":1", "\"v\":2")),
        Err(InputsError::Version(2))
    ));
    let other = text.replace(&inputs.pack.hash().to_string(), &"0".repeat(64));
    assert!(matches!(decode(&other), Err(InputsError::PackMissing(_))));
    assert!(matches!(decode("{}"), Err(InputsError::Malformed(_))));
}

#[test]
fn one_changed_value_changes_the_hash_of_the_inputs() {
    let mut facts = Facts::default();
    let path: ItemPath = "herd.sheep".parse().unwrap();
    let mut hashes = BTreeSet::new();
    for (state, evidence) in [
        (State::Known(Value::Int(1)), Evidence::B),
        (State::Known(Value::Int(2)), Evidence::B),
        (State::Known(Value::Int(2)), Evidence::C),
        (State::Known(Value::Text("2".into())), Evidence::C),
        (State::Unknown, Evidence::C),
        (State::Refused, Evidence::C),
    ] {
        facts.values.insert(
            path.clone(),
            Fact {
                state,
                evidence,
                observed_on: AS_OF,
            },
        );
        hashes.insert(inputs(facts.clone(), Context::default()).hash());
    }
    assert_eq!(hashes.len(), 6);
}
