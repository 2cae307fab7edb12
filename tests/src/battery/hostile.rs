//! Bytes that nobody should send.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use data_encoding::HEXLOWER;

use super::{Row, Size, Watch, peak_memory_kib, reset_peak_memory};
use crate::hostile::{FILES, Mutator, TRUST, Target, WIRE, corpus};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[
    Row {
        id: "R04",
        what: "mutations of everything that devices and servers send each other",
        figure: FIGURE,
        run: wire,
    },
    Row {
        id: "R04-trust",
        what: "mutations of tokens, certificates, grants, proofs, orders, invitations",
        figure: FIGURE,
        run: trust,
    },
    Row {
        id: "R04-files",
        what: "mutations of tables, workbooks, manifests, parameter tables, rule packs",
        figure: FIGURE,
        run: files,
    },
];

const FIGURE: &str =
    "1,000,000 for each reader: no panic, none longer than 1 s, memory below 256 MiB";

/// An input may take so long.
const LONG: Duration = Duration::from_secs(1);

/// After this time without an end an input hangs.
const HANGS: Duration = Duration::from_secs(20);

/// Memory of the whole process.
const MEMORY_KIB: u64 = 256 * 1024;

fn wire(size: Size) -> Vec<String> {
    all(WIRE, size)
}

fn trust(size: Size) -> Vec<String> {
    all(TRUST, size)
}

fn files(size: Size) -> Vec<String> {
    all(FILES, size)
}

fn all(targets: &'static [Target], size: Size) -> Vec<String> {
    let count = size.pick(20_000, 1_000_000);
    // A panic is counted and shown with its input; its own words would only scroll it away.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let lines: Vec<_> = targets
        .iter()
        .map(|target| try_target(target, count))
        .collect();
    std::panic::set_hook(hook);
    let bad: Vec<&str> = lines
        .iter()
        .filter_map(|(line, ok)| (!ok).then_some(line.as_str()))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    lines.into_iter().map(|(line, _)| line).collect()
}

/// What an input did.
enum Met {
    /// It came back after this time.
    Back(Duration),
    /// It panicked.
    Panic(Vec<u8>),
    /// It came back late.
    Late(Vec<u8>, Duration),
}

/// Feeds a target; what was seen, and whether it is good.
fn try_target(target: &'static Target, count: u32) -> (String, bool) {
    reset_peak_memory();
    let watch = Watch::start();
    let (tell, told) = sync_channel(1_024);
    let feeder = std::thread::spawn(move || feed(target, count, &tell));
    let (mut back, mut longest, mut bad) = (0_u32, Duration::ZERO, Vec::new());
    loop {
        match told.recv_timeout(HANGS) {
            Ok(Met::Back(time)) => longest = longest.max(time),
            Ok(Met::Panic(input)) => bad.push(format!("panics: {}", shown(&input))),
            Ok(Met::Late(input, time)) => bad.push(format!("takes {time:?}: {}", shown(&input))),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                bad.push(format!("hangs at input {}", back + 1));
                break;
            }
        }
        back += 1;
    }
    let ended = back == count && feeder.join().is_ok();
    let memory = peak_memory_kib();
    let is_small = memory.is_none_or(|kib| kib < MEMORY_KIB);
    let memory = memory.map_or_else(String::new, |kib| format!(", {} MiB", kib / 1024));
    let mut line = format!(
        "{}: {back} inputs in {} s, {} bad, longest {} ms{memory}",
        target.name,
        watch.elapsed().as_secs(),
        bad.len(),
        longest.as_millis(),
    );
    for one in bad.iter().take(3) {
        line.push_str("\n        ");
        line.push_str(one);
    }
    (line, ended && bad.is_empty() && is_small)
}

fn feed(target: &Target, count: u32, tell: &SyncSender<Met>) {
    let kept = corpus(target.name);
    let mut mutator = Mutator::new((target.seeds)(), 4);
    let mutated = std::iter::repeat_with(|| mutator.next_input());
    for input in kept.into_iter().chain(mutated).take(count as usize) {
        let watch = Watch::start();
        let read = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
        let time = watch.elapsed();
        let met = match read {
            Err(_) => Met::Panic(input),
            Ok(()) if time > LONG => Met::Late(input, time),
            Ok(()) => Met::Back(time),
        };
        if tell.send(met).is_err() {
            return;
        }
    }
}

/// An input that can be tried again: the first bytes of it.
fn shown(input: &[u8]) -> String {
    let most = input.len().min(600);
    format!("{} bytes, {}", input.len(), HEXLOWER.encode(&input[..most]))
}
