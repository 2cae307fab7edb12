//! Actors that speak to the service as people and devices do: a world over a temporary database
//! with one gacha of the sample banner, field teams that seal visits on devices of their own, and
//! staff.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses its own part of the actors"
)]

mod collector;
pub(crate) mod platform;
mod staff;
mod world;

pub(crate) use collector::Collector;
pub(crate) use staff::{device_id, interest, refusal, request, signer_of};
pub(crate) use world::{TODAY, World};
