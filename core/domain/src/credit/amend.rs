//! What may still be done with a record that stands in a register: repair, withdrawal,
//! exoneration, an accepted objection, the end of the behaviour, its report, the removal from a
//! list, whether a commitment was kept (SR-22, SR-33, SR-36, SR-40, `domain.md` L-12).
//!
//! An amendment only ever takes weight from a record or says how it went on; none makes one.

use jiff::civil::Date;

use crate::credit::EndReason;
use crate::error::ErrorCode;
use crate::policy::Action;
use crate::register::{
    Commitment, CreditClass, Exoneration, Honour, ListEntry, ListEntryFields, PublicRecord,
    RegisterContent,
};

/// One amendment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub enum Amendment {
    /// Repaired (信用修复), of a record or a list entry.
    Repair {
        /// The day.
        on: Date,
        /// The decision.
        evidence: String,
    },
    /// Withdrawn by its source as wrong; an honour is taken back.
    Withdraw {
        /// The day.
        on: Date,
        /// The document.
        evidence: String,
    },
    /// Found to be no dishonesty (容错).
    Exonerate {
        /// Why, when and by which decision.
        exoneration: Exoneration,
    },
    /// The source body accepted an objection, or decided it.
    Contest {
        /// Whether the objection is pending.
        pending: bool,
        /// The document.
        evidence: String,
    },
    /// The behaviour ended.
    End {
        /// The day.
        on: Date,
        /// The document.
        evidence: String,
    },
    /// The decision was reported to the platform (双公示).
    Report {
        /// The day.
        on: Date,
    },
    /// Removed from an official list.
    Remove {
        /// The day.
        on: Date,
        /// The document.
        evidence: String,
    },
    /// A commitment was fulfilled or broken.
    Settle {
        /// The day.
        on: Date,
        /// Whether it was kept.
        kept: bool,
        /// The document.
        evidence: String,
    },
}

impl Amendment {
    /// The word of the step, for the audit.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Repair { .. } => "repair",
            Self::Withdraw { .. } => "withdraw",
            Self::Exonerate { .. } => "exonerate",
            Self::Contest { .. } => "contest",
            Self::End { .. } => "end",
            Self::Report { .. } => "report",
            Self::Remove { .. } => "remove",
            Self::Settle { .. } => "settle",
        }
    }

    /// What the actor must be allowed to do.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Report { .. } => Action::ManageRegisters,
            _ => Action::AmendRecord,
        }
    }

    fn day(&self) -> Option<Date> {
        match self {
            Self::Repair { on, .. }
            | Self::Withdraw { on, .. }
            | Self::End { on, .. }
            | Self::Report { on }
            | Self::Remove { on, .. }
            | Self::Settle { on, .. } => Some(*on),
            Self::Exonerate { exoneration } => Some(exoneration.decided_on),
            Self::Contest { .. } => None,
        }
    }

    fn evidence(&self) -> Option<&str> {
        match self {
            Self::Repair { evidence, .. }
            | Self::Withdraw { evidence, .. }
            | Self::Contest { evidence, .. }
            | Self::End { evidence, .. }
            | Self::Remove { evidence, .. }
            | Self::Settle { evidence, .. } => Some(evidence),
            Self::Exonerate { exoneration } => Some(&exoneration.decision),
            Self::Report { .. } => None,
        }
    }
}

/// The row after an amendment.
///
/// # Errors
/// [`ErrorCode::CaseReason`] without evidence, [`ErrorCode::RecordDates`] for a day in the future
/// or before the record, [`ErrorCode::RecordStep`] if such a row cannot be amended so, or was
/// already.
pub fn amended(
    content: &RegisterContent,
    amendment: &Amendment,
    today: Date,
) -> Result<RegisterContent, ErrorCode> {
    if amendment.evidence().is_some_and(|e| e.trim().is_empty()) {
        return Err(ErrorCode::CaseReason);
    }
    let day = amendment.day();
    if day.is_some_and(|day| day > today || begun_on(content).is_some_and(|began| day < began)) {
        return Err(ErrorCode::RecordDates);
    }
    match content {
        RegisterContent::PublicRecord(record) => {
            record_amended(record, amendment).map(RegisterContent::PublicRecord)
        }
        RegisterContent::ListEntry(entry) => {
            entry_amended(entry, amendment).map(RegisterContent::ListEntry)
        }
        RegisterContent::Honour(honour) => {
            honour_amended(honour, amendment).map(RegisterContent::Honour)
        }
        RegisterContent::Commitment(made) => {
            commitment_amended(made, amendment).map(RegisterContent::Commitment)
        }
        _ => Err(ErrorCode::RecordStep),
    }
}

