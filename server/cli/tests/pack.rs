//! `itgel pack` as an operator runs it: what differs, who moves and why, and a pack on its way into
//! force by two persons.

#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do here ends it, with what the command said"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use itgel_domain::hash::Hash;
use itgel_domain::pack::shipped;
use tempfile::TempDir;

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

/// The pack for households from a far day with a stricter AA and another weight of a band.
fn next_pack(folder: &TempDir) -> PathBuf {
    let mut text = shipped::PACKS[0].1.to_owned();
    for (from, to) in [
        ("version = \"1\"", "version = \"2\""),
        ("valid_from = \"2026-01-01\"", "valid_from = \"2099-01-01\""),
        (
            "{ grade = \"AA\", ge = \"80\" }",
            "{ grade = \"AA\", ge = \"84\" }",
        ),
        (
            "{ le = \"30\", points = \"11\" }",
            "{ le = \"30\", points = \"9\" }",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let path = folder.path().join("hh-nm-2.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// A new server with an administrator and two approvers; the path of its settings.
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
    let database = Path::new(dir).join("itgel.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    for officer in ["first", "second"] {
        let enter = "insert into officer (id, name, division) values (?1, ?1, '150623000000')";
        connection.execute(enter, [officer]).unwrap();
        let grant = "insert into role_grant (officer, role, division)
                     values (?1, 'approver', '150623000000')";
        connection.execute(grant, [officer]).unwrap();
    }
    format!("{dir}/itgel.toml")
}

#[test]
fn a_diff_tells_each_changed_rule_and_who_of_the_sample_moves_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = next_pack(&folder);
    let book = folder.path().join("matrix.xlsx");
    let json = folder.path().join("matrix.json");
    let told = itgel(&[
        "pack",
        "diff",
        "hh-nm-1.toml",
        file.to_str().unwrap(),
        "--sample",
        "60",
        "--xlsx",
        book.to_str().unwrap(),
        "--json",
        json.to_str().unwrap(),
    ]);
    let words = said(&told);
    assert!(told.status.success(), "{words}");
    for expected in [
        "等级分数线 · AA · ge：80 → 84",
        "指标 · H1.1 · 分档 · le 30 · 得分：11 → 9",
        "等级分数线",
        "AA 良好",
    ] {
        assert!(words.contains(expected), "{expected} in\n{words}");
    }
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let migration = &told["migration"];
    assert!(migration["subjects"].as_u64().unwrap() >= 60, "{migration}");
    let moved = migration["moved"].as_u64().unwrap();
    let led = migration["causes"].as_array().unwrap().iter();
    let led: u64 = led.map(|cause| cause["led"].as_u64().unwrap()).sum();
    assert!(moved > 0 && led == moved, "{migration}");
    assert!(std::fs::read(book).unwrap().starts_with(b"PK"));
}

#[test]
fn activation_by_one_person_or_without_a_shadow_run_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let config = server(&folder);
    let file = next_pack(&folder);
    let hash = Hash::of_file(&std::fs::read(&file).unwrap()).to_string();
    let old = Hash::of_file(shipped::PACKS[0].1.as_bytes()).to_string();
    let run = |args: &[&str], officer: &str| {
        let mut all = vec!["pack"];
        all.extend(args);
        all.extend(["--config", &config, "--as", officer]);
        itgel(&all)
    };
    let proposed = run(&["propose", file.to_str().unwrap()], "first");
    assert!(proposed.status.success(), "{}", said(&proposed));
    let order = [
        "activate",
        &hash,
        "--impact",
        "示例评估1号",
        "--replaces",
        &old,
    ];
    let refused = run(&order, "first");
    assert!(!refused.status.success() && said(&refused).contains("policy.second_person"));
    let refused = run(&order, "second");
    let words = said(&refused);
    assert!(
        words.contains("rules.shadow") && words.contains("影子运行"),
        "{words}"
    );
    let shadow = run(&["shadow", &hash], "first");
    assert!(shadow.status.success(), "{}", said(&shadow));
    let active = run(&order, "second");
    assert!(active.status.success() && said(&active).contains("active"));
    let again = itgel(&["recompute", "--config", &config]);
    assert!(again.status.success() && said(&again).contains("结果不一致 0 件"));
}
