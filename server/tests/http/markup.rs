//! Three hundred texts that want to be markup, in every text that ends on a page which the server
//! renders (T30): the own file, the board, the letters after a lost device.

use itgel_domain::division::{Division, DivisionKind};
use itgel_domain::file::entry::{Entry, Note};
use itgel_server::{html, registers};
use serde_json::json;

use crate::field::{self, Pen};
use crate::world::{Answer, TODAY, World};

/// What runs or loads something once it is markup.
const BODIES: [&str; 15] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<body onload=alert(1)>",
    "<a href=\"javascript:alert(1)\">点击</a>",
    "<details open ontoggle=alert(1)>",
    "<style>*{background:url(//x.example)}</style>",
    "<meta http-equiv=refresh content=\"0;url=//x.example\">",
    "<object data=data:text/html,x></object>",
    "<base href=//x.example/>",
    "<form action=//x.example><input name=q autofocus>",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "<link rel=stylesheet href=//x.example/x.css>",
    "<template><b onclick=alert(1)>示例</b></template>",
];

/// What ends the place in which a text stands, or hides where it begins.
const OPENINGS: [&str; 20] = [
    "",
    "\">",
    "'>",
    "</td>",
    "</th></tr></table>",
    "</title>",
    "</h1>",
    "</style>",
    "-->",
    "<!--",
    "]]>",
    "</p>",
    "</main></body>",
    "\u{202e}",
    "\u{feff}",
    "&lt;",
    "&#60;",
    "\" x=\"",
    "' x='",
    "`",
];

/// What the pages of the server are made of; anything else came out of a text.
const TAGS: [&str; 26] = [
    "!doctype", "html", "head", "meta", "title", "link", "body", "header", "main", "footer", "h1",
    "h2", "h3", "p", "table", "caption", "thead", "tbody", "tr", "th", "td", "section", "ul", "li",
    "span", "div",
];

const ATTRIBUTES: [&str; 10] = [
    "lang", "charset", "name", "content", "rel", "href", "class", "scope", "colspan", "html",
];

fn corpus() -> Vec<String> {
    let with = |opening: &'static str| BODIES.iter().map(move |body| format!("{opening}{body}"));
    OPENINGS.iter().flat_map(|opening| with(opening)).collect()
}

/// The names of the attributes of a tag.
fn attributes(inside: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut quoted = false;
    let mut word = 0;
    for (at, c) in inside.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => {
                names.push(&inside[word..at]);
                word = at + 1;
            }
            _ => {}
        }
    }
    names.push(&inside[word..]);
    let named = names
        .into_iter()
        .skip(1)
        .map(|one| one.split('=').next().unwrap());
    named.filter(|name| !name.is_empty()).collect()
}

/// Every tag is one of the server's own, with the attributes that it writes.
fn assert_own(page: &Answer) -> String {
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    for part in html.split('<').skip(1) {
        let (inside, _) = part.split_once('>').unwrap();
        let inside = inside.strip_prefix('/').unwrap_or(inside);
        let tag = inside.split([' ', '\n']).next().unwrap();
        assert!(TAGS.contains(&tag), "<{inside}>");
        for name in attributes(inside) {
            assert!(ATTRIBUTES.contains(&name), "<{inside}>");
        }
        assert!(!inside.contains("javascript:") && !inside.contains("//x.example"));
    }
    html
}

fn count(html: &str, corpus: &[String]) -> usize {
    let safe = corpus.iter().map(|text| html::escape(text));
    safe.filter(|text| html.contains(text.as_str())).count()
}

/// Names of gachas, one for each text.
fn name_gachas(world: &World, corpus: &[String]) {
    let sumu = world.township().to_string();
    let gachas: Vec<Division> = (0..)
        .zip(corpus)
        .map(|(n, name)| Division {
            code: format!("{sumu}{:03}", 600 + n).parse().unwrap(),
            kind: DivisionKind::Gacha,
            name: name.clone(),
            name_mn: None,
            civil_code: None,
            valid_from: TODAY,
            valid_to: None,
        })
        .collect();
    world
        .service
        .transact("test.gachas", move |service, tx| {
            gachas
                .iter()
                .try_for_each(|gacha| registers::put_division(service, tx, gacha))?;
            let hostile = BODIES[0];
            tx.execute(
                "update officer set name = ?1 where id = 'collector'",
                [hostile],
            )?;
            Ok(())
        })
        .unwrap();
}

/// The household with a hostile name and three hundred hostile notes, visited.
fn visited(world: &World, corpus: &[String]) -> (itgel_fixtures::Household, Pen) {
    let mut household = field::add_household(world, 0);
    for (person, body) in household.identity.people.iter_mut().zip(BODIES) {
        person.full_name = body.to_owned();
    }
    let mut pen = Pen::new(world.seat("collector", 0x11));
    field::visit(world, &mut pen, &household);
    let file = field::file(&household);
    let notes = corpus
        .iter()
        .map(|text| Entry::Note(Note { text: text.clone() }));
    pen.write_entries(world, &file, notes.collect());
    pen.deliver(world);
    (household, pen)
}

#[test]
fn sec_t30_three_hundred_hostile_texts_stay_text_on_every_page() {
    let corpus = corpus();
    assert_eq!(corpus.len(), 300);
    let mut world = World::prepared();
    name_gachas(&world, &corpus);
    let (household, pen) = visited(&world, &corpus);
    world.start();
    let board = assert_own(&world.get("/", None));
    assert_eq!(count(&board, &corpus), 300, "the board");
    let office = world.sign_in(&world.seat("objections", 0x31));
    for text in corpus.iter().step_by(10) {
        let stated = json!({
            "subject": household.subject, "about": "herd.sheep", "words": text,
        });
        let made = world.post("/v1/statements", Some(&office), &stated);
        assert!([201, 422].contains(&made.status), "{}", made.json());
    }
    let asked = json!({
        "subject": household.subject,
        "asking": { "kind": "access", "person": "head", "relation": "self",
            "checked": "id_card", "words": BODIES.join(" ") },
    });
    let taken = world.post("/v1/rights-requests", Some(&office), &asked);
    assert_eq!(taken.status, 201, "{}", taken.json());
    let id = taken.json()["id"].as_str().unwrap().to_owned();
    for language in ["zh-CN", "mn-Mong", "en"] {
        let path = format!("/v1/rights-requests/{id}/self-view/page?language={language}");
        let html = assert_own(&world.get(&path, Some(&office)));
        assert_eq!(count(&html, &corpus), 300, "the own file in {language}");
        assert!(
            html.contains(&html::escape(BODIES[1])),
            "the name of a person"
        );
    }
    let letters = format!("/v1/devices/{}/letters?language=zh-CN", pen.seat.device);
    let printed = assert_own(&world.get(&letters, Some(&office)));
    assert!(
        printed.contains(&html::escape(BODIES[0])),
        "the name in a letter"
    );
    let notice = format!("/v1/notices/household/{}?language=zh-CN", world.banner.code);
    assert_own(&world.get(&notice, None));
}
