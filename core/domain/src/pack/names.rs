//! The names that a rule pack may use: measures, conditions, cases and fields that the domain
//! computes. A pack chooses and weighs them; it cannot invent one.

use super::vocabulary::vocabulary;

vocabulary! {
    /// A named function of the domain that turns facts and context into a value to be judged.
    MeasureName {
        /// Worst days past due on formal loans in the window (`domain.md` H1.1).
        LoanDaysPastDue => "loan_days_past_due",
        /// Whole years since the first formal loan (H1.2).
        CreditYears => "credit_years",
        /// Proven unpaid obligations in 12 months (H1.3).
        UnpaidObligations => "unpaid_obligations",
        /// Net income per member ÷ benchmark (H2.1).
        IncomePerHead => "income_per_head",
        /// Debt ÷ assets (H2.2).
        DebtShare => "debt_share",
        /// Debt service ÷ net operating income (H2.3).
        DebtServiceShare => "debt_service_share",
        /// Effective sheep units per person, or operated cropland ÷ mean of the gacha (H3.1).
        Scale => "scale",
        /// Breeding females ÷ stock without young, in sheep units (H3.2a).
        BreedingShare => "breeding_share",
        /// Young alive ÷ young born (H3.2b).
        Survival => "survival",
        /// Heads sold and slaughtered ÷ opening heads (H3.2c).
        Offtake => "offtake",
        /// Net assets ÷ median (H3.3).
        NetAssets => "net_assets",
        /// Production facilities that are there (H3.4).
        Facilities => "facilities",
        /// (Grazing − capacity) ÷ capacity (H4.1, C.3).
        Overstock => "overstock",
        /// Violations of grazing ban or rest (H4.2).
        BanViolations => "ban_violations",
        /// Insured share of animals or planted area (H4.3).
        InsuredShare => "insured_share",
        /// Days that the hay lasts (H4.4).
        FodderDays => "fodder_days",
        /// Working members (H5.1).
        WorkingMembers => "working_members",
        /// Years in the banner (H5.2).
        BannerYears => "banner_years",
        /// Mean of the peer evaluation (H6).
        PeerMean => "peer_mean",
        /// Days past due today on the worst formal loan.
        DaysPastDueToday => "days_past_due_today",
        /// Whole months since the household came to be.
        MonthsSinceFounded => "months_since_founded",
        /// Filed ÷ resident households (G-F).
        FiledShare => "filed_share",
        /// Credit ÷ rated households (G-S).
        CreditShare => "credit_share",
        /// On-time ÷ loan households (G-T).
        OnTimeShare => "on_time_share",
        /// Non-performing ÷ whole balance (G-N).
        NplShare => "npl_share",
        /// Rated households (G-M).
        RatedHouseholds => "rated_households",
        /// 1 without illegal fund-raising case and without cadre loan in the bad balance (G-L).
        LawfulLending => "lawful_lending",
        /// Grade of the gacha's collective (G5).
        CollectiveGrade => "collective_grade",
        /// 1 without an overdue loan of a cadre (G6).
        CadreLoansCurrent => "cadre_loans_current",
        /// 1 if the audit of the rating work was passed (G6).
        AuditPassed => "audit_passed",
        /// Compliant ÷ grazing households (G7).
        CompliantGrazingShare => "compliant_grazing_share",
        /// Gachas with a title ÷ gachas (S-V).
        CreditVillageShare => "credit_village_share",
        /// Gachas 较好 or 优秀 ÷ gachas (B.7 level).
        GoodVillageShare => "good_village_share",
        /// Gachas 优秀 ÷ gachas (B.7 level).
        ExcellentVillageShare => "excellent_village_share",
        /// Recovered ÷ due on loans newly made in 24 months (S-R).
        NewLoanRecovery => "new_loan_recovery",
        /// 1 if the government is no 失信被执行人 (S-G).
        GovernmentLawful => "government_lawful",
        /// Arrears and commitments of the government (S6).
        GovernmentHonesty => "government_honesty",
        /// Objections closed on time ÷ objections (S7).
        ObjectionsOnTime => "objections_on_time",
        /// Agreeing ÷ all re-checks (S7).
        RechecksAgreeing => "rechecks_agreeing",
        /// What was stated of the item that the pack names: a number in the unit that the pack
        /// names, 1 for yes, or the word of a choice.
        Stated => "stated",
        /// Whole years since registration and start of operation (E1.1).
        OperatingYears => "operating_years",
        /// Whole months since then (B.4, caps).
        OperatingMonths => "operating_months",
        /// Annual reports, the directory of ranches, the list of abnormal operation (E1.2).
        AnnualReports => "annual_reports",
        /// Member meetings with minutes in a year, under a charter (E1.3).
        MemberMeetings => "member_meetings",
        /// The lowest grade of the related persons' households (E1.5).
        RelatedGrade => "related_grade",
        /// Net profit ÷ revenue (E2.3).
        NetMargin => "net_margin",
        /// Operating cash ÷ debt service (E2.4, C3.2).
        DebtServiceCover => "debt_service_cover",
        /// Workers and collaborating households (E4.1 of a ranch).
        BoundHouseholds => "bound_households",
        /// Surplus returned by transaction ÷ surplus (E4.2 of a cooperative).
        SurplusReturned => "surplus_returned",
        /// Sales under order or contract ÷ revenue (E4.2 of a ranch).
        ContractSalesShare => "contract_sales_share",
        /// How many of stocking and insurance are in order, 0 to 2 (E5).
        GrasslandCare => "grassland_care",
        /// Major matters with a complete file ÷ major matters (C1.2).
        MattersComplete => "matters_complete",
        /// The record of the related persons: clean, general or serious (C1.5).
        RelatedRecord => "related_record",
        /// Growth of operating income against the mean of two prior years (C2.2).
        IncomeGrowth => "income_growth",
        /// Operating ÷ total income (C2.3).
        OperatingIncomeShare => "operating_income_share",
        /// Contract money collected ÷ due (C3.3).
        ContractCollection => "contract_collection",
    }
}

