//! 荣誉与诚信典型表: honours from government bodies and honesty models with their QR code
//! (SR-56, `domain.md` B.1.12).

use itgel_domain::register::{Honour, HonourKind, HonourLevel};

use super::common;
use super::credit::{self, Row};
use crate::credit::records::NewCredit;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Honours and honesty models.
pub(super) struct Honours;

const COLUMNS: &[Column] = &[
    common::PLACE,
    credit::NUMBER,
    credit::ID_NUMBER,
    credit::SUBJECT_KIND,
    Column::text("kind", "荣誉类型", "荣誉或诚信典型；不填为荣誉", "诚信典型"),
    Column::text("title", "荣誉名称", "证书或文件上的名称", "诚信示范户"),
    Column::text("awarded_by", "授予机关", "授予机关全称", "示例旗人民政府").also(&["颁发机关"]),
    Column::text("level", "机关级别", "旗县、盟市、自治区或国家", "旗县").required(),
    Column::text("awarded_on", "授予日期", "授予的日期", "2026-03-01")
        .required()
        .also(&["颁发日期"]),
    Column::text("qr", "诚信二维码", "诚信典型的二维码内容", "示例-QR-1"),
    Column::text("withdrawn_on", "撤销日期", "撤销荣誉的日期", "2026-09-01"),
];

const KINDS: &[(&str, HonourKind)] = &[
    ("荣誉", HonourKind::Honour),
    ("诚信典型", HonourKind::HonestyModel),
];

const LEVELS: &[(&str, HonourLevel)] = &[
    ("旗县", HonourLevel::Banner),
    ("盟市", HonourLevel::League),
    ("自治区", HonourLevel::Region),
    ("国家", HonourLevel::State),
];

impl Sheet for Honours {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "honours"
    }

    fn title(&self) -> &'static str {
        "荣誉与诚信典型表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let subject = credit::whom(cells, desk)?;
        let kind = match cells.text("kind") {
            Some(_) => cells.choice("kind", KINDS),
            None => Some(HonourKind::Honour),
        };
        let (level, awarded_on) = (cells.choice("level", LEVELS), cells.day("awarded_on"));
        let (title, awarded_by) = (
            credit::text(cells, "title", 120),
            credit::text(cells, "awarded_by", 120),
        );
        let qr = cells.short_text("qr", 400).map(str::to_owned);
        let withdrawn_on = cells.day("withdrawn_on");
        let (Some(subject), Some(kind), Some(level), Some(awarded_on)) =
            (subject, kind, level, awarded_on)
        else {
            return Ok(None);
        };
        let honour = Honour {
            level,
            awarded_on,
            kind,
            awarded_by,
            title,
            qr,
            withdrawn_on,
        };
        credit::staged(cells, desk, &subject, NewCredit::Honour(honour)).map(Some)
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let NewCredit::Honour(honour) = &row.content else {
            return None;
        };
        let awarded_on = honour.awarded_on.to_string();
        let subject = row.subject.as_str();
        Some(Span::once(&[
            subject,
            &honour.awarded_by,
            &honour.title,
            &awarded_on,
        ]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        credit::apply(force, &row)
    }
}
