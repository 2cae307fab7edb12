//! The way to a store: who guesses, copies, puts back or kills gets no further, and whoever has the right
//! PIN always does.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use itgel_device::key_store::{Kept, Tries};
use itgel_device::vault::{self, LONGEST_PAUSE_MS, VaultError};
use itgel_device::wipe;
use itgel_device::{Device, Error, KeyFiles, KeyStore, SealingKeys, Secrets};
use zeroize::Zeroizing;

use crate::server::Server;
use crate::world::{PIN, Phone, entropy, key_store, open, server, signer, subject, with_secrets};

const WRONG: &str = "000000";

/// Tries a PIN with a key store.
fn try_with(path: &Path, pin: &str, platform: &Arc<dyn KeyStore>) -> Result<(), VaultError> {
    with_secrets(path, pin, |secrets| {
        let here = Secrets {
            platform,
            ..*secrets
        };
        vault::unlock(path, &here).map(drop)
    })
}

fn try_pin(path: &Path, pin: &str) -> Result<(), VaultError> {
    try_with(path, pin, &key_store(path))
}

fn assert_left(tried: &Result<(), VaultError>, left: u32) {
    assert!(
        matches!(tried, Err(VaultError::WrongPin { left: l }) if *l == left),
        "{tried:?}"
    );
}

fn assert_destroyed(tried: &Result<(), VaultError>) {
    assert!(matches!(tried, Err(VaultError::Destroyed)), "{tried:?}");
}

/// A phone with nothing open.
fn at_rest() -> (Server, Phone) {
    let server = server(1);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    (server, phone)
}

fn ending(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == end))
        .collect()
}

/// The file of the key store beside a store.
fn secret_file(store: &Path) -> PathBuf {
    ending(store.parent().unwrap(), "secret").remove(0)
}

