//! A visit from the first field to the receipt.

use itgel_domain::error::ErrorCode;
use itgel_domain::sync::pull::{PullItem, TaskItem};

use crate::officer::{DRAWN, Officer, PIN, words};
use crate::server::GACHA;
use crate::world::{peer, row};

#[test]
fn a_field_that_was_left_is_there_after_the_program_was_killed() {
    let mut officer = Officer::at_work(1);
    officer.fill(1, "household.members", "４");
    officer.restart();
    officer.unlock();
    let page = officer.get("/visit/hh-1/section/household");
    assert!(
        page.contains("name=\"v:household.members\" value=\"4\""),
        "{page}"
    );
    let overview = officer.get("/visit/hh-1");
    assert!(
        overview.contains("section/household#f-household.members"),
        "resume at the field"
    );
}

#[test]
fn what_is_no_number_is_kept_and_named_at_its_field() {
    let officer = Officer::at_work(1);
    let kept = officer.fill(1, "household.members", "四口");
    assert!(kept.contains("\"error\":\""), "{kept}");
    let out_of_range = officer.fill(1, "household.working_members", "400");
    assert!(out_of_range.contains("0 到 40"), "{out_of_range}");
    let page = officer.get("/visit/hh-1/section/household");
    assert!(
        page.contains("value=\"四口\"") && page.contains("field core wrong"),
        "{page}"
    );
    let seal = officer.get("/visit/hh-1/seal");
    assert!(
        seal.contains("section/household#f-household.members"),
        "{seal}"
    );
}

#[test]
fn another_unit_is_kept_exactly_and_told() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例", "");
    officer.agree(1, &["real_estate"]);
    let item = "plot/p1/area_mu";
    let form = [
        ("item", item),
        ("v:plot/p1/area_mu", "733.4"),
        ("u:plot/p1/area_mu", "ha"),
    ];
    let kept = words(&officer.post("/visit/hh-1/field", &form));
    assert!(kept.contains("11001 亩"), "{kept}");
}

#[test]
fn restricted_fields_are_locked_until_their_class_is_ticked() {
    let officer = Officer::at_work(1);
    let income = "name=\"v:income.net_fen\"";
    assert!(!officer.get("/visit/hh-1/section/income").contains(income));
    officer.identify(1, "示例", "");
    let page = officer.get("/visit/hh-1/consent");
    assert!(!page.contains("type=\"checkbox\" name=\"class\" value=\"income\" checked"));
    officer.agree(1, &["income"]);
    assert!(officer.get("/visit/hh-1/section/income").contains(income));
    let finance = officer.get("/visit/hh-1/section/finance");
    assert!(
        !finance.contains("name=\"v:finance.assets_fen\""),
        "another class stays locked"
    );
}

#[test]
fn a_consent_without_a_signature_is_refused_and_its_ticks_stay() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例", "");
    let form = [
        ("person", "head"),
        ("purpose", "credit_rating"),
        ("class", "income"),
        ("go", "next"),
    ];
    let refused = words(&officer.post("/visit/hh-1/consent", &form));
    assert!(refused.contains("还没有签名"));
    assert!(refused.contains("value=\"income\" checked"), "{refused}");
}

#[test]
fn changing_the_language_in_the_middle_of_a_form_loses_no_input() {
    let officer = Officer::at_work(1);
    let form = [
        ("s:household.members", "known"),
        ("v:household.members", "5"),
        ("lang", "mn-Mong"),
    ];
    let page = words(&officer.post("/visit/hh-1/section/household", &form));
    assert!(page.contains("<html lang=\"mn-Mong\">") && page.contains("value=\"5\""));
    let people = [("head:name", "示例"), ("lang", "en")];
    let page = words(&officer.post("/visit/hh-1/people", &people));
    assert!(page.contains("<html lang=\"en\">") && page.contains("value=\"示例\""));
    let unsaved = officer.get("/visit/hh-1/people");
    assert!(
        !unsaved.contains("value=\"示例\""),
        "a language button writes nobody into the chain"
    );
}

#[test]
fn the_grade_at_the_door_is_a_range_that_says_what_is_missing() {
    let officer = Officer::at_work(1);
    officer.draft_h01(1);
    let page = officer.get("/visit/hh-1/grade");
    assert!(
        page.contains("暂定") && page.contains("还缺：民主评议"),
        "{page}"
    );
    assert!(page.contains("90.00 至 98.00"), "{page}");
    let peers = PullItem::Register(row(
        1,
        itgel_domain::register::RegisterContent::Peer(peer()),
    ));
    officer.server.list(GACHA, &peers);
    officer.post("/sync", &[]);
    officer.wait();
    let page = officer.get("/visit/hh-1/grade");
    assert!(
        page.contains("97.00") && !page.contains("还缺：民主评议"),
        "{page}"
    );
}

