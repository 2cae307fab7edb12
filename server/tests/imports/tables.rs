//! Bad tables through the whole import: what is wrong with one row is that row's alone.

use itgel_domain::error::ErrorCode;
use itgel_server::import::{sheets, template};
use itgel_server::table::{self, Options, head_text};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

use super::world::{BANNER, GACHA, World, csv};

const HEADS: [&str; 4] = ["区划代码", "季节", "每羊单位亩数", "起始日期"];

fn quotas(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0..).zip(HEADS) {
        sheet.write(0, column, head).unwrap();
    }
    fill(sheet);
    book.save_to_buffer().unwrap()
}

fn good(sheet: &mut Worksheet, row: u32, place: &str) {
    for (column, cell) in (0..).zip([place, "全年", "20", "2026-01-01"]) {
        sheet.write(row, column, cell).unwrap();
    }
}

#[test]
fn formulas_merged_cells_and_column_301_are_refused_row_by_row_and_the_rest_goes_in() {
    let world = World::new();
    let bytes = quotas(|sheet| {
        good(sheet, 1, BANNER);
        good(sheet, 2, GACHA);
        sheet
            .write_formula(2, 2, Formula::new("=10+10").set_result("20"))
            .unwrap();
        good(sheet, 3, GACHA);
        good(sheet, 4, GACHA);
        let format = Format::new();
        sheet.merge_range(3, 1, 4, 1, "全年", &format).unwrap();
        good(sheet, 5, GACHA);
        sheet.write(5, 300, "x").unwrap();
    });
    let batch = world.enter("pasture-quotas", bytes).unwrap().batch;
    assert_eq!((batch.rows, batch.staged), (5, 1));
    let told = world.told(&batch.id);
    let expected = [
        (3, "每羊单位亩数".to_owned(), "table.formula"),
        (4, "季节".to_owned(), "table.merged"),
        (5, "季节".to_owned(), "table.merged"),
        (6, String::new(), "table.too_many_columns"),
    ];
    assert_eq!(told, expected);
    assert_eq!(world.faults(&batch.id)[0].fault.cell, "C3");
}

#[test]
fn a_formula_in_a_column_that_nobody_reads_does_not_matter() {
    let world = World::new();
    let bytes = quotas(|sheet| {
        good(sheet, 1, BANNER);
        sheet.write(0, 4, "合计").unwrap();
        sheet.write_formula(1, 4, Formula::new("=C2*2")).unwrap();
    });
    let batch = world.enter("pasture-quotas", bytes).unwrap().batch;
    assert_eq!((batch.staged, batch.notes.len()), (1, 1));
}

#[test]
fn faults_of_the_heads_are_told_all_at_once_and_nothing_is_kept() {
    let world = World::new();
    let file = csv(&["区划代码,季节,季节,备注", &format!("{BANNER},全年,全年,x")]);
    let error = world.enter("pasture-quotas", file).unwrap_err();
    let itgel_server::ServiceError::Refused { violations, .. } = error else {
        panic!("{error}");
    };
    let codes: Vec<_> = violations.iter().map(|v| v.code).collect();
    let expected = [
        ErrorCode::TableHeadDuplicate,
        ErrorCode::TableHeadMissing,
        ErrorCode::TableHeadMissing,
    ];
    assert_eq!(codes, expected);
    let unit = csv(&[
        "嘎查代码,常住农牧户数(亩),起始日期",
        &format!("{GACHA},1,2026-01-01"),
    ]);
    let refused = world.enter("gacha-facts", unit).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TableHeadUnit);
}

#[test]
fn a_file_in_another_encoding_or_format_is_refused_with_its_code() {
    let world = World::new();
    let code = |bytes: Vec<u8>| world.enter("pasture-quotas", bytes).unwrap_err().code();
    let utf16 = "\u{feff}区划代码"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(code(utf16), ErrorCode::TableEncoding);
    assert_eq!(
        code(vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
        ErrorCode::TableOldFormat
    );
    assert_eq!(code(Vec::new()), ErrorCode::TableEmpty);
    assert_eq!(code(csv(&[&HEADS.join(",")])), ErrorCode::TableEmpty);
}

#[test]
fn every_template_is_read_as_what_it_is() {
    for sheet in sheets::all() {
        let bytes = template(*sheet).unwrap();
        let mut source = table::open(std::io::Cursor::new(&bytes), &Options::default()).unwrap();
        let table = source.table(&|_| true).unwrap();
        let shown: Vec<String> = sheet
            .columns()
            .iter()
            .map(|column| head_text(&column.shown()))
            .collect();
        assert_eq!(table.heads, shown, "{}", sheet.kind());
        assert_eq!(table.count(), 0, "an example row would be imported");
    }
}
