//! At the door: finding the household, its people, and what looks wrong.

use itgel_device::{Listing, Order, RecordState, WarningCode};
use itgel_domain::assess::Mismatch;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::entry::Entry;
use itgel_domain::identity::Person;
use itgel_domain::time::AtMs;
use jiff::civil::date;

use crate::server::GACHA;
use crate::world::{AS_OF, ID_NUMBER, Phone, codes, cycle, h01, now, ready, subject, value};

#[test]
fn two_of_one_name_in_a_gacha_are_told_apart_and_never_taken_for_one() {
    let (_server, phone) = ready(3);
    for (n, number, spouse) in [
        (1, ID_NUMBER, "其其格"),
        (2, "440524188001010014", "萨仁·示例"),
    ] {
        let person = |role: &str, name: &str, number: Option<&str>| Person {
            role: role.into(),
            full_name: name.into(),
            name_mn: None,
            id_number: number.map(str::to_owned),
            phone: None,
        };
        let people = vec![
            person("head", "巴特尔", Some(number)),
            person("spouse", spouse, None),
        ];
        phone
            .device
            .put_identity(&subject(n), people, now())
            .unwrap();
    }
    let cycle = cycle();
    let listing = Listing {
        division: GACHA.parse().unwrap(),
        cycle: &cycle,
        search: "巴特尔",
        order: Order::LocalCode,
        skip: 0,
        limit: 10,
    };
    let found = phone.device.list_subjects(&listing).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|row| (row.id.as_str(), row.born_year, row.spouse.as_str()))
        .collect();
    let expected = [
        ("hh-1", Some(1949), "其其格"),
        ("hh-2", Some(1880), "萨仁·示例"),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_subject_is_found_by_name_code_and_the_end_of_an_id_number() {
    let (_server, phone) = ready(40);
    phone.identify(7, "乌云·达来");
    let cycle = cycle();
    let find = |search: &str, order: Order| {
        let division = GACHA.parse().unwrap();
        let listing = Listing {
            division,
            cycle: &cycle,
            search,
            order,
            skip: 0,
            limit: 100,
        };
        let found = phone.device.list_subjects(&listing).unwrap();
        found
            .into_iter()
            .map(|l| l.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(find("达来", Order::LocalCode), ["hh-7"]);
    assert_eq!(
        find("乌云•达来", Order::Name),
        ["hh-7"],
        "whichever dot is typed"
    );
    assert_eq!(find("007", Order::LocalCode), ["hh-7"]);
    assert_eq!(find(&ID_NUMBER[14..], Order::LocalCode), ["hh-7"]);
    assert_eq!(
        find("002x", Order::LocalCode),
        ["hh-7"],
        "the check letter in either case"
    );
    assert!(
        find(&ID_NUMBER[..6], Order::LocalCode).is_empty(),
        "not by the area of an ID"
    );
    assert!(
        find("%", Order::LocalCode).is_empty(),
        "a pattern is a text like any other"
    );
    assert_eq!(find("", Order::LocalCode).len(), 40);
    let page = Listing {
        division: GACHA.parse().unwrap(),
        cycle: &cycle,
        search: "",
        order: Order::LocalCode,
        skip: 10,
        limit: 5,
    };
    let codes: Vec<String> = phone
        .device
        .list_subjects(&page)
        .unwrap()
        .into_iter()
        .map(|l| l.local_code)
        .collect();
    assert_eq!(codes, ["011", "012", "013", "014", "015"]);
}

#[test]
fn a_list_row_shows_draft_waiting_and_received() {
    let (server, phone) = ready(3);
    let cycle = cycle();
    let state = |n: usize| {
        let division = GACHA.parse().unwrap();
        let order = Order::LocalCode;
        let listing = Listing {
            division,
            cycle: &cycle,
            search: "",
            order,
            skip: 0,
            limit: 9,
        };
        let row = phone
            .device
            .list_subjects(&listing)
            .unwrap()
            .swap_remove(n - 1);
        (row.has_draft, row.waiting, row.received, row.needs_you)
    };
    phone.draft_h01(1);
    phone.visit(2);
    assert_eq!(
        (state(1), state(2), state(3)),
        ((true, 0, 0, 0), (false, 2, 0, 0), (false, 0, 0, 0))
    );
    phone.sync(&server);
    assert_eq!(state(2), (false, 0, 1, 0));
    let records = phone.device.records(&subject(1), &cycle).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].state, RecordState::Draft);
}

#[test]
fn people_are_checked_before_they_are_written() {
    let (_server, phone) = ready(1);
    let person = |role: &str, name: &str, id: Option<&str>| Person {
        role: role.into(),
        full_name: name.into(),
        name_mn: None,
        id_number: id.map(str::to_owned),
        phone: None,
    };
    let people = vec![
        person("spouse", "", None),
        person("spouse", "示例", Some("110105194912310021")),
        // Born 2020: counted, never identified.
        person("adult-2", "示例", Some("110105202001010013")),
    ];
    let found = codes(
        phone
            .device
            .put_identity(&subject(1), people, now())
            .unwrap_err(),
    );
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert!(fields.contains(&"identity/head#name"), "{fields:?}");
    assert!(
        fields
            .iter()
            .filter(|f| f.starts_with("identity/spouse#"))
            .count()
            >= 3,
        "{fields:?}"
    );
    assert!(fields.contains(&"identity/adult-2#id"), "{fields:?}");
    assert!(phone.device.identity(&subject(1)).unwrap().is_empty());
    phone.identify(1, "示例");
    phone.identify(1, "示例乙");
    let known = phone.device.identity(&subject(1)).unwrap();
    assert_eq!(
        (known.len(), known[0].version),
        (1, 2),
        "written on top, not beside"
    );
    assert_eq!(known[0].based_on.len(), 1);
}

#[test]
fn last_years_values_are_beside_the_new_ones_and_copying_them_is_noticed() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    let last = "2026-spring".parse().unwrap();
    let day = date(2026, 4, 1);
    let then = AtMs::start_of(day);
    phone.draft_h01_on(1, &last, day);
    let closed = codes(phone.seal_as_of(1, &last, AS_OF, now()).unwrap_err());
    assert!(
        closed.contains(&("cycle".to_owned(), ErrorCode::CycleClosed)),
        "{closed:?}"
    );
    phone.seal_as_of(1, &last, day, then).unwrap();
    let earlier = phone.device.earlier_values(&subject(1), &cycle()).unwrap();
    assert_eq!(earlier.len(), h01().len());
    assert!(earlier.iter().all(|e| e.cycle == last));
    phone.draft_h01(1);
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    let found: Vec<WarningCode> = checked.warnings.iter().map(|w| w.code).collect();
    assert!(found.contains(&WarningCode::SameStockAsBefore), "{found:?}");
    assert!(found.contains(&WarningCode::CopiedFromBefore), "{found:?}");
}

