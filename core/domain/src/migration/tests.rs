use std::sync::Arc;

use super::*;
use crate::assess::tests::worked;
use crate::assess::{Inputs, assess};
use crate::pack::shipped;
use crate::title::TitleLevel;

/// The inputs of every worked case of households.
fn households() -> Vec<Inputs> {
    let mut inputs = worked();
    inputs.retain(|inputs| inputs.pack.id == "HH-NM-1");
    inputs
}

/// The pack for households with some texts replaced.
fn candidate(changes: &[(&str, &str)]) -> Arc<RulePack> {
    let (name, text) = shipped::PACKS[0];
    let mut text = text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Arc::new(RulePack::parse(name, text.as_bytes()).unwrap())
}

/// Other weights of H1.1 and H1.2, a stricter AAA, and a cap with another grade.
fn stricter() -> Arc<RulePack> {
    candidate(&[
        (
            "{ grade = \"AAA\", ge = \"90\" }",
            "{ grade = \"AAA\", ge = \"92\" }",
        ),
        (
            "{ le = \"30\", points = \"11\" }",
            "{ le = \"30\", points = \"8\" }",
        ),
        (
            "min_completeness = \"80.00\"",
            "min_completeness = \"85.00\"",
        ),
    ])
}

fn judged(grade: Grade, score: i64) -> Judged {
    Judged {
        low: Place::Grade(grade),
        high: Place::Grade(grade),
        score: Points(score),
    }
}

fn id(text: &str) -> SubjectId {
    text.parse().unwrap()
}

#[test]
fn columns_say_of_a_candidate_what_a_whole_assessment_says() {
    let pack = stricter();
    let (mut all, mut moved) = (0, 0);
    for inputs in households() {
        assert!(inputs.pack.measures_like(&pack));
        let columns = Columns::of(&inputs);
        let under = Inputs {
            pack: Arc::clone(&pack),
            ..inputs.clone()
        };
        let assessment = assess(&under);
        let from_columns = Judged::of_columns(&pack, &columns).unwrap();
        assert_eq!(from_columns, Judged::of_assessment(&assessment));
        let detail = Detail::of_columns(&pack, &columns).unwrap();
        let mut whole = Detail::of_assessment(&pack, &assessment);
        let mut detail = detail;
        for one in [&mut detail, &mut whole] {
            one.not_rated_for.sort();
            one.not_rated_for.retain(|code| !code.is_empty());
        }
        assert_eq!(detail, whole, "{}", inputs.subject);
        let before = Judged::of_columns(&inputs.pack, &columns).unwrap();
        moved += u32::from(before.moves_to(&from_columns));
        all += 1;
    }
    assert!(all > 100 && moved > 10, "{moved} of {all}");
}

#[test]
fn the_same_pack_moves_nobody() {
    let mut migration = Migration::default();
    for inputs in households() {
        let columns = Columns::of(&inputs);
        let judged = Judged::of_columns(&inputs.pack, &columns).unwrap();
        migration.add(&inputs.subject, &judged, &judged, || None);
    }
    assert_eq!(migration.matrix.moved, 0);
    assert_eq!(migration.scores_before, migration.scores_after);
    assert!(migration.causes.is_empty());
    let nothing = Some(crate::validation::Ppm(0));
    assert_eq!(migration.grade_stability().psi, nothing);
    assert_eq!(migration.score_stability().psi, nothing);
}

#[test]
fn pages_joined_are_the_whole_run() {
    let pack = stricter();
    let households = households();
    let run = |part: &[Inputs]| {
        let mut migration = Migration::default();
        for inputs in part {
            let columns = Columns::of(inputs);
            let before = Judged::of_columns(&inputs.pack, &columns).unwrap();
            let after = Judged::of_columns(&pack, &columns).unwrap();
            migration.add(&inputs.subject, &before, &after, || {
                let old = Detail::of_columns(&inputs.pack, &columns)?;
                Some((old, Detail::of_columns(&pack, &columns)?))
            });
        }
        migration
    };
    let mut joined = Migration::default();
    for page in households.chunks(7) {
        joined.join(&run(page));
    }
    assert_eq!(joined, run(&households));
    let json = serde_json::to_string(&joined).unwrap();
    assert_eq!(serde_json::from_str::<Migration>(&json).unwrap(), joined);
}

