//! An interest that is found late: what the related officer entered counts no more, and the officer
//! reads why, not that something is waiting.

use itgel_device::{Need, RecordState};
use itgel_domain::error::ErrorCode;
use itgel_tests::World;

#[test]
fn an_officer_whose_visit_was_struck_read_that_it_waits_for_something() {
    let world = World::with_households(60);
    let household = world.households()[0].clone();
    let team = world.home_team();
    team.synchronise();
    team.identify(&household);
    let visit = team.visit(&household, &household.found);
    team.synchronise();
    let stands = || {
        let records = team.records(&household).into_iter();
        let mut visits = records.filter(|record| record.at.as_ref() == Some(&visit.at));
        visits.next().unwrap().state
    };
    assert!(matches!(stands(), RecordState::Received { .. }));

    let declared = world.reviewer().declare_relative(&household, &team.officer);
    assert_eq!(declared.unwrap()["is_new"], true);
    team.synchronise();
    let reason = Need::SetAside(ErrorCode::ConflictOfInterest);
    assert_eq!(stands(), RecordState::NeedsYou(reason));
}
