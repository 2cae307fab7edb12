//! A visit from the first field to the seal.

use itgel_device::{Countersign, ObjectionDraft};
use itgel_domain::case::step::ObjectionGround;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::chain::{Suite, verify};
use itgel_domain::file::entry::{Consent, Countersignature, Entry, seal_digest};
use itgel_domain::file::envelope::Body;
use itgel_domain::file::objection::Objector;
use itgel_domain::id::OfficerId;
use itgel_domain::item::{Evidence, Observation, State};
use itgel_domain::register::{BarredOfficers, RegisterContent, RegisterRow};
use itgel_domain::subject::Grade;
use itgel_domain::sync::pull::PullItem;
use jiff::civil::date;

use crate::server::GACHA;
use crate::world::{
    AS_OF, codes, consent, cycle, h01, now, peer, ready, row, signer, subject, value,
};

#[test]
fn sealing_an_unfinished_visit_names_everything_that_is_wrong_at_once() {
    let (_server, phone) = ready(1);
    let put = |o: Observation| {
        phone
            .device
            .put_value(&subject(1), &cycle(), o, now())
            .unwrap()
    };
    put(value("household.members", 99));
    put(value("income.net_fen", 14_000_000));
    put(value("herd.unicorn", 1));
    put(Observation {
        observed_on: date(2026, 12, 1),
        ..value("herd.sheep", 300)
    });
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
        assert!(
            found.contains(&(field.to_owned(), code)),
            "{field} {code}: {found:?}"
        );
    }
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    assert_eq!(
        checked.violations.len(),
        found.len(),
        "the check says the same before"
    );
    assert_eq!(
        phone.device.draft(&subject(1), &cycle()).unwrap().len(),
        4,
        "nothing is lost"
    );
    assert_eq!(
        phone.device.summary().unwrap().waiting,
        0,
        "nothing is written"
    );
}

#[test]
fn the_worked_case_gets_the_same_grade_on_the_device() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let provisional = || {
        phone
            .device
            .assess_provisional(&subject(1), &cycle(), AS_OF)
            .unwrap()
    };
    let pending = provisional();
    assert_eq!(
        pending.grade,
        Some(Grade::Aaa),
        "whatever the neighbours will say"
    );
    assert_eq!(pending.pending, ["peer_evaluation"]);
    assert!(pending.range.low_score < pending.range.high_score);
    server.list(
        GACHA,
        &PullItem::Register(row(1, RegisterContent::Peer(peer()))),
    );
    phone.sync(&server);
    let held = provisional();
    assert_eq!(
        (held.grade, held.totals.score.to_string().as_str()),
        (Some(Grade::Aaa), "97.00")
    );
    let sealed = phone.seal(1).unwrap();
    assert_eq!(sealed.assessment, held, "what is sealed is what was shown");
    let facts = phone.device.facts(&subject(1)).unwrap();
    let seals = facts.seals(&cycle());
    assert_eq!(seals[0].seal.assessment, held.hash());
    assert_eq!(seals[0].seal.inputs, held.inputs);
}

#[test]
fn where_the_visit_was_is_locked_until_it_is_ticked_for_a_rating() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let latitude = value("visit.latitude_mdeg", 43_900);
    phone
        .device
        .put_value(&subject(1), &cycle(), latitude, now())
        .unwrap();
    let agree = |given: Consent| {
        phone
            .device
            .put_consent(&subject(1), &cycle(), &given, now())
            .unwrap();
    };
    let locked = codes(phone.seal(1).unwrap_err());
    let expected = ("visit.latitude_mdeg".to_owned(), ErrorCode::ConsentMissing);
    assert_eq!(locked, [expected]);
    let mut ticked = consent();
    ticked.categories.push("location".into());
    agree(Consent {
        purposes: vec!["village_statistics".into()],
        ..ticked.clone()
    });
    let without_rating = codes(phone.seal(1).unwrap_err());
    assert!(without_rating.contains(&("consent".into(), ErrorCode::ConsentMissing)));
    agree(Consent {
        purposes: Vec::new(),
        ..ticked.clone()
    });
    let no_purpose = codes(phone.seal(1).unwrap_err());
    assert!(no_purpose.contains(&("consent/head#purposes".into(), ErrorCode::ConsentPurpose)));
    agree(ticked);
    phone.seal(1).unwrap();
}

