//! The list of a gacha: found, told apart, and where each stands.

use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{PullItem, SubjectItem};

use crate::officer::Officer;

#[test]
fn a_household_is_found_by_name_dots_code_and_the_end_of_its_numbers() {
    let officer = Officer::at_work(3);
    officer.identify(2, "乌云·达来", "139 0000 4321");
    officer.identify(3, "巴图", "13900001111");
    let finds = |search: &str| {
        let coded: String = search.bytes().map(|b| format!("%{b:02X}")).collect();
        let page = officer.get(&format!("/?q={coded}"));
        (1..=3_u32)
            .filter(|n| page.contains(&format!("/visit/hh-{n}\"")))
            .collect::<Vec<_>>()
    };
    assert_eq!(finds("乌云•达来"), [2]);
    assert_eq!(
        finds("４３２１"),
        [2],
        "the end of a phone number, full-width"
    );
    assert_eq!(finds("1111"), [3]);
    assert_eq!(finds("002X"), [2, 3], "the end of an ID number");
    assert_eq!(finds("001"), [1], "a household code");
    assert_eq!(finds("没有这个人"), Vec::<u32>::new());
}

#[test]
fn sec_t30_a_name_cannot_become_markup_on_a_page_of_the_app() {
    let officer = Officer::at_work(1);
    officer.identify(1, "<script>alert(1)</script>", "");
    for page in [
        "/",
        "/visit/hh-1",
        "/visit/hh-1/people",
        "/visit/hh-1/consent",
    ] {
        let html = officer.get(page);
        assert!(html.contains("&lt;script&gt;alert"), "{page}");
        assert!(!html.contains("<script>alert"), "{page}");
    }
}

#[test]
fn the_progress_counts_each_household_once_where_it_stands() {
    let officer = Officer::at_work(4);
    officer.fill(1, "household.members", "4");
    // Who lives there is known and not sent yet: the visit is still to come.
    officer.identify(2, "示例", "");
    let page = officer.get("/");
    assert!(
        page.contains("草稿</span> 1") && page.contains("待入户</span> 3"),
        "{page}"
    );
}

#[test]
fn before_the_first_download_the_page_says_what_to_do() {
    let officer = Officer::with_a_new_device(0);
    officer.enrol();
    officer.wait();
    assert!(officer.get("/").contains("本机还没有农牧户"));
}

#[test]
fn a_household_of_another_gacha_is_found_and_the_search_here_says_that_it_is_there() {
    let officer = Officer::at_work(2);
    let other = SubjectItem {
        subject: "hh-9".parse().unwrap(),
        kind: SubjectKind::Household,
        division: "150623200202".parse().unwrap(),
        local_code: "777".into(),
    };
    officer
        .server
        .list("150623200202", &PullItem::Subject(other));
    officer.post("/sync", &[]);
    officer.wait();
    let here = officer.get("/?gacha=150623200201&q=777");
    assert!(!here.contains("/visit/hh-9\""), "{here}");
    let there = "/?gacha=150623200201&amp;in=all&amp;order=code&amp;page=1&amp;q=777";
    assert!(
        here.contains("其他嘎查找到") && here.contains(there),
        "{here}"
    );
    let everywhere = officer.get(&there.replace("&amp;", "&"));
    assert!(everywhere.contains("/visit/hh-9\"") && everywhere.contains("150623200202"));
    assert!(
        everywhere.contains("<option value=\"all\" selected>"),
        "{everywhere}"
    );
    let nobody = officer.get("/?gacha=150623200201&q=888");
    assert!(!nobody.contains("其他嘎查找到"), "{nobody}");
}

#[test]
fn a_gacha_is_called_by_its_name_and_by_its_new_one_after_the_next_contact() {
    let officer = Officer::at_work(1);
    assert!(
        !officer.get("/").contains("class=\"gachas\""),
        "no name yet"
    );
    let call = |name: &str| {
        officer.server.call("150623200201", name, Some("ᠬᠠᠷ᠎ᠠ ᠤᠰᠤ"));
        officer.post("/sync", &[]);
        officer.wait();
        officer.get("/")
    };
    let page = call("示例嘎查");
    assert!(
        page.contains(">示例嘎查<br><small>150623200201 · 1</small>"),
        "{page}"
    );
    assert!(officer.get("/register").contains(">示例嘎查</option>"));
    let renamed = call("示例新嘎查");
    assert!(renamed.contains("示例新嘎查") && !renamed.contains("示例嘎查<"));
    officer.post("/language", &[("lang", "mn-Mong"), ("at", "/")]);
    assert!(officer.get("/").contains("ᠬᠠᠷ᠎ᠠ ᠤᠰᠤ<br>"));
}
