//! 利害关系申报表: who must not act for whom (`domain.md` D.1). It takes people out of cases and can
//! make cases void, so a second person puts it into force.

use itgel_domain::case::interest::InterestKind;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{OfficerId, SubjectId};

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::process::{self, Declaration};
use crate::store;

/// The declarations of a place.
pub(super) struct Interests;

const COLUMNS: &[Column] = &[
    Column::text("officer", "人员编号", "人员表中的编号", "caiji-01").required(),
    common::PLACE,
    Column::text("household", "户编号", "户籍台账上的户编号", "0101")
        .required()
        .also(&["户号", "农牧户编号"]),
    Column::text(
        "kind",
        "关系",
        "本人、同户、配偶、亲属、借贷或合伙；三代以内亲属和姻亲都写“亲属”",
        "亲属",
    )
    .required(),
    Column::text("source", "依据", "申报表的编号", "示例申报2026-01"),
];

const KINDS: &[(&str, InterestKind)] = &[
    ("本人", InterestKind::Own),
    ("同户", InterestKind::Household),
    ("配偶", InterestKind::Spouse),
    ("亲属", InterestKind::Relative),
    ("借贷", InterestKind::PrivateLoan),
    ("合伙", InterestKind::Partner),
];

/// A declaration as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    officer: OfficerId,
    subject: SubjectId,
    kind: InterestKind,
    source: String,
}

impl Sheet for Interests {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "interests"
    }

    fn title(&self) -> &'static str {
        "利害关系申报表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let officer: Option<OfficerId> = cells.text("officer").and_then(|text| text.parse().ok());
        let kind = cells.choice("kind", KINDS);
        let source = cells.short_text("source", 200).unwrap_or_default();
        let subject = common::place(cells, desk)?.and_then(|place| place.subject);
        let is_known = match &officer {
            Some(officer) => store::officer::get(desk.connection, officer)?.is_some(),
            None => false,
        };
        if !is_known {
            cells.fault("officer", ErrorCode::OfficerUnknown);
        }
        let (Some(officer), Some(kind), Some(subject)) = (officer, kind, subject) else {
            return Ok(None);
        };
        Ok(Some(Row {
            officer,
            subject: subject.id,
            kind,
            source: source.to_owned(),
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let kind = row.kind.as_str();
        Some(Span::once(&[
            row.officer.as_str(),
            row.subject.as_str(),
            kind,
        ]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let declaration = Declaration {
            subject: row.subject,
            officer: row.officer,
            kind: row.kind,
            source: match row.source.is_empty() {
                true => force.source.to_owned(),
                false => row.source,
            },
        };
        let Force {
            service, tx, now, ..
        } = *force;
        let declared = process::interest::enter(service, tx, force.entered_by, &declaration, now)?;
        Ok(match declared.is_new {
            true => Applied::Changed,
            false => Applied::Same,
        })
    }
}
