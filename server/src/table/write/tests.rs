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

#[test]
fn a_row_without_a_table_is_refused() {
    let mut writer = CsvWriter::new(Vec::new(), Encoding::Utf8);
    assert!(matches!(writer.row(&[]), Err(WriteError::NoTable)));
}
