//! Small gachas together with a neighbour, on request (`domain.md` G 59).

use itgel_domain::case::TitleState;
use itgel_domain::case::title::TitleStep;
use itgel_domain::division::DivisionCode;
use itgel_domain::error::ErrorCode;
use itgel_domain::title::TitleOutcome;
use itgel_server::store::title_joint::JointRow;
use itgel_server::titles::{self, JointRequest};
use itgel_server::{ServiceError, store};

use crate::actors::{World, refusal};
use crate::world::{
    awarded, enter_facts, good_facts, rated, rated_in, result_of, snapshot, step, title_of,
};

fn neighbour(world: &World) -> DivisionCode {
    let gacha = world.gacha.code;
    let mut others = world.banner.divisions.iter().map(|d| d.code);
    others
        .find(|code| *code != gacha && code.parent() == gacha.parent())
        .unwrap()
}

fn join(
    world: &World,
    officer: &str,
    divisions: [DivisionCode; 2],
) -> Result<JointRow, ServiceError> {
    let actor = world.officer(officer);
    let request = JointRequest {
        cycle: world.cycle.id.clone(),
        divisions,
        source: "示例申请〔2026〕3号".into(),
    };
    world.transact(move |service, tx| {
        titles::assess_jointly(service, tx, &actor, &request, service.now())
    })
}

fn separate(world: &World, officer: &str) -> Result<(), ServiceError> {
    let (actor, gacha) = (world.officer(officer), world.gacha.code);
    world.transact(move |service, tx| titles::separate(service, tx, &actor, gacha, service.now()))
}

#[test]
fn a_small_gacha_gets_a_title_only_together_with_a_neighbour_and_both_are_named() {
    let world = rated(24);
    let (gacha, small) = (world.gacha.code, neighbour(&world));
    snapshot(&world, world.now().on());
    let alone = result_of(&title_of(&world, small)).assessment.title;
    assert!(
        matches!(alone, Some(TitleOutcome::NotReached { .. })),
        "{alone:?}"
    );

    assert_eq!(
        refusal(join(&world, "a-1", [gacha, small])),
        ErrorCode::NotAllowed
    );
    let pair = join(&world, "r-1", [small, gacha]).unwrap();
    assert_eq!(
        join(&world, "r-1", [gacha, small]).unwrap(),
        pair,
        "twice is once"
    );
    enter_facts(&world, "facts-1", gacha, good_facts(rated_in(&world)));
    let mut other = good_facts(0);
    other.resident_households = None;
    enter_facts(&world, "facts-2", small, other);
    world.pass_days(1);
    snapshot(&world, world.now().on());
    let together = title_of(&world, small);
    assert_eq!(together, title_of(&world, gacha), "one record for both");
    assert_eq!(together.holder.members().collect::<Vec<_>>(), {
        let mut both = vec![gacha, small];
        both.sort_unstable();
        both
    });
    let result = result_of(&together);
    assert_eq!(result.facts.loan_households, Some(200));
    let outcome = &result.assessment.title;
    assert!(
        matches!(outcome, Some(TitleOutcome::Award { .. })),
        "{:?}",
        result.assessment.gates
    );
    let sumu = result_of(&title_of(&world, gacha.parent().unwrap())).facts;
    assert_eq!(
        sumu.credit_villages,
        Some(2),
        "each is one gacha of its sumu"
    );

    for title_step in [TitleStep::Review, TitleStep::Publish] {
        step(&world, "r-1", small, title_step).unwrap();
    }
    world.pass_days(12);
    titles::run_periods(&world.service).unwrap();
    for title_step in [TitleStep::Approve, TitleStep::Award] {
        step(&world, "a-1", gacha, title_step).unwrap();
    }
    let held = |world: &World| {
        let read = |c: &_| store::title::list_held(c, world.banner.code);
        let held = world
            .service
            .store
            .read(|c| read(c).map_err(ServiceError::from));
        held.unwrap().into_keys().collect::<Vec<_>>()
    };
    assert_eq!(held(&world), together.holder.members().collect::<Vec<_>>());

    assert_eq!(
        refusal(separate(&world, "r-1")),
        ErrorCode::NotAllowed,
        "it is held"
    );
    separate(&world, "a-1").unwrap();
    assert_eq!(held(&world), []);
    assert_eq!(
        title_of(&world, gacha).title.state(),
        TitleState::Computed,
        "its own again"
    );
    assert_eq!(refusal(separate(&world, "r-1")), ErrorCode::TitleNotJoint);
}

#[test]
fn gachas_of_two_sumus_or_with_a_title_of_their_own_are_not_assessed_together() {
    let world = awarded();
    let (gacha, small) = (world.gacha.code, neighbour(&world));
    assert_eq!(
        refusal(join(&world, "r-1", [gacha, small])),
        ErrorCode::TitleUnderWay
    );
    assert_eq!(
        refusal(join(&world, "r-1", [small, small])),
        ErrorCode::TitleJoint
    );
    let mut all = world.banner.divisions.iter().map(|d| d.code);
    let far = all
        .find(|code| code.level() == gacha.level() && code.parent() != gacha.parent())
        .unwrap();
    assert_eq!(
        refusal(join(&world, "r-1", [small, far])),
        ErrorCode::ScopeOutside
    );
}
