//! Scoring from prepared columns, the roll-up, counters of one changed household, and a whole
//! assessment.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use itgel_domain::assess::{
    Inputs, Measures, Outlook, Quotient, Reading, Relief, Sourced, Worksheet, assess, measure,
    score,
};
use itgel_domain::id::OfficerId;
use itgel_domain::pack::{RulePack, shipped};
use itgel_domain::register::{CreditRecord, Disaster, DivisionFacts};
use itgel_domain::rollup::{
    CountedHousehold, CountedLoans, CountedVillage, Grades, VillageCounts, keeps_pasture_rules,
    township,
};
use itgel_domain::subject::Grade;
use itgel_fixtures::{Banner, SampleSize, inputs};
use itgel_server::store;
use itgel_server::store::board::Counts;

use super::clock::{cost, median, middle};
use super::table::{Cost, Goal, Row};
use super::world::{COLLECTOR, TODAY, World, rules_in_force};
use super::{Outcome, Size};

/// Households of a village, and villages of a township, in the roll-up.
const VILLAGE: usize = 200;
const TOWNSHIP: usize = 10;

/// Organisations that are scored, each with the worked cases that its columns come from: the sample
/// has no organisations.
const ORGANISATIONS: [(&str, &str); 3] = [
    ("cooperative", "bands-cooperative.toml"),
    ("ranch", "bands-ranch.toml"),
    ("collective", "bands-collective.toml"),
];

/// Changes of one household that are counted in one transaction.
const CHANGES: usize = 500;

/// What is kept ready of a household to score it and to count it.
struct Prepared {
    measures: Measures,
    credit: CreditRecord,
    disasters: Vec<Disaster>,
    keeps_pasture_rules: Option<bool>,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let inputs = drawn(size.prepared)?;
    let (pack, _) = rules_in_force()?;
    let prepared: Vec<Prepared> = inputs.iter().map(prepare).collect();
    let columns: Vec<&Measures> = prepared.iter().map(|h| &h.measures).collect();
    let mut rows = vec![score_row(size, "household", &pack, &columns)?];
    for (name, case) in ORGANISATIONS {
        let (pack, measures) = worked(case)?;
        let columns: Vec<&Measures> = measures.iter().collect();
        rows.push(score_row(size, name, &pack, &columns)?);
    }
    rows.extend(rollup_rows(size, &pack, &prepared)?);
    rows.extend(change_rows(size, &pack, &prepared, &inputs)?);
    rows.push(assess_row(size, &pack, &prepared, &inputs)?);
    Ok(rows)
}

fn score_row(size: Size, name: &str, pack: &RulePack, columns: &[&Measures]) -> Outcome<Row> {
    let measured = median(size.runs, size.scored, || {
        for measures in columns.iter().cycle().take(size.scored) {
            black_box(score(pack, black_box(measures), Relief::On, Outlook::Worst));
        }
        Ok(())
    })?;
    let peer = ("streaming read of the columns", streamed(size, columns)?);
    Ok(Row::new(
        format!("score a {name} from prepared columns"),
        measured,
        peer,
        Goal::Within(Duration::from_micros(1)),
    ))
}

