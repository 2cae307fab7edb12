//! A visit from the first field to the seal.

use itgel_device::{Countersign, Error, Listing, Order, RecordState, WarningCode};
use itgel_domain::assess::Mismatch;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{Suite, verify};
use itgel_domain::file::entry::{Countersignature, Entry, seal_digest};
use itgel_domain::hash::Hash;
use itgel_domain::identity::Person;
use itgel_domain::item::{Evidence, Observation, State};
use itgel_domain::register::{RegisterContent, RegisterRow};
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::PullItem;
use jiff::civil::date;

use crate::server::{GACHA, Server};
use crate::world::{
    AS_OF, ID_NUMBER, Phone, consent, cycle, h01, now, peer, row, server, signer, subject, value,
};

fn ready(households: u32) -> (Server, Phone) {
    let server = server(households);
    let phone = Phone::enrolled(&server, 1);
    phone.sync(&server);
    (server, phone)
}

fn codes(error: Error) -> Vec<(String, ErrorCode)> {
    let Error::Invalid(violations) = error else { panic!("not refused for its content: {error}") };
    violations.into_iter().map(|v| (v.field, v.code)).collect()
}

#[test]
fn sealing_an_unfinished_visit_names_everything_that_is_wrong_at_once() {
    let (_server, phone) = ready(1);
    let put = |o: Observation| phone.device.put_value(&subject(1), &cycle(), o, now()).unwrap();
    put(value("household.members", 99));
    put(value("income.net_fen", 14_000_000));
    put(value("herd.unicorn", 1));
    put(Observation { observed_on: date(2026, 12, 1), ..value("herd.sheep", 300) });
    let found = codes(phone.seal(1).unwrap_err());
    let expected = [
        ("identity", ErrorCode::ValueMissing),
        ("consent", ErrorCode::ConsentMissing),
        ("household.members", ErrorCode::ValueOutOfRange),
        ("income.net_fen", ErrorCode::ConsentMissing),
        ("herd.unicorn", ErrorCode::ItemUnknown),
        ("herd.sheep", ErrorCode::ObservedOutOfTime),
        ("household.producer", ErrorCode::ValueMissing),
        ("household.operates_in_gacha", ErrorCode::ValueMissing),
    ];
    for (field, code) in expected {
        assert!(found.contains(&(field.to_owned(), code)), "{field} {code}: {found:?}");
    }
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    assert_eq!(checked.violations.len(), found.len(), "the check says the same before");
    assert_eq!(phone.device.draft(&subject(1), &cycle()).unwrap().len(), 4, "nothing is lost");
    assert_eq!(phone.device.summary().unwrap().waiting, 0, "nothing is written");
}

#[test]
fn the_worked_case_gets_the_same_grade_on_the_device() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let provisional = || phone.device.assess_provisional(&subject(1), &cycle(), AS_OF).unwrap();
    let pending = provisional();
    assert_eq!(pending.grade, Some(Grade::Aaa), "whatever the neighbours will say");
    assert_eq!(pending.pending, ["peer_evaluation"]);
    assert!(pending.range.low_score < pending.range.high_score);
    server.list(GACHA, &PullItem::Register(row(1, RegisterContent::Peer(peer()))));
    phone.sync(&server);
    let held = provisional();
    assert_eq!((held.grade, held.totals.score.to_string().as_str()), (Some(Grade::Aaa), "97.00"));
    let sealed = phone.seal(1).unwrap();
    assert_eq!(sealed.assessment, held, "what is sealed is what was shown");
    let facts = phone.device.facts(&subject(1)).unwrap();
    let seals = facts.seals(&cycle());
    assert_eq!(seals[0].seal.assessment, held.hash());
    assert_eq!(seals[0].seal.inputs, held.inputs);
}

#[test]
fn a_sealed_visit_ends_with_its_seal_and_rests_on_its_consents() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let sealed = phone.seal(1).unwrap();
    assert!(phone.device.draft(&subject(1), &cycle()).unwrap().is_empty());
    assert!(phone.device.draft_consents(&subject(1), &cycle()).unwrap().is_empty());
    phone.sync(&server);
    let kept = server.kept();
    let envelope = &kept.envelopes[&sealed.at];
    assert_eq!((envelope.id(), sealed.code.len()), (sealed.id, 8));
    let entries = envelope.entries();
    assert!(matches!(entries[0], Entry::Consent(_)));
    let Some(Entry::Seal(seal)) = entries.last() else { panic!("the seal comes last") };
    assert_eq!(seal.consents, [envelope.entry_id(0)]);
    assert_eq!(entries.len(), h01().len() + 2);
    assert_eq!(seal.registers_at, 3, "subject and two register rows of the gacha's list");
}