fn secret_name(store: &Path) -> String {
    let file = secret_file(store);
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn tries(store: &Path) -> Tries {
    let kept = key_store(store).read(&secret_name(store)).unwrap();
    kept.unwrap().tries()
}

/// What somebody copies who can read the app's files: the store and its wrap.
fn copied(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = ["", "-wal", ".key"].map(|end| {
        let mut name = store.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    let files = files.into_iter().filter(|file| file.exists());
    files
        .map(|file| (file.clone(), std::fs::read(file).unwrap()))
        .collect()
}

fn put_back(files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (file, bytes) in files {
        std::fs::write(file, bytes).unwrap();
    }
}

// Key stores ------------------------------------------------------------------------------------

/// Keys in a hardware that gives none of them away.
#[derive(Default)]
struct Chip {
    keys: Mutex<BTreeMap<String, u64>>,
    made: Mutex<u64>,
    has_no_room: Mutex<bool>,
}

impl SealingKeys for Chip {
    fn make(&self, name: &str) -> Result<(), VaultError> {
        if *self.has_no_room.lock().unwrap() {
            return Err(VaultError::Platform);
        }
        let mut made = self.made.lock().unwrap();
        *made += 1;
        self.keys.lock().unwrap().insert(name.to_owned(), *made);
        Ok(())
    }

    fn seal(&self, name: &str, open: &[u8]) -> Result<Vec<u8>, VaultError> {
        let keys = self.keys.lock().unwrap();
        let key = keys.get(name).ok_or(VaultError::Platform)?;
        let mut sealed = key.to_be_bytes().to_vec();
        sealed.extend(open.iter().map(|byte| !byte));
        Ok(sealed)
    }

    fn open(&self, name: &str, sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let keys = self.keys.lock().unwrap();
        let key = keys.get(name).map(|key| key.to_be_bytes());
        let body = key.and_then(|key| sealed.strip_prefix(&key));
        Ok(body.map(|body| Zeroizing::new(body.iter().map(|byte| !byte).collect())))
    }

    fn destroy(&self, name: &str) -> Result<(), VaultError> {
        self.keys.lock().unwrap().remove(name);
        Ok(())
    }
}

/// What goes wrong when something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// The program is killed before it is on the disk.
    KilledBefore,
    /// Or after it.
    KilledAfter,
    /// The disk is full.
    Full,
}

/// A key store with which something goes wrong, and which tells how long it made somebody wait.
struct Trouble {
    inner: Arc<dyn KeyStore>,
    /// At which call, counted from now; `None` at all of them.
    at: Option<usize>,
    wrong: Wrong,
    calls: Mutex<usize>,
    pauses: Mutex<Vec<u64>>,
}

struct Killed;

impl Trouble {
    fn over(store: &Path, at: Option<usize>, wrong: Wrong) -> Arc<Self> {
        Arc::new(Self {
            inner: key_store(store),
            at,
            wrong,
            calls: Mutex::default(),
            pauses: Mutex::default(),
        })
    }

    fn paused(&self) -> Vec<u64> {
        std::mem::take(&mut *self.pauses.lock().unwrap())
    }

    fn is_due(&self) -> bool {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        self.at.is_none_or(|at| at == *calls)
    }

    fn meets(&self, work: impl FnOnce() -> Result<(), VaultError>) -> Result<(), VaultError> {
        match (self.is_due(), self.wrong) {
            (false, _) => work(),
            (true, Wrong::Full) => Err(VaultError::Io(std::io::ErrorKind::StorageFull.into())),
            (true, Wrong::KilledBefore) => resume_unwind(Box::new(Killed)),
            (true, Wrong::KilledAfter) => {
                work().unwrap();
                resume_unwind(Box::new(Killed))
            }
        }
    }
}

impl KeyStore for Trouble {
    fn read(&self, name: &str) -> Result<Option<Kept>, VaultError> {
        self.inner.read(name)
    }

    fn keep(&self, name: &str, kept: &Kept) -> Result<(), VaultError> {
        self.meets(|| self.inner.keep(name, kept))
    }

    fn destroy(&self, name: &str) -> Result<(), VaultError> {
        match self.wrong {
            Wrong::Full => self.inner.destroy(name),
            _ => self.meets(|| self.inner.destroy(name)),
        }
    }

    fn pause(&self, ms: u64) {
        self.pauses.lock().unwrap().push(ms);
    }
}

/// Tries a PIN in a program that is killed in the middle; what it answered otherwise.
fn killed(path: &Path, pin: &str, trouble: &Arc<Trouble>) -> Option<Result<(), VaultError>> {
    let platform: Arc<dyn KeyStore> = trouble.clone();
    catch_unwind(AssertUnwindSafe(|| try_with(path, pin, &platform))).ok()
}

// Destroyed -------------------------------------------------------------------------------------

#[test]
fn sec_t01_ten_wrong_pins_destroy_the_way_to_the_store_and_to_every_copy_of_it() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    for left in [9, 8, 7] {
        assert_left(&try_pin(path, WRONG), left);
    }
    try_pin(path, PIN).expect("a right one starts the count again");
    let copy = copied(path);
    for left in (1..=9).rev() {
        assert_left(&try_pin(path, WRONG), left);
    }
    assert_destroyed(&try_pin(path, WRONG));
    assert_destroyed(&try_pin(path, PIN));
    assert!(ending(path.parent().unwrap(), "secret").is_empty());
    put_back(&copy);
    for _ in 0..20 {
        assert_destroyed(&try_pin(path, PIN));
    }
    assert!(matches!(
        open(path, 1, 9),
        Err(Error::Vault(VaultError::Destroyed))
    ));
}

#[test]
fn sec_t01_after_a_wipe_no_copy_of_the_store_opens() {
    let (_, phone) = at_rest();
    let path = phone.path.clone();
    let copy = copied(&path);
    phone.device.wipe().unwrap();
    assert_destroyed(&try_pin(&path, PIN));
    put_back(&copy);
    assert_destroyed(&try_pin(&path, PIN));
}

#[test]
fn sec_t01_a_deletion_that_is_killed_between_secret_and_wrap_comes_to_its_end() {
    for wrong in [Wrong::KilledBefore, Wrong::KilledAfter] {
        let (server, phone) = at_rest();
        let path = phone.path.clone();
        crate::trust::ordered(&server);
        phone.sync(&server);
        drop(phone.device);
        let platform: Arc<dyn KeyStore> = Trouble::over(&path, Some(3), wrong);
        let copy = copied(&path);
        let ended = with_secrets(&path, PIN, |secrets| {
            // Two states are kept while it is unlocked; the third call destroys.
            let here = Secrets {
                platform: &platform,
                ..*secrets
            };
            let device = Device::open(&path, &here, signer(1), entropy(9)).unwrap();
            catch_unwind(AssertUnwindSafe(|| device.obey_wipe())).is_err()
        });
        assert!(ended, "{wrong:?}: it was killed");
        assert!(matches!(open(&path, 1, 9), Err(Error::Wiped)), "{wrong:?}");
        assert!(!path.exists(), "{wrong:?}");
        let word = wipe::resume(&path, key_store(&path).as_ref()).unwrap();
        assert!(word.is_some(), "{wrong:?}: the word is kept");
        wipe::told(&path).unwrap();
        put_back(&copy);
        assert_destroyed(&try_pin(&path, PIN));
    }
}

#[test]
fn a_destruction_that_was_cut_short_is_brought_to_its_end_by_the_next_try() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    for left in (1..=9).rev() {
        assert_left(&try_pin(path, WRONG), left);
    }
    // The mark of the try is kept first; the second call destroys.
    let trouble = Trouble::over(path, Some(2), Wrong::KilledBefore);
    assert!(killed(path, WRONG, &trouble).is_none());
    assert_eq!(tries(path).wrong, 9, "nobody was told anything");
    assert_destroyed(&try_pin(path, WRONG));
    assert_destroyed(&try_pin(path, PIN));
}

