//! The list of a gacha: found, told apart, and where each stands.

use itgel_domain::subject::SubjectKind;
use itgel_domain::sync::pull::{PullItem, SubjectItem};

use crate::officer::{DRAWN, Officer, words};

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

/// Visits a household at a place that it agreed to give.
fn visit_at(officer: &Officer, n: u32, latitude: &str) {
    officer.draft_h01(n);
    officer.agree(n, &["income", "insurance", "real_estate", "location"]);
    officer.fill(n, "visit.latitude_mdeg", latitude);
    officer.fill(n, "visit.longitude_mdeg", "116");
    let form = [("by", "drawing"), ("signature", DRAWN)];
    let slip = words(&officer.post(&format!("/visit/hh-{n}/seal"), &form));
    assert!(slip.contains("短码"), "{slip}");
}

fn order_of(page: &str) -> Vec<String> {
    let rows = page.split("href=\"/visit/").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned())
        .collect()
}

#[test]
fn by_distance_the_nearest_comes_first_and_who_has_no_place_last() {
    let officer = Officer::at_work(3);
    visit_at(&officer, 1, "44");
    visit_at(&officer, 3, "43.901");
    let asks = officer.get("/?order=distance");
    assert!(asks.contains("data-here=\"reload\""), "{asks}");
    let here = [("lat", "43900"), ("lon", "116000")];
    officer.post("/api/here", &here);
    let page = officer.get("/?order=distance");
    assert_eq!(order_of(&page), ["hh-3", "hh-1", "hh-2"], "{page}");
    for told in ["200 米以内", "约 11.1 公里", "位置未知"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("data-here"));
    let oldest = officer.get("/?order=visit");
    assert_eq!(order_of(&oldest), ["hh-2", "hh-1", "hh-3"], "{oldest}");
    assert!(oldest.contains("没有入户过"));
    officer.stay(10 * 60_000);
    let later = officer.get("/?order=distance");
    assert!(
        later.contains("data-here=\"reload\""),
        "who drove is elsewhere"
    );
    let nowhere = officer.post("/api/here", &[("lat", "91000"), ("lon", "0")]);
    assert_eq!(nowhere.status, 422);
}

#[test]
fn a_place_that_nobody_agrees_to_any_more_puts_no_household_in_order() {
    let officer = Officer::at_work(1);
    officer.draft_h01(1);
    officer.fill(1, "visit.latitude_mdeg", "43.9");
    officer.fill(1, "visit.longitude_mdeg", "116");
    officer.post("/api/here", &[("lat", "43900"), ("lon", "116000")]);
    let page = officer.get("/?order=distance");
    assert!(page.contains("位置未知"), "a draft is no place: {page}");
}

#[test]
fn a_household_that_stands_where_a_new_one_is_registered_is_shown_before_it() {
    let officer = Officer::at_work(2);
    visit_at(&officer, 1, "43.902");
    let form = [
        ("gacha", "150623200201"),
        ("code", "B9"),
        ("head:name", "示例新户"),
    ];
    officer.post("/api/here", &[("lat", "43900"), ("lon", "116000")]);
    let warned = words(&officer.post("/register", &form));
    assert!(
        warned.contains("位置很近") && warned.contains("/visit/hh-1\""),
        "{warned}"
    );
    assert!(!warned.contains("/visit/hh-2\""));
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