#[test]
fn only_what_changed_is_written_again_and_with_its_reason() {
    let (server, phone) = ready(1);
    phone.visit(1);
    phone.sync(&server);
    for observation in h01() {
        phone.device.put_value(&subject(1), &cycle(), observation, now()).unwrap();
    }
    let fewer = value("herd.sheep", 290);
    phone.device.put_value(&subject(1), &cycle(), fewer.clone(), now()).unwrap();
    let refused = codes(phone.seal(1).unwrap_err());
    assert_eq!(refused, [("herd.sheep#reason".to_owned(), ErrorCode::ValueMissing)]);
    let correct = |o| phone.device.put_correction(&subject(1), &cycle(), o, "数错一群", now());
    correct(fewer).unwrap();
    let sealed = phone.seal(1).unwrap();
    phone.sync(&server);
    let kept = server.kept();
    let entries = kept.envelopes[&sealed.at].entries();
    assert!(matches!(entries, [Entry::Correction(c), Entry::Seal(_)] if c.reason == "数错一群"));
    let facts = phone.device.facts(&subject(1)).unwrap();
    let sheep = &facts.facts(&cycle()).values[&"herd.sheep".parse::<itgel_domain::item::ItemPath>().unwrap()];
    assert_eq!(sheep.state, value("herd.sheep", 290).state);
    assert!(facts.conflicts(&cycle()).is_empty(), "an own correction is no conflict");
}

#[test]
fn the_second_signature_is_another_officers_and_verifies() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let second = signer(77);
    let seal = |officer: &str| {
        let officer = officer.parse().unwrap();
        let countersign = Countersign::Officer { officer, signer: second.as_ref() };
        phone.device.seal(&subject(1), &cycle(), AS_OF, now(), &countersign)
    };
    let own = codes(seal("o1").unwrap_err());
    assert_eq!(own, [("countersignature".to_owned(), ErrorCode::SealSameOfficer)]);
    let sealed = seal("o2").unwrap();
    phone.sync(&server);
    let kept = server.kept();
    let entries = kept.envelopes[&sealed.at].entries();
    let Some(Entry::Seal(seal)) = entries.last() else { panic!("no seal") };
    let Countersignature::OfficerKey { key, signature } = &seal.countersignature else {
        panic!("signed by key")
    };
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let digest = seal_digest(entries, seal);
    assert!(verify(Suite::Ed25519, &hex(key), digest.as_bytes(), &hex(signature)).is_ok());
    sealed.head.verify(Suite::Ed25519, &signer(1).public_key()).unwrap();
}

#[test]
fn a_visit_larger_than_an_envelope_goes_in_several_and_the_seal_in_the_last() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let plots = 300;
    let zone = |key: u32, name: &str, word: &str| Observation {
        item: format!("plot/q{key}/{name}").parse().unwrap(),
        state: State::Known(itgel_domain::item::Value::Text(word.into())),
        evidence: Evidence::A,
        observed_on: AS_OF,
    };
    for key in 0..plots {
        for observation in [
            value(&format!("plot/q{key}/area_mu"), 10),
            zone(key, "right", "own_contract"),
            zone(key, "zone", "balance"),
        ] {
            phone.device.put_value(&subject(1), &cycle(), observation, now()).unwrap();
        }
    }
    let sealed = phone.seal(1).unwrap();
    assert!(sealed.at.seq >= 3, "identity and at least two parts");
    let report = phone.sync(&server);
    assert_eq!((report.received, report.waiting), (sealed.at.seq, 0));
    let kept = server.kept();
    let sizes: Vec<usize> = kept.envelopes.values().map(|e| e.entries().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), h01().len() + 3 * plots as usize + 2);
    assert!(matches!(kept.envelopes[&sealed.at].entries().last(), Some(Entry::Seal(_))));
    let facts = phone.device.facts(&subject(1)).unwrap();
    assert_eq!(facts.facts(&cycle()).in_group("plot").count(), 3 + 3 * plots as usize);
}

