//! What speaks for two records being one household, for a person who decides: nothing is merged by
//! code (`domain.md` G 3, G 6, G 15).

use std::collections::BTreeSet;

use super::ResidentId;
use super::name::{half_width, normalise_name};
use crate::division::DivisionCode;
use crate::identity::Person;
use crate::place::Place;

/// A likeness, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// An adult of each has the same ID number, in whatever form it was written.
    SameNumber,
    /// The same phone number.
    SamePhone,
    /// The same number on the door, in the same gacha.
    SamePlace,
    /// The same name in the same gacha, whatever dots and spaces stand in it.
    SameName,
    /// Nearly the same name in the same gacha: a letter more, less, other or exchanged, or a family
    /// name before it.
    NearName,
    /// A place within [`NEAR_METRES`].
    NearPlace,
}

/// A household as it is compared.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Its gacha.
    pub division: DivisionCode,
    /// The number on the door or in the book.
    pub local_code: &'a str,
    /// Its adults.
    pub people: &'a [Person],
    /// Where it is, if that is known and may be.
    pub place: Option<Place>,
}

/// How near two places are that may be one: two hundred metres, which few yards on the steppe share,
/// and the hundred to which places are kept (`domain.md` L-18).
pub const NEAR_METRES: u64 = 300;

/// Fewest characters of a name of which one may differ.
const NEAR_FROM: usize = 3;

/// Fewest digits of a phone number that says anything.
const PHONE_FROM: usize = 7;

/// Everything that speaks for two households being one.
#[must_use]
pub fn likenesses(one: Compared<'_>, other: Compared<'_>) -> BTreeSet<Likeness> {
    let mut found = BTreeSet::new();
    let is_here = one.division == other.division;
    if is_here && !door(one.local_code).is_empty() && door(one.local_code) == door(other.local_code)
    {
        found.insert(Likeness::SamePlace);
    }
    if let (Some(mine), Some(theirs)) = (one.place, other.place)
        && mine.metres_to(theirs) <= NEAR_METRES
    {
        found.insert(Likeness::NearPlace);
    }
    for (mine, theirs) in pairs(one.people, other.people) {
        if number(mine).is_some_and(|mine| Some(mine) == number(theirs)) {
            found.insert(Likeness::SameNumber);
        }
        if phone(mine).is_some_and(|mine| Some(mine) == phone(theirs)) {
            found.insert(Likeness::SamePhone);
        }
        if is_here {
            found.extend(name_likeness(mine, theirs));
        }
    }
    found
}

/// What of a person is compared wherever they live, ID and phone number, each in the form in which it
/// is compared: two people without a common mark have neither in common.
#[must_use]
pub fn marks(person: &Person) -> Vec<String> {
    let number = number(person).map(|number| format!("number {number}"));
    let phone = phone(person).map(|phone| format!("phone {phone}"));
    number.into_iter().chain(phone).collect()
}

/// The number on a door in the form in which it is compared; empty if there is none.
#[must_use]
pub fn door_key(local_code: &str) -> String {
    door(local_code)
}

/// The names of a person in the form in which they are compared.
#[must_use]
pub fn name_keys(person: &Person) -> Vec<String> {
    let solid = solid_names(person).into_iter();
    solid.map(|name| name.into_iter().collect()).collect()
}

/// The names of somebody new, to be held against the keys of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<Vec<char>>);

impl Names {
    /// The names of some people.
    #[must_use]
    pub fn of(people: &[Person]) -> Self {
        Self(people.iter().flat_map(solid_names).collect())
    }

    /// Whether one of them is, or nearly is, the name with this key.
    #[must_use]
    pub fn are_like(&self, key: &str) -> bool {
        let theirs: Vec<char> = key.chars().collect();
        let mut mine = self.0.iter();
        mine.any(|mine| *mine == theirs || is_near(mine, &theirs))
    }
}

