//! Gacha collectives: major matters, income, contract money (`domain.md` B.5).

use std::collections::BTreeSet;

use super::herd::one_share;
use super::probe::{Missing, Probe};
use super::{Reading, main};
use crate::assess::Quotient;
use crate::pack::CaseName;

const OPERATING_INCOME: &str = "collective.operating_income_fen";

/// Major matters with a complete file ÷ major matters.
pub(super) fn matters_complete(p: &Probe<'_>) -> Option<Reading> {
    let (complete, matters) = (
        p.int("collective.matters_complete"),
        p.int("collective.major_matters"),
    );
    one_share(p, (complete?, matters?))
}

/// (Operating income − mean of the two latest prior years) ÷ that mean.
pub(super) fn income_growth(p: &Probe<'_>) -> Option<Reading> {
    let (income, prior) = (p.int(OPERATING_INCOME), prior_years(p));
    let (income, prior) = (i128::from(income?), prior?);
    // Both doubled, so that the mean stays whole.
    Some(main(Quotient::new(2 * income - prior, prior)))
}

/// Operating ÷ total income, subsidies included.
pub(super) fn operating_income_share(p: &Probe<'_>) -> Option<Reading> {
    let (operating, total) = (
        p.int(OPERATING_INCOME),
        p.int("collective.total_income_fen"),
    );
    let (operating, total) = (operating?, total?);
    if total == 0 {
        return Some(Reading::Case(CaseName::NoRevenue));
    }
    Some(main(Quotient::new(operating.into(), total.into())))
}

/// Contract money collected ÷ due.
pub(super) fn contract_collection(p: &Probe<'_>) -> Option<Reading> {
    let (collected, due) = (
        p.int("collective.contract_collected_fen"),
        p.int("collective.contract_due_fen"),
    );
    one_share(p, (collected?, due?))
}

/// The operating income of the two latest prior years together.
fn prior_years(p: &Probe<'_>) -> Option<i128> {
    const NAME: &str = "collective_income_fen";
    let paths = p
        .facts
        .in_group("year")
        .filter_map(|(path, _)| path.parts());
    let years: BTreeSet<&str> = paths
        .filter(|(_, _, name)| *name == NAME)
        .map(|(_, year, _)| year)
        .collect();
    let mut latest = years.into_iter().rev();
    let (Some(last), Some(before)) = (latest.next(), latest.next()) else {
        return p.miss(Missing::Unknown);
    };
    let of = |year: &str| p.int(&format!("year/{year}/{NAME}"));
    let (last, before) = (of(last), of(before));
    Some(i128::from(last?) + i128::from(before?))
}
