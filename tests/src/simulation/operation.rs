//! What can happen in a run, as data: a run is a list of operations that can be printed, read
//! again, replayed and made smaller. An operation that makes no sense where it stands (a device
//! restored from a copy that was never made) does nothing, so that any part of a list is a list.

use std::fmt;
use std::str::FromStr;

/// Something that happens. Devices, households and gachas go by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// The officer visits and seals: everything at the first visit, then one changed value.
    Visit {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
        /// The changed value, unlike any other of the run.
        value: u32,
    },
    /// The officer writes who lives there.
    Identity {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
        /// Part of a name.
        value: u32,
    },
    /// The officer takes a neighbour's ballot.
    Ballot {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
        /// Evaluator and scores, drawn from it.
        value: u32,
    },
    /// An adult takes a consent back.
    Withdraw {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
    },
    /// The officer writes a remark.
    Note {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
        /// What makes it unlike the others.
        value: u32,
    },
    /// The officer takes an own value back.
    Retract {
        /// Whose device.
        device: usize,
        /// Which household.
        household: usize,
    },
    /// The device synchronises over a link with these faults.
    Sync {
        /// Whose device.
        device: usize,
        /// What goes wrong with which request of the synchronisation.
        faults: Vec<Planned>,
    },
    /// The program is killed and opened again.
    Reopen {
        /// Whose device.
        device: usize,
    },
    /// Somebody copies the device's storage.
    Copy {
        /// Whose device.
        device: usize,
    },
    /// The storage is put back from the last copy.
    Restore {
        /// Whose device.
        device: usize,
    },
    /// The device's clock is set to so many minutes ahead of the true time.
    Skew {
        /// Whose device.
        device: usize,
        /// Negative for behind.
        minutes: i64,
    },
    /// An administrator revokes the device.
    Revoke {
        /// Whose device.
        device: usize,
    },
    /// The network of the device fails until it is healed.
    Clog {
        /// Whose device.
        device: usize,
    },
    /// The network of the device comes back.
    Heal {
        /// Whose device.
        device: usize,
    },
    /// Time passes, and the server does what is due.
    Pass {
        /// How long.
        minutes: i64,
    },
    /// The server writes a backup.
    Backup,
    /// The server is restored from its last backup.
    RestoreServer,
    /// The server is killed and started again.
    RestartServer,
    /// A household moves to another gacha.
    Move {
        /// Which household.
        household: usize,
        /// Where to.
        gacha: usize,
    },
    /// A reviewer settles the first open conflict of a gacha.
    Resolve {
        /// In which gacha.
        gacha: usize,
    },
    /// A reviewer lets the first envelope count that was set aside in a gacha.
    Release {
        /// In which gacha.
        gacha: usize,
    },
    /// A reviewer refuses the first envelope that was set aside in a gacha.
    Reject {
        /// In which gacha.
        gacha: usize,
    },
}

/// A fault of one request of a synchronisation, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Which request.
    pub request: u32,
    /// What goes wrong with it.
    pub fault: Fault,
}

/// What can go wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    RequestLost,
    /// It arrives, and its answer is lost after the commit.
    AnswerLost,
    /// It arrives twice.
    Twice,
    /// It arrives ten times, and nothing may come of the nine.
    Tenfold,
    /// An older page of the device arrives again just before it.
    LatePage,
    /// The answer to the request of the same kind before it arrives in the place of its own.
    StaleAnswer,
    /// It and all that follow are lost.
    Cut,
    /// It takes so long that tokens end in the meantime.
    Slow,
    /// The program is killed after the server has answered and before the answer is read.
    Kill,
    /// The program is killed before the request leaves.
    KillBefore,
    /// The server is killed after its commit, before it answers.
    ServerKill,
}

impl Fault {
    /// Every fault with its word.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::RequestLost, "request-lost"),
        (Self::AnswerLost, "answer-lost"),
        (Self::Twice, "twice"),
        (Self::Tenfold, "tenfold"),
        (Self::LatePage, "late-page"),
        (Self::StaleAnswer, "stale-answer"),
        (Self::Cut, "cut"),
        (Self::Slow, "slow"),
        (Self::Kill, "kill"),
        (Self::KillBefore, "kill-before"),
        (Self::ServerKill, "server-kill"),
    ];
}

