//! A subject is erased, and nothing of it is found anywhere: not in the database, its log of
//! writes, exports, the program's own log or backups, and no old backup brings it back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::{Entry, Note};
use itgel_domain::id::SubjectId;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::land::{LandRecord, Plot, Zone};
use itgel_domain::log::root_of;
use itgel_domain::time::AtMs;
use itgel_server::config::Config;
use itgel_server::exchange::{self, ExportOrder, ShareRequest};
use itgel_server::{Service, ServiceError, backup, erasure, ingest, land, store};
use jiff::civil::date;

use crate::field::{self, Pen};
use crate::listen::listen;
use crate::world::{TODAY, World, keys};

const NAME: &str = "金丝雀巴特尔示例";
const ID_NUMBER: &str = "110105194912310021";
const PHONE: &str = "13900019999";
const NOTE: &str = "井边第三顶蒙古包的金丝雀话";
const PLOT: &str = "canaryplot77";
const CONTRACT: &str = "canary-contract-4711";
const LOAN: &str = "canary-loan-0815";
const REASON: &str = "金丝雀的理由";

const CANARIES: [&str; 8] = [NAME, ID_NUMBER, PHONE, NOTE, PLOT, CONTRACT, LOAN, REASON];

/// A server with a rated household whose data carries the canaries.
fn world() -> (World, SubjectId) {
    let world = World::prepared();
    let mut household = field::add_household(&world, 0);
    let head = &mut household.identity.people[0];
    head.full_name = NAME.into();
    head.id_number = Some(check_digit(ID_NUMBER));
    head.phone = Some(PHONE.into());
    household.found.push(Observation {
        item: format!("plot/{PLOT}/area_mu").parse().unwrap(),
        state: State::Known(Value::Int(1_200)),
        evidence: Evidence::B,
        observed_on: TODAY,
    });
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    let note = Entry::Note(Note { text: NOTE.into() });
    pen.write_entries(&world, &field::file(&household), vec![note]);
    field::vote(&world, &mut pen, &household);
    enter_registers(&world, &household.subject);
    (world, household.subject)
}

/// The number with the digit that checks.
fn check_digit(number: &str) -> String {
    let body = &number[..17];
    let mut digits = ('0'..='9').chain(['X']).map(|c| format!("{body}{c}"));
    digits
        .find(|n| n.parse::<itgel_domain::person::ResidentId>().is_ok())
        .unwrap()
}

fn enter_registers(world: &World, subject: &SubjectId) {
    let plot = land::NewRecord {
        division: world.gacha(),
        source: "示例苏木".into(),
        record: LandRecord::Plot(Plot {
            key: PLOT.into(),
            holder: subject.clone(),
            area_mu: 1_200,
            zone: Zone::Balance,
            contract: CONTRACT.into(),
            from: date(2015, 1, 1),
            to: None,
            disputed: false,
        }),
    };
    let mut row = itgel_domain::register::RegisterRow {
        id: "canary-row".parse().unwrap(),
        division: world.gacha(),
        subject: Some(subject.clone()),
        key: LOAN.into(),
        revision: 1,
        valid_from: TODAY,
        valid_to: None,
        source: REASON.into(),
        content: itgel_domain::register::RegisterContent::Tip("TIP_ROLLOVER".into()),
    };
    row.key = LOAN.into();
    let done = world
        .service
        .transact("test.registers", move |service, tx| {
            land::put(service, tx, &plot, "administrator", service.now())?;
            itgel_server::registers::put(service, tx, &row, "administrator", service.now())
        });
    done.unwrap();
}

/// Which canaries stand in the bytes of a file or of all files of a folder, and where.
fn canaries_in(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        return entries
            .flat_map(|entry| canaries_in(&entry.unwrap().path()))
            .collect();
    }
    let bytes = std::fs::read(path).unwrap();
    let id = check_digit(ID_NUMBER);
    let all = CANARIES.iter().copied().chain([id.as_str()]);
    let found = all.filter(|canary| {
        let canary = canary.as_bytes();
        bytes.windows(canary.len()).any(|window| window == canary)
    });
    found
        .map(|canary| format!("{canary} in {}", path.display()))
        .collect()
}