#[test]
fn an_officer_with_a_declared_interest_neither_seals_nor_signs_second() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let tell = |id: &str, barred: &[&str], revision: u32| {
        let officers: Vec<OfficerId> = barred.iter().map(|id| id.parse().unwrap()).collect();
        let content = BarredOfficers::of(format!("salt-{id}"), &officers);
        let mut told = row(1, RegisterContent::Barred(content));
        told.id = id.parse().unwrap();
        told.revision = revision;
        server.list(GACHA, &PullItem::Register(told));
        phone.sync(&server);
    };
    tell("barred-1", &["o1"], 1);
    let own = codes(phone.seal(1).unwrap_err());
    assert_eq!(own, [("officer".to_owned(), ErrorCode::ConflictOfInterest)]);
    let checked = phone.device.check(&subject(1), &cycle(), AS_OF).unwrap();
    assert!(
        checked
            .violations
            .iter()
            .any(|v| v.code == ErrorCode::ConflictOfInterest)
    );
    tell("barred-2", &["o9"], 2);
    let signer = signer(9);
    let second = Countersign::Officer {
        officer: "o9".parse().unwrap(),
        signer: signer.as_ref(),
        steady_ms: None,
    };
    let sealed = phone
        .device
        .seal(&subject(1), &cycle(), AS_OF, now(), &second);
    let refused = codes(sealed.unwrap_err());
    let expected = ("countersignature".to_owned(), ErrorCode::ConflictOfInterest);
    assert_eq!(refused, [expected]);
    phone.seal(1).unwrap();
}

#[test]
fn the_device_itself_measures_how_far_two_signatures_lie_apart() {
    let (server, phone) = ready(2);
    let signer = signer(9);
    let apart = |n: u32, first: Option<u64>, second: Option<u64>| {
        phone.identify(n, "示例");
        phone.draft_h01(n);
        if let Some(steady_ms) = first {
            phone.device.sign_first(&subject(n), &cycle(), steady_ms);
        }
        let countersign = Countersign::Officer {
            officer: "o2".parse().unwrap(),
            signer: signer.as_ref(),
            steady_ms: second,
        };
        let sealed = phone
            .device
            .seal(&subject(n), &cycle(), AS_OF, now(), &countersign);
        let at = sealed.unwrap().at;
        phone.sync(&server);
        let kept = server.kept();
        match kept.envelopes[&at].entries().last() {
            Some(Entry::Seal(seal)) => seal.signed_apart_ms,
            other => panic!("{other:?} is no seal"),
        }
    };
    assert_eq!(apart(1, Some(70_000), Some(73_500)), Some(3_500));
    assert_eq!(
        apart(2, None, Some(73_500)),
        None,
        "the first was given elsewhere"
    );
}

#[test]
fn a_sealed_visit_ends_with_its_seal_and_rests_on_its_consents() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let sealed = phone.seal(1).unwrap();
    assert!(
        phone
            .device
            .draft(&subject(1), &cycle())
            .unwrap()
            .is_empty()
    );
    assert!(
        phone
            .device
            .draft_consents(&subject(1), &cycle())
            .unwrap()
            .is_empty()
    );
    phone.sync(&server);
    let kept = server.kept();
    let envelope = &kept.envelopes[&sealed.at];
    assert_eq!((envelope.id(), sealed.code.len()), (sealed.id, 8));
    let entries = envelope.entries();
    assert!(matches!(entries[0], Entry::Consent(_)));
    let Some(Entry::Seal(seal)) = entries.last() else {
        panic!("the seal comes last")
    };
    assert_eq!(seal.consents, [envelope.entry_id(0)]);
    assert_eq!(entries.len(), h01().len() + 2);
    assert_eq!(
        seal.registers_at, 3,
        "subject and two register rows of the gacha's list"
    );
}

