//! The identity of an entry: its place in the chain of its author.

use std::fmt;
use std::str::FromStr;

use crate::file::ChainRef;
use crate::id::IdError;

/// The identity of an entry: its envelope's place and its index in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct EntryId {
    /// The envelope.
    #[n(0)]
    pub at: ChainRef,
    /// The index in the envelope, from 0.
    #[n(1)]
    pub index: u16,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.at, self.index)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for EntryId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (at, index) = text.rsplit_once('~').ok_or(IdError)?;
        let id = Self {
            at: at.parse()?,
            index: index.parse().map_err(|_| IdError)?,
        };
        if id.to_string() != text {
            return Err(IdError);
        }
        Ok(id)
    }
}

impl serde::Serialize for EntryId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EntryId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
