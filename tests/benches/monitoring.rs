//! The quarterly check of a banner: every rating in effect is held against what the engine says
//! on the day, against reading the same rows and doing nothing with them.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use itgel_domain::assess::Assessment;
use itgel_domain::case::{CaseState, Role};
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::monitoring::Quarter;
use itgel_domain::policy::{Actor, Grant};
use itgel_fixtures::Household;
use itgel_server::monitoring::run;
use itgel_server::store::rating::RatingRow;
use itgel_server::{ServiceError, store};
use rusqlite::Connection;

use super::clock::{cost, median};
use super::registers::survey;
use super::table::{Goal, Row};
use super::world::{World, now};
use super::{Outcome, Size};

/// The households that the goal speaks of; fewer are reckoned up to it.
const GOAL_HOUSEHOLDS: usize = 30_000;

/// The goal for them.
const GOAL: Duration = Duration::from_secs(10);

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_banner(size.reassessed)?;
    survey(&world)?;
    rate(&world)?;
    let (count, banner) = (world.households.len(), banner(&world)?);
    let quarter = Quarter::of(now().on());
    let actor = approver(banner)?;
    world.transact(move |_, tx| run::start(tx, &actor, banner, quarter, now()))?;
    let checked = cost(count, || {
        while !run::carry_on(&world.service, banner, quarter)? {}
        Ok(())
    })?;
    let read = |c: &Connection| store::monitor::get(c, banner, quarter).map_err(ServiceError::from);
    let run = world.service.store.read(read)?.ok_or("no check")?;
    if run.counts.checked != count as u64 {
        return Err("the check passed over a rating".into());
    }
    let path = world.folder.path().join("itgel.db");
    let scanned = median(size.runs.min(3), count, || scan(&path))?;
    Ok(vec![Row::new(
        format!("check 30,000 ratings in effect of a banner (of {count})"),
        checked.times(GOAL_HOUSEHOLDS),
        (
            "plain scan of the same rows",
            scanned.times(GOAL_HOUSEHOLDS),
        ),
        Goal::Within(GOAL),
    )])
}

fn banner(world: &World) -> Outcome<DivisionCode> {
    let banner = world.gacha.code.ancestor(DivisionLevel::County);
    Ok(banner.ok_or("a gacha without a banner")?)
}

fn approver(division: DivisionCode) -> Outcome<Actor> {
    Ok(Actor {
        officer: "bench".parse()?,
        lender: None,
        grants: vec![Grant {
            role: Role::Approver,
            division,
            purpose: None,
        }],
    })
}

/// Every standing becomes a rating in effect.
fn rate(world: &World) -> Outcome<()> {
    for some in world.households.chunks(run::PAGE_RATINGS) {
        let ratings: Vec<RatingRow> = some
            .iter()
            .filter_map(|household| rating(world, household).transpose())
            .collect::<Outcome<_>>()?;
        world.transact(move |_, tx| {
            let put = |rating: &RatingRow| store::rating::put(tx, rating);
            Ok(ratings.iter().try_for_each(put)?)
        })?;
    }
    Ok(())
}

fn rating(world: &World, household: &Household) -> Outcome<Option<RatingRow>> {
    let (subject, cycle) = (&household.subject, &world.cycle.id);
    let read = |c: &Connection| -> Result<_, ServiceError> {
        let case = store::case::get_of(c, subject, cycle)?;
        let standing = store::standing::get(c, subject, cycle)?;
        let inputs = standing.and_then(|standing| standing.inputs_hash);
        let stored = inputs.map(|inputs| store::assessment::get(c, &inputs));
        Ok((case, stored.transpose()?.flatten()))
    };
    let (case, stored) = world.service.store.read(read)?;
    let (Some(case), Some(stored)) = (case, stored) else {
        return Ok(None);
    };
    let assessment: Assessment = serde_json::from_str(&stored.result)?;
    let Some(grade) = assessment.grade else {
        return Ok(None);
    };
    let today = now().on();
    Ok(Some(RatingRow {
        case: case.case.id.clone(),
        subject: subject.clone(),
        cycle: cycle.clone(),
        division: case.case.division,
        grade,
        score: assessment.totals.score.0,
        inputs: stored.inputs_hash,
        effective_on: today,
        valid_to: today.saturating_add(jiff::Span::new().years(1)),
        status: CaseState::Effective,
    }))
}

/// Reads what a check reads of every rating, in the order in which it lies in the database.
fn scan(path: &Path) -> Outcome<()> {
    let connection = Connection::open(path)?;
    for sql in [
        "select case_id from rating",
        "select result from assessment",
        "select facts from projection",
        "select content from register_row where superseded_at is null",
    ] {
        let mut query = connection.prepare(sql)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            black_box(row.get_ref(0)?);
        }
    }
    Ok(())
}
