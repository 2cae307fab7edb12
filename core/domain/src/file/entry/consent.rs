//! Consent to collect (采集同意) and its end (`domain.md` L-02, L-04).

use jiff::civil::Date;

use super::EntryId;
use crate::authorisation::Purpose;
use crate::file::objection::ReceiptNumber;
use crate::hash::Hash;
use crate::id::{LenderId, OfficerId};
use crate::rights::consent::CollectionPurpose;

/// Consent to collect (采集同意), of one adult (`domain.md` L-02, L-04).
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct Consent {
    /// Which person of the identity record: `head`, `spouse`, `adult-2` …
    #[n(0)]
    pub person: String,
    /// Version of the consent text that was read out.
    #[n(1)]
    pub text_version: String,
    /// What the person agreed to have the data used for, purpose by purpose of the text
    /// ([`crate::rights::consent::CollectionPurpose`]); what is not here is not done.
    #[n(2)]
    pub purposes: Vec<String>,
    /// Language of the text, `zh-CN` or `mn-Mong`.
    #[n(3)]
    pub language: String,
    /// The restricted classes, whereabouts among them, that were ticked one by one.
    #[n(4)]
    pub categories: Vec<String>,
    /// The lenders that may query, and for which purposes; empty for collection alone.
    #[n(5)]
    pub recipients: Vec<Recipient>,
    /// First day.
    #[n(6)]
    #[cbor(with = "crate::time::day_cbor")]
    pub given_on: Date,
    /// Last day.
    #[n(7)]
    #[cbor(with = "crate::time::day_cbor")]
    pub until: Date,
    /// Hash of the signature's picture or scan.
    #[n(8)]
    pub signature: Hash,
    /// The officer who explained the text.
    #[n(9)]
    pub witness: OfficerId,
    /// The number on the receipt that the person was given; the seal gives it.
    #[n(10)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptNumber>,
}

/// A lender named in a consent.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct Recipient {
    /// The lender.
    #[n(0)]
    pub lender: LenderId,
    /// What it may ask for.
    #[n(1)]
    pub purpose: Purpose,
}

/// Consent taken back; takes effect on receipt.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(map)]
pub struct ConsentWithdrawal {
    /// The consent.
    #[n(0)]
    pub consent: EntryId,
    /// The day it was taken back.
    #[n(1)]
    #[cbor(with = "crate::time::day_cbor")]
    pub withdrawn_on: Date,
}

impl Consent {
    /// Whether the person agreed to a purpose.
    #[must_use]
    pub fn serves(&self, purpose: CollectionPurpose) -> bool {
        self.purposes.iter().any(|word| word == purpose.as_str())
    }
}
