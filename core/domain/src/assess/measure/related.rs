//! Persons behind an entity or a collective (`domain.md` E1.5, C1.5): a person who is named several
//! times counts once, since only the lowest grade and the worst record decide (G 48).

use super::Reading;
use super::probe::{Missing, Probe};
use super::standing::counts;
use crate::pack::{CaseName, FactRule};
use crate::register::RelatedStanding;
use crate::subject::Grade;

/// The lowest grade of the persons' households; a household without an effective grade is not
/// rated, and nobody on record is unknown.
pub(super) fn grade(p: &Probe<'_>) -> Option<Reading> {
    let grades = p.persons().map(|person| person.grade.unwrap_or(Grade::N));
    match grades.max_by_key(|grade| worth(*grade)) {
        Some(lowest) => Some(Reading::Case(case_of(lowest))),
        None => p.miss(Missing::Unknown),
    }
}

/// The worst record of the persons; nobody on record is unknown.
pub(super) fn record(p: &Probe<'_>, serious: &[FactRule]) -> Option<Reading> {
    let worst = p.persons().map(|person| {
        if is_serious(p, person, serious) {
            2
        } else {
            i32::from(has_general_record(p, person))
        }
    });
    let case = match worst.max() {
        Some(2) => CaseName::Serious,
        Some(1) => CaseName::General,
        Some(_) => CaseName::Clean,
        None => return p.miss(Missing::Unknown),
    };
    Some(Reading::Case(case))
}

/// A grade as a case.
pub(super) const fn case_of(grade: Grade) -> CaseName {
    match grade {
        Grade::Aaa => CaseName::Aaa,
        Grade::Aa => CaseName::Aa,
        Grade::A => CaseName::A,
        Grade::B => CaseName::B,
        Grade::C => CaseName::C,
        Grade::N => CaseName::N,
        Grade::V => CaseName::V,
    }
}

/// Places grades as E1.5 does: not rated is better than B.
const fn worth(grade: Grade) -> u8 {
    match grade {
        Grade::Aaa => 0,
        Grade::Aa => 1,
        Grade::A => 2,
        Grade::N => 3,
        Grade::B => 4,
        Grade::C => 5,
        Grade::V => 6,
    }
}

fn is_serious(p: &Probe<'_>, person: &RelatedStanding, serious: &[FactRule]) -> bool {
    let as_of = p.inputs.as_of;
    serious.iter().any(|rule| {
        let (mut facts, mut entries) = (person.vetoes.iter(), person.official_lists.iter());
        facts.any(|fact| rule.stands(fact, as_of))
            || entries.any(|entry| rule.is_listed(entry, as_of))
    })
}

fn has_general_record(p: &Probe<'_>, person: &RelatedStanding) -> bool {
    let mut records = person.public_records.iter();
    records.any(|record| counts(p.inputs, record))
}