#[test]
fn a_changed_pin_keeps_the_data_closes_old_copies_and_a_short_one_is_refused() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let copy = copied(path);
    with_secrets(path, PIN, |secrets| {
        let entropy = entropy(50);
        let short = vault::change_pin(path, secrets, "12345", entropy.as_ref());
        assert!(matches!(short, Err(VaultError::PinTooShort)));
        vault::change_pin(path, secrets, "246802", entropy.as_ref()).unwrap();
    });
    assert!(open(path, 1, 9).is_err());
    let device = with_secrets(path, "246802", |secrets| {
        Device::open(path, secrets, signer(1), entropy(9)).unwrap()
    });
    assert!(device.subject(&subject(1)).is_ok());
    drop(device);
    put_back(&copy);
    assert_destroyed(&try_pin(path, PIN));
}

// Copied and put back ---------------------------------------------------------------------------

#[test]
fn sec_t02_putting_the_key_file_back_wins_no_try() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let copy = copied(path);
    for left in (1..=9).rev() {
        assert_left(&try_pin(path, WRONG), left);
        put_back(&copy);
    }
    assert_destroyed(&try_pin(path, WRONG));
    put_back(&copy);
    assert_destroyed(&try_pin(path, PIN));
}

#[test]
fn sec_t02_putting_the_sealed_count_back_wins_no_try() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let folder = path.parent().unwrap();
    let name = secret_name(path);
    let chip = Arc::new(Chip::default());
    let sealed: Arc<dyn KeyStore> = Arc::new(KeyFiles::sealed(folder, chip.clone()));
    // The same secret in a phone's own key store.
    let kept = key_store(path).read(&name).unwrap().unwrap();
    key_store(path).destroy(&name).unwrap();
    sealed.keep(&name, &kept).unwrap();
    try_with(path, PIN, &sealed).expect("it opens by the sealed secret");
    assert_left(&try_with(path, WRONG, &sealed), 9);
    let earlier = std::fs::read(secret_file(path)).unwrap();
    assert_left(&try_with(path, WRONG, &sealed), 8);
    let present = std::fs::read(secret_file(path)).unwrap();
    std::fs::write(secret_file(path), &earlier).unwrap();
    assert_destroyed(&try_with(path, PIN, &sealed));
    std::fs::write(secret_file(path), &present).unwrap();

    // A phone without room for another key still counts, and opens for the right PIN.
    *chip.has_no_room.lock().unwrap() = true;
    assert_left(&try_with(path, WRONG, &sealed), 7);
    try_with(path, PIN, &sealed).unwrap();
    *chip.has_no_room.lock().unwrap() = false;

    let copy = (copied(path), std::fs::read(secret_file(path)).unwrap());
    for _ in 0..10 {
        assert!(try_with(path, WRONG, &sealed).is_err());
    }
    assert!(chip.keys.lock().unwrap().is_empty(), "no key is left");
    put_back(&copy.0);
    std::fs::write(folder.join(format!("{name}.secret")), copy.1).unwrap();
    assert_destroyed(&try_with(path, PIN, &sealed));
}

