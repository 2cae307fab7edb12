//! Numbers and names of people and organisations: what can be checked before anybody is asked.
//!
//! A number that passes is well formed, nothing more: whether it was ever issued, and to whom, only
//! the issuing body knows. Numbers are attributes with a validity, never the identity of a subject
//! (`domain.md` G 7). Everything personal prints as `redacted`.

mod credit;
mod likeness;
mod name;
mod resident;

pub use credit::{CreditCode, CreditCodeError, Department};
pub use likeness::{
    Compared, Likeness, NEAR_METRES, Names, door_key, likenesses, marks, name_keys,
};
pub use name::{is_unwritable, mask_id_number, mask_name, normalise_name};
pub use resident::{ResidentId, ResidentIdError};

#[cfg(test)]
mod tests;
