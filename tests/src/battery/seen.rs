//! What can be seen of a device and of a server from outside, to be compared after a fault.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use itgel_device::{Device, Listing, Order, RecordState};
use itgel_domain::case::Step;
use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Picked;
use itgel_domain::hash::Hash;
use itgel_domain::id::SubjectId;
use itgel_domain::policy::Actor;
use itgel_domain::sync::SyncProtocol;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};
use itgel_server::process::{self, ResolveRequest, StepRequest};
use itgel_server::sync::DeviceSession;
use itgel_server::{Service, ServiceError, auth, store};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::bed::{self, Bed, Ground};

// A device ----------------------------------------------------------------------------------

/// Everything of a device that an officer can see, without what is drawn at random.
pub(super) fn of_device(device: &Device, bed: &Bed) -> String {
    let listing = Listing {
        division: bed.sample.banner.code,
        cycle: &bed.cycle,
        search: "",
        order: Order::LocalCode,
        skip: 0,
        limit: 500,
    };
    let mut seen = vec![
        format!("{:?}", device.summary().unwrap()),
        format!("{:?}", device.list_subjects(&listing).unwrap()),
    ];
    for household in &bed.households {
        let Ok(subject) = device.subject(&household.subject) else {
            continue;
        };
        let (id, cycle) = (&subject.id, &bed.cycle);
        let records = device.records(id, cycle).unwrap().into_iter();
        // A page that was cut off goes again: that it was under way is no state of its own.
        let records = records.map(|record| match record.state {
            RecordState::Sending => (record.at, RecordState::Waiting),
            state => (record.at, state),
        });
        seen.push(format!("{:?}", records.collect::<Vec<_>>()));
        seen.push(format!("{:?}", device.draft(id, cycle).unwrap()));
        seen.push(format!("{:?}", device.draft_consents(id, cycle).unwrap()));
        seen.push(format!("{:?}", device.identity(id).unwrap()));
        seen.push(format!("{:?}", device.facts(id).unwrap().facts(cycle)));
        seen.push(format!("{:?}", device.case(id, cycle).unwrap()));
    }
    seen.join("\n")
}

/// A link that is cut after so many calls, and what was pushed over it.
pub(super) struct CutLink {
    inner: DeviceSession,
    left: AtomicUsize,
    pushed: Mutex<Vec<Push>>,
}

/// Why a call did not go through.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// The link.
    #[error("cut")]
    Cut,
    /// The server.
    #[error(transparent)]
    Server(#[from] ServiceError),
}

impl CutLink {
    pub(super) const fn after(inner: DeviceSession, calls: usize) -> Self {
        Self {
            inner,
            left: AtomicUsize::new(calls),
            pushed: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn pushed(&self) -> Vec<Push> {
        self.pushed.lock().unwrap().clone()
    }

    fn spend(&self) -> Result<(), LinkError> {
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
        spent.map(|_| ()).map_err(|_| LinkError::Cut)
    }
}

impl SyncProtocol for CutLink {
    type Error = LinkError;

    fn hello(&self, request: &Hello) -> Result<HelloAnswer, LinkError> {
        self.spend()?;
        Ok(self.inner.hello(request)?)
    }

    fn push(&self, request: &Push) -> Result<PushAnswer, LinkError> {
        self.spend()?;
        self.pushed.lock().unwrap().push(request.clone());
        Ok(self.inner.push(request)?)
    }

    fn pull(&self, request: &Pull) -> Result<PullPage, LinkError> {
        self.spend()?;
        Ok(self.inner.pull(request)?)
    }

    fn fetch(&self, request: &Fetch) -> Result<Fetched, LinkError> {
        self.spend()?;
        Ok(self.inner.fetch(request)?)
    }

    fn send_chunk(&self, request: &Chunk) -> Result<ChunkAnswer, LinkError> {
        self.spend()?;
        Ok(self.inner.send_chunk(request)?)
    }
}

/// The device's store passes the checks of SQLCipher and SQLite, under its own key.
pub(super) fn assert_device_sound(device: &Device) {
    assert!(device.is_sound().unwrap(), "the device's store is broken");
}

// A server ----------------------------------------------------------------------------------

/// The content of a server's database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerState {
    /// Every value of every row.
    whole: Hash,
    /// Of each table its rows and the sum of its integers: equal for the same work done again,
    /// whatever identifiers and keys were drawn.
    tables: Vec<(String, u64, i64)>,
}

impl ServerState {
    /// Reads it from the file; the file must be sound.
    pub(super) fn of(ground: &Ground) -> Self {
        let db = Connection::open(ground.database()).unwrap();
        assert_sound(&db);
        let sql = "select name from sqlite_schema where type = 'table'
                   and name not like 'sqlite_%' order by name";
        let mut names = db.prepare(sql).unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let mut whole = Vec::new();
        let tables = names
            .map(|name| of_table(&db, name.unwrap(), &mut whole))
            .collect();
        let whole = Hash::of("bed.state", &[&whole]);
        Self { whole, tables }
    }