#[test]
fn sec_t02_without_the_platforms_secret_none_of_ten_thousand_pins_opens_the_store() {
    /// A key store whose owner says what he likes.
    struct Forged;

    impl KeyStore for Forged {
        fn read(&self, _: &str) -> Result<Option<Kept>, VaultError> {
            Ok(Some(Kept::new(Zeroizing::new([7; 32]))))
        }

        fn keep(&self, _: &str, _: &Kept) -> Result<(), VaultError> {
            Ok(())
        }

        fn destroy(&self, _: &str) -> Result<(), VaultError> {
            Ok(())
        }
    }

    let (_, phone) = at_rest();
    let forged: Arc<dyn KeyStore> = Arc::new(Forged);
    for n in 0..10_000_u32 {
        let guess = match n {
            0 => PIN.to_owned(),
            n => format!("{:06}", n * 99 + 7),
        };
        assert_left(&try_with(&phone.path, &guess, &forged), 9);
    }
    assert!(open(&phone.path, 1, 9).is_ok(), "and here it does");
}

#[test]
fn sec_t02_the_right_pin_on_another_phone_opens_nothing() {
    let (_, phone) = at_rest();
    let elsewhere = tempfile::tempdir().unwrap();
    let other: Arc<dyn KeyStore> = Arc::new(KeyFiles::plain(elsewhere.path()));
    assert_destroyed(&try_with(&phone.path, PIN, &other));
    assert!(try_pin(&phone.path, PIN).is_ok());
}

// Killed, and a disk without room -----------------------------------------------------------------

#[test]
fn sec_t02_killing_the_program_does_not_win_a_try() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    // A wrong PIN is told at the end alone, and then it is on the disk.
    for (call, wrong, counted) in [
        (1, Wrong::KilledBefore, 0),
        (1, Wrong::KilledAfter, 0),
        (2, Wrong::KilledBefore, 0),
        (2, Wrong::KilledAfter, 1),
    ] {
        let trouble = Trouble::over(path, Some(call), wrong);
        let answered = killed(path, WRONG, &trouble);
        assert!(answered.is_none(), "{call} {wrong:?}: {answered:?}");
        assert_eq!(tries(path).wrong, counted, "{call} {wrong:?}");
        let paused = trouble.paused();
        assert!(paused.is_empty(), "{paused:?}");
    }
    assert_left(&try_pin(path, WRONG), 8);
}

#[test]
fn sec_t02_many_at_once_win_no_try() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let left: BTreeSet<u32> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| try_pin(path, WRONG)))
            .collect();
        let answers = all.into_iter().map(|one| one.join().unwrap());
        answers
            .map(|answer| match answer {
                Err(VaultError::WrongPin { left }) => left,
                other => panic!("{other:?}"),
            })
            .collect()
    });
    assert_eq!(left, (2..=9).collect());
}

