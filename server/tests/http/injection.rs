//! Texts that want to be SQL, a path or another header, in every place of every address that can be
//! read (T38).

use std::collections::BTreeMap;

use itgel_server::ServiceError;

use crate::field;
use crate::interface::addresses;
use crate::world::{LENDER, World};

/// What a database, a file system or a line of HTTP could take for its own.
const TEXTS: [&str; 16] = [
    "' or '1'='1",
    "\" or \"\"=\"",
    "x' union select name from sqlite_schema --",
    "1; drop table envelope; --",
    "'); delete from audit; --",
    "%' escape '\\",
    "_%",
    "0x27",
    "../../../../etc/passwd",
    "..\\..\\keys.toml",
    "....//....//itgel.db",
    "/etc/passwd\u{0}.json",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "x\r\nlocation: http://127.0.0.2/",
    "${jndi:ldap://127.0.0.1/x}",
];

/// A word that is nobody's.
const HARMLESS: &str = "zzzz";

/// What a list can be asked for.
const PARAMETERS: [&str; 8] = [
    "cursor", "search", "name", "cycle", "division", "subject", "kind", "language",
];

/// An address with the text in each of its places and behind each parameter.
fn with(address: &str, text: &str) -> String {
    let coded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut path = String::new();
    for (n, part) in address.split('{').enumerate() {
        match part.split_once('}') {
            Some((_, rest)) if n > 0 => path.extend([&coded, rest]),
            _ => path.push_str(part),
        }
    }
    let asked = PARAMETERS.map(|name| format!("{name}={coded}"));
    format!("{path}?{}", asked.join("&"))
}

/// How many rows each table has.
fn rows(world: &World) -> BTreeMap<String, i64> {
    let counted = world.service.store.read(|c| {
        let sql = "select name from sqlite_schema where type = 'table'";
        let mut names = c.prepare(sql)?;
        let names = names.query_map([], |row| row.get::<_, String>(0))?;
        let count = |name: String| {
            let sql = format!("select count(*) from {name}");
            let count = c.query_row(&sql, [], |row| row.get(0))?;
            Ok::<_, ServiceError>((name, count))
        };
        names.map(|name| count(name?)).collect()
    });
    counted.unwrap()
}

#[test]
fn sec_t38_no_text_in_an_address_becomes_sql_a_path_or_a_header() {
    let mut world = World::prepared();
    let rated = field::rated(&world);
    world.start();
    let tokens = [
        world.sign_in(&world.seat("administrator", 0x32)),
        world.sign_in(&world.seat("reviewer", 0x34)),
        world.sign_in(&rated.pen.seat),
        world.lender_token(LENDER),
    ];
    let addresses = addresses();
    let read = addresses.iter().filter_map(|a| a.strip_prefix("GET "));
    // What says that the server is ready writes down when it last could write.
    world.get("/health/ready", None);
    let before = rows(&world);
    let mut texts = TEXTS.iter().cycle();
    let mut asked = 0;
    for (address, token) in read.flat_map(|a| tokens.iter().map(move |token| (a, token))) {
        let harmless = world.get(&with(address, HARMLESS), Some(token));
        assert!(harmless.status < 500, "{address}: {}", harmless.status);
        // The longest that there is to say: a list from its start.
        let whole = world.get(&with(address, ""), Some(token)).bytes.len();
        // Each text comes to each address from one of the four.
        for text in texts.by_ref().take(TEXTS.len() / tokens.len()) {
            let answer = world.get(&with(address, text), Some(token));
            asked += 1;
            assert!(answer.status < 500, "{address} {text}: {}", answer.status);
            let is_said = answer.status < 400;
            assert!(
                !is_said || harmless.status < 400,
                "{address} answers {text}"
            );
            let most = whole.max(harmless.bytes.len()) + 256;
            assert!(
                !is_said || answer.bytes.len() <= most,
                "{address} says more to {text}: {}",
                String::from_utf8_lossy(&answer.bytes)
            );
            assert_eq!(answer.header("location"), "", "{address} {text}");
        }
    }
    assert!(asked > 500, "{asked}");
    let mut after = rows(&world);
    // Looks are on record, and nothing else is.
    for grows in ["audit", "log_leaf", "log_row", "log_end"] {
        let count = after.insert(grows.into(), before.get(grows).copied().unwrap_or(0));
        assert!(count >= before.get(grows).copied(), "{grows} lost rows");
    }
    after.retain(|name, _| before.contains_key(name));
    assert_eq!(after, before);
}
