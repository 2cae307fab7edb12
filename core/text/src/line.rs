//! The names of what a reference line consists of. The matches are exhaustive on purpose.

use itgel_domain::lending::{Discount, DiscountFor, FigureName, LineStep, LoanUse, Why};

use crate::lang::Lang;
use crate::messages as m;
use crate::name::{township_title, village_title};

/// A step of the computation.
#[must_use]
pub fn line_step(lang: Lang, step: LineStep) -> String {
    match step {
        LineStep::Base => m::line_step_base(lang),
        LineStep::AssetPart => m::line_step_asset_part(lang),
        LineStep::IncomePart => m::line_step_income_part(lang),
        LineStep::Formula => m::line_step_formula(lang),
        LineStep::Cap => m::line_step_cap(lang),
        LineStep::Free => m::line_step_free(lang),
        LineStep::Repayable => m::line_step_repayable(lang),
        LineStep::Lowest => m::line_step_lowest(lang),
        LineStep::Floored => m::line_step_floored(lang),
        LineStep::Balance => m::line_step_balance(lang),
        LineStep::Line => m::line_step_line(lang),
    }
}

/// Why there is no line.
#[must_use]
pub fn line_why(lang: Lang, why: Why) -> String {
    match why {
        Why::GradeManual => m::line_why_grade_manual(lang),
        Why::Unknown => m::line_why_unknown(lang),
        Why::Refused => m::line_why_refused(lang),
        Why::NoConsent => m::line_why_no_consent(lang),
        Why::Disputed => m::line_why_disputed(lang),
    }
}

/// A figure of the formula.
#[must_use]
pub fn line_figure(lang: Lang, figure: FigureName) -> String {
    match figure {
        FigureName::TotalAssets => m::line_figure_total_assets(lang),
        FigureName::OperatingIncome => m::line_figure_operating_income(lang),
        FigureName::ComprehensiveIncome => m::line_figure_comprehensive_income(lang),
        FigureName::OtherDebtDue => m::line_figure_other_debt_due(lang),
        FigureName::UnsecuredBalance => m::line_figure_unsecured_balance(lang),
    }
}

/// What a loan is for.
#[must_use]
pub fn line_use(lang: Lang, loan_use: LoanUse) -> String {
    match loan_use {
        LoanUse::GrazingAnimals => m::line_use_grazing_animals(lang),
        LoanUse::PennedAnimals => m::line_use_penned_animals(lang),
        LoanUse::Fodder => m::line_use_fodder(lang),
        LoanUse::Facilities => m::line_use_facilities(lang),
        LoanUse::Cropping => m::line_use_cropping(lang),
    }
}

/// What a part of the discount is given for.
#[must_use]
pub fn line_discount_for(lang: Lang, discount: &Discount) -> String {
    let word = discount.word.as_str();
    match discount.given_for {
        DiscountFor::Grade => m::line_discount_grade(lang, word),
        DiscountFor::VillageTitle => {
            m::line_discount_village_title(lang, village_title(lang, word.parse().ok()))
        }
        DiscountFor::TownshipTitle => {
            m::line_discount_township_title(lang, township_title(lang, word.parse().ok()))
        }
    }
}
