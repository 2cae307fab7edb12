//! What a candidate pack would change: the migration matrix over the measured columns of standings,
//! beside a plain scan of the same rows.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use itgel_domain::assess::{Columns, Inputs};
use itgel_domain::id::SubjectId;
use itgel_domain::pack::{RulePack, shipped};
use itgel_server::shadow::{self, PAGE};
use itgel_server::store::board::Counts;
use itgel_server::store::columns::{self, ColumnsRow};
use itgel_server::store::standing::{self, StandingRow};

use super::clock::median;
use super::scoring::drawn;
use super::table::{Cost, Goal, Row};
use super::world::World;
use super::{Outcome, Size};

/// Standings written in one transaction.
const WRITTEN: usize = 20_000;

/// A million standings in ten seconds.
const EACH: Duration = Duration::from_micros(10);

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let standings = size.scored / 4;
    let inputs = drawn(size.prepared)?;
    let base = &inputs.first().ok_or("no households")?.pack;
    let candidate = Arc::new(stricter(base)?);
    let world = World::with_households(1)?;
    fill(&world, &inputs, standings)?;
    let moved = walked(&world, base, &candidate)?;
    if moved == 0 {
        return Err("the candidate moves nobody".into());
    }
    let measured = median(size.runs, standings, || {
        black_box(walked(&world, base, &candidate)?);
        Ok(())
    })?;
    let scanned = scan(size, &world, standings)?;
    let what = format!("migration matrix over the columns of {standings} standings, each");
    let peer = ("plain scan of the same rows", scanned);
    Ok(vec![Row::new(what, measured, peer, Goal::Within(EACH))])
}

/// Another limit of a grade and another band: what was measured serves.
fn stricter(base: &RulePack) -> Outcome<RulePack> {
    let (name, text) = shipped::PACKS
        .iter()
        .find(|(_, text)| text.contains(&format!("pack_id = \"{}\"", base.id)))
        .ok_or("the pack is not shipped")?;
    let text = text
        .replacen(
            "{ grade = \"AA\", ge = \"80\" }",
            "{ grade = \"AA\", ge = \"83\" }",
            1,
        )
        .replacen(
            "{ le = \"30\", points = \"11\" }",
            "{ le = \"30\", points = \"9\" }",
            1,
        );
    let candidate = RulePack::parse(name, text.as_bytes())?;
    match candidate.hash() != base.hash() && candidate.measures_like(base) {
        true => Ok(candidate),
        false => Err("the candidate is no other weighing of the same measures".into()),
    }
}

/// Writes the columns of so many standings, household after household.
fn fill(world: &World, inputs: &[Inputs], standings: usize) -> Outcome<()> {
    let all: Vec<(Inputs, Vec<u8>)> = inputs
        .iter()
        .map(|inputs| (inputs.clone(), Columns::of(inputs).to_bytes()))
        .collect();
    let cycle = world.cycle.id.clone();
    let division = world.gacha.code;
    let mut numbers = 0..standings;
    while !numbers.is_empty() {
        let page: Vec<usize> = numbers.by_ref().take(WRITTEN).collect();
        let mut rows = Vec::with_capacity(page.len());
        for number in page {
            let (inputs, columns) = &all[number % all.len()];
            let subject: SubjectId = format!("bench-{number:08}").parse()?;
            rows.push(ColumnsRow {
                division,
                subject,
                kind: inputs.subject_kind,
                inputs: itgel_domain::hash::Hash::of_file(columns),
                pack: inputs.pack.hash(),
                parameters: inputs.parameters.hash(),
                columns: columns.clone(),
            });
        }
        let cycle = cycle.clone();
        world.transact(move |_, tx| {
            for row in &rows {
                columns::put(tx, &cycle, row)?;
            }
            Ok(())
        })?;
    }
    stand(world)
}

/// One standing, by which the campaign is found.
fn stand(world: &World) -> Outcome<()> {
    let household = world.households.first().ok_or("no household")?;
    let row = StandingRow {
        subject: household.subject.clone(),
        cycle: world.cycle.id.clone(),
        division: world.gacha.code,
        is_filed: true,
        conflicts: 0,
        conflict_matters: false,
        grade_low: None,
        grade_high: None,
        score: None,
        completeness: None,
        inputs_hash: None,
        assessed_at: None,
        contribution: Counts::default(),
    };
    Ok(world.transact(move |_, tx| Ok(standing::put(tx, &row)?))?)
}

/// Walks every standing; how many would move.
fn walked(world: &World, base: &Arc<RulePack>, candidate: &Arc<RulePack>) -> Outcome<u64> {
    let within = world.gacha.code;
    let found = shadow::preview(&world.service, base, candidate, within, &mut |_| ())?;
    Ok(found.migration.matrix.moved)
}

/// Reads the same rows, page by page, and does nothing with them.
fn scan(size: Size, world: &World, standings: usize) -> Outcome<Cost> {
    median(size.runs, standings, || {
        let mut after = None;
        loop {
            let page = world.service.store.read(|c| {
                let within = Some(world.gacha.code);
                columns::list(c, &world.cycle.id, within, after.as_ref(), PAGE)
            })?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some((last.division, last.subject.clone()));
            black_box(page.iter().map(|row| row.columns.len()).sum::<usize>());
        }
    })
}
