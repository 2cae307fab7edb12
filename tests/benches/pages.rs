//! The officer's app with many households: what its pages cost through the router, against bare
//! SQL without a key in the same run, and what memory the program takes for itself. Times are waits:
//! a page is made by a thread that ends with it.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use itgel_device::http::{Call, Carrier, CarrierError, HttpError, Reply};
use itgel_device::sync::{self, Progress, SyncError, SyncReport};
use itgel_device::wipe::WipedWord;
use itgel_device::{Argon2Cost, Device, Enrolment, KeyFiles, SystemEntropy};
use itgel_domain::division::DivisionCode;
use itgel_domain::file::chain::{DeviceSigner, Suite};
use itgel_domain::time::AtMs;
use itgel_domain::trust::Invitation;
use itgel_field::{Answered, Clock, FieldApp, Ground, HttpTransport, Transport};
use itgel_fixtures::Household;
use itgel_server::store::device::{DeviceRecord, DeviceStatus};
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, ingest, store};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::clock::median_wait;
use super::phone::Phone;
use super::table::{Cost, Goal, Row};
use super::world::{SECOND, TODAY, World, now};
use super::{Outcome, Size};

/// The argument with which this program runs as the app over a folder and tells its memory.
pub(crate) const ALONE: &str = "--app-over";

const PIN: &str = "471203";
const DEVICE: &str = "dev-app";
const ITEM: &str = "household.members";

/// From the start to the list.
const COLD_START: Duration = Duration::from_secs(1);

/// Pages in one run.
const PAGES: usize = 20;

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let world = World::with_households(size.on_device)?;
    let folder = world.folder.path().join("app");
    let app = at_work(&world, &folder)?;
    let bare = Bare::of(&world)?;
    let mut rows = Vec::new();
    rows.extend(list(size, &app, &bare, &world)?);
    rows.extend(visit(size, &app, &bare, &world)?);
    rows.push(warning(size, &app, &bare, &world)?);
    drop(app);
    rows.push(cold_start(size, &folder)?);
    rows.push(memory(size, &folder)?);
    Ok(rows)
}

/// The program over a folder that was left by [`rows`]: prints the most memory that it took, in
/// bytes, for a start, a search, and visits of a hundred households.
pub(crate) fn alone(folder: &Path) -> Outcome<()> {
    let app = start(folder, nowhere())?;
    unlock(&app)?;
    get(&app, "/?q=1")?;
    let list = get(&app, "/")?;
    let page = String::from_utf8(list.body)?;
    let visits = page.split("href=\"/visit/").skip(1);
    for visit in visits.take(100) {
        let subject = visit.split('"').next().unwrap_or("");
        get(&app, &format!("/visit/{subject}"))?;
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    println!(
        "{}",
        kib.ok_or("no memory is told")?.trim().parse::<usize>()? * 1024
    );
    Ok(())
}

fn list(size: Size, app: &FieldApp, bare: &Bare, world: &World) -> Outcome<Vec<Row>> {
    let middle = &world.households[world.households.len() / 2];
    let head = middle.identity.head().ok_or("a household without a head")?;
    let name: String = head.full_name.chars().take(2).collect();
    let address = format!("/?q={}", coded(&name));
    let searched = pages(size, app, |_| address.clone())?;
    let peer = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|_| bare.search(&name))
    })?;
    let page = get(app, "/")?.body.len();
    Ok(vec![
        Row::new(
            format!("app, {} households: a page of a search", size.on_device),
            searched,
            ("bare SQL, not encrypted", peer),
            Goal::Within(Duration::from_millis(30)),
        ),
        Row::of_bytes(
            "app: a page of the list",
            Cost::bytes(page),
            ("limit", Cost::bytes(100_000)),
            Goal::Bytes(100_000),
        ),
    ])
}

fn visit(size: Size, app: &FieldApp, bare: &Bare, world: &World) -> Outcome<Vec<Row>> {
    let household = |n: usize| &world.households[n * 37 % world.households.len()];
    let opened = pages(size, app, |n| format!("/visit/{}", household(n).subject))?;
    let read = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|n| bare.open(household(n)))
    })?;
    let saved = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|n| save(app, household(n), n))
    })?;
    let written = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|n| bare.save(household(n), n))
    })?;
    Ok(vec![
        Row::new(
            "app: a household is opened",
            opened,
            ("bare SQL, not encrypted", read),
            Goal::Within(Duration::from_millis(10)),
        ),
        Row::new(
            "app: a field is kept",
            saved,
            ("a bare insert and its commit", written),
            Goal::Within(Duration::from_millis(5)),
        ),
    ])
}

/// A household on no list is about to be registered, with the ID number of one that is, the name of
/// another and a phone of nobody's: the page shows both.
fn warning(size: Size, app: &FieldApp, bare: &Bare, world: &World) -> Outcome<Row> {
    let of = |n: usize| &world.households[n * 37 % world.households.len()];
    let shown = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|n| warned(app, world.gacha.code, (of(n), of(n + 1))))
    })?;
    let read = median_wait(size.runs, PAGES, || {
        (0..PAGES).try_for_each(|n| bare.alike(of(n)))
    })?;
    Ok(Row::new(
        format!(
            "app, {} households: those that look like a new one",
            size.on_device
        ),
        shown,
        ("bare SQL, not encrypted", read),
        Goal::Within(Duration::from_millis(30)),
    ))
}

