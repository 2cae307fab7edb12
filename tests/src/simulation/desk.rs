//! What staff decide in a run.

use itgel_domain::case::interest::InterestKind;
use itgel_domain::file::entry::Picked;
use itgel_domain::id::{DeviceId, OfficerId};
use itgel_domain::subject::Subject;
use itgel_domain::trust::fingerprint;
use itgel_server::auth::Confirmation;
use itgel_server::process::{self, Declaration, ResolveRequest};
use itgel_server::quarantine::{self, DecideRequest, QuarantineQuery};
use itgel_server::{ServiceError, auth, ingest, registers, setup, store};
use itgel_text::Lang;

use super::check;
use super::failure::{Outcome, fails};
use super::host::Host;
use super::scene::Scene;

/// Moves a household from yesterday to today.
pub(super) fn move_household(
    scene: &Scene,
    host: &Host,
    household: usize,
    gacha: usize,
) -> Outcome<String> {
    let id = scene.households[household].subject.clone();
    let Some(division) = scene.gachas.get(gacha).copied() else {
        return fails("no such gacha in this scene");
    };
    let moved = host.work(|service| {
        service.transact("simulation.move", move |service, tx| {
            let Some(before) = store::subject::get(tx, &id)? else {
                return Ok(false);
            };
            if before.division == division {
                return Ok(false);
            }
            let now = service.now();
            let until = now.on().yesterday().unwrap_or(now.on());
            // Numbers are unlike each other in the whole sample.
            let there = Subject { division, ..before };
            registers::move_subject(service, tx, &there, until, now)?;
            Ok::<_, ServiceError>(true)
        })
    });
    match moved {
        Ok(true) => Ok("moved".into()),
        Ok(false) => Ok("lives there".into()),
        Err(error) => check::refusal(&error),
    }
}

/// Erases a household, as two people of the office do after its request.
pub(super) fn erase(scene: &Scene, host: &Host, household: usize) -> Outcome<String> {
    let id = scene.households[household].subject.clone();
    let erased = host.work(|service| {
        service.transact("simulation.erase", move |service, tx| {
            ingest::erase(service, tx, &id, "operator", service.now())
        })
    });
    match erased {
        Ok(()) => Ok("erased".into()),
        Err(error) => check::refusal(&error),
    }
}

/// A reviewer of the gacha in which a household lives finds that an officer is related to it.
pub(super) fn find_interest(
    scene: &Scene,
    host: &Host,
    officer: &OfficerId,
    household: usize,
) -> Outcome<String> {
    let declaration = Declaration {
        subject: scene.households[household].subject.clone(),
        officer: officer.clone(),
        kind: InterestKind::Relative,
        source: "示例申报".into(),
    };
    let found = host.service().store.read(|c| {
        let home = store::subject::get(c, &declaration.subject)?.map(|subject| subject.division);
        let at = scene.gachas.iter().position(|gacha| Some(*gacha) == home);
        at.map(|at| auth::officer_actor(c, &scene.reviewers[at]))
            .transpose()
    });
    let Some(actor) = found? else {
        return fails("a household outside of the scene");
    };
    let declared = host.work(|service| {
        service.transact("simulation.interest", move |service, tx| {
            process::declare(service, tx, &actor, &declaration, service.now())
        })
    });
    match declared {
        Ok(declared) => Ok(format!("{} void", declared.voided.len())),
        Err(error) => check::refusal(&error),
    }
}

/// Gives an officer a code for another device.
pub(super) fn invite(scene: &Scene, host: &Host, officer: &OfficerId) -> Outcome<String> {
    let operator = setup::operator(scene.banner);
    let given = host.work(|service| {
        let (confirmation, now) = (Confirmation::Needed, service.now());
        auth::issue_enrolment(service, &operator, officer, confirmation, now)
    });
    Ok(given?.code)
}

/// Confirms a device by the words of its key.
pub(super) fn confirm(
    scene: &Scene,
    host: &Host,
    device: &DeviceId,
    key: &[u8],
) -> Outcome<String> {
    let operator = setup::operator(scene.banner);
    let words = itgel_text::fingerprint(Lang::ZhCn, &fingerprint::of(key));
    let confirmed =
        host.work(|service| auth::confirm(service, &operator, device, &words, service.now()));
    match confirmed {
        Ok(()) => Ok("confirmed".into()),
        Err(error) => check::refusal(&error),
    }
}

/// Settles the first open conflict for its first value.
pub(super) fn resolve(scene: &Scene, host: &Host, gacha: usize) -> Outcome<String> {
    let (division, officer) = (scene.gachas[gacha], scene.reviewers[gacha].clone());
    let cycle = scene.cycle.id.clone();
    let found = host.service().store.read(|c| {
        let actor = auth::officer_actor(c, &officer)?;
        let open = process::open_conflicts(c, &actor, (division, &cycle), ("", ""), 1)?;
        Ok::<_, ServiceError>((actor, open))
    });
    let (actor, open) = found?;
    let Some(conflict) = open.into_iter().next() else {
        return Ok("no conflict".into());
    };
    let Some(value) = conflict.values.first() else {
        return fails("a conflict without values");
    };
    let request = ResolveRequest {
        subject: conflict.subject.clone(),
        cycle,
        item: conflict.item.clone(),
        picked: Picked::Entry(value.entry.clone()),
        reason: "电话复核（示例）".into(),
    };
    let decided = host.work(|service| {
        service.transact("simulation.resolve", move |service, tx| {
            process::resolve_conflict(service, tx, &actor, &request, service.now())
        })
    });
    match decided {
        Ok(id) => Ok(id.to_string()),
        Err(error) => check::refusal(&error),
    }
}

/// Lets the first envelope count that was set aside, or refuses it.
pub(super) fn decide(
    scene: &Scene,
    host: &Host,
    gacha: usize,
    is_release: bool,
) -> Outcome<String> {
    let officer = scene.reviewers[gacha].clone();
    let query = QuarantineQuery {
        division: scene.gachas[gacha],
        all: false,
        reason: None,
        device: None,
        officer: None,
        subject: None,
        order: store::quarantine::Order::default(),
        cursor: None,
        limit: None,
    };
    let found = host.service().store.read(|c| {
        let actor = auth::officer_actor(c, &officer)?;
        let (lines, _) = quarantine::list(c, &actor, &query, (host.now(), 1))?;
        Ok::<_, ServiceError>((actor, lines))
    });
    let (actor, lines) = found?;
    let Some(id) = lines
        .into_iter()
        .next()
        .and_then(|line| line.id.parse().ok())
    else {
        return Ok("nothing set aside".into());
    };
    let request = DecideRequest {
        reason: "电话复核（示例）".into(),
    };
    let decided = host.work(|service| {
        service.transact("simulation.decide", move |service, tx| {
            let (what, now) = ((&id, &request), service.now());
            if is_release {
                quarantine::release(service, tx, &actor, what, now)
            } else {
                quarantine::reject(service, tx, &actor, what, now)
            }
        })
    });
    match decided {
        Ok(line) => Ok(line.id),
        Err(error) => check::refusal(&error),
    }
}
