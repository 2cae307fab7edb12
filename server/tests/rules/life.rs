//! A pack on its way into force: every step by somebody else, nothing without its proof.

use itgel_domain::case::Role;
use itgel_domain::error::ErrorCode;
use itgel_domain::hash::Hash;
use itgel_domain::pack::shipped;
use itgel_domain::subject::SubjectKind;
use itgel_server::rules::{self, ActivateRequest, NewRuleFile, RuleFileView, RuleState};
use itgel_server::store::officer::OfficerRecord;
use itgel_server::{ServiceError, jobs, setup, shadow, store};
use jiff::civil::{Date, date};

use crate::actors::{Collector, World, refusal};

pub(crate) const IMPACT: &str = "示例评估〔2026〕1号";

/// A world in which everybody was visited, with a second approver.
pub(crate) fn visited(count: u32) -> World {
    let world = World::with_households(count);
    let mut team = Collector::new("c-1", "c-2");
    for household in &world.households {
        team.visit(&world, household);
        team.hold_evaluation(&world, household);
    }
    let banner = world.banner.code;
    let officer = |id: &str| OfficerRecord {
        id: id.parse().unwrap(),
        name: format!("示例 {id}"),
        division: banner,
    };
    let people = [(officer("a-2"), Role::Approver)];
    world
        .transact(move |_, tx| {
            people
                .iter()
                .try_for_each(|(record, role)| setup::add_officer(tx, record, &[(*role, banner)]))
        })
        .unwrap();
    world
}

