//! 贷款机构合同表 and 贷款机构人员表: which lenders have a contract here, and who works for them
//! (`domain.md` L-01, L-08). A contract opens personal data, so a second person puts it into force.
//! The keys of a lender's machines never stand in a table: [`crate::lending::enter_key`].

use itgel_domain::authorisation::Purpose;
use itgel_domain::error::ErrorCode;
use itgel_domain::id::{LenderId, OfficerId};
use itgel_domain::policy::{Resource, may};
use jiff::civil::Date;

use super::common;
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};
use crate::store::lender::LenderRecord;
use crate::store::officer::OfficerRecord;
use crate::{lending, setup, store};

/// The contracts.
pub(super) struct Lenders;

/// The people of lenders.
pub(super) struct LenderOfficers;

/// Most queries on one day that a contract can allow.
const MOST_QUERIES: i64 = 1_000_000;

const LENDER: Column = Column::text(
    "lender",
    "机构编号",
    "字母、数字和连字符，一家机构一个编号，也是接口的客户端编号",
    "rcc-1",
)
.required()
.also(&["金融机构编号", "贷款机构编号"]);

const COLUMNS: &[Column] = &[
    LENDER,
    Column::text(
        "name",
        "机构名称",
        "在同意书上念给农牧户听的名称",
        "示例农村信用合作联社",
    )
    .required()
    .also(&["金融机构名称", "贷款机构名称"]),
    Column::text("name_mn", "蒙古文名称", "没有的留空", ""),
    common::PLACE,
    Column::text(
        "purposes",
        "查询用途",
        "贷款审批、贷后管理、担保审查；几项之间用顿号分开",
        "贷款审批、贷后管理",
    )
    .required(),
    common::FROM,
    Column::text(
        common::TO.key,
        common::TO.head,
        "合同最后一天；未定的留空。终止合同：起始日期不变，填写最后一天；立即终止填昨天",
        "2028-12-31",
    )
    .also(common::TO.also),
    Column::text("daily_quota", "每日查询上限", "一天最多查询几户次", "1000").required(),
];

/// The words of the table.
const PURPOSES: &[(&str, Purpose)] = &[
    ("贷款审批", Purpose::LoanDecision),
    ("贷后管理", Purpose::LoanReview),
    ("担保审查", Purpose::GuaranteeReview),
];

/// A contract as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Row {
    lender: LenderId,
    name: String,
    name_mn: String,
    division: itgel_domain::division::DivisionCode,
    purposes: Vec<Purpose>,
    valid_from: Date,
    valid_to: Option<Date>,
    daily_quota: u32,
}

impl Sheet for Lenders {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "lenders"
    }

    fn title(&self) -> &'static str {
        "贷款机构合同表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let lender = lender_id(cells);
        let name = cells.short_text("name", 60).map(str::to_owned);
        let name_mn = cells
            .short_text("name_mn", 120)
            .unwrap_or_default()
            .to_owned();
        let purposes = cells.choices("purposes", PURPOSES);
        let (from, valid_to) = common::validity(cells);
        let daily_quota = quota(cells);
        let division = match cells.division_code(common::PLACE.key, &[]) {
            Some(code) => desk.division(cells, common::PLACE.key, code)?,
            None => None,
        };
        if let Some(lender) = &lender {
            // The contract of a neighbour is not rewritten from here.
            for known in store::lender::list_contracts(desk.connection, lender)? {
                check_place(cells, desk, &known);
            }
        }
        let (Some(lender), Some(name), Some(purposes), Some(valid_from)) =
            (lender, name, purposes, from)
        else {
            return Ok(None);
        };
        let (Some(division), Some(daily_quota)) = (division, daily_quota) else {
            return Ok(None);
        };
        Ok(Some(Row {
            lender,
            name,
            name_mn,
            division: division.code,
            purposes,
            valid_from,
            valid_to,
            daily_quota,
        }))
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(Span {
            place: vec![row.lender.to_string()],
            from: row.valid_from,
            to: row.valid_to,
        })
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        let contract = LenderRecord {
            id: row.lender,
            name: row.name,
            name_mn: row.name_mn,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            division: row.division,
            purposes: row.purposes,
            daily_quota: row.daily_quota,
        };
        let known = store::lender::list_contracts(force.tx, &contract.id)?;
        if known.contains(&contract) {
            return Ok(Applied::Same);
        }
        setup::add_lender(force.tx, &contract, force.now.on())?;
        lending::record_contract(force.tx, force.decided_by, &contract, force.now)?;
        Ok(Applied::Changed)
    }
}

