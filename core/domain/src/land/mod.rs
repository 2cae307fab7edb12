//! The registers of land and animals behind the context: plots with their right holders, lease
//! contracts, joint-herd groups (联户) and entrusted animals (委托放牧), and what follows from them
//! for each subject (`domain.md` C.3, G 18–21).
//!
//! [`resolve()`] is a pure function of the records: the order of rows does not matter, every 亩 is
//! used once on every day, and what contradicts itself moves nothing and is told as a [`Fault`].
//! Its result holds for all days at once; which of it matters is decided by the day of the count
//! ([`crate::assess`]), on a device without a connection as on the server.

mod fault;
mod joint;
mod plots;
mod record;
mod resolve;
mod timeline;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use self::fault::{Fault, FaultKind};
pub use self::record::{
    Entrustment, JointContract, LandRecord, LeaseContract, Membership, Plot, RecordFault, Records,
    Zone,
};
pub use self::resolve::{Counted, LandRules, Resolution, resolve};