fn export(world: &World, name: &str) -> PathBuf {
    let target = world.dir.path().join(name);
    let order = ExportOrder {
        request: ShareRequest {
            officer: "approver".parse().unwrap(),
            second_officer: Some("other-approver".parse().unwrap()),
            source_department: "示例旗农牧局".into(),
            recipient: "示例信用平台".into(),
            basis: "内政发〔2024〕19号".into(),
        },
        target: target.clone(),
        with_persons: true,
        mapping: None,
    };
    exchange::export(&world.service, &order, &|_| ()).unwrap();
    target
}

fn erase(world: &World, subject: &SubjectId) {
    let subject = subject.clone();
    let erased = world.service.transact("test.erase", move |service, tx| {
        ingest::erase(service, tx, &subject, "approver", service.now())
    });
    erased.unwrap();
    erasure::leave_no_bytes(&world.service).unwrap();
}

/// The settings of a server beside the first one, over a database that is not there.
fn beside(world: &World, name: &str) -> Config {
    Config {
        database: world.dir.path().join(name),
        ..(*world.service.config).clone()
    }
}

fn restore(world: &World, name: &str, from: &Path) -> Result<(Config, u32), ServiceError> {
    let config = beside(world, name);
    let now = world.service.now();
    let erased = backup::restore(&config, keys(), Arc::new(move || now), from)?;
    Ok((config, erased))
}

/// The signed state of the log is that of its leaves, now and as it was at every checkpoint.
fn assert_log_verifies(service: &Service) {
    let key = service.keys.public_key();
    let newest = service.transact("test.checkpoint", |s, tx| {
        Ok(store::log::checkpoint(tx, &s.keys, s.now())?)
    });
    let newest = newest.unwrap();
    let leaves = service
        .store
        .read(|c| store::log::list_leaves(c, 0))
        .unwrap();
    let size = usize::try_from(newest.checkpoint.size).unwrap();
    assert_eq!(size, leaves.len());
    assert_eq!(newest.checkpoint.root, root_of(&leaves));
    newest.checkpoint.verify(&key, &newest.signature).unwrap();
}

fn is_erased(service: &Service, subject: &SubjectId) -> bool {
    let at = service
        .store
        .read(|c| store::subject::erased_at(c, subject));
    at.unwrap().is_some()
}

#[test]
fn nothing_of_an_erased_subject_is_found_and_no_old_backup_brings_it_back() {
    let listening = listen();
    let (world, subject) = world();
    let folder = world.dir.path().to_owned();
    let off_site = tempfile::tempdir().unwrap();
    let yesterday = backup::take(&world.service, off_site.path()).unwrap();
    assert!(
        canaries_in(off_site.path()).is_empty(),
        "a backup shows nothing"
    );
    erasure::leave_no_bytes(&world.service).unwrap();
    for canary in [NOTE, PLOT, CONTRACT, LOAN, REASON] {
        let found = canaries_in(&folder.join("itgel.db"));
        assert!(
            found.iter().any(|f| f.starts_with(canary)),
            "{canary} was there: {found:?}"
        );
    }
    let before = export(&world, "before");
    assert!(canaries_in(&before).iter().any(|f| f.starts_with(NAME)));
    std::fs::remove_dir_all(before).unwrap();

    let (chains, size) = log_of(&world.service);
    world.pass_ms(86_400_000);
    erase(&world, &subject);
    export(&world, "after");
    assert_eq!(canaries_in(&folder), Vec::<String>::new());
    assert_eq!(root_of(&log_of(&world.service).0[..size]), root_of(&chains));
    assert_log_verifies(&world.service);

    let (config, erased) = restore(&world, "restored.db", &yesterday.path).unwrap();
    assert_eq!(erased, 1);
    assert_eq!(canaries_in(&folder), Vec::<String>::new());
    let now = world.service.now();
    let restored = Service::open(config, keys(), Arc::new(move || now)).unwrap();
    assert!(is_erased(&restored, &subject));
    assert_log_verifies(&restored);
    drop(restored);

    world.pass_ms(1);
    let today = backup::take(&world.service, off_site.path()).unwrap();
    assert_eq!(today.closed, 1, "yesterday's backup has no key any more");
    let closed = restore(&world, "again.db", &yesterday.path).unwrap_err();
    assert!(matches!(closed, ServiceError::Config(_)), "{closed}");
    assert!(!world.dir.path().join("again.db").exists());
    restore(&world, "today.db", &today.path).unwrap();
    assert_eq!(canaries_in(&folder), Vec::<String>::new());
    assert_eq!(canaries_in(off_site.path()), Vec::<String>::new());
    let said = listening.said();
    assert!(!said.is_empty(), "the log was listened to");
    for canary in CANARIES {
        assert!(!said.contains(canary), "{canary} in the log");
    }
}

