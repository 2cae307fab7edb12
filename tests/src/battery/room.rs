//! A device whose disk is full: what was entered stays, what cannot be kept is refused, and who has the
//! right PIN gets in.

use itgel_device::Device;
use itgel_disk::{Disk, Failure, Fault};
use itgel_domain::error::ErrorCode;
use itgel_domain::item::Observation;
use itgel_fixtures::Household;

use super::seen;
use super::{Row, Size};
use crate::bed::{self, Bed};

pub(super) const ROWS: &[Row] = &[Row {
    id: "R07",
    what: "a device with 0, 4 KiB and 1 MiB free",
    figure: "100 runs: refused as storage.full, earlier data intact, goes on when there is room",
    run: full,
}];

/// A full disk under a device.
fn full(size: Size) -> Vec<String> {
    let (bed, ground) = Bed::lay(40);
    let runs = size.pick(9, 100);
    let mut kept = 0;
    for run in 0..runs {
        let free = [0, 4 * 1024, 1024 * 1024][run % 3];
        let ground = ground.copy();
        let disk = Disk::over(&ground.device_folder(0)).unwrap();
        let device = ground.device(0).unwrap();
        disk.leave_room(Some(free));
        let homes = bed.households.iter().cycle().skip(run);
        let mut all = homes
            .flat_map(|household| household.found.iter().map(move |found| (household, found)))
            .zip(1..);
        let mut entered = Vec::new();
        let error = all.find_map(|((household, found), n)| {
            // At another instant each time: the same row again would write nothing.
            let now = bed::now().plus_ms(n);
            let put = device.put_value(&household.subject, &bed.cycle, found.clone(), now);
            entered.extend(put.is_ok().then_some((household, found)));
            put.err()
        });
        let error = error.unwrap();
        assert_eq!(error.code(), ErrorCode::StorageFull, "run {run}: {error:?}");
        assert_all_there(&device, &bed, &entered);
        kept += entered.len();
        // Locked and unlocked without room: what is there can be read.
        drop(device);
        let device = ground.device(0).unwrap();
        assert_all_there(&device, &bed, &entered);
        // Then one error of the disk: what had the file alone lets go of it and opens it again.
        disk.fail(Fault::once(1, Failure::Io));
        let household = &bed.households[0];
        let _ = device.draft(&household.subject, &bed.cycle);
        assert_all_there(&device, &bed, &entered);
        disk.heal();
        let household = &bed.households[run % bed.households.len()];
        bed.draft(&device, household, 0);
        bed.seal(&device, household).unwrap();
        let sealed = seen::of_device(&device, &bed);
        drop(device);
        let again = seen::of_device(&ground.device(0).unwrap(), &bed);
        assert!(again == sealed, "run {run}: lost");
    }
    let line = format!("{runs} runs, each refused as storage.full, after {kept} values altogether");
    let opened = "0 values lost; each opened without room and went on with it";
    vec![line, opened.to_owned()]
}

/// Every value that was answered can be read.
fn assert_all_there(device: &Device, bed: &Bed, entered: &[(&Household, &Observation)]) {
    for (household, found) in entered {
        let draft = device.draft(&household.subject, &bed.cycle).unwrap();
        let there = draft.iter().any(|value| value.observation == **found);
        assert!(there, "an answered value is lost");
    }
}