/// Words that are no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnOp(String);

impl fmt::Display for NotAnOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no operation: {}", self.0)
    }
}

impl std::error::Error for NotAnOp {}

/// The lines of a list, one operation each.
#[must_use]
pub fn print(ops: &[Op]) -> String {
    ops.iter().map(|op| format!("{op}\n")).collect()
}

/// Reads lines that [`print()`] wrote; empty lines and what follows a `#` are passed over.
///
/// # Errors
/// [`NotAnOp`] with the first line that is none.
pub fn read(text: &str) -> Result<Vec<Op>, NotAnOp> {
    let lines = text
        .lines()
        .map(|l| l.split('#').next().unwrap_or("").trim());
    lines.filter(|l| !l.is_empty()).map(str::parse).collect()
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Visit {
                device,
                household,
                value,
            } => {
                write!(f, "visit {device} {household} {value}")
            }
            Self::Identity {
                device,
                household,
                value,
            } => {
                write!(f, "identity {device} {household} {value}")
            }
            Self::Ballot {
                device,
                household,
                value,
            } => {
                write!(f, "ballot {device} {household} {value}")
            }
            Self::Withdraw { device, household } => write!(f, "withdraw {device} {household}"),
            Self::Note {
                device,
                household,
                value,
            } => write!(f, "note {device} {household} {value}"),
            Self::Retract { device, household } => write!(f, "retract {device} {household}"),
            Self::Sync { device, faults } => {
                write!(f, "sync {device}")?;
                faults
                    .iter()
                    .try_for_each(|planned| write!(f, " {planned}"))
            }
            Self::Reopen { device } => write!(f, "reopen {device}"),
            Self::Copy { device } => write!(f, "copy {device}"),
            Self::Restore { device } => write!(f, "restore {device}"),
            Self::Skew { device, minutes } => write!(f, "skew {device} {minutes}"),
            Self::Revoke { device } => write!(f, "revoke {device}"),
            Self::Clog { device } => write!(f, "clog {device}"),
            Self::Heal { device } => write!(f, "heal {device}"),
            Self::Pass { minutes } => write!(f, "pass {minutes}"),
            Self::Backup => f.write_str("backup"),
            Self::RestoreServer => f.write_str("restore-server"),
            Self::RestartServer => f.write_str("restart-server"),
            Self::Move { household, gacha } => write!(f, "move {household} {gacha}"),
            Self::Resolve { gacha } => write!(f, "resolve {gacha}"),
            Self::Release { gacha } => write!(f, "release {gacha}"),
            Self::Reject { gacha } => write!(f, "reject {gacha}"),
        }
    }
}

impl FromStr for Op {
    type Err = NotAnOp;

    fn from_str(line: &str) -> Result<Self, NotAnOp> {
        let no = || NotAnOp(line.to_owned());
        let words: Vec<&str> = line.split_whitespace().collect();
        let (word, rest) = words.split_first().ok_or_else(no)?;
        if *word == "sync" {
            let (device, faults) = rest.split_first().ok_or_else(no)?;
            let device = device.parse().map_err(|_| no())?;
            let faults = faults.iter().map(|p| p.parse()).collect::<Result<_, _>>()?;
            return Ok(Self::Sync { device, faults });
        }
        let numbers: Vec<i64> = rest
            .iter()
            .map(|n| n.parse().map_err(|_| no()))
            .collect::<Result<_, _>>()?;
        from_numbers(word, &numbers).ok_or_else(no)
    }
}

