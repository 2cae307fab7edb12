//! Official lists as they were imported: court defaulters, seriously dishonest subjects, abnormal
//! operation (`domain.md` B.3, SR-44, SR-45, L-30).
//!
//! Nothing here makes a list. An entry names the law that its list rests on, the body that keeps
//! it, the version of the catalogue that knows the list, and its first day, or it is no
//! [`ListEntry`]: the fields of one cannot be set from outside, and every way to one, reading
//! stored bytes included, passes the same checks.

use jiff::civil::Date;

use super::{CreditClass, VetoFact, is_default};
use crate::case::deadline::adverse_stops_on;
use crate::error::{ErrorCode, Violation};
use crate::pack::{ListKind, ListVersions, vocabulary};

vocabulary! {
    /// A list that the law knows.
    OfficialList {
        /// 失信被执行人, kept by courts.
        CourtDefaulters => "court_defaulters",
        /// 严重失信主体名单.
        SeriouslyDishonest => "seriously_dishonest",
        /// 严重违法失信名单 of market supervision: an entity that is on it is not rated.
        SeriousViolations => "serious_violations",
        /// 经营异常名录: caps the grade of an entity, no veto.
        AbnormalOperation => "abnormal_operation",
    }
}

vocabulary! {
    /// The level of the body that keeps a list.
    BodyLevel {
        /// 嘎查村: never lawful.
        Village => "village",
        /// 苏木乡镇: never lawful.
        Township => "township",
        /// 旗县.
        Banner => "banner",
        /// 盟市.
        League => "league",
        /// 自治区.
        Region => "region",
        /// 国家.
        State => "state",
    }
}

/// An entry of an official list, checked.
///
/// ```compile_fail
/// // The fields of an entry are not open: no code can write one around the checks.
/// fn made_up(fields: itgel_domain::register::ListEntryFields) -> itgel_domain::register::ListEntry {
///     itgel_domain::register::ListEntry { fields }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "ListEntryFields", into = "ListEntryFields")]
pub struct ListEntry {
    fields: ListEntryFields,
}

/// What an entry says, before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListEntryFields {
    /// The list.
    pub list: OfficialList,
    /// The version of the catalogue that knows the list (SR-44).
    pub list_version: String,
    /// The item of that catalogue.
    pub item: String,
    /// The law, regulation or State Council document that the list rests on.
    pub legal_basis: String,
    /// The court or department that keeps it.
    pub issued_by: String,
    /// Its level: banner or higher (SR-45).
    pub level: BodyLevel,
    /// Reference of the source.
    pub reference: String,
    /// First day on the list.
    pub listed_on: Date,
    /// The day of removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_on: Option<Date>,
    /// The day of repair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired_on: Option<Date>,
    /// The subject is a person, so that the entry is deleted five years after its end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub of_person: bool,
    /// A pending objection that the source body has accepted suspends the entry.
    #[serde(default, skip_serializing_if = "is_default")]
    pub objection_accepted: bool,
}

/// Fields that make no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no entry of an official list")]
pub struct ListEntryError {
    /// What is wrong, all of it.
    pub faults: Vec<Violation>,
}

impl OfficialList {
    /// The code of the veto of the shipped packs, where the list is one (`domain.md` B.3).
    #[must_use]
    pub const fn veto(self) -> Option<&'static str> {
        match self {
            Self::CourtDefaulters => Some("V1"),
            Self::SeriouslyDishonest => Some("V2"),
            Self::SeriousViolations => Some("SERIOUS_LIST"),
            Self::AbnormalOperation => None,
        }
    }
}

impl BodyLevel {
    /// Whether a department of this level may keep such a list (SR-45).
    #[must_use]
    pub fn may_keep_lists(self) -> bool {
        self >= Self::Banner
    }
}

impl ListEntry {
    /// The entry, if it is lawful and complete and `versions` know its list.
    ///
    /// # Errors
    /// [`ListEntryError`] with every fault: [`ErrorCode::ListVersion`], [`ErrorCode::ListItem`],
    /// [`ErrorCode::ListBasis`], [`ErrorCode::RecordBody`], [`ErrorCode::ListBodyLevel`],
    /// [`ErrorCode::RecordDates`].
    pub fn new(fields: ListEntryFields, versions: &ListVersions) -> Result<Self, ListEntryError> {
        let mut faults = faults(&fields);
        let version = versions.find(ListKind::Catalogue, &fields.list_version);
        if version.is_none() && !is_blank(&fields.list_version) {
            faults.push(Violation::new("list_version", ErrorCode::ListVersion));
        }
        match version {
            Some(version) if faults.is_empty() => Ok(Self {
                fields: ListEntryFields {
                    list_version: version.to_owned(),
                    ..fields
                },
            }),
            _ => Err(ListEntryError { faults }),
        }
    }

