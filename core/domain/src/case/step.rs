//! What an actor can ask for in the rating of a subject (`domain.md` D.2).

use jiff::civil::Date;

use crate::hash::Hash;
use crate::id::{CaseId, OfficerId};
use crate::subject::Grade;
use crate::time::AtMs;

super::event::steps! {
    /// A step of a case, with what it needs.
    Step, StepKind:

    /// Two officers sign the visit.
    Seal {
        /// The second officer, if the second signature is an officer's.
        second: Option<OfficerId>,
    } => "seal",
    /// The seal has arrived.
    Submit => "submit",
    /// Another visit of the cycle was sealed, and the two disagree on what decides the grade.
    FindConflict {
        /// Who made the other visit.
        collectors: Vec<OfficerId>,
    } => "find_conflict",
    /// Another visit of the cycle was sealed, and it leaves the grade as it is.
    ConfirmSeal {
        /// Who made the other visit.
        collectors: Vec<OfficerId>,
    } => "confirm_seal",
    /// A third person has settled every value that decides the grade.
    ResolveConflict => "resolve_conflict",
    /// Back to the collectors.
    Return => "return",
    /// The collectors have made it good and sealed again.
    Fix {
        /// The second officer, if the second signature is an officer's.
        second: Option<OfficerId>,
    } => "fix",
    /// A ballot of the peer evaluation was cast; what it says is nowhere in the case.
    Evaluate => "evaluate",
    /// The grade was computed (初评).
    PreRate {
        /// What came out.
        assessed: Assessed,
        /// Whether the peer evaluation was held.
        peer: Peer,
    } => "pre_rate",
    /// One notch up or down, by a reviewer with a second reviewer's signature
    /// (`domain.md` B.1.10).
    Override {
        /// The grade instead of the computed one.
        grade: Grade,
        /// The second reviewer.
        second: OfficerId,
    } => "override",
    /// The sumu agrees (审核).
    Review => "review",
    /// A credit grade goes on the gacha's board.
    Publish => "publish",
    /// Any other grade is told to the subject alone, with its reasons.
    GiveNotice => "give_notice",
    /// After an objection that changed nothing in public: the period runs on.
    Resume => "resume",
    /// An objection, of the subject or of anybody who reads the board.
    Object {
        /// What, by whom and since when.
        objection: Objection,
    } => "object",
    /// An objection is answered.
    DecideObjection {
        /// Its receipt number.
        receipt: String,
        /// The answer.
        outcome: Outcome,
    } => "decide_objection",
    /// The period of publicity or notice is over.
    ClosePeriod => "close_period",
    /// The banner approves (审定).
    Approve {
        /// First day in effect.
        effective_on: Date,
        /// Last day in effect.
        valid_to: Date,
    } => "approve",
    /// The first day in effect has come.
    MakeEffective => "make_effective",
    /// Monitoring has found something.
    Watch => "watch",
    /// It was nothing, or it is over.
    Clear => "clear",
    /// A veto fact has come up.
    Suspend => "suspend",
    /// The veto fact is true, and the subject was heard.
    ConfirmCancel {
        /// The day of the hearing.
        heard_on: Date,
    } => "confirm_cancel",
    /// The veto fact was wrong.
    Reinstate => "reinstate",
    /// A newer rating was approved.
    Supersede {
        /// The case of that rating.
        successor: CaseId,
    } => "supersede",
    /// Its last day has passed.
    Expire => "expire",
    /// No further use.
    Close {
        /// What has happened.
        cause: Cause,
    } => "close",
}

/// What the engine said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Assessed {
    /// Hash of the assessment.
    pub assessment: Hash,
    /// The final grade after caps, N and veto.
    pub grade: Grade,
    /// The lowest cap that is met: no override goes above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Grade>,
}

/// Whether the peer evaluation (民主评议) was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Held, with whatever number of valid ballots.
    Held,
    /// Not yet.
    Pending,
    /// The scorecard has none.
    NotNeeded,
}

