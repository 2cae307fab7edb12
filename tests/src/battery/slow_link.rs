//! R25: a device on the edge of a 2G cell, in simulated time.
//!
//! The link carries 32 kbit/s, a round trip takes 1.5 s, one packet of twenty is lost and sent
//! again by the transport, and every minute the connection is cut, whatever is on its way. Bodies
//! are those of the real protocol; time is reckoned from their sizes.

use std::time::Duration;

use itgel::demo::plan::plan;

use super::fleet::days_without_signal;
use super::{Row, Size};
use crate::slow::{Network, SlowLink};
use crate::{Collector, World};

/// The rows of this theme.
pub(super) const ROWS: &[Row] = &[Row {
    id: "R25",
    what: "500 records over 32 kbit/s, 1.5 s a round trip, 5 % loss, cut every 60 s",
    figure: "all received within 8 minutes of simulated time, at most 5 % of the bytes sent again",
    run: edge_of_the_cell,
}];

const GOAL_MS: u64 = 8 * 60_000;

/// Tries after which the device is taken to get nowhere.
const TRIES: usize = 200;

/// What one device saw.
struct Seen {
    took_ms: u64,
    sent: u64,
    in_vain: u64,
    cuts: usize,
}

fn edge_of_the_cell(size: Size) -> Vec<String> {
    let (devices, households) = size.pick((2, 12), (30, 72));
    let world = World::with_fleet(devices * households, devices);
    let visits = plan(&world.sample);
    let seen: Vec<Seen> = (0..)
        .zip(world.sample.teams.iter().zip(&visits))
        .map(|(number, (team, visits))| {
            let crew = Collector::enrol(&world, team);
            crew.synchronise();
            days_without_signal(&crew, visits);
            // The first cut comes at another moment for each.
            come_through(
                &crew,
                number * Network::EDGE_2G.cut_every_ms / u64::from(devices),
                number,
            )
        })
        .collect();
    let slowest = seen.iter().map(|s| s.took_ms).max().unwrap_or(0);
    let (sent, in_vain) = seen
        .iter()
        .fold((0, 0), |sum, s| (sum.0 + s.sent, sum.1 + s.in_vain));
    let cuts: usize = seen.iter().map(|s| s.cuts).sum();
    let again = in_vain * 10_000 / (sent - in_vain).max(1);
    assert!(slowest < GOAL_MS, "{slowest} ms");
    if size == Size::Full {
        assert!(again <= 500, "{again} of 10,000 bytes were sent again");
    }
    vec![
        format!(
            "{devices} devices, the slowest through after {:?} of simulated time, {cuts} cuts",
            Duration::from_millis(slowest)
        ),
        format!(
            "{sent} bytes of pages sent, of which {in_vain} again ({}.{:02} %)",
            again / 100,
            again % 100
        ),
    ]
}

/// Synchronises until nothing waits.
fn come_through(crew: &Collector, began_ms: u64, seed: u64) -> Seen {
    let link = SlowLink::new(&crew.link, Network::EDGE_2G, began_ms, seed);
    for cuts in 0..TRIES {
        if let Ok(report) = crew.synchronise_over(&link) {
            assert_eq!((report.waiting, report.set_aside), (0, 0), "{report:?}");
            return Seen {
                took_ms: link.now_ms() - began_ms,
                sent: link.sent(),
                in_vain: link.in_vain(),
                cuts,
            };
        }
    }
    panic!("nothing came through in {TRIES} tries")
}
