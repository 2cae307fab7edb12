//! The field half through its public interface. The server of these tests is a simulation of the
//! protocol; the real one is met in the workspace's own tests.

mod http;
mod safety;
mod server;
mod sync;
mod visit;
mod world;
