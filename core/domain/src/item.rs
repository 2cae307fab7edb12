//! Items (采集项) and observations (采集值): the raw things an officer can see, count or be told.
//!
//! An observation is one item, a key where the item repeats, a state, a value, how it is known
//! and on which day. Indicators are never observed, they are always computed ([`crate::assess`]).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;

/// What is observed: `herd.sheep`, or `plot/p1/area_mu` for the area of the plot with key `p1`.
///
/// The catalogue names a repeating item with a star, `plot/*/area_mu`; see [`ItemPath::item`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemPath(Arc<str>);

/// A text that names no item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an item is written group.name or group/key/name with a-z, 0-9, '_' (key: also A-Z and '-')"
)]
pub struct ItemPathError;

impl ItemPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the item in the catalogue: the key of a repeating item replaced by a star.
    #[must_use]
    pub fn item(&self) -> String {
        match self.parts() {
            Some((group, _, name)) => format!("{group}/*/{name}"),
            None => self.0.to_string(),
        }
    }

    /// The key of a repeating item.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.parts().map(|(_, key, _)| key)
    }

    /// Group, key and name of a repeating item.
    #[must_use]
    pub fn parts(&self) -> Option<(&str, &str, &str)> {
        let (group, rest) = self.0.split_once('/')?;
        let (key, name) = rest.split_once('/')?;
        Some((group, key, name))
    }
}

impl std::borrow::Borrow<str> for ItemPath {
    /// Maps keyed by item can be searched by text; text and item have the same order.
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for ItemPath {
    type Err = ItemPathError;

    fn from_str(text: &str) -> Result<Self, ItemPathError> {
        let word = |w: &str| {
            !w.is_empty()
                && w.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let key = |k: &str| {
            (1..=32).contains(&k.len())
                && k.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        // No list of pieces: this runs for every entry of every file that is read.
        let valid = match text.split_once('/') {
            None => matches!(text.split_once('.'), Some((g, n)) if word(g) && word(n)),
            Some((group, rest)) => {
                let keyed = |(k, name): (&str, &str)| word(group) && key(k) && word(name);
                rest.split_once('/').is_some_and(keyed)
            }
        };
        if valid && text.len() <= 96 {
            Ok(Self(text.into()))
        } else {
            Err(ItemPathError)
        }
    }
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::id::text_codec!(ItemPath, as_str);

/// A value in base units (mu, fen, kg, heads, days, years): never a float.
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
#[serde(untagged)]
pub enum Value {
    /// A count, an amount in base units, a year, a day number, or 0 and 1 for no and yes.
    #[n(0)]
    Int(#[n(0)] i64),
    /// A choice of the catalogue (`pastoral`), or free text where the catalogue allows it.
    #[n(1)]
    Text(#[n(0)] String),
}

impl Value {
    /// The integer, if it is one.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Text(_) => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Int(_) => None,
            Self::Text(t) => Some(t),
        }
    }
}

/// What is known of a value (`domain.md` B.1.3).
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
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Observed.
    #[n(0)]
    Known(#[n(0)] Value),
    /// The item does not apply to this subject: its weight leaves the score altogether.
    #[n(1)]
    NotApplicable,
    /// Asked and not obtained: earns nothing, counts as missing.
    #[n(2)]
    Unknown,
    /// Consent withheld: as unknown, and never a sign of dishonesty.
    #[n(3)]
    Refused,
}

impl State {
    /// The value, if known.
    #[must_use]
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Known(v) => Some(v),
            _ => None,
        }
    }
}

/// How a value is known (`domain.md` B.1.7), best first.
#[derive(
    Debug,
    Clone,
    Copy,
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
#[cbor(index_only)]
pub enum Evidence {
    /// Register, document or system feed.
    #[n(0)]
    A,
    /// Seen and counted by the officer.
    #[n(1)]
    B,
    /// Declared by the subject.
    #[n(2)]
    C,
    /// Told by a third party, or estimated.
    #[n(3)]
    D,
}

/// One observed value.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct Observation {
    /// What was observed.
    #[n(0)]
    pub item: ItemPath,
    /// What is known of it.
    #[n(1)]
    pub state: State,
    /// How it is known.
    #[n(2)]
    pub evidence: Evidence,
    /// The day of the observation, not of the entry. Never decides between two values.
    #[n(3)]
    #[cbor(with = "crate::time::day_cbor")]
    pub observed_on: Date,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeating_item_is_known_by_its_catalogue_name() {
        let path: ItemPath = "plot/p1/area_mu".parse().unwrap();
        assert_eq!(
            (path.item().as_str(), path.key()),
            ("plot/*/area_mu", Some("p1"))
        );
        let plain: ItemPath = "herd.sheep".parse().unwrap();
        assert_eq!((plain.item().as_str(), plain.key()), ("herd.sheep", None));
    }

    #[test]
    fn a_malformed_item_is_refused() {
        for bad in [
            "",
            "sheep",
            "herd.",
            "a/b",
            "plot/*/area",
            "plot//area",
            "a/b/c/d",
            "Herd.x",
        ] {
            assert!(bad.parse::<ItemPath>().is_err(), "{bad}");
        }
    }
}
