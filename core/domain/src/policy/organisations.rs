//! Generated organisations, whoever has which roles where: nobody judges his own work, and what is
//! asked is answered by role, place and need alone (`security.md` T03, T15).

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::case::properties::Draw;

/// Organisations of the property test.
const ORGANISATIONS: usize = 120;

/// What is tried in each.
const ATTEMPTS: usize = 600;

/// Requests that are compared with the oracle.
const REQUESTS: usize = 100_000;

/// What somebody does in a case.
const IN_A_CASE: &[Action] = &[
    Action::Capture,
    Action::CastBallot,
    Action::HoldEvaluation,
    Action::PreRate,
    Action::Return,
    Action::ResolveConflict,
    Action::DecideEntry,
    Action::Review,
    Action::Publish,
    Action::Monitor,
    Action::DecideObjection,
    Action::DecideByHand,
    Action::Approve,
    Action::CloseCase,
];

/// What judges the work of collectors.
const JUDGES: &[Action] = &[
    Action::ResolveConflict,
    Action::DecideEntry,
    Action::Review,
    Action::Publish,
    Action::DecideByHand,
];

/// What another person has proposed, or whom it concerns.
const SECOND: &[Action] = &[
    Action::ActivatePack,
    Action::ActivateImport,
    Action::ManageOfficers,
    Action::ConfirmLenderKey,
    Action::EraseSubject,
    Action::EndInterest,
    Action::SettleDoubt,
    Action::SharePersons,
];

/// What the guard knows of the past; taken out, the check has to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    Whole,
    /// Nobody remembers who acted in a case.
    NoCase,
    /// Nobody remembers who collected in a gacha.
    NoGacha,
    /// Nobody remembers who proposed.
    NoProposal,
    /// Nobody remembers who is related to whom.
    NoInterest,
}

/// Something that was allowed.
struct Done {
    person: usize,
    role: Role,
    action: Action,
    case: usize,
    proposed_by: Option<usize>,
}

struct Organisation {
    people: Vec<Actor>,
    /// The gacha of each case.
    cases: Vec<DivisionCode>,
    /// Who is related to whose household: person and case.
    related: BTreeSet<(usize, usize)>,
}

/// A place of a small country: code, and the digits that all places in it begin with.
fn place(draw: &mut Draw, least: usize) -> (DivisionCode, String) {
    let parts = [
        "15".to_owned(),
        "06".to_owned(),
        (*draw.pick(&["23", "24"])).to_owned(),
        (*draw.pick(&["200", "201"])).to_owned(),
        (*draw.pick(&["201", "202", "203"])).to_owned(),
    ];
    let level = least + draw.below(5 - least);
    let stem = parts[..=level].concat();
    (format!("{stem:0<6}").parse().unwrap(), stem)
}

fn person(draw: &mut Draw, n: usize, most: usize) -> (Actor, Vec<(Role, String)>) {
    let (mut grants, mut stems) = (Vec::new(), Vec::new());
    for _ in 0..draw.below(most + 1) {
        let role = *draw.pick(&Role::ALL);
        let (division, stem) = place(draw, 0);
        let purpose = Some(Purpose::LoanDecision);
        grants.push(Grant {
            role,
            division,
            purpose,
        });
        stems.push((role, stem));
    }
    let actor = Actor {
        officer: format!("o{n}").parse().unwrap(),
        lender: None,
        grants,
    };
    (actor, stems)
}

fn organisation(draw: &mut Draw) -> Organisation {
    let count = 3 + draw.below(6);
    let cases: Vec<_> = (0..4).map(|_| place(draw, 4).0).collect();
    let people = (0..count)
        .map(|n| {
            let (mut actor, _) = person(draw, n, 3);
            // Few people and many duties: everybody has something to do in the banner.
            let role = *draw.pick(&Role::ALL);
            actor.grants.push(Grant {
                role,
                division: "150623".parse().unwrap(),
                purpose: None,
            });
            actor
        })
        .collect();
    let related = (0..3).map(|_| (draw.below(count), draw.below(4))).collect();
    Organisation {
        people,
        cases,
        related,
    }
}

/// Lets people of an organisation try this and that; what they were allowed to do, in order.
fn work(of: &Organisation, draw: &mut Draw, memory: Memory) -> Vec<Done> {
    let mut done: Vec<Done> = Vec::new();
    for _ in 0..ATTEMPTS {
        let (person, case) = (draw.below(of.people.len()), draw.below(of.cases.len()));
        let action = match draw.below(4) {
            0 => *draw.pick(SECOND),
            _ => *draw.pick(IN_A_CASE),
        };
        let gacha = of.cases[case];
        let mut own = done.iter().filter(|past| past.person == person);
        let acted_as = own.clone().find(|past| past.case == case && in_case(past));
        let collected =
            own.any(|past| past.action == Action::Capture && of.cases[past.case] == gacha);
        let proposed_by = draw.below(of.people.len());
        let other = "somebody-else".parse().unwrap();
        let first_person = match memory {
            Memory::NoProposal => &other,
            _ => &of.people[proposed_by].officer,
        };
        let is_related = of.related.contains(&(person, case));
        let resource = Resource {
            acted_as: acted_as
                .map(|past| past.role)
                .filter(|_| memory != Memory::NoCase),
            collected_here: collected && memory != Memory::NoGacha,
            has_interest: is_related && memory != Memory::NoInterest,
            first_person: Some(first_person),
            ..Resource::at(gacha)
        };
        if let Ok(role) = may(&of.people[person], action, &resource) {
            done.push(Done {
                person,
                role,
                action,
                case,
                proposed_by: SECOND.contains(&action).then_some(proposed_by),
            });
        }
    }
    done
}

