//! Awarded titles go to the platforms like approved ratings (`domain.md` D.3, SR-71).

use itgel_server::{ServiceError, store};

use crate::actors::platform::example;
use crate::world::awarded;

#[test]
fn an_awarded_title_waits_for_the_platform_beside_the_ratings_until_it_has_gone() {
    let world = awarded();
    let place = (&world.cycle.id, world.gacha.code);
    let read = |c: &_| store::case::count_approved(c, place, None).map_err(ServiceError::from);
    let (ratings, _) = world.service.store.read(read).unwrap().unwrap();
    let waiting = || world.due("push").into_iter().find_map(|duty| duty.waiting);
    assert_eq!(waiting(), Some(ratings + 1));
    world.pass_days(1);
    let manifest = world.export(Some(&example()));
    let titles = manifest.tables.iter().find(|note| note.table == "title");
    assert!(
        titles.is_some_and(|note| note.rows > 0),
        "the title goes too"
    );
    assert_eq!(waiting(), None);
}
