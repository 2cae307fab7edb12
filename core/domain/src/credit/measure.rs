//! Measures against the dishonest and incentives for the honest (SR-42, SR-43, SR-47, SR-49,
//! L-30): each names the version and the item of its list, a ground that stands, and goes through
//! initiation, response and feedback (发起、响应、反馈).
//!
//! A [`Measure`] cannot be written without version and item: its fields are closed, and reading
//! stored bytes refuses empty ones too. A grade is never a ground.

use jiff::civil::Date;
use serde::Deserialize as _;

use crate::error::{ErrorCode, Violation};
use crate::id::{MeasureId, OfficerId, SubjectId};
use crate::pack::{ListKind, ListVersions, Parameters, vocabulary};
use crate::register::{CreditClass, Gravity, OfficialList, RegisterContent};
use crate::time::AtMs;

vocabulary! {
    /// Against or for.
    MeasureKind {
        /// 失信惩戒, out of the national penalty list alone.
        Restraint => "restraint",
        /// 守信激励, out of the regional incentive list.
        Incentive => "incentive",
    }
}

vocabulary! {
    /// How hard a measure is, for its proportion to the ground (过惩相当).
    Strength {
        /// A reminder, closer supervision.
        Light => "light",
        /// Restricted favours and qualifications.
        Usual => "usual",
        /// What the law keeps for the listed.
        Strict => "strict",
    }
}

vocabulary! {
    /// Where a measure stands.
    MeasureState {
        /// Initiated, nobody has responded.
        Initiated => "initiated",
        /// Accepted, to be carried out.
        Accepted => "accepted",
        /// Declined.
        Declined => "declined",
        /// Carried out or not, and told so.
        FedBack => "fed_back",
        /// Ended with its ground.
        Ended => "ended",
    }
}

vocabulary! {
    /// Why a measure ended.
    EndReason {
        /// The ground was repaired.
        Repaired => "repaired",
        /// The ground was withdrawn, or taken back.
        Withdrawn => "withdrawn",
        /// The act was found to be no dishonesty.
        Exonerated => "exonerated",
        /// The subject was removed from the list.
        Removed => "removed",
        /// The ground does not stand any more: its publicity is over, or it is contested.
        Lapsed => "lapsed",
    }
}

/// What stands for a measure or against a subject on a day, by its place in the registers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// The register.
    pub register: String,
    /// The key within it.
    pub key: String,
}

/// What somebody wants to initiate.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Against or for.
    pub kind: MeasureKind,
    /// The version of the list.
    pub list_version: String,
    /// The item of the list.
    pub item: String,
    /// How hard it is.
    pub strength: Strength,
    /// The body that initiates it.
    pub body: String,
}

/// Who did something, for which body, and when.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// The person.
    pub by: OfficerId,
    /// The body.
    pub body: String,
    /// When.
    pub at: AtMs,
}

/// What the body that should carry it out said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Whether it will.
    pub accepted: bool,
    /// Why not, or how.
    pub reason: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// Whether it was carried out.
    pub done: bool,
    /// The document that shows it.
    pub evidence: String,
}

/// A measure or incentive on its way.
///
/// ```compile_fail
/// // No code can write a measure around its list: the fields are closed.
/// fn made_up(old: itgel_domain::credit::Measure) -> itgel_domain::credit::Measure {
///     itgel_domain::credit::Measure { item: String::new(), ..old }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    id: MeasureId,
    subject: SubjectId,
    kind: MeasureKind,
    #[serde(deserialize_with = "filled")]
    list_version: String,
    #[serde(deserialize_with = "filled")]
    item: String,
    strength: Strength,
    ground: Ground,
    initiated: Act,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    responded: Option<(Act, Response)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fed_back: Option<(Act, Feedback)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<(AtMs, EndReason)>,
}

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// The state does not allow it.
    #[error("the state of the measure does not allow the step")]
    State,
    /// The initiator cannot answer himself.
    #[error("another person must respond")]
    SecondPerson,
    /// A step without its reason, evidence or body.
    #[error("the step lacks its reason, evidence or body")]
    Reason,
}

impl MeasureError {
    /// The code of the error that an interface answers with.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::State => ErrorCode::MeasureStep,
            Self::SecondPerson => ErrorCode::SecondPerson,
            Self::Reason => ErrorCode::CaseReason,
        }
    }
}

impl MeasureKind {
    /// The list that holds its items.
    #[must_use]
    pub const fn list(self) -> ListKind {
        match self {
            Self::Restraint => ListKind::Penalty,
            Self::Incentive => ListKind::Incentive,
        }
    }
}

/// For what kind of measure a row is a ground on `day`, and how hard the measure may be
/// `[OWN]`: a minor dishonesty carries none, a general one no strict one, a listing any.
#[must_use]
pub fn ground_on(
    content: &RegisterContent,
    day: Date,
    parameters: &Parameters,
) -> Option<(MeasureKind, Strength)> {
    use MeasureKind::{Incentive, Restraint};
    match content {
        RegisterContent::PublicRecord(record) if record.stands_on(day, parameters) => {
            match (record.class, record.gravity) {
                (CreditClass::Positive, _) => Some((Incentive, Strength::Strict)),
                (CreditClass::General, Gravity::General) => Some((Restraint, Strength::Usual)),
                _ => None,
            }
        }
        RegisterContent::ListEntry(entry) if entry.is_shown_on(day) => {
            let most = match entry.list() {
                OfficialList::AbnormalOperation => Strength::Usual,
                OfficialList::CourtDefaulters
                | OfficialList::SeriouslyDishonest
                | OfficialList::SeriousViolations => Strength::Strict,
            };
            Some((Restraint, most))
        }
        RegisterContent::Honour(honour) => honour
            .holds_on(day)
            .then_some((Incentive, Strength::Strict)),
        RegisterContent::Commitment(made) => {
            let is_kept = !made.broken && made.settled_on.is_some_and(|on| on <= day);
            is_kept.then_some((Incentive, Strength::Strict))
        }
        _ => None,
    }
}

