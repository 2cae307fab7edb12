//! Query authorisation (查询授权): one lender, one subject, one purpose, until a day
//! (`domain.md` L-08, L-19). Collection consent is another thing, see
//! [`crate::file::entry::Consent`].

use jiff::civil::Date;

use crate::id::{AuthorisationId, LenderId, SubjectId};

/// What a lender may want to know a grade for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// 贷款审批.
    LoanDecision,
    /// 贷后管理.
    LoanReview,
    /// 担保审查.
    GuaranteeReview,
}

crate::subject::words!(Purpose {
    Self::LoanDecision => Self::LoanDecision => "loan_decision",
    Self::LoanReview => Self::LoanReview => "loan_review",
    Self::GuaranteeReview => Self::GuaranteeReview => "guarantee_review",
});

/// What an authorisation rests on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A consent of the subject that names the lender, by its entry id.
    Consent(String),
    /// Written consent that the lender holds, by the hash of its scan.
    LenderEvidence(crate::hash::Hash),
}

/// The right to query.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Authorisation {
    /// Its identifier, printed in every report made under it.
    pub id: AuthorisationId,
    /// Who may query.
    pub lender: LenderId,
    /// Whose rating.
    pub subject: SubjectId,
    /// What for.
    pub purpose: Purpose,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// What it rests on.
    pub ground: Ground,
    /// Withdrawn; takes effect on receipt.
    pub revoked: bool,
}

impl Authorisation {
    /// Whether `lender` may query for `purpose` on `day` under this authorisation.
    #[must_use]
    pub fn allows(&self, lender: &LenderId, purpose: Purpose, day: Date) -> bool {
        !self.revoked
            && self.lender == *lender
            && self.purpose == purpose
            && (self.from..=self.until).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_authorisation_serves_one_lender_one_purpose_and_its_days_only() {
        let given = Authorisation {
            id: "q1".parse().unwrap(),
            lender: "rcc-1".parse().unwrap(),
            subject: "hh-1".parse().unwrap(),
            purpose: Purpose::LoanDecision,
            from: date(2026, 3, 1),
            until: date(2026, 3, 31),
            ground: Ground::Consent("d~0~1~0".into()),
            revoked: false,
        };
        let (rcc, other) = ("rcc-1".parse().unwrap(), "rcc-2".parse().unwrap());
        let on = date(2026, 3, 31);
        assert!(given.allows(&rcc, Purpose::LoanDecision, on));
        assert!(!given.allows(&other, Purpose::LoanDecision, on));
        assert!(!given.allows(&rcc, Purpose::LoanReview, on));
        assert!(!given.allows(&rcc, Purpose::LoanDecision, date(2026, 4, 1)));
        let revoked = Authorisation {
            revoked: true,
            ..given
        };
        assert!(!revoked.allows(&rcc, Purpose::LoanDecision, on));
    }
}