    /// What it says.
    #[must_use]
    pub const fn fields(&self) -> &ListEntryFields {
        &self.fields
    }

    /// The list.
    #[must_use]
    pub const fn list(&self) -> OfficialList {
        self.fields.list
    }

    /// The class of what it says.
    #[must_use]
    pub const fn class(&self) -> CreditClass {
        match self.fields.list {
            OfficialList::CourtDefaulters
            | OfficialList::SeriouslyDishonest
            | OfficialList::SeriousViolations => CreditClass::Serious,
            OfficialList::AbnormalOperation => CreditClass::General,
        }
    }

    /// The day on which it ended, by removal or repair, whichever came first.
    #[must_use]
    pub fn ended_on(&self) -> Option<Date> {
        let ends = [self.fields.removed_on, self.fields.repaired_on];
        ends.into_iter().flatten().min()
    }

    /// Whether the subject is on the list on `day`; on the day of removal it is not any more.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.fields.listed_on <= day && self.ended_on().is_none_or(|end| day < end)
    }

    /// Whether it is displayed on `day`: what was removed or repaired, or what the source itself
    /// doubts, is not (SR-36).
    #[must_use]
    pub fn is_shown_on(&self, day: Date) -> bool {
        self.holds_on(day) && !self.fields.objection_accepted
    }

    /// The day on which it is deleted: of a person five years after its end (`domain.md` L-06).
    #[must_use]
    pub fn delete_on(&self) -> Option<Date> {
        let end = self.ended_on().filter(|_| self.fields.of_person)?;
        Some(adverse_stops_on(end))
    }

    /// Whether both speak of the same listing with overlapping days: the same list, item and body
    /// under another reference.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (&self.fields, &other.fields);
        let is_same = (a.list, &a.item, &a.issued_by) == (b.list, &b.item, &b.issued_by);
        let begins_within =
            |x: &Self, y: &Self| y.ended_on().is_none_or(|end| x.fields.listed_on < end);
        is_same
            && a.reference != b.reference
            && begins_within(self, other)
            && begins_within(other, self)
    }

    /// The entry as a fact for the veto with this code.
    #[must_use]
    pub fn veto_fact(&self, code: &str) -> VetoFact {
        VetoFact {
            code: code.to_owned(),
            source: format!("{} {}", self.fields.issued_by, self.fields.reference),
            ended_on: self.ended_on(),
            objection_accepted: self.fields.objection_accepted,
        }
    }
}

impl TryFrom<ListEntryFields> for ListEntry {
    type Error = ListEntryError;

    /// For what was stored or sent: everything but whether the version is still known.
    fn try_from(fields: ListEntryFields) -> Result<Self, ListEntryError> {
        let faults = faults(&fields);
        if faults.is_empty() {
            Ok(Self { fields })
        } else {
            Err(ListEntryError { faults })
        }
    }
}

impl From<ListEntry> for ListEntryFields {
    fn from(entry: ListEntry) -> Self {
        entry.fields
    }
}

