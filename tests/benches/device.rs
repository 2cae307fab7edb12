//! Searching the households on a device: its encrypted list, against bare SQL.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use itgel_device::{
    Argon2Cost, Device, Enrolment, KeyFiles, KeyStore, Listing, Order, Secrets, SystemEntropy, sync,
};
use itgel_domain::id::CycleId;
use itgel_domain::person::normalise_name;
use itgel_fixtures::Household;
use itgel_server::ingest;
use itgel_server::sync::DeviceSession;
use rusqlite::{Connection, params};

use super::clock::median;
use super::phone::Phone;
use super::table::{Cost, Goal, Row};
use super::world::{SECOND, World, device_of, now};
use super::{Outcome, Size};

/// Rows of a screen.
const ROWS: u32 = 50;

/// Searches in one run.
const SEARCHES: usize = 5;

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_households(size.on_device)?;
    let device = filled(&world)?;
    let bare = bare(&world)?;
    let middle = &world.households[world.households.len() / 2];
    let head = middle.identity.head().ok_or("a household without a head")?;
    let searches = [
        ("part of a name", first_of(&head.full_name, 2)),
        ("the door's number", middle.local_code.clone()),
        ("a name that nobody has", "无此人".to_owned()),
    ];
    let mut rows = Vec::new();
    for (what, search) in searches {
        let measured = median(size.runs, SEARCHES, || {
            for _ in 0..SEARCHES {
                black_box(device.list_subjects(&listing(&world, &world.cycle.id, &search))?);
            }
            Ok(())
        })?;
        let peer = searched(size, &bare, &search)?;
        let what = format!("search {} households on a device: {what}", size.on_device);
        let goal = Goal::Within(Duration::from_millis(30));
        rows.push(Row::new(
            what,
            measured,
            ("bare SQL, not encrypted", peer),
            goal,
        ));
    }
    Ok(rows)
}

fn listing<'a>(world: &World, cycle: &'a CycleId, search: &'a str) -> Listing<'a> {
    Listing {
        division: world.gacha.code,
        cycle,
        search,
        order: Order::LocalCode,
        skip: 0,
        limit: ROWS,
    }
}

/// The collector's device after it pulled the gacha.
fn filled(world: &World) -> Outcome<Device> {
    let mut phone = Phone::new()?;
    for household in &world.households {
        phone.identify(household)?;
    }
    for page in phone.pages() {
        ingest::push(&world.service, &phone.device, page)?;
    }
    let (record, _) = device_of(SECOND)?;
    let device = new_device(world, SECOND)?;
    let session = DeviceSession::new(world.service.clone(), record);
    sync::run(&device, &session, now(), &mut |_| {})?;
    let held = device.count_subjects(world.gacha.code)?;
    if held != world.households.len() as u64 {
        return Err(format!("the device holds {held} households").into());
    }
    Ok(device)
}

/// An officer's new device, with nothing on it yet.
pub(crate) fn new_device(world: &World, officer: &str) -> Outcome<Device> {
    let (record, signer) = device_of(officer)?;
    let platform: Arc<dyn KeyStore> = Arc::new(KeyFiles::plain(world.folder.path()));
    let secrets = Secrets {
        pin: "471203",
        platform: &platform,
        cost: Argon2Cost::FIELD,
    };
    let enrolment = Enrolment {
        device: record.id.clone(),
        officer: record.officer,
        server_key: world.service.keys.public_key(),
        number: 42,
    };
    let path = world.folder.path().join(format!("{officer}.db"));
    let entropy = Arc::new(SystemEntropy);
    Ok(Device::create(
        &path,
        &secrets,
        &enrolment,
        Arc::new(signer),
        entropy,
    )?)
}

/// The same names in one table without a key.
fn bare(world: &World) -> Outcome<Connection> {
    let connection = Connection::open(world.folder.path().join("bare.db"))?;
    connection.execute_batch(
        "create table subject (id text primary key, local_code text not null, name text not null,
             find text not null) strict, without rowid;
         create index by_code on subject (local_code, id);",
    )?;
    let tx = connection.unchecked_transaction()?;
    for household in &world.households {
        tx.prepare_cached("insert into subject values (?1, ?2, ?3, ?4)")?
            .execute(params![
                household.subject.as_str(),
                household.local_code,
                household.identity.head().map_or("", |head| &head.full_name),
                find_of(household),
            ])?;
    }
    tx.commit()?;
    Ok(connection)
}

fn searched(size: Size, bare: &Connection, search: &str) -> Outcome<Cost> {
    let sql = "select id, local_code, name from subject where local_code like ?1 or find like ?1
               order by local_code, id limit ?2";
    let pattern = format!("%{}%", normalise_name(search));
    median(size.runs, SEARCHES, || {
        for _ in 0..SEARCHES {
            let mut query = bare.prepare_cached(sql)?;
            let rows = query.query_map(params![pattern, ROWS], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            })?;
            black_box(rows.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(())
    })
}

/// Names and numbers of a household, to be searched.
fn find_of(household: &Household) -> String {
    let people = household.identity.people.iter();
    let texts = people.map(|p| {
        format!(
            "{} {}",
            normalise_name(&p.full_name),
            p.id_number.as_deref().unwrap_or("")
        )
    });
    texts.collect::<Vec<_>>().join(" ")
}

fn first_of(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
