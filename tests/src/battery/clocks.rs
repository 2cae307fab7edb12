//! R10: the clocks of devices are recorded, never trusted, and never a reason to lose anything.

use itgel_domain::sync::push::{Flag, Verdict};
use itgel_server::{Service, ServiceError, contents, store};
use rusqlite::Connection;

use super::{Row, Size};
use crate::simulation::chance::Chance;
use crate::simulation::{
    Extent, Failure, Op, Outcome, Scene, Trace, Way, execute_and, in_parallel,
};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R10",
    what: "clocks of devices at ±1 year, 1970, 2038, and jumps between two captures",
    figure: "1,000 schedules: none refused, none lost, order by arrival alone, every wrong clock flagged",
    run: clocks,
}];

const EXTENT: Extent = Extent {
    devices: 3,
    gachas: 1,
    households: 4,
};

const DAY: i64 = 24 * 60;

/// Minutes from the first day of a run to the first instant of 1970 and to the last minute that
/// fits into 32 bits.
const TO_1970: i64 = -29_721_660;
const TO_2038: i64 = 6_069_734;

/// How far ahead a clock may be unnoticed, and how long an envelope may be on its way.
const DRIFT_MS: i64 = 3_600_000;
const LATE_MS: i64 = 15 * DAY * 60_000;

/// What a run came to.
#[derive(Default, Clone, Copy)]
struct Seen {
    planned: u64,
    written: u64,
    listed: u64,
    flagged: u64,
    plain: u64,
    refused: u64,
}

fn clocks(size: Size) -> Vec<String> {
    let scene = Scene::make(EXTENT).unwrap();
    let schedules = size.pick(60, 1_000);
    let seen = in_parallel(0..schedules, |seed| {
        let (ops, planned) = schedule(seed, &scene);
        let way = Way {
            keeps_trace: true,
            ..Way::default()
        };
        let (report, (listed, flagged, plain)) = execute_and(&scene, seed, &ops, way, |service| {
            let listed = in_order_of_arrival(service)?;
            let (flagged, plain) = flags(service)?;
            Ok((listed, flagged, plain))
        })?;
        let refused = refusals(&report.trace)?;
        Ok(Seen {
            refused,
            planned,
            written: report.written,
            listed,
            flagged,
            plain,
        })
    })
    .unwrap_or_else(|(seed, failure)| panic!("schedule {seed}: {failure}"));
    let sum = |of: fn(&Seen) -> u64| seen.iter().map(of).sum::<u64>();
    assert!(
        sum(|s| s.listed) > 0 && sum(|s| s.flagged) > 0,
        "nothing was seen"
    );
    vec![
        format!(
            "{schedules} schedules: {} captures tried, {} refused on the device, {} written, 0 lost; {} listed, in the order of arrival",
            sum(|s| s.planned),
            sum(|s| s.refused),
            sum(|s| s.written),
            sum(|s| s.listed)
        ),
        format!(
            "{} accepted with a clock ahead or long on their way, all flagged; {} with a clock that is right",
            sum(|s| s.flagged),
            sum(|s| s.plain)
        ),
    ]
}

/// How a line ends that tells of a second ballot of one evaluator.
const VOTED: &str = ":ballot.cast";

/// Captures that a device refused. For a clock it refuses none; who has voted about a household
/// votes no second time, whatever the day.
fn refusals(trace: &Trace) -> Outcome<u64> {
    let lines = trace.lines().iter();
    let refused: Vec<&String> = lines
        .filter(|line| line.contains("-> refused ") && !line.ends_with(VOTED))
        .collect();
    match refused.first() {
        None => Ok(0),
        Some(line) => Err(Failure(format!("a capture was refused: {line}"))),
    }
}

