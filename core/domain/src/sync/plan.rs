//! What a device has to do after a hello: a pure function of what both sides have.

use super::hello::{Cursor, Hello, HelloAnswer};
use crate::file::chain::ChainHead;

/// What to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What to do with the own chain.
    pub push: PushPlan,
    /// The lists to pull, each from its cursor.
    pub pull: Vec<Cursor>,
}

/// What to do with the own chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushPlan {
    /// Both sides hold the same chain.
    Nothing,
    /// Send from this place on.
    From(u64),
    /// The chain cannot be extended: open the next incarnation ([`next_incarnation`]), write every
    /// unreceipted envelope again in it, and send from its start.
    NewIncarnation,
}

/// The incarnation after all that either side knows; `None` where no number is left, as no honest
/// server says.
#[must_use]
pub fn next_incarnation(hello: &Hello, answer: &HelloAnswer) -> Option<u32> {
    hello.incarnation.max(answer.incarnation).checked_add(1)
}

/// Plans a sync from the device's own chain and the server's answer.
///
/// `own_head_at` gives the hash of the device's chain at a place, to tell a server that is behind
/// (or was restored from a backup) from one that holds another branch.
#[must_use]
pub fn plan(
    hello: &Hello,
    answer: &HelloAnswer,
    own_head_at: impl Fn(u64) -> Option<ChainHead>,
) -> Plan {
    let push = if answer.incarnation > hello.incarnation {
        PushPlan::NewIncarnation
    } else if answer.head == hello.head {
        PushPlan::Nothing
    } else if answer.head.seq < hello.head.seq && own_head_at(answer.head.seq) == Some(answer.head)
    {
        PushPlan::From(answer.head.seq + 1)
    } else {
        PushPlan::NewIncarnation
    };
    let behind = |division, position| {
        let own = hello.cursors.iter().find(|c| c.division == division);
        let at = own.map_or(0, |c| c.position);
        (at < position).then_some(Cursor {
            division,
            position: at,
        })
    };
    let pull = answer
        .lists
        .iter()
        .filter_map(|end| behind(end.division, end.position));
    Plan {
        push,
        pull: pull.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::envelope::CheckpointRef;
    use crate::hash::Hash;
    use crate::sync::hello::ListEnd;
    use crate::time::AtMs;

    fn chain(n: u64) -> ChainHead {
        let start = ChainHead::start(&"d1".parse().unwrap(), 0);
        (0..n).fold(start, |head, i| {
            head.extend(&Hash::of_file(&i.to_be_bytes()))
        })
    }

    fn said(own: u64, server: ChainHead, incarnation: u32) -> (Hello, HelloAnswer) {
        let division = "150623200201".parse().unwrap();
        let hello = Hello {
            protocol: 1,
            device: "d1".parse().unwrap(),
            incarnation: 0,
            head: chain(own),
            epoch: 1,
            cursors: vec![Cursor {
                division,
                position: 3,
            }],
            clock: AtMs(0),
            trust: None,
            checkpoint: None,
            names: None,
            nonce: [0; 16],
        };
        let answer = HelloAnswer {
            protocol: 1,
            epoch: 1,
            incarnation,
            head: server,
            lists: vec![ListEnd {
                division,
                position: 5,
                digest: Hash::of_file(b""),
            }],
            clock: AtMs(0),
            checkpoint: CheckpointRef {
                size: 0,
                root: Hash::of_file(b""),
            },
            checkpoint_signature: String::new(),
            checkpoint_at: AtMs(0),
            trust: None,
            consistency: None,
            restored: None,
            names: None,
            signature: String::new(),
        };
        (hello, answer)
    }

    fn planned(own: u64, server: ChainHead, incarnation: u32) -> Plan {
        let (hello, answer) = said(own, server, incarnation);
        plan(&hello, &answer, |seq| (seq <= own).then(|| chain(seq)))
    }

    #[test]
    fn a_server_that_is_behind_gets_what_it_lacks_and_no_more() {
        assert_eq!(planned(5, chain(3), 0).push, PushPlan::From(4));
        assert_eq!(planned(5, chain(5), 0).push, PushPlan::Nothing);
        assert_eq!(planned(5, chain(0), 0).push, PushPlan::From(1));
    }

    #[test]
    fn a_copied_or_restored_store_opens_a_new_incarnation() {
        assert_eq!(planned(3, chain(5), 0).push, PushPlan::NewIncarnation);
        let other = chain(2).extend(&Hash::of_file(b"another branch"));
        assert_eq!(planned(5, other, 0).push, PushPlan::NewIncarnation);
        assert_eq!(planned(5, chain(0), 2).push, PushPlan::NewIncarnation);
        let next = |newest| {
            let (hello, answer) = said(5, chain(0), newest);
            next_incarnation(&hello, &answer)
        };
        assert_eq!((next(0), next(2)), (Some(1), Some(3)));
        assert_eq!(next(u32::MAX), None, "no number is left");
    }

    #[test]
    fn only_lists_that_moved_are_pulled() {
        let pull = planned(5, chain(5), 0).pull;
        assert_eq!(pull.len(), 1);
        assert_eq!(pull[0].position, 3, "from the device's own cursor");
    }
}
