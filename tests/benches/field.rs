//! A field day on the encrypted store, against the same day on a store without a key.
//!
//! `cargo bench -p itgel-tests --features plain-store --bench ratios -- field`

use std::hint::black_box;

use itgel_device::{Countersign, Device, Listing, Order, plain_store, sync};
use itgel_domain::file::envelope::Ballot;
use itgel_fixtures::Household;
use itgel_server::sync::DeviceSession;

use super::clock::{cost, middle};
use super::device::new_device;
use super::phone::{consent, sections};
use super::table::{Cost, Goal, Row};
use super::world::{COLLECTOR, SECOND, TODAY, World, device_of, evaluator, now};
use super::{Outcome, Size};

/// Days of which the median counts.
const DAYS: usize = 5;

/// What a household costs on a device.
#[derive(Default)]
struct Costs {
    /// Up to the last ballot.
    visit: Vec<Cost>,
    /// The synchronisation, with the server's part of it, which is the same on both sides.
    sync: Vec<Cost>,
}

pub(crate) fn rows(size: Size) -> Outcome<Vec<Row>> {
    let (mut sealed, mut plain) = (Costs::default(), Costs::default());
    for _ in 0..DAYS.min(size.runs) {
        sealed.day(size, false)?;
        plain.day(size, true)?;
    }
    Ok(vec![
        Row::new(
            "a household on the encrypted store: list, values, check, grade, seal, ballots",
            middle(sealed.visit),
            ("the same without a key", middle(plain.visit)),
            Goal::AtMost(130),
        ),
        Row::new(
            "its synchronisation, server and device together",
            middle(sealed.sync),
            ("the same without a key", middle(plain.sync)),
            Goal::Told,
        ),
    ])
}

impl Costs {
    /// A collector's day in a gacha.
    fn day(&mut self, size: Size, without_key: bool) -> Outcome<()> {
        let world = World::with_households(size.visited)?;
        plain_store::set(without_key);
        let (record, _) = device_of(COLLECTOR)?;
        let device = new_device(&world, COLLECTOR)?;
        plain_store::set(false);
        let link = DeviceSession::new(world.service.clone(), record);
        sync::run(&device, &link, now(), &mut |_| {})?;
        self.visit.push(cost(world.households.len(), || {
            for household in &world.households {
                visit(&world, &device, household)?;
            }
            Ok(())
        })?);
        self.sync.push(cost(world.households.len(), || {
            let report = sync::run(&device, &link, now(), &mut |_| {})?;
            if report.waiting + report.set_aside > 0 {
                return Err(format!("not all arrived: {report:?}").into());
            }
            Ok(())
        })?);
        Ok(())
    }
}

fn visit(world: &World, device: &Device, household: &Household) -> Outcome<()> {
    let (subject, cycle) = (&household.subject, &world.cycle.id);
    let listing = Listing {
        division: world.gacha.code,
        cycle,
        search: &household.local_code,
        order: Order::LocalCode,
        skip: 0,
        limit: 50,
    };
    black_box(device.list_subjects(&listing)?);
    device.put_identity(subject, household.identity.people.clone(), now())?;
    device.put_consent(subject, cycle, &consent()?, now())?;
    for section in sections(&household.found) {
        device.put_values(subject, cycle, section, now())?;
    }
    black_box(device.check(subject, cycle, TODAY)?);
    black_box(device.assess_provisional(subject, cycle, TODAY)?);
    let (second, key) = device_of(SECOND)?;
    let second = Countersign::Officer {
        officer: second.officer,
        signer: &key,
        steady_ms: None,
    };
    device.seal(subject, cycle, TODAY, now(), &second)?;
    for (scores, number) in household.ballots.iter().zip(1..) {
        let ballot = Ballot {
            subject: subject.clone(),
            cycle: cycle.clone(),
            evaluator: evaluator(number).parse()?,
            scores: *scores,
        };
        device.put_ballot(ballot, now())?;
    }
    black_box(device.records(subject, cycle)?);
    Ok(())
}
