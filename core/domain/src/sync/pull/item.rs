//! What can stand in a list: one kind for each thing that devices should know.

use jiff::civil::Date;

use crate::authorisation::Purpose;
use crate::case::CaseState;
use crate::division::DivisionCode;
use crate::file::ChainRef;
use crate::file::chain::{SignatureError, verify_text};
use crate::hash::Hash;
use crate::id::{CycleId, DeviceId, LenderId, OfficerId, RowId, SubjectId};
use crate::identity::IdentityRecord;
use crate::item::ItemPath;
use crate::register::RegisterRow;
use crate::subject::{Grade, SubjectKind};
use crate::sync::ended::EndedYear;
use crate::sync::push::Verdict;
use crate::sync::roll::Roll;

/// What can stand in a list.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum PullItem {
    /// An accepted or quarantined envelope of the gacha, from any device.
    #[n(0)]
    Envelope(#[n(0)] EnvelopeItem),
    /// A version of an identity.
    #[n(1)]
    Identity(#[n(0)] IdentityItem),
    /// Where a case stands.
    #[n(2)]
    Case(#[n(0)] CaseItem),
    /// Something that needs an officer.
    #[n(3)]
    Task(#[n(0)] TaskItem),
    /// A rule pack, as its file.
    #[n(4)]
    Pack(#[n(0)] RulesItem),
    /// A parameter table, as its file.
    #[n(5)]
    Parameters(#[n(0)] RulesItem),
    /// A register row.
    #[n(6)]
    Register(#[n(0)] RegisterRow),
    /// A subject was erased: delete on receipt, never send again.
    #[n(7)]
    Tombstone(#[n(0)] Tombstone),
    /// A device was revoked.
    #[n(8)]
    Revocation(#[n(0)] Revocation),
    /// A subject that officers of the gacha should visit.
    #[n(9)]
    Subject(#[n(0)] SubjectItem),
    /// A campaign.
    #[n(10)]
    Cycle(#[n(0)] crate::case::cycle::Cycle),
    /// Register rows were deleted: delete them too.
    #[n(11)]
    Deleted(#[n(0)] DeletedRows),
    /// What became of an envelope after its receipt, for the device that sent it.
    #[n(12)]
    Decided(#[n(0)] DecidedItem),
    /// A lender that a consent can name; a later item of the same lender takes its place.
    #[n(13)]
    Lender(#[n(0)] LenderItem),
    /// Who evaluates and who reviews in the gacha; a later item takes its place.
    #[n(14)]
    Roll(#[n(0)] Roll),
    /// A year of a subject was ended: delete what is here of it too.
    #[n(15)]
    Ended(#[n(0)] EndedYear),
}

/// A lender with a contract, as a device offers it where somebody agrees (`domain.md` L-19).
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct LenderItem {
    /// The lender.
    #[n(0)]
    pub lender: LenderId,
    /// Its name in Chinese.
    #[n(1)]
    pub name_zh: String,
    /// Its name in Mongolian; empty if none was entered.
    #[n(2)]
    pub name_mn: String,
    /// Where its contract holds.
    #[n(3)]
    pub division: DivisionCode,
    /// What its contract lets it ask for.
    #[n(4)]
    pub purposes: Vec<Purpose>,
    /// First day of the contract.
    #[n(5)]
    #[cbor(with = "crate::time::day_cbor")]
    pub valid_from: Date,
    /// Last day of it, once it is known.
    #[n(6)]
    #[cbor(with = "crate::time::last_day_cbor")]
    pub valid_to: Option<Date>,
}

/// A subject of the gacha.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SubjectItem {
    /// The subject.
    #[n(0)]
    pub subject: SubjectId,
    /// What it is.
    #[n(1)]
    pub kind: SubjectKind,
    /// Its gacha.
    #[n(2)]
    pub division: DivisionCode,
    /// The number on the door or in the book.
    #[n(3)]
    pub local_code: String,
}

/// An envelope in a list.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct EnvelopeItem {
    /// The envelope's bytes.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// Whether the facts skip it until a decision.
    #[n(1)]
    pub quarantined: bool,
}

/// A version of an identity, with what the chain carries of it, so that a later version can say
/// which one it was written on: the salt stays with its author.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct IdentityItem {
    /// The record.
    #[n(0)]
    pub record: IdentityRecord,
    /// Its commitment.
    #[n(1)]
    pub commitment: Hash,
}

/// Where a case stands, for the officers of its gacha.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct CaseItem {
    /// The subject.
    #[n(0)]
    pub subject: SubjectId,
    /// The campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The state.
    #[n(2)]
    pub state: CaseState,
    /// The grade, once it is effective.
    #[n(3)]
    pub grade: Option<Grade>,
}

/// Something that needs an officer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct TaskItem {
    /// The subject.
    #[n(0)]
    pub subject: SubjectId,
    /// The campaign.
    #[n(1)]
    pub cycle: CycleId,
    /// The item that caused it, if one did.
    #[n(2)]
    pub item: Option<ItemPath>,
    /// What to do, in the reviewer's words.
    #[n(3)]
    pub text: String,
    /// The only officer whom it asks; nobody named: every officer of the gacha.
    #[n(4)]
    pub officer: Option<OfficerId>,
}

/// A rule pack or parameter table.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct RulesItem {
    /// SHA-256 of the bytes.
    #[n(0)]
    pub hash: Hash,
    /// The file's name, for messages.
    #[n(1)]
    pub name: String,
    /// The file.
    #[n(2)]
    pub text: String,
}

/// A subject was erased.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Tombstone {
    /// The subject.
    #[n(0)]
    pub subject: SubjectId,
    /// Signature of the server over [`Tombstone::message`], hexadecimal.
    #[n(1)]
    pub signature: String,
}

/// Register rows were deleted, because their time was over (`domain.md` L-06).
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct DeletedRows {
    /// The rows.
    #[n(0)]
    pub rows: Vec<RowId>,
    /// Signature of the server over [`DeletedRows::message`], hexadecimal.
    #[n(1)]
    pub signature: String,
}

/// What was set aside counts now, or what counted was set aside. It stands in the banner's list where
/// no other list of the sender tells of it: of identities, ballots and objections, and of subjects
/// outside of the sender's gachas. It stands in the lists of gachas from which the subject has moved
/// as well, behind what these said of the envelope before.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct DecidedItem {
    /// The place of the envelope.
    #[n(0)]
    pub at: ChainRef,
    /// Its id: another life of the sender may have written there too.
    #[n(1)]
    pub id: Hash,
    /// What holds from now on.
    #[n(2)]
    pub verdict: Verdict,
}

/// A device was revoked.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Revocation {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
}

impl LenderItem {
    /// Whether the contract lets the lender ask for a subject of `division` on `day`.
    #[must_use]
    pub fn serves(&self, division: DivisionCode, day: Date) -> bool {
        self.division.contains(division)
            && self.valid_from <= day
            && self.valid_to.is_none_or(|to| day <= to)
    }
}

impl Tombstone {
    /// What the server signs.
    #[must_use]
    pub fn message(subject: &SubjectId) -> Vec<u8> {
        format!("itgel.tombstone.v1\n{subject}").into_bytes()
    }

    /// Checks the server's signature: nobody else can make a device delete anything.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over this subject.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &Self::message(&self.subject), &self.signature)
    }
}

impl DeletedRows {
    /// What the server signs.
    #[must_use]
    pub fn message(rows: &[RowId]) -> Vec<u8> {
        let mut message = String::from("itgel.deleted.v1");
        for row in rows {
            message.push('\n');
            message.push_str(row.as_str());
        }
        message.into_bytes()
    }

    /// Checks the server's signature: nobody else can make a device delete anything.
    ///
    /// # Errors
    /// [`SignatureError`] if it is not the server's over these rows.
    pub fn verify(&self, server_key: &[u8]) -> Result<(), SignatureError> {
        verify_text(server_key, &Self::message(&self.rows), &self.signature)
    }
}

impl PullItem {
    /// The number of its kind.
    #[must_use]
    pub const fn kind(&self) -> u8 {
        match self {
            Self::Envelope(_) => 0,
            Self::Identity(_) => 1,
            Self::Case(_) => 2,
            Self::Task(_) => 3,
            Self::Pack(_) => 4,
            Self::Parameters(_) => 5,
            Self::Register(_) => 6,
            Self::Tombstone(_) => 7,
            Self::Revocation(_) => 8,
            Self::Subject(_) => 9,
            Self::Cycle(_) => 10,
            Self::Deleted(_) => 11,
            Self::Decided(_) => 12,
            Self::Lender(_) => 13,
            Self::Roll(_) => 14,
            Self::Ended(_) => 15,
        }
    }

    /// Its bytes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "writing to a Vec cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to a Vec")
    }
}
