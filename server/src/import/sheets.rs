//! The kinds of table that can be imported, one file each.

mod calendar;
mod commitments;
mod common;
mod credit;
mod cycles;
mod disasters;
mod divisions;
mod entities;
mod entity_changes;
mod entrusted;
mod facts;
mod figures;
mod gacha_facts;
mod honours;
mod households;
mod interests;
mod joint_groups;
mod land;
mod leases;
mod lenders;
mod loans;
mod officers;
mod offices;
mod official_lists;
mod places;
mod plots;
mod quotas;
mod records;
mod sumu_facts;

use super::sheet::AnySheet;

/// Every kind, in the order in which officials are shown them.
#[must_use]
pub fn all() -> &'static [&'static dyn AnySheet] {
    &[
        &places::Divisions,
        &officers::Officers,
        &interests::Interests,
        &cycles::Cycles,
        &households::Households,
        &entities::Entities,
        &entity_changes::EntityChanges,
        &quotas::Quotas,
        &plots::Plots,
        &leases::Leases,
        &joint_groups::JointGroups,
        &entrusted::Entrusted,
        &disasters::Disasters,
        &gacha_facts::GachaFacts,
        &sumu_facts::SumuFacts,
        &calendar::Calendar,
        &records::Records,
        &official_lists::OfficialLists,
        &honours::Honours,
        &commitments::Commitments,
        &divisions::DivisionChanges,
        &divisions::DivisionMoves,
        &lenders::Lenders,
        &lenders::LenderOfficers,
        &loans::Loans,
        &offices::Responsible,
        &offices::Cadres,
        &figures::Figures,
    ]
}

/// The kind with this word.
#[must_use]
pub fn find(kind: &str) -> Option<&'static dyn AnySheet> {
    all().iter().copied().find(|sheet| sheet.kind() == kind)
}
