//! The names of what the domain enumerates. The matches are exhaustive on purpose: a new state or
//! role does not compile without its name.

use itgel_domain::assess::Mismatch;
use itgel_domain::authorisation::Purpose;
use itgel_domain::case::cycle::CycleKind;
use itgel_domain::case::{CaseState, Role, TitleState};
use itgel_domain::catalogue::Unit;
use itgel_domain::division::DivisionKind;
use itgel_domain::item::Evidence;
use itgel_domain::pack::StockClass;
use itgel_domain::subject::{EntityKind, Grade, Producer, SubjectKind};
use itgel_domain::title::{GateState, TitleLevel};

use crate::lang::Lang;
use crate::messages as m;

/// What a grade means (`domain.md` B.1.9); the letters are the same in every language.
#[must_use]
pub fn grade(lang: Lang, grade: Grade) -> String {
    match grade {
        Grade::Aaa => m::grade_aaa(lang),
        Grade::Aa => m::grade_aa(lang),
        Grade::A => m::grade_a(lang),
        Grade::B => m::grade_b(lang),
        Grade::C => m::grade_c(lang),
        Grade::N => m::grade_n(lang),
        Grade::V => m::grade_v(lang),
    }
}

/// A kind of subject.
#[must_use]
pub fn subject_kind(lang: Lang, kind: SubjectKind) -> String {
    match kind {
        SubjectKind::Household => m::subject_household(lang),
        SubjectKind::Entity(EntityKind::Cooperative) => m::subject_cooperative(lang),
        SubjectKind::Entity(EntityKind::Ranch) => m::subject_ranch(lang),
        SubjectKind::Collective => m::subject_collective(lang),
        SubjectKind::Village => m::subject_village(lang),
        SubjectKind::Township => m::subject_township(lang),
    }
}

/// What does not fit together at the doorstep (`domain.md` C.5), and what to do about it.
#[must_use]
pub fn mismatch(lang: Lang, mismatch: Mismatch) -> String {
    match mismatch {
        Mismatch::InsuredAboveDeclared => m::warning_insured_above_declared(lang),
        Mismatch::BirthsAboveFemales => m::warning_births_above_females(lang),
        Mismatch::HerdEquation => m::warning_herd_equation(lang),
        Mismatch::Heaping => m::warning_heaping(lang),
        Mismatch::SubsidyArea => m::warning_subsidy_area(lang),
        Mismatch::FarAboveQuota => m::warning_far_above_quota(lang),
        Mismatch::SameStock => m::warning_same_stock_as_before(lang),
        Mismatch::UnexplainedLoss => m::warning_unexplained_loss(lang),
    }
}

/// How a household lives from the land.
#[must_use]
pub fn producer(lang: Lang, producer: Producer) -> String {
    match producer {
        Producer::Pastoral => m::producer_pastoral(lang),
        Producer::Farming => m::producer_farming(lang),
        Producer::Mixed => m::producer_mixed(lang),
        Producer::Other => m::producer_other(lang),
    }
}

/// What a division is called where it lies.
#[must_use]
pub fn division_kind(lang: Lang, kind: DivisionKind) -> String {
    match kind {
        DivisionKind::AutonomousRegion => m::division_region(lang),
        DivisionKind::League => m::division_league(lang),
        DivisionKind::City => m::division_city(lang),
        DivisionKind::Banner => m::division_banner(lang),
        DivisionKind::County => m::division_county(lang),
        DivisionKind::District => m::division_district(lang),
        DivisionKind::Sumu => m::division_sumu(lang),
        DivisionKind::Town => m::division_town(lang),
        DivisionKind::Township => m::division_township(lang),
        DivisionKind::Street => m::division_street(lang),
        DivisionKind::StateFarm => m::division_state_farm(lang),
        DivisionKind::Gacha => m::division_gacha(lang),
        DivisionKind::Village => m::division_village(lang),
        DivisionKind::ResidentCommittee => m::division_residents(lang),
    }
}

