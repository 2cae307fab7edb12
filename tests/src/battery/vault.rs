//! What opens a store, while its key store fails: the right PIN opens, nobody wins a try, and a deletion
//! is whole or none.

use std::path::Path;
use std::sync::{Arc, Mutex};

use itgel_device::key_store::{Kept, Tries};
use itgel_device::vault::{self, VaultError};
use itgel_device::{Error, KeyStore, Secrets};

use super::seen;
use crate::bed::{self, Bed, Ground};

const WRONG: &str = "000000";

/// The key store of a device, with a disk that fails.
struct Failing {
    inner: Arc<dyn KeyStore>,
    /// Which operation fails, counted down, and whether those after it do.
    at: Mutex<u32>,
    stays: bool,
}

impl Failing {
    fn over(store: &Path, at: u32, stays: bool) -> Arc<dyn KeyStore> {
        let inner = bed::key_store(store);
        let at = Mutex::new(at);
        Arc::new(Self { inner, at, stays })
    }

    fn does(&self, work: impl FnOnce() -> Result<(), VaultError>) -> Result<(), VaultError> {
        let mut at = self.at.lock().unwrap();
        let fails = *at == 1;
        if !(fails && self.stays) {
            *at = at.saturating_sub(1);
        }
        match fails {
            true => Err(VaultError::Io(std::io::ErrorKind::StorageFull.into())),
            false => work(),
        }
    }
}

impl KeyStore for Failing {
    fn read(&self, name: &str) -> Result<Option<Kept>, VaultError> {
        self.inner.read(name)
    }

    fn keep(&self, name: &str, kept: &Kept) -> Result<(), VaultError> {
        self.does(|| self.inner.keep(name, kept))
    }

    fn destroy(&self, name: &str) -> Result<(), VaultError> {
        self.does(|| self.inner.destroy(name))
    }

    fn pause(&self, _: u64) {}
}

/// Unlocks with each operation of the key store failing in turn, once and from then on, and deletes.
pub(super) fn sweep(bed: &Bed, ground: &Ground) -> String {
    let mut runs = 0;
    for stays in [false, true] {
        for at in 1..=3 {
            unlock(&ground.copy(), at, stays);
            wipe(bed, &ground.copy(), at, stays);
            runs += 2;
        }
    }
    format!("unlock, wipe: {runs} runs, the right PIN opened in each, 0 tries won, 0 between")
}

fn unlock(ground: &Ground, at: u32, stays: bool) {
    let path = ground.device_path(0);
    let try_pin = |pin: &str, platform: &Arc<dyn KeyStore>| {
        bed::with_secrets(&path, |secrets| {
            let here = Secrets {
                pin,
                platform,
                ..*secrets
            };
            vault::unlock(&path, &here).map(drop)
        })
    };
    let what = format!("operation {at} {stays}");
    let tried = try_pin(WRONG, &Failing::over(&path, at, stays));
    let there = bed::tries(&path);
    match tried {
        Err(VaultError::WrongPin { left }) => {
            assert_eq!((left, there.wrong), (9, 1), "{what}: told and not counted");
        }
        Err(VaultError::Io(_)) => assert_eq!(there.wrong, 0, "{what}"),
        other => unreachable!("{what}: {other:?}"),
    }
    try_pin(bed::PIN, &Failing::over(&path, at, stays)).unwrap();
    try_pin(bed::PIN, &bed::key_store(&path)).unwrap();
    assert_eq!(bed::tries(&path), Tries::default(), "{what}");
}

fn wipe(bed: &Bed, ground: &Ground, at: u32, stays: bool) {
    let path = ground.device_path(0);
    let whole = seen::of_device(&ground.device(0).unwrap(), bed);
    let platform = Failing::over(&path, at, stays);
    let wiped = bed::open_device_with(&path, 0, &platform).unwrap().wipe();
    match ground.device(0) {
        Ok(device) => {
            assert!(wiped.is_err(), "operation {at} {stays}: it opens again");
            assert!(seen::of_device(&device, bed) == whole);
            device.wipe().unwrap();
        }
        Err(Error::Vault(VaultError::Destroyed)) => assert!(wiped.is_ok()),
        Err(error) => unreachable!("operation {at} {stays}: {error}"),
    }
    assert!(!path.exists());
}
