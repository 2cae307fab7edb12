//! The officer's app: one axum `Router` over the device library *is* the field program.
//!
//! [`FieldApp`] holds what the program knows, [`router`] are its pages. A laptop serves them on the
//! loopback address behind [`gate`]; a shell without a port passes each request to
//! [`FieldApp::handle`], which answers from the same router. No page is reached by a redirect, no
//! page needs the network, and every form works without its script.
//!
//! The way of a visit: `page::list` → `page::visit` → `page::section` and `page::field` →
//! `page::grade` → `page::seal` → `page::records`. What an officer writes is on the disk when the
//! answer comes back.

mod app;
mod assets;
mod auto;
mod clock;
mod disk;
pub mod gate;
mod here;
mod job;
pub mod launch;
mod lock;
pub mod native;
mod officers;
mod page;
mod practice;
mod request;
mod routes;
mod scan;
mod transport;
mod value;

pub use app::{Answered, Clock, FieldApp, Ground};
pub use auto::{Keeper, PACE};
pub use clock::SystemClock;
pub use disk::{Disk, SystemDisk};
pub use lock::IDLE_MS;
pub use officers::EnrolError;
pub use routes::router;
pub use transport::{HttpTransport, Transport};
