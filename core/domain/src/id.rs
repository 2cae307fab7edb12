//! Identifiers made by the application: short texts of `a–z`, `A–Z`, `0–9`, `-`, `_` and `.`.
//!
//! A division code, a resident ID or a credit code is never an identifier here: those change
//! (`domain.md` G 7, G 52), an identifier does not.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that cannot be an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an identifier has 1 to 64 characters of a-z, A-Z, 0-9, '-', '_' and '.'")]
pub struct IdError;

/// Serde and CBOR as text for a type with `Display` and `FromStr`, the one form of such a value
/// in documents, on the wire and in the database.
///
/// A type that is a text inside names the method that shows it, so that writing one allocates
/// nothing: a file has hundreds of them.
macro_rules! text_codec {
    ($name:ty) => {
        crate::id::text_codec!(@ $name, this, this.to_string());
    };
    ($name:ty, $as_str:ident) => {
        crate::id::text_codec!(@ $name, this, this.$as_str());
    };
    (@ $name:ty, $this:ident, $text:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                let $this = self;
                s.serialize_str($text.as_ref())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                let $this = self;
                e.str($text.as_ref())?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let at = d.position();
                d.str()?
                    .parse()
                    .map_err(|e| minicbor::decode::Error::custom(e).at(at))
            }
        }
    };
}
pub(crate) use text_codec;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// An identifier from 16 random bytes, as 26 characters.
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(random_text(&bytes).into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                checked(text).map(|t| Self(t.into()))
            }
        }

        text_codec!($name, as_str);
    )+};
}

ids! {
    /// A rated subject (信用主体): household, entity, collective, gacha or sumu.
    SubjectId;
    /// A field device or a workstation with its own signing key.
    DeviceId;
    /// A person who acts in the system; not an account and not a device.
    OfficerId;
    /// A rating campaign (年度) of a banner.
    CycleId;
    /// A subject in a cycle, on its way through the workflow (评定个案).
    CaseId;
    /// A lender (农信社) with a contract.
    LenderId;
    /// The right of one lender to query one subject for one purpose (查询授权).
    AuthorisationId;
    /// A report given to a lender.
    ReportId;
    /// A decision of staff that entries and log leaves refer to.
    DecisionId;
    /// A row of a register (台账).
    RowId;
    /// What one lender reported of its loans for one month (贷款台账).
    LedgerId;
    /// A measure against, or an incentive for, a subject (失信惩戒, 守信激励).
    MeasureId;
    /// An early warning about a rating in effect (预警).
    WarningId;
    /// A table that was imported, from its entry to its being in force (导入批次).
    ImportId;
    /// A doubt about how a visit or an evaluation was made.
    DoubtId;
}

fn checked(text: &str) -> Result<&str, IdError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text)
    } else {
        Err(IdError)
    }
}

fn random_text(bytes: &[u8]) -> String {
    data_encoding::BASE32_NOPAD
        .encode(bytes)
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_cannot_smuggle_a_path_or_a_space() {
        for bad in ["", "a/b", "a b", "蒙", &"x".repeat(65)] {
            assert_eq!(bad.parse::<SubjectId>(), Err(IdError), "{bad:?}");
        }
        assert_eq!(SubjectId::from_random([7; 16]).as_str().len(), 26);
    }
}
