//! Between the records of the typed calls and the types of the device library.

use itgel_device::{DraftValue, Listed, Need, Record, RecordState, Summary, Trust};
use itgel_domain::assess::Assessment;
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::cycle::Cycle;
use itgel_domain::file::entry;
use itgel_domain::identity;
use itgel_domain::item::{Evidence, Observation, State, Value};
use itgel_domain::pack::RulePack;
use itgel_field::native;
use itgel_text::{self as text, Lang};

use crate::record::{
    Campaign, EvidenceLevel, Finding, Found, Graded, Person, ReasonGiven, Recipient, Standing,
    StoreState, SubjectRow, VisitRecord,
};

/// What a call means nothing with: a day, an identifier or a word that is none.
pub(crate) struct Malformed;

impl StoreState {
    pub(crate) fn of(
        (device, officer): (String, String),
        fingerprint: String,
        trust: &Trust,
        summary: Summary,
    ) -> Self {
        Self {
            device,
            officer,
            fingerprint,
            is_pending: trust.is_pending,
            granted_until_ms: trust.granted_until.map(|at| at.0),
            waiting: summary.waiting,
            needs_you: summary.needs_you,
        }
    }
}

impl From<Cycle> for Campaign {
    fn from(cycle: Cycle) -> Self {
        Self {
            id: cycle.id.to_string(),
            name: cycle.name,
            opens_on: cycle.opens_on.to_string(),
            closes_on: cycle.closes_on.to_string(),
        }
    }
}

impl From<Listed> for SubjectRow {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id.to_string(),
            kind: listed.kind.as_str().to_owned(),
            local_code: listed.local_code,
            name: listed.name,
            has_draft: listed.has_draft,
            waiting: listed.waiting,
            received: listed.received,
            needs_you: listed.needs_you,
            grade: listed.grade.map(|grade| grade.to_string()),
        }
    }
}

impl From<Person> for identity::Person {
    fn from(person: Person) -> Self {
        Self {
            role: person.role,
            full_name: person.full_name,
            name_mn: person.name_mn,
            id_number: person.id_number,
            phone: person.phone,
        }
    }
}

impl From<identity::Person> for Person {
    fn from(person: identity::Person) -> Self {
        Self {
            role: person.role,
            full_name: person.full_name,
            name_mn: person.name_mn,
            id_number: person.id_number,
            phone: person.phone,
        }
    }
}

impl Recipient {
    /// The lender and purpose that are named.
    pub(crate) fn read(self) -> Result<entry::Recipient, Malformed> {
        let purpose: Purpose = self.purpose.parse().map_err(|_| Malformed)?;
        Ok(entry::Recipient {
            lender: self.lender.parse().map_err(|_| Malformed)?,
            purpose,
        })
    }
}

impl Finding {
    /// The observation that is written so.
    pub(crate) fn read(self) -> Result<Observation, Malformed> {
        Ok(Observation {
            item: self.item.parse().map_err(|_| Malformed)?,
            state: match self.found {
                Found::Number { value } => State::Known(Value::Int(value)),
                Found::Words { value } => State::Known(Value::Text(value)),
                Found::NotApplicable => State::NotApplicable,
                Found::Unknown => State::Unknown,
                Found::Refused => State::Refused,
            },
            evidence: match self.evidence {
                EvidenceLevel::A => Evidence::A,
                EvidenceLevel::B => Evidence::B,
                EvidenceLevel::C => Evidence::C,
                EvidenceLevel::D => Evidence::D,
            },
            observed_on: self.observed_on.parse().map_err(|_| Malformed)?,
        })
    }
}

impl From<Observation> for Finding {
    fn from(observation: Observation) -> Self {
        Self {
            item: observation.item.to_string(),
            found: match observation.state {
                State::Known(Value::Int(value)) => Found::Number { value },
                State::Known(Value::Text(value)) => Found::Words { value },
                State::NotApplicable => Found::NotApplicable,
                State::Unknown => Found::Unknown,
                State::Refused => Found::Refused,
            },
            evidence: match observation.evidence {
                Evidence::A => EvidenceLevel::A,
                Evidence::B => EvidenceLevel::B,
                Evidence::C => EvidenceLevel::C,
                Evidence::D => EvidenceLevel::D,
            },
            observed_on: observation.observed_on.to_string(),
        }
    }
}

impl From<DraftValue> for Finding {
    fn from(value: DraftValue) -> Self {
        value.observation.into()
    }
}

impl Graded {
    pub(crate) fn of(lang: Lang, assessment: &Assessment, pack: &RulePack) -> Self {
        let range = &assessment.range;
        let reasons = assessment.reasons.iter();
        Self {
            low: range.low.map(|grade| grade.to_string()),
            high: range.high.map(|grade| grade.to_string()),
            low_score: range.low_score.to_string(),
            high_score: range.high_score.to_string(),
            pending: assessment.pending.clone(),
            missing: assessment.not_rated_for.clone(),
            reasons: reasons
                .map(|reason| given(lang, &reason.code, pack))
                .collect(),
            assessment_json: assessment.to_json(),
        }
    }
}

fn given(lang: Lang, code: &str, pack: &RulePack) -> ReasonGiven {
    let in_words = pack.reason_text(code);
    let title = || pack.title_of(code).unwrap_or(code);
    ReasonGiven {
        code: code.to_owned(),
        text: in_words
            .map_or_else(title, |reason| native::titled(lang, &reason.text))
            .to_owned(),
        hint: in_words
            .map_or("", |reason| native::titled(lang, &reason.hint))
            .to_owned(),
    }
}

impl VisitRecord {
    pub(crate) fn of(lang: Lang, record: Record) -> Self {
        Self {
            code: record.code,
            written_at_ms: record.written_at.map(|at| at.0),
            standing: match record.state {
                RecordState::Draft => Standing::Draft,
                RecordState::Waiting => Standing::Waiting,
                RecordState::Sending => Standing::Sending,
                RecordState::Received { at, .. } => Standing::Received {
                    at_ms: at.map(|at| at.0),
                },
                RecordState::NeedsYou(need) => needed(lang, need),
            },
        }
    }
}

fn needed(lang: Lang, need: Need) -> Standing {
    match need {
        Need::SetAside(code) => Standing::NeedsYou {
            code: Some(code.as_str().to_owned()),
            item: None,
            text: text::error(lang, code, &[]),
        },
        Need::OnlyHere { by, count } => Standing::NeedsYou {
            code: None,
            item: None,
            text: text::only_here(lang, by.as_ref(), count),
        },
        Need::Task { item, text } => Standing::NeedsYou {
            code: None,
            item: item.map(|item| item.to_string()),
            text,
        },
    }
}
