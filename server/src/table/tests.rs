use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::*;

const HEADS: [&str; 3] = ["户编号", "身份证号", "面积(亩)"];

fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

fn with_heads(sheet: &mut Worksheet) {
    for (column, head) in (0..).zip(HEADS) {
        sheet.write(0, column, head).unwrap();
    }
}

fn is_known(head: &str) -> bool {
    HEADS.contains(&head)
}

/// Heads and rows of a file, or the code of its refusal.
fn read_with(bytes: &[u8], options: &Options) -> Result<(Vec<String>, Vec<Row>), ErrorCode> {
    let code = |error: ServiceError| error.code();
    let mut source = open(Cursor::new(bytes), options).map_err(code)?;
    let table = source.table(&is_known).map_err(code)?;
    let heads = table.heads.clone();
    let rows = table.collect::<Result<Vec<_>, _>>().map_err(code)?;
    Ok((heads, rows))
}

fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<Row>), ErrorCode> {
    read_with(bytes, &Options::default())
}

fn texts(row: &Row) -> Vec<&str> {
    let shown = |cell| match cell {
        &Cell::Fault(code) => code.as_str(),
        cell => cell.text().unwrap_or(""),
    };
    row.cells.iter().map(shown).collect()
}

#[test]
fn a_title_above_the_heads_is_not_taken_for_them() {
    let bytes = book(|sheet| {
        let format = Format::new();
        sheet
            .merge_range(0, 0, 0, 2, "示例旗户籍式台账", &format)
            .unwrap();
        sheet.write(1, 0, "单位：亩").unwrap();
        sheet.write(2, 0, "户编号*").unwrap();
        sheet.write(2, 1, "身份证号").unwrap();
        sheet.write(2, 2, "面 积（亩）").unwrap();
        sheet.write(5, 0, "0101").unwrap();
        sheet.write(5, 2, 1_200).unwrap();
    });
    let (heads, rows) = read(&bytes).unwrap();
    assert_eq!(heads, HEADS);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].number, 6, "as Excel numbers it");
    assert_eq!(texts(&rows[0]), ["0101", "", "1200"]);
}

#[test]
fn numbers_and_days_come_as_excel_shows_them() {
    let bytes = book(|sheet| {
        with_heads(sheet);
        let day = ExcelDateTime::from_ymd(2026, 5, 1).unwrap();
        let format = Format::new().set_num_format("yyyy/m/d");
        sheet.write_with_format(1, 0, &day, &format).unwrap();
        sheet.write(1, 1, 13_900_000_000_i64).unwrap();
        sheet.write(1, 2, 0.300_000_000_000_000_04).unwrap();
    });
    let (_, rows) = read(&bytes).unwrap();
    assert_eq!(texts(&rows[0]), ["2026-05-01", "13900000000", "0.3"]);
}

#[test]
fn an_id_number_that_excel_has_cut_is_refused_and_its_row_alone() {
    let bytes = book(|sheet| {
        with_heads(sheet);
        sheet.write(1, 1, 110_105_194_912_310_021_i64).unwrap();
        sheet.write(2, 1, "11010519491231002X").unwrap();
    });
    let (_, rows) = read(&bytes).unwrap();
    assert_eq!(texts(&rows[0]), ["", "table.digits_lost"]);
    assert_eq!(texts(&rows[1]), ["", "11010519491231002X"]);
}

#[test]
fn the_saved_value_of_a_formula_is_not_taken() {
    let bytes = book(|sheet| {
        with_heads(sheet);
        sheet.write(1, 0, "0101").unwrap();
        let formula = Formula::new("=100+20").set_result("120");
        sheet.write_formula(1, 2, formula).unwrap();
        sheet.write(2, 2, 120).unwrap();
    });
    let (_, rows) = read(&bytes).unwrap();
    assert_eq!(texts(&rows[0]), ["0101", "", "table.formula"]);
    assert_eq!(texts(&rows[1]), ["", "", "120"]);
    assert_eq!(address(2, rows[0].number), "C2");
    let (_, rows) = read("户编号,身份证号,面积(亩)\n0101,,=100+20\n".as_bytes()).unwrap();
    assert_eq!(texts(&rows[0]), ["0101", "", "table.formula"]);
}

#[test]
fn the_value_of_a_merged_cell_is_given_to_no_row() {
    let bytes = book(|sheet| {
        with_heads(sheet);
        let format = Format::new();
        sheet.merge_range(1, 0, 2, 0, "0101", &format).unwrap();
        sheet.write(1, 2, 100).unwrap();
        sheet.write(2, 2, 200).unwrap();
        sheet.write(3, 0, "0102").unwrap();
    });
    let (_, rows) = read(&bytes).unwrap();
    assert_eq!(texts(&rows[0]), ["table.merged", "", "100"]);
    assert_eq!(texts(&rows[1]), ["table.merged", "", "200"]);
    assert_eq!(texts(&rows[2]), ["0102"]);
}

