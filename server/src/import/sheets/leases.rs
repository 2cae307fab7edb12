//! 草场流转登记表: leases and sub-leases (`domain.md` C.3, G 19).

use itgel_domain::land::{LandRecord, LeaseContract};

use super::common;
use super::land::{self, Row};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Contradiction, Desk, Force, Sheet, Span};

/// Leases.
pub(super) struct Leases;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text("lessor", "出租户编号", "出租方的户编号", "0101")
        .required()
        .also(&["转出户编号"]),
    Column::text(
        "lessee_place",
        "承租方区划代码",
        "承租方不在同一嘎查时填写",
        "150623200202",
    ),
    Column::text("lessee", "承租户编号", "承租方的户编号", "0102")
        .required()
        .also(&["转入户编号"]),
    land::PLOT,
    land::AREA,
    land::CONTRACT,
    common::FROM,
    common::TO.required(),
    Column::text("written", "书面合同", "有注明日期的书面合同填“是”", "是").required(),
    Column::text("registered", "已登记", "已在苏木登记的填“是”", "是").required(),
];

impl Sheet for Leases {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "pasture-leases"
    }

    fn title(&self) -> &'static str {
        "草场流转登记表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let lessor = land::party(cells, desk, (common::PLACE.key, "lessor"))?;
        let home = lessor.as_ref().map(|(division, _)| *division);
        let lessee = land::other_party(cells, desk, home, ("lessee_place", "lessee"))?;
        let plot = cells.short_text(land::PLOT.key, 32).map(str::to_owned);
        let area_mu = cells.amount(land::AREA.key);
        let id = cells.short_text(land::CONTRACT.key, 80).map(str::to_owned);
        let days = common::validity(cells);
        let forms = (cells.flag("written"), cells.flag("registered"));
        let (Some((division, lessor)), Some(lessee), Some(plot), Some(area_mu), Some(id)) =
            (lessor, lessee, plot, area_mu, id)
        else {
            return Ok(None);
        };
        let ((Some(from), Some(to)), (Some(written), Some(registered))) = (days, forms) else {
            return Ok(None);
        };
        let record = LandRecord::Lease(LeaseContract {
            id,
            plot,
            lessor,
            lessee,
            area_mu,
            from,
            to,
            written,
            registered,
        });
        let columns = (land::CONTRACT.key, land::AREA.key, "lessee");
        land::staged(cells, desk, Row { division, record }, columns)
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(land::span(row))
    }

    fn meets_at(&self, row: &Row) -> Vec<String> {
        land::meets_at(row)
    }

    fn compare(
        &self,
        desk: &Desk<'_>,
        rows: Vec<Row>,
    ) -> Result<Vec<Vec<Contradiction>>, ServiceError> {
        land::compare(desk, &rows, land::CONTRACT.key)
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        land::apply(force, &row)
    }
}