vocabulary! {
    /// A result of a measure that is no number.
    CaseName {
        /// No formal loan ever.
        NoFormalLoan => "no_formal_loan",
        /// No debt service is due.
        NoDebtService => "no_debt_service",
        /// A violation is not yet corrected.
        Uncorrected => "uncorrected",
        /// Grade AAA of a related subject.
        Aaa => "AAA",
        /// Grade AA.
        Aa => "AA",
        /// Grade A.
        A => "A",
        /// Grade B.
        B => "B",
        /// Grade C.
        C => "C",
        /// Not rated.
        N => "N",
        /// Vetoed.
        V => "V",
        /// No arrears, commitments kept; nothing adverse on record.
        Clean => "clean",
        /// Arrears under a signed plan.
        SignedPlan => "signed_plan",
        /// Arrears.
        Arrears => "arrears",
        /// Public records of general dishonesty only.
        General => "general",
        /// A fact of serious dishonesty.
        Serious => "serious",
        /// On the list of abnormal operation (经营异常名录).
        AbnormalList => "abnormal_list",
        /// In time.
        OnTime => "on_time",
        /// Late, then corrected.
        LateCorrected => "late_corrected",
        /// An unregistered ranch, updated in the directory this year.
        DirectoryUpdated => "directory_updated",
        /// An unregistered ranch, not updated this year.
        DirectoryStale => "directory_stale",
        /// Late.
        Late => "late",
        /// Not paid.
        Unpaid => "unpaid",
        /// Nothing of the kind.
        None => "none",
        /// There was something, and it is cured.
        Cured => "cured",
        /// There is something, and it is open.
        Open => "open",
        /// Of a banner.
        Banner => "banner",
        /// Of a league or city.
        League => "league",
        /// Of the region.
        Region => "region",
        /// Of the state.
        State => "state",
        /// Nothing was earned.
        NoRevenue => "no_revenue",
    }
}

vocabulary! {
    /// A set of bands of one indicator.
    TableName {
        /// The only one.
        Main => "bands",
        /// For the herd.
        Herd => "bands_herd",
        /// For cropland.
        Cropland => "bands_cropland",
    }
}

vocabulary! {
    /// When an indicator does not apply.
    Absence {
        /// The producer type is farming.
        ProducerFarming => "producer_farming",
        /// The producer type is other.
        ProducerOther => "producer_other",
        /// There are no animals.
        NoStock => "no_stock",
        /// No young were born this season.
        NoBirths => "no_births",
        /// There was no stock at the start of the production year.
        FirstYear => "first_year",
        /// No animals graze.
        NoGrazing => "no_grazing",
        /// Neither grassland right nor grazing animals.
        NoGrassland => "no_grassland",
        /// The gacha has no grazing households.
        NoGrazingHouseholds => "no_grazing_households",
        /// The organisation is known to operate for fewer than two whole years.
        FewerThanTwoYears => "fewer_than_two_years",
    }
}

