//! The second step: a page of the device's chain goes up, a signed verdict for each comes back.

use crate::error::ErrorCode;
use crate::file::ChainRef;
use crate::file::chain::{SignatureError, SignedHead, Suite, verify};
use crate::file::envelope::CheckpointRef;
use crate::hash::Hash;
use crate::identity::IdentityRecord;
use crate::time::AtMs;

/// Most bytes of the envelopes and identities in a page before compression.
pub const PAGE_BYTES: usize = 64 * 1024;

/// Most envelopes in a page.
pub const PAGE_ENVELOPES: usize = 256;

/// Consecutive envelopes of one chain.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Push {
    /// The chain head after the last envelope of the page.
    #[n(0)]
    pub head: SignedHead,
    /// The envelopes as they are stored, in order, without a gap.
    #[n(1)]
    #[cbor(with = "crate::sync::wire::byte_lists")]
    pub envelopes: Vec<Vec<u8>>,
    /// The identity records that the page's commitments stand for.
    #[n(2)]
    pub identities: Vec<IdentityPush>,
}

/// An identity record on its way.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct IdentityPush {
    /// The place of the envelope with its commitment.
    #[n(0)]
    pub seq: u64,
    /// The record.
    #[n(1)]
    pub record: IdentityRecord,
}

/// What became of an envelope.
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
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In the log, in the file, in the facts.
    #[n(0)]
    Accepted,
    /// The same, and something for a reviewer to look at.
    #[n(1)]
    AcceptedFlagged(#[n(0)] Vec<Flag>),
    /// In the log and in the file; the facts skip it until a person decides.
    #[n(2)]
    Quarantined(#[n(0)] ErrorCode),
    /// Kept, waiting for the envelopes before it.
    #[n(3)]
    Held,
    /// Does not decode; the bytes are kept outside the chain.
    #[n(4)]
    Refused(#[n(0)] ErrorCode),
}

/// What a reviewer should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The second signature is drawn, not an officer's key.
    DrawnSignature,
    /// The server's computation from the same inputs differs from the device's: an alarm.
    AssessmentDiffers,
    /// Entered long before it arrived, or dated before the device's last checkpoint.
    LateArrival,
    /// The device's clock was far from the server's.
    ClockDrift,
    /// Computed under another pack than the one in force.
    OutdatedPack,
    /// Words that tell of what must not be collected (`domain.md` L-03): a person reads them.
    ForbiddenWords,
    /// Entered after the device's grant had ended, in its days of grace (`security.md` T25).
    GrantExpired,
    /// A consent names a lender, or a purpose, that no contract covers there on its day: the consent
    /// counts, that lender gets no authorisation from it (`domain.md` L-19).
    LenderUncovered,
}

crate::subject::words!(Flag {
    Self::DrawnSignature => Self::DrawnSignature => "drawn_signature",
    Self::AssessmentDiffers => Self::AssessmentDiffers => "assessment_differs",
    Self::LateArrival => Self::LateArrival => "late_arrival",
    Self::ClockDrift => Self::ClockDrift => "clock_drift",
    Self::OutdatedPack => Self::OutdatedPack => "outdated_pack",
    Self::ForbiddenWords => Self::ForbiddenWords => "forbidden_words",
    Self::GrantExpired => Self::GrantExpired => "grant_expired",
    Self::LenderUncovered => Self::LenderUncovered => "lender_uncovered",
});

/// The receipt (回执) of a page: given after the commit, under one signature.
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
pub struct PushAnswer {
    /// The last place of the chain that the answer speaks of.
    #[n(0)]
    pub up_to: ChainRef,
    /// The server's chain hash there, equal to the pushed head unless something is held.
    #[n(1)]
    pub head: Hash,
    /// The verdicts that are not plainly accepted, by place.
    #[n(2)]
    pub except: Vec<Exception>,
    /// The first place of the page.
    #[n(3)]
    pub from_seq: u64,
    /// When it was committed, by the server's clock.
    #[n(4)]
    pub received_at: AtMs,
    /// The newest checkpoint of the log.
    #[n(5)]
    pub checkpoint: CheckpointRef,
    /// Signature of the server over [`PushAnswer::message`], hexadecimal.
    #[n(6)]
    pub signature: String,
}

/// A verdict that is not plainly accepted.
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
#[cbor(array)]
pub struct Exception {
    /// The place in the chain.
    #[n(0)]
    pub seq: u64,
    /// What became of it.
    #[n(1)]
    pub verdict: Verdict,
}

impl Verdict {
    /// Green on a screen: accepted, flagged or not, and nothing else.
    #[must_use]
    pub const fn is_received(&self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedFlagged(_))
    }

    /// The word and the reason, for counters; flags are counted together.
    #[must_use]
    pub const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("accepted", ""),
            Self::AcceptedFlagged(_) => ("flagged", ""),
            Self::Quarantined(code) => ("quarantined", code.as_str()),
            Self::Held => ("held", ""),
            Self::Refused(code) => ("refused", code.as_str()),
        }
    }

    /// Whether the facts of the file include it.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.is_received()
    }
}

impl PushAnswer {
    /// The verdict for the envelope at `seq`; `None` outside the answer.
    #[must_use]
    pub fn verdict(&self, seq: u64) -> Option<Verdict> {
        if !(self.from_seq..=self.up_to.seq).contains(&seq) {
            return None;
        }
        let exception = self.except.iter().find(|e| e.seq == seq);
        Some(exception.map_or(Verdict::Accepted, |e| e.verdict.clone()))
    }

    /// What the server signs: everything but the signature.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn message(&self) -> Vec<u8> {
        let unsigned = Self {
            signature: String::new(),
            ..self.clone()
        };
        let mut message = b"itgel.receipt.v1\n".to_vec();
        minicbor::encode(&unsigned, &mut message).expect("writing to a Vec");
        message
    }

    /// Checks the server's signature.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this answer.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        let signature = data_encoding::HEXLOWER
            .decode(self.signature.as_bytes())
            .map_err(|_| SignatureError)?;
        verify(Suite::Ed25519, server_key, &self.message(), &signature)
    }
}