/// An objection (`domain.md` L-10, L-11).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Objection {
    /// The receipt number, of the server or out of the range of a device.
    pub receipt: String,
    /// On what ground.
    pub ground: ObjectionGround,
    /// How it came in: complaint hotlines are a source like a visit to the office (SR-41).
    #[serde(default)]
    pub channel: ObjectionChannel,
    /// Whether the subject itself objects; anybody else's is taken as a report and discloses
    /// nothing (`domain.md` G 40).
    pub of_subject: bool,
    /// When it was handed in, which counts even if it arrives later (`domain.md` G 39).
    pub filed_at: AtMs,
}

/// How an objection or a report came in (SR-41).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ObjectionChannel {
    /// At the window of the office, or to a collector at the door.
    #[default]
    InPerson,
    /// By letter.
    Letter,
    /// The government hotline 12345.
    Hotline12345,
    /// The discipline hotline 12388.
    Hotline12388,
    /// A website of the government.
    Website,
    /// A public account (公众号).
    PublicAccount,
    /// An app.
    App,
}

/// The four grounds of the regional regulation (`domain.md` L-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectionGround {
    /// Wrong or missing.
    WrongOrMissing,
    /// Violates secrets or privacy.
    Privacy,
    /// Published beyond its term.
    BeyondTerm,
    /// Otherwise not to be disclosed.
    NotDisclosable,
}

/// The answer to an objection.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The objector is right.
    Upheld {
        /// What the engine says after the correction, if values were corrected.
        assessed: Option<Assessed>,
    },
    /// The objector is wrong.
    Rejected,
    /// The objector has taken it back.
    Withdrawn,
}

/// Why a case is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Consent was withdrawn; past lawful use stands (`domain.md` G 42).
    ConsentWithdrawn,
    /// The head has died (`domain.md` G 10).
    Death,
    /// The organisation or the household no longer exists (`domain.md` G 11, G 51).
    Dissolution,
    /// Void: somebody with a conflict of interest took part (`domain.md` G 31).
    Void,
}

impl StepKind {
    /// Whether the reason must be given in words, not by a code alone: the subject can ask why.
    #[must_use]
    pub const fn needs_text(self) -> bool {
        matches!(
            self,
            Self::ResolveConflict
                | Self::Return
                | Self::Override
                | Self::DecideObjection
                | Self::Clear
                | Self::Suspend
                | Self::ConfirmCancel
                | Self::Reinstate
                | Self::Close
        )
    }
}

crate::subject::words!(Peer {
    Self::Held => Self::Held => "held",
    Self::Pending => Self::Pending => "pending",
    Self::NotNeeded => Self::NotNeeded => "not_needed",
});

crate::subject::words!(ObjectionChannel {
    Self::InPerson => Self::InPerson => "in_person",
    Self::Letter => Self::Letter => "letter",
    Self::Hotline12345 => Self::Hotline12345 => "hotline_12345",
    Self::Hotline12388 => Self::Hotline12388 => "hotline_12388",
    Self::Website => Self::Website => "website",
    Self::PublicAccount => Self::PublicAccount => "public_account",
    Self::App => Self::App => "app",
});

crate::subject::words!(ObjectionGround {
    Self::WrongOrMissing => Self::WrongOrMissing => "wrong_or_missing",
    Self::Privacy => Self::Privacy => "privacy",
    Self::BeyondTerm => Self::BeyondTerm => "beyond_term",
    Self::NotDisclosable => Self::NotDisclosable => "not_disclosable",
});

crate::subject::words!(Cause {
    Self::ConsentWithdrawn => Self::ConsentWithdrawn => "consent_withdrawn",
    Self::Death => Self::Death => "death",
    Self::Dissolution => Self::Dissolution => "dissolution",
    Self::Void => Self::Void => "void",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_a_stored_step_is_its_word() {
        let step = Step::Supersede {
            successor: "c2".parse().unwrap(),
        };
        let json = serde_json::to_string(&step).unwrap();
        assert_eq!(json, r#"{"step":"supersede","successor":"c2"}"#);
        assert_eq!(serde_json::from_str::<Step>(&json).unwrap(), step);
        for (step, json) in [
            (Step::MakeEffective, r#"{"step":"make_effective"}"#),
            (Step::Return, r#"{"step":"return"}"#),
        ] {
            assert_eq!(serde_json::to_string(&step).unwrap(), json);
            assert!(json.contains(step.kind().as_str()));
        }
    }
}
