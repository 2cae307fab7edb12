//! Files beside the store: only their owner reads them, and they are on the disk as a whole or not at
//! all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Puts `bytes` in place of a file, or makes it: whole or not at all, and on the disk when this
/// returns.
///
/// # Errors
/// [`std::io::Error`]; then the file is as it was before, or as it should be and perhaps not on the
/// disk yet.
pub fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let fresh = fresh(path);
    let mut file = private_file(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_folder(path)
}

/// A new file that only its owner reads.
///
/// # Errors
/// [`std::io::Error`].
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder, with those above it, into which only its owner looks.
///
/// # Errors
/// [`std::io::Error`].
pub fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A rename is durable once its folder is.
#[cfg(unix)]
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Overwrites a whole file in place with zeros.
pub(crate) fn blank(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    bytes.fill(0);
    file.rewind()?;
    file.write_all(&bytes)?;
    file.sync_all()
}

/// Where a file is written before it takes its place.
fn fresh(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push("-new");
    PathBuf::from(name)
}
