use super::*;

const EXAMPLE: &str = include_str!("../../../../../fixtures/exchange/platform-example.toml");

fn example() -> Mapping {
    Mapping::parse("platform-example.toml", EXAMPLE, Schema::builtin()).unwrap()
}

fn fault(from: &str, to: &str) -> PackError {
    assert!(EXAMPLE.contains(from), "{from}");
    let text = EXAMPLE.replacen(from, to, 1);
    Mapping::parse("m.toml", &text, Schema::builtin()).unwrap_err()
}

fn profile(of: &[(&str, &str)]) -> Vec<String> {
    let table = Schema::builtin().table("profile").unwrap();
    let mut cells = vec![String::new(); table.columns.len()];
    for (column, cell) in of {
        cells[table.place(column).unwrap()] = (*cell).to_owned();
    }
    cells
}

#[test]
fn what_a_platform_gets_reads_back_to_the_same_cells() {
    let (mapping, table) = (example(), Schema::builtin().table("profile").unwrap());
    let sheet = mapping.sheet("profile").unwrap();
    let cells = profile(&[
        ("subject", "s-1"),
        ("cycle", "2026"),
        ("kind", "household"),
        ("division", "150623101201"),
        ("local_code", "001"),
        ("household.members", "4"),
        ("income.net_fen", "56780.50"),
        ("grade", "AA"),
        ("score", "87.00"),
        ("effective_on", "2026-10-15"),
    ]);
    let theirs = sheet.write(table, &cells).unwrap();
    assert_eq!(theirs[0], "示例旗");
    assert_eq!(theirs[8], "5.67805");
    assert_eq!(theirs[9], "2");
    assert_eq!(theirs[11], "20261015");
    assert_eq!(sheet.read(table, &theirs).unwrap(), cells);
}

#[test]
fn a_cell_that_the_platform_writes_otherwise_is_named_by_its_head() {
    let (mapping, table) = (example(), Schema::builtin().table("profile").unwrap());
    let sheet = mapping.sheet("profile").unwrap();
    let good = sheet
        .write(
            table,
            &profile(&[
                ("subject", "s-1"),
                ("cycle", "2026"),
                ("kind", "ranch"),
                ("division", "150623101201"),
            ]),
        )
        .unwrap();
    for (place, text, expected) in [
        (3, "07", CellFault::NotACode),
        (8, "5.6780555", CellFault::WrongKind),
        (8, "五万", CellFault::WrongKind),
        (11, "2026-10-15", CellFault::WrongKind),
        (11, "20261315", CellFault::WrongKind),
    ] {
        let mut row = good.clone();
        row[place] = text.to_owned();
        let (head, fault) = sheet.read(table, &row).unwrap_err();
        assert_eq!(
            (head.as_str(), fault),
            (sheet.columns[place].head.as_str(), expected)
        );
    }
}

#[test]
fn a_fault_in_a_mapping_names_file_line_and_key() {
    let line_of = |text: &str| EXAMPLE.lines().position(|l| l.contains(text)).unwrap() + 1;
    let fault = fault("column = \"local_code\"", "column = \"local_cod\"");
    assert_eq!(
        (fault.file.as_str(), fault.line),
        ("m.toml", line_of("head = \"户号\""))
    );
    assert_eq!(fault.key, "sheet[0].columns[5].column");
    assert_eq!(fault.code, PackErrorCode::UnknownName);
}

#[test]
fn a_mapping_that_would_lose_a_value_is_refused() {
    for (from, to, code) in [
        (
            "table = \"profile\"",
            "table = \"profiles\"",
            PackErrorCode::UnknownName,
        ),
        (
            "unit = \"万元\"",
            "unit = \"公顷\"",
            PackErrorCode::UnknownName,
        ),
        (
            "cooperative = \"02\"",
            "cooperative = \"01\"",
            PackErrorCode::Duplicate,
        ),
        (", township = \"06\"", "", PackErrorCode::MissingKey),
        (
            "township = \"06\"",
            "township = \"06\", farmer = \"7\"",
            PackErrorCode::UnknownName,
        ),
        (
            "head = \"农户编号\"",
            "head = \"户号\"",
            PackErrorCode::Duplicate,
        ),
        (
            "column = \"cycle\"",
            "column = \"subject\"",
            PackErrorCode::Duplicate,
        ),
        (
            "column = \"score\"",
            "column = \"score\", format = \"yyyyMMdd\"",
            PackErrorCode::BadValue,
        ),
        (
            "file = \"NHJBXX\"",
            "file = \"../NHJBXX\"",
            PackErrorCode::BadValue,
        ),
        (
            "encoding = \"gb18030\"",
            "encodng = \"gb18030\"",
            PackErrorCode::UnknownKey,
        ),
    ] {
        assert_eq!(fault(from, to).code, code, "{to}");
    }
}
