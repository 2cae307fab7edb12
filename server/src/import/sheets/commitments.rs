//! 信用承诺履行表: commitments of five kinds and whether they were kept (SR-22, SR-23).

use itgel_domain::error::ErrorCode;
use itgel_domain::register::{Commitment, CommitmentKind};

use super::common;
use super::credit::{self, Row};
use crate::credit::records::NewCredit;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Commitments.
pub(super) struct Commitments;

const COLUMNS: &[Column] = &[
    common::PLACE,
    credit::NUMBER,
    credit::ID_NUMBER,
    credit::SUBJECT_KIND,
    Column::text(
        "kind",
        "承诺类型",
        "证明事项告知、审批替代、行业自律、主动公示或信用修复",
        "行业自律",
    )
    .required(),
    Column::text("made_to", "受理机关", "接受承诺的机关全称", "示例旗农牧局"),
    Column::text("signed_on", "承诺日期", "签署承诺书的日期", "2025-03-01")
        .required()
        .also(&["签署日期"]),
    Column::text(
        "outcome",
        "履行情况",
        "履行中、已履行或未履行；不填为履行中",
        "已履行",
    ),
    Column::text(
        "settled_on",
        "认定日期",
        "认定已履行或未履行的日期",
        "2026-03-01",
    ),
    Column::text(
        "evidence",
        "履行凭证",
        "核查或认定文书的编号",
        "示例核查〔2026〕2号",
    ),
];

const KINDS: &[(&str, CommitmentKind)] = &[
    ("证明事项告知", CommitmentKind::ProofNotice),
    ("审批替代", CommitmentKind::ApprovalSubstitute),
    ("行业自律", CommitmentKind::SelfDiscipline),
    ("主动公示", CommitmentKind::VoluntaryPublicity),
    ("信用修复", CommitmentKind::CreditRepair),
];

/// Whether it was settled, and whether it was broken.
const OUTCOMES: &[(&str, (bool, bool))] = &[
    ("履行中", (false, false)),
    ("已履行", (true, false)),
    ("未履行", (true, true)),
];

impl Sheet for Commitments {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "commitments"
    }

    fn title(&self) -> &'static str {
        "信用承诺履行表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let subject = credit::whom(cells, desk)?;
        let kind = cells.choice("kind", KINDS);
        let (made_to, signed_on) = (credit::text(cells, "made_to", 120), cells.day("signed_on"));
        let outcome = match cells.text("outcome") {
            Some(_) => cells.choice("outcome", OUTCOMES),
            None => Some((false, false)),
        };
        let settled_on = cells.day("settled_on");
        let evidence = cells.short_text("evidence", 120).map(str::to_owned);
        let (Some(subject), Some(kind), Some(signed_on), Some((is_settled, broken))) =
            (subject, kind, signed_on, outcome)
        else {
            return Ok(None);
        };
        if is_settled && settled_on.is_none() && cells.text("settled_on").is_none() {
            cells.fault("settled_on", ErrorCode::ValueMissing);
        }
        let made = Commitment {
            signed_on,
            broken,
            kind: Some(kind),
            made_to,
            settled_on: settled_on.filter(|_| is_settled),
            evidence,
        };
        credit::staged(cells, desk, &subject, NewCredit::Commitment(made)).map(Some)
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let NewCredit::Commitment(made) = &row.content else {
            return None;
        };
        let (kind, signed_on) = (
            made.kind.map_or("", CommitmentKind::as_str),
            made.signed_on.to_string(),
        );
        let subject = row.subject.as_str();
        Some(Span::once(&[subject, kind, &made.made_to, &signed_on]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        credit::apply(force, &row)
    }
}
