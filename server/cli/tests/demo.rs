//! `itgel demo` while its server is killed: it goes on, and nothing that had a receipt is lost.
//!
//! The test looks for processes in `/proc`, so it is one for Linux.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot do here ends it, with what the demo said"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use itgel_text::{self as text, Lang};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// How many envelopes the server has taken when it is killed: some, and by far not all.
const TAKEN: usize = 60;

/// How often to look, and for how long between: ten minutes in all.
const LOOKS: usize = 30_000;
const BETWEEN: Duration = Duration::from_millis(20);

/// A running demo; it does not outlive the test.
struct Demo {
    process: RefCell<Child>,
    id: u32,
    folder: TempDir,
}

#[test]
fn a_server_killed_in_the_middle_of_synchronisation_loses_no_receipted_record() {
    let demo = Demo::start(&["--households", "150", "--devices", "4"]);
    let database = demo.kept().join("server").join("itgel.db");
    let before = demo.until("envelopes on the server", || {
        let taken = envelopes(&database);
        (taken.len() >= TAKEN).then_some(taken)
    });
    let server = demo.until("the server's process", || demo.server());
    kill(server);
    let restarted = demo.until("a new server", || {
        demo.server().filter(|pid| *pid != server)
    });
    assert_ne!(server, restarted);

    let status = demo.end();
    let (printed, complained) = (demo.printed(), demo.complained());
    assert!(status.success(), "{status}\n{printed}\n{complained}");
    for table in [
        text::demo_table_gachas(Lang::ZhCn),
        text::demo_table_sumus(Lang::ZhCn),
    ] {
        assert!(printed.contains(&table), "{table} in\n{printed}");
    }
    let links = numbers(&printed, &text::demo_links(Lang::ZhCn, 0, 0, 0));
    assert!(links[2] >= 1, "no restart was counted: {links:?}");

    let after = envelopes(&database);
    let lost: Vec<_> = before
        .iter()
        .filter(|(at, id)| after.get(*at) != Some(*id))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} were lost: {lost:?}",
        lost.len(),
        before.len()
    );
    assert!(
        before.len() < after.len(),
        "it was killed after everything had arrived"
    );
    // Visits, values, ballots, receipts on the devices, and what was set aside.
    let work = numbers(&printed, &text::demo_field_work(Lang::ZhCn, 0, 0, 0, 0, 0));
    assert_eq!(
        (work[3], work[4]),
        (after.len(), 0),
        "receipts, and what is there: {work:?}"
    );
}

impl Demo {
    fn start(size: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_itgel"))
            .args(["demo", "--once"])
            .args(size)
            .arg("--keep")
            .arg(folder.path().join("kept"))
            .stdout(file("printed"))
            .stderr(file("complained"))
            .spawn()
            .unwrap();
        Self {
            id: process.id(),
            process: RefCell::new(process),
            folder,
        }
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn printed(&self) -> String {
        fs::read_to_string(self.folder.path().join("printed")).unwrap()
    }

    fn complained(&self) -> String {
        fs::read_to_string(self.folder.path().join("complained")).unwrap()
    }

    /// The process of the server: the demo's child.
    fn server(&self) -> Option<u32> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_server = |pid: &u32| {
            let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let serves = arguments
                .split(|byte| *byte == 0)
                .any(|word| word == b"serve");
            serves && parent(*pid) == Some(self.id)
        };
        ids.into_iter().find(is_server)
    }

    /// Looks until there is something to see; a demo that has ended shows nothing any more.
    fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(seen) = look() {
                return seen;
            }
            if let Some(status) = self.process.borrow_mut().try_wait().unwrap() {
                let (printed, complained) = (self.printed(), self.complained());
                panic!("{status} before {what}\n{printed}\n{complained}");
            }
            std::thread::park_timeout(BETWEEN);
        }
        panic!(
            "waited in vain for {what}\n{}\n{}",
            self.printed(),
            self.complained()
        );
    }

    fn end(&self) -> ExitStatus {
        for _ in 0..LOOKS {
            if let Some(status) = self.process.borrow_mut().try_wait().unwrap() {
                return status;
            }
            std::thread::park_timeout(BETWEEN);
        }
        panic!(
            "the demo does not end\n{}\n{}",
            self.printed(),
            self.complained()
        );
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if matches!(self.process.borrow_mut().try_wait(), Ok(Some(_))) {
            return;
        }
        // The demo first: it would start its server again.
        let server = self.server();
        self.process.borrow_mut().kill().unwrap();
        self.process.borrow_mut().wait().unwrap();
        if let Some(server) = server {
            kill(server);
        }
    }
}

/// The parent in the fourth field of `/proc/<pid>/stat`; the second, a name in brackets, may
/// hold anything.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}

/// SIGKILL: the process has no chance to finish anything.
fn kill(pid: u32) {
    let killed = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -KILL {pid}"))
        .status()
        .unwrap();
    assert!(killed.success());
}

/// The envelopes of devices that the server has committed: their places and ids. Empty while
/// there is no database yet.
fn envelopes(database: &Path) -> BTreeMap<(String, i64, i64), String> {
    let read = || -> rusqlite::Result<_> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(database, flags)?;
        let sql = "select device, incarnation, seq, lower(hex(id)) from envelope
                   where device <> 'server'";
        let mut query = connection.prepare(sql)?;
        let rows = query.query_map([], |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?), row.get(3)?))
        })?;
        rows.collect()
    };
    read().unwrap_or_default()
}

/// The numbers of the line that the demo prints from a template, which is given with noughts.
fn numbers(printed: &str, template: &str) -> Vec<usize> {
    let mut words = template.split('0');
    let first = words.next().unwrap_or_default();
    let missing = || panic!("{template}\nin\n{printed}");
    let (_, mut rest) = printed.split_once(first).unwrap_or_else(missing);
    words
        .map(|word| {
            let (number, behind) = rest.split_once(word).unwrap_or_else(missing);
            rest = behind;
            number
                .parse()
                .unwrap_or_else(|_| panic!("{number} for\n{template}"))
        })
        .collect()
}
