//! A file as SQLite sees it. Calls go to our folder first and then to the file behind.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_io_methods};

use crate::folder::{Folder, Real, Then};
use crate::plan::Op;

/// The pragma that [`turn_off`] answers for.
const SYNCHRONOUS: &[u8] = b"synchronous";

/// A file: what SQLite knows of it, what we know of it, and behind both the default VFS's own.
#[repr(C)]
pub(super) struct File {
    pub(super) base: sqlite3_file,
    pub(super) ours: *mut Ours,
}

pub(super) struct Ours {
    pub(super) folder: Arc<Folder>,
    pub(super) path: PathBuf,
}

pub(super) static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // Version 2: shared memory is passed on, files are not mapped, so no read goes past us.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The default VFS's file behind ours.
struct Behind {
    file: *mut sqlite3_file,
    methods: *const sqlite3_io_methods,
}

impl Behind {
    /// # Safety
    /// `file` is one that `open` opened and [`close`] has not closed.
    unsafe fn of(file: *mut sqlite3_file) -> Self {
        // SAFETY: by the contract there is an open file of the default VFS behind our header.
        unsafe {
            let file = file.byte_add(size_of::<File>());
            let methods = (*file).pMethods;
            Self { file, methods }
        }
    }
}

/// Calls a function of the file behind; all of version 2 are there.
macro_rules! behind {
    ($behind:expr, $name:ident $(, $argument:expr)*) => {
        // SAFETY: the file behind is open, and the arguments are SQLite's own.
        unsafe {
            match (*$behind.methods).$name {
                Some(function) => function($behind.file $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    };
}

impl Real for Behind {
    fn read(&self, at: i64, len: usize) -> Result<Vec<u8>, i32> {
        let there = usize::try_from(self.len()?.saturating_sub(at)).unwrap_or(0);
        let mut bytes = vec![0; len.min(there)];
        let amount = c_int::try_from(bytes.len()).map_err(|_| ffi::SQLITE_IOERR_READ)?;
        if amount == 0 {
            return Ok(bytes);
        }
        match behind!(self, xRead, bytes.as_mut_ptr().cast(), amount, at) {
            ffi::SQLITE_OK => Ok(bytes),
            code => Err(code),
        }
    }

    fn len(&self) -> Result<i64, i32> {
        let mut size = 0;
        match behind!(self, xFileSize, &raw mut size) {
            ffi::SQLITE_OK => Ok(size),
            code => Err(code),
        }
    }
}

/// # Safety
/// As [`Behind::of`]; not used after the file was closed.
unsafe fn ours<'a>(file: *mut sqlite3_file) -> &'a Ours {
    // SAFETY: `open` has put a leaked box there.
    unsafe { &*(*file.cast::<File>()).ours }
}

/// SQLite's code of what was tried.
fn code(tried: Result<(), c_int>) -> c_int {
    tried.err().unwrap_or(ffi::SQLITE_OK)
}

/// A code of SQLite as a result.
const fn checked(code: c_int) -> Result<(), c_int> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

/// After an operation during which power went, its caller does not hear that it was done.
const fn heard(then: &Then, failed: c_int) -> Result<(), c_int> {
    match then {
        Then::Done => Ok(()),
        Then::Dark => Err(failed),
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once.
    let behind = unsafe {
        drop(Box::from_raw((*file.cast::<File>()).ours));
        Behind::of(file)
    };
    behind!(behind, xClose)
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    at: i64,
) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    match ours.folder.admit(Op::Read) {
        Ok(_) => behind!(behind, xRead, into, amount, at),
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: i64,
) -> c_int {
    // SAFETY: an open file of ours, and as many bytes as SQLite says.
    let (ours, behind, bytes) = unsafe {
        let len = usize::try_from(amount).unwrap_or(0);
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), len);
        (ours(file), Behind::of(file), bytes)
    };
    let write = || {
        let then = ours.folder.admit(Op::Write)?;
        let end = at.saturating_add(i64::from(amount));
        ours.folder.grow(behind.len()?.min(end), end)?;
        ours.folder.writes(&behind, &ours.path, at, bytes)?;
        checked(behind!(behind, xWrite, from, amount, at))?;
        heard(&then, ffi::SQLITE_IOERR_WRITE)
    };
    code(write())
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, to: i64) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    let truncate = || {
        let then = ours.folder.admit(Op::Truncate)?;
        ours.folder.truncates(&behind, &ours.path, to)?;
        let len = behind.len()?;
        checked(behind!(behind, xTruncate, to))?;
        ours.folder.shrink(len - to);
        heard(&then, ffi::SQLITE_IOERR_TRUNCATE)
    };
    code(truncate())
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let ours = unsafe { ours(file) };
    let sync = || {
        let then = ours.folder.admit(Op::Sync)?;
        // Power goes before the sync is through.
        heard(&then, ffi::SQLITE_IOERR_FSYNC)?;
        // The machine's own disk is not asked: what is safe is for this one to say.
        ours.folder.synced(&ours.path);
        Ok(())
    };
    code(sync())
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    match ours.folder.admit(Op::Read) {
        Ok(_) => behind!(behind, xFileSize, size),
        Err(_) => ffi::SQLITE_IOERR_FSTAT,
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    match ours.folder.admit(Op::Lock) {
        Ok(_) => behind!(behind, xLock, level),
        Err(code) => code,
    }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let behind = unsafe { Behind::of(file) };
    behind!(behind, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file of ours.
    let behind = unsafe { Behind::of(file) };
    behind!(behind, xCheckReservedLock, out)
}

unsafe extern "C" fn file_control(
    file: *mut sqlite3_file,
    control: c_int,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours; the argument of a pragma is an array of its name and value.
    let behind = unsafe {
        if control == ffi::SQLITE_FCNTL_PRAGMA && ours(file).folder.is_synchronous_off() {
            turn_off(argument.cast());
        }
        Behind::of(file)
    };
    behind!(behind, xFileControl, control, argument)
}

/// Writes `off` over the value of `pragma synchronous=full`, before SQLite reads it.
///
/// # Safety
/// `words` is the argument of `SQLITE_FCNTL_PRAGMA`: the value is a string of SQLite's own, which
/// it reads after us and frees by its pointer.
unsafe fn turn_off(words: *mut *mut c_char) {
    // SAFETY: by the contract; `off` and its end fit into what is there.
    unsafe {
        let (name, value) = (*words.add(1), *words.add(2));
        let is_it = !name.is_null()
            && !value.is_null()
            && CStr::from_ptr(name)
                .to_bytes()
                .eq_ignore_ascii_case(SYNCHRONOUS);
        if is_it && CStr::from_ptr(value).count_bytes() >= c"off".count_bytes() {
            ptr::copy_nonoverlapping(c"off".as_ptr(), value, c"off".to_bytes_with_nul().len());
        }
    }
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file of ours.
    let behind = unsafe { Behind::of(file) };
    behind!(behind, xSectorSize)
}

unsafe extern "C" fn characteristics(file: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file of ours.
    let behind = unsafe { Behind::of(file) };
    behind!(behind, xDeviceCharacteristics)
}

// Memory that connections share -----------------------------------------------------------------

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    page_size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    let admitted = ours.folder.admit(Op::Lock);
    if admitted.is_err() {
        return ffi::SQLITE_IOERR_SHMMAP;
    }
    if extend != 0 {
        let mut name = ours.path.clone().into_os_string();
        name.push("-shm");
        let len = std::fs::metadata(name).map_or(0, |known| known.len());
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        let end = i64::from(page + 1) * i64::from(page_size);
        if ours.folder.grow(len.min(end), end).is_err() {
            return ffi::SQLITE_IOERR_SHMSIZE;
        }
    }
    behind!(behind, xShmMap, page, page_size, extend, out)
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open file of ours.
    let (ours, behind) = unsafe { (ours(file), Behind::of(file)) };
    let gives_back = flags & ffi::SQLITE_SHM_UNLOCK != 0;
    if !gives_back && ours.folder.admit(Op::Lock).is_err() {
        return ffi::SQLITE_IOERR_SHMLOCK;
    }
    behind!(behind, xShmLock, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: an open file of ours.
    unsafe {
        let behind = Behind::of(file);
        if let Some(barrier) = (*behind.methods).xShmBarrier {
            barrier(behind.file);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    // SAFETY: an open file of ours.
    let behind = unsafe { Behind::of(file) };
    behind!(behind, xShmUnmap, delete)
}
