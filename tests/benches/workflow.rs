//! A step of a case with its checks: who may, what stands, whether it is stale, what the calendar
//! says; then the case, its event, the audit row, the leaf of the log and the devices' list.

use std::path::Path;
use std::time::Duration;

use itgel_domain::case::step::{Assessed, Peer};
use itgel_domain::case::terms::Timetable;
use itgel_domain::case::{By, Case, Now, Reason, Role, Step};
use itgel_domain::hash::Hash;
use itgel_domain::id::CaseId;
use itgel_domain::subject::Grade;
use itgel_server::process::{self, StepRequest};
use itgel_server::store::case::CaseRow;
use itgel_server::{ServiceError, auth, store};
use rusqlite::{Connection, params};

use super::clock::cost;
use super::table::{Cost, Goal, Row};
use super::world::{COLLECTOR, SECOND, TODAY, World, now};
use super::{Outcome, Size};

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_households(size.visited)?;
    let cases = prepare(&world)?;
    let actor = auth_of(&world)?;
    let requests: Vec<StepRequest> = cases.iter().map(review).collect::<Result<_, _>>()?;
    let n = requests.len();
    let stepped = cost(n, || {
        // One transaction, so that the commit is shared and only the steps are measured.
        world.transact(move |service, tx| {
            for request in &requests {
                process::step(service, tx, &actor, request, now())?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    let bare = insert(&world.folder.path().join("bare.db"), &cases)?;
    Ok(vec![Row::new(
        "a step of a case with its checks, without the commit",
        stepped,
        ("bare insert of the same event", bare),
        Goal::Within(Duration::from_micros(200)),
    )])
}

/// A case for each household, pre-rated and waiting for its review.
fn prepare(world: &World) -> Outcome<Vec<CaseRow>> {
    let place = world.gacha.code;
    let timetable = world
        .service
        .store
        .read(|c| process::timetable(&world.service, c, place))?;
    let mut rows = Vec::new();
    for (n, household) in world.households.iter().enumerate() {
        let id: CaseId = format!("bench-{n}").parse()?;
        let cycle = world.cycle.id.clone();
        let mut case = Case::new(id, household.subject.clone(), cycle, place);
        walk(&mut case, &timetable)?;
        rows.push(CaseRow {
            case,
            as_of: TODAY,
            inputs: None,
            seals: Vec::new(),
            since: now(),
            attention: 3,
        });
    }
    let stored = rows.clone();
    world.transact(move |_, tx| {
        for row in &stored {
            let salts = vec![String::from("bench"); row.case.history().len()];
            store::case::put(tx, row, 0, &salts)?;
        }
        Ok(())
    })?;
    Ok(rows)
}

fn walk(case: &mut Case, timetable: &Timetable) -> Outcome<()> {
    let collector = By::Officer {
        officer: COLLECTOR.parse()?,
        role: Role::Collector,
    };
    let second = Some(SECOND.parse()?);
    let assessed = Assessed {
        assessment: Hash::of_file(b"bench"),
        grade: Grade::A,
        cap: None,
    };
    let peer = Peer::Held;
    let barred = std::collections::BTreeSet::new();
    for (step, by) in [
        (Step::Seal { second }, collector),
        (Step::Submit, By::Rule),
        (Step::PreRate { assessed, peer }, By::Rule),
    ] {
        let now = Now {
            at: now(),
            device_at: None,
            version: case.version(),
            pack: Hash::of_file(b"bench"),
            timetable,
            barred: &barred,
            has_consent: true,
        };
        case.apply(step, &by, Reason::code("bench"), &now)?;
    }
    Ok(())
}

fn review(row: &CaseRow) -> Outcome<StepRequest> {
    Ok(StepRequest {
        case: row.case.id.clone(),
        version: row.case.version(),
        step: Step::Review,
        reason: Reason::code("bench"),
        item: None,
        countersignature: None,
    })
}

fn auth_of(world: &World) -> Outcome<itgel_domain::policy::Actor> {
    let officer = "r-1".parse()?;
    let read = |c: &Connection| auth::officer_actor(c, &officer);
    Ok(world.service.store.read::<_, ServiceError>(read)?)
}

/// The events of the cases into a table of their own, in one transaction.
fn insert(path: &Path, cases: &[CaseRow]) -> Outcome<Cost> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full;
         create table case_event (case_id text not null, n integer not null, event text not null,
             primary key (case_id, n)) without rowid;",
    )?;
    let events: Vec<(String, String)> = cases
        .iter()
        .filter_map(|row| Some((row.case.id.to_string(), row.case.history().last()?)))
        .map(|(id, event)| Ok((id, serde_json::to_string(event)?)))
        .collect::<Outcome<_>>()?;
    cost(events.len(), || {
        let tx = connection.transaction()?;
        {
            let mut put = tx.prepare("insert into case_event values (?1, 1, ?2)")?;
            for (id, event) in &events {
                put.execute(params![id, event])?;
            }
        }
        tx.commit()?;
        Ok(())
    })
}