/// How a value is known (`domain.md` B.1.7).
#[must_use]
pub fn evidence(lang: Lang, evidence: Evidence) -> String {
    match evidence {
        Evidence::A => m::evidence_a(lang),
        Evidence::B => m::evidence_b(lang),
        Evidence::C => m::evidence_c(lang),
        Evidence::D => m::evidence_d(lang),
    }
}

/// A class of animals, however they are fed (`domain.md` C.2).
#[must_use]
pub fn stock_class(lang: Lang, class: StockClass) -> String {
    match class {
        StockClass::Sheep => m::stock_sheep(lang),
        StockClass::SheepY => m::stock_sheep_y(lang),
        StockClass::SheepL => m::stock_sheep_l(lang),
        StockClass::Goat => m::stock_goat(lang),
        StockClass::GoatY => m::stock_goat_y(lang),
        StockClass::GoatL => m::stock_goat_l(lang),
        StockClass::Cattle => m::stock_cattle(lang),
        StockClass::CattleY => m::stock_cattle_y(lang),
        StockClass::CattleC => m::stock_cattle_c(lang),
        StockClass::CattleXl => m::stock_cattle_xl(lang),
        StockClass::Horse => m::stock_horse(lang),
        StockClass::HorseY => m::stock_horse_y(lang),
        StockClass::HorseF => m::stock_horse_f(lang),
        StockClass::Donkey => m::stock_donkey(lang),
        StockClass::DonkeyY => m::stock_donkey_y(lang),
        StockClass::DonkeyF => m::stock_donkey_f(lang),
        StockClass::Mule => m::stock_mule(lang),
        StockClass::Camel => m::stock_camel(lang),
        StockClass::Camel2 => m::stock_camel_2(lang),
        StockClass::Camel1 => m::stock_camel_1(lang),
        StockClass::CamelC => m::stock_camel_c(lang),
    }
}

/// What a lender asks for.
#[must_use]
pub fn purpose(lang: Lang, purpose: Purpose) -> String {
    match purpose {
        Purpose::LoanDecision => m::purpose_loan_decision(lang),
        Purpose::LoanReview => m::purpose_loan_review(lang),
        Purpose::GuaranteeReview => m::purpose_guarantee_review(lang),
    }
}

/// Where a case stands (`domain.md` D.2).
#[must_use]
pub fn case_state(lang: Lang, state: CaseState) -> String {
    match state {
        CaseState::Draft => m::case_state_draft(lang),
        CaseState::Sealed => m::case_state_sealed(lang),
        CaseState::Submitted => m::case_state_submitted(lang),
        CaseState::Conflict => m::case_state_conflict(lang),
        CaseState::Returned => m::case_state_returned(lang),
        CaseState::PreRated => m::case_state_pre_rated(lang),
        CaseState::Reviewed => m::case_state_reviewed(lang),
        CaseState::InPublicity => m::case_state_in_publicity(lang),
        CaseState::InNotice => m::case_state_in_notice(lang),
        CaseState::Disputed => m::case_state_disputed(lang),
        CaseState::Approved => m::case_state_approved(lang),
        CaseState::Effective => m::case_state_effective(lang),
        CaseState::Watch => m::case_state_watch(lang),
        CaseState::Suspended => m::case_state_suspended(lang),
        CaseState::Cancelled => m::case_state_cancelled(lang),
        CaseState::Superseded => m::case_state_superseded(lang),
        CaseState::Expired => m::case_state_expired(lang),
        CaseState::Closed => m::case_state_closed(lang),
    }
}

/// In what capacity somebody acts (`domain.md` D.1).
#[must_use]
pub fn role(lang: Lang, role: Role) -> String {
    match role {
        Role::Collector => m::role_collector(lang),
        Role::Evaluator => m::role_evaluator(lang),
        Role::VillageGroup => m::role_village_group(lang),
        Role::Reviewer => m::role_reviewer(lang),
        Role::Approver => m::role_approver(lang),
        Role::ObjectionOfficer => m::role_objection_officer(lang),
        Role::Lender => m::role_lender(lang),
        Role::Auditor => m::role_auditor(lang),
        Role::Administrator => m::role_administrator(lang),
    }
}

