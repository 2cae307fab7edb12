//! The officer's pages in the browser that officers have, at the size of a phone and of a laptop.
//!
//! A [`officer::Officer`] works with the real program behind its gate, whose device library speaks to
//! a real server over HTTP; the clock is that of the world, which the test moves. On every page that
//! is met for the first time nothing may stick out, nothing may be written on the console, no target
//! be too small for a thumb, and axe-core must find nothing serious.
//!
//! `cargo test -p itgel-tests --test browser`, once `npm ci` was run in `tests/browser`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what an officer cannot do here ends the test that asked for it"
)]

mod browser;
mod checks;
mod day;
mod link;
mod officer;
mod paint;
mod palette;
mod pictures;
mod program;
mod proxy;
mod shell;
mod trouble;
mod visit;

/// Runs a test to its end.
fn on_the_way<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}
