//! The household ledger of a sumu: 5,000 rows, 37 of them bad.

use itgel_server::table;
use itgel_text::Lang;
use rust_xlsxwriter::{Formula, Workbook};

use super::world::{GACHA, NEIGHBOUR, World, id_number};

const ROWS: u32 = 5_000;
const BAD: u32 = 37;

const HEADS: [&str; 11] = [
    "嘎查代码",
    "户编号",
    "户主姓名",
    "身份证号",
    "民族",
    "统计日期",
    "家庭人口",
    "生产类型",
    "放牧绵羊（成年）(只)",
    "授权书编号",
    "家庭年纯收入（万元）",
];

/// Where a bad row has its fault, and which: every row of the table whose number divides evenly
/// is bad in the next of these ways.
const FAULTS: [(&str, &str, &str); 12] = [
    ("身份证号", "11010519491231002", "person.id_number"),
    ("身份证号", "110105194912310021", "person.id_number"),
    ("户主姓名", "", "value.missing"),
    ("嘎查代码", "150623200299", "division.unknown"),
    ("嘎查代码", "1506232002", "division.code"),
    ("嘎查代码", "150624200201", "scope.outside"),
    ("统计日期", "去年", "value.bad_day"),
    ("统计日期", "2027-01-01", "observation.out_of_time"),
    ("家庭人口", "四", "value.wrong_type"),
    ("生产类型", "工业户", "value.not_a_choice"),
    ("放牧绵羊(成年)(只)", "1.5", "value.wrong_unit"),
    ("放牧绵羊(成年)(只)", "=100+20", "table.formula"),
];

/// The cells of row `n` of the table, from 1, and the fault that it has.
fn row(n: u32) -> (Vec<String>, Option<(&'static str, &'static str)>) {
    let gacha = if n.is_multiple_of(2) {
        GACHA
    } else {
        NEIGHBOUR
    };
    let mut cells = vec![
        gacha.to_owned(),
        format!("{n:05}"),
        format!("乌云·示例{n}"),
        id_number(n),
        "蒙古族".to_owned(),
        "2026-06-30".to_owned(),
        "4".to_owned(),
        "牧业户".to_owned(),
        (n % 500).to_string(),
        if n.is_multiple_of(3) {
            format!("示例-{n}")
        } else {
            String::new()
        },
        "8.05".to_owned(),
    ];
    let step = ROWS / BAD;
    if !n.is_multiple_of(step) || n / step > BAD {
        return (cells, None);
    }
    let (head, text, code) = FAULTS[(n / step) as usize % FAULTS.len()];
    let at = HEADS
        .iter()
        .position(|known| table::head_text(known) == head)
        .unwrap();
    cells[at] = text.to_owned();
    (cells, Some((head, code)))
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0..).zip(HEADS) {
        sheet.write(0, column, head).unwrap();
    }
    for n in 1..=ROWS {
        for (column, cell) in (0..).zip(row(n).0) {
            if let Some(formula) = cell.strip_prefix('=') {
                let formula = Formula::new(formula).set_result("120");
                sheet.write_formula(n, column, formula).unwrap();
            } else {
                sheet.write_string(n, column, cell).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

fn gb18030() -> Vec<u8> {
    let mut text = HEADS.join(",");
    text.push_str("\r\n");
    for n in 1..=ROWS {
        text.push_str(&row(n).0.join(","));
        text.push_str("\r\n");
    }
    encoding_rs::GB18030.encode(&text).0.into_owned()
}

#[test]
fn of_5000_rows_4963_go_in_37_are_named_and_again_nothing_changes() {
    let (world, file) = (World::new(), workbook());
    let entered = world.enter("households", file.clone()).unwrap();
    let batch = &entered.batch;
    assert_eq!(
        (batch.rows, batch.staged, batch.refused),
        (5_000, 4_963, 37)
    );
    let expected: Vec<(u32, String, &str)> = (1..=ROWS)
        .filter_map(|n| row(n).1.map(|(head, code)| (n + 1, head.to_owned(), code)))
        .collect();
    let faults = world.faults(&batch.id);
    let (refused, notices): (Vec<_>, Vec<_>) =
        faults.iter().partition(|line| !line.fault.is_notice);
    let told: Vec<(u32, String, &str)> = refused
        .iter()
        .map(|line| {
            (
                line.row,
                line.fault.column.clone(),
                line.fault.code.as_str(),
            )
        })
        .collect();
    assert_eq!(told, expected, "each with its row, column and reason");
    for line in &refused {
        let text = line.fault.text(Lang::ZhCn);
        assert!(
            text.contains('。') && !text.starts_with("error-"),
            "a way out: {text}"
        );
    }
    assert!(
        notices
            .iter()
            .all(|line| line.fault.code.as_str() == "consent.missing")
    );
    let noted: Vec<_> = batch
        .notes
        .iter()
        .map(|note| (note.head.as_str(), note.code.as_str()))
        .collect();
    assert_eq!(noted, [("民族", "import.forbidden")]);
    assert!(
        world.household(GACHA, "00002").is_none(),
        "nothing is in force yet"
    );

    let active = world.activate(&batch.id);
    assert_eq!(
        (active.applied, active.failed, active.refused),
        (4_963, 0, 37)
    );
    let marks = world.marks();
    let again = world.enter("households", file).unwrap();
    assert!(again.was_known && again.batch.id == batch.id);
    assert_eq!(world.marks(), marks, "the same file again changes nothing");

    // The same rows as CSV in GB18030 are another file with the same rows: the same faults, and
    // nothing new to put into force.
    let csv = world.enter("households", gb18030()).unwrap();
    assert_eq!(csv.batch.refused, 37);
    let refused: Vec<_> = world
        .faults(&csv.batch.id)
        .into_iter()
        .filter(|line| !line.fault.is_notice)
        .map(|line| (line.row, line.fault.column, line.fault.code.as_str()))
        .collect();
    assert_eq!(refused, expected);
    let active = world.activate(&csv.batch.id);
    assert_eq!((active.applied, active.same, active.failed), (0, 4_963, 0));
}
