//! The officer's app for Kotlin, Swift and Python.
//!
//! [`FieldApp`] is what a shell without a port starts: it hands each request of its WebView to
//! [`FieldApp::handle`] and shows the answer. [`FieldStore`] is the same open store for a native
//! screen or a job in the background: a visit is [`FieldStore::put_values`] for every field →
//! [`FieldStore::check`] and [`FieldStore::grade`] → [`FieldStore::seal`] → [`FieldStore::sync`].
//!
//! Calls are few, coarse and blocking; they take records and give records, and are made on a thread
//! that may wait. What a call changed is on the disk when it returns. What the host brings along
//! ([`HostKeys`], [`HostClock`], [`HostTransport`], [`SyncListener`], [`LogSink`]) may fail without harm, and must
//! not call back into the program from within.

mod app;
mod convert;
mod error;
mod host;
mod log;
mod record;
mod store;
mod sync;

pub use app::{Answer, Enrolled, FieldApp, HeaderLine, Launch, Request};
pub use error::{Fault, FieldError};
pub use host::{
    HostCall, HostClock, HostError, HostKeys, HostReply, HostTransport, LogLevel, LogLine, LogSink,
    SyncListener, SyncStep,
};
pub use record::{
    Campaign, Checked, ConsentGiven, ConsentReceipt, EvidenceLevel, Finding, Found, Gacha, Graded,
    Person, ReasonGiven, Recipient, SealedVisit, SecondSignature, Standing, StoreState,
    SubjectQuery, SubjectRow, VisitDraft, VisitRecord,
};
pub use store::FieldStore;
pub use sync::SyncOutcome;

uniffi::setup_scaffolding!();
