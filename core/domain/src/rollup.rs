//! From ratings to the counts of villages and townships at a frozen snapshot (`domain.md` B.6,
//! B.7): sums, so the order of households and villages does not matter.

mod counted;
#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::assess::{Facts, Inputs, Reading, measure, months_after};
use crate::pack::{MeasureName, Threshold};
use crate::register::{CreditRecord, CreditStatus, Disaster, DivisionFacts, Spell};
use crate::subject::Grade;
use crate::title::TitleLevel;

pub use counted::{Counted, CountedHousehold, CountedLoans, CountedTitle, Grades, VillageCount};

/// The counts of a village over the households that live in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VillageCounts {
    living: i64,
    filed: i64,
    rated: i64,
    credit: i64,
    /// Households whose ledger was searched.
    searched: i64,
    loan: i64,
    on_time: i64,
    balance_fen: i64,
    npl_fen: i64,
    disaster_npl_fen: i64,
    grazing: i64,
    compliant: i64,
}

/// A village as its township counts it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedVillage {
    /// Its facts at the snapshot.
    pub facts: DivisionFacts,
    /// The title that it has, or gets, by the snapshot.
    pub level: Option<TitleLevel>,
}

/// Most days past due today, and worst within a year, of a household on time (`domain.md` B.6).
const ON_TIME_TODAY: i64 = 3;
const ON_TIME_WORST: i64 = 30;

/// Overstock up to which a grazing household is compliant, ten thousandths (`domain.md` G7).
const COMPLIANT_OVERSTOCK: Threshold = Threshold(1_000);

impl VillageCounts {
    /// Counts one more household.
    pub fn add(&mut self, household: &CountedHousehold, grades: Grades) {
        self.living += 1;
        self.filed += i64::from(household.filed);
        // Not rated (N) is a rating in effect that the gates do not count (domain.md B.10).
        let grade = household.grade(grades).filter(|grade| *grade != Grade::N);
        self.rated += i64::from(grade.is_some());
        self.credit += i64::from(grade.is_some_and(Grade::is_credit));
        let loans = &household.loans;
        self.searched += i64::from(loans.searched);
        self.loan += i64::from(loans.has_loan);
        self.on_time += i64::from(loans.has_loan && loans.on_time);
        self.balance_fen = self.balance_fen.saturating_add(loans.balance_fen);
        self.npl_fen = self.npl_fen.saturating_add(loans.npl_fen);
        let excused = loans.disaster_npl_fen;
        self.disaster_npl_fen = self.disaster_npl_fen.saturating_add(excused);
        if let Some(keeps) = household.keeps_pasture_rules {
            self.grazing += 1;
            self.compliant += i64::from(keeps);
        }
    }

    /// The facts of the village: these counts, and what only registers know. Figures of loans
    /// that all reporting lenders gave for the village go before sums over its households; where
    /// neither is there they stay unknown (`domain.md` G 60).
    #[must_use]
    pub fn facts(&self, registers: &DivisionFacts) -> DivisionFacts {
        let searched = |sum: i64| (self.searched > 0).then_some(sum);
        DivisionFacts {
            resident_households: registers.resident_households.or(Some(self.living)),
            filed_households: Some(self.filed),
            rated_households: Some(self.rated),
            credit_households: Some(self.credit),
            loan_households: registers.loan_households.or(searched(self.loan)),
            on_time_households: registers.on_time_households.or(searched(self.on_time)),
            loan_balance_fen: registers.loan_balance_fen.or(searched(self.balance_fen)),
            npl_fen: registers.npl_fen.or(searched(self.npl_fen)),
            disaster_npl_fen: registers
                .disaster_npl_fen
                .or(searched(self.disaster_npl_fen)),
            grazing_households: Some(self.grazing),
            compliant_grazing_households: Some(self.compliant),
            ..registers.clone()
        }
    }
}

impl VillageCounts {
    /// The same while a lender that is expected to report is late: what the others lent is not
    /// the balance of all, so that it stays unknown unless a register has it (`domain.md` G 60).
    #[must_use]
    pub fn facts_without_balances(&self, registers: &DivisionFacts) -> DivisionFacts {
        DivisionFacts {
            loan_balance_fen: registers.loan_balance_fen,
            npl_fen: registers.npl_fen,
            disaster_npl_fen: registers.disaster_npl_fen,
            ..self.facts(registers)
        }
    }
}

/// The facts of a township: the sums over its villages, their titles, and what only registers
/// know. A figure that one village lacks is unknown for the township.
#[must_use]
pub fn township(villages: &[CountedVillage], registers: &DivisionFacts) -> DivisionFacts {
    let sum = |field: fn(&DivisionFacts) -> Option<i64>| {
        villages
            .iter()
            .try_fold(0_i64, |sum, v| Some(sum.saturating_add(field(&v.facts)?)))
    };
    let with_level = |least: TitleLevel| {
        let reached = villages.iter().filter(|v| v.level >= Some(least));
        i64::try_from(reached.count()).ok()
    };
    DivisionFacts {
        resident_households: sum(|f| f.resident_households),
        filed_households: sum(|f| f.filed_households),
        rated_households: sum(|f| f.rated_households),
        credit_households: sum(|f| f.credit_households),
        loan_households: registers
            .loan_households
            .or_else(|| sum(|f| f.loan_households)),
        on_time_households: registers
            .on_time_households
            .or_else(|| sum(|f| f.on_time_households)),
        loan_balance_fen: registers
            .loan_balance_fen
            .or_else(|| sum(|f| f.loan_balance_fen)),
        npl_fen: registers.npl_fen.or_else(|| sum(|f| f.npl_fen)),
        disaster_npl_fen: registers
            .disaster_npl_fen
            .or_else(|| sum(|f| f.disaster_npl_fen)),
        grazing_households: sum(|f| f.grazing_households),
        compliant_grazing_households: sum(|f| f.compliant_grazing_households),
        villages: i64::try_from(villages.len()).ok(),
        credit_villages: with_level(TitleLevel::Ordinary),
        good_villages: with_level(TitleLevel::Good),
        excellent_villages: with_level(TitleLevel::Excellent),
        ..registers.clone()
    }
}