impl Measure {
    /// Initiates a measure on a ground.
    ///
    /// # Errors
    /// Every fault: [`ErrorCode::ListVersion`] for a version that is not known,
    /// [`ErrorCode::ListItem`] without an item, [`ErrorCode::RecordBody`] without a body,
    /// [`ErrorCode::MeasureGround`] if `allowed` is no ground for this kind,
    /// [`ErrorCode::MeasureProportion`] for a measure that is harder than the ground bears.
    pub fn initiate(
        (id, subject, ground): (MeasureId, SubjectId, Ground),
        proposal: Proposal,
        (by, at): (OfficerId, AtMs),
        allowed: Option<(MeasureKind, Strength)>,
        versions: &ListVersions,
    ) -> Result<Self, Vec<Violation>> {
        let version = versions.find(proposal.kind.list(), &proposal.list_version);
        let most = allowed.filter(|(kind, _)| *kind == proposal.kind);
        let too_hard = most.is_some_and(|(_, most)| proposal.strength > most);
        let faults: Vec<Violation> = [
            ("list_version", version.is_none(), ErrorCode::ListVersion),
            ("item", is_blank(&proposal.item), ErrorCode::ListItem),
            ("body", is_blank(&proposal.body), ErrorCode::RecordBody),
            ("ground", most.is_none(), ErrorCode::MeasureGround),
            ("strength", too_hard, ErrorCode::MeasureProportion),
        ]
        .into_iter()
        .filter(|(_, is_wrong, _)| *is_wrong)
        .map(|(field, _, code)| Violation::new(field, code))
        .collect();
        match version {
            Some(version) if faults.is_empty() => Ok(Self {
                id,
                subject,
                kind: proposal.kind,
                list_version: version.to_owned(),
                item: proposal.item.trim().to_owned(),
                strength: proposal.strength,
                ground,
                initiated: Act {
                    by,
                    body: proposal.body,
                    at,
                },
                responded: None,
                fed_back: None,
                ended: None,
            }),
            _ => Err(faults),
        }
    }

    /// The body that should carry it out answers.
    ///
    /// # Errors
    /// [`MeasureError`].
    pub fn respond(mut self, act: Act, response: Response) -> Result<Self, MeasureError> {
        if self.state() != MeasureState::Initiated {
            return Err(MeasureError::State);
        }
        if act.by == self.initiated.by {
            return Err(MeasureError::SecondPerson);
        }
        if is_blank(&response.reason) || is_blank(&act.body) {
            return Err(MeasureError::Reason);
        }
        self.responded = Some((act, response));
        Ok(self)
    }

    /// The body that accepted it says what came of it.
    ///
    /// # Errors
    /// [`MeasureError`].
    pub fn feed_back(mut self, act: Act, feedback: Feedback) -> Result<Self, MeasureError> {
        if self.state() != MeasureState::Accepted {
            return Err(MeasureError::State);
        }
        if is_blank(&feedback.evidence) || is_blank(&act.body) {
            return Err(MeasureError::Reason);
        }
        self.fed_back = Some((act, feedback));
        Ok(self)
    }

    /// Ends it with its ground: all penalties stop (`domain.md` L-12).
    ///
    /// # Errors
    /// [`MeasureError::State`] if it has ended or was declined.
    pub fn end(mut self, at: AtMs, why: EndReason) -> Result<Self, MeasureError> {
        if !self.is_open() {
            return Err(MeasureError::State);
        }
        self.ended = Some((at, why));
        Ok(self)
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> MeasureState {
        match (&self.ended, &self.fed_back, &self.responded) {
            (Some(_), ..) => MeasureState::Ended,
            (None, Some(_), _) => MeasureState::FedBack,
            (None, None, Some((_, response))) if response.accepted => MeasureState::Accepted,
            (None, None, Some(_)) => MeasureState::Declined,
            (None, None, None) => MeasureState::Initiated,
        }
    }

    /// Whether it still binds anybody, or may come to.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.state(), MeasureState::Declined | MeasureState::Ended)
    }

    /// Whether a body has accepted it and it has not ended.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        matches!(self.state(), MeasureState::Accepted | MeasureState::FedBack)
    }

    /// Its identifier.
    #[must_use]
    pub const fn id(&self) -> &MeasureId {
        &self.id
    }

    /// Whom it is about.
    #[must_use]
    pub const fn subject(&self) -> &SubjectId {
        &self.subject
    }

    /// Against or for.
    #[must_use]
    pub const fn kind(&self) -> MeasureKind {
        self.kind
    }

    /// The version of its list.
    #[must_use]
    pub fn list_version(&self) -> &str {
        &self.list_version
    }

    /// The item of its list.
    #[must_use]
    pub fn item(&self) -> &str {
        &self.item
    }

    /// How hard it is.
    #[must_use]
    pub const fn strength(&self) -> Strength {
        self.strength
    }

    /// What it rests on.
    #[must_use]
    pub const fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Who initiated it.
    #[must_use]
    pub const fn initiated(&self) -> &Act {
        &self.initiated
    }
}

/// A text that is not blank.
fn filled<'de, D: serde::Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    if is_blank(&text) {
        return Err(serde::de::Error::custom("a measure names list and item"));
    }
    Ok(text)
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