fn warned(
    app: &FieldApp,
    gacha: DivisionCode,
    (known, namesake): (&Household, &Household),
) -> Outcome<()> {
    let head = |household: &Household| household.identity.head().cloned();
    let (known, namesake) = head(known)
        .zip(head(namesake))
        .ok_or("a household without a head")?;
    let form = format!(
        "gacha={gacha}&code=99999&go=next&head:name={}&head:id={}&head:phone=13900009999",
        coded(&namesake.full_name),
        known.id_number.unwrap_or_default(),
    );
    let page = app.handle("POST", "/register", form.as_bytes());
    let told = String::from_utf8_lossy(&page.body);
    match told.contains("身份证号码相同") {
        true => Ok(()),
        false => Err(format!("no warning: {}", page.status).into()),
    }
}

fn cold_start(size: Size, folder: &Path) -> Outcome<Row> {
    let started = median_wait(size.runs, 1, || {
        let app = start(folder, nowhere())?;
        unlock(&app)?;
        black_box(get(&app, "/")?);
        Ok(())
    })?;
    Ok(Row::new(
        "app: from its start to the list, the PIN's key among it",
        started,
        ("limit", Cost::of(COLD_START, 1)),
        Goal::Within(COLD_START),
    ))
}

fn memory(size: Size, folder: &Path) -> Outcome<Row> {
    let told = Command::new(std::env::current_exe()?)
        .arg(ALONE)
        .arg(folder)
        .output()?;
    if !told.status.success() {
        return Err(format!("the app alone: {}", String::from_utf8_lossy(&told.stderr)).into());
    }
    let bytes = String::from_utf8(told.stdout)?.trim().parse()?;
    Ok(Row::of_bytes(
        format!(
            "app, {} households: most memory of the program alone",
            size.on_device
        ),
        Cost::bytes(bytes),
        ("limit", Cost::bytes(120 << 20)),
        Goal::Bytes(120 << 20),
    ))
}

/// Opens pages, one after another.
fn pages(size: Size, app: &FieldApp, address: impl Fn(usize) -> String) -> Outcome<Cost> {
    median_wait(size.runs, PAGES, || {
        for n in 0..PAGES {
            black_box(get(app, &address(n))?);
        }
        Ok(())
    })
}

fn save(app: &FieldApp, household: &Household, n: usize) -> Outcome<()> {
    let form = format!("item={ITEM}&v:{ITEM}={}", n % 8 + 1);
    let path = format!("/visit/{}/field", household.subject);
    let kept = app.handle("POST", &path, form.as_bytes());
    let told = String::from_utf8_lossy(&kept.body);
    if kept.status != 200 || !told.contains("\"error\":null") {
        return Err(format!("{path}: {} {told}", kept.status).into());
    }
    Ok(())
}

/// The app of an officer who has enrolled and pulled the gacha.
fn at_work(world: &World, folder: &Path) -> Outcome<FieldApp> {
    let mut phone = Phone::new()?;
    for household in &world.households {
        phone.identify(household)?;
    }
    for page in phone.pages() {
        ingest::push(&world.service, &phone.device, page)?;
    }
    let link = Link {
        service: world.service.clone(),
        device: Mutex::new(None),
    };
    let app = start(folder, Arc::new(link))?;
    let key = world.service.keys.public_key();
    let invitation = Invitation::new("https://xinyong.example.cn", "ABCDEF23", &key).to_string();
    let form = format!("invitation={}&pin={PIN}&again={PIN}", coded(&invitation));
    let enrolled = app.handle("POST", "/enrol", form.as_bytes());
    if enrolled.status != 200 {
        return Err(format!("enrolment: {}", enrolled.status).into());
    }
    let started = app.handle("POST", "/sync", b"");
    if started.status != 200 {
        return Err(format!("synchronising: {}", started.status).into());
    }
    while String::from_utf8(get(&app, "/api/jobs/sync")?.body)?.contains("\"running\":true") {
        std::thread::yield_now();
    }
    Ok(app)
}

fn unlock(app: &FieldApp) -> Outcome<()> {
    // The door is no page of an officer, and its status says so.
    let page = String::from_utf8(app.handle("GET", "/", b"").body)?;
    let officer = page.split("name=\"officer\" value=\"").nth(1);
    let officer = officer.and_then(|rest| rest.split('"').next());
    let form = format!("officer={}&pin={PIN}", officer.ok_or("nobody is enrolled")?);
    match app.handle("POST", "/unlock", form.as_bytes()).status {
        200 => Ok(()),
        status => Err(format!("unlocking: {status}").into()),
    }
}

fn get(app: &FieldApp, path: &str) -> Outcome<Answered> {
    let answered = app.handle("GET", path, b"");
    if answered.status != 200 {
        return Err(format!("{path}: {}", answered.status).into());
    }
    Ok(answered)
}

