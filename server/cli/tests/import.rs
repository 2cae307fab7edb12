//! `itgel import` as an operator runs it: a new server, a table with a bad row, the report beside
//! the file, and the second person.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do here ends it, with what the command said"
)]

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const TABLE: &str = "日期,安排,节日\n2027-01-01,放假,元旦\n2027-02-30,放假,春节\n";

fn itgel(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_itgel");
    Command::new(program).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// A new server with two administrators; the path of its settings.
fn server(folder: &TempDir) -> String {
    let dir = folder.path().join("server");
    let dir = dir.to_str().unwrap();
    let mut args = vec!["init", dir, "--banner", "150623"];
    args.extend(["--administrator", "clerk", "--administrator", "second"]);
    let made = itgel(&args);
    assert!(made.status.success(), "{}", said(&made));
    format!("{dir}/itgel.toml")
}

fn import(config: &str, file: &Path, more: &[&str]) -> Output {
    let file = file.to_str().unwrap();
    let mut args = vec![
        "import", "holidays", file, "--config", config, "--as", "clerk",
    ];
    args.extend(["--source", "国务院办公厅 示例"]);
    args.extend(more);
    itgel(&args)
}

#[test]
fn refused_rows_end_the_command_with_one_and_lie_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = server(&folder);
    let file = folder.path().join("节假日.csv");
    std::fs::write(&file, TABLE).unwrap();
    let checked = import(&config, &file, &["--check"]);
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    let entered = import(&config, &file, &[]);
    let words = said(&entered);
    assert_eq!(entered.status.code(), Some(1), "{words}");
    assert!(
        words.contains("第 3 行 A3 日期") && words.contains("value.bad_day"),
        "{words}"
    );
    let reports = std::fs::read_dir(folder.path()).unwrap();
    let names = reports.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_report = |name: &String| name.starts_with("节假日-refused-") && name.ends_with(".xlsx");
    assert_eq!(names.filter(is_report).count(), 1);
    let again = import(&config, &file, &[]);
    assert!(again.status.success() && said(&again).contains("nothing was changed"));
}

#[test]
fn what_decides_grades_waits_for_another_officer() {
    let folder = tempfile::tempdir().unwrap();
    let config = server(&folder);
    let file = folder.path().join("quota.xlsx");
    let path = file.to_str().unwrap();
    let template = itgel(&["import", "template", "pasture-quotas", path]);
    assert!(
        template.status.success() && file.exists(),
        "{}",
        said(&template)
    );
    let kinds = said(&itgel(&["import", "kinds"]));
    assert!(
        kinds.contains("户籍式台账") && kinds.contains("by another person"),
        "{kinds}"
    );
    let empty = itgel(&[
        "import",
        "pasture-quotas",
        path,
        "--config",
        &config,
        "--as",
        "clerk",
        "--source",
        "示例",
    ]);
    assert!(said(&empty).contains("table.empty"), "{}", said(&empty));
    let nobody = itgel(&[
        "import", "activate", "none", "--config", &config, "--as", "second",
    ]);
    assert!(
        said(&nobody).contains("import.unknown"),
        "{}",
        said(&nobody)
    );
    let list = itgel(&["import", "list", "--config", &config, "--as", "second"]);
    assert!(list.status.success(), "{}", said(&list));
}

#[test]
fn a_new_server_is_filled_from_tables_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = server(&folder);
    let enter = |kind: &str, officer: &str, table: &str| {
        let file = folder.path().join(format!("{kind}.csv"));
        std::fs::write(&file, table).unwrap();
        let file = file.to_str().unwrap();
        let mut args = vec!["import", kind, file, "--config", &config, "--as", officer];
        args.extend(["--source", "示例"]);
        let entered = itgel(&args);
        assert!(entered.status.success(), "{kind}: {}", said(&entered));
        said(&entered)
    };
    let activate = |words: &str| {
        let mut after = words.split_whitespace().skip_while(|w| *w != "activate");
        let batch = after.nth(1).unwrap();
        let args = ["import", "activate", batch, "--config", &config];
        let done = itgel(&[&args[..], &["--as", "second"]].concat());
        assert!(done.status.success(), "{}", said(&done));
        said(&done)
    };
    let divisions = "区划代码,名称,类型,起始日期\n\
                     150623,示例旗,旗,2020-01-01\n\
                     150623200,示例苏木,苏木,2020-01-01\n\
                     150623200201,示例嘎查,嘎查,2020-01-01\n";
    enter("divisions", "clerk", divisions);
    let people = "人员编号,姓名,角色,区划代码\n\
                  caiji-01,示例甲,采集员,150623200201\n\
                  shending-01,示例乙,旗审定,150623\n";
    activate(&enter("officers", "clerk", people));
    let cycles = "年度编号,年度名称,类型,区划代码,起始日期,截止日期\n\
                  2026,2026年度评定,年度评定,150623,2020-01-01,2099-12-31\n";
    enter("cycles", "shending-01", cycles);
    let households = "区划代码,户编号,户主姓名,户主身份证号,统计日期,家庭人口\n\
                      150623200201,0101,巴特尔（示例）,11010519491231002X,2026-06-30,4\n";
    let words = activate(&enter("households", "clerk", households));
    let applied = words.lines().find(|line| line.contains("applied")).unwrap();
    assert!(applied.contains('1'), "{words}");
}
