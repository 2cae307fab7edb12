//! When the server says that a device computed something else: never because of what came late.

use std::sync::Arc;

use itgel_domain::case::Role;
use itgel_domain::case::interest::InterestKind;
use itgel_domain::error::ErrorCode;
use itgel_domain::file::ChainRef;
use itgel_domain::file::envelope::Body;
use itgel_domain::pack::{RulePack, shipped};
use itgel_domain::sync::push::{Flag, Verdict};
use itgel_server::process::{self, Declaration};
use itgel_server::rules::{self, NewRuleFile};
use itgel_server::{auth, jobs, setup, store};

use super::phone::{NUMBER, Phone, observed};
use super::pulls::pull_all;
use super::standings::put_basics;
use super::world::{BANNER, World, code, subject};

#[test]
fn a_colleagues_late_record_in_another_years_file_is_no_alarm() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let mut phone = world.phone("o1");
    pull_all(&world, &mut phone);
    phone.identify("hh-1", NUMBER, Vec::new());
    let visit = phone.visit("hh-1", &[], None);
    // Written long ago, and the link was away: it arrives before the visit, whose officers never
    // saw it.
    let mut late = world.phone("o2");
    let mut body = late.body("hh-1", vec![observed("finance.debt_fen", 100_000_000)]);
    body.file.year = 2025;
    late.append(&late.envelope(Body::File(body)));
    assert_eq!(world.push_all(&late, 1..=1), [Verdict::Accepted]);
    let verdicts = world.push_all(&phone, visit - 1..=visit);
    let drawn = Verdict::AcceptedFlagged(vec![Flag::DrawnSignature]);
    assert_eq!(verdicts.last(), Some(&drawn));
    assert!(world.audited("alarm.assessment_differs").is_empty());
    let standing = world.standing("hh-1").unwrap();
    assert_eq!(
        standing.conflicts, 1,
        "the late value is in what counts now"
    );
}

#[test]
fn a_visit_beside_a_colleague_of_whom_an_interest_was_found_meanwhile_is_no_alarm() {
    let world = World::new();
    put_basics(&world, &["hh-1"]);
    let mut related = world.phone("o1");
    pull_all(&world, &mut related);
    related.identify("hh-1", NUMBER, Vec::new());
    let struck = related.visit("hh-1", &[], None);
    world.push_all(&related, 1..=struck);
    // He counts again what his colleague counted, and hears of nothing before he is back.
    let mut honest = world.phone("o2");
    pull_all(&world, &mut honest);
    let visit = honest.visit("hh-1", &[("herd.sheep", 77)], None);
    let reviewer = world.phone_of("r1", "r1", BANNER, Role::Reviewer);
    let read = |c: &rusqlite::Connection| auth::officer_actor(c, &reviewer.device.officer);
    let by = world.service.store.read(read).unwrap();
    let declaration = Declaration {
        subject: subject("hh-1"),
        officer: "o1".parse().unwrap(),
        kind: InterestKind::Relative,
        source: "示例申报1号".into(),
    };
    world.write(move |service, tx| {
        process::declare(service, tx, &by, &declaration, service.now()).map(drop)
    });
    let at = ChainRef {
        seq: struck,
        ..related.next_place()
    };
    let row = world.read(|c| store::envelope::get(c, &at)).unwrap();
    let aside = Verdict::Quarantined(ErrorCode::ConflictOfInterest);
    assert_eq!(row.verdict, aside);
    let drawn = Verdict::AcceptedFlagged(vec![Flag::DrawnSignature]);
    assert_eq!(world.push_all(&honest, visit..=visit), [drawn]);
    assert!(world.audited("alarm.assessment_differs").is_empty());
}

/// A pack that this server does not know.
fn unknown_pack() -> NewRuleFile {
    let (_, text) = shipped::PACKS[0];
    let text = text.replacen("version = \"1\"", "version = \"2\"", 1);
    NewRuleFile {
        name: "hh-nm-2.toml".into(),
        text: text.replacen(
            "{ grade = \"AAA\", ge = \"90\" }",
            "{ grade = \"AAA\", ge = \"95\" }",
            1,
        ),
    }
}

/// The flags of the newest envelope of a phone.
fn flags(world: &World, phone: &Phone) -> Vec<Flag> {
    let mut at = phone.next_place();
    at.seq -= 1;
    let row = world.read(|c| store::envelope::get(c, &at)).unwrap();
    match row.verdict {
        Verdict::AcceptedFlagged(flags) => flags,
        _ => Vec::new(),
    }
}

#[test]
fn a_visit_under_rules_that_come_later_is_compared_once_they_are_there() {
    let world = World::new();
    put_basics(&world, &["hh-1", "hh-2"]);
    let file = unknown_pack();
    let pack = Arc::new(RulePack::parse(&file.name, file.text.as_bytes()).unwrap());
    let (mut honest, mut other) = (world.phone("o1"), world.phone("o2"));
    for (phone, id) in [(&mut honest, "hh-1"), (&mut other, "hh-2")] {
        phone.pack = Arc::clone(&pack);
        pull_all(&world, phone);
        if id == "hh-2" {
            phone.rows.clear();
        }
        let visit = phone.visit(id, &[], None);
        world.push_all(phone, visit..=visit);
        let unknown = [Flag::DrawnSignature, Flag::OutdatedPack];
        assert_eq!(flags(&world, phone), unknown, "{id}");
    }
    assert!(world.audited("alarm.assessment_differs").is_empty());

    let operator = setup::operator(code(BANNER));
    rules::propose(&world.service, &operator, &file, world.now()).unwrap();
    assert!(jobs::run_due(&world.service).unwrap() >= 1, "without staff");
    assert_eq!(
        flags(&world, &honest),
        [Flag::DrawnSignature, Flag::OutdatedPack],
        "not in force all the same"
    );
    let differs = [
        Flag::DrawnSignature,
        Flag::AssessmentDiffers,
        Flag::OutdatedPack,
    ];
    assert_eq!(flags(&world, &other), differs);
    assert_eq!(world.audited("alarm.assessment_differs").len(), 1);
    let check = itgel_server::log_check::verify(&world.service).unwrap();
    assert_eq!(check.faults, [], "the log knows the new verdict");
}
