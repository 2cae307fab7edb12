//! The states of a case and the roles of those who act in it (`domain.md` D.1, D.2).

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// 草稿: on one device, never synchronised.
    Draft,
    /// 已封存: signed twice with consent, still on the device.
    Sealed,
    /// 已提交: accepted by the server.
    Submitted,
    /// 冲突: two sealed visits of one cycle disagree on values that decide the grade.
    Conflict,
    /// 退回: back to the collectors with a reason.
    Returned,
    /// 初评: peer evaluation held and the grade computed.
    PreRated,
    /// 审核: a person of the sumu has looked at it.
    Reviewed,
    /// 公示: a positive grade on the gacha's board.
    InPublicity,
    /// 告知: any other grade, told to the subject alone, with its reasons.
    InNotice,
    /// 异议: an objection is open.
    Disputed,
    /// 审定: approved, not yet in effect.
    Approved,
    /// 生效.
    Effective,
    /// 预警: in effect, and monitoring has found something.
    Watch,
    /// 暂停: a veto fact is being examined; for a lender "temporarily not available".
    Suspended,
    /// 取消: a veto was confirmed after hearing the subject.
    Cancelled,
    /// 被替代: a newer rating has taken its place.
    Superseded,
    /// 过期.
    Expired,
    /// 关闭: consent withdrawn, death, dissolution or a void rating; no further use.
    Closed,
}

/// In what capacity an officer acts. One person has one role in one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 采集员.
    Collector,
    /// 评议员.
    Evaluator,
    /// 嘎查初评组.
    VillageGroup,
    /// 苏木审核员.
    Reviewer,
    /// 旗审定.
    Approver,
    /// 异议专员.
    ObjectionOfficer,
    /// 农信社信贷员.
    Lender,
    /// 审计.
    Auditor,
    /// 管理员: devices, officers and registers, never a grade.
    Administrator,
}

/// What a lender with an authorisation learns of a case in some state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LenderView {
    /// The grade.
    Grade,
    /// That there is a rating which is temporarily not available, and no grade.
    TemporarilyUnavailable,
    /// Nothing.
    Absent,
}

impl CaseState {
    /// Every state, in the order of the process.
    pub const ALL: [Self; 18] = [
        Self::Draft,
        Self::Sealed,
        Self::Submitted,
        Self::Conflict,
        Self::Returned,
        Self::PreRated,
        Self::Reviewed,
        Self::InPublicity,
        Self::InNotice,
        Self::Disputed,
        Self::Approved,
        Self::Effective,
        Self::Watch,
        Self::Suspended,
        Self::Cancelled,
        Self::Superseded,
        Self::Expired,
        Self::Closed,
    ];

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Cancelled | Self::Superseded | Self::Expired | Self::Closed
        )
    }

    /// Whether the officers of the gacha are asked to look again; in every other state what they were
    /// asked is done.
    #[must_use]
    pub const fn asks_officers(self) -> bool {
        matches!(self, Self::Returned | Self::Conflict)
    }

    /// Whether a rating in this state counts for a title and for a lender.
    #[must_use]
    pub const fn is_in_effect(self) -> bool {
        matches!(self, Self::Effective | Self::Watch)
    }

    /// Whether a lender with an authorisation sees the grade.
    #[must_use]
    pub const fn is_shown_to_lender(self) -> bool {
        matches!(self.lender_view(), LenderView::Grade)
    }

    /// What a lender with an authorisation learns (`domain.md` D.2).
    #[must_use]
    pub const fn lender_view(self) -> LenderView {
        match self {
            Self::Effective | Self::Watch => LenderView::Grade,
            Self::Suspended => LenderView::TemporarilyUnavailable,
            _ => LenderView::Absent,
        }
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Collector,
        Self::Evaluator,
        Self::VillageGroup,
        Self::Reviewer,
        Self::Approver,
        Self::ObjectionOfficer,
        Self::Lender,
        Self::Auditor,
        Self::Administrator,
    ];
}

crate::subject::words!(CaseState {
    Self::Draft => Self::Draft => "draft",
    Self::Sealed => Self::Sealed => "sealed",
    Self::Submitted => Self::Submitted => "submitted",
    Self::Conflict => Self::Conflict => "conflict",
    Self::Returned => Self::Returned => "returned",
    Self::PreRated => Self::PreRated => "pre_rated",
    Self::Reviewed => Self::Reviewed => "reviewed",
    Self::InPublicity => Self::InPublicity => "in_publicity",
    Self::InNotice => Self::InNotice => "in_notice",
    Self::Disputed => Self::Disputed => "disputed",
    Self::Approved => Self::Approved => "approved",
    Self::Effective => Self::Effective => "effective",
    Self::Watch => Self::Watch => "watch",
    Self::Suspended => Self::Suspended => "suspended",
    Self::Cancelled => Self::Cancelled => "cancelled",
    Self::Superseded => Self::Superseded => "superseded",
    Self::Expired => Self::Expired => "expired",
    Self::Closed => Self::Closed => "closed",
});

crate::subject::words!(Role {
    Self::Collector => Self::Collector => "collector",
    Self::Evaluator => Self::Evaluator => "evaluator",
    Self::VillageGroup => Self::VillageGroup => "village_group",
    Self::Reviewer => Self::Reviewer => "reviewer",
    Self::Approver => Self::Approver => "approver",
    Self::ObjectionOfficer => Self::ObjectionOfficer => "objection_officer",
    Self::Lender => Self::Lender => "lender",
    Self::Auditor => Self::Auditor => "auditor",
    Self::Administrator => Self::Administrator => "administrator",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_role_reads_back_as_what_wrote_it() {
        for state in CaseState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            let bytes = minicbor::to_vec(state).unwrap();
            assert_eq!(minicbor::decode::<CaseState>(&bytes).unwrap(), state);
        }
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
    }

    #[test]
    fn a_suspended_rating_shows_no_grade_and_an_unfinished_one_does_not_exist() {
        let shown = CaseState::ALL
            .into_iter()
            .filter(|s| s.is_shown_to_lender());
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [CaseState::Effective, CaseState::Watch]
        );
        let hidden = CaseState::Suspended.lender_view();
        assert_eq!(hidden, LenderView::TemporarilyUnavailable);
        assert_eq!(CaseState::Disputed.lender_view(), LenderView::Absent);
    }
}
