//! The first half of an assessment: facts and context become a value for each part of each
//! indicator. Nothing here knows points; nothing after this reads facts.

mod absence;
mod capacity;
mod collective;
mod credit;
mod division;
mod entity;
mod herd;
mod household;
mod joint;
mod pasture;
mod probe;
mod related;
mod standing;

pub(super) use self::capacity::{is_far_above_quota, legal_overstock};
pub(super) use self::herd::{GRAZING, Herd, PENNED, classes};
pub use self::joint::counted;
pub(super) use self::joint::{belongs_to, misses_count};
pub(super) use self::pasture::Plots;
pub(super) use self::probe::{Probe, Sight};

use super::Quotient;
use super::inputs::{Facts, Inputs};
use crate::item::{Evidence, Value};
use crate::pack::{
    Cap, CapSubject, CaseName, Denominator, FactRule, MeasureName, Part, Stated, TableName,
};
use crate::register::Relation;

/// What a measure found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A value for one set of bands.
    Value(TableName, Quotient),
    /// Two values for two sets of bands, of which the better counts.
    Better([(TableName, Quotient); 2]),
    /// A case by name.
    Case(CaseName),
    /// The peer evaluation is not held yet.
    Pending,
    /// Does not apply.
    NotApplicable,
    /// Asked and not obtained.
    Unknown,
    /// Consent withheld.
    Refused,
}

/// A reading and the weakest evidence behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sourced {
    /// What was found.
    pub reading: Reading,
    /// The weakest evidence of the values behind it.
    pub evidence: Evidence,
}

/// What one part of an indicator measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Without the disaster rule.
    pub plain: Sourced,
    /// Under the disaster rule, where it holds and gives another value.
    pub relieved: Option<Sourced>,
}

/// Everything that scoring needs: the prepared columns of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measures {
    /// The parts of all indicators, one indicator after another.
    pub parts: Vec<Measured>,
    /// The value of each cap that has a measure of its own.
    pub caps: Vec<Option<Measured>>,
    /// Caps whose further condition is met, by place; a cap without one counts as met.
    pub cap_conditions: u32,
    /// Points of all bonuses, in hundredths, before their maximum.
    pub bonus: i64,
    /// Points deducted, in hundredths.
    pub deduction: i64,
    /// Vetoes that stand, by place: without and with the disaster rule.
    pub vetoes: [u32; 2],
    /// Core fields that are missing, by place.
    pub core_missing: u32,
    /// Conditions of eligibility that are not met, by place.
    pub ineligible: u32,
    /// A declared disaster reaches the subject.
    pub relief: bool,
}

impl Measures {
    /// Whether the peer evaluation is still to come.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.parts
            .iter()
            .any(|p| p.plain.reading == Reading::Pending)
    }
}

/// Measures a subject. `facts` are those of `inputs` with every conflict settled.
#[must_use]
pub fn measure(inputs: &Inputs, facts: &Facts) -> Measures {
    let sight = &Sight::new(inputs, facts);
    let pack = &inputs.pack;
    let relief = !inputs.context.disasters.is_empty();
    let mut parts = Vec::new();
    for indicator in &pack.indicators {
        let absent = absence::is_absent(indicator, sight);
        for part in &indicator.parts {
            parts.push(if absent || !part.is_for(inputs.subject_kind) {
                ABSENT
            } else {
                measured(sight, part.into(), relief)
            });
        }
    }
    let caps = pack.caps.iter().map(|cap| match cap.subject {
        Some(CapSubject::Measure(name)) => Some(measured(sight, Wanted::of_cap(name, cap), relief)),
        _ => None,
    });
    Measures {
        caps: caps.collect(),
        cap_conditions: standing::cap_conditions(inputs),
        bonus: bonuses(inputs).map(|(_, points)| points.0).sum(),
        deduction: standing::deduction(inputs).0,
        vetoes: [
            standing::vetoes(sight, false),
            standing::vetoes(sight, relief),
        ],
        core_missing: standing::core_missing(sight),
        ineligible: standing::ineligible(sight),
        relief,
        parts,
    }
}

/// The bonuses that a subject earned, by place in the pack.
pub(super) use self::standing::{bonuses, counted_records};

/// Reads one measure on its own: for gates and levels.
pub(super) fn value(
    inputs: &Inputs,
    facts: &Facts,
    name: MeasureName,
    denominator: Option<Denominator>,
) -> Option<Quotient> {
    let wanted = Wanted {
        denominator,
        ..Wanted::alone(name)
    };
    match read(&Sight::new(inputs, facts), wanted, false).reading {
        Reading::Value(_, value) => Some(value),
        _ => None,
    }
}

const ABSENT: Measured = Measured {
    plain: Sourced {
        reading: Reading::NotApplicable,
        evidence: Evidence::A,
    },
    relieved: None,
};

