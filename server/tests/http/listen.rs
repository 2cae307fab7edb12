//! What the program says to its log while the tests of this binary run: there is one log for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};

static LOG: Mutex<String> = Mutex::new(String::new());

/// Writes down every span and event of this process with all of its fields.
struct Listener(AtomicU64);

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
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

/// Begins to listen, once.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Listener(AtomicU64::new(0))).unwrap();
    });
}

/// Everything that was said so far.
pub(crate) fn said() -> String {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