#[test]
fn a_consent_that_does_not_cover_the_day_or_the_class_unlocks_nothing() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let mut ended = consent();
    ended.until = date(2026, 10, 31);
    phone.device.put_consent(&subject(1), &cycle(), &ended, now()).unwrap();
    let found = codes(phone.seal(1).unwrap_err());
    assert_eq!(found, [("consent/head".to_owned(), ErrorCode::ConsentEnded)]);
    let mut narrow = consent();
    narrow.categories.retain(|c| c != "income");
    phone.device.put_consent(&subject(1), &cycle(), &narrow, now()).unwrap();
    let found = codes(phone.seal(1).unwrap_err());
    let locked = |item: &str| (item.to_owned(), ErrorCode::ConsentMissing);
    assert_eq!(found, [locked("income.net_fen"), locked("income.operating_fen")]);
    for item in ["income.net_fen", "income.operating_fen"] {
        let refused = Observation { state: State::Refused, ..value(item, 0) };
        phone.device.put_value(&subject(1), &cycle(), refused, now()).unwrap();
    }
    let sealed = phone.seal(1).expect("a refusal is an answer");
    assert!(sealed.assessment.reasons.iter().any(|r| r.code == "INFO_REFUSED"));
}

#[test]
fn counts_that_cannot_be_are_pointed_out_and_never_refused() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let put = |o| phone.device.put_value(&subject(1), &cycle(), o, now()).unwrap();
    put(value("production.born", 400));
    put(value("insurance.livestock_milli_su", 900_000));
    put(value("plot/p1/area_mu", 1_000));
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    let found: Vec<WarningCode> = checked.warnings.iter().map(|w| w.code).collect();
    assert!(checked.violations.is_empty(), "{:?}", checked.violations);
    for code in [
        WarningCode::Count(Mismatch::BirthsAboveFemales),
        WarningCode::Count(Mismatch::InsuredAboveDeclared),
        WarningCode::FarAboveQuota,
    ] {
        assert!(found.contains(&code), "{code:?}: {found:?}");
    }
    assert!(phone.seal(1).is_ok());
}

#[test]
fn last_years_values_are_beside_the_new_ones_and_copying_them_is_noticed() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    let last = "2026-spring".parse().unwrap();
    let day = date(2026, 4, 1);
    let then = itgel_domain::time::AtMs::start_of(day);
    let given = itgel_domain::file::entry::Consent { given_on: day, ..consent() };
    phone.device.put_consent(&subject(1), &last, &given, then).unwrap();
    for observation in h01() {
        let observation = Observation { observed_on: day, ..observation };
        phone.device.put_value(&subject(1), &last, observation, then).unwrap();
    }
    let countersign = Countersign::Drawn { picture: Hash::of_file(b"signature") };
    let closed = codes(phone.device.seal(&subject(1), &last, AS_OF, now(), &countersign).unwrap_err());
    assert!(closed.contains(&("cycle".to_owned(), ErrorCode::CycleClosed)), "{closed:?}");
    phone.device.seal(&subject(1), &last, day, then, &countersign).unwrap();
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
    let found = codes(phone.device.put_identity(&subject(1), people, now()).unwrap_err());
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert!(fields.contains(&"identity/head"), "{fields:?}");
    assert!(fields.iter().filter(|f| **f == "identity/spouse").count() >= 3, "{fields:?}");
    assert!(fields.contains(&"identity/adult-2"), "{fields:?}");
    assert!(phone.device.identity(&subject(1)).unwrap().is_empty());
    phone.identify(1, "示例");
    phone.identify(1, "示例乙");
    let known = phone.device.identity(&subject(1)).unwrap();
    assert_eq!((known.len(), known[0].version), (1, 2), "written on top, not beside");
    assert_eq!(known[0].based_on.len(), 1);
}

