//! 公共信用信息归集表: public credit records of four classes, with the item and version of the
//! catalogue (SR-12 to SR-20, SR-31). Serious dishonesty is refused here; it comes as an entry of
//! an official list.

use itgel_domain::error::ErrorCode;
use itgel_domain::register::{CreditClass, Gravity, PublicRecord, PublicityKind, SubjectForm};

use super::common;
use super::credit::{self, Row};
use crate::credit::records::NewCredit;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Public credit records.
pub(super) struct Records;

const COLUMNS: &[Column] = &[
    common::PLACE,
    credit::NUMBER,
    credit::ID_NUMBER,
    credit::SUBJECT_KIND,
    Column::text(
        "reference",
        "文书号",
        "决定书或证书的编号",
        "示例罚〔2026〕1号",
    )
    .required()
    .also(&["决定书文号", "文号"]),
    Column::text(
        "class",
        "信息类别",
        "基础信息、增信信息、一般失信信息或风险提示信息",
        "一般失信信息",
    )
    .required(),
    Column::text("form", "主体类型", "自然人、法人或非法人组织", "自然人"),
    Column::text("gravity", "失信程度", "轻微或一般；不填为一般", "一般"),
    Column::text("kind", "公示类型", "十公示之一；其他信息不填", "行政处罚"),
    Column::text(
        "catalogue_item",
        "目录条目",
        "公共信用信息目录中的条目",
        "行政处罚信息",
    ),
    Column::text(
        "catalogue_version",
        "目录版本",
        "公共信用信息目录的版本",
        "内蒙古自治区公共信用信息目录（2024版）",
    ),
    Column::text(
        "recorded_by",
        "认定机关",
        "认定或记录机关全称",
        "示例旗农牧局",
    )
    .also(&["记录机关", "处罚机关", "许可机关"]),
    Column::text("decided_on", "决定日期", "作出决定的日期", "2026-05-06"),
    Column::text(
        "reported_on",
        "报送日期",
        "报送信用平台的日期",
        "2026-05-10",
    ),
    Column::text(
        "published_from",
        "公示起始日期",
        "开始公示的日期",
        "2026-05-10",
    ),
    Column::text(
        "published_to",
        "公示截止日期",
        "公示的最后一天",
        "2026-11-10",
    ),
    Column::text(
        "ended_on",
        "行为终止日期",
        "不良行为或事件终止的日期",
        "2026-06-01",
    ),
    Column::text(
        "repaired_on",
        "修复日期",
        "完成信用修复的日期",
        "2026-09-01",
    ),
    Column::text(
        "withdrawn_on",
        "撤销日期",
        "来源机关撤销的日期",
        "2026-09-01",
    ),
];

const CLASSES: &[(&str, CreditClass)] = &[
    ("基础信息", CreditClass::Basic),
    ("增信信息", CreditClass::Positive),
    ("一般失信信息", CreditClass::General),
    ("风险提示信息", CreditClass::Tip),
    // Read so that the row is told why it cannot go in.
    ("严重失信信息", CreditClass::Serious),
];

const FORMS: &[(&str, SubjectForm)] = &[
    ("自然人", SubjectForm::NaturalPerson),
    ("法人", SubjectForm::LegalPerson),
    ("非法人组织", SubjectForm::Unincorporated),
];

const GRAVITIES: &[(&str, Gravity)] = &[("轻微", Gravity::Minor), ("一般", Gravity::General)];

const KINDS: &[(&str, PublicityKind)] = &[
    ("行政许可", PublicityKind::Licence),
    ("行政处罚", PublicityKind::Penalty),
    ("行政强制", PublicityKind::Coercion),
    ("行政确认", PublicityKind::Confirmation),
    ("行政征收", PublicityKind::Levy),
    ("行政给付", PublicityKind::Payment),
    ("行政裁决", PublicityKind::Ruling),
    ("行政补偿", PublicityKind::Compensation),
    ("行政奖励", PublicityKind::Award),
    ("行政监督检查", PublicityKind::Inspection),
];

impl Sheet for Records {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "credit-records"
    }

    fn title(&self) -> &'static str {
        "公共信用信息归集表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let subject = credit::whom(cells, desk)?;
        let class = cells.choice("class", CLASSES);
        let form = optional(cells, "form", FORMS);
        let gravity = optional(cells, "gravity", GRAVITIES);
        let kind = optional(cells, "kind", KINDS);
        let record = PublicRecord {
            reference: credit::text(cells, "reference", 120),
            class: class.unwrap_or_default(),
            gravity: gravity.unwrap_or_default(),
            kind,
            recorded_by: credit::text(cells, "recorded_by", 120),
            catalogue_item: named(cells, "catalogue_item"),
            catalogue_version: named(cells, "catalogue_version"),
            decided_on: cells.day("decided_on"),
            reported_on: cells.day("reported_on"),
            published_from: cells.day("published_from"),
            published_to: cells.day("published_to"),
            ended_on: cells.day("ended_on"),
            repaired_on: cells.day("repaired_on"),
            withdrawn_on: cells.day("withdrawn_on"),
            ..PublicRecord::default()
        };
        let (Some(subject), Some(_)) = (subject, class) else {
            return Ok(None);
        };
        let of_person = SubjectForm::NaturalPerson.fits(subject.kind);
        let usual = match of_person {
            true => SubjectForm::NaturalPerson,
            false => SubjectForm::LegalPerson,
        };
        let record = PublicRecord {
            form: form.unwrap_or(usual),
            ..record
        };
        credit::staged(cells, desk, &subject, NewCredit::Record(record)).map(Some)
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let NewCredit::Record(record) = &row.content else {
            return None;
        };
        let subject = row.subject.as_str();
        Some(Span::once(&[
            subject,
            &record.recorded_by,
            &record.reference,
        ]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        credit::apply(force, &row)
    }
}

/// A word that may be absent.
fn optional<T: Clone>(cells: &mut Cells<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
    cells.text(key)?;
    cells.choice(key, choices)
}

fn named(cells: &mut Cells<'_>, key: &str) -> Option<String> {
    let text = cells.short_text(key, 120)?;
    if text.trim().is_empty() {
        cells.fault(key, ErrorCode::ValueMissing);
    }
    Some(text.to_owned())
}
