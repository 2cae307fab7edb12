//! Public credit records: the five classes of public credit information with their catalogue
//! item, recording body, days and rights (`domain.md` B.1.11, SR-12 to SR-20, SR-40).
//!
//! A record comes as its source keeps it. What of it counts on a day is decided by the scorer,
//! what of it is shown by [`PublicRecord::is_open_on`]. A record of serious dishonesty is never
//! made here: it is an entry of an official list ([`super::ListEntry`]) or it is nothing (SR-44).

use jiff::civil::Date;

use super::is_default;
use crate::case::deadline::adverse_stops_on;
use crate::error::{ErrorCode, Violation};
use crate::pack::{ListKind, ListVersions, Parameters, vocabulary};
use crate::subject::SubjectKind;

vocabulary! {
    /// The five classes of public credit information (SR-12, SR-13): one list everywhere.
    CreditClass {
        /// 基础信息.
        Basic => "basic",
        /// 增信信息.
        Positive => "positive",
        /// 一般失信信息: the only class that deducts (`domain.md` B.1.13).
        General => "general",
        /// 严重失信信息: only as an entry of an official list.
        Serious => "serious",
        /// 风险提示信息: never scored, forces human review (`domain.md` B.1.14).
        Tip => "tip",
    }
}

vocabulary! {
    /// Whom a record is about (SR-16).
    SubjectForm {
        /// 自然人: adverse records end five years after the behaviour.
        NaturalPerson => "natural_person",
        /// 法人.
        LegalPerson => "legal_person",
        /// 非法人组织.
        Unincorporated => "unincorporated",
    }
}

vocabulary! {
    /// How grave a dishonesty is, for its publicity term (`domain.md` L-31).
    Gravity {
        /// 轻微: normally not published.
        Minor => "minor",
        /// 一般.
        General => "general",
        /// 严重.
        Serious => "serious",
    }
}

vocabulary! {
    /// The ten publicity kinds of administrative acts (十公示, SR-20); the first two are those of
    /// 双公示 (SR-19).
    PublicityKind {
        /// 行政许可.
        Licence => "licence",
        /// 行政处罚.
        Penalty => "penalty",
        /// 行政强制.
        Coercion => "coercion",
        /// 行政确认.
        Confirmation => "confirmation",
        /// 行政征收.
        Levy => "levy",
        /// 行政给付.
        Payment => "payment",
        /// 行政裁决.
        Ruling => "ruling",
        /// 行政补偿.
        Compensation => "compensation",
        /// 行政奖励.
        Award => "award",
        /// 行政监督检查.
        Inspection => "inspection",
    }
}

vocabulary! {
    /// Why an act is no dishonesty (容错, SR-40).
    ExonerationGround {
        /// 不可抗力.
        ForceMajeure => "force_majeure",
        /// 难以预见.
        Unforeseeable => "unforeseeable",
        /// 工作失误, in good faith.
        GoodFaithMistake => "good_faith_mistake",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that declares vocabularies marks no default"
)]
mod defaults {
    use super::{CreditClass, Gravity, SubjectForm};

    impl Default for CreditClass {
        fn default() -> Self {
            Self::General
        }
    }

    impl Default for SubjectForm {
        fn default() -> Self {
            Self::NaturalPerson
        }
    }

    impl Default for Gravity {
        fn default() -> Self {
            Self::General
        }
    }
}

/// A decision that an act is no dishonesty: the record never counts (SR-40).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exoneration {
    /// Why.
    pub ground: ExonerationGround,
    /// The day of the decision.
    pub decided_on: Date,
    /// Reference of the decision.
    pub decision: String,
}

/// A public credit record of the class that it names; without a class a record of general
/// dishonesty (一般失信) of a natural person.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicRecord {
    /// Reference of the source: the number of its document.
    pub reference: String,
    /// The class.
    #[serde(default, skip_serializing_if = "is_default")]
    pub class: CreditClass,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: SubjectForm,
    /// How grave it is; of a record that is no dishonesty without meaning.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gravity: Gravity,
    /// The kind of administrative act; absent for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PublicityKind>,
    /// The item of the public credit catalogue; without one the record does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_item: Option<String>,
    /// The version of that catalogue (SR-14); without a known one the record does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue_version: Option<String>,
    /// The body that is responsible for the record (SR-31).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub recorded_by: String,
    /// The day of the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Date>,
    /// The day on which the decision was reported to the platform (双公示, SR-19).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_on: Option<Date>,
    /// First day of the publicity period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_from: Option<Date>,
    /// Last day of the publicity period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_to: Option<Date>,
    /// The day on which the behaviour ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// The day of repair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired_on: Option<Date>,
    /// The day on which the source withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_on: Option<Date>,
    /// The act is no dishonesty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exonerated: Option<Exoneration>,
    /// A pending objection that the source body has accepted suspends the record.
    #[serde(default, skip_serializing_if = "is_default")]
    pub objection_accepted: bool,
}

impl CreditClass {
    /// Whether a record of this class speaks against the subject.
    #[must_use]
    pub const fn is_adverse(self) -> bool {
        matches!(self, Self::General | Self::Serious)
    }
}

