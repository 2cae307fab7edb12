//! Registering a household that is on no list, and the warning before it.

use crate::officer::{Officer, words};
use crate::server::GACHA;
use crate::world::ID_NUMBER;

fn register(officer: &Officer, extra: &[(&str, &str)]) -> itgel_field::Answered {
    let mut form = vec![("gacha", GACHA), ("go", "next")];
    form.extend(extra);
    officer.post("/register", &form)
}

/// The address of the household that a page shows.
fn household(answered: &itgel_field::Answered) -> String {
    let at = answered.location.clone().unwrap_or_default();
    assert!(at.starts_with("/visit/"), "{at}: {}", words(answered));
    at
}

#[test]
fn a_household_on_no_list_is_registered_visited_and_arrives_with_its_people() {
    let officer = Officer::at_work(2);
    assert!(
        officer
            .get("/")
            .contains(&format!("/register?gacha={GACHA}"))
    );
    let at = household(&register(
        &officer,
        &[
            ("code", "１０９"),
            ("head:name", "示例·朝鲁"),
            ("head:id", "11010519491231002x"),
        ],
    ));
    let list = officer.get("/?q=109");
    assert!(list.contains(&at) && list.contains("示例·朝鲁"), "{list}");
    officer.fill_at(&at, "household.members", "4");
    assert!(
        officer
            .get(&format!("{at}/section/household"))
            .contains("value=\"4\"")
    );
    officer.post("/sync", &[]);
    officer.wait();
    let kept = officer.server.kept();
    let record = kept.identities.last().unwrap();
    let registration = record.registration.as_ref().unwrap();
    assert_eq!(at, format!("/visit/{}", record.subject));
    assert_eq!(registration.local_code, "109");
    assert_eq!(
        (registration.unlike.len(), registration.reason.as_str()),
        (0, "")
    );
}

#[test]
fn a_household_that_is_known_is_not_registered_again_unawares() {
    let officer = Officer::at_work(3);
    officer.identify(2, "乌云·达来", "139 0000 4321");
    let same_name = register(&officer, &[("code", "200"), ("head:name", "乌云•达来")]);
    let page = words(&same_name);
    assert!(
        page.contains("姓名相同") && page.contains("href=\"/visit/hh-2\""),
        "{page}"
    );
    assert!(!page.contains(ID_NUMBER), "the number is never shown whole");
    assert!(
        page.contains("value=\"乌云•达来\""),
        "what was written stays"
    );
    for (part, written, why) in [
        ("head:id", ID_NUMBER, "身份证号码相同"),
        ("head:phone", "１３９００００４３２１", "电话相同"),
        ("spouse:name", "包乌云达来", "姓名相近"),
    ] {
        let form = [("code", "200"), ("head:name", "示例"), (part, written)];
        let page = words(&register(&officer, &form));
        assert!(
            page.contains(why) && page.contains("/visit/hh-2"),
            "{why}: {page}"
        );
    }
    let door = words(&register(
        &officer,
        &[("code", "３"), ("head:name", "示例")],
    ));
    assert!(
        door.contains("户编号相同") && door.contains("/visit/hh-3"),
        "{door}"
    );
    assert!(
        !officer.get("/?q=200").contains("/visit/"),
        "nothing was registered"
    );
}

#[test]
fn another_household_that_looks_alike_needs_the_reason_and_keeps_it() {
    let officer = Officer::at_work(2);
    officer.identify(2, "巴图", "");
    let form = [("code", "200"), ("head:name", "巴图"), ("unlike", "hh-2")];
    let silent = words(&register(&officer, &form));
    assert!(
        silent.contains("name=\"reason\"") && silent.contains("field wrong"),
        "{silent}"
    );
    let unseen = [("code", "200"), ("head:name", "巴图"), ("reason", "同名")];
    assert!(
        words(&register(&officer, &unseen)).contains("姓名相同"),
        "it was not looked at"
    );
    let mut form = form.to_vec();
    form.push(("reason", "同名不同人，两家都见过（示例）"));
    household(&register(&officer, &form));
    officer.post("/sync", &[]);
    officer.wait();
    let kept = officer.server.kept();
    let registration = kept
        .identities
        .last()
        .unwrap()
        .registration
        .clone()
        .unwrap();
    assert_eq!(registration.unlike, ["hh-2".parse().unwrap()]);
    assert_eq!(registration.reason, "同名不同人，两家都见过（示例）");
}

#[test]
fn what_cannot_be_registered_is_told_at_its_field_and_stays_there() {
    let officer = Officer::at_work(1);
    let at = |page: &str, field: &str| {
        let start = page.find(&format!("id=\"{field}\"")).unwrap();
        page[start..].split("</div>").next().unwrap().to_owned()
    };
    let long = "示".repeat(121);
    for (part, written, field, why) in [
        (
            "head:id",
            "４４０５２４８００１０１００１",
            "head-id",
            "15 位旧号码",
        ),
        ("head:id", "110105194912310021", "head-id", "身份证号码有误"),
        ("head:name", "示例🐎", "head-name", "不能登记的字符"),
        ("head:name", &long, "head-name", "1 到 120"),
    ] {
        let mut form = vec![("code", "200"), (part, written)];
        if part != "head:name" {
            form.push(("head:name", "示例"));
        }
        let page = words(&register(&officer, &form));
        assert!(at(&page, field).contains(why), "{why}: {page}");
    }
    let nameless = words(&register(&officer, &[("code", " ")]));
    assert!(
        at(&nameless, "code").contains("role=\"alert\""),
        "{nameless}"
    );
    assert!(
        at(&nameless, "head-name").contains("role=\"alert\""),
        "{nameless}"
    );
    let sixty = "阿".repeat(60);
    household(&register(
        &officer,
        &[("code", "200"), ("head:name", &sixty)],
    ));
}
