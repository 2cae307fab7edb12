use std::collections::BTreeSet;

use super::*;
use crate::item::{Evidence, State, Value};
use crate::pack::{Indicator, StockClass, shipped};

fn path(text: &str) -> ItemPath {
    text.parse().unwrap()
}

fn observed(item: &str, state: State) -> Observation {
    let observed_on = "2026-10-01".parse().unwrap();
    Observation {
        item: path(item),
        state,
        evidence: Evidence::B,
        observed_on,
    }
}

fn int(item: &str, n: i64) -> Observation {
    observed(item, State::Known(Value::Int(n)))
}

fn item(name: &str) -> &'static Item {
    Catalogue::builtin().named(name).unwrap()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let observations = [
        int("herd.sheep", -1),
        int("herd.yak", 3),
        int("household.members", 2),
        int("household.working_members", 3),
        int("production.born", 10),
        int("production.alive", 11),
        observed(
            "household.producer",
            State::Known(Value::Text("nomad".into())),
        ),
        observed("facility.own_well", State::Known(Value::Int(2))),
        observed("herd.goat", State::NotApplicable),
        observed("herd.camel", State::Unknown),
        observed("income.net_fen", State::Refused),
    ];
    let violations = check_all(&observations, SubjectKind::Household);
    let told: Vec<(&str, &ViolationCode)> = violations
        .iter()
        .map(|v| (v.item.as_str(), &v.code))
        .collect();
    let options = ["pastoral", "farming", "mixed", "other"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        told,
        [
            (
                "herd.sheep",
                &ViolationCode::OutOfRange {
                    min: 0,
                    max: 100_000
                }
            ),
            ("herd.yak", &ViolationCode::UnknownItem),
            (
                "household.working_members",
                &ViolationCode::Exceeds {
                    other: "household.members".into()
                }
            ),
            (
                "production.alive",
                &ViolationCode::Exceeds {
                    other: "production.born".into()
                }
            ),
            ("household.producer", &ViolationCode::NotAChoice { options }),
            (
                "facility.own_well",
                &ViolationCode::WrongKind {
                    expected: "flag".into()
                }
            ),
            ("herd.goat", &ViolationCode::AlwaysApplies),
        ]
    );
}

#[test]
fn an_item_of_households_is_not_asked_of_a_village() {
    let violations = check_all(&[int("herd.sheep", 1)], SubjectKind::Village);
    let subject = SubjectKind::Village;
    assert_eq!(violations[0].code, ViolationCode::NotForSubject { subject });
}

#[test]
fn a_limit_between_keyed_items_stays_within_the_key() {
    let observations = [
        int("year/2024/born", 10),
        int("year/2024/alive", 9),
        int("year/2025/born", 5),
        int("year/2025/alive", 6),
    ];
    let violations = check_all(&observations, SubjectKind::Household);
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].item, path("year/2025/alive"));
}

#[test]
fn amounts_are_taken_in_the_units_that_people_use() {
    let area = item("plot/*/area_mu");
    assert_eq!(area.from_unit("733.4", "公顷"), Ok(Value::Int(11_001)));
    assert_eq!(
        item("income.net_fen").from_unit("14", "万元"),
        Ok(Value::Int(14_000_000))
    );
    assert!(matches!(
        area.from_unit("3", "kg"),
        Err(ViolationCode::WrongUnit { .. })
    ));
    assert_eq!(
        area.from_unit("0.5", "mu"),
        Err(ViolationCode::NotWhole { unit: Unit::Mu })
    );
    let flag = item("facility.own_well").from_unit("1", "mu");
    assert_eq!(
        flag,
        Err(ViolationCode::WrongKind {
            expected: "flag".into()
        })
    );
}

#[test]
fn every_class_of_animals_can_be_counted() {
    for class in StockClass::ALL {
        for group in ["herd", "penned"] {
            assert!(
                Catalogue::builtin()
                    .named(&format!("{group}.{class}"))
                    .is_some(),
                "{class}"
            );
        }
    }
}

#[test]
fn no_item_is_asked_that_no_rule_uses() {
    // What the packs do not name: read by conditions, by capacity or by cross-checks.
    let elsewhere = [
        "household.producer",
        "household.operates_in_gacha",
        "household.adult_decision_maker",
        "visit.latitude_mdeg",
        "visit.longitude_mdeg",
        "shared/*/heads",
        "shared/*/own_parts",
        "shared/*/of_parts",
        "shared/*/counted_here",
        "production.bought_heads",
        "production.received_heads",
        "production.died_heads",
        "production.given_heads",
        "pasture.plot_count",
        "plot/*/lease_contract",
        "plot/*/lease_from",
        "plot/*/lease_to",
        "subsidy.balance_fen",
        "subsidy.ban_fen",
        "year/*/disaster",
    ];
    let packs = shipped::rules().packs();
    let named: BTreeSet<&str> = packs
        .iter()
        .flat_map(|p| &p.indicators)
        .flat_map(Indicator::all_items)
        .collect();
    let used = |path: &str| {
        let group = path.split_once('.').map(|(g, _)| format!("{g}.*"));
        named.contains(path) || group.is_some_and(|g| named.contains(g.as_str()))
    };
    let unused: Vec<&str> = Catalogue::builtin()
        .items()
        .map(|i| i.path.as_str())
        .filter(|p| !used(p))
        .collect();
    assert_eq!(unused, elsewhere);
}

#[test]
fn a_forbidden_item_cannot_enter_the_catalogue() {
    let row = "version = 1\n[[item]]\npath = \"head.religion\"\nkind = \"text\"\n";
    let error = Catalogue::parse("items.toml", row).unwrap_err();
    assert_eq!((error.code, error.line), (PackErrorCode::ForbiddenField, 3));
}

#[test]
fn money_and_land_are_locked_until_consent_is_given() {
    for (name, class) in [
        ("income.net_fen", Restricted::Income),
        ("insurance.livestock_milli_su", Restricted::Insurance),
        ("plot/*/area_mu", Restricted::RealEstate),
        ("finance.assets_fen", Restricted::RealEstate),
        ("visit.latitude_mdeg", Restricted::Location),
    ] {
        assert_eq!(item(name).restricted, Some(class), "{name}");
    }
    assert_eq!(item("herd.sheep").restricted, None);
}

#[test]
fn where_somebody_lives_leaves_the_server_blurred() {
    let latitude = item("visit.latitude_mdeg");
    assert_eq!(latitude.exported(&Value::Int(43_987)), Value::Int(43_980));
    let sheep = item("herd.sheep");
    assert_eq!(sheep.exported(&Value::Int(43_987)), Value::Int(43_987));
}

#[test]
fn a_farmer_is_not_asked_for_a_winter_shelter() {
    let asked: BTreeSet<&str> = Catalogue::builtin()
        .asked(SubjectKind::Household, Some(Producer::Farming))
        .map(|i| i.path.as_str())
        .collect();
    assert!(!asked.contains("facility.winter_shelter") && asked.contains("facility.irrigation"));
}