impl SubjectForm {
    /// Whether a subject of `kind` can have this form: a household is rated by its people, an
    /// organisation is a legal person or an unincorporated body.
    #[must_use]
    pub const fn fits(self, kind: SubjectKind) -> bool {
        let is_person = matches!(self, Self::NaturalPerson);
        match kind {
            SubjectKind::Household => is_person,
            SubjectKind::Entity(_)
            | SubjectKind::Collective
            | SubjectKind::Village
            | SubjectKind::Township => !is_person,
        }
    }
}

impl PublicRecord {
    /// Whether it is displayed and used on `day`: inside its publicity, not repaired, withdrawn,
    /// exonerated, suspended, nor beyond the five years of a natural person.
    #[must_use]
    pub fn is_open_on(&self, day: Date) -> bool {
        let over = |end: Option<Date>| end.is_some_and(|end| end <= day);
        self.catalogue_item.is_some()
            && self.exonerated.is_none()
            && !self.objection_accepted
            && !over(self.repaired_on)
            && !over(self.withdrawn_on)
            && self.published_to.is_none_or(|last| day <= last)
            && !over(self.delete_on().filter(|_| self.ended_on.is_some()))
    }

    /// Whether it was repaired, withdrawn or exonerated.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        self.repaired_on.is_some() || self.withdrawn_on.is_some() || self.exonerated.is_some()
    }

    /// The same under the catalogues and the publicity terms of `parameters`: its catalogue
    /// version is known, and the longest term of its gravity is not over (`domain.md` L-31).
    #[must_use]
    pub fn stands_on(&self, day: Date, parameters: &Parameters) -> bool {
        let version = self.catalogue_version.as_deref();
        let known = |name| parameters.list_versions.find(ListKind::Catalogue, name);
        self.is_open_on(day)
            && version.and_then(known).is_some()
            && self
                .longest_publicity(parameters, day)
                .is_none_or(|last| day <= last)
    }

    /// The last day on which the law lets it be published, if there is a term for its gravity on
    /// `day` and the record says when its publicity began.
    #[must_use]
    pub fn longest_publicity(&self, parameters: &Parameters, day: Date) -> Option<Date> {
        if !self.class.is_adverse() {
            return None;
        }
        let term = parameters.publicity_terms.on(self.gravity, day)?;
        let began = self.published_from.or(self.decided_on)?;
        // A term that came into force later runs for old records from its own first day.
        let from = began.max(term.from);
        Some(from.saturating_add(jiff::Span::new().months(term.max_months)))
    }

    /// The day on which an adverse record of a natural person is deleted: five years after the
    /// end of the behaviour, which lies at the latest where it was repaired or withdrawn
    /// (`domain.md` L-06). `None`: it is kept.
    #[must_use]
    pub fn delete_on(&self) -> Option<Date> {
        if self.form != SubjectForm::NaturalPerson || !self.class.is_adverse() {
            return None;
        }
        let settled = [self.repaired_on, self.withdrawn_on];
        let end = self.ended_on.or(settled.into_iter().flatten().min())?;
        Some(adverse_stops_on(end))
    }

    /// Everything that keeps it from being entered for a subject of `kind`.
    #[must_use]
    pub fn faults(
        &self,
        kind: SubjectKind,
        versions: &ListVersions,
        today: Date,
    ) -> Vec<Violation> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code| faults.push(Violation::new(field, code));
        if self.class == CreditClass::Serious || self.gravity == Gravity::Serious {
            fault("class", ErrorCode::RecordSerious);
        }
        if !self.form.fits(kind) {
            fault("form", ErrorCode::RecordForm);
        }
        if self.reference.trim().is_empty() {
            fault("reference", ErrorCode::ValueMissing);
        }
        if self.recorded_by.trim().is_empty() {
            fault("recorded_by", ErrorCode::RecordBody);
        }
        if self.catalogue_item.as_deref().is_none_or(is_blank) {
            fault("catalogue_item", ErrorCode::RecordCatalogueItem);
        }
        let version = self.catalogue_version.as_deref().unwrap_or_default();
        if versions.find(ListKind::Catalogue, version).is_none() {
            fault("catalogue_version", ErrorCode::CatalogueVersion);
        }
        for field in self.days_out_of_order(today) {
            fault(field, ErrorCode::RecordDates);
        }
        faults
    }

    /// The fields whose day is missing, lies in the future or before the decision.
    fn days_out_of_order(&self, today: Date) -> Vec<&'static str> {
        let Some(decided) = self.decided_on.filter(|day| *day <= today) else {
            return vec!["decided_on"];
        };
        let after = |day: Option<Date>| day.is_some_and(|day| day < decided);
        let past = |day: Option<Date>| day.is_some_and(|day| day > today);
        let reversed = match (self.published_from, self.published_to) {
            (Some(from), Some(to)) => to < from,
            _ => false,
        };
        let exonerated = self.exonerated.as_ref().map(|e| e.decided_on);
        [
            ("reported_on", self.reported_on, true),
            ("published_from", self.published_from, false),
            ("repaired_on", self.repaired_on, true),
            ("withdrawn_on", self.withdrawn_on, true),
            ("exonerated", exonerated, true),
        ]
        .into_iter()
        .filter(|(_, day, is_past)| after(*day) || (*is_past && past(*day)))
        .map(|(field, ..)| field)
        .chain(reversed.then_some("published_to"))
        .collect()
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests;