#[test]
fn receipts_of_consents_and_objections_come_from_one_row_of_numbers() {
    let (server, phone) = ready(1);
    let objection = |words: &str| ObjectionDraft {
        subject: subject(1),
        cycle: cycle(),
        ground: ObjectionGround::WrongOrMissing,
        objector: Objector::Neighbour,
        words: words.into(),
    };
    let take = |words: &str| phone.device.take_objection(objection(words), now());
    let wrong = codes(take(" ").unwrap_err());
    assert_eq!(wrong, [("words".to_owned(), ErrorCode::ValueMissing)]);
    let first = take("羊少数了").unwrap();
    assert_eq!(
        first.number.to_string(),
        "0042-000001",
        "a refused one takes no number"
    );
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let sealed = phone.seal(1).unwrap();
    let (person, number) = &sealed.consent_receipts[0];
    assert_eq!(
        (person.as_str(), number.to_string().as_str()),
        ("head", "0042-000002")
    );
    // What was given out stays given out when the program is killed.
    let again = phone.killed(9);
    let third = again.device.take_objection(objection("草场不对"), now());
    assert_eq!(third.unwrap().number.to_string(), "0042-000003");
    phone.sync(&server);
    let kept = server.kept();
    let Body::Objection(arrived) = &kept.envelopes[&first.at].body else {
        panic!("no objection arrived")
    };
    assert_eq!(
        (arrived.receipt, arrived.words.as_str()),
        (first.number, "羊少数了")
    );
    let entries = kept.envelopes[&sealed.at].entries();
    assert!(matches!(&entries[0], Entry::Consent(consent) if consent.receipt == Some(*number)));
}

#[test]
fn only_what_changed_is_written_again_and_with_its_reason() {
    let (server, phone) = ready(1);
    phone.visit(1);
    phone.sync(&server);
    for observation in h01() {
        phone
            .device
            .put_value(&subject(1), &cycle(), observation, now())
            .unwrap();
    }
    let fewer = value("herd.sheep", 290);
    phone
        .device
        .put_value(&subject(1), &cycle(), fewer.clone(), now())
        .unwrap();
    let refused = codes(phone.seal(1).unwrap_err());
    assert_eq!(
        refused,
        [("herd.sheep#reason".to_owned(), ErrorCode::ValueMissing)]
    );
    let correct = |o| {
        phone
            .device
            .put_correction(&subject(1), &cycle(), o, "数错一群", now())
    };
    correct(fewer).unwrap();
    let sealed = phone.seal(1).unwrap();
    phone.sync(&server);
    let kept = server.kept();
    let entries = kept.envelopes[&sealed.at].entries();
    assert!(matches!(entries, [Entry::Correction(c), Entry::Seal(_)] if c.reason == "数错一群"));
    let facts = phone.device.facts(&subject(1)).unwrap();
    let sheep = &facts.facts(&cycle()).values[&"herd.sheep"
        .parse::<itgel_domain::item::ItemPath>()
        .unwrap()];
    assert_eq!(sheep.state, value("herd.sheep", 290).state);
    assert!(
        facts.conflicts(&cycle()).is_empty(),
        "an own correction is no conflict"
    );
}

