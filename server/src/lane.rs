//! Whose turn it is: work that waits stands in a queue for each township, and the queues take
//! turns, so that nobody waits for the whole queue of another (`security.md` T34,
//! `docs/adr/0030-townships-take-turns.md`).
//!
//! A lane is given for a piece of work, as [`crate::entropy`] is: whatever that work reads and
//! writes, on this thread and in the transactions that it asks for, waits in this lane. It says
//! who waits for whom and never what somebody may do.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};

use itgel_domain::division::DivisionCode;

/// A queue among those that take turns. A township that is absent is that of whoever belongs to
/// none: officers of the banner, their devices and desks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// Work of the service itself: jobs, commands, figures.
    Own,
    /// Whoever shows no token.
    Open,
    /// Sign-in of the devices of a township. Who signs in only says which device it is, and so
    /// takes no turn of those that have shown it.
    SignIn(Option<DivisionCode>),
    /// Synchronisation of the devices of a township.
    Devices(Option<DivisionCode>),
    /// Everything else that the officers of a township ask for: a desk does not wait for the
    /// devices that come back.
    Desks(Option<DivisionCode>),
    /// The machines of lenders.
    Lenders,
}

thread_local! {
    static CURRENT: Cell<Lane> = const { Cell::new(Lane::Own) };
}

/// The lane of the work that goes on.
pub(crate) fn current() -> Lane {
    CURRENT.get()
}

/// Runs `work` in this lane.
pub(crate) fn scoped<T>(lane: Lane, work: impl FnOnce() -> T) -> T {
    struct PutBack(Lane);
    impl Drop for PutBack {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _before = PutBack(CURRENT.replace(lane));
    work()
}

/// What waits, by lane: lanes take turns, and within one the order of arrival holds. Whoever comes
/// first in its lane waits for one of each other lane at most.
#[derive(Debug)]
pub(crate) struct Turns<T> {
    /// No queue is empty.
    waiting: HashMap<Lane, VecDeque<T>>,
    /// Every lane in which something waits, once; the next one first.
    order: VecDeque<Lane>,
}

impl<T> Turns<T> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Puts one at the end of its lane.
    pub(crate) fn push(&mut self, lane: Lane, one: T) {
        let queue = self.waiting.entry(lane).or_default();
        if queue.is_empty() {
            self.order.push_back(lane);
        }
        queue.push_back(one);
    }

    /// Takes the one whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let lane = self.order.pop_front()?;
        let queue = self.waiting.get_mut(&lane)?;
        let one = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&lane);
        } else {
            self.order.push_back(lane);
        }
        one
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(township: &str) -> Lane {
        Lane::Devices(Some(township.parse().unwrap()))
    }

    #[test]
    fn sec_t34_a_quiet_township_waits_for_one_of_each_other_and_not_for_their_queues() {
        let mut turns = Turns::new();
        let floods = ["150623100", "150623101", "150623200"].map(devices);
        for n in 0..300 {
            floods.iter().for_each(|lane| turns.push(*lane, n));
        }
        for _ in 0..10 {
            turns.pop();
        }
        turns.push(devices("150623201"), 1_000);
        turns.push(devices("150623201"), 1_001);
        let first: Vec<i32> = (0..8).filter_map(|_| turns.pop()).collect();
        let place = |one| first.iter().position(|n| *n == one);
        assert_eq!((place(1_000), place(1_001)), (Some(3), Some(7)));
        assert_eq!(turns.len(), 900 + 2 - 10 - 8);
    }

    #[test]
    fn sec_t34_nothing_of_a_lane_is_lost_or_overtaken_by_its_own() {
        let mut turns = Turns::new();
        let lanes = [Lane::Own, Lane::Open, Lane::Lenders, devices("150623100")];
        let mut taken: Vec<(usize, u32)> = Vec::new();
        for n in 0..1_000_u32 {
            // Lanes come and go: some are empty when their next one comes.
            let lane = (n * n) as usize % lanes.len();
            turns.push(lanes[lane], (lane, n));
            if n % 3 != 0 {
                taken.extend(turns.pop());
            }
        }
        taken.extend(std::iter::from_fn(|| turns.pop()));
        assert_eq!(taken.len(), 1_000);
        for lane in 0..lanes.len() {
            let of: Vec<u32> = taken.iter().filter(|t| t.0 == lane).map(|t| t.1).collect();
            assert!(of.is_sorted(), "{lane}: {of:?}");
        }
        assert!(turns.waiting.is_empty() && turns.order.is_empty());
    }

    #[test]
    #[expect(clippy::panic, reason = "the panic is what is tried")]
    fn a_lane_ends_with_its_work_even_if_that_panics() {
        assert_eq!(scoped(Lane::Open, current), Lane::Open);
        let panicked = std::panic::catch_unwind(|| scoped(Lane::Open, || panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(current(), Lane::Own);
    }
}