/// The day on which the record, entry, honour or commitment began.
#[must_use]
pub fn begun_on(content: &RegisterContent) -> Option<Date> {
    match content {
        RegisterContent::PublicRecord(record) => record.decided_on,
        RegisterContent::ListEntry(entry) => Some(entry.fields().listed_on),
        RegisterContent::Honour(honour) => Some(honour.awarded_on),
        RegisterContent::Commitment(made) => Some(made.signed_on),
        _ => None,
    }
}

/// Why measures that rest on a row end, if it is no ground any more.
#[must_use]
pub fn end_reason(content: &RegisterContent) -> EndReason {
    match content {
        RegisterContent::PublicRecord(r) if r.exonerated.is_some() => EndReason::Exonerated,
        RegisterContent::PublicRecord(r) if r.withdrawn_on.is_some() => EndReason::Withdrawn,
        RegisterContent::PublicRecord(r) if r.repaired_on.is_some() => EndReason::Repaired,
        RegisterContent::ListEntry(e) if e.fields().repaired_on.is_some() => EndReason::Repaired,
        RegisterContent::ListEntry(e) if e.fields().removed_on.is_some() => EndReason::Removed,
        RegisterContent::Honour(h) if h.withdrawn_on.is_some() => EndReason::Withdrawn,
        _ => EndReason::Lapsed,
    }
}

/// Which of the five classes a row of a register is of (SR-12); `None` for one that is no credit
/// information.
#[must_use]
pub const fn class_of(content: &RegisterContent) -> Option<CreditClass> {
    match content {
        RegisterContent::PublicRecord(record) => Some(record.class),
        RegisterContent::ListEntry(entry) => Some(entry.class()),
        RegisterContent::Honour(_) => Some(CreditClass::Positive),
        RegisterContent::Commitment(made) => Some(match (made.broken, made.settled_on) {
            (true, _) => CreditClass::General,
            (false, Some(_)) => CreditClass::Positive,
            (false, None) => CreditClass::Basic,
        }),
        _ => None,
    }
}

fn record_amended(record: &PublicRecord, amendment: &Amendment) -> Result<PublicRecord, ErrorCode> {
    let mut new = record.clone();
    match amendment {
        Amendment::Report { on } if record.reported_on.is_none() => new.reported_on = Some(*on),
        Amendment::End { on, .. } if record.ended_on.is_none() => new.ended_on = Some(*on),
        _ if record.is_settled() => return Err(ErrorCode::RecordStep),
        Amendment::Repair { on, .. } => new.repaired_on = Some(*on),
        Amendment::Withdraw { on, .. } => new.withdrawn_on = Some(*on),
        Amendment::Exonerate { exoneration } => new.exonerated = Some(exoneration.clone()),
        Amendment::Contest { pending, .. } if *pending != record.objection_accepted => {
            new.objection_accepted = *pending;
        }
        _ => return Err(ErrorCode::RecordStep),
    }
    Ok(new)
}

fn entry_amended(entry: &ListEntry, amendment: &Amendment) -> Result<ListEntry, ErrorCode> {
    let fields = entry.fields().clone();
    let new = match amendment {
        Amendment::Remove { on, .. } if fields.removed_on.is_none() => ListEntryFields {
            removed_on: Some(*on),
            ..fields
        },
        Amendment::Repair { on, .. } if fields.repaired_on.is_none() => ListEntryFields {
            repaired_on: Some(*on),
            ..fields
        },
        Amendment::Contest { pending, .. } if *pending != fields.objection_accepted => {
            ListEntryFields {
                objection_accepted: *pending,
                ..fields
            }
        }
        _ => return Err(ErrorCode::RecordStep),
    };
    new.try_into().map_err(|_| ErrorCode::RecordStep)
}

