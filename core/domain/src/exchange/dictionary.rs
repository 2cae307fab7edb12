//! The data dictionary (`docs/data-dictionary.md`), printed from catalogue, schema and registers:
//! every item, table column and register with class, purpose and retention (`domain.md` L-15,
//! L-16, L-29). A test fails when the printed one is stale.

use std::fmt::Write as _;

use super::cell::CellKind;
use super::schema::{Column, Group, Schema, Table, written};
use crate::catalogue::{Catalogue, Item, Kind, Privacy, Restricted};

/// The dictionary as Markdown.
#[must_use]
pub fn dictionary(catalogue: &Catalogue, schema: &Schema) -> String {
    let mut text = format!(
        "# 数据字典 Data dictionary\n\n\
         Written by `itgel dictionary` from the item catalogue (version {}), the schema of the special-topic database \
         农村牧区信用专题数据库 (version {}) and the registers. Do not edit.\n\n\
         - 分级 class: 公开 public, 内部 internal, 个人 personal, 敏感 sensitive (domain.md L-29).\n\
         - “征信业管理条例第14条” marks the six kinds of information that need written consent with stated consequences (L-04).\n\
         - “仅含身份导出” marks what leaves the server only in an export with persons.\n",
        catalogue.version(),
        schema.version,
    );
    tables(&mut text, schema);
    items(&mut text, catalogue);
    registers(&mut text, schema);
    text
}

fn tables(text: &mut String, schema: &Schema) {
    text.push_str("\n## 一、表和列 Tables\n");
    for table in &schema.tables {
        let group = match table.group {
            Group::Content => "评级内容，导入时恢复",
            Group::Trail => "操作痕迹，导入时恢复",
            Group::View => "由其他表计算，供阅读和对接",
        };
        let persons = if table.has_persons {
            "；仅含身份导出"
        } else {
            ""
        };
        line(text, format_args!("\n### {} `{}`\n", table.zh, table.key));
        line(text, format_args!("- 性质：{group}{persons}"));
        line(text, format_args!("- 目的：{}", table.purpose));
        line(text, format_args!("- 依据：{}", table.basis));
        line(text, format_args!("- 来源：{}", table.origin));
        line(text, format_args!("- 保存：{}\n", table.kept));
        line(
            text,
            format_args!("| 列 | 名称 | 类型 | 必填 | 分级 | 目的 | 保存 |"),
        );
        line(text, format_args!("|---|---|---|---|---|---|---|"));
        let own = |column: &&Column| !Catalogue::builtin().items().any(|i| i.path == column.key);
        for column in table.columns.iter().filter(own) {
            row_of_column(text, table, column);
        }
        if table.columns.iter().any(|column| !own(&column)) {
            line(
                text,
                format_args!("\n另有每个不重复采集项一列，见第二部分。"),
            );
        }
    }
    text.push_str("\n### 不导出的表 Not exported\n\n| 表 | 原因 | 保存 |\n|---|---|---|\n");
    for left_out in &schema.left_out {
        line(
            text,
            format_args!(
                "| `{}` | {} | {} |",
                left_out.table, left_out.why, left_out.kept
            ),
        );
    }
}

fn row_of_column(text: &mut String, table: &Table, column: &Column) {
    let required = if column.is_optional { "否" } else { "是" };
    let persons = if column.has_persons {
        "；仅含身份导出"
    } else {
        ""
    };
    line(
        text,
        format_args!(
            "| `{}` | {} | {} | {required} | {}{persons} | {} | {} |",
            column.key,
            column.zh,
            described(column),
            class(column.class),
            column.purpose.as_deref().unwrap_or(&table.purpose),
            column.kept.as_deref().unwrap_or(&table.kept),
        ),
    );
}

fn items(text: &mut String, catalogue: &Catalogue) {
    text.push_str("\n## 二、采集项 Items\n\n");
    line(
        text,
        format_args!("| 采集项 | 名称 | 类型和范围 | 主体 | 分级 | 第14条 | 目的 | 保存 |"),
    );
    line(text, format_args!("|---|---|---|---|---|---|---|---|"));
    for item in catalogue.items() {
        let subjects: Vec<_> = item.subjects.iter().map(|kind| kind.as_str()).collect();
        line(
            text,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {} | {} | 档案年度后{}年 |",
                item.path,
                item.titles.zh,
                range(item),
                subjects.join(", "),
                class(item.privacy),
                item.restricted.map_or("", restricted),
                item.purpose,
                item.retention_years,
            ),
        );
    }
}

fn registers(text: &mut String, schema: &Schema) {
    text.push_str("\n## 三、台账 Registers\n\n");
    line(
        text,
        format_args!("| 台账 | 名称 | 分级 | 目的 | 依据 | 来源 | 保存 |"),
    );
    line(text, format_args!("|---|---|---|---|---|---|---|"));
    for register in &schema.registers {
        line(
            text,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                register.word,
                register.zh,
                class(register.class),
                register.purpose,
                register.basis,
                register.origin,
                register.kept,
            ),
        );
    }
}

