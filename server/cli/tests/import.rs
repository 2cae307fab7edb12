//! `itgel import` as an operator runs it: a new server, a table with a bad row, the report beside
//! the file, and the second person.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do here ends it, with what the command said"
)]

use std::path::Path;
use std::process::{Command, Output};

use itgel::clock;
use itgel_domain::case::Role;
use itgel_server::config::Config;
use itgel_server::keys::ServerKeys;
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{Service, setup};
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

/// A new server with a clerk and a second administrator; the path of its settings.
fn server(folder: &TempDir) -> String {
    let dir = folder.path().join("server");
    let dir = dir.to_str().unwrap();
    let made = itgel(&[
        "init",
        dir,
        "--banner",
        "150623",
        "--administrator",
        "clerk",
    ]);
    assert!(made.status.success(), "{}", said(&made));
    let config = format!("{dir}/itgel.toml");
    let settings = Config::parse(&std::fs::read_to_string(&config).unwrap()).unwrap();
    let keys = ServerKeys::read(&settings.keys).unwrap();
    let service = Service::open(settings, keys, clock::system()).unwrap();
    service
        .transact("test.second", |_, tx| {
            let banner = "150623".parse().unwrap();
            let second = OfficerRecord {
                id: "second".parse().unwrap(),
                name: "示例".into(),
                division: banner,
            };
            setup::add_officer(tx, &second, &[(Role::Administrator, banner)])
        })
        .unwrap();
    config
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
