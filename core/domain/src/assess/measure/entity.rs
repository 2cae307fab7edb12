//! New-type operating entities: registration, governance, business, care for grassland
//! (`domain.md` B.4).

use super::capacity::overstock;
use super::herd::{Herd, one_share};
use super::household::debt_service;
use super::probe::{Missing, Probe};
use super::{Reading, main, whole};
use crate::assess::Quotient;
use crate::assess::window::{whole_months, whole_years};
use crate::item::State;
use crate::pack::CaseName;
use crate::register::OfficialList;
use crate::subject::{EntityKind, SubjectKind};

/// Whole years since registration and start of operation.
pub(super) fn operating_years(p: &Probe<'_>) -> Option<Reading> {
    let since = p.day("organisation.operating_since")?;
    Some(whole(whole_years(since, p.inputs.as_of)))
}

/// Whole months since then.
pub(super) fn operating_months(p: &Probe<'_>) -> Option<Reading> {
    let since = p.day("organisation.operating_since")?;
    Some(whole(whole_months(since, p.inputs.as_of)))
}

/// Annual reports. The official list of abnormal operation goes before what was stated; a ranch
/// that is not registered is judged by the directory of ranches.
pub(super) fn annual_reports(p: &Probe<'_>) -> Option<Reading> {
    const REPORTS: &str = "organisation.annual_reports";
    let mut listed = p.inputs.context.official_lists.iter().filter(|entry| {
        entry.list() == OfficialList::AbnormalOperation && entry.is_shown_on(p.inputs.as_of)
    });
    if listed.next().is_some() {
        return Some(Reading::Case(CaseName::AbnormalList));
    }
    let reports = p.facts.get(REPORTS);
    let ranch = p.inputs.subject_kind == SubjectKind::Entity(EntityKind::Ranch);
    if ranch && reports.is_some_and(|f| f.state == State::NotApplicable) {
        return Some(Reading::Case(
            if p.flag("organisation.directory_updated")? {
                CaseName::DirectoryUpdated
            } else {
                CaseName::DirectoryStale
            },
        ));
    }
    p.case_of(reports).map(Reading::Case)
}

/// Member meetings with minutes in the last year; without a charter none counts.
pub(super) fn member_meetings(p: &Probe<'_>) -> Option<Reading> {
    let (charter, meetings) = (p.flag("governance.charter"), p.int("governance.meetings"));
    let (charter, meetings) = (charter?, meetings?);
    Some(whole(if charter { meetings } else { 0 }))
}

/// Net profit ÷ revenue.
pub(super) fn net_margin(p: &Probe<'_>) -> Option<Reading> {
    of_revenue(p, "business.net_profit_fen")
}

/// Sales under order or contract ÷ revenue.
pub(super) fn contract_sales_share(p: &Probe<'_>) -> Option<Reading> {
    of_revenue(p, "business.contract_sales_fen")
}

/// Operating cash ÷ debt service of the coming year. Where nothing is due, the cash does not
/// matter (`domain.md` B.10).
pub(super) fn debt_service_cover(p: &Probe<'_>) -> Option<Reading> {
    let service = debt_service(p)?;
    if service == 0 {
        return Some(Reading::Case(CaseName::NoDebtService));
    }
    let cash = p.int("business.operating_cash_fen")?;
    Some(main(Quotient::new(cash.into(), service.into())))
}

/// Workers and collaborating households.
pub(super) fn bound_households(p: &Probe<'_>) -> Option<Reading> {
    let (workers, partners) = (
        p.int("business.workers"),
        p.int("business.partner_households"),
    );
    Some(whole(workers?.saturating_add(partners?)))
}

/// Surplus returned by transaction ÷ surplus.
pub(super) fn surplus_returned(p: &Probe<'_>) -> Option<Reading> {
    let (returned, surplus) = (
        p.int("business.surplus_returned_fen"),
        p.int("business.surplus_fen"),
    );
    one_share(p, (returned?, surplus?))
}

/// How many of stocking and insurance are in order. Who has no livestock is judged by insurance
/// alone; livestock of which none grazes has its stocking in order (`domain.md` B.10).
pub(super) fn grassland_care(p: &Probe<'_>) -> Option<Reading> {
    if !p.flag("business.livestock")? {
        let insured = p.flag("insurance.production")?;
        return Some(whole(if insured { 2 } else { 0 }));
    }
    let herd = Herd::count(p);
    let (stocking, insured) = (stocking_in_order(p), p.int("insurance.livestock_milli_su"));
    let (herd, stocking, insured) = (herd?, stocking?, insured?);
    if herd.owned() == 0 && herd.fed() == 0 {
        // Livestock is there by one answer and not by the other.
        return p.miss(Missing::Unknown);
    }
    let share = Quotient::new(insured.into(), herd.owned().into());
    let insured = share
        .cmp_threshold(p.inputs.pack.settings.min_insured)
        .is_ge();
    Some(whole(i64::from(stocking) + i64::from(insured)))
}

fn stocking_in_order(p: &Probe<'_>) -> Option<bool> {
    if Herd::count(p)?.grazing == 0 {
        return Some(true);
    }
    match overstock(p)? {
        Reading::Value(_, above) => {
            let limit = p.inputs.pack.settings.max_overstock;
            Some(above.cmp_threshold(limit).is_le())
        }
        _ => None,
    }
}

fn of_revenue(p: &Probe<'_>, path: &str) -> Option<Reading> {
    let (part, revenue) = (p.int(path), p.int("business.revenue_fen"));
    let (part, revenue) = (part?, revenue?);
    if revenue == 0 {
        return Some(Reading::Case(CaseName::NoRevenue));
    }
    Some(main(Quotient::new(part.into(), revenue.into())))
}
