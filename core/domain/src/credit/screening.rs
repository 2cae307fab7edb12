//! Screening for a project (SR-48, SR-55): who is lawfully excluded, who is preferred under equal
//! conditions, and that everybody else is eligible.
//!
//! Only an entry of an official list, or a restraint out of the national list that was accepted,
//! excludes; a grade never does (`domain.md` 0.1.4). An honesty model, an honour, an incentive out
//! of its list or a credit rating in effect prefers.

use jiff::civil::Date;

use super::{Measure, MeasureKind, MeasureState, Strength};
use crate::pack::vocabulary;
use crate::register::{OfficialList, RegisterContent};

vocabulary! {
    /// What a screening comes to.
    Outcome {
        /// 不予受理: only for grounds that are told.
        Excluded => "excluded",
        /// 同等条件下优先.
        Preferred => "preferred",
        /// Neither.
        Eligible => "eligible",
        /// No such subject where the asker works.
        Unknown => "unknown",
    }
}

/// Why a subject is excluded or preferred: what a refusal must name, and no more.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// `list_entry`, `measure`, `honour` or `rating`.
    pub from: String,
    /// The list, the item of the measure, or the kind of honour.
    pub what: String,
    /// The version of the list or catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_version: Option<String>,
    /// The law that an official list rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// Screens a subject: what its registers say on `day`, the measures on it, and whether a credit
/// rating (AAA, AA, A) is in effect.
#[must_use]
pub fn screen<'a>(
    rows: impl IntoIterator<Item = &'a RegisterContent>,
    measures: &[Measure],
    has_credit_rating: bool,
    day: Date,
) -> (Outcome, Vec<Reason>) {
    let (mut against, mut for_it) = (Vec::new(), Vec::new());
    for content in rows {
        match content {
            // An unfinished annual report is no dishonesty: that list warns and excludes nobody.
            RegisterContent::ListEntry(entry)
                if entry.is_shown_on(day) && entry.list() != OfficialList::AbnormalOperation =>
            {
                let fields = entry.fields();
                against.push(Reason {
                    from: String::from("list_entry"),
                    what: entry.list().to_string(),
                    list_version: Some(fields.list_version.clone()),
                    legal_basis: Some(fields.legal_basis.clone()),
                    body: Some(fields.issued_by.clone()),
                });
            }
            RegisterContent::Honour(honour) if honour.holds_on(day) => {
                for_it.push(plain("honour", honour.kind.as_str()));
            }
            _ => {}
        }
    }
    for measure in measures.iter().filter(|measure| is_in_force(measure)) {
        let reason = Reason {
            list_version: Some(measure.list_version().to_owned()),
            body: Some(measure.initiated().body.clone()),
            ..plain("measure", measure.item())
        };
        match measure.kind() {
            MeasureKind::Incentive => for_it.push(reason),
            // A reminder restricts nothing.
            MeasureKind::Restraint if measure.strength() == Strength::Light => {}
            MeasureKind::Restraint => against.push(reason),
        }
    }
    if has_credit_rating {
        for_it.push(plain("rating", "credit"));
    }
    match (against.is_empty(), for_it.is_empty()) {
        (false, _) => (Outcome::Excluded, against),
        (true, false) => (Outcome::Preferred, for_it),
        (true, true) => (Outcome::Eligible, Vec::new()),
    }
}

/// Accepted, or carried out, and not ended.
fn is_in_force(measure: &Measure) -> bool {
    matches!(
        measure.state(),
        MeasureState::Accepted | MeasureState::FedBack
    )
}

fn plain(from: &str, what: &str) -> Reason {
    Reason {
        from: from.to_owned(),
        what: what.to_owned(),
        list_version: None,
        legal_basis: None,
        body: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::{
        BodyLevel, Honour, HonourLevel, ListEntry, ListEntryFields, PublicRecord, VetoFact,
    };
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 1);

    fn entry(list: OfficialList, removed_on: Option<Date>) -> RegisterContent {
        let fields = ListEntryFields {
            list,
            list_version: "内蒙古自治区公共信用信息目录（2024版）".into(),
            item: "示例".into(),
            legal_basis: "示例法律依据".into(),
            issued_by: "示例旗人民法院".into(),
            level: BodyLevel::Banner,
            reference: "示例1号".into(),
            listed_on: date(2026, 1, 1),
            removed_on,
            repaired_on: None,
            of_person: false,
            objection_accepted: false,
        };
        RegisterContent::ListEntry(ListEntry::try_from(fields).unwrap())
    }

    fn outcome(rows: &[RegisterContent], has_credit_rating: bool) -> Outcome {
        screen(rows, &[], has_credit_rating, DAY).0
    }

    #[test]
    fn only_a_lawful_list_excludes_and_it_says_by_which_law() {
        let listed = [entry(OfficialList::SeriouslyDishonest, None)];
        let (found, reasons) = screen(&listed, &[], true, DAY);
        assert_eq!(found, Outcome::Excluded, "whatever its grade");
        assert_eq!(reasons.len(), 1, "what speaks for it is not told beside");
        assert_eq!(reasons[0].legal_basis.as_deref(), Some("示例法律依据"));
        let veto = RegisterContent::Veto(VetoFact {
            code: "V3".into(),
            source: "示例联社".into(),
            ended_on: None,
            objection_accepted: false,
        });
        let record = RegisterContent::PublicRecord(PublicRecord::default());
        let warned = entry(OfficialList::AbnormalOperation, None);
        assert_eq!(outcome(&[veto, record, warned], false), Outcome::Eligible);
    }

    #[test]
    fn who_was_removed_from_a_list_is_not_excluded_any_more() {
        let removed = entry(OfficialList::CourtDefaulters, Some(DAY));
        assert_eq!(outcome(&[removed], false), Outcome::Eligible);
        let tomorrow = Some(date(2026, 11, 2));
        let still = entry(OfficialList::CourtDefaulters, tomorrow);
        assert_eq!(outcome(&[still], false), Outcome::Excluded);
    }

    #[test]
    fn the_honest_are_preferred_and_nobody_else_is_refused() {
        let honour = Honour::plain(HonourLevel::Banner, date(2026, 3, 1));
        let honoured = [RegisterContent::Honour(honour)];
        assert_eq!(outcome(&honoured, false), Outcome::Preferred);
        assert_eq!(outcome(&[], true), Outcome::Preferred);
        assert_eq!(outcome(&[], false), Outcome::Eligible);
    }
}
