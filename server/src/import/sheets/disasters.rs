//! 受灾公告表: declared disasters and where they reach (`domain.md` B.9). Only a declaration
//! counts: without the number of its document there is none.

use itgel_domain::division::DivisionCode;
use itgel_domain::id::SubjectId;
use itgel_domain::register::{Disaster, DisasterKind, RegisterContent};

use super::common;
use crate::error::ServiceError;
use crate::import::desk::NewRow;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Declared disasters.
pub(super) struct Disasters;

const COLUMNS: &[Column] = &[
    common::PLACE,
    common::HOUSEHOLD,
    Column::text(
        "document",
        "公告文号",
        "宣布受灾的文件号；没有公告的不算",
        "示例旗政发〔示例〕1号",
    )
    .required()
    .also(&["文号"]),
    Column::text("kind", "灾种", "旱灾、白灾、黑灾或疫情", "旱灾")
        .required()
        .also(&["灾害种类"]),
    Column::text("issued_by", "发布机关", "发布公告的机关", "示例旗人民政府")
        .required()
        .also(&["公告机关"]),
    common::FROM,
    common::TO,
];

/// The kinds by the words of the table.
const KINDS: &[(&str, DisasterKind)] = &[
    ("旱灾", DisasterKind::Drought),
    ("干旱", DisasterKind::Drought),
    ("白灾", DisasterKind::WhiteDisaster),
    ("雪灾", DisasterKind::WhiteDisaster),
    ("黑灾", DisasterKind::BlackDisaster),
    ("疫情", DisasterKind::Epidemic),
];

/// A disaster as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    division: DivisionCode,
    subject: Option<SubjectId>,
    disaster: Disaster,
}

impl Sheet for Disasters {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "disasters"
    }

    fn title(&self) -> &'static str {
        "受灾公告表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let place = common::place(cells, desk)?;
        let kind = cells.choice("kind", KINDS);
        let id = cells.short_text("document", 100);
        let issued_by = cells.short_text("issued_by", 100);
        let (from, to) = common::validity(cells);
        let (Some(place), Some(kind), Some(id), Some(issued_by), Some(began_on)) =
            (place, kind, id, issued_by, from)
        else {
            return Ok(None);
        };
        Ok(Some(Row {
            division: place.division,
            subject: place.subject.map(|subject| subject.id),
            disaster: Disaster {
                id: id.to_owned(),
                kind,
                issued_by: issued_by.to_owned(),
                began_on,
                ended_on: to,
            },
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        let division = row.division.to_string();
        let subject = row.subject.as_ref().map_or("", SubjectId::as_str);
        Some(Span::once(&[&division, subject, &row.disaster.id]))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        force.put_row(NewRow {
            division: row.division,
            subject: row.subject,
            key: row.disaster.id.clone(),
            valid_from: row.disaster.began_on,
            valid_to: None,
            content: RegisterContent::Disaster(row.disaster),
        })
    }
}
