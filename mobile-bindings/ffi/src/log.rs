//! The log of the process, for a host that keeps one: warnings and what goes on in our own packages.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Once, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

use crate::host::{LogLevel, LogLine, LogSink};

/// Who takes the log; the last one that was given.
static SINK: RwLock<Option<Arc<dyn LogSink>>> = RwLock::new(None);

static BEGUN: Once = Once::new();

/// Gives the log to `sink` from now on.
pub(crate) fn to(sink: Arc<dyn LogSink>) {
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    BEGUN.call_once(|| {
        // A host of ours in Rust may have a log of its own; then it has these lines already.
        drop(tracing::subscriber::set_global_default(
            registry().with(ToHost),
        ));
    });
}

struct ToHost;

impl<S: Subscriber> Layer<S> for ToHost {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("itgel") && *metadata.level() <= Level::INFO
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(sink) = sink else { return };
        let mut words = Words(String::new());
        event.record(&mut words);
        let metadata = event.metadata();
        let level = match *metadata.level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            _ => LogLevel::Info,
        };
        let line = LogLine {
            level,
            target: metadata.target().to_owned(),
            text: words.0,
        };
        // A log that cannot be written is no reason to stop work.
        drop(sink.log(line));
    }
}

/// The words of an event and its fields, as `what happened name=value`.
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
