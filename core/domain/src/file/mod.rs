//! The file (信用档案) of a subject and year: what travels, what is stored, what it means.
//!
//! - [`entry`]: the immutable things that officers and the server write,
//! - [`envelope`]: entries in canonical bytes, as they travel and as they are stored,
//! - [`chain`]: the gapless hash chain of a device and its signed heads,
//! - [`facts`]: what all entries together mean, independent of their order,
//! - [`document`]: the same envelopes as one Automerge document, for history and proof.

pub mod chain;
pub mod document;
pub mod entry;
pub mod envelope;
pub mod facts;
pub mod objection;
#[cfg(test)]
pub(crate) mod sample;

use std::fmt;
use std::str::FromStr;

use crate::id::{DeviceId, IdError, SubjectId};

/// One file: a subject and the year in which its entries were made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// Whose file.
    pub subject: SubjectId,
    /// Year of entry.
    pub year: i16,
}

/// A place in a device's chain.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(array)]
pub struct ChainRef {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Counts the stores of the device: a copied or restored store opens the next one.
    #[n(1)]
    pub incarnation: u32,
    /// Position in the chain, from 1 without gaps.
    #[n(2)]
    pub seq: u64,
}

impl fmt::Display for ChainRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.device, self.incarnation, self.seq)
    }
}

impl FromStr for ChainRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut pieces = text.split('~');
        let mut next = || pieces.next().ok_or(IdError);
        let at = Self {
            device: next()?.parse()?,
            incarnation: next()?.parse().map_err(|_| IdError)?,
            seq: next()?.parse().map_err(|_| IdError)?,
        };
        if pieces.next().is_some() || at.to_string() != text {
            return Err(IdError);
        }
        Ok(at)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subject, self.year)
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for FileId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (subject, year) = text.split_once('/').ok_or(IdError)?;
        let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(IdError);
        }
        Ok(Self {
            subject: subject.parse()?,
            year: year.parse().map_err(|_| IdError)?,
        })
    }
}

crate::id::text_codec!(FileId);
