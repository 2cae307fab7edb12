//! Batches: the second person, the same file, what is sent back, what is kept and for how long.

use itgel_domain::error::ErrorCode;
use itgel_server::import::{self, Entering};
use itgel_server::store;
use itgel_text::Lang;

use super::world::{BANNER, World, csv, entering};

const HEADS: &str = "区划代码,季节,每羊单位亩数,起始日期";

fn quota(mu: &str) -> Vec<u8> {
    csv(&[HEADS, &format!("{BANNER},全年,{mu},2026-01-01")])
}

#[test]
fn nothing_is_in_force_before_another_person_says_so() {
    let world = World::new();
    let batch = world.enter("pasture-quotas", quota("20")).unwrap().batch;
    assert!(batch.needs_second_person && world.rows(BANNER).is_empty());
    let code = |result: Result<_, itgel_server::ServiceError>| result.unwrap_err().code();
    let own = code(world.activate_as("clerk", &batch.id));
    assert_eq!(own, ErrorCode::SecondPerson);
    let collector = code(world.activate_as("collector", &batch.id));
    assert_eq!(
        collector,
        ErrorCode::ImportUnknown,
        "who may not see it learns nothing"
    );
    assert!(world.rows(BANNER).is_empty());
    assert_eq!(world.activate_as("approver", &batch.id).unwrap().applied, 1);
    assert_eq!(world.rows(BANNER).len(), 1);
    let twice = code(world.activate_as("second", &batch.id));
    assert_eq!(twice, ErrorCode::ImportState);
}

#[test]
fn who_may_not_enter_tables_enters_none() {
    let world = World::new();
    let refused = world.enter_as("collector", &entering("pasture-quotas", quota("20")));
    assert_eq!(refused.unwrap_err().code(), ErrorCode::NotAllowed);
}

#[test]
fn an_import_without_kind_or_source_is_refused() {
    let world = World::new();
    let kind = world.enter("no-such-kind", quota("20")).unwrap_err();
    assert_eq!(kind.code(), ErrorCode::ImportKind);
    let nameless = Entering {
        source: "  ".into(),
        ..entering("pasture-quotas", quota("20"))
    };
    let source = world.enter_as("clerk", &nameless).unwrap_err();
    assert_eq!(source.code(), ErrorCode::ImportSource);
}

#[test]
fn the_same_file_again_is_the_same_batch_until_it_was_sent_back() {
    let world = World::new();
    let first = world.enter("pasture-quotas", quota("20")).unwrap().batch;
    let again = world.enter("pasture-quotas", quota("20")).unwrap();
    assert!(again.was_known && again.batch.id == first.id);
    let clerk = world.officer("clerk");
    let rejected = import::reject(&world.service, &clerk, &first.id).unwrap();
    assert_eq!(rejected.state.as_str(), "rejected");
    assert!(world.activate_as("second", &first.id).is_err() && world.rows(BANNER).is_empty());
    let new = world.enter("pasture-quotas", quota("20")).unwrap();
    assert!(!new.was_known && new.batch.id != first.id);
}

#[test]
fn a_check_says_what_would_be_refused_and_keeps_nothing() {
    let world = World::new();
    let check = Entering {
        check_only: true,
        ..entering("pasture-quotas", quota("二十"))
    };
    let checked = world.enter_as("clerk", &check).unwrap();
    assert_eq!((checked.batch.refused, checked.checked.len()), (1, 1));
    let actor = world.officer("clerk");
    let read = |c: &_| import::view(c, &actor, &checked.batch.id);
    let gone = world.service.store.read(read).unwrap_err();
    assert_eq!(gone.code(), ErrorCode::ImportUnknown);
}

#[test]
fn a_file_that_breaks_off_leaves_nothing_behind() {
    let world = World::new();
    let mut text = String::from_utf8(quota("20")).unwrap();
    text.push_str("150623,\"全年,20,2027-01-01\n150623,暖季,20,2026-01-01\n");
    let refused = world
        .enter("pasture-quotas", text.into_bytes())
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TableOpenQuote);
    let actor = world.officer("clerk");
    let division = BANNER.parse().unwrap();
    let read = |c: &_| import::list(c, &actor, division, None, 10);
    assert!(world.service.store.read(read).unwrap().is_empty());
}

