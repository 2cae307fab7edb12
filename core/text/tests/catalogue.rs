//! What the build refuses: each case is one mistake that somebody who adds or translates words can
//! make, and the message must name the file and the key.

#[path = "../build/catalogue.rs"]
mod catalogue;

use catalogue::{LOCALES, Source, Words, check};

const ZH: &str = "grade-a = 较好\nsync-count = { $count } 份\n";
const MN: &str = "# reviewed = false\n\ngrade-a = ᠰᠠᠶᠢᠨ\nsync-count = { $count }\n";
const EN: &str = "# reviewed = true\n\ngrade-a = good\nsync-count = { $count } waiting\n";

/// The three locales with one file each.
fn read(zh: &str, mn: &str, en: &str) -> Result<Words, Vec<String>> {
    let source = |(locale, text): (&'static str, &str)| Source {
        locale,
        file: "a.ftl".into(),
        text: text.into(),
    };
    check(
        &LOCALES
            .into_iter()
            .zip([zh, mn, en])
            .map(source)
            .collect::<Vec<_>>(),
    )
}

/// Asserts that the build fails and says exactly this first.
fn assert_refused(found: Result<Words, Vec<String>>, problem: &str) {
    let first = found.err().and_then(|problems| problems.into_iter().next());
    assert_eq!(first.as_deref(), Some(problem));
}

#[test]
fn complete_words_are_accepted_with_their_variables_and_drafts() {
    let words = read(ZH, MN, EN).unwrap();
    assert_eq!(words.messages["sync-count"].variables, ["count"]);
    assert_eq!(words.messages["grade-a"].text, "较好");
    assert!(words.files.contains("a.ftl"));
    assert!(words.drafts.contains("mn-Mong") && words.drafts.len() == 1);
}

#[test]
fn a_key_that_a_translation_lacks_fails_the_build() {
    let en = EN.replace("grade-a = good\n", "");
    assert_refused(read(ZH, MN, &en), "ftl/en/a.ftl: grade-a is missing");
    let mn = MN.replace("sync-count = { $count }\n", "");
    assert_refused(
        read(ZH, &mn, EN),
        "ftl/mn-Mong/a.ftl: sync-count is missing",
    );
}

#[test]
fn a_translation_that_nothing_uses_fails_the_build() {
    let en = format!("{EN}grade-b = fair\n");
    let problem = "ftl/en/a.ftl: grade-b is not used: the source has no such key here";
    assert_refused(read(ZH, MN, &en), problem);
}

#[test]
fn an_unknown_or_lost_variable_fails_the_build() {
    let en = EN.replace("$count", "$number");
    let problems = read(ZH, MN, &en).unwrap_err();
    assert_eq!(
        problems,
        [
            "ftl/en/a.ftl: sync-count has an unknown variable $number",
            "ftl/en/a.ftl: sync-count lacks the variable $count",
        ]
    );
}

#[test]
fn a_file_that_a_translation_lacks_or_invents_fails_the_build() {
    let of = |locale, file: &str, text: &str| Source {
        locale,
        file: file.into(),
        text: text.into(),
    };
    let found = check(&[
        of("zh-CN", "a.ftl", ZH),
        of("mn-Mong", "a.ftl", MN),
        of("en", "b.ftl", EN),
    ]);
    assert_eq!(
        found.unwrap_err(),
        [
            "ftl/en/b.ftl: zh-CN has no such file",
            "ftl/en/a.ftl: the file is missing",
        ]
    );
}

#[test]
fn a_translation_that_does_not_say_whether_it_was_read_fails_the_build() {
    let en = EN.replace("# reviewed = true\n\n", "");
    let problem =
        "ftl/en/a.ftl: the first line must be `# reviewed = true` or `# reviewed = false`";
    assert_refused(read(ZH, MN, &en), problem);
}

#[test]
fn a_typing_error_is_reported_with_its_line_and_not_dropped_in_silence() {
    let zh = format!("{ZH}grade-b 一般\n");
    let problems = read(&zh, MN, EN).unwrap_err();
    assert!(
        problems[0].starts_with("ftl/zh-CN/a.ftl:3: "),
        "{problems:?}"
    );
}

#[test]
fn a_key_that_stands_twice_fails_the_build() {
    let zh = format!("{ZH}grade-a = 良好\n");
    assert_refused(
        read(&zh, MN, EN),
        "ftl/zh-CN/a.ftl: grade-a stands in this file twice",
    );
}

#[test]
fn an_error_with_figures_needs_its_form_without_them() {
    let with = |text: &str| format!("{text}error-range = {{ $max }}\n");
    let problem = ".plain belongs to every error with variables, and to nothing else";
    let problem = format!("ftl/zh-CN/a.ftl: error-range {problem}");
    assert_refused(read(&with(ZH), &with(MN), &with(EN)), &problem);
    let whole = |text: &str| format!("{}    .plain = x\n", with(text));
    assert!(read(&whole(ZH), &whole(MN), &whole(EN)).is_ok());
    let lost = read(&whole(ZH), &whole(MN), &with(EN)).unwrap_err();
    assert!(
        lost.iter()
            .any(|p| p.ends_with("lacks its form without variables, `.plain`"))
    );
}

#[test]
fn more_of_fluent_than_a_translator_knows_fails_the_build() {
    for text in [
        "{ NUMBER($count) }",
        "{ grade-a }",
        "{ $count ->\n   *[other] x\n }",
        "{ -term }",
    ] {
        let zh = ZH.replace("{ $count } 份", text);
        let problem =
            "ftl/zh-CN/a.ftl: sync-count uses more of Fluent than words and { $variable }";
        let problems = read(&zh, MN, EN).unwrap_err();
        assert!(
            problems.iter().any(|p| p == problem),
            "{text}: {problems:?}"
        );
    }
}
