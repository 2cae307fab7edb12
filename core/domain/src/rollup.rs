//! From ratings to the counts of villages and townships at a frozen snapshot (`domain.md` B.6,
//! B.7): sums, so the order of households and villages does not matter.

use jiff::civil::Date;

use crate::assess::{Facts, Inputs, Reading, measure, months_after};
use crate::pack::{MeasureName, Threshold};
use crate::register::{CreditRecord, CreditStatus, Disaster, DivisionFacts, Spell};
use crate::subject::Grade;
use crate::title::TitleLevel;

/// A household with a rating in effect, as its village counts it.
#[derive(Debug, Clone, Copy)]
pub struct RatedHousehold<'a> {
    /// The grade in effect.
    pub grade: Grade,
    /// The lenders' record on the day of the snapshot.
    pub credit: &'a CreditRecord,
    /// Declared disasters that reach it.
    pub disasters: &'a [Disaster],
    /// Whether it keeps to the pasture rules ([`keeps_pasture_rules`]); `None` if it does not
    /// graze.
    pub keeps_pasture_rules: Option<bool>,
}

/// The counts of a village over its rated households.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VillageCounts {
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub fn add(&mut self, household: &RatedHousehold<'_>, as_of: Date) {
        // Not rated (N) is a rating in effect that the gates do not count (domain.md B.10).
        self.rated += i64::from(household.grade != Grade::N);
        self.credit += i64::from(household.grade.is_credit());
        let credit = household.credit;
        let is_searched = matches!(credit.status, CreditStatus::Known | CreditStatus::Never);
        self.searched += i64::from(is_searched);
        if has_loan(credit, as_of) {
            self.loan += 1;
            self.on_time += i64::from(is_on_time(credit, household.disasters, as_of));
            self.balance_fen = self.balance_fen.saturating_add(credit.balance_fen);
            self.npl_fen = self.npl_fen.saturating_add(credit.npl_fen);
            let excused = credit.disaster_npl_fen.min(credit.npl_fen);
            self.disaster_npl_fen = self.disaster_npl_fen.saturating_add(excused);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::DisasterKind;
    use jiff::civil::date;

    const DAY: Date = date(2026, 10, 31);

    fn spell(began_on: Date, ended_on: Option<Date>, days: i64) -> Spell {
        Spell {
            began_on,
            ended_on,
            days_past_due: days,
            disaster_rescheduled: false,
        }
    }

    fn borrower(spells: Vec<Spell>) -> CreditRecord {
        CreditRecord {
            status: CreditStatus::Known,
            first_loan_on: Some(date(2020, 1, 1)),
            spells,
            balance_fen: 5_000_000,
            ..CreditRecord::default()
        }
    }

    fn counted(grade: Grade, credit: &CreditRecord, disasters: &[Disaster]) -> VillageCounts {
        let mut counts = VillageCounts::default();
        let keeps_pasture_rules = Some(true);
        counts.add(
            &RatedHousehold {
                grade,
                credit,
                disasters,
                keeps_pasture_rules,
            },
            DAY,
        );
        counts
    }

    #[test]
    fn a_household_without_a_rating_does_not_thin_out_the_credit_share() {
        let never = CreditRecord {
            status: CreditStatus::Never,
            ..CreditRecord::default()
        };
        for (grade, rated, credit) in [
            (Grade::Aaa, 1, 1),
            (Grade::A, 1, 1),
            (Grade::C, 1, 0),
            (Grade::V, 1, 0),
            (Grade::N, 0, 0),
        ] {
            let facts = counted(grade, &never, &[]).facts(&DivisionFacts::default());
            let expected = (Some(rated), Some(credit));
            assert_eq!(
                (facts.rated_households, facts.credit_households),
                expected,
                "{grade}"
            );
            assert_eq!(
                facts.loan_households,
                Some(0),
                "no loan ever is no loan household"
            );
        }
    }

    #[test]
    fn three_days_today_and_thirty_in_a_year_are_on_time_and_one_more_is_not() {
        let cured = Some(date(2026, 3, 1));
        for (spells, on_time) in [
            (vec![spell(date(2026, 10, 28), None, 3)], true),
            (vec![spell(date(2026, 10, 27), None, 4)], false),
            (vec![spell(date(2026, 1, 30), cured, 30)], true),
            (vec![spell(date(2026, 1, 29), cured, 31)], false),
            (
                vec![spell(date(2025, 1, 1), Some(date(2025, 10, 31)), 300)],
                true,
            ),
        ] {
            let credit = borrower(spells);
            let facts = counted(Grade::A, &credit, &[]).facts(&DivisionFacts::default());
            assert_eq!(
                facts.on_time_households,
                Some(i64::from(on_time)),
                "{credit:?}"
            );
        }
    }

    #[test]
    fn a_loan_rescheduled_in_a_declared_disaster_is_no_black_mark() {
        let drought = Disaster {
            id: "d".into(),
            kind: DisasterKind::Drought,
            issued_by: "示例旗".into(),
            began_on: date(2026, 5, 1),
            ended_on: Some(date(2026, 9, 30)),
        };
        let rescheduled = Spell {
            disaster_rescheduled: true,
            ..spell(date(2026, 6, 1), None, 120)
        };
        let credit = borrower(vec![rescheduled]);
        let on_time = |disasters: &[Disaster]| {
            let counts = counted(Grade::A, &credit, disasters);
            counts.facts(&DivisionFacts::default()).on_time_households
        };
        assert_eq!(on_time(std::slice::from_ref(&drought)), Some(1));
        assert_eq!(on_time(&[]), Some(0), "without the declaration it counts");
    }

    #[test]
    fn a_ledger_that_nobody_searched_leaves_the_loans_unknown_not_zero() {
        let unknown = CreditRecord::default();
        let facts = counted(Grade::N, &unknown, &[]).facts(&DivisionFacts::default());
        assert_eq!((facts.loan_households, facts.npl_fen), (None, None));
        let reported = DivisionFacts {
            npl_fen: Some(7),
            ..DivisionFacts::default()
        };
        assert_eq!(
            counted(Grade::N, &unknown, &[]).facts(&reported).npl_fen,
            Some(7)
        );
    }

    #[test]
    fn a_township_is_the_sum_of_its_villages_in_any_order() {
        let village = |rated: i64, level| CountedVillage {
            facts: DivisionFacts {
                rated_households: Some(rated),
                ..DivisionFacts::default()
            },
            level,
        };
        let mut villages = vec![
            village(10, Some(TitleLevel::Good)),
            village(20, None),
            village(30, Some(TitleLevel::Ordinary)),
        ];
        let facts = township(&villages, &DivisionFacts::default());
        assert_eq!(
            (facts.villages, facts.rated_households),
            (Some(3), Some(60))
        );
        assert_eq!(
            (facts.credit_villages, facts.good_villages),
            (Some(2), Some(1))
        );
        assert_eq!(facts.npl_fen, None, "one unknown makes the sum unknown");
        villages.reverse();
        assert_eq!(township(&villages, &DivisionFacts::default()), facts);
    }
}
