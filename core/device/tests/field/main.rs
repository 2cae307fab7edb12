//! The field half through its public interface. The server of these tests is a simulation of the
//! protocol; the real one is met in the workspace's own tests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod between;
mod brief;
mod doorstep;
mod hello;
mod history;
mod http;
mod image;
mod pictures;
mod restore;
mod safety;
mod server;
mod sync;
mod trust;
mod vault;
mod visit;
mod world;