#[test]
fn a_head_over_two_columns_is_refused() {
    let bytes = book(|sheet| {
        sheet.write(0, 0, "户编号").unwrap();
        let format = Format::new();
        sheet.merge_range(0, 1, 0, 2, "牲畜", &format).unwrap();
        sheet.write(1, 0, "0101").unwrap();
    });
    assert_eq!(read(&bytes).unwrap_err(), ErrorCode::TableMergedHead);
}

#[test]
fn three_hundred_columns_are_read_and_one_more_is_refused_row_by_row() {
    let wide = |columns: u16, in_row: u16| {
        book(move |sheet| {
            for column in 0..columns {
                sheet.write(0, column, format!("列{column}")).unwrap();
            }
            sheet.write(1, in_row, "x").unwrap();
            sheet.write(2, 0, "y").unwrap();
        })
    };
    let (heads, rows) = read(&wide(300, 299)).unwrap();
    assert_eq!((heads.len(), rows[0].fault), (300, None));
    let (_, rows) = read(&wide(3, 300)).unwrap();
    assert_eq!(rows[0].fault, Some(ErrorCode::TableTooManyColumns));
    assert_eq!((rows[1].fault, texts(&rows[1])), (None, vec!["y"]));
    let refused = read(&wide(301, 0)).unwrap_err();
    assert_eq!(refused, ErrorCode::TableTooManyColumns);
}

#[test]
fn too_many_rows_are_refused_and_not_cut_off() {
    let text = "户编号\n1\n2\n3\n";
    let options = |max| Options {
        max_rows: Some(max),
        ..Options::default()
    };
    assert_eq!(read_with(text.as_bytes(), &options(3)).unwrap().1.len(), 3);
    let refused = read_with(text.as_bytes(), &options(2)).unwrap_err();
    assert_eq!(refused, ErrorCode::TableTooManyRows);
}

#[test]
fn csv_is_read_in_the_encoding_that_it_is_in() {
    let text = "户编号,身份证号,面积（亩）\r\n0101,11010519491231002X,1200\r\n";
    let utf8 = text.as_bytes().to_vec();
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let (gb, _, lossy) = encoding_rs::GB18030.encode(text);
    assert!(!lossy);
    for bytes in [utf8, marked, gb.to_vec()] {
        let (heads, rows) = read(&bytes).unwrap();
        assert_eq!(heads, HEADS);
        assert_eq!(texts(&rows[0]), ["0101", "11010519491231002X", "1200"]);
    }
    let declared = Options {
        encoding: Some(Encoding::Utf8),
        ..Options::default()
    };
    let refused = read_with(&gb, &declared).unwrap_err();
    assert_eq!(refused, ErrorCode::TableEncoding);
}

#[test]
fn another_encoding_is_refused() {
    let utf16: Vec<u8> = "\u{feff}户编号\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(&utf16).unwrap_err(), ErrorCode::TableEncoding);
    let neither = [b"\xff\xff\xff\n".as_slice(), "户".as_bytes()].concat();
    assert_eq!(read(&neither).unwrap_err(), ErrorCode::TableEncoding);
}

#[test]
fn a_row_of_csv_has_the_number_that_excel_shows_whatever_stands_above_it() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["户编号;备注", "", "0101;\"a", "b\"", "", "0102;c"].join(end);
        let (_, rows) = read(text.as_bytes()).unwrap();
        let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [3, 5], "{end:?}");
        assert_eq!(texts(&rows[0]), ["0101", "table.open_quote"]);
    }
}

#[test]
fn a_quotation_mark_that_nobody_closed_swallows_no_rows() {
    let text = "户编号,备注\n0101,\"a\n0102,b\n0103,c\n";
    assert_eq!(
        read(text.as_bytes()).unwrap_err(),
        ErrorCode::TableOpenQuote
    );
}

#[test]
fn a_file_that_is_no_table_says_what_to_do() {
    assert_eq!(read(b"").unwrap_err(), ErrorCode::TableEmpty);
    assert_eq!(read(b"\n\n").unwrap_err(), ErrorCode::TableEmpty);
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on";
    assert_eq!(read(old).unwrap_err(), ErrorCode::TableOldFormat);
    assert_eq!(
        read(b"PK\x03\x04 cut").unwrap_err(),
        ErrorCode::TableUnreadable
    );
    assert_eq!(read(&book(|_| ())).unwrap_err(), ErrorCode::TableEmpty);
}

#[test]
fn sec_t10_an_archive_that_unpacks_without_end_is_refused_before_it_is_kept() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("xl/sharedStrings.xml", options).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..97 {
        zip.write_all(&zeros).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(read(&bytes).unwrap_err(), ErrorCode::TableTooLarge);
}

#[test]
fn every_cut_of_a_workbook_is_an_answer_and_no_panic() {
    let bytes = book(|sheet| {
        with_heads(sheet);
        sheet.write(1, 0, "0101").unwrap();
    });
    for cut in (0..bytes.len()).step_by(97) {
        assert!(read(&bytes[..cut]).is_err());
    }
}
