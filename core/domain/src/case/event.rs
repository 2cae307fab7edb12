//! What the processes of ratings and titles share: who acts, why, when, and what is kept of it.
//!
//! Every event has an actor, a time, a reason and the rules in force (`domain.md` D.2); a person
//! has one role in one process, so nobody judges what he has collected.

use std::collections::BTreeSet;

use super::Role;
use super::terms::Timetable;
use crate::error::ErrorCode;
use crate::hash::Hash;
use crate::id::OfficerId;
use crate::time::AtMs;

/// The steps of a process: what each needs, its name, and its word.
macro_rules! steps {
    ($(#[$step_doc:meta])* $step:ident, $kind:ident:
     $($(#[$doc:meta])* $name:ident
       $({ $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ })? => $word:literal,)+) => {
        $(#[$step_doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "step", rename_all = "snake_case")]
        pub enum $step {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: $type,)+ })?,)+
        }

        /// A step by its name alone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {
            $($(#[$doc])* $name,)+
        }

        impl $step {
            /// Its name.
            #[must_use]
            pub const fn kind(&self) -> $kind {
                match self { $(Self::$name { .. } => $kind::$name,)+ }
            }
        }

        impl $kind {
            /// Every step, in the order of the process.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }

        crate::subject::words!($kind {
            $(Self::$name => Self::$name => $word,)+
        });
    };
}
pub(super) use steps;

/// Who does a step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum By {
    /// A person of the service.
    Officer {
        /// Who.
        officer: OfficerId,
        /// In what role.
        role: Role,
    },
    /// The subject itself, or somebody from the public.
    Subject,
    /// The service, on a rule that leaves no choice: a clock, an arrival, a computation.
    Rule,
}

/// In what capacity a step may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    /// As a person with this role.
    As(Role),
    /// As the subject or the public.
    Subject,
    /// As the service itself.
    Rule,
}

/// Why a step was done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// A code: 1 to 64 of `A–Z`, `a–z`, `0–9`, `_`, `.` and `-`.
    pub code: String,
    /// The same in words, at most 2,000 characters; a decision needs them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// One step that was done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Event<Step, State> {
    /// Its place in the history, from 1.
    pub n: u64,
    /// What was done.
    pub step: Step,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// By whom.
    pub by: By,
    /// Why.
    pub reason: Reason,
    /// When, by the server's clock.
    pub at: AtMs,
    /// When, by the clock of the device that it was done on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_at: Option<AtMs>,
    /// SHA-256 of the rule pack in force.
    pub pack: Hash,
}

/// What a step is judged against besides the process itself.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The server's clock.
    pub at: AtMs,
    /// The device's clock, if a device sent the step.
    pub device_at: Option<AtMs>,
    /// How many events the actor has seen; any other number is stale.
    pub version: u64,
    /// SHA-256 of the rule pack in force.
    pub pack: Hash,
    /// The working days that are known and the terms in force.
    pub timetable: &'a Timetable,
    /// Officers with a conflict of interest toward the subject (`domain.md` D.1).
    pub barred: &'a BTreeSet<OfficerId>,
    /// Whether the subject's consent to the collection is in force (`domain.md` L-02).
    pub has_consent: bool,
}

/// One row of a table of transitions.
#[derive(Debug, Clone, Copy)]
pub struct Transition<Kind: 'static, State: 'static> {
    /// The states that it starts from.
    pub from: &'static [State],
    /// The step.
    pub step: Kind,
    /// The state that it leads to; `None`: the state stays.
    pub to: Option<State>,
    /// Who may do it.
    pub by: &'static [Capacity],
    /// What must hold besides, in a few words.
    pub when: &'static str,
}

/// Why a step was not done; the process is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct CaseError {
    /// What is wrong.
    pub code: ErrorCode,
    /// The figures of the rule by name (`state`, `step`, `until`), for the text.
    pub args: Vec<(&'static str, String)>,
}

impl By {
    /// The person, if it is one.
    #[must_use]
    pub const fn officer(&self) -> Option<&OfficerId> {
        match self {
            Self::Officer { officer, .. } => Some(officer),
            Self::Subject | Self::Rule => None,
        }
    }

    /// In what capacity.
    #[must_use]
    pub const fn capacity(&self) -> Capacity {
        match self {
            Self::Officer { role, .. } => Capacity::As(*role),
            Self::Subject => Capacity::Subject,
            Self::Rule => Capacity::Rule,
        }
    }
}

impl Capacity {
    /// The word in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::As(role) => role.as_str(),
            Self::Subject => "subject",
            Self::Rule => "rule",
        }
    }
}

impl Reason {
    /// A reason that its code says in full.
    #[must_use]
    pub fn code(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            text: String::new(),
        }
    }

    /// A reason in words.
    #[must_use]
    pub fn new(code: &str, text: &str) -> Self {
        Self {
            code: code.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Whether it can stand in a history, with words if the step `needs_text`.
    pub(super) fn check(&self, needs_text: bool) -> Result<(), CaseError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        let code = (1..=64).contains(&self.code.len()) && self.code.bytes().all(allowed);
        let text = self.text.chars().count() <= 2_000;
        if code && text && !(needs_text && self.text.trim().is_empty()) {
            Ok(())
        } else {
            Err(CaseError::new(ErrorCode::CaseReason))
        }
    }
}

impl CaseError {
    /// An error without figures.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            args: Vec::new(),
        }
    }

    /// The same with one more figure.
    #[must_use]
    pub fn with(mut self, name: &'static str, figure: impl ToString) -> Self {
        self.args.push((name, figure.to_string()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_without_a_code_or_a_decision_without_words_is_refused() {
        let refused = Err(CaseError::new(ErrorCode::CaseReason));
        assert_eq!(Reason::code("").check(false), refused);
        assert_eq!(Reason::code("two words").check(false), refused);
        assert_eq!(Reason::new("ok", "  ").check(true), refused);
        assert_eq!(Reason::new("ok", &"长".repeat(2_001)).check(true), refused);
        assert_eq!(
            Reason::new("R41_STOCK", &"长".repeat(2_000)).check(true),
            Ok(())
        );
        assert_eq!(Reason::code("clock").check(false), Ok(()));
    }

    #[test]
    fn an_actor_keeps_his_written_form() {
        let by = By::Officer {
            officer: "o1".parse().unwrap(),
            role: Role::Reviewer,
        };
        let json = serde_json::to_string(&by).unwrap();
        assert_eq!(json, r#"{"by":"officer","officer":"o1","role":"reviewer"}"#);
        assert_eq!(serde_json::from_str::<By>(&json).unwrap(), by);
    }
}