/// An operation from its word and its numbers.
fn from_numbers(word: &str, numbers: &[i64]) -> Option<Op> {
    let index = |n: &i64| usize::try_from(*n).ok();
    Some(match (word, numbers) {
        ("visit", [d, h, v]) => Op::Visit {
            device: index(d)?,
            household: index(h)?,
            value: u32::try_from(*v).ok()?,
        },
        ("identity", [d, h, v]) => Op::Identity {
            device: index(d)?,
            household: index(h)?,
            value: u32::try_from(*v).ok()?,
        },
        ("ballot", [d, h, v]) => Op::Ballot {
            device: index(d)?,
            household: index(h)?,
            value: u32::try_from(*v).ok()?,
        },
        ("withdraw", [d, h]) => Op::Withdraw {
            device: index(d)?,
            household: index(h)?,
        },
        ("note", [d, h, v]) => Op::Note {
            device: index(d)?,
            household: index(h)?,
            value: u32::try_from(*v).ok()?,
        },
        ("retract", [d, h]) => Op::Retract {
            device: index(d)?,
            household: index(h)?,
        },
        ("reopen", [d]) => Op::Reopen { device: index(d)? },
        ("copy", [d]) => Op::Copy { device: index(d)? },
        ("restore", [d]) => Op::Restore { device: index(d)? },
        ("skew", [d, minutes]) => Op::Skew {
            device: index(d)?,
            minutes: *minutes,
        },
        ("revoke", [d]) => Op::Revoke { device: index(d)? },
        ("clog", [d]) => Op::Clog { device: index(d)? },
        ("heal", [d]) => Op::Heal { device: index(d)? },
        ("pass", [minutes]) => Op::Pass { minutes: *minutes },
        ("backup", []) => Op::Backup,
        ("restore-server", []) => Op::RestoreServer,
        ("restart-server", []) => Op::RestartServer,
        ("move", [h, g]) => Op::Move {
            household: index(h)?,
            gacha: index(g)?,
        },
        ("resolve", [g]) => Op::Resolve { gacha: index(g)? },
        ("release", [g]) => Op::Release { gacha: index(g)? },
        ("reject", [g]) => Op::Reject { gacha: index(g)? },
        _ => return None,
    })
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Fault::ALL.iter().find(|(fault, _)| *fault == self.fault);
        write!(f, "{}:{}", self.request, word.map_or("", |(_, word)| word))
    }
}

impl FromStr for Planned {
    type Err = NotAnOp;

    fn from_str(text: &str) -> Result<Self, NotAnOp> {
        let no = || NotAnOp(text.to_owned());
        let (request, word) = text.split_once(':').ok_or_else(no)?;
        let known = Fault::ALL.iter().find(|(_, known)| *known == word);
        Ok(Self {
            request: request.parse().map_err(|_| no())?,
            fault: known.ok_or_else(no)?.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_list_is_read_as_what_it_was() {
        let faults = |fault| vec![Planned { request: 2, fault }];
        let mut ops: Vec<Op> = Fault::ALL
            .iter()
            .map(|(fault, _)| Op::Sync {
                device: 3,
                faults: faults(*fault),
            })
            .collect();
        ops.extend([
            Op::Visit {
                device: 1,
                household: 2,
                value: 3,
            },
            Op::Identity {
                device: 1,
                household: 2,
                value: 3,
            },
            Op::Ballot {
                device: 1,
                household: 2,
                value: 3,
            },
            Op::Withdraw {
                device: 1,
                household: 2,
            },
            Op::Sync {
                device: 1,
                faults: Vec::new(),
            },
            Op::Reopen { device: 1 },
            Op::Copy { device: 1 },
            Op::Restore { device: 1 },
            Op::Skew {
                device: 1,
                minutes: -525_600,
            },
            Op::Revoke { device: 1 },
            Op::Clog { device: 1 },
            Op::Heal { device: 1 },
            Op::Pass { minutes: 180 },
            Op::Backup,
            Op::RestoreServer,
            Op::RestartServer,
            Op::Move {
                household: 4,
                gacha: 1,
            },
            Op::Resolve { gacha: 0 },
            Op::Release { gacha: 0 },
            Op::Reject { gacha: 1 },
            Op::Retract {
                device: 1,
                household: 2,
            },
            Op::Note {
                device: 1,
                household: 2,
                value: 3,
            },
        ]);
        assert_eq!(read(&print(&ops)).unwrap(), ops);
        assert_eq!(
            read("# seed 7\n\nbackup # at noon\n").unwrap(),
            [Op::Backup]
        );
        assert!(read("visit 1 2").is_err() && read("sync 1 2:often").is_err());
    }
}
