//! What goes in and comes out of the typed calls; what holds a name or a number of a person cannot be
//! printed. Days are written `2026-07-06`, instants are
//! milliseconds since 1970, amounts are in the stored unit of their item.

use crate::error::Fault;

/// Who works with a store, and where it stands.
#[derive(Debug, Clone, uniffi::Record)]
pub struct StoreState {
    /// The device.
    pub device: String,
    /// Its officer.
    pub officer: String,
    /// The words that an administrator compares.
    pub fingerprint: String,
    /// An administrator has not compared them yet.
    pub is_pending: bool,
    /// Until when it may be worked with offline, by the server's clock.
    pub granted_until_ms: Option<i64>,
    /// Records without a receipt.
    pub waiting: u64,
    /// Records that need somebody.
    pub needs_you: u64,
}

/// A gacha on this device.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Gacha {
    /// Its code.
    pub code: String,
    /// How many subjects of it are here.
    pub subjects: u64,
}

/// A campaign.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Campaign {
    /// Its identifier.
    pub id: String,
    /// What officers call it.
    pub name: String,
    /// The first day of sealing.
    pub opens_on: String,
    /// The last day of sealing.
    pub closes_on: String,
}

/// Which subjects are listed.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SubjectQuery {
    /// The gacha.
    pub gacha: String,
    /// The campaign whose states are shown.
    pub campaign: String,
    /// Part of a name or code, or the end of a number; empty for all.
    pub search: String,
    /// How many rows are passed over.
    pub skip: u32,
    /// Most rows.
    pub limit: u32,
}

/// A subject in a list.
#[derive(Clone, uniffi::Record)]
pub struct SubjectRow {
    /// Its identifier.
    pub id: String,
    /// What it is: `household`, `cooperative` …
    pub kind: String,
    /// The number on the door or in the book.
    pub local_code: String,
    /// The name of the head; empty before one is known.
    pub name: String,
    /// Something is drafted.
    pub has_draft: bool,
    /// Records without a receipt.
    pub waiting: u32,
    /// Records with one.
    pub received: u32,
    /// Things that need the officer.
    pub needs_you: u32,
    /// The effective grade, once there is one.
    pub grade: Option<String>,
}

/// An adult of a household, or the responsible person of an organisation.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Person {
    /// `head`, `spouse`, `adult-2` …
    pub role: String,
    /// The name as on the ID card.
    pub full_name: String,
    /// The name in Mongolian script.
    pub name_mn: Option<String>,
    /// The resident ID number.
    pub id_number: Option<String>,
    /// The phone number.
    pub phone: Option<String>,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Found {
    /// A count, an amount, a year, a day number, or 0 and 1 for no and yes.
    Number {
        /// In the stored unit.
        value: i64,
    },
    /// A choice of the catalogue, or free text where it allows it.
    Words {
        /// The word.
        value: String,
    },
    /// The item does not apply.
    NotApplicable,
    /// Asked and not obtained.
    Unknown,
    /// Consent withheld.
    Refused,
}

/// How a value is known, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum EvidenceLevel {
    /// Register, document or system feed.
    A,
    /// Seen and counted.
    B,
    /// Declared by the subject.
    C,
    /// Told by a third party, or estimated.
    D,
}

/// A value of a visit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// The item: `herd.sheep`, `plot/p1/area_mu`.
    pub item: String,
    /// What is known of it.
    pub found: Found,
    /// How.
    pub evidence: EvidenceLevel,
    /// On which day.
    pub observed_on: String,
}

/// A lender that a consent names.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Recipient {
    /// The lender.
    pub lender: String,
    /// For what: `loan_decision` …
    pub purpose: String,
}

/// A consent as a person gives it; the officer of the store is its witness, the present day its first.
#[derive(Clone, uniffi::Record)]
pub struct ConsentGiven {
    /// Whose: the role of a person.
    pub person: String,
    /// Version of the text that was read out.
    pub text_version: String,
    /// `zh-CN` or `mn-Mong`.
    pub language: String,
    /// The purposes that were ticked.
    pub purposes: Vec<String>,
    /// The restricted classes that were ticked.
    pub categories: Vec<String>,
    /// The lenders that may ask.
    pub recipients: Vec<Recipient>,
    /// The last day.
    pub until: String,
    /// A picture of the signature, JPEG or PNG.
    pub signature: Vec<u8>,
}

/// What is drafted of a visit.
#[derive(Clone, uniffi::Record)]
pub struct VisitDraft {
    /// Who lives there, as last known.
    pub people: Vec<Person>,
    /// The drafted values.
    pub findings: Vec<Finding>,
    /// Whose consent is drafted.
    pub consents: Vec<String>,
    /// What was found in the campaign before, to be read beside.
    pub earlier: Vec<Finding>,
}

/// What is wrong with a visit, and what looks wrong.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Checked {
    /// Forbid sealing.
    pub faults: Vec<Fault>,
    /// To be looked at again, never refused.
    pub warnings: Vec<Fault>,
}

/// A reason, in the pack's own words.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ReasonGiven {
    /// The code.
    pub code: String,
    /// In words.
    pub text: String,
    /// What would help.
    pub hint: String,
}

/// A provisional grade (暂定): a range while anything is pending, never a bare letter.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Graded {
    /// The lowest grade that it can become; none under review.
    pub low: Option<String>,
    /// The highest.
    pub high: Option<String>,
    /// The lowest score, `83.25`.
    pub low_score: String,
    /// The highest.
    pub high_score: String,
    /// What is still to come: `peer_evaluation`.
    pub pending: Vec<String>,
    /// Core fields and conditions that are missing for any grade.
    pub missing: Vec<String>,
    /// Why it is not better.
    pub reasons: Vec<ReasonGiven>,
    /// The whole assessment with its trace, canonical: the same bytes as on the server.
    pub assessment_json: String,
}

/// The second signature of a seal.
#[derive(Clone, uniffi::Enum)]
pub enum SecondSignature {
    /// Drawn on the screen; a reviewer looks at it.
    Drawn {
        /// Its picture, JPEG or PNG.
        picture: Vec<u8>,
    },
    /// Another officer of this device signs with their PIN.
    Officer {
        /// What names their store here.
        key: String,
        /// Their PIN.
        pin: String,
    },
}

/// The number of a receipt for a consent.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ConsentReceipt {
    /// Whose.
    pub person: String,
    /// The number.
    pub number: String,
}

/// A sealed visit.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SealedVisit {
    /// What the household is given on paper.
    pub code: String,
    /// The provisional grade that was sealed.
    pub graded: Graded,
    /// The receipts for its consents.
    pub consent_receipts: Vec<ConsentReceipt>,
}

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Standing {
    /// Not sealed.
    Draft,
    /// Sealed, on this device alone.
    Waiting,
    /// On its way.
    Sending,
    /// The server's signed receipt is here.
    Received {
        /// When, by the server's clock.
        at_ms: Option<i64>,
    },
    /// Somebody has to act.
    NeedsYou {
        /// The reason, if the server set it aside.
        code: Option<String>,
        /// The item that caused it, if one did.
        item: Option<String>,
        /// What to do.
        text: String,
    },
}

/// A record of a subject.
#[derive(Debug, Clone, uniffi::Record)]
pub struct VisitRecord {
    /// The first digits of its id, as on the slip.
    pub code: String,
    /// When it was written, by the device's clock.
    pub written_at_ms: Option<i64>,
    /// Where it stands.
    pub standing: Standing,
}

/// Who the people are is for the caller alone.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({}, redacted)", self.role)
    }
}
