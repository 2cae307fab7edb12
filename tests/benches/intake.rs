//! Envelopes at the only door: accepted, and followed through to grade, case and boards.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use itgel_domain::item::{Observation, State, Value};
use itgel_domain::sync::push::{Push, Verdict};
use itgel_server::ingest;
use rusqlite::Connection;

use super::clock::{cost, middle};
use super::documents;
use super::phone::{Phone, sections};
use super::table::{Cost, Goal, Row};
use super::world::World;
use super::{Outcome, Size};

/// What an envelope may cost if the one writer is to take ten million in an hour (`design.md` 13).
const WHOLE_FLEET: Duration = Duration::from_micros(360);

/// Fresh databases of which the median counts.
const WORLDS: usize = 3;

/// What an envelope costs, at the door and in a bare table.
#[derive(Default)]
struct Costs {
    accepted: Vec<Cost>,
    inserted: Vec<Cost>,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let (mut in_turn, mut spread) = (Costs::default(), Costs::default());
    let mut whole = Costs::default();
    let mut changed = Vec::new();
    for _ in 0..WORLDS.min(size.runs) {
        in_turn.take(&World::with_households(size.visited)?, in_turn_of)?;
        spread.take(&World::with_households(size.visited)?, spread_over)?;
        let world = World::with_households(size.visited)?;
        let mut phone = whole.take(&world, visits_of)?;
        changed.push(change(&world, &mut phone)?);
    }
    let changed = middle(changed);
    let (fold, document) = documents::of_one_change(size)?;
    Ok(vec![
        in_turn.row(
            "accept an envelope: a section of a visit, household after household",
            Goal::AtMost(1_500),
        ),
        spread.row("the same, every envelope of a page for another household", Goal::Told),
        whole.row("accept an envelope of whole visits: identity, sealed visit, ballots; grade, case, boards", Goal::Within(WHOLE_FLEET)),
        Row::new(
            "an envelope with one changed value, to fresh row, grade and boards",
            changed,
            ("the same with a document instead of the fold", changed.and(document).less(fold)),
            Goal::Told,
        ),
    ])
}

impl Costs {
    /// Pushes what `written` writes into a world, and its bytes into a bare table.
    fn take(
        &mut self,
        world: &World,
        written: fn(&World, &mut Phone) -> Outcome<()>,
    ) -> Outcome<Phone> {
        let mut phone = Phone::new()?;
        written(world, &mut phone)?;
        let pages = phone.pages();
        self.accepted.push(accept(world, &phone, &pages)?);
        self.inserted
            .push(insert(&world.folder.path().join("bare.db"), &pages)?);
        Ok(phone)
    }

    fn row(self, what: &str, goal: Goal) -> Row {
        let peer = (
            "insert of the same bytes, same pages",
            middle(self.inserted),
        );
        Row::new(what, middle(self.accepted), peer, goal)
    }
}

/// Every household's visit as one envelope for each section, nothing sealed: nothing to assess.
fn in_turn_of(world: &World, phone: &mut Phone) -> Outcome<()> {
    for household in &world.households {
        for section in sections(&household.found) {
            phone.write(household, &world.cycle.id, section)?;
        }
    }
    Ok(())
}

/// The same envelopes, the first section of all households first: no two of a page share a file.
fn spread_over(world: &World, phone: &mut Phone) -> Outcome<()> {
    let visits: Vec<_> = world
        .households
        .iter()
        .map(|h| (h, sections(&h.found)))
        .collect();
    let most = visits.iter().map(|(_, sections)| sections.len()).max();
    for number in 0..most.unwrap_or(0) {
        for (household, sections) in &visits {
            if let Some(section) = sections.get(number) {
                phone.write(household, &world.cycle.id, section)?;
            }
        }
    }
    Ok(())
}

/// Every household identified, visited, sealed and voted on.
fn visits_of(world: &World, phone: &mut Phone) -> Outcome<()> {
    let registers_at = world.list_end()?;
    for household in &world.households {
        phone.identify(household)?;
        phone.visit(world, household, registers_at)?;
        phone.vote(household, &world.cycle.id)?;
    }
    Ok(())
}

/// The collector counts one animal more at each household.
fn change(world: &World, phone: &mut Phone) -> Outcome<Cost> {
    for household in &world.households {
        let changed = one_more(&household.found).ok_or("a household without figures")?;
        phone.write(household, &world.cycle.id, &[changed])?;
    }
    let pages = phone.pages();
    accept(world, phone, &pages)
}

/// A value of the herd, or of the cropland, one higher.
pub(crate) fn one_more(found: &[Observation]) -> Option<Observation> {
    let figure = |o: &&Observation| {
        let path = o.item.as_str();
        path == "herd.sheep" || path == "household.banner_years"
    };
    let mut changed = found.iter().find(figure)?.clone();
    if let State::Known(Value::Int(heads)) = &mut changed.state {
        *heads += 1;
    }
    Some(changed)
}

/// What an envelope of these pages costs until its receipt is signed.
pub(crate) fn accept(world: &World, phone: &Phone, pages: &[Push]) -> Outcome<Cost> {
    let pushed = pages.to_vec();
    cost(envelopes(pages), || {
        for page in pushed {
            let answer = ingest::push(&world.service, &phone.device, page)?;
            for exception in &answer.except {
                if !matches!(exception.verdict, Verdict::AcceptedFlagged(_)) {
                    return Err(format!("not accepted: {:?}", exception.verdict).into());
                }
            }
            black_box(answer);
        }
        Ok(())
    })
}

/// What the same bytes cost in a bare table, a transaction a page, as durable.
fn insert(path: &Path, pages: &[Push]) -> Outcome<Cost> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.execute_batch("create table bare (seq integer primary key, bytes blob not null)")?;
    cost(envelopes(pages), || {
        for page in pages {
            let tx = connection.transaction()?;
            for bytes in &page.envelopes {
                tx.prepare_cached("insert into bare (bytes) values (?1)")?
                    .execute([bytes])?;
            }
            tx.commit()?;
        }
        Ok(())
    })
}

fn envelopes(pages: &[Push]) -> usize {
    pages.iter().map(|page| page.envelopes.len()).sum()
}
