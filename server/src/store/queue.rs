//! The queue in front of the writer: lanes take turns, and who takes from it waits.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::lane::{Lane, Turns};

pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

struct Waiting<T> {
    turns: Turns<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        let waiting = Waiting {
            turns: Turns::new(),
            is_closed: false,
        };
        Self {
            waiting: Mutex::new(waiting),
            changed: Condvar::new(),
        }
    }

    /// Puts one into its lane, unless the queue is closed.
    pub(super) fn push(&self, lane: Lane, one: T) -> bool {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        waiting.turns.push(lane, one);
        self.changed.notify_one();
        true
    }

    /// Waits for the next one; `None` once the queue is closed and nothing is left in it.
    pub(super) fn next(&self) -> Option<T> {
        let mut waiting = self.waiting();
        loop {
            let one = waiting.turns.pop();
            if one.is_some() || waiting.is_closed {
                return one;
            }
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next one, if one waits.
    pub(super) fn try_next(&self) -> Option<T> {
        self.waiting().turns.pop()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting().turns.len()
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.waiting().is_closed = true;
        self.changed.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
