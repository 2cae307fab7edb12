//! What speaks for a subject: honours, honesty models (诚信典型, SR-56) and commitments with
//! whether they were kept (SR-22, SR-23, `domain.md` B.1.12).

use jiff::civil::Date;

use super::is_default;
use crate::error::{ErrorCode, Violation};
use crate::pack::vocabulary;

vocabulary! {
    /// The level of the body that gave an honour.
    HonourLevel {
        /// 旗县.
        Banner => "banner",
        /// 盟市.
        League => "league",
        /// 自治区.
        Region => "region",
        /// 国家.
        State => "state",
    }
}

vocabulary! {
    /// What kind of honour.
    HonourKind {
        /// 荣誉.
        Honour => "honour",
        /// 诚信典型, with a QR code.
        HonestyModel => "honesty_model",
    }
}

/// An honour from a government body (`domain.md` B.1.12).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Honour {
    /// The level of the body.
    pub level: HonourLevel,
    /// The day of the award.
    pub awarded_on: Date,
    /// What kind.
    #[serde(default = "plain_honour", skip_serializing_if = "is_plain")]
    pub kind: HonourKind,
    /// The body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub awarded_by: String,
    /// Its name, as in the document.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What the QR code of an honesty model says (SR-56).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr: Option<String>,
    /// The day on which it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_on: Option<Date>,
}

vocabulary! {
    /// The five kinds of credit commitment (SR-23).
    CommitmentKind {
        /// 证明事项告知承诺.
        ProofNotice => "proof_notice",
        /// 审批替代型承诺.
        ApprovalSubstitute => "approval_substitute",
        /// 行业自律型承诺.
        SelfDiscipline => "self_discipline",
        /// 主动公示型承诺.
        VoluntaryPublicity => "voluntary_publicity",
        /// 信用修复型承诺.
        CreditRepair => "credit_repair",
    }
}

/// A credit commitment and whether it is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// The day of the signature.
    pub signed_on: Date,
    /// It was broken.
    #[serde(default, skip_serializing_if = "is_default")]
    pub broken: bool,
    /// What kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CommitmentKind>,
    /// To which body.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub made_to: String,
    /// The day on which it was found fulfilled or broken; until then it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_on: Option<Date>,
    /// The document that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

impl Honour {
    /// An honour of which only the level and the day are known.
    #[must_use]
    pub const fn plain(level: HonourLevel, awarded_on: Date) -> Self {
        Self {
            level,
            awarded_on,
            kind: HonourKind::Honour,
            awarded_by: String::new(),
            title: String::new(),
            qr: None,
            withdrawn_on: None,
        }
    }

    /// Whether it was given by `day` and not taken back.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.awarded_on <= day && self.withdrawn_on.is_none_or(|end| day < end)
    }

    /// Everything that keeps it from being entered.
    #[must_use]
    pub fn faults(&self, today: Date) -> Vec<Violation> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code| faults.push(Violation::new(field, code));
        if self.awarded_by.trim().is_empty() {
            fault("awarded_by", ErrorCode::RecordBody);
        }
        if self.title.trim().is_empty() {
            fault("title", ErrorCode::ValueMissing);
        }
        let has_code = self.qr.as_deref().is_some_and(|qr| !qr.trim().is_empty());
        if self.kind == HonourKind::HonestyModel && !has_code {
            fault("qr", ErrorCode::ValueMissing);
        }
        if self.awarded_on > today {
            fault("awarded_on", ErrorCode::RecordDates);
        }
        if self.withdrawn_on.is_some_and(|end| end < self.awarded_on) {
            fault("withdrawn_on", ErrorCode::RecordDates);
        }
        faults
    }
}

impl Commitment {
    /// A commitment of which only the day of the signature is known.
    #[must_use]
    pub const fn signed(signed_on: Date) -> Self {
        Self {
            signed_on,
            broken: false,
            kind: None,
            made_to: String::new(),
            settled_on: None,
            evidence: None,
        }
    }