#[test]
fn a_visit_sealed_by_two_officers_arrives_and_only_the_receipt_is_green() {
    let officer = Officer::at_work(1);
    // The second officer of the device; then the first one works.
    officer.enrol();
    officer.wait();
    officer.post("/lock", &[]);
    officer.unlock();
    officer.draft_h01(1);
    let seal = officer.get("/visit/hh-1/seal");
    assert!(seal.contains("资料齐全"), "{seal}");
    let second = words(&officer.post("/visit/hh-1/sign", &[]));
    let folder = second.split("name=\"officer\" value=\"").nth(1).unwrap();
    let folder = folder.split('"').next().unwrap();
    let refused = officer.post(
        "/visit/hh-1/seal",
        &[("by", "officer"), ("officer", folder), ("pin", "999999")],
    );
    assert!(words(&refused).contains("还可以试 9 次"));
    let slip = officer.post(
        "/visit/hh-1/seal",
        &[("by", "officer"), ("officer", folder), ("pin", PIN)],
    );
    let slip = words(&slip);
    assert!(slip.contains("短码"), "{slip}");
    // What is saved is what is printed.
    let saved = slip.split("charset=utf-8;base64,").nth(1).unwrap();
    let saved = saved.split('"').next().unwrap();
    let saved = data_encoding::BASE64.decode(saved.as_bytes()).unwrap();
    let saved = String::from_utf8(saved).unwrap();
    let end = slip.find("</section>").unwrap();
    let printed = &slip[slip.find("<section class=\"slip\">").unwrap()..end];
    assert!(saved.contains(printed), "{saved}");
    assert!(
        !saved.contains("src=") && !saved.contains("href="),
        "self-contained"
    );
    let records = officer.get("/visit/hh-1/records");
    assert!(
        records.contains("等待同步") && !records.contains("badge received"),
        "{records}"
    );
    officer.post("/sync", &[]);
    officer.wait();
    let records = officer.get("/visit/hh-1/records");
    assert!(
        records.contains("badge received") && !records.contains("badge waiting"),
        "{records}"
    );
    assert!(officer.get("/").contains("已收到</span> 1"));
}

#[test]
fn a_drawn_signature_seals_too_and_an_empty_box_does_not() {
    let officer = Officer::at_work(1);
    officer.draft_h01(1);
    officer.post("/visit/hh-1/sign", &[]);
    let empty = words(&officer.post("/visit/hh-1/seal", &[("by", "drawing"), ("signature", "")]));
    assert!(empty.contains("还没有签名"));
    let slip = words(&officer.post(
        "/visit/hh-1/seal",
        &[("by", "drawing"), ("signature", DRAWN)],
    ));
    assert!(slip.contains("短码"), "{slip}");
    let again = officer.get("/visit/hh-1/seal");
    assert!(
        !again.contains("/visit/hh-1/sign\""),
        "nothing is left to seal"
    );
}

#[test]
fn what_was_sealed_changes_only_as_a_correction_with_its_reason() {
    let officer = Officer::at_work(1);
    officer.draft_h01(1);
    officer.post(
        "/visit/hh-1/seal",
        &[("by", "drawing"), ("signature", DRAWN)],
    );
    let page = officer.get("/visit/hh-1/section/household");
    assert!(
        page.contains("已封存：") && page.contains("name=\"r:household.members\""),
        "{page}"
    );
    officer.fill(1, "household.members", "6");
    let seal = officer.get("/visit/hh-1/seal");
    assert!(seal.contains("封存前要处理的"), "no reason yet: {seal}");
    let form = [
        ("item", "household.members"),
        ("v:household.members", "6"),
        ("r:household.members", "漏记一人（示例）"),
    ];
    officer.post("/visit/hh-1/field", &form);
    assert!(officer.get("/visit/hh-1/seal").contains("资料齐全"));
}

#[test]
fn a_photo_that_is_none_is_refused_and_a_real_one_waits_to_be_sent() {
    let officer = Officer::at_work(1);
    let refused = officer.post(
        "/visit/hh-1/photos",
        &[
            ("section", "herd"),
            ("picture", "data:image/png;base64,aGVsbG8="),
        ],
    );
    assert!(words(&refused).contains("role=\"alert\""));
    let kept = officer.post(
        "/visit/hh-1/photos",
        &[("section", "herd"), ("picture", DRAWN)],
    );
    assert!(words(&kept).contains("等待上传"), "{}", words(&kept));
}

#[test]
fn a_signature_stood_among_the_photos() {
    let officer = Officer::at_work(1);
    officer.identify(1, "示例", "13900000001");
    officer.agree(1, &[]);
    let page = officer.get("/visit/hh-1/photos");
    let (photos, signed) = page.split_once("<h2>签名</h2>").unwrap();
    assert!(photos.contains("还没有照片") && !photos.contains("<img"));
    assert!(
        signed.contains("alt=\"签名 ") && signed.contains("等待上传"),
        "{signed}"
    );
    // The same bytes, taken to show something.
    let form = [("section", "herd"), ("picture", DRAWN)];
    let page = words(&officer.post("/visit/hh-1/photos", &form));
    assert!(page.contains("alt=\"照片 ") && !page.contains("<h2>签名</h2>"));
}

