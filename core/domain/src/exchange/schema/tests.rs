use super::*;
use crate::register::RegisterContent;
use std::collections::BTreeSet;

#[test]
fn the_schema_of_this_program_is_sound() {
    let schema = Schema::builtin();
    assert!(schema.tables.len() > 20);
    for table in &schema.tables {
        assert!(
            !table.columns.is_empty() && !table.order.is_empty(),
            "{}",
            table.key
        );
        let titles: BTreeSet<_> = table.columns.iter().map(|c| c.zh.as_str()).collect();
        assert_eq!(
            titles.len(),
            table.columns.len(),
            "two heads are the same in {}",
            table.key
        );
        for column in table.columns.iter().filter(|c| c.has_persons) {
            let can_be_empty = column.is_optional || column.kind == CellKind::Text;
            assert!(
                can_be_empty,
                "{}.{} cannot be left empty",
                table.key, column.key
            );
        }
    }
}

/// The words of the enum, out of the message for a word that it does not have.
fn register_words() -> BTreeSet<String> {
    let error = serde_json::from_str::<RegisterContent>("{\"register\":\"?\",\"row\":null}")
        .unwrap_err()
        .to_string();
    let (_, list) = error
        .split_once("expected one of ")
        .expect("the message lists the words");
    list.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_register_is_left_out_of_the_dictionary_or_invented() {
    let described: BTreeSet<_> = Schema::builtin()
        .registers
        .iter()
        .map(|r| r.word.clone())
        .collect();
    assert_eq!(
        described,
        register_words(),
        "add a [[register]] to fixtures/exchange/special-topic.toml"
    );
}

#[test]
fn every_item_that_does_not_repeat_is_a_column_of_the_profile() {
    let table = Schema::builtin().table("profile").unwrap();
    for item in Catalogue::builtin().items() {
        let is_there = table.place(&item.path).is_some();
        assert_eq!(is_there, item.repeats_in().is_none(), "{}", item.path);
    }
}

#[test]
fn a_forbidden_field_cannot_become_a_column() {
    let from = "{ key = \"phone\", zh";
    assert!(BUILTIN.contains(from));
    let text = BUILTIN.replacen(from, "{ key = \"ethnicity\", zh", 1);
    let error = Schema::parse("s.toml", &text).unwrap_err();
    assert_eq!(error.code, PackErrorCode::ForbiddenField);
    assert!(error.line > 1 && error.key.starts_with("table["), "{error}");
}

/// The words of the code list of a column.
fn list(table: &str, column: &str) -> BTreeSet<String> {
    let table = Schema::builtin().table(table).unwrap();
    let column = &table.columns[table.place(column).unwrap()];
    column.codes.iter().map(|(word, _)| word.clone()).collect()
}

fn words<T: ToString>(all: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    all.into_iter().map(|value| value.to_string()).collect()
}

#[test]
fn a_word_of_the_program_that_a_code_list_lacks_stops_the_build_not_the_export() {
    use crate::assess::Step;
    use crate::case::{CaseState, Role, TitleState};
    use crate::division::DivisionKind;
    use crate::register::CreditClass;
    use crate::title::{GateState, TitleLevel};
    assert_eq!(list("role_grant", "role"), words(Role::ALL));
    assert_eq!(list("rating", "status"), words(CaseState::ALL));
    assert_eq!(list("title", "state"), words(TitleState::ALL));
    assert_eq!(list("indicator", "step"), words(Step::ALL));
    assert_eq!(list("title_gate", "state"), words(GateState::ALL));
    assert_eq!(list("credit_record", "class"), words(CreditClass::ALL));
    let mut levels = words(TitleLevel::ALL);
    levels.insert("none".into());
    assert_eq!(list("title", "level"), levels);
    let error = serde_json::from_str::<DivisionKind>("\"?\"")
        .unwrap_err()
        .to_string();
    let (_, kinds) = error.split_once("expected one of ").unwrap();
    let kinds = kinds
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(list("division", "kind"), kinds);
}

/// The schema with one text in the place of another.
fn with(from: &str, to: &str) -> PackError {
    assert!(BUILTIN.contains(from), "{from}");
    Schema::parse("s.toml", &BUILTIN.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn sec_t42_a_term_that_no_job_keeps_is_not_read() {
    let year = "ends = { by = \"year\", key = [\"case_id\"] }";
    assert_eq!(with(year, "").code, PackErrorCode::MissingKey);
    let unknown = with(year, "ends = { by = \"somehow\" }");
    assert_eq!(unknown.code, PackErrorCode::UnknownName, "{unknown}");
    let unfound = with(year, "ends = { by = \"year\", key = [\"receipt\"] }");
    assert_eq!(unfound.code, PackErrorCode::MissingKey, "{unfound}");
    let endless = with(
        "after = [\"closes_on\"], years = 5",
        "after = [\"closes_on\"]",
    );
    assert_eq!(endless.code, PackErrorCode::MissingKey, "{endless}");
    let stray = with("after = [\"closes_on\"]", "after = [\"closed_some_day\"]");
    assert_eq!(stray.code, PackErrorCode::UnknownName, "{stray}");
    let kept = "ends = { by = \"subject\" }";
    assert_eq!(
        with(kept, "ends = { by = \"never\" }").code,
        PackErrorCode::BadValue,
        "persons are not kept for ever"
    );
}

#[test]
fn what_is_never_deleted_says_so_and_nothing_else_does() {
    let schema = Schema::builtin();
    let tables = schema.tables.iter();
    let tables = tables.filter_map(|t| Some((&t.key, &t.kept, t.ends.as_ref()?)));
    let left_out = schema.left_out.iter().map(|t| (&t.table, &t.kept, &t.ends));
    let registers = schema.registers.iter().map(|r| (&r.word, &r.kept, &r.ends));
    for (name, kept, ends) in tables.chain(left_out).chain(registers) {
        let is_never = ends.by == EndsBy::Never;
        assert_eq!(kept.starts_with("长期"), is_never, "{name}: {kept}");
        if ends.by == EndsBy::Rows {
            let years = format!("{}年", ends.years);
            assert!(kept.contains(&years), "{name}: {kept}");
        }
    }
}