vocabulary! {
    /// A field without which a subject is not rated (`domain.md` B.1.5).
    CoreField {
        /// Identity verified.
        Identity => "identity",
        /// Consent signed.
        Consent => "consent",
        /// Number of members.
        Members => "members",
        /// Producer type.
        Producer => "producer",
        /// Loan-record status.
        CreditRecord => "credit_record",
        /// Livestock count, of pastoral and mixed producers.
        Livestock => "livestock",
        /// Pasture plots, of pastoral and mixed producers.
        Plots => "plots",
        /// Who is responsible for the organisation.
        Responsible => "responsible",
    }
}

vocabulary! {
    /// A condition of eligibility (`domain.md` B.3 to B.5).
    Eligibility {
        /// An adult with full civil capacity decides on the business.
        AdultDecisionMaker => "adult_decision_maker",
        /// Resident or operating in the gacha.
        OperatesInGacha => "operates_in_gacha",
        /// Consent signed.
        ConsentSigned => "consent_signed",
        /// A cooperative has the members that the law asks for (B.4, E4.1).
        EnoughMembers => "enough_members",
        /// The collective has a valid registration certificate (B.5, C1.1).
        Registered => "registered",
    }
}

vocabulary! {
    /// A further condition of a cap.
    CapCondition {
        /// Overstock is not corrected after the deadline of an order.
        OverstockUncorrected => "overstock_uncorrected",
        /// The share of applicable weight on evidence C or D is above the pack's limit.
        WeakEvidence => "weak_evidence",
    }
}

vocabulary! {
    /// How a bonus is earned.
    BonusRule {
        /// The highest honour within some years, by its level.
        HighestHonour => "highest_honour",
        /// A commitment signed and kept for some years.
        CommitmentKept => "commitment_kept",
        /// A verified ear-tag or digital herd register.
        HerdRegister => "herd_register",
    }
}

vocabulary! {
    /// The households that a share is taken of.
    Denominator {
        /// Resident.
        Resident => "resident",
        /// Filed.
        Filed => "filed",
        /// Rated.
        Rated => "rated",
        /// With a loan.
        Loan => "loan",
    }
}

vocabulary! {
    /// Whether the subject can do something about a reason.
    Improvable {
        /// Yes.
        Yes => "yes",
        /// In part.
        Partly => "partly",
        /// Only time helps.
        Time => "time",
        /// It depends on the case.
        ByCase => "by_case",
    }
}

impl MeasureName {
    /// The sets of bands that the measure needs.
    #[must_use]
    pub const fn tables(self) -> &'static [TableName] {
        match self {
            Self::Scale => &[TableName::Herd, TableName::Cropland],
            _ => &[TableName::Main],
        }
    }

    /// The cases that the measure can give instead of a number.
    #[must_use]
    pub const fn cases(self) -> &'static [CaseName] {
        match self {
            Self::LoanDaysPastDue => &[CaseName::NoFormalLoan],
            Self::DebtServiceShare => &[CaseName::NoDebtService],
            Self::BanViolations => &[CaseName::Uncorrected],
            Self::CollectiveGrade | Self::RelatedGrade => &[
                CaseName::Aaa,
                CaseName::Aa,
                CaseName::A,
                CaseName::B,
                CaseName::C,
                CaseName::N,
                CaseName::V,
            ],
            Self::GovernmentHonesty => &[CaseName::Clean, CaseName::SignedPlan, CaseName::Arrears],
            Self::DebtServiceCover => &[CaseName::NoDebtService],
            Self::NetMargin | Self::ContractSalesShare | Self::OperatingIncomeShare => {
                &[CaseName::NoRevenue]
            }
            Self::RelatedRecord => &[CaseName::Clean, CaseName::General, CaseName::Serious],
            Self::AnnualReports => &[
                CaseName::OnTime,
                CaseName::LateCorrected,
                CaseName::AbnormalList,
                CaseName::DirectoryUpdated,
                CaseName::DirectoryStale,
            ],
            _ => &[],
        }
    }

    /// Whether the measure can look at persons behind the subject.
    #[must_use]
    pub const fn takes_related(self) -> bool {
        self.needs_related() || matches!(self, Self::LoanDaysPastDue | Self::DaysPastDueToday)
    }

    /// Whether the measure looks at nothing but persons behind the subject.
    #[must_use]
    pub const fn needs_related(self) -> bool {
        matches!(self, Self::RelatedGrade | Self::RelatedRecord)
    }

    /// Whether the share may be taken of other households than the usual ones.
    #[must_use]
    pub const fn takes_denominator(self) -> bool {
        matches!(
            self,
            Self::FiledShare | Self::CreditShare | Self::OnTimeShare
        )
    }
}
