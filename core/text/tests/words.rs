//! The words that people see.

use std::collections::BTreeSet;

use itgel_domain::case::{CaseState, Role, TitleState};
use itgel_domain::error::ErrorCode;
use itgel_domain::subject::Grade;
use itgel_text::{Lang, case_state, error, grade, role, title_state};

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn is_mongolian(c: char) -> bool {
    ('\u{1820}'..='\u{1842}').contains(&c)
}

#[test]
fn no_error_is_shown_in_another_language_than_the_chosen_one() {
    for code in ErrorCode::ALL {
        assert!(error(Lang::ZhCn, *code, &[]).contains(is_han), "{code}");
        let mongolian = error(Lang::MnMong, *code, &[]);
        assert!(
            mongolian.contains(is_mongolian) && !mongolian.contains(is_han),
            "{code}"
        );
        let english = error(Lang::En, *code, &[]);
        assert!(
            english.is_ascii() && english.ends_with('.'),
            "{code}: {english}"
        );
    }
}

#[test]
fn no_two_errors_read_alike_so_that_support_can_tell_them_apart() {
    for lang in Lang::ALL {
        let texts: BTreeSet<_> = ErrorCode::ALL
            .iter()
            .map(|c| error(lang, *c, &[]))
            .collect();
        assert_eq!(texts.len(), ErrorCode::ALL.len(), "{lang}");
    }
}

#[test]
fn grades_states_and_roles_are_told_apart_in_every_language() {
    for lang in Lang::ALL {
        let grades = Grade::SCORED.into_iter().chain([Grade::N, Grade::V]);
        assert_eq!(
            grades
                .map(|g| grade(lang, g))
                .collect::<BTreeSet<_>>()
                .len(),
            7
        );
        let states: BTreeSet<_> = CaseState::ALL.map(|s| case_state(lang, s)).into();
        assert_eq!(states.len(), CaseState::ALL.len());
        let titles: BTreeSet<_> = TitleState::ALL.map(|s| title_state(lang, s)).into();
        assert_eq!(titles.len(), TitleState::ALL.len());
        let roles: BTreeSet<_> = Role::ALL.map(|r| role(lang, r)).into();
        assert_eq!(roles.len(), Role::ALL.len());
    }
}

#[test]
fn the_notices_that_the_law_asks_for_read_exactly_so() {
    let zh = Lang::ZhCn;
    assert_eq!(
        itgel_text::report_not_a_credit_report(zh),
        "本评定结果不是征信报告"
    );
    assert_eq!(
        itgel_text::report_advisory(zh),
        "辅助参考，不替代贷款人尽职调查"
    );
    assert_eq!(itgel_text::draft_translation(zh), "草稿译文");
    assert_eq!(grade(zh, Grade::C), "待培育");
}

#[test]
fn arguments_stand_in_the_text_without_invisible_marks() {
    assert_eq!(
        itgel_text::sync_waiting_count(Lang::ZhCn, 3),
        "3 份等待同步"
    );
    assert_eq!(itgel_text::sync_waiting_count(Lang::En, "3"), "3 waiting");
    let open = itgel_text::demo_next_open(Lang::MnMong, "http://127.0.0.1:7000/");
    assert!(open.starts_with("http://127.0.0.1:7000/"), "{open:?}");
    let range = itgel_text::error_value_out_of_range(Lang::ZhCn, -5, 1_000_000);
    assert_eq!(range, "数值应在 -5 到 1000000 之间。请核对后重填。");
}

#[test]
fn threads_that_share_the_words_all_read_the_same() {
    let read = || Lang::ALL.map(|lang| error(lang, ErrorCode::Internal, &[]));
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(read)).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), read());
    }
}