const PEOPLE: &[Column] = &[
    Column::text(
        "officer",
        "人员编号",
        "字母、数字和连字符，全旗唯一",
        "xindai-01",
    )
    .required(),
    Column::text("name", "姓名", "供同事识别", "示例人员").required(),
    LENDER,
];

/// A person of a lender as it is staged.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Person {
    officer: OfficerId,
    name: String,
    lender: LenderId,
}

impl Sheet for LenderOfficers {
    type Row = Person;

    fn kind(&self) -> &'static str {
        "lender-officers"
    }

    fn title(&self) -> &'static str {
        "贷款机构人员表"
    }

    fn columns(&self) -> &'static [Column] {
        PEOPLE
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Person>, ServiceError> {
        let officer: Option<OfficerId> = cells.text("officer").and_then(|text| text.parse().ok());
        if officer.is_none() {
            cells.fault("officer", ErrorCode::ValueWrongType);
        }
        let name = cells.short_text("name", 60).map(str::to_owned);
        let lender = lender_id(cells);
        if let Some(lender) = &lender {
            match store::lender::get(desk.connection, lender, desk.today)? {
                Some(contract) => check_place(cells, desk, &contract),
                None => cells.fault("lender", ErrorCode::LenderUnknown),
            }
        }
        let (Some(officer), Some(name), Some(lender)) = (officer, name, lender) else {
            return Ok(None);
        };
        Ok(Some(Person {
            officer,
            name,
            lender,
        }))
    }

    fn span(&self, row: &Person) -> Option<Span> {
        Some(Span::once(&[row.officer.as_str()]))
    }

    fn apply(&self, force: &Force<'_>, row: Person) -> Result<Applied, ServiceError> {
        if row.officer == *force.entered_by {
            return Err(ErrorCode::SecondPerson.into());
        }
        let tx = force.tx;
        let contract = store::lender::get(tx, &row.lender, force.now.on())?;
        let contract = contract.ok_or(ErrorCode::LenderUnknown)?;
        let works_for = store::lender::of_officer(tx, &row.officer)?;
        if works_for.as_ref().is_some_and(|other| *other != row.lender) {
            return Err(ErrorCode::LenderPerson.into());
        }
        let known = store::officer::get(tx, &row.officer)?;
        let has_name = known.as_ref().is_some_and(|known| known.name == row.name);
        if works_for.is_some() && has_name {
            return Ok(Applied::Same);
        }
        let record = OfficerRecord {
            id: row.officer,
            name: row.name,
            // Who works in the field as well stays employed there.
            division: known.map_or(contract.division, |known| known.division),
        };
        setup::add_lender_officer(tx, &contract, &record)?;
        Ok(Applied::Changed)
    }
}

fn lender_id(cells: &mut Cells<'_>) -> Option<LenderId> {
    let id = cells.text("lender").and_then(|text| text.parse().ok());
    if id.is_none() {
        cells.fault("lender", ErrorCode::ValueWrongType);
    }
    id
}

fn quota(cells: &mut Cells<'_>) -> Option<u32> {
    let quota = cells.decimal("daily_quota", 0)?;
    if quota > MOST_QUERIES {
        let max = MOST_QUERIES.to_string();
        let figures = [("min", "1"), ("max", max.as_str())];
        cells.fault_with("daily_quota", ErrorCode::ValueOutOfRange, &figures);
    }
    u32::try_from(quota).ok()
}

/// A contract outside the divisions of who enters the table is a fault of its row.
fn check_place(cells: &mut Cells<'_>, desk: &Desk<'_>, contract: &LenderRecord) {
    if let Err(denial) = may(desk.actor, desk.action, &Resource::at(contract.division)) {
        cells.fault("lender", denial.code());
    }
}
