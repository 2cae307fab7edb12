//! Libraries that the bindings do not fit: each stands before the real one and answers one of the
//! questions differently that bindings ask when they are loaded.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::run;

/// A library in which a call of the program has another shape than when the bindings were written.
pub(crate) fn another_checksum(bindings: &Path, whose: &str) -> PathBuf {
    let call = "uniffi_itgel_mobile_checksum_method_fieldapp_handle";
    let module = std::fs::read_to_string(bindings.join("python/itgel_mobile.py")).unwrap();
    let known = module.split(&format!("{call}() != ")).nth(1).unwrap();
    let known: u16 = known.split(':').next().unwrap().parse().unwrap();
    before(
        bindings,
        &format!("{whose}-checksum"),
        &format!("unsigned short {call}(void) {{ return {}; }}", known ^ 1),
    )
}

/// A library of another version of uniffi.
pub(crate) fn another_contract(bindings: &Path, whose: &str) -> PathBuf {
    before(
        bindings,
        &format!("{whose}-contract"),
        "unsigned int ffi_itgel_mobile_uniffi_contract_version(void) { return 1; }",
    )
}

/// The folder of a library that has one function of its own and passes on to the real one for all
/// others: a loader looks in the library that it was given before it looks in those that it needs.
fn before(bindings: &Path, name: &str, function: &str) -> PathBuf {
    let folder = bindings.join("stale").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(
        bindings.join("libitgel_mobile.so"),
        folder.join("libreal.so"),
    )
    .unwrap();
    let source = folder.join("before.c");
    std::fs::write(&source, function).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-Wl,--no-as-needed", "-o"]);
    compiler.arg(folder.join("libitgel_mobile.so")).arg(&source);
    compiler.arg("-L").arg(&folder).arg("-l:libreal.so");
    compiler.arg(format!("-Wl,-rpath,{}", folder.display()));
    run(&mut compiler);
    folder
}
