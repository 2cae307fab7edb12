//! Awarded titles go to the platforms like approved ratings (`domain.md` D.3, SR-71).

use itgel_domain::exchange::{Mapping, Schema};
use itgel_server::exchange::{self, ExportOrder, ShareRequest};
use itgel_server::process::{self, Duty};
use itgel_server::{ServiceError, store};

use crate::actors::World;
use crate::world::awarded;

const EXAMPLE: &str = include_str!("../../../fixtures/exchange/platform-example.toml");

fn waiting(world: &World) -> Option<Duty> {
    let actor = world.officer("a-1");
    let place = (&world.cycle.id, world.gacha.code);
    let read = |c: &_| process::duties(&world.service, c, &actor, place, None, 200);
    let items = world.service.store.read(read).unwrap().items;
    items
        .into_iter()
        .find(|duty| duty.deadline == "push" && duty.waiting.is_some())
}

#[test]
fn an_awarded_title_waits_for_the_platform_beside_the_ratings_until_it_has_gone() {
    let world = awarded();
    let place = (&world.cycle.id, world.gacha.code);
    let read = |c: &_| store::case::count_approved(c, place, None).map_err(ServiceError::from);
    let (ratings, _) = world.service.store.read(read).unwrap().unwrap();
    assert_eq!(waiting(&world).unwrap().waiting, Some(ratings + 1));
    let folder = tempfile::tempdir().unwrap();
    let mapping = Mapping::parse("m.toml", EXAMPLE, Schema::builtin()).unwrap();
    let order = ExportOrder {
        request: ShareRequest {
            officer: "a-1".parse().unwrap(),
            second_officer: None,
            source_department: "示例旗农牧局".into(),
            recipient: "示例信用平台".into(),
            basis: "内政发〔2024〕19号".into(),
        },
        target: folder.path().join("out"),
        with_persons: false,
        mapping: Some(&mapping),
    };
    world.pass_days(1);
    let manifest = exchange::export(&world.service, &order, &|_| ()).unwrap();
    let titles = manifest.tables.iter().find(|note| note.table == "title");
    assert!(
        titles.is_some_and(|note| note.rows > 0),
        "the title goes too"
    );
    assert!(waiting(&world).is_none());
}
