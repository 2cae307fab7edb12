use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::*;
use crate::assess::{Assessment, Context, Points};
use crate::register::{CreditStatus, OverstockOrder, Spell};
use crate::subject::Grade;
use crate::validation::tests::assessment;

const RATED: Date = date(2026, 11, 20);
const TODAY: Date = date(2027, 2, 10);

fn spell(days: i64) -> Spell {
    Spell {
        began_on: date(2027, 1, 1),
        ended_on: None,
        days_past_due: days,
        disaster_rescheduled: false,
    }
}

fn found(
    then: &Assessment,
    now: &Assessment,
    context: &Context,
) -> Vec<(Trigger, String, Reaction)> {
    let rating = Monitored {
        on: TODAY,
        effective_on: RATED,
        valid_to: date(2028, 11, 19),
        then,
        now: Some((now, context)),
        is_being_rated: false,
    };
    let all = check(MonitoringRules::shipped(), &rating);
    all.into_iter()
        .map(|f| (f.trigger, f.code, f.reaction))
        .collect()
}

#[test]
fn what_was_known_when_the_rating_was_made_is_no_finding() {
    let mut then = assessment(Grade::A, 8_000);
    then.caps = vec!["CAP_BAN".into()];
    then.tips = BTreeSet::from(["TIP_LEASE_UNREG".into()]);
    then.totals.deduction = Points(300);
    assert_eq!(found(&then, &then, &Context::default()), []);
}

#[test]
fn the_strongest_reaction_stands_first() {
    let then = assessment(Grade::A, 8_000);
    let mut now = assessment(Grade::C, 5_500);
    now.vetoes = vec!["V3".into()];
    now.caps = vec!["CAP_BAN".into()];
    now.tips = BTreeSet::from(["TIP_LEASE_UNREG".into(), "TIP_ROLLOVER".into()]);
    now.totals.deduction = Points(300);
    let all = found(&then, &now, &Context::default());
    let reactions: Vec<Reaction> = all.iter().map(|f| f.2).collect();
    let (talk, warn, remind) = (Reaction::Talk, Reaction::Warn, Reaction::Remind);
    assert_eq!(reactions, [talk, warn, warn, warn, warn, remind]);
    assert_eq!(all[0], (Trigger::Veto, "V3".into(), talk));
    assert!(all.contains(&(Trigger::Tip, "TIP_ROLLOVER".into(), warn)));
    assert!(all.contains(&(Trigger::Tip, "TIP_LEASE_UNREG".into(), remind)));
    assert!(all.contains(&(Trigger::GradeFall, String::new(), warn)));
}

#[test]
fn days_past_due_are_reacted_to_by_their_number_and_not_in_a_disaster() {
    let then = assessment(Grade::Aa, 8_500);
    let with = |spell: Spell| {
        let mut context = Context::default();
        context.credit.status = CreditStatus::Known;
        context.credit.spells = vec![spell];
        found(&then, &then, &context).first().map(|f| f.2)
    };
    assert_eq!(with(spell(0)), None);
    assert_eq!(
        (with(spell(1)), with(spell(30))),
        (Some(Reaction::Remind), Some(Reaction::Remind))
    );
    assert_eq!(
        (with(spell(31)), with(spell(90))),
        (Some(Reaction::Warn), Some(Reaction::Warn))
    );
    assert_eq!(with(spell(91)), Some(Reaction::Talk));
    let cured = Spell {
        ended_on: Some(date(2027, 1, 20)),
        ..spell(95)
    };
    assert_eq!(with(cured), None);
    let relieved = Spell {
        disaster_rescheduled: true,
        ..spell(95)
    };
    assert_eq!(with(relieved), None);
}

#[test]
fn an_order_counts_until_it_was_obeyed() {
    let then = assessment(Grade::Aa, 8_500);
    let with = |corrected_on| {
        let order = OverstockOrder {
            correct_by: date(2027, 3, 1),
            corrected_on,
        };
        let context = Context {
            overstock_order: Some(order),
            ..Context::default()
        };
        found(&then, &then, &context)
    };
    assert_eq!(
        with(None),
        [(Trigger::OverstockOrder, String::new(), Reaction::Warn)]
    );
    assert_eq!(with(Some(TODAY)), []);
}

#[test]
fn a_better_result_and_a_change_of_n_are_no_fall() {
    let (a, aaa, n) = (
        assessment(Grade::A, 8_000),
        assessment(Grade::Aaa, 9_500),
        assessment(Grade::N, 8_000),
    );
    assert_eq!(found(&a, &aaa, &Context::default()), []);
    let fell = found(&a, &n, &Context::default());
    assert_eq!(fell, [(Trigger::NotRated, String::new(), Reaction::Remind)]);
    assert_eq!(found(&n, &a, &Context::default()), []);
    let mut v = assessment(Grade::V, 8_000);
    v.vetoes = vec!["V3".into()];
    let over = found(&v, &a, &Context::default());
    assert_eq!(over, [(Trigger::VetoEnded, "V3".into(), Reaction::Remind)]);
}

#[test]
fn a_rating_is_due_after_a_year_and_told_before_it_ends_unless_it_is_on_its_way() {
    let then = assessment(Grade::A, 8_000);
    let on = |day: Date, is_being_rated| {
        let rating = Monitored {
            on: day,
            effective_on: RATED,
            valid_to: date(2027, 11, 30),
            then: &then,
            now: None,
            is_being_rated,
        };
        let all = check(MonitoringRules::shipped(), &rating);
        all.into_iter()
            .map(|f| (f.trigger, f.figure, f.watch))
            .collect::<Vec<_>>()
    };
    assert_eq!(on(date(2027, 9, 30), false), []);
    assert_eq!(
        on(date(2027, 10, 1), false),
        [(Trigger::EndsSoon, Some(60), false)]
    );
    let both = on(date(2027, 11, 20), false);
    assert_eq!(
        both,
        [
            (Trigger::ReRating, Some(12), false),
            (Trigger::EndsSoon, Some(10), false)
        ]
    );
    assert_eq!(on(date(2027, 11, 20), true), []);
}

#[test]
fn a_file_with_a_fault_is_refused_with_its_key() {
    let good = include_str!("../../../../fixtures/monitoring/mo-nm-1.toml");
    let refused = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        let text = good.replacen(from, to, 1);
        MonitoringRules::parse("mo.toml", text.as_bytes())
            .unwrap_err()
            .to_string()
    };
    assert!(refused("psi_act = \"0.25\"", "psi_act = 0.25").contains("psi_act"));
    assert!(refused("psi_act = \"BG-high\"\n", "").contains("origin"));
    assert!(refused("from = 31", "from = 1").contains("trigger"));
    assert!(refused("reaction = \"talk\"", "reaction = \"punish\"").contains("reaction"));
    assert!(refused("least_bads = 30\n", "least_bads = 0\n").contains("least_bads"));
    assert!(refused("from = 1\n", "from = 1\ncode = \"X\"\n").contains("code"));
    assert!(MonitoringRules::parse("mo.toml", good.as_bytes()).is_ok());
}
