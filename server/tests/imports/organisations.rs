//! Generated organisations at the desk where rights are given: whoever would get more than his role
//! may have is stopped there, with the row and the reason, and everybody else gets what was asked.

use std::collections::{BTreeMap, BTreeSet};

use itgel_domain::case::Role;
use itgel_domain::division::Division;
use itgel_domain::id::ImportId;
use itgel_server::{registers, store};
use jiff::civil::date;

use super::world::{BANNER, World, code, csv};

/// Tables, and rows of each.
const TABLES: u64 = 25;
const ROWS: u64 = 40;

/// The townships of the banner, and how many gachas each has.
const TOWNSHIPS: [(&str, u32); 3] = [("150623203", 13), ("150623204", 8), ("150623205", 4)];

/// The words of the table, and the digits of the largest place of each role (`domain.md` D.1).
const ROLES: [(&str, Role, usize); 8] = [
    ("采集员", Role::Collector, 9),
    ("评议员", Role::Evaluator, 9),
    ("嘎查初评组", Role::VillageGroup, 12),
    ("苏木审核员", Role::Reviewer, 6),
    ("旗审定", Role::Approver, 6),
    ("异议专员", Role::ObjectionOfficer, 6),
    ("审计", Role::Auditor, 6),
    ("管理员", Role::Administrator, 6),
];

/// The most gachas of a collector.
const GACHAS: usize = 12;

/// A number below `n`, the same on every machine (splitmix64).
fn below(state: &mut u64, n: u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((z ^ (z >> 31)) % n).unwrap()
}

fn gachas() -> Vec<String> {
    let of = |(township, count): (&str, u32)| -> Vec<String> {
        (1..=count).map(|n| format!("{township}{n:03}")).collect()
    };
    TOWNSHIPS.into_iter().flat_map(of).collect()
}

/// The country of these tests.
fn settle(world: &World) {
    let mut places: Vec<String> = TOWNSHIPS.map(|(code, _)| code.to_owned()).to_vec();
    places.extend(gachas());
    world.write(move |service, tx| {
        for place in places {
            let division = Division {
                code: code(&place),
                kind: code(&place).usual_kind(),
                name: "示例".into(),
                name_mn: None,
                civil_code: None,
                valid_from: date(2010, 1, 1),
                valid_to: None,
            };
            registers::put_division(service, tx, &division)?;
        }
        Ok(())
    });
}

/// A place: mostly a gacha, sometimes a township or the banner.
fn place(state: &mut u64, gachas: &[String]) -> String {
    match below(state, 6) {
        0 => TOWNSHIPS[below(state, 3)].0.to_owned(),
        1 => BANNER.to_owned(),
        _ => gachas[below(state, gachas.len() as u64)].clone(),
    }
}

/// The gachas in some places, counted one by one.
fn covered<'a>(places: impl Iterator<Item = &'a String>, gachas: &[String]) -> usize {
    let places: Vec<&String> = places.collect();
    let lies = |gacha: &&String| places.iter().any(|place| gacha.starts_with(place.as_str()));
    gachas.iter().filter(lies).count()
}

type Held = BTreeMap<String, BTreeSet<(usize, String)>>;

/// Whether a row is given, as somebody with the sheet of bounds in his hand decides.
fn is_given(held: &Held, officer: &str, (role, place): (usize, &str), gachas: &[String]) -> bool {
    let (_, name, digits) = ROLES[role];
    if place.len() < digits || officer == "clerk" {
        return false;
    }
    let own = held.get(officer).into_iter().flatten();
    let same = own.filter(|(of, _)| *of == role).map(|(_, place)| place);
    let new = place.to_owned();
    name != Role::Collector || covered(same.chain([&new]), gachas) <= GACHAS
}

/// The rows that were refused, before or while they took effect.
fn refused(world: &World, id: &ImportId) -> BTreeMap<u32, &'static str> {
    let told = world.told(id).into_iter();
    told.map(|(row, _, code)| (row, code)).collect()
}

#[test]
fn sec_t15_in_generated_organisations_whoever_gets_too_much_is_stopped_when_it_is_given() {
    let world = World::new();
    settle(&world);
    let (gachas, mut state, mut held) = (gachas(), 15, Held::new());
    let (mut given, mut stopped) = (0, 0);
    for _ in 0..TABLES {
        let (mut lines, mut asked) = (vec!["人员编号,姓名,角色,区划代码".to_owned()], Vec::new());
        for _ in 0..ROWS {
            let officer = match below(&mut state, 20) {
                0 => "clerk".to_owned(),
                n => format!("o-{n}"),
            };
            let row = (below(&mut state, 8), place(&mut state, &gachas));
            if asked.contains(&(officer.clone(), row.clone())) {
                continue;
            }
            let (word, place) = (ROLES[row.0].0, &row.1);
            lines.push(format!("{officer},示例,{word},{place}"));
            asked.push((officer, row));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let id = world.enter("officers", csv(&lines)).unwrap().batch.id;
        world.activate(&id);
        let refused = refused(&world, &id);
        // What is refused by its level alone never comes to be weighed with the rest.
        for (line, (officer, (role, place))) in (2..).zip(asked) {
            let is_given = is_given(&held, &officer, (role, &place), &gachas);
            let expected = match (is_given, place.len() < ROLES[role].2, officer.as_str()) {
                (true, ..) => None,
                (false, false, "clerk") => Some("policy.second_person"),
                (false, ..) => Some("officer.scope"),
            };
            assert_eq!(
                refused.get(&line).copied(),
                expected,
                "{officer} {role} {place}"
            );
            given += u32::from(is_given);
            stopped += u32::from(!is_given);
            if is_given {
                held.entry(officer).or_default().insert((role, place));
            }
        }
    }
    assert!(
        given > 300 && stopped > 100,
        "{given} given, {stopped} stopped"
    );
    for (officer, expected) in &held {
        let read = |c: &_| store::officer::grants(c, &officer.parse().unwrap());
        let grants = world.service.store.read(read).unwrap();
        let has: BTreeSet<(Role, String)> = grants
            .iter()
            .map(|grant| (grant.role, grant.division.to_string()))
            .collect();
        let expected: BTreeSet<(Role, String)> = expected
            .iter()
            .map(|(role, place)| (ROLES[*role].1, place.clone()))
            .collect();
        assert_eq!(has, expected, "{officer}");
    }
}