#[test]
fn counts_that_cannot_be_are_pointed_out_and_never_refused() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let put = |o| {
        phone
            .device
            .put_value(&subject(1), &cycle(), o, now())
            .unwrap()
    };
    put(value("production.born", 400));
    put(value("insurance.livestock_milli_su", 900_000));
    put(value("plot/p1/area_mu", 1_000));
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    let found: Vec<WarningCode> = checked.warnings.iter().map(|w| w.code).collect();
    assert!(checked.violations.is_empty(), "{:?}", checked.violations);
    for code in [
        WarningCode::Count(Mismatch::BirthsAboveFemales),
        WarningCode::Count(Mismatch::InsuredAboveDeclared),
        WarningCode::Count(Mismatch::FarAboveQuota),
    ] {
        assert!(found.contains(&code), "{code:?}: {found:?}");
    }
    assert!(phone.seal(1).is_ok());
}

#[test]
fn a_consent_taken_back_unlocks_nothing_more_and_is_taken_back_once() {
    let (server, phone) = ready(1);
    phone.visit(1);
    let consents = |phone: &Phone| {
        let facts = phone.device.facts(&subject(1)).unwrap();
        facts
            .consents()
            .iter()
            .map(|c| (c.entry.clone(), c.withdrawn_on))
            .collect::<Vec<_>>()
    };
    let (entry, withdrawn) = consents(&phone).remove(0);
    assert_eq!(withdrawn, None);
    let withdraw = || {
        phone
            .device
            .withdraw_consent(&subject(1), &entry, AS_OF, now())
    };
    let at = withdraw().unwrap();
    assert_eq!(consents(&phone), [(entry.clone(), Some(AS_OF))]);
    let again = codes(withdraw().unwrap_err());
    assert_eq!(again, [("consent".to_owned(), ErrorCode::EntryUnknown)]);
    let found = codes(phone.seal(1).unwrap_err());
    assert_eq!(found, [("consent".to_owned(), ErrorCode::ConsentMissing)]);
    phone.sync(&server);
    let kept = server.kept();
    assert!(matches!(
        kept.envelopes[&at].entries(),
        [Entry::ConsentWithdrawal(_)]
    ));
}

#[test]
fn words_of_what_must_not_be_collected_are_warned_of_before_the_seal() {
    let (server, phone) = ready(1);
    phone.visit(1);
    phone.sync(&server);
    let correct = |reason: &str| {
        let put = phone.device.put_correction(
            &subject(1),
            &cycle(),
            value("herd.sheep", 7),
            reason,
            now(),
        );
        put.unwrap();
        let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
        let mut found = checked.warnings.into_iter();
        found.any(|w| w.code == WarningCode::ForbiddenWords && w.field == "herd.sheep")
    };
    assert!(!correct("羊病死 20 只，重数"));
    assert!(correct("户主住院，由邻居代数"));
}

#[test]
fn sec_t11_no_entry_is_refused_because_a_clock_is_wrong() {
    let clocks = [
        date(2025, 11, 1),
        date(2027, 11, 1),
        date(1970, 1, 1),
        date(2038, 1, 20),
    ];
    for (n, day) in (1..).zip(clocks) {
        let (_server, phone) = ready(1);
        let at = AtMs::start_of(day);
        phone.identify_at(1, "示例", at);
        phone.draft_h01_on(1, &cycle(), day);
        let checked = phone.device.check(&subject(1), &cycle(), day).unwrap();
        let doubted = |code: WarningCode| code == WarningCode::DoubtfulClock;
        assert!(
            checked.warnings.iter().any(|w| doubted(w.code)),
            "{day}: the officer is told"
        );
        let sealed = phone.seal_as_of(1, &cycle(), day, at);
        assert!(sealed.is_ok(), "clock {n}, {day}: {:?}", sealed.err());
        // A day that was chosen, not taken from the clock, has to lie in the campaign.
        let chosen = phone.seal_as_of(1, &cycle(), day, now());
        let closed = ("cycle".to_owned(), ErrorCode::CycleClosed);
        assert!(codes(chosen.unwrap_err()).contains(&closed), "{day}");
    }
}