#[test]
fn a_subject_is_found_by_name_code_and_the_end_of_an_id_number() {
    let (_server, phone) = ready(40);
    phone.identify(7, "乌云·达来");
    let cycle = cycle();
    let find = |search: &str, order: Order| {
        let division = GACHA.parse().unwrap();
        let listing = Listing { division, cycle: &cycle, search, order, skip: 0, limit: 100 };
        let found = phone.device.list_subjects(&listing).unwrap();
        found.into_iter().map(|l| l.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(find("达来", Order::LocalCode), ["hh-7"]);
    assert_eq!(find("乌云•达来", Order::Name), ["hh-7"], "whichever dot is typed");
    assert_eq!(find("007", Order::LocalCode), ["hh-7"]);
    assert_eq!(find(&ID_NUMBER[14..], Order::LocalCode), ["hh-7"]);
    assert_eq!(find("002x", Order::LocalCode), ["hh-7"], "the check letter in either case");
    assert!(find(&ID_NUMBER[..6], Order::LocalCode).is_empty(), "not by the area of an ID");
    assert!(find("%", Order::LocalCode).is_empty(), "a pattern is a text like any other");
    assert_eq!(find("", Order::LocalCode).len(), 40);
    let page = Listing {
        division: GACHA.parse().unwrap(),
        cycle: &cycle,
        search: "",
        order: Order::LocalCode,
        skip: 10,
        limit: 5,
    };
    let codes: Vec<String> =
        phone.device.list_subjects(&page).unwrap().into_iter().map(|l| l.local_code).collect();
    assert_eq!(codes, ["011", "012", "013", "014", "015"]);
}

#[test]
fn a_list_row_shows_draft_waiting_and_received() {
    let (server, phone) = ready(3);
    let cycle = cycle();
    let state = |n: usize| {
        let division = GACHA.parse().unwrap();
        let order = Order::LocalCode;
        let listing = Listing { division, cycle: &cycle, search: "", order, skip: 0, limit: 9 };
        let row = phone.device.list_subjects(&listing).unwrap().swap_remove(n - 1);
        (row.has_draft, row.waiting, row.received, row.needs_you)
    };
    phone.draft_h01(1);
    phone.visit(2);
    assert_eq!((state(1), state(2), state(3)), ((true, 0, 0, 0), (false, 2, 0, 0), (false, 0, 0, 0)));
    phone.sync(&server);
    assert_eq!(state(2), (false, 0, 1, 0));
    let records = phone.device.records(&subject(1), &cycle).unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].state, RecordState::Draft);
}

#[test]
fn a_newer_register_row_moves_the_provisional_grade() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    server.list(GACHA, &PullItem::Register(row(1, RegisterContent::Peer(peer()))));
    phone.sync(&server);
    let before = phone.device.assess_provisional(&subject(1), &cycle(), AS_OF).unwrap();
    let never = RegisterContent::Credit(itgel_domain::register::CreditRecord {
        status: itgel_domain::register::CreditStatus::Never,
        ..Default::default()
    });
    let newer = RegisterRow { id: "credit-1-b".parse().unwrap(), revision: 2, ..row(1, never) };
    server.list(GACHA, &PullItem::Register(newer));
    phone.sync(&server);
    let after = phone.device.assess_provisional(&subject(1), &cycle(), AS_OF).unwrap();
    assert!(after.totals.score < before.totals.score);
}

#[test]
fn a_consent_taken_back_unlocks_nothing_more_and_is_taken_back_once() {
    let (server, phone) = ready(1);
    phone.visit(1);
    let consents = |phone: &Phone| {
        let facts = phone.device.facts(&subject(1)).unwrap();
        facts.consents().iter().map(|c| (c.entry.clone(), c.withdrawn_on)).collect::<Vec<_>>()
    };
    let (entry, withdrawn) = consents(&phone).remove(0);
    assert_eq!(withdrawn, None);
    let withdraw = || phone.device.withdraw_consent(&subject(1), &entry, AS_OF, now());
    let at = withdraw().unwrap();
    assert_eq!(consents(&phone), [(entry.clone(), Some(AS_OF))]);
    let again = codes(withdraw().unwrap_err());
    assert_eq!(again, [("consent".to_owned(), ErrorCode::EntryUnknown)]);
    let found = codes(phone.seal(1).unwrap_err());
    assert_eq!(found, [("consent".to_owned(), ErrorCode::ConsentMissing)]);
    phone.sync(&server);
    let kept = server.kept();
    assert!(matches!(kept.envelopes[&at].entries(), [Entry::ConsentWithdrawal(_)]));
}
