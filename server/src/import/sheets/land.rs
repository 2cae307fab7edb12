//! What the tables of land and animals share: who is named, what is staged, how a record takes
//! effect ([`crate::land`]).

use itgel_domain::division::{DivisionCode, DivisionLevel};
use itgel_domain::error::ErrorCode;
use itgel_domain::id::SubjectId;
use itgel_domain::land::{Fault, FaultKind, LandRecord, RecordFault};
use itgel_domain::subject::{EntityKind, SubjectKind};

use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Contradiction, Desk, Force, Span};
use crate::land::{self, NewRecord};

/// Who holds the right to a plot.
pub(super) const HOLDER: Column = Column::text(
    "holder",
    "户编号",
    "承包户（或集体、合作社、牧场）的编号",
    "0101",
)
.required()
.also(&["承包户编号", "户号"]);

/// The number of a contract.
pub(super) const CONTRACT: Column = Column::text(
    "contract",
    "合同编号",
    "合同、证书或登记的编号",
    "示例-2026-001",
)
.required()
.also(&["证书编号", "登记编号", "合同号"]);

/// The number of a plot.
pub(super) const PLOT: Column = Column::text(
    "plot",
    "草场编号",
    "全旗唯一的地块编号，与入户采集时使用的编号相同；字母、数字和横线",
    "p-0201-17",
)
.required()
.also(&["地块编号", "草场地块编号"]);

/// The area of a plot or lease.
pub(super) const AREA: Column = Column::amount("area", "面积", Column::MU, "草场面积", "5000")
    .required()
    .also(&["草场面积", "流转面积", "承包面积"]);

/// A record as it is staged.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    pub(super) division: DivisionCode,
    pub(super) record: LandRecord,
}

/// The division of a row, and who in it is named.
pub(super) fn party(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    (place, number): (&str, &str),
) -> Result<Option<(DivisionCode, SubjectId)>, ServiceError> {
    let Some(code) = cells.division_code(place, &[DivisionLevel::Village]) else {
        return Ok(None);
    };
    let Some(division) = desk.division(cells, place, code)? else {
        return Ok(None);
    };
    let found = subject(cells, desk, division.code, number)?;
    Ok(found.map(|subject| (division.code, subject)))
}

/// The other side of a contract; its gacha is that of the row unless a cell names another, which
/// may lie where the person enters no tables.
pub(super) fn other_party(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    usual: Option<DivisionCode>,
    (place, number): (&str, &str),
) -> Result<Option<SubjectId>, ServiceError> {
    let division = if cells.has(place) {
        cells.division_code(place, &[DivisionLevel::Village])
    } else {
        usual
    };
    match division {
        Some(division) => subject(cells, desk, division, number),
        None => Ok(None),
    }
}

/// Land is held by households, and by collectives, cooperatives and ranches, too.
fn subject(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    division: DivisionCode,
    key: &str,
) -> Result<Option<SubjectId>, ServiceError> {
    const KINDS: [SubjectKind; 4] = [
        SubjectKind::Household,
        SubjectKind::Collective,
        SubjectKind::Entity(EntityKind::Cooperative),
        SubjectKind::Entity(EntityKind::Ranch),
    ];
    let Some(number) = cells.text(key) else {
        return Ok(None);
    };
    for kind in KINDS {
        if let Some(found) = desk.subject(division, kind, number)? {
            return Ok(Some(found.id));
        }
    }
    cells.fault(key, ErrorCode::ImportSubject);
    Ok(None)
}

/// What is wrong with a record by itself is a fault; what contradicts other records is told and
/// goes in, because nobody here knows which of them is wrong. `numbered` is the column of its
/// number, `sized` that of its area or heads, `sided` that of its other side.
pub(super) fn staged(
    cells: &mut Cells<'_>,
    desk: &Desk<'_>,
    row: Row,
    (numbered, sized, sided): (&str, &str, &str),
) -> Result<Option<Row>, ServiceError> {
    if let Err(fault) = row.record.check() {
        let key = match fault {
            RecordFault::Number => numbered,
            RecordFault::Amount => sized,
            RecordFault::SameParty | RecordFault::Members => sided,
            RecordFault::Days => super::common::TO.key,
        };
        cells.fault(key, ErrorCode::LandRecord);
        return Ok(None);
    }
    let new = new_record(&row, String::new());
    if land::overlaps_itself(desk.connection, &new)? {
        cells.fault(super::common::FROM.key, ErrorCode::LandOverlap);
        return Ok(None);
    }
    let faults = land::contradictions(desk.service, desk.connection, &[new])?;
    for fault in faults.iter().flatten() {
        cells.notice(numbered, fault.kind.code());
    }
    Ok(Some(row))
}

/// Rows about one plot can contradict one another.
pub(super) fn meets_at(row: &Row) -> Vec<String> {
    let banner = row.division.ancestor(DivisionLevel::County);
    let banner = banner.unwrap_or(row.division);
    let plot = row.record.plot().map(|plot| format!("{banner}/{plot}"));
    plot.into_iter().collect()
}

/// What rows of a file contradict, one with another and with what is in force; `numbered` is the
/// column of their number.
pub(super) fn compare(
    desk: &Desk<'_>,
    rows: &[Row],
    numbered: &'static str,
) -> Result<Vec<Vec<Contradiction>>, ServiceError> {
    let new: Vec<NewRecord> = rows
        .iter()
        .map(|row| new_record(row, String::new()))
        .collect();
    let faults = land::contradictions(desk.service, desk.connection, &new)?;
    let told = |fault: &Fault| Contradiction {
        column: numbered,
        code: fault.kind.code(),
        about: match fault.kind {
            // Each of the groups is told by its own number.
            FaultKind::TwoGroups => fault.from.to_string(),
            _ => format!("{} {:?} {}", fault.about, fault.contracts, fault.from),
        },
    };
    let own = |(faults, row): (&Vec<Fault>, &Row)| {
        let with = faults
            .iter()
            .filter(|fault| land::is_with(fault, &row.record));
        with.map(told).collect()
    };
    Ok(faults.iter().zip(rows).map(own).collect())
}

/// A record holds its number for its days.
pub(super) fn span(row: &Row) -> Span {
    let banner = row.division.ancestor(DivisionLevel::County);
    let banner = banner.unwrap_or(row.division).to_string();
    let (from, to) = row.record.days();
    Span {
        from,
        to,
        ..Span::once(&[row.record.register(), &banner, &row.record.number()])
    }
}

/// Brings a record into force.
pub(super) fn apply(force: &Force<'_>, row: &Row) -> Result<Applied, ServiceError> {
    let new = new_record(row, force.source.to_owned());
    let by = force.entered_by.as_str();
    let entered = land::put(force.service, force.tx, &new, by, force.now)?;
    Ok(if entered.is_changed {
        Applied::Changed
    } else {
        Applied::Same
    })
}

fn new_record(row: &Row, source: String) -> NewRecord {
    NewRecord {
        division: row.division,
        source,
        record: row.record.clone(),
    }
}