    /// Everything that keeps it from being entered: whether it was kept is said with evidence.
    #[must_use]
    pub fn faults(&self, today: Date) -> Vec<Violation> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code| faults.push(Violation::new(field, code));
        if self.kind.is_none() {
            fault("kind", ErrorCode::ValueMissing);
        }
        if self.made_to.trim().is_empty() {
            fault("made_to", ErrorCode::RecordBody);
        }
        if self.signed_on > today {
            fault("signed_on", ErrorCode::RecordDates);
        }
        let in_time = |day: Date| (self.signed_on..=today).contains(&day);
        if self.settled_on.is_some_and(|day| !in_time(day)) {
            fault("settled_on", ErrorCode::RecordDates);
        }
        let is_settled = self.broken || self.settled_on.is_some();
        let has_evidence = self
            .evidence
            .as_deref()
            .is_some_and(|e| !e.trim().is_empty());
        if is_settled && !has_evidence {
            fault("evidence", ErrorCode::CommitmentEvidence);
        }
        if self.broken && self.settled_on.is_none() {
            fault("settled_on", ErrorCode::RecordDates);
        }
        faults
    }

    /// Whether it says more about the subject than `other`, where one commitment is asked for: a
    /// broken one before all others, then the one that was signed first.
    #[must_use]
    pub fn outweighs(&self, other: &Self) -> bool {
        (!self.broken, self.signed_on) < (!other.broken, other.signed_on)
    }
}

const fn plain_honour() -> HonourKind {
    HonourKind::Honour
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_plain(kind: &HonourKind) -> bool {
    *kind == HonourKind::Honour
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 6, 10);

    fn codes(faults: Vec<Violation>) -> Vec<(String, ErrorCode)> {
        faults.into_iter().map(|f| (f.field, f.code)).collect()
    }

    #[test]
    fn an_honesty_model_needs_its_code_and_an_honour_does_not() {
        let mut honour = Honour {
            awarded_by: "示例盟发展和改革委员会".into(),
            title: "诚信示范户".into(),
            ..Honour::plain(HonourLevel::League, date(2026, 3, 1))
        };
        assert_eq!(codes(honour.faults(TODAY)), []);
        honour.kind = HonourKind::HonestyModel;
        let missing = vec![("qr".to_owned(), ErrorCode::ValueMissing)];
        assert_eq!(codes(honour.faults(TODAY)), missing);
        honour.qr = Some("示例-QR-1".into());
        assert_eq!(codes(honour.faults(TODAY)), []);
        honour.withdrawn_on = Some(date(2026, 6, 1));
        assert!(honour.holds_on(date(2026, 5, 31)) && !honour.holds_on(date(2026, 6, 1)));
    }

    #[test]
    fn whether_a_commitment_was_kept_is_not_said_without_evidence() {
        let mut commitment = Commitment {
            kind: Some(CommitmentKind::SelfDiscipline),
            made_to: "示例旗农牧局".into(),
            ..Commitment::signed(date(2025, 3, 1))
        };
        assert_eq!(codes(commitment.faults(TODAY)), []);
        commitment.broken = true;
        let expected = vec![
            ("evidence".to_owned(), ErrorCode::CommitmentEvidence),
            ("settled_on".to_owned(), ErrorCode::RecordDates),
        ];
        assert_eq!(codes(commitment.faults(TODAY)), expected);
        commitment.settled_on = Some(date(2026, 1, 5));
        commitment.evidence = Some("示例核查〔2026〕2号".into());
        assert_eq!(codes(commitment.faults(TODAY)), []);
    }

    #[test]
    fn a_broken_commitment_is_not_hidden_behind_a_kept_one() {
        let kept = Commitment::signed(date(2020, 1, 1));
        let broken = Commitment {
            broken: true,
            ..Commitment::signed(date(2025, 1, 1))
        };
        assert!(broken.outweighs(&kept) && !kept.outweighs(&broken));
        assert!(kept.outweighs(&Commitment::signed(date(2021, 1, 1))));
    }
}