/// A measure with the choices that the pack made.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    name: MeasureName,
    stated: Option<&'a Stated>,
    denominator: Option<Denominator>,
    related: &'a [Relation],
    serious: &'a [FactRule],
}

impl<'a> Wanted<'a> {
    const fn alone(name: MeasureName) -> Self {
        Self {
            name,
            stated: None,
            denominator: None,
            related: &[],
            serious: &[],
        }
    }

    fn of_cap(name: MeasureName, cap: &'a Cap) -> Self {
        Self {
            related: &cap.related,
            ..Self::alone(name)
        }
    }
}

impl<'a> From<&'a Part> for Wanted<'a> {
    fn from(part: &'a Part) -> Self {
        Self {
            name: part.measure,
            stated: part.stated.as_ref(),
            denominator: part.denominator,
            related: &part.related,
            serious: &part.serious,
        }
    }
}

fn measured<'a>(sight: &'a Sight<'a>, wanted: Wanted<'a>, relief: bool) -> Measured {
    let plain = read(sight, wanted, false);
    // The state of this year governs: a missing value is not replaced by an earlier one.
    let eligible = relief && matches!(plain.reading, Reading::Value(..) | Reading::Case(_));
    let relieved = eligible
        .then(|| read(sight, wanted, true))
        .filter(|r| r.reading != plain.reading && matches!(r.reading, Reading::Value(..)));
    Measured { plain, relieved }
}

fn read<'a>(sight: &'a Sight<'a>, wanted: Wanted<'a>, relief: bool) -> Sourced {
    use MeasureName as M;
    let probe = Probe::new(sight, relief).with_related(wanted.related);
    let p = &probe;
    let found = match wanted.name {
        M::LoanDaysPastDue => credit::loan_days_past_due(p),
        M::CreditYears => credit::credit_years(p),
        M::DaysPastDueToday => credit::days_past_due_today(p),
        M::UnpaidObligations => p.int("finance.unpaid_obligations").map(whole),
        M::IncomePerHead => household::income_per_head(p),
        M::DebtShare => household::debt_share(p),
        M::DebtServiceShare => household::debt_service_share(p),
        M::NetAssets => household::net_assets(p),
        M::Facilities => household::facilities(p),
        M::WorkingMembers => p.int("household.working_members").map(whole),
        M::BannerYears => p.int("household.banner_years").map(whole),
        M::PeerMean => household::peer_mean(p),
        M::MonthsSinceFounded => household::months_since_founded(p),
        M::Scale => herd::scale(p),
        M::BreedingShare => herd::breeding_share(p),
        M::Survival => herd::survival(p),
        M::Offtake => herd::offtake(p),
        M::InsuredShare => herd::insured_share(p),
        M::FodderDays => herd::fodder_days(p),
        M::Overstock => capacity::overstock(p),
        M::BanViolations => capacity::ban_violations(p),
        M::Stated => stated(p, wanted.stated),
        M::RelatedGrade => related::grade(p),
        M::RelatedRecord => related::record(p, wanted.serious),
        M::OperatingYears => entity::operating_years(p),
        M::OperatingMonths => entity::operating_months(p),
        M::AnnualReports => entity::annual_reports(p),
        M::MemberMeetings => entity::member_meetings(p),
        M::NetMargin => entity::net_margin(p),
        M::DebtServiceCover => entity::debt_service_cover(p),
        M::BoundHouseholds => entity::bound_households(p),
        M::SurplusReturned => entity::surplus_returned(p),
        M::ContractSalesShare => entity::contract_sales_share(p),
        M::GrasslandCare => entity::grassland_care(p),
        M::MattersComplete => collective::matters_complete(p),
        M::IncomeGrowth => collective::income_growth(p),
        M::OperatingIncomeShare => collective::operating_income_share(p),
        M::ContractCollection => collective::contract_collection(p),
        other => division::read(p, other, wanted.denominator),
    };
    probe.sourced(found)
}

/// What was stated of an item: its number in the pack's unit, or its word.
fn stated(p: &Probe<'_>, stated: Option<&Stated>) -> Option<Reading> {
    let Stated { item, per } = stated?;
    let fact = p.facts.get(item);
    if let Some(Value::Text(_)) = fact.and_then(|f| f.state.value()) {
        return p.case_of(fact).map(Reading::Case);
    }
    let value = i128::from(p.int_of(fact)?);
    Some(main(Quotient::new(value * i128::from(per.1), per.0.into())))
}

/// A whole number for the only set of bands.
fn whole(value: i64) -> Reading {
    main(Quotient::whole(value))
}

/// A value for the only set of bands.
const fn main(value: Quotient) -> Reading {
    Reading::Value(TableName::Main, value)
}