/// The facts of villages that are judged together (`domain.md` G 59): the sums of their counts,
/// and of what cannot be summed the worse. A figure that one of them lacks is unknown for both.
#[must_use]
pub fn joint(villages: &[DivisionFacts]) -> DivisionFacts {
    let [first, others @ ..] = villages else {
        return DivisionFacts::default();
    };
    others
        .iter()
        .fold(first.clone(), |sum, more| joined(&sum, more))
}

fn joined(a: &DivisionFacts, b: &DivisionFacts) -> DivisionFacts {
    let sum = |field: fn(&DivisionFacts) -> Option<i64>| Some(field(a)?.saturating_add(field(b)?));
    // What is bad in one is bad for both; that nothing is bad must be known of both.
    let any = |field: fn(&DivisionFacts) -> Option<bool>| match (field(a), field(b)) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let all = |field: fn(&DivisionFacts) -> Option<bool>| match (field(a), field(b)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    let (one, other) = (a.collective_grade, b.collective_grade);
    DivisionFacts {
        resident_households: sum(|f| f.resident_households),
        filed_households: sum(|f| f.filed_households),
        rated_households: sum(|f| f.rated_households),
        credit_households: sum(|f| f.credit_households),
        loan_households: sum(|f| f.loan_households),
        on_time_households: sum(|f| f.on_time_households),
        loan_balance_fen: sum(|f| f.loan_balance_fen),
        npl_fen: sum(|f| f.npl_fen),
        disaster_npl_fen: sum(|f| f.disaster_npl_fen),
        collective_grade: one.zip(other).map(|(one, other)| worse(one, other)),
        illegal_fundraising: any(|f| f.illegal_fundraising),
        cadre_loan_npl: any(|f| f.cadre_loan_npl),
        cadre_loan_overdue: any(|f| f.cadre_loan_overdue),
        audit_passed: all(|f| f.audit_passed),
        grazing_households: sum(|f| f.grazing_households),
        compliant_grazing_households: sum(|f| f.compliant_grazing_households),
        ..DivisionFacts::default()
    }
}

/// The grade that gives fewer points under G5: V none, C none, N two.
fn worse(one: Grade, other: Grade) -> Grade {
    let rank = |grade: Grade| match grade {
        Grade::Aaa => 6,
        Grade::Aa => 5,
        Grade::A => 4,
        Grade::B => 3,
        Grade::N => 2,
        Grade::C => 1,
        Grade::V => 0,
    };
    match rank(one) <= rank(other) {
        true => one,
        false => other,
    }
}

/// Whether a rated household keeps to the pasture rules — overstock at most 10 % and no violation
/// of a grazing ban (`domain.md` G7), both under the disaster rule — from the inputs that its
/// rating rests on. `None` if it does not graze or this is not known.
#[must_use]
pub fn keeps_pasture_rules(inputs: &Inputs) -> Option<bool> {
    let settled: Facts = inputs.facts.settled(0);
    let measures = measure(inputs, &settled);
    let parts = inputs
        .pack
        .indicators
        .iter()
        .flat_map(|indicator| &indicator.parts);
    let reading = |wanted: MeasureName| {
        let found = parts
            .clone()
            .zip(&measures.parts)
            .find(|(part, _)| part.measure == wanted);
        found.map(|(_, measured)| measured.relieved.unwrap_or(measured.plain).reading)
    };
    let Some(Reading::Value(_, overstock)) = reading(MeasureName::Overstock) else {
        return None;
    };
    let within = overstock.cmp_threshold(COMPLIANT_OVERSTOCK).is_le();
    let violates = match reading(MeasureName::BanViolations) {
        Some(Reading::Value(_, count)) => count.cmp_threshold(Threshold(0)).is_gt(),
        Some(Reading::Case(_)) => true,
        _ => false,
    };
    Some(within && !violates)
}

/// Whether there is a formal loan on the day.
fn has_loan(credit: &CreditRecord, as_of: Date) -> bool {
    let is_open = |s: &Spell| s.began_on <= as_of && s.ended_on.is_none_or(|end| end > as_of);
    credit.status == CreditStatus::Known
        && (credit.balance_fen > 0 || credit.spells.iter().any(is_open))
}

/// No loan more than 3 days overdue on the day, and never more than 30 within twelve months; a
/// spell that began inside a declared disaster on a loan rescheduled for it counts as performing
/// (`domain.md` B.9.2).
fn is_on_time(credit: &CreditRecord, disasters: &[Disaster], as_of: Date) -> bool {
    let year_ago = months_after(as_of, -12);
    let counts = |s: &&Spell| {
        let is_excused = s.disaster_rescheduled && disasters.iter().any(|d| d.covers(s.began_on));
        !is_excused && s.began_on <= as_of
    };
    credit.spells.iter().filter(counts).all(|s| {
        let is_open = s.ended_on.is_none_or(|end| end > as_of);
        let in_window = s.ended_on.is_none_or(|end| end > year_ago);
        let is_late_today = is_open && s.days_past_due > ON_TIME_TODAY;
        let was_late = in_window && s.days_past_due > ON_TIME_WORST;
        !(is_late_today || was_late)
    })
}