#[test]
fn the_report_is_corrected_and_sent_again() {
    let world = World::new();
    let bad = csv(&[
        HEADS,
        &format!("{BANNER},全年,二十,2026-01-01"),
        &format!("{BANNER},暖季,18,2026-01-01"),
    ]);
    let batch = world.enter("pasture-quotas", bad).unwrap().batch;
    assert_eq!((batch.staged, batch.refused), (1, 1));
    let clerk = world.officer("clerk");
    let report = import::report_table(&world.service, &clerk, &batch.id).unwrap();
    let again = world.enter("pasture-quotas", report).unwrap().batch;
    assert_eq!(
        (again.rows, again.refused),
        (1, 1),
        "still wrong, and nothing else in it"
    );
    assert!(
        again.notes.is_empty(),
        "the columns of the report itself are no surprise"
    );
}

#[test]
fn the_report_as_csv_is_read_again_as_what_it_is() {
    let world = World::new();
    let bad = csv(&[
        HEADS,
        &format!("{BANNER},全年,二十,2026/13/1"),
        &format!("{BANNER},暖季,18,2026-01-01"),
    ]);
    let batch = world.enter("pasture-quotas", bad).unwrap().batch;
    let clerk = world.officer("clerk");
    let report = import::report_csv(&world.service, &clerk, &batch.id).unwrap();
    let text = String::from_utf8(report.clone()).unwrap();
    assert!(text.starts_with('\u{feff}'), "a spreadsheet needs the mark");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    let told = lines[1].split(',').nth(4).unwrap();
    assert_eq!(told.matches("。").count(), 4, "both faults: {told}");
    let again = world.enter("pasture-quotas", report).unwrap().batch;
    assert_eq!((again.rows, again.refused), (1, 1));
    assert!(again.notes.is_empty());
    let stranger = world.officer("collector");
    let refused = import::report_csv(&world.service, &stranger, &batch.id);
    assert_eq!(refused.unwrap_err().code(), ErrorCode::ImportUnknown);
}

#[test]
fn rows_that_overlap_are_told_in_one_language() {
    let world = World::new();
    let heads = "区划代码,季节,每羊单位亩数,起始日期,截止日期";
    let first = format!("{BANNER},全年,20,2026-01-01,2026-12-31");
    let second = format!("{BANNER},全年,21,2026-06-01,2026-06-30");
    let batch = world
        .enter("pasture-quotas", csv(&[heads, &first, &second]))
        .unwrap()
        .batch;
    let fault = world.faults(&batch.id).remove(0).fault;
    assert!(fault.text(Lang::ZhCn).contains("第 2 行"));
    let english = fault.text(Lang::En);
    assert!(english.is_ascii() && english.contains("row 2"), "{english}");
}

#[test]
fn contents_are_kept_for_correction_and_then_destroyed() {
    let world = World::new();
    let bad = csv(&[
        HEADS,
        &format!("{BANNER},全年,二十,2026-01-01"),
        &format!("{BANNER},暖季,18,2026-01-01"),
    ]);
    let batch = world.enter("pasture-quotas", bad).unwrap().batch;
    world.activate(&batch.id);
    let sealed = || {
        let states = [import::RowState::Refused, import::RowState::Applied];
        let read = |c: &_| store::import::list_rows(c, &batch.id, &states, 0, 10);
        let rows = world.service.store.read(read).unwrap();
        rows.iter()
            .map(|row| row.sealed.is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(sealed(), [false, true], "what is in force needs no copy");
    import::forget(&world.service, &batch.id).unwrap();
    assert_eq!(sealed(), [true, true]);
    let clerk = world.officer("clerk");
    assert!(import::report_table(&world.service, &clerk, &batch.id).is_ok());
}

#[test]
fn a_row_that_can_no_longer_take_effect_stops_none_of_the_others() {
    let world = World::new();
    let heads = "区划代码,季节,每羊单位亩数,起始日期,截止日期";
    let lines = |mu: &str| {
        let first = format!("{BANNER},全年,{mu},2026-01-01,2026-12-31");
        let second = format!("{BANNER},暖季,{mu},2026-05-01,2026-09-30");
        csv(&[heads, &first, &second])
    };
    let waiting = world.enter("pasture-quotas", lines("20")).unwrap().batch;
    let overtaking = csv(&[heads, &format!("{BANNER},全年,21,2026-03-01,2026-06-30")]);
    world.put("pasture-quotas", overtaking);
    let active = world.activate(&waiting.id);
    assert_eq!((active.applied, active.failed), (1, 1));
    assert_eq!(
        world.told(&waiting.id),
        [(2, String::new(), "import.overlap")]
    );
}
