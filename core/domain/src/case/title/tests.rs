//! The walk of a title and each of its rules.

use super::*;
use crate::case::Role;
use crate::case::tests::as_role;
use crate::title::TitleLevel;
use jiff::civil::date;
use std::collections::BTreeSet;

struct Walk {
    title: TitleCase,
    on: Date,
}

fn computed(level: Option<TitleLevel>) -> Computed {
    let assessment = Hash::of("test", &[b"title"]);
    Computed {
        assessment,
        level,
        snapshot_on: date(2026, 1, 31),
    }
}

fn approver() -> By {
    as_role("app-1", Role::Approver)
}

fn reviewer() -> By {
    as_role("rev-1", Role::Reviewer)
}

impl Walk {
    fn new() -> Self {
        let division = "150623200201".parse().unwrap();
        let title = TitleCase::new(division, computed(Some(TitleLevel::Good)));
        Self {
            title,
            on: date(2026, 3, 2),
        }
    }

    fn on(&mut self, on: Date) -> &mut Self {
        self.on = on;
        self
    }

    fn apply(&mut self, step: TitleStep, by: &By) -> Result<TitleEvent, CaseError> {
        let now = Now {
            at: AtMs::start_of(self.on),
            device_at: None,
            version: self.title.version(),
            pack: Hash::of("test", &[b"pack"]),
            timetable: &Timetable::shipped(),
            barred: &BTreeSet::new(),
            has_consent: true,
        };
        self.title.apply(step, by, Reason::new("TEST", "试"), &now)
    }

    fn done(&mut self, step: TitleStep, by: &By, to: TitleState) -> &mut Self {
        assert_eq!(self.apply(step, by).unwrap().to, to);
        self
    }

    fn refused(&mut self, step: TitleStep, by: &By, code: ErrorCode) -> &mut Self {
        let before = self.title.clone();
        assert_eq!(
            self.apply(step.clone(), by).unwrap_err().code,
            code,
            "{step:?}"
        );
        assert_eq!(self.title, before);
        self
    }

    fn published() -> Self {
        let mut walk = Self::new();
        walk.done(TitleStep::Review, &reviewer(), TitleState::Reviewed)
            .on(date(2026, 3, 7))
            .done(TitleStep::Publish, &reviewer(), TitleState::InPublicity);
        walk
    }

    fn awarded() -> Self {
        let mut walk = Self::published();
        walk.on(date(2026, 3, 17))
            .done(TitleStep::ClosePeriod, &By::Rule, TitleState::InPublicity)
            .done(TitleStep::Approve, &approver(), TitleState::Approved)
            .done(TitleStep::Award, &approver(), TitleState::Awarded);
        walk
    }
}

#[test]
fn no_plate_is_given_without_seven_full_days_on_the_board() {
    let mut walk = Walk::published();
    walk.on(date(2026, 3, 16))
        .refused(TitleStep::ClosePeriod, &By::Rule, ErrorCode::CasePeriodOpen)
        .refused(TitleStep::Approve, &approver(), ErrorCode::CasePeriodOpen)
        .refused(TitleStep::Award, &approver(), ErrorCode::CaseStep);
    assert!(Walk::awarded().title.state().is_held());
}

#[test]
fn who_reviewed_a_title_does_not_award_it() {
    let mut walk = Walk::published();
    walk.on(date(2026, 3, 17))
        .done(TitleStep::ClosePeriod, &By::Rule, TitleState::InPublicity);
    let same = as_role("rev-1", Role::Approver);
    walk.refused(TitleStep::Approve, &same, ErrorCode::ActedBefore)
        .refused(TitleStep::Approve, &reviewer(), ErrorCode::NotAllowed);
}

#[test]
fn an_objection_holds_the_title_and_a_correction_starts_it_anew() {
    let officer = as_role("obj-1", Role::ObjectionOfficer);
    let object = |receipt: &str| TitleStep::Object {
        receipt: receipt.into(),
    };
    let decide = |receipt: &str, corrected| TitleStep::DecideObjection {
        receipt: receipt.into(),
        corrected,
    };
    let mut walk = Walk::published();
    walk.done(object("y-1"), &By::Subject, TitleState::InPublicity)
        .on(date(2026, 3, 20))
        .refused(TitleStep::ClosePeriod, &By::Rule, ErrorCode::CaseObjection)
        .refused(object("y-1"), &By::Subject, ErrorCode::ObjectionKnown)
        .refused(decide("y-2", None), &officer, ErrorCode::ObjectionUnknown)
        .done(decide("y-1", None), &officer, TitleState::InPublicity)
        .done(object("y-2"), &By::Subject, TitleState::InPublicity)
        .done(
            decide("y-2", Some(computed(None))),
            &officer,
            TitleState::Computed,
        )
        .refused(TitleStep::Review, &reviewer(), ErrorCode::CasePath);
}

#[test]
fn a_warned_title_has_ninety_days_and_a_lost_exit_gate_has_none() {
    let cancel = |ground, heard_on| TitleStep::Cancel { ground, heard_on };
    let late = cancel(CancelGround::NotCorrected, date(2026, 6, 1));
    let mut walk = Walk::awarded();
    walk.on(date(2026, 4, 1))
        .refused(late.clone(), &approver(), ErrorCode::CaseDates)
        .done(TitleStep::Warn, &By::Rule, TitleState::Warning)
        .on(date(2026, 6, 30))
        .refused(late.clone(), &approver(), ErrorCode::CaseDates);
    let mut kept = Walk {
        title: walk.title.clone(),
        on: walk.on,
    };
    kept.done(TitleStep::Keep, &approver(), TitleState::Kept);
    walk.on(date(2026, 7, 1))
        .done(late, &approver(), TitleState::Cancelled);
    let exit = cancel(CancelGround::BelowExit, date(2026, 6, 30));
    kept.done(exit, &approver(), TitleState::Cancelled).refused(
        TitleStep::Keep,
        &approver(),
        ErrorCode::CaseStep,
    );
}

#[test]
fn a_title_whose_gacha_was_merged_ends_wherever_it_stands_and_by_no_person() {
    let end = TitleStep::End {
        ground: EndGround::Merged,
    };
    for mut walk in [Walk::new(), Walk::published(), Walk::awarded()] {
        walk.refused(end.clone(), &approver(), ErrorCode::NotAllowed)
            .done(end.clone(), &By::Rule, TitleState::Ended)
            .refused(end.clone(), &By::Rule, ErrorCode::CaseStep)
            .refused(TitleStep::Keep, &approver(), ErrorCode::CaseStep);
        assert!(!walk.title.state().is_held() && walk.title.state().is_terminal());
    }
}

#[test]
fn a_stored_title_comes_back_as_it_was() {
    let walk = Walk::awarded();
    let json = serde_json::to_string(walk.title.history()).unwrap();
    let events: Vec<TitleEvent> = serde_json::from_str(&json).unwrap();
    assert_eq!(Walk::new().title.replayed(events), walk.title);
}
