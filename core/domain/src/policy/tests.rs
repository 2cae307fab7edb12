//! Every role with every action, every place with every other, and each need.

use jiff::civil::date;

use super::*;
use crate::authorisation::Ground;
use crate::case::documented::{assert_documented, table};

const PLACES: [&str; 10] = [
    "150000",
    "150600",
    "150623",
    "150623200",
    "150623200201",
    "150623200202",
    "150623201",
    "150624",
    "150700",
    "110000",
];

fn place(code: &str) -> DivisionCode {
    code.parse().unwrap()
}

fn grant(role: Role, code: &str) -> Grant {
    Grant {
        role,
        division: place(code),
        purpose: Some(Purpose::LoanDecision),
    }
}

fn actor(grants: Vec<Grant>) -> Actor {
    let lender = Some("rcc-1".parse().unwrap());
    Actor {
        officer: "o1".parse().unwrap(),
        lender,
        grants,
    }
}

fn authorisation() -> Authorisation {
    Authorisation {
        id: "q1".parse().unwrap(),
        lender: "rcc-1".parse().unwrap(),
        subject: "hh-1".parse().unwrap(),
        purpose: Purpose::LoanDecision,
        from: date(2026, 3, 1),
        until: date(2026, 3, 31),
        ground: Ground::Consent("d~0~1~0".into()),
        revoked: false,
    }
}

#[test]
fn the_documented_table_is_the_table() {
    let head: Vec<&str> = ["action", "meaning"]
        .into_iter()
        .chain(Role::ALL.iter().map(|r| r.as_str()))
        .chain(["needs"])
        .collect();
    let rows = Action::ALL.iter().map(|action| {
        let rule = RULES.iter().find(|r| r.action == *action).unwrap();
        let mark = |role: &Role| if rule.roles.contains(role) { "●" } else { "" }.to_owned();
        let needs: Vec<&str> = rule.needs.iter().map(|n| need_word(*n)).collect();
        [action.to_string(), action.meaning().trim().to_owned()]
            .into_iter()
            .chain(Role::ALL.iter().map(mark))
            .chain([needs.join(", ")])
            .collect()
    });
    assert_documented("policy", &table(&head, rows));
}

fn need_word(need: Need) -> &'static str {
    match need {
        Need::OneRole => "one role in the case",
        Need::NoInterest => "no conflict of interest",
        Need::NotOwnCollection => "not own collection",
        Need::SecondPerson => "second person",
        Need::Authorisation => "authorisation and purpose",
    }
}

#[test]
fn sec_t13_a_grant_reaches_its_division_and_what_lies_in_it_and_nothing_else() {
    for from in PLACES {
        for to in PLACES {
            let officer = actor(vec![grant(Role::Reviewer, from)]);
            let answer = may(&officer, Action::ReadBoard, &Resource::at(place(to)));
            // The digits of a place begin with those of the place it lies in.
            let stem = if from.len() == 6 {
                from.trim_end_matches("00")
            } else {
                from
            };
            let expected = match to.starts_with(stem) {
                true => Ok(Role::Reviewer),
                false => Err(Denial::Division),
            };
            assert_eq!(answer, expected, "{from} to {to}");
        }
    }
}

/// A place as its digits say it: code, and the digits that all places in it begin with.
fn drawn(state: &mut u64) -> (String, String) {
    let mut pick = |n: u64| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % n
    };
    let parts = [
        ["15", "11"][usize::try_from(pick(2)).unwrap()].to_owned(),
        format!("{:02}", pick(2) + 6),
        format!("{:02}", pick(2) + 23),
        format!("{:03}", pick(2) + 200),
        format!("{:03}", pick(3) + 201),
    ];
    let level = usize::try_from(pick(5)).unwrap();
    let stem = parts[..=level].concat();
    (format!("{stem:0<6}"), stem)
}

#[test]
fn sec_t13_a_hundred_thousand_pairs_of_places_are_judged_as_an_oracle_does() {
    let (mut state, mut inside) = (7, 0);
    for _ in 0..100_000 {
        let ((from, stem), (to, to_stem)) = (drawn(&mut state), drawn(&mut state));
        let officer = actor(vec![grant(Role::Collector, &from)]);
        let answer = may(&officer, Action::Capture, &Resource::at(place(&to)));
        let expected = match to_stem.starts_with(&stem) {
            true => Ok(Role::Collector),
            false => Err(Denial::Division),
        };
        inside += u32::from(expected.is_ok());
        assert_eq!(answer, expected, "{from} to {to}");
    }
    assert!(inside > 5_000, "both answers were asked for: {inside}");
}

#[test]
fn without_the_role_nothing_is_allowed_anywhere() {
    for action in Action::ALL {
        let none = may(&actor(Vec::new()), *action, &Resource::at(place("150623")));
        assert_eq!(none, Err(Denial::Role), "{action}");
        for role in Role::ALL {
            let officer = actor(vec![grant(role, "150000")]);
            let subject = "hh-1".parse().unwrap();
            let other = "o2".parse().unwrap();
            let given = authorisation();
            let query = Query {
                subject: &subject,
                purpose: Purpose::LoanDecision,
                on: date(2026, 3, 2),
                authorisation: Some(&given),
            };
            let mut resource = Resource::at(place("150623200201")).queried(query);
            resource.first_person = Some(&other);
            let listed = RULES
                .iter()
                .any(|r| r.action == *action && r.roles.contains(&role));
            assert_eq!(
                may(&officer, *action, &resource).is_ok(),
                listed,
                "{role} {action}"
            );
        }
    }
}

