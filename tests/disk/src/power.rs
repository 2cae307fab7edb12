//! What is not safe yet, and what a loss of power leaves of it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What was done to the files of a folder since each one's last honoured sync.
#[derive(Default)]
pub(crate) struct Unsafe {
    files: BTreeMap<PathBuf, Changes>,
    /// Deleted files that would be there again.
    gone: BTreeMap<PathBuf, Vec<u8>>,
}

#[derive(Default)]
struct Changes {
    /// The file itself is new, so it may be gone as a whole.
    is_new: bool,
    list: Vec<Change>,
}

enum Change {
    Write {
        at: usize,
        old: Vec<u8>,
        /// Length of the file before.
        len: usize,
        new: Vec<u8>,
    },
    Truncate {
        tail: Vec<u8>,
        len: usize,
    },
}

impl Unsafe {
    pub(crate) fn created(&mut self, path: &Path) {
        self.files.entry(path.to_owned()).or_default().is_new = true;
    }

    /// `old` is what stood there as far as the file reached, `len` its length.
    pub(crate) fn wrote(&mut self, path: &Path, at: usize, old: Vec<u8>, len: usize, new: &[u8]) {
        let new = new.to_vec();
        let changes = self.files.entry(path.to_owned()).or_default();
        changes.list.push(Change::Write { at, old, len, new });
    }

    pub(crate) fn truncated(&mut self, path: &Path, tail: Vec<u8>, len: usize) {
        let changes = self.files.entry(path.to_owned()).or_default();
        changes.list.push(Change::Truncate { tail, len });
    }

    pub(crate) fn synced(&mut self, path: &Path) {
        self.files.remove(path);
        self.gone.remove(path);
    }

    /// `content` is what the file held; `is_safe` if its folder was synced.
    pub(crate) fn deleted(&mut self, path: &Path, mut content: Vec<u8>, is_safe: bool) {
        let changes = self.files.remove(path).unwrap_or_default();
        if is_safe {
            self.gone.remove(path);
        } else if !changes.is_new {
            changes.undo(&mut content);
            self.gone.insert(path.to_owned(), content);
        }
    }

    /// Leaves of the files what was written, by the choices of `pick`.
    pub(crate) fn lose(self, pick: &mut dyn FnMut(u64) -> u64) -> io::Result<()> {
        let Self { files, mut gone } = self;
        for (path, changes) in files {
            if changes.is_new && pick(2) == 0 {
                remove(&path)?;
                continue;
            }
            let mut content = fs::read(&path)?;
            changes.undo(&mut content);
            changes.redo_some(&mut content, pick);
            fs::write(&path, content)?;
            gone.remove(&path);
        }
        for (path, content) in gone {
            if !path.exists() && pick(2) == 0 {
                fs::write(path, content)?;
            }
        }
        Ok(())
    }
}

impl Changes {
    fn undo(&self, content: &mut Vec<u8>) {
        for change in self.list.iter().rev() {
            match change {
                Change::Write { at, old, len, .. } => {
                    put(content, *at, old);
                    content.truncate(*len);
                }
                Change::Truncate { tail, .. } => content.extend_from_slice(tail),
            }
        }
    }

    fn redo_some(&self, content: &mut Vec<u8>, pick: &mut dyn FnMut(u64) -> u64) {
        for change in &self.list {
            match (change, pick(4)) {
                (Change::Write { at, new, .. }, 0 | 1) => put(content, *at, new),
                (Change::Write { at, new, .. }, 2) => put(content, *at, &new[..new.len() / 2]),
                (Change::Truncate { len, .. }, 0 | 1) => content.truncate(*len),
                _ => {}
            }
        }
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if bytes.is_empty() {
        return;
    }
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes what connections shared in memory: it does not outlive them.
pub(crate) fn remove_shared(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(OsStr::to_string_lossy);
        if name.is_some_and(|name| name.ends_with("-shm")) {
            remove(&path)?;
        }
    }
    Ok(())
}
