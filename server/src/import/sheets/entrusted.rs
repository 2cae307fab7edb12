//! 委托放牧登记表: animals that one household owns and another grazes (`domain.md` C.3, G 21).

use itgel_domain::catalogue::Unit;
use itgel_domain::land::{Entrustment, LandRecord};
use itgel_domain::pack::StockClass;

use super::common;
use super::land::{self, Row};
use crate::error::ServiceError;
use crate::import::{Applied, Cells, Column, Desk, Force, Sheet, Span};

/// Entrusted animals.
pub(super) struct Entrusted;

const COLUMNS: &[Column] = &[
    common::PLACE,
    Column::text("owner", "畜主户编号", "牲畜所有人的户编号", "0101").required(),
    Column::text(
        "keeper_place",
        "代牧方区划代码",
        "代牧方不在同一嘎查时填写",
        "150623200202",
    ),
    Column::text("keeper", "代牧户编号", "代为放牧的户编号", "0102").required(),
    Column::text(
        "class",
        "畜种",
        "绵羊、山羊、牛、马、驴、骡、骆驼及其育成畜、仔畜",
        "绵羊",
    )
    .required(),
    Column::amount(
        "heads",
        "头只数",
        (Unit::Head, "只"),
        "委托放牧的头只数",
        "200",
    )
    .required(),
    land::CONTRACT,
    common::FROM,
    common::TO,
];

const CLASSES: &[(&str, StockClass)] = &[
    ("绵羊", StockClass::Sheep),
    ("育成绵羊", StockClass::SheepY),
    ("绵羊羔", StockClass::SheepL),
    ("山羊", StockClass::Goat),
    ("育成山羊", StockClass::GoatY),
    ("山羊羔", StockClass::GoatL),
    ("牛", StockClass::Cattle),
    ("育成牛", StockClass::CattleY),
    ("犊牛", StockClass::CattleC),
    ("改良大型牛", StockClass::CattleXl),
    ("马", StockClass::Horse),
    ("育成马", StockClass::HorseY),
    ("马驹", StockClass::HorseF),
    ("驴", StockClass::Donkey),
    ("育成驴", StockClass::DonkeyY),
    ("驴驹", StockClass::DonkeyF),
    ("骡", StockClass::Mule),
    ("骆驼", StockClass::Camel),
    ("2至3岁骆驼", StockClass::Camel2),
    ("1至2岁骆驼", StockClass::Camel1),
    ("驼羔", StockClass::CamelC),
];

impl Sheet for Entrusted {
    type Row = Row;

    fn kind(&self) -> &'static str {
        "entrusted-animals"
    }

    fn title(&self) -> &'static str {
        "委托放牧登记表"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn read(&self, cells: &mut Cells<'_>, desk: &Desk<'_>) -> Result<Option<Row>, ServiceError> {
        let owner = land::party(cells, desk, (common::PLACE.key, "owner"))?;
        let home = owner.as_ref().map(|(division, _)| *division);
        let keeper = land::other_party(cells, desk, home, ("keeper_place", "keeper"))?;
        let class = cells.choice("class", CLASSES);
        let heads = cells.amount("heads");
        let id = cells.short_text(land::CONTRACT.key, 80).map(str::to_owned);
        let (from, to) = common::validity(cells);
        let (Some((division, owner)), Some(keeper), Some(class), Some(heads), Some(id), Some(from)) =
            (owner, keeper, class, heads, id, from)
        else {
            return Ok(None);
        };
        let record = LandRecord::Entrusted(Entrustment {
            id,
            owner,
            keeper,
            class,
            heads,
            from,
            to,
        });
        let columns = (land::CONTRACT.key, "heads", "keeper");
        land::staged(cells, desk, Row { division, record }, columns)
    }

    fn span(&self, row: &Row) -> Option<Span> {
        Some(land::span(row))
    }

    fn apply(&self, force: &Force<'_>, row: Row) -> Result<Applied, ServiceError> {
        land::apply(force, &row)
    }
}
