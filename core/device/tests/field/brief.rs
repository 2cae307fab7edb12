//! A new device: usable before the files have come, whatever happens to the pages.

use itgel_device::sync::{Progress, SyncError, open_file, run};
use itgel_domain::sync::pull::PullItem;

use crate::server::{Fault, GACHA, Server};
use crate::world::{AS_OF, Phone, cycle, is_green, now, ready, server, subject};

/// A gacha of so many households that its list is far ahead of a new device, two of them visited.
fn long_list() -> (Server, Phone) {
    let server = server(250);
    server.page_items(100);
    let first = Phone::enrolled(&server, 1);
    first.sync(&server);
    first.visit(1);
    first.visit(2);
    first.sync(&server);
    (server, first)
}

/// The call of a first download that brings the first file: hello, the banner's list, eight pages
/// of the gacha's.
const FIRST_FETCH: u64 = 10;

fn facts(phone: &Phone, n: u32) -> itgel_domain::hash::Hash {
    phone.device.facts(&subject(n)).unwrap().digest()
}

#[test]
fn a_new_device_is_usable_before_the_files_have_come() {
    let (server, first) = long_list();
    let new = Phone::enrolled(&server, 2);
    // The link breaks when both lists have come and no file yet.
    let mut seen = 0;
    server.fail(FIRST_FETCH, Fault::Cut);
    let ended = run(&new.device, &server, now(), &mut |p| {
        if matches!(p, Progress::Filling { .. }) {
            seen += 1;
        }
    });
    assert!(
        matches!(ended, Err(SyncError::Protocol { .. })),
        "{ended:?}"
    );
    assert_eq!(seen, 0, "no file came");
    assert_eq!(new.device.missing(None).unwrap(), 2);
    assert_eq!(new.device.missing(Some(&subject(1))).unwrap(), 1);
    let gacha = GACHA.parse().unwrap();
    assert_eq!(new.device.count_subjects(gacha).unwrap(), 250);
    assert_eq!(
        new.device.identity(&subject(1)).unwrap()[0].people[0].full_name,
        "示例1"
    );
    // A whole visit before the download has ended.
    new.visit(3);
    let assessed = new.device.assess_provisional(&subject(3), &cycle(), AS_OF);
    assert!(assessed.is_ok());
    // Opening a household brings its file alone.
    assert_eq!(
        open_file(&new.device, &server, &subject(2), now()).unwrap(),
        1
    );
    assert_eq!(facts(&new, 2), facts(&first, 2));
    assert_eq!(new.device.missing(None).unwrap(), 1);
    let report = new.sync(&server);
    assert_eq!((report.filled, report.waiting), (1, 0));
    assert_eq!(facts(&new, 1), facts(&first, 1));
    assert!(is_green(&new, 3) && new.device.missing(None).unwrap() == 0);
    assert!(new.sync(&server).mismatches.is_empty());
}

#[test]
fn a_fault_at_any_step_of_a_first_download_loses_and_doubles_nothing() {
    let (server, first) = long_list();
    for call in 0..12 {
        for fault in [Fault::Cut, Fault::AnswerLost] {
            let new = Phone::enrolled(&server, 3);
            server.fail(call, fault);
            let broken = run(&new.device, &server, now(), &mut |_| {});
            server.heal();
            let survivor = new.killed(91);
            let report = survivor.sync(&server);
            assert!(report.mismatches.is_empty(), "{call} {broken:?}");
            assert_eq!(survivor.device.missing(None).unwrap(), 0);
            for n in [1, 2, 3] {
                assert_eq!(
                    facts(&survivor, n),
                    facts(&first, n),
                    "{call} {fault:?} {n}"
                );
            }
        }
    }
}