fn faults(fields: &ListEntryFields) -> Vec<Violation> {
    let over = |end: Option<Date>| end.is_some_and(|end| end < fields.listed_on);
    [
        (
            "list_version",
            is_blank(&fields.list_version),
            ErrorCode::ListVersion,
        ),
        ("item", is_blank(&fields.item), ErrorCode::ListItem),
        (
            "legal_basis",
            is_blank(&fields.legal_basis),
            ErrorCode::ListBasis,
        ),
        (
            "issued_by",
            is_blank(&fields.issued_by),
            ErrorCode::RecordBody,
        ),
        (
            "level",
            !fields.level.may_keep_lists(),
            ErrorCode::ListBodyLevel,
        ),
        (
            "reference",
            is_blank(&fields.reference),
            ErrorCode::ValueMissing,
        ),
        (
            "removed_on",
            over(fields.removed_on),
            ErrorCode::RecordDates,
        ),
        (
            "repaired_on",
            over(fields.repaired_on),
            ErrorCode::RecordDates,
        ),
    ]
    .into_iter()
    .filter(|(_, is_wrong, _)| *is_wrong)
    .map(|(field, _, code)| Violation::new(field, code))
    .collect()
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::shipped;
    use jiff::civil::date;

    fn versions() -> ListVersions {
        let rules = shipped::rules();
        rules.parameter_tables()[0].list_versions.clone()
    }

    fn fields() -> ListEntryFields {
        ListEntryFields {
            list: OfficialList::CourtDefaulters,
            list_version: "内蒙古自治区公共信用信息目录(2024版)".into(),
            item: "失信被执行人".into(),
            legal_basis: "最高人民法院关于公布失信被执行人名单信息的若干规定".into(),
            issued_by: "示例旗人民法院".into(),
            level: BodyLevel::Banner,
            reference: "（2026）示例执1号".into(),
            listed_on: date(2026, 3, 1),
            removed_on: None,
            repaired_on: None,
            of_person: true,
            objection_accepted: false,
        }
    }

    fn refused(change: fn(&mut ListEntryFields)) -> Vec<(String, ErrorCode)> {
        let mut fields = fields();
        change(&mut fields);
        let stored = serde_json::to_string(&fields).unwrap();
        let faults = ListEntry::new(fields, &versions()).unwrap_err().faults;
        let is_known = faults.iter().all(|f| f.code == ErrorCode::ListVersion);
        assert!(
            is_known || serde_json::from_str::<ListEntry>(&stored).is_err(),
            "stored bytes are no way around the checks"
        );
        faults.into_iter().map(|f| (f.field, f.code)).collect()
    }

    #[test]
    fn no_entry_is_made_without_law_body_level_version_item_and_first_day() {
        assert!(ListEntry::new(fields(), &versions()).is_ok());
        let one = |field: &str, code| vec![(field.to_owned(), code)];
        assert_eq!(
            refused(|f| f.legal_basis = " ".into()),
            one("legal_basis", ErrorCode::ListBasis)
        );
        assert_eq!(
            refused(|f| f.issued_by = String::new()),
            one("issued_by", ErrorCode::RecordBody)
        );
        assert_eq!(
            refused(|f| f.level = BodyLevel::Township),
            one("level", ErrorCode::ListBodyLevel)
        );
        assert_eq!(
            refused(|f| f.level = BodyLevel::Village),
            one("level", ErrorCode::ListBodyLevel)
        );
        assert_eq!(
            refused(|f| f.list_version = "本旗失信黑名单".into()),
            one("list_version", ErrorCode::ListVersion)
        );
        assert_eq!(
            refused(|f| f.item = String::new()),
            one("item", ErrorCode::ListItem)
        );
        assert_eq!(
            refused(|f| f.removed_on = Some(date(2026, 2, 28))),
            one("removed_on", ErrorCode::RecordDates)
        );
        let mut value = serde_json::to_value(fields()).unwrap();
        value.as_object_mut().unwrap().remove("listed_on");
        assert!(serde_json::from_value::<ListEntry>(value).is_err());
    }

    #[test]
    fn on_the_day_of_removal_or_repair_nobody_is_on_the_list_any_more() {
        let entry = |removed, repaired| {
            let fields = ListEntryFields {
                removed_on: removed,
                repaired_on: repaired,
                ..fields()
            };
            ListEntry::new(fields, &versions()).unwrap()
        };
        let open = entry(None, None);
        assert!(!open.holds_on(date(2026, 2, 28)) && open.holds_on(date(2026, 3, 1)));
        assert_eq!(open.delete_on(), None);
        let removed = entry(Some(date(2026, 9, 1)), None);
        assert!(removed.holds_on(date(2026, 8, 31)) && !removed.holds_on(date(2026, 9, 1)));
        let both = entry(Some(date(2026, 9, 1)), Some(date(2026, 7, 1)));
        assert_eq!(both.ended_on(), Some(date(2026, 7, 1)));
        assert_eq!(both.delete_on(), Some(date(2031, 7, 1)));
    }

    #[test]
    fn the_same_listing_twice_overlaps_and_a_later_one_does_not() {
        let entry = |reference: &str, from, to| {
            let fields = ListEntryFields {
                reference: reference.into(),
                listed_on: from,
                removed_on: to,
                ..fields()
            };
            ListEntry::new(fields, &versions()).unwrap()
        };
        let first = entry("a", date(2025, 1, 1), Some(date(2025, 6, 1)));
        let within = entry("b", date(2025, 3, 1), None);
        let later = entry("c", date(2025, 6, 1), None);
        assert!(first.overlaps(&within) && within.overlaps(&first));
        assert!(!first.overlaps(&later) && !later.overlaps(&first));
        assert!(
            !first.overlaps(&first),
            "the same reference is a new revision"
        );
    }
}