fn honour_amended(honour: &Honour, amendment: &Amendment) -> Result<Honour, ErrorCode> {
    match amendment {
        Amendment::Withdraw { on, .. } if honour.withdrawn_on.is_none() => Ok(Honour {
            withdrawn_on: Some(*on),
            ..honour.clone()
        }),
        _ => Err(ErrorCode::RecordStep),
    }
}

fn commitment_amended(made: &Commitment, amendment: &Amendment) -> Result<Commitment, ErrorCode> {
    match amendment {
        Amendment::Settle { on, kept, evidence } if made.settled_on.is_none() => Ok(Commitment {
            broken: !kept,
            settled_on: Some(*on),
            evidence: Some(evidence.clone()),
            ..made.clone()
        }),
        _ => Err(ErrorCode::RecordStep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::ExonerationGround;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 6, 10);

    fn record() -> RegisterContent {
        RegisterContent::PublicRecord(PublicRecord {
            reference: "示例".into(),
            decided_on: Some(date(2026, 5, 6)),
            ..PublicRecord::default()
        })
    }

    fn repair(on: Date) -> Amendment {
        Amendment::Repair {
            on,
            evidence: "示例修复〔2026〕1号".into(),
        }
    }

    #[test]
    fn a_record_is_repaired_once_with_evidence_and_not_before_it_began() {
        let repaired = amended(&record(), &repair(TODAY), TODAY).unwrap();
        let again = amended(&repaired, &repair(TODAY), TODAY);
        assert_eq!(again, Err(ErrorCode::RecordStep));
        let future = amended(&record(), &repair(date(2026, 6, 11)), TODAY);
        assert_eq!(future, Err(ErrorCode::RecordDates));
        let before = amended(&record(), &repair(date(2026, 5, 5)), TODAY);
        assert_eq!(before, Err(ErrorCode::RecordDates));
        let silent = Amendment::Repair {
            on: TODAY,
            evidence: " ".into(),
        };
        assert_eq!(
            amended(&record(), &silent, TODAY),
            Err(ErrorCode::CaseReason)
        );
    }

    #[test]
    fn an_exonerated_record_is_closed_but_its_end_is_still_told() {
        let exonerate = Amendment::Exonerate {
            exoneration: Exoneration {
                ground: ExonerationGround::ForceMajeure,
                decided_on: TODAY,
                decision: "示例容错〔2026〕1号".into(),
            },
        };
        let closed = amended(&record(), &exonerate, TODAY).unwrap();
        let repaired = amended(&closed, &repair(TODAY), TODAY);
        assert_eq!(repaired, Err(ErrorCode::RecordStep));
        let end = Amendment::End {
            on: TODAY,
            evidence: "示例".into(),
        };
        let ended = amended(&closed, &end, TODAY).unwrap();
        assert!(ended.delete_on().is_some(), "the clock of deletion runs");
    }

    #[test]
    fn a_commitment_is_settled_once_and_its_class_follows() {
        let made = RegisterContent::Commitment(Commitment::signed(date(2025, 1, 1)));
        assert_eq!(class_of(&made), Some(CreditClass::Basic));
        let settle = |kept| Amendment::Settle {
            on: TODAY,
            kept,
            evidence: "示例核查".into(),
        };
        let broken = amended(&made, &settle(false), TODAY).unwrap();
        assert_eq!(class_of(&broken), Some(CreditClass::General));
        let kept = amended(&made, &settle(true), TODAY).unwrap();
        assert_eq!(class_of(&kept), Some(CreditClass::Positive));
        let again = amended(&kept, &settle(false), TODAY);
        assert_eq!(again, Err(ErrorCode::RecordStep));
        let tip = RegisterContent::Tip("TIP_ROLLOVER".into());
        assert_eq!(
            amended(&tip, &repair(TODAY), TODAY),
            Err(ErrorCode::RecordStep)
        );
    }
}