#[test]
fn a_try_that_a_kill_cut_short_destroyed_the_store() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let mut pauses = Vec::new();
    for _ in 0..300 {
        let trouble = Trouble::over(path, Some(1), Wrong::KilledAfter);
        assert!(killed(path, PIN, &trouble).is_none());
        pauses.push(trouble.paused().first().copied().unwrap_or(0));
    }
    assert_eq!(pauses[..6], [0, 0, 0, 8_000, 16_000, LONGEST_PAUSE_MS]);
    assert!(pauses[6..].iter().all(|ms| *ms == LONGEST_PAUSE_MS));
    let patient = Trouble::over(path, Some(usize::MAX), Wrong::Full);
    let platform: Arc<dyn KeyStore> = patient.clone();
    assert_left(&try_with(path, WRONG, &platform), 9);
    try_with(path, PIN, &platform).expect("the right PIN opens");
    assert_eq!(patient.paused(), [LONGEST_PAUSE_MS; 2]);
    assert_eq!(tries(path), Tries::default());
}

#[test]
fn sec_t02_a_try_that_cannot_be_counted_opens_for_the_right_pin_and_is_dear_for_a_wrong_one() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    let trouble = Trouble::over(path, None, Wrong::Full);
    let full: Arc<dyn KeyStore> = trouble.clone();
    for _ in 0..3 {
        try_with(path, PIN, &full).expect("the right PIN opens");
        assert_eq!(trouble.paused(), [LONGEST_PAUSE_MS]);
    }
    for _ in 0..20 {
        let tried = try_with(path, WRONG, &full);
        assert!(matches!(tried, Err(VaultError::Io(_))), "{tried:?}");
        assert_eq!(trouble.paused(), [LONGEST_PAUSE_MS]);
    }
    for left in (1..=9).rev() {
        assert_left(&try_pin(path, WRONG), left);
    }
    assert_destroyed(&try_with(path, WRONG, &full));
    assert_destroyed(&try_pin(path, PIN));
}

#[test]
#[cfg(unix)]
fn unlocking_needed_new_room_on_a_full_disk() {
    use std::os::unix::fs::MetadataExt as _;

    let (_, phone) = at_rest();
    let path = phone.path.clone();
    drop(phone.device);
    let seen = || -> BTreeMap<PathBuf, (u64, u64, u64)> {
        let entries = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        files
            .map(|file| {
                let data = std::fs::metadata(&file).unwrap();
                (file, (data.ino(), data.len(), data.blocks()))
            })
            .collect()
    };
    let before = seen();
    for _ in 0..5 {
        try_pin(&path, PIN).unwrap();
        try_pin(&path, WRONG).unwrap_err();
    }
    assert_eq!(seen(), before, "the same files of the same size");
    let mode = std::fs::metadata(secret_file(&path)).unwrap().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner alone reads the secret");
}

#[test]
fn a_torn_write_left_neither_the_old_count_nor_the_new() {
    let (_, phone) = at_rest();
    let path = &phone.path;
    assert_left(&try_pin(path, WRONG), 9);
    let (name, file, platform) = (secret_name(path), secret_file(path), key_store(path));
    for wrong in [5, 6] {
        let old = std::fs::read(&file).unwrap();
        let kept = platform.read(&name).unwrap().unwrap();
        let (before, after) = (
            kept.tries(),
            Tries {
                wrong,
                interrupted: 1,
            },
        );
        platform.keep(&name, &kept.after(after)).unwrap();
        let new = std::fs::read(&file).unwrap();
        assert_eq!(old.len(), new.len());
        let changed = old.iter().zip(&new).filter(|(a, b)| a != b).count();
        assert!(changed > 32, "{changed} bytes");
        for cut in 0..=old.len() {
            let torn = [&new[..cut], &old[cut..]].concat();
            if torn == old || torn == new {
                continue;
            }
            std::fs::write(&file, &torn).unwrap();
            let here = platform.read(&name).unwrap().unwrap().tries();
            assert!(here == before || here == after, "{cut}: {here:?}");
        }
        std::fs::write(&file, &new).unwrap();
    }
    try_pin(path, PIN).unwrap();
}