fn start(folder: &Path, transport: Arc<dyn Transport>) -> Outcome<FieldApp> {
    Ok(FieldApp::start(Ground {
        data: folder.to_owned(),
        clock: Arc::new(Standing),
        transport,
        entropy: Arc::new(SystemEntropy),
        platform: Arc::new(KeyFiles::plain(&folder.join("secrets"))),
        cost: Argon2Cost::FIELD,
    })?)
}

fn coded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

struct Standing;

impl Clock for Standing {
    fn now(&self) -> AtMs {
        now()
    }

    fn steady_ms(&self) -> u64 {
        60_000
    }
}

/// The way to the server of this process.
struct Link {
    service: Service,
    device: Mutex<Option<DeviceRecord>>,
}

impl Transport for Link {
    fn enrol(&self, _: &str, signer: &dyn DeviceSigner) -> Result<Enrolment, HttpError> {
        let (Ok(id), Ok(officer)) = (DEVICE.parse(), SECOND.parse()) else {
            return Err(HttpError::Config);
        };
        let record = DeviceRecord {
            id,
            officer,
            suite: Suite::Ed25519,
            public_key: signer.public_key(),
            status: DeviceStatus::Active,
            enrolled_at: AtMs::start_of(TODAY),
        };
        let kept = record.clone();
        let put = self.service.transact("bench", move |_, tx| {
            store::device::put(tx, &kept)?;
            Ok(())
        });
        put.map_err(|_| HttpError::Config)?;
        let enrolment = Enrolment {
            device: record.id.clone(),
            officer: record.officer.clone(),
            server_key: self.service.keys.public_key(),
            number: 42,
        };
        if let Ok(mut device) = self.device.lock() {
            *device = Some(record);
        }
        Ok(enrolment)
    }

    fn synchronise(
        &self,
        device: &Device,
        _: &str,
        _: Arc<dyn DeviceSigner>,
        now: AtMs,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncReport, SyncError> {
        let record = self.device.lock().ok().and_then(|device| device.clone());
        let record = record.ok_or(SyncError::Version(0))?;
        let session = DeviceSession::new(self.service.clone(), record);
        let mut told = |step| progress(step);
        sync::run(device, &session, now, &mut told)
    }

    fn tell_wiped(&self, _: &str, _: &WipedWord) -> Result<(), HttpError> {
        Ok(())
    }
}

/// A place without signal.
#[derive(Debug)]
struct Nowhere;

impl Carrier for Nowhere {
    fn post(&self, _: &Call<'_>) -> Result<Reply, CarrierError> {
        Err("no signal".into())
    }
}

fn nowhere() -> Arc<dyn Transport> {
    Arc::new(HttpTransport {
        root_pem: None,
        carrier: Some(Arc::new(Nowhere)),
    })
}

/// The same households in two tables without a key.
struct Bare(Connection);

impl Bare {
    fn of(world: &World) -> Outcome<Self> {
        let connection = Connection::open(world.folder.path().join("bare-app.db"))?;
        connection.execute_batch(
            "pragma journal_mode = wal; pragma synchronous = full;
             create table subject (id text primary key, local_code text not null, name text not null) strict;
             create table value (subject text, item text, value text, primary key (subject, item)) strict;",
        )?;
        let tx = connection.unchecked_transaction()?;
        for household in &world.households {
            let name = household.identity.head().map_or("", |head| &head.full_name);
            tx.prepare_cached("insert into subject values (?1, ?2, ?3)")?
                .execute(params![
                    household.subject.as_str(),
                    household.local_code,
                    name
                ])?;
        }
        tx.commit()?;
        Ok(Self(connection))
    }

    fn search(&self, name: &str) -> Outcome<()> {
        let sql =
            "select id, local_code, name from subject where local_code like ?1 or name like ?1
                   order by local_code, id limit 50";
        let mut query = self.0.prepare_cached(sql)?;
        let rows = query.query_map([format!("%{name}%")], |row| row.get::<_, String>(2))?;
        black_box(rows.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    fn open(&self, household: &Household) -> Outcome<()> {
        let sql = "select name from subject where id = ?1";
        let mut query = self.0.prepare_cached(sql)?;
        let name: Option<String> = query
            .query_row([household.subject.as_str()], |row| row.get(0))
            .optional()?;
        black_box(name);
        Ok(())
    }

    fn alike(&self, household: &Household) -> Outcome<()> {
        let sql = "select id, local_code, name from subject where name = ?1 or local_code = ?2";
        let mut query = self.0.prepare_cached(sql)?;
        let name = household.identity.head().map_or("", |head| &head.full_name);
        let rows = query.query_map([name, "99999"], |row| row.get::<_, String>(0))?;
        black_box(rows.collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    fn save(&self, household: &Household, n: usize) -> Outcome<()> {
        let sql = "insert or replace into value values (?1, ?2, ?3)";
        let mut query = self.0.prepare_cached(sql)?;
        query.execute(params![household.subject.as_str(), ITEM, n.to_string()])?;
        Ok(())
    }
}