#[test]
fn an_address_that_is_none_says_so_and_shows_the_way_back() {
    let officer = Officer::at_work(1);
    for path in ["/visit/nobody", "/visit/hh-1/section/unicorns", "/nothing"] {
        let answered = officer.app.handle("GET", path, b"");
        assert!(
            matches!(answered.status, 404 | 422),
            "{path} {}",
            answered.status
        );
        assert!(words(&answered).contains("href=\"/\""), "{path}");
    }
}

#[test]
fn counts_that_do_not_fit_together_are_told_while_one_writes() {
    let officer = Officer::at_work(1);
    officer.draft_h01(1);
    let quiet = officer.fill(1, "production.born", "0");
    assert!(quiet.contains("\"warnings\":["), "{quiet}");
    let many = "出生数比能繁母畜应有的多";
    assert!(!quiet.contains(many));
    let told = officer.fill(1, "production.born", "9000");
    assert!(told.contains(many), "{told}");
    let page = officer.get("/visit/hh-1/section/herd");
    assert!(page.contains(many) && page.contains("id=\"warnings\" role=\"status\" aria-live"));
    let put_right = officer.fill(1, "production.born", "0");
    assert!(!put_right.contains(many), "{put_right}");
    let page = officer.get("/visit/hh-1/section/household");
    assert!(
        page.contains("aria-live=\"polite\" tabindex=\"0\" hidden"),
        "another section"
    );
}

#[test]
fn a_photo_that_was_taken_is_seen_and_by_nobody_else() {
    let officer = Officer::at_work(2);
    let form = [("section", "herd"), ("picture", DRAWN)];
    let page = words(&officer.post("/visit/hh-1/photos", &form));
    let place = page.split("<img src=\"").nth(1).unwrap();
    let place = place.split('"').next().unwrap().to_owned();
    let shown = officer.app.handle("GET", &place, b"");
    assert_eq!(
        (shown.status, shown.content_type.as_str()),
        (200, "image/png")
    );
    assert!(shown.body.starts_with(b"\x89PNG"));
    let is_kept = |(name, value): &(String, String)| name == "cache-control" && value != "no-store";
    assert!(!shown.headers.iter().any(is_kept), "no cache keeps it");
    let elsewhere = place.replace("hh-1", "hh-2");
    assert_eq!(officer.app.handle("GET", &elsewhere, b"").status, 404);
    officer.post("/lock", &[]);
    let locked = officer.app.handle("GET", &place, b"");
    assert_eq!((locked.status, locked.body.len()), (401, 0));
}

#[test]
fn people_who_are_half_written_outlive_a_kill_and_are_nobody_yet() {
    let mut officer = Officer::at_work(1);
    let half = [("head:name", "示例"), ("head:id", "1101051949")];
    let kept = words(&officer.post("/visit/hh-1/people/draft", &half));
    assert!(kept.contains("\"error\":null"), "{kept}");
    officer.restart();
    officer.unlock();
    let page = officer.get("/visit/hh-1/people");
    assert!(
        page.contains("value=\"示例\"") && page.contains("value=\"1101051949\""),
        "{page}"
    );
    assert!(page.contains("还没有保存"));
    assert!(officer.get("/visit/hh-1").contains("未保存"));
    assert!(!officer.get("/").contains("示例<"), "nobody is known yet");
    officer.identify(1, "示例", "");
    let saved = officer.get("/visit/hh-1/people");
    assert!(!saved.contains("还没有保存") && saved.contains("value=\"示例\""));
    // As it is saved it is no draft.
    let same = [("head:name", "示例"), ("head:id", crate::world::ID_NUMBER)];
    officer.post("/visit/hh-1/people/draft", &same);
    assert!(!officer.get("/visit/hh-1/people").contains("还没有保存"));
}

#[test]
fn a_record_that_the_server_set_aside_opens_where_it_is_put_right() {
    let officer = Officer::at_work(1);
    officer.server.quarantine(&"hh-1".parse().unwrap());
    officer.server.quarantine_for(ErrorCode::ConsentMissing);
    officer.visit(1);
    officer.post("/sync", &[]);
    officer.wait();
    let needs = officer.get("/needs");
    assert!(
        needs.contains("先征得同意"),
        "the reason and the way out: {needs}"
    );
    assert!(needs.contains("href=\"/visit/hh-1/consent\""), "{needs}");
    assert!(
        !needs.contains("href=\"/visit/hh-1\""),
        "in one tap: {needs}"
    );
}

#[test]
fn what_a_reviewer_asks_for_opens_at_its_field() {
    let officer = Officer::at_work(1);
    let task = PullItem::Task(TaskItem {
        subject: "hh-1".parse().unwrap(),
        cycle: "2026".parse().unwrap(),
        item: Some("herd.sheep".parse().unwrap()),
        text: "请重新清点羊（示例）".into(),
        officer: None,
    });
    officer.server.list(GACHA, &task);
    officer.post("/sync", &[]);
    officer.wait();
    let needs = officer.get("/needs");
    assert!(
        needs.contains("请重新清点羊（示例）")
            && needs.contains("/visit/hh-1/section/herd#f-herd.sheep"),
        "{needs}"
    );
}
