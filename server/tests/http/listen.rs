//! What a program says to its log while a test listens: there is one log for all tests of a process.
//! Also the tests of the whole system listen by it (`tests/integration/canary.rs`).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use tracing::subscriber::Interest;

static LOG: Mutex<String> = Mutex::new(String::new());

/// How many tests listen; while none does, nothing is kept.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

/// Somebody who listens, until it is dropped.
pub(crate) struct Listening(());

/// Writes down every span and event of this process with all of its fields.
struct Listener(AtomicU64);

impl tracing::Subscriber for Listener {
    fn register_callsite(&self, _: &'static tracing::Metadata<'static>) -> Interest {
        // Asked anew each time: whether anybody listens changes.
        Interest::sometimes()
    }

    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        LISTENING.load(Ordering::SeqCst) > 0
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Writer(span.metadata()));
        tracing::span::Id::from_u64(self.0.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Writer(event.metadata()));
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Writer<'a>(&'a tracing::Metadata<'a>);

impl tracing::field::Visit for Writer<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let line = format!("{} {} {field}={value:?}\n", self.0.level(), self.0.target());
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
    }
}

/// Begins to listen.
pub(crate) fn listen() -> Listening {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Listener(AtomicU64::new(0))).unwrap();
    });
    LISTENING.fetch_add(1, Ordering::SeqCst);
    Listening(())
}

impl Listening {
    /// Everything that was said so far, by whichever test.
    pub(crate) fn said(&self) -> String {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENING.fetch_sub(1, Ordering::SeqCst);
    }
}