/// What the cells of a column look like.
fn described(column: &Column) -> String {
    let mut text = match column.kind {
        CellKind::Text => "文本",
        CellKind::Id => "编号",
        CellKind::Word | CellKind::JsonWord => "代码",
        CellKind::Integer => "整数",
        CellKind::Decimal => "小数",
        CellKind::Flag => "0/1",
        CellKind::Day | CellKind::DayNumber => "日期 yyyy-MM-dd",
        CellKind::Instant => "时间 yyyy-MM-ddTHH:mm:ss.SSS+08:00",
        CellKind::Division => "12位区划代码",
        CellKind::Hash | CellKind::HashBytes => "SHA-256，64位十六进制",
        CellKind::Json | CellKind::JsonBytes => "JSON",
        CellKind::Bytes => "base64",
    }
    .to_owned();
    if column.kind == CellKind::Decimal {
        add(&mut text, format_args!("，{}位", column.places));
    }
    if let Some(unit) = &column.unit {
        add(&mut text, format_args!("，{unit}"));
    }
    if let Some(max) = column.max {
        add(&mut text, format_args!("，至多{max}字"));
    }
    if !column.codes.is_empty() && column.kind != CellKind::Flag {
        let codes = column
            .codes
            .iter()
            .map(|(word, title)| format!("{word} {title}"));
        add(
            &mut text,
            format_args!("：{}", codes.collect::<Vec<_>>().join("；")),
        );
    }
    text
}

fn range(item: &Item) -> String {
    let (_, unit, _) = written(&item.kind);
    match &item.kind {
        Kind::Quantity {
            unit: stored,
            min,
            max,
        } => {
            format!(
                "整数 {min}–{max} {}（显示为{}）",
                stored.as_str(),
                unit.unwrap_or("")
            )
        }
        Kind::Choice(choices) => {
            let words = choices
                .iter()
                .map(|c| format!("{} {}", c.word, c.titles.zh));
            format!("代码：{}", words.collect::<Vec<_>>().join("；"))
        }
        Kind::Day => "日期".to_owned(),
        Kind::Flag => "0/1".to_owned(),
        Kind::Text(max) => format!("文本，至多{max}字"),
    }
}

const fn class(class: Privacy) -> &'static str {
    match class {
        Privacy::Public => "公开",
        Privacy::Internal => "内部",
        Privacy::Personal => "个人",
        Privacy::Sensitive => "敏感",
    }
}

const fn restricted(kind: Restricted) -> &'static str {
    match kind {
        Restricted::Income => "收入",
        Restricted::Deposits => "存款",
        Restricted::Securities => "有价证券",
        Restricted::Insurance => "商业保险",
        Restricted::RealEstate => "不动产",
        Restricted::Tax => "纳税数额",
        Restricted::Location => "位置",
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    add(text, line);
    text.push('\n');
}

/// Writing to a `String` cannot fail.
fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The printed dictionary, as it stands in the documentation.
    const PRINTED: &str = include_str!("../../../../docs/data-dictionary.md");

    #[test]
    fn the_printed_dictionary_is_not_stale() {
        let written = dictionary(Catalogue::builtin(), Schema::builtin());
        let stale = written
            .lines()
            .zip(PRINTED.lines())
            .find(|(now, printed)| now != printed);
        assert_eq!(
            stale, None,
            "run `itgel dictionary > docs/data-dictionary.md`"
        );
        assert_eq!(
            written.len(),
            PRINTED.len(),
            "run `itgel dictionary > docs/data-dictionary.md`"
        );
    }

    #[test]
    fn every_item_column_and_register_has_purpose_class_and_retention() {
        let text = dictionary(Catalogue::builtin(), Schema::builtin());
        let entry = |key: &str| {
            let begins = format!("| `{key}` |");
            text.lines()
                .find(|line| line.starts_with(&begins))
                .map(str::to_owned)
        };
        let schema = Schema::builtin();
        let columns = schema.tables.iter().flat_map(|table| &table.columns);
        let keys = columns
            .map(|column| column.key.clone())
            .chain(Catalogue::builtin().items().map(|item| item.path.clone()))
            .chain(
                schema
                    .registers
                    .iter()
                    .map(|register| register.word.clone()),
            );
        for key in keys {
            let line = entry(&key);
            assert!(line.is_some(), "no entry for {key}");
            let line = line.unwrap_or_default();
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let filled = |cell: &&&str| !cell.is_empty();
            assert!(cells.iter().filter(filled).count() >= 6, "{line}");
            let classes = ["公开", "内部", "个人", "敏感"];
            assert!(
                classes
                    .iter()
                    .any(|class| cells.iter().any(|cell| cell.starts_with(class))),
                "{line}"
            );
        }
    }
}
