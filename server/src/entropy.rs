//! Where the server's random bytes come from: the operating system, or a seed in a simulation.
//!
//! A source is given for a piece of work, not for a process: whatever that work does, on this
//! thread and in the transactions that it asks for, draws from it. Nothing of a running server
//! gives one.

use std::cell::RefCell;
use std::sync::Arc;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// A source that somebody gave.
pub(crate) type Given = Option<Arc<dyn Entropy>>;

thread_local! {
    static GIVEN: RefCell<Given> = const { RefCell::new(None) };
}

/// Runs `work` with this source in the place of the operating system's.
pub fn with<T>(source: Arc<dyn Entropy>, work: impl FnOnce() -> T) -> T {
    scoped(Some(source), work)
}

/// What was given for the work that goes on.
pub(crate) fn given() -> Given {
    GIVEN.with_borrow(Clone::clone)
}

/// Runs `work` with what was given elsewhere, and puts back what was here, also after a panic.
pub(crate) fn scoped<T>(given: Given, work: impl FnOnce() -> T) -> T {
    struct PutBack(Given);
    impl Drop for PutBack {
        fn drop(&mut self) {
            GIVEN.set(self.0.take());
        }
    }
    let _before = PutBack(GIVEN.replace(given));
    work()
}

/// Fills `out` from what was given, else from the operating system.
pub(crate) fn fill(out: &mut [u8]) -> Result<(), getrandom::Error> {
    match given() {
        Some(source) => {
            source.fill(out);
            Ok(())
        }
        None => getrandom::fill(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) {
            out.fill(7);
        }
    }

    #[test]
    #[expect(clippy::panic, reason = "the panic is what is tried")]
    fn a_given_source_ends_with_its_work_even_if_that_panics() {
        let mut bytes = [0; 4];
        with(Arc::new(Sevens), || fill(&mut bytes)).unwrap();
        assert_eq!(bytes, [7; 4]);
        let panicked = std::panic::catch_unwind(|| with(Arc::new(Sevens), || panic!("on purpose")));
        assert!(panicked.is_err() && given().is_none());
    }
}
