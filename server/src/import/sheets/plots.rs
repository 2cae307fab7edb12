//! 草场承包登记表: who holds the right to which plot (`domain.md` C.3, G 20).

use itgel_domain::land::{LandRecord, Plot, Zone};

use super::common;
use super::land::{self, Row};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Contradiction, Desk, Force, Sheet, Span};

/// Rights to plots.
pub(super) struct Plots;

const COLUMNS: &[Column] = &[
    common::PLACE,
    land::HOLDER,
    land::PLOT,
    land::AREA,
    Column::text("zone", "区划", "草畜平衡区、禁牧区或休牧区", "草畜平衡区").required(),
    land::CONTRACT,
    common::FROM,
    common::TO,
    Column::text("disputed", "权属争议", "有争议的填“是”", "否"),
];

const ZONES: &[(&str, Zone)] = &[
    ("草畜平衡区", Zone::Balance),
    ("禁牧区", Zone::Ban),
    ("休牧区", Zone::Rest),
];

impl Sheet for Plots {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "pasture-plots"
    }

    fn title(&self) -> &'static str {
        "草场承包登记表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let holder = land::party(cells, desk, (common::PLACE.key, land::HOLDER.key))?;
        let key = cells.short_text(land::PLOT.key, 32).map(str::to_owned);
        let area_mu = cells.amount(land::AREA.key);
        let zone = cells.choice("zone", ZONES);
        let contract = cells.short_text(land::CONTRACT.key, 80).map(str::to_owned);
        let (from, to) = common::validity(cells);
        let disputed = cells.has("disputed") && cells.flag("disputed").unwrap_or(false);
        let (
            Some((division, holder)),
            Some(key),
            Some(area_mu),
            Some(zone),
            Some(contract),
            Some(from),
        ) = (holder, key, area_mu, zone, contract, from)
        else {
            return Ok(None);
        };
        let record = LandRecord::Plot(Plot {
            key,
            holder,
            area_mu,
            zone,
            contract,
            from,
            to,
            disputed,
        });
        let columns = (land::PLOT.key, land::AREA.key, land::HOLDER.key);
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
        land::compare(desk, &rows, land::PLOT.key)
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        land::apply(force, &row)
    }
}