#[test]
fn the_second_signature_is_another_officers_and_verifies() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let second = signer(77);
    let seal = |officer: &str| {
        let officer = officer.parse().unwrap();
        let countersign = Countersign::Officer {
            officer,
            signer: second.as_ref(),
            steady_ms: None,
        };
        phone
            .device
            .seal(&subject(1), &cycle(), AS_OF, now(), &countersign)
    };
    let own = codes(seal("o1").unwrap_err());
    assert_eq!(
        own,
        [("countersignature".to_owned(), ErrorCode::SealSameOfficer)]
    );
    let sealed = seal("o2").unwrap();
    phone.sync(&server);
    let kept = server.kept();
    let entries = kept.envelopes[&sealed.at].entries();
    let Some(Entry::Seal(seal)) = entries.last() else {
        panic!("no seal")
    };
    let Countersignature::OfficerKey { key, signature } = &seal.countersignature else {
        panic!("signed by key")
    };
    let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let digest = seal_digest(entries, seal);
    assert!(
        verify(
            Suite::Ed25519,
            &hex(key),
            digest.as_bytes(),
            &hex(signature)
        )
        .is_ok()
    );
    sealed
        .head
        .verify(Suite::Ed25519, &signer(1).public_key())
        .unwrap();
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
            phone
                .device
                .put_value(&subject(1), &cycle(), observation, now())
                .unwrap();
        }
    }
    let sealed = phone.seal(1).unwrap();
    assert!(sealed.at.seq >= 3, "identity and at least two parts");
    let report = phone.sync(&server);
    assert_eq!((report.received, report.waiting), (sealed.at.seq, 0));
    let kept = server.kept();
    let sizes: Vec<usize> = kept.envelopes.values().map(|e| e.entries().len()).collect();
    assert_eq!(
        sizes.iter().sum::<usize>(),
        h01().len() + 3 * plots as usize + 2
    );
    assert!(matches!(
        kept.envelopes[&sealed.at].entries().last(),
        Some(Entry::Seal(_))
    ));
    let facts = phone.device.facts(&subject(1)).unwrap();
    assert_eq!(
        facts.facts(&cycle()).in_group("plot").count(),
        3 + 3 * plots as usize
    );
}

#[test]
fn a_consent_that_does_not_cover_the_day_or_the_class_unlocks_nothing() {
    let (_server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    let mut ended = consent();
    ended.until = date(2026, 10, 31);
    phone
        .device
        .put_consent(&subject(1), &cycle(), &ended, now())
        .unwrap();
    let found = codes(phone.seal(1).unwrap_err());
    assert_eq!(
        found,
        [("consent/head".to_owned(), ErrorCode::ConsentEnded)]
    );
    let mut narrow = consent();
    narrow.categories.retain(|c| c != "income");
    phone
        .device
        .put_consent(&subject(1), &cycle(), &narrow, now())
        .unwrap();
    let found = codes(phone.seal(1).unwrap_err());
    let locked = |item: &str| (item.to_owned(), ErrorCode::ConsentMissing);
    assert_eq!(
        found,
        [locked("income.net_fen"), locked("income.operating_fen")]
    );
    for item in ["income.net_fen", "income.operating_fen"] {
        let refused = Observation {
            state: State::Refused,
            ..value(item, 0)
        };
        phone
            .device
            .put_value(&subject(1), &cycle(), refused, now())
            .unwrap();
    }
    let sealed = phone.seal(1).expect("a refusal is an answer");
    assert!(
        sealed
            .assessment
            .reasons
            .iter()
            .any(|r| r.code == "INFO_REFUSED")
    );
}

#[test]
fn a_newer_register_row_moves_the_provisional_grade() {
    let (server, phone) = ready(1);
    phone.identify(1, "示例");
    phone.draft_h01(1);
    server.list(
        GACHA,
        &PullItem::Register(row(1, RegisterContent::Peer(peer()))),
    );
    phone.sync(&server);
    let before = phone
        .device
        .assess_provisional(&subject(1), &cycle(), AS_OF)
        .unwrap();
    let never = RegisterContent::Credit(itgel_domain::register::CreditRecord {
        status: itgel_domain::register::CreditStatus::Never,
        ..Default::default()
    });
    let newer = RegisterRow {
        id: "credit-1-b".parse().unwrap(),
        revision: 2,
        ..row(1, never)
    };
    server.list(GACHA, &PullItem::Register(newer));
    phone.sync(&server);
    let after = phone
        .device
        .assess_provisional(&subject(1), &cycle(), AS_OF)
        .unwrap();
    assert!(after.totals.score < before.totals.score);
}
