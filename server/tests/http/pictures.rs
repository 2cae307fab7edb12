//! Staff look at the pictures beside a case.

use itgel_domain::file::entry::{Entry, EvidenceEntry};
use itgel_domain::hash::Hash;
use itgel_domain::log::LeafKind;
use itgel_server::store;

use crate::field::{self, Pen};
use crate::sync::{call, chunk, scan};
use crate::world::World;

/// How many leaves of queries the log has, and the audit rows of looks at pictures.
fn looks(world: &World) -> (usize, Vec<store::log::AuditRow>) {
    let read = world.service.store.read(|c| {
        let mut queries = 0;
        store::log_check::leaves(c, |leaf| {
            queries += usize::from(leaf.kind == LeafKind::Query);
            Ok::<_, store::StoreError>(())
        })?;
        Ok::<_, store::StoreError>((queries, store::log::list_audit(c, 0, 10_000)?))
    });
    let (queries, mut rows) = read.unwrap();
    rows.retain(|row| row.action == "picture.shown");
    (queries, rows)
}

#[test]
fn a_picture_is_shown_to_who_decides_about_the_case_and_each_look_is_on_record() {
    let mut world = World::prepared();
    let household = field::add_household(&world, 0);
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(&world, &mut pen, &household);
    field::vote(&world, &mut pen, &household);
    let case = field::case_of(&world, &household);
    let bytes = scan();
    let evidence = Entry::Evidence(EvidenceEntry {
        items: vec!["herd.sheep".parse().unwrap()],
        content: Hash::of_file(&bytes),
        media_type: "image/png".into(),
        length: bytes.len() as u64,
    });
    pen.write_entries(&world, &field::file(&household), vec![evidence]);
    pen.deliver(&world);
    world.start();
    let reviewer = world.sign_in(&world.seat("reviewer", 1));
    let path = format!("/v1/cases/{case}");
    let content = Hash::of_file(&bytes).to_string();
    let listed = || {
        let detail = world.get(&path, Some(&reviewer)).json();
        let all = detail["pictures"].as_array().unwrap().clone();
        all.into_iter()
            .find(|line| line["content"] == content)
            .unwrap()
    };
    assert!(listed().get("href").is_none(), "on its way");
    let address = format!("{path}/pictures/{content}");
    world
        .get(&address, Some(&reviewer))
        .assert_problem(404, "media.unknown");
    let collector = world.sign_in(&pen.seat);
    for (from, to) in [(0, 30_000), (30_000, bytes.len())] {
        let sent = chunk(&household.subject, &bytes, from, to);
        assert_eq!(call(&world, &collector, "media", sent).status, 200);
    }
    assert_eq!(listed()["href"], address);

    let before = looks(&world);
    let shown = world.get(&address, Some(&reviewer));
    assert_eq!(shown.status, 200);
    assert_eq!(shown.headers["content-type"], "image/png");
    assert_eq!(shown.headers["cache-control"], "no-store");
    assert_eq!(shown.bytes, bytes);
    let (queries, rows) = looks(&world);
    assert_eq!((queries, rows.len()), (before.0 + 1, before.1.len() + 1));
    let row = rows.last().unwrap();
    assert_eq!(
        (row.actor.as_str(), &row.resource),
        ("reviewer", &format!("case/{case}"))
    );

    // Who collects has the case and not its pictures; who is elsewhere has neither.
    world
        .get(&address, Some(&collector))
        .assert_problem(403, "policy.not_allowed");
    let stranger = world.sign_in(&world.seat("stranger", 2));
    world
        .get(&address, Some(&stranger))
        .assert_problem(404, "case.unknown");
    let nothing = format!("{path}/pictures/{}", Hash::of_file(b"other"));
    world
        .get(&nothing, Some(&reviewer))
        .assert_problem(404, "media.unknown");
    assert_eq!(looks(&world).0, queries, "nothing was shown");
}
