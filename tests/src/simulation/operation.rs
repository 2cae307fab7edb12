//! What can happen in a run, as data: a run is a list of operations that can be printed, read
//! again, replayed and made smaller. An operation that makes no sense where it stands (a device
//! restored from a copy that was never made) does nothing, so that any part of a list is a list.

use std::fmt;
use std::str::FromStr;

use super::fault::Planned;

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
    /// The officer photographs the herd.
    Picture {
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
    /// What waits is written on a card.
    Bundle {
        /// Whose device.
        device: usize,
    },
    /// Somebody brings a file of the card to the server, which takes it and writes its answer
    /// on the card; the file stays there.
    Carry {
        /// Whose card.
        device: usize,
        /// Which file, counted from the oldest and around.
        number: usize,
    },
    /// The device takes an answer from the card; it stays there.
    Answer {
        /// Whose device.
        device: usize,
        /// Which answer, counted from the oldest and around.
        number: usize,
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
    /// The device is lost and revoked; its officer gets another one, which waits to be confirmed.
    Replace {
        /// Whose device.
        device: usize,
    },
    /// An administrator confirms the device, if it waits for that.
    Confirm {
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
    /// The server's next keys are announced.
    Announce,
    /// The announced keys take over.
    Rotate,
    /// A household moves to another gacha.
    Move {
        /// Which household.
        household: usize,
        /// Where to.
        gacha: usize,
    },
    /// A reviewer finds that an officer is related to a household: what he entered counts no more.
    Interest {
        /// Whose officer.
        device: usize,
        /// Of which household.
        household: usize,
    },
    /// Everything of a household is erased for ever.
    Erase {
        /// Which household.
        household: usize,
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

/// Words that are no operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnOp(pub(super) String);

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
            Self::Picture {
                device,
                household,
                value,
            } => write!(f, "picture {device} {household} {value}"),
            Self::Retract { device, household } => write!(f, "retract {device} {household}"),
            Self::Sync { device, faults } => {
                write!(f, "sync {device}")?;
                faults
                    .iter()
                    .try_for_each(|planned| write!(f, " {planned}"))
            }
            Self::Bundle { device } => write!(f, "bundle {device}"),
            Self::Carry { device, number } => write!(f, "carry {device} {number}"),
            Self::Answer { device, number } => write!(f, "answer {device} {number}"),
            Self::Reopen { device } => write!(f, "reopen {device}"),
            Self::Copy { device } => write!(f, "copy {device}"),
            Self::Restore { device } => write!(f, "restore {device}"),
            Self::Skew { device, minutes } => write!(f, "skew {device} {minutes}"),
            Self::Revoke { device } => write!(f, "revoke {device}"),
            Self::Replace { device } => write!(f, "replace {device}"),
            Self::Confirm { device } => write!(f, "confirm {device}"),
            Self::Clog { device } => write!(f, "clog {device}"),
            Self::Heal { device } => write!(f, "heal {device}"),
            Self::Pass { minutes } => write!(f, "pass {minutes}"),
            Self::Backup => f.write_str("backup"),
            Self::RestoreServer => f.write_str("restore-server"),
            Self::RestartServer => f.write_str("restart-server"),
            Self::Announce => f.write_str("announce"),
            Self::Rotate => f.write_str("rotate"),
            Self::Move { household, gacha } => write!(f, "move {household} {gacha}"),
            Self::Interest { device, household } => write!(f, "interest {device} {household}"),
            Self::Erase { household } => write!(f, "erase {household}"),
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
        ("picture", [d, h, v]) => Op::Picture {
            device: index(d)?,
            household: index(h)?,
            value: u32::try_from(*v).ok()?,
        },
        ("retract", [d, h]) => Op::Retract {
            device: index(d)?,
            household: index(h)?,
        },
        ("bundle", [d]) => Op::Bundle { device: index(d)? },
        ("carry", [d, n]) => Op::Carry {
            device: index(d)?,
            number: index(n)?,
        },
        ("answer", [d, n]) => Op::Answer {
            device: index(d)?,
            number: index(n)?,
        },
        ("reopen", [d]) => Op::Reopen { device: index(d)? },
        ("copy", [d]) => Op::Copy { device: index(d)? },
        ("restore", [d]) => Op::Restore { device: index(d)? },
        ("skew", [d, minutes]) => Op::Skew {
            device: index(d)?,
            minutes: *minutes,
        },
        ("revoke", [d]) => Op::Revoke { device: index(d)? },
        ("replace", [d]) => Op::Replace { device: index(d)? },
        ("confirm", [d]) => Op::Confirm { device: index(d)? },
        ("clog", [d]) => Op::Clog { device: index(d)? },
        ("heal", [d]) => Op::Heal { device: index(d)? },
        ("pass", [minutes]) => Op::Pass { minutes: *minutes },
        ("backup", []) => Op::Backup,
        ("restore-server", []) => Op::RestoreServer,
        ("restart-server", []) => Op::RestartServer,
        ("announce", []) => Op::Announce,
        ("rotate", []) => Op::Rotate,
        ("move", [h, g]) => Op::Move {
            household: index(h)?,
            gacha: index(g)?,
        },
        ("interest", [d, h]) => Op::Interest {
            device: index(d)?,
            household: index(h)?,
        },
        ("erase", [h]) => Op::Erase {
            household: index(h)?,
        },
        ("resolve", [g]) => Op::Resolve { gacha: index(g)? },
        ("release", [g]) => Op::Release { gacha: index(g)? },
        ("reject", [g]) => Op::Reject { gacha: index(g)? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