/// Where a title stands (`domain.md` D.2).
#[must_use]
pub fn title_state(lang: Lang, state: TitleState) -> String {
    match state {
        TitleState::Computed => m::title_state_computed(lang),
        TitleState::Reviewed => m::title_state_reviewed(lang),
        TitleState::InPublicity => m::title_state_in_publicity(lang),
        TitleState::Approved => m::title_state_approved(lang),
        TitleState::Awarded => m::title_state_awarded(lang),
        TitleState::Warning => m::title_state_warning(lang),
        TitleState::Kept => m::title_state_kept(lang),
        TitleState::Cancelled => m::title_state_cancelled(lang),
        TitleState::Ended => m::title_state_ended(lang),
    }
}

/// Why a cycle is held.
#[must_use]
pub fn cycle_kind(lang: Lang, kind: CycleKind) -> String {
    match kind {
        CycleKind::Annual => m::cycle_annual(lang),
        CycleKind::Event => m::cycle_event(lang),
    }
}

/// The title of a gacha (`domain.md` B.6); without a level, that it has none yet.
#[must_use]
pub fn village_title(lang: Lang, level: Option<TitleLevel>) -> String {
    match level {
        Some(TitleLevel::Excellent) => m::title_village_excellent(lang),
        Some(TitleLevel::Good) => m::title_village_good(lang),
        Some(TitleLevel::Ordinary) => m::title_village_ordinary(lang),
        None => m::title_village_none(lang),
    }
}

/// The title of a sumu (`domain.md` B.7); without a level, that it has none yet.
#[must_use]
pub fn township_title(lang: Lang, level: Option<TitleLevel>) -> String {
    match level {
        Some(TitleLevel::Excellent) => m::title_township_excellent(lang),
        Some(TitleLevel::Good) => m::title_township_good(lang),
        Some(TitleLevel::Ordinary) => m::title_township_ordinary(lang),
        None => m::title_township_none(lang),
    }
}

/// A title in the words of the kind of its division: 信用嘎查, 信用村, 信用苏木, 信用乡镇.
#[must_use]
pub fn title_of(lang: Lang, kind: DivisionKind, level: TitleLevel) -> String {
    let place = match kind {
        DivisionKind::Gacha => m::title_place_gacha(lang),
        DivisionKind::Village | DivisionKind::ResidentCommittee => m::title_place_village(lang),
        DivisionKind::Sumu => m::title_place_sumu(lang),
        _ => m::title_place_township(lang),
    };
    match level {
        TitleLevel::Excellent => m::title_of_excellent(lang, place),
        TitleLevel::Good => m::title_of_good(lang, place),
        TitleLevel::Ordinary => m::title_of_ordinary(lang, place),
    }
}

/// Whether a gate is passed; what the gate is called comes with its rule pack.
#[must_use]
pub fn gate_state(lang: Lang, state: GateState) -> String {
    match state {
        GateState::Pass => m::gate_passed(lang),
        GateState::Fail => m::gate_failed(lang),
        GateState::Unknown => m::gate_unknown(lang),
    }
}

/// The unit that a quantity is stored in.
#[must_use]
pub fn unit(lang: Lang, unit: Unit) -> String {
    match unit {
        Unit::Mu => m::unit_mu(lang),
        Unit::Fen => m::unit_fen(lang),
        Unit::Kg => m::unit_kg(lang),
        Unit::Head => m::unit_head(lang),
        Unit::Person => m::unit_person(lang),
        Unit::Year => m::unit_year(lang),
        Unit::MilliSu => m::unit_milli_sheep_unit(lang),
        Unit::MilliDegree => m::unit_milli_degree(lang),
        Unit::Count => m::unit_count(lang),
    }
}