/// Three days with clocks that jump; how many captures are tried.
fn schedule(seed: u64, scene: &Scene) -> (Vec<Op>, u64) {
    let mut chance = Chance::new(seed, 0);
    let (mut ops, mut value) = (Vec::new(), 0);
    for _ in 0..3 {
        for device in 0..scene.crews.len() {
            for _ in 0..2 {
                let minutes = clock(&mut chance);
                ops.push(Op::Skew { device, minutes });
                let household = chance.below(scene.households.len());
                value += 1;
                ops.push(match chance.below(4) {
                    0 => Op::Ballot {
                        device,
                        household,
                        value,
                    },
                    1 => Op::Identity {
                        device,
                        household,
                        value,
                    },
                    _ => Op::Visit {
                        device,
                        household,
                        value,
                    },
                });
                if chance.per_mille(600) {
                    ops.push(Op::Sync {
                        device,
                        faults: Vec::new(),
                    });
                }
            }
        }
        let minutes = chance.between(60, 20 * DAY);
        ops.push(Op::Pass { minutes });
    }
    (ops, u64::from(value))
}

fn clock(chance: &mut Chance) -> i64 {
    let year = 365 * DAY;
    let known = [
        0,
        0,
        -year,
        year,
        TO_1970,
        TO_2038,
        TO_2038 + 1,
        -59,
        61,
        8 * 60,
    ];
    match chance.below(3) {
        0 => chance.between(-year, year),
        _ => known[chance.below(known.len())],
    }
}

/// The envelopes of every list stand in the order in which they came, whatever day they bear.
fn in_order_of_arrival(service: &Service) -> Outcome<u64> {
    // An envelope that was decided or judged again stands there twice: its first place counts.
    let sql = "select l.division, e.received_at, min(l.position) from list_item l
               join envelope e on l.ref = e.device || '~' || e.incarnation || '~' || e.seq
               where l.kind = 0 group by l.division, l.ref order by l.division, min(l.position)";
    let read = |c: &Connection| {
        let mut query = c.prepare(sql).map_err(store::StoreError::from)?;
        let rows = query
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
            })
            .map_err(store::StoreError::from)?;
        let rows: Result<Vec<_>, _> = rows.collect();
        rows.map_err(store::StoreError::from)
    };
    let arrived = service.store.read(read)?;
    if arrived.is_sorted() {
        Ok(arrived.len() as u64)
    } else {
        Err(Failure("a list is not in the order of arrival".into()))
    }
}

/// Every accepted envelope whose clock was ahead, or that was long on its way, says so; how many
/// do, and how many have nothing to say.
fn flags(service: &Service) -> Outcome<(u64, u64)> {
    let read = |c: &Connection| {
        let (mut flagged, mut plain) = (0, 0);
        for file in store::projection::list_files(c, "", 1_000)? {
            for sealed in store::envelope::list_file(c, &file)? {
                let Some(envelope) = contents::read_envelope(service, c, &sealed)? else {
                    continue;
                };
                let at = &envelope.at;
                let sql = "select received_at from envelope
                           where device = ?1 and incarnation = ?2 and seq = ?3";
                let seq = i64::try_from(at.seq).unwrap_or(i64::MAX);
                let place = (at.device.as_str(), at.incarnation, seq);
                let received: i64 = c
                    .query_row(sql, place, |row| row.get(0))
                    .map_err(store::StoreError::from)?;
                let age = received - envelope.entered_at.0;
                let told = |flag: Flag| match &sealed.row.verdict {
                    Verdict::AcceptedFlagged(flags) => flags.contains(&flag),
                    Verdict::Quarantined(_) => true,
                    _ => false,
                };
                let drifts = age < -DRIFT_MS;
                if (drifts && !told(Flag::ClockDrift))
                    || (age > LATE_MS && !told(Flag::LateArrival))
                {
                    return Err(ServiceError::internal(
                        "a wrong clock that nobody is told of",
                    ));
                }
                if drifts || age > LATE_MS {
                    flagged += 1;
                } else {
                    plain += 1;
                }
            }
        }
        Ok((flagged, plain))
    };
    Ok(service.store.read(read)?)
}
