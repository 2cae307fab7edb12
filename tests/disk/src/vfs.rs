//! The layer as SQLite sees it: a VFS over the default one.
//!
//! Every file of ours is our header with the default VFS's own file behind it in the same
//! allocation. Calls go to our folder first and then to that file.

#![expect(
    unsafe_code,
    reason = "SQLite's file interface is C; this module alone speaks it"
)]

mod file;

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::ffi::{self, sqlite3_file, sqlite3_vfs};

use crate::folder::Folder;
use crate::plan::Op;
use file::{File, METHODS, Ours};

/// The default VFS before ours, and ours.
struct Layer {
    below: *mut sqlite3_vfs,
}

// SAFETY: a registered VFS is not changed and SQLite calls it from any thread.
unsafe impl Send for Layer {}
// SAFETY: as above.
unsafe impl Sync for Layer {}

static LAYER: OnceLock<Result<Layer, c_int>> = OnceLock::new();
static FOLDERS: Mutex<Vec<Arc<Folder>>> = Mutex::new(Vec::new());

/// Makes the layer SQLite's default VFS; once for the process.
///
/// # Errors
/// SQLite's code.
pub(crate) fn install() -> Result<(), c_int> {
    let layer = LAYER.get_or_init(|| {
        // SAFETY: SQLite allows these calls at any time; the VFS that is found lives as long as
        // the process, and so does ours, which is leaked.
        unsafe {
            let started = ffi::sqlite3_initialize();
            let below = ffi::sqlite3_vfs_find(ptr::null());
            if started != ffi::SQLITE_OK || below.is_null() {
                return Err(ffi::SQLITE_ERROR);
            }
            let ours = Box::leak(Box::new(layer_over(&*below)));
            match ffi::sqlite3_vfs_register(ours, 1) {
                ffi::SQLITE_OK => Ok(Layer { below }),
                code => Err(code),
            }
        }
    });
    layer.as_ref().map(|_| ()).map_err(|code| *code)
}

/// Adds a folder; `false` if it is there already.
pub(crate) fn add(folder: &Arc<Folder>) -> bool {
    let mut folders = folders();
    if folders.iter().any(|known| known.path() == folder.path()) {
        return false;
    }
    folders.push(Arc::clone(folder));
    true
}

/// Removes a folder.
pub(crate) fn remove(folder: &Arc<Folder>) {
    folders().retain(|known| !Arc::ptr_eq(known, folder));
}

fn folders() -> MutexGuard<'static, Vec<Arc<Folder>>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn folder_of(path: &Path) -> Option<Arc<Folder>> {
    let folders = folders();
    let found = folders
        .iter()
        .find(|folder| path.starts_with(folder.path()));
    found.cloned()
}

/// What stands below; SQLite asks only after the layer was registered.
fn below() -> Option<*mut sqlite3_vfs> {
    LAYER.get()?.as_ref().ok().map(|layer| layer.below)
}

/// The default VFS with our name, our files and our first four functions; it serves the others
/// itself: they do not look at the VFS that they are called with.
fn layer_over(below: &sqlite3_vfs) -> sqlite3_vfs {
    let ours = size_of::<File>();
    sqlite3_vfs {
        iVersion: below.iVersion.min(2),
        szOsFile: below.szOsFile + c_int::try_from(ours).unwrap_or(c_int::MAX),
        pNext: ptr::null_mut(),
        zName: c"itgel-disk".as_ptr(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        ..*below
    }
}

// The VFS ---------------------------------------------------------------------------------------

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives the memory that we asked for and its own name; nothing is open yet.
    unsafe {
        (*file).pMethods = ptr::null();
        let (Some(below), path) = (below(), path_of(name)) else {
            return ffi::SQLITE_CANTOPEN;
        };
        let Some(open) = (*below).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let governed = path.and_then(|path| Some((folder_of(&path)?, path)));
        let Some((folder, path)) = governed else {
            // Not ours: the default VFS opens it in our place and nobody asks us again.
            return open(below, name, file, flags, out_flags);
        };
        if let Err(code) = folder.admit(Op::Open) {
            return code;
        }
        let is_new = !path.exists();
        let behind = file.byte_add(size_of::<File>());
        let opened = open(below, name, behind, flags, out_flags);
        if opened != ffi::SQLITE_OK {
            return opened;
        }
        if is_new {
            folder.created(&path);
        }
        let ours = Box::into_raw(Box::new(Ours { folder, path }));
        (*file.cast::<File>()).ours = ours;
        (*file).pMethods = &raw const METHODS;
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_dir: c_int) -> c_int {
    // SAFETY: SQLite's own name; the function below is the default VFS's.
    unsafe {
        let (Some(below), Some(path)) = (below(), path_of(name)) else {
            return ffi::SQLITE_IOERR_DELETE;
        };
        let Some(delete) = (*below).xDelete else {
            return ffi::SQLITE_IOERR_DELETE;
        };
        let Some(folder) = folder_of(&path) else {
            return delete(below, name, sync_dir);
        };
        if let Err(code) = folder.admit(Op::Delete) {
            return code;
        }
        if path.exists() {
            folder.deletes(&path, sync_dir != 0);
        }
        delete(below, name, sync_dir)
    }
}

unsafe extern "C" fn access(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: as for `delete`.
    unsafe {
        let (Some(below), Some(path)) = (below(), path_of(name)) else {
            return ffi::SQLITE_IOERR_ACCESS;
        };
        let Some(access) = (*below).xAccess else {
            return ffi::SQLITE_IOERR_ACCESS;
        };
        let admitted = folder_of(&path).map(|folder| folder.admit(Op::Open));
        if let Some(Err(_)) = admitted {
            return ffi::SQLITE_IOERR_ACCESS;
        }
        access(below, name, flags, out)
    }
}

/// # Safety
/// `name` is null or a string of SQLite.
unsafe fn path_of(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the contract.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes();
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}
