//! The table that is printed: what, measured, peer, ratio, goal, whether it is met.

use std::fmt;
use std::time::Duration;

use super::clock;

/// What one unit of something costs: picoseconds, or bytes where a row says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Cost(u128);

/// What a row is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// At most so many hundredths of the peer.
    AtMost(u128),
    /// At most so much time.
    Within(Duration),
    /// At most so many bytes.
    Bytes(u128),
    /// So many times cheaper than the peer.
    Cheaper(u128),
    /// Told, not judged.
    Told,
}

/// What a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Time,
    Bytes,
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) measured: Cost,
    pub(crate) peer: (String, Cost),
    pub(crate) goal: Goal,
    unit: Unit,
}

impl Cost {
    /// So many bytes.
    pub(crate) const fn bytes(n: usize) -> Self {
        Self(n as u128)
    }

    /// The cost of each of `units` things that took `all` together.
    pub(crate) fn of(all: Duration, units: usize) -> Self {
        Self(all.as_nanos() * 1_000 / units.max(1) as u128)
    }

    /// The cost of `n` of them.
    pub(crate) const fn times(self, n: usize) -> Self {
        Self(self.0 * n as u128)
    }

    /// What is left without a part.
    pub(crate) const fn less(self, part: Self) -> Self {
        Self(self.0.saturating_sub(part.0))
    }

    /// Both, one after the other.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Row {
    pub(crate) fn new(
        what: impl Into<String>,
        measured: Cost,
        (peer, cost): (&str, Cost),
        goal: Goal,
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            peer: (peer.into(), cost),
            goal,
            unit: Unit::Time,
        }
    }

    /// A row that counts bytes.
    pub(crate) fn of_bytes(
        what: impl Into<String>,
        measured: Cost,
        peer: (&str, Cost),
        goal: Goal,
    ) -> Self {
        Self {
            unit: Unit::Bytes,
            ..Self::new(what, measured, peer, goal)
        }
    }

    fn show(&self, cost: Cost) -> String {
        match self.unit {
            Unit::Time => cost.to_string(),
            Unit::Bytes => format!("{} B", cost.0),
        }
    }

    fn is_met(&self) -> Option<bool> {
        let (measured, peer) = (self.measured.0, self.peer.1.0);
        match self.goal {
            Goal::AtMost(hundredths) => Some(measured * 100 <= peer * hundredths),
            Goal::Within(limit) => Some(measured <= limit.as_nanos() * 1_000),
            Goal::Bytes(most) => Some(measured <= most),
            Goal::Cheaper(times) => Some(measured * times <= peer),
            Goal::Told => None,
        }
    }

    /// How many times the peer it costs; for what is cheaper, how many times cheaper it is.
    fn ratio(&self) -> String {
        let (measured, peer) = (self.measured.0, self.peer.1.0);
        if peer == 0 || measured == 0 {
            return "–".into();
        }
        if measured >= peer {
            return format!("{}×", hundredths(measured * 100 / peer));
        }
        format!("1/{}", hundredths(peer * 100 / measured))
    }
}

/// Prints the table.
pub(crate) fn print(rows: &[Row]) {
    let clock = if clock::is_processor_time() {
        "processor time of this process"
    } else {
        "wall time"
    };
    println!("costs: {clock}, median; ratio: measured to peer\n");
    let head = [
        "what",
        "measured",
        "peer",
        "peer costs",
        "ratio",
        "goal",
        "met",
    ];
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.what.clone(),
            row.show(row.measured),
            row.peer.0.clone(),
            row.show(row.peer.1),
            row.ratio(),
            row.goal.to_string(),
            match row.is_met() {
                Some(true) => "yes".into(),
                Some(false) => "no".into(),
                None => "–".into(),
            },
        ]
    }));
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    for (line, number) in lines.iter().zip(0..) {
        print_line(line, &widths);
        if number == 0 {
            print_line(&widths.map(|width| "-".repeat(width)), &widths);
        }
    }
}

fn print_line(line: &[String; 7], widths: &[usize; 7]) {
    let cells = line.iter().zip(widths).map(|(cell, width)| {
        let room = " ".repeat(width - cell.chars().count());
        format!("{cell}{room}")
    });
    println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, ps) = match self.0 {
            0..1_000_000 => ("ns", 1_000),
            1_000_000..1_000_000_000 => ("µs", 1_000_000),
            1_000_000_000..1_000_000_000_000 => ("ms", 1_000_000_000),
            _ => ("s", 1_000_000_000_000),
        };
        write!(f, "{} {unit}", hundredths(self.0 * 100 / ps))
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(ratio) => write!(f, "≤ {}×", hundredths(*ratio)),
            Self::Within(limit) => write!(f, "≤ {limit:?}"),
            Self::Bytes(most) => write!(f, "≤ {most} B"),
            Self::Cheaper(times) => write!(f, "≤ 1/{times}"),
            Self::Told => f.write_str("–"),
        }
    }
}

/// A number of hundredths as people write it; large ones without the digits that say nothing.
fn hundredths(n: u128) -> String {
    match n {
        0..10_000 => format!("{}.{:02}", n / 100, n % 100),
        _ => (n / 100).to_string(),
    }
}