fn rollup_rows(size: Size, pack: &RulePack, prepared: &[Prepared]) -> Outcome<Vec<Row>> {
    let (many, few) = (size.scored, size.scored / 4);
    let mut costs = (Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does meets both alike.
    for _ in 0..size.runs {
        costs.0.push(cost(1, || rescore(pack, prepared, many))?);
        costs.1.push(cost(1, || rescore(pack, prepared, few))?);
    }
    let (all, quarter) = (middle(costs.0), middle(costs.1));
    let limit = Duration::from_secs(1) * u32::try_from(many)? / 1_000_000;
    let columns: Vec<&Measures> = prepared.iter().map(|h| &h.measures).collect();
    let read = streamed(size, &columns)?.times(many);
    Ok(vec![
        Row::new(
            format!("re-score and roll up {many} households"),
            all,
            ("streaming read of the columns", read),
            Goal::Within(limit),
        ),
        Row::new(
            "the same, linear",
            all,
            ("four times a quarter of them", quarter.times(4)),
            Goal::AtMost(110),
        ),
    ])
}

fn change_rows(
    size: Size,
    pack: &RulePack,
    prepared: &[Prepared],
    inputs: &[Inputs],
) -> Outcome<Vec<Row>> {
    let world = World::with_households(1)?;
    count_banner(&world, size.banner / 100)?;
    let early = counted_change(size, &world)?;
    count_banner(&world, size.banner)?;
    let late = counted_change(size, &world)?;
    let from_columns = median(size.runs, 1, || rescore(pack, prepared, size.banner))?;
    let assessed = median(size.runs.min(3), 1, || {
        for inputs in inputs.iter().cycle().take(size.banner) {
            black_box(assess(black_box(inputs)));
        }
        Ok(())
    })?;
    let what = "one household changed: village, township and banner counters";
    let households = size.banner;
    Ok(vec![
        Row::new(
            format!("assess {households} households again, from inputs to reasons"),
            assessed,
            ("re-scored from prepared columns", from_columns),
            Goal::Within(Duration::from_secs(5)),
        ),
        Row::new(
            what,
            late,
            (&format!("{households} assessed again"), assessed),
            Goal::Cheaper(1_000),
        ),
        Row::new(
            "the same",
            late,
            (
                &format!("{households} re-scored from prepared columns"),
                from_columns,
            ),
            Goal::Cheaper(1_000),
        ),
        Row::new(
            format!("the same, O(1): {households} households counted"),
            late,
            ("a hundredth of them counted", early),
            Goal::AtMost(150),
        ),
    ])
}

fn assess_row(
    size: Size,
    pack: &RulePack,
    prepared: &[Prepared],
    inputs: &[Inputs],
) -> Outcome<Row> {
    let some = inputs.len().min(2_000);
    let measured = median(size.runs, some, || {
        for inputs in &inputs[..some] {
            black_box(assess(black_box(inputs)));
        }
        Ok(())
    })?;
    let peer = median(size.runs, some, || {
        for (inputs, household) in inputs[..some].iter().zip(prepared) {
            black_box(measure(inputs, black_box(&inputs.facts)));
            black_box(score(pack, &household.measures, Relief::On, Outlook::Worst));
        }
        Ok(())
    })?;
    let what = "assess a household: grade, range, trace, reasons, hash";
    Ok(Row::new(
        what,
        measured,
        ("measure and score alone", peer),
        Goal::Told,
    ))
}

/// Scores so many households and sums them up, village by village and township by township.
fn rescore(pack: &RulePack, prepared: &[Prepared], count: usize) -> Outcome<()> {
    let registers = DivisionFacts::default();
    let mut villages = Vec::with_capacity(TOWNSHIP);
    let mut counts = VillageCounts::default();
    for (household, number) in prepared.iter().cycle().zip(1..=count) {
        let scored = score(pack, &household.measures, Relief::On, Outlook::Worst);
        let rated = CountedHousehold {
            grade: Some(scored.grade),
            loans: CountedLoans::of(&household.credit, &household.disasters, TODAY),
            keeps_pasture_rules: household.keeps_pasture_rules,
            ..CountedHousehold::default()
        };
        counts.add(&rated, Grades::InEffect);
        if number % VILLAGE == 0 || number == count {
            let facts = std::mem::take(&mut counts).facts(&registers);
            villages.push(CountedVillage { facts, level: None });
        }
        if villages.len() == TOWNSHIP {
            black_box(township(&villages, &registers));
            villages.clear();
        }
    }
    black_box(township(&villages, &registers));
    Ok(())
}

/// Reading every figure that scoring could use, for each subject.
fn streamed(size: Size, columns: &[&Measures]) -> Outcome<Cost> {
    median(size.runs, size.scored, || {
        let subjects = columns.iter().cycle().take(size.scored);
        black_box(subjects.fold(0_i64, |sum, measures| sum.wrapping_add(read(measures))));
        Ok(())
    })
}

/// The prepared columns of the subjects of a file of worked cases, and the pack that rates them.
fn worked(case: &str) -> Outcome<(Arc<RulePack>, Vec<Measures>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/cases");
    let text = std::fs::read_to_string(folder.join(case))?;
    let sheets = Worksheet::read_all(case, &text, shipped::rules())?;
    let first = sheets.first().ok_or("a file without worked cases")?;
    let pack = Arc::clone(&first.inputs.pack);
    let inputs = sheets.iter().map(|sheet| &sheet.inputs);
    let measures = inputs
        .map(|inputs| measure(inputs, &inputs.facts))
        .collect();
    Ok((pack, measures))
}

fn read(measures: &Measures) -> i64 {
    let figure = |q: &Quotient| q.num() ^ q.den();
    let sourced = |s: &Sourced| match &s.reading {
        Reading::Value(_, value) => figure(value),
        Reading::Better([(_, one), (_, other)]) => figure(one) ^ figure(other),
        _ => 1,
    };
    let caps = measures.caps.iter().flatten();
    let parts = measures.parts.iter().chain(caps).fold(0, |sum, part| {
        sum ^ sourced(&part.plain) ^ part.relieved.as_ref().map_or(0, sourced)
    });
    parts ^ measures.bonus ^ measures.deduction ^ i64::from(measures.core_missing)
}

/// The counters of one household that went from one grade to another, in the database.
fn counted_change(size: Size, world: &World) -> Outcome<Cost> {
    let mut up = Counts {
        provisional: BTreeMap::from([(Grade::Aa, 1), (Grade::A, -1)]),
        ..Counts::default()
    };
    median(size.runs, CHANGES, || {
        let (division, cycle) = (world.gacha.code, world.cycle.id.clone());
        let mut difference = up.clone();
        up = up.clone().negated();
        world.transact(move |_, tx| {
            for _ in 0..CHANGES {
                store::board::add(tx, division, &cycle, &difference)?;
                difference = difference.clone().negated();
            }
            Ok(())
        })?;
        Ok(())
    })
}

/// Counts a whole banner on the boards.
fn count_banner(world: &World, households: usize) -> Outcome<()> {
    let n = i64::try_from(households)?.max(14);
    let grades = [
        Grade::Aaa,
        Grade::Aa,
        Grade::A,
        Grade::B,
        Grade::C,
        Grade::N,
        Grade::V,
    ];
    let difference = Counts {
        filed: n,
        open: n / 10,
        provisional: grades.map(|grade| (grade, n / 7)).into(),
        effective: grades.map(|grade| (grade, n / 14)).into(),
        ..Counts::default()
    };
    let (division, cycle) = (world.gacha.code, world.cycle.id.clone());
    world.transact(move |_, tx| Ok(store::board::add(tx, division, &cycle, &difference)?))?;
    Ok(())
}

/// The inputs of so many different households of the sample, with their peer evaluation.
pub(crate) fn drawn(count: u32) -> Outcome<Vec<Inputs>> {
    let banner = Banner::draw(SampleSize {
        households: count,
        seed: 7,
    })?;
    let (pack, parameters) = rules_in_force()?;
    let collector: OfficerId = COLLECTOR.parse()?;
    let all = inputs::of_banner(&banner, TODAY, &collector, (&pack, &parameters));
    Ok(all.into_iter().map(|drawn| drawn.inputs).collect())
}

fn prepare(inputs: &Inputs) -> Prepared {
    Prepared {
        measures: measure(inputs, &inputs.facts),
        credit: inputs.context.credit.clone(),
        disasters: inputs.context.disasters.clone(),
        keeps_pasture_rules: keeps_pasture_rules(inputs),
    }
}