fn log_of(service: &Service) -> (Vec<itgel_domain::hash::Hash>, usize) {
    let leaves = service
        .store
        .read(|c| store::log::list_leaves(c, 0))
        .unwrap();
    let size = leaves.len();
    (leaves, size)
}

#[test]
fn a_backup_of_another_server_or_with_a_flipped_byte_is_not_restored() {
    let (world, _) = world();
    let off_site = tempfile::tempdir().unwrap();
    let taken = backup::take(&world.service, off_site.path()).unwrap();
    let mut bytes = std::fs::read(&taken.path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = off_site.path().join("damaged.backup");
    std::fs::write(&damaged, bytes).unwrap();
    let refused = restore(&world, "damaged.db", &damaged).unwrap_err();
    assert!(matches!(refused, ServiceError::Config(_)), "{refused}");
    let (stranger, _) = self::world();
    assert!(restore(&stranger, "foreign.db", &taken.path).is_err());
    restore(&world, "whole.db", &taken.path).unwrap();
    let again = restore(&world, "whole.db", &taken.path).unwrap_err();
    assert!(
        matches!(again, ServiceError::Config(_)),
        "nothing is written over"
    );
}

#[test]
fn a_journal_that_was_changed_stops_the_server_and_a_line_that_was_cut_off_does_not() {
    let (world, subject) = world();
    erase(&world, &subject);
    let journal = world.dir.path().join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    let open = || {
        let now = AtMs(world.service.now().0);
        let config = (*world.service.config).clone();
        Service::open(config, keys(), Arc::new(move || now)).map(drop)
    };
    std::fs::write(&journal, format!("{text}{{\"erased\":{{\"sub")).unwrap();
    open().unwrap();
    std::fs::write(&journal, text.replacen(subject.as_str(), "hh-other", 1)).unwrap();
    let refused = open().unwrap_err().to_string();
    let changed = text
        .lines()
        .position(|line| line.contains(subject.as_str()));
    let line = format!("line {}", changed.unwrap() + 1);
    assert!(refused.contains(&line), "{refused}");
}

#[test]
fn what_an_erased_household_still_sends_is_not_kept() {
    let (world, subject) = world();
    erase(&world, &subject);
    let facts = world
        .service
        .store
        .read(|c| itgel_server::fold::facts(c, &subject));
    assert!(facts.unwrap().is_empty());
    let absent = world.service.transact("test.erase", move |service, tx| {
        ingest::erase(
            service,
            tx,
            &"nobody".parse().unwrap(),
            "approver",
            service.now(),
        )
    });
    assert_eq!(absent.unwrap_err().code(), ErrorCode::SubjectUnknown);
}
