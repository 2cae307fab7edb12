//! The columns of the household ledger: who and where, then every item of the catalogue that can
//! stand in one row, under the titles of the catalogue.

use std::sync::LazyLock;

use itgel_domain::catalogue::{Catalogue, Item, Kind, Restricted, Unit};
use itgel_domain::item::{Evidence, ItemPath};
use itgel_domain::subject::SubjectKind;

use crate::import::Column;

/// How a value is known, by the words of the ledger.
pub(super) const EVIDENCE: &[(&str, Evidence)] = &[
    ("部门登记", Evidence::A),
    ("登记", Evidence::A),
    ("农户申报", Evidence::C),
    ("申报", Evidence::C),
    ("估算", Evidence::D),
];

/// Who and where.
const FIRST: &[Column] = &[
    Column::text("place", "嘎查代码", "统计用区划代码，12 位", "150623200201")
        .required()
        .also(&["区划代码", "嘎查村代码", "村代码", "行政区划代码"]),
    Column::text("household", "户编号", "嘎查内不重复的户编号", "0101")
        .required()
        .also(&["户号", "农牧户编号"]),
    Column::text(
        "name",
        "户主姓名",
        "与身份证一致，可以只有名字",
        "乌云·示例",
    )
    .required()
    .also(&["姓名", "户主"]),
    Column::text("name_mn", "户主蒙古文姓名", "蒙古文书写，可不填", ""),
    Column::text(
        "id_number",
        "身份证号",
        "18 位，末位可为 X；旧的 15 位号码会自动升位。这一列请设为文本",
        "11010519491231002X",
    )
    .required()
    .also(&["身份证号码", "公民身份号码", "户主身份证号", "证件号码"]),
    Column::text("phone", "联系电话", "手机或座机", "13900000000").also(&[
        "电话",
        "手机号",
        "手机号码",
        "联系方式",
    ]),
    Column::text("spouse_name", "配偶姓名", "没有的留空", ""),
    Column::text("spouse_id_number", "配偶身份证号", "没有的留空", "").also(&["配偶身份证号码"]),
    Column::text("observed_on", "统计日期", "数据是哪一天的", "2026-06-30")
        .required()
        .also(&["登记日期", "采集日期", "截至日期"]),
    Column::text(
        "evidence",
        "来源方式",
        "部门登记、农户申报或估算；不填按农户申报",
        "农户申报",
    )
    .also(&["数据来源"]),
    Column::text(
        "consent",
        "授权书编号",
        "收入、存款、证券、商业保险、不动产、纳税信息须本人书面同意；不填编号，这些列不导入",
        "示例-0101",
    )
    .also(&["同意书编号", "授权编号"]),
];

/// Heads under which officials have an item.
const ALSO: &[(&str, &[&str])] = &[
    ("household.members", &["人口", "人口数", "家庭人口数"]),
    ("cropland.operated_mu", &["耕地面积", "经营耕地面积"]),
    ("income.net_fen", &["年纯收入", "家庭年纯收入"]),
    ("finance.assets_fen", &["家庭总资产"]),
    ("finance.debt_fen", &["总负债", "家庭总负债"]),
    ("plot/p1/area_mu", &["草场面积", "承包草场面积"]),
];

/// A plot stands in a group of columns.
struct PlotColumns {
    area: Named,
    right: Named,
    zone: Named,
}

/// The item of a column, and its head.
type Named = (&'static str, &'static str);

macro_rules! plots {
    ($($number:literal)+) => {
        /// The groups of columns in which plots can stand: 草场1, 草场2 and so on.
        const PLOTS: &[PlotColumns] = &[$(PlotColumns {
            area: (concat!("plot/p", $number, "/area_mu"), concat!("草场", $number, "面积")),
            right: (concat!("plot/p", $number, "/right"), concat!("草场", $number, "使用权")),
            zone: (concat!("plot/p", $number, "/zone"), concat!("草场", $number, "区划")),
        },)+];
    };
}
plots!(1 2 3 4 5 6 7 8 9 10 11 12);

/// All columns, in the order of the template.
pub(super) static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let items = Catalogue::builtin().items();
    let plain = items.filter(|item| {
        // Where a visit was is measured there and stands in no register.
        item.subjects.contains(&SubjectKind::Household)
            && item.repeats_in().is_none()
            && item.restricted != Some(Restricted::Location)
    });
    let plain = plain.map(|item| column(item, &item.path, &item.titles.zh));
    FIRST.iter().cloned().chain(plain).chain(plots()).collect()
});

fn plots() -> impl Iterator<Item = Column> {
    let named = PLOTS
        .iter()
        .flat_map(|plot| [plot.area, plot.right, plot.zone]);
    named.filter_map(|(key, head)| {
        let path: ItemPath = key.parse().ok()?;
        Some(column(Catalogue::builtin().get(&path)?, key, head))
    })
}

fn column(item: &'static Item, key: &'static str, head: &'static str) -> Column {
    let also = ALSO.iter().find(|(path, _)| *path == key);
    let column = Column::text(key, head, meaning(item), example(item));
    Column {
        measure: match item.kind {
            Kind::Quantity { unit, .. } => Some((unit, written(unit))),
            _ => None,
        },
        ..column.also(also.map_or(&[], |(_, heads)| heads))
    }
}

fn meaning(item: &'static Item) -> &'static str {
    match item.restricted {
        Some(_) => "须填授权书编号，否则不导入",
        None => &item.purpose,
    }
}

fn example(item: &'static Item) -> &'static str {
    match &item.kind {
        Kind::Quantity { .. } => "120",
        Kind::Flag => "是",
        Kind::Day => "2026-05-01",
        Kind::Choice(choices) => choices.first().map_or("", |choice| &choice.titles.zh),
        Kind::Text(_) => "",
    }
}

/// The unit in which officials usually write a quantity.
const fn written(unit: Unit) -> &'static str {
    match unit {
        Unit::Mu => "亩",
        Unit::Fen => "元",
        Unit::Kg => "公斤",
        Unit::Head => "只",
        Unit::Person => "人",
        Unit::Year => "年",
        Unit::MilliSu => "羊单位",
        Unit::MilliDegree => "度",
        Unit::Count => "个",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::head_text;
    use itgel_domain::pack::forbidden_head;
    use std::collections::BTreeSet;

    #[test]
    fn no_head_means_two_columns_and_none_names_what_may_not_be_collected() {
        let mut heads = BTreeSet::new();
        for column in COLUMNS.iter() {
            for head in std::iter::once(&column.head).chain(column.also) {
                assert!(heads.insert(head_text(head)), "{head}");
                assert_eq!(forbidden_head(head), None, "{head}");
            }
        }
    }
}