#[test]
fn only_the_first_download_names_files_before_it_brings_them() {
    let (server, first) = long_list();
    let new = Phone::enrolled(&server, 6);
    // Cut between its pages, the first download goes on as it began.
    server.fail(5, Fault::Cut);
    run(&new.device, &server, now(), &mut |_| {}).unwrap_err();
    server.heal();
    let from = server.asked().len();
    new.sync(&server);
    let gone_on = server.asked()[from..].to_vec();
    assert!(!gone_on.is_empty() && gone_on.iter().all(|(_, is_brief)| *is_brief));
    // Later, a device as far behind as that takes what is new whole.
    for n in 0..600 {
        let device = format!("d{}", 1_000 + n).parse().unwrap();
        let revoked = itgel_domain::sync::pull::Revocation { device };
        server.list(GACHA, &PullItem::Revocation(revoked));
    }
    first.visit(3);
    first.sync(&server);
    let from = server.asked().len();
    let report = new.sync(&server);
    let asked = server.asked()[from..].to_vec();
    assert!(asked.len() > 5 && asked.iter().all(|(_, is_brief)| !is_brief));
    assert_eq!((report.filled, facts(&new, 3)), (0, facts(&first, 3)));
    // Read again from its start, the list brings what is here already, and whole.
    server.restore(server.kept());
    let from = server.asked().len();
    assert!(new.sync(&server).epoch_changed);
    let asked = server.asked()[from..].to_vec();
    assert!(asked.len() > 5 && asked.iter().all(|(_, is_brief)| !is_brief));
}

#[test]
fn what_was_not_named_is_not_taken_for_what_was() {
    let (server, _) = long_list();
    let new = Phone::enrolled(&server, 4);
    server.fail(FIRST_FETCH, Fault::Cut);
    run(&new.device, &server, now(), &mut |_| {}).unwrap_err();
    let list = server.kept().lists[&GACHA.parse().unwrap()].clone();
    let place = list.iter().position(|item| item.kind == 0).unwrap();
    server.tamper(GACHA, place + 1);
    let forged = open_file(&new.device, &server, &subject(1), now());
    assert!(matches!(forged, Err(SyncError::NotTheServers(_))));
    assert!(new.device.facts(&subject(1)).unwrap().is_empty());
}

#[test]
fn an_erased_household_is_not_downloaded_any_more() {
    let (server, _) = long_list();
    let new = Phone::enrolled(&server, 5);
    server.fail(FIRST_FETCH, Fault::Cut);
    run(&new.device, &server, now(), &mut |_| {}).unwrap_err();
    server.list(GACHA, &server.tombstone(&subject(1)));
    let report = new.sync(&server);
    assert_eq!((report.filled, new.device.missing(None).unwrap()), (1, 0));
    assert!(new.device.facts(&subject(1)).unwrap().is_empty());
}

#[test]
fn pages_are_small_after_a_failure_until_a_run_goes_through() {
    let (server, phone) = ready(2);
    let sizes = |server: &Server, from: usize| -> Vec<u32> {
        server.asked()[from..]
            .iter()
            .map(|(size, _)| *size)
            .collect()
    };
    let news = |n: u32| server.list(GACHA, &server.tombstone(&subject(100 + n)));
    news(1);
    server.fail(1, Fault::AnswerLost);
    run(&phone.device, &server, now(), &mut |_| {}).unwrap_err();
    let from = server.asked().len();
    phone.sync(&server);
    news(2);
    phone.sync(&server);
    assert_eq!(sizes(&server, from), [16 * 1024, 64 * 1024]);
    news(3);
    phone.device.expect_weak_link();
    phone.sync(&server);
    assert_eq!(sizes(&server, from).last(), Some(&(16 * 1024)));
}

#[test]
fn a_list_that_grows_while_it_is_read_is_read_to_its_end() {
    let server = server(30);
    let phone = Phone::enrolled(&server, 1);
    let mut added = 0;
    run(&phone.device, &server, now(), &mut |progress| {
        // Hello said where the list ended; something new stands in it at every page.
        if matches!(progress, Progress::Receiving { position, end, .. } if position < end) {
            added += 1;
            let revoked = itgel_domain::sync::pull::Revocation {
                device: format!("d{}", 100 + added).parse().unwrap(),
            };
            server.list(GACHA, &PullItem::Revocation(revoked));
        }
    })
    .unwrap();
    assert!(added >= 10, "{added}");
    assert_eq!(phone.sync(&server).pulled, 0, "nothing was left behind");
}