fn pairs<'a>(
    one: &'a [Person],
    other: &'a [Person],
) -> impl Iterator<Item = (&'a Person, &'a Person)> {
    one.iter()
        .flat_map(move |mine| other.iter().map(move |theirs| (mine, theirs)))
}

/// The number in its present form, whichever it was written in (`domain.md` G 5).
fn number(person: &Person) -> Option<String> {
    let present = person.number().map(|number| number.index_text());
    let old = || ResidentId::from_15(person.id_number.as_deref()?).ok();
    present.or_else(|| Some(old()?.as_str().to_owned()))
}

fn door(code: &str) -> String {
    let plain = half_width(code).to_ascii_uppercase();
    plain.trim_start_matches('0').to_owned()
}

fn phone(person: &Person) -> Option<String> {
    let plain = half_width(person.phone.as_deref()?);
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= PHONE_FROM).then_some(digits)
}

fn name_likeness(one: &Person, other: &Person) -> Option<Likeness> {
    let (mine, theirs) = (solid_names(one), solid_names(other));
    let pairs = || mine.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
    if pairs().any(|(a, b)| a == b) {
        return Some(Likeness::SameName);
    }
    pairs()
        .any(|(a, b)| is_near(a, b))
        .then_some(Likeness::NearName)
}

fn solid_names(person: &Person) -> Vec<Vec<char>> {
    let written = [Some(&person.full_name), person.name_mn.as_ref()];
    let solid = written.into_iter().flatten().map(|name| solid(name));
    solid.filter(|name| !name.is_empty()).collect()
}