#[test]
fn grades_are_decided_by_no_administrator_no_auditor_and_no_lender() {
    use Action::{Approve, AwardTitle, Capture, DecideObjection, PreRate, Publish, Review};
    for action in [
        Approve,
        AwardTitle,
        Capture,
        DecideObjection,
        PreRate,
        Publish,
        Review,
    ] {
        for role in [Role::Administrator, Role::Auditor, Role::Lender] {
            let officer = actor(vec![grant(role, "150000")]);
            let answer = may(&officer, action, &Resource::at(place("150623")));
            assert_eq!(answer, Err(Denial::Role), "{role} {action}");
        }
    }
}

#[test]
fn ballots_and_lists_of_persons_are_for_nobody() {
    let everybody = actor(Role::ALL.into_iter().map(|r| grant(r, "150000")).collect());
    for action in [Action::ReadBallot, Action::ExportPersons] {
        let answer = may(&everybody, action, &Resource::at(place("150623")));
        assert_eq!(answer, Err(Denial::Role));
    }
}

#[test]
fn sec_t15_who_collected_does_not_review_even_with_both_roles() {
    let both = vec![
        grant(Role::Collector, "150623200"),
        grant(Role::Reviewer, "150623200"),
    ];
    let officer = actor(both);
    let gacha = Resource::at(place("150623200201"));
    let acted = Resource {
        acted_as: Some(Role::Collector),
        ..gacha
    };
    assert_eq!(
        may(&officer, Action::Review, &acted),
        Err(Denial::ActedBefore)
    );
    assert_eq!(may(&officer, Action::Capture, &acted), Ok(Role::Collector));
    let same_gacha = Resource {
        collected_here: true,
        ..gacha
    };
    assert_eq!(
        may(&officer, Action::Review, &same_gacha),
        Err(Denial::ActedBefore)
    );
    assert_eq!(may(&officer, Action::Review, &gacha), Ok(Role::Reviewer));
}

#[test]
fn an_officer_with_two_fitting_roles_keeps_the_one_of_the_case() {
    let both = vec![
        grant(Role::VillageGroup, "150623200"),
        grant(Role::Reviewer, "150623200"),
    ];
    let gacha = Resource::at(place("150623200201"));
    let acted = Resource {
        acted_as: Some(Role::Reviewer),
        ..gacha
    };
    assert_eq!(
        may(&actor(both), Action::Return, &acted),
        Ok(Role::Reviewer)
    );
}

#[test]
fn a_relative_is_barred_from_the_case_and_from_reading_it() {
    let officer = actor(vec![grant(Role::Collector, "150623200201")]);
    let related = Resource {
        has_interest: true,
        ..Resource::at(place("150623200201"))
    };
    for action in [Action::Capture, Action::ReadCase, Action::ReadIdentity] {
        assert_eq!(may(&officer, action, &related), Err(Denial::Interest));
    }
}

#[test]
fn sec_t15_one_person_does_not_activate_what_he_proposed_nor_grant_himself() {
    let (own, other) = ("o1".parse().unwrap(), "o2".parse().unwrap());
    let officer = actor(vec![
        grant(Role::Approver, "150623"),
        grant(Role::Administrator, "150623"),
    ]);
    for action in [
        Action::ActivatePack,
        Action::EraseSubject,
        Action::ManageOfficers,
        Action::ConfirmLenderKey,
    ] {
        let banner = Resource::at(place("150623"));
        let by = |first_person| Resource {
            first_person,
            ..banner
        };
        assert_eq!(
            may(&officer, action, &by(Some(&own))),
            Err(Denial::SecondPerson)
        );
        assert_eq!(may(&officer, action, &by(None)), Err(Denial::SecondPerson));
        assert!(may(&officer, action, &by(Some(&other))).is_ok());
    }
}

#[test]
fn sec_t17_a_lender_gets_nothing_without_an_authorisation_for_this_subject_purpose_and_day() {
    let officer = actor(vec![grant(Role::Lender, "150623")]);
    let (subject, other) = ("hh-1".parse().unwrap(), "hh-2".parse().unwrap());
    let given = authorisation();
    let revoked = Authorisation {
        revoked: true,
        ..authorisation()
    };
    let foreign = Authorisation {
        lender: "rcc-2".parse().unwrap(),
        ..authorisation()
    };
    let query = Query {
        subject: &subject,
        purpose: Purpose::LoanDecision,
        on: date(2026, 3, 2),
        authorisation: Some(&given),
    };
    let ask = |query: Query<'_>, code: &str| {
        let resource = Resource::at(place(code)).queried(query);
        may(&officer, Action::QueryReport, &resource)
    };
    let gacha = "150623200201";
    assert_eq!(ask(query, gacha), Ok(Role::Lender));
    let denied = Err(Denial::Authorisation);
    assert_eq!(
        ask(
            Query {
                authorisation: None,
                ..query
            },
            gacha
        ),
        denied
    );
    assert_eq!(
        ask(
            Query {
                authorisation: Some(&revoked),
                ..query
            },
            gacha
        ),
        denied
    );
    assert_eq!(
        ask(
            Query {
                authorisation: Some(&foreign),
                ..query
            },
            gacha
        ),
        denied
    );
    assert_eq!(
        ask(
            Query {
                subject: &other,
                ..query
            },
            gacha
        ),
        denied
    );
    assert_eq!(
        ask(
            Query {
                on: date(2026, 4, 1),
                ..query
            },
            gacha
        ),
        denied
    );
    assert_eq!(
        ask(query, "150624"),
        denied,
        "the place of a subject is not told"
    );
    let review = Query {
        purpose: Purpose::LoanReview,
        ..query
    };
    assert_eq!(ask(review, gacha), Err(Denial::Purpose));
    let bare = Resource::at(place(gacha));
    assert_eq!(may(&officer, Action::QueryReport, &bare), denied);
    assert_eq!(Denial::Authorisation.code(), ErrorCode::ReportNotFound);
}
