//! What can go wrong with the requests of a synchronisation, as data.

use std::fmt;
use std::str::FromStr;

use super::operation::NotAnOp;

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
    /// The server's next keys take over just before it, announced or not.
    HandOn,
}

impl Fault {
    /// Every fault with its word.
    pub const ALL: [(Self, &'static str); 12] = [
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
        (Self::HandOn, "hand-on"),
    ];
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