/// The pack for households from a later day, with some texts replaced.
pub(crate) fn next_pack(changes: &[(&str, &str)]) -> NewRuleFile {
    let (_, text) = shipped::PACKS[0];
    let mut text = text.replacen("version = \"1\"", "version = \"2\"", 1);
    let days = [("valid_from = \"2026-01-01\"", "valid_from = \"2026-12-01\"")];
    for (from, to) in days.iter().chain(changes) {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    NewRuleFile {
        name: "hh-nm-2.toml".into(),
        text,
    }
}

pub(crate) const STRICTER: &[(&str, &str)] = &[
    (
        "{ grade = \"AAA\", ge = \"90\" }",
        "{ grade = \"AAA\", ge = \"95\" }",
    ),
    (
        "{ grade = \"AA\", ge = \"80\" }",
        "{ grade = \"AA\", ge = \"85\" }",
    ),
    (
        "{ le = \"3\", points = \"15\" }",
        "{ le = \"1\", points = \"15\" }",
    ),
];

pub(crate) fn propose(
    world: &World,
    by: &str,
    file: &NewRuleFile,
) -> Result<RuleFileView, ServiceError> {
    rules::propose(&world.service, &world.officer(by), file, world.now())
}

pub(crate) fn run_shadow(world: &World, by: &str, hash: &Hash) {
    shadow::begin(&world.service, &world.officer(by), hash).unwrap();
    shadow::finish(&world.service, hash, 2, &mut |_| ()).unwrap();
}

fn in_force(world: &World, day: Date) -> Hash {
    let find = |c: &_| {
        let rules = &world.service.rules;
        rules.pack_for(c, SubjectKind::Household, day)
    };
    world.service.store.read(find).unwrap().hash()
}

fn activate(
    world: &World,
    by: &str,
    hash: &Hash,
    impact: &str,
    replaces: Option<Hash>,
) -> Result<RuleFileView, ServiceError> {
    let request = ActivateRequest {
        impact: impact.to_owned(),
        replaces,
    };
    rules::activate(
        &world.service,
        &world.officer(by),
        hash,
        &request,
        world.now(),
    )
}

#[test]
fn a_pack_comes_into_force_by_two_persons_with_matrix_and_impact_assessment() {
    let world = visited(5);
    let old = in_force(&world, world.now().on());
    let proposed = propose(&world, "a-1", &next_pack(STRICTER)).unwrap();
    let hash = proposed.hash;
    assert_eq!(proposed.state, RuleState::Proposed);
    let replaced = Some(old);
    let code = |by, impact, replaces| refusal(activate(&world, by, &hash, impact, replaces));
    assert_eq!(code("a-1", IMPACT, replaced), ErrorCode::SecondPerson);
    assert_eq!(code("r-1", IMPACT, replaced), ErrorCode::NotAllowed);
    assert_eq!(code("a-2", "  ", replaced), ErrorCode::RulesImpact);
    assert_eq!(code("a-2", IMPACT, None), ErrorCode::RulesOverlap);
    assert_eq!(code("a-2", IMPACT, replaced), ErrorCode::RulesShadow);

    shadow::begin(&world.service, &world.officer("a-1"), &hash).unwrap();
    assert_eq!(
        code("a-2", IMPACT, replaced),
        ErrorCode::RulesShadow,
        "not finished"
    );
    shadow::finish(&world.service, &hash, 2, &mut |_| ()).unwrap();
    let active = activate(&world, "a-2", &hash, IMPACT, replaced).unwrap();
    assert_eq!(active.state, RuleState::Active);
    assert_eq!(active.impact.as_deref(), Some(IMPACT));
    assert!(!active.first_setup);
    assert_eq!(in_force(&world, date(2026, 11, 30)), old);
    assert_eq!(in_force(&world, date(2026, 12, 1)), hash);
    assert_eq!(
        code("a-2", IMPACT, replaced),
        ErrorCode::RulesState,
        "a second time"
    );
    let row = &world.audit("rules.activated");
    let last = row.last().unwrap();
    assert_eq!(last.actor, "a-2");
}

#[test]
fn a_matrix_of_other_rules_in_force_is_stale() {
    let world = visited(2);
    let old = in_force(&world, world.now().on());
    let first = propose(&world, "a-1", &next_pack(STRICTER)).unwrap().hash;
    let looser = [(
        "{ grade = \"AA\", ge = \"80\" }",
        "{ grade = \"AA\", ge = \"79\" }",
    )];
    let second = propose(&world, "a-1", &next_pack(&looser)).unwrap().hash;
    run_shadow(&world, "a-1", &first);
    run_shadow(&world, "a-1", &second);
    activate(&world, "a-2", &first, IMPACT, Some(old)).unwrap();
    // The first one took the old one's place: the other begins on the same day and cannot.
    let refused = refusal(activate(&world, "a-2", &second, IMPACT, Some(first)));
    assert_eq!(refused, ErrorCode::RulesOverlap);
    let later = next_pack(&[("valid_from = \"2026-12-01\"", "valid_from = \"2027-01-01\"")]);
    let third = propose(&world, "a-1", &later).unwrap().hash;
    let refused = refusal(activate(&world, "a-2", &third, IMPACT, Some(first)));
    assert_eq!(refused, ErrorCode::RulesShadow);
}

#[test]
fn rules_do_not_reach_back_and_a_withdrawn_file_is_no_proposal() {
    let world = visited(1);
    let old = in_force(&world, world.now().on());
    let past = next_pack(&[("valid_from = \"2026-12-01\"", "valid_from = \"2026-10-01\"")]);
    let hash = propose(&world, "a-1", &past).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    let refused = activate(&world, "a-2", &hash, IMPACT, Some(old));
    assert_eq!(refusal(refused), ErrorCode::RulesDays);
    let actor = world.officer("a-1");
    let withdrawn = rules::withdraw(&world.service, &actor, &hash, world.now()).unwrap();
    assert_eq!(withdrawn.state, RuleState::Withdrawn);
    let refused = activate(&world, "a-2", &hash, IMPACT, Some(old));
    assert_eq!(refusal(refused), ErrorCode::RulesState);
    let again = propose(&world, "a-2", &past).unwrap();
    assert_eq!(
        (again.state, again.proposed_by.unwrap().as_str()),
        (RuleState::Proposed, "a-2")
    );
}

#[test]
fn a_broken_file_is_refused_with_its_line_and_nobody_proposes_beyond_the_own_division() {
    let world = visited(1);
    let broken = next_pack(&[("weight = \"15\"", "weight = \"16\"")]);
    let refused = propose(&world, "a-1", &broken).unwrap_err();
    let ServiceError::Refused { violations, .. } = &refused else {
        panic!("{refused}");
    };
    let line = violations[0].args.iter().find(|(name, _)| name == "line");
    assert!(line.is_some(), "{violations:?}");
    for officer in ["c-1", "r-1", "u-1"] {
        let refused = refusal(propose(&world, officer, &next_pack(&[])));
        assert_eq!(refused, ErrorCode::NotAllowed, "{officer}");
    }
}

#[test]
fn the_first_setup_says_so_and_is_not_repeated_on_a_server_in_use() {
    let world = visited(1);
    let actor = world.officer("u-1");
    let files = world
        .service
        .store
        .read(|c| rules::list(c, &actor, "", 100))
        .unwrap();
    assert!(files.len() >= 6 && files.iter().all(|file| file.first_setup));
    world
        .transact(|service, tx| rules::seed(service, tx, service.now()))
        .unwrap();
    let forget = "update rule_file set activated_at = null where name like 'hh-%'";
    world
        .transact(move |_, tx| Ok(tx.execute(forget, [])?))
        .unwrap();
    let refused = world.transact(|service, tx| rules::seed(service, tx, service.now()));
    assert_eq!(refusal(refused), ErrorCode::RulesNotEmpty);
}

#[test]
fn visits_of_the_first_day_are_judged_by_the_new_pack_and_old_ratings_stay() {
    let world = visited(3);
    let old = in_force(&world, world.now().on());
    let today = next_pack(&[("valid_from = \"2026-12-01\"", "valid_from = \"2026-10-15\"")]);
    let hash = propose(&world, "a-1", &today).unwrap().hash;
    run_shadow(&world, "a-1", &hash);
    activate(&world, "a-2", &hash, IMPACT, Some(old)).unwrap();
    while jobs::run_due(&world.service).unwrap() > 0 {}
    for household in &world.households {
        let (subject, cycle) = (&household.subject, &world.cycle.id);
        let standing = world
            .service
            .store
            .read(|c| {
                let row = store::standing::get(c, subject, cycle)?.unwrap();
                let stored = store::assessment::get(c, &row.inputs_hash.unwrap())?.unwrap();
                Ok::<_, ServiceError>(String::from_utf8(stored.inputs).unwrap())
            })
            .unwrap();
        assert!(standing.contains(&hash.to_string()));
    }
    let found = itgel_server::recompute::recompute(&world.service, &mut |_| ()).unwrap();
    assert_eq!(found.different, 0, "{found:?}");
}
