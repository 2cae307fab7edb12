use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::assess::{Assessment, EvidenceMix, Points, Step, TraceLine};
use crate::hash::Hash;
use crate::id::OfficerId;
use crate::subject::Grade;

/// An assessment with nothing but a grade and a score.
pub(crate) fn assessment(grade: Grade, score: i64) -> Assessment {
    let hash = Hash::of_file(b"x");
    let points = Points(score);
    serde_json::from_value(json!({
        "scorecard": "HH-NM-1/1", "pack": hash, "parameters": hash, "inputs": hash,
        "subject_kind": "household", "as_of": "2026-10-20",
        "points": points, "applicable": "100.00", "missing": "0.00", "base": points,
        "bonus": "0.00", "deduction": "0.00", "score": points, "raw_grade": grade,
        "grade": grade,
        "range": { "low": grade, "high": grade, "low_score": points, "high_score": points,
                   "combinations": 1, "under_review": false },
        "caps": [], "vetoes": [], "not_rated_for": [], "completeness": "90.00",
        "evidence": { "A": "40.00", "B": "30.00", "C": "20.00", "D": "10.00" },
        "trace": [], "reasons": [], "tips": [],
    }))
    .unwrap()
}

fn officer(name: &str) -> OfficerId {
    name.parse().unwrap()
}

fn rules() -> &'static Thresholds {
    Thresholds::shipped()
}

#[test]
fn overrides_are_counted_by_direction_reviewer_and_outcome() {
    let (good, keen) = (officer("good"), officer("keen"));
    let mut counts = Overrides::default();
    for n in 0..38 {
        counts.add(Some(&good), None, (n < 10).then_some(n == 0));
    }
    counts.add(Some(&keen), Some(Moved::Up), Some(true));
    counts.add(Some(&keen), Some(Moved::Down), None);
    let found = counts.result(rules());
    // 2 of 40 is 5 %, which is still allowed.
    assert_eq!(
        (found.rate, found.verdict),
        (Some(Ppm(50_000)), Verdict::Pass)
    );
    assert_eq!((found.up, found.down), (1, 1));
    assert_eq!(
        (found.bads, found.other_bads),
        (Share::of(1, 1), Share::of(1, 10))
    );
    assert_eq!(
        found.reviewers,
        [(keen.clone(), Share::of(2, 2)), (good, Share::of(0, 38))]
    );
    counts.add(Some(&keen), Some(Moved::Up), None);
    assert_eq!(counts.result(rules()).verdict, Verdict::Watch);
}

#[test]
fn second_visits_tell_how_far_two_officers_agree() {
    let mut counts = SecondVisits::default();
    (0..559).for_each(|_| counts.add_single());
    for n in 0..30_i64 {
        counts.add_pair((Points(8_000), Points(8_000 + n % 2 * 101)), n >= 2);
        counts.add_field("herd.sheep", n < 3);
        counts.add_field("herd.goat", n < 1);
    }
    let found = counts.result(rules());
    // 28 of 30 agree: amber. 15 × 1.01 ÷ 30 = 0.505, half up.
    assert_eq!(
        (found.same_grade, found.verdict),
        (Share::of(28, 30), Verdict::Watch)
    );
    assert_eq!(found.mean_apart, Some(Points(51)));
    // 30 of 589 are more than five per cent.
    assert!(found.is_enough);
    assert_eq!(found.fields[0], ("herd.sheep".into(), Share::of(3, 30)));
    counts.add_single();
    (0..11).for_each(|_| counts.add_single());
    assert!(!counts.result(rules()).is_enough, "30 of 601");
    assert_eq!(
        SecondVisits::default().result(rules()).verdict,
        Verdict::Insufficient
    );
}

#[test]
fn scores_that_pile_up_above_a_cut_and_round_counts_are_seen() {
    let mut counts = Heaping::default();
    let cuts = [Points(9_000), Points(7_000)];
    for n in 0..40 {
        counts.add_score(Points(7_000 + n), &cuts);
    }
    counts.add_score(Points(7_100), &cuts);
    (0..26).for_each(|n| counts.add_score(Points(6_900 + n), &cuts));
    counts.add_score(Points(6_899), &cuts);
    let found = counts.result(rules());
    assert_eq!(found.cuts[0].verdict, Verdict::Insufficient);
    let at_70 = found.cuts[1];
    assert_eq!(
        (at_70.above, at_70.below, at_70.verdict),
        (40, 26, Verdict::Watch)
    );
    counts.add_score(Points(6_950), &cuts);
    assert_eq!(
        counts.result(rules()).cuts[1].verdict,
        Verdict::Pass,
        "40 is not above 1.5 × 27"
    );
    for heads in [9, 5, 10, 15, 20, 21, 22] {
        counts.add_count(heads);
    }
    assert_eq!(counts.result(rules()).round, Share::of(3, 5));
}

