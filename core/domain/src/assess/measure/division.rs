//! Shares and facts of villages and townships (`domain.md` B.6, B.7).

use super::probe::{Missing, Probe};
use super::related::case_of;
use super::{Reading, main, whole};
use crate::assess::Quotient;
use crate::pack::{CaseName, Denominator, MeasureName};
use crate::register::{DivisionFacts, Honesty};

/// Reads a measure of a division; a count that is absent is unknown (`domain.md` G 60).
pub(super) fn read(
    p: &Probe<'_>,
    measure: MeasureName,
    denominator: Option<Denominator>,
) -> Option<Reading> {
    use MeasureName as M;
    let Some(facts) = &p.inputs.context.division else {
        return p.miss(Missing::Unknown);
    };
    let of = |usual: Denominator| households(facts, denominator.unwrap_or(usual));
    match measure {
        M::FiledShare => share(facts.filed_households, of(Denominator::Resident)),
        M::CreditShare => share(facts.credit_households, of(Denominator::Rated)),
        M::OnTimeShare => share(facts.on_time_households, of(Denominator::Loan)),
        M::NplShare => npl_share(facts),
        M::RatedHouseholds => facts.rated_households.map(whole),
        M::LawfulLending => {
            let (raised, cadre) = (facts.illegal_fundraising?, facts.cadre_loan_npl?);
            Some(yes(!raised && !cadre))
        }
        M::CollectiveGrade => facts.collective_grade.map(|g| Reading::Case(case_of(g))),
        M::CadreLoansCurrent => facts.cadre_loan_overdue.map(|overdue| yes(!overdue)),
        M::AuditPassed => facts.audit_passed.map(yes),
        M::CompliantGrazingShare => {
            share(facts.compliant_grazing_households, facts.grazing_households)
        }
        M::CreditVillageShare => share(facts.credit_villages, facts.villages),
        M::GoodVillageShare => share(facts.good_villages, facts.villages),
        M::ExcellentVillageShare => share(facts.excellent_villages, facts.villages),
        M::NewLoanRecovery => share(facts.new_loans_recovered_fen, facts.new_loans_due_fen),
        M::GovernmentLawful => facts.government_dishonest.map(|dishonest| yes(!dishonest)),
        M::GovernmentHonesty => facts.government_honesty.map(|h| {
            Reading::Case(match h {
                Honesty::Clean => CaseName::Clean,
                Honesty::SignedPlan => CaseName::SignedPlan,
                Honesty::Arrears => CaseName::Arrears,
            })
        }),
        M::ObjectionsOnTime => share(facts.objections_on_time, facts.objections),
        M::RechecksAgreeing => share(facts.rechecks_agreeing, facts.rechecks),
        // Measures of households are read elsewhere.
        _ => p.miss(Missing::Unknown),
    }
}

const fn households(facts: &DivisionFacts, which: Denominator) -> Option<i64> {
    match which {
        Denominator::Resident => facts.resident_households,
        Denominator::Filed => facts.filed_households,
        Denominator::Rated => facts.rated_households,
        Denominator::Loan => facts.loan_households,
    }
}

/// A share as it is, nothing over nothing included: cross-multiplied it passes every threshold.
fn share(num: Option<i64>, den: Option<i64>) -> Option<Reading> {
    Some(main(Quotient::new(num?.into(), den?.into())))
}

/// Balance rescheduled because of a disaster counts as performing.
fn npl_share(facts: &DivisionFacts) -> Option<Reading> {
    let bad = facts
        .npl_fen?
        .saturating_sub(facts.disaster_npl_fen.unwrap_or(0));
    share(Some(bad.max(0)), facts.loan_balance_fen)
}

fn yes(flag: bool) -> Reading {
    whole(i64::from(flag))
}