/// The letters alone: without dots, spaces, and what only shapes Mongolian letters.
fn solid(name: &str) -> Vec<char> {
    let is_letter = |c: &char| {
        !c.is_whitespace()
            && !matches!(
                c,
                '\u{b7}' | '-' | '.' | '\u{180b}'
                    ..='\u{180f}' | '\u{200c}' | '\u{200d}' | '\u{202f}'
            )
    };
    let plain = normalise_name(name);
    plain
        .chars()
        .filter(is_letter)
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_near(a: &[char], b: &[char]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < NEAR_FROM {
        return false;
    }
    long.ends_with(short) || is_one_step(short, long)
}

/// Whether one letter more, other, or exchanged with its neighbour leads from one to the other.
fn is_one_step(short: &[char], long: &[char]) -> bool {
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        (_, [_, b @ ..]) if short == b => true,
        ([a, b, rest @ ..], [c, d, other @ ..]) => a == d && b == c && rest == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, number: Option<&str>) -> Person {
        Person {
            role: "head".into(),
            full_name: name.into(),
            name_mn: None,
            id_number: number.map(str::to_owned),
            phone: None,
        }
    }

    fn compared(people: &[Person]) -> Compared<'_> {
        Compared {
            division: "150623200201".parse().unwrap(),
            local_code: "",
            people,
            place: None,
        }
    }

    fn compared_at<'a>((people, door, gacha): &'a ([Person; 1], &'a str, &'a str)) -> Compared<'a> {
        Compared {
            division: gacha.parse().unwrap(),
            local_code: door,
            people,
            place: None,
        }
    }

    fn of_names(one: &str, other: &str) -> Vec<Likeness> {
        let (one, other) = ([person(one, None)], [person(other, None)]);
        likenesses(compared(&one), compared(&other))
            .into_iter()
            .collect()
    }

    #[test]
    fn a_name_is_found_under_other_dots_and_a_slip_of_the_pen_and_a_short_one_is_not_taken_for_another()
     {
        for other in ["乌云•达来", "乌云达来", "乌云 · 达来"] {
            assert_eq!(
                of_names("乌云·达来", other),
                [Likeness::SameName],
                "{other}"
            );
        }
        for other in ["乌云达赖", "包乌云达来", "乌达云来", "乌云达来日"] {
            assert_eq!(
                of_names("乌云·达来", other),
                [Likeness::NearName],
                "{other}"
            );
        }
        for (one, other) in [
            ("巴图", "巴特"),
            ("乌云达来", "乌兰达赖"),
            ("乌云", "乌云达来"),
        ] {
            assert_eq!(of_names(one, other), [], "{one} {other}");
        }
        assert_eq!(
            of_names("ᠪᠠᠭᠠᠲᠤᠷ", "ᠪᠠᠭᠠᠲᠤᠷ\u{180b}"),
            [Likeness::SameName],
            "a selector only shapes a letter"
        );
    }

    #[test]
    fn a_number_is_found_in_its_old_form_and_in_another_gacha_and_a_name_is_not() {
        let old = [person("示例甲", Some("440524800101001"))];
        let number = ResidentId::from_15("440524800101001").unwrap();
        let new = [person("示例甲", Some(number.as_str()))];
        let away = Compared {
            division: "150623200202".parse().unwrap(),
            ..compared(&new)
        };
        let found = likenesses(compared(&old), away);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [Likeness::SameNumber]
        );
    }

    #[test]
    fn a_yard_is_found_where_it_stands_and_its_neighbour_is_not() {
        let (one, other) = ([person("示例甲", None)], [person("别人乙", None)]);
        let at = |longitude: i64| Compared {
            place: Place::of_mdeg(43_900, longitude),
            ..compared(&one)
        };
        let known = Compared {
            place: Place::of_mdeg(43_902, 116_000),
            ..compared(&other)
        };
        let found = |longitude| likenesses(at(longitude), known).into_iter().next();
        assert_eq!(found(116_001), Some(Likeness::NearPlace));
        assert_eq!(found(116_005), None, "the next yard");
        assert_eq!(likenesses(compared(&one), known).len(), 0, "nowhere known");
    }

    #[test]
    fn a_door_and_a_phone_are_the_same_however_they_were_typed() {
        let with = |phone: &str| Person {
            phone: Some(phone.into()),
            ..person("示例", None)
        };
        let (one, other) = ([with("139 0000 4321")], [with("１３９００００４３２１")]);
        let (one, other) = (
            Compared {
                local_code: "012",
                ..compared(&one)
            },
            Compared {
                local_code: "１２",
                ..compared(&other)
            },
        );
        let found = likenesses(one, other);
        assert!(found.contains(&Likeness::SamePhone) && found.contains(&Likeness::SamePlace));
    }

    #[test]
    fn nobody_who_is_alike_is_missed_by_the_keys_of_an_index() {
        let (names, numbers) = (
            [
                "乌云·达来",
                "乌云•达来",
                "包乌云达来",
                "乌达云来",
                "巴图",
                "",
            ],
            [None, Some("440524800101001"), Some("440524198001010013")],
        );
        let phones = [
            None,
            Some("139 0000 4321"),
            Some("１３９００００４３２１"),
            Some("43"),
        ];
        let (doors, gachas) = (["", "012", "１２"], ["150623200201", "150623200202"]);
        let mut all = Vec::new();
        for (name, number) in names
            .iter()
            .flat_map(|n| numbers.iter().map(move |i| (n, i)))
        {
            for (at, phone) in phones.iter().enumerate() {
                let one = Person {
                    phone: phone.map(str::to_owned),
                    ..person(name, *number)
                };
                all.push(([one], doors[at % 3], gachas[at % 2]));
            }
        }
        let mut alike = 0;
        for (mine, theirs) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let (one, other) = (compared_at(mine), compared_at(theirs));
            let found = likenesses(one, other);
            let their_marks = marks(&other.people[0]);
            let by_mark = marks(&one.people[0])
                .iter()
                .any(|m| their_marks.contains(m));
            let door = door_key(one.local_code);
            let by_door = !door.is_empty() && door == door_key(other.local_code);
            let names = Names::of(one.people);
            let by_name = name_keys(&other.people[0])
                .iter()
                .any(|key| names.are_like(key));
            let by_key = by_mark || (one.division == other.division && (by_door || by_name));
            assert_eq!(!found.is_empty(), by_key, "{found:?}");
            alike += usize::from(by_key);
        }
        assert!(alike > 100, "{alike}");
    }
}
