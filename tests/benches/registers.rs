//! A register row for a whole banner: every household is assessed again, with all that is stored
//! of it, against reading the same rows and doing nothing with them.

use std::hint::black_box;
use std::path::Path;

use itgel_domain::division::DivisionLevel;
use itgel_domain::hash::Hash;
use itgel_domain::id::RowId;
use itgel_domain::register::{Centi, PeerEvaluation, RegisterContent, RegisterRow};
use itgel_fixtures::Household;
use itgel_server::{ServiceError, fold, jobs, registers, store};
use rusqlite::Connection;

use super::clock::{cost, median, middle};
use super::intake::accept;
use super::phone::Phone;
use super::table::{Cost, Goal, Row};
use super::world::{World, now};
use super::{Outcome, Size};

/// The households of a large banner; fewer are reckoned up to it.
const GOAL_HOUSEHOLDS: usize = 30_000;

/// Rows for the banner, one after the other, of which the median counts.
const CHANGES: u32 = 3;

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_banner(size.reassessed)?;
    survey(&world)?;
    let count = world.households.len();
    let changes = (1..=CHANGES).map(|n| change(&world, n));
    let assessed = middle(changes.collect::<Outcome<Vec<_>>>()?);
    let path = world.folder.path().join("itgel.db");
    let scanned = median(size.runs.min(3), count, || scan(&path))?;
    Ok(vec![Row::new(
        format!("a row for a banner of 30,000: files read, assessed, written (of {count})"),
        assessed.times(GOAL_HOUSEHOLDS),
        (
            "plain scan of the same rows",
            scanned.times(GOAL_HOUSEHOLDS),
        ),
        Goal::Told,
    )])
}

/// Every household is identified, visited and sealed, its peer evaluation published.
pub(crate) fn survey(world: &World) -> Outcome<()> {
    let mut phone = Phone::new()?;
    for household in &world.households {
        let division = world.home(household)?.subject.division;
        phone.identify(household)?;
        phone.visit(world, household, world.list_end_of(division)?)?;
    }
    let pages = phone.pages();
    accept(world, &phone, &pages)?;
    for some in world.households.chunks(fold::PAGE_STANDINGS) {
        let peers = some.iter().map(|household| peer(world, household));
        let peers: Vec<RegisterRow> = peers.collect::<Outcome<_>>()?;
        world
            .transact(move |service, tx| registers::put_all(service, tx, &peers, "bench", now()))?;
    }
    Ok(())
}

/// What the neighbours think, as it is published.
fn peer(world: &World, household: &Household) -> Outcome<RegisterRow> {
    let home = world.home(household)?;
    let like = home.rows.first().ok_or("a household without rows")?;
    Ok(RegisterRow {
        id: row_id("peer", &household.subject.to_string()),
        key: String::new(),
        content: RegisterContent::Peer(PeerEvaluation::from_means(&[400, 425, 425, 450, 475])),
        ..like.clone()
    })
}

/// What it costs, for each household, that the banner's quota changes.
fn change(world: &World, number: u32) -> Outcome<Cost> {
    let row = quota(world, number)?;
    let last = world.households.last().ok_or("nobody")?;
    let before = inputs_of(world, last)?;
    let done = cost(world.households.len(), || {
        world.transact(move |service, tx| registers::put(service, tx, &row, "bench", now()))?;
        while jobs::run_due(&world.service)? > 0 {}
        Ok(())
    })?;
    if inputs_of(world, last)? == before {
        return Err("the row reached nobody".into());
    }
    Ok(done)
}

/// The quota of the banner, another one each time.
fn quota(world: &World, number: u32) -> Outcome<RegisterRow> {
    for row in &world.rows {
        if let RegisterContent::Quota(quota) = &row.content
            && row.division.level() == DivisionLevel::County
        {
            let mut quota = quota.clone();
            quota.mu_per_su = Centi(2_000 + i64::from(number));
            return Ok(RegisterRow {
                id: row_id("quota", &number.to_string()),
                content: RegisterContent::Quota(quota),
                ..row.clone()
            });
        }
    }
    Err("a banner without a quota".into())
}

fn row_id(kind: &str, about: &str) -> RowId {
    let hash = Hash::of("bench.row", &[kind.as_bytes(), about.as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_bytes()[..16]);
    RowId::from_random(bytes)
}

fn inputs_of(world: &World, household: &Household) -> Outcome<Option<Hash>> {
    let (subject, cycle) = (&household.subject, &world.cycle.id);
    let read = |c: &_| store::standing::get(c, subject, cycle).map_err(ServiceError::from);
    Ok(world
        .service
        .store
        .read(read)?
        .and_then(|row| row.inputs_hash))
}

/// Reads what a refresh reads of every household, in the order in which it lies in the database.
fn scan(path: &Path) -> Outcome<()> {
    let connection = Connection::open(path)?;
    for sql in [
        "select facts from projection",
        "select content from register_row where superseded_at is null",
        "select inputs_hash from standing",
        "select seals from rating_case",
    ] {
        let mut query = connection.prepare(sql)?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            black_box(row.get_ref(0)?);
        }
    }
    Ok(())
}
