//! What the tests of the process share: whom they visit, with whom, and what a device finds.

use itgel_domain::case::Step;
use itgel_domain::case::step::{Objection, ObjectionChannel, ObjectionGround};
use itgel_domain::division::DivisionCode;
use itgel_domain::subject::{Subject, SubjectKind};
use itgel_domain::sync::pull::PullItem;
use itgel_fixtures::{Household, Twist};
use itgel_server::process::QueueFilter;
use itgel_server::store::board::Counts;
use itgel_server::{ServiceError, registers, store};

use crate::actors::{Collector, TODAY, World};

pub(crate) fn with(world: &World, twist: Twist) -> Household {
    world
        .households
        .iter()
        .find(|h| h.twist == Some(twist))
        .unwrap()
        .clone()
}

pub(crate) fn team() -> Collector {
    Collector::new("c-1", "c-2")
}

pub(crate) fn second_team() -> Collector {
    Collector::new("c-3", "c-4")
}

/// What devices of the gacha find at the end of their list.
pub(crate) fn listed(world: &World) -> Vec<PullItem> {
    listed_in(world, world.gacha.code)
}

/// The same in any gacha.
pub(crate) fn listed_in(world: &World, division: DivisionCode) -> Vec<PullItem> {
    let rows = world
        .service
        .store
        .read(|c| store::list::list(c, division, 0, 100_000).map_err(ServiceError::from))
        .unwrap();
    let item = |row: store::list::ListRow| match row.content {
        store::list::Content::Item(bytes) => minicbor::decode(&bytes).ok(),
        _ => None,
    };
    rows.into_iter().filter_map(item).collect()
}

/// A household moves to another gacha today.
pub(crate) fn move_to(world: &World, household: &Household, division: DivisionCode) {
    let moved = Subject {
        id: household.subject.clone(),
        kind: SubjectKind::Household,
        division,
        local_code: "900".into(),
    };
    world
        .transact(move |service, tx| {
            registers::move_subject(service, tx, &moved, TODAY, service.now())
        })
        .unwrap();
}

pub(crate) fn queue_of(world: &World, after: Option<String>) -> QueueFilter {
    QueueFilter {
        cycle: world.cycle.id.clone(),
        division: world.gacha.code,
        state: None,
        search: None,
        after,
        limit: Some(2),
    }
}

/// An objection of the household itself, handed in at the window now under this number.
pub(crate) fn objection(world: &World, receipt: &str) -> Objection {
    Objection {
        channel: ObjectionChannel::InPerson,
        receipt: receipt.into(),
        ground: ObjectionGround::WrongOrMissing,
        of_subject: true,
        filed_at: world.now(),
    }
}

/// The objection officer takes an objection down.
pub(crate) fn object(world: &World, household: &Household, objection: Objection) {
    world
        .step("o-1", household, Step::Object { objection })
        .unwrap();
}

/// The grades in effect as the ratings say, against the counters of every board above them.
pub(crate) fn assert_boards_count_ratings(world: &World) {
    let (gacha, cycle) = (world.gacha.code, &world.cycle.id);
    let today = world.now().on();
    let (counted, expected) = world
        .service
        .store
        .read(|c| {
            let mut expected = Counts::default();
            for rated in store::rating::list_in_effect(c, gacha, today)? {
                expected.add(&Counts::of_effective(rated.grade));
            }
            let boards = [Some(gacha), gacha.parent(), Some(world.banner.code)];
            let counts = boards
                .into_iter()
                .flatten()
                .map(|board| store::board::get(c, board, cycle));
            Ok::<_, ServiceError>((counts.collect::<Result<Vec<_>, _>>()?, expected))
        })
        .unwrap();
    for counts in counted {
        assert_eq!(counts.effective, expected.effective);
    }
}
