//! 法定名单导入表: entries of official lists as courts and departments keep them, the only way to
//! one (SR-44, SR-45, L-30). A row without law, body of banner level, known version, item and
//! first day is refused.

use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::register::{BodyLevel, ListEntryFields, OfficialList, SubjectForm};

use super::{common, credit};
use crate::credit::records;
use crate::error::ServiceError;
use crate::fold;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Entries of official lists.
pub(super) struct OfficialLists;

const COLUMNS: &[Column] = &[
    common::PLACE,
    credit::NUMBER,
    credit::ID_NUMBER,
    credit::SUBJECT_KIND,
    Column::text(
        "list",
        "名单",
        "失信被执行人、严重失信主体名单或经营异常名录",
        "失信被执行人",
    )
    .required(),
    Column::text(
        "list_version",
        "目录版本",
        "载明该名单的公共信用信息目录版本",
        "内蒙古自治区公共信用信息目录（2024版）",
    ),
    Column::text("item", "目录条目", "目录中的名单条目", "失信被执行人信息"),
    Column::text(
        "legal_basis",
        "法律依据",
        "设立名单的法律、法规或党中央、国务院文件",
        "最高人民法院关于公布失信被执行人名单信息的若干规定",
    ),
    Column::text(
        "issued_by",
        "列入机关",
        "列入名单的法院或部门全称",
        "示例旗人民法院",
    )
    .also(&["认定机关", "执行法院"]),
    Column::text("level", "机关级别", "旗县、盟市、自治区或国家", "旗县").required(),
    Column::text("reference", "文号", "列入决定或案号", "（2026）示例执1号")
        .also(&["案号", "文书号"]),
    Column::text("listed_on", "列入日期", "列入名单的日期", "2026-03-01")
        .required()
        .also(&["发布日期", "起始日期"]),
    Column::text(
        "removed_on",
        "移出日期",
        "移出名单的日期；仍在名单上的不填",
        "2026-09-01",
    ),
    Column::text(
        "repaired_on",
        "修复日期",
        "完成信用修复的日期",
        "2026-09-01",
    ),
];

const LISTS: &[(&str, OfficialList)] = &[
    ("失信被执行人", OfficialList::CourtDefaulters),
    ("严重失信主体名单", OfficialList::SeriouslyDishonest),
    ("经营异常名录", OfficialList::AbnormalOperation),
];

const LEVELS: &[(&str, BodyLevel)] = &[
    ("旗县", BodyLevel::Banner),
    ("盟市", BodyLevel::League),
    ("自治区", BodyLevel::Region),
    ("国家", BodyLevel::State),
    // Read so that the row is told why it cannot go in.
    ("苏木乡镇", BodyLevel::Township),
    ("嘎查村", BodyLevel::Village),
];

/// An entry as it is staged; it is checked once more when it takes effect.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    subject: SubjectId,
    fields: ListEntryFields,
}

impl Sheet for OfficialLists {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "official-lists"
    }

    fn title(&self) -> &'static str {
        "法定名单导入表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let subject = credit::whom(cells, desk)?;
        let list = cells.choice("list", LISTS);
        let level = cells.choice("level", LEVELS);
        let listed_on = cells.day("listed_on");
        let texts = [
            "list_version",
            "item",
            "legal_basis",
            "issued_by",
            "reference",
        ]
        .map(|key| credit::text(cells, key, 200));
        let (removed_on, repaired_on) = (cells.day("removed_on"), cells.day("repaired_on"));
        let (Some(subject), Some(list), Some(level), Some(listed_on)) =
            (subject, list, level, listed_on)
        else {
            return Ok(None);
        };
        let [list_version, item, legal_basis, issued_by, reference] = texts;
        let fields = ListEntryFields {
            list,
            list_version,
            item,
            legal_basis,
            issued_by,
            level,
            reference,
            listed_on,
            removed_on,
            repaired_on,
            of_person: SubjectForm::NaturalPerson.fits(subject.kind),
            objection_accepted: false,
        };
        let (service, db, today) = (desk.service, desk.connection, desk.today);
        match records::checked_entry(service, db, &subject, fields.clone(), today)? {
            Ok(_) => {}
            Err(faults) => credit::tell(cells, faults),
        }
        Ok(Some(Row {
            subject: subject.id,
            fields,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let fields = &row.fields;
        let ends = [fields.removed_on, fields.repaired_on];
        // On the day of its end nobody is listed any more.
        let last = ends.into_iter().flatten().min();
        Some(Span {
            from: fields.listed_on,
            to: last.map(|day| day.yesterday().unwrap_or(day)),
            ..Span::once(&[
                row.subject.as_str(),
                fields.list.as_str(),
                &fields.item,
                &fields.issued_by,
            ])
        })
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let subject = fold::subject(force.tx, &row.subject)?;
        let origin = credit::origin(force);
        records::import_entry(force.service, force.tx, &subject, row.fields, &origin)
            .map(|entered| credit::applied(&entered))
            .map_err(|error| match error.code() {
                ErrorCode::RecordOverlap => ErrorCode::ImportOverlap.into(),
                _ => error,
            })
    }
}
