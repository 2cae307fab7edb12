//! Conflicts of interest that officers declare (`domain.md` D.1): who has one acts in no step of
//! the subject's cases, and one that is found later makes them void (G 31).

use crate::pack::vocabulary;

vocabulary! {
    /// How an officer is bound to a subject.
    InterestKind {
        /// 本人.
        Own => "own",
        /// 同一户.
        Household => "household",
        /// 配偶.
        Spouse => "spouse",
        /// 三代以内亲属及姻亲.
        Relative => "relative",
        /// 民间借贷的债权人或债务人.
        PrivateLoan => "private_loan",
        /// 生意合伙人.
        Partner => "partner",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_as_what_wrote_it() {
        for kind in InterestKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
    }
}