fn in_case(past: &Done) -> bool {
    IN_A_CASE.contains(&past.action)
}

/// What is wrong with what was done, read off it alone.
fn wrong(of: &Organisation, done: &[Done]) -> Option<&'static str> {
    let mut roles: BTreeMap<(usize, usize), Role> = BTreeMap::new();
    let mut collected: BTreeSet<(usize, DivisionCode)> = BTreeSet::new();
    for one in done {
        let gacha = of.cases[one.case];
        if in_case(one) {
            let first = *roles.entry((one.person, one.case)).or_insert(one.role);
            if first != one.role {
                return Some("a person acts in two roles of a case");
            }
            if of.related.contains(&(one.person, one.case)) {
                return Some("a relative acts in a case");
            }
        }
        if JUDGES.contains(&one.action) && collected.contains(&(one.person, gacha)) {
            return Some("a person judges where he collected");
        }
        if one.action == Action::Capture {
            collected.insert((one.person, gacha));
        }
        if one.proposed_by == Some(one.person) {
            return Some("a person confirms what he proposed");
        }
    }
    None
}

/// What was found in all organisations, and how much was allowed.
fn all(memory: Memory) -> (BTreeSet<&'static str>, usize) {
    let (mut draw, mut found, mut allowed) = (Draw(15), BTreeSet::new(), 0);
    for _ in 0..ORGANISATIONS {
        let of = organisation(&mut draw);
        let done = work(&of, &mut draw, memory);
        found.extend(wrong(&of, &done));
        allowed += done.len();
    }
    (found, allowed)
}

#[test]
fn sec_t15_in_no_generated_organisation_does_anybody_judge_his_own_work() {
    let (found, allowed) = all(Memory::Whole);
    assert_eq!(found, BTreeSet::new());
    assert!(allowed > 4_000, "enough was done: {allowed}");
    for (memory, expected) in [
        (Memory::NoCase, "a person acts in two roles of a case"),
        (Memory::NoGacha, "a person judges where he collected"),
        (Memory::NoProposal, "a person confirms what he proposed"),
        (Memory::NoInterest, "a relative acts in a case"),
    ] {
        let (found, _) = all(memory);
        assert!(found.contains(expected), "{memory:?}: {found:?}");
    }
}

/// Whether it is allowed, as somebody reads it off the printed table.
fn oracle(stems: &[(Role, String)], rule: &Rule, stem: &str, of: &Resource<'_>, own: bool) -> bool {
    let mut here = stems
        .iter()
        .filter(|(role, from)| rule.roles.contains(role) && stem.starts_with(from.as_str()));
    let needs = |need| rule.needs.contains(&need);
    let is_barred = needs(Need::Authorisation)
        || (needs(Need::NoInterest) && of.has_interest)
        || (needs(Need::NotOwnCollection) && of.collected_here)
        || (needs(Need::SecondPerson) && (own || of.first_person.is_none()));
    let fits = |(role, _): &(Role, String)| match of.acted_as {
        Some(before) if needs(Need::OneRole) => *role == before,
        _ => true,
    };
    !is_barred && here.any(fits)
}

#[test]
fn sec_t03_a_hundred_thousand_requests_of_anybody_are_answered_by_role_place_and_need_alone() {
    let (mut draw, mut allowed, mut own_role) = (Draw(3), 0, 0);
    let (own, other) = ("o0".parse().unwrap(), "o1".parse().unwrap());
    for _ in 0..REQUESTS {
        let (actor, stems) = person(&mut draw, 0, 4);
        let (division, stem) = place(&mut draw, 2);
        let action = *draw.pick(Action::ALL);
        let first_person = *draw.pick(&[None, Some(&own), Some(&other)]);
        let resource = Resource {
            acted_as: (draw.below(3) == 0).then(|| *draw.pick(&Role::ALL)),
            has_interest: draw.below(4) == 0,
            collected_here: draw.below(4) == 0,
            first_person,
            ..Resource::at(division)
        };
        let rule = RULES.iter().find(|rule| rule.action == action).unwrap();
        let expected = oracle(&stems, rule, &stem, &resource, first_person == Some(&own));
        let answer = may(&actor, action, &resource);
        assert_eq!(
            answer.is_ok(),
            expected,
            "{stems:?} {action} {stem} {resource:?}"
        );
        if let Ok(role) = answer {
            // Never in a role that was not given, not given here, or not named in the table.
            let mut given = stems.iter().filter(|(given, _)| *given == role);
            assert!(given.any(|(_, from)| stem.starts_with(from.as_str())));
            own_role += usize::from(rule.roles.contains(&role));
            allowed += 1;
        }
    }
    assert_eq!(own_role, allowed);
    assert!(allowed > 5_000, "both answers were asked for: {allowed}");
}
