//! Kotlin on the JVM and Python each enrol, rate a household, seal and synchronise with a running
//! server, and see what `itgel assess` says of the same facts.
//!
//! The bindings are written anew for every run; what is needed beside Rust is named when it is
//! missing. Everything is synthetic (示例).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod errand;
mod stale;

use std::collections::BTreeSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use itgel_tests::World;
use itgel_tests::command::{in_the_command, stored};

use errand::Errand;

/// Debian's packages for the JVM part.
const JVM_PACKAGES: &str =
    "openjdk-17-jdk-headless libjna-java libjna-jni junit4 libhamcrest-java npm";

#[test]
fn kotlin_on_the_jvm_sees_the_same_score_as_the_command() {
    for program in ["java", "npm", "bash"] {
        needs(program, JVM_PACKAGES);
    }
    rates_a_household(1, |errand| {
        let mut command = Command::new("bash");
        command.arg(root().join("mobile-bindings/kotlin/run.sh"));
        command.arg(bindings()).arg(&errand.file);
        command.arg(stale::another_checksum(bindings(), "kotlin"));
        command.arg(stale::another_contract(bindings(), "kotlin"));
        command
    });
}

#[test]
fn python_sees_the_same_score_as_the_command() {
    needs("python3", "python3");
    rates_a_household(0, |errand| {
        let mut command = Command::new("python3");
        command.args(["-m", "unittest", "-v", "test_field"]);
        command.current_dir(root().join("mobile-bindings/python"));
        command.env("PYTHONPATH", bindings().join("python"));
        command.env("ITGEL_ERRAND", &errand.file);
        command
    });
}

#[test]
fn python_loaded_a_library_that_its_bindings_do_not_fit() {
    needs("python3", "python3");
    let loaded = |folder: &Path| {
        let mut command = Command::new("python3");
        command.args(["-c", "import itgel_mobile"]);
        let output = command.env("PYTHONPATH", folder).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), words)
    };
    let own = bindings().join("python");
    assert_eq!(loaded(&own), (true, String::new()));
    for (stale, word) in [
        (
            stale::another_checksum(bindings(), "python"),
            "API checksum mismatch",
        ),
        (
            stale::another_contract(bindings(), "python"),
            "contract version mismatch",
        ),
    ] {
        let module = "itgel_mobile.py";
        std::fs::copy(own.join(module), stale.join(module)).unwrap();
        let (is_loaded, words) = loaded(&stale);
        assert!(!is_loaded && words.contains(word), "{words}");
    }
}

#[test]
fn every_call_of_the_bindings_is_described_and_no_other_one() {
    let kotlin = bindings().join("kotlin/uniffi/itgel_mobile/itgel_mobile.kt");
    let kotlin = std::fs::read_to_string(kotlin).unwrap();
    let exported = ["FieldApp", "FieldStore"].map(|object| methods(&kotlin, object));
    let exported: BTreeSet<String> = exported.into_iter().flatten().collect();
    let page = std::fs::read_to_string(root().join("docs/android.md")).unwrap();
    let block = page
        .split("```")
        .find(|part| part.starts_with("text\nFieldApp"));
    let block = block.unwrap();
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let words: BTreeSet<&str> = block.split(|c| !is_name(c)).collect();
    for call in &exported {
        assert!(words.contains(call.as_str()), "{call} is not described");
    }
    let calls = block.split('(').filter_map(|before| {
        let name = before.rsplit(|c| !is_name(c)).next()?;
        (!name.is_empty()).then_some(name)
    });
    let named: BTreeSet<&str> = calls.collect();
    for call in ["handle", "bridge", "enrol", "unlock", "lock", "sync"] {
        assert!(named.contains(call) && exported.contains(call), "{call}");
    }
}

/// The calls of an object in the generated Kotlin, as Rust writes them.
fn methods(kotlin: &str, object: &str) -> Vec<String> {
    let head = format!("public interface {object}Interface {{");
    let body = kotlin.split(&head).nth(1).unwrap();
    let body = body.split("companion object").next().unwrap();
    let calls = body.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("fun `")?.split('`').next()?;
        let mut written = String::new();
        for c in name.chars() {
            if c.is_ascii_uppercase() {
                written.push('_');
            }
            written.push(c.to_ascii_lowercase());
        }
        Some(written)
    });
    let calls: Vec<String> = calls.collect();
    assert!(calls.len() > 5, "{object}: {calls:?}");
    calls
}

/// Sends a program of another language to rate a household, and compares.
fn rates_a_household(team: usize, program: impl FnOnce(&Errand) -> Command) {
    let world = World::with_households(150);
    let errand = Errand::of(&world, team);
    run(&mut program(&errand));
    let seen = std::fs::read_to_string(&errand.result).unwrap();
    let stored = stored(&world, &errand.subject);
    assert_eq!(
        seen, stored.result,
        "what the program saw is not the server's"
    );
    assert_eq!(
        seen,
        in_the_command(&world, &stored),
        "what the program saw is not the command's"
    );
}

/// The folder of the bindings, written once in a run.
fn bindings() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let mut command = Command::new("sh");
        // The library is that of this build: nothing is compiled for it again.
        let build = std::env::current_exe().unwrap();
        let library = format!("{DLL_PREFIX}itgel_mobile{DLL_SUFFIX}");
        let output = command
            .arg(root().join("mobile-bindings/generate.sh"))
            .arg(build.with_file_name(library))
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
        let folder = String::from_utf8(output.stdout).unwrap();
        let folder = folder.lines().last().unwrap_or_default();
        // Where no other one is named, the target folder is that of the workspace.
        root().join(folder).canonicalize().unwrap()
    })
}

fn run(command: &mut Command) {
    let ended = command.status();
    let ended = ended.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ended.success(), "{command:?}");
}

fn needs(program: &str, packages: &str) {
    let found = Command::new("which").arg(program).output();
    assert!(
        found.is_ok_and(|found| found.status.success()),
        "{program} is missing: apt-get install --no-install-recommends {packages}"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
