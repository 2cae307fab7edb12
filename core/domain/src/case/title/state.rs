//! The states of a title (`domain.md` D.2).

/// Where a title stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TitleState {
    /// 测算: computed at a snapshot.
    Computed,
    /// 审核.
    Reviewed,
    /// 公示: titles are published in full (`domain.md` D.4).
    InPublicity,
    /// 审定.
    Approved,
    /// 授牌.
    Awarded,
    /// 预警: below an entry gate; 90 days to correct.
    Warning,
    /// 保留: at or above the gates again after a warning.
    Kept,
    /// 摘牌.
    Cancelled,
    /// 终止: whose title it was is there no more as it was (`domain.md` G 52).
    Ended,
}

impl TitleState {
    /// Every state, in the order of the process.
    pub const ALL: [Self; 9] = [
        Self::Computed,
        Self::Reviewed,
        Self::InPublicity,
        Self::Approved,
        Self::Awarded,
        Self::Warning,
        Self::Kept,
        Self::Cancelled,
        Self::Ended,
    ];

    /// Whether the division holds the title in this state.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Awarded | Self::Warning | Self::Kept)
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Cancelled | Self::Ended)
    }
}

crate::subject::words!(TitleState {
    Self::Computed => Self::Computed => "computed",
    Self::Reviewed => Self::Reviewed => "reviewed",
    Self::InPublicity => Self::InPublicity => "in_publicity",
    Self::Approved => Self::Approved => "approved",
    Self::Awarded => Self::Awarded => "awarded",
    Self::Warning => Self::Warning => "warning",
    Self::Kept => Self::Kept => "kept",
    Self::Cancelled => Self::Cancelled => "cancelled",
    Self::Ended => Self::Ended => "ended",
});