#[test]
fn directions_and_shares_are_those_of_hand_counting() {
    let mut matrix = Matrix::default();
    let a = judged(Grade::A, 7500);
    matrix.add(None, &a, &a);
    matrix.add(Some(&id("s1")), &a, &judged(Grade::Aa, 8100));
    matrix.add(
        Some(&id("s2")),
        &judged(Grade::C, 4000),
        &judged(Grade::V, 4000),
    );
    let open = Judged {
        high: Place::Grade(Grade::Aa),
        ..a
    };
    matrix.add(Some(&id("s3")), &a, &open);
    assert_eq!((matrix.subjects, matrix.moved), (4, 3));
    assert_eq!((matrix.up, matrix.down), (2, 1));
    assert_eq!((matrix.open_before, matrix.open_after), (0, 1));
    assert_eq!(matrix.moved_share(), 7_500);
    assert_eq!(
        matrix.count(Place::Grade(Grade::A), Place::Grade(Grade::A)),
        2
    );
    assert_eq!(
        matrix.totals(),
        [
            (Place::Grade(Grade::Aa), 0, 1),
            (Place::Grade(Grade::A), 3, 2),
            (Place::Grade(Grade::C), 1, 0),
            (Place::Grade(Grade::V), 0, 1),
        ]
    );
}

#[test]
fn what_decides_a_move_is_named_first() {
    let detail = |score, shares: &[(&str, i64)], caps: &[&str]| Detail {
        shares: shares.iter().map(|(c, p)| ((*c).to_owned(), *p)).collect(),
        score: Points(score),
        raw_grade: Some(Grade::A),
        caps: caps.iter().map(|c| (*c).to_owned()).collect(),
        ..Detail::default()
    };
    let leading = |before, old: &Detail, after, new: &Detail| {
        let found = causes(&before, old, &after, new);
        let first = found.first().unwrap().clone();
        (first.kind, first.code, first.points)
    };
    // Two indicators fall and one rises: the larger fall leads.
    let old = detail(7_500, &[("H1", 1_000), ("H2", 500), ("H3", 100)], &[]);
    let new = detail(6_900, &[("H1", 500), ("H2", 300), ("H3", 200)], &[]);
    let (a, b) = (judged(Grade::A, 7_500), judged(Grade::B, 6_900));
    let first = leading(
        a,
        &old,
        b,
        &Detail {
            raw_grade: Some(Grade::B),
            ..new
        },
    );
    assert_eq!(first, (CauseKind::Indicator, "H1".into(), -500));
    // A cap decides although an indicator fell too.
    let new = detail(7_400, &[("H1", 900), ("H2", 500), ("H3", 100)], &["CAP"]);
    let first = leading(a, &old, judged(Grade::B, 7_400), &new);
    assert_eq!(first, (CauseKind::Cap, "CAP".into(), 0));
    // A cap that is met and decides nothing stands behind what does.
    let old_aa = Detail {
        raw_grade: Some(Grade::Aa),
        ..old.clone()
    };
    let first = leading(judged(Grade::Aa, 8_000), &old_aa, a, &new);
    assert_eq!(first.0, CauseKind::Indicator);
    // The same score and another grade: the limits of the grades.
    let other = Detail {
        raw_grade: Some(Grade::B),
        ..old.clone()
    };
    let first = leading(a, &old, judged(Grade::B, 7_500), &other);
    assert_eq!(first.0, CauseKind::Grades);
}

#[test]
fn every_place_reads_back() {
    let places = Grade::SCORED.iter().map(|grade| Place::Grade(*grade));
    let levels = TitleLevel::ALL.iter().map(|level| Place::Level(*level));
    for place in places
        .chain(levels)
        .chain([Place::Review, Place::NotReached])
    {
        assert_eq!(place.as_str().parse::<Place>().unwrap(), place);
    }
}