#[test]
fn evaluators_are_compared_by_their_means_and_no_ballot_is_told() {
    let (strict, kind) = (officer("strict"), officer("kind"));
    let mut counts = Ballots::default();
    for mark in [300, 350, 400, 350, 350] {
        counts.add(&strict, mark);
        counts.add(&kind, 500);
    }
    let found = counts.result(rules());
    // Means 3.5 and 5.0: mean 4.25, variance (0.75² + 0.75²) ÷ 2 = 0.5625.
    assert_eq!(
        (found.mean, found.variance_between),
        (Some(Points(425)), Some(Points(56)))
    );
    assert_eq!(
        (found.top, found.always_top),
        (Share::of(5, 10), Share::of(1, 2))
    );
    assert_eq!(found.verdict, Verdict::Insufficient);
    let told = serde_json::to_string(&found).unwrap();
    assert!(!told.contains("strict") && !told.contains("kind"), "{told}");
}

#[test]
fn a_group_that_is_selected_less_than_four_fifths_as_often_is_looked_at() {
    let mut counts = Selection::default();
    let mut add = |group: &str, credit: u32, other: u32| {
        (0..credit).for_each(|_| counts.add(group, Grade::A));
        (0..other).for_each(|_| counts.add(group, Grade::B));
    };
    add("pastoral", 80, 20);
    add("farming", 64, 36);
    add("few", 1, 28);
    let found = counts.result(rules());
    assert_eq!(
        (found.ratio, found.verdict),
        (Some(Ppm(800_000)), Verdict::Pass)
    );
    counts.add("farming", Grade::C);
    counts.add("farming", Grade::N);
    let found = counts.result(rules());
    assert_eq!(found.verdict, Verdict::Watch);
    let farming = found.groups.iter().find(|g| g.group == "farming").unwrap();
    assert_eq!(
        farming.selected,
        Share::of(64, 101),
        "who has no grade is in no rate"
    );
}

#[test]
fn files_are_weighed_by_what_they_rest_on() {
    let mut files = FileQuality::default();
    let mix = |a, b, c, d| EvidenceMix {
        a: Points(a),
        b: Points(b),
        c: Points(c),
        d: Points(d),
    };
    files.add(Points(10_000), mix(10_000, 0, 0, 0));
    files.add(Points(8_001), mix(0, 5_000, 4_000, 1_000));
    let found = files.result();
    assert_eq!((found.files, found.completeness), (2, Some(Points(9_001))));
    let shares = [found.a, found.b, found.c, found.d];
    assert_eq!(
        shares,
        [500_000, 250_000, 200_000, 50_000].map(|n| Some(Ppm(n)))
    );
}

#[test]
fn one_pass_counts_every_rating_where_it_belongs() {
    let (village, before) = ("150623100200", "150623100201");
    let village = village.parse().unwrap();
    let mut sample = Sample::default();
    let mut line = TraceLine::new(Step::Indicator, "H1.1");
    line.points = Some(Points(1_500));
    line.weight = Some(Points(1_500));
    let collector = officer("c1");
    let groups = [("producer", "pastoral".to_owned())];
    for n in 0..40_i64 {
        let grade = if n < 30 { Grade::Aaa } else { Grade::C };
        let mut found = assessment(grade, if n < 30 { 9_100 } else { 5_000 });
        found.trace = vec![line.clone()];
        if n == 0 {
            found.unadjusted = Some(crate::assess::Unadjusted {
                totals: found.totals,
                grade: Some(Grade::B),
            });
        }
        let outcome = if n < 30 { Outcome::Good } else { Outcome::Bad };
        sample.add(&RatedCase {
            division: village,
            grade,
            assessment: &found,
            cuts: &[Points(9_000)],
            collector: Some(&collector),
            reviewer: None,
            moved: None,
            groups: &groups,
            outcome,
            late_outcome: outcome,
        });
        sample.add_before(before.parse().unwrap(), grade, &found);
    }
    sample.add_loan(Outcome::Good);
    let found = sample.result(rules());
    assert_eq!(
        (found.cases, found.outcomes["bad"], found.loans["good"]),
        (40, 10, 1)
    );
    assert_eq!(found.discrimination.auc, Some(Ppm(1_000_000)));
    assert_eq!(
        found.discrimination.verdict,
        Verdict::Insufficient,
        "ten bads"
    );
    assert_eq!(
        (found.psi.psi, found.psi.verdict),
        (Some(Ppm(0)), Verdict::Pass)
    );
    assert_eq!(found.psi_of_banners.keys().collect::<Vec<_>>(), ["150623"]);
    assert_eq!(found.csi["H1.1"].psi, Some(Ppm(0)));
    assert_eq!(found.disasters.adjusted, Share::of(1, 40));
    assert_eq!(found.disasters.bads, Share::of(0, 1));
    assert_eq!(found.officers[&collector].files, 40);
    assert_eq!(
        found.heaping.cuts[0].above, 0,
        "91.00 is a point above 90.00"
    );
    assert!(found.has_outcomes);
}

#[test]
fn nothing_that_may_not_be_collected_is_compared() {
    let found = Sample::default().result(rules());
    let told = serde_json::to_string(&found).unwrap();
    for word in ["ethnic", "gender", "nationality", "full_name"] {
        assert!(!told.contains(word), "{word}");
    }
    assert!(!found.has_outcomes);
    assert_eq!(found.fairness, BTreeMap::new());
}
