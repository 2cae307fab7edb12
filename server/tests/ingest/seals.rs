//! Seals: two people with true signatures, a campaign that is open, and clocks that are wrong.

use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::chain::SoftwareSigner;
use itgel_domain::file::entry::{Countersignature, Entry};
use itgel_domain::id::CycleId;
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_server::store;
use itgel_server::store::device::DeviceStatus;
use jiff::civil::date;

use super::bad_input::{append_changed, between, quarantined};
use super::phone::{Phone, consent, observation, observed, values};
use super::quarantine::{release, reviewer};
use super::world::World;

#[test]
fn a_seal_needs_two_people_and_their_true_signatures() {
    let world = World::new();
    let (mut phone, second) = (world.phone("o1"), world.phone("o2"));
    let stranger = Phone::new(
        second.device.clone(),
        SoftwareSigner::from_secret(&[99; 32]),
        world.now(),
    );
    let good = phone.visit("hh-1", &[], Some(&second));
    assert_eq!(world.push_all(&phone, good..=good), [Verdict::Accepted]);
    let drawn = phone.visit("hh-2", &[], None);
    let flagged = Verdict::AcceptedFlagged(vec![Flag::DrawnSignature]);
    assert_eq!(world.push_all(&phone, drawn..=drawn), [flagged]);
    let forged = phone.visit("hh-3", &[], Some(&stranger));
    let unsigned = quarantined(ErrorCode::SealUnsigned);
    assert_eq!(world.push_all(&phone, forged..=forged)[0], unsigned);
    let own = Phone::new(
        phone.device.clone(),
        SoftwareSignerOf(&phone).into(),
        world.now(),
    );
    let alone = phone.visit("hh-3", &[], Some(&own));
    let same = quarantined(ErrorCode::SealSameOfficer);
    assert_eq!(world.push_all(&phone, alone..=alone), [same]);
    let mut entries: Vec<Entry> = vec![Entry::Consent(consent(&["income"]))];
    entries.extend([observed("herd.sheep", 100)]);
    let mut seal = phone.seal("hh-3", &entries, Some(&second));
    seal.countersignature = match seal.countersignature {
        Countersignature::OfficerKey { key, signature } => Countersignature::OfficerKey {
            key,
            signature: signature.replace('a', "b"),
        },
        drawn => drawn,
    };
    entries.push(Entry::Seal(Box::new(seal)));
    let changed = phone.write("hh-3", entries);
    assert_eq!(world.push_all(&phone, changed..=changed), [unsigned]);
}

/// The same key once more: the key of `o1` was made from its name.
struct SoftwareSignerOf<'a>(&'a Phone);

impl From<SoftwareSignerOf<'_>> for SoftwareSigner {
    fn from(of: SoftwareSignerOf<'_>) -> Self {
        let name = of.0.device.officer.as_str();
        let mut secret = [0; 32];
        secret[..name.len()].copy_from_slice(name.as_bytes());
        Self::from_secret(&secret)
    }
}

#[test]
fn a_visit_whose_second_phone_was_lost_before_it_came_waits_for_a_person_and_counts() {
    let world = World::new();
    let (mut phone, lost) = (world.phone("o1"), world.phone("o2"));
    let become_of = |second: &Phone, status: DeviceStatus, confirmed: bool| {
        let device = second.device.id.clone();
        world.write(move |service, tx| {
            if confirmed {
                let admin = "admin".parse().unwrap();
                store::trust::put_confirmation(tx, &device, &admin, service.now())?;
            }
            Ok(store::device::set_status(tx, &device, status)?)
        });
    };
    let ended = quarantined(ErrorCode::SealKeyEnded);
    for (name, status, confirmed, expected) in [
        ("o3", DeviceStatus::Revoked, true, &ended),
        ("o4", DeviceStatus::Frozen, true, &ended),
        // Nobody ever said that these are the officer's.
        (
            "o5",
            DeviceStatus::Revoked,
            false,
            &quarantined(ErrorCode::SealUnsigned),
        ),
        (
            "o6",
            DeviceStatus::Pending,
            false,
            &quarantined(ErrorCode::SealUnsigned),
        ),
    ] {
        let second = world.phone(name);
        become_of(&second, status, confirmed);
        let seq = phone.visit("hh-3", &[], Some(&second));
        let verdicts = world.push_all(&phone, seq..=seq);
        assert_eq!(&verdicts[0], expected, "{status:?}, confirmed: {confirmed}");
    }
    let seq = phone.visit("hh-1", &[], Some(&lost));
    become_of(&lost, DeviceStatus::Revoked, true);
    assert_eq!(world.push_all(&phone, seq..=seq), [ended]);
    assert!(world.standing("hh-1").is_none_or(|row| !row.is_filed));
    let at = ChainRef {
        seq,
        ..phone.next_place()
    };
    let by = reviewer(&world, "r1");
    release(&world, &by, &at).unwrap();
    let kept = world.read(|c| store::envelope::get(c, &at)).unwrap();
    assert!(kept.verdict.counts(), "{:?}", kept.verdict);
    assert!(world.standing("hh-1").unwrap().is_filed);
}

#[test]
fn a_campaign_that_does_not_exist_or_is_over_takes_no_seal() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let other: CycleId = "1999".parse().unwrap();
    let verdict = between(&world, &mut phone, |phone| {
        let Entry::Observation(mut entry) = observed("herd.sheep", 5) else {
            unreachable!()
        };
        entry.cycle = other.clone();
        append_changed(phone, vec![Entry::Observation(entry)], |_| {});
    });
    assert_eq!(verdict, quarantined(ErrorCode::CycleClosed));
    let verdict = between(&world, &mut phone, |phone| {
        let mut entries: Vec<Entry> = vec![Entry::Consent(consent(&["income", "insurance"]))];
        entries.extend(values(&[]).into_iter().take(3).map(observation));
        let mut seal = phone.seal("hh-1", &entries, None);
        seal.as_of = date(2027, 1, 5);
        entries.push(Entry::Seal(Box::new(seal)));
        append_changed(phone, entries, |_| {});
    });
    assert_eq!(verdict, quarantined(ErrorCode::CycleClosed));
}

#[test]
fn sec_t11_clocks_are_noted_and_never_lose_data() {
    let world = World::new();
    let mut phone = world.phone("o1");
    let year_ms = 366 * 86_400_000;
    let server = phone.now;
    phone.now = server.plus_ms(-year_ms);
    phone.write_sheep("hh-1", 1);
    phone.now = server.plus_ms(year_ms);
    phone.write_sheep("hh-1", 2);
    let verdicts = world.push_all(&phone, 1..=2);
    assert_eq!(
        verdicts[0],
        Verdict::AcceptedFlagged(vec![Flag::LateArrival])
    );
    assert_eq!(
        verdicts[1],
        Verdict::AcceptedFlagged(vec![Flag::ClockDrift])
    );
}
