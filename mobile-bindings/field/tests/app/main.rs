//! The officer's app through its router, over real stores in temporary folders and the device
//! library's own server. Everything is synthetic (示例).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod auto;
mod card;
mod door;
mod evaluation;
mod gate;
mod list;
mod lock;
mod offer;
mod officer;
mod practice;
mod register;
mod review;
#[allow(
    dead_code,
    reason = "the device library's own server, of which a part is used"
)]
#[path = "../../../../core/device/tests/field/server/mod.rs"]
mod server;
mod visit;
#[allow(
    dead_code,
    reason = "what the device library's tests share, of which a part is used"
)]
#[path = "../../../../core/device/tests/field/world.rs"]
mod world;
