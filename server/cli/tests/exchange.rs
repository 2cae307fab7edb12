//! `itgel export` and `itgel exchange import` as an operator runs them: the sample banner out of a
//! server, into an empty database, and out again.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do here ends it, with what the command said"
)]

use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;

fn itgel(args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_itgel");
    Command::new(program).args(args).output().unwrap()
}

/// What the command printed; it must have succeeded.
fn printed(args: &[&str]) -> String {
    let output = itgel(args);
    let (out, err) = (&output.stdout, &output.stderr);
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    );
    assert!(output.status.success(), "{said}");
    said
}

fn digest(said: &str) -> String {
    let line = said.lines().find(|line| line.starts_with("digest"));
    line.unwrap().trim_start_matches("digest").trim().to_owned()
}

fn rows(database: &Path, table: &str) -> i64 {
    let connection = Connection::open(database).unwrap();
    let sql = format!("select count(*) from {table}");
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_sample_banner_comes_back_from_its_files_with_the_same_digest_and_its_people() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let kept = text("demo");
    let demo = ["demo", "--once", "--households", "40", "--devices", "2"];
    printed(&[&demo[..], &["--keep", &kept]].concat());
    let server = Path::new(&kept).join("server");
    let config = server.join("itgel.toml").to_str().unwrap().to_owned();
    let out = text("out");
    let export = |config: &str, out: &str| {
        printed(&[
            "export",
            out,
            "--config",
            config,
            "--as",
            "administrator",
            "--source",
            "示例旗农牧局",
            "--recipient",
            "示例信用平台",
            "--basis",
            "内政发〔2024〕19号",
            "--with-persons",
            "--confirmed-by",
            "approver",
        ])
    };
    let first = digest(&export(&config, &out));

    let settings = std::fs::read_to_string(&config).unwrap();
    let old = server.join("itgel.db");
    let new = folder.path().join("restored.db");
    let moved = settings.replace(old.to_str().unwrap(), new.to_str().unwrap());
    assert_ne!(moved, settings, "{settings}");
    // A clock that runs ahead is for the database that the demo made, and for no other.
    let kept_lines = moved
        .lines()
        .filter(|line| !line.starts_with("[sample]") && !line.starts_with("periods_ahead_days"));
    let moved = kept_lines.collect::<Vec<_>>().join("\n");
    let restored = text("restored.toml");
    std::fs::write(&restored, moved).unwrap();
    let import = ["exchange", "import", &out, "--config", &restored];
    let said = printed(&[&import[..], &["--as", "administrator"]].concat());
    assert_eq!(digest(&said), first);
    assert!(said.contains("all as they were"), "{said}");
    assert!(rows(&old, "party") > 40, "heads and spouses");
    for table in ["party", "subject", "envelope", "rating", "register_row"] {
        assert_eq!(rows(&new, table), rows(&old, table), "{table}");
    }
    assert_eq!(digest(&export(&restored, &text("again"))), first);
    let twice = itgel(&[&import[..], &["--as", "administrator"]].concat());
    assert_eq!(
        twice.status.code(),
        Some(1),
        "a database in use takes no export"
    );
}