    /// Whether the same work was done.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.tables == other.tables
    }
}

/// The database passes SQLite's own checks.
pub(super) fn assert_sound(db: &Connection) {
    assert!(is_sound(db), "the file is broken");
}

/// Whether the database passes SQLite's own checks.
pub(super) fn is_sound(db: &Connection) -> bool {
    let whole = db.query_row("pragma integrity_check", [], |row| row.get::<_, String>(0));
    let sql = "select count(*) from pragma_foreign_key_check";
    let broken = db.query_row(sql, [], |row| row.get::<_, i64>(0));
    whole.is_ok_and(|said| said == "ok") && broken == Ok(0)
}

fn of_table(db: &Connection, name: String, whole: &mut Vec<u8>) -> (String, u64, i64) {
    let (mut count, mut sum) = (0, 0_i64);
    let mut query = db.prepare(&format!("select * from {name}")).unwrap();
    let columns = query.column_count();
    let mut rows = query.query([]).unwrap();
    whole.extend_from_slice(name.as_bytes());
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        for column in 0..columns {
            let value = row.get_ref(column).unwrap();
            if let ValueRef::Integer(n) = value {
                sum = sum.wrapping_add(n);
            }
            whole.extend_from_slice(format!("{value:?}").as_bytes());
        }
    }
    (name, count, sum)
}

// People at a desk --------------------------------------------------------------------------

/// Settles everything that officers of the gacha disagree on.
///
/// # Errors
/// The code of the server's refusal.
pub(super) fn resolve_all(bed: &Bed, service: &Service) -> Result<(), ErrorCode> {
    let (cycle, gacha) = (bed.cycle.clone(), bed.gacha.code);
    let reviewer = reviewer(bed, service)?;
    let done = service.transact("bed.resolve", move |service, tx| {
        let open = process::open_conflicts(tx, &reviewer, (gacha, &cycle), ("", ""), 50)?;
        for conflict in open {
            let request = ResolveRequest {
                subject: conflict.subject,
                cycle: conflict.cycle,
                item: conflict.item,
                picked: Picked::Entry(conflict.values[0].entry.clone()),
                reason: "电话复核（示例）".into(),
            };
            process::resolve_conflict(service, tx, &reviewer, &request, bed::now())?;
        }
        Ok(())
    });
    done.map_err(|error| error.code())
}

/// The reviewer agrees with the grade of a case.
pub(super) fn review(bed: &Bed, service: &Service, subject: &SubjectId) {
    let reviewer = reviewer(bed, service).unwrap();
    let (cycle, subject) = (bed.cycle.clone(), subject.clone());
    let review = move |service: &Service, tx: &store::Tx<'_>| {
        let row = store::case::get_of(tx, &subject, &cycle)?.ok_or(ErrorCode::CaseUnknown)?;
        let request = StepRequest {
            case: row.case.id.clone(),
            version: row.case.version(),
            step: Step::Review,
            reason: itgel_domain::case::Reason {
                code: "complete".into(),
                text: "材料齐全（示例）".into(),
            },
            item: None,
            countersignature: None,
        };
        process::step(service, tx, &reviewer, &request, bed::now())
    };
    service.transact("bed.review", review).unwrap();
}

/// Publishes what was reviewed in the gacha.
///
/// # Errors
/// The code of the server's refusal.
pub(super) fn publish(bed: &Bed, service: &Service) -> Result<(), ErrorCode> {
    let reviewer = reviewer(bed, service)?;
    let (cycle, gacha) = (bed.cycle.clone(), bed.gacha.code);
    let done = service.transact("bed.publish", move |service, tx| {
        process::publicity::publish_gacha(service, tx, &reviewer, gacha, &cycle, bed::now())
    });
    done.map(|_| ()).map_err(|error| error.code())
}

fn reviewer(bed: &Bed, service: &Service) -> Result<Actor, ErrorCode> {
    let township: DivisionCode = bed.gacha.code.ancestor(DivisionLevel::Township).unwrap();
    let mut seats = bed.sample.reviewers.iter();
    let seat = seats.find(|seat| seat.division == township).unwrap();
    let actor = service
        .store
        .read(|c| auth::officer_actor(c, &seat.officer));
    actor.map_err(|error: ServiceError| error.code())
}
